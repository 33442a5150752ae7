// SPDX-License-Identifier: BSL-1.0

// chain_tree and chain_list against a plain list: random families, every offset looked up in every
// anon_vma; and what makes the list differ from the tree.

#define BOOST_TEST_MODULE chain
#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <random>

#include "support/policies.hpp"
#include "support/world.hpp"

namespace {

using namespace rmap_test;
using rmap::status;

static_assert(rmap::chain_topology<rmap::topologies::chain_tree, rmap::default_policy>);
static_assert(rmap::chain_topology<rmap::topologies::chain_list, rmap::default_policy>);
static_assert(rmap::topologies::chain_tree::has_links && rmap::topologies::chain_list::has_links);
static_assert(rmap::tells_inherited<rmap::topologies::chain_list> &&
              rmap::graph_is_reference<rmap::topologies::chain_list>);
static_assert(rmap::objects_a_link<rmap::topologies::chain_list> == 1);
// 48 bytes, as in Linux 2.6.34.
static_assert(sizeof(rmap::topologies::chain_list::link<listed>) == 6 * sizeof(void*));
static_assert(rmap::can_order_tail<rmap::topologies::chain_list, toy<listed>::map> &&
              !rmap::can_order_tail<rmap::topologies::chain_tree, toy<rmap::default_policy>::map>);

/// Those whose vmas have a link for each anon_vma, as objects in chains.
using chains =
    std::tuple<toy<tested<rmap::default_policy>>, toy<tested<rmap::single_threaded>>,
               toy<tested<rmap::never_merge>>, toy<tested<chain_locked>>,
               toy<tested<shard_locked>>, toy<tested<listed>>>;

BOOST_AUTO_TEST_CASE_TEMPLATE(visits_what_covers, F, chains) {
    using vma = typename F::vma;
    using topology = typename F::policy::topology;
    std::mt19937 random{1};
    for (int round = 0; round != 20; ++round) {
        world<F> w;
        std::vector<vma*> alive{&w.faulted(w.new_mm(), 0, 64)};
        for (int step = 0; step != 30; ++step) {
            vma& v = *alive[random() % alive.size()];
            switch (random() % 4) {
                case 0:
                case 1: alive.push_back(&w.fork(v)); break;
                case 2: {
                    auto& fresh = w.new_vma(v.mm(), 0, 1);
                    const auto at = v.start() + random() % v.pages();
                    if (w.map().split(v, fresh, at) == status::ok) alive.push_back(&fresh);
                    break;
                }
                default:
                    if (alive.size() == 1) break;
                    w.forget(v);
                    alive.erase(std::find(alive.begin(), alive.end(), &v));
            }
            BOOST_REQUIRE(w.wrong() == "");
        }
        for (auto* av : w.anon_vmas()) {
            for (rmap::pgoff_t index = 0; index != 64; ++index) {
                std::vector<const vma*> expected;
                for (auto* v : alive) {
                    const auto chain = w.chain(*v);
                    const bool linked = std::find(chain.begin(), chain.end(), av) != chain.end();
                    const bool covers = index >= v->pgoff() && index - v->pgoff() < v->pages();
                    if (linked && covers) expected.push_back(v);
                }
                std::vector<const vma*> met;
                bool in_order = true;
                const bool to_the_end =
                    topology::visit(w.map(), *av, index, [&](const auto& place) {
                        if (!met.empty() && topology::end_is_key) {
                            in_order = in_order && met.back()->pgoff() <= place.vma().pgoff();
                        }
                        met.push_back(&place.vma());
                        return place.address() ==
                               place.vma().start() + (index - place.vma().pgoff());
                    });
                // `alive` is in the order of linking.
                if (!topology::end_is_key) in_order = met == expected;
                std::sort(met.begin(), met.end());
                std::sort(expected.begin(), expected.end());
                BOOST_REQUIRE((met == expected && to_the_end && in_order));
            }
            BOOST_TEST(topology::valid(w.map(), *av));
        }
    }
}

// A range that changes behind the tree's back is seen (I9); a list does not depend on it.
BOOST_AUTO_TEST_CASE_TEMPLATE(valid_notices, F, chains) {
    if (!F::policy::topology::end_is_key) return;
    using topology = typename F::policy::topology;
    world<F> w;
    auto& a = w.faulted(w.new_mm(), 0, 8);
    auto& b = w.fork(a);
    auto& av = *w.map().own(a);
    BOOST_TEST(topology::valid(w.map(), av));
    b.set_range(0, 16, 0);
    BOOST_TEST(!topology::valid(w.map(), av));
    b.set_range(0, 8, 0);
    a.set_range(4, 8, 4);
    BOOST_TEST(!topology::valid(w.map(), av));
    a.set_range(0, 8, 0);
    BOOST_TEST(topology::valid(w.map(), av));
}

BOOST_AUTO_TEST_CASE_TEMPLATE(readers, F, chains) {
    using policy = typename F::policy;
    using topology = typename policy::topology;
    world<F> w;
    auto& a = w.new_vma(w.new_mm(), 0, 8);
    const auto links = [&](auto& v) {
        return topology::template links_of<policy>(w.map().hook_of(v));
    };
    BOOST_TEST((links(a) == 0U && !w.map().inherited(a)));
    BOOST_TEST((w.map().prepare(a) == status::ok));
    BOOST_TEST((links(a) == 1U && !w.map().inherited(a)));
    auto& b = w.fork(a);
    BOOST_TEST((links(b) == 2U && w.map().inherited(b) && !w.map().inherited(a)));
    BOOST_TEST(!w.map().own(a)->links.empty());
}

// ---- chain_list

/// A parent and two children, and a page of the parent's that all three map.
template <class Policy>
struct trio {
    trio() : parent{w.faulted(w.new_mm(), 0, 8)}, first{w.fork(parent)}, second{w.fork(parent)} {
        w.map().tag_new(page, parent, 3);
        page.add_mapping();
    }
    ~trio() { page.remove_mapping(); }

