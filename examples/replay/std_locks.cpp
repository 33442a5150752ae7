// SPDX-License-Identifier: BSL-1.0
#include <rmap/hosted/std_locks.hpp>
#include <rmap/policy.hpp>

#include "policies.hpp"

namespace {

struct std_locks : rmap::default_policy {
    using lock = rmap::hosted::shared_mutex;
};

}  // namespace

rmap::replay::outcome replay_std_locks(rmap::replay::input& from,
                                       const rmap::replay::run_options& options,
                                       const progress_call& progress) {
    return rmap::replay::run_trace<rmap::replay::pooled<std_locks>>(from, options, progress);
}
