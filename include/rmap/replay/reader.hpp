// SPDX-License-Identifier: BSL-1.0
#pragma once

// Reads a trace: the header, then event by event, and the rows of a snapshot when asked. Strict:
// what the format does not allow is an error with file, line and reason, after which the reader
// stands still. It knows syntax, numbers and the traced range; whether an event can have happened
// is for the player to say. Holds one line at a time.

#include <string>
#include <string_view>
#include <vector>

#include <rmap/replay/event.hpp>
#include <rmap/replay/fields.hpp>
#include <rmap/replay/header.hpp>
#include <rmap/replay/input.hpp>
#include <rmap/replay/problem.hpp>
#include <rmap/replay/read_event.hpp>
#include <rmap/replay/read_header.hpp>
#include <rmap/replay/rows.hpp>
#include <rmap/replay/snapshot.hpp>
#include <rmap/replay/text.hpp>

namespace rmap::inline RMAP_ABI::replay {

class reader {
public:
    enum class result { event, finished, failed };

    /// `from` MUST be open and outlive the reader.
    explicit reader(input& from) noexcept : input_{from} {}
    reader(const reader&) = delete;
    reader& operator=(const reader&) = delete;

    /// Complete once next() has returned an event.
    [[nodiscard]] const header& head() const noexcept { return header_; }
    /// The line read last.
    [[nodiscard]] std::uint64_t line() const noexcept { return line_ == 0 ? 1 : line_; }
    [[nodiscard]] const std::string& name() const noexcept { return input_.name(); }
    /// What went wrong, after `failed` or false.
    [[nodiscard]] const problem& error() const noexcept { return error_; }

    /// The next event; the `mm` lines of the header are events, too. After verb::snap the caller
    /// MUST call read_snapshot.
    [[nodiscard]] result next(event& out) {
        if (!error_.what.empty() || (line_ == 0 && !read_first_line())) return result::failed;
        std::string_view text;
        while (next_line(text)) {
            if (in_header_) {
                const header_reader::result what = header_reader_.read(text);
                if (what == header_reader::result::taken) continue;
                if (what == header_reader::result::wrong) return fail(text, header_reader_.error());
                in_header_ = text.starts_with("mm ");
            }
            return parse_event(text, out);
        }
        if (!error_.what.empty()) return result::failed;
        if (!in_header_) return result::finished;
        ++line_;
        return header_reader_.finish("the end of the file") == header_reader::result::wrong
                   ? fail({}, header_reader_.error())
                   : result::finished;
    }

    /// The rows up to `end`, into `out`, which loses what it had.
    [[nodiscard]] bool read_snapshot(snapshot& out) {
        out.clear();
        out.line = line_;
        std::string_view text;
        while (next_line(text)) {
            if (text == "end") return true;
            fields f{text, header_};
            if (read_row(f, line_, header_, out)) continue;
            static_cast<void>(fail(text, f.error()));
            return false;
        }
        if (error_.what.empty()) {
            static_cast<void>(fail({}, "the snapshot that begins in line " +
                                           std::to_string(out.line) +
                                           " does not end: the file was cut short"));
        }
        return false;
    }

private:
    bool read_first_line() {
        std::string_view text;
        const input::result r = input_.next(text);
        line_ = 1;
        if (r == input::result::line && text == "rmap-trace 1") return true;
        if (r == input::result::failed) {
            static_cast<void>(fail({}, input_.error()));
        } else if (r == input::result::finished) {
            static_cast<void>(fail({}, "the file is empty"));
        } else if (text.starts_with("rmap-trace ")) {
            static_cast<void>(fail(text, "version " + quoted(text.substr(11)) +
                                             " of the format is not known, only 1"));
        } else {
            static_cast<void>(fail(
                text, "not a trace: the first line must be `rmap-trace 1`, not " + quoted(text)));
        }
        return false;
    }

    // The next line that is no comment. False: the end, or an error.
    bool next_line(std::string_view& text) {
        for (;;) {
            const input::result r = input_.next(text);
            if (r == input::result::finished) return false;
            ++line_;
            if (r == input::result::failed) {
                static_cast<void>(fail({}, input_.error()));
                return false;
            }
            if (text.empty()) {
                static_cast<void>(fail(text, "an empty line"));
                return false;
            }
            if (text[0] != '#') return true;
            if (const char* wrong = wrong_in_text(text); wrong != nullptr) {
                static_cast<void>(fail(text, wrong));
                return false;
            }
        }
    }

    result parse_event(std::string_view text, event& out) {
        fields f{text, header_};
        std::string_view word;
        out = event{};
        if (!f.take_word("a word that names the event", word)) return fail(text, f.error());
        const int which = index_of(verb_words, word);
        if (which < 0) return fail(text, not_an_event(word));
        out.what = static_cast<verb>(which);
        if (out.what == verb::create && !in_header_ && header_.covers_all) {
            return fail(text, "mm: after the first event, in scope pages only");
        }
        if (read_event(f, places_, out) && f.take_end()) return result::event;
        static_cast<void>(f.prefix(word));
        return fail(text, f.error());
    }

    static std::string not_an_event(std::string_view word) {
        const std::string name{word};
        if (index_of(header_words, word) >= 0)
            return "a header line, `" + name + "`, after the first event";
        if (index_of(row_words, word) >= 0) return "a row, `" + name + "`, outside of a snapshot";
        if (word == "rmap-trace") return "a second `rmap-trace` line: one file holds one trace";
        return "unknown event " + quoted(word);
    }

    // Keeps the first error; the text of the line may tell more than `what` does.
    result fail(std::string_view text, std::string what) {
        const char* wrong = wrong_in_text(text);
        error_ = {input_.name(), line(), wrong == nullptr ? std::move(what) : wrong};
        return result::failed;
    }

    input& input_;
    header header_{};
    header_reader header_reader_{header_};
    problem error_{};
    std::uint64_t line_ = 0;
    bool in_header_ = true;
    std::vector<place> places_{};  // of a ksm line
};

}  // namespace rmap::inline RMAP_ABI::replay
