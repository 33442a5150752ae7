// SPDX-License-Identifier: BSL-1.0
#include <rmap/policy.hpp>

#include "policies.hpp"

namespace {

struct single_list : rmap::default_policy {
    using topology = rmap::topologies::single_list;
    using merge = rmap::merges::linux_2_6_7;
};

}  // namespace

rmap::replay::outcome replay_single_list(rmap::replay::input& from,
                                         const rmap::replay::run_options& options,
                                         const progress_call& progress) {
    return rmap::replay::run_trace<rmap::replay::pooled<single_list>>(from, options, progress);
}
