// SPDX-License-Identifier: BSL-1.0
#pragma once

// The locks that one thread holds, in the order in which it took them, with the place of each.

#include <cstddef>
#include <cstdint>
#include <vector>

#include <rmap/locks/note.hpp>
#include <rmap/verify/lockdep/lock_class.hpp>

namespace rmap::inline RMAP_ABI::verify {

struct held_lock {
    const void* lock = nullptr;
    const lock_class* of = nullptr;  // null: a lock that nobody named
    lock_note note{};                // the place, the subclass, the outer lock
    bool shared = false;
    bool readers_nest = false;  // shared, of a type whose readers never wait for each other
    bool tried = false;         // taken without waiting
    // Of held_locks:
    bool again = false;       // as the one before it, because of the same outer lock
    std::uint64_t chain = 0;  // stands for this one and all that were held before it
};

class held_locks {
public:
    /// The calling thread's; null when the thread is at its end.
    [[nodiscard]] static held_locks* mine() noexcept {
        thread_local held_locks of_this_thread;
        return at_end() ? nullptr : &of_this_thread;
    }
    held_locks(const held_locks&) = delete;
    held_locks& operator=(const held_locks&) = delete;
    ~held_locks();  // verify/lockdep/graph.hpp: reports what is left

    /// The latest entry of a lock, or null.
    [[nodiscard]] const held_lock* find(const void* lock) const noexcept {
        for (std::size_t i = all_.size(); i-- != 0;) {
            if (all_[i].lock == lock) return &all_[i];
        }
        return nullptr;
    }
    [[nodiscard]] const std::vector<held_lock>& all() const noexcept { return all_; }
    [[nodiscard]] bool empty() const noexcept { return all_.empty(); }

    /// What stands for the locks held and `next` after them. The third and any further lock that is
    /// taken because of one outer lock adds nothing.
    [[nodiscard]] std::uint64_t chain_with(held_lock next) const noexcept {
        link(all_.empty() ? nullptr : &all_.back(), next);
        return next.chain;
    }
    void add(held_lock taken) {
        link(all_.empty() ? nullptr : &all_.back(), taken);
        all_.push_back(taken);
    }

    /// False: it is not held.
    [[nodiscard]] bool remove(const void* lock) noexcept {
        const held_lock* const found = find(lock);
        if (found == nullptr) return false;
        auto at = static_cast<std::size_t>(found - all_.data());
        all_.erase(all_.begin() + static_cast<std::ptrdiff_t>(at));
        for (; at != all_.size(); ++at)
            link(at == 0 ? nullptr : &all_[at - 1], all_[at]);
        return true;
    }

    /// True while this thread hands out a report: what that does is not checked.
    bool reporting = false;

private:
    held_locks() noexcept = default;

    [[nodiscard]] static bool& at_end() noexcept {
        thread_local bool ended = false;
        return ended;
    }

    static void link(const held_lock* before, held_lock& next) noexcept {
        next.chain = before == nullptr ? 1 : before->chain;
        next.again = before != nullptr && next.note.outer != nullptr && before->of == next.of &&
                     before->note.outer == next.note.outer &&
                     before->note.subclass == next.note.subclass && before->shared == next.shared;
        if (next.of == nullptr || (next.again && before->again)) return;
        const std::uint64_t how = (next.shared ? 1u : 0u) | (next.readers_nest ? 2u : 0u) |
                                  (next.tried ? 4u : 0u) | (next.note.outer != nullptr ? 8u : 0u) |
                                  (next.note.subclass & 15u) << 4;
        next.chain = mix(mix(next.chain ^ reinterpret_cast<std::uintptr_t>(next.of)) ^ how);
    }
    // The finaliser of SplitMix64 (Steele, Lea, Flood 2014).
    [[nodiscard]] static std::uint64_t mix(std::uint64_t x) noexcept {
        x += 0x9e3779b97f4a7c15;
        x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9;
        x = (x ^ (x >> 27)) * 0x94d049bb133111eb;
        return x ^ (x >> 31);
    }

    std::vector<held_lock> all_;
};

}  // namespace rmap::inline RMAP_ABI::verify
