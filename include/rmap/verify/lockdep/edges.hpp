// SPDX-License-Identifier: BSL-1.0
#pragma once

// The graph of what was taken while what was held: nodes are classes (a subclass is a node of its
// own), an edge from A to B says that B was taken while A was held. A way back from B to A means
// that threads can wait for each other in a circle, whether or not one ever did: unless at some
// node of the circle a reader meets a reader, and readers of that lock never wait for each other.
//
// The caller serialises all use (verify/lockdep/graph.hpp).

#include <cstddef>
#include <map>
#include <span>
#include <utility>
#include <vector>

#include <rmap/verify/lockdep/held.hpp>

namespace rmap::inline RMAP_ABI::verify {

/// An edge, as users see it.
struct lock_edge {
    const lock_class* from;
    unsigned from_subclass;
    const lock_class* to;
    unsigned to_subclass;
    bool direct;  // at least once nothing was taken in between
    bool nested;  // from a class to itself, because of an outer lock (nested_in): no order
    bool wrong;   // was reported, and does not count when circles are looked for
};

class lock_edges {
public:
    using node = std::size_t;
    using chain = std::vector<held_lock>;

    [[nodiscard]] node node_of(const held_lock& h) {
        for (node n = 0; n != nodes_.size(); ++n) {
            if (nodes_[n].first == h.of && nodes_[n].second == h.note.subclass) return n;
        }
        nodes_.emplace_back(h.of, h.note.subclass);
        return nodes_.size() - 1;
    }

    /// False: such an edge is known already, and nothing is to be checked.
    [[nodiscard]] bool add(node from, node to, const held_lock& held, const held_lock& now,
                           bool direct, std::span<const held_lock> all) {
        edge& e = edges_[{from, to}];
        e.direct = e.direct || direct;
        const unsigned kind = 1u << ((held.shared ? 2u : 0u) | (now.readers_nest ? 1u : 0u));
        if ((e.kinds & kind) != 0 || e.wrong) return false;
        if (e.kinds == 0) {
            e.seen.assign(all.begin(), all.end());
            e.seen.push_back(now);
        }
        e.kinds |= kind;
        return true;
    }
    void add_nested(node n) {
        edge& e = edges_[{n, n}];
        e.direct = e.nested = true;
    }
    void set_wrong(node from, node to) { edges_[{from, to}].wrong = true; }

    /// The edges of a way from `to` back to `from` that closes a circle with the edge between the
    /// two; empty if there is none. The shortest one.
    [[nodiscard]] std::vector<std::pair<node, node>> way_back(node from, node to,
                                                              const held_lock& held,
                                                              const held_lock& now) const {
        // A state is a node, and whether it was reached by a reader that waits for no reader.
        std::vector<state> reached{{to, now.readers_nest, 0}};
        std::vector<bool> seen(2 * nodes_.size(), false);
        seen[2 * to + (now.readers_nest ? 1 : 0)] = true;
        for (std::size_t i = 0; i != reached.size(); ++i) {
            const state at = reached[i];
            for (auto e = edges_.lower_bound({at.of, 0});
                 e != edges_.end() && e->first.first == at.of; ++e) {
                if (e->second.nested || e->second.wrong) continue;
                for (unsigned kind = 0; kind != 4; ++kind) {
                    const bool held_shared = (kind & 2) != 0;
                    const bool by_reader = (kind & 1) != 0;
                    if ((e->second.kinds & 1u << kind) == 0 || (at.by_reader && held_shared))
                        continue;
                    const node next = e->first.second;
                    if (next == from && !(by_reader && held.shared))
                        return way_to(reached, i, next);
                    const std::size_t mark = 2 * next + (by_reader ? 1 : 0);
                    if (seen[mark]) continue;
                    seen[mark] = true;
                    reached.push_back({next, by_reader, i});
                }
            }
        }
        return {};
    }

    /// The locks that were held when the edge was first seen, and the one that was taken.
    [[nodiscard]] const chain& seen(std::pair<node, node> e) const { return edges_.at(e).seen; }

    [[nodiscard]] const std::pair<const lock_class*, unsigned>& operator[](node n) const {
        return nodes_[n];
    }
    [[nodiscard]] std::size_t nodes() const noexcept { return nodes_.size(); }
    [[nodiscard]] std::size_t size() const noexcept { return edges_.size(); }

    template <class F>
    void for_each(F f) const {
        for (const auto& [ends, e] : edges_) {
            const auto& [from, from_subclass] = nodes_[ends.first];
            const auto& [to, to_subclass] = nodes_[ends.second];
            f(lock_edge{from, from_subclass, to, to_subclass, e.direct, e.nested, e.wrong});
        }
    }
    void clear() {
        nodes_.clear();
        edges_.clear();
    }

private:
    struct edge {
        unsigned kinds = 0;  // a bit for each of: held exclusively or shared, taken by what reader
        bool direct = false;
        bool nested = false;
        bool wrong = false;
        chain seen{};
    };
    struct state {
        node of;
        bool by_reader;
        std::size_t before;  // its index; the first one's own
    };

    [[nodiscard]] static std::vector<std::pair<node, node>> way_to(
        const std::vector<state>& reached, std::size_t last, node end) {
        std::vector<std::pair<node, node>> way{{reached[last].of, end}};
        for (std::size_t i = last; reached[i].before != i; i = reached[i].before)
            way.insert(way.begin(), {reached[reached[i].before].of, reached[i].of});
        return way;
    }

    std::vector<std::pair<const lock_class*, unsigned>> nodes_;
    std::map<std::pair<node, node>, edge> edges_;
};

}  // namespace rmap::inline RMAP_ABI::verify
