// SPDX-License-Identifier: BSL-1.0
#pragma once

// Names in counterexamples for fields that are private to the library: by where they lie. A name
// that is wrong misleads a reader, nothing else.

#include <cstddef>

#include <rmap/verify/explore.hpp>

namespace races {

/// What lies `offset` bytes behind `object`.
inline void call_at(rmap::verify::test& t, const void* object, std::size_t offset,
                    const char* text) {
    t.name(static_cast<const char*>(object)[offset], text);
}

/// A vma's pointer to its own anon_vma, the first thing in it.
template <class Vma>
void call_vma(rmap::verify::test& t, const Vma& v, const char* own) {
    call_at(t, &v, 0, own);
}

}  // namespace races
