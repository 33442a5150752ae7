// SPDX-License-Identifier: BSL-1.0
#pragma once

// The memory that an exploration hands out: every block is known, so that a leak and a double free
// are seen. Freed blocks are either kept until the execution ends (whoever still uses one is
// noticed) or handed out again at once (what ABA needs). The next execution gets the same blocks,
// so that nothing is allocated for each.

#include <cstddef>
#include <new>
#include <vector>

#include <rmap/core/config.hpp>

namespace rmap::inline RMAP_ABI::verify {

class block_table {
public:
    block_table() = default;
    block_table(const block_table&) = delete;
    block_table& operator=(const block_table&) = delete;
    ~block_table() {
        for (const auto* all : {&blocks_, &spare_}) {
            for (const block& b : *all) ::operator delete(b.memory);
        }
    }

    enum class freed : unsigned char { ok, twice, unknown };

    [[nodiscard]] void* allocate(std::size_t size, bool reuse) {
        if (reuse) {
            for (std::size_t i = blocks_.size(); i-- != 0;) {
                block& b = blocks_[i];
                if (b.live || b.size != size) continue;
                b.live = true;
                ++live_;
                return b.memory;
            }
        }
        void* const memory = fresh(size);
        if (memory == nullptr) return nullptr;
        blocks_.push_back({memory, size, true});
        ++live_;
        return memory;
    }

    [[nodiscard]] freed deallocate(void* memory) noexcept {
        for (std::size_t i = blocks_.size(); i-- != 0;) {
            block& b = blocks_[i];
            if (b.memory != memory) continue;
            if (!b.live) return freed::twice;
            b.live = false;
            --live_;
            return freed::ok;
        }
        return freed::unknown;
    }

    [[nodiscard]] std::size_t live() const noexcept { return live_; }

    /// Ends an execution: all memory may be handed out again.
    void reset() {
        // Backwards: the next execution finds the last of them first.
        spare_.insert(spare_.end(), blocks_.rbegin(), blocks_.rend());
        blocks_.clear();
        live_ = 0;
    }

private:
    struct block {
        void* memory;
        std::size_t size;
        bool live;
    };

    /// A block that no one of this execution has had.
    [[nodiscard]] void* fresh(std::size_t size) {
        for (std::size_t i = spare_.size(); i-- != 0;) {
            if (spare_[i].size != size) continue;
            void* const memory = spare_[i].memory;
            spare_[i] = spare_.back();
            spare_.pop_back();
            return memory;
        }
        return ::operator new(size, std::nothrow);
    }

    std::vector<block> blocks_{};
    std::vector<block> spare_{};  // of earlier executions
    std::size_t live_ = 0;
};

}  // namespace rmap::inline RMAP_ABI::verify
