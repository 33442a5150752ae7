// SPDX-License-Identifier: BSL-1.0
#pragma once

// What single steps show of a topology: what it asks memory for, how many links a copy takes, whom
// copy_chain() and detach() call back for, whether visit() bears changes of others, and whether a
// change of an end alone is seen where the topology says that the end is no key.

#include <cstddef>
#include <vector>

#include <rmap/merges/adjacent.hpp>
#include <rmap/verify/conformance/discipline_walks.hpp>
#include <rmap/verify/conformance/topology_laws.hpp>

namespace rmap::inline RMAP_ABI::verify::conformance {

template <class Policy>
class topology_steps {
    using topology = typename Policy::topology;
    using types = explored_types<Policy>;
    using map = typename types::map;
    using vma = typename types::vma;
    using mm = typename types::mm;
    using av_type = anon_vma<Policy>;

public:
    explicit topology_steps(suite& of) : s_{&of} {}

    /// Those that are not about walks from an anon_vma.
    void run_exact() {
        once(topology_law::own, "a vma before, while and after it is linked", own);
        once(topology_law::asks_for_no_memory, "one operation after the other", memory);
        once(topology_law::links_of, "a split", links_of);
        once(topology_law::emptied, "a child ends before its parent", emptied<true>);
        once(topology_law::emptied, "a child ends after its parent", emptied<false>);
    }

    void run() {
        once(topology_law::own, "a vma before, while and after it is linked", own);
        if constexpr (keeps_blocks<topology>) {
            for (const law* l : {&topology_law::asks_for_no_memory, &topology_law::links_of}) {
                s_->not_claimed(*l, "the topology keeps blocks, and asks for them by itself");
            }
        } else {
            once(topology_law::asks_for_no_memory, "one operation after the other", memory);
            once(topology_law::links_of, "a split", links_of);
        }
        once(topology_law::emptied, "a child ends before its parent", emptied<true>);
        once(topology_law::emptied, "a child ends after its parent", emptied<false>);
        if constexpr (tells_inherited<topology> && !keeps_blocks<topology>) {
            once(topology_law::chains, "a copy of a chain of three links", called_back);
        }
        if constexpr (can_order_tail<topology, map>) {
            once(topology_law::order, "a vma is made the last", order_tail);
        }
        if constexpr (!topology::end_is_key) {
            once(topology_law::range_changes, "an end changes where it is", end_changes);
        }
        if constexpr (rmap::detail::steps_singly<Policy>()) {
            once(topology_law::steps_singly, "others change while f runs", steps_singly);
        } else {
            s_->not_claimed(topology_law::steps_singly, "the topology does not say steps_singly");
        }
    }

private:
    void once(const law& of, const char* story, void (*step)()) {
        const credits to = {{failure_kind::leak, &topology_law::gives_back},
                            {failure_kind::double_free, &topology_law::gives_back},
                            {failure_kind::use_after_free, &topology_law::gives_back},
                            {failure_kind::check, &topology_law::sound}};
        s_->explored(
            of, story, {.minimise = false}, [step](test&) { step(); }, to);
    }

    struct three {
        ~three() {
            for (auto* v : {&grandchild, &child, &parent})
                m.unlink(*v);
        }
        map m{};
        mm space[3];
        vma parent{space[0], 508, 8, 508};
        vma child{space[1], 508, 8, 508};
        vma grandchild{space[2], 508, 8, 508};

        void fill() {
            ok(m.prepare(parent));
            ok(m.fork(child, parent));
            ok(m.fork(grandchild, child));
        }
    };

    [[nodiscard]] static std::size_t links(const vma& v) {
        return topology::template links_of<Policy>(map::hook_of(v));
    }

    [[nodiscard]] static long links_alive() {
        return counted_memory::alive<typename topology::template link<Policy>>();
    }
    /// Memory is told apart by its size: a link may be as large as an anon_vma.
    [[nodiscard]] static long anon_vmas_alive(const three& f) {
        using link = typename topology::template link<Policy>;
        long n = counted_memory::alive<av_type>();
        if constexpr (!keeps_blocks<topology> && sizeof(link) == sizeof(av_type)) {
            for (const vma* v : {&f.parent, &f.child, &f.grandchild})
                n -= static_cast<long>(links(*v) * objects_a_link<topology>);
        }
        return n;
    }

