// SPDX-License-Identifier: BSL-1.0

// The memory orders of the lock-free ways into the map, as they ship, under the C++ memory model: a
// page's tag, its map count, a vma's own anon_vma, references, recycled memory. Each scenario is
// clean; where an order is needed for it, it is weakened, and the scenario must go wrong.

#include <cstdint>
#include <optional>

#include <rmap/rmap.hpp>

#include "support/weakened.hpp"

namespace {

using namespace rmap_test;
using enum order;
using rmap::status;

tally count;

struct explored : rmap::default_policy {
    using atomics = weakened_model;
    using lock = model_lock;
    using allocator = verify::model_memory;
    using check = verify::explored_checks;
};
/// Without the second look at the root under its lock.
struct careless_root : rmap::locking::root {
    template <class Policy>
    struct walk : rmap::locking::root::walk<Policy> {
        using rmap::locking::root::walk<Policy>::walk;
        [[nodiscard]] bool covers(const rmap::anon_vma<Policy>&) const noexcept { return true; }
    };
};
struct careless : explored {
    using locking = careless_root;
};
struct given_back : explored {
    using lifetime = rmap::lifetimes::caller_held;
};

template <class Policy>
struct space {
    typename Policy::lock page_table_lock{};
    typename Policy::lock anon_vma_chain_lock{};
};
template <class Policy>
struct system_of {
    using vma = rmap::basic_vma<space<Policy>, Policy>;
    using page = rmap::basic_page<Policy>;
    using map_type = rmap::reverse_map<page, vma, Policy>;

