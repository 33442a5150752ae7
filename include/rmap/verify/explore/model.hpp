// SPDX-License-Identifier: BSL-1.0
#pragma once

// The atomics family that an exploration puts in the place of the program's: every access of an
// atomic is an operation of the engine, every access of a plain field is checked for races (or is
// an operation as well). Outside an exploration the types are plain memory for one thread.
//
//     struct my_explored_policy : my_policy {
//         using atomics = rmap::verify::model;
//         using lock = rmap::verify::model_lock;
//         using allocator = rmap::verify::model_memory;
//     };

#include <cstdint>
#include <cstring>
#include <rmap/verify/explore/location.hpp>
#include <string>
#include <type_traits>

#include <rmap/core/atomics.hpp>
#include <rmap/verify/explore/engine.hpp>

namespace rmap::inline RMAP_ABI::verify {

namespace detail {

/// An object's number in the exploration under way.
struct registration {
    std::uint32_t epoch = 0;
    std::uint32_t number = 0;
};

template <class T>
[[nodiscard]] std::uint64_t to_bits(const T& value) noexcept {
    std::uint64_t bits = 0;
    std::memcpy(&bits, &value, sizeof(T));
    return bits;
}
template <class T>
[[nodiscard]] T from_bits(std::uint64_t bits) noexcept {
    T value{};
    std::memcpy(&value, &bits, sizeof(T));
    return value;
}

/// Whether an object is registered by its constructor, or is older than the execution.
enum class seen_first { when_made, when_used };

/// Sees an object for the first time in this execution.
[[gnu::noinline]] inline void enlist(engine& e, registration& r, const void* address, bool is_lock,
                                     std::uint64_t value, seen_first how) {
    r.epoch = e.objects().epoch();
    r.number = e.objects().add(address, is_lock, e.current());
    object& fresh = e.objects()[r.number];
    if (e.on_thread() && how == seen_first::when_made) {
        fresh.maker = e.current();
        fresh.made_at = e.now();
    }
    if (e.options().weak && is_lock) fresh.location = e.weak().add_lock();
    if (e.options().weak && !is_lock && !e.weak().add(fresh.location, value)) {
        e.fail(failure_kind::limit, "more atomics than the memory model takes");
    }
}
[[noreturn, gnu::cold, gnu::noinline]] inline void destroyed(engine& e, std::uint32_t n) {
    e.fail(failure_kind::use_after_free, e.objects().name(n) + " was destroyed");
}

/// The object's number; it is registered when it is first seen in an execution.
inline std::uint32_t number_of(engine& e, registration& r, const void* address, bool is_lock,
                               std::uint64_t value, seen_first how = seen_first::when_used) {
    if (r.epoch != e.objects().epoch()) enlist(e, r, address, is_lock, value, how);
    if (e.objects()[r.number].dead) destroyed(e, r.number);
    return r.number;
}

[[noreturn, gnu::cold, gnu::noinline]] inline void used_while_made(engine& e, const object& o,
                                                                   std::uint32_t n) {
    e.fail(failure_kind::data_race,
           e.objects().name(n) + " is used by " + e.thread_name() + " while " +
               e.thread(static_cast<unsigned>(o.maker)).name +
               " constructs it; nothing orders the two");
}
/// Who uses an object must come after whoever constructed it.
inline void made_before(engine& e, const object& o, std::uint32_t n) {
    if (o.maker == object::nobody || e.hb().at[o.maker] >= o.made_at) return;
    used_while_made(e, o, n);
}

inline void retire(registration& r) noexcept {
    if (engine* e = engine::active(); e != nullptr && r.epoch == e->objects().epoch()) {
        e->objects()[r.number].dead = true;
    }
}

[[nodiscard]] inline operation op_at(op_kind k, order o, std::uint32_t n,
                                     const location& at) noexcept {
    return {k, o, n, nullptr, at.file, at.line};
}

/// The rules of atomics, on 64-bit values; T is taken apart in model::atomic.
class atomic_core {
public:
    explicit atomic_core(std::uint64_t value) noexcept : newest_{value} {
        if (engine* e = engine::active()) {
            number_of(*e, id_, this, false, newest_, seen_first::when_made);
        }
    }
    atomic_core(const atomic_core&) = delete;
    atomic_core& operator=(const atomic_core&) = delete;
    ~atomic_core() { retire(id_); }

