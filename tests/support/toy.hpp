// SPDX-License-Identifier: BSL-1.0
#pragma once

// User types, in both ways that the library supports, for any policy: `toy` derives from the hooks
// and the ready-made bases; `member_toy` keeps the hooks as members, has names of its own, and is
// found by specialised traits. Tests are templates over such a family.

#include <cstdint>

#include <rmap/rmap.hpp>

namespace rmap_test {

template <class Policy>
struct toy_mm {
    typename Policy::lock page_table_lock{};
    typename Policy::lock anon_vma_chain_lock{};
};

template <class Policy>
struct toy_page : rmap::basic_page<Policy> {};

template <class Policy>
struct toy_vma : rmap::basic_vma<toy_mm<Policy>, Policy>, rmap::i_mmap_hook<Policy> {
    using base = rmap::basic_vma<toy_mm<Policy>, Policy>;
    using base::base;

    rmap::i_mmap<Policy>* mapping() const noexcept { return file; }
    bool alike(const toy_vma& other) const noexcept {
        return file == other.file && attributes == other.attributes;
    }

    rmap::i_mmap<Policy>* file = nullptr;
    int attributes = 0;
};

template <class Policy>
struct toy {
    using policy = Policy;
    using mm = toy_mm<Policy>;
    using page = toy_page<Policy>;
    using vma = toy_vma<Policy>;
    using map = rmap::reverse_map<page, vma, Policy>;
};

// ---- the same with members

template <class Policy>
struct member_mm {
    typename Policy::lock first_fault_lock{};
    typename Policy::lock anon_vma_chain_lock{};
};

template <class Policy>
struct member_page {
    void add_mapping() noexcept { ptes.fetch_add(1, rmap::order::release); }
    bool remove_mapping() noexcept { return ptes.fetch_sub(1, rmap::order::acq_rel) == 1; }

    int before = 0;
    rmap::page_hook<Policy> reverse{};
    typename Policy::atomics::template atomic<std::uint32_t> ptes{};
};

template <class Policy>
struct member_vma {
    // A member that knows whose it is.
    struct chain : rmap::vma_hook<Policy> {
        explicit chain(member_vma& v) noexcept : owner{&v} {}
        member_vma* owner;
    };
    struct file_chain : rmap::i_mmap_hook<Policy> {
        explicit file_chain(member_vma& v) noexcept : owner{&v} {}
        member_vma* owner;
    };

    member_vma(member_mm<Policy>& mm, rmap::pgno start, rmap::pgno pages, rmap::pgoff_t offset)
        : space{&mm}, from{start}, to{start + pages}, pgoff_of_from{offset} {}

    int before = 0;
    chain anon{*this};
    file_chain shared{*this};
    member_mm<Policy>* space;
    rmap::pgno from;
    rmap::pgno to;
    rmap::pgoff_t pgoff_of_from;
    rmap::i_mmap<Policy>* file = nullptr;
    int attributes = 0;

    rmap::pgno start() const noexcept { return from; }
    rmap::pgno pages() const noexcept { return to - from; }
    rmap::pgoff_t pgoff() const noexcept { return pgoff_of_from; }
    member_mm<Policy>& mm() const noexcept { return *space; }
};

template <class Policy>
struct member_toy {
    using policy = Policy;
    using mm = member_mm<Policy>;
    using page = member_page<Policy>;
    using vma = member_vma<Policy>;
    using map = rmap::reverse_map<page, vma, Policy>;
};

}  // namespace rmap_test

template <class Own>
struct rmap::mm_traits<rmap_test::member_mm<Own>> {
    static auto& page_table_lock(rmap_test::member_mm<Own>& mm) noexcept {
        return mm.first_fault_lock;
    }
    static auto& anon_vma_chain_lock(rmap_test::member_mm<Own>& mm) noexcept {
        return mm.anon_vma_chain_lock;
    }
};

template <class Own>
struct rmap::page_traits<rmap_test::member_page<Own>> {
    template <class Policy>
    static rmap::page_hook<Policy>& hook(rmap_test::member_page<Own>& p) noexcept {
        return p.reverse;
    }
    static bool mapped(const rmap_test::member_page<Own>& p) noexcept {
        return p.ptes.load(rmap::order::acquire) != 0;
    }
};

template <class Own>
struct rmap::vma_traits<rmap_test::member_vma<Own>> {
    using vma = rmap_test::member_vma<Own>;

    template <class Policy>
    static rmap::vma_hook<Policy>& hook(vma& v) noexcept {
        return v.anon;
    }
    template <class Policy>
    static vma& from_hook(rmap::vma_hook<Policy>& h) noexcept {
        return *static_cast<typename vma::chain&>(h).owner;
    }
    static rmap::pgno start(const vma& v) noexcept { return v.from; }
    static rmap::pgno pages(const vma& v) noexcept { return v.to - v.from; }
    static rmap::pgoff_t pgoff(const vma& v) noexcept { return v.pgoff_of_from; }
    static void set_range(vma& v, rmap::pgno start, rmap::pgno pages, rmap::pgoff_t off) noexcept {
        v.from = start;
        v.to = start + pages;
        v.pgoff_of_from = off;
    }
    static auto& mm(const vma& v) noexcept { return *v.space; }
    static bool alike(const vma& a, const vma& b) noexcept {
        return a.file == b.file && a.attributes == b.attributes;
    }
};

template <class Own>
struct rmap::file_traits<rmap_test::member_vma<Own>> {
    using vma = rmap_test::member_vma<Own>;

    template <class Policy>
    static constexpr bool supported = true;

    template <class Policy>
    static rmap::i_mmap<Policy>* mapping(const vma& v) noexcept {
        return v.file;
    }
    template <class Policy>
    static rmap::i_mmap_hook<Policy>& hook(vma& v) noexcept {
        return v.shared;
    }
    template <class Policy>
    static vma& from_hook(rmap::i_mmap_hook<Policy>& h) noexcept {
        return *static_cast<typename vma::file_chain&>(h).owner;
    }
};
