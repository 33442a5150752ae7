// SPDX-License-Identifier: BSL-1.0
#pragma once

// Memory from the system, in huge pages where it has them: so that what is measured is the
// structures' cache misses, and not the misses of address translation, which a kernel, whose memory
// is mapped in huge pages, has not.

#include <cstddef>
#include <cstdlib>
#include <utility>

#if defined(__linux__)
#include <sys/mman.h>
#endif

namespace rmap_bench {

class huge_slab {
public:
    explicit huge_slab(std::size_t size) {
#if defined(__linux__)
        constexpr std::size_t huge = std::size_t{2} << 20;
        size_ = (size + huge - 1) / huge * huge;
        // A huge page begins at a multiple of its size: one more, and what is around goes back.
        void* const got = ::mmap(nullptr, size_ + huge, PROT_READ | PROT_WRITE,
                                 MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
        if (got == MAP_FAILED) std::abort();
        auto* const whole = static_cast<std::byte*>(got);
        const std::size_t before = (huge - reinterpret_cast<std::size_t>(whole) % huge) % huge;
        first_ = whole + before;
        if (before != 0) ::munmap(whole, before);
        ::munmap(first_ + size_, huge - before);
        ::madvise(first_, size_, MADV_HUGEPAGE);  // where that fails, pages are small
#else
        size_ = size;
        first_ = static_cast<std::byte*>(std::malloc(size));
        if (first_ == nullptr) std::abort();
#endif
    }
    huge_slab(huge_slab&& other) noexcept
        : first_{std::exchange(other.first_, nullptr)}, size_{other.size_} {}
    huge_slab& operator=(huge_slab&&) = delete;
    ~huge_slab() {
        if (first_ == nullptr) return;
#if defined(__linux__)
        ::munmap(first_, size_);
#else
        std::free(first_);
#endif
    }

    [[nodiscard]] std::byte* first() const noexcept {
        return first_;
    }
    [[nodiscard]] std::size_t size() const noexcept {
        return size_;
    }

private:
    std::byte* first_ = nullptr;
    std::size_t size_ = 0;
};

}  // namespace rmap_bench
