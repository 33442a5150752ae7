// SPDX-License-Identifier: BSL-1.0
#pragma once

// fork_all: fork for all vmas of an address space. Neighbours under one root are done under one
// take of its lock, what the next ones touch is fetched meanwhile, and anon_vmas are got and given
// back several at once. Under disciplines without one lock a tree it is fork, one by one.

#include <cstddef>
#include <cstdint>

#include <rmap/core/check.hpp>
#include <rmap/core/memory.hpp>
#include <rmap/core/status.hpp>
#include <rmap/locking/concept.hpp>
#include <rmap/ops/ahead.hpp>
#include <rmap/ops/chain_guard.hpp>
#include <rmap/ops/fork.hpp>
#include <rmap/ops/fresh.hpp>
#include <rmap/ops/links.hpp>
#include <rmap/ops/settle.hpp>
#include <rmap/ops/stock.hpp>
#include <rmap/ops/unlink_all.hpp>

namespace rmap::inline RMAP_ABI::ops {

namespace detail {

/// A batch on its way: what it has got beforehand.
template <class Map, memory_source Memory>
class fork_batch {
    using policy = typename Map::policy;
    using topology = typename policy::topology;
    using pair = fork_pair<typename Map::vma_type>;
    static constexpr bool shares = one_a_family<topology>;
    static constexpr bool asks = keeps_blocks<topology>;
    static constexpr std::size_t links_of_own = shares ? 0 : objects_a_link<topology>;

public:
    fork_batch(Map& map, Memory& memory) noexcept
        : map_{&map}, memory_{&memory}, fresh_{map}, stock_{map}, reserve_{map} {}

    /// The first `n` pairs, which have one root, as far as one take of its lock goes. Tells how
    /// many are done; fewer than `n` only if something was lacking, which is got then.
    template <class Next>
    [[gnu::always_inline]] status some(const ahead<Map, Next>& pairs, unsigned n,
                                       unsigned& done) noexcept {
        const auto& first = pairs.at(0);
        std::size_t links = 0;
        if constexpr (!asks || owns_late<topology>) {
            for (unsigned i = 0; i != n; ++i) {
                const pair& now = pairs.at(i).one;
                if (settle(*map_, *memory_, *now.parent) != status::ok) return status::no_memory;
                if (asks) continue;
                links += topology::template links_of<policy>(Map::hook_of(*now.parent));
                links += links_of_own;
            }
        }
        anon_vma<policy>& own = *Map::own(*first.one.parent);
        if ((asks ? foresee(own, n) : fill(links, n)) != status::ok) return status::no_memory;
        std::uint32_t lack = 0;
        unsigned i = 0;
        {
            const auto tree =
                chain_guard<Map>(*first.one.parent, own, note_for<typename policy::lock>::here());
            for (const auto* at = &first;;) {
                const pair& now = at->one;
                RMAP_CHECK(policy, !Map::linked(*now.child), double_link,
                           "a fork child's vma is linked already");
                if (!asks && !shares && fresh_.get() == nullptr) stock_.give(fresh_);
                lack = fork_locked(*map_, reserve_, fresh_, *now.child, *now.parent);
                if (lack != 0) [[unlikely]] {
                    if (lack != lacks_anon_vma || stock_.empty()) break;
                    stock_.give(fresh_);
                    continue;
                }
                // It has taken over an ancestor's.
                if (!asks && !shares && fresh_.get() != nullptr) links_left_ += links_of_own;
                if (++i == n) break;
                at = &pairs.behind(*at);
            }
        }
        done = i;
        if (lack != 0) [[unlikely]]
            return get(lack, n - i);
        // Few, or taking one out would be a search.
        if constexpr (asks) reserve_.free_blocks();
        return status::ok;
    }

private:
    // What `n` pairs are likely to take, where only the lock tells.
    status foresee([[maybe_unused]] const anon_vma<policy>& own,
                   [[maybe_unused]] unsigned n) noexcept {
        if constexpr (asks && !owns_late<topology>) {
            if (topology::fork_takes_fresh(own) && fresh_.get() == nullptr) {
                return stock_.fill(*memory_, 1, n);
            }
        }
        return status::ok;
    }
    // What `n` pairs take at most, where that is known beforehand.
    status fill(std::size_t links, unsigned n) noexcept {
        const std::size_t had = links < links_left_ ? links : links_left_;
        if (reserve_.fill(*memory_, links - had) != status::ok) return status::no_memory;
        links_left_ -= had;
        if constexpr (shares) {
            return status::ok;
        } else {
            const unsigned had_one = fresh_.get() != nullptr ? 1 : 0;
            return stock_.fill(*memory_, n - had_one, n - had_one);
        }
    }
    // Under the guard fork_locked() has told what is lacking.
    [[gnu::noinline]] status get(std::uint32_t lack, unsigned left) noexcept {
        const std::uint32_t capacity = lack & ~lacks_anon_vma;
        if (lack != capacity) {
            if (stock_.fill(*memory_, 1, left) != status::ok) return status::no_memory;
            stock_.give(fresh_);
        }
        return capacity == 0 ? status::ok : reserve_.fill_lack(*memory_, capacity);
    }

    Map* map_;
    Memory* memory_;
    fresh_anon_vma<Map> fresh_;
    anon_vma_stock<Map> stock_;
    link_reserve<Map> reserve_;
    std::size_t links_left_ = 0;  // in the reserve, as anon_vmas were taken over
};

}  // namespace detail

/// `next()` returns the next pair of a child's vma and its parent's each time, null and null at the
/// end; unfaulted parents may be among them. It is a cursor: a copy of it goes on from where it was
/// copied, by itself, and the same pairs come again. It is called with no lock held.
///
/// As for each fork: the child's vmas have their ranges and are not linked; the caller holds the
/// parent's address space lock exclusively, and the child's or alone knows it; entries are copied
/// after this call and before the parent's lock is dropped. All vmas MUST stay until the call is
/// over. no_memory: none of the children is linked (walks may have met some meanwhile, without
/// entries); parents may have been settled, and room for children (a block of cow_tree's) may stay
/// with one. A tree lock is held for at most `most_at_once` of them, and let go between.
template <class Map, memory_source Memory, class Next>
status fork_all(Map& map, Memory& memory, Next next) noexcept {
    using policy = typename Map::policy;
    const Next from = next;
    status got = status::ok;
    {
        ahead<Map, Next> pairs{static_cast<Next&&>(next)};
        [[maybe_unused]] detail::fork_batch<Map, Memory> batch{map, memory};
        while (got == status::ok && pairs.at_hand() != 0) {
            if (pairs.at(0).nearest == nullptr) {
                pairs.drop(1);
                continue;
            }
            unsigned done = 0;
            if constexpr (locks_one_a_tree<typename policy::locking>) {
                got = batch.some(pairs, pairs.of_one_root(), done);
            } else {
                const auto& now = pairs.at(0).one;
                got = fork(map, memory, *now.child, *now.parent);
                if (got == status::ok) done = 1;
            }
            pairs.drop(done);
        }
    }
    if (got != status::ok) {
        unlink_all(map, [all = from]() mutable { return all().child; });
    }
    return got;
}

}  // namespace rmap::inline RMAP_ABI::ops
