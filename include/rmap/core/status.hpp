// SPDX-License-Identifier: BSL-1.0
#pragma once

// How an operation says that it did not happen. Nothing is thrown; a status other than ok means
// that the state is as it was before the call.

#include <cstdint>

#include <rmap/core/config.hpp>

namespace rmap::inline RMAP_ABI {

enum class [[nodiscard]] status : std::uint8_t {
    ok,
    no_memory,   // the policy's allocator returned null
    contended,   // try mode: a lock was taken; nothing was looked at
    not_mapped,  // the page has no mapping, the address no vma, or the vma no access
    stale,       // what was collected before is not what is there now
    busy,        // a broken precondition that the library can see, such as a range in use
    invalid,     // an argument that no state could satisfy (an empty range, one that wraps)
    limit,       // a limit set by the caller is reached
};

/// The enumerator's name, for messages.
[[nodiscard]] constexpr const char* name_of(status s) noexcept {
    switch (s) {
        case status::ok: return "ok";
        case status::no_memory: return "no_memory";
        case status::contended: return "contended";
        case status::not_mapped: return "not_mapped";
        case status::stale: return "stale";
        case status::busy: return "busy";
        case status::invalid: return "invalid";
        case status::limit: return "limit";
    }
    return "?";
}

}  // namespace rmap::inline RMAP_ABI
