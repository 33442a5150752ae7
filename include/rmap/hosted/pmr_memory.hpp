// SPDX-License-Identifier: BSL-1.0
#pragma once

// Memory for the library's objects from a std::pmr::memory_resource. The resource MUST outlive the
// map and, if several threads change the map, be safe to use from all of them (a monotonic or an
// unsynchronized resource is not).

#include <rmap/core/config.hpp>

#if !RMAP_HOSTED
#error "rmap: hosted/pmr_memory.hpp needs a hosted implementation"
#endif

#include <cstddef>
#include <memory_resource>

#include <rmap/core/memory.hpp>

namespace rmap::inline RMAP_ABI {

namespace hosted {

class pmr_memory {
public:
    /// The program's default resource, as it is now.
    pmr_memory() noexcept = default;
    explicit pmr_memory(std::pmr::memory_resource& resource) noexcept : resource_{&resource} {}

    /// Null where the resource throws, whatever it throws.
    [[nodiscard]] void* allocate(std::size_t size, std::size_t align) noexcept {
        try {
            return resource_->allocate(size, align);
        } catch (...) {
            return nullptr;
        }
    }
    void deallocate(void* block, std::size_t size, std::size_t align) noexcept {
        resource_->deallocate(block, size, align);
    }

    [[nodiscard]] std::pmr::memory_resource& resource() const noexcept { return *resource_; }

private:
    std::pmr::memory_resource* resource_ = std::pmr::get_default_resource();
};

static_assert(memory_source<pmr_memory>);

}  // namespace hosted

}  // namespace rmap::inline RMAP_ABI
