// SPDX-License-Identifier: BSL-1.0
#pragma once

// What the library asks of a user's vma (a region of one address space): a hook, a range, an owner.
// The type is the user's. `vma_traits` is the point where the library finds these; its default
// looks for the hook as a base class and for member functions of the names below, and is
// specialised for types that look otherwise. `basic_vma` is a ready-made base with all of it.

#include <concepts>
#include <type_traits>

#include <rmap/core/atomics.hpp>
#include <rmap/core/types.hpp>

namespace rmap::inline RMAP_ABI {

namespace detail {

template <class Policy>
struct vma_hook_of {
    // Asked here too, since a user's vma may be the first that a policy is used for.
    static_assert(requires { typename Policy::topology::template vma_hook<Policy>; },
                  "rmap: topology must provide vma_hook<Policy>. A common mistake is to name what "
                  "belongs to another axis");
    using type = typename Policy::topology::template vma_hook<Policy>;
};

}  // namespace detail

/// What the topology keeps in each vma. Zero-initialised; MUST be unlinked when it is destroyed.
template <class Policy>
using vma_hook = typename detail::vma_hook_of<Policy>::type;

/// The customisation point. All functions are static and noexcept.
template <class Vma>
struct vma_traits {
    // The hook of a vma, and the vma of a hook.
    template <class Policy>
    static vma_hook<Policy>& hook(Vma& v) noexcept
        requires std::derived_from<Vma, vma_hook<Policy>>
    {
        return v;
    }
    template <class Policy>
    static Vma& from_hook(vma_hook<Policy>& h) noexcept
        requires std::derived_from<Vma, vma_hook<Policy>>
    {
        return static_cast<Vma&>(h);
    }

    // The range: `pages` pages from page number `start` on, the first of which has offset `pgoff`.
    // Read holding the address space's lock OR the tree lock.
    static pgno start(const Vma& v) noexcept
        requires requires { v.start(); }
    {
        return v.start();
    }
    static pgno pages(const Vma& v) noexcept
        requires requires { v.pages(); }
    {
        return v.pages();
    }
    static pgoff_t pgoff(const Vma& v) noexcept
        requires requires { v.pgoff(); }
    {
        return v.pgoff();
    }

    // Called by the library alone, holding the address space's lock exclusively AND the tree lock.
    static void set_range(Vma& v, pgno start, pgno pages, pgoff_t pgoff) noexcept
        requires requires { v.set_range(start, pages, pgoff); }
    {
        v.set_range(start, pages, pgoff);
    }

    // Optional: moves the end up, and touches neither start nor pgoff. Called by the library alone,
    // holding the address space's lock exclusively, and beside walks that read pages() where the
    // topology says that the end is no key: there both MUST be atomic accesses, relaxed is enough.
    // Without it such an update takes the tree lock.
    static void set_pages(Vma& v, pgno pages) noexcept
        requires requires { v.set_pages(pages); }
    {
        v.set_pages(pages);
    }

    // The address space that the vma belongs to.
    static auto& mm(const Vma& v) noexcept
        requires requires { requires std::is_lvalue_reference_v<decltype(v.mm())>; }
    {
        return v.mm();
    }

    // Whether two touching vmas have the same file and the same attributes but for r, w and x: then
    // one may start with the other's anon_vma, as an mprotect may make them one later.
    static bool alike(const Vma& a, const Vma& b) noexcept {
        if constexpr (requires { { a.alike(b) } -> std::same_as<bool>; }) {
            return a.alike(b);
        } else {
            return true;
        }
    }
};

/// The customisation point of an address space.
template <class Mm>
struct mm_traits {
    /// Serialises the first faults of one address space against each other (I13, I15). Inside the
    /// tree lock in the lock order.
    static auto& page_table_lock(Mm& m) noexcept
        requires requires { m.page_table_lock; }
    {
        return m.page_table_lock;
    }

    /// Held around every change of the space's chains by disciplines that lock whole chains
    /// (locking/lock_all.hpp); others do not ask. Outside the tree locks in the lock order.
    static auto& anon_vma_chain_lock(Mm& m) noexcept
        requires requires { m.anon_vma_chain_lock; }
    {
        return m.anon_vma_chain_lock;
    }

