// SPDX-License-Identifier: BSL-1.0
#pragma once

// The lock of a conformance suite's maps: an exploration's lock that knows its rank, and fails
// where a thread waits for one while it holds one further in (locking/order.hpp). Locks of one
// rank, and those without a rank, may be held together; what that leads to, a search for deadlocks
// finds.

#include <cstdint>
#include <string>

#include <rmap/core/lock_rank.hpp>
#include <rmap/verify/explore/engine.hpp>
#include <rmap/verify/explore/model_lock.hpp>
#include <rmap/verify/lockdep/lock_class.hpp>

namespace rmap::inline RMAP_ABI::verify::conformance {

/// How many locks of each rank the threads of the execution under way hold.
class held_ranks {
public:
    static constexpr const char* complaint = "lock order";

    [[nodiscard]] static held_ranks& now() noexcept {
        static held_ranks all;
        return all;
    }
    void waits(lock_rank rank) {
        if (unsigned* const mine = counts()) {
            for (unsigned r = static_cast<unsigned>(rank) + 1; r != ranks; ++r) {
                if (mine[r] == 0) continue;
                engine::active()->fail(failure_kind::check, std::string{complaint} + ": a " +
                                                                name_of(rank) +
                                                                " is waited for by who holds a " +
                                                                name_of(static_cast<lock_rank>(r)));
            }
        }
    }
    void took(lock_rank rank) noexcept {
        if (unsigned* const mine = counts()) ++mine[static_cast<unsigned>(rank)];
    }
    void left(lock_rank rank) noexcept {
        if (unsigned* const mine = counts()) --mine[static_cast<unsigned>(rank)];
    }

private:
    static constexpr unsigned ranks = static_cast<unsigned>(lock_rank::free_list) + 1;

    /// Those of the running thread; null outside an exploration.
    [[nodiscard]] unsigned* counts() noexcept {
        engine* const e = engine::active();
        if (e == nullptr) return nullptr;
        if (epoch_ != e->objects().epoch()) {
            epoch_ = e->objects().epoch();
            for (auto& row : held_) {
                for (unsigned& n : row)
                    n = 0;
            }
        }
        return held_[e->on_thread() ? static_cast<unsigned>(e->current()) : max_threads];
    }

    std::uint32_t epoch_ = 0;
    unsigned held_[max_threads + 1][ranks]{};
};

template <lock_rank Rank>
class order_lock_of;

class order_lock : private model_lock {
    using where = location;

public:
    template <lock_rank Rank>
    using with_rank = order_lock_of<Rank>;

    order_lock() noexcept = default;
    explicit order_lock(lock_rank rank) noexcept : ranked_{true}, rank_{rank} {}

    void lock(where at = where::current()) noexcept {
        waits();
        model_lock::lock(at);
        took();
    }
    [[nodiscard]] bool try_lock(where at = where::current()) noexcept {
        return took_if(model_lock::try_lock(at));
    }
    void unlock(where at = where::current()) noexcept {
        model_lock::unlock(at);
        left();
    }
    void lock_shared(where at = where::current()) noexcept {
        waits();
        model_lock::lock_shared(at);
        took();
    }
    [[nodiscard]] bool try_lock_shared(where at = where::current()) noexcept {
        return took_if(model_lock::try_lock_shared(at));
    }
    void unlock_shared(where at = where::current()) noexcept {
        model_lock::unlock_shared(at);
        left();
    }
    using model_lock::is_held;
    using model_lock::is_held_shared;

private:
    void waits() const {
        if (ranked_) held_ranks::now().waits(rank_);
    }
    void took() const noexcept {
        if (ranked_) held_ranks::now().took(rank_);
    }
    void left() const noexcept {
        if (ranked_) held_ranks::now().left(rank_);
    }
    [[nodiscard]] bool took_if(bool taken) const noexcept {
        if (taken) took();
        return taken;
    }

    bool ranked_ = false;
    lock_rank rank_{};
};

template <lock_rank Rank>
class order_lock_of : public order_lock {
public:
    order_lock_of() noexcept : order_lock{Rank} {}
};

static_assert(shared_lock<order_lock> && shared_lock<order_lock_of<lock_rank::tree>>);

}  // namespace rmap::inline RMAP_ABI::verify::conformance
