// SPDX-License-Identifier: BSL-1.0
#pragma once

// lock_graph: what lockdep has seen in this process, and whom it reports to. One for all threads
// and all maps. Locks call taking() before they wait, took() after a successful try, released()
// before they let go.

#include <cstddef>
#include <cstdio>
#include <functional>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include <rmap/verify/lockdep/chain_cache.hpp>
#include <rmap/verify/lockdep/edges.hpp>
#include <rmap/verify/lockdep/report.hpp>

namespace rmap::inline RMAP_ABI::verify {

class lock_graph {
public:
    /// It is never destroyed: locks may be used until the very end of the program.
    [[nodiscard]] static lock_graph& global() {
        static lock_graph& only = *new lock_graph;
        return only;
    }
    lock_graph(const lock_graph&) = delete;
    lock_graph& operator=(const lock_graph&) = delete;

    /// Where reports go: f(const lock_report&), on the thread that caused it, before it waits.
    /// What f takes and releases is not checked. Null: to stderr, as in the beginning.
    void on_report(std::function<void(const lock_report&)> f) {
        const std::lock_guard guard{mutex_};
        sink_ = std::move(f);
    }
    /// Forgets classes, edges, chains and counts. Locks that are held stay so.
    void reset() {
        const std::lock_guard guard{mutex_};
        edges_.clear();
        chains_.clear();
        counts_ = {};
    }

    struct counts {
        std::size_t reports = 0;
        std::size_t chains = 0;  // that were checked; any that comes again is not
    };
    [[nodiscard]] counts count() {
        const std::lock_guard guard{mutex_};
        return counts_;
    }

    /// f(const lock_edge&) for each edge; f takes no lock that is watched.
    template <class F>
    void for_each_edge(F f) {
        const std::lock_guard guard{mutex_};
        edges_.for_each(f);
    }

    /// The graph in DOT, for a sink (verify/text.hpp). Edges that skip a lock are left out, as they
    /// follow from the others; what was reported is red.
    template <text_sink Sink>
    void dump_dot(Sink&& sink) {
        std::string all = "digraph locks {\n    node [shape=box];\n";
        for_each_edge([&](const lock_edge& e) {
            if (!e.direct && !e.wrong) return;
            all += text("    \"", name_of_lock(e.from, e.from_subclass), "\" -> \"",
                        name_of_lock(e.to, e.to_subclass), '"',
                        e.wrong    ? " [color=red]"
                        : e.nested ? " [style=dashed, label=\"nested\"]"
                                   : "",
                        ";\n");
        });
        put(sink, all, "}\n");
    }

    // ---- for locks

    /// The thread is about to wait for `now`.
    void taking(held_locks& held, held_lock now) {
        if (!held.reporting) check(held, now);
        held.add(now);
    }
    /// The thread has got it without waiting: that cannot deadlock.
    static void took(held_locks& held, held_lock now) {
        now.tried = true;
        held.add(now);
    }
    void released(held_locks& held, const held_lock& gone) {
        if (!held.remove(gone.lock)) report(held, lock_problem::not_held, "", gone, true);
    }
    void destroyed(held_locks& held, const held_lock& gone) {
        if (!held.remove(gone.lock)) return;
        report(held, lock_problem::destroyed_held, "", gone, true);
    }
    /// The thread is at its end.
    void left(held_locks& held) {
        if (held.empty()) return;
        deliver(held, {lock_problem::left_held,
                       "a thread ends and holds\n" + detail::lines_of(held.all())});
    }

private:
    lock_graph() = default;

    void check(held_locks& held, held_lock& now) {
        for (const held_lock& h : held.all()) {
            if (h.lock != now.lock || (h.shared && now.readers_nest)) continue;
            return report(held, lock_problem::recursion, ": it is held already", now);
        }
        if (now.note.outer != nullptr) {
            const held_lock* const outer = held.find(now.note.outer);
            if (outer == nullptr || outer->shared) {
                report(held, lock_problem::nest_not_held,
                       outer == nullptr ? ": the outer lock is not held"
                                        : ": the outer lock is held shared, so others can nest too",
                       now);
                now.note.outer = nullptr;
            }
        }
        const std::uint64_t chain = held.chain_with(now);
        if (now.of == nullptr || chains_.contains(chain)) return;

        std::vector<lock_report> found;
        {
            const std::lock_guard guard{mutex_};
            if (chains_.contains(chain)) return;
            chains_.insert(chain);
            ++counts_.chains;
            const node to = edges_.node_of(now);
            const auto& all = held.all();
            for (std::size_t i = 0; i != all.size(); ++i) {
                if (all[i].of != nullptr) add_edge(held, i, now, to, found);
            }
        }
        for (lock_report& r : found)
            deliver(held, std::move(r));
    }

