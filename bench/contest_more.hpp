// SPDX-License-Identifier: BSL-1.0
#pragma once

// The workloads of a contestant but for wide families: deep ones, pieces, first faults,
// processes alone.

#include "contest.hpp"

namespace rmap_bench {

template <class Policy>
results contest<Policy>::deep(unsigned depth, unsigned chains, unsigned generations) {
    results out;
    constexpr unsigned few = 4;  // regions
    std::vector<std::vector<space*>> all(chains);
    std::vector<spans> forks(depth);
    std::vector<page*> roots;
    std::vector<page*> deepest;
    std::uint64_t users = 0;
    const std::uint64_t before = aged_heap::get().live();
    const auto made = [&] {
        const std::uint64_t empty = aged_heap::get().live();
        space* const s = make_space(few);
        users += aged_heap::get().live() - empty;
        return s;
    };
    for (auto& chain : all) {
        chain.push_back(made());
        for (unsigned r = 0; r != few; ++r)
            must(map.prepare(*chain[0]->vmas[r]));
        for (unsigned d = 0; d != depth; ++d) {
            chain.push_back(made());
            const std::uint64_t from = spans::now();
            fork(*chain[d + 1], *chain[d]);
            forks[d].add(spans::now() - from);
        }
    }
    out["bytes_a_vma"] = static_cast<double>(aged_heap::get().live() - before - users) /
                             (static_cast<double>(chains) * (depth + 1) * few) +
                         sizeof(rmap::vma_hook<aged>);
    for (unsigned d = 1; d <= depth; d *= 2) {
        out["fork_at_" + std::to_string(d)] = forks[d - 1].ns(few);
    }
    for (auto& chain : all) {
        for (unsigned r = 0; r != few; ++r) {
            roots.push_back(make_page(*chain[0]->vmas[r], start_of(r) + 1, 1));
            deepest.push_back(make_page(*chain[depth]->vmas[r], start_of(r) + 1, 2));
        }
    }
    std::uint64_t met = 0;
    std::vector<page*> order;
    for (unsigned i = 0; i != 20; ++i)
        order.insert(order.end(), roots.begin(), roots.end());
    double took = walk_all<false>(order, met);
    out["walk_root"] = took / static_cast<double>(met);
    order.clear();
    for (unsigned i = 0; i != 200; ++i)
        order.insert(order.end(), deepest.begin(), deepest.end());
    took = walk_all<false>(order, met);
    out["walk_deepest"] = took / static_cast<double>(order.size());
    for (page* p : roots)
        drop_page(p);
    for (page* p : deepest)
        drop_page(p);
    for (auto& chain : all) {
        for (space* s : chain) {
            exit(*s);
            drop_space(s);
        }
    }
    // A daemon's chain: the parent exits right after each fork.
    spans daemons;
    spans ends;
    space* last = make_space(few);
    for (unsigned r = 0; r != few; ++r)
        must(map.prepare(*last->vmas[r]));
    for (unsigned i = 0; i != generations; ++i) {
        space* const next = make_space(few);
        std::uint64_t from = spans::now();
        fork(*next, *last);
        daemons.add(spans::now() - from);
        from = spans::now();
        exit(*last);
        ends.add(spans::now() - from);
        drop_space(last);
        last = next;
    }
    out["daemon_fork"] = daemons.ns(few);
    out["daemon_exit"] = ends.ns(few);
    map.trim();
    const std::uint64_t users_left = few * rounded(sizeof(vma)) + rounded(sizeof(space));
    out["daemon_bytes"] = static_cast<double>(aged_heap::get().live() - users_left) / few +
                          sizeof(rmap::vma_hook<aged>);
    exit(*last);
    drop_space(last);
    map.trim();
    return out;
}

template <class Policy>
results contest<Policy>::pieces(unsigned depth, unsigned operations) {
    results out;
    std::minstd_rand random{11};
    std::vector<space*> chain;
    constexpr unsigned many = 64;
    constexpr rmap::pgno length = 64;
    // The pieces of the last process's regions, in order; those of its ancestors are whole.
    std::vector<std::vector<vma*>> parts(many);
    std::vector<std::vector<vma*>> whole(depth);
    const auto piece = [&](space& in, rmap::pgno start, rmap::pgno n) {
        return ::new (aged_heap::get().take(sizeof(vma))) vma{in, start, n};
    };
    for (unsigned d = 0; d != depth; ++d)
        chain.push_back(make_space(0));
    for (unsigned r = 0; r != many; ++r) {
        vma* up = nullptr;
        for (unsigned d = 0; d != depth; ++d) {
            vma* const v = piece(*chain[d], 0x10000 + r * 0x100, length);
            if (up == nullptr) {
                must(map.prepare(*v));
            } else {
                must(map.fork(*v, *up));
            }
            whole[d].push_back(v);
            up = v;
        }
        parts[r].push_back(up);
    }
    whole.pop_back();
    spans splits;
    spans merges;
    for (unsigned i = 0; i != operations; ++i) {
        auto& of = parts[random() % many];
        const std::size_t at = random() % of.size();
        vma* const v = of[at];
        if (of.size() < 4 || (of.size() < 8 && random() % 2 == 0)) {
            if (v->pages() < 2) continue;
            vma* const upper = piece(v->mm(), v->start(), v->pages());
            const rmap::pgno where = v->start() + 1 + random() % (v->pages() - 1);
            const std::uint64_t from = spans::now();
            must(map.split(*v, *upper, where));
            splits.add(spans::now() - from);
            of.insert(of.begin() + static_cast<long>(at) + 1, upper);
        } else {
            if (at == 0) continue;
            vma* const prev = of[at - 1];
            const std::uint64_t from = spans::now();
            typename map_type::request want;
            want.range = {v->start(), v->pages(), v->pgoff()};
            want.prev = prev;
            want.middle = v;
            const auto merged = map.merge(want);
            merges.add(spans::now() - from);
            must(merged.state);
            if (merged.what == rmap::merge_case::none) std::abort();
            drop_vma(v);
            of.erase(of.begin() + static_cast<long>(at));
        }
        checksum = checksum * 31 + of.size();
    }
    out["split"] = splits.ns(1);
    out["merge"] = merges.ns(1);
    out["split_and_merge"] = (splits.ns(1) + merges.ns(1)) / 2;
    for (auto& of : parts) {
        for (vma* v : of) {
            map.unlink(*v);
            drop_vma(v);
        }
    }
    for (auto& of : whole) {
        for (vma* v : of) {
            map.unlink(*v);
            drop_vma(v);
        }
    }
    for (space* s : chain)
        drop_space(s);
    map.trim();
    return out;
}

template <class Policy>
results contest<Policy>::many_pieces(unsigned pieces, unsigned operations) {
    results out;
    std::minstd_rand random{13};
    space* const in = make_space(0);
    constexpr rmap::pgno length = 4;
    const auto piece = [&](rmap::pgno start, rmap::pgno n) {
        return ::new (aged_heap::get().take(sizeof(vma))) vma{*in, start, n};
    };
    std::vector<vma*> parts{piece(0x10000, length * pieces)};
    must(map.prepare(*parts[0]));
    const std::uint64_t before = aged_heap::get().live();
    while (parts.size() != pieces) {
        vma* const upper = piece(0, 1);
        must(map.split(*parts.back(), *upper, parts.back()->start() + length));
        parts.push_back(upper);
    }
    const double users = static_cast<double>(rounded(sizeof(vma))) * (pieces - 1);
    out["bytes_a_piece"] = (static_cast<double>(aged_heap::get().live() - before) - users) / pieces;

    spans splits;
    spans merges;
    for (unsigned i = 0; i != operations; ++i) {
        const std::size_t at = random() % parts.size();
        vma* const v = parts[at];
        if (parts.size() <= pieces || random() % 2 == 0) {
            if (v->pages() < 2) continue;
            vma* const upper = piece(0, 1);
            const rmap::pgno where = v->start() + 1 + random() % (v->pages() - 1);
            const std::uint64_t from = spans::now();
            must(map.split(*v, *upper, where));
            splits.add(spans::now() - from);
            parts.insert(parts.begin() + static_cast<long>(at) + 1, upper);
        } else {
            if (at == 0) continue;
            typename map_type::request want;
            want.range = {v->start(), v->pages(), v->pgoff()};
            want.prev = parts[at - 1];
            want.middle = v;
            const std::uint64_t from = spans::now();
            const auto merged = map.merge(want);
            merges.add(spans::now() - from);
            must(merged.state);
            if (merged.what == rmap::merge_case::none) std::abort();
            drop_vma(v);
            parts.erase(parts.begin() + static_cast<long>(at));
        }
        checksum = checksum * 31 + parts.size();
    }
    out["split_and_merge"] = (splits.ns(1) + merges.ns(1)) / 2;

    std::vector<page*> all;
    for (unsigned i = 0; i != 1000; ++i) {
        vma& v = *parts[random() % parts.size()];
        all.push_back(make_page(v, v.start() + random() % v.pages(), i));
    }
    std::vector<page*> order;
    for (unsigned i = 0; i != 20; ++i)
        order.insert(order.end(), all.begin(), all.end());
    std::shuffle(order.begin(), order.end(), random);
    std::uint64_t met = 0;
    const double took = walk_all<false>(order, met);
    if (met != order.size()) std::abort();
    out["walk"] = took / static_cast<double>(met);
    for (page* p : all)
        drop_page(p);
    for (vma* v : parts) {
        map.unlink(*v);
        drop_vma(v);
    }
    drop_space(in);
    map.trim();
    return out;
}

template <class Policy>
results contest<Policy>::first_faults(unsigned vmas, bool in_order) {
    results out;
    std::minstd_rand random{5};
    space* const in = make_space(0);
    std::vector<vma*> all(vmas);
    std::vector<unsigned> order(vmas);
    // Groups of four that touch.
    for (unsigned i = 0; i != vmas; ++i) {
        all[i] = ::new (aged_heap::get().take(sizeof(vma)))
            vma{*in, 0x10000 + i / 4 * 64 + i % 4 * 8, 8};
        order[i] = i;
    }
    if (!in_order) std::shuffle(order.begin(), order.end(), random);
    // Once beforehand, so that the heap has what it takes, and the time is not that of the system
    // clearing pages.
    double took = 0;
    for (const bool measured : {false, true}) {
        const std::uint64_t before = aged_heap::get().live();
        const double from = cpu_ns();
        for (const unsigned i : order) {
            vma* const prev = i % 4 != 0 ? all[i - 1] : nullptr;
            vma* const next = i % 4 != 3 ? all[i + 1] : nullptr;
            must(map.prepare(*all[i], prev, next));
        }
        took = cpu_ns() - from;
        out["bytes_a_vma"] = static_cast<double>(aged_heap::get().live() - before) / vmas +
                             sizeof(rmap::vma_hook<aged>);
        if (measured) break;
        for (vma* v : all)
            map.unlink(*v);
        map.trim();
    }
    out["prepare"] = took / vmas;
    for (vma* v : all) {
        map.unlink(*v);
        drop_vma(v);
    }
    drop_space(in);
    map.trim();
    return out;
}

template <class Policy>
results contest<Policy>::alone(unsigned processes) {
    results out;
    std::minstd_rand random{17};
    std::vector<space*> all;
    std::vector<page*> owned;
    for (unsigned i = 0; i != processes; ++i) {
        all.push_back(make_space());
        for (unsigned r = 0; r != regions; ++r) {
            vma& v = *all.back()->vmas[r];
            must(map.prepare(v));
            owned.push_back(make_page(v, start_of(r) + 7, 1));
        }
    }
    std::vector<page*> order = owned;
    while (order.size() < 20000)
        order.insert(order.end(), owned.begin(), owned.end());
    std::shuffle(order.begin(), order.end(), random);
    std::uint64_t met = 0;
    const auto count = static_cast<double>(order.size());
    double took = walk_all<false>(order, met);
    out["walk_alone"] = took / count;
    took = walk_at_once(order, met);
    out["walk_alone_many"] = took / count;
    took = walk_all<false, true>(order, met);
    out["walk_alone_unlocked"] = took / count;
    took = walk_at_once<true>(order, met);
    out["walk_alone_many_unlocked"] = took / count;
    for (page* p : owned)
        drop_page(p);
    for (space* s : all) {
        exit(*s);
        drop_space(s);
    }
    map.trim();
    return out;
}

}  // namespace rmap_bench
