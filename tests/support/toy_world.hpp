// SPDX-License-Identifier: BSL-1.0
#pragma once

// toy_world: the smallest system around a map, for tests of what looks at a map. A few address
// spaces, vmas and pages, all of them public; nothing is decided here, so a test can build any
// state, sound or not. Its end takes everything apart, and needs a state in which the map's
// operations work.

#include <map>
#include <memory>
#include <vector>

#include <rmap/policy.hpp>
#include <rmap/reverse_map.hpp>

namespace toy {

template <class Policy>
struct file : rmap::i_mmap<Policy> {};

template <class Policy>
struct page : rmap::basic_page<Policy> {};

template <class Policy>
struct vma;

template <class Policy>
struct mm {
    mm() = default;
    mm(const mm&) = delete;
    mm& operator=(const mm&) = delete;

    typename Policy::lock page_table_lock{};
    typename Policy::lock anon_vma_chain_lock{};
    std::map<rmap::pgno, std::unique_ptr<vma<Policy>>> vmas;
    std::map<rmap::pgno, page<Policy>*> entries;
};

template <class Policy>
struct vma : rmap::basic_vma<mm<Policy>, Policy>, rmap::i_mmap_hook<Policy> {
    using base = rmap::basic_vma<mm<Policy>, Policy>;
    vma(mm<Policy>& owner, rmap::pgno start, rmap::pgno pages, rmap::pgoff_t pgoff,
        file<Policy>* from)
        : base{owner, start, pages, pgoff}, from_{from} {}
    [[nodiscard]] file<Policy>* mapping() const noexcept { return from_; }

    file<Policy>* from_;
};

template <class Policy>
class world {
public:
    using mm_type = mm<Policy>;
    using vma_type = vma<Policy>;
    using page_type = page<Policy>;
    using file_type = file<Policy>;
    using map_type = rmap::reverse_map<page_type, vma_type, Policy>;
    using anon_vma_type = rmap::anon_vma<Policy>;

    world() = default;
    explicit world(typename Policy::allocator memory) : map_{memory} {}
    world(const world&) = delete;
    world& operator=(const world&) = delete;
    ~world() {
        for (auto& m : mms_) {
            while (!m->entries.empty())
                unmap(*m, m->entries.begin()->first);
            for (auto& [start, v] : m->vmas) {
                map_.unlink_file(*v);
                map_.unlink(*v);
            }
        }
    }

    mm_type& add_mm() { return *mms_.emplace_back(std::make_unique<mm_type>()); }
    page_type& add_page() { return *pages_.emplace_back(std::make_unique<page_type>()); }
    file_type& add_file() { return *files_.emplace_back(std::make_unique<file_type>()); }
    vma_type& add_vma(mm_type& m, rmap::pgno start, rmap::pgno pages) {
        return add_vma(m, start, pages, start, nullptr);
    }
    vma_type& add_vma(mm_type& m, rmap::pgno start, rmap::pgno pages, rmap::pgoff_t pgoff,
                      file_type* from) {
        auto& v = *(m.vmas[start] = std::make_unique<vma_type>(m, start, pages, pgoff, from));
        map_.link_file(v);
        return v;
    }
    /// The vma with a page of its own at `at`.
    page_type& touch(vma_type& v, rmap::pgno at) {
        if (map_.prepare(v, nullptr, nullptr) != rmap::status::ok) std::abort();
        page_type& p = add_page();
        map_.tag_new(p, v, at);
        enter(p, v.mm(), at);
        return p;
    }
    /// The child's vma of one of the parent's, and its entries.
    vma_type& fork(vma_type& parent, mm_type& child) {
        auto& v = add_vma(child, parent.start(), parent.pages(), parent.pgoff(), parent.from_);
        if (map_.fork(v, parent) != rmap::status::ok) std::abort();
        for (auto& [at, p] : parent.mm().entries) {
            if (parent.contains(at)) enter(*p, child, at);
        }
        return v;
    }
    vma_type& split(vma_type& v, rmap::pgno at) {
        auto& fresh = *(v.mm().vmas[at] = std::make_unique<vma_type>(v.mm(), at, 1, at, v.from_));
        if (map_.split(v, fresh, at) != rmap::status::ok) std::abort();
        return fresh;
    }
    void enter(page_type& p, mm_type& m, rmap::pgno at) {
        m.entries[at] = &p;
        p.add_mapping();
    }
    void unmap(mm_type& m, rmap::pgno at) {
        m.entries.at(at)->remove_mapping();
        m.entries.erase(at);
    }

    map_type& map() { return map_; }
    template <class F>
    void for_each_mm(F f) {
        for (auto& m : mms_)
            f(*m);
    }
    template <class F>
    void for_each_vma(mm_type& m, F f) {
        for (auto& [start, v] : m.vmas)
            f(*v);
    }
    template <class F>
    void for_each_mapping(mm_type& m, F f) {
        for (auto& [at, p] : m.entries)
            f(at, *p);
    }
    template <class F>
    void for_each_reference(F f) {
        for (auto* av : references_)
            f(*av);
    }

    std::vector<anon_vma_type*> references_;  // those that the test holds

private:
    map_type map_{};
    std::vector<std::unique_ptr<mm_type>> mms_;
    std::vector<std::unique_ptr<page_type>> pages_;
    std::vector<std::unique_ptr<file_type>> files_;
};

}  // namespace toy
