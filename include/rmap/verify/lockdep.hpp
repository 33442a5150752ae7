// SPDX-License-Identifier: BSL-1.0
#pragma once

// lockdep: a lock policy around another that learns in which order locks are taken, and says from
// one single run that threads could deadlock, without their ever having to.
//
//     struct debug_policy : my_policy {
//         using lock = rmap::verify::lockdep<my_policy::lock>;
//     };
//
// For debug builds, with any number of real threads. Each lock of the map knows its rank; a lock of
// the user's is declared with lock_of_rank (core/lock_rank.hpp), or with lockdep_of and a class of
// its own. One that is neither is watched for recursion and lost unlocks only. See docs/lockdep.md;
// reports, graph and counts: verify/lockdep/graph.hpp.

#include <concepts>

#include <rmap/compat.hpp>
#include <rmap/locks/concept.hpp>
#include <rmap/locks/guard.hpp>
#include <rmap/locks/rw_spin.hpp>
#include <rmap/locks/spin.hpp>
#include <rmap/verify/lockdep/graph.hpp>

namespace rmap::inline RMAP_ABI::verify {

namespace detail {

/// A type whose readers never wait for a reader, not even for one that came before a waiting
/// writer, says so: `static constexpr bool readers_nest = true;`.
template <class Lock>
constexpr bool readers_nest() noexcept {
    if constexpr (requires {
                      { Lock::readers_nest } -> std::convertible_to<bool>;
                  }) {
        return Lock::readers_nest;
    } else {
        return false;
    }
}

}  // namespace detail

/// The inner lock of a class of the user's.
template <class Lock, const lock_class& Class>
class lockdep_of;

template <exclusive_lock Lock>
class lockdep {
    using exclusive = rmap::detail::exclusive_mode;
    using shared = rmap::detail::shared_mode;

public:
    static constexpr bool excludes = rmap::detail::excludes<Lock>();

    /// What the map's locks are (core/lock_rank.hpp).
    template <lock_rank Rank>
    using with_rank = lockdep_of<Lock, rank_class<Rank>>;

    lockdep() noexcept = default;
    explicit lockdep(const lock_class& of) noexcept : of_{&of} {}
    lockdep(const lockdep&) = delete;
    lockdep& operator=(const lockdep&) = delete;
    ~lockdep() {
        if (held_locks* mine = held_locks::mine()) graph().destroyed(*mine, self());
    }

    auto lock(const lock_note& note = lock_note::here()) noexcept {
        taking(note, false);
        return exclusive::lock(lock_, inner(note));
    }
    [[nodiscard]] auto try_lock(const lock_note& note = lock_note::here()) noexcept {
        auto taken = exclusive::try_lock(lock_, inner(note));
        if (taken) took(note, false);
        return taken;
    }
    template <class... Token>
    void unlock(Token... token) noexcept requires requires(Lock& l) {
        l.unlock(token...);
    }
    {
        released();
        lock_.unlock(token...);
    }

    auto lock_shared(const lock_note& note = lock_note::here()) noexcept requires
        shared_lock<Lock> {
        taking(note, true);
        return shared::lock(lock_, inner(note));
    }
    [[nodiscard]] auto try_lock_shared(const lock_note& note = lock_note::here()) noexcept requires
        shared_lock<Lock> {
        auto taken = shared::try_lock(lock_, inner(note));
        if (taken) took(note, true);
        return taken;
    }
    template <class... Token>
    void unlock_shared(Token... token) noexcept requires requires(Lock& l) {
        l.unlock_shared(token...);
    }
    {
        released();
        lock_.unlock_shared(token...);
    }

    /// Whether the calling thread holds it: exact, for the checks of debug level 2.
    [[nodiscard]] bool is_held() const noexcept {
        const held_locks* const mine = held_locks::mine();
        const held_lock* const h = mine == nullptr ? nullptr : mine->find(this);
        return mine == nullptr || (h != nullptr && !h->shared);
    }
    [[nodiscard]] bool is_held_shared() const noexcept {
        const held_locks* const mine = held_locks::mine();
        return mine == nullptr || mine->find(this) != nullptr;
    }

private:
    [[nodiscard]] static lock_graph& graph() noexcept { return lock_graph::global(); }
    [[nodiscard]] held_lock self() const noexcept {
        held_lock h;
        h.lock = this;
        h.of = of_;
        return h;
    }
    [[nodiscard]] held_lock self(const lock_note& note, bool is_shared) const noexcept {
        held_lock h = self();
        h.note = note;
        h.shared = is_shared;
        h.readers_nest = is_shared && detail::readers_nest<Lock>();
        return h;
    }
    void taking(const lock_note& note, bool is_shared) const noexcept {
        if (held_locks* mine = held_locks::mine()) graph().taking(*mine, self(note, is_shared));
    }
    void took(const lock_note& note, bool is_shared) const noexcept {
        if (held_locks* mine = held_locks::mine()) graph().took(*mine, self(note, is_shared));
    }
    void released() const noexcept {
        if (held_locks* mine = held_locks::mine()) graph().released(*mine, self());
    }
    [[nodiscard]] static note_for<Lock> inner(const lock_note& note) noexcept {
        if constexpr (takes_notes<Lock>) {
            return note;
        } else {
            return {};
        }
    }

    [[no_unique_address]] Lock lock_{};
    const lock_class* const of_ = nullptr;
};

template <class Lock, const lock_class& Class>
class lockdep_of : public lockdep<Lock> {
public:
    lockdep_of() noexcept : lockdep<Lock>{Class} {}
};

static_assert(exclusive_lock<lockdep<locks::spin>> && !shared_lock<lockdep<locks::spin>>);
static_assert(shared_lock<lockdep_of<locks::rw_spin, rank_class<lock_rank::tree>>>);

}  // namespace rmap::inline RMAP_ABI::verify