    world<toy<Policy>> w;
    toy_page<Policy> page;
    toy_vma<Policy>& parent;
    toy_vma<Policy>& first;
    toy_vma<Policy>& second;
};

using lists = std::tuple<listed, listed_chain_locked>;

// Whoever was made the last is met last, under every anon_vma of its chain.
BOOST_AUTO_TEST_CASE_TEMPLATE(order_tail, Policy, lists) {
    trio<Policy> t;
    using all = std::vector<const toy_vma<Policy>*>;
    BOOST_TEST((t.w.walked(t.page) == all{&t.parent, &t.first, &t.second}));
    rmap::ops::order_tail(t.w.map(), t.first, t.parent);
    BOOST_TEST((t.w.walked(t.page) == all{&t.parent, &t.second, &t.first}));
    auto& grandchild = t.w.fork(t.first);
    auto& av = *t.w.map().own(t.first);
    BOOST_TEST((t.w.members(av) == all{&t.first, &grandchild}));
    rmap::ops::order_tail(t.w.map(), t.first, t.parent);
    BOOST_TEST((t.w.walked(t.page) == all{&t.parent, &t.second, &grandchild, &t.first}));
    BOOST_TEST((t.w.members(av) == all{&grandchild, &t.first}));
    BOOST_TEST(t.w.wrong() == "");
}

// Only an end that moves up: nothing is locked, so that it can be done while a walk holds its lock
// (as no visitor may otherwise; with the lock, this would wait for itself for ever).
BOOST_AUTO_TEST_CASE_TEMPLATE(grows_up_beside_a_walk, Policy, lists) {
    trio<Policy> t;
    unsigned places = 0;
    const auto walked = t.w.map().walk(t.page, [&](const auto&) {
        if (places++ != 0) return;
        BOOST_TEST((t.w.map().adjust(t.first, {0, 20, 0}) == status::ok));
        auto& behind = t.w.new_vma(t.parent.mm(), 8, 2);
        typename toy<Policy>::map::request want;
        want.range = {8, 2, 8};
        want.prev = &t.parent;
        want.middle = nullptr;
        want.growing = true;
        const auto merged = t.w.map().merge(want);
        BOOST_TEST((merged.what == rmap::merge_case::extend_prev && t.parent.pages() == 10));
        t.w.forget(behind);
    });
    BOOST_TEST((walked.state == status::ok && places == 3U));
    BOOST_TEST(t.first.pages() == 20U);
    BOOST_TEST(t.w.wrong() == "");
}

// Anything else takes the locks.
BOOST_AUTO_TEST_CASE_TEMPLATE(what_only_grows_up, Policy, lists) {
    using map = typename toy<Policy>::map;
    trio<Policy> t;
    const auto grows = [&](const rmap::ops::span& to) {
        return rmap::ops::only_grows_up<map>(t.first, to);
    };
    BOOST_TEST((grows({0, 9, 0}) && grows({0, 8, 0})));
    BOOST_TEST((!grows({0, 7, 0}) && !grows({1, 8, 1}) && !grows({0, 9, 1})));
    using tree = toy<rmap::default_policy>;
    tree::mm mm;
    const tree::vma v{mm, 0, 8, 0};
    BOOST_TEST((!rmap::ops::only_grows_up<tree::map>(v, {0, 9, 0})));
}

}  // namespace
