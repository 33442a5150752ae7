// SPDX-License-Identifier: BSL-1.0

// sharded_root under the explorer: what lies on other shards changes beside a walk, which still
// meets all that it must; neither waits for the other, which under one lock for a tree both do.

#define BOOST_TEST_MODULE sharded_root
#include <boost/test/unit_test.hpp>

#include <rmap/rmap.hpp>
#include <rmap/verify/explore.hpp>

#include "support/explored_family.hpp"

namespace {

namespace verify = rmap::verify;
using rmap::status;
using rmap_test::explored;
using rmap_test::family;
using rmap_test::ok;
using rmap_test::sharded;
using verify::model;

void clean(const verify::explore_result& r) {
    BOOST_TEST(!r.failed(), r.what.what << "\n" << r.text);
    BOOST_TEST(r.complete, r.coverage);
    BOOST_TEST_MESSAGE(r.coverage);
}

/// The family, with each vma cut in two halves: offsets 16 to 19 lie on shard 0, 20 to 23 with the
/// page on shard 1.
template <class Policy>
struct halves : family<Policy> {
    using base = family<Policy>;
    using vma = typename base::types::vma;

    halves() {
        ok(this->map.split(this->parent, parent_high, 20));
        ok(this->map.split(this->first, first_high, 20));
        ok(this->map.split(this->second, second_high, 20));
    }
    ~halves() {
        for (vma* v : {&parent_high, &first_high, &second_high}) this->map.unlink(*v);
    }

    vma parent_high{this->mm[0], 20, 1, 20};
    vma first_high{this->mm[1], 20, 1, 20};
    vma second_high{this->mm[2], 20, 1, 20};
};

using sharded_policy = explored<sharded, rmap::merges::linux_6_18>;

/// A change on shard 0 beside a walk on shard 1, and one of another vma on shard 1.
template <class Change>
void beside(const char* name, Change change) {
    for (const bool weak : {false, true}) {
        clean(verify::explore(name, {.weak = weak}, [&](verify::test& t) {
            halves<sharded_policy> f;
            t.thread("change", [&] { change(f); });
            t.thread("walk", [&] {
                verify::require(f.met(3) == 3, "a mapping that exists all the time was not met");
            });
            t.run();
            verify::require(f.met(3) == 3, "a mapping was lost for good");
        }));
    }
    clean(verify::explore(name, {}, [&](verify::test& t) {
        halves<sharded_policy> f;
        t.thread("change", [&] { change(f); });
        t.thread("shrink", [&] { ok(f.map.adjust(f.second_high, {20, 2, 20})); });
        t.run();
        verify::require(f.met(3) == 3, "a mapping was lost for good");
    }));
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_change_on_another_shard) {
    using family_type = halves<sharded_policy>;
    beside("shrink", [](family_type& f) { ok(f.map.adjust(f.first, {16, 3, 16})); });
    beside("lose the head", [](family_type& f) { ok(f.map.adjust(f.first, {18, 2, 18})); });
    beside("unlink", [](family_type& f) { f.map.unlink(f.first); });
    beside("split", [](family_type& f) {
        family_type::vma fresh{f.mm[1], 18, 1, 18};
        ok(f.map.split(f.first, fresh, 18));
        f.map.unlink(fresh);
    });
    beside("fork", [](family_type& f) {
        rmap_test::toy<sharded_policy>::mm mm;
        family_type::vma child{mm, 16, 4, 16};
        ok(f.map.fork(child, f.first));
        f.map.unlink(child);
    });
}

namespace {

/// A walk whose visitor does not go on before a change on the other shard is through.
template <class Policy>
verify::explore_result visitor_waits_for_change() {
    return verify::explore("a visitor that waits", {}, [](verify::test& t) {
        halves<Policy> f;
        model::atomic<bool> begun{false};
        model::atomic<bool> changed{false};
        t.thread("walk", [&] {
            unsigned met = 0;
            const auto r = f.map.walk(f.page, [&](const auto&) {
                ++met;
                begun.store(true, rmap::order::release);
                while (!changed.load(rmap::order::acquire)) model::pause();
            });
            verify::require(r.state == status::ok && met == 3, "the walk met others");
        });
        t.thread("change", [&] {
            while (!begun.load(rmap::order::acquire)) model::pause();
            ok(f.map.adjust(f.first, {16, 3, 16}));
            changed.store(true, rmap::order::release);
        });
        t.run();
    });
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_change_does_not_wait_for_a_walk_of_an_unrelated_page) {
    clean(visitor_waits_for_change<sharded_policy>());
    for (const auto& r : {visitor_waits_for_change<explored<rmap::locking::root>>(),
                          visitor_waits_for_change<explored<rmap::locking::lock_all>>()}) {
        BOOST_TEST((r.what.kind == verify::failure_kind::deadlock), r.what.what);
    }
}

namespace {

template <class Locking>
struct locked_by : rmap::default_policy {
    using locking = Locking;
};

/// What a walk that does not wait finds while the chain of a vma is locked for a change.
template <class Policy>
struct tried {
    halves<Policy> f{};

