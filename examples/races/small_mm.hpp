// SPDX-License-Identifier: BSL-1.0
#pragma once

// A user's memory manager, as small as the stories of the gallery allow: an address space with one
// page table of 16 entries, one page that all of them may map, and the library's own vma.

#include <cstdint>
#include <cstdlib>

#include <rmap/rmap.hpp>
#include <rmap/verify/explore.hpp>

#include "names.hpp"

namespace races {

using rmap::order;
using rmap::pgno;
using rmap::verify::require;
using rmap::verify::test;

/// What an entry says of the one page.
enum class pte : std::uint8_t { none, present, marker };

template <class Policy>
using first_fault_lock = rmap::lock_of_rank<Policy, rmap::lock_rank::page_table>;

template <class Policy, class FaultLock = first_fault_lock<Policy>>
struct small_space {
    rmap::lock_of_rank<Policy, rmap::lock_rank::mmap> mmap_lock{};
    FaultLock page_table_lock{};
    rmap::lock_of_rank<Policy, rmap::lock_rank::chain> anon_vma_chain_lock{};
    rmap::lock_of_rank<Policy, rmap::lock_rank::pte> pte_lock{};
    // Read and written holding pte_lock.
    typename Policy::atomics::template plain<pte> table[16]{};

    [[nodiscard]] auto& at(pgno where) noexcept { return table[where % 16]; }

    // What a counterexample says where a walk looks at an entry: of one that is not there, and of
    // one that is.
    struct words {
        const char* nothing = nullptr;
        const char* found = nullptr;
    };
    words looks_at[16]{};
    void say(pgno where, const words& what) noexcept { looks_at[where % 16] = what; }
};

template <class Policy>
struct small_page : rmap::basic_page<Policy> {};

/// The types of one story, and its map.
template <class Policy, class FaultLock = first_fault_lock<Policy>>
struct small_mm {
    using policy = Policy;
    using space = small_space<Policy, FaultLock>;
    using page = small_page<Policy>;
    using vma = rmap::basic_vma<space, Policy>;
    using map_type = rmap::reverse_map<page, vma, Policy>;

    map_type map{};
    page frame{};  // "page" in counterexamples

    /// A first fault: the page belongs to `v` now.
    void touch(vma& v, pgno where) {
        must(map.prepare(v));
        map.tag_new(frame, v, where);
        enter(v.mm(), where);
    }
    void enter(space& in, pgno where) {
        frame.add_mapping();
        in.at(where) = pte::present;
    }
    void leave(space& in, pgno where) {
        in.at(where) = pte::none;
        static_cast<void>(frame.remove_mapping());
    }

    /// Moves an entry, as mremap does, under the lock of the table that both places are in.
    static void move_entry(space& in, pgno from, pgno to) {
        const rmap::write_guard held{in.pte_lock};
        in.at(to) = in.at(from).get();
        in.at(from) = pte::none;
    }

    /// A walk that counts the places where the page is found.
    unsigned count_mappings() {
        unsigned found = 0;
        const auto walked = map.walk(frame, [&](const auto& place) {
            const rmap::write_guard held{place.mm().pte_lock};
            const bool here = place.mm().at(place.address()) == pte::present;
            const auto& words = place.mm().looks_at[place.address() % 16];
            const char* const text = here ? words.found : words.nothing;
            if (text != nullptr) rmap::verify::point(text);
            if (here) ++found;
        });
        require(walked.state == rmap::status::ok, "the walk did not take place");
        return found;
    }

    static void must(rmap::status s) { require(s == rmap::status::ok, "a step failed"); }

    // ---- names in counterexamples

    void call(test& t, const rmap::anon_vma<Policy>* av, const char* lock, const char* root) {
        t.name(av->lock, lock);
        t.name(av->root, root);
    }
    void call_rest(test& t) {
        using hook = rmap::page_hook<Policy>;
        t.name(map.pool(), "free list");
        call_at(t, &static_cast<const hook&>(frame), 0, "page.tag");
        call_at(t, &static_cast<const hook&>(frame), sizeof(hook) / 2, "page.index");
        call_at(t, &static_cast<const hook&>(frame), sizeof(hook), "page.mapcount");
    }
};

}  // namespace races
