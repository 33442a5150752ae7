// SPDX-License-Identifier: BSL-1.0
#pragma once

// A contestant: families of processes over the map of one policy, and the work that they do. All
// contestants do the same work; `checksum` says what their walks found, and must be equal.
//
// A family has 16 regions of 32 pages; every region of every process is a vma. All vmas, spaces and
// objects of the map lie at unrelated addresses (aged_memory.hpp).

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <map>
#include <random>
#include <string>
#include <vector>

#include <rmap/rmap.hpp>

#include "aged_memory.hpp"
#include "spans.hpp"

namespace rmap_bench {

/// What one run of a workload measured, by name.
using results = std::map<std::string, double>;

template <class Policy>
class contest {
    struct aged : Policy {
        using allocator = aged_memory;
    };

public:
    static constexpr unsigned regions = 16;
    static constexpr rmap::pgno pages = 32;

    struct space;
    using page_base = rmap::basic_page<aged>;
    struct page : page_base {
        std::uint32_t number = 0;
    };
    using vma = rmap::basic_vma<space, aged>;
    using map_type = rmap::reverse_map<page, vma, aged>;

    /// A process: its page table has the numbers of the pages that its entries map.
    struct space {
        typename aged::lock page_table_lock{};
        std::uint32_t index = 0;  // among the children of its family
        vma* vmas[regions]{};
        std::uint32_t* table = nullptr;  // regions * pages entries
    };

    static rmap::pgno start_of(unsigned region) noexcept { return 0x10000 + region * 0x100; }

    // ---- processes

    static vma* make_vma(space& in, unsigned region) {
        void* const at = aged_heap::get().take(sizeof(vma));
        return ::new (at) vma{in, start_of(region), pages};
    }
    static void drop_vma(vma* v) {
        v->~vma();
        aged_heap::get().give(v, sizeof(vma));
    }
    space* make_space(unsigned with_regions = regions) {
        auto* const s = ::new (aged_heap::get().take(sizeof(space))) space{};
        for (unsigned r = 0; r != with_regions; ++r)
            s->vmas[r] = make_vma(*s, r);
        return s;
    }
    void give_table(space& s) {
        s.table = static_cast<std::uint32_t*>(aged_heap::get().take(table_bytes));
    }
    void drop_space(space* s) {
        for (vma* v : s->vmas)
            if (v != nullptr) drop_vma(v);
        if (s->table != nullptr) aged_heap::get().give(s->table, table_bytes);
        s->~space();
        aged_heap::get().give(s, sizeof(space));
    }
    static void must(rmap::status s) {
        if (s != rmap::status::ok) std::abort();
    }
    void fork(space& child, space& parent) {
        for (unsigned r = 0; r != regions && parent.vmas[r] != nullptr; ++r)
            must(map.fork(*child.vmas[r], *parent.vmas[r]));
    }
    void exit(space& s) {
        for (vma* v : s.vmas)
            if (v != nullptr) map.unlink(*v);
    }
    /// The same as one call.
    void fork_at_once(space& child, space& parent) {
        must(map.fork_all([&child, &parent, r = 0U]() mutable -> rmap::fork_pair<vma> {
            if (r == regions || parent.vmas[r] == nullptr) return {};
            const unsigned at = r++;
            return {child.vmas[at], parent.vmas[at]};
        }));
    }
    void exit_at_once(space& s) {
        map.unlink_all([&s, r = 0U]() mutable { return r == regions ? nullptr : s.vmas[r++]; });
    }

    // ---- the workloads: each returns to an empty map

    /// W1, W2, W3: `families` of `width` children.
    results wide(unsigned families, unsigned width, unsigned churns, bool with_tables);
    /// W4: chains of `depth` forks, all alive; then a daemon's: each parent exits.
    results deep(unsigned depth, unsigned chains, unsigned generations);
    /// W7: one thread walks shared pages of a family of `width` children, another ends and forks
    /// children, of the same family or of another one.
    results two_threads(unsigned width, unsigned milliseconds);
    /// W5: regions of processes at a fork depth are split and merged at random.
    results pieces(unsigned depth, unsigned operations);
    /// One region in so many pieces: split and merged at random, and walks of one offset.
    results many_pieces(unsigned pieces, unsigned operations);
    /// W6: first faults of many small vmas, in order or at random.
    results first_faults(unsigned vmas, bool in_order);
    /// Processes that never forked: walks of their pages.
    results alone(unsigned processes);

    map_type map{};
    std::uint64_t checksum = 0;

private:
    static constexpr std::size_t table_bytes = regions * pages * sizeof(std::uint32_t);

    struct family {
        space* parent = nullptr;
        std::vector<space*> children{};
        std::vector<page*> shared{};  // one of each region
        std::vector<page*> own{};     // of children, which no one else maps
    };

