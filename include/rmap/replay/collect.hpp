// SPDX-License-Identifier: BSL-1.0
#pragma once

// Makes a snapshot of what the reference mm and its reverse map have, in the form of a trace: page
// rows twice, once from the page tables and once by a walk from each page alone. Nothing else may
// run in the system meanwhile. graph.hpp adds the rows that show anon_vmas.

#include <algorithm>
#include <cstdint>
#include <unordered_map>
#include <vector>

#include <rmap/mm/system.hpp>
#include <rmap/replay/header.hpp>
#include <rmap/replay/registry.hpp>
#include <rmap/replay/snapshot.hpp>

namespace rmap::inline RMAP_ABI::replay {

/// What the walks cost.
struct walk_totals {
    std::uint64_t walks = 0;
    std::uint64_t visited = 0;  // vmas
    std::uint64_t found = 0;    // places where the page was mapped
};

template <class Policy>
class collector {
public:
    using system_type = mm::system<Policy>;
    using space_type = typename system_type::space;
    using file_type = typename system_type::file_type;
    using vma_type = typename system_type::vma_type;
    using page_type = typename system_type::page_type;

    collector(system_type& of, const registry<space_type>& spaces,
              const registry<file_type>& files) noexcept
        : system_{of}, spaces_{spaces}, files_{files} {}

    /// The vma rows.
    void vmas(snapshot& out) {
        for (const auto& [number, space] : spaces_.in_order()) {
            system_.for_each_vma(
                *space, [&, mm = number](vma_type& v) { out.vmas.push_back(row_of(mm, v)); });
        }
    }

    /// The page rows, from the page tables. The pages themselves stay in pages(), a row each.
    void page_tables(const header& head, snapshot& out) {
        pages_.clear();
        rows_.clear();
        entries_.clear();
        for (const auto& [number, space] : spaces_.in_order()) {
            system_.for_each_page(*space, [&, mm = number](pgno where, page_type& page) {
                if (head.anon_rows_only && !page.anonymous()) return;
                const auto [row, fresh] = rows_.try_emplace(&page, pages_.size());
                if (fresh) {
                    pages_.push_back(&page);
                    out.pages.push_back({page.mapcount(), {}, 0});
                }
                ++out.pages[row->second].places.count;
                entries_.push_back({row->second, {mm, where}});
            });
        }
        // A row's places lie together, in the order in which they were met.
        std::size_t first = out.places.size();
        out.places.resize(first + entries_.size());
        for (page_row& row : out.pages) {
            row.places.first = first;
            first += row.places.count;
            row.places.count = 0;
        }
        for (const entry& e : entries_) {
            slice& s = out.pages[e.row].places;
            out.places[s.first + s.count++] = e.at;
        }
    }

    /// The same rows, each by a walk from its page. page_tables MUST have come before.
    void walks(snapshot& out, walk_totals& totals) {
        for (page_type* page : pages_) {
            const std::size_t first = out.places.size();
            const auto result = system_.map().walk(*page, [&](const auto& at) {
                if (system_.maps(at.mm(), at.address(), *page)) {
                    out.places.push_back({spaces_.number_of(at.mm()), at.address()});
                }
            });
            const auto begin = out.places.begin() + static_cast<std::ptrdiff_t>(first);
            std::sort(begin, out.places.end());
            // A merged page's walk may come to a place twice: from two of its items, when one's
            // address space was forked from the other's.
            if (page->ksm()) {
                out.places.erase(std::unique(begin, out.places.end()), out.places.end());
            }
            const std::size_t count = out.places.size() - first;
            if (count != 0) out.pages.push_back({page->mapcount(), {first, count}, 0});
            ++totals.walks;
            totals.visited += result.visited;
            totals.found += count;
        }
    }

    /// The pages of the rows that page_tables made.
    [[nodiscard]] const std::vector<page_type*>& pages() const noexcept { return pages_; }

private:
    struct entry {
        std::size_t row;
        place at;
    };

    vma_row row_of(id number, vma_type& v) const {
        vma_row row;
        row.mm = number;
        row.start = v.start();
        row.pages = v.pages();
        row.access = v.access();
        row.mapping = v.what();
        if (row.mapping != mm::kind::anon) {
            row.file = files_.number_of(*v.from());
            row.pgoff = v.pgoff();
        }
        row.locked = v.locked();
        row.stack = v.stack();
        row.account = v.accounted();
        return row;
    }

    system_type& system_;
    const registry<space_type>& spaces_;
    const registry<file_type>& files_;
    std::vector<page_type*> pages_{};
    std::unordered_map<const page_type*, std::size_t> rows_{};
    std::vector<entry> entries_{};
};

}  // namespace rmap::inline RMAP_ABI::replay
