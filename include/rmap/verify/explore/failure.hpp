// SPDX-License-Identifier: BSL-1.0
#pragma once

// What an explored execution can do wrong.

#include <cstdint>
#include <string>

#include <rmap/core/config.hpp>

namespace rmap::inline RMAP_ABI::verify {

enum class failure_kind : std::uint8_t {
    none,
    assertion,       // the scenario's require() was false
    check,           // a named check of the library
    data_race,       // two accesses of a plain field, one a write, without order between them
    use_after_free,  // an access to an object that was destroyed
    double_free,
    leak,            // memory that nobody freed
    deadlock,
    livelock,        // more steps than the limit
    lock_held,       // at the end, or by a thread that ended
    not_owner,       // an unlock by somebody else
    invariant,       // the scenario's invariant after a step
    nondeterminism,  // the scenario did not do the same again
    limit,           // too many objects, threads or messages for the explorer
};

[[nodiscard]] constexpr const char* name_of(failure_kind k) noexcept {
    switch (k) {
        case failure_kind::none: return "none";
        case failure_kind::assertion: return "assertion";
        case failure_kind::check: return "check";
        case failure_kind::data_race: return "data race";
        case failure_kind::use_after_free: return "use after free";
        case failure_kind::double_free: return "double free";
        case failure_kind::leak: return "leak";
        case failure_kind::deadlock: return "deadlock";
        case failure_kind::livelock: return "livelock";
        case failure_kind::lock_held: return "lock left held";
        case failure_kind::not_owner: return "unlock by a non-owner";
        case failure_kind::invariant: return "broken invariant";
        case failure_kind::nondeterminism: return "nondeterminism";
        case failure_kind::limit: return "limit";
    }
    return "?";
}

struct failure {
    failure_kind kind = failure_kind::none;
    std::string what;

    [[nodiscard]] explicit operator bool() const noexcept { return kind != failure_kind::none; }
};

}  // namespace rmap::inline RMAP_ABI::verify
