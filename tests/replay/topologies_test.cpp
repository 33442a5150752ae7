// SPDX-License-Identifier: BSL-1.0

// Every trace in tests/traces replays without a difference under each other topology: all rows
// where it has the kernel's graph, page rows under any.

#include <rmap/policy.hpp>

#include "all_traces.hpp"

namespace {

struct listed : rmap::default_policy {
    using topology = rmap::topologies::chain_list;
};

}  // namespace

int main() {
    suite::replay_all<listed>("chain_list");
    return suite::result();
}
