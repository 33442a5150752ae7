// SPDX-License-Identifier: BSL-1.0
#pragma once

// Stories about a page, its tag and its map count, told by the shipped operations over any explored
// policy: what a vma's own anon_vma, a tag, a count, a reference and recycled memory promise to
// those who come without a lock. Each is a scenario for verify/explore.hpp.

#include <cstdint>
#include <optional>

#include <rmap/rmap.hpp>
#include <rmap/verify/explore.hpp>

namespace rmap_test {

namespace verify = rmap::verify;

template <class Policy>
struct small_space {
    rmap::lock_of_rank<Policy, rmap::lock_rank::page_table> page_table_lock{};
    rmap::lock_of_rank<Policy, rmap::lock_rank::chain> anon_vma_chain_lock{};
};

template <class Policy, class Page = rmap::basic_page<Policy>>
struct system_of {
    using vma = rmap::basic_vma<small_space<Policy>, Policy>;
    using page = Page;
    using map_type = rmap::reverse_map<page, vma, Policy>;

    map_type map;
    small_space<Policy> mm[3];
    page p;

    /// Walks from the page: what it says, and whether it met `v`.
    rmap::status walk(const vma& v, bool& met) {
        met = false;
        return map
            .walk(p,
                  [&](const auto& place) {
                      met = met || (&place.vma() == &v && place.address() == v.start());
                  })
            .state;
    }
};

template <class Policy, class Page = rmap::basic_page<Policy>>
struct page_stories {
    using system = system_of<Policy, Page>;
    using vma = typename system::vma;
    using status = rmap::status;
    template <class T>
    using plain = typename Policy::atomics::template plain<T>;

    static void require(bool holds, const char* what) { verify::require(holds, what); }

    /// One thread prepares the vma, another sees it prepared, tags a page with it and maps that;
    /// the anon_vma's memory is new, or had an earlier life in another tree.
    template <bool Recycled>
    static void prepare_beside_fault(verify::test& t) {
        system s;
        vma v{s.mm[0], 0, 4, 0};
        vma parent{s.mm[1], 100, 4, 100};
        if (Recycled) {
            require(s.map.prepare(parent) == status::ok, "prepare");
            vma child{s.mm[2], 100, 4, 100};
            require(s.map.fork(child, parent) == status::ok, "fork");
            s.map.unlink(child);
        }
        t.thread("prepares", [&] { require(s.map.prepare(v) == status::ok, "prepare"); });
        t.thread("faults", [&] {
            if (s.map.own(v) == nullptr) return;
            s.map.tag_new(s.p, v, v.start());
            s.p.add_mapping();
            bool met = false;
            require(s.walk(v, met) == status::ok && met, "a mapped page was not found");
        });
        t.run();
        s.p.remove_mapping();
        s.map.unlink(v);
        if (Recycled) s.map.unlink(parent);
    }

    /// A page that a parent maps since before is made a child's own (one store): it is mapped all
    /// the time, and a walk meets somebody.
    static void retag_beside_walk(verify::test& t) {
        system s;
        vma parent{s.mm[0], 0, 4, 0};
        vma child{s.mm[1], 0, 4, 0};
        require(s.map.prepare(parent) == status::ok, "prepare");
        s.map.tag_new(s.p, parent, 0);
        s.p.add_mapping();
        t.thread("tags anew", [&] {
            require(s.map.fork(child, parent) == status::ok, "fork");
            s.map.tag_own(s.p, child, 0);
        });
        t.thread("walks", [&] {
            unsigned places = 0;
            const auto walked = s.map.walk(s.p, [&](const auto&) { ++places; });
            require(walked.state == status::ok, "a mapped page was not found mapped");
            require(places != 0, "no place at all");
        });
        t.run();
        s.p.remove_mapping();
        s.map.unlink(child);
        s.map.unlink(parent);
    }

    /// The only mapping of a page moves to another tree and another offset. A walk without the page
    /// lock meets the old place or the new one, if the old tree is kept from being walked
    /// meanwhile.
    template <bool Kept>
    static void move_beside_walk(verify::test& t) {
        system s;
        vma from{s.mm[0], 0, 4, 0};
        vma to{s.mm[1], 0, 4, 0};
        require(s.map.prepare(from) == status::ok && s.map.prepare(to) == status::ok, "prepare");
        s.map.tag_new(s.p, from, 0);
        s.p.add_mapping();
        t.thread("moves", [&] {
            using update = typename Policy::locking::template update<Policy>;
            std::optional<update> tree;
            if (Kept) tree.emplace(*s.map.own(from));
            s.map.tag_moved(s.p, to, 2);
        });
        t.thread("walks", [&] {
            const void* met = nullptr;
            rmap::pgno where = 9;
            const auto walked = s.map.walk(s.p, [&](const auto& place) {
                met = &place.vma();
                where = place.address();
            });
            require(walked.state == status::ok, "a mapped page was not found mapped");
            require((met == &from && where == 0) || (met == &to && where == 2), "neither place");
        });
        t.run();
        s.p.remove_mapping();
        s.map.unlink(from);
        s.map.unlink(to);
    }

    /// A free page, which still has the tag of its earlier life, is tagged and mapped: who sees it
    /// mapped finds it.
    static void second_life(verify::test& t) {
        system s;
        vma old{s.mm[0], 0, 4, 0};
        vma v{s.mm[1], 0, 4, 0};
        require(s.map.prepare(old) == status::ok && s.map.prepare(v) == status::ok, "prepare");
        s.map.tag_new(s.p, old, 0);
        s.p.add_mapping();
        s.p.remove_mapping();
        t.thread("maps", [&] {
            s.map.tag_new(s.p, v, v.start());
            s.p.add_mapping();
        });
        t.thread("walks", [&] {
            bool met = false;
            const status is = s.walk(v, met);
            require(is == status::not_mapped || met, "mapped, and not found");
        });
        t.run();
        s.p.remove_mapping();
        s.map.unlink(v);
        s.map.unlink(old);
    }

