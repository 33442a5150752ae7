// SPDX-License-Identifier: BSL-1.0
#pragma once

// The outcomes as a table for a person: a line for each trace and policy, one for the sum, then
// each trace's first difference, then the verdict in one sentence; of several policies also what
// each took, and which suits. rmap-replay prints it.

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdio>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <rmap/replay/recommend.hpp>
#include <rmap/replay/totals.hpp>

namespace rmap::inline RMAP_ABI::replay {

/// 1234567 as 1,234,567.
[[nodiscard]] inline std::string with_commas(std::uint64_t value) {
    std::string out = std::to_string(value);
    for (std::size_t at = out.size(); at > 3;) {
        at -= 3;
        out.insert(at, 1, ',');
    }
    return out;
}

/// What to call a trace in a table: its file's name without folder and extension.
[[nodiscard]] inline std::string short_name(std::string_view path) {
    path.remove_prefix(path.rfind('/') + 1);  // npos + 1 is 0
    for (std::string_view end : {".gz", ".trace"}) {
        if (path.size() > end.size() && path.ends_with(end)) path.remove_suffix(end.size());
    }
    return std::string{path};
}

/// The word for an outcome.
[[nodiscard]] inline const char* verdict_of(const outcome& o) noexcept {
    if (o.wrong) return "bad input";
    if (o.numbers.differences != 0) return "differs";
    return o.numbers.snapshots != 0 ? "equal" : "unchecked";
}

/// A long row as it is shown: the part around the first byte at which `other` is not the same.
[[nodiscard]] inline std::string clipped(const std::string& row, const std::string& other) {
    constexpr std::size_t most = 160;
    if (row.size() <= most) return row;
    const auto end = std::mismatch(row.begin(), row.end(), other.begin(), other.end()).first;
    const auto differs = static_cast<std::size_t>(end - row.begin());
    if (differs < most - 20) return row.substr(0, most) + " ...";
    const std::size_t from = differs - std::min<std::size_t>(differs, 60);
    const std::string head = row.substr(0, row.find(' ')) + " ... " + row.substr(from, most - 20);
    return from + most - 20 < row.size() ? head + " ..." : head;
}

namespace detail {

using table_line = std::array<std::string, 14>;

inline std::string one_decimal(double value) {
    char text[32];
    std::snprintf(text, sizeof text, "%.1f", value);
    return text;
}

inline table_line line_of(std::string name, std::string policy, const totals& n,
                          const char* verdict) {
    return {std::move(name),
            std::move(policy),
            with_commas(n.events),
            with_commas(n.processes),
            with_commas(n.snapshots),
            with_commas(n.differences),
            with_commas(n.walks),
            one_decimal(n.visited_per_walk()),
            one_decimal(n.places_per_walk()),
            with_commas(n.anon_vmas),
            with_commas(n.links),
            with_commas(n.bytes),
            with_commas(static_cast<std::uint64_t>(n.events_per_second())),
            verdict};
}

// The first two columns and the last begin, the others end, at the column's edge.
inline std::string text_of(const std::vector<table_line>& lines, bool with_policy) {
    std::array<std::size_t, 14> width{};
    for (const table_line& line : lines) {
        for (std::size_t i = 0; i < line.size(); ++i)
            width[i] = std::max(width[i], line[i].size());
    }
    std::string out;
    for (const table_line& line : lines) {
        for (std::size_t i = 0; i < line.size(); ++i) {
            if (i == 1 && !with_policy) continue;
            const std::string space(width[i] - line[i].size(), ' ');
            if (i != 0) out += "  ";
            out += i < 2 || i == 13 ? line[i] + space : space + line[i];
        }
        out.erase(out.find_last_not_of(' ') + 1);
        out += '\n';
    }
    return out;
}

// What each policy took, a line each; then the recommendation.
inline std::string comparison_of(std::span<const outcome> all) {
    std::vector<policy_cost> costs = costs_of(all);
    weigh(costs);
    std::vector<std::array<std::string, 6>> lines{
        {"policy", "ns an event", "bytes", "objects", "vmas a place", "weight"}};
    for (const policy_cost& c : costs) {
        lines.push_back({c.policy, with_commas(static_cast<std::uint64_t>(c.ns_an_event)),
                         with_commas(c.bytes), with_commas(c.objects),
                         short_number(c.visits_a_place, "%.2f"),
                         c.usable ? short_number(c.weight, "%.1f") : "-"});
    }
    std::array<std::size_t, 6> width{};
    for (const auto& line : lines) {
        for (std::size_t i = 0; i < line.size(); ++i)
            width[i] = std::max(width[i], line[i].size());
    }
    std::string out;
    for (const auto& line : lines) {
        for (std::size_t i = 0; i < line.size(); ++i) {
            const std::string space(width[i] - line[i].size(), ' ');
            out += i == 0 ? line[i] + space : "  " + space + line[i];
        }
        out.erase(out.find_last_not_of(' ') + 1);
        out += '\n';
    }
    return out + recommendation(costs) + '\n';
}

inline std::string counted(std::uint64_t n, const char* one) {
    return with_commas(n) + ' ' + one + (n == 1 ? "" : "s");
}

}  // namespace detail

/// The sum over the outcomes of one policy, or of all if it is empty.
[[nodiscard]] inline totals sum_of(std::span<const outcome> all, std::string_view policy) {
    totals sum;
    for (const outcome& o : all) {
        if (policy.empty() || o.policy == policy) sum.add(o.numbers);
    }
    return sum;
}

/// The policies in the order of their first outcome.
[[nodiscard]] inline std::vector<std::string> policies_of(std::span<const outcome> all) {
    std::vector<std::string> out;
    for (const outcome& o : all) {
        if (std::ranges::find(out, o.policy) == out.end()) out.push_back(o.policy);
    }
    return out;
}

/// One sentence.
[[nodiscard]] inline std::string verdict(std::span<const outcome> all) {
    std::uint64_t wrong = 0;
    std::uint64_t differing = 0;
    std::uint64_t pages_only = 0;
    for (const outcome& o : all) {
        wrong += o.wrong ? 1 : 0;
        differing += o.numbers.differences != 0 ? 1 : 0;
        pages_only += o.pages_only ? 1 : 0;
    }
    const totals sum = sum_of(all, {});
    std::string out;
    if (differing != 0) {
        out = detail::counted(sum.differences, "row") + " in " +
              detail::counted(differing, "replay") + " differ from what the kernel reported.";
    } else if (sum.snapshots == 0) {
        out = "Nothing was compared.";
    } else {
        out = "Every row of " + detail::counted(sum.snapshots, "snapshot") +
              " equals what the kernel reported" +
              (pages_only == 0 ? "."
                               : " (page rows only where a policy merges by rules of its own).");
    }
    if (wrong != 0) {
        out += ' ' + detail::counted(wrong, "replay") + " stopped early: the input is bad.";
    }
    return out;
}

/// The table, the differences and the verdict.
[[nodiscard]] inline std::string table(std::span<const outcome> all) {
    const std::vector<std::string> policies = policies_of(all);
    std::vector<detail::table_line> lines;
    lines.push_back({"", "", "", "", "snap-", "differ-", "", "vmas", "places", "anon_vmas", "avcs",
                     "", "events", ""});
    lines.push_back({"trace", "policy", "events", "processes", "shots", "ences", "walks",
                     "per walk", "per walk", "at most", "at most", "bytes", "per second",
                     "verdict"});
    for (const outcome& o : all) {
        lines.push_back(detail::line_of(short_name(o.trace), o.policy, o.numbers, verdict_of(o)));
    }
    for (const std::string& policy : policies) {
        if (all.size() <= policies.size()) break;
        lines.push_back(detail::line_of("all", policy, sum_of(all, policy), ""));
    }
    std::string out = detail::text_of(lines, policies.size() > 1);
    for (const outcome& o : all) {
        if (!o.first) continue;
        out += '\n' + o.first->where + ": " + o.first->what + " differs" +
               (policies.size() > 1 ? " under " + o.policy : "") +
               "\n    expected: " + clipped(o.first->expected, o.first->got) +
               "\n    got:      " + clipped(o.first->got, o.first->expected) + '\n';
    }
    out += '\n' + verdict(all) + '\n';
    if (policies.size() > 1) out += '\n' + detail::comparison_of(all);
    return out;
}

}  // namespace rmap::inline RMAP_ABI::replay
