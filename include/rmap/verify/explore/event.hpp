// SPDX-License-Identifier: BSL-1.0
#pragma once

// What threads of a scenario do that others can see. An operation is announced, then its thread
// waits to be chosen, then it happens.

#include <cstdint>
#include <initializer_list>

#include <rmap/core/atomics.hpp>
#include <rmap/core/config.hpp>

namespace rmap::inline RMAP_ABI::verify {

enum class op_kind : std::uint8_t {
    none,
    load,           // of an atomic
    store,
    rmw,
    fence,
    plain_load,     // of a plain field, where the options say that these are points
    plain_store,
    lock,           // exclusively; waits until nobody holds it
    try_lock,
    unlock,
    lock_shared,
    try_lock_shared,
    unlock_shared,
    await,          // until an object that was read since the last await changes
    point,          // a place that the scenario named
    allocate,       // where freed memory is handed out again, so that it matters who was first
    deallocate,
};

[[nodiscard]] constexpr const char* name_of(op_kind k) noexcept {
    switch (k) {
        case op_kind::none: return "-";
        case op_kind::load: return "load";
        case op_kind::store: return "store";
        case op_kind::rmw: return "rmw";
        case op_kind::fence: return "fence";
        case op_kind::plain_load: return "read";
        case op_kind::plain_store: return "write";
        case op_kind::lock: return "lock";
        case op_kind::try_lock: return "try_lock";
        case op_kind::unlock: return "unlock";
        case op_kind::lock_shared: return "lock_shared";
        case op_kind::try_lock_shared: return "try_lock_shared";
        case op_kind::unlock_shared: return "unlock_shared";
        case op_kind::await: return "await";
        case op_kind::point: return "point";
        case op_kind::allocate: return "allocate";
        case op_kind::deallocate: return "deallocate";
    }
    return "?";
}

inline constexpr std::uint32_t no_object = ~std::uint32_t{0};

struct operation {
    op_kind kind = op_kind::none;
    order mo = order::seq_cst;
    std::uint32_t object = no_object;  // a number in the table of objects
    const char* text = nullptr;        // a point's name
    const char* file = nullptr;        // where in the source
    std::uint32_t line = 0;
};

/// How an operation touches its object, for the question which pairs can be swapped.
enum class touch : std::uint8_t {
    nothing,
    read,            // loads, shared acquisitions
    write,           // stores, read-modify-writes, exclusive acquisitions
    release,         // unlocks: change the object, but cannot be swapped with what waits for them
    release_shared,  // the same, of shared holders: they leave each other alone
};
inline constexpr unsigned touch_rows = 4;  // all but nothing

/// Of two such, the order makes no difference.
[[nodiscard]] constexpr bool only_reads(touch t) noexcept {
    return t == touch::read || t == touch::release_shared;
}

[[nodiscard]] constexpr touch touch_of(op_kind k) noexcept {
    switch (k) {
        case op_kind::load:
        case op_kind::plain_load:
        case op_kind::await:
        case op_kind::lock_shared:
        case op_kind::try_lock_shared: return touch::read;
        case op_kind::store:
        case op_kind::rmw:
        case op_kind::fence:
        case op_kind::plain_store:
        case op_kind::lock:
        case op_kind::try_lock:
        case op_kind::allocate:
        case op_kind::deallocate: return touch::write;
        case op_kind::unlock: return touch::release;
        case op_kind::unlock_shared: return touch::release_shared;
        case op_kind::none:
        case op_kind::point: return touch::nothing;
    }
    return touch::nothing;
}

/// Whether a thread that is about to do it may have to wait.
[[nodiscard]] constexpr bool can_be_held_up(op_kind k) noexcept {
    return k == op_kind::lock || k == op_kind::lock_shared || k == op_kind::await;
}

[[nodiscard]] constexpr bool is_try(op_kind k) noexcept {
    return k == op_kind::try_lock || k == op_kind::try_lock_shared;
}

/// A set of kinds, one bit each.
using kind_set = std::uint32_t;
[[nodiscard]] constexpr kind_set set_of(op_kind k) noexcept {
    return kind_set{1} << static_cast<unsigned>(k);
}
/// Those whose order on one object is a part of the execution under every model: of accesses of an
/// atomic the memory model knows more (who read from whom, which store came behind which).
[[nodiscard]] constexpr kind_set always_ordered() noexcept {
    kind_set all = 0;
    for (op_kind k : {op_kind::lock, op_kind::try_lock, op_kind::unlock, op_kind::lock_shared,
                      op_kind::try_lock_shared, op_kind::unlock_shared, op_kind::allocate,
                      op_kind::deallocate, op_kind::plain_load, op_kind::plain_store}) {
        all |= set_of(k);
    }
    return all;
}

/// Whether swapping the two, when they are neighbours, can make a difference.
[[nodiscard]] constexpr bool dependent(const operation& a, const operation& b) noexcept {
    if (a.object != b.object || a.object == no_object) return false;
    const touch ta = touch_of(a.kind);
    const touch tb = touch_of(b.kind);
    if (ta == touch::nothing || tb == touch::nothing) return false;
    return !only_reads(ta) || !only_reads(tb);
}

/// A step that has happened.
struct step {
    operation op{};
    std::uint8_t thread = 0;
    bool stale = false;          // a load that did not see the newest value
    bool failed = false;         // a try that did not get its lock
    std::uint32_t time = 0;      // the thread's how-manieth
    std::uint64_t value = 0;     // read or written
};

}  // namespace rmap::inline RMAP_ABI::verify
