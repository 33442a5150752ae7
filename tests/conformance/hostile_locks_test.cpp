// SPDX-License-Identifier: BSL-1.0

// Locks with one fault each are refused by the law that names it.

#include <rmap/core/atomics.hpp>
#include <rmap/locks/rw_spin.hpp>
#include <rmap/locks/spin.hpp>

#include "support/refused.hpp"

using namespace rmap_test;

namespace {

using rmap::order;

verdicts count;

/// Chosen when the program runs, as each lock of its own costs compiling.
enum class fault {
    none,
    looks_then_takes,  // two steps where one is needed
    unlock_relaxed,    // what a holder wrote is not published
    take_relaxed,      // what is published is not acquired
    try_waits,
    try_always_succeeds,
    try_never_succeeds,
    failed_try_stays,  // counts as a waiter for ever
    unlock_forgets,
    never_held,
    always_held,
    // of the shared form
    lets_writers_in,
    no_sharing,
    reader_relaxed,
    not_held_shared,
    // of one that can be looked past
    sequence_stays,       // an unlock does not advance it
    sequence_of_readers,  // readers count as changes
    held_untold,
    look_relaxed,     // begin_read() does not acquire
    look_unfenced,    // nothing stands between the look and the second load
    writer_unfenced,  // nothing stands between the take and the writer's stores
};
fault planted = fault::none;

bool is(fault f) {
    return planted == f;
}

template <class Atomics>
class basic_faulty {
public:
    void lock() noexcept {
        while (!take())
            Atomics::pause();
    }
    [[nodiscard]] bool try_lock() noexcept {
        if (is(fault::try_waits)) {
            lock();
            return true;
        }
        if (is(fault::try_never_succeeds)) return false;
        const bool taken = take();
        if (is(fault::try_always_succeeds)) return true;
        if (is(fault::failed_try_stays)) {
            if (!taken) state_.fetch_add(2, order::relaxed);
        }
        return taken;
    }
    void unlock() noexcept {
        if (is(fault::unlock_forgets)) return;
        state_.fetch_sub(1, is(fault::unlock_relaxed) ? order::relaxed : order::release);
    }
    [[nodiscard]] bool is_held() const noexcept {
        if (is(fault::never_held)) return false;
        if (is(fault::always_held)) return true;
        return state_.load(order::relaxed) != 0;
    }

private:
    [[nodiscard]] bool take() noexcept {
        unsigned expected = 0;
        if (is(fault::looks_then_takes)) {
            if (state_.load(order::acquire) != 0) return false;
            state_.store(1, order::relaxed);
            return true;
        }
        return state_.compare_exchange(expected, 1,
                                       is(fault::take_relaxed) ? order::relaxed : order::acquire);
    }

    typename Atomics::template atomic<unsigned> state_{};
};

using faulty = basic_faulty<rmap::atomics::builtin>;

/// A count of readers, or -1 for a writer.
template <class Atomics>
class basic_shared {
public:
    void lock() noexcept {
        while (!try_lock())
            Atomics::pause();
    }
    [[nodiscard]] bool try_lock() noexcept {
        int seen = word_.load(order::relaxed);
        if (is(fault::lets_writers_in) ? seen < 0 : seen != 0) return false;
        return word_.compare_exchange(seen, -1, order::acquire);
    }
    void unlock() noexcept { word_.store(0, order::release); }
    void lock_shared() noexcept {
        while (!try_lock_shared())
            Atomics::pause();
    }
    [[nodiscard]] bool try_lock_shared() noexcept {
        int seen = word_.load(order::relaxed);
        if (seen < 0 || (is(fault::no_sharing) && seen != 0)) return false;
        return word_.compare_exchange(seen, seen + 1, order::acquire);
    }
    void unlock_shared() noexcept {
        word_.fetch_sub(1, is(fault::reader_relaxed) ? order::relaxed : order::release);
    }
    [[nodiscard]] bool is_held() const noexcept { return word_.load(order::relaxed) < 0; }
    [[nodiscard]] bool is_held_shared() const noexcept {
        const int seen = word_.load(order::relaxed);
        return is(fault::not_held_shared) ? seen < 0 : seen != 0;
    }

private:
    typename Atomics::template atomic<int> word_{};
};
using shared = basic_shared<rmap::atomics::builtin>;

/// A sequence that is odd while a writer is there; readers count in the upper half.
template <class Atomics>
class basic_looked_past {
public:
    using sequence = unsigned long long;

    void lock() noexcept {
        while (!try_lock())
            Atomics::pause();
    }
    [[nodiscard]] bool try_lock() noexcept {
        sequence seen = word_.load(order::relaxed);
        if (seen >= reader || (seen & 1) != 0) return false;
        if (!word_.compare_exchange(seen, seen + 1, order::acquire)) return false;
        if (!is(fault::writer_unfenced)) Atomics::fence(order::release);
        return true;
    }
    void unlock() noexcept {
        if (is(fault::sequence_stays)) {
            word_.fetch_sub(1, order::release);
        } else {
            word_.fetch_add(1, order::release);
        }
    }
    void lock_shared() noexcept {
        while (!try_lock_shared())
            Atomics::pause();
    }
    [[nodiscard]] bool try_lock_shared() noexcept {
        sequence seen = word_.load(order::relaxed);
        return (seen & 1) == 0 && word_.compare_exchange(seen, seen + reader, order::acquire);
    }
    void unlock_shared() noexcept { word_.fetch_sub(reader, order::release); }

