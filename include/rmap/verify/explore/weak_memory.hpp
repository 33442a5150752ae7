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
#include <vector>

#include <rmap/core/atomics.hpp>
#include <rmap/verify/explore/clock.hpp>
#include <rmap/verify/explore/store_buffers.hpp>

namespace rmap::inline RMAP_ABI::verify {

class weak_memory {
public:
    static constexpr unsigned max_locations = 192;

    /// For each location, the message that is seen at least; four to a word. Words are read and
    /// written whole: a processor makes a load wait for a narrower store before it. Copied by
    /// copy() alone: most scenarios have a few locations, and the rest is zero in every view.
    struct view {
        static constexpr unsigned per_word = 4;
        std::uint64_t words[max_locations / per_word];

        [[nodiscard]] std::uint16_t of(std::uint32_t l) const noexcept {
            return static_cast<std::uint16_t>(words[l / per_word] >> shift(l));
        }
        void set(std::uint32_t l, std::uint16_t m) noexcept {
            std::uint64_t& w = words[l / per_word];
            w = (w & ~(std::uint64_t{0xffff} << shift(l))) | (std::uint64_t{m} << shift(l));
        }
        [[nodiscard]] static unsigned shift(std::uint32_t l) noexcept { return l % per_word * 16; }
    };

    struct message {
        std::uint64_t value = 0;
        vclock hb{};               // what an acquiring reader learns
        std::uint16_t position = 0;
        bool has_rmw = false;      // a read-modify-write follows it directly
        std::uint8_t thread = 0;
        std::uint32_t time = 0;    // of the writing thread; 0: initial
        std::uint32_t number = 0;  // with store buffers: in the order of all stores; 0: initial
        std::uint64_t name = 0;    // for hashes: of the location, the thread and its time
        view seen{};
    };

    struct location {
        std::vector<message> messages;     // in the order in which they came
        std::vector<std::uint16_t> order;  // numbers of messages, in modification order
        std::size_t used = 0;              // messages beyond are left over from earlier executions
    };

    /// What a thread must see; what an acquire fence would add to that, which has all of `cur`;
    /// what a relaxed store publishes.
    struct thread_views {
        view cur, acq, rel;
    };

    weak_memory() noexcept {}  // leaves the views as they are, until reset()

    /// `hashing`: order_hash() and state_hash() will be asked for.
    void reset(bool store_buffers_only, bool hashing) noexcept {
        hashing_ = hashing;
        buffers_.reset(store_buffers_only);
        if (reach_ == 0) {  // for the first time
            for (thread_views& t : threads_) t = {};
            sc_ = {};
        }
        for (unsigned t = 0; t != started_; ++t) {  // the others still see nothing
            for (view* v : {&threads_[t].cur, &threads_[t].acq, &threads_[t].rel}) clear(*v);
        }
        clear(sc_);
        started_ = 1;  // the scenario's own code uses the first
        locations_ = locks_ = 0;
        order_hash_ = 0;
    }

    void stop_hashing() noexcept { hashing_ = false; }

    /// A new location with its initial value; false if there are too many.
    [[nodiscard]] bool add(std::uint32_t& number, std::uint64_t value) {
        if (locations_ == max_locations) return false;
        number = locations_++;
        if (locations_ > reach_ * view::per_word) ++reach_;
        if (table_.size() < locations_) table_.emplace_back();
        location& l = table_[number];
        l.used = 0;
        l.order.clear();
        message& m = append(l);
        m.value = value;
        m.hb = {};
        m.thread = 0;
        m.time = m.number = 0;
        m.name = named(number, 0, 0);
        clear(m.seen);  // of(number) is 0, which is this one
        l.order.push_back(0);
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
        if (t >= started_) started_ = t + 1;
        for (std::uint32_t l = 0; l != locations_; ++l) {
            threads_[t].cur.set(l, last(l));
        }
        copy(threads_[t].acq, threads_[t].cur);
        copy(threads_[t].rel, threads_[t].cur);
    }

    /// It has ended.
    void finish(unsigned t) noexcept { buffers_.finish(t); }

    /// Thread `t` begins a read-modify-write: with store buffers it waits for its own.
    void lock_bus(unsigned t) noexcept { buffers_.drain(t); }

    /// The message that thread `t` reads. choose(n), asked if there is more than one, picks of
    /// those that it may read: 0 is the newest. A read-modify-write (usable: a predicate over
    /// messages) reads only what it could extend.
    template <class Usable, class Choose>
    [[nodiscard]] std::uint16_t pick(unsigned t, std::uint32_t l, order o, Usable usable,
                                     Choose choose) const {
        const location& place = table_[l];
        const std::size_t least = floor(t, l, o);
        unsigned n = 0;
        std::uint16_t found = 0;
        for (std::size_t i = place.order.size(); i-- > least;) {
            const std::uint16_t m = place.order[i];
            if (usable(place.messages[m]) && n++ == 0) found = m;
        }
        if (n < 2) return found;
        unsigned skip = choose(n);
        for (std::size_t i = place.order.size(); skip != 0 && i-- > least;) {
            const std::uint16_t m = place.order[i];
            if (m == found || !usable(place.messages[m])) continue;
            found = m;
            --skip;
        }
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
        join(views.acq, from.seen);  // which has m: acq goes on to cover cur
        pending.join(from.hb);
        if (acquires(o)) {
            join(views.cur, from.seen);
            hb.join(from.hb);
        }
        if (o == order::seq_cst) raise(sc_, l, m);
    }

