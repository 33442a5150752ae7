// SPDX-License-Identifier: BSL-1.0

// fork, clone and unlink: chains and their order, counts, reuse, and the numbers of anon_vmas and
// links that a running Linux 6.18 was seen to hold (one vma a process, unless the test says so).

#define BOOST_TEST_MODULE fork
#include <boost/test/unit_test.hpp>

#include "support/policies.hpp"
#include "support/world.hpp"

namespace {

using namespace rmap_test;
using rmap::status;
using rmap::ops::clone_op;

BOOST_AUTO_TEST_CASE_TEMPLATE(unfaulted_parent, F, few<toy>) {
    world<F> w;
    auto& child = w.fork(w.new_vma(w.new_mm(), 0, 4));
    BOOST_TEST((w.map().own(child) == nullptr));
    BOOST_TEST(w.objects() == "0/0");
}

BOOST_AUTO_TEST_CASE_TEMPLATE(newest_first_and_parents_before_children, F, few<toy>) {
    world<F> w;
    auto& a = w.faulted(w.new_mm(), 0, 4);
    auto& b = w.fork(a);
    auto& c = w.fork(b);
    auto* const of_a = w.map().own(a);
    auto* const of_b = w.map().own(b);
    auto* const of_c = w.map().own(c);
    BOOST_TEST((w.chain(c) == std::vector<const typename world<F>::anon_vma*>{of_c, of_b, of_a}));
    BOOST_TEST((w.members(*of_a) == std::vector<const typename F::vma*>{&a, &b, &c}));
    BOOST_TEST((of_c->parent.get() == of_b && of_b->parent.get() == of_a));
    BOOST_TEST(w.wrong() == "");
    auto& b2 = w.fork(a);
    BOOST_TEST((w.members(*of_a) == std::vector<const typename F::vma*>{&a, &b, &c, &b2}));
    BOOST_TEST((of_a->num_children == 3));
    BOOST_TEST(w.wrong() == "");
    w.forget(b);  // its anon_vma stays for the descendants
    BOOST_TEST((w.chain(c) == std::vector<const typename world<F>::anon_vma*>{of_c, of_b, of_a}));
    BOOST_TEST((of_b->num_active_vmas == 0));
    BOOST_TEST(w.wrong() == "");
}

BOOST_AUTO_TEST_CASE_TEMPLATE(every_allocation_fails, F, few<toy>) {
    world<F> w;
    auto& a = w.faulted(w.new_mm(), 0, 4);
    auto& b = w.fork(a);
    w.fork(b);  // an only child needs no block
    auto& child = w.new_vma(w.new_mm(), 0, 4);
    const auto before = w.picture();
    const long alive = failing_memory::alive;
    const long took = with_failures([&] {
        if (w.map().fork(child, b) == status::ok) return true;
        BOOST_TEST(w.picture() == before);
        w.map().trim();
        BOOST_TEST(failing_memory::alive == alive);
        return false;
    });
    // Two links and one more, or a block; an anon_vma.
    BOOST_TEST(took == world<F>::allocations(4, 2));
    BOOST_TEST(w.wrong() == "");
}

BOOST_AUTO_TEST_CASE_TEMPLATE(clone_is_a_copy, F, few<toy>) {
    for (const auto op : {clone_op::split, clone_op::remap}) {
        world<F> w;
        auto& mm = w.new_mm();
        auto& b = w.fork(w.faulted(w.new_mm(), 0, 4), mm);
        auto& copy = w.new_vma(mm, 100, 4, 0);
        const auto before = w.picture();
        const long alive = failing_memory::alive;
        const long took = with_failures([&] {
            if (w.map().clone(copy, b, op) == status::ok) return true;
            BOOST_TEST(w.picture() == before);
            BOOST_TEST(failing_memory::alive == alive);
            return false;
        });
        BOOST_TEST(took == world<F>::allocations(2, 1));
        BOOST_TEST((w.chain(copy) == w.chain(b)));
        BOOST_TEST((w.map().own(copy) == w.map().own(b)));
        BOOST_TEST((w.map().own(b)->num_active_vmas == 2));
        BOOST_TEST(w.wrong() == "");
        // Source before copy, in every anon_vma.
        for (auto* av : w.anon_vmas()) {
            const auto all = w.members(*av);
            BOOST_TEST((all[all.size() - 2] == &b && all.back() == &copy));
        }
    }
    world<F> w;
    auto& mm = w.new_mm();
    auto& to = w.new_vma(mm, 4, 4);
    BOOST_TEST((w.map().clone(to, w.new_vma(mm, 0, 4), clone_op::remap) == status::ok));
    BOOST_TEST((w.map().own(to) == nullptr));
}

BOOST_AUTO_TEST_CASE_TEMPLATE(unlink_frees_what_nobody_needs, F, few<toy>) {
    world<F> w;
    auto& v = w.new_vma(w.new_mm(), 0, 4);
    w.map().unlink(v);  // unfaulted: nothing
    BOOST_TEST((w.map().prepare(v) == status::ok));
    w.map().unlink(v);
    BOOST_TEST((w.map().own(v) == nullptr));
    w.map().trim();
    BOOST_TEST((w.map().prepare(v) == status::ok));  // a fault after DONTUNMAP (Linux bug B23)
    BOOST_TEST(w.objects() == "1/1");
    BOOST_TEST(w.wrong() == "");
}

// ---- the numbers of a running Linux

BOOST_AUTO_TEST_CASE_TEMPLATE(chains_of_forks, F, as_linux<toy>) {
    const std::vector<std::string> deep{"1/1",  "2/3",  "3/6",  "4/10", "5/15",
                                        "6/21", "7/28", "8/36", "9/45"};
    world<F> w;
    std::vector<typename F::vma*> line{&w.faulted(w.new_mm(), 0, 4)};
    for (std::size_t depth = 0; depth < deep.size(); ++depth) {
        BOOST_TEST(w.objects() == deep[depth]);
        if (depth + 1 < deep.size()) line.push_back(&w.fork(*line.back()));
    }
    // The oldest exits first.
    for (const int links : {44, 42, 39, 35, 30, 24, 17, 9}) {
        w.forget(*line.front());
        line.erase(line.begin());
        BOOST_TEST(w.objects() == "9/" + std::to_string(links));
        BOOST_TEST(w.wrong() == "");
    }
    // One more fork takes over an ancestor's anon_vma: the chain does not grow.
    auto& again = w.fork(*line.front());
    BOOST_TEST(w.objects() == "9/18");
    BOOST_TEST(w.chain(again).size() == 9U);
    BOOST_TEST(w.wrong() == "");
}

BOOST_AUTO_TEST_CASE_TEMPLATE(youngest_exits_first, F, as_linux<toy>) {
    world<F> w;
    std::vector<typename F::vma*> line{&w.faulted(w.new_mm(), 0, 4)};
    for (int i = 0; i != 4; ++i)
        line.push_back(&w.fork(*line.back()));
    for (const char* objects : {"5/15", "4/10", "3/6", "2/3", "1/1"}) {
        BOOST_TEST(w.objects() == objects);
        w.forget(*line.back());
        line.pop_back();
    }
    BOOST_TEST(w.objects() == "0/0");
}

BOOST_AUTO_TEST_CASE_TEMPLATE(many_children, F, as_linux<toy>) {
    world<F> w;
    auto& parent = w.faulted(w.new_mm(), 0, 4);
    for (int k = 1; k <= 5; ++k) {
        w.fork(parent);
        BOOST_TEST(w.objects() == std::to_string(k + 1) + "/" + std::to_string(2 * k + 1));
        BOOST_TEST(w.wrong() == "");
    }
}

// Fork and the parent exits, over and over: reuse keeps it bounded.
BOOST_AUTO_TEST_CASE_TEMPLATE(fork_and_exit_for_ever, F, as_linux<toy>) {
    const std::vector<std::string> seen{"2/3", "2/2", "3/5", "3/3", "3/6", "3/3",
                                        "3/6", "3/3", "3/6", "3/3", "3/6", "3/3"};
    world<F> w;
    auto* last = &w.faulted(w.new_mm(), 0, 4);
    for (std::size_t i = 0; i < seen.size(); i += 2) {
        auto& next = w.fork(*last);
        BOOST_TEST(w.objects() == seen[i]);
        BOOST_TEST(w.wrong() == "");
        w.forget(*last);
        last = &next;
        BOOST_TEST(w.objects() == seen[i + 1]);
        BOOST_TEST(w.wrong() == "");
    }
}

BOOST_AUTO_TEST_CASE_TEMPLATE(fork_of_fork_reuse, F, as_linux<toy>) {
    world<F> w;
    auto& p0 = w.faulted(w.new_mm(), 0, 4);
    auto& p1 = w.fork(p0);
    auto& p2 = w.fork(p1);
    BOOST_TEST(w.objects() == "3/6");
    auto* const of_1 = w.map().own(p1);
    w.forget(p1);
    BOOST_TEST(w.objects() == "3/4");
    auto& p3 = w.fork(p2);
    BOOST_TEST(w.objects() == "3/7");
    BOOST_TEST((w.map().own(p3) == of_1));
    w.fork(p2);
    BOOST_TEST(w.objects() == "4/11");
    BOOST_TEST(w.wrong() == "");
}

BOOST_AUTO_TEST_CASE_TEMPLATE(fork_reuse_two_children, F, as_linux<toy>) {
    world<F> w;
    auto& p0 = w.faulted(w.new_mm(), 0, 4);
    auto& p1 = w.fork(p0);
    auto& p2 = w.fork(p1);
    auto& p3 = w.fork(p1);
    w.forget(p1);
    BOOST_TEST(w.objects() == "4/7");
    auto& p4 = w.fork(p2);
    BOOST_TEST(w.objects() == "5/11");
    w.forget(p3);
    w.forget(p4);
    BOOST_TEST(w.objects() == "3/4");
    w.fork(p2);
    BOOST_TEST(w.objects() == "3/7");
    BOOST_TEST(w.wrong() == "");
}

// A root that has a child besides itself is never taken over; one without may be.
BOOST_AUTO_TEST_CASE_TEMPLATE(a_root_is_not_reused, F, as_linux<toy>) {
    world<F> w;
    auto& p0 = w.faulted(w.new_mm(), 0, 4);
    auto* const root = w.map().own(p0);
    auto& p1 = w.fork(p0);
    w.forget(p0);
    BOOST_TEST((root->num_active_vmas == 0 && root->num_children == 2));
    BOOST_TEST((w.map().own(w.fork(p1)) != root));
}

// Two vmas that were split in the parent: each gets an anon_vma of its own in the child.
BOOST_AUTO_TEST_CASE_TEMPLATE(split_then_fork, F, as_linux<toy>) {
    world<F> w;
    auto& mm = w.new_mm();
    auto& low = w.faulted(mm, 0, 8);
    BOOST_TEST(w.objects() == "1/1");
    auto& high = w.new_vma(mm, 0, 1);
    BOOST_TEST((w.map().split(low, high, 4) == status::ok));
    BOOST_TEST(w.objects() == "1/2");
    auto& child = w.new_mm();
    auto& child_low = w.fork(low, child);
    auto& child_high = w.fork(high, child);
    BOOST_TEST(w.objects() == "3/6");
    auto& grandchild = w.new_mm();
    w.fork(child_low, grandchild);
    w.fork(child_high, grandchild);
    BOOST_TEST(w.objects() == "5/12");
    const auto of_low = w.map().own(child_low);
    const auto of_high = w.map().own(child_high);
    w.forget(child_low);
    w.forget(child_high);
    BOOST_TEST(w.objects() == "5/8");
    auto& last = w.new_mm();
    auto* from_low = &w.new_vma(last, 0, 4);
    auto* from_high = &w.new_vma(last, 4, 4);
    for (auto* v : {from_low, from_high}) {
        typename F::vma* parent = nullptr;
        for (auto* av : {of_low, of_high}) {
            for (const auto* member : w.members(*av)) {
                if (&member->mm() == &grandchild && member->start() == v->start()) {
                    parent = const_cast<typename F::vma*>(member);
                }
            }
        }
        BOOST_REQUIRE(parent != nullptr);
        BOOST_TEST((w.map().fork(*v, *parent) == status::ok));
    }
    BOOST_TEST(w.objects() == "5/14");
    BOOST_TEST((w.map().own(*from_low) == of_low && w.map().own(*from_high) == of_high));
    BOOST_TEST(w.wrong() == "");
}

BOOST_AUTO_TEST_CASE_TEMPLATE(twelve_stripes, F, as_linux<toy>) {
    world<F> w;
    auto& mm = w.new_mm();
    std::vector<typename F::vma*> stripes{&w.faulted(mm, 0, 12)};
    for (rmap::pgno at = 1; at != 12; ++at) {
        stripes.push_back(&w.new_vma(mm, 0, 1));
        BOOST_TEST((w.map().split(*stripes[at - 1], *stripes[at], at) == status::ok));
    }
    BOOST_TEST(w.objects() == "1/12");
    auto& child = w.new_mm();
    for (auto* v : stripes)
        w.fork(*v, child);
    BOOST_TEST(w.objects() == "13/36");
    for (std::size_t i = 1; i != stripes.size(); ++i) {  // heal in the parent
        auto& v = *stripes[i];
        const auto merged = w.map().merge(
            {.range = {v.start(), v.pages(), v.pgoff()}, .prev = stripes[0], .middle = &v});
        BOOST_TEST((merged.what == rmap::merge_case::all_into_prev));
    }
    BOOST_TEST(w.objects() == "13/25");
    BOOST_TEST(w.wrong() == "");
}

}  // namespace
