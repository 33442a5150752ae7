// SPDX-License-Identifier: BSL-1.0
#pragma once

// The outcome of a walk, and how a place is handed to the visitor.
//
// A visitor whose type says `static constexpr bool needs_lock = false;` may be called when the walk
// is over, without a lock (ops/glance.hpp): its places have mm() and address(), and no vma(). All
// of them were places of the page at one moment during the walk, none twice; since then each may
// have gone, moved, or been forked. So such a walk may miss what moves meanwhile, and cannot be
// asked to be complete. The address space that mm() leads to the library does not touch; what keeps
// it readable, if its process exits meanwhile, is the caller's business. Whether a walk is without
// a lock depends on the policy, and on the family at that moment; the visitor is the same.

#include <cstddef>
#include <type_traits>

#include <rmap/core/status.hpp>
#include <rmap/core/types.hpp>
#include <rmap/model/place.hpp>

namespace rmap::inline RMAP_ABI {

struct [[nodiscard]] walk_result {
    status state = status::ok;  // contended and not_mapped: nothing, or not all, was looked at
    std::size_t visited = 0;    // vmas that the walk met
    std::size_t places = 0;     // that the visitor was called with: visited less the skipped ones
    bool stopped = false;       // the visitor returned false
};

namespace ops {

/// A place whose address was read once, for walks that find out afterwards whether that was at a
/// good moment.
template <class Vma, class Mm>
class seen_place {
public:
    seen_place(Vma& vma, Mm& mm) noexcept : vma_{&vma}, mm_{&mm} {}

    void saw(pgno address) noexcept { address_ = address; }

    [[nodiscard]] Mm& mm() const noexcept { return *mm_; }
    [[nodiscard]] pgno address() const noexcept { return address_; }
    [[nodiscard]] Vma& vma() const noexcept { return *vma_; }

private:
    Vma* vma_;
    Mm* mm_;
    pgno address_ = 0;
};

/// Whether a visitor says that it may be called without a lock.
template <class Visitor>
inline constexpr bool needs_no_lock = requires {
    requires !std::remove_cvref_t<Visitor>::needs_lock;
};

/// Whether the walk goes on.
template <class Visitor, class Place>
[[gnu::always_inline]] inline bool show(Visitor& visitor, const Place& place,
                                        walk_result& result) {
    static_assert(std::is_invocable_v<Visitor&, const Place&>,
                  "rmap: a walk calls its visitor with a place: [](const auto& place) {...}, where "
                  "place.mm() and place.address() say where the page may be mapped");
    ++result.places;
    if constexpr (std::is_void_v<decltype(visitor(place))>) {
        visitor(place);
        return true;
    } else {
        result.stopped = !visitor(place);
        return !result.stopped;
    }
}

/// The same; a place is counted that the visitor then skips.
template <class Visitor, class Place>
[[gnu::always_inline]] inline bool hand_over(Visitor& visitor, const Place& place,
                                             walk_result& result) {
    ++result.visited;
    if constexpr (needs_no_lock<Visitor>) {
        static_assert(
            !requires { &Visitor::skip; } && !requires { visitor.skip(place.vma()); },
            "rmap: a visitor that says needs_lock = false is handed no vma, so it cannot "
            "skip any. Look at the address space in the visitor, or leave needs_lock out");
        using mm_type = std::remove_reference_t<decltype(place.mm())>;
        return show(visitor, bare_place<mm_type>{place.mm(), place.address()}, result);
    } else {
        if constexpr (requires { visitor.skip(place.vma()); }) {
            if (visitor.skip(place.vma())) return true;
        }
        return show(visitor, place, result);
    }
}

}  // namespace ops

}  // namespace rmap::inline RMAP_ABI
