// SPDX-License-Identifier: BSL-1.0

// A failing allocation at each call of every operation of the mm: support/exhaustion.hpp.

#include <cstdint>
#include <cstdlib>

#include "support/exhaustion.hpp"

int main() {
    rmap_test::exhaustion<rmap::default_policy> all;
    all.exhaust_creation();
    for (std::uint32_t seed = 1; seed != 31; ++seed) all.exhaust_script(seed, 150);
    all.require_all();
    return all.failures == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
