// SPDX-License-Identifier: BSL-1.0
#pragma once

// A look ahead of the batch forms: it keeps the next few items of what a user hands over, and has
// the processor fetch what their work will touch, step by step, as each address stands in what the
// step before has fetched: the vma's hook, its anon_vma, the tree lock and what the topology knows.
// Otherwise every vma costs three or four misses of the cache, one after the other.
//
// Reads only what the caller of the batch may read without the tree lock: vmas whose address space
// it holds, and the atomic fields of anon_vmas that live because such a vma is linked.

#include <cstddef>

#include <rmap/core/atomics.hpp>
#include <rmap/core/config.hpp>
#include <rmap/model/anon_vma.hpp>
#include <rmap/model/vma.hpp>

namespace rmap::inline RMAP_ABI {

/// What fork_all works on: null, null is the end.
template <class Vma>
struct fork_pair {
    Vma* child = nullptr;
    Vma* parent = nullptr;
};

namespace ops {

/// How many vmas a batch holds one tree lock for at most, without letting go: by then the lock
/// itself costs each next to nothing, and the batch holds it no longer than the walk of some
/// hundred places does. A power of two.
inline constexpr unsigned most_at_once = 8;

/// And how many links these may have in all, where vmas have long chains.
inline constexpr std::size_t most_links_at_once = 64;

namespace detail {

inline void fetch(const void* at) noexcept {
    __builtin_prefetch(at, 1);
}

/// What is surely looked at in a vma: its hook, and what stands behind that.
template <class Map>
void fetch_vma(const typename Map::vma_type& v) noexcept {
    const auto* const hook = reinterpret_cast<const char*>(&Map::hook_of(v));
    fetch(hook);
    if constexpr (sizeof(typename Map::vma_type) > 32) fetch(hook + 32);
}
template <class Policy>
void fetch_anon_vma(const anon_vma<Policy>& av) noexcept {
    fetch(&av);
    if constexpr (sizeof(av) > 64) fetch(reinterpret_cast<const char*>(&av) + sizeof(av) - 8);
}
// ---- by item: of a vma that is unlinked, and of a child and its parent

template <class Map>
typename Map::vma_type* linked_one(typename Map::vma_type* v) noexcept {
    return v;
}
template <class Map>
typename Map::vma_type* linked_one(const fork_pair<typename Map::vma_type>& p) noexcept {
    return p.parent;
}
template <class Map>
void fetch_item(const typename Map::vma_type* v) noexcept {
    fetch(&Map::hook_of(*v));
}
template <class Map>
void fetch_item(const fork_pair<typename Map::vma_type>& p) noexcept {
    fetch_vma<Map>(*p.child);
    fetch_vma<Map>(*p.parent);
}

}  // namespace detail

/// `Next` is a callable that returns the next item each time: a Vma*, or a fork_pair<Vma>; null at
/// the end, and is not called again then.
template <class Map, class Next>
class ahead {
    using policy = typename Map::policy;
    using topology = typename policy::topology;

public:
    using item = decltype((*static_cast<Next*>(nullptr))());

    explicit ahead(Next next) : next_{static_cast<Next&&>(next)} { look(); }

    /// How many of the next items it has at hand; 0: there are no more.
    [[nodiscard]] unsigned at_hand() const noexcept { return known_ - done_; }
    /// The one that is `behind` behind the next, which is at hand; and the nearest anon_vma of what
    /// is linked of it, the vma or the parent; null if unfaulted.
    [[nodiscard]] const item& at(unsigned behind) const noexcept { return slot(behind).one; }
    [[nodiscard]] anon_vma<policy>* nearest(unsigned behind) const noexcept {
        return slot(behind).nearest;
    }

    /// The first `n` are done.
    void drop(unsigned n) {
        done_ += n;
        if (known_ - done_ < step && known_ != seen_) look();
    }

    /// How many of the next are linked under one root and so are done under one lock: 1 at least.
    /// The next MUST be linked.
    [[nodiscard]] unsigned of_one_root() const noexcept {
        const unsigned all = at_hand();
        unsigned n = 1;
        if (n == all || slot(n).root != slot(0).root) return n;
        for (std::size_t links = links_of(0); n != all && slot(n).root == slot(0).root; ++n) {
            links += links_of(n);
            if (links > most_links_at_once) break;
        }
        return n;
    }

private:
    // Each step is so far ahead of the next that what that one has fetched has come.
    static constexpr unsigned step = most_at_once / 2;
    static constexpr unsigned room = 4 * step;

    struct slot_type {
        item one;
        anon_vma<policy>* nearest;
        anon_vma<policy>* root;
    };

    void look() {
        for (; !ended_ && seen_ - done_ != room; ++seen_) {
            slot_type& s = slots_[seen_ % room];
            s.one = next_();
            if (detail::linked_one<Map>(s.one) == nullptr) {
                ended_ = true;
                break;
            }
            detail::fetch_item<Map>(s.one);
        }
        for (; named_ != seen_ && named_ - done_ != 3 * step; ++named_) {
            slot_type& s = slots_[named_ % room];
            s.nearest = Map::nearest(*detail::linked_one<Map>(s.one));
            if (s.nearest != nullptr) detail::fetch_anon_vma(*s.nearest);
        }
        for (; known_ != named_ && known_ - done_ != most_at_once; ++known_) {
            slot_type& s = slots_[known_ % room];
            s.root = nullptr;
            if (s.nearest == nullptr) continue;
            s.root = s.nearest->root.load(order::relaxed);  // the linked vma keeps it
            detail::fetch(&s.root->lock);
        }
    }
    [[nodiscard]] const slot_type& slot(unsigned behind) const noexcept {
        return slots_[(done_ + behind) % room];
    }
    [[nodiscard]] std::size_t links_of(unsigned behind) const noexcept {
        return topology::template links_of<policy>(
            Map::hook_of(*detail::linked_one<Map>(at(behind))));
    }

    Next next_;
    bool ended_ = false;
    // Counts of items: asked for, whose anon_vma is known, and its root, done. Each at most the one
    // before.
    unsigned seen_ = 0;
    unsigned named_ = 0;
    unsigned known_ = 0;
    unsigned done_ = 0;
    slot_type slots_[room];  // those from done_ to seen_ are known
};

}  // namespace ops

}  // namespace rmap::inline RMAP_ABI
