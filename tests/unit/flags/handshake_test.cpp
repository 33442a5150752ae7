// SPDX-License-Identifier: BSL-1.0

// The forms of the handshake, by one thread: what each party is told, for each state that the flags
// can be in. With threads: not both miss, and one alone takes the page. (All interleavings, and
// weak memory: tests/explore.)

#define BOOST_TEST_MODULE handshake
#include <sys/wait.h>
#include <unistd.h>
#include <atomic>
#include <boost/mpl/list.hpp>
#include <boost/test/unit_test.hpp>
#include <cstring>
#include <string>
#include <thread>
#include <utility>

#include <rmap/flags/handshake.hpp>
#include <rmap/hosted/std_atomics.hpp>
#include <rmap/locks/spin.hpp>

namespace {

using rmap::order;
using rmap::write_guard;
namespace flags = rmap::flags;

enum class pg : unsigned { locked, lru, mlocked, dirty, count };

template <class Atomics>
using word = flags::page_flags<pg, Atomics>;

/// What differs between the forms: where the flags of a page are.
template <class Atomics>
struct one {
    using form = flags::one_word<word<Atomics>, pg::mlocked, pg::lru>;
    word<Atomics> flags{};
    typename form::place at() { return flags; }
    word<Atomics>& mlocked() { return flags; }
    word<Atomics>& lru() { return flags; }
};
template <class Atomics>
struct two {
    using form = flags::split_word<word<Atomics>, pg::mlocked, word<Atomics>, pg::lru>;
    word<Atomics> with_mlocked{};
    word<Atomics> with_lru{};
    typename form::place at() { return {with_mlocked, with_lru}; }
    word<Atomics>& mlocked() { return with_mlocked; }
    word<Atomics>& lru() { return with_lru; }
};
template <class Atomics>
struct under_lock {
    using form = flags::locked<word<Atomics>, pg::mlocked, word<Atomics>, pg::lru,
                               rmap::locks::basic_spin<Atomics>>;
    word<Atomics> with_mlocked{};
    word<Atomics> with_lru{};
    rmap::locks::basic_spin<Atomics> lock{};
    typename form::place at() { return {with_mlocked, with_lru, lock}; }
    word<Atomics>& mlocked() { return with_mlocked; }
    word<Atomics>& lru() { return with_lru; }
};

using rmap::atomics::builtin;
using std_atomics = rmap::hosted::std_atomics;
using pages = boost::mpl::list<one<builtin>, two<builtin>, under_lock<builtin>, one<std_atomics>,
                               two<std_atomics>, one<rmap::atomics::single>
#if defined(__x86_64__)
                               ,
                               two<flags::x86_rmw>
#endif
                               >;
using shared_pages = boost::mpl::list<one<builtin>, two<builtin>, under_lock<builtin>
#if defined(__x86_64__)
                                      ,
                                      two<flags::x86_rmw>
#endif
                                      >;

constexpr bool truths[] = {false, true};

template <class Page>
void begin_with(Page& p, bool m, bool l) {
    if (m) p.mlocked().template set<pg::mlocked, order::relaxed>();
    if (l) p.lru().template set<pg::lru, order::relaxed>();
}
template <class Page>
bool m_of(Page& p) {
    return p.mlocked().template test<pg::mlocked, order::relaxed>();
}
template <class Page>
bool l_of(Page& p) {
    return p.lru().template test<pg::lru, order::relaxed>();
}

int report = -1;  // the end of the pipe to which a child process writes

struct tell {
    [[noreturn]] static void failed(const char* name, const char*, const char*, unsigned) noexcept {
        _exit(write(report, name, std::strlen(name)) > 0 ? 0 : 1);
    }
};

/// The name of the check that fails in break_it, or "none".
template <class Break>
std::string failing(Break break_it) {
    int ends[2];
    if (pipe(ends) != 0) return "no pipe";
    const pid_t child = ::fork();
    if (child == 0) {
        report = ends[1];
        break_it();
        _exit(write(report, "none", 4) == 4 ? 0 : 1);
    }
    close(ends[1]);
    char name[64] = {};
    const auto got = read(ends[0], name, sizeof name - 1);
    close(ends[0]);
    int state = 0;
    waitpid(child, &state, 0);
    return got > 0 && state == 0 ? std::string{name} : "died";
}

}  // namespace

