// expect: rmap: allocator must have allocate\(size, align\) and deallocate\(p, size, align\)
// SPDX-License-Identifier: BSL-1.0

#include <memory>

#include "support/minimal.hpp"

struct policy : rmap::default_policy {
    using allocator = std::allocator<char>;
};

minimal::map<policy> map;
