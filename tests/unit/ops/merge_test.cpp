// SPDX-License-Identifier: BSL-1.0

// merge: all eight cases, with every combination of faulted and unfaulted sides, compared with what
// the words of docs/linux_6_18.md say, and with page tables: whatever was mapped before is found
// after, at the same address, through the page.

#define BOOST_TEST_MODULE merge
#include <boost/test/unit_test.hpp>

#include "support/policies.hpp"
#include "support/world.hpp"

namespace {

using namespace rmap_test;
using rmap::merge_case;
using rmap::status;
using rmap::ops::span;

enum side { absent, unfaulted, own_av, same_av, inherited };  // same_av: that of the vma before it

/// P at [0,4), the middle M at [4,8) or nothing there, N at [8,12), each as asked, each with a page
/// at every address if it is faulted.
template <class F>
struct stage {
    world<F> w;
    typename F::mm* mm = nullptr;
    typename F::vma* vmas[3] = {};
    std::list<typename F::page> pages;
    std::vector<std::pair<typename F::page*, rmap::pgno>> mapped;

    stage(side p, side m, side n) {
        const side sides[] = {p, m, n};
        mm = &w.new_mm();
        auto& ancestor = w.new_mm();
        // "same": the parts of one vma, split.
        for (unsigned i = 0; i != 3; ++i) {
            if (sides[i] == absent) continue;
            if (sides[i] == same_av) {
                typename F::vma* last = nullptr;
                for (unsigned j = 0; j != i; ++j)
                    last = vmas[j] != nullptr ? vmas[j] : last;
                vmas[i] = &w.new_vma(*mm, 4 * i, 4);
                if (w.map().clone(*vmas[i], *last, rmap::ops::clone_op::split) != status::ok) {
                    std::abort();
                }
            } else if (sides[i] == inherited) {
                vmas[i] = &w.fork(w.faulted(ancestor, 4 * i, 4), *mm);
            } else {
                vmas[i] = &w.new_vma(*mm, 4 * i, 4);
                if (sides[i] == own_av && w.map().prepare(*vmas[i]) != status::ok) std::abort();
            }
            if (sides[i] == unfaulted) continue;
            for (rmap::pgno at = 4 * i; at != 4 * i + 4; ++at) {
                auto& page = pages.emplace_back();
                w.map().tag_new(page, *vmas[i], at);
                page.add_mapping();
                mapped.emplace_back(&page, at);
            }
        }
    }
    ~stage() {
        for (auto& page : pages)
            page.remove_mapping();
    }

    /// Every page is found at its address in its address space, exactly once.
    bool all_found() {
        for (const auto& [page, at] : mapped) {
            int met = 0;
            const auto& here = *mm;
            const auto where = at;
            (void)w.map().walk(*page, [&](const auto& place) {
                if (&place.mm() == &here && place.address() == where) ++met;
            });
            if (met != 1) return false;
        }
        return true;
    }