    static void own() {
        three f;
        const auto nothing = [&](const vma& v) {
            require(map::own(v) == nullptr && !map::linked(v),
                    "a vma that is linked nowhere has an own anon_vma");
            require(!map::inherited(v), "a vma that is linked nowhere is called inherited");
            require(links(v) == 0, "a copy of nothing takes links");
        };
        nothing(f.parent);
        f.fill();
        if constexpr (owns_late<topology>) {
            require(map::late(f.grandchild) && map::nearest(f.grandchild) == map::own(f.child),
                    "a fork child is not late, or not found by its parent's anon_vma");
            ok(f.m.prepare(f.grandchild));
            require(!map::late(f.grandchild) &&
                        map::own(f.grandchild) == map::nearest(f.grandchild),
                    "a fork child is late after its first fault");
        }
        require(map::own(f.parent) != nullptr && map::own(f.child) != nullptr &&
                    map::own(f.grandchild) != nullptr,
                "a linked vma has no own anon_vma");
        require((map::own(f.child) == map::own(f.parent)) == one_a_family<topology>,
                "a fork child has its parent's anon_vma, or an own, and `one_a_family` says not");
        f.m.unlink(f.grandchild);
        nothing(f.grandchild);
    }

    static void memory() {
        three f;
        std::size_t before = counted_memory::now().asked;
        const auto asked = [&] {
            const std::size_t now = counted_memory::now().asked, n = now - before;
            before = now;
            return n;
        };
        ok(f.m.prepare(f.parent));
        constexpr std::size_t with_own = 1 + objects_a_link<topology>;
        require(asked() == with_own, "a first fault asks for more than an anon_vma and a link");
        const std::size_t inherited = links(f.parent);
        ok(f.m.fork(f.child, f.parent));
        require(asked() == inherited + (one_a_family<topology> ? 0 : with_own),
                "a fork asks for more than its anon_vma and links");
        ok(f.m.adjust(f.child, {508, 7, 508}));
        ok(f.m.adjust(f.child, {507, 8, 507}));
        if constexpr (!is_exact<topology>) {
            topology::visit(f.m, *map::own(f.parent), 510, [](const auto&) { return true; });
            topology::visit_all(f.m, *map::own(f.parent), [](vma&) { return true; });
        }
        f.m.unlink(f.child);
        require(asked() == 0, "a change of range, a walk or an unlink asks for memory");
    }

    static void links_of() {
        three f;
        f.fill();
        for (vma* v : {&f.parent, &f.child, &f.grandchild}) {
            vma upper{v->mm(), 512, 1, 512};
            const long before = links_alive();
            const std::size_t wanted = links(*v);
            ok(f.m.split(*v, upper, 512));
            require(links_alive() - before == static_cast<long>(wanted),
                    "a copy takes more or fewer links than links_of() says");
            require(links(upper) == wanted, "a copy has more or fewer links than the original");
            f.m.unlink(upper);
            require(links_alive() == before, "an unlink does not give back all links");
        }
    }

    template <bool ChildFirst>
    static void emptied() {
        three f;
        const long none = anon_vmas_alive(f);
        const auto alive = [none, &f] { return anon_vmas_alive(f) - none; };
        // A grandchild that is late has none.
        constexpr long family = one_a_family<topology> ? 1 : owns_late<topology> ? 2 : 3;
        f.fill();
        require(alive() == family, "a family has more or fewer anon_vmas than it should");
        if constexpr (topology::has_links) {
            for (vma* v : {&f.parent, &f.child, &f.grandchild}) {
                require(!map::nearest(*v)->links.empty(),
                        "an anon_vma with a vma says it is empty");
            }
        }
        // A topology that allocates by itself may keep anon_vmas for the next forks of a family.
        constexpr bool may_keep = keeps_blocks<topology>;
        if constexpr (ChildFirst) {
            f.m.unlink(f.grandchild);
            require(may_keep || alive() == (family == 1 ? 1 : 2),
                    "an anon_vma without vmas was not told empty");
            f.m.unlink(f.child);
            require(may_keep || alive() == 1, "an anon_vma without vmas was not told empty");
            f.m.unlink(f.parent);
        } else {
            f.m.unlink(f.parent);
            f.m.unlink(f.child);
            f.m.unlink(f.grandchild);
        }
        require(alive() == 0, "an anon_vma is left without vmas");
    }

    static void called_back() {
        three f;
        f.fill();
        std::vector<av_type*> chain, seen;
        map::for_each_link(f.grandchild, [&](av_type& av) { chain.push_back(&av); });
        require(chain.size() == 3, "a grandchild's chain has not three links");
        require(chain[0] == map::own(f.grandchild) && chain[1] == map::own(f.child) &&
                    chain[2] == map::own(f.parent),
                "a chain does not have the newest first");
        vma copy{f.space[2], 1024, 8, 508};
        {
            ops::link_reserve<map> reserve{f.m};
            typename Policy::allocator memory{};
            ok(reserve.fill(memory, links(f.grandchild)));
            const auto guard = ops::chain_guard<map>(f.grandchild);
            topology::copy_chain(f.m, copy, f.grandchild, reserve.links(),
                                 [&](av_type& av) noexcept { seen.push_back(&av); });
            require(reserve.links().front() == nullptr, "a copy leaves links over");
            chain[0]->num_active_vmas = chain[0]->num_active_vmas + 1;
            topology::set_own(map::hook_of(copy), chain[0]);
        }
        std::vector<av_type*> of_copy;
        map::for_each_link(copy, [&](av_type& av) { of_copy.push_back(&av); });
        require(of_copy == chain, "a copy of a chain has another order");
        require(seen == std::vector<av_type*>(chain.rbegin(), chain.rend()),
                "copy_chain() does not call back for each link, the oldest first");
        f.m.unlink(copy);
    }

