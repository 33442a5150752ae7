// SPDX-License-Identifier: BSL-1.0
#pragma once

// cow_late: how a vma without an own anon_vma stands among the children of its parent's, under
// topologies::late_cow_tree. Its entry is about its hook, with the low bit set; its hook knows the
// block and, in the bits that a block's address leaves (four, where pointers have eight bytes), in
// which slots of it (eight then), so that no more are looked through to find it. Children may be
// moved into another block by relatives, who hold the tree lock and not the lock of the vma's
// address space; so that place is read and written holding the tree lock, for writing exclusively.

#include <cstdint>

#include <rmap/core/config.hpp>
#include <rmap/model/vma.hpp>
#include <rmap/topologies/concept.hpp>
#include <rmap/topologies/cow_block.hpp>

namespace rmap::inline RMAP_ABI {

/// Whether children of an anon_vma may be vmas.
template <class Map>
inline constexpr bool has_late = owns_late<typename Map::policy::topology>;

template <class Policy>
struct cow_late {
    using node = anon_vma<Policy>;
    using hook = vma_hook<Policy>;
    using block = cow_block<Policy>;

    // ---- what an entry is about

    [[nodiscard]] static void* about(hook& of) noexcept {
        return reinterpret_cast<void*>(reinterpret_cast<std::uintptr_t>(&of) | 1U);
    }
    /// Not of a hole.
    [[nodiscard]] static bool is_vma(const void* about) noexcept {
        return (reinterpret_cast<std::uintptr_t>(about) & 1U) != 0;
    }
    [[nodiscard]] static hook& hook_of(void* about) noexcept {
        return *reinterpret_cast<hook*>(reinterpret_cast<std::uintptr_t>(about) - 1U);
    }

    // ---- where the entry is

    static void set_place(hook& of, block& in, std::uint32_t slot) noexcept {
        static_assert(alignof(block) * together > 127);
        of.home_ = reinterpret_cast<node*>(reinterpret_cast<std::uintptr_t>(&in) |
                                           std::uintptr_t{slot / together});
    }
    [[nodiscard]] static block& block_of(const hook& of) noexcept {
        return *reinterpret_cast<block*>(place(of) & ~groups);
    }
    [[nodiscard]] static std::uint32_t slot_of(hook& of) noexcept {
        block& in = block_of(of);
        const auto group = static_cast<std::uint32_t>(place(of) & groups) * together;
        const void* const wanted = about(of);
        std::uint32_t slot = 0;
        for (std::uint32_t at = group; at != group + together && at != in.capacity; at += 4) {
            // Where it is, nobody can foresee: so no branch asks.
            slot |= in.about(at).get() == wanted ? at : 0;
            slot |= in.about(at + 1).get() == wanted ? at + 1 : 0;
            slot |= in.about(at + 2).get() == wanted ? at + 2 : 0;
            slot |= in.about(at + 3).get() == wanted ? at + 3 : 0;
        }
        return slot;
    }

private:
    static constexpr std::uint32_t together = 128 / alignof(block);
    static constexpr std::uintptr_t groups = alignof(block) - 1;

    [[nodiscard]] static std::uintptr_t place(const hook& of) noexcept {
        return reinterpret_cast<std::uintptr_t>(of.home_.get());
    }
};

}  // namespace rmap::inline RMAP_ABI
