// SPDX-License-Identifier: BSL-1.0
#pragma once

// The part of the page that compares policies: curves, memory bars, a map of policies and work.

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <string>
#include <vector>

#include "policy_figures.hpp"

namespace rmap_bench {

namespace detail {

struct heat_row {
    const char* workload;
    const char* metric;
    const char* label;
};

inline constexpr heat_row heat_rows[] = {
    {"width_100_depth_1", "fork", "fork, 100 children"},
    {"width_1000_depth_1", "fork", "fork, 1,000 children"},
    {"width_10000_depth_1", "fork", "fork, 10,000 children"},
    {"width_1_depth_16", "fork_of_last", "fork at depth 16"},
    {"width_1_depth_64", "fork_of_last", "fork at depth 64"},
    {"width_1000_depth_1", "exit", "exit, 1,000 children"},
    {"width_10000_depth_1", "exit", "exit, 10,000 children"},
    {"fork_storm", "fork", "fork storm"},
    {"fork_storm", "exit", "exit storm, any order"},
    {"width_100_depth_1", "walk_shared", "walk shared, 100 places"},
    {"width_1000_depth_1", "walk_shared", "walk shared, 1,000 places"},
    {"width_10000_depth_1", "walk_shared", "walk shared, 10,000 places"},
    {"width_1000_depth_1", "walk_checked", "the same, page tables looked at"},
    {"dram", "walk_shared", "walk shared, 40,000 processes"},
    {"fresh_heap", "walk_shared", "walk shared, fresh heap"},
    {"width_100_depth_1", "walk_private", "walk private, 100 siblings"},
    {"width_1000_depth_1", "walk_private", "walk private, 1,000 siblings"},
    {"dram", "walk_private", "walk private, 40,000 processes"},
    {"bounds_by_turns_1024", "walk_shared", "walk, an eighth of 1,024 children map it"},
    {"bounds_in_runs_1024", "walk_shared", "the same, children side by side"},
    {"bounds_by_turns_8192", "walk_shared", "walk, an eighth of 8,192 children map it"},
    {"bounds_in_runs_8192", "walk_shared", "the same, children side by side"},
    {"bounds_by_turns_1024", "unmap_part", "munmap of a part, 1,024 children"},
    {"server_100", "request", "a server's request, 100 workers"},
    {"server_1000", "request", "a server's request, 1,000 workers"},
    {"first_faults", "prepare_and_tag", "first faults"},
    {"split_merge_depth_1", "split", "split"},
    {"split_merge_depth_1", "merge", "merge"},
    {"split_merge_depth_4", "split", "split at depth 4"},
    {"move", "move", "move (mremap)"},
    {"one_family_threads_2", "per_second_walks", "one family, two threads: walks"},
    {"one_family_threads_2", "per_second_updates", "one family, two threads: updates"},
    {"own_families_threads_2", "per_second_walks", "two families, two threads: walks"},
    {"own_families_threads_2", "per_second_updates", "two families, two threads: updates"},
    {"width_1000_depth_4_threads_both_2", "per_second_walks",
     "1,000 wide, 4 deep, two threads: walks"},
    {"width_1000_depth_4_threads_both_2", "per_second_updates",
     "1,000 wide, 4 deep, two threads: updates"},
    {"locks", "update_held_median", "lock held by an update, median"},
    {"locks", "update_held_p99", "lock held by an update, p99"},
    {"locks", "walk_shared_held_median", "lock held by a walk, median"},
    {"locks", "walk_shared_held_p99", "lock held by a walk, p99"},
    {"width_100_depth_1", "bytes_a_vma", "bytes a vma, 100 children"},
    {"width_1_depth_64", "bytes_a_vma", "bytes a vma, depth 64"},
    {"replay_fork-server-1000", "event", "replay: fork server"},
    {"replay_redis-bgsave", "event", "replay: database that forks"},
    {"replay_make-gcc", "event", "replay: make and compiler"},
};

// The share of the colour: none at the reference, all at 30 times better or worse.
[[nodiscard]] inline std::string heat_style(double ratio) {
    const double strength = std::min(1.0, std::fabs(std::log(ratio)) / std::log(30.0));
    char out[96];
    std::snprintf(out, sizeof out, "style=\"background:rgba(var(--%s),%.2f)\"",
                  ratio >= 1 ? "good" : "bad", strength * .75);
    return out;
}

[[nodiscard]] inline std::string times(double ratio) {
    char out[32];
    std::snprintf(out, sizeof out,
                  ratio >= 100  ? "%.0f"
                  : ratio >= 10 ? "%.1f"
                  : ratio >= .1 ? "%.2f"
                                : "%.1g",
                  ratio);
    return std::string{out} + "×";
}

[[nodiscard]] inline std::string value_of(const policy_figures::one& o) {
    if (o.metric.rfind("bytes", 0) == 0) return grouped(o.value) + " bytes";
    if (o.metric.rfind("per_second", 0) == 0) return grouped(o.value) + "/s";
    if (o.metric.rfind("visits", 0) == 0) return grouped(o.value);
    const std::string padded = with_unit(o.value);
    return padded.substr(padded.find_first_not_of(' '));
}

[[nodiscard]] inline std::string heat_map(const policy_figures& of) {
    std::string out = "<h3>Policy and work</h3>\n<p>How many times better than <b>" +
                      escaped(of.contestants().front()) +
                      "</b> (blue), or worse (red). A cell's title has the figure.</p>\n"
                      "<div class=\"scroll\"><table class=\"heat\"><thead><tr><th>work</th>";
    for (const std::string& c : of.contestants())
        out += "<th>" + escaped(c) + "</th>";
    out += "</tr></thead><tbody>\n";
    for (const heat_row& row : heat_rows) {
        std::string line;
        bool any = false;
        for (const std::string& c : of.contestants()) {
            const auto* const o = of.find(row.workload, row.metric, c);
            if (o == nullptr || o->ratio <= 0) {
                line += "<td class=\"none\">–</td>";
                continue;
            }
            any = true;
            line += "<td " + heat_style(o->ratio) + " title=\"" + escaped(c) + ": " + value_of(*o) +
                    "\">" + times(o->ratio) + "</td>";
        }
        if (any) out += "<tr><th>" + std::string{row.label} + "</th>" + line + "</tr>\n";
    }
    return out + "</tbody></table></div>\n";
}

[[nodiscard]] inline std::string memory_bars(const policy_figures& of) {
    std::string out;
    for (const auto& [workload, label] :
         {std::pair{"width_100_depth_1", "100 children of one process"},
          std::pair{"width_1_depth_64", "a chain of 64 forks, all alive"}}) {
        double largest = 0;
        for (const std::string& c : of.contestants()) {
            const auto* const o = of.find(workload, "bytes_a_vma", c);
            if (o != nullptr) largest = std::max(largest, o->value);
        }
        if (largest == 0) continue;
        out += "<figure><figcaption>" + std::string{label} +
               ", bytes a vma</figcaption><dl class=\"bars\">\n";
        for (std::size_t i = 0; i != of.contestants().size(); ++i) {
            const std::string& c = of.contestants()[i];
            const auto* const o = of.find(workload, "bytes_a_vma", c);
            if (o == nullptr) continue;
            char width[32];
            std::snprintf(width, sizeof width, "%.1f", 100 * o->value / largest);
            out += "<dt>" + escaped(c) + "</dt><dd><i style=\"width:" + width +
                   "%;background:var(--c" + std::to_string(i % 8) + ")\"></i><b>" +
                   grouped(std::round(o->value)) + "</b></dd>\n";
        }
        out += "</dl></figure>\n";
    }
    return out.empty() ? out : "<h3>Memory</h3>\n<div class=\"grid\">\n" + out + "</div>\n";
}

}  // namespace detail

/// Nothing where policies were not compared.
[[nodiscard]] inline std::string html_of_policies(const policy_figures& of) {
    if (of.empty()) return {};
    std::string out = "<h2>Which policy</h2>\n";
    const auto charts = of.charts();
    if (!charts.empty()) {
        out +=
            "<h3>By width and by depth</h3>\n<p>Both axes are logarithmic.</p>\n"
            "<div class=\"grid\">\n";
        for (const chart& c : charts)
            out += "<figure>" + svg_of(c, false) + "</figure>\n";
        out += "</div>\n";
    }
    return out + detail::memory_bars(of) + detail::heat_map(of);
}

}  // namespace rmap_bench