    [[nodiscard]] static unsigned times(map& m, av_type& av, pgoff_t index, const vma& v) {
        unsigned n = 0;
        topology::visit(m, av, index, [&](const auto& place) {
            n += &place.vma() == &v ? 1U : 0U;
            return true;
        });
        return n;
    }

    static void order_tail() {
        three f;
        f.fill();
        av_type& root = *map::own(f.parent);
        topology::order_tail(f.m, f.child);
        topology::order_tail(f.m, f.parent);
        std::vector<const vma*> met;
        topology::visit(f.m, root, 511, [&](const auto& place) {
            met.push_back(&place.vma());
            return true;
        });
        require(met == std::vector<const vma*>{&f.grandchild, &f.child, &f.parent},
                "a vma that was made the last is not met as the last");
    }

    static void end_changes() {
        three f;
        f.fill();
        av_type& root = *map::own(f.parent);
        f.child.set_range(508, 10, 508);
        require(times(f.m, root, 517, f.child) == 1, "a page behind the old end is not met");
        f.child.set_range(508, 4, 508);
        require(times(f.m, root, 515, f.child) == 0, "a page behind the new end is met");
        require(times(f.m, root, 511, f.child) == 1, "the last page is not met");
    }

    /// Three parts of one range, each with two fork children; the middle ones cover the offset.
    static void steps_singly() {
        map m;
        mm parents, spaces[8];
        vma part[3] = {{parents, 508, 8, 508}, {parents, 510, 1, 510}, {parents, 513, 1, 513}};
        ok(m.prepare(part[0]));
        ok(m.split(part[0], part[1], 510));
        ok(m.split(part[1], part[2], 513));
        vma child[3][2] = {{{spaces[0], 508, 2, 508}, {spaces[1], 508, 2, 508}},
                           {{spaces[2], 510, 3, 510}, {spaces[3], 510, 3, 510}},
                           {{spaces[4], 513, 3, 513}, {spaces[5], 513, 3, 513}}};
        for (int i = 0; i != 3; ++i) {
            for (vma& v : child[i])
                ok(m.fork(v, part[i]));
        }
        vma more[2] = {{spaces[6], 508, 2, 508}, {spaces[7], 513, 3, 513}};
        unsigned met[3] = {}, calls = 0;
        topology::visit(m, *map::own(part[0]), 511, [&](const auto& place) {
            met[0] += &place.vma() == &part[1] ? 1U : 0U;
            met[1] += &place.vma() == &child[1][0] ? 1U : 0U;
            met[2] += &place.vma() == &child[1][1] ? 1U : 0U;
            switch (calls++) {
                case 0:
                    m.unlink(child[0][0]);
                    ok(m.adjust(child[2][0], {514, 2, 514}));
                    ok(m.fork(more[1], part[2]));
                    break;
                case 1:
                    m.unlink(child[2][1]);
                    ok(m.adjust(child[0][1], {509, 1, 509}));
                    ok(m.fork(more[0], part[0]));
                    break;
                default: break;
            }
            return calls < 16;
        });
        require(met[0] == 1 && met[1] == 1 && met[2] == 1 && calls == 3,
                "while others change, a vma that covers the offset is missed or met twice");
        for (vma& v : more)
            m.unlink(v);
        for (auto& pair : child) {
            for (vma& v : pair)
                m.unlink(v);
        }
        for (vma& v : part)
            m.unlink(v);
    }

    suite* s_;
};

/// Everything that is known of topologies.
template <class Topology>
class topology_suite {
    using policy = explored_policy<locking::root, Topology, merges::adjacent>;
    using world = script_world<policy>;

public:
    explicit topology_suite(suite& of) : s_{&of} {}

    void run() {
        using law_of = topology_law;
        scripts<world, topology_look<world>> random{*s_, law_of::gives_back, law_of::sound, {}};
        random.run({&law_of::meets_all, &law_of::meets_once, &law_of::meets_what_covers,
                    &law_of::stops_early, &law_of::order, &law_of::range_changes, &law_of::chains,
                    &law_of::links_of, &law_of::own, &law_of::emptied, &law_of::gives_back,
                    &law_of::sound});
        topology_steps<policy>{*s_}.run();
        const credits to = {{failure_kind::leak, &law_of::gives_back},
                            {failure_kind::double_free, &law_of::gives_back}};
        walk_suite<policy> walks{*s_, law_of::beside_updates, to};
        walks.beside_a_walk();
        walks.beside_each_other();
        fault_suite<policy>{*s_, law_of::publishes, to}.run();
    }

private:
    suite* s_;
};

}  // namespace rmap::inline RMAP_ABI::verify::conformance
