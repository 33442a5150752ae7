// SPDX-License-Identifier: BSL-1.0
#pragma once

// The outcomes as JSON, for a program: the same numbers as the table has, without rounding.

#include <cstdint>
#include <cstdio>
#include <span>
#include <string>
#include <string_view>

#include <rmap/replay/table.hpp>
#include <rmap/replay/totals.hpp>

namespace rmap::inline RMAP_ABI::replay {

/// A JSON string. Bytes that are not UTF-8 (a file's name may have any) become U+FFFD.
[[nodiscard]] inline std::string json_string(std::string_view text) {
    std::string out = "\"";
    for (std::size_t i = 0; i < text.size();) {
        const auto byte = static_cast<unsigned char>(text[i]);
        if (byte >= 0x80) {
            const std::size_t length = byte < 0xe0 ? 2 : byte < 0xf0 ? 3 : 4;
            const std::string_view part = text.substr(i, length);
            if (part.size() == length && wrong_in_text(part) == nullptr) {
                out += part;
                i += length;
            } else {
                out += "\\ufffd";
                ++i;
            }
            continue;
        }
        if (byte == '"' || byte == '\\') {
            out += '\\';
            out += text[i];
        } else if (byte < 0x20) {
            char code[8];
            std::snprintf(code, sizeof code, "\\u%04x", static_cast<unsigned>(byte));
            out += code;
        } else {
            out += text[i];
        }
        ++i;
    }
    return out += '"';
}

namespace detail {

class json_object {
public:
    json_object& raw(std::string_view name, std::string_view value) {
        out_ += out_.empty() ? "{" : ", ";
        out_ += json_string(name) + ": ";
        out_ += value;
        return *this;
    }
    json_object& text(std::string_view name, std::string_view value) {
        return raw(name, json_string(value));
    }
    json_object& number(std::string_view name, std::uint64_t value) {
        return raw(name, std::to_string(value));
    }
    json_object& number(std::string_view name, double value) {
        char digits[40];
        std::snprintf(digits, sizeof digits, "%.6f", value);
        return raw(name, digits);
    }
    json_object& numbers(const totals& n) {
        return number("events", n.events)
            .number("processes", n.processes)
            .number("snapshots", n.snapshots)
            .number("differences", n.differences)
            .number("walks", n.walks)
            .number("vmas_visited_per_walk", n.visited_per_walk())
            .number("places_found_per_walk", n.places_per_walk())
            .number("anon_vmas_at_most", n.anon_vmas)
            .number("avcs_at_most", n.links)
            .number("bytes", n.bytes)
            .number("seconds", n.seconds)
            .number("events_per_second", n.events_per_second());
    }
    [[nodiscard]] std::string end() const { return out_ + "}"; }

private:
    std::string out_{};
};

inline std::string json_of(const outcome& o) {
    json_object out;
    out.text("trace", o.trace).text("policy", o.policy).text("verdict", verdict_of(o));
    out.raw("page_rows_only", o.pages_only ? "true" : "false").numbers(o.numbers);
    if (o.first) {
        json_object first;
        first.text("where", o.first->where).text("what", o.first->what);
        first.text("expected", o.first->expected).text("got", o.first->got);
        out.raw("first_difference", first.end());
    }
    if (o.wrong) {
        json_object wrong;
        wrong.text("file", o.wrong->file).number("line", o.wrong->line).text("what", o.wrong->what);
        out.raw("bad_input", wrong.end());
    }
    return out.end();
}

}  // namespace detail

/// One object: `replays`, an outcome each; `totals`, a policy each; `verdict`, the table's
/// sentence; of several policies also `recommendation`.
[[nodiscard]] inline std::string json(std::span<const outcome> all) {
    std::string out = "{\"replays\": [";
    const char* between = "\n  ";
    for (const outcome& o : all) {
        out += between + detail::json_of(o);
        between = ",\n  ";
    }
    out += "\n ],\n \"totals\": [";
    between = "\n  ";
    for (const std::string& policy : policies_of(all)) {
        detail::json_object sum;
        sum.text("policy", policy).numbers(sum_of(all, policy));
        out += between + sum.end();
        between = ",\n  ";
    }
    out += "\n ],\n \"verdict\": " + json_string(verdict(all));
    if (policies_of(all).size() > 1) {
        std::vector<policy_cost> costs = costs_of(all);
        weigh(costs);
        out += ",\n \"recommendation\": " + json_string(recommendation(costs));
    }
    return out + "\n}\n";
}

}  // namespace rmap::inline RMAP_ABI::replay
