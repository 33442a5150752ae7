// SPDX-License-Identifier: BSL-1.0
#pragma once

// Storms: of forks and of ends (as AIM7 has them), of first faults, of splits and merges, of moves.

#include <algorithm>
#include <array>
#include <numeric>
#include <utility>
#include <vector>

#include "arena.hpp"

namespace rmap_bench {

/// 1, 2, 4, ... processes: each forks, until `width` are alive; then all but the first end, in any
/// order.
template <peer P>
void run_fork_storm(arena<P>& in, const job& what, outcome& out) {
    using born = typename arena<P>::born;
    std::vector<born> all;
    spans forks;
    spans exits;
    all.push_back(in.first());
    while (all.size() < what.width) {
        const std::size_t n = all.size();
        for (std::size_t i = 0; i != n && all.size() < what.width; ++i) {
            all.push_back(in.make_process(static_cast<std::uint32_t>(all.size())));
            in.fork(*all.back(), *all[i], forks);
        }
    }
    std::vector<typename arena<P>::page*> shared;
    for (unsigned r = 0; r != arena<P>::regions; ++r)
        shared.push_back(all[0]->table[r * arena<P>::pages]);
    out.measured["bytes_a_vma"] = in.bytes(0, static_cast<double>(all.size()) * arena<P>::regions);
    out.measured["walk_checked"] =
        in.checked_walks(shared, what.slice_ns, 4) / static_cast<double>(all.size());
    std::shuffle(all.begin() + 1, all.end(), in.random);
    for (; all.size() > 1; all.pop_back())
        in.exit(std::move(all.back()), exits);
    in.exit_first(std::move(all.front()));
    out.measured["fork"] = forks.ns(arena<P>::regions);
    out.measured["exit"] = exits.ns(arena<P>::regions);
}

/// `width` regions of one process, four of which touch, get their first page, at random.
template <peer P>
void run_first_faults(arena<P>& in, const job& what, outcome& out) {
    using region = typename arena<P>::region;
    auto who = in.make_process(0, 0);
    std::vector<region*> all(what.width);
    std::vector<typename arena<P>::page*> pages(what.width);
    for (unsigned i = 0; i != what.width; ++i) {
        const rmap::pgno start = 0x10000 + i / 4 * 64 + i % 4 * 8;
        all[i] = in.template make<region>(*who->in, start, rmap::pgno{8}, start);
        pages[i] = in.template make<typename arena<P>::page>();
    }
    std::vector<unsigned> order(what.width);
    std::iota(order.begin(), order.end(), 0U);
    std::shuffle(order.begin(), order.end(), in.random);
    const double from = cpu_ns();
    for (const unsigned i : order) {
        in.map.prepare(*all[i], i % 4 != 0 ? all[i - 1] : nullptr,
                       i % 4 != 3 && i + 1 != what.width ? all[i + 1] : nullptr);
        in.map.tag(*pages[i], *all[i], 0x10000 + i / 4 * 64 + i % 4 * 8 + 3);
    }
    out.measured["prepare_and_tag"] = (cpu_ns() - from) / what.width;
    out.measured["bytes_a_vma"] = in.bytes(0, what.width);
    rmap::pgno sum = 0;
    for (auto* p : pages) {
        in.map.walk(*p, [&](auto&, rmap::pgno at) noexcept { sum += at; });
    }
    in.checksum += sum;
    for (unsigned i = 0; i != what.width; ++i) {
        in.map.untag(*pages[i], *all[i], 0x10000 + i / 4 * 64 + i % 4 * 8 + 3);
        in.drop(pages[i]);
    }
    const double ends = cpu_ns();
    for (region* r : all)
        in.map.exit(*r, {});
    out.measured["exit"] = (cpu_ns() - ends) / what.width;
    for (region* r : all)
        in.drop(r);
    in.drop_process(*who);
}

/// The youngest of a chain of depth + 1 cuts its regions, and joins them; about 6 pieces each.
template <peer P>
void run_split_merge(arena<P>& in, const job& what, outcome& out) {
    using region = typename arena<P>::region;
    struct piece {
        region* it;
        rmap::pgno start;
        rmap::pgno pages;
    };
    constexpr rmap::pgno length = 64;
    std::vector<typename arena<P>::born> chain;
    std::vector<std::vector<region*>> whole(what.depth);
    std::vector<std::vector<piece>> parts(what.width);
    for (unsigned d = 0; d <= what.depth; ++d)
        chain.push_back(in.make_process(d, 0));
    for (unsigned r = 0; r != what.width; ++r) {
        const rmap::pgno start = 0x10000 + r * 0x100;
        for (unsigned d = 0; d <= what.depth; ++d) {
            auto* const it = in.template make<region>(*chain[d]->in, start, length, start);
            if (d == 0) {
                in.map.prepare(*it, nullptr, nullptr);
            } else {
                in.map.fork(*it, *whole[d - 1][r], {});
            }
            if (d < what.depth) whole[d].push_back(it);
            if (d == what.depth) parts[r].push_back({it, start, length});
        }
    }
    spans splits;
    spans merges;
    const auto step = [&] {
        auto& of = parts[in.random() % what.width];
        const std::size_t at = in.random() % of.size();
        piece& p = of[at];
        if (of.size() < 4 || (of.size() < 8 && in.random() % 2 == 0)) {
            if (p.pages < 2) return;
            const rmap::pgno below = 1 + in.random() % (p.pages - 1);
            // The bounds of the whole, as an upper part is made: a copy.
            auto* const upper =
                in.template make<region>(*chain.back()->in, p.start, p.pages, p.start);
            const piece above{upper, p.start + below, p.pages - below};
            const std::uint64_t from = spans::now();
            in.map.split(*p.it, *upper, p.start + below);
            splits.add(spans::now() - from);
            p.pages = below;
            of.insert(of.begin() + static_cast<std::ptrdiff_t>(at) + 1, above);
        } else if (at != 0) {
            const std::uint64_t from = spans::now();
            in.map.merge(*of[at - 1].it, *p.it);
            merges.add(spans::now() - from);
            of[at - 1].pages += p.pages;
            in.drop(p.it);
            of.erase(of.begin() + static_cast<std::ptrdiff_t>(at));
        }
    };
    for (unsigned i = 0; i != what.width * 20; ++i)
        step();
    splits = {};
    merges = {};
    in.repeat(what.slice_ns, 64, step);
    out.measured["split"] = splits.ns(1);
    out.measured["merge"] = merges.ns(1);
    for (auto& of : parts) {
        for (piece& p : of) {
            in.map.exit(*p.it, {});
            in.drop(p.it);
        }
    }
    for (unsigned d = what.depth; d-- > 0;) {
        for (region* r : whole[d]) {
            in.map.exit(*r, {});
            in.drop(r);
        }
    }
    for (auto& c : chain)
        in.drop_process(*c);
}

/// A family of width + 1 in which each child moves its regions to another place, and back.
template <peer P>
void run_move(arena<P>& in, const job& what, outcome& out) {
    using region = typename arena<P>::region;
    using entries = typename arena<P>::entries;
    spans moves;
    spans untimed;
    auto root = in.first();
    std::vector<typename arena<P>::born> all;
    for (unsigned i = 0; i != what.width; ++i) {
        all.push_back(in.make_process(i + 1));
        in.fork(*all.back(), *root, untimed);
    }
    std::vector<std::array<rmap::pgno, arena<P>::regions>> shifts(what.width);
    const auto move_one = [&](unsigned i, unsigned r) {
        constexpr rmap::pgno away = 0x10000;
        auto& who = *all[i];
        rmap::pgno& shift = shifts[i][r];
        const rmap::pgno next = shift == 0 ? away : 0;
        entries of = arena<P>::entries_of(who, r);
        for (unsigned n = 0; n != of.count; ++n)
            of.at[n].at += shift;
        auto* const fresh =
            in.template make<region>(*who.in, arena<P>::start_of(r) + next,
                                     rmap::pgno{arena<P>::pages}, arena<P>::start_of(r));
        const std::uint64_t from = spans::now();
        in.map.move(*who.its[r], *fresh, of.all());
        moves.add(spans::now() - from);
        in.drop(std::exchange(who.its[r], fresh));
        shift = next;
    };
    in.repeat(what.slice_ns, 16, [&] {
        move_one(static_cast<unsigned>(in.random() % what.width),
                 static_cast<unsigned>(in.random() % arena<P>::regions));
    });
    out.measured["move"] = moves.ns(1);
    // All to the same side, so that contestants that moved more often find the same.
    for (unsigned i = 0; i != what.width; ++i)
        for (unsigned r = 0; r != arena<P>::regions; ++r)
            if (shifts[i][r] == 0) move_one(i, r);
    std::vector<typename arena<P>::page*> shared;
    for (unsigned r = 0; r != arena<P>::regions; ++r)
        shared.push_back(root->table[r * arena<P>::pages]);
    out.measured["walk_checked"] =
        in.checked_walks(shared, what.slice_ns, 4) / static_cast<double>(what.width + 1);
    for (unsigned i = 0; i != what.width; ++i)
        for (unsigned r = 0; r != arena<P>::regions; ++r)
            move_one(i, r);
    for (; !all.empty(); all.pop_back())
        in.exit(std::move(all.back()), untimed);
    in.exit_first(std::move(root));
}

}  // namespace rmap_bench
