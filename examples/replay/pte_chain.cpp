// SPDX-License-Identifier: BSL-1.0
#include <rmap/policy.hpp>

#include "policies.hpp"

namespace {

struct pte_chain : rmap::default_policy {
    using topology = rmap::topologies::pte_chain;
    using merge = rmap::merges::linux_2_6_7;
};

}  // namespace

rmap::replay::outcome replay_pte_chain(rmap::replay::input& from,
                                       const rmap::replay::run_options& options,
                                       const progress_call& progress) {
    return rmap::replay::run_trace<rmap::replay::pooled<pte_chain>>(from, options, progress);
}
