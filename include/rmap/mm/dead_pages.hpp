// SPDX-License-Identifier: BSL-1.0
#pragma once

// What an operation has to do with pages when it holds no lock any more: clear the mlocked flag of
// those that it took out of a locked vma, and free those that nobody has.

#include <cstddef>
#include <utility>

#include <rmap/core/check.hpp>
#include <rmap/mm/context.hpp>
#include <rmap/mm/mlock.hpp>

namespace rmap::inline RMAP_ABI::mm {

/// Entries that were cleared under a leaf's lock, for exact topologies: the map is told of them
/// when that is dropped. Nothing otherwise.
template <class Policy, bool Exact>
struct cleared_entries {};
template <class Policy>
struct cleared_entries<Policy, true> {
    struct row {
        page<Policy>* p;
        address_space<Policy>* in;
        pgno where;
    };
    row rows[leaf<Policy>::entries];
    std::size_t count = 0;
};

/// MUST be declared before the guards of its operation.
template <class Policy>
class dead_pages {
    using page_type = page<Policy>;
    using flag = page_flag;

public:
    explicit dead_pages(context<Policy>& ctx) noexcept : ctx_{&ctx} {}
    dead_pages(const dead_pages&) = delete;
    dead_pages& operator=(const dead_pages&) = delete;
    ~dead_pages() {
        flush();
        while (page_type* p = munlocked_) {
            munlocked_ = p->next;
            munlock_page(*ctx_, *p);
            put(*p);
        }
        while (first_ != nullptr) {
            // So many that they are still in the cache when they are freed.
            const page_type* const rest = ctx_->lru.forget(first_, 64);
            while (first_ != rest) {
                page_type* const p = first_;
                first_ = p->next;
                free(*p);
            }
        }
    }

    /// Drops one reference.
    void put(page_type& p) noexcept {
        if (p.drop()) add(first_, p);
    }
    /// The same for an entry of `in` that mapped the page; flush() follows, when the leaf's lock is
    /// dropped and before another leaf's is taken, while the entry's vma is kept in place.
    void put_entry(page_type& p, address_space<Policy>& in, pgno where) noexcept {
        put_marker(p, in, where);
        put_mapping(p);
    }
    /// For an entry that was a marker of the page.
    void put_marker(page_type& p, [[maybe_unused]] address_space<Policy>& in,
                    [[maybe_unused]] pgno where) noexcept {
        if constexpr (is_exact<typename Policy::topology>) {
            p.get();
            cleared_.rows[cleared_.count++] = {&p, &in, where};
        }
    }
    void flush() noexcept {
        if constexpr (is_exact<typename Policy::topology>) {
            for (; cleared_.count != 0;) {
                const auto& [p, in, where] = cleared_.rows[--cleared_.count];
                ctx_->map.remove_place(*p, *in, where);
                put(*p);
            }
        }
    }
    /// Drops a page-table entry's, and counts one mapping less. The entry is gone, its lock held.
    void put_mapping(page_type& p) noexcept {
        //   Orders:     nothing: the entry's lock does.
        //   Pairs with: mlock_page, which set the flag under this lock, if this vma was locked.
        //   Otherwise:  unmap: sees mlocked = 0 | munlock: mlocked := 1 again, for another entry:
        //               whoever takes that one away finds the flag.
        //   Proved by:  tests/explore/lru_test.cpp
        if (!p.flags.template test<flag::mlocked, order::relaxed>()) {
            if (p.remove_mapping()) add(first_, p);
            return;
        }
        p.remove_mapping_and_keep();
        if (take_munlocking(p)) {
            add(munlocked_, p);
        } else {
            put(p);
        }
    }
    /// The vma of an entry that maps the page is not locked any more. Its lock is held.
    void munlock_later(page_type& p) noexcept {
        //   Orders, Pairs with, Otherwise, Proved by: put_mapping.
        if (!p.flags.template test<flag::mlocked, order::relaxed>() || !take_munlocking(p)) return;
        p.get();
        add(munlocked_, p);
    }

private:
    // Whether this thread is the one to do it: who has the flag already has not looked yet.
    //   Orders, Pairs with, Otherwise, Proved by: munlock_page.
    [[nodiscard]] static bool take_munlocking(page_type& p) noexcept {
        return !p.flags.template test_and_set<flag::munlocking, order::acquire>();
    }
    static void add(page_type*& chain, page_type& p) noexcept {
        p.next = chain;
        chain = &p;
    }
    void free(page_type& p) noexcept {
        const auto last = p.flags.withdraw();
        RMAP_CHECK_ALWAYS(Policy, !last.template test<flag::mlocked>(), freed_while_mlocked,
                          "a page is freed that has the mlocked flag");
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
    page_type* munlocked_ = nullptr;
    page_type* first_ = nullptr;
    [[no_unique_address]] cleared_entries<Policy, is_exact<typename Policy::topology>> cleared_{};
};

/// Waits until whoever migrates a page is done. The caller holds a reference, which is dropped, and
/// at most the mmap_lock.
template <class Policy>
void wait_for(page<Policy>& p, dead_pages<Policy>& dead) noexcept {
    { const write_guard waited{p.lock}; }
    dead.put(p);
}

}  // namespace rmap::inline RMAP_ABI::mm