    [[nodiscard]] sequence begin_read() const noexcept {
        return word_.load(is(fault::look_relaxed) ? order::relaxed : order::acquire) & mask();
    }
    [[nodiscard]] static bool is_held(sequence seen) noexcept {
        return (seen & 1) != 0 && !is(fault::held_untold);
    }
    [[nodiscard]] bool changed(sequence seen) const noexcept {
        if (!is(fault::look_unfenced)) Atomics::fence(order::acquire);
        return (seen & 1) != 0 || (word_.load(order::relaxed) & mask()) != seen;
    }

private:
    static constexpr sequence reader = 1ULL << 32;
    static sequence mask() noexcept {
        return is(fault::sequence_of_readers) ? ~sequence{0} : reader - 1;
    }

    typename Atomics::template atomic<sequence> word_{};
};
using looked_past = basic_looked_past<rmap::atomics::builtin>;

/// Says that a reader may take it twice, and lets a waiting writer in between.
template <class Atomics>
struct basic_says_nest : rmap::locks::basic_rw_spin<Atomics> {
    static constexpr bool readers_nest = true;
};

/// A token that is lost when it is assigned a second time, as when a guard moves.
template <class Atomics>
class basic_lost_token {
public:
    struct token {
        token() noexcept = default;
        explicit token(unsigned is) noexcept : value{is} {}
        token(const token&) noexcept = default;
        token& operator=(const token& other) noexcept {
            value = other.moves == 0 ? other.value : 0;
            moves = other.moves + 1;
            return *this;
        }
        unsigned value = 0;
        unsigned moves = 0;
    };
    [[nodiscard]] token lock() noexcept {
        lock_.lock();
        return token{1};
    }
    void unlock(token t) noexcept {
        if (t.value == 1) lock_.unlock();
    }
    [[nodiscard]] rmap::locks::try_result<token> try_lock() noexcept {
        if (!lock_.try_lock()) return {};
        return token{1};
    }

private:
    rmap::locks::basic_spin<Atomics> lock_{};
};

/// Not over an atomics family: looked at by two real threads.
class opaque : faulty {
public:
    using faulty::is_held, faulty::lock, faulty::try_lock, faulty::unlock;
};
class opaque_shared : shared {
public:
    using shared::is_held, shared::lock, shared::lock_shared, shared::try_lock,
        shared::try_lock_shared, shared::unlock, shared::unlock_shared;
};

template <class Lock>
void refused(fault f, const char* name, const char* law) {
    planted = f;
    count.refused(name, law, [](auto sink) { verify::lock_conforms<Lock>(sink); });
    planted = fault::none;
}
#define RMAP_REFUSED(lock, what, law) refused<lock>(fault::what, #lock ", " #what, law)

template <class Lock>
void conforms() {
    count.conforms(type_name<Lock>(), [](auto sink) { verify::lock_conforms<Lock>(sink); });
}

}  // namespace

int main() {
    conforms<faulty>();
    RMAP_REFUSED(faulty, looks_then_takes, "lock.excludes");
    RMAP_REFUSED(faulty, unlock_relaxed, "lock.hands_over");
    RMAP_REFUSED(faulty, take_relaxed, "lock.hands_over");
    RMAP_REFUSED(faulty, try_waits, "lock.try_does_not_wait");
    RMAP_REFUSED(faulty, try_always_succeeds, "lock.excludes");
    RMAP_REFUSED(faulty, try_always_succeeds, "lock.try_does_not_wait");
    RMAP_REFUSED(faulty, try_never_succeeds, "lock.try_succeeds");
    RMAP_REFUSED(faulty, failed_try_stays, "lock.try_leaves_nothing");
    RMAP_REFUSED(faulty, unlock_forgets, "lock.unlock_frees");
    RMAP_REFUSED(faulty, unlock_forgets, "lock.progress");
    RMAP_REFUSED(faulty, never_held, "lock.is_held");
    RMAP_REFUSED(faulty, always_held, "lock.is_held");

    conforms<shared>();
    RMAP_REFUSED(shared, lets_writers_in, "lock.readers_exclude_writers");
    RMAP_REFUSED(shared, no_sharing, "lock.readers_share");
    RMAP_REFUSED(shared, reader_relaxed, "lock.readers_hand_over");
    RMAP_REFUSED(shared, not_held_shared, "lock.is_held");
    RMAP_REFUSED(basic_says_nest<rmap::atomics::builtin>, none, "lock.readers_nest");
    RMAP_REFUSED(basic_lost_token<rmap::atomics::builtin>, none, "lock.tokens_travel");

    conforms<looked_past>();
    RMAP_REFUSED(looked_past, sequence_stays, "lock.looks_notice");
    RMAP_REFUSED(looked_past, look_relaxed, "lock.looks_notice");
    RMAP_REFUSED(looked_past, look_unfenced, "lock.looks_notice");
    RMAP_REFUSED(looked_past, writer_unfenced, "lock.looks_notice");
    RMAP_REFUSED(looked_past, sequence_of_readers, "lock.looks_succeed");
    RMAP_REFUSED(looked_past, held_untold, "lock.looks_tell_held");

    conforms<opaque>();
    RMAP_REFUSED(opaque, try_always_succeeds, "lock.excludes");
    RMAP_REFUSED(opaque, try_never_succeeds, "lock.try_succeeds");
    RMAP_REFUSED(opaque, never_held, "lock.is_held");
    RMAP_REFUSED(opaque_shared, lets_writers_in, "lock.readers_exclude_writers");
    return count.exit_code();
}
