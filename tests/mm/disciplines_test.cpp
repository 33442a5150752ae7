// SPDX-License-Identifier: BSL-1.0

// The reference mm under each discipline that it may have, over each topology that compat.hpp lets
// that have: as topologies_test.cpp, which has locking::root over all.

#include <cstdint>
#include <cstdio>
#include <cstdlib>

#include "support/exhaustion.hpp"
#include "support/shrink.hpp"
#include "support/side_by_side.hpp"

namespace {

template <class Locking, class Topology, class Merge = rmap::merges::linux_6_18>
struct of : rmap::default_policy {
    using locking = Locking;
    using topology = Topology;
    using merge = Merge;
};

int failures = 0;

template <class Policy>
void run(const char* name) {
    using policy = rmap::counted<Policy>;
    for (std::uint32_t seed = 1; seed != 31; ++seed) {
        const auto script = rmap_test::script_maker{seed}.make(150);
        if (rmap_test::play<policy>(script, 10).empty()) continue;
        ++failures;
        std::printf("%s, seed %u:\n%s", name, static_cast<unsigned>(seed),
                    rmap_test::trace_of<policy>(script).c_str());
        break;
    }
    rmap_test::exhaustion<Policy> all;
    for (std::uint32_t seed = 1; seed != 6; ++seed)
        all.exhaust_script(seed, 150);
    failures += all.failures;
}

}  // namespace

int main() {
    namespace locking = rmap::locking;
    namespace topologies = rmap::topologies;
    run<of<locking::lock_all, topologies::chain_tree>>("lock_all, chain_tree");
    run<of<locking::lock_all, topologies::chain_list>>("lock_all, chain_list");
    run<of<locking::lock_all, topologies::single_list, rmap::merges::linux_2_6_7>>(
        "lock_all, single_list");
    run<of<locking::sharded_root, topologies::chain_tree>>("sharded_root, chain_tree");
    return failures == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
