// SPDX-License-Identifier: BSL-1.0
#pragma once

// naive_mm: what the reference mm must be indistinguishable from, written as simply as possible. No
// vma, no anon_vma, no page table: for each page of each address space what is mapped there, what
// it must read as, and the number of the physical page. Values are copied at fork, never shared, so
// they follow no pointer that the mm follows; the numbers say which places share a page.

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "support/script.hpp"

namespace rmap_test {

class naive_mm {
public:
    using key = std::pair<unsigned, rmap::pgoff_t>;  // a file, an offset

    struct cell {
        rmap::mm::kind kind = rmap::mm::kind::anon;
        bool writable = false;
        unsigned file = 0;
        rmap::pgoff_t off = 0;
        bool locked = false;
        std::optional<int> own{};   // what private memory reads as; none: zero, or the file
        std::optional<int> page{};  // the physical page; none: not resident, or the zero page
    };
    using space = std::map<rmap::pgno, cell>;

    std::map<unsigned, space> mms{{0, {}}};
    std::map<unsigned, rmap::pgno> sizes{{0, 0}, {1, 0}};

    [[nodiscard]] int reads_as(const cell& c) const {
        if (c.own) return *c.own;
        if (c.kind == rmap::mm::kind::anon) return 0;
        const auto at = contents_.find({c.file, c.off});
        return at == contents_.end() ? 0 : at->second;
    }
    [[nodiscard]] const cell* find(unsigned mm, rmap::pgno where) const {
        const auto m = mms.find(mm);
        if (m == mms.end()) return nullptr;
        const auto c = m->second.find(where);
        return c == m->second.end() ? nullptr : &c->second;
    }
    [[nodiscard]] bool anonymous(int page) const { return files_.count(page) == 0; }
    [[nodiscard]] bool merged(int page) const { return merged_.count(page) != 0; }
    [[nodiscard]] bool covers(unsigned mm, rmap::pgno start, rmap::pgno n) const {
        for (rmap::pgno at = start; at != start + n; ++at) {
            if (find(mm, at) == nullptr) return false;
        }
        return true;
    }
    /// Each physical page with its places.
    [[nodiscard]] std::map<int, std::vector<spot>> pages() const {
        std::map<int, std::vector<spot>> all;
        for (const auto& [mm, s] : mms) {
            for (const auto& [at, c] : s) {
                if (c.page) all[*c.page].push_back({mm, at});
            }
        }
        return all;
    }

    /// Whether one page can be touched.
    [[nodiscard]] bool can_touch(unsigned mm, rmap::pgno where, bool write) const {
        const cell* c = find(mm, where);
        if (c == nullptr || (write && !c->writable)) return false;
        if (c->kind == rmap::mm::kind::anon || c->page) return true;
        return c->off < sizes.at(c->file);
    }
    void read(unsigned mm, rmap::pgno where) {
        cell& c = mms.at(mm).at(where);
        if (c.page || c.kind == rmap::mm::kind::anon) return;
        c.page = page_of(c.file, c.off);
    }
    void write(unsigned mm, rmap::pgno where, int value) {
        cell& c = mms.at(mm).at(where);
        if (c.kind == rmap::mm::kind::shared_file) {
            read(mm, where);
            contents_[{c.file, c.off}] = value;
            return;
        }
        const bool stays =
            c.page && anonymous(*c.page) && !merged(*c.page) && mappings(*c.page) == 1;
        if (!stays) c.page = born_++;
        c.own = value;
    }

    /// Everything but read and write; it is known to succeed. `faulted(mm, where)`: does the vma
    /// there have an anon_vma? (Only then fork copies entries for pages of a file, which is no
    /// matter of contents.)
    template <class Faulted>
    void apply(const op& o, Faulted faulted) {
        switch (o.what) {
            case act::mmap:
                unmap(o.mm, o.start, o.pages);
                for (rmap::pgno i = 0; i != o.pages; ++i) {
                    mms[o.mm][o.start + i] = {
                        o.kind, has(o.access, rmap::mm::prot::w), o.file, o.pgoff + i, o.locked, {},
                        {}};
                }
                break;
            case act::munmap: unmap(o.mm, o.start, o.pages); break;
            case act::mprotect:
                each(o, [&](cell& c) { c.writable = has(o.access, rmap::mm::prot::w); });
                break;
            case act::mremap: remap(o); break;
            case act::grow:
                for (rmap::pgno at = o.to; at != o.start; ++at) {
                    cell c = mms.at(o.mm).at(o.start);
                    c.own.reset();
                    c.page.reset();
                    mms.at(o.mm)[at] = c;
                }
                break;
            case act::dontneed:
                each(o, [&](cell& c) {
                    c.own.reset();
                    c.page.reset();
                });
                break;
            case act::fork: fork(o, faulted); break;
            case act::exit: mms.erase(o.mm); break;
            case act::exec: mms.at(o.mm).clear(); break;
            case act::filesize:
                if (o.pages < sizes[o.file]) drop(o.file, o.pages, ~rmap::pgno{0}, true);
                sizes[o.file] = o.pages;
                break;
            case act::punch: drop(o.file, o.pgoff, o.pgoff + o.pages, false); break;
            case act::ksm: merge(o); break;
            case act::mlock:
            case act::munlock: each(o, [&](cell& c) { c.locked = o.what == act::mlock; }); break;
            case act::reclaim: reclaim(); break;
            case act::migrate:
            case act::read:
            case act::write: break;
        }
    }

