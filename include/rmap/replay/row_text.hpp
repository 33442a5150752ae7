// SPDX-License-Identifier: BSL-1.0
#pragma once

// Rows of a snapshot as a trace writes them. The comparison shows a difference with it, and a dump
// of a whole state is such rows.

#include <charconv>
#include <cstdint>
#include <string>

#include <rmap/replay/snapshot.hpp>

namespace rmap::inline RMAP_ABI::replay {

namespace detail {

inline void append(std::string& to, std::uint64_t value, int base) {
    char digits[24];
    const auto end = std::to_chars(digits, digits + sizeof digits, value, base);
    to += ' ';
    to.append(digits, end.ptr);
}

inline void append(std::string& to, place p) {
    append(to, p.mm, 10);
    const std::size_t separator = to.size();
    append(to, p.page, 16);
    to[separator] = ':';
}

}  // namespace detail

[[nodiscard]] inline std::string text_of(const snapshot&, const vma_row& row) {
    std::string out = "vma";
    detail::append(out, row.mm, 10);
    detail::append(out, row.start, 16);
    detail::append(out, row.pages, 10);
    const auto has = [&](mm::prot p) { return (row.access & p) != mm::prot::none; };
    out += ' ';
    out += has(mm::prot::r) ? 'r' : '-';
    out += has(mm::prot::w) ? 'w' : '-';
    out += has(mm::prot::x) ? 'x' : '-';
    if (row.mapping == mm::kind::anon) {
        out += " anon";
    } else {
        out += row.mapping == mm::kind::private_file ? " private" : " shared";
        detail::append(out, row.file, 10);
        detail::append(out, row.pgoff, 16);
    }
    if (row.locked) out += " locked";
    if (row.stack) out += " stack";
    if (row.account) out += " account";
    return out;
}

[[nodiscard]] inline std::string text_of(const snapshot& in, const page_row& row) {
    std::string out = "page";
    detail::append(out, row.mapcount, 10);
    for (place p : in.of_places(row.places))
        detail::append(out, p);
    return out;
}

[[nodiscard]] inline std::string text_of(const snapshot&, const anon_vma_row& row) {
    std::string out = "av";
    detail::append(out, row.number, 10);
    detail::append(out, row.root, 10);
    detail::append(out, row.parent, 10);
    detail::append(out, row.children, 10);
    detail::append(out, row.active, 10);
    return out;
}

[[nodiscard]] inline std::string text_of(const snapshot& in, const chain_row& row) {
    std::string out = "chain";
    detail::append(out, row.vma.mm, 10);
    detail::append(out, row.vma.page, 16);
    detail::append(out, row.pgoff, 16);
    detail::append(out, row.own, 10);
    for (id number : in.of_ids(row.ids))
        detail::append(out, number, 10);
    return out;
}

[[nodiscard]] inline std::string text_of(const snapshot& in, const owns_row& row) {
    std::string out = "owns";
    detail::append(out, row.number, 10);
    for (place p : in.of_places(row.places))
        detail::append(out, p);
    return out;
}

[[nodiscard]] inline std::string text_of(const snapshot&, const objects_row& row) {
    std::string out = "objs";
    detail::append(out, row.anon_vmas, 10);
    detail::append(out, row.links, 10);
    return out;
}

/// All rows, a line each: the whole of what a snapshot shows.
[[nodiscard]] inline std::string text_of(const snapshot& s) {
    std::string out;
    const auto add = [&](const auto& rows) {
        for (const auto& row : rows)
            out += text_of(s, row) += '\n';
    };
    add(s.vmas);
    add(s.pages);
    add(s.anon_vmas);
    add(s.chains);
    add(s.owns);
    if (s.has_objects) out += text_of(s, s.objects) += '\n';
    return out;
}

}  // namespace rmap::inline RMAP_ABI::replay
