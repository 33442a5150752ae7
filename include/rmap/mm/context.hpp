// SPDX-License-Identifier: BSL-1.0
#pragma once

// What every operation of the reference mm works with: the reverse map, the options, and pages that
// come and go. Operations are functions over a context; mm/system.hpp is the facade that users see.

#include <new>

#include <rmap/core/check.hpp>
#include <rmap/core/memory.hpp>
#include <rmap/core/status.hpp>
#include <rmap/mm/address_space.hpp>
#include <rmap/mm/file.hpp>
#include <rmap/mm/page.hpp>
#include <rmap/mm/reservation.hpp>
#include <rmap/mm/vma.hpp>
#include <rmap/reverse_map.hpp>

namespace rmap::inline RMAP_ABI::mm {

template <class Policy>
struct context {
    using policy = Policy;
    using space = address_space<Policy>;
    using file_type = file<Policy>;
    using vma_type = vma<Policy>;
    using page_type = page<Policy>;
    using pte_type = pte<Policy>;
    using leaf_type = leaf<Policy>;
    using map_type = reverse_map<page_type, vma_type, Policy>;
    using allocator = typename Policy::allocator;
    using reserve = reservation<allocator>;
    using link = typename Policy::topology::template link<Policy>;
    using shared_guard = read_guard<typename Policy::lock>;
    using guard = write_guard<typename Policy::lock>;

    explicit context(allocator memory) noexcept : map{static_cast<allocator&&>(memory)} {}

    [[nodiscard]] allocator& memory() noexcept { return map.memory(); }

    map_type map;
    bool accounting = false;
    // Held by same-page merging, outside all other locks: merges come one after the other.
    lock_of_rank<Policy, lock_rank::operation> ksm_lock{};
};

/// Constructs an object in memory of `from`, or returns null.
template <class T, memory_source Memory, class... Args>
[[nodiscard]] T* make(Memory& from, Args&&... args) {
    void* const block = from.allocate(sizeof(T), alignof(T));
    return block == nullptr ? nullptr : ::new (block) T{static_cast<Args&&>(args)...};
}

template <class T, memory_source Memory>
void destroy(Memory& to, T& object) noexcept {
    object.~T();
    to.deallocate(&object, sizeof(T), alignof(T));
}

/// Drops a pin; the last one frees the memory.
template <class Policy>
void unpin(context<Policy>& ctx, address_space<Policy>& in) noexcept {
    if (in.unpin()) destroy(ctx.memory(), in);
}

/// Steps that draw on a reservation cannot fail; a shortfall is an error of this mm.
template <class Policy>
void must(status s) noexcept {
    RMAP_CHECK_ALWAYS(Policy, s == status::ok, reservation_short,
                      "an operation needed more memory than it had set aside");
    static_cast<void>(s);
}

/// Pages whose last reference is gone, freed when no lock is held any more. MUST be declared before
/// the guards of its operation.
template <class Policy>
class dead_pages {
    using page_type = page<Policy>;

public:
    explicit dead_pages(context<Policy>& ctx) noexcept : ctx_{&ctx} {}
    dead_pages(const dead_pages&) = delete;
    dead_pages& operator=(const dead_pages&) = delete;
    ~dead_pages() {
        while (page_type* p = first_) {
            first_ = p->next_dead;
            free(*p);
        }
    }

    /// Drops one reference.
    void put(page_type& p) noexcept {
        if (p.drop()) add(p);
    }
    /// Drops a page-table entry's, and counts one mapping less.
    void put_mapping(page_type& p) noexcept {
        if (p.remove_mapping()) add(p);
    }

private:
    void add(page_type& p) noexcept {
        p.next_dead = first_;
        first_ = &p;
    }
    void free(page_type& p) noexcept {
        if (ksm_node<Policy>* node = p.node) {
            while (auto* at = node->items.front()) {
                auto& item = *static_cast<merged_place<Policy>*>(at);
                ctx_->map.ksm_remove(*node, item);
                unpin(*ctx_, *item.in);
                destroy(ctx_->memory(), item);
            }
            destroy(ctx_->memory(), *node);
        }
        ctx_->map.untag(p);
        destroy(ctx_->memory(), p);
    }

    context<Policy>* ctx_;
    page_type* first_ = nullptr;
};

/// Waits until whoever migrates a page is done. The caller holds a reference, which is dropped, and
/// at most the mmap_lock.
template <class Policy>
void wait_for(page<Policy>& p, dead_pages<Policy>& dead) noexcept {
    { const write_guard waited{p.lock}; }
    dead.put(p);
}

}  // namespace rmap::inline RMAP_ABI::mm
