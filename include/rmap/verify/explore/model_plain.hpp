// SPDX-License-Identifier: BSL-1.0
#pragma once

// Plain fields, fences and waiting loops of an exploration (verify/explore/model.hpp has the
// atomics).

#include <cstdint>
#include <string>
#include <type_traits>

#include <rmap/verify/explore/model.hpp>

namespace rmap::inline RMAP_ABI::verify {

namespace detail {

/// The race detector's part of a plain field: FastTrack with a read clock (Flanagan and Freund,
/// 2009).
class plain_core {
public:
    plain_core() noexcept {
        engine* const e = engine::active();
        if (e == nullptr) return;
        // What a thread constructs, others must not read before they may.
        if (e->options().plain_points) {
            number(*e);
        } else {
            written(*e, "is constructed");
        }
    }
    plain_core(const plain_core&) noexcept : plain_core{} {}
    plain_core& operator=(const plain_core&) noexcept { return *this; }
    ~plain_core() {
        engine* const e = engine::active();
        if (e == nullptr) return;
        if (e->options().plain_points) {
            number(*e);
            retire(id_);
        } else {
            written(*e, "is destroyed");
            e->objects().shadow_at(id_.number).dead = true;
        }
    }

    void reading() const {
        engine* const e = engine::active();
        if (e == nullptr) return;
        if (e->options().plain_points) {
            point(*e, op_kind::plain_load);
        } else {
            read(*e);
        }
    }
    void writing() {
        engine* const e = engine::active();
        if (e == nullptr) return;
        if (e->options().plain_points) {
            point(*e, op_kind::plain_store);
        } else {
            written(*e, "is written");
        }
    }

private:
    void number(engine& e) const {
        if (id_.epoch == e.objects().epoch()) return;
        id_ = {e.objects().epoch(), e.objects().add(this, false, e.current())};
    }

    void point(engine& e, op_kind k) const {
        number(e);
        const auto check = [&] {
            if (!e.objects()[id_.number].dead) return;
            e.fail(failure_kind::use_after_free, e.objects().name(id_.number) + " was destroyed");
        };
        check();
        e.visible({k, order::relaxed, id_.number, nullptr, nullptr, 0});
        check();
    }

    [[nodiscard]] shadow& mine(engine& e) const {
        if (id_.epoch != e.objects().epoch()) {
            id_ = {e.objects().epoch(), e.objects().add_shadow(this)};
        }
        shadow& s = e.objects().shadow_at(id_.number);
        if (s.dead) e.fail(failure_kind::use_after_free, name(e) + " was destroyed");
        return s;
    }

    [[nodiscard]] std::string name(engine& e) const {
        const std::string known = e.objects().name_at(this);
        return known.empty() ? "field#" + std::to_string(id_.number) : known;
    }

    void race(engine& e, unsigned other, const char* did, const char* does) const {
        e.fail(failure_kind::data_race, name(e) + " " + does + " by " + e.thread_name() +
                                            " while " + e.thread(other).name + " " + did +
                                            " it; nothing orders the two");
    }

    void read(engine& e) const {
        shadow& s = mine(e);
        if (!e.on_thread()) return;
        const vclock& hb = e.hb();
        const auto t = static_cast<unsigned>(e.current());
        if (s.writer != shadow::nobody && hb.at[s.writer] < s.wrote_at) {
            race(e, s.writer, "wrote", "is read");
        }
        s.reads.at[t] = e.now();
    }

    void written(engine& e, const char* does) const {
        shadow& s = mine(e);
        if (!e.on_thread()) {
            s.writer = shadow::nobody;
            s.reads = {};
            return;
        }
        const vclock& hb = e.hb();
        const auto t = static_cast<unsigned>(e.current());
        if (s.writer != shadow::nobody && hb.at[s.writer] < s.wrote_at) {
            race(e, s.writer, "wrote", does);
        }
        for (unsigned r = 0; r != max_threads; ++r) {
            if (r != t && hb.at[r] < s.reads.at[r]) race(e, r, "read", does);
        }
        s.writer = static_cast<std::uint8_t>(t);
        s.wrote_at = e.now();
        s.reads = {};
    }

    mutable registration id_{};
};

}  // namespace detail

/// A field that locks protect. Reads and writes that nothing orders are reported.
template <class T>
class model::plain {
public:
    plain() noexcept : value_{} {}
    plain(T value) noexcept : value_{value} {}
    plain(const plain& other) noexcept : value_{other.get()} {}
    plain& operator=(const plain& other) noexcept { return *this = other.get(); }
    plain& operator=(T value) noexcept {
        core_.writing();
        value_ = value;
        return *this;
    }
    [[nodiscard]] operator T() const noexcept { return get(); }
    [[nodiscard]] T get() const noexcept {
        core_.reading();
        return value_;
    }
    T operator->() const noexcept
        requires std::is_pointer_v<T>
    {
        return get();
    }

private:
    detail::plain_core core_{};  // first: its address is the field's
    T value_;
};

inline void model::fence(order o, location at) noexcept {
    engine* const e = engine::active();
    if (e == nullptr || !e->on_thread()) return;
    if (e->options().weak) {
        e->visible(detail::op_at(op_kind::fence, o, no_object, at));
        e->weak().fence(static_cast<unsigned>(e->current()), o);
    }
    engine::thread_state& t = e->self();
    if (weak_memory::acquires(o)) t.hb.join(t.acquired);
    if (weak_memory::releases(o)) {
        t.released = t.hb;
        e->advance();
    }
}

/// The thread goes on when something that it has read since its last pause has changed.
inline void model::pause(location at) noexcept {
    engine* const e = engine::active();
    if (e == nullptr || !e->on_thread()) return;
    e->begin_wait();
    e->visible(detail::op_at(op_kind::await, order::relaxed, no_object, at));
    engine::thread_state& t = e->self();
    for (unsigned i = 0; e->options().weak && i != t.watching; ++i) {
        const object& o = e->objects()[t.watched[i].object];
        if (o.is_lock) continue;
        // When it was that the thread caught up is a part of the state, though not of the graph.
        const auto& newest = e->weak().at(o.location, e->weak().last(o.location));
        e->account((std::uint64_t{newest.thread} << 20) ^ newest.time, false);
        e->weak().catch_up(static_cast<unsigned>(e->current()), o.location);
    }
    t.watching = 0;
    t.watched_more = false;
}

static_assert(atomics_family<model>);

}  // namespace rmap::inline RMAP_ABI::verify
