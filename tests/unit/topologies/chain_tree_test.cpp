// SPDX-License-Identifier: BSL-1.0

// chain_tree against a plain list: random families, every offset looked up in every anon_vma.

#define BOOST_TEST_MODULE chain_tree
#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <random>

#include "support/policies.hpp"
#include "support/world.hpp"

namespace {

using namespace rmap_test;
using rmap::status;

static_assert(rmap::chain_topology<rmap::topologies::chain_tree, rmap::default_policy>);
static_assert(rmap::topologies::chain_tree::has_links);

BOOST_AUTO_TEST_CASE_TEMPLATE(visits_what_covers, F, as_linux<toy>) {
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
                        if (!met.empty()) {
                            in_order = in_order && met.back()->pgoff() <= place.vma().pgoff();
                        }
                        met.push_back(&place.vma());
                        return place.address() ==
                               place.vma().start() + (index - place.vma().pgoff());
                    });
                std::sort(met.begin(), met.end());
                std::sort(expected.begin(), expected.end());
                BOOST_REQUIRE((met == expected && to_the_end && in_order));
            }
            BOOST_TEST(topology::valid(w.map(), *av));
        }
    }
}

// A range that changes behind the tree's back is seen (I9).
BOOST_AUTO_TEST_CASE_TEMPLATE(valid_notices, F, as_linux<toy>) {
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

BOOST_AUTO_TEST_CASE_TEMPLATE(readers, F, as_linux<toy>) {
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

}  // namespace
