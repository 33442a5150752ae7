// SPDX-License-Identifier: BSL-1.0
#pragma once

// A broken invariant, as the checks report it.

#include <string>

#include <rmap/core/config.hpp>

namespace rmap::inline RMAP_ABI::verify {

struct violation {
    int invariant;     // 1 to 15
    std::string text;  // what is wrong, with the way to it: mm, vma, anon_vma, page
};

}  // namespace rmap::inline RMAP_ABI::verify
