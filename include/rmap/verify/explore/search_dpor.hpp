// SPDX-License-Identifier: BSL-1.0
#pragma once

// Exhaustive search with source-set dynamic partial-order reduction and sleep sets (Abdulla,
// Aronsson, Jonsson, Sagonas, 2014; Flanagan and Godefroid, 2005): one execution of each class that
// differs only in the order of independent steps. For interleavings (sequential consistency); the
// memory model's choices are the business of search_cached.hpp.

#include <cstddef>
#include <vector>

#include <rmap/verify/explore/engine.hpp>

namespace rmap::inline RMAP_ABI::verify {

class dpor_search final : public strategy {
public:
    dpor_search() { path_.reserve(64); }

    void begin(engine&) override {
        depth_ = 0;
        sleep_ = 0;
    }

    [[nodiscard]] bool asks_for_hashes() const override { return false; }

    int thread(engine& e, thread_mask enabled, int last) override {
        if (depth_ == path_.size()) {
            const thread_mask awake = enabled & ~sleep_;
            if (awake == 0) {
                // Those who wait will not come to their steps here, so their races count now.
                for (unsigned p = 0; p != e.threads(); ++p) {
                    if (e.thread(p).finished || ((enabled >> p) & 1U) != 0) continue;
                    reverse_races(e, p, clock_of_next(e, p));
                }
                return prune;
            }
            const bool stay = last >= 0 && ((awake >> last) & 1U) != 0;
            const int first = stay ? last : __builtin_ctz(awake);
            node& fresh = path_.emplace_back();
            fresh.enabled = enabled;
            fresh.backtrack = thread_mask{1} << first;
            fresh.sleep = sleep_;
            fresh.chosen = first;
        }
        node& n = path_[depth_];
        const auto p = static_cast<unsigned>(n.chosen);
        // Steps before the last choice that changed were looked at in earlier executions.
        if (depth_ + 1 >= path_.size()) {
            n.clock = clock_of_next(e, p);
            reverse_races(e, p, n.clock);
        }
        ++depth_;
        const operation& next = e.thread(p).pending;
        thread_mask asleep = 0;
        for (thread_mask rest = (n.sleep | n.done) & ~bit(p); rest != 0; rest &= rest - 1) {
            const auto q = static_cast<unsigned>(__builtin_ctz(rest));
            if (!dependent(e.thread(q).pending, next)) asleep |= bit(q);
        }
        sleep_ = asleep;
        n.done |= bit(p);
        return n.chosen;
    }

    unsigned value(engine&, unsigned) override { return 0; }

    bool next() override {
        while (!path_.empty()) {
            node& n = path_.back();
            const thread_mask left = n.backtrack & ~n.done & ~n.sleep;
            if (left != 0) {
                n.chosen = __builtin_ctz(left);
                return true;
            }
            path_.pop_back();
        }
        return false;
    }

private:
    struct node {
        thread_mask enabled = 0;
        thread_mask backtrack = 0;  // threads to be tried here
        thread_mask done = 0;
        thread_mask sleep = 0;      // threads whose trying here would repeat what was seen
        int chosen = 0;
        vclock clock{};             // of the step taken here
    };

    [[nodiscard]] static thread_mask bit(unsigned t) noexcept { return thread_mask{1} << t; }

    [[nodiscard]] static vclock clock_of_next(engine& e, unsigned p) {
        const engine::thread_state& t = e.thread(p);
        vclock clock = t.dep;
        if (t.pending.object != no_object) {
            e.objects()[t.pending.object].before(touch_of(t.pending.kind), clock);
        }
        clock.tick(p);
        return clock;
    }

