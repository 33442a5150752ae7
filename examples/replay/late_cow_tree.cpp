// SPDX-License-Identifier: BSL-1.0
#include <rmap/policy.hpp>

#include "policies.hpp"

rmap::replay::outcome replay_late_cow_tree(rmap::replay::input& from,
                                           const rmap::replay::run_options& options,
                                           const progress_call& progress) {
    return rmap::replay::run_trace<rmap::replay::pooled<rmap::late_cow_tree>>(from, options,
                                                                              progress);
}
