// SPDX-License-Identifier: BSL-1.0
#pragma once

// The laws of a lock that has no explored form: two real threads look at it, one after the other.
// That shows what a lock does, but for what holders hand to each other and for interleavings inside
// of it, where it proves nothing; run the same program under ThreadSanitizer as well.
//
// Time decides nothing about a lock that keeps the laws: a thread that does not come back within
// ten seconds counts as one that waits for ever, and is left where it is.

#include <chrono>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <type_traits>
#include <utility>

#include <rmap/locks/guard.hpp>
#include <rmap/locks/held.hpp>
#include <rmap/verify/conformance/lock_laws.hpp>
#include <rmap/verify/conformance/suite.hpp>

namespace rmap::inline RMAP_ABI::verify::conformance {

/// A thread that may never come back.
class other_thread {
public:
    explicit other_thread(std::function<void()> does) {
        std::thread{[is = is_, does = std::move(does)] {
            does();
            const std::lock_guard guard{is->mutex};
            is->done = true;
            is->changed.notify_all();
        }}.detach();
    }
    /// Whether it comes back.
    [[nodiscard]] bool comes_back(std::chrono::milliseconds within = std::chrono::seconds{10}) {
        std::unique_lock guard{is_->mutex};
        return is_->changed.wait_for(guard, within, [&] { return is_->done; });
    }

private:
    struct state {
        std::mutex mutex{};
        std::condition_variable changed{};
        bool done = false;
    };
    std::shared_ptr<state> is_ = std::make_shared<state>();
};

template <exclusive_lock Lock>
class opaque_lock_suite {
    using writes = write_guard<Lock>;
    using reads = read_guard<Lock>;
    // Kept by who may never come back.
    struct shared_state {
        Lock lock{};
        bool got = false;
        long sum = 0;
    };
    using state = std::shared_ptr<shared_state>;

public:
    explicit opaque_lock_suite(suite& of) : s_{&of} {}

    void run() {
        if (!alone()) return;
        tried<writes, writes>(lock_law::excludes);
        waits();
        adds();
        if constexpr (shared_lock<Lock>) {
            tried<writes, reads>(lock_law::readers_exclude_writers);
            tried<reads, writes>(lock_law::readers_exclude_writers);
            together();
            s_->not_seen(lock_law::readers_hand_over, no_form);
        } else {
            for (const law* l : {&lock_law::readers_share, &lock_law::readers_exclude_writers,
                                 &lock_law::readers_hand_over}) {
                s_->not_claimed(*l, "the lock has no shared form");
            }
        }
        s_->not_seen(lock_law::readers_nest, no_form);
        for (const law* l :
             {&lock_law::looks_notice, &lock_law::looks_succeed, &lock_law::looks_tell_held}) {
            if constexpr (optimistic_lock<Lock>) {
                s_->not_seen(*l, no_form);
            } else {
                s_->not_claimed(*l, "the lock is not optimistic");
            }
        }
    }

private:
    static constexpr const char* no_form = "the lock has no explored form (explored_form.hpp)";
    static constexpr const char* in_turns = "two real threads in turns; not explored";

    static state fresh() { return std::make_shared<shared_state>(); }

    void broken(const law& of, const char* what) { s_->looked(of, in_turns, what); }
    void held(const law& of) { s_->looked(of, in_turns, ""); }