BOOST_AUTO_TEST_CASE_TEMPLATE(the_munlocker_clears_then_looks, Page, pages) {
    using form = typename Page::form;
    for (const bool m : truths) {
        for (const bool l : truths) {
            Page p;
            begin_with(p, m, l);
            {
                auto mine = form::munlock(p.at());
                BOOST_TEST(!m_of(p));
                BOOST_TEST(mine.was_mlocked() == m);
                BOOST_TEST(mine.on_lru() == l);
                BOOST_TEST(mine.isolate() == l);
                BOOST_TEST(!mine.on_lru());
                BOOST_TEST(!mine.template isolate<order::acquire>());
            }
            BOOST_TEST(!l_of(p));
        }
    }
}

BOOST_AUTO_TEST_CASE_TEMPLATE(the_isolator_sets_then_looks, Page, pages) {
    using form = typename Page::form;
    for (const bool m : truths) {
        for (const bool l : truths) {
            Page p;
            begin_with(p, m, l);
            {
                auto mine = form::template putback<order::release>(p.at());
                BOOST_TEST(l_of(p));
                BOOST_TEST(mine.was_on_lru() == l);
                BOOST_TEST(mine.still_mlocked() == m);
                BOOST_TEST(mine.isolate());
                BOOST_TEST(!mine.isolate());
            }
            BOOST_TEST(m_of(p) == m);
            BOOST_TEST(!form::isolate(p.at()));
            static_cast<void>(form::putback(p.at()).still_mlocked());
            BOOST_TEST(form::isolate(p.at()));
        }
    }
}

BOOST_AUTO_TEST_CASE_TEMPLATE(the_third_actor_shows_the_page_lock, Page, pages) {
    using form = typename Page::form;
    Page p;
    begin_with(p, false, true);
    write_guard held{p.mlocked()};
    BOOST_TEST(!form::mlock(p.at(), held));
    BOOST_TEST(form::mlock(p.at(), held));
    BOOST_TEST(m_of(p));
    {
        auto mine = form::munlock_to_free(p.at(), held);
        BOOST_TEST(mine.was_mlocked());
        BOOST_TEST(mine.isolate());
    }
    BOOST_TEST(!m_of(p));
    BOOST_TEST(!l_of(p));
    BOOST_TEST(p.mlocked().is_held());
}

BOOST_AUTO_TEST_CASE(a_party_under_the_lock_holds_it_while_it_looks) {
    under_lock<builtin> p;
    using form = under_lock<builtin>::form;
    {
        auto mine = form::munlock(p.at());
        BOOST_TEST(p.lock.is_held());
        static_cast<void>(mine.on_lru());
    }
    BOOST_TEST(!p.lock.is_held());
    {
        write_guard own{p.lock};
        auto mine = form::putback(p.at(), std::move(own));
        BOOST_TEST(!own.owns());
        BOOST_TEST(p.lock.is_held());
        BOOST_TEST(!mine.still_mlocked());
    }
    BOOST_TEST(!p.lock.is_held());
    {
        write_guard own{p.lock};
        auto mine = form::munlock(p.at(), std::move(own));
        BOOST_TEST(mine.isolate());
    }
    BOOST_TEST(!p.lock.is_held());
}

