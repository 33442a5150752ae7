// SPDX-License-Identifier: BSL-1.0

// Tags: which anon_vma a page leads to, at which offset, through all of a page's life.

#define BOOST_TEST_MODULE tag
#include <boost/test/unit_test.hpp>

#include "support/policies.hpp"
#include "support/world.hpp"

namespace {

using namespace rmap_test;
using rmap::page_kind;
using rmap::status;

template <class F>
void life() {
    world<F> w;
    auto& map = w.map();
    auto& a = w.new_vma(w.new_mm(), 100, 4, 1000);
    BOOST_TEST((map.prepare(a) == status::ok));
    auto& b = w.fork(a);
    typename F::page page;
    BOOST_TEST((map.kind_of(page) == page_kind::untagged && map.anon_vma_of(page) == nullptr));

    map.tag_new(page, b, 102);
    BOOST_TEST((map.kind_of(page) == page_kind::anon));
    BOOST_TEST((map.anon_vma_of(page) == map.own(b) && map.index_of(page) == 1002U));
    // Swapped in again by another: the page keeps its tag.
    map.tag_shared(page, a, 102);
    BOOST_TEST((map.anon_vma_of(page) == map.own(b)));
    map.untag(page);
    BOOST_TEST((map.kind_of(page) == page_kind::untagged && map.index_of(page) == 0U));
    // Without a tag: the oldest ancestor finds all that could map it (Linux bug B06).
    map.tag_shared(page, b, 103);
    BOOST_TEST((map.anon_vma_of(page) == map.own(a) && map.index_of(page) == 1003U));
    // The only mapper makes it its own: relatives are not visited any more.
    page.add_mapping();
    BOOST_TEST(w.walked(page).size() == 2U);
    map.tag_own(page, b, 103);
    BOOST_TEST((map.anon_vma_of(page) == map.own(b) && map.index_of(page) == 1003U));
    BOOST_TEST(w.walked(page).size() == 1U);
    // Under another root.
    auto& c = w.faulted(w.new_mm(), 50, 4);
    {
        const typename F::map::move_locks leaves{b, true};
        map.tag_moved(page, c, 51);
    }
    BOOST_TEST((map.anon_vma_of(page) == map.own(c) && map.index_of(page) == 51U));
    page.remove_mapping();
    // The last mapping's end leaves the tag; the page's end takes it.
    BOOST_TEST((map.kind_of(page) == page_kind::anon));

    rmap::i_mmap<typename F::policy> file;
    map.tag_file(page, file, 7);
    BOOST_TEST((map.kind_of(page) == page_kind::file && map.index_of(page) == 7U));
    BOOST_TEST((map.anon_vma_of(page) == nullptr));
    // A private copy... of a page that was a file's: a first mapping by all that could map it.
    map.tag_shared(page, b, 100);
    BOOST_TEST((map.anon_vma_of(page) == map.own(a)));

    rmap::ksm_node<typename F::policy> node;
    map.tag_ksm(page, node);
    BOOST_TEST((map.kind_of(page) == page_kind::ksm && map.anon_vma_of(page) == nullptr));
    map.untag(page);
}

BOOST_AUTO_TEST_CASE_TEMPLATE(through_a_life, F, few<toy>) {
    life<F>();
}
BOOST_AUTO_TEST_CASE_TEMPLATE(with_member_hooks, F, one<member_toy>) {
    life<F>();
}

// A page's tag leads to an ancestor-or-self of every mapper (I7), over fork, copy and exit: who
// maps it is always found.
BOOST_AUTO_TEST_CASE_TEMPLATE(mappers_are_found, F, few<toy>) {
    world<F> w;
    auto& a = w.faulted(w.new_mm(), 0, 2);
    typename F::page shared;
    w.map().tag_new(shared, a, 0);
    shared.add_mapping();
    auto& b = w.fork(a);
    shared.add_mapping();
    typename F::page copy;  // b writes
    w.map().tag_new(copy, b, 0);
    copy.add_mapping();
    shared.remove_mapping();
    auto& c = w.fork(b);
    copy.add_mapping();
    using vmas = std::vector<const typename F::vma*>;
    BOOST_TEST((w.walked(copy) == vmas{&b, &c}));
    w.forget(b);
    copy.remove_mapping();
    BOOST_TEST((w.walked(copy) == vmas{&c}));
    BOOST_TEST((w.walked(shared) == vmas{&a, &c}));
    w.map().tag_own(copy, c, 0);
    BOOST_TEST((w.walked(copy) == vmas{&c}));
    copy.remove_mapping();
    shared.remove_mapping();
}

}  // namespace
