// SPDX-License-Identifier: BSL-1.0
#pragma once

// The locks of the standard library as lock policies. Their lock() may throw, which an operation
// that holds a lock could not handle: here that ends the program, as it would say that the lock is
// misused (taken twice by one thread) or that the system has no locks left.

#include <rmap/core/config.hpp>

#if !RMAP_HOSTED
#error "rmap: hosted/std_locks.hpp needs a hosted implementation"
#endif

#include <mutex>
#include <shared_mutex>

#include <rmap/locks/concept.hpp>

namespace rmap::inline RMAP_ABI {

namespace hosted {

/// Any lock with the std names (Lockable, or SharedLockable as well) as a lock policy.
template <class StdLock>
class adapt {
public:
    void lock() noexcept { lock_.lock(); }
    void unlock() noexcept { lock_.unlock(); }
    [[nodiscard]] bool try_lock() noexcept { return lock_.try_lock(); }

    void lock_shared() noexcept
        requires requires(StdLock& l) { l.lock_shared(); }
    {
        lock_.lock_shared();
    }
    void unlock_shared() noexcept
        requires requires(StdLock& l) { l.unlock_shared(); }
    {
        lock_.unlock_shared();
    }
    [[nodiscard]] bool try_lock_shared() noexcept
        requires requires(StdLock& l) { l.try_lock_shared(); }
    {
        return lock_.try_lock_shared();
    }

    /// The lock itself, for condition variables and the like.
    [[nodiscard]] StdLock& native() noexcept { return lock_; }

private:
    StdLock lock_;
};

using mutex = adapt<std::mutex>;
using shared_mutex = adapt<std::shared_mutex>;

static_assert(exclusive_lock<mutex> && !shared_lock<mutex>);
static_assert(shared_lock<shared_mutex>);

}  // namespace hosted

}  // namespace rmap::inline RMAP_ABI
