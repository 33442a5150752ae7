// SPDX-License-Identifier: BSL-1.0
#pragma once

// Phase one of every operation that links: links are allocated into a reserve before any lock is
// taken, so that phase two cannot fail; what is left over, or was taken off, is freed after the
// locks are dropped. A reserve MUST be declared before the guards of its operation.

#include <cstddef>
#include <cstdint>
#include <new>
#include <type_traits>

#include <rmap/core/memory.hpp>
#include <rmap/core/status.hpp>
#include <rmap/lifetimes/concept.hpp>
#include <rmap/model/anon_vma.hpp>
#include <rmap/ops/reference.hpp>
#include <rmap/topologies/concept.hpp>

namespace rmap::inline RMAP_ABI::ops {

/// Tells the statistics of a link or block more, or less.
template <class Map>
void count_links(Map& map, int by, [[maybe_unused]] std::size_t size) noexcept {
    map.stats().links_changed(by);
    if constexpr (requires { map.stats().link_bytes_changed(std::int64_t{by}); }) {
        map.stats().link_bytes_changed(by * static_cast<std::int64_t>(size));
    }
}

/// Drops the base references of those that wait for it in a list through `parent`. What is free
/// then goes to the pool in one go, if the pool knows how.
template <class Map>
void put_emptied(Map& map, anon_vma<typename Map::policy>*& first) noexcept {
    using object = anon_vma<typename Map::policy>;
    constexpr bool in_bulk =
        pools_in_bulk<std::remove_reference_t<decltype(map.pool())>, typename Map::policy>;
    object* dead = nullptr;
    while (object* av = first) {
        first = av->parent;
        av->parent = av;
        if constexpr (in_bulk) {
            put_to(map, *av, [&](object& free) noexcept {
                free.parent = dead;
                dead = &free;
            });
        } else {
            put(map, *av);
        }
    }
    if constexpr (in_bulk) {
        if (dead != nullptr) map.pool().put_all(*dead);
    }
}

/// Blocks that are free and may be looked at still, for topologies that have such.
template <class Policy, class Topology>
struct block_pool_of {
    struct type {};
};
template <class Policy, class Topology>
    requires requires { typename Topology::template block_pool<Policy>; }
struct block_pool_of<Policy, Topology> {
    using type = typename Topology::template block_pool<Policy>;
};
template <class Policy>
using block_pool = typename block_pool_of<Policy, typename Policy::topology>::type;

/// Frees a block.
template <class Memory, class Block>
void deallocate(Memory& memory, Block& b) noexcept {
    const std::size_t size = Block::size_of(b.capacity);
    b.end();
    memory.deallocate(&b, size, alignof(Block));
}

/// Frees all that waits to be used again; nobody looks at any of it.
template <class Map>
void trim(Map& map) noexcept {
    map.pool().clear(map.memory());
    if constexpr (requires { map.blocks().pop(); }) {
        while (auto* const b = map.blocks().pop())
            deallocate(map.memory(), *b);
    }
}

template <class Map>
class link_reserve {
    using policy = typename Map::policy;
    using topology = typename policy::topology;
    using link = typename topology::template link<policy>;

public:
    using list_type = typename topology::template link_list<policy>;

    explicit link_reserve(Map& map) noexcept : map_{&map} {}
    link_reserve(const link_reserve&) = delete;
    link_reserve& operator=(const link_reserve&) = delete;

    ~link_reserve() {
        while (auto* node = links_.front()) {
            auto* l = static_cast<link*>(node);
            links_.erase(*l);
            free(*l);
        }
        while (auto* node = spent_.front()) {
            auto* l = static_cast<link*>(node);
            spent_.erase(*l);
            free(*l);
        }
        put_emptied(*map_, emptied_);
    }

    /// Adds `count` links. On no_memory those that were got are freed with the reserve.
    template <memory_source Memory>
    status fill(Memory& memory, std::size_t count) noexcept {
        for (; count != 0; --count) {
            void* block = memory.allocate(sizeof(link), alignof(link));
            if (block == nullptr) return status::no_memory;
            links_.push_back(*::new (block) link{});
            count_links(*map_, +1, sizeof(link));
        }
        return status::ok;
    }

    /// What a copy of the chain of `from` takes.
    template <memory_source Memory>
    status fill_copy(Memory& memory, const typename Map::vma_type& from) noexcept {
        return fill(memory, topology::template links_of<policy>(Map::hook_of(from)));
    }
    /// What a fork of `parent` takes.
    template <memory_source Memory>
    status fill_fork(Memory& memory, const typename Map::vma_type& parent) noexcept {
        return fill(memory, topology::template links_of<policy>(Map::hook_of(parent)) +
                                (one_a_family<topology> ? 0 : objects_a_link<topology>));
    }

    // Links are all of one size, and their number is known beforehand: nothing is ever lacking.
    [[nodiscard]] static constexpr std::uint32_t lacks_first(
        const anon_vma<policy>&, const typename Map::vma_type&) noexcept {
        return 0;
    }
    [[nodiscard]] static constexpr std::uint32_t lacks_copy(typename Map::vma_type&) noexcept {
        return 0;
    }
    template <memory_source Memory>
    status fill_lack(Memory&, std::uint32_t) noexcept {
        return status::ok;
    }

    [[nodiscard]] list_type& links() noexcept { return links_; }
    [[nodiscard]] list_type& spent() noexcept { return spent_; }

