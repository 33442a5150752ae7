// SPDX-License-Identifier: BSL-1.0
#pragma once

// A memory_source that was filled beforehand: an operation of several steps sets aside all that the
// steps can need, and then none of them can fail. What is left over goes back. Not shared by
// threads.

#include <cstddef>
#include <new>

#include <rmap/core/memory.hpp>
#include <rmap/core/status.hpp>

namespace rmap::inline RMAP_ABI::mm {

template <memory_source Upstream>
class reservation {
public:
    explicit reservation(Upstream& upstream) noexcept : upstream_{&upstream} {}
    reservation(const reservation&) = delete;
    reservation& operator=(const reservation&) = delete;
    ~reservation() {
        for (shelf& s : shelves_) {
            while (block* b = pop(s)) upstream_->deallocate(b, s.size, s.align);
        }
    }

    /// Sets aside `count` objects of type T, beyond those of that size that are there already.
    template <class T>
    status fill(std::size_t count) noexcept {
        return fill(sizeof(T), alignof(T), count);
    }
    /// The same for blocks of that size.
    status fill(std::size_t size, std::size_t align, std::size_t count) noexcept {
        shelf* const s = shelf_for(size, align);
        if (s == nullptr) return status::limit;
        for (; count != 0; --count) {
            void* const got = upstream_->allocate(size, align);
            if (got == nullptr) return status::no_memory;
            s->free = ::new (got) block{s->free};
        }
        return status::ok;
    }

    [[nodiscard]] void* allocate(std::size_t size, std::size_t align) noexcept {
        for (shelf& s : shelves_) {
            if (s.size != size || s.align != align) continue;
            if (block* b = pop(s)) return b;
        }
        return upstream_->allocate(size, align);
    }
    void deallocate(void* p, std::size_t size, std::size_t align) noexcept {
        upstream_->deallocate(p, size, align);
    }

private:
    struct block {
        block* next;
    };
    struct shelf {
        std::size_t size = 0;
        std::size_t align = 0;
        block* free = nullptr;
    };

    static block* pop(shelf& s) noexcept {
        block* const b = s.free;
        if (b != nullptr) s.free = b->next;
        return b;
    }
    shelf* shelf_for(std::size_t size, std::size_t align) noexcept {
        for (shelf& s : shelves_) {
            if (s.size == 0) s = {size, align, nullptr};
            if (s.size == size && s.align == align) return &s;
        }
        return nullptr;
    }

    Upstream* upstream_;
    shelf shelves_[8]{};
};

}  // namespace rmap::inline RMAP_ABI::mm