    /// The vma at a page number, which is there: asked for by exact topologies alone, and only when
    /// a visitor wants it (ops/places.hpp).
    static auto* find_vma(Mm& m, pgno at) noexcept
        requires requires { m.find(at); }
    {
        return m.find(at);
    }
};

/// The hook of a vma, and the vma of a hook.
template <class V, class Policy>
concept has_vma_hook = requires(V& v, vma_hook<Policy>& h) {
    { vma_traits<V>::template hook<Policy>(v) } noexcept -> std::same_as<vma_hook<Policy>&>;
    { vma_traits<V>::template from_hook<Policy>(h) } noexcept -> std::same_as<V&>;
};

/// A range that the library reads, and changes as one.
template <class V>
concept has_range = requires(V& v, const V& c, pgno n) {
    // First page number, number of pages, offset of the first page.
    { vma_traits<V>::start(c) } noexcept -> std::convertible_to<pgno>;
    { vma_traits<V>::pages(c) } noexcept -> std::convertible_to<pgno>;
    { vma_traits<V>::pgoff(c) } noexcept -> std::convertible_to<pgoff_t>;
    // Changes the three at once.
    { vma_traits<V>::set_range(v, n, n, n) } noexcept;
    // May the two ever become one?
    { vma_traits<V>::alike(c, c) } noexcept -> std::same_as<bool>;
};

/// A range whose end can move up while walks read it.
template <class V>
concept can_grow_beside_walks = requires(V& v, pgno n) {
    { vma_traits<V>::set_pages(v, n) } noexcept;
};

/// An address space; its type may be incomplete.
template <class V>
concept has_mm = requires(const V& c) {
    { vma_traits<V>::mm(c) } noexcept;
    requires std::is_lvalue_reference_v<decltype(vma_traits<V>::mm(c))>;
};

/// A lock for first faults, in the address space.
template <class V>
concept has_page_table_lock = has_mm<V> && requires(const V& c) {
    { mm_traits<std::remove_reference_t<decltype(vma_traits<V>::mm(c))>>::page_table_lock(
        vma_traits<V>::mm(c)) } noexcept;
};

/// A lock for changes of chains, in the address space, of a type that converts to the policy's.
template <class V, class Policy>
concept has_anon_vma_chain_lock = has_mm<V> && requires(const V& c) {
    { mm_traits<std::remove_reference_t<decltype(vma_traits<V>::mm(c))>>::anon_vma_chain_lock(
        vma_traits<V>::mm(c)) } noexcept -> std::convertible_to<typename Policy::lock&>;
};

/// A user's vma, as seen through its traits.
template <class V, class Policy>
concept mappable_vma = has_vma_hook<V, Policy> && has_range<V> && has_mm<V>;

namespace detail {

/// The length of a ready-made vma.
template <class Policy>
class vma_pages {
public:
    constexpr explicit vma_pages(pgno pages) noexcept : pages_{pages} {}
    [[nodiscard]] pgno get() const noexcept { return pages_; }
    void set(pgno pages) noexcept { pages_ = pages; }

private:
    typename Policy::atomics::template plain<pgno> pages_;
};

/// The same where walks may read it while it grows.
template <class Policy>
    requires requires { requires !Policy::topology::end_is_key; }
class vma_pages<Policy> {
public:
    constexpr explicit vma_pages(pgno pages) noexcept : pages_{pages} {}
    //   Orders:     nothing by itself: a walk that reads the old length meets all that was mapped
    //               before.
    //   Pairs with: the page's first mapping, a release, and the walk's look at mapped(), an
    //               acquire: whoever looks for a page in the new part reads the new length.
    //   Otherwise:  T1 grows the vma in place, maps a page in the new part | T2 walks from it; were
    //               the length a plain field, T2's read of it would be a data race.
    //   Proved by:  tests/unit/locking/explored_test.cpp
    [[nodiscard]] pgno get() const noexcept { return pages_.load(order::relaxed); }
    void set(pgno pages) noexcept { pages_.store(pages, order::relaxed); }

private:
    typename Policy::atomics::template atomic<pgno> pages_;
};

}  // namespace detail

/// A ready-made vma: the hook, the range and the owner. `Mm` is the user's address space.
template <class Mm, class Policy>
class basic_vma : public vma_hook<Policy> {
    template <class T>
    using plain = typename Policy::atomics::template plain<T>;

public:
    constexpr basic_vma(Mm& owner, pgno start, pgno pages, pgoff_t pgoff) noexcept
        : mm_{&owner}, start_{start}, pages_{pages}, pgoff_{pgoff} {}
    /// Anonymous memory: until it is moved, its offsets are its page numbers.
    constexpr basic_vma(Mm& owner, pgno start, pgno pages) noexcept
        : basic_vma{owner, start, pages, start} {}

    [[nodiscard]] Mm& mm() const noexcept { return *mm_; }
    [[nodiscard]] pgno start() const noexcept { return start_; }
    [[nodiscard]] pgno pages() const noexcept { return pages_.get(); }
    [[nodiscard]] pgno end() const noexcept { return start_ + pages_.get(); }
    [[nodiscard]] pgoff_t pgoff() const noexcept { return pgoff_; }
    [[nodiscard]] bool contains(pgno where) const noexcept {
        return where >= start_ && where - start_ < pages_.get();
    }

    /// For the library, and for a vma that is linked nowhere.
    void set_range(pgno start, pgno pages, pgoff_t pgoff) noexcept {
        start_ = start;
        pages_.set(pages);
        pgoff_ = pgoff;
    }
    void set_pages(pgno pages) noexcept { pages_.set(pages); }

private:
    Mm* mm_;
    // Read holding the address space's lock OR the guard of a walk that met the vma (locking/);
    // written holding the former exclusively AND an update guard, but for pages_, which grows
    // without the latter where the end is no key of the topology.
    plain<pgno> start_;
    detail::vma_pages<Policy> pages_;
    plain<pgoff_t> pgoff_;
};

}  // namespace rmap::inline RMAP_ABI
