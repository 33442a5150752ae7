// SPDX-License-Identifier: BSL-1.0
#pragma once

// Reads the header line by line: each at most once, in any order, the required ones before the
// first event. Only the reader calls it.

#include <string>
#include <string_view>

#include <rmap/replay/fields.hpp>
#include <rmap/replay/header.hpp>
#include <rmap/replay/text.hpp>

namespace rmap::inline RMAP_ABI::replay {

class header_reader {
public:
    enum class result {
        taken,  // a header line, now in the header
        event,  // the header is complete, and this is an event
        wrong,  // error() says why
    };

    explicit header_reader(header& into) noexcept : header_{into} {}

    [[nodiscard]] const std::string& error() const noexcept { return error_; }

    [[nodiscard]] result read(std::string_view text) {
        fields f{text, header_};
        std::string_view word;
        if (!f.take_word("a word that names the line", word)) return fail(f.error());
        const int which = index_of(header_words, word);
        if (which < 0) {
            seen_mm_ = seen_mm_ || word == "mm";
            const bool known = word == "mm" || word == "snap" || index_of(verb_words, word) >= 0;
            const result complete = finish(word);
            // Of a misspelt header line it is not the absence that must be told.
            return complete == result::event || known
                       ? complete
                       : fail("unknown line " + quoted(word) + " in the header");
        }
        const unsigned bit = 1U << which;
        if ((seen_ & bit) != 0) return fail("the header has `" + std::string{word} + "` twice");
        seen_ |= bit;
        if (seen_mm_) return fail("`" + std::string{word} + "` must stand before the `mm` lines");
        if (read_fields(which, f) && f.take_end()) return result::taken;
        return fail(std::string{word} + ": " + f.error());
    }

    /// Whether the header is complete before `next`: result::event or result::wrong.
    [[nodiscard]] result finish(std::string_view next) {
        for (int i = 0; i < required; ++i) {
            if ((seen_ & (1U << i)) == 0) return missing(header_words[i], next);
        }
        return seen_mm_ ? result::event : missing("mm", next);
    }

private:
    result missing(std::string_view line, std::string_view next) {
        return fail("the header has no `" + std::string{line} + "` line before " +
                    std::string{next});
    }

    result fail(std::string what) {
        error_ = std::move(what);
        return result::wrong;
    }

    bool read_fields(int which, fields& f) {
        std::string_view word;
        switch (header_words[which][0]) {
            case 'k':
                if (!f.take_word("VERSION", word)) return false;
                header_.kernel = word;
                return wrong_in_text(word) == nullptr || f.fail(quoted(word) + " is not a version");
            case 'p':
                return f.take_decimal("SIZE", std::uint64_t{1} << 40, header_.page_size) &&
                       (header_.page_size != 0 || f.fail("SIZE is 0"));
            case 's':
                if (!f.take_word("SCOPE", word)) return false;
                header_.covers_all = word == "strict";
                return header_.covers_all || word == "pages" ||
                       f.fail(quoted(word) + " is neither strict nor pages");
            case 'a':
                header_.accounting = true;
                return f.take_word("on", word) &&
                       (word == "on" || f.fail(quoted(word) + " is not `on`"));
            default: break;
        }
        if (header_words[which] == "rows") {
            if (!f.take_word("ROWS", word)) return false;
            header_.anon_rows_only = word == "anon";
            return header_.anon_rows_only || word == "all" ||
                   f.fail(quoted(word) + " is neither all nor anon");
        }
        pgno start = 0;
        pgno pages = 0;
        if (!f.take_range("START", "N", start, pages)) return false;
        header_.first = start;
        header_.last = start + pages;
        return true;
    }

    static constexpr int required = 3;  // of header_words

    header& header_;
    std::string error_{};
    unsigned seen_ = 0;  // a bit for each of header_words
    bool seen_mm_ = false;
};

}  // namespace rmap::inline RMAP_ABI::replay
