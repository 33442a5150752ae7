// SPDX-License-Identifier: BSL-1.0

// Faults of a policy that make a map unsound are noticed by the invariants, or by a check of the
// library, on random scripts; and the shrinker brings such a script of 150 operations down to a
// few.

#include <cstdio>
#include <cstdlib>
#include <vector>

#include "support/faulty_policy.hpp"
#include "support/shrink.hpp"
#include "support/side_by_side.hpp"

namespace {

using rmap_test::fault;
using script = std::vector<rmap_test::op>;

int failures = 0;

rmap_test::outcome play(const script& s) {
    return rmap_test::play<rmap_test::faulty>(s, 1).empty() ? rmap_test::sound
                                                            : rmap_test::by_invariants;
}

rmap_test::outcome scripts() {
    for (std::uint32_t seed = 1; seed != 41; ++seed) {
        const auto seen = play(rmap_test::script_maker{seed}.make(150));
        if (seen != rmap_test::sound) return seen;
    }
    return rmap_test::sound;
}

void noticed(fault f, const char* name) {
    const auto by = rmap_test::apart(f, scripts);
    std::printf("%s: noticed by %s\n", name, rmap_test::noticed_by[by]);
    if ((by == rmap_test::sound) != (f == fault::none)) ++failures;
}

/// A script that fails with the fault planted comes down to at most eight operations.
void shrinks(fault f, const char* name) {
    const auto fails = [f](const script& s) {
        return rmap_test::apart(f, [&] { return play(s); }) == rmap_test::by_invariants;
    };
    for (std::uint32_t seed = 1; seed != 41; ++seed) {
        const auto all = rmap_test::script_maker{seed}.make(150);
        if (!fails(all)) continue;
        const auto least = rmap_test::shrink(all, fails);
        std::printf("\n%s: %zu operations of 150\n", name, least.size());
        if (least.size() > 8) ++failures;
        static_cast<void>(rmap_test::apart(f, [&] {
            std::printf("%s", rmap_test::trace_of<rmap_test::faulty>(least).c_str());
            std::fflush(stdout);
            return rmap_test::sound;
        }));
        return;
    }
    ++failures;
    std::printf("%s: no script fails\n", name);
}

}  // namespace

int main() {
    noticed(fault::none, "none");
    noticed(fault::unlike_merge, "unlike_merge");
    noticed(fault::bridge_unlike, "bridge_unlike");
    noticed(fault::share_inherited, "share_inherited");
    noticed(fault::copy_newest_first, "copy_newest_first");
    noticed(fault::copy_without_oldest, "copy_without_oldest");
    noticed(fault::range_without_rekey, "range_without_rekey");
    noticed(fault::walk_stops_early, "walk_stops_early");
    noticed(fault::walk_ignores_range, "walk_ignores_range");
    shrinks(fault::share_inherited, "share_inherited");
    shrinks(fault::unlike_merge, "unlike_merge");
    return failures == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
