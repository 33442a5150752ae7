// SPDX-License-Identifier: BSL-1.0
#pragma once

// The C++ memory model as a machine: each atomic location keeps its messages in modification order;
// each thread has views of what it must see at least. A load may read any message that its view
// allows, a store may take any place in the order behind what its thread has seen. Agrees with RC11
// on the litmus table (tests/explore/litmus_test.cpp). The limit: no execution in which a thread
// reads a value that depends on a later step of its own (load buffering, out of thin air). With
// store buffers only, of these executions those that x86 has (store_buffers.hpp).

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <vector>

#include <rmap/core/atomics.hpp>
#include <rmap/verify/explore/clock.hpp>
#include <rmap/verify/explore/store_buffers.hpp>

namespace rmap::inline RMAP_ABI::verify {

class weak_memory {
public:
    static constexpr unsigned max_locations = 192;

    /// For each location, the message that is seen at least. Copied by copy() alone: most scenarios
    /// have a few locations, and the rest is zero in every view.
    struct view {
        std::uint16_t of[max_locations];
    };

    struct message {
        std::uint64_t value = 0;
        vclock hb{};               // what an acquiring reader learns
        std::uint16_t position = 0;
        bool has_rmw = false;      // a read-modify-write follows it directly
        std::uint8_t thread = 0;
        std::uint32_t time = 0;    // of the writing thread; 0: initial
        std::uint32_t number = 0;  // with store buffers: in the order of all stores; 0: initial
        view seen{};
    };

    struct location {
        std::vector<message> messages;     // in the order in which they came
        std::vector<std::uint16_t> order;  // numbers of messages, in modification order
        std::size_t used = 0;              // messages beyond are left over from earlier executions
    };

    struct thread_views {
        view cur, acq, rel;
    };

    weak_memory() noexcept {}  // leaves the views as they are, until reset()

    void reset(bool store_buffers_only) noexcept {
        buffers_.reset(store_buffers_only);
        if (reach_ == 0) {  // for the first time
            for (thread_views& t : threads_) t = {};
            sc_ = {};
        }
        for (thread_views& t : threads_) {
            for (view* v : {&t.cur, &t.acq, &t.rel}) clear(*v);
        }
        clear(sc_);
        locations_ = locks_ = 0;
        order_hash_ = 0;
    }

    /// A new location with its initial value; false if there are too many.
    [[nodiscard]] bool add(std::uint32_t& number, std::uint64_t value) {
        if (locations_ == max_locations) return false;
        number = locations_++;
        if (locations_ > reach_) reach_ += step_of_reach;
        if (table_.size() < locations_) table_.emplace_back();
        location& l = table_[number];
        l.used = 0;
        l.order.clear();
        message& m = append(l);
        m.value = value;
        l.order.push_back(0);
        for (thread_views& t : threads_) t.cur.of[number] = t.acq.of[number] = t.rel.of[number] = 0;
        sc_.of[number] = 0;
        return true;
    }

    /// A new lock.
    [[nodiscard]] std::uint32_t add_lock() {
        if (locks_ == lock_views_.size()) lock_views_.emplace_back();
        clear(lock_views_[locks_].exclusive);
        clear(lock_views_[locks_].shared);
        return locks_++;
    }
    /// Who takes a lock sees what those who let go of it have seen; shared holders not what others
    /// of their kind have.
    void take(unsigned t, std::uint32_t lock, bool exclusively) noexcept {
        buffers_.drain(t);
        join(threads_[t].cur, lock_views_[lock].exclusive);
        if (exclusively) join(threads_[t].cur, lock_views_[lock].shared);
        join(threads_[t].acq, threads_[t].cur);
    }
    void let_go(unsigned t, std::uint32_t lock, bool exclusively) noexcept {
        join(exclusively ? lock_views_[lock].exclusive : lock_views_[lock].shared,
             threads_[t].cur);
    }

    /// A thread begins: it sees all that the scenario did before.
    void start(unsigned t) noexcept {
        buffers_.drain(t);
        for (std::uint32_t l = 0; l != locations_; ++l) {
            threads_[t].cur.of[l] = threads_[t].acq.of[l] = threads_[t].rel.of[l] = last(l);
        }
    }

    /// It has ended.
    void finish(unsigned t) noexcept { buffers_.finish(t); }

    /// Thread `t` begins a read-modify-write: with store buffers it waits for its own.
    void lock_bus(unsigned t) noexcept { buffers_.drain(t); }

