// SPDX-License-Identifier: BSL-1.0
#pragma once

// A stock of anon_vmas for the batch forms: got beforehand, many of those that wait in the pool
// under one take of its lock; what is left goes back in the same way. MUST be declared before the
// guards of its operation, as a link_reserve. Not shared by threads.

#include <type_traits>

#include <rmap/core/memory.hpp>
#include <rmap/core/status.hpp>
#include <rmap/core/trace.hpp>
#include <rmap/lifetimes/concept.hpp>
#include <rmap/model/anon_vma.hpp>
#include <rmap/ops/fresh.hpp>
#include <rmap/ops/links.hpp>

namespace rmap::inline RMAP_ABI::ops {

template <class Map>
class anon_vma_stock {
    using policy = typename Map::policy;
    using object = anon_vma<policy>;

public:
    explicit anon_vma_stock(Map& map) noexcept : map_{&map} {}
    anon_vma_stock(const anon_vma_stock&) = delete;
    anon_vma_stock& operator=(const anon_vma_stock&) = delete;
    ~anon_vma_stock() { put_emptied(*map_, first_); }

    /// Makes it `needed` at least, and `hoped` if there is memory for so many. On no_memory those
    /// that were got stay here.
    template <memory_source Memory>
    status fill(Memory& memory, unsigned needed, unsigned hoped) noexcept {
        if (hoped < needed) hoped = needed;
        if constexpr (pools_in_bulk<std::remove_reference_t<decltype(map_->pool())>, policy>) {
            if (hoped > count_) take(map_->pool().get_free(hoped - count_));
        }
        while (count_ < hoped) {
            object* const one = map_->pool().get(memory);
            if (one == nullptr) break;
            one->parent = nullptr;
            take(one);
        }
        return count_ < needed ? status::no_memory : status::ok;
    }

    [[nodiscard]] bool empty() const noexcept { return first_ == nullptr; }

    /// Gives `fresh`, which has none, one of them. The stock MUST NOT be empty.
    void give(fresh_anon_vma<Map>& fresh) noexcept {
        object& one = *first_;
        first_ = one.parent;
        one.parent = &one;
        --count_;
        fresh.hold(one);
    }

private:
    // A list through `parent`.
    void take(object* list) noexcept {
        while (object* const one = list) {
            list = one->parent;
            one->parent = first_;
            first_ = one;
            ++count_;
            one->num_children = 1;  // a root by itself, as fresh_anon_vma::make has it
            map_->stats().anon_vmas_changed(+1);
            policy::trace::emit(event::anon_vma_new, one);
        }
    }

    Map* map_;
    object* first_ = nullptr;
    unsigned count_ = 0;
};

}  // namespace rmap::inline RMAP_ABI::ops