    map_type map;
    space<Policy> mm[3];
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
using system = system_of<explored>;
using vma = system::vma;

constexpr std::initializer_list<failure_kind> any = {failure_kind::data_race,
                                                     failure_kind::use_after_free,
                                                     failure_kind::assertion, failure_kind::check};

// ---- a vma's own anon_vma: topologies::own_anon_vma

/// One thread prepares the vma, another sees it prepared, tags a page with it and maps that; the
/// anon_vma's memory is new, or had an earlier life in another tree.
template <bool Recycled>
void prepare_beside_fault(verify::test& t) {
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

void own_anon_vma() {
    as_shipped(count, "prepare beside a fault", {}, prepare_beside_fault<false>);
    as_shipped(count, "prepare from used memory beside a fault", {}, prepare_beside_fault<true>);
    const char* const file = "topologies/own.hpp";
    shows(count, "set_own", {}, {file, "set_own", release}, any, prepare_beside_fault<false>);
    shows(count, "own", {}, {file, "own", acquire}, any, prepare_beside_fault<false>);
    shows(count, "set_own, used memory", {}, {file, "set_own", release}, any,
          prepare_beside_fault<true>);
    shows(count, "own, used memory", {}, {file, "own", acquire}, any, prepare_beside_fault<true>);
}

// ---- a page's tag: page_hook::read and set

/// A page that a parent maps since before is made a child's own (one store): it is mapped all the
/// time, and a walk meets somebody.
void retag_beside_walk(verify::test& t) {
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
/// lock meets the old place or the new one, if the old tree is kept from being walked meanwhile.
template <bool Kept>
void move_beside_walk(verify::test& t) {
    system s;
    vma from{s.mm[0], 0, 4, 0};
    vma to{s.mm[1], 0, 4, 0};
    require(s.map.prepare(from) == status::ok && s.map.prepare(to) == status::ok, "prepare");
    s.map.tag_new(s.p, from, 0);
    s.p.add_mapping();
    t.thread("moves", [&] {
        using update = explored::locking::update<explored>;
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

void page_tag() {
    as_shipped(count, "tag_own beside a walk", {}, retag_beside_walk);
    as_shipped(count, "tag_moved beside a walk", {}, move_beside_walk<true>);
    count.found(
        explore("tag_moved beside a walk that nothing keeps out", {}, move_beside_walk<false>),
        failure_kind::assertion, "tag_moved beside a walk that nothing keeps out");
    const char* const file = "model/page.hpp";
    shows(count, "set", {}, {file, "set", release}, any, retag_beside_walk);
    shows(count, "read", {}, {file, "read", acquire}, any, retag_beside_walk);
}

// ---- a page's map count: basic_page

/// A free page, which still has the tag of its earlier life, is tagged and mapped: who sees it
/// mapped finds it.
void second_life(verify::test& t) {
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

/// Who takes the last mapping away, and who finds none left, may use the page's memory: all others
/// are done with it.
template <bool Looks>
void unmapped_page(verify::test& t) {
    system s;
    model::plain<int> content{0};
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
template <bool SamePage, class Policy = explored>
void recycled_beside_walk(verify::test& t) {
    using vma_type = typename system_of<Policy>::vma;
    system_of<Policy> s;
    vma_type parent{s.mm[0], 0, 4, 0};
    vma_type other{s.mm[1], 0, 4, 0};
    require(s.map.prepare(parent) == status::ok && s.map.prepare(other) == status::ok, "prepare");
    vma_type child{s.mm[2], 0, 4, 0};
    require(s.map.fork(child, parent) == status::ok, "fork");
    vma_type next{s.mm[2], 0, 4, 0};
    vma_type grandchild{s.mm[2], 0, 4, 0};
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

void map_count() {
    const char* const file = "model/page.hpp";
    as_shipped(count, "a page's second life", {}, second_life);
    shows(count, "add_mapping", {}, {file, "add_mapping", release}, any, second_life);
    shows(count, "mapcount", {}, {file, "mapcount", acquire}, any, second_life);
    as_shipped(count, "the last mapping", {}, unmapped_page<false>);
    shows(count, "remove_mapping", {}, {file, "remove_mapping", acq_rel}, any,
          unmapped_page<false>);
    as_shipped(count, "a page found unmapped", {}, unmapped_page<true>);
    shows(count, "remove_mapping, looked at", {}, {file, "remove_mapping", acq_rel}, any,
          unmapped_page<true>);
    shows(count, "mapcount, looked at", {}, {file, "mapcount", acquire}, any, unmapped_page<true>);
}

// ---- memory that is used again: type_stable, root::walk

/// A stale pointer to an anon_vma: who gets a reference on the new life sees the new life's root.
void reference_beside_recycling(verify::test& t) {
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
        require(!got || stale.root.load(relaxed) != old_root, "a root of the earlier life");
    });
    t.run();
    s.map.unlink(next);
    if (got) s.map.put(stale);
    s.map.unlink(parent);
}

void recycled() {
    as_shipped(count, "recycled beside a walk", {}, recycled_beside_walk<false>);
    as_shipped(count, "recycled for the same page", {}, recycled_beside_walk<true>);
    as_shipped(count, "recycled beside a reference", {}, reference_beside_recycling);
    const char* const pool = "lifetimes/type_stable.hpp";
    shows(count, "root in get", {}, {pool, "get", release, sizeof(void*)}, any,
          recycled_beside_walk<false>);
    explore_options weak;
    weak.weak = true;
    const auto once = explore("one look", weak, recycled_beside_walk<true, careless>);
    count.that(once.failed(), "one look at the root is enough: " + once.coverage);
    shows(count, "refs in get", {}, {pool, "get", release, sizeof(std::uint32_t)}, any,
          reference_beside_recycling);
    shows(count, "try_get", {}, {"ops/reference.hpp", "try_get", acquire}, any,
          reference_beside_recycling);
    shows(count, "walk", {}, {"locking/root.hpp", "walk", acquire}, any,
          recycled_beside_walk<false>);
    shows(count, "add_mapping, same page", {}, {"model/page.hpp", "add_mapping", release}, any,
          recycled_beside_walk<true>);
    shows(count, "mapcount, same page", {}, {"model/page.hpp", "mapcount", acquire}, any,
          recycled_beside_walk<true>);
}

// ---- references: ops::put

/// Two holders of the last references; the memory goes back to the allocator.
void droppers(verify::test& t) {
    system_of<given_back> s;
    system_of<given_back>::vma v{s.mm[0], 0, 4, 0};
    require(s.map.prepare(v) == status::ok, "prepare");
    s.map.tag_new(s.p, v, 0);
    s.p.add_mapping();
    using object = system_of<given_back>::map_type::anon_vma_type;
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

void references() {
    as_shipped(count, "the last references", {}, droppers);
    shows(count, "put", {}, {"ops/reference.hpp", "put", acq_rel}, any, droppers);
}

}  // namespace

int main() {
    own_anon_vma();
    page_tag();
    map_count();
    recycled();
    references();
    return count.exit_code();
}