    /// The anon_vma has no vma any more: its base reference goes when the reserve does (I10). Under
    /// its update guard; until then its parent is the reserve's.
    void emptied(anon_vma<policy>& av) noexcept {
        av.parent = emptied_;
        emptied_ = &av;
    }

private:
    void free(link& l) noexcept {
        l.~link();
        map_->memory().deallocate(&l, sizeof(link), alignof(link));
        count_links(*map_, -1, sizeof(link));
    }

    Map* map_;
    list_type links_{};
    list_type spent_{};
    anon_vma<policy>* emptied_ = nullptr;
};

/// The same for a topology that keeps blocks. What an operation takes is known under the update
/// guard alone: it asks lacks_*(), and if that is not 0 lets go, calls fill_lack() and begins
/// again, until it lacks nothing.
template <class Map>
    requires keeps_blocks<typename Map::policy::topology>
class link_reserve<Map> {
    using policy = typename Map::policy;
    using topology = typename policy::topology;
    using block = typename topology::template link<policy>;

public:
    using list_type = typename topology::template link_list<policy>;

    explicit link_reserve(Map& map) noexcept : map_{&map} {}
    link_reserve(const link_reserve&) = delete;
    link_reserve& operator=(const link_reserve&) = delete;

    [[gnu::always_inline]] ~link_reserve() {
        if (!links_.empty() || !spent_.empty() || emptied_ != nullptr) give_back();
    }

    /// Frees those that are left, or were taken out. Without the tree lock.
    [[gnu::always_inline]] void free_blocks() noexcept {
        if (!links_.empty() || !spent_.empty()) [[unlikely]]
            free_all();
    }

    template <memory_source Memory>
    static status fill(Memory&, std::size_t) noexcept {
        return status::ok;
    }
    template <memory_source Memory>
    static status fill_copy(Memory&, const typename Map::vma_type&) noexcept {
        return status::ok;
    }
    template <memory_source Memory>
    static status fill_fork(Memory&, const typename Map::vma_type&) noexcept {
        return status::ok;
    }

    /// No vma is left in this one: it waits for the next fork, or loses its base reference when the
    /// locks are dropped.
    [[gnu::always_inline]] void emptied(anon_vma<policy>& av) noexcept {
        if (!av.is_root() && is_last(av) && topology::keep_spare(av)) {
            map_->stats().anon_vmas_changed(-1);
        } else {
            let_go(av);
        }
    }

    [[nodiscard]] std::uint32_t lacks_first(const anon_vma<policy>& av,
                                            const typename Map::vma_type& v) noexcept {
        return topology::template lacks_first<Map>(av, v, links_);
    }
    [[nodiscard]] std::uint32_t lacks_copy(typename Map::vma_type& from) noexcept {
        return topology::template lacks_copy<Map>(from, links_);
    }
    [[nodiscard]] std::uint32_t lacks_fork(typename Map::vma_type& parent, bool reuses) noexcept {
        return topology::template lacks_fork<Map>(parent, reuses, links_);
    }
    /// Adds a block of that capacity.
    template <memory_source Memory>
    status fill_lack(Memory& memory, std::uint32_t capacity) noexcept {
        if (block* const waits = map_->blocks().get(capacity); waits != nullptr) {
            links_.push(*waits);
            count_links(*map_, +1, block::size_of(capacity));
            return status::ok;
        }
        void* const got = memory.allocate(block::size_of(capacity), alignof(block));
        if (got == nullptr) return status::no_memory;
        links_.push(*block::make(got, capacity));
        count_links(*map_, +1, block::size_of(capacity));
        return status::ok;
    }

    [[nodiscard]] list_type& links() noexcept { return links_; }
    [[nodiscard]] list_type& spent() noexcept { return spent_; }

private:
    [[gnu::noinline]] void give_back() noexcept {
        free_all();
        put_emptied(*map_, emptied_);
    }
    [[gnu::noinline]] void free_all() noexcept {
        for (list_type* all : {&links_, &spent_}) {
            while (block* b = all->pop())
                free(*b);
        }
    }
    // Nobody waits in a family that is gone.
    [[gnu::noinline]] void let_go(anon_vma<policy>& av) noexcept {
        if (av.is_root()) {
            while (auto* const spare = topology::take_spare(av)) {
                map_->stats().anon_vmas_changed(+1);
                wait_for_put(*spare);
            }
        }
        wait_for_put(av);
    }
    void wait_for_put(anon_vma<policy>& av) noexcept {
        topology::forget(av);
        av.parent = emptied_;
        emptied_ = &av;
    }
    void free(block& b) noexcept {
        count_links(*map_, -1, block::size_of(b.capacity));
        if (!map_->blocks().put(b)) deallocate(map_->memory(), b);
    }

    Map* map_;
    list_type links_;
    list_type spent_;
    anon_vma<policy>* emptied_ = nullptr;
};

/// An anon_vma has no active vma any more (+1), has one again, or goes (-1): for topologies that
/// count such.
template <class Policy>
void idle_changed([[maybe_unused]] anon_vma<Policy>& av, [[maybe_unused]] int by) noexcept {
    if constexpr (keeps_blocks<typename Policy::topology>) {
        Policy::topology::idle_changed(av, by);
    }
}

}  // namespace rmap::inline RMAP_ABI::ops
