// SPDX-License-Identifier: BSL-1.0
#pragma once

// What a structure must have to take part in `rmap-bench policies`. To add yours, write a header
// that defines the class rmap_bench::outside_peer, a model of `peer` with a static `name`, and
// configure with -DRMAP_BENCH_PEER=/path/to/it.hpp. bench/peers/page_map.hpp is a short example.
//
// The bench owns processes and page tables; a peer keeps what leads from a page to the places that
// map it. It takes its memory through rmap_bench::allocator<T> or bench_memory,
// or it is not counted; what it keeps within a region it tells as `region_bytes`.

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>

#include <rmap/core/types.hpp>

#include "bench_heap.hpp"

namespace rmap_bench {

/// Base of every peer's `space`: which process this is.
struct peer_space {
    void* process = nullptr;
};

/// A page-table entry that is not empty: page number and page.
template <class Page>
struct entry {
    rmap::pgno at = 0;
    Page* page = nullptr;
};

/// A visitor for the concept below.
template <class Space>
struct any_visitor {
    void operator()(Space&, rmap::pgno) const noexcept {}
};

/// Units are pages. No operation fails: no_memory ends the bench. All may be called by several
/// threads, one at a time for a process; `walk` at any time.
template <class P>
concept peer = std::default_initializable<P> && std::derived_from<typename P::space, peer_space> &&
    std::constructible_from<typename P::region, typename P::space&, rmap::pgno, rmap::pgno,
                            rmap::pgno> &&
    requires(P& p, typename P::region& r, typename P::region* neighbour, typename P::page& page,
             rmap::pgno at, std::span<const entry<typename P::page>> entries,
             any_visitor<typename P::space> visit) {
        // Bytes of the structure's own in each region.
        { P::region_bytes } -> std::convertible_to<std::size_t>;
        // The region's first fault comes. The neighbours touch it, or are null.
        p.prepare(r, neighbour, neighbour);
        // (child, parent, entries of the parent in this region, which the child maps from now on).
        p.fork(r, r, entries);
        // The region goes away, and with it the entries that it still has.
        p.exit(r, entries);
        // A new page gets its first entry, at `at`, in a region that is prepared or forked.
        p.tag(page, r, at);
        // An entry of the page is cleared, in a copy on write; others remain.
        p.unmap(page, r, at);
        // The page's last entry, which is this one, is cleared, and the page goes away.
        p.untag(page, r, at);
        // Calls visit(space, address) for every place that may map the page, at least for those
        // that do, once each, and returns how many regions it looked at.
        { p.walk(page, visit) } -> std::convertible_to<std::uint64_t>;
        // (lower, fresh upper, at): a region is cut in two.
        p.split(r, r, at);
        // (lower, upper): they are one again, `lower`; upper is linked nowhere afterwards.
        p.merge(r, r);
        // (from, fresh, entries): all of `from` is mapped where `fresh` is, with the offsets that
        // it had; `from` is linked nowhere afterwards.
        p.move(r, r, entries);
        // Memory that is kept for later goes back. No page or region is alive.
        p.trim();
    };

}  // namespace rmap_bench
