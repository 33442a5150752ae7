// SPDX-License-Identifier: BSL-1.0
#pragma once

// Two address spaces of the reference mm, parent and child, that share anonymous memory and a file,
// for stories about its operations. Afterwards every invariant holds, and no entry waits for a
// migration.

#include <string>

#include <rmap/mm.hpp>
#include <rmap/verify/check_lru.hpp>
#include <rmap/verify/invariants.hpp>

#include "kill/kill.hpp"
#include "support/mm_world.hpp"

namespace kill {

using rmap::pgno;
using rmap::mm::kind;
using rmap::mm::prot;

constexpr auto rw = prot::r | prot::w;

template <class Policy>
struct basic_household {
    using system = rmap::mm::system<Policy>;
    using space = typename system::space;
    static constexpr pgno anon = 100;    // four pages; the second is there
    static constexpr pgno away = 300;    // in another leaf; nothing
    static constexpr pgno mapped = 200;  // four pages of the file, private
    static constexpr pgno shared = 220;  // and shared

    basic_household() {
        ok(mm.create_space(parent));
        ok(mm.mmap(*parent, {anon, 4, rw}));
        ok(mm.write(*parent, anon + 1));
    }
    void have_child() { ok(mm.fork(*parent, child)); }
    void have_file() {
        ok(mm.create_file(file));
        ok(mm.resize(*file, 4));
        ok(mm.mmap(*parent, {mapped, 4, rw, kind::private_file, file, 0}));
        ok(mm.mmap(*parent, {shared, 4, rw, kind::shared_file, file, 0}));
    }

    static void ok(rmap::status s) {
        verify::require(s == rmap::status::ok, "an operation failed");
    }
    /// What nobody may leave behind.
    void settled() {
        rmap_test::mm_world<Policy> world{mm};
        for (const auto& v : verify::check(world)) {
            const std::string what = "I" + std::to_string(v.invariant) + " is broken";
            verify::require(false, what.c_str());
        }
        for (const auto& v : verify::check_lru(mm)) {
            const std::string what = "L" + std::to_string(v.law) + " is broken";
            verify::require(false, what.c_str());
        }
        verify::require(!flags_are_right || mm.lru().counts().restored == 0,
                        "reclaim met a locked page without its flag");
        if (wrote != 0 && file->pages() == 4) {
            auto* const l = parent->table.find(wrote);
            verify::require(l != nullptr && !l->at(wrote).empty(), "what was written is gone");
        }
        mm.for_each_space([&](space& s) {
            s.table.for_each_leaf(0, rmap::mm::page_limit, [&](auto& l) {
                verify::require(s.first_in(l.first, l.first + l.entries) != nullptr,
                                "a leaf of the page table is left");
                l.for_each(0, rmap::mm::page_limit, [&](pgno at, auto entry) {
                    verify::require(!entry.is_marker(), "a marker is left");
                    const auto* const v = s.find(at);
                    verify::require(v != nullptr, "an entry is left where no vma is");
                    if (v->what() == kind::anon) return true;
                    verify::require(v->pgoff() + (at - v->start()) < v->from()->pages(),
                                    "a page past the end of the file is mapped");
                    return true;
                });
            });
        });
    }

    // Where a private copy was written that nobody may take away while the file is long.
    pgno wrote = 0;
    // Nobody locks anything, so reclaim finds each flag as it should be.
    bool flags_are_right = false;
    system mm{};
    space* parent = nullptr;
    space* child = nullptr;
    space* second = nullptr;
    typename system::file_type* file = nullptr;
    typename system::page_type* found = nullptr;
    typename system::page_type other{};  // mapped nowhere
};
using household = basic_household<explored>;
using system = household::system;
using space = household::space;

}  // namespace kill
