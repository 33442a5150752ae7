// SPDX-License-Identifier: BSL-1.0

// The reference mm under each other topology: random scripts beside the naive model, with the
// invariants checked all the way, and a failing allocation at each call.

#include <cstdint>
#include <cstdio>
#include <cstdlib>

#include "support/exhaustion.hpp"
#include "support/shrink.hpp"
#include "support/side_by_side.hpp"

namespace {

struct listed : rmap::default_policy {
    using topology = rmap::topologies::chain_list;
};
/// Of Linux 2.6.7: a merged vma has one anon_vma at most, and nobody asks who was inherited.
struct one_list : rmap::default_policy {
    using topology = rmap::topologies::single_list;
    using merge = rmap::merges::linux_2_6_7;
};
struct exact : rmap::default_policy {
    using topology = rmap::topologies::pte_chain;
    using merge = rmap::merges::linux_2_6_7;
};

int failures = 0;

template <class Policy>
void run(const char* name) {
    using policy = rmap::counted<Policy>;
    for (std::uint32_t seed = 1; seed != 61; ++seed) {
        const auto script = rmap_test::script_maker{seed}.make(150);
        if (rmap_test::play<policy>(script, 10).empty()) continue;
        ++failures;
        const auto least = rmap_test::shrink(script, [](const auto& s) {
            return !rmap_test::play<policy>(s, 1).empty();
        });
        std::printf("%s, seed %u:\n%s", name, static_cast<unsigned>(seed),
                    rmap_test::trace_of<policy>(least).c_str());
        break;
    }
    rmap_test::exhaustion<Policy> all;
    for (std::uint32_t seed = 1; seed != 11; ++seed) all.exhaust_script(seed, 150);
    failures += all.failures;
}

}  // namespace

int main() {
    run<listed>("chain_list");
    run<one_list>("single_list");
    run<rmap::cow_tree>("cow_tree");
    run<rmap::late_cow_tree>("late_cow_tree");
    run<exact>("pte_chain");
    return failures == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
