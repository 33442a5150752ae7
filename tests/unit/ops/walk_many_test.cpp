// SPDX-License-Identifier: BSL-1.0

// walk_many: finds what walk finds, page by page, of pages of every kind; stops and skips; says
// which page could not be walked; and for how many pages it keeps a lock.

#define BOOST_TEST_MODULE walk_many
#include <boost/test/unit_test.hpp>
#include <deque>
#include <vector>

#include "support/counting_lock.hpp"
#include "support/policies.hpp"
#include "support/world.hpp"

namespace {

using namespace rmap_test;
using rmap::status;
using rmap::walk_mode;

/// What a walk told: the spaces and addresses, and its result.
struct found {
    std::vector<std::pair<const void*, rmap::pgno>> places{};
    status state = status::ok;
    std::size_t visited = 0;
    bool stopped = false;

    friend bool operator==(const found&, const found&) = default;
};

/// Families with pages of each kind, in a mixed order.
template <class F>
struct many {
    explicit many(unsigned families) {
        for (unsigned i = 0; i != families; ++i) {
            auto& parent = w.faulted(w.new_mm(), 0, 16);
            auto& child = w.fork(parent);
            auto& sibling = w.fork(parent);
            vmas.push_back(&child);
            add(parent, 3);
            add(child, 3);
            w.map().tag_new(pages.emplace_back(), child, 4);  // mapped nowhere
            all.push_back(&pages.back());
            add(parent, 5);
            add(sibling, 7);
            pages.emplace_back();  // has no tag
            all.push_back(&pages.back());
            auto& of_file = w.new_vma(parent.mm(), 100, 4, 0, &file);
            w.map().tag_file(pages.emplace_back(), file, 2);
            all.push_back(&pages.back());
            add(child, 9);
            vmas.push_back(&of_file);
        }
        all.push_back(all.front());  // one of them again
    }
    ~many() {
        for (auto& p : pages) {
            if (p.mapped()) p.remove_mapping();
        }
    }
    void add(typename F::vma& v, rmap::pgno at) {
        w.map().tag_new(pages.emplace_back(), v, at);
        pages.back().add_mapping();
        all.push_back(&pages.back());
    }