    /// How many messages thread `t` may read: the newest one is choice 0. A read-modify-write
    /// (usable: a predicate over messages) reads only what it could extend.
    template <class Usable>
    [[nodiscard]] unsigned choices(unsigned t, std::uint32_t l, order o, Usable usable) const {
        unsigned n = 0;
        for_readable(t, l, o, usable, [&](std::uint16_t) {
            ++n;
            return true;
        });
        return n;
    }
    template <class Usable>
    [[nodiscard]] std::uint16_t chosen(unsigned t, std::uint32_t l, order o, Usable usable,
                                       unsigned choice) const {
        std::uint16_t found = 0;
        for_readable(t, l, o, usable, [&](std::uint16_t m) {
            found = m;
            return choice-- != 0;
        });
        return found;
    }

    [[nodiscard]] const message& at(std::uint32_t l, std::uint16_t m) const noexcept {
        return table_[l].messages[m];
    }
    [[nodiscard]] bool newest(std::uint32_t l, std::uint16_t m) const noexcept {
        return table_[l].order.back() == m;
    }
    /// How many messages of the location are newer.
    [[nodiscard]] unsigned missed(std::uint32_t l, std::uint16_t m) const noexcept {
        return static_cast<unsigned>(table_[l].order.size()) - 1U - at(l, m).position;
    }

    /// Thread `t` has read message m. `hb` and `pending` are its clocks.
    void read(unsigned t, std::uint32_t l, std::uint16_t m, order o, vclock& hb, vclock& pending) {
        thread_views& views = threads_[t];
        const message& from = at(l, m);
        // Of its own store that others may not see yet a thread learns nothing.
        if (from.thread != t) buffers_.see(t, from.number);
        raise(views.cur, l, m);
        join(views.acq, from.seen);
        pending.join(from.hb);
        if (acquires(o)) {
            join(views.cur, from.seen);
            hb.join(from.hb);
        }
        join(views.acq, views.cur);
        if (o == order::seq_cst) raise(sc_, l, m);
    }

    /// How many places thread `t` may store at: choice 0 is the end.
    [[nodiscard]] unsigned places(unsigned t, std::uint32_t l, order o) const {
        unsigned n = 0;
        for_place(t, l, o, [&](std::size_t) {
            ++n;
            return true;
        });
        return n;
    }

    /// Stores; returns the message. `base` is what an acquiring reader learns.
    std::uint16_t store(unsigned t, std::uint32_t l, order o, std::uint64_t value, unsigned choice,
                        const vclock& base, std::uint32_t time) {
        std::size_t where = 0;
        for_place(t, l, o, [&](std::size_t place) {
            where = place;
            return choice-- != 0;
        });
        return insert(t, l, o, value, where, base, time, nullptr);
    }

    /// The write half of a read-modify-write that has read message m.
    std::uint16_t update(unsigned t, std::uint32_t l, order o, std::uint64_t value, std::uint16_t m,
                         vclock base, std::uint32_t time) {
        message& from = table_[l].messages[m];
        from.has_rmw = true;
        base.join(from.hb);  // the release sequence goes on
        view seen;
        copy(seen, from.seen);
        return insert(t, l, o, value, from.position + 1U, base, time, &seen);
    }

    void fence(unsigned t, order o) {
        thread_views& views = threads_[t];
        if (o == order::seq_cst) buffers_.drain(t);
        if (acquires(o)) join(views.cur, views.acq);
        if (o == order::seq_cst) {
            join(sc_, views.cur);
            copy(views.cur, sc_);
            join(views.acq, views.cur);
        }
        if (releases(o)) copy(views.rel, views.cur);
    }

    /// From now on the thread sees the newest message: what it waited for has arrived.
    void catch_up(unsigned t, std::uint32_t l) {
        raise(threads_[t].cur, l, table_[l].order.back());
        raise(threads_[t].acq, l, table_[l].order.back());
        buffers_.see(t, at(l, last(l)).number);
    }

    /// The scenario's own code, before and after the threads, sees everything.
    std::uint16_t last(std::uint32_t l) const noexcept { return table_[l].order.back(); }

    /// Of all modification orders; the same for the same orders, however they came about.
    [[nodiscard]] std::uint64_t order_hash() const noexcept { return order_hash_; }
    /// The same, and what else decides how it can go on.
    [[nodiscard]] std::uint64_t state_hash() const noexcept {
        return order_hash_ * 7 + buffers_.hash() * 5;
    }

    [[nodiscard]] static constexpr bool acquires(order o) noexcept {
        return o == order::acquire || o == order::acq_rel || o == order::seq_cst;
    }
    [[nodiscard]] static constexpr bool releases(order o) noexcept {
        return o == order::release || o == order::acq_rel || o == order::seq_cst;
    }

private:
    message& append(location& l) {
        if (l.messages.size() == l.used) l.messages.emplace_back();
        message& m = l.messages[l.used++];
        m.value = 0;
        m.hb = {};
        m.position = 0;
        m.has_rmw = false;
        m.thread = 0;
        m.time = m.number = 0;
        clear(m.seen);
        return m;
    }

