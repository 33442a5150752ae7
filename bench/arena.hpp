// SPDX-License-Identifier: BSL-1.0
#pragma once

// Where contestants work: processes with page tables, and the steps of their lives, timed apart
// from what the arena itself does. A process has 4 regions of 8 pages. All of the first process are
// mapped; each later one has one page of its own a region, after a copy on write.

#include <array>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <random>
#include <utility>
#include <vector>

#include "contestants.hpp"
#include "measure.hpp"
#include "peer.hpp"
#include "spans.hpp"

namespace rmap_bench {

template <peer P>
class arena {
public:
    using space = typename P::space;
    using region = typename P::region;
    using page = typename P::page;

    explicit arena(P& the_map) noexcept : map{the_map} {}
    arena(const arena&) = delete;
    arena& operator=(const arena&) = delete;

    static constexpr unsigned regions = 4;
    static constexpr unsigned pages = 8;
    static constexpr unsigned shared_page = 0;   // of a region: what nobody copies
    static constexpr unsigned chain_page = 6;    // what those of a chain copy
    static constexpr unsigned private_page = 7;  // what children copy

    static constexpr rmap::pgno start_of(unsigned r) noexcept { return 0x10000 + r * 0x100; }
    static constexpr rmap::pgno address_of(unsigned r, unsigned n) noexcept {
        return start_of(r) + n;
    }
    static constexpr unsigned slot_of(rmap::pgno at) noexcept {
        const auto offset = static_cast<unsigned>(at & 0xffff);
        return offset / 0x100 * pages + offset % 0x100;
    }

    struct process {
        space* in = nullptr;
        std::uint32_t index = 0;
        std::array<region*, regions> its{};
        std::array<page*, regions * pages> table{};
        std::array<page*, regions> own{};  // pages that nobody else maps
    };
    using born = std::unique_ptr<process>;

    // ---- objects, of the bench's memory; `users` counts those that are not the structure's

    template <class T, class... Args>
    T* make(Args&&... args) {
        T* const out = ::new (bench_heap::take(sizeof(T))) T(std::forward<Args>(args)...);
        users += sizeof(T);
        return out;
    }
    template <class T>
    void drop(T* what) noexcept {
        what->~T();
        bench_heap::give(what, sizeof(T));
        users -= sizeof(T);
    }
    born make_process(std::uint32_t index, unsigned with_regions = regions) {
        auto out = std::make_unique<process>();
        out->in = make<space>();
        out->in->process = out.get();
        out->index = index;
        for (unsigned r = 0; r != with_regions; ++r)
            out->its[r] = make<region>(*out->in, start_of(r), rmap::pgno{pages}, start_of(r));
        return out;
    }

    // ---- the steps of a life

    /// The first of a family: all its pages are new.
    born first() {
        born out = make_process(0);
        for (unsigned r = 0; r != regions; ++r) {
            map.prepare(*out->its[r], nullptr, nullptr);
            for (unsigned n = 0; n != pages; ++n) {
                page* const p = make<page>();
                map.tag(*p, *out->its[r], address_of(r, n));
                out->table[r * pages + n] = p;
            }
        }
        return out;
    }
    /// Regions and entries of the parent become the child's; `timed` is added what the peer took.
    void fork(process& child, process& parent, spans& timed) {
        std::array<entries, regions> of;
        for (unsigned r = 0; r != regions; ++r)
            of[r] = entries_of(parent, r);
        const std::uint64_t from = spans::now();
        for (unsigned r = 0; r != regions; ++r)
            map.fork(*child.its[r], *parent.its[r], of[r].all());
        timed.add(spans::now() - from);
        child.table = parent.table;
    }
    /// A write to a page that others map, too, in each region.
    void copy_on_write(process& in, unsigned n) {
        for (unsigned r = 0; r != regions; ++r) {
            page*& slot = in.table[r * pages + n];
            map.unmap(*slot, *in.its[r], address_of(r, n));
            slot = in.own[r] = make<page>();
            map.tag(*slot, *in.its[r], address_of(r, n));
        }
    }
    /// Ends a process none of whose own pages others map.
    void exit(born what, spans& timed) {
        for (unsigned s = 0; s != regions * pages; ++s) {
            page*& p = what->table[s];
            if (p == nullptr || p != what->own[s / pages]) continue;
            map.untag(*p, *what->its[s / pages], address_of(s / pages, s % pages));
            drop(p);
            p = nullptr;
        }
        std::array<entries, regions> of;
        for (unsigned r = 0; r != regions; ++r)
            of[r] = entries_of(*what, r);
        const std::uint64_t from = spans::now();
        for (unsigned r = 0; r != regions; ++r)
            map.exit(*what->its[r], of[r].all());
        timed.add(spans::now() - from);
        drop_process(*what);
    }
    /// Ends the last of a family, and with it the pages that it began with.
    void exit_first(born what) {
        for (unsigned s = 0; s != regions * pages; ++s) {
            page* const p = std::exchange(what->table[s], nullptr);
            map.untag(*p, *what->its[s / pages], address_of(s / pages, s % pages));
            drop(p);
        }
        spans untimed;
        exit(std::move(what), untimed);
    }
    void drop_process(process& what) noexcept {
        for (region* r : what.its)
            if (r != nullptr) drop(r);
        drop(what.in);
    }

