// SPDX-License-Identifier: BSL-1.0
#pragma once

// The figures as one page that needs nothing else: the machine and the command, the comparison of
// policies in curves, bars and a map, and all figures of each bench as a table whose rows have a
// bar, relative to the largest of the bench. Bars of rates and of times are not mixed.

#include <algorithm>
#include <string>

#include "html_policies.hpp"
#include "json.hpp"
#include "machine.hpp"
#include "registry.hpp"
#include "svg.hpp"
#include "text.hpp"

namespace rmap_bench {

namespace detail {

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
    const double width = largest > 0 ? 160 * bar_of(f) / largest : 0;
    std::string out = "<tr><th>" + escaped(f.name.substr(f.name.find('/') + 1)) + "</th><td>";
    out += f.cpu_ns != 0 ? with_unit(f.cpu_ns) : "";
    out += "</td><td>";
    out += f.items_per_second != 0 ? grouped(f.items_per_second) + "/s" : "";
    out += "</td><td class=\"more\">";
    const char* separator = "";
    for (const auto& [name, value] : f.counters) {
        out += separator + escaped(name) + ' ' + grouped(value);
        separator = ", ";
    }
    return out + "</td><td><svg width=\"160\" height=\"10\"><rect class=\"bar\" width=\"" +
           fixed(width) + "\" height=\"10\"/></svg></td></tr>\n";
}

inline constexpr char page_style[] = R"(
* { box-sizing: border-box; }
body { font: 15px/1.5 system-ui, sans-serif; margin: 0 auto;
  padding: 1.5rem clamp(.8rem, 3vw, 2.5rem); max-width: 84rem;
  color: var(--ink); background: var(--back); }
h1 { font-size: 1.7rem; margin: 0 0 .3rem; } h2 { font-size: 1.3rem; margin: 2.2rem 0 .3rem; }
h3 { font-size: 1.05rem; margin: 1.6rem 0 .3rem; } p { margin: .2rem 0 .8rem; color: var(--soft); }
code { background: var(--panel); border: 1px solid var(--line); border-radius: 4px;
  padding: .1em .4em; overflow-wrap: anywhere; }
.grid { display: grid; gap: 1rem;
  grid-template-columns: repeat(auto-fit, minmax(min(100%, 25rem), 1fr)); }
figure { margin: 0; background: var(--panel); border: 1px solid var(--line); border-radius: 10px;
  padding: .7rem; } figcaption { font-weight: 600; margin-bottom: .5rem; }
svg.chart { display: block; width: 100%; height: auto; }
.bars { display: grid; grid-template-columns: max-content 1fr; gap: .3rem .8rem; margin: 0; }
.bars dt { color: var(--soft); } .bars dd { margin: 0; display: flex; align-items: center;
  gap: .5rem; padding-right: 4rem; } .bars i { display: block; height: .9rem; border-radius: 3px;
  min-width: 2px; flex: none; } .bars b { font-variant-numeric: tabular-nums; font-weight: 500; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
th, td { padding: .25rem .7rem; border-bottom: 1px solid var(--line); text-align: right;
  white-space: nowrap; } th:first-child, td:last-child { text-align: left; }
tbody th { font-weight: 400; } thead th { color: var(--soft); font-weight: 600; }
.heat td { border: 2px solid var(--back); border-radius: 4px; min-width: 5rem; text-align: center; }
.heat th:first-child { position: sticky; left: 0; background: var(--back); }
.heat .none { color: var(--soft); } .more { color: var(--soft); }
details { border-top: 1px solid var(--line); } summary { cursor: pointer; padding: .5rem 0;
  font-weight: 600; } .all table { width: 100%; font-size: .87rem; } rect.bar { fill: var(--c1); }
@media (max-width: 40rem) { .heat td { min-width: 4rem; } th, td { padding: .2rem .4rem; } }
)";

[[nodiscard]] inline std::string head(const report& all) {
    const machine on;
    std::string out =
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
        "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
        "<meta name=\"color-scheme\" content=\"light dark\">\n"
        "<title>rmap-bench</title>\n<style>";
    out += std::string{colours} + page_style + "</style>\n</head>\n<body>\n<h1>rmap-bench</h1>\n";
    out += "<p>" + today() + ", " + build_type() + " build (" + RMAP_BENCH_BUILD + "). " +
           std::to_string(on.processors) + " processors" +
           (on.processor.empty() ? "" : ", " + escaped(on.processor)) +
           (on.caches.empty() ? "" : ", " + escaped(on.caches)) + ". Load " + fixed(on.load[0]) +
           (on.busy() ? ": a busy machine, so look at ratios." : ".") +
           " Times are CPU time, medians over repetitions." +
           (all.quick() ? " <b>--quick: one short run each; the figures mean little.</b>" : "") +
           "</p>\n<p><code>" + escaped(all.command()) + "</code></p>\n";
    return out;
}

}  // namespace detail

[[nodiscard]] inline std::string html_of(const report& all) {
    const auto& figures = all.figures();
    std::string out = detail::head(all) + html_of_policies(policy_figures{figures});
    out += "<h2>All figures</h2>\n<p>Bars are relative to the largest of their table.</p>\n";
    for (std::size_t at = 0; at < figures.size();) {
        const std::string name = detail::bench_of(figures[at]);
        std::size_t end = at;
        double largest = 0;
        for (; end < figures.size() && detail::bench_of(figures[end]) == name; ++end) {
            largest = std::max(largest, detail::bar_of(figures[end]));
        }
        out += "<details class=\"all\"><summary>" + escaped(name) +
               "</summary><div class=\"scroll\"><table>\n<thead><tr><th>case</th><th>time</th>"
               "<th>rate</th><th>more</th><th></th></tr></thead>\n<tbody>\n";
        for (; at < end; ++at)
            out += detail::row(figures[at], largest);
        out += "</tbody></table></div></details>\n";
    }
    return out + "</body>\n</html>\n";
}

}  // namespace rmap_bench