    page* make_page(vma& v, rmap::pgno at, std::uint32_t number) {
        auto* const p = ::new (aged_heap::get().take(sizeof(page))) page{};
        p->number = number;
        if (map_type::late(v)) must(map.prepare(v));
        map.tag_new(*p, v, at);
        p->add_mapping();
        return p;
    }
    void drop_page(page* p) {
        p->remove_mapping();
        map.untag(*p);
        p->~page();
        aged_heap::get().give(p, sizeof(page));
    }

    // Sums what it is handed. `Unlocked`: says that it needs no lock for that.
    template <bool Checks, bool Unlocked = false>
    struct summing {
        static constexpr bool needs_lock = !Unlocked;
        std::uint32_t number = 0;
        std::uint64_t found = 0;
        std::uint64_t addresses = 0;
        std::uint64_t spaces = 0;

        template <class Place>
        void operator()(const Place& place) noexcept {
            space& in = place.mm();
            const rmap::pgno at = place.address();
            if constexpr (Checks) {
                const rmap::pgno offset = at - 0x10000;
                if (in.table[offset / 0x100 * pages + offset % 0x100] != number) return;
            }
            ++found;
            addresses += at;
            spaces ^= reinterpret_cast<std::uintptr_t>(&in);
        }
    };
    // The same of a batch of pages: what each walk found is summed at its end.
    template <bool Unlocked>
    struct summing_many {
        std::uint64_t found = 0;
        std::uint64_t addresses = 0;
        std::uint64_t spaces = 0;

