// SPDX-License-Identifier: BSL-1.0
#pragma once

// The trace axis: what the library tells while it works. An event comes with up to two objects
// (which, says the list); the hook is called with the locks of the operation held and must not call
// back into the map. The default does nothing and costs nothing.

#include <cstdint>

#include <rmap/core/config.hpp>

namespace rmap::inline RMAP_ABI {

enum class event : std::uint8_t {
    anon_vma_new,    // a fresh anon_vma is about to be published        (anon_vma)
    anon_vma_reuse,  // fork takes over an ancestor's anon_vma           (anon_vma, child vma)
    anon_vma_share,  // prepare takes over a neighbour's anon_vma        (anon_vma, vma)
    anon_vma_free,   // its last reference is gone                       (anon_vma)
    prepare_lost,    // another thread prepared the vma first            (vma)
    clone,           // a vma got a copy of another's chain              (destination, source)
    fork,            // the same, between address spaces                 (child vma, parent vma)
    unlink,          // a vma left all its anon_vmas                     (vma)
    split,           // a vma became two                                 (vma, fresh vma)
    merge,           // a range became part of a neighbour               (survivor)
    adjust,          // a vma's range changed                            (vma)
    walk_begin,      // a walk holds its lock, or needs none any more    (what it walks, as below)
    walk_end,        // ... and is about to drop it, or is over          (the same)
    walk_contended,  // a walk in try mode gave up                       (the same)
    lookup_stale,    // a page's anon_vma was no longer that page's, or
                     // a walk without its lock met a writer             (anon_vma)
};
// What a walk walks: an anon_vma, a file's i_mmap or a ksm item; the page, where the walk takes no
// lock (ops/glance.hpp) or the page's own (an exact topology).

/// The event's name, for printing.
[[nodiscard]] constexpr const char* name_of(event e) noexcept {
    switch (e) {
        case event::anon_vma_new: return "anon_vma_new";
        case event::anon_vma_reuse: return "anon_vma_reuse";
        case event::anon_vma_share: return "anon_vma_share";
        case event::anon_vma_free: return "anon_vma_free";
        case event::prepare_lost: return "prepare_lost";
        case event::clone: return "clone";
        case event::fork: return "fork";
        case event::unlink: return "unlink";
        case event::split: return "split";
        case event::merge: return "merge";
        case event::adjust: return "adjust";
        case event::walk_begin: return "walk_begin";
        case event::walk_end: return "walk_end";
        case event::walk_contended: return "walk_contended";
        case event::lookup_stale: return "lookup_stale";
    }
    return "?";
}

/// A trace hook.
template <class T>
concept trace_hook = requires(const void* object) {
    // Called for every event; must be cheap, must not sleep unless the policy's locks may.
    { T::emit(event::unlink, object, object) } noexcept;
    { T::emit(event::unlink, object) } noexcept;
};

namespace traces {

struct none {
    static constexpr void emit(event, const void*, const void* = nullptr) noexcept {}
};

static_assert(trace_hook<none>);

}  // namespace traces

}  // namespace rmap::inline RMAP_ABI
