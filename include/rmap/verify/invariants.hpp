// SPDX-License-Identifier: BSL-1.0
#pragma once

// The invariants I1 to I15 of a reverse map, checked on a quiescent world (verify/world.hpp).
// Called by tests after each step, and by users on their own embedding. Nothing is changed, nothing
// is followed that could be gone; all violations are reported, each with the way to it.
//
//   for (const auto& v : verify::check(world)) ...      {invariant, text}
//   verify::validate(world, sink)                       the same as lines "I7: ..."; how many
//
// What no quiescent state can show is named in `invariants`, with the test that holds it.

#include <cstddef>
#include <vector>

#include <rmap/verify/check_graph.hpp>
#include <rmap/verify/check_pages.hpp>
#include <rmap/verify/survey.hpp>
#include <rmap/verify/text.hpp>
#include <rmap/verify/violation.hpp>
#include <rmap/verify/world.hpp>

namespace rmap::inline RMAP_ABI::verify {

/// One of the fifteen: what it says, what a quiescent state shows of it, and what it cannot show.
struct invariant {
    int number;
    const char* says;
    const char* shown;
    const char* held_elsewhere;  // null: all of it is shown
};

inline constexpr invariant invariants[] = {
    {1, "a walk meets every place that maps the page",
     "each page's walk meets each of its mappings",
     "while others change the map: tests/stress/family_test.cpp"},
    {2,
     "a walk may meet places that do not map the page, but none twice and none that is not there",
     "each place met is inside a vma of the world, and is met once (but for ksm, whose items "
     "overlap)",
     nullptr},
    {3, "a mapped page's anon_vma is alive",
     "each mapped page is tagged, and its anon_vma has vmas; the page's own count of mappings is "
     "right",
     "while others unmap: tests/stress/lookup_test.cpp"},
    {4, "all anon_vmas of a vma are of one tree",
     "one root in each chain, as its oldest link; each other's parent is there, and older",
     nullptr},
    {5, "vmas with the same own anon_vma have the same chain", "the same links in the same order",
     nullptr},
    {6, "a vma has its own anon_vma if and only if it has links", "both directions", nullptr},
    {7, "a page's anon_vma is linked to every vma that maps the page",
     "the tag is in the chain of each (the own one or an ancestor's, or one left by a reuse at "
     "fork)",
     nullptr},
    {8, "a page's index is its offset in every vma that maps it",
     "index == pgoff + address - start", nullptr},
    {9, "every link is stored under the current interval of its vma",
     "order, colours and bounds of each anon_vma's tree, and of each file's", nullptr},
    {10,
     "references: one for having vmas, one from each member on its root, one for each outside user",
     "the exact number if the world shows the outside users, else at least that many", nullptr},
    {11, "counts of children and of active vmas", "both, for each anon_vma", nullptr},
    {12, "memory of an anon_vma stays one, and its lock is never initialised anew",
     "each lock is free, none is marked as taken", "tests/stress/lookup_test.cpp"},
    {13, "one own anon_vma is installed in each vma",
     "it is in the chain; no anon_vma is there twice",
     "under racing first faults: tests/stress/prepare_test.cpp"},
    {14, "an operation that fails changes nothing",
     "no object is left over: as many anon_vmas and links are alive (statistics::counting) as are "
     "in use",
     "failure at every allocation: tests/mm/fault_injection_test.cpp"},
    {15, "chains change only under both locks",
     "a chain and the trees of its anon_vmas agree, as do vmas and the trees of their files",
     "the locks themselves, under ThreadSanitizer: tests/stress/mm_test.cpp"},
};

/// Every violation, in the order: the graph of vmas and anon_vmas, then the pages.
template <quiescent_world World>
[[nodiscard]] std::vector<violation> check(World& world) {
    const survey<World> seen{world};
    std::vector<violation> found;
    detail::graph_check<World>{seen, found}.run();
    detail::page_check<World>{seen, found}.run();
    return found;
}

/// The same as lines to a sink; how many there are. Zero: the world is sound.
template <quiescent_world World, text_sink Sink>
std::size_t validate(World& world, Sink sink) {
    const auto found = check(world);
    for (const violation& v : found)
        put(sink, 'I', v.invariant, ": ", v.text, '\n');
    return found.size();
}

}  // namespace rmap::inline RMAP_ABI::verify
