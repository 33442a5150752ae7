// SPDX-License-Identifier: BSL-1.0
#pragma once

// One line of a trace, taken apart field by field. Every take_ function reads the next field and
// returns false with a message in error() when it is missing or not what it must be; the first
// message stays. Nothing is copied: the line MUST outlive the object.

#include <cstdint>
#include <string>
#include <string_view>

#include <rmap/replay/event.hpp>
#include <rmap/replay/header.hpp>

namespace rmap::inline RMAP_ABI::replay {

/// Input as it may stand in a message: clipped, in quotes, what does not print as \xNN.
[[nodiscard]] inline std::string quoted(std::string_view text) {
    constexpr std::size_t most = 40;
    constexpr char digits[] = "0123456789abcdef";
    std::string out = "`";
    for (char c : text.substr(0, most)) {
        const auto byte = static_cast<unsigned char>(c);
        if (byte >= 0x20 && byte < 0x7f) {
            out += c;
        } else {
            out += "\\x";
            out += digits[byte >> 4];
            out += digits[byte & 15];
        }
    }
    return out += text.size() > most ? "...`" : "`";
}

class fields {
public:
    /// The byte after `line` MUST exist (the line's end). `of` says which range was traced.
    fields(std::string_view line, const header& of) noexcept
        : at_{line.data()}, end_{line.data() + line.size()}, header_{of} {}

    [[nodiscard]] bool failed() const noexcept { return !error_.empty(); }
    [[nodiscard]] const std::string& error() const noexcept { return error_; }
    /// Keeps the first message; false, so that a caller can return it.
    bool fail(std::string what) {
        if (error_.empty()) error_ = std::move(what);
        return false;
    }

    /// Puts the word that names the line before the message; false.
    bool prefix(std::string_view word) {
        error_ = std::string{word} + ": " + error_;
        return false;
    }

    /// Whether another field follows.
    [[nodiscard]] bool more() const noexcept { return at_ != end_ + 1; }

    bool take_word(const char* name, std::string_view& out) {
        if (!more()) return fail(std::string{"missing field "} + name);
        const char* from = at_;
        const char* p = from;
        while (p != end_ && *p != ' ')
            ++p;
        at_ = p + 1;
        out = {from, static_cast<std::size_t>(p - from)};
        return !out.empty() || fail(std::string{"an empty field where "} + name +
                                    " must stand (fields are separated by single spaces)");
    }

    /// A number in decimal, at most `most`.
    bool take_decimal(const char* name, std::uint64_t most, std::uint64_t& out) {
        std::string_view word;
        if (!take_word(name, word)) return false;
        return decimal(name, word, most, out);
    }

    /// A number of an address space, a file or an anon_vma.
    bool take_id(const char* name, id& out) {
        std::uint64_t value = 0;
        if (!take_decimal(name, UINT32_MAX, value)) return false;
        out = static_cast<id>(value);
        return true;
    }

    /// How many there are of something.
    bool take_count(const char* name, std::uint32_t& out) { return take_id(name, out); }

    /// A page number or a file offset: lower-case hex, below page_limit.
    bool take_hex(const char* name, std::uint64_t& out) {
        std::string_view word;
        if (!take_word(name, word)) return false;
        return hex(name, word, out);
    }

    /// `START N`, not empty, inside the traced range.
    bool take_range(const char* start_name, const char* pages_name, pgno& start, pgno& pages) {
        if (!take_hex(start_name, start) || !take_decimal(pages_name, page_limit, pages))
            return false;
        if (pages == 0) return fail(std::string{pages_name} + " is 0: the range is empty");
        return inside(start, pages);
    }

    /// Whether a range ends where addresses end, and lies in the traced range.
    bool inside(pgno start, pgno pages) {
        if (pages > page_limit - start) {
            return fail("the range wraps: it passes the last page number, fffffffffffff");
        }
        return header_.covers(start, pages) || fail("outside of the header's `range`");
    }

