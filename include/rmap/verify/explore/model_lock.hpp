// SPDX-License-Identifier: BSL-1.0
#pragma once

// The lock of an exploration: who cannot have it is not runnable, instead of spinning, so that a
// search does not count the ways to wait. The shipped spin locks can be explored as well, over
// `model`.

#include <cstdint>
#include <rmap/verify/explore/location.hpp>

#include <rmap/locks/concept.hpp>
#include <rmap/verify/explore/model.hpp>

namespace rmap::inline RMAP_ABI::verify {

class model_lock {
    using where = location;

public:
    model_lock() noexcept {
        if (engine* e = engine::active()) {
            detail::number_of(*e, id_, this, true, 0, detail::seen_first::when_made);
        }
    }
    model_lock(const model_lock&) = delete;
    model_lock& operator=(const model_lock&) = delete;
    ~model_lock() {
        engine* const e = engine::active();
        if (e == nullptr || id_.epoch != e->objects().epoch()) return;
        object& o = e->objects()[id_.number];
        if (!o.dead && (o.owner != object::nobody || o.shared_by != 0)) {
            e->fail(failure_kind::lock_held,
                    e->objects().name(id_.number) + " is destroyed while it is held");
        }
        o.dead = true;
    }

    void lock(where at = where::current()) noexcept {
        if (engine* e = engine::active()) {
            object& o = enter(*e, op_kind::lock, at);
            if (!e->on_thread() && (o.owner != object::nobody || o.shared_by != 0)) blocked(*e);
            o.owner = holder(*e);
            learn(*e, o, true);
        }
    }
    [[nodiscard]] bool try_lock(where at = where::current()) noexcept {
        engine* const e = engine::active();
        if (e == nullptr) return true;
        object& o = enter(*e, op_kind::try_lock, at);
        const bool free = o.owner == object::nobody && o.shared_by == 0;
        if (!free) return refused(*e);
        o.owner = holder(*e);
        learn(*e, o, true);
        return true;
    }
    void unlock(where at = where::current()) noexcept {
        if (engine* e = engine::active()) {
            object& o = enter(*e, op_kind::unlock, at);
            if (o.owner != holder(*e)) not_owner(*e);
            o.owner = object::nobody;
            teach(*e, o, true);
        }
    }

    void lock_shared(where at = where::current()) noexcept {
        if (engine* e = engine::active()) {
            object& o = enter(*e, op_kind::lock_shared, at);
            if (!e->on_thread() && o.owner != object::nobody) blocked(*e);
            o.shared_by |= bit(*e);
            learn(*e, o, false);
        }
    }
    [[nodiscard]] bool try_lock_shared(where at = where::current()) noexcept {
        engine* const e = engine::active();
        if (e == nullptr) return true;
        object& o = enter(*e, op_kind::try_lock_shared, at);
        if (o.owner != object::nobody) return refused(*e);
        o.shared_by |= bit(*e);
        learn(*e, o, false);
        return true;
    }
    void unlock_shared(where at = where::current()) noexcept {
        if (engine* e = engine::active()) {
            object& o = enter(*e, op_kind::unlock_shared, at);
            if ((o.shared_by & bit(*e)) == 0) not_owner(*e);
            o.shared_by &= ~bit(*e);
            teach(*e, o, false);
        }
    }

    /// For checks of debug level 2.
    [[nodiscard]] bool is_held() const noexcept {
        engine* const e = engine::active();
        return e == nullptr || id_.epoch != e->objects().epoch() ||
               e->objects()[id_.number].owner == holder(*e);
    }
    [[nodiscard]] bool is_held_shared() const noexcept {
        engine* const e = engine::active();
        return e == nullptr || id_.epoch != e->objects().epoch() || is_held() ||
               (e->objects()[id_.number].shared_by & bit(*e)) != 0;
    }

private:
    [[nodiscard]] static int holder(engine& e) noexcept {
        return e.on_thread() ? e.current() : object::main;
    }
    [[nodiscard]] static thread_mask bit(engine& e) noexcept {
        return thread_mask{1} << (e.on_thread() ? static_cast<unsigned>(e.current()) : max_threads);
    }

    object& enter(engine& e, op_kind k, const where& at) {
        const std::uint32_t n = detail::number_of(e, id_, this, true, 0);
        e.visible(detail::op_at(k, order::acq_rel, n, at));
        object& o = e.objects()[detail::number_of(e, id_, this, true, 0)];
        if (e.on_thread()) detail::made_before(e, o, id_.number);
        return o;
    }
    /// A try that fails; one in a loop with pause() waits until somebody lets go.
    [[nodiscard]] bool refused(engine& e) {
        e.last_step().failed = true;
        if (e.on_thread()) e.watch(id_.number, false);
        return false;
    }
    [[noreturn]] void blocked(engine& e) {
        e.fail(failure_kind::deadlock,
               e.objects().name(id_.number) + " is held where the scenario itself takes it");
    }
    [[noreturn]] void not_owner(engine& e) {
        e.fail(failure_kind::not_owner, e.objects().name(id_.number) + " is unlocked by " +
                                            e.thread_name() + ", who does not hold it");
    }

    // Shared holders teach each other nothing, but who comes after them exclusively learns from
    // all.
    static void learn(engine& e, object& o, bool exclusively) noexcept {
        e.hb().join(o.released);
        if (exclusively) e.hb().join(o.shared_released);
        if (e.options().weak && e.on_thread()) {
            e.weak().take(static_cast<unsigned>(e.current()), o.location, exclusively);
        }
    }
    static void teach(engine& e, object& o, bool exclusively) noexcept {
        ++o.version;
        (exclusively ? o.released : o.shared_released).join(e.hb());
        if (e.options().weak && e.on_thread()) {
            e.weak().let_go(static_cast<unsigned>(e.current()), o.location, exclusively);
        }
        e.advance();
    }

    detail::registration id_{};
};

static_assert(shared_lock<model_lock>);

}  // namespace rmap::inline RMAP_ABI::verify
