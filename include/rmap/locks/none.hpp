// SPDX-License-Identifier: BSL-1.0
#pragma once

// No lock, for maps that one thread uses or that the embedder locks from outside: the shortest
// model of a lock. It takes no memory as a member marked [[no_unique_address]].

#include <rmap/core/config.hpp>
#include <rmap/locks/concept.hpp>

namespace rmap::inline RMAP_ABI {

namespace locks {

struct none {
    // A fact that compat.hpp asks for; a lock without this member excludes others.
    static constexpr bool excludes = false;

    void lock() noexcept {}
    void unlock() noexcept {}
    [[nodiscard]] bool try_lock() noexcept { return true; }

    void lock_shared() noexcept {}
    void unlock_shared() noexcept {}
    [[nodiscard]] bool try_lock_shared() noexcept { return true; }
};

static_assert(shared_lock<none>);

}  // namespace locks

}  // namespace rmap::inline RMAP_ABI
