// SPDX-License-Identifier: BSL-1.0
#pragma once

// Runs the user's code on a fiber: an exception cannot leave one.

#include <exception>
#include <string>

#include <rmap/core/config.hpp>

namespace rmap::inline RMAP_ABI::verify {

/// Whether f() threw; then `what` says what.
template <class F>
[[nodiscard]] bool thrown_by(F f, std::string& what) {
#ifdef __cpp_exceptions
    try {
        f();
        return false;
    } catch (const std::exception& x) {
        what = x.what();
    } catch (...) {
        what = "something";
    }
    return true;
#else
    f();
    return false;
#endif
}

}  // namespace rmap::inline RMAP_ABI::verify
