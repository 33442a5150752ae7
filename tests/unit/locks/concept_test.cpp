// SPDX-License-Identifier: BSL-1.0

// locks/concept.hpp, token.hpp, guard.hpp and held.hpp at run time: what the guards call, in which
// order, with which token. The concepts' table of models is tests/static/locks_concept_test.cpp.

#define BOOST_TEST_MODULE locks_concept
#include <boost/test/unit_test.hpp>
#include <string>
#include <utility>

#include <rmap/locks/concept.hpp>
#include <rmap/locks/guard.hpp>
#include <rmap/locks/held.hpp>
#include <rmap/locks/none.hpp>
#include <rmap/locks/rw_spin.hpp>
#include <rmap/locks/spin.hpp>

namespace {

using rmap::read_guard;
using rmap::try_to_lock;
using rmap::write_guard;

/// Writes down what is called; `free` is what the try forms answer.
struct recorder {
    void lock() noexcept { log += "lock "; }
    void unlock() noexcept { log += "unlock "; }
    bool try_lock() noexcept {
        log += "try ";
        return free;
    }
    std::string log;
    bool free = true;
};

struct shared_recorder : recorder {
    void lock_shared() noexcept { log += "lock_shared "; }
    void unlock_shared() noexcept { log += "unlock_shared "; }
    bool try_lock_shared() noexcept {
        log += "try_shared ";
        return free;
    }
};

/// Hands out the next number as the token, and wants it back.
struct token_recorder {
    int lock() noexcept { return next++; }
    void unlock(int token) noexcept { log += std::to_string(token) + " "; }
    rmap::locks::try_result<int> try_lock() noexcept {
        return free ? rmap::locks::try_result<int>{next++} : rmap::locks::try_result<int>{};
    }
    std::string log;
    int next = 1;
    bool free = true;
};

static_assert(rmap::exclusive_lock<recorder> && rmap::shared_lock<shared_recorder>);
static_assert(rmap::exclusive_lock<token_recorder>);

}  // namespace

BOOST_AUTO_TEST_CASE(a_guard_locks_and_unlocks_once) {
    recorder lock;
    {
        write_guard guard{lock};
        BOOST_TEST(guard.owns());
        BOOST_TEST(lock.log == "lock ");
    }
    BOOST_TEST(lock.log == "lock unlock ");
}

BOOST_AUTO_TEST_CASE(an_early_unlock_is_the_only_one) {
    recorder lock;
    {
        write_guard guard{lock};
        guard.unlock();
        BOOST_TEST(!guard.owns());
        BOOST_TEST(lock.log == "lock unlock ");
        guard.unlock();
    }
    BOOST_TEST(lock.log == "lock unlock ");
}

BOOST_AUTO_TEST_CASE(a_failed_try_unlocks_nothing) {
    recorder lock;
    lock.free = false;
    {
        write_guard guard{lock, try_to_lock};
        BOOST_TEST(!guard.owns());
    }
    BOOST_TEST(lock.log == "try ");
    lock.free = true;
    {
        write_guard guard{lock, try_to_lock};
        BOOST_TEST(guard.owns());
    }
    BOOST_TEST(lock.log == "try try unlock ");
}

BOOST_AUTO_TEST_CASE(readers_share_where_the_lock_can) {
    shared_recorder lock;
    { read_guard guard{lock}; }
    { read_guard guard{lock, try_to_lock}; }
    { write_guard guard{lock}; }
    BOOST_TEST(lock.log == "lock_shared unlock_shared try_shared unlock_shared lock unlock ");
}

BOOST_AUTO_TEST_CASE(readers_exclude_where_the_lock_cannot_share) {
    recorder lock;
    { read_guard guard{lock}; }
    { read_guard guard{lock, try_to_lock}; }
    BOOST_TEST(lock.log == "lock unlock try unlock ");
}

BOOST_AUTO_TEST_CASE(a_moved_guard_takes_the_duty_along) {
    recorder first;
    recorder second;
    {
        write_guard a{first};
        write_guard b{std::move(a)};
        BOOST_TEST(b.owns());
        BOOST_TEST(first.log == "lock ");
        write_guard c{second};
        c = std::move(b);  // lets go of the second, keeps the first
        BOOST_TEST(second.log == "lock unlock ");
        BOOST_TEST(first.log == "lock ");
        write_guard<recorder>& same = c;
        c = std::move(same);
        BOOST_TEST(c.owns());
        write_guard<recorder> nothing;
        BOOST_TEST(!nothing.owns());
        nothing = std::move(c);
        BOOST_TEST(nothing.owns());
    }
    BOOST_TEST(first.log == "lock unlock ");
    BOOST_TEST(second.log == "lock unlock ");
}

BOOST_AUTO_TEST_CASE(each_token_goes_back_to_its_lock) {
    token_recorder lock;
    {
        write_guard a{lock};               // 1
        write_guard b{lock, try_to_lock};  // 2
        BOOST_TEST(b.owns());
        lock.free = false;
        write_guard none{lock, try_to_lock};
        BOOST_TEST(!none.owns());
        read_guard c{lock};  // 3, exclusively
        write_guard d{std::move(a)};
        b.unlock();
    }
    BOOST_TEST(lock.log == "2 1 3 ");
}

BOOST_AUTO_TEST_CASE(a_lock_says_whether_it_may_be_held) {
    rmap::locks::spin spin;
    BOOST_TEST(!rmap::may_hold(spin));
    BOOST_TEST(!rmap::may_hold_shared(spin));
    {
        read_guard guard{spin};
        BOOST_TEST(rmap::may_hold(spin));
        BOOST_TEST(rmap::may_hold_shared(spin));
    }
    rmap::locks::rw_spin rw;
    BOOST_TEST(!rmap::may_hold_shared(rw));
    {
        read_guard guard{rw};
        BOOST_TEST(!rmap::may_hold(rw));
        BOOST_TEST(rmap::may_hold_shared(rw));
    }
    {
        write_guard guard{rw};
        BOOST_TEST(rmap::may_hold(rw));
        BOOST_TEST(rmap::may_hold_shared(rw));
    }
    BOOST_TEST(rmap::may_hold(rmap::locks::none{}));  // cannot say, is believed
}

BOOST_AUTO_TEST_CASE(a_lock_that_asserts_is_asked) {
    struct asserting : shared_recorder {
        void assert_held() const noexcept { ++*asked; }
        void assert_held_shared() const noexcept { *asked += 10; }
        int* asked = nullptr;
    } lock;
    int asked = 0;
    lock.asked = &asked;
    BOOST_TEST(rmap::may_hold(lock));
    BOOST_TEST(rmap::may_hold_shared(lock));
    BOOST_TEST(asked == 11);
}
