// SPDX-License-Identifier: BSL-1.0

// Each invariant is broken on purpose, in a family of two address spaces that stands still.

#include <utility>

#include <rmap/ops/links.hpp>
#include <rmap/verify/invariants.hpp>

#include "kill/invariants.hpp"
#include "support/toy_world.hpp"

namespace kill {

namespace {

using policy = rmap::counted<rmap::default_policy>;
using map_type = toy::world<policy>::map_type;
using topology = policy::topology;

template <class World>
std::vector<int> named(World& w) {
    std::vector<int> all;
    for (const auto& v : rmap::verify::check(w))
        if (all.empty() || all.back() != v.invariant) all.push_back(v.invariant);
    return all;
}

/// A parent and its forked child, a page that both map, and one of the child's own.
struct family : toy::world<policy> {
    family() { touch(child, 0x11); }
    mm_type& mm0 = add_mm();
    mm_type& mm1 = add_mm();
    vma_type& parent = add_vma(mm0, 0x10, 4);
    page_type& both = touch(parent, 0x10);
    vma_type& child = fork(parent, mm1);
    page_type& own() { return *mm1.entries.at(0x11); }
    anon_vma_type& root() { return *map_type::own(parent); }
    anon_vma_type& childs() { return *map_type::own(child); }

    // For those who mend what they broke.
    anon_vma_type* kept = nullptr;
    vma_type* unkeyed = nullptr;

    void attach(vma_type& v, anon_vma_type& av) {
        rmap::ops::link_reserve<map_type> reserve{map()};
        if (reserve.fill(map().memory(), 1) != rmap::status::ok) __builtin_abort();
        topology::attach(map(), v, av, reserve.links());
    }
};

/// Walks that pass over the first vma, or tell of each twice.
template <bool Twice>
struct wrong_walks : topology {
    template <class Map, class F>
    static bool visit(Map& map, rmap::anon_vma<typename Map::policy>& av, rmap::pgoff_t index,
                      F f) {
        bool first = true;
        return topology::visit(map, av, index, [&](const auto& place) {
            if (Twice) return f(place) && f(place);
            return std::exchange(first, false) || f(place);
        });
    }
};
template <bool Twice>
struct wrong_policy : policy {
    using topology = wrong_walks<Twice>;
};

template <bool Twice>
std::vector<int> walked_wrongly() {
    toy::world<wrong_policy<Twice>> w;
    w.touch(w.add_vma(w.add_mm(), 0x10, 4), 0x12);
    return named(w);
}

}  // namespace

std::vector<broken> break_invariants() {
    std::vector<broken> all;
    all.push_back({1, "a walk passes over the first vma", walked_wrongly<false>()});
    all.push_back({2, "a walk meets each place twice", walked_wrongly<true>()});
    // break, ask, and mend it again so that the family can end
    const auto with_family = [&](int invariant, const char* by, auto breaks, auto mends) {
        family w;
        breaks(w);
        all.push_back({invariant, by, named(w)});
        mends(w);
    };
    const auto nothing = [](family&) {};
    with_family(
        3, "a vma is unlinked while its page is mapped",
        [](family& w) {
            auto& gone = w.add_vma(w.mm0, 0x100, 1);
            w.touch(gone, 0x100);
            w.map().unlink(gone);
        },
        [](family& w) { w.unmap(w.mm0, 0x100); });
    with_family(
        4, "a vma is linked to a second tree",
        [](family& w) {
            auto& other = w.add_vma(w.mm0, 0x100, 1);
            w.touch(other, 0x100);
            w.attach(other, w.root());
        },
        nothing);
    with_family(
        5, "one of two halves of a vma gets one link more",
        [](family& w) { w.attach(w.split(w.parent, 0x12), w.childs()); }, nothing);
    with_family(
        6, "a linked vma forgets its own anon_vma",
        [](family& w) {
            w.childs().num_active_vmas = 0;
            w.kept = &w.childs();
            topology::set_own<policy>(map_type::hook_of(w.child),
                                      static_cast<family::anon_vma_type*>(nullptr));
        },
        [](family& w) {
            topology::set_own<policy>(map_type::hook_of(w.child), w.kept);
            w.childs().num_active_vmas = 1;
        });
    with_family(
        7, "a page that the parent maps is made the child's own",
        [](family& w) { w.map().tag_own(w.both, w.child, 0x10); }, nothing);
    with_family(
        8, "a page's index is another page's",
        [](family& w) {
            auto& hook = map_type::hook_of(w.own());
            hook.set(hook.read(), 0x12);
        },
        nothing);
    with_family(
        9, "a vma's range changes while its links stay where they are",
        [](family& w) { w.child.set_range(0x10, 9, 0x10); },
        [](family& w) { w.child.set_range(0x10, 4, 0x10); });
    with_family(
        10, "a reference that nobody holds",
        [](family& w) { w.root().refs.fetch_add(1, rmap::order::relaxed); },
        [](family& w) { w.root().refs.fetch_sub(1, rmap::order::relaxed); });
    with_family(
        11, "a child that nobody has", [](family& w) { w.root().num_children = 3; },
        [](family& w) { w.root().num_children = 2; });
    with_family(
        12, "a lock that is left held", [](family& w) { w.childs().lock.lock(); },
        [](family& w) { w.childs().lock.unlock(); });
    with_family(
        13, "a vma is linked to one anon_vma twice",
        [](family& w) {
            auto& v = w.add_vma(w.mm0, 0x100, 4);
            if (w.map().prepare(v, nullptr, nullptr) != rmap::status::ok) __builtin_abort();
            w.attach(v, *map_type::own(v));
        },
        nothing);
    with_family(
        14, "a link that no vma has", [](family& w) { w.map().stats().links_changed(+1); },
        [](family& w) { w.map().stats().links_changed(-1); });
    with_family(
        15, "a chain whose links are in no tree",
        [](family& w) {
            auto& other = w.add_vma(w.mm0, 0x100, 1);
            if (w.map().prepare(other, nullptr, nullptr) != rmap::status::ok) __builtin_abort();
            topology::unkey(w.map(), other);
            w.unkeyed = &other;
        },
        [](family& w) { topology::rekey(w.map(), *w.unkeyed); });
    return all;
}

}  // namespace kill
