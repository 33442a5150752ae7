// SPDX-License-Identifier: BSL-1.0
#pragma once

// A lock policy that knows what it is the lock of. Lock types are told nothing of that; but each
// lock stands at a known place in an object of a known size, and the allocator of the policy
// (ranked_memory) knows the blocks. From that: every lock that is waited for while one further down
// the order (locking/order.hpp) is held by the same thread is written down, and a test can have a
// thread stop, or run something else, right before it takes its n-th lock of a kind.
//
// Call rank_locks<Policy>() before the first object is made.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <functional>
#include <map>
#include <mutex>
#include <new>
#include <shared_mutex>
#include <string>
#include <utility>
#include <vector>

#include <rmap/locking/order.hpp>
#include <rmap/mm/system.hpp>

namespace rmap_test {

using rmap::lock_rank;

/// Outside all of the order: the reference mm's locks over whole operations.
inline constexpr lock_rank outermost{0};
/// Not in the books (the map's own locks).
inline constexpr lock_rank unranked{255};

/// The books: blocks, where locks stand in them, and what was wrong.
class lock_books {
public:
    static lock_books& get() {
        static lock_books books;
        return books;
    }
    void describe(std::size_t size, std::size_t offset, lock_rank rank) {
        const auto [at, fresh] = ranks_.emplace(std::pair{size, offset}, rank);
        if (!fresh && at->second != rank) std::abort();  // two kinds that cannot be told apart
    }
    void block(const void* at, std::size_t size) {
        const std::lock_guard guard{mutex_};
        blocks_[reinterpret_cast<std::uintptr_t>(at)] = size;
    }
    [[nodiscard]] lock_rank rank_at(const void* lock) {
        const std::lock_guard guard{mutex_};
        const auto address = reinterpret_cast<std::uintptr_t>(lock);
        auto at = blocks_.upper_bound(address);
        if (at == blocks_.begin()) return unranked;
        --at;
        const auto found = ranks_.find({at->second, address - at->first});
        return address - at->first >= at->second || found == ranks_.end() ? unranked
                                                                          : found->second;
    }
    void wrong(std::string what) {
        const std::lock_guard guard{mutex_};
        wrong_.push_back(std::move(what));
    }
    [[nodiscard]] std::vector<std::string> take_wrong() {
        const std::lock_guard guard{mutex_};
        return std::exchange(wrong_, {});
    }

private:
    std::mutex mutex_;
    std::map<std::pair<std::size_t, std::size_t>, lock_rank> ranks_;
    std::map<std::uintptr_t, std::size_t> blocks_;
    std::vector<std::string> wrong_;
};

/// Gives the block that was freed last to the next who wants one of that size.
struct ranked_memory {
    [[nodiscard]] void* allocate(std::size_t size, std::size_t) noexcept {
        void* block = nullptr;
        {
            const std::lock_guard guard{mutex};
            std::vector<void*>& blocks = free[size];
            if (!blocks.empty()) {
                block = blocks.back();
                blocks.pop_back();
            }
        }
        if (block == nullptr) block = ::operator new(size);
        lock_books::get().block(block, size);
        return block;
    }
    void deallocate(void* block, std::size_t size, std::size_t) noexcept {
        const std::lock_guard guard{mutex};
        free[size].push_back(block);
    }
    struct shelves : std::map<std::size_t, std::vector<void*>> {
        ~shelves() {
            for (auto& [size, blocks] : *this) {
                for (void* block : blocks) ::operator delete(block);
            }
        }
    };
    static inline std::mutex mutex;
    static inline shelves free;
};

class ranked_lock {
public:
    ranked_lock() noexcept : rank_{lock_books::get().rank_at(this)} {}

    void lock() noexcept {
        wait([&] { lock_.lock(); });
    }
    void lock_shared() noexcept {
        wait([&] { lock_.lock_shared(); });
    }
    [[nodiscard]] bool try_lock() noexcept { return noted(lock_.try_lock()); }
    [[nodiscard]] bool try_lock_shared() noexcept { return noted(lock_.try_lock_shared()); }
    void unlock() noexcept {
        drop();
        lock_.unlock();
    }
    void unlock_shared() noexcept {
        drop();
        lock_.unlock_shared();
    }

    /// This thread calls it before it waits for a lock.
    using hook = std::function<void(lock_rank)>;
    static inline thread_local hook before_lock;

private:
    template <class F>
    void wait(F take) noexcept {
        if (before_lock) before_lock(rank_);
        for (const ranked_lock* other : held) {
            const bool two = rank_ == lock_rank::pte || rank_ == lock_rank::page;
            if (other->rank_ == unranked || rank_ == unranked || other->rank_ < rank_) continue;
            if (other->rank_ == rank_ && two && other != this) continue;
            lock_books::get().wrong("a lock of rank " + std::to_string(static_cast<int>(rank_)) +
                                    " is waited for, one of rank " +
                                    std::to_string(static_cast<int>(other->rank_)) + " is held");
        }
        take();
        held.push_back(this);
    }
    bool noted(bool taken) noexcept {
        if (taken) held.push_back(this);
        return taken;
    }
    void drop() noexcept {
        for (auto at = held.end(); at != held.begin();) {
            if (*--at != this) continue;
            held.erase(at);
            return;
        }
        std::abort();
    }

    static inline thread_local std::vector<const ranked_lock*> held;
    std::shared_mutex lock_;
    const lock_rank rank_;
};

struct ranked : rmap::default_policy {
    using lock = ranked_lock;
    using allocator = ranked_memory;
};

/// Tells the books where the locks of the reference mm stand.
template <class Policy>
void rank_locks() {
    const auto put = [](const auto& object, const auto& lock, lock_rank rank) {
        const auto* const begin = reinterpret_cast<const char*>(&object);
        const auto offset = reinterpret_cast<const char*>(&lock) - begin;
        lock_books::get().describe(sizeof object, static_cast<std::size_t>(offset), rank);
    };
    const rmap::mm::address_space<Policy> space;
    put(space, space.mmap_lock, lock_rank::mmap);
    put(space, space.table.lock, lock_rank::page_table);
    const rmap::mm::file<Policy> file;
    put(file, file.resize_lock, outermost);
    put(file, file.mappings.lock, lock_rank::file);
    put(file, file.cache.lock, lock_rank::page_table);
    const rmap::mm::page<Policy> page;
    put(page, page.lock, lock_rank::page);
    const rmap::mm::leaf<Policy> leaf{0};
    put(leaf, leaf.lock, lock_rank::pte);
    const rmap::ksm_node<Policy> node;
    put(node, node.lock, lock_rank::ksm);
    const rmap::anon_vma<Policy> tree;
    put(tree, tree.lock, lock_rank::tree);
}

}  // namespace rmap_test