    bool alone() {
        const state is = fresh();
        other_thread unlocks{[is] {
            for (int i = 0; i != 2; ++i)
                const writes again{is->lock};
            if constexpr (shared_lock<Lock>) {
                for (int i = 0; i != 2; ++i)
                    const reads again{is->lock};
                const writes again{is->lock};
            }
        }};
        if (!unlocks.comes_back()) {
            broken(lock_law::unlock_frees, "one who is alone waits for ever");
            return false;
        }
        held(lock_law::unlock_frees);
        other_thread tries_it{[is] {
            for (unsigned i = 0; i != tries && !is->got; ++i) {
                is->got = writes{is->lock, try_to_lock}.owns();
            }
        }};
        if (!tries_it.comes_back()) {
            broken(lock_law::try_does_not_wait, "a try of the free lock waits for ever");
            return false;
        }
        if (!is->got) broken(lock_law::try_succeeds, "no try of the free lock succeeds");
        held(lock_law::try_succeeds);
        if constexpr (tells_held<Lock>) {
            if (is->lock.is_held()) broken(lock_law::is_held, "a free lock says that it is held");
            {
                const writes mine{is->lock};
                if (!is->lock.is_held()) {
                    broken(lock_law::is_held, "its holder is told that nobody holds it");
                }
            }
            held(lock_law::is_held);
        } else {
            s_->not_claimed(lock_law::is_held, "the lock has no is_held()");
        }
        if constexpr (std::is_void_v<decltype(std::declval<Lock&>().lock())>) {
            s_->not_claimed(lock_law::tokens_travel, "the lock hands out no token");
        } else {
            other_thread moves{[is] {
                writes first{is->lock};
                writes second{static_cast<writes&&>(first)};
                second.unlock();
                const writes again{is->lock};
            }};
            const bool back = moves.comes_back();
            s_->looked(lock_law::tokens_travel, in_turns,
                       back ? "" : "a token that was moved does not unlock");
            if (!back) return false;
        }
        return true;
    }

    /// One holds the lock while another tries it.
    template <class Holds, class Tries>
    void tried(const law& exclusion) {
        const state is = fresh();
        Holds mine{is->lock};
        other_thread other{[is] { is->got = Tries{is->lock, try_to_lock}.owns(); }};
        if (!other.comes_back()) {
            // The holder lets go nevertheless: an execution that hangs tells less.
            mine.unlock();
            broken(lock_law::try_does_not_wait, "a try of a held lock does not come back");
            return;
        }
        held(lock_law::try_does_not_wait);
        if (is->got) {
            broken(exclusion, "a try got the lock while another held it");
            mine.unlock();
            return;
        }
        held(exclusion);
        mine.unlock();
        other_thread after{[is] { const writes again{is->lock}; }};
        if (!after.comes_back()) {
            broken(lock_law::try_leaves_nothing, "after a failed try nobody gets the lock");
        }
        held(lock_law::try_leaves_nothing);
    }

    /// One holds the lock while another waits for it.
    void waits() {
        const state is = fresh();
        writes mine{is->lock};
        other_thread other{[is] {
            const writes again{is->lock};
            is->sum = 1;
        }};
        if (other.comes_back(std::chrono::milliseconds{5})) {
            broken(lock_law::excludes, "one entered while another held the lock");
        }
        mine.unlock();
        if (!other.comes_back()) {
            broken(lock_law::progress, "who waited does not get the lock that was let go");
        }
        held(lock_law::progress);
    }

    void adds() {
        constexpr int turns = 1000;
        const state is = fresh();
        const auto add = [is] {
            for (int i = 0; i != turns; ++i) {
                const writes mine{is->lock};
                ++is->sum;
            }
        };
        other_thread other{add}, another{add};
        if (!other.comes_back() || !another.comes_back()) {
            broken(lock_law::progress, "two who add do not come to an end");
            return;
        }
        s_->looked(lock_law::hands_over,
                   "two real threads, 1000 turns each: no promise; not explored",
                   is->sum == 2 * turns ? "" : "what a holder wrote is lost");
    }

    void together() {
        const state is = fresh();
        const reads mine{is->lock};
        other_thread other{[is] {
            for (unsigned i = 0; i != tries && !is->got; ++i) {
                is->got = reads{is->lock, try_to_lock}.owns();
            }
        }};
        const bool back = other.comes_back();
        s_->looked(lock_law::readers_share, in_turns,
                   back && is->got ? "" : "a second reader does not get the lock");
    }

    suite* s_;
};

}  // namespace rmap::inline RMAP_ABI::verify::conformance
