// SPDX-License-Identifier: BSL-1.0

// Random scripts on the reference mm and on a naive model: every address reads the same, the same
// places share a page, and the invariants hold. A script that fails is shrunk to one of which
// nothing can be left out, and printed as a trace that ends with what should be there.

#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "support/shrink.hpp"
#include "support/side_by_side.hpp"

namespace {

using policy = rmap::counted<rmap::default_policy>;

int failures = 0;

template <class Policy>
void run(const char* name, std::uint32_t first_seed, unsigned scripts, std::size_t length) {
    for (std::uint32_t seed = first_seed; seed != first_seed + scripts; ++seed) {
        const auto script = rmap_test::script_maker{seed}.make(length);
        if (rmap_test::play<Policy>(script, 10).empty()) continue;
        ++failures;
        const auto least = rmap_test::shrink(script, [](const std::vector<rmap_test::op>& s) {
            return !rmap_test::play<Policy>(s, 1).empty();
        });
        std::printf("%s, seed %u:\n%s", name, static_cast<unsigned>(seed),
                    rmap_test::trace_of<Policy>(least).c_str());
        return;
    }
}

}  // namespace

int main() {
    run<policy>("linux_6_18", 1, 200, 150);
    run<policy>("linux_6_18, long", 1000, 3, 1500);
    return failures == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