    rmap::i_mmap<typename F::policy> file;
    world<F> w;
    std::deque<typename F::page> pages;
    std::vector<typename F::page*> all;
    std::vector<typename F::vma*> vmas;
};

template <class Place>
std::pair<const void*, rmap::pgno> told(const Place& place) {
    return {&place.mm(), place.address()};
}

template <class F>
std::vector<found> one_by_one(many<F>& m) {
    std::vector<found> all;
    for (auto* p : m.all) {
        found f;
        const auto walked =
            m.w.map().walk(*p, [&](const auto& place) { f.places.push_back(told(place)); });
        f.state = walked.state;
        f.visited = walked.visited;
        all.push_back(f);
    }
    return all;
}

template <class F>
struct gathering {
    template <class Place>
    void operator()(typename F::page& p, const Place& place) {
        if (page != &p) now = {};
        page = &p;
        now.places.push_back(told(place));
    }
    void done(typename F::page&, const rmap::walk_result& walked) {
        now.state = walked.state;
        now.visited = walked.visited;
        now.stopped = walked.stopped;
        all->push_back(now);
        now = {};
        page = nullptr;
    }
    std::vector<found>* all;
    found now{};
    typename F::page* page = nullptr;
};

BOOST_AUTO_TEST_CASE_TEMPLATE(as_one_by_one, F, every<toy>) {
    many<F> m{10};
    const auto expected = one_by_one<F>(m);
    std::vector<found> all;
    const auto result = m.w.map().walk_many(m.all.data(), m.all.size(), gathering<F>{&all});
    BOOST_TEST((all == expected));
    std::size_t places = 0;
    for (const auto& f : expected)
        places += f.places.size();
    BOOST_TEST((result.pages == m.all.size() && result.places == places &&
                result.visited == places && !result.stopped));
    BOOST_TEST(places > 100);
    const auto none = m.w.map().walk_many(m.all.data(), 0, gathering<F>{&all});
    BOOST_TEST((none.pages == 0U && all.size() == expected.size()));
}

/// The other form: a visitor of each page.
template <class F>
struct counting {
    struct each {
        std::size_t n = 0;
        typename F::vma* passed_over = nullptr;
        bool skip(const typename F::vma& v) const { return &v == passed_over; }
        template <class Place>
        bool operator()(const Place&) {
            return ++n != 2;
        }
    };
    each begin(typename F::page& p) {
        page = &p;
        return {0, passed_over};
    }
    bool done(typename F::page& p, const each& e, const rmap::walk_result& walked) {
        BOOST_TEST((&p == page && walked.places == e.n));
        BOOST_TEST((walked.stopped == (e.n == 2)));
        return --pages != 0;
    }
    std::size_t pages;
    typename F::vma* passed_over = nullptr;
    typename F::page* page = nullptr;
};

BOOST_AUTO_TEST_CASE_TEMPLATE(skips_and_stops, F, few<toy>) {
    many<F> m{4};
    // Two places of each page at most, and the rest of the pages goes on.
    auto result = m.w.map().walk_many(m.all.data(), m.all.size(), counting<F>{1000});
    BOOST_TEST((result.pages == m.all.size() && !result.stopped));
    // Not more than five pages.
    result = m.w.map().walk_many(m.all.data(), m.all.size(), counting<F>{5});
    BOOST_TEST((result.pages == 5U && result.stopped));
    // The first page is mapped in three spaces; one is passed over.
    result = m.w.map().walk_many(m.all.data(), 1, counting<F>{9, m.vmas[0]});
    BOOST_TEST((result.visited == 3U && result.places == 2U));
    // A visitor without done() that stops each walk at once.
    std::size_t calls = 0;
    result = m.w.map().walk_many(m.all.data(), m.all.size(), [&](auto&, const auto&) {
        ++calls;
        return false;
    });
    BOOST_TEST((result.pages == m.all.size() && result.places == calls && calls < m.all.size()));
}

BOOST_AUTO_TEST_CASE_TEMPLATE(what_is_locked_is_passed_over, F, locking<toy>) {
    many<F> m{3};
    const auto expected = one_by_one<F>(m);
    auto& second = *m.vmas[2];
    std::vector<found> all;
    {
        const auto held = rmap::ops::chain_guard<typename F::map>(second);
        const auto result = m.w.map().walk_many(m.all.data(), m.all.size(), gathering<F>{&all},
                                                walk_mode::try_lock);
        BOOST_TEST(result.pages == m.all.size());
    }
    BOOST_TEST(all.size() == expected.size());
    std::size_t contended = 0;
    for (std::size_t i = 0; i != all.size(); ++i) {
        const bool of_second =
            i / 8 == 1 && expected[i].state == status::ok &&
            rmap::page_hook<typename F::policy>::anon(F::map::hook_of(*m.all[i]).read()) != nullptr;
        if (all[i].state == status::contended) {
            ++contended;
            BOOST_TEST((of_second && all[i].places.empty()));
        } else {
            BOOST_TEST((all[i] == expected[i]));
        }
    }
    BOOST_TEST(contended >= 2);
}

// ---- locks

struct counted_locks : rmap::default_policy {
    using lock = counting_lock;
};
using counted = toy<tested<counted_locks>>;

BOOST_AUTO_TEST_CASE(a_lock_is_kept_for_pages_of_one_root) {
    world<counted> w;
    auto& a = w.faulted(w.new_mm(), 0, 200);
    auto& b = w.faulted(w.new_mm(), 0, 200);
    std::deque<counted::page> pages;
    std::vector<counted::page*> of_a;
    std::vector<counted::page*> mixed;
    const auto add = [&](counted::vma& v, rmap::pgno at, auto& to) {
        w.map().tag_new(pages.emplace_back(), v, at);
        pages.back().add_mapping();
        to.push_back(&pages.back());
    };
    for (rmap::pgno i = 0; i != 100; ++i) {
        add(a, i, of_a);
        add(i % 2 == 0 ? a : b, 100 + i, mixed);
    }
    const auto locks = [&](auto& batch) {
        counting_lock::clear();
        const auto result =
            w.map().walk_many(batch.data(), batch.size(), [](auto&, const auto&) {});
        BOOST_TEST((result.pages == batch.size() && result.places >= batch.size()));
        return counting_lock::all();
    };
    BOOST_TEST(locks(of_a) ==
               (100 + rmap::ops::most_pages_at_once - 1) / rmap::ops::most_pages_at_once);
    BOOST_TEST(locks(mixed) == 100U);
    // With 25 places a page it lets go after three.
    for (int i = 0; i != 24; ++i)
        w.fork(a);
    BOOST_TEST(locks(of_a) == 34U);
    for (auto& p : pages)
        p.remove_mapping();
}

}  // namespace
