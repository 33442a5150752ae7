// SPDX-License-Identifier: BSL-1.0
#include "page_map.hpp"

#include "../arena_run.hpp"

namespace rmap_bench {

const contestant page_map_contestant{
    "page_map", "std::unordered_map from page to places, one std::shared_mutex", run_peer<page_map>,
    nullptr};

}  // namespace rmap_bench
