// expect: rmap: lock must have lock\(\) noexcept.* A common mistake is a std lock, which may throw: use rmap::hosted
// SPDX-License-Identifier: BSL-1.0

#include <mutex>

#include "support/minimal.hpp"

struct policy : rmap::default_policy {
    using lock = std::mutex;
};

minimal::map<policy> map;
