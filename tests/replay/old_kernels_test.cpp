// SPDX-License-Identifier: BSL-1.0

// Bugs of old kernels as traces, written by hand: each breaks the merge rule of the kernel that had
// it, and not that of the kernel with the repair, nor today's. The traces are in old_kernels/,
// where each says what happens.

#include <cstdio>
#include <cstdlib>
#include <string>

#include <rmap/replay/run.hpp>

#include "support/faulty_policy.hpp"

namespace {

using rmap_test::outcome;

template <class Kernel>
struct with : Kernel {
    using check = rmap_test::ends_the_process;
};

/// 2.6.34 but for its locks: the reference mm needs walks that are complete.
struct linux_2_6_34_under_root : rmap::linux_2_6_34 {
    using locking = rmap::locking::root;
};

constexpr std::uint64_t few_links = 8;  // of a family of two or three processes

/// The pages of a trace; more links than a few are wrong, too.
template <class Kernel>
outcome replayed(const char* trace, std::uint64_t most_links) {
    const std::string path = std::string{RMAP_TEST_SOURCE} + "/tests/replay/old_kernels/" + trace;
    rmap::replay::input in;
    if (!in.open(path.c_str())) return rmap_test::died;
    const auto ended = rmap::replay::run_trace<with<Kernel>>(in, {}, [](auto...) {});
    if (ended.wrong) {
        std::fprintf(stderr, "%s\n", ended.wrong->text().c_str());
        return rmap_test::died;
    }
    if (ended.numbers.snapshots == 0) return rmap_test::died;
    if (ended.first) return rmap_test::by_trace;
    return ended.numbers.links > most_links ? rmap_test::by_invariants : rmap_test::sound;
}

int failures = 0;

/// `expected`: broken or not; what notices it is printed.
template <class Kernel>
void expect(const char* kernel, const char* trace, bool breaks, std::uint64_t most_links = ~0ULL) {
    const outcome got = rmap_test::apart(rmap_test::fault::none,
                                         [&] { return replayed<Kernel>(trace, most_links); });
    const bool as_expected = (got != rmap_test::sound) == breaks && got != rmap_test::died;
    if (!as_expected) ++failures;
    std::printf("%s %s: %s\n", as_expected ? "ok:" : "WRONG:", trace, kernel);
}

}  // namespace

int main() {
    const char* const b09 = "b09_share_with_a_fork_child.trace";
    const char* const b17 = "b17_endless_forks.trace";
    const char* const b20 = "b20_reuse_by_degree.trace";
    using rmap::linux_2_6_37, rmap::linux_3_19, rmap::linux_6_15, rmap::linux_6_18;
    expect<linux_2_6_34_under_root>("linux_2_6_34", b09, true);
    expect<linux_2_6_37>("linux_2_6_37", b09, false);
    expect<linux_6_18>("linux_6_18", b09, false);

    expect<linux_2_6_37>("linux_2_6_37", b17, true, few_links);
    expect<linux_3_19>("linux_3_19", b17, false, few_links);
    expect<linux_6_18>("linux_6_18", b17, false, few_links);

    expect<linux_3_19>("linux_3_19", b20, true);
    expect<linux_6_15>("linux_6_15", b20, false);
    expect<linux_6_18>("linux_6_18", b20, false);

    // One anon_vma a family has no chains that could be lost, nor that could grow.
    for (const char* trace : {b09, b17, b20})
        expect<rmap::linux_2_6_7>("linux_2_6_7", trace, false);
    return failures == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