    /// `MM:PAGE`.
    bool take_place(place& out) {
        std::string_view word;
        if (!take_word("MM:PAGE", word)) return false;
        const std::size_t colon = word.find(':');
        if (colon == std::string_view::npos) return fail(quoted(word) + " is not MM:PAGE");
        std::uint64_t mm = 0;
        if (!decimal("MM", word.substr(0, colon), UINT32_MAX, mm)) return false;
        out.mm = static_cast<id>(mm);
        return hex("PAGE", word.substr(colon + 1), out.page) && inside(out.page, 1);
    }

    /// Three letters out of rwx, '-' where one is absent.
    bool take_prot(mm::prot& out) {
        std::string_view word;
        if (!take_word("PROT", word)) return false;
        const bool good = word.size() == 3 && (word[0] == 'r' || word[0] == '-') &&
                          (word[1] == 'w' || word[1] == '-') && (word[2] == 'x' || word[2] == '-');
        if (!good)
            return fail("PROT " + quoted(word) + " is not of the form rwx, '-' where absent");
        out = mm::prot::none;
        if (word[0] == 'r') out = out | mm::prot::r;
        if (word[1] == 'w') out = out | mm::prot::w;
        if (word[2] == 'x') out = out | mm::prot::x;
        return true;
    }

    /// `KIND [FILE PGOFF]` of a mapping of `pages` pages.
    bool take_mapping(pgno pages, mm::kind& kind, id& file, pgoff_t& pgoff) {
        std::string_view word;
        if (!take_word("KIND", word)) return false;
        if (word == "anon") {
            kind = mm::kind::anon;
            return true;
        }
        if (word == "private") {
            kind = mm::kind::private_file;
        } else if (word == "shared") {
            kind = mm::kind::shared_file;
        } else {
            return fail("KIND " + quoted(word) + " is none of anon, private, shared");
        }
        if (!take_id("FILE", file) || !take_hex("PGOFF", pgoff)) return false;
        return pages <= page_limit - pgoff || fail("PGOFF + N passes the last file offset");
    }

    /// True and one field further if the next field is `word`.
    bool take_flag(std::string_view word) noexcept {
        if (!more()) return false;
        const std::string_view rest{at_, static_cast<std::size_t>(end_ - at_)};
        if (!rest.starts_with(word) || (rest.size() > word.size() && rest[word.size()] != ' ')) {
            return false;
        }
        at_ += word.size() + 1;
        return true;
    }

    /// No field may follow.
    bool take_end() {
        if (!more()) return true;
        const std::string_view rest{at_, static_cast<std::size_t>(end_ - at_)};
        return fail("too many fields, from " + quoted(rest) + " on");
    }

private:
    bool decimal(const char* name, std::string_view word, std::uint64_t most, std::uint64_t& out) {
        std::uint64_t value = 0;
        bool good = !word.empty();
        bool fits = true;
        for (char c : word) {
            const unsigned digit = static_cast<unsigned>(static_cast<unsigned char>(c)) - '0';
            if (digit > 9) {
                good = false;
                break;
            }
            fits = fits && value <= (most - digit) / 10 && digit <= most;
            value = value * 10 + digit;
        }
        if (!good) return fail(std::string{name} + ' ' + quoted(word) + " is not a decimal number");
        if (!fits) {
            return fail(std::string{name} + ' ' + quoted(word) + " is out of range, the most is " +
                        std::to_string(most));
        }
        out = value;
        return true;
    }

    bool hex(const char* name, std::string_view word, std::uint64_t& out) {
        std::uint64_t value = 0;
        bool good = !word.empty();
        bool fits = true;
        for (char c : word) {
            unsigned digit = 0;
            if (c >= '0' && c <= '9') {
                digit = static_cast<unsigned>(c - '0');
            } else if (c >= 'a' && c <= 'f') {
                digit = static_cast<unsigned>(c - 'a') + 10;
            } else {
                good = false;
                break;
            }
            value = value << 4 | digit;
            fits = fits && value < page_limit;
        }
        if (!good) {
            return fail(std::string{name} + ' ' + quoted(word) +
                        " is not a number in lower-case hex without 0x");
        }
        if (!fits) {
            return fail(std::string{name} + ' ' + quoted(word) +
                        " is out of range, the most is fffffffffffff");
        }
        out = value;
        return true;
    }

    const char* at_;
    const char* end_;
    const header& header_;
    std::string error_{};
};

}  // namespace rmap::inline RMAP_ABI::replay
