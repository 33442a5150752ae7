// SPDX-License-Identifier: BSL-1.0
#pragma once

// A look ahead of the batch forms: it keeps the next few items of what a user hands over, and has
// the processor fetch what their work will touch, step by step, as each address stands in what the
// step before has fetched: the vma's hook, its anon_vma and the tree lock.
// Otherwise every vma costs three or four misses of the cache, one after the other.
//
// Reads only what the caller of the batch may read without the tree lock: vmas whose address space
// it holds, and the atomic fields of anon_vmas that live because such a vma is linked.

#include <cstddef>
#include <new>

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
    fetch(&Map::hook_of(*p.parent));
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
    [[nodiscard]] unsigned at_hand() const noexcept {
        return (known_ < all_ ? known_ : all_) - done_;
    }

    /// An item at hand, and what is known of it.
    struct known {
        known() noexcept {}  // empty; no work

        union {
            item one;
        };
        anon_vma<policy>* nearest;  // of what is linked of it, the vma or the parent, when it was
                                    // looked at; null if unfaulted
        anon_vma<policy>* root;     // of that
    };
    /// The one that is `behind` behind the next, which is at hand.
    [[nodiscard]] const known& at(unsigned behind) const noexcept {
        return slots_[(done_ + behind) % room];
    }
    /// The one behind this one, if it is at hand.
    [[nodiscard]] const known& behind(const known& one) const noexcept {
        return &one == slots_ + (room - 1) ? slots_[0] : *(&one + 1);
    }

    /// The first `n` are done.
    void drop(unsigned n) {
        done_ += n;
        if (known_ - done_ <= step && known_ < all_) look();
    }

    /// How many of the next are linked under one root and so are done under one lock: 1 at least.
    /// The next MUST be linked.
    [[nodiscard]] unsigned of_one_root() const noexcept {
        const unsigned all = at_hand();
        unsigned n = 1;
        if (n == all || at(n).root != at(0).root) return n;
        for (std::size_t links = links_of(0); n != all && at(n).root == at(0).root; ++n) {
            links += links_of(n);
            if (links > most_links_at_once) break;
        }
        return n;
    }

private:
    // Each step is so far ahead of the next that what that one has fetched has come.
    static constexpr unsigned step = most_at_once / 2;
    static constexpr unsigned room = 4 * step;

    [[gnu::noinline]] void look() {
        do {
            const unsigned at = asked_;
            if (at < all_) ask(at);
            if (at >= step) name(at - step);
            if (at >= 2 * step) {
                know(at - 2 * step);
                known_ = at - step;
            }
            asked_ = at + step;
        } while (known_ - done_ <= step && known_ < all_);
    }
    // Each works on `step` items, as far as there are so many.
    [[gnu::always_inline]] void ask(unsigned from) {
        known* const s = slots_ + from % room;
        for (unsigned i = 0; i != step; ++i) {
            const item& one = *::new (&s[i].one) item{next_()};
            if (detail::linked_one<Map>(one) == nullptr) {
                all_ = from + i;
                break;
            }
            detail::fetch_item<Map>(one);
        }
    }
    [[gnu::always_inline]] void name(unsigned from) {
        known* s = slots_ + from % room;
        for (unsigned n = at_most_step(from); n != 0; --n, ++s) {
            s->nearest = Map::nearest(*detail::linked_one<Map>(s->one));
            if (s->nearest != nullptr) detail::fetch_anon_vma(*s->nearest);
        }
    }
    [[gnu::always_inline]] void know(unsigned from) {
        known* s = slots_ + from % room;
        for (unsigned n = at_most_step(from); n != 0; --n, ++s) {
            s->root = nullptr;
            if (s->nearest == nullptr) continue;
            s->root = s->nearest->root.load(order::relaxed);  // the linked vma keeps it
            detail::fetch(&s->root->lock);
        }
    }
    [[nodiscard]] unsigned at_most_step(unsigned from) const noexcept {
        if (all_ >= from + step) [[likely]]
            return step;
        return all_ < from ? 0 : all_ - from;
    }
    [[nodiscard]] std::size_t links_of(unsigned behind) const noexcept {
        return topology::template links_of<policy>(
            Map::hook_of(*detail::linked_one<Map>(at(behind).one)));
    }

    Next next_;
    // Counts of items, `step` by `step`: asked for, and whose root is known; those in the middle
    // have an anon_vma. Behind the last there are fewer.
    unsigned asked_ = 0;
    unsigned known_ = 0;
    unsigned done_ = 0;
    unsigned all_ = ~0U;  // how many there are, once that is known
    known slots_[room];   // those from done_ to asked_ are known
};

}  // namespace ops

}  // namespace rmap::inline RMAP_ABI
