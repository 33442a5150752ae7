// SPDX-License-Identifier: BSL-1.0
#pragma once

// A set of 64-bit hashes with open addressing: no allocation but when it grows, fourfold.

#include <cstddef>
#include <cstdint>
#include <vector>

#include <rmap/core/config.hpp>

namespace rmap::inline RMAP_ABI::verify {

class hash_set {
public:
    hash_set() : slots_(1024) {}

    /// Whether it is new.
    bool insert(std::uint64_t h) {
        if (h == 0) h = 1;
        if ((used_ + 1) * 2 > slots_.size()) grow();
        std::uint64_t& slot = slots_[find(h)];
        if (slot == h) return false;
        slot = h;
        ++used_;
        return true;
    }
    [[nodiscard]] std::size_t size() const noexcept { return used_; }

private:
    [[nodiscard]] std::size_t find(std::uint64_t h) const noexcept {
        std::size_t at = h & (slots_.size() - 1);
        while (slots_[at] != 0 && slots_[at] != h) at = (at + 1) & (slots_.size() - 1);
        return at;
    }
    void grow() {
        std::vector<std::uint64_t> old(slots_.size() * 4);
        old.swap(slots_);
        for (std::uint64_t h : old) {
            if (h != 0) slots_[find(h)] = h;
        }
    }

    std::vector<std::uint64_t> slots_;
    std::size_t used_ = 0;
};

}  // namespace rmap::inline RMAP_ABI::verify
