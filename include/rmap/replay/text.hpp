// SPDX-License-Identifier: BSL-1.0
#pragma once

// What a trace is made of before it means anything: UTF-8 text, and the words that begin its lines.

#include <cstddef>
#include <iterator>
#include <string_view>

#include <rmap/core/config.hpp>

namespace rmap::inline RMAP_ABI::replay {

/// The words that begin events, in the order of `verb`.
inline constexpr std::string_view verb_words[] = {
    "read",     "write", "mmap",    "munmap", "mprotect", "mremap", "grow",
    "dontneed", "mlock", "munlock", "fork",   "exit",     "exec",   "mm",
    "filesize", "punch", "migrate", "ksm",    "snap"};

/// The words that begin the header's lines after the first; three that must be there, then the
/// others.
inline constexpr std::string_view header_words[] = {"kernel", "page",       "scope",
                                                    "range",  "accounting", "rows"};

/// The words that begin the lines of a snapshot.
inline constexpr std::string_view row_words[] = {"vma",  "page", "av", "chain",
                                                 "owns", "objs", "end"};

/// The index of `word` in a table, or -1.
template <std::size_t Count>
[[nodiscard]] constexpr int index_of(const std::string_view (&table)[Count],
                                     std::string_view word) noexcept {
    for (std::size_t i = 0; i < Count; ++i) {
        if (table[i] == word) return static_cast<int>(i);
    }
    return -1;
}

/// Whether the text is UTF-8 without control characters; if not, what it has.
[[nodiscard]] constexpr const char* wrong_in_text(std::string_view text) noexcept {
    std::size_t due = 0;  // continuation bytes that must follow
    for (char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if (due != 0) {
            if ((byte & 0xc0) != 0x80) return "not UTF-8 text";
            --due;
        } else if (byte >= 0x80) {
            if (byte < 0xc2 || byte > 0xf4) return "not UTF-8 text";
            due = byte < 0xe0 ? 1 : byte < 0xf0 ? 2 : 3;
        } else if (byte == 0) {
            return "a zero byte: not a text file";
        } else if (byte == '\r') {
            return "a carriage return: lines end in a line feed alone";
        } else if ((byte < 0x20 && byte != '\t') || byte == 0x7f) {
            return "a control character: not a text file";
        }
    }
    return due == 0 ? nullptr : "not UTF-8 text";
}

}  // namespace rmap::inline RMAP_ABI::replay
