// SPDX-License-Identifier: BSL-1.0
#pragma once

// The rows of a snapshot as text: read_row takes one line into a snapshot, text_of writes one as a
// trace has it. The reader calls the first, the comparison the second.

#include <string>
#include <string_view>

#include <rmap/replay/fields.hpp>
#include <rmap/replay/snapshot.hpp>
#include <rmap/replay/text.hpp>

namespace rmap::inline RMAP_ABI::replay {

namespace detail {

inline bool take_places(fields& f, snapshot& into, slice& out) {
    out.first = into.places.size();
    do {
        place p;
        if (!f.take_place(p)) return false;
        into.places.push_back(p);
    } while (f.more());
    out.count = into.places.size() - out.first;
    return true;
}

inline bool read_vma_row(fields& f, const header& head, vma_row& out) {
    if (!head.covers_all) return f.fail("scope pages has no such rows");
    if (!f.take_id("MM", out.mm) || !f.take_range("START", "N", out.start, out.pages) ||
        !f.take_prot(out.access) || !f.take_mapping(out.pages, out.mapping, out.file, out.pgoff)) {
        return false;
    }
    out.locked = f.take_flag("locked");
    out.stack = f.take_flag("stack");
    out.account = f.take_flag("account");
    return true;
}

inline bool read_page_row(fields& f, const header& head, snapshot& into, page_row& out) {
    if (!f.take_count("MAPCOUNT", out.mapcount) || !take_places(f, into, out.places)) return false;
    if (out.mapcount < out.places.count) return f.fail("MAPCOUNT is less than the places listed");
    return !head.covers_all || out.mapcount == out.places.count ||
           f.fail("MAPCOUNT is more than the places listed, in scope strict");
}

inline bool read_chain_row(fields& f, snapshot& into, chain_row& out) {
    if (!f.take_id("MM", out.vma.mm) || !f.take_hex("START", out.vma.page) ||
        !f.inside(out.vma.page, 1) || !f.take_hex("PGOFF", out.pgoff) ||
        !f.take_id("OWN", out.own)) {
        return false;
    }
    out.ids.first = into.ids.size();
    do {
        id number = 0;
        if (!f.take_id("ID", number)) return false;
        into.ids.push_back(number);
    } while (f.more());
    out.ids.count = into.ids.size() - out.ids.first;
    return true;
}

}  // namespace detail

/// Takes one line, of which nothing was read, into a snapshot. False: f.error() says what is wrong.
inline bool read_row(fields& f, std::uint64_t line, const header& head, snapshot& into) {
    std::string_view word;
    if (!f.take_word("a row", word)) return false;
    bool good = false;
    if (word == "page") {
        page_row& row = into.pages.emplace_back();
        row.line = line;
        good = detail::read_page_row(f, head, into, row);
    } else if (word == "vma") {
        vma_row& row = into.vmas.emplace_back();
        row.line = line;
        good = detail::read_vma_row(f, head, row);
    } else if (word == "chain") {
        chain_row& row = into.chains.emplace_back();
        row.line = line;
        good = detail::read_chain_row(f, into, row);
    } else if (word == "owns") {
        owns_row& row = into.owns.emplace_back();
        row.line = line;
        good = f.take_id("ID", row.number) && detail::take_places(f, into, row.places);
    } else if (word == "av") {
        anon_vma_row& row = into.anon_vmas.emplace_back();
        row.line = line;
        good = f.take_id("ID", row.number) && f.take_id("ROOT", row.root) &&
               f.take_id("PARENT", row.parent) && f.take_count("CHILDREN", row.children) &&
               f.take_count("ACTIVE", row.active);
    } else if (word == "objs") {
        if (into.has_objects) return f.fail("a second `objs` row in one snapshot");
        into.has_objects = true;
        into.objects.line = line;
        good = f.take_decimal("ANON_VMA", UINT64_MAX, into.objects.anon_vmas) &&
               f.take_decimal("ANON_VMA_CHAIN", UINT64_MAX, into.objects.links);
    } else {
        return f.fail(index_of(verb_words, word) >= 0
                          ? "an event, `" + std::string{word} + "`, before the snapshot's `end`"
                          : "unknown row " + quoted(word) + " in a snapshot");
    }
    return (good && f.take_end()) || f.prefix(word);
}

}  // namespace rmap::inline RMAP_ABI::replay