BOOST_AUTO_TEST_CASE(broken_preconditions_have_names) {
    using checked = flags::page_flags<pg, builtin, std::uint32_t, tell>;
    using form = flags::one_word<checked, pg::mlocked, pg::lru>;
    BOOST_TEST(failing([] {
                   checked w;
                   w.lock();
                   w.unlock();
               }) == "none");
    BOOST_TEST(failing([] {
                   checked w;
                   w.unlock();
               }) == "flag_lock_not_held");
    BOOST_TEST(failing([] {
                   checked w;
                   write_guard held{w};
                   held.unlock();
                   form::mlock(w, held);
               }) == "page_lock_not_held");
    BOOST_TEST(failing([] {
                   checked w, other;
                   const write_guard held{other};
                   static_cast<void>(form::munlock_to_free(w, held).on_lru());
               }) == "page_lock_not_held");
    BOOST_TEST(failing([] {
                   checked w, other;
                   const write_guard of_somebody_else{w};
                   const write_guard held{other};
                   form::mlock(w, held);
               }) == "page_lock_not_held");
}

BOOST_AUTO_TEST_CASE(a_party_is_handed_the_guard_of_its_place) {
    using checked = flags::page_flags<pg, builtin, std::uint32_t, tell>;
    using spin = rmap::locks::spin;
    using form = flags::locked<checked, pg::mlocked, checked, pg::lru, spin>;
    BOOST_TEST(failing([] {
                   checked w;
                   spin both;
                   static_cast<void>(form::munlock({w, w, both}, write_guard{both}).on_lru());
               }) == "none");
    BOOST_TEST(failing([] {
                   checked w;
                   spin both;
                   static_cast<void>(form::munlock({w, w, both}, write_guard<spin>{}).on_lru());
               }) == "handshake_lock_not_held");
    BOOST_TEST(
        failing([] {
            checked w;
            spin both, other;
            const write_guard of_somebody_else{both};
            static_cast<void>(form::putback({w, w, both}, write_guard{other}).still_mlocked());
        }) == "handshake_lock_not_held");
}

// Each turn the two parties meet; whoever sees that the page is its business takes it. Now the one
// comes first, now the other, and half of the turns they race. What this misses, tests/explore
// finds.
BOOST_AUTO_TEST_CASE_TEMPLATE(not_both_miss, Page, shared_pages) {
    using form = typename Page::form;
    constexpr unsigned turns = 4000;
    Page p;
    std::atomic<unsigned> begun{0};      // the turn that has begun
    std::atomic<unsigned> munlocked{0};  // the turn in which the munlocker is done
    std::atomic<unsigned> put_back{0};   // the turn in which the isolator is done
    unsigned by_munlocker = 0;
    unsigned by_isolator = 0;
    unsigned strange = 0;
    const auto wait_for = [](const std::atomic<unsigned>& other, unsigned turn) {
        while (other.load() < turn) {
            std::this_thread::yield();
        }
    };
    std::thread isolator{[&] {
        for (unsigned turn = 1; turn <= turns; ++turn) {
            wait_for(begun, turn);
            if (turn % 4 == 0) wait_for(munlocked, turn);
            {
                auto mine = form::putback(p.at());
                if (!mine.still_mlocked() && mine.isolate()) ++by_isolator;
            }
            put_back.store(turn);
        }
    }};
    for (unsigned turn = 1; turn <= turns; ++turn) {
        begin_with(p, true, false);
        begun.store(turn);
        if (turn % 4 == 1) wait_for(put_back, turn);
        {
            auto mine = form::munlock(p.at());
            if (mine.on_lru() && mine.isolate()) ++by_munlocker;
        }
        munlocked.store(turn);
        wait_for(put_back, turn);
        if (m_of(p) || l_of(p)) ++strange;
    }
    isolator.join();
    BOOST_TEST(strange == 0U);
    BOOST_TEST(by_munlocker + by_isolator == turns);
    BOOST_TEST(by_munlocker >= turns / 4);
    BOOST_TEST(by_isolator >= turns / 4);
    BOOST_TEST_MESSAGE(by_munlocker << " by the munlocker, " << by_isolator << " by the isolator");
}