    status beside(typename halves<Policy>::vma& v) {
        const auto held = rmap::ops::chain_guard<typename halves<Policy>::types::map>(v);
        const auto nothing = [](const auto&) {};
        return f.map.walk(f.page, nothing, rmap::walk_mode::try_lock).state;
    }
};

}  // namespace

BOOST_AUTO_TEST_CASE(a_walk_does_not_wait_for_a_change_of_an_unrelated_vma) {
    tried<locked_by<sharded>> shards;
    BOOST_TEST((shards.beside(shards.f.first) == status::ok));
    BOOST_TEST((shards.beside(shards.f.first_high) == status::contended));
    tried<locked_by<rmap::locking::root>> root;
    BOOST_TEST((root.beside(root.f.first) == status::contended));
}

namespace {

/// A lock that another thread holds at one look, and has let go by the next.
struct passing_lock : rmap::locks::rw_spin {
    mutable bool seen_held = false;

    [[nodiscard]] bool is_held() const noexcept {
        const bool once = seen_held;
        seen_held = false;
        return once || rmap::locks::rw_spin::is_held();
    }
};

}  // namespace

BOOST_AUTO_TEST_CASE(a_holder_is_believed_whatever_others_do_on_other_shards) {
    struct policy : rmap::default_policy {
        using lock = passing_lock;
        using locking = sharded;
    };
    halves<policy> f;
    using types = halves<policy>::types;
    auto& av = *types::map::own(f.parent);
    BOOST_TEST(!sharded::may_update<policy>(av));
    const auto high = rmap::ops::chain_guard<types::map>(f.parent_high);
    av.locking.shards[0].seen_held = true;
    BOOST_TEST(sharded::may_update<policy>(av));
}

namespace {

/// A lock that cannot be asked who holds it, as a kernel's: it reports a caller who does not.
class asserting_lock {
public:
    static inline int reports = 0;

    void lock() noexcept { inner_.lock(); }
    void unlock() noexcept { inner_.unlock(); }
    [[nodiscard]] bool try_lock() noexcept { return inner_.try_lock(); }
    void assert_held() const noexcept { reports += inner_.is_held() ? 0 : 1; }

private:
    rmap::locks::spin inner_{};
};

}  // namespace

BOOST_AUTO_TEST_CASE(a_lock_that_reports_is_not_asked_for_shards_that_nobody_needs) {
    struct policy : rmap::default_policy {
        using lock = asserting_lock;
        using locking = sharded;
    };
    {
        halves<policy> f;
        auto& av = *halves<policy>::types::map::own(f.parent);
        const auto high = rmap::ops::chain_guard<halves<policy>::types::map>(f.parent_high);
        BOOST_TEST(sharded::may_update<policy>(av));
    }
    BOOST_TEST(asserting_lock::reports == 0);
}