    /// For each earlier step that the next step of `p` races with directly (dependent, not ordered
    /// by anything else, and the other order is possible): something must be tried before that step
    /// which leads to the other order.
    void reverse_races(engine& e, unsigned p, const vclock& clock) {
        const engine::thread_state& t = e.thread(p);
        if (t.pending.object == no_object) return;
        const object& o = e.objects()[t.pending.object];
        std::int32_t racing[max_threads];
        for (unsigned q = 0; q != e.threads(); ++q) {
            racing[q] = q == p ? -1 : last_swappable(e, o, q, t);
        }
        for (unsigned q = 0; q != e.threads(); ++q) {
            if (racing[q] >= 0 && !ordered_by_another(e, racing, q)) {
                try_before(e, static_cast<std::size_t>(racing[q]), p, clock);
            }
        }
    }

    /// The last step of `q` on the object that the pending step could have come before; -1: none.
    [[nodiscard]] static std::int32_t last_swappable(engine& e, const object& o, unsigned q,
                                                     const engine::thread_state& t) {
        const op_kind kind = t.pending.kind;
        const touch how = touch_of(kind);
        const bool lets_go = how == touch::release || how == touch::release_shared;
        std::int32_t latest = -1;
        const auto look = [&](touch row) {
            const std::int32_t at = o.last[object::row(row)][q];
            if (at <= latest) return;
            const step& s = e.trace()[static_cast<std::size_t>(at)];
            if (t.dep.at[q] >= s.time) return;
            // An unlock comes behind its lock; but a try that failed could have come behind the
            // unlock. Who waits for a lock does not come before a try that found it taken by
            // somebody who is in his way as well: not so a reader before a writer's try that
            // failed because of readers.
            if (lets_go && !s.failed) return;
            if (kind == op_kind::lock && s.failed) return;
            if (kind == op_kind::lock_shared && s.op.kind == op_kind::try_lock_shared) return;
            latest = at;
        };
        if (how == touch::nothing) return -1;
        look(touch::write);
        if (how == touch::write || how == touch::release) look(touch::read);
        // A try can come before the unlock.
        if (is_try(kind)) look(touch::release);
        if (kind == op_kind::try_lock) look(touch::release_shared);
        return latest;
    }

    /// Whether the racing step of `q` comes before another racing step anyway.
    [[nodiscard]] bool ordered_by_another(engine& e, const std::int32_t* racing, unsigned q) const {
        const std::uint32_t time = e.trace()[static_cast<std::size_t>(racing[q])].time;
        for (unsigned f = 0; f != e.threads(); ++f) {
            if (f == q || racing[f] <= racing[q]) continue;
            if (path_[static_cast<std::size_t>(racing[f])].clock.at[q] >= time) return true;
        }
        return false;
    }

    /// The steps behind `at` that do not depend on it, then the next step of `p`: any of the
    /// threads that can begin this sequence will do. If none is to be tried at `at` yet, one is.
    void try_before(engine& e, std::size_t at, unsigned p, const vclock& clock) {
        const std::vector<step>& trace = e.trace();
        const step& s = trace[at];
        later_.clear();
        thread_mask initials = 0;
        thread_mask present = 0;
        const auto is_first = [&](unsigned thread, const vclock& c) {
            if ((present & bit(thread)) != 0) return false;
            for (std::size_t earlier : later_) {
                if (c.at[trace[earlier].thread] >= trace[earlier].time) return false;
            }
            return true;
        };
        for (std::size_t i = at + 1; i != trace.size(); ++i) {
            const vclock& c = path_[i].clock;
            if (c.at[s.thread] >= s.time) continue;
            if (is_first(trace[i].thread, c)) initials |= bit(trace[i].thread);
            present |= bit(trace[i].thread);
            later_.push_back(i);
        }
        if (is_first(p, clock)) initials |= bit(p);
        node& n = path_[at];
        initials &= n.enabled;
        // Whoever could begin waits: for the very step, or for one of others that is still to come.
        if (initials == 0) n.backtrack |= n.enabled;
        if ((n.backtrack & initials) == 0) n.backtrack |= initials & (~initials + 1);
    }

    std::vector<node> path_{};
    std::vector<std::size_t> later_{};
    std::size_t depth_ = 0;
    thread_mask sleep_ = 0;
};

}  // namespace rmap::inline RMAP_ABI::verify