    using node = lock_edges::node;

    /// What the lock at `i` of those held says about the one that is taken.
    void add_edge(const held_locks& held, std::size_t i, const held_lock& now, node to,
                  std::vector<lock_report>& found) {
        const auto& all = held.all();
        const held_lock& h = all[i];
        const node from = edges_.node_of(h);
        if (h.of == now.of && now.note.outer != nullptr) return edges_.add_nested(to);
        if (from == to) {
            if (!(h.shared && now.readers_nest)) found.push_back(same_class(held, now));
            return;
        }
        if (!edges_.add(from, to, h, now, i + 1 == all.size(), all)) return;
        const auto back = edges_.way_back(from, to, h, now);
        const bool outwards = h.of->inside(*now.of);
        if (back.empty() && !outwards) return;
        edges_.set_wrong(from, to);
        found.push_back(back.empty() ? against_rank(held, h, now)
                                     : inversion(held, h, now, back, outwards));
    }

    [[nodiscard]] static lock_report same_class(const held_locks& held, const held_lock& now) {
        return {lock_problem::same_class,
                text("possible deadlock: two locks of one class, ", detail::name_of_lock(now),
                     ", and neither nested{} nor nested_in{} says why\n  a thread holds\n",
                     detail::lines_of(held.all(), now))};
    }
    [[nodiscard]] static std::string order_of(const held_lock& h, const held_lock& now) {
        return text("  the lock order (locking/order.hpp): ", detail::name_of_lock(now),
                    " comes before ", detail::name_of_lock(h), '\n');
    }
    [[nodiscard]] static lock_report against_rank(const held_locks& held, const held_lock& h,
                                                  const held_lock& now) {
        return {lock_problem::rank,
                text("lock order broken: ", detail::name_of_lock(now), " is taken while ",
                     detail::name_of_lock(h), " is held\n  a thread holds\n",
                     detail::lines_of(held.all(), now), order_of(h, now))};
    }
    [[nodiscard]] lock_report inversion(const held_locks& held, const held_lock& h,
                                        const held_lock& now,
                                        const std::vector<std::pair<node, node>>& back,
                                        bool outwards) const {
        std::string all =
            text("lock order inversion: ", detail::name_of_lock(now), " is taken while ",
                 detail::name_of_lock(h), " is held, but was held before when that was taken\n",
                 "  a thread holds\n", detail::lines_of(held.all(), now));
        for (const auto& e : back) {
            const auto& [of, subclass] = edges_[e.first];
            const auto& [next, next_subclass] = edges_[e.second];
            const auto& seen = edges_.seen(e);
            all += text("  before, ", name_of_lock(of, subclass), " then ",
                        name_of_lock(next, next_subclass), ": a thread held\n",
                        detail::lines_of({seen.data(), seen.size() - 1}, seen.back()));
        }
        if (outwards) all += order_of(h, now);
        return {lock_problem::inversion, std::move(all)};
    }

    void report(held_locks& held, lock_problem what, const char* why, const held_lock& lock,
                bool gone = false) {
        deliver(held, {what, text(name_of(what), why, gone ? ": " : "\n  a thread holds\n",
                                  gone ? detail::name_of_lock(lock) + "\n  a thread holds\n" +
                                             detail::lines_of(held.all())
                                       : detail::lines_of(held.all(), lock))});
    }
    void deliver(held_locks& held, lock_report r) {
        std::function<void(const lock_report&)> sink;
        {
            const std::lock_guard guard{mutex_};
            ++counts_.reports;
            sink = sink_;
        }
        const bool before = std::exchange(held.reporting, true);
        if (sink) {
            sink(r);
        } else {
            std::fputs(("lockdep: " + r.text).c_str(), stderr);
        }
        held.reporting = before;
    }

    chain_cache chains_;
    std::mutex mutex_;
    // The rest is read and written holding mutex_, which is innermost of all.
    lock_edges edges_;
    counts counts_;
    std::function<void(const lock_report&)> sink_;
};

inline held_locks::~held_locks() {
    lock_graph::global().left(*this);
    at_end() = true;
}

}  // namespace rmap::inline RMAP_ABI::verify
