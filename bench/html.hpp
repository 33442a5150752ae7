// SPDX-License-Identifier: BSL-1.0
#pragma once

// The figures as one page that needs nothing else: for each bench a table whose rows have a bar,
// relative to the largest of the bench. Bars of rates and of times are not mixed.

#include <algorithm>
#include <string>

#include "json.hpp"
#include "registry.hpp"
#include "text.hpp"

namespace rmap_bench {

namespace detail {

[[nodiscard]] inline std::string escaped(const std::string& text) {
    std::string out;
    for (char c : text) {
        switch (c) {
            case '<': out += "&lt;"; break;
            case '>': out += "&gt;"; break;
            case '&': out += "&amp;"; break;
            case '"': out += "&quot;"; break;
            default: out += c;
        }
    }
    return out;
}

/// What a row's bar shows: a rate, else a time, else the first counter.
[[nodiscard]] inline double bar_of(const figure& f) {
    if (f.items_per_second != 0) return f.items_per_second;
    if (f.cpu_ns != 0) return f.cpu_ns;
    return f.counters.empty() ? 0 : f.counters.front().second;
}

[[nodiscard]] inline std::string bench_of(const figure& f) {
    return f.name.substr(0, f.name.find('/'));
}

[[nodiscard]] inline std::string row(const figure& f, double largest) {
    const double width = largest > 0 ? 240 * bar_of(f) / largest : 0;
    std::string out = "<tr><td>" + escaped(f.name.substr(f.name.find('/') + 1)) + "</td><td>";
    out += f.cpu_ns != 0 ? with_unit(f.cpu_ns) : "";
    out += "</td><td>";
    out += f.items_per_second != 0 ? grouped(f.items_per_second) + "/s" : "";
    out += "</td><td>";
    const char* separator = "";
    for (const auto& [name, value] : f.counters) {
        out += separator + escaped(name) + ' ' + grouped(value);
        separator = ", ";
    }
    return out + "</td><td><svg width=\"240\" height=\"12\" role=\"img\"><rect width=\"" +
           std::to_string(width) + "\" height=\"12\"/></svg></td></tr>\n";
}

}  // namespace detail

[[nodiscard]] inline std::string html_of(const report& all) {
    std::string out = R"(<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>rmap-bench</title>
<style>
body { font: 15px sans-serif; margin: 2em auto; max-width: 70em; color: #222; background: #fff; }
table { border-collapse: collapse; width: 100%; }
th, td { padding: .25em .8em; border-bottom: 1px solid #ddd; text-align: right; }
th:first-child, td:first-child, td:last-child { text-align: left; }
td { font-variant-numeric: tabular-nums; white-space: nowrap; }
svg { vertical-align: middle; }
rect { fill: #3572a5; }
</style>
</head>
<body>
<h1>rmap-bench</h1>
)";
    out += "<p>" + today() + ", " + build_type() +
           " build. Times are CPU time, medians over repetitions; bars are relative to the "
           "largest of their table.</p>\n";
    const auto& figures = all.figures();
    for (std::size_t at = 0; at < figures.size();) {
        const std::string name = detail::bench_of(figures[at]);
        std::size_t end = at;
        double largest = 0;
        for (; end < figures.size() && detail::bench_of(figures[end]) == name; ++end) {
            largest = std::max(largest, detail::bar_of(figures[end]));
        }
        out += "<h2>" + detail::escaped(name) +
               "</h2>\n<table>\n<tr><th>case</th><th>time</th><th>rate</th><th>more</th>"
               "<th></th></tr>\n";
        for (; at < end; ++at)
            out += detail::row(figures[at], largest);
        out += "</table>\n";
    }
    return out + "</body>\n</html>\n";
}

}  // namespace rmap_bench
