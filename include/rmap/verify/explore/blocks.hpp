// SPDX-License-Identifier: BSL-1.0
#pragma once

// The memory that an exploration hands out: every block is known, so that a leak and a double free
// are seen. Freed blocks are either kept until the execution ends (whoever still uses one is
// noticed) or handed out again at once (what ABA needs).

#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <vector>

#include <rmap/core/config.hpp>

namespace rmap::inline RMAP_ABI::verify {

class block_table {
public:
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
        void* const memory = std::malloc(size);
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

    /// Ends an execution: all memory goes.
    void reset() noexcept {
        for (const block& b : blocks_) std::free(b.memory);
        blocks_.clear();
        live_ = 0;
    }

private:
    struct block {
        void* memory;
        std::size_t size;
        bool live;
    };
    std::vector<block> blocks_{};
    std::size_t live_ = 0;
};

}  // namespace rmap::inline RMAP_ABI::verify