    /// Who takes the last mapping away, and who finds none left, may use the page's memory: all
    /// others are done with it.
    template <bool Looks>
    static void unmapped_page(verify::test& t) {
        system s;
        plain<int> content{0};
        s.p.add_mapping();
        if (!Looks) s.p.add_mapping();
        for (int unmappers = Looks ? 1 : 2; unmappers != 0; --unmappers) {
            t.thread("unmaps", [&] {
                static_cast<void>(content.get());
                const bool last = s.p.remove_mapping();
                if (!Looks && last) content = 1;
            });
        }
        if (Looks) {
            t.thread("looks", [&] {
                if (!s.p.mapped()) content = 2;
            });
        }
        t.run();
    }

    /// The page's only mapping goes, then its vma; the anon_vma is used again in another tree, for
    /// another page. The walker comes with the tag.
    template <bool SamePage>
    static void recycled_beside_walk(verify::test& t) {
        system s;
        vma parent{s.mm[0], 0, 4, 0};
        vma other{s.mm[1], 0, 4, 0};
        require(s.map.prepare(parent) == status::ok && s.map.prepare(other) == status::ok,
                "prepare");
        vma child{s.mm[2], 0, 4, 0};
        require(s.map.fork(child, parent) == status::ok, "fork");
        vma next{s.mm[2], 0, 4, 0};
        vma grandchild{s.mm[2], 0, 4, 0};
        s.map.tag_new(s.p, child, 0);
        s.p.add_mapping();
        t.thread("recycles", [&] {
            s.p.remove_mapping();
            s.map.unlink(child);
            require(s.map.fork(next, other) == status::ok, "fork");
            if (SamePage) {
                s.map.tag_new(s.p, next, 0);
                s.p.add_mapping();
                // A change under the new root's lock.
                require(s.map.fork(grandchild, next) == status::ok, "fork");
            }
        });
        t.thread("walks", [&] {
            bool foreign = false;
            const auto walked = s.map.walk(s.p, [&](const auto& place) {
                const auto* const own = s.map.own(place.vma());
                require(own != nullptr, "a vma that is not linked was met");
                if (!SamePage) foreign = foreign || &place.vma() == &next;
            });
            static_cast<void>(walked);
            require(!foreign, "a foreign tree was walked");
        });
        t.run();
        if (SamePage) s.p.remove_mapping();
        s.map.unlink(grandchild);
        s.map.unlink(next);
        s.map.unlink(other);
        s.map.unlink(parent);
    }

    /// The same, but the thread that uses the anon_vma again has made the other tree, too: its root
    /// is memory that the walker has never heard of.
    static void recycled_into_new_tree(verify::test& t) {
        system s;
        vma parent{s.mm[0], 0, 4, 0};
        vma other{s.mm[1], 0, 4, 0};
        require(s.map.prepare(parent) == status::ok, "prepare");
        vma child{s.mm[2], 0, 4, 0};
        require(s.map.fork(child, parent) == status::ok, "fork");
        vma next{s.mm[2], 0, 4, 0};
        s.map.tag_new(s.p, child, 0);
        s.p.add_mapping();
        t.thread("recycles", [&] {
            require(s.map.prepare(other) == status::ok, "prepare");
            s.p.remove_mapping();
            s.map.unlink(child);
            require(s.map.fork(next, other) == status::ok, "fork");
        });
        t.thread("walks", [&] {
            bool foreign = false;
            const auto walked = s.map.walk(
                s.p, [&](const auto& place) { foreign = foreign || &place.vma() == &next; });
            static_cast<void>(walked);
            require(!foreign, "a foreign tree was walked");
        });
        t.run();
        s.map.unlink(next);
        s.map.unlink(other);
        s.map.unlink(parent);
    }

    /// A stale pointer to an anon_vma: who gets a reference on the new life sees the new life's
    /// root.
    static void reference_beside_recycling(verify::test& t) {
        system s;
        vma parent{s.mm[0], 0, 4, 0};
        require(s.map.prepare(parent) == status::ok, "prepare");
        vma child{s.mm[1], 0, 4, 0};
        require(s.map.fork(child, parent) == status::ok, "fork");
        auto& stale = *s.map.own(child);
        auto* const old_root = s.map.own(parent);
        s.map.unlink(child);
        vma next{s.mm[2], 100, 4, 100};
        bool got = false;
        t.thread("recycles", [&] { require(s.map.prepare(next) == status::ok, "prepare"); });
        t.thread("refers", [&] {
            got = rmap::ops::try_get(stale);
            require(!got || stale.root.load(rmap::order::relaxed) != old_root,
                    "a root of the earlier life");
        });
        t.run();
        s.map.unlink(next);
        if (got) s.map.put(stale);
        s.map.unlink(parent);
    }

    /// Two holders of the last references; the memory goes back to the allocator.
    static void droppers(verify::test& t) {
        system s;
        vma v{s.mm[0], 0, 4, 0};
        require(s.map.prepare(v) == status::ok, "prepare");
        s.map.tag_new(s.p, v, 0);
        s.p.add_mapping();
        using object = typename system::map_type::anon_vma_type;
        object* const held[2] = {s.map.get(s.p), s.map.get(s.p)};
        s.p.remove_mapping();
        s.map.unlink(v);
        for (object* av : held) {
            t.thread("drops", [&s, av] {
                static_cast<void>(s.map.walk_from(*av, 0, [](const auto&) {}));
                s.map.put(*av);
            });
        }
        t.run();
    }
};

}  // namespace rmap_test
