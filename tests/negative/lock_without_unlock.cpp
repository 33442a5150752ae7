// expect: rmap: lock must have unlock\(\) noexcept
// SPDX-License-Identifier: BSL-1.0

#include <rmap/locks/concept.hpp>

struct one_way {
    void lock() noexcept;
    bool try_lock() noexcept;
};

static_assert(rmap::lock_diagnosis<one_way>::passed);
