// SPDX-License-Identifier: BSL-1.0
#pragma once

// What the library asks of a user's page (a physical page, a frame, a span): a 16-byte hook and an
// answer to "is it mapped at all?". The hook is the way back from the page: a tagged pointer to an
// anon_vma, to the i_mmap of a file or to a ksm_node, and the page's offset therein.

#include <concepts>
#include <cstdint>

#include <rmap/core/atomics.hpp>
#include <rmap/core/types.hpp>

namespace rmap::inline RMAP_ABI {

template <class Policy>
class anon_vma;
template <class Policy>
class i_mmap;
template <class Policy>
class ksm_node;

namespace detail {

template <class Policy>
struct no_page_slot {};

template <class Policy, class T>
struct page_slot {
    using type = no_page_slot<Policy>;
};
template <class Policy, class T>
    requires requires { typename T::template page_slot<Policy>; }
struct page_slot<Policy, T> {
    using type = typename T::template page_slot<Policy>;
};

}  // namespace detail

/// What a page's tag leads to.
enum class page_kind : std::uint8_t { untagged, file, anon, ksm };

/// The hook: what the kernel keeps in page->mapping and page->index.
///
/// A tag stays when the page's last mapping goes, until the page is freed (untag): whoever finds
/// the page unmapped MUST NOT follow it (ops/reference.hpp has the protocol). Written holding the
/// page lock, or by the only thread that knows the page. Read holding the page lock, OR without any
/// lock by a reader that checks again.
template <class Policy>
class page_hook {
    // Asked here too, since a user's page may be the first that a policy is used for.
    static_assert(atomics_family<typename Policy::atomics>,
                  "rmap: atomics must be a family: atomic<T>, plain<T>, fence, pause. A common "
                  "mistake is to name std::atomic; use hosted::std_atomics");

    using atomics = typename Policy::atomics;

public:
    using word = std::uintptr_t;

    [[nodiscard]] page_kind kind() const noexcept { return kind_of(read()); }
    [[nodiscard]] pgoff_t index() const noexcept { return index_.load(order::relaxed); }

    /// The raw tag, for a reader that compares it later.
    //   Orders:     what the tagging thread wrote (the index, the anon_vma's fields) before this
    //               thread's use of it.
    //   Pairs with: set().
    //   Otherwise:  T1 writes the anon_vma's root, tags the page | T2 sees the tag, follows it and
    //               reads a root from the memory's earlier life.
    //   Proved by:  tests/explore/orders_test.cpp
    [[nodiscard]] word read() const noexcept { return mapping_.load(order::acquire); }

    void set(word tag, pgoff_t index) noexcept {
        index_.store(index, order::relaxed);
        mapping_.store(tag, order::release);  // see read()
    }

    [[nodiscard]] static page_kind kind_of(word tag) noexcept {
        if (tag == 0) return page_kind::untagged;
        if ((tag & anon_bit) != 0) return page_kind::anon;
        return (tag & ksm_bit) != 0 ? page_kind::ksm : page_kind::file;
    }
    [[nodiscard]] static word tag_of(anon_vma<Policy>& to) noexcept {
        return reinterpret_cast<word>(&to) | anon_bit;
    }
    [[nodiscard]] static word tag_of(i_mmap<Policy>& to) noexcept {
        return reinterpret_cast<word>(&to);
    }
    [[nodiscard]] static word tag_of(ksm_node<Policy>& to) noexcept {
        return reinterpret_cast<word>(&to) | ksm_bit;
    }
    // The object that a tag leads to; null if the tag is of another kind.
    [[nodiscard]] static anon_vma<Policy>* anon(word tag) noexcept {
        return kind_of(tag) == page_kind::anon
                   ? reinterpret_cast<anon_vma<Policy>*>(tag & ~(anon_bit | ksm_bit))
                   : nullptr;
    }
    [[nodiscard]] static i_mmap<Policy>* file(word tag) noexcept {
        return kind_of(tag) == page_kind::file ? reinterpret_cast<i_mmap<Policy>*>(tag) : nullptr;
    }
    [[nodiscard]] static ksm_node<Policy>* ksm(word tag) noexcept {
        return kind_of(tag) == page_kind::ksm
                   ? reinterpret_cast<ksm_node<Policy>*>(tag & ~(anon_bit | ksm_bit))
                   : nullptr;
    }

    // What an exact topology keeps here, by its own rules; others keep nothing.
    [[no_unique_address]]
    typename detail::page_slot<Policy, typename Policy::topology>::type places{};

private:
    static constexpr word anon_bit = 1;
    static constexpr word ksm_bit = 2;

    typename atomics::template atomic<word> mapping_{};
    typename atomics::template atomic<pgoff_t> index_{};
};

/// The customisation point. The default looks for the hook as a base class and for `mapped()`.
template <class Page>
struct page_traits {
    template <class Policy>
    static page_hook<Policy>& hook(Page& p) noexcept
        requires std::derived_from<Page, page_hook<Policy>>
    {
        return p;
    }
    /// Whether any page-table entry maps the page. May be asked at any time, by any thread that
    /// keeps the page's memory. Taking away the last mapping MUST be a release (or stronger)
    /// operation, and so MUST adding the first one, after the page was tagged; this is an acquire
    /// load of what they write.
    static bool mapped(const Page& p) noexcept
        requires requires { { p.mapped() } -> std::same_as<bool>; }
    {
        return p.mapped();
    }
};

/// The hook of a page.
template <class P, class Policy>
concept has_page_hook = requires(P& p) {
    { page_traits<P>::template hook<Policy>(p) } noexcept -> std::same_as<page_hook<Policy>&>;
};

/// Is there any mapping?
template <class P>
concept tells_mapped = requires(const P& p) {
    { page_traits<P>::mapped(p) } noexcept -> std::same_as<bool>;
};

/// A user's page, as seen through its traits.
template <class P, class Policy>
concept mappable_page = has_page_hook<P, Policy> && tells_mapped<P>;

/// A ready-made page: the hook and a count of the page-table entries that map it.
template <class Policy>
class basic_page : public page_hook<Policy> {
public:
    /// One more page-table entry. The page MUST be tagged before its first mapping.
    //   Orders:     the tag before a reader's conclusion "mapped".
    //   Pairs with: the acquire load in mapped().
    //   Otherwise:  T1 takes a free page that still has the tag of its earlier life, tags and maps
    //               it | T2 sees "mapped" together with the old tag, whose anon_vma nothing keeps,
    //               and walks it while it is recycled into another tree.
    //   Proved by:  tests/explore/orders_test.cpp
    void add_mapping() noexcept { mapcount_.fetch_add(1, order::release); }
    /// Whether that was the last one.
    //   Orders:     every unmapper's earlier accesses before the conclusion "not mapped", of the
    //               last unmapper and of a reader.
    //   Pairs with: the acquire load in mapped(); the other unmappers' fetch_sub.
    //   Otherwise:  T1 reads the page, unmaps it | T2 takes the last mapping away, or finds none,
    //               and uses the page's memory anew; T1's read is not yet done.
    //   Proved by:  tests/explore/orders_test.cpp
    bool remove_mapping() noexcept { return mapcount_.fetch_sub(1, order::acq_rel) == 1; }

    [[nodiscard]] bool mapped() const noexcept { return mapcount() != 0; }
    [[nodiscard]] std::uint32_t mapcount() const noexcept { return mapcount_.load(order::acquire); }

private:
    typename Policy::atomics::template atomic<std::uint32_t> mapcount_{};
};

}  // namespace rmap::inline RMAP_ABI
