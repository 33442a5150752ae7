// SPDX-License-Identifier: BSL-1.0

// Bugs of old kernels as traces, written by hand: each breaks the merge rule of the kernel that had
// it, or what that kernel did with the rule's answers (merges/kept_bugs.hpp), and not that of the
// kernel with the repair, nor today's. The traces are in old_kernels/, where each says what
// happens. Where a page is lost, the first row that differs is the one that the bug is about.

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

/// The first difference that a bug makes: a page that the page tables have, and what the walk from
/// that page found.
struct lost_page {
    const char* expected;
    const char* walked;
    std::uint64_t differences;
};

/// The pages of a trace; more links than a few are wrong, too.
template <class Kernel>
outcome replayed(const char* trace, std::uint64_t most_links, const lost_page* lost) {
    const std::string path = std::string{RMAP_TEST_SOURCE} + "/tests/replay/old_kernels/" + trace;
    rmap::replay::input in;
    if (!in.open(path.c_str())) return rmap_test::died;
    const auto ended = rmap::replay::run_trace<with<Kernel>>(in, {}, [](auto...) {});
    if (ended.wrong) {
        std::fprintf(stderr, "%s\n", ended.wrong->text().c_str());
        return rmap_test::died;
    }
    if (ended.numbers.snapshots == 0) return rmap_test::died;
    if (ended.first) {
        const auto& d = *ended.first;
        const bool as_named =
            lost == nullptr ||
            (d.what == "page row, by rmap walk" && d.expected == lost->expected &&
             d.got == lost->walked && ended.numbers.differences == lost->differences);
        if (as_named) return rmap_test::by_trace;
        std::fprintf(stderr, "%s: %s: \"%s\", not \"%s\"; %u differ\n", d.where.c_str(),
                     d.what.c_str(), d.got.c_str(), d.expected.c_str(),
                     static_cast<unsigned>(ended.numbers.differences));
        return rmap_test::died;
    }
    return ended.numbers.links > most_links ? rmap_test::by_invariants : rmap_test::sound;
}

int failures = 0;

/// `expected`: broken or not; what notices it is printed.
template <class Kernel>
void expect(const char* kernel, const char* trace, bool breaks, std::uint64_t most_links = ~0ULL,
            const lost_page* lost = nullptr) {
    const outcome got = rmap_test::apart(rmap_test::fault::none,
                                         [&] { return replayed<Kernel>(trace, most_links, lost); });
    const bool as_expected = (got != rmap_test::sound) == breaks && got != rmap_test::died;
    if (!as_expected) ++failures;
    std::printf("%s %s: %s\n", as_expected ? "ok:" : "WRONG:", trace, kernel);
}

/// A kernel that loses a page.
template <class Kernel>
void expect_lost(const char* kernel, const char* trace, lost_page lost) {
    expect<Kernel>(kernel, trace, true, ~0ULL, &lost);
}

}  // namespace

int main() {
    const char* const b06 = "b06_first_mapper_tags.trace";
    const char* const b08 = "b08_border_moves.trace";
    const char* const b09 = "b09_share_with_a_fork_child.trace";
    const char* const b17 = "b17_endless_forks.trace";
    const char* const b20 = "b20_reuse_by_degree.trace";
    const char* const b28 = "b28_moved_beside_unfaulted.trace";
    using rmap::linux_2_6_37, rmap::linux_3_19, rmap::linux_6_15, rmap::linux_6_16,
        rmap::linux_6_18;
    expect_lost<linux_2_6_34_under_root>("linux_2_6_34", b06,
                                         {"page 2 1:60 2:60", "page 2 1:60", 1});
    expect<linux_2_6_37>("linux_2_6_37", b06, false);
    expect<linux_6_18>("linux_6_18", b06, false);

    expect_lost<linux_2_6_34_under_root>("linux_2_6_34", b08, {"page 1 0:83", "(no such row)", 2});
    expect<linux_2_6_37>("linux_2_6_37", b08, false);
    expect<linux_6_18>("linux_6_18", b08, false);

    expect<linux_2_6_34_under_root>("linux_2_6_34", b09, true);
    expect<linux_2_6_37>("linux_2_6_37", b09, false);
    expect<linux_6_18>("linux_6_18", b09, false);

    expect<linux_2_6_37>("linux_2_6_37", b17, true, few_links);
    expect<linux_3_19>("linux_3_19", b17, false, few_links);
    expect<linux_6_18>("linux_6_18", b17, false, few_links);

    expect<linux_3_19>("linux_3_19", b20, true);
    expect<linux_6_15>("linux_6_15", b20, false);
    expect<linux_6_18>("linux_6_18", b20, false);

    expect_lost<linux_6_16>("linux_6_16", b28, {"page 1 0:102", "(no such row)", 2});
    expect<linux_2_6_37>("linux_2_6_37", b28, false);
    expect<linux_6_15>("linux_6_15", b28, false);
    expect<linux_6_18>("linux_6_18", b28, false);

    // One anon_vma a family has no chains that could be lost, nor that could grow.
    for (const char* trace : {b06, b08, b09, b17, b20, b28})
        expect<rmap::linux_2_6_7>("linux_2_6_7", trace, false);
    return failures == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