    // ---- walks

    /// Calls each() at least `least` times, and until `slice` ns have passed; returns what one call
    /// took, in ns of this thread. The clock is read seldom, as that takes as long as many walks.
    template <class Each>
    double repeat(double slice, unsigned least, Each each) {
        const double from = cpu_ns();
        double took = 0;
        std::size_t done = 0;
        std::size_t goal = least;
        do {
            for (; done < goal; ++done)
                each();
            took = cpu_ns() - from;
            goal += goal / 2 + 1;
        } while (took < slice);
        return took / static_cast<double>(done);
    }
    /// Walks `order` again and again; ns a walk. Counts what it met.
    double walks(const std::vector<page*>& order, double slice, unsigned least,
                 std::uint64_t* visited = nullptr) {
        rmap::pgno sum = 0;
        std::uint64_t met = 0;
        std::size_t next = 0;
        const double took = repeat(slice, least, [&] {
            met += map.walk(*order[next], [&](space&, rmap::pgno at) noexcept { sum += at; });
            if (++next == order.size()) next = 0;
        });
        keep(sum);
        keep(met);
        if (visited != nullptr) {
            *visited = 0;
            for (page* p : order)
                *visited += map.walk(*p, [](space&, rmap::pgno) noexcept {});
        }
        return took;
    }
    /// The same with a look into the page table of every place; what it found is in the checksum,
    /// and equal for all contestants.
    double checked_walks(const std::vector<page*>& order, double slice, unsigned least) {
        const auto look = [&](page& p, std::uint64_t& sum, std::uint64_t& found) {
            map.walk(p, [&](space& in, rmap::pgno at) noexcept {
                const auto& who = *static_cast<const process*>(in.process);
                if (who.table[slot_of(at)] != &p) return;
                sum += at + who.index * 7919;
                ++found;
            });
        };
        for (page* p : order) {
            std::uint64_t sum = 0;
            std::uint64_t found = 0;
            look(*p, sum, found);
            checksum = checksum * 31 + sum * 127 + found;
            places += found;
        }
        std::uint64_t sum = 0;
        std::uint64_t found = 0;
        std::size_t next = 0;
        const double took = repeat(slice, least, [&] {
            look(*order[next], sum, found);
            if (++next == order.size()) next = 0;
        });
        keep(sum);
        keep(found);
        return took;
    }

    /// What the structure has taken, with what it keeps in `alive` regions.
    [[nodiscard]] double bytes(std::uint64_t before, double alive) const {
        return static_cast<double>(bench_heap::live() - users - before) / alive +
               static_cast<double>(P::region_bytes);
    }

    struct entries {
        std::array<entry<page>, pages> at{};
        unsigned count = 0;
        [[nodiscard]] std::span<const entry<page>> all() const noexcept {
            return {at.data(), count};
        }
    };
    static entries entries_of(const process& of, unsigned r) noexcept {
        entries out;
        for (unsigned n = 0; n != pages; ++n) {
            page* const p = of.table[r * pages + n];
            if (p != nullptr) out.at[out.count++] = {address_of(r, n), p};
        }
        return out;
    }

    P& map;  // may have other arenas beside, each of a thread of its own
    std::uint64_t users = 0;
    std::uint64_t checksum = 0;
    std::uint64_t places = 0;  // found by checked walks, each page once
    std::minstd_rand random{20101130};
};

}  // namespace rmap_bench
