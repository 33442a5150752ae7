// SPDX-License-Identifier: BSL-1.0
#pragma once

// A queued lock: fair, and each waiter spins on a word of its own, so that an unlock disturbs one
// other processor. Two words. The queue node of a waiter lives in its call of lock() and nowhere
// else: whoever enters puts what is behind it into the lock itself, so the lock needs no token and
// no memory (the variant of K42; Scott, Shared-Memory Synchronization, 2013, section 4.3). Not
// recursive; readers exclude each other, too.

#include <rmap/core/atomics.hpp>
#include <rmap/core/config.hpp>
#include <rmap/locks/concept.hpp>

namespace rmap::inline RMAP_ABI {

namespace locks {

template <atomics_family Atomics>
class basic_mcs {
    struct node;
    using pointer = typename Atomics::template atomic<node*>;

    struct node {
        // In the lock: the last in the queue; null while free, this node while held and nobody
        // waits. In a waiter: not null until its turn has come.
        pointer tail{};
        // The next in the queue; null while there is none that has said so.
        pointer next{};
    };

public:
    constexpr basic_mcs() noexcept = default;
    basic_mcs(const basic_mcs&) = delete;
    basic_mcs& operator=(const basic_mcs&) = delete;

    void lock() noexcept {
        while (!try_lock()) {
            // Orders:     nothing, on purpose: a guess that the exchange below confirms.
            // Pairs with: nothing.
            // Otherwise:  a stale answer costs one more turn of the loop.
            // Proved by:  tests/unit/locks/explored_test.cpp
            node* before = queue_.tail.load(order::relaxed);
            if (before != nullptr && wait_behind(before)) return;
        }
    }

    [[nodiscard]] bool try_lock() noexcept {
        node* nobody = nullptr;
        // Orders:     this exchange before what the new holder does.
        // Pairs with: the exchange in unlock().
        // Otherwise:  new holder: loads field early | old holder: stores field; tail := null.
        // Proved by:  tests/unit/locks/explored_test.cpp
        return queue_.tail.compare_exchange(nobody, &queue_, order::acquire);
    }

    void unlock() noexcept {
        node* behind = next_of(queue_);
        if (behind == nullptr) {
            node* expected = &queue_;
            // Orders:     what the holder did before this exchange.
            // Pairs with: the exchange in try_lock().
            // Otherwise:  holder: stores field; tail := null | next: enters; loads the old field.
            // Proved by:  tests/unit/locks/explored_test.cpp
            if (queue_.tail.compare_exchange(expected, nullptr, order::release)) return;
            behind = wait_for_next(queue_);
        }
        // Orders:     what the holder did before this store.
        // Pairs with: the load in wait_behind().
        // Otherwise:  holder: stores field; calls the next | next: enters; loads the old field.
        // Proved by:  tests/unit/locks/explored_test.cpp
        behind->tail.store(nullptr, order::release);
    }

    /// Whether somebody holds the lock: true while the caller does. For checks.
    [[nodiscard]] bool is_held() const noexcept {
        // Orders:     nothing, on purpose: the answer is a hint.
        // Pairs with: nothing; who then takes the lock does so in lock() or try_lock().
        // Otherwise:  a stale answer; never to the holder, after whose entry the word is not null.
        // Proved by:  tests/unit/locks/explored_test.cpp
        return queue_.tail.load(order::relaxed) != nullptr;
    }

private:
    /// Joins the queue behind `before`, if that is its end, and waits. False: it was not.
    [[nodiscard]] bool wait_behind(node* before) noexcept {
        node mine;
        // Relaxed: nobody knows the node before the exchange.
        mine.tail.store(&mine, order::relaxed);
        // Orders:     the node's making before its use by the next in line; and the next use of
        //             `before` behind its making.
        // Pairs with: the same exchange of the one before and of the one behind, and enter().
        // Otherwise:  T1 makes its node, joins | T2 joins behind it, links itself; then T1's null
        //             arrives, and T1 never learns of T2.
        // Proved by:  tests/unit/locks/explored_test.cpp
        if (!queue_.tail.compare_exchange(before, &mine, order::acq_rel)) return false;
        // Orders:     the node's making before its use by the one in front.
        // Pairs with: the load in next_of().
        // Otherwise:  the one in front calls a node whose first value arrives later: a lost call.
        // Proved by:  tests/unit/locks/explored_test.cpp
        before->next.store(&mine, order::release);
        // Orders:     this load before what the new holder does.
        // Pairs with: the last store in unlock().
        // Otherwise:  new holder: loads field early | old holder: stores field; calls the next.
        // Proved by:  tests/unit/locks/explored_test.cpp
        while (mine.tail.load(order::acquire) != nullptr) {
            Atomics::pause();
        }
        enter(mine);
        return true;
    }

    /// The holder's node goes; the lock's own takes its place. Then nobody knows `mine` any more.
    void enter(node& mine) noexcept {
        // Relaxed: unlock() is the same thread's, and others come after the exchange.
        queue_.next.store(next_of(mine), order::relaxed);
        if (next_of(queue_) != nullptr) return;
        node* last = &mine;
        // Orders:     the null above before the link of one who joins behind the lock's own node.
        // Pairs with: the exchange in wait_behind().
        // Otherwise:  holder: next := null; tail := lock | T2 joins, links itself; the null arrives
        //             behind that, and the holder never learns of T2.
        // Proved by:  tests/unit/locks/explored_test.cpp
        if (queue_.tail.compare_exchange(last, &queue_, order::release)) return;
        queue_.next.store(wait_for_next(mine), order::relaxed);
    }

    /// Somebody has joined behind `n`, and will say so.
    [[nodiscard]] node* wait_for_next(const node& n) noexcept {
        for (;;) {
            if (node* behind = next_of(n)) return behind;
            Atomics::pause();
        }
    }

    [[nodiscard]] node* next_of(const node& n) const noexcept {
        // Orders:     this load before the call of the one behind.
        // Pairs with: the store to before->next in wait_behind().
        // Otherwise:  as there.
        // Proved by:  tests/unit/locks/explored_test.cpp
        return n.next.load(order::acquire);
    }

    // Its fields are written and read by anyone; `next` by the holder and the first who waits.
    node queue_{};
};

using mcs = basic_mcs<atomics::builtin>;

static_assert(exclusive_lock<mcs> && !shared_lock<mcs>);
static_assert(sizeof(mcs) == 2 * sizeof(void*));

}  // namespace locks

}  // namespace rmap::inline RMAP_ABI
