// SPDX-License-Identifier: BSL-1.0
#pragma once

// A family in the reference mm: a parent and its child share a page of the parent's, which a
// migration moves while the child changes the vma through which it maps the page. The migration
// itself notices a mapping that its first walk missed (mm/migrate.hpp); a marker that the second
// one missed is found at the end.

#include <rmap/mm.hpp>
#include <rmap/verify/explore.hpp>

#include "gallery.hpp"
#include "names.hpp"

namespace races {

template <class Policy>
class family {
public:
    using system = rmap::mm::system<Policy>;
    using space = typename system::space;
    static constexpr rmap::pgno start = 100;
    static constexpr rmap::pgno where = 101;

    /// The mapping is a stack where that matters.
    explicit family(bool stack) {
        must(mm.create_space(parent));
        typename system::request want{
            start, 3, rmap::mm::prot::r | rmap::mm::prot::w, rmap::mm::kind::anon, nullptr, 0};
        want.stack = stack;
        must(mm.mmap(*parent, want));
        must(mm.write(*parent, where));
        must(mm.fork(*parent, child));
    }

    void call(rmap::verify::test& t) {
        call(t, *parent, "parent's mmap_lock", "parent's page_table_lock", "parent's pte lock");
        call(t, *child, "child's mmap_lock", "child's page_table_lock", "child's pte lock");
        own(t, *parent, "parent's anon_vma.lock", "parent's anon_vma.root",
            "parent's anon_vma.refs");
        own(t, *child, "child's anon_vma.lock", "child's anon_vma.root", "child's anon_vma.refs");
        typename system::page_type& p = *parent->table.find(where)->at(where).mapped();
        call_at(t, &p, 0, "page.tag");
        call_at(t, &p, sizeof p - sizeof(typename Policy::atomics::template atomic<std::uint64_t>),
                "page.counts");
        t.name(p.lock, "page lock");
        call_vma(t, *parent->find(where), "parent's vma.anon_vma");
        call_vma(t, *child->find(where), "child's vma.anon_vma");
        auto& childs = *system::map_type::own(*child->find(where));
        if constexpr (requires { childs.locking.changes; }) {
            t.name(childs.locking.changes, "child's anon_vma.changes");
        }
    }

    /// The page is where it was, in both, once.
    void settled() {
        for (space* s : {parent, child}) {
            const auto entry = s->table.find(where)->at(where);
            rmap::verify::require(!entry.is_marker(),
                                  "a marker is left: its process waits for ever");
            rmap::verify::require(entry.mapped() != nullptr, "the page is gone");
        }
    }

    static void must(rmap::status s) {
        rmap::verify::require(s == rmap::status::ok, "a step failed");
    }

    system mm{};
    space* parent = nullptr;
    space* child = nullptr;

private:
    void call(rmap::verify::test& t, space& s, const char* mmap, const char* table,
              const char* pte) {
        t.name(s.mmap_lock, mmap);
        t.name(s.table.lock, table);
        t.name(s.table.find(where)->lock, pte);
    }
    void own(rmap::verify::test& t, space& s, const char* lock, const char* root,
             const char* refs) {
        auto* const av = system::map_type::own(*s.find(where));
        t.name(av->lock, lock);
        t.name(av->root, root);
        t.name(av->refs, refs);
    }
};

/// `change(family)` in the child beside a migration that the parent asked for.
template <class Policy, class Change>
explore_result beside_migration(const std::string& name, const explore_options& with,
                                const char* what, bool stack, Change change) {
    return rmap::verify::explore(name, with, [&](rmap::verify::test& t) {
        family<Policy> f{stack};
        f.call(t);
        t.thread("migration", [&] { f.must(f.mm.migrate(*f.parent, f.where, 1)); });
        t.thread(what, [&] { f.must(change(f)); });
        t.run();
        f.settled();
    });
}

}  // namespace races
