// SPDX-License-Identifier: BSL-1.0
#pragma once

// lifetimes::caller_held: memory goes back to the allocator at once. The user MUST keep a page
// mapped from before its tag is read until the walk or lookup is over, by whatever its own rules
// are (the page lock that every unmapper needs, one big lock, a single thread).

#include <new>

#include <rmap/core/atomics.hpp>
#include <rmap/core/config.hpp>
#include <rmap/core/memory.hpp>
#include <rmap/lifetimes/concept.hpp>
#include <rmap/model/anon_vma.hpp>

namespace rmap::inline RMAP_ABI {

namespace lifetimes {

struct caller_held {
    static constexpr bool stale_pointers_are_readable = false;

    template <class Policy>
    class pool {
        using object = anon_vma<Policy>;

    public:
        template <memory_source Memory>
        [[nodiscard]] object* get(Memory& memory) noexcept {
            void* block = memory.allocate(sizeof(object), alignof(object));
            if (block == nullptr) return nullptr;
            object* av = ::new (block) object{};
            av->refs.store(1, order::relaxed);  // nobody else knows the object yet
            return av;
        }

        template <memory_source Memory>
        void put(object& av, Memory& memory) noexcept {
            av.~object();
            memory.deallocate(&av, sizeof(object), alignof(object));
        }

        template <memory_source Memory>
        void clear(Memory&) noexcept {}
    };
};

}  // namespace lifetimes

}  // namespace rmap::inline RMAP_ABI
