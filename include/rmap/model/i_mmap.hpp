// SPDX-License-Identifier: BSL-1.0
#pragma once

// i_mmap: the vmas that map one file, by offset. The user's file object holds one; a vma that may
// map a file holds an i_mmap_hook. A page of the file is tagged with the i_mmap, a private copy of
// it with an anon_vma, so a vma can be found both ways.

#include <concepts>

#include <rmap/core/config.hpp>
#include <rmap/core/interval_tree.hpp>
#include <rmap/core/lock_rank.hpp>

namespace rmap::inline RMAP_ABI {

/// The link of a vma into the i_mmap of its file; a base class of the user's vma.
template <class Policy>
class i_mmap_hook : public interval_node<typename Policy::atomics> {};

/// A file's side. Its lock is outside the tree locks in the lock order (locking/order.hpp).
template <class Policy>
class i_mmap {
    using atomics = typename Policy::atomics;

public:
    lock_of_rank<Policy, lock_rank::file> lock{};

    // Read holding the lock (shared or exclusive), written holding it exclusively.
    interval_root<atomics> vmas{};

    // By take_all_locks: written holding the lock AND the map's mutex for it.
    typename atomics::template plain<bool> taken{false};
};

/// How the library finds the file side of a user's vma. A vma type without i_mmap_hook has none.
/// The default asks the vma for `mapping()`: the i_mmap of its file, or null.
template <class Vma>
struct file_traits {
    template <class Policy>
    static constexpr bool supported = std::derived_from<Vma, i_mmap_hook<Policy>>;

    template <class Policy>
    static i_mmap<Policy>* mapping(const Vma& v) noexcept
        requires requires { { v.mapping() } -> std::convertible_to<i_mmap<Policy>*>; }
    {
        return v.mapping();
    }
    template <class Policy>
    static i_mmap_hook<Policy>& hook(Vma& v) noexcept {
        return static_cast<i_mmap_hook<Policy>&>(v);
    }
    template <class Policy>
    static Vma& from_hook(i_mmap_hook<Policy>& h) noexcept {
        return static_cast<Vma&>(h);
    }
};

/// A vma that cannot map files, or can say which it maps.
template <class V, class Policy>
concept tells_mapping = !file_traits<V>::template supported<Policy> || requires(const V& v) {
    { file_traits<V>::template mapping<Policy>(v) } noexcept -> std::same_as<i_mmap<Policy>*>;
};

}  // namespace rmap::inline RMAP_ABI
