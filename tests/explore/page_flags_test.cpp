// SPDX-License-Identifier: BSL-1.0

// The orders of page_flags, as they ship, under the C++ memory model; each is needed. The lock in
// the word, with somebody who changes other flags meanwhile; a page that goes from hand to hand by
// its flag L alone; and the third actor of the handshake, whom the page lock keeps out and no
// barrier does. (The handshake itself: flags_matrix_test.cpp.)

#include <utility>

#include <rmap/flags/handshake.hpp>

#include "support/weakened.hpp"

namespace {

using namespace rmap_test;
using rmap::write_guard;
namespace flags = rmap::flags;
using enum order;

tally results;

enum class pg : unsigned { locked, lru, mlocked, dirty, count };
using word = flags::page_flags<pg, weakened_model, std::uint32_t, verify::explored_checks>;
using one = flags::one_word<word, pg::mlocked, pg::lru>;

constexpr std::initializer_list<failure_kind> race = {failure_kind::data_race};

/// Two that count under the word's lock, and one that sets and clears a flag of the same word.
template <bool Try>
void counters(verify::test& t) {
    word w;
    model::plain<int> n{0};
    int refused = 0;
    for (const char* who : {"a", "b"}) {
        t.thread(who, [&] {
            if constexpr (Try) {
                if (!w.try_lock()) {
                    ++refused;
                    return;
                }
            } else {
                w.lock();
            }
            n = n + 1;
            w.unlock();
        });
    }
    t.thread("c", [&] {
        require(!w.test_and_set<pg::dirty, relaxed>(), "set before");
        if constexpr (Try) require(w.test_and_clear<pg::dirty, relaxed>(), "the flag is lost");
    });
    t.run();
    require(n == 2 - refused, "an increment was lost");
    require(w.load<relaxed>() == (Try ? 0U : word::mask<pg::dirty>()), "a flag is wrong");
}

/// The putter has written the page; who isolates it reads that. No lock: L hands it over.
void handed_over(verify::test& t) {
    word w;
    model::plain<int> content{0};
    bool taken = false;
    t.thread("putter", [&] {
        content = 7;
        static_cast<void>(one::putback<release>(w).still_mlocked());
    });
    t.thread("taker", [&] {
        if (!one::isolate<acquire>(w)) return;
        taken = true;
        require(content == 7, "an old page");
        content = 8;
    });
    t.run();
    require(taken != w.test<pg::lru, relaxed>(), "two have the page, or nobody");
}

/// The same, and the parties of the handshake are those who take it: exactly one of them does.
void one_takes_it(verify::test& t) {
    word w;
    w.set<pg::mlocked, relaxed>();
    model::plain<int> content{0};
    int takers = 0;
    t.thread("munlock", [&] {
        auto mine = one::munlock(w);
        if (!mine.on_lru() || !mine.isolate<acquire>()) return;
        ++takers;
        require(content == 7, "an old page");
    });
    t.thread("putback", [&] {
        content = 7;
        auto mine = one::putback<release>(w);
        if (!mine.still_mlocked() && mine.isolate()) ++takers;
    });
    t.run();
    require(takers == 1, "nobody, or two");
}

/// A page is unmapped and freed while somebody mlocks it, who found it mapped.
template <bool Locked>
void mlock_and_free(verify::test& t) {
    word w;
    w.set<pg::mlocked, relaxed>();
    model::atomic<bool> mapped{true};
    bool freed_mlocked = false;
    t.thread("unmap", [&] {
        write_guard<word> held;
        if constexpr (Locked) held = write_guard{w};
        mapped.store(false, relaxed);
        if constexpr (Locked) {
            static_cast<void>(one::munlock_to_free(w, held).isolate());
        } else {
            static_cast<void>(one::munlock(w).isolate());
            model::fence(seq_cst);
        }
        freed_mlocked = w.test<pg::mlocked, relaxed>();
    });
    t.thread("mlock", [&] {
        write_guard<word> held;
        if constexpr (Locked) held = write_guard{w};
        if (!mapped.load(relaxed)) return;
        if constexpr (Locked) {
            one::mlock(w, held);
        } else {
            model::fence(seq_cst);
            w.set<pg::mlocked, seq_cst>();
        }
    });
    t.run();
    // Whatever the mlocker still does, it does to a page that is gone.
    require(!freed_mlocked && !w.test<pg::mlocked, relaxed>(), "a mlocked page is freed");
}

/// Flags are published over those that somebody else, who should not be there, has set.
void published_over(verify::test& t) {
    word w;
    t.thread("owner", [&] {
        auto own = w.withdraw();
        own.set<pg::lru>();
        w.publish(std::move(own));
    });
    t.thread("other", [&] { w.set<pg::dirty, seq_cst>(); });
    t.run();
    require(w.test<pg::dirty, relaxed>(), "a flag is lost");
}

void the_lock() {
    constexpr const char* file = "flags/page_flags.hpp";
    as_shipped(results, "page_flags lock", {}, counters<false>);
    as_shipped(results, "page_flags try", {}, counters<true>);
    shows(results, "page_flags lock", {}, {file, "take", acquire}, race, counters<false>);
    shows(results, "page_flags lock", {}, {file, "unlock", release}, race, counters<false>);
    shows(results, "page_flags try", {}, {file, "take", acquire}, race, counters<true>);
    shows(results, "page_flags try", {}, {file, "unlock", release}, race, counters<true>);
}

void from_hand_to_hand() {
    constexpr const char* file = "flags/parties.hpp";
    as_shipped(results, "handed over", {}, handed_over);
    shows(results, "handed over", {}, {file, "test_and_set", release}, race, handed_over);
    shows(results, "handed over", {}, {file, "test_and_clear", acquire}, race, handed_over);
    as_shipped(results, "one takes it", {}, one_takes_it);
    shows(results, "one takes it", {}, {file, "test_and_clear", acquire}, race, one_takes_it);
}

void third_actor() {
    as_shipped(results, "mlock and free, page lock", {}, mlock_and_free<true>);
    const auto broken = explore("mlock and free, fences", {}, mlock_and_free<false>);
    results.found(broken, failure_kind::assertion, "mlock and free without a lock, one memory");
    std::printf("%s", broken.text.c_str());
}

void sole_owner() {
    const auto lost = explore("published over", {}, published_over);
    results.found(lost, failure_kind::assertion, "published by who is not alone");
}

}  // namespace

int main() {
    the_lock();
    sole_owner();
    from_hand_to_hand();
    third_actor();
    return results.exit_code();
}