    auto request(span range, bool with_middle) {
        typename F::map::request want{};
        want.range = range;
        want.prev = vmas[0];
        want.next = vmas[2];
        if (with_middle) want.middle = vmas[1];
        return want;
    }
};

/// The rule, in the words of the description: may these two touching sides merge?
bool agree(side a, side b, bool same) {
    const bool fa = a != unfaulted;
    const bool fb = b != unfaulted;
    if (!fa && !fb) return true;
    if (fa && fb) return same;
    return (fa ? a : b) != inherited;
}

template <class F>
void merge_and_check(stage<F>& s, const typename F::map::request& want, merge_case expected) {
    auto& w = s.w;
    BOOST_TEST((w.map().plan_merge(want) == expected));
    const auto before = w.picture();
    typename F::map::merged merged;
    (void)with_failures([&] {
        merged = w.map().merge(want);
        if (merged.state == status::ok) return true;
        BOOST_TEST((merged.state == status::no_memory));
        BOOST_TEST(w.picture() == before);
        return false;
    });
    BOOST_TEST((merged.what == expected));
    BOOST_TEST(w.wrong() == "");
    BOOST_TEST(s.all_found());
    for (auto* gone : merged.removed) {
        BOOST_TEST((gone == nullptr || w.map().own(*gone) == nullptr));
    }
    if (expected == merge_case::none) BOOST_TEST(w.picture() == before);
}

// New ranges (cases 1, 2, 3), and all of a vma (6, 7, 8): P and N of every kind.
BOOST_AUTO_TEST_CASE_TEMPLATE(every_pair_of_neighbours, F, as_linux<toy>) {
    for (const side m : {absent, unfaulted, own_av, same_av, inherited}) {
        for (const side p : {absent, unfaulted, own_av, inherited}) {
            for (const side n : {absent, unfaulted, own_av, same_av, inherited}) {
                if (n == same_av && (m == unfaulted || (m == absent && p <= unfaulted))) continue;
                if (m == same_av && p <= unfaulted) continue;
                stage<F> s{p, m, n};
                auto& map = s.w.map();
                const auto* left = s.vmas[0];
                const auto* right = s.vmas[2];
                const auto* middle = s.vmas[1];
                const auto kind = [&](const typename F::vma* v) {
                    if (v == nullptr || map.own(*v) == nullptr) return unfaulted;
                    return s.w.chain(*v).size() > 1 ? inherited : own_av;
                };
                const auto same = [&](const typename F::vma* a, const typename F::vma* b) {
                    return a != nullptr && b != nullptr && map.own(*a) == map.own(*b);
                };
                bool to_left =
                    left != nullptr && agree(kind(left), kind(middle), same(left, middle));
                bool to_right =
                    right != nullptr && agree(kind(middle), kind(right), same(middle, right));
                if (to_left && to_right && kind(left) != unfaulted && kind(right) != unfaulted &&
                    !same(left, right)) {
                    to_right = false;
                }
                const bool all = middle != nullptr;
                const merge_case expected =
                    to_left && to_right ? (all ? merge_case::join_all : merge_case::fill_gap)
                    : to_left  ? (all ? merge_case::all_into_prev : merge_case::extend_prev)
                    : to_right ? (all ? merge_case::all_into_next : merge_case::extend_next)
                               : merge_case::none;
                BOOST_TEST_CONTEXT("P " << p << " M " << m << " N " << n) {
                    merge_and_check(s, s.request({4, 4, 4}, all), expected);
                }
            }
        }
    }
}

// Borders that move (cases 4, 5): the head of M to P, its tail to N.
BOOST_AUTO_TEST_CASE_TEMPLATE(borders, F, as_linux<toy>) {
    for (const side m : {unfaulted, own_av, inherited}) {
        for (const side other : {unfaulted, own_av, same_av, inherited}) {
            if (other == same_av && m == unfaulted) continue;
            {
                stage<F> s{absent, m, other};  // the tail of M and N
                const bool may = agree(m, other == same_av ? m : other, other == same_av);
                auto want = s.request({6, 2, 6}, true);
                merge_and_check(s, want, may ? merge_case::into_next : merge_case::none);
                BOOST_TEST((s.vmas[1]->pages() == (may ? 2U : 4U)));
            }
            if (other == same_av) continue;
            stage<F> s{other, m, absent};  // the head of M and P
            const bool may = agree(other, m, false);
            merge_and_check(s, s.request({4, 2, 4}, true),
                            may ? merge_case::into_prev : merge_case::none);
            BOOST_TEST((s.vmas[1]->start() == (may ? 6U : 4U)));
        }
    }
    stage<F> s{own_av, same_av, absent};
    merge_and_check(s, s.request({4, 2, 4}, true), merge_case::into_prev);
    // A part in the middle of M reaches neither end.
    stage<F> inside{own_av, same_av, same_av};
    merge_and_check(inside, inside.request({5, 2, 5}, true), merge_case::none);
}

BOOST_AUTO_TEST_CASE_TEMPLATE(ranges_and_survivors, F, as_linux<toy>) {
    const auto check = [](side p, side m, side n, span range, merge_case what, int survivor,
                          span grown, std::vector<int> gone) {
        stage<F> s{p, m, n};
        const auto merged = s.w.map().merge(s.request(range, m != absent));
        BOOST_TEST((merged.what == what));
        BOOST_TEST((merged.survivor == s.vmas[survivor]));
        BOOST_TEST((rmap::ops::span_of<typename F::map>(*merged.survivor) == grown));
        for (std::size_t i = 0; i != 2; ++i) {
            BOOST_TEST((merged.removed[i] == (i < gone.size() ? s.vmas[gone[i]] : nullptr)));
        }
        BOOST_TEST(s.all_found());
    };
    check(own_av, absent, same_av, {4, 4, 4}, merge_case::fill_gap, 0, {0, 12, 0}, {2});
    check(own_av, absent, absent, {4, 3, 4}, merge_case::extend_prev, 0, {0, 7, 0}, {});
    check(absent, absent, own_av, {5, 3, 5}, merge_case::extend_next, 2, {5, 7, 5}, {});
    check(absent, own_av, unfaulted, {7, 1, 7}, merge_case::into_next, 2, {7, 5, 7}, {});
    check(unfaulted, own_av, absent, {4, 1, 4}, merge_case::into_prev, 0, {0, 5, 0}, {});
    check(unfaulted, own_av, unfaulted, {4, 4, 4}, merge_case::join_all, 0, {0, 12, 0}, {1, 2});
    check(unfaulted, own_av, absent, {4, 4, 4}, merge_case::all_into_prev, 0, {0, 8, 0}, {1});
    check(absent, own_av, unfaulted, {4, 4, 4}, merge_case::all_into_next, 2, {4, 8, 4}, {1});
}

// Offsets must continue; a moved range's need not.
BOOST_AUTO_TEST_CASE_TEMPLATE(offsets, F, as_linux<toy>) {
    stage<F> s{own_av, absent, same_av};
    BOOST_TEST((s.w.map().plan_merge(s.request({4, 4, 5}, false)) == merge_case::none));
    BOOST_TEST((s.w.map().plan_merge(s.request({4, 3, 4}, false)) == merge_case::extend_prev));
    BOOST_TEST((s.w.map().plan_merge(s.request({5, 3, 5}, false)) == merge_case::extend_next));
    BOOST_TEST((s.w.map().merge(s.request({4, 0, 4}, false)).state == status::invalid));
    BOOST_TEST(
        (s.w.map().merge(s.request({~rmap::pgno{0}, 2, 4}, false)).state == status::invalid));
}

// Growing in place: `prev` always takes the range, be it inherited; the next one by the rules.
BOOST_AUTO_TEST_CASE_TEMPLATE(growing, F, few<toy>) {
    for (const side p : {unfaulted, own_av, inherited}) {
        for (const side n : {absent, unfaulted, same_av}) {
            if (n == same_av && p == unfaulted) continue;
            stage<F> s{p, absent, n};
            auto want = s.request({4, 4, 4}, false);
            want.growing = true;
            const bool across = n != absent && F::policy::merge::is_reference;
            merge_and_check(s, want, across ? merge_case::fill_gap : merge_case::extend_prev);
        }
    }
}

BOOST_AUTO_TEST_CASE(never) {
    stage<toy<tested<rmap::never_merge>>> s{own_av, unfaulted, unfaulted};
    merge_and_check(s, s.request({4, 4, 4}, true), merge_case::none);
    merge_and_check(s, s.request({4, 2, 4}, true), merge_case::none);
}

BOOST_AUTO_TEST_CASE_TEMPLATE(files_and_member_hooks, F, one<member_toy>) {
    world<F> w;
    auto& mm = w.new_mm();
    rmap::i_mmap<typename F::policy> file;
    auto& p = w.new_vma(mm, 100, 4, 0, &file);
    auto& m = w.new_vma(mm, 104, 4, 4, &file);
    auto& n = w.new_vma(mm, 108, 4, 8, &file);
    BOOST_TEST((w.map().prepare(n) == status::ok));
    const auto merged = w.map().merge({.range = {104, 4, 4}, .prev = &p, .next = &n, .middle = &m});
    BOOST_TEST((merged.what == merge_case::join_all && merged.survivor == &p));
    m.file = nullptr;
    n.file = nullptr;
    std::vector<const typename F::vma*> met;
    (void)w.map().walk_file(file, 0, 12, [&](const auto& place) { met.push_back(&place.vma()); });
    BOOST_TEST((met == std::vector<const typename F::vma*>{&p}));
    BOOST_TEST(w.objects() == "1/1");
    BOOST_TEST(w.wrong() == "");
    w.forget(p);
}

}  // namespace