    std::uint64_t load(order o, const location& at) const {
        engine* const e = engine::active();
        if (e == nullptr) return newest_;
        const std::uint32_t n = enter(*e, op_kind::load, o, at);
        if (!e->options().weak || !e->on_thread()) {
            if (e->on_thread()) {
                synchronize(*e, n, o);
                e->watch(n, false);
                e->last_step().value = newest_;
            }
            return newest_;
        }
        const auto any = [](const weak_memory::message&) { return true; };
        const std::uint16_t m = pick(*e, n, o, any);
        finish_read(*e, n, m, o);
        if (e->on_thread()) e->watch(n, e->last_step().stale);
        return e->weak().at(e->objects()[n].location, m).value;
    }

    void store(std::uint64_t value, order o, const location& at) {
        engine* const e = engine::active();
        if (e == nullptr) {
            newest_ = value;
            return;
        }
        const std::uint32_t n = enter(*e, op_kind::store, o, at);
        object& obj = e->objects()[n];
        e->last_step().value = value;
        if (e->options().weak) {
            weak_memory& mem = e->weak();
            const auto t = thread_of(*e);
            unsigned choice = 0;
            const auto choose = [&](unsigned of) { return choice = e->choose(of); };
            const std::uint16_t m = mem.store(t, obj.location, o, value, choose, base(*e, o),
                                              e->last_step().time);
            e->last_step().stale = choice != 0;
            if (mem.newest(obj.location, m)) {
                newest_ = value;
                ++obj.version;
            }
        } else {
            obj.released = base(*e, o);
            if (newest_ != value) ++obj.version;
            newest_ = value;
        }
        e->advance();
    }

    /// The new value is change(old); `wanted` tells which old values it applies to. Returns the old
    /// one.
    template <class Wanted, class Change>
    std::uint64_t update(order o, order on_failure, const location& at, Wanted wanted,
                         Change change) {
        engine* const e = engine::active();
        if (e == nullptr) {
            const std::uint64_t old = newest_;
            if (wanted(old)) newest_ = change(old);
            return old;
        }
        const std::uint32_t n = enter(*e, op_kind::rmw, o, at);
        object& obj = e->objects()[n];
        if (!e->options().weak) {
            const std::uint64_t old = newest_;
            const bool applies = wanted(old);
            synchronize(*e, n, applies ? o : on_failure);
            if (applies) {
                newest_ = change(old);
                obj.released.join(base(*e, o));  // goes on with the release sequence
            }
            if (newest_ != old) {
                ++obj.version;
            } else if (e->on_thread()) {
                e->watch(n, false);
            }
            e->last_step().value = newest_;
            e->last_step().failed = !applies;
            e->advance();
            return old;
        }
        weak_memory& mem = e->weak();
        if (e->on_thread()) mem.lock_bus(thread_of(*e));
        const auto usable = [&](const weak_memory::message& m) {
            return !m.has_rmw || !wanted(m.value);
        };
        const std::uint16_t m = pick(*e, n, o, usable);
        const std::uint64_t old = mem.at(obj.location, m).value;
        const bool applies = wanted(old);
        finish_read(*e, n, m, applies ? o : on_failure);
        // What it changes itself does not hold up a thread that then waits.
        const std::uint64_t fresh = applies ? change(old) : old;
        if (fresh != old) {
            ++obj.version;
        } else if (e->on_thread()) {
            e->watch(n, e->last_step().stale);
        }
        e->last_step().failed = !applies;
        if (applies) {
            const std::uint16_t written = mem.update(thread_of(*e), obj.location, o, fresh, m,
                                                     base(*e, o), e->last_step().time);
            if (mem.newest(obj.location, written)) newest_ = fresh;
            e->last_step().value = fresh;
            e->advance();
        }
        return old;
    }

private:
    [[nodiscard]] static unsigned thread_of(engine& e) noexcept {
        return e.on_thread() ? static_cast<unsigned>(e.current()) : 0U;
    }

    std::uint32_t enter(engine& e, op_kind k, order o, const location& at) const {
        const std::uint32_t n = number_of(e, id_, this, false, newest_);
        e.visible(op_at(k, o, n, at));
        if (e.objects()[n].dead) number_of(e, id_, this, false, newest_);  // destroyed meanwhile
        if (id_.number != n) destroyed(e, n);
        if (e.on_thread()) made_before(e, e.objects()[n], n);
        return n;
    }

