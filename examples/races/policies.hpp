// SPDX-License-Identifier: BSL-1.0
#pragma once

// The policies of the gallery: the default one, as the explorer runs it. Stories derive from them
// and break one rule.

#include <rmap/policy.hpp>
#include <rmap/verify/explore.hpp>

namespace races {

/// What the library tells of itself, as lines of counterexamples.
struct told {
    static void emit(rmap::event e, const void*, const void* = nullptr) noexcept {
        if (const char* const text = words(e)) rmap::verify::point(text);
    }

private:
    static constexpr const char* words(rmap::event e) noexcept {
        switch (e) {
            case rmap::event::anon_vma_new: return "makes an anon_vma";
            case rmap::event::anon_vma_share: return "chooses a neighbour's anon_vma";
            case rmap::event::anon_vma_free: return "the anon_vma is freed";
            case rmap::event::prepare_lost: return "another fault was first";
            case rmap::event::clone: return "the copy is linked";
            case rmap::event::unlink: return "the vma is unlinked";
            case rmap::event::merge: return "the copy is merged";
            case rmap::event::adjust: return "the range has changed";
            case rmap::event::walk_begin: return "the walk begins";
            case rmap::event::walk_end: return "the walk ends";
            case rmap::event::lookup_stale: return "it is another page's: look again";
            default: return nullptr;
        }
    }
};

struct explored : rmap::default_policy {
    using atomics = rmap::verify::model;
    using lock = rmap::verify::model_lock;
    using allocator = rmap::verify::model_memory;
    using check = rmap::verify::explored_checks;
    using trace = told;
};

/// Without the search for data races, where a broken form is to show the damage itself and not the
/// data race that comes before it.
struct unwatched : rmap::verify::model {
    template <class T>
    using plain = rmap::atomics::builtin::plain<T>;
};
struct explored_unwatched : explored {
    using atomics = unwatched;
};

/// A best-effort discipline that claims more: without the claim, a walk that must be complete does
/// not compile.
template <class Locking>
struct claims_to_be_complete : Locking {
    static constexpr bool walk_is_complete = true;
};

template <class Locking>
struct explored_with : explored {
    using locking = Locking;
};

/// For all disciplines alike: those of one lock for each anon_vma exclude that a fork child reuses
/// an ancestor's.
template <class Locking>
struct explored_family : explored_with<Locking> {
    using merge = rmap::merges::never;
};

}  // namespace races