    /// Which physical pages locked memory maps.
    [[nodiscard]] std::set<int> locked_pages() const {
        std::set<int> all;
        for (const auto& [mm, s] : mms) {
            for (const auto& [at, c] : s) {
                if (c.locked && c.page) all.insert(*c.page);
            }
        }
        return all;
    }

    /// Whether the pages at these places may become one: private, there, and equal.
    [[nodiscard]] bool mergeable(const std::vector<spot>& spots) const {
        std::optional<int> value;
        for (const spot& s : spots) {
            const cell* c = find(s.mm, s.where);
            if (c == nullptr || !c->page || !anonymous(*c->page)) return false;
            if (value && *value != reads_as(*c)) return false;
            value = reads_as(*c);
        }
        return true;
    }

private:
    template <class F>
    void each(const op& o, F f) {
        auto& s = mms.at(o.mm);
        for (rmap::pgno at = o.start; at != o.start + o.pages; ++at) {
            const auto c = s.find(at);
            if (c != s.end()) f(c->second);
        }
    }
    void unmap(unsigned mm, rmap::pgno start, rmap::pgno n) {
        auto& s = mms.at(mm);
        s.erase(s.lower_bound(start), s.lower_bound(start + n));
    }
    [[nodiscard]] std::size_t mappings(int page) const {
        std::size_t n = 0;
        for (const auto& [mm, s] : mms) {
            for (const auto& [at, c] : s)
                n += c.page == page ? 1 : 0;
        }
        return n;
    }
    int page_of(unsigned file, rmap::pgoff_t off) {
        const auto [at, fresh] = cached_.emplace(key{file, off}, born_);
        if (fresh) files_.insert(born_++);
        return at->second;
    }
    template <class Faulted>
    void fork(const op& o, Faulted faulted) {
        space child = mms.at(o.mm);
        for (auto& [at, c] : child) {
            if (c.page && !anonymous(*c.page) && !faulted(o.mm, at)) c.page.reset();
            c.locked = false;
        }
        mms[o.child] = std::move(child);
    }
    void drop(unsigned file, rmap::pgoff_t first, rmap::pgoff_t past, bool even_copies) {
        for (auto& [mm, s] : mms) {
            for (auto& [at, c] : s) {
                if (c.kind == rmap::mm::kind::anon || c.file != file) continue;
                if (c.off < first || c.off >= past) continue;
                if (c.page && anonymous(*c.page) && !even_copies) continue;
                c.page.reset();
                c.own.reset();
            }
        }
        contents_.erase(contents_.lower_bound({file, first}), contents_.lower_bound({file, past}));
        cached_.erase(cached_.lower_bound({file, first}), cached_.lower_bound({file, past}));
    }
    /// Every page of a file that no locked memory maps.
    void reclaim() {
        const std::set<int> locked = locked_pages();
        const auto goes = [&](int page) { return !anonymous(page) && locked.count(page) == 0; };
        for (auto& [mm, s] : mms) {
            for (auto& [at, c] : s) {
                if (c.page && goes(*c.page)) c.page.reset();
            }
        }
        std::erase_if(cached_, [&](const auto& at) { return goes(at.second); });
    }
    void merge(const op& o) {
        std::optional<int> one;
        for (const spot& s : o.spots) {
            const int page = *find(s.mm, s.where)->page;
            if (!one && merged(page)) one = page;
        }
        if (!one) merged_.insert(*(one = born_++));
        for (const spot& s : o.spots)
            mms.at(s.mm).at(s.where).page = one;
    }

    // A page that moves with its content; merged pages are left behind, their content is copied.
    void move(space& s, rmap::pgno from, rmap::pgno to) {
        cell& c = s.at(from);
        cell moved = c;
        if (moved.page && merged(*moved.page)) moved.page = born_++;
        c.page.reset();
        c.own.reset();
        s[to] = moved;
    }
    void remap(const op& o) {
        space& s = mms.at(o.mm);
        if (o.start == o.to) {
            if (o.to_pages < o.pages) {
                unmap(o.mm, o.start + o.to_pages, o.pages - o.to_pages);
            }
            for (rmap::pgno i = o.pages; i < o.to_pages; ++i)
                s[o.start + i] = continued(s, o, i);
            return;
        }
        if (o.pages == o.to_pages) {
            for (rmap::pgno i = 0; i != o.pages; ++i) {
                if (s.count(o.start + i) == 0) continue;
                s.erase(o.to + i);
                move(s, o.start + i, o.to + i);
                if (!o.keep) s.erase(o.start + i);
            }
            return;
        }
        unmap(o.mm, o.to, o.to_pages);
        const rmap::pgno stays = std::min(o.pages, o.to_pages);
        space target;
        for (rmap::pgno i = 0; i != o.to_pages; ++i)
            target[o.to + i] = continued(s, o, i);
        for (rmap::pgno i = 0; i != stays; ++i) {
            move(s, o.start + i, o.to + i);
            target.erase(o.to + i);
        }
        s.merge(target);
        unmap(o.mm, o.start, o.pages);
    }
    // The i-th page behind the start of a mapping, untouched.
    static cell continued(const space& s, const op& o, rmap::pgno i) {
        cell c = s.at(o.start);
        c.off += i;
        c.own.reset();
        c.page.reset();
        return c;
    }

    std::map<key, int> contents_;
    std::map<key, int> cached_;  // the pages of files
    std::set<int> files_;        // which physical pages belong to files
    std::set<int> merged_;
    int born_ = 0;
};

}  // namespace rmap_test
