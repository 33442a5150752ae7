// SPDX-License-Identifier: BSL-1.0
#pragma once

// The maps that suites explore: the shipped operations over the explorer's atomics, locks, memory
// and checks, with the discipline, the topology and the merge rule under examination. And a small
// family: a parent, two fork children, and a page that all three map.
//
// The family's vmas lie around page number 512, so that disciplines and topologies which treat
// ranges by runs of some power of two meet a border of theirs.

#include <cstddef>
#include <cstdint>
#include <map>

#include <rmap/core/lock_rank.hpp>
#include <rmap/policy.hpp>
#include <rmap/reverse_map.hpp>
#include <rmap/verify/conformance/order_lock.hpp>
#include <rmap/verify/explore.hpp>

namespace rmap::inline RMAP_ABI::verify::conformance {

/// An exploration's memory, with a count of blocks by their size.
struct counted_memory : model_memory {
    struct counts {
        std::size_t asked = 0;
        std::map<std::size_t, long> alive{};
    };
    /// Of all executions: to be compared before and after.
    [[nodiscard]] static counts& now() {
        static counts all;
        return all;
    }
    template <class T>
    [[nodiscard]] static long alive() {
        return now().alive[sizeof(T)];
    }
    [[nodiscard]] void* allocate(std::size_t size, std::size_t align) noexcept {
        ++now().asked;
        ++now().alive[size];
        return model_memory::allocate(size, align);
    }
    void deallocate(void* block, std::size_t size, std::size_t align) noexcept {
        --now().alive[size];
        model_memory::deallocate(block, size, align);
    }
};

template <class Locking, class Topology, class Merge, class Lifetime = lifetimes::caller_held>
struct explored_policy : default_policy {
    using atomics = model;
    using lock = order_lock;
    using allocator = counted_memory;
    using check = explored_checks;
    using lifetime = Lifetime;
    using locking = Locking;
    using topology = Topology;
    using merge = Merge;
};

inline void ok(status s, location at = location::current()) {
    require(s == status::ok, "an operation failed", at);
}

template <class Policy>
struct explored_vma;

/// An address space.
template <class Policy>
struct space {
    using vma = explored_vma<Policy>;
    using page = basic_page<Policy>;

    lock_of_rank<Policy, lock_rank::page_table> page_table_lock{};
    lock_of_rank<Policy, lock_rank::chain> anon_vma_chain_lock{};
    // Explored: where the one page is mapped, 0: nowhere.
    lock_of_rank<Policy, lock_rank::pte> pte_lock{};
    model::plain<pgno> mapped_at{0};
    // In scripts: what is there by address, and where there is room.
    std::map<pgno, vma*> vmas{};
    std::map<pgno, page*> table{};
    pgno next = 0;

    /// Of scripts, for who asks a place of an exact topology for its vma.
    [[nodiscard]] vma* find(pgno at) const {
        auto after = vmas.upper_bound(at);
        if (after == vmas.begin()) return nullptr;
        vma* const v = (--after)->second;
        return v->contains(at) ? v : nullptr;
    }
};

template <class Policy>
struct explored_vma : basic_vma<space<Policy>, Policy> {
    using basic_vma<space<Policy>, Policy>::basic_vma;
    // In scripts: its number, what it is picked by, when it was linked, and when it was put
    // elsewhere in its anon_vmas (0: never).
    unsigned number = 0, key = 0;
    std::uint64_t linked_at = 0, keyed_at = 0;
    const explored_vma* came_of = nullptr;  // the fork parent, or what it is a copy of
};

/// One map type for all that is done under a policy: its cost is compiling.
template <class Policy>
struct explored_types {
    using mm = space<Policy>;
    using vma = explored_vma<Policy>;
    using page = typename mm::page;
    using map = reverse_map<page, vma, Policy>;
};

template <class Policy>
struct family {
    using types = explored_types<Policy>;
    using vma = typename types::vma;
    using anon_vma_type = anon_vma<Policy>;
    static constexpr unsigned members = 3;
    static constexpr pgno first_page = 508, pages = 8, where = 511;

    family() {
        ok(map.prepare(parent));
        map.tag_new(page, parent, where);
        maps(0, where);
        ok(map.fork(first, parent));
        maps(1, where);
        ok(map.fork(second, parent));
        maps(2, where);
        call(parent, "parent");
        call(first, "first child");
        call(second, "second child");
        call(page, "page");
        call(*map.own(parent), "parent's anon_vma");
        if (!map.late(first)) call(*map.own(first), "first child's anon_vma");
        for (auto& space : mm)
            call(space, "address space");
    }
    ~family() {
        for (auto* v : {&first, &second, &parent})
            end(*v);
    }
    family(const family&) = delete;
    family& operator=(const family&) = delete;

    void maps(unsigned space, pgno at) {
        mm[space].mapped_at = at;
        page.add_mapping();
    }
    void unmaps(unsigned space) {
        const write_guard pte{mm[space].pte_lock};
        mm[space].mapped_at = 0;
        page.remove_mapping();
    }
    /// munmap of a vma, if that is still there.
    void end(vma& v) {
        for (unsigned i = 0; i != members; ++i) {
            if (&v.mm() == &mm[i] && mm[i].mapped_at != 0 && v.contains(mm[i].mapped_at)) {
                unmaps(i);
            }
        }
        map.unlink(v);
    }

    /// In how many of the first `all` spaces a walk meets the page, where the page table has it.
    /// No place more than once, if that is asked for.
    status walk(unsigned all, unsigned& met, bool once, walk_mode mode = walk_mode::wait) {
        unsigned seen[members] = {};
        pgno at[members] = {};
        const auto look = [&](const auto& place) {
            for (unsigned i = 0; i != members; ++i) {
                if (&place.mm() != &mm[i]) continue;
                require(!once || seen[i] == 0 || at[i] != place.address(), "a place was met twice");
                const write_guard pte{mm[i].pte_lock};
                if (mm[i].mapped_at != place.address()) continue;
                at[i] = place.address();
                ++seen[i];
            }
        };
        const auto result = map.template walk<need::unsound>(page, look, mode);
        met = 0;
        for (unsigned i = 0; i != all; ++i)
            met += seen[i] != 0 ? 1U : 0U;
        return result.state;
    }
    /// A walk that must meet the page in the first `all` spaces.
    void must_meet(unsigned all, bool once) {
        unsigned met = 0;
        require(walk(all, met, once) == status::ok, "the walk gave up");
        require(met == all, "a mapping that exists all the time was not met");
    }

    template <class T>
    static void call(const T& object, const char* name) {
        if (engine* const e = engine::active()) e->objects().call(&object, sizeof(T), name);
    }

    typename types::map map;
    typename types::mm mm[members];
    typename types::page page;
    vma parent{mm[0], first_page, pages, first_page};
    vma first{mm[1], first_page, pages, first_page};
    vma second{mm[2], first_page, pages, first_page};
};

}  // namespace rmap::inline RMAP_ABI::verify::conformance
