// SPDX-License-Identifier: BSL-1.0
#include "range_map.hpp"

#include "../arena_run.hpp"

namespace rmap_bench {

const contestant range_map_contestant{
    "range_map", "std::multimap of ranges and std::shared_mutex for each family",
    run_peer<range_map>, nullptr};

}  // namespace rmap_bench
