// SPDX-License-Identifier: BSL-1.0
#pragma once

// What lockdep knows a lock by: its class, which all locks of one role share. The locks of the
// library have a class for each rank of the lock order; a user names classes of their own:
//
//     inline constexpr rmap::verify::lock_class inode{"inode"};
//     rmap::verify::lockdep_of<my_lock, inode> lock;

#include <rmap/core/config.hpp>

#if !RMAP_HOSTED
#error "rmap: verify/ needs a hosted implementation"
#endif

#include <rmap/core/lock_rank.hpp>

namespace rmap::inline RMAP_ABI::verify {

/// A class is told from others by its address.
class lock_class {
public:
    constexpr explicit lock_class(const char* name) noexcept : name_{name} {}
    /// With a place in the order of locking/order.hpp.
    constexpr lock_class(const char* name, lock_rank rank) noexcept
        : name_{name}, ranked_{true}, rank_{rank} {}
    lock_class(const lock_class&) = delete;
    lock_class& operator=(const lock_class&) = delete;

    [[nodiscard]] constexpr const char* name() const noexcept { return name_; }
    [[nodiscard]] constexpr bool ranked() const noexcept { return ranked_; }
    /// Asked only where ranked().
    [[nodiscard]] constexpr lock_rank rank() const noexcept { return rank_; }
    /// Both have a rank, and this one's lies further in.
    [[nodiscard]] constexpr bool inside(const lock_class& other) const noexcept {
        return ranked_ && other.ranked_ && rank_ > other.rank_;
    }

private:
    const char* name_;
    bool ranked_ = false;
    lock_rank rank_{};
};

[[nodiscard]] constexpr const char* name_of(lock_rank rank) noexcept {
    switch (rank) {
        case lock_rank::operation: return "operation";
        case lock_rank::mmap: return "mmap_lock";
        case lock_rank::page: return "page lock";
        case lock_rank::ksm: return "ksm_node";
        case lock_rank::all_locks: return "take_all_locks";
        case lock_rank::file: return "i_mmap";
        case lock_rank::chain: return "anon_vma_chain_lock";
        case lock_rank::shard: return "shard lock";
        case lock_rank::tree: return "tree lock";
        case lock_rank::page_table: return "page_table_lock";
        case lock_rank::pte: return "pte lock";
        case lock_rank::lru: return "lru lock";
        case lock_rank::lists: return "lists";
        case lock_rank::free_list: return "free list";
    }
    return "?";
}

/// The class of all locks of one rank.
template <lock_rank Rank>
inline constexpr lock_class rank_class{name_of(Rank), Rank};

}  // namespace rmap::inline RMAP_ABI::verify