    /// Stores; returns the message. choose(n), asked if there is more than one place to store at,
    /// picks one: 0 is the end. `base` is what an acquiring reader learns.
    template <class Choose>
    std::uint16_t store(unsigned t, std::uint32_t l, order o, std::uint64_t value, Choose choose,
                        const vclock& base, std::uint32_t time) {
        const location& place = table_[l];
        std::size_t where = place.order.size();
        if (!buffers_.on()) {
            const std::size_t least = floor(t, l, o);
            const auto open = [&](std::size_t i) {
                return !place.messages[place.order[i - 1]].has_rmw;
            };
            unsigned n = 0;
            for (std::size_t i = where; i > least; --i) n += open(i) ? 1U : 0U;
            for (unsigned skip = n < 2 ? 0 : choose(n); skip != 0; --skip) {
                do --where;
                while (!open(where));
            }
        }
        return insert(t, l, o, value, where, base, time, no_message);
    }

    /// The write half of a read-modify-write that has read message m.
    std::uint16_t update(unsigned t, std::uint32_t l, order o, std::uint64_t value, std::uint16_t m,
                         vclock base, std::uint32_t time) {
        message& from = table_[l].messages[m];
        from.has_rmw = true;
        base.join(from.hb);  // the release sequence goes on
        return insert(t, l, o, value, from.position + 1U, base, time, m);
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
    static constexpr std::uint16_t no_message = 0xffff;

    /// Whoever appends fills in all but what is set here.
    message& append(location& l) {
        if (l.messages.size() == l.used) l.messages.emplace_back();
        message& m = l.messages[l.used++];
        m.position = 0;
        m.has_rmw = false;
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
        std::size_t least = at(l, threads_[t].cur.of(l)).position;
        if (o == order::seq_cst) {
            const std::size_t sc = at(l, sc_.of(l)).position;
            if (sc > least) least = sc;
        }
        return least;
    }

    /// `read`: the message that a read-modify-write has read.
    std::uint16_t insert(unsigned t, std::uint32_t l, order o, std::uint64_t value,
                         std::size_t where, const vclock& base, std::uint32_t time,
                         std::uint16_t read) {
        location& place = table_[l];
        const auto number = static_cast<std::uint16_t>(place.used);
        message& m = append(place);
        m.value = value;
        m.thread = static_cast<std::uint8_t>(t);
        m.time = time;
        m.hb = base;
        m.number = buffers_.store((std::uint64_t{l} << 40) ^ (std::uint64_t{t} << 32) ^ time);
        if (hashing_) m.name = named(l, t, time);
        if (read != no_message || o == order::seq_cst) buffers_.drain(t);
        if (where == place.order.size()) {
            place.order.push_back(number);
            m.position = static_cast<std::uint16_t>(where);
        } else {
            if (hashing_) order_hash_ -= pair_hash(place, where);
            place.order.insert(place.order.begin() + static_cast<std::ptrdiff_t>(where), number);
            for (std::size_t i = where; i != place.order.size(); ++i) {
                place.messages[place.order[i]].position = static_cast<std::uint16_t>(i);
            }
            if (hashing_) order_hash_ += pair_hash(place, where + 1);
        }
        if (hashing_) order_hash_ += pair_hash(place, where);

        thread_views& views = threads_[t];
        views.cur.set(l, number);  // it is behind what the thread has seen
        copy(m.seen, releases(o) ? views.cur : views.rel);
        m.seen.set(l, number);
        if (read != no_message) join(m.seen, place.messages[read].seen);
        raise(views.acq, l, number);
        if (o == order::seq_cst) raise(sc_, l, number);
        return number;
    }

    [[nodiscard]] static std::uint64_t named(std::uint32_t l, unsigned t,
                                             std::uint32_t time) noexcept {
        return mix((std::uint64_t{l} << 40) ^ (std::uint64_t{t} << 32) ^ time);
    }
    /// Of two neighbours in the modification order, the second of them at `second`, not 0.
    [[nodiscard]] static std::uint64_t pair_hash(const location& place,
                                                 std::size_t second) noexcept {
        return mix(place.messages[place.order[second - 1]].name * 3 +
                   place.messages[place.order[second]].name);
    }

    void raise(view& v, std::uint32_t l, std::uint16_t m) const noexcept {
        const message* const all = table_[l].messages.data();
        if (all[m].position > all[v.of(l)].position) v.set(l, m);
    }
    void join(view& v, const view& other) const noexcept {
        for (std::uint32_t w = 0; w != reach_; ++w) {
            for (std::uint64_t rest = v.words[w] ^ other.words[w]; rest != 0;) {
                const auto lane = static_cast<unsigned>(__builtin_ctzll(rest)) / 16;
                rest &= ~(std::uint64_t{0xffff} << (lane * 16));
                const std::uint32_t l = w * view::per_word + lane;
                raise(v, l, other.of(l));
            }
        }
    }

    // Word by word: the barrier keeps the compiler from calling memcpy and memset for a few.
    void copy(view& to, const view& from) const noexcept {
        for (std::uint32_t w = 0; w != reach_; ++w) {
            to.words[w] = from.words[w];
            asm volatile("");
        }
    }
    void clear(view& v) const noexcept {
        for (std::uint32_t w = 0; w != reach_; ++w) {
            v.words[w] = 0;
            asm volatile("");
        }
    }

    // In words: no execution so far had a location from here on, no view has a number for one.
    std::uint32_t reach_ = 0;
    std::uint32_t locations_ = 0;
    std::uint32_t locks_ = 0;
    unsigned started_ = max_threads;  // threads whose views are not empty
    bool hashing_ = false;
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
