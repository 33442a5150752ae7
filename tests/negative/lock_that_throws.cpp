// expect: rmap: lock must have lock\(\) noexcept.*use rmap::hosted::adapt
// SPDX-License-Identifier: BSL-1.0

#include <mutex>

#include <rmap/locks/concept.hpp>

static_assert(rmap::lock_diagnosis<std::mutex>::passed);
