// SPDX-License-Identifier: BSL-1.0
#pragma once

// Children with differing bounds: each has unmapped all of its regions but one page, so that of a
// page that all were forked with only some map it still, and a walk that looks at every child does
// so in vain. And a server's family, as apache has it: workers that serve requests, and go.

#include <algorithm>
#include <utility>
#include <vector>

#include "arena_family.hpp"

namespace rmap_bench {

/// `width` children, an eighth of which keep the first page of their regions, an eighth the second,
/// and so on: by turns, or (`runs`) so that those who were forked one after another keep the same.
template <peer P>
void run_bounds(arena<P>& in, const job& what, outcome& out) {
    using region = typename arena<P>::region;
    using process = typename arena<P>::process;
    constexpr unsigned pages = arena<P>::pages;
    std::vector<typename arena<P>::born> all;
    spans untimed;
    spans cuts;
    auto root = in.first();
    // What lies in [from, to) of region r goes, by a cut and an end, as munmap does it.
    const auto unmap_part = [&](process& who, unsigned r, unsigned from, unsigned to) {
        typename arena<P>::entries of;
        for (unsigned n = from; n != to; ++n)
            of.at[of.count++] = {arena<P>::address_of(r, n),
                                 std::exchange(who.table[r * pages + n], nullptr)};
        region*& whole = who.its[r];
        const rmap::pgno start = arena<P>::start_of(r);
        auto* const upper = in.template make<region>(*who.in, start, rmap::pgno{pages}, start);
        const std::uint64_t begin = spans::now();
        in.map.split(*whole, *upper, start + (from == 0 ? to : from));
        region* const gone = from == 0 ? whole : upper;
        in.map.exit(*gone, of.all());
        cuts.add(spans::now() - begin);
        if (from == 0) whole = upper;
        in.drop(gone);
    };
    for (unsigned i = 0; i != what.width; ++i) {
        all.push_back(in.make_process(i + 1));
        in.fork(*all.back(), *root, untimed);
        const unsigned kept = what.runs ? i * pages / what.width : i % pages;
        for (unsigned r = 0; r != arena<P>::regions; ++r) {
            if (kept + 1 != pages) unmap_part(*all.back(), r, kept + 1, pages);
            if (kept != 0) unmap_part(*all.back(), r, 0, kept);
        }
    }
    std::vector<typename arena<P>::page*> shared{root->table.begin(), root->table.end()};
    const double found = 1 + static_cast<double>(what.width) / pages;
    out.measured["bytes_a_vma"] =
        in.bytes(0, static_cast<double>(what.width + 1) * arena<P>::regions);
    out.measured["unmap_part"] = cuts.ns(1);
    std::uint64_t visited = 0;
    in.walks(shared, 0, 4, &visited);
    out.measured["walk_shared"] = in.walks(shared, what.slice_ns, 4) / found;
    in.places = 0;
    out.measured["walk_checked"] = in.checked_walks(shared, what.slice_ns, 4) / found;
    out.measured["visits_a_place"] = static_cast<double>(visited) / static_cast<double>(in.places);
    for (; !all.empty(); all.pop_back())
        in.exit(std::move(all.back()), untimed);
    in.exit_first(std::move(root));
}

/// A parent and `width` workers. A request maps a buffer, touches it, drops it; now and then a page
/// is looked for, as ageing does; after 20 requests the worker ends and another one is forked.
template <peer P>
void run_server(arena<P>& in, const job& what, outcome& out) {
    using region = typename arena<P>::region;
    using page = typename arena<P>::page;
    constexpr rmap::pgno buffer = 0x40000;
    constexpr unsigned touched = 4;
    families<P> all{in, what};
    spans untimed;
    spans buffers;
    spans exits;
    spans forks;
    all.grow(untimed, untimed);
    all.copy_on_write();
    const auto shared = all.shared_pages();
    out.measured["bytes_a_vma"] = in.bytes(0, all.alive());
    auto server = in.make_process(0, 0);  // whose buffers they are does not matter
    unsigned served = 0;
    rmap::pgno sum = 0;
    const double took = in.repeat(what.slice_ns, 64, [&] {
        auto* const r = in.template make<region>(*server->in, buffer, rmap::pgno{8}, buffer);
        page* pages[touched];
        for (page*& p : pages)
            p = in.template make<page>();
        const std::uint64_t from = spans::now();
        in.map.prepare(*r, nullptr, nullptr);
        for (unsigned n = 0; n != touched; ++n)
            in.map.tag(*pages[n], *r, buffer + n);
        for (unsigned n = 0; n != touched; ++n)
            in.map.untag(*pages[n], *r, buffer + n);
        in.map.exit(*r, {});
        buffers.add(spans::now() - from);
        for (page* p : pages)
            in.drop(p);
        in.drop(r);
        ++served;
        if (served % 5 == 0)
            in.map.walk(*shared[served / 5 % shared.size()],
                        [&](auto&, rmap::pgno at) noexcept { sum += at; });
        if (served % 20 == 0) all.churn(exits, forks);
    });
    keep(sum);
    out.measured["request"] = took;
    out.measured["buffer"] = buffers.ns(1);
    out.measured["fork"] = forks.ns(arena<P>::regions);
    out.measured["exit"] = exits.ns(arena<P>::regions);
    in.checked_walks(shared, 0, 1);
    in.drop_process(*server);
    all.end(untimed);
}

}  // namespace rmap_bench
