// SPDX-License-Identifier: BSL-1.0
#pragma once

// A vma's place among those that map its file, and the pair of locks under which a range changes:
// the file's, then the fork tree's (locking/order.hpp). For vma types without i_mmap_hook all of it
// is void.

#include <type_traits>

#include <rmap/core/check.hpp>
#include <rmap/core/interval_tree.hpp>
#include <rmap/locks/guard.hpp>
#include <rmap/locks/held.hpp>
#include <rmap/model/anon_vma.hpp>
#include <rmap/model/i_mmap.hpp>
#include <rmap/ops/chain_guard.hpp>

namespace rmap::inline RMAP_ABI::ops {

namespace detail {

template <class Map>
struct by_file_offset {
    using files = typename Map::file_traits_type;
    using node = interval_node<typename Map::atomics>;

    static typename Map::vma_type& vma_of(const node& n) noexcept {
        auto& hook = static_cast<const i_mmap_hook<typename Map::policy>&>(n);
        return files::template from_hook<typename Map::policy>(
            const_cast<i_mmap_hook<typename Map::policy>&>(hook));
    }
    static std::uint64_t first(const node& n) noexcept {
        return Map::vma_traits_type::pgoff(vma_of(n));
    }
    static std::uint64_t last(const node& n) noexcept {
        auto& v = vma_of(n);
        return Map::vma_traits_type::pgoff(v) + Map::vma_traits_type::pages(v) - 1;
    }
};

}  // namespace detail

template <class Map>
using file_tree = interval_tree<typename Map::atomics, detail::by_file_offset<Map>>;

/// The i_mmap of the vma's file, or null.
template <class Map>
[[nodiscard]] i_mmap<typename Map::policy>* mapping_of(const typename Map::vma_type& v) noexcept {
    using policy = typename Map::policy;
    using files = typename Map::file_traits_type;
    if constexpr (files::template supported<policy>) {
        return files::template mapping<policy>(v);
    } else {
        return nullptr;
    }
}

template <class Map>
void link_file_locked(typename Map::vma_type& v) noexcept {
    using policy = typename Map::policy;
    if constexpr (Map::file_traits_type::template supported<policy>) {
        if (auto* file = mapping_of<Map>(v)) {
            RMAP_CHECK_HELD(policy, may_hold(file->lock), file_lock_not_held,
                            "a vma enters a file without the file's lock");
            auto& hook = Map::file_traits_type::template hook<policy>(v);
            RMAP_CHECK(policy, !hook.linked(), double_link, "a vma enters a file twice");
            file_tree<Map>::insert(file->vmas, hook);
            RMAP_CHECK_VALID(policy, file_tree<Map>::valid(file->vmas), file_invalid,
                             "the vmas of a file are not in order");
        }
    }
}

template <class Map>
void unlink_file_locked(typename Map::vma_type& v) noexcept {
    using policy = typename Map::policy;
    if constexpr (Map::file_traits_type::template supported<policy>) {
        if (auto* file = mapping_of<Map>(v)) {
            RMAP_CHECK_HELD(policy, may_hold(file->lock), file_lock_not_held,
                            "a vma leaves a file without the file's lock");
            auto& hook = Map::file_traits_type::template hook<policy>(v);
            RMAP_CHECK(policy, hook.linked(), not_linked, "a vma leaves a file in which it is not");
            file_tree<Map>::erase(file->vmas, hook);
            RMAP_CHECK_VALID(policy, file_tree<Map>::valid(file->vmas), file_invalid,
                             "the vmas of a file are not in order");
        }
    }
}

/// Links a new vma to its file, after its range is set. No effect without a file. The caller holds
/// the address space's lock exclusively, not the file's.
template <class Map>
void link_file(typename Map::vma_type& v) noexcept {
    if (auto* file = mapping_of<Map>(v)) {
        const write_guard guard{file->lock};
        link_file_locked<Map>(v);
    }
}

/// Takes it out, before it goes.
template <class Map>
void unlink_file(typename Map::vma_type& v) noexcept {
    if (auto* file = mapping_of<Map>(v)) {
        const write_guard guard{file->lock};
        unlink_file_locked<Map>(v);
    }
}

/// Holds the locks under which the range of a vma may change: its file's, and those of all that
/// `chained` is linked to: itself, or one whose chain it has or takes over; null: none. `to` and
/// `others`: the ranges that it and those of its chain get or have besides its own.
template <class Map>
class range_locks {
    using policy = typename Map::policy;
    using file_guard = write_guard<typename policy::lock>;
    using tree_guard = update_guard<Map>;
    using note_type = note_for<typename policy::lock>;

public:
    range_locks(i_mmap<policy>* file, typename Map::vma_type* chained,
                const span& to = {}, const span& others = {},
                note_type note = note_type::here()) noexcept
        : file_{file == nullptr ? file_guard{} : file_guard{file->lock, note}},
          tree_{chained == nullptr ? tree_guard{}
                                   : chain_guard<Map>(*chained, note, to, others)} {}

private:
    file_guard file_;
    tree_guard tree_;
};

}  // namespace rmap::inline RMAP_ABI::ops