    /// What a reader that acquires learns from a store of this thread.
    [[nodiscard]] static vclock base(engine& e, order o) noexcept {
        if (!e.on_thread() || weak_memory::releases(o)) return e.hb();
        return e.self().released;
    }

    /// A read of the newest value, without the memory model.
    static void synchronize(engine& e, std::uint32_t n, order o) noexcept {
        if (!e.on_thread()) return;
        const vclock& from = e.objects()[n].released;
        e.self().acquired.join(from);
        if (weak_memory::acquires(o)) e.self().hb.join(from);
    }

    template <class Usable>
    [[nodiscard]] std::uint16_t pick(engine& e, std::uint32_t n, order o, Usable usable) const {
        weak_memory& mem = e.weak();
        const std::uint32_t l = e.objects()[n].location;
        if (!e.on_thread()) return mem.last(l);
        const auto t = static_cast<unsigned>(e.current());
        return mem.pick(t, l, o, usable, [&](unsigned of) { return e.choose(of); });
    }

    static void finish_read(engine& e, std::uint32_t n, std::uint16_t m, order o) {
        if (!e.on_thread()) return;
        weak_memory& mem = e.weak();
        const std::uint32_t l = e.objects()[n].location;
        const weak_memory::message& from = mem.at(l, m);
        e.last_step().value = from.value;
        e.last_step().stale = !mem.newest(l, m);
        e.account((std::uint64_t{from.thread} << 20) ^ from.time);
        mem.read(static_cast<unsigned>(e.current()), l, m, o, e.self().hb, e.self().acquired);
    }

    std::uint64_t newest_;
    mutable registration id_{};
};

}  // namespace detail

/// The atomics family of an exploration.
struct model {
    template <class T>
    class atomic {
        static_assert(std::is_trivially_copyable_v<T> && sizeof(T) <= sizeof(std::uint64_t),
                      "rmap: an atomic holds a trivially copyable type of at most 8 bytes");
        using where = location;

    public:
        atomic() noexcept : core_{detail::to_bits(T{})} {}
        explicit atomic(T value) noexcept : core_{detail::to_bits(value)} {}

        [[nodiscard]] T load(order o, where at = where::current()) const noexcept {
            return detail::from_bits<T>(core_.load(o, at));
        }
        void store(T value, order o, where at = where::current()) noexcept {
            core_.store(detail::to_bits(value), o, at);
        }
        T exchange(T value, order o, where at = where::current()) noexcept {
            return change(o, at, [&](T) { return value; });
        }
        [[nodiscard]] bool compare_exchange(T& expected, T desired, order o,
                                            where at = where::current()) noexcept {
            const std::uint64_t want = detail::to_bits(expected);
            const std::uint64_t old = core_.update(
                o, on_failure(o), at, [&](std::uint64_t is) { return is == want; },
                [&](std::uint64_t) { return detail::to_bits(desired); });
            if (old == want) return true;
            expected = detail::from_bits<T>(old);
            return false;
        }
        T fetch_add(T operand, order o, where at = where::current()) noexcept
            requires std::integral<T>
        {
            return change(o, at, [&](T is) { return static_cast<T>(is + operand); });
        }
        T fetch_sub(T operand, order o, where at = where::current()) noexcept
            requires std::integral<T>
        {
            return change(o, at, [&](T is) { return static_cast<T>(is - operand); });
        }
        T fetch_or(T operand, order o, where at = where::current()) noexcept
            requires std::integral<T>
        {
            return change(o, at, [&](T is) { return static_cast<T>(is | operand); });
        }
        T fetch_and(T operand, order o, where at = where::current()) noexcept
            requires std::integral<T>
        {
            return change(o, at, [&](T is) { return static_cast<T>(is & operand); });
        }

    private:
        [[nodiscard]] static order on_failure(order o) noexcept {
            return o == order::acq_rel ? order::acquire : o == order::release ? order::relaxed : o;
        }
        template <class F>
        T change(order o, const where& at, F f) noexcept {
            return detail::from_bits<T>(core_.update(
                o, o, at, [](std::uint64_t) { return true; },
                [&](std::uint64_t is) { return detail::to_bits(f(detail::from_bits<T>(is))); }));
        }
        detail::atomic_core core_;
    };

    template <class T>
    class plain;

    static void fence(order o, location at = location::current()) noexcept;
    static void pause(location at = location::current()) noexcept;
};

}  // namespace rmap::inline RMAP_ABI::verify
