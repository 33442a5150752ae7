// SPDX-License-Identifier: BSL-1.0
#pragma once

// Holds a snapshot of the trace (expected) against one of the library (got), row by row. Counts the
// rows that differ, are missing or are too many, and keeps the first of them: where, expected, got.

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <rmap/replay/row_text.hpp>
#include <rmap/replay/snapshot.hpp>

namespace rmap::inline RMAP_ABI::replay {

/// One row that differs.
struct difference {
    std::string where{};  // file:line of the expected row; of the next row or the snapshot, if none
    std::string what{};   // which kind of row, found by which way
    std::string expected{};  // as the trace has it
    std::string got{};       // as the library has it
};

class comparison {
public:
    /// `file` names the trace in messages.
    explicit comparison(std::string file) : file_{std::move(file)} {}

    /// Rows that differ so far.
    [[nodiscard]] std::uint64_t count() const noexcept { return count_; }
    [[nodiscard]] const std::optional<difference>& first() const noexcept { return first_; }

    void vmas(const snapshot& expected, const snapshot& got) {
        rows("vma row", expected, expected.vmas, got, got.vmas);
    }
    /// `way` says how the library found the places: from page tables or by a walk.
    void pages(const char* way, const snapshot& expected, const snapshot& got) {
        rows(way, expected, expected.pages, got, got.pages);
    }
    /// The rows that show anon_vmas and their links; nothing if the trace's snapshot has none.
    void graph(const snapshot& expected, const snapshot& got) {
        if (!expected.has_graph()) return;
        rows("anon_vma row", expected, expected.anon_vmas, got, got.anon_vmas);
        rows("chain row", expected, expected.chains, got, got.chains);
        rows("owns row", expected, expected.owns, got, got.owns);
    }
    /// The number of objects alive; nothing if the trace's snapshot has no such row.
    void objects(const snapshot& expected, const snapshot& got) {
        if (!expected.has_objects || same(expected, expected.objects, got, got.objects)) return;
        differs("objs row", expected.objects.line, text_of(expected, expected.objects),
                text_of(got, got.objects));
    }

private:
    static constexpr const char* nothing = "(no such row)";

    static place key(const snapshot&, const vma_row& row) { return {row.mm, row.start}; }
    static place key(const snapshot& in, const page_row& row) {
        return in.places[row.places.first];
    }
    static id key(const snapshot&, const anon_vma_row& row) { return row.number; }
    static place key(const snapshot&, const chain_row& row) { return row.vma; }
    static id key(const snapshot&, const owns_row& row) { return row.number; }

    static bool same(const snapshot&, const vma_row& a, const snapshot&, const vma_row& b) {
        return a.mm == b.mm && a.start == b.start && a.pages == b.pages && a.access == b.access &&
               a.mapping == b.mapping && a.file == b.file && a.pgoff == b.pgoff &&
               a.locked == b.locked && a.stack == b.stack && a.account == b.account;
    }
    // A trace of whole programs may count places outside of what it lists; the library has no
    // others.
    static bool same(const snapshot& in_a, const page_row& a, const snapshot& in_b,
                     const page_row& b) {
        return b.mapcount == a.places.count &&
               std::ranges::equal(in_a.of_places(a.places), in_b.of_places(b.places));
    }
    static bool same(const snapshot&, const anon_vma_row& a, const snapshot&,
                     const anon_vma_row& b) {
        return a.number == b.number && a.root == b.root && a.parent == b.parent &&
               a.children == b.children && a.active == b.active;
    }
    static bool same(const snapshot& in_a, const chain_row& a, const snapshot& in_b,
                     const chain_row& b) {
        return a.vma == b.vma && a.pgoff == b.pgoff && a.own == b.own &&
               std::ranges::equal(in_a.of_ids(a.ids), in_b.of_ids(b.ids));
    }
    static bool same(const snapshot& in_a, const owns_row& a, const snapshot& in_b,
                     const owns_row& b) {
        return a.number == b.number &&
               std::ranges::equal(in_a.of_places(a.places), in_b.of_places(b.places));
    }
    static bool same(const snapshot&, const objects_row& a, const snapshot&, const objects_row& b) {
        return a.anon_vmas == b.anon_vmas && a.links == b.links;
    }

    // Both sides are in the order of their keys.
    template <class Row>
    void rows(const char* what, const snapshot& expected, const std::vector<Row>& wanted,
              const snapshot& got, const std::vector<Row>& found) {
        auto w = wanted.begin();
        auto f = found.begin();
        while (w != wanted.end() || f != found.end()) {
            const bool missing =
                f == found.end() || (w != wanted.end() && key(expected, *w) < key(got, *f));
            const bool surplus =
                w == wanted.end() || (f != found.end() && key(got, *f) < key(expected, *w));
            if (missing) {
                differs(what, w->line, text_of(expected, *w), nothing);
            } else if (surplus) {
                differs(what, w == wanted.end() ? expected.line : w->line, nothing,
                        text_of(got, *f));
            } else if (!same(expected, *w, got, *f)) {
                differs(what, w->line, text_of(expected, *w), text_of(got, *f));
            }
            if (!surplus) ++w;
            if (!missing) ++f;
        }
    }

    void differs(const char* what, std::uint64_t line, std::string expected, std::string got) {
        ++count_;
        if (first_) return;
        first_ = difference{file_ + ':' + std::to_string(line), what, std::move(expected),
                            std::move(got)};
    }

    std::string file_;
    std::uint64_t count_ = 0;
    std::optional<difference> first_{};
};

}  // namespace rmap::inline RMAP_ABI::replay