    [[nodiscard]] std::size_t floor(unsigned t, std::uint32_t l, order o) const noexcept {
        if (buffers_.on()) {
            const location& place = table_[l];
            std::size_t i = place.order.size() - 1;
            for (; i != 0; --i) {
                const message& m = place.messages[place.order[i]];
                if (m.thread == t || buffers_.sees(t, m.number)) break;
            }
            return i;
        }
        std::size_t least = at(l, threads_[t].cur.of[l]).position;
        if (o == order::seq_cst) {
            const std::size_t sc = at(l, sc_.of[l]).position;
            if (sc > least) least = sc;
        }
        return least;
    }

    template <class Usable, class F>
    void for_readable(unsigned t, std::uint32_t l, order o, Usable usable, F f) const {
        const location& place = table_[l];
        const std::size_t least = floor(t, l, o);
        for (std::size_t i = place.order.size(); i-- > least;) {
            const std::uint16_t m = place.order[i];
            if (usable(place.messages[m]) && !f(m)) return;
        }
    }

    template <class F>
    void for_place(unsigned t, std::uint32_t l, order o, F f) const {
        const location& place = table_[l];
        const std::size_t least = floor(t, l, o);
        for (std::size_t i = place.order.size(); i > least; --i) {
            if (!place.messages[place.order[i - 1]].has_rmw && !f(i)) return;
            if (buffers_.on()) return;
        }
    }

    std::uint16_t insert(unsigned t, std::uint32_t l, order o, std::uint64_t value,
                         std::size_t where, const vclock& base, std::uint32_t time,
                         const view* read) {
        location& place = table_[l];
        const auto number = static_cast<std::uint16_t>(place.used);
        message& m = append(place);
        m.value = value;
        m.thread = static_cast<std::uint8_t>(t);
        m.time = time;
        m.hb = base;
        m.number = buffers_.store((std::uint64_t{l} << 40) ^ (std::uint64_t{t} << 32) ^ time);
        if (read != nullptr || o == order::seq_cst) buffers_.drain(t);
        order_hash_ -= pair_hash(l, where);
        place.order.insert(place.order.begin() + static_cast<std::ptrdiff_t>(where), number);
        for (std::size_t i = where; i != place.order.size(); ++i) {
            place.messages[place.order[i]].position = static_cast<std::uint16_t>(i);
        }
        order_hash_ += pair_hash(l, where) + pair_hash(l, where + 1);

        thread_views& views = threads_[t];
        raise(views.cur, l, number);
        copy(m.seen, releases(o) ? views.cur : views.rel);
        raise(m.seen, l, number);
        if (read != nullptr) join(m.seen, *read);
        join(views.acq, views.cur);
        if (o == order::seq_cst) raise(sc_, l, number);
        return number;
    }

    [[nodiscard]] std::uint64_t name_hash(std::uint32_t l, std::size_t i) const noexcept {
        const message& m = table_[l].messages[table_[l].order[i]];
        return mix((std::uint64_t{l} << 40) ^ (std::uint64_t{m.thread} << 32) ^ m.time);
    }
    [[nodiscard]] std::uint64_t pair_hash(std::uint32_t l, std::size_t second) const noexcept {
        if (second == 0 || second >= table_[l].order.size()) return 0;
        return mix(name_hash(l, second - 1) * 3 + name_hash(l, second));
    }

    void raise(view& v, std::uint32_t l, std::uint16_t m) noexcept {
        if (at(l, m).position > at(l, v.of[l]).position) v.of[l] = m;
    }
    void join(view& v, const view& other) noexcept {
        for (std::uint32_t l = 0; l != locations_; ++l) {
            if (v.of[l] != other.of[l]) raise(v, l, other.of[l]);
        }
    }

    void copy(view& to, const view& from) const noexcept {
        for (std::uint32_t l = 0; l != reach_; l += step_of_reach)
            std::memcpy(to.of + l, from.of + l, step_of_reach * sizeof to.of[0]);
    }
    void clear(view& v) const noexcept {
        for (std::uint32_t l = 0; l != reach_; l += step_of_reach)
            std::memset(v.of + l, 0, step_of_reach * sizeof v.of[0]);
    }

    static constexpr std::uint32_t step_of_reach = 16;
    static_assert(max_locations % step_of_reach == 0);
    // No execution so far had a location from here on: no view has a number for one.
    std::uint32_t reach_ = 0;
    std::uint32_t locations_ = 0;
    std::uint32_t locks_ = 0;
    std::uint64_t order_hash_ = 0;
    store_buffers buffers_{};
    std::vector<location> table_{};
    struct lock_view {
        view exclusive{}, shared{};
    };
    std::vector<lock_view> lock_views_{};
    thread_views threads_[max_threads];
    view sc_;
};

}  // namespace rmap::inline RMAP_ABI::verify