        using one = summing<false, Unlocked>;
        one begin(page&) const noexcept { return {}; }
        void done(page&, const one& sum, const rmap::walk_result& walked) noexcept {
            must(walked.state);
            found += sum.found;
            addresses += sum.addresses;
            spaces ^= sum.spaces;
        }
    };
    template <bool Unlocked = false>
    double walk_at_once(const std::vector<page*>& order, std::uint64_t& met) {
        // As many as reclaim takes off its lists at a time.
        constexpr std::size_t batch = 64;
        constexpr auto what = Unlocked ? rmap::need::may_miss : rmap::need::complete;
        summing_many<Unlocked> sum;
        const double from = cpu_ns();
        for (std::size_t at = 0; at < order.size(); at += batch) {
            static_cast<void>(map.template walk_many<what>(
                order.data() + at, std::min(batch, order.size() - at), sum));
        }
        const double took = cpu_ns() - from;
        met = sum.found;
        checksum = checksum * 31 + sum.addresses + sum.found;
        keep_value(sum.spaces);
        return took;
    }
    template <bool Checks, bool Unlocked = false>
    double walk_all(const std::vector<page*>& order, std::uint64_t& met) {
        std::uint64_t found = 0;
        std::uint64_t addresses = 0;
        std::uint64_t spaces = 0;
        const double from = cpu_ns();
        for (page* p : order) {
            summing<Checks, Unlocked> sum{p->number};
            constexpr auto what = Unlocked ? rmap::need::may_miss : rmap::need::complete;
            const auto walked = map.template walk<what>(*p, sum);
            must(walked.state);
            found += sum.found;
            addresses += sum.addresses;
            spaces ^= sum.spaces;
        }
        const double took = cpu_ns() - from;
        met = found;
        checksum = checksum * 31 + addresses + found;
        keep_value(spaces);
        return took;
    }
    static std::size_t rounded(std::size_t n) { return (n + 15) / 16 * 16; }
    static void keep_value(std::uint64_t value) { asm volatile("" : : "r"(value)); }
};

template <class Policy>
results contest<Policy>::wide(unsigned families, unsigned width, unsigned churns,
                              bool with_tables) {
    results out;
    std::minstd_rand random{7};
    std::vector<family> all(families);
    std::uint32_t numbers = 0;
    for (family& f : all) {
        f.parent = make_space();
        for (unsigned r = 0; r != regions; ++r) {
            must(map.prepare(*f.parent->vmas[r]));
            f.shared.push_back(make_page(*f.parent->vmas[r], start_of(r) + 5, ++numbers));
        }
    }
    const std::uint64_t before = aged_heap::get().live();
    std::uint64_t users = 0;
    spans ramp;
    for (unsigned i = 0; i != width; ++i) {
        for (family& f : all) {
            const std::uint64_t empty = aged_heap::get().live();
            space* const s = make_space();
            users += aged_heap::get().live() - empty;
            s->index = i;
            const std::uint64_t from = spans::now();
            fork(*s, *f.parent);
            ramp.add(spans::now() - from);
            f.children.push_back(s);
        }
    }
    const double children = static_cast<double>(families) * width * regions;
    out["fork_ramp"] = ramp.ns(regions);
    out["bytes_a_child_vma"] =
        static_cast<double>(aged_heap::get().live() - before - users) / children +
        sizeof(rmap::vma_hook<aged>);

    const auto churn = [&](const char* fork_name, const char* exit_name, auto end, auto begin) {
        spans forks;
        spans exits;
        for (unsigned i = 0; i != churns; ++i) {
            family& f = all[random() % families];
            space*& s = f.children[random() % width];
            std::uint64_t from = spans::now();
            end(*s);
            exits.add(spans::now() - from);
            drop_space(s);
            s = make_space();
            from = spans::now();
            begin(*s, *f.parent);
            forks.add(spans::now() - from);
        }
        out[fork_name] = forks.ns(regions);
        out[exit_name] = exits.ns(regions);
    };
    churn(
        "fork", "exit", [&](space& s) { exit(s); },
        [&](space& child, space& parent) { fork(child, parent); });
    churn(
        "fork_all", "exit_all", [&](space& s) { exit_at_once(s); },
        [&](space& child, space& parent) { fork_at_once(child, parent); });

    std::vector<page*> cold;
    for (family& f : all) {
        for (page* p : f.shared)
            cold.push_back(p);
    }
    std::shuffle(cold.begin(), cold.end(), random);
    const std::uint64_t mappings = std::uint64_t{width + 1} * cold.size();
    const std::uint64_t rounds = std::max<std::uint64_t>(1, 400000 / mappings);
    std::vector<page*> order;
    for (std::uint64_t i = 0; i != rounds; ++i)
        order.insert(order.end(), cold.begin(), cold.end());
    std::uint64_t met = 0;
    if (families == 1) {
        std::vector<page*> hot(order.size(), cold.front());
        static_cast<void>(walk_all<false>({cold.front()}, met));
        const double took = walk_all<false>(hot, met);
        out["walk_hot"] = took / static_cast<double>(met);
    }
    double took = walk_all<false>(order, met);
    out["walk_cold"] = took / static_cast<double>(met);
    took = walk_at_once(order, met);
    out["walk_cold_many"] = took / static_cast<double>(met);
    took = walk_all<false, true>(order, met);
    out["walk_cold_unlocked"] = took / static_cast<double>(met);

    for (family& f : all) {
        for (space* s : f.children) {
            const unsigned r = static_cast<unsigned>(random() % regions);
            f.own.push_back(make_page(*s->vmas[r], start_of(r) + 7, ++numbers));
        }
    }
    std::vector<page*> owned;
    for (family& f : all)
        owned.insert(owned.end(), f.own.begin(), f.own.end());
    while (owned.size() < 20000) {
        const std::size_t n = owned.size();
        for (std::size_t i = 0; i != n; ++i)
            owned.push_back(owned[i]);
    }
    std::shuffle(owned.begin(), owned.end(), random);
    if (owned.size() > 100000) owned.resize(100000);
    took = walk_all<false>(owned, met);
    out["walk_private"] = took / static_cast<double>(owned.size());
    took = walk_at_once(owned, met);
    out["walk_private_many"] = took / static_cast<double>(owned.size());
    took = walk_all<false, true>(owned, met);
    out["walk_private_unlocked"] = took / static_cast<double>(owned.size());
    took = walk_at_once<true>(owned, met);
    out["walk_private_many_unlocked"] = took / static_cast<double>(owned.size());
    if (families == 1) {
        const std::vector<page*> one(20000, owned.front());
        took = walk_all<false>(one, met);
        out["walk_private_hot"] = took / static_cast<double>(one.size());
        took = walk_all<false, true>(one, met);
        out["walk_private_hot_unlocked"] = took / static_cast<double>(one.size());
    }

    if (with_tables) {
        for (family& f : all) {
            for (unsigned i = 0; i <= width; ++i) {
                space& s = i == width ? *f.parent : *f.children[i];
                give_table(s);
                for (unsigned r = 0; r != regions; ++r)
                    s.table[r * pages + 5] = f.shared[r]->number;
            }
        }
        took = walk_all<true>(order, met);
        out["walk_checked"] = took / static_cast<double>(met);
    }
    // Every child writes to all of its memory: those that have own anon_vmas since fork get none.
    const std::uint64_t had = aged_heap::get().live();
    std::uint64_t late = 0;
    std::uint64_t from = spans::now();
    spans writes;
    for (family& f : all) {
        for (space* s : f.children) {
            for (vma* v : s->vmas)
                late += map_type::late(*v) ? 1U : 0U;
            from = spans::now();
            for (vma* v : s->vmas)
                must(map.prepare(*v));
            writes.add(spans::now() - from);
        }
    }
    out["first_write"] = writes.ns(regions);
    out["bytes_a_child_vma_that_wrote"] = out["bytes_a_child_vma"];
    if (late != 0) {
        out["bytes_a_child_vma_that_wrote"] +=
            static_cast<double>(aged_heap::get().live() - had) / static_cast<double>(late);
    }
    for (family& f : all) {
        for (page* p : f.own)
            drop_page(p);
        for (page* p : f.shared)
            drop_page(p);
        for (space* s : f.children) {
            exit(*s);
            drop_space(s);
        }
        exit(*f.parent);
        drop_space(f.parent);
    }
    map.trim();
    return out;
}

}  // namespace rmap_bench
