// SPDX-License-Identifier: BSL-1.0
#include <rmap/policy.hpp>

#include "policies.hpp"

namespace {

struct chain_list : rmap::default_policy {
    using topology = rmap::topologies::chain_list;
};

}  // namespace

rmap::replay::outcome replay_chain_list(rmap::replay::input& from,
                                        const rmap::replay::run_options& options,
                                        const progress_call& progress) {
    return rmap::replay::run_trace<rmap::replay::pooled<chain_list>>(from, options, progress);
}
