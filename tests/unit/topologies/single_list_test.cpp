// SPDX-License-Identifier: BSL-1.0

// single_list: a family has one anon_vma and no link object; a walk meets all of the family whose
// range covers the offset, in the order of linking, and no one else.

#define BOOST_TEST_MODULE single_list
#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <random>

#include "support/policies.hpp"
#include "support/world.hpp"

namespace {

using namespace rmap_test;
using rmap::status;
using topology = rmap::topologies::single_list;

static_assert(rmap::chain_topology<topology, one_list>);
static_assert(topology::has_links && !rmap::tells_inherited<topology>);
static_assert(!rmap::graph_is_reference<topology>);
static_assert(rmap::objects_a_link<topology> == 0);
static_assert(sizeof(rmap::vma_hook<one_list>) == 3 * sizeof(void*));

using policies = std::tuple<toy<tested<one_list>>, toy<tested<one_list_chain_locked>>>;

BOOST_AUTO_TEST_CASE_TEMPLATE(visits_the_family, F, policies) {
    using vma = typename F::vma;
    std::mt19937 random{1};
    for (int round = 0; round != 20; ++round) {
        world<F> w;
        auto& other = w.faulted(w.new_mm(), 0, 64);
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
            BOOST_REQUIRE(w.anon_vmas().size() == 2U);
        }
        auto& av = *w.map().own(*alive[0]);
        BOOST_TEST((&av != w.map().own(other)));
        for (rmap::pgoff_t index = 0; index != 64; ++index) {
            std::vector<const vma*> expected;
            for (auto* v : alive) {
                BOOST_TEST((w.map().own(*v) == &av && !w.map().inherited(*v)));
                if (index >= v->pgoff() && index - v->pgoff() < v->pages()) expected.push_back(v);
            }
            std::vector<const vma*> met;
            const bool to_the_end = topology::visit(w.map(), av, index, [&](const auto& place) {
                met.push_back(&place.vma());
                return place.address() == place.vma().start() + (index - place.vma().pgoff());
            });
            BOOST_REQUIRE((met == expected && to_the_end));
        }
    }
}

// Fork, split and exit ask for no memory.
BOOST_AUTO_TEST_CASE_TEMPLATE(takes_no_memory, F, policies) {
    world<F> w;
    auto& parent = w.faulted(w.new_mm(), 0, 8);
    auto& fresh = w.new_vma(parent.mm(), 0, 1);
    auto& child = w.new_vma(w.new_mm(), 0, 8);
    const long before = failing_memory::alive;
    BOOST_TEST((w.map().fork(child, parent) == status::ok));
    BOOST_TEST((w.map().split(parent, fresh, 4) == status::ok));
    BOOST_TEST(failing_memory::alive == before);
    BOOST_TEST(w.map().own(child)->num_active_vmas == 3U);
    BOOST_TEST(w.wrong() == "");
}

// The list is of vmas alone: one that is torn is seen.
BOOST_AUTO_TEST_CASE_TEMPLATE(order_tail_and_valid, F, policies) {
    world<F> w;
    auto& a = w.faulted(w.new_mm(), 0, 8);
    auto& b = w.fork(a);
    auto& c = w.fork(a);
    auto& av = *w.map().own(a);
    using all = std::vector<const typename F::vma*>;
    BOOST_TEST((w.members(av) == all{&a, &b, &c}));
    rmap::ops::order_tail(w.map(), a, b);
    BOOST_TEST((w.members(av) == all{&b, &c, &a}));
    rmap::ops::order_tail(w.map(), c, b);
    BOOST_TEST((w.members(av) == all{&b, &a, &c}));
    BOOST_TEST(topology::valid(w.map(), av));
    auto& stranger = w.faulted(w.new_mm(), 0, 8);
    topology::template set_own<typename F::policy>(w.map().hook_of(a), w.map().own(stranger));
    BOOST_TEST(!topology::valid(w.map(), av));
    topology::template set_own<typename F::policy>(w.map().hook_of(a), &av);
    w.forget(b);
    BOOST_TEST((w.members(av) == all{&a, &c} && topology::valid(w.map(), av)));
}

}  // namespace
