// SPDX-License-Identifier: BSL-1.0

// The gallery as a page for a browser: each counterexample as a timeline, a lane for each thread,
// time going down. It is one file, and fetches nothing.

#include <algorithm>
#include <string_view>

#include "report.hpp"

namespace races {

namespace {

std::string escaped(std::string_view text) {
    std::string out;
    for (const char c : text) {
        switch (c) {
            case '&': out += "&amp;"; break;
            case '<': out += "&lt;"; break;
            case '>': out += "&gt;"; break;
            case '"': out += "&quot;"; break;
            default: out += c;
        }
    }
    return out;
}

std::string element(const char* name, std::string_view text) {
    return std::string{"<"} + name + ">" + escaped(text) + "</" + name + ">\n";
}

std::string_view trimmed(std::string_view text) {
    const auto first = text.find_first_not_of(' ');
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(' ') + 1 - first);
}

std::vector<std::string_view> lines_of(std::string_view text) {
    std::vector<std::string_view> lines;
    while (!text.empty()) {
        const auto end = text.find('\n');
        lines.push_back(text.substr(0, end));
        if (end == std::string_view::npos) break;
        text.remove_prefix(end + 1);
    }
    return lines;
}

/// Where the columns of a counterexample begin: at the names in its first line, which stand two or
/// more spaces apart; the last begins the places in the source.
std::vector<std::size_t> columns_of(std::string_view head) {
    std::vector<std::size_t> begins;
    for (std::size_t i = 0; i < head.size(); ++i) {
        const bool after_gap = i >= 2 && head[i - 1] == ' ' && head[i - 2] == ' ';
        if (head[i] != ' ' && after_gap) begins.push_back(i);
    }
    // The first is "step".
    if (!begins.empty()) begins.erase(begins.begin());
    begins.push_back(head.size() + 2);
    return begins;
}

std::string_view cell(std::string_view line, std::size_t from, std::size_t to) {
    if (from >= line.size()) return {};
    return trimmed(line.substr(from, to - from));
}

/// What a step is, for its colour.
const char* kind_of(std::string_view step) {
    if (step.starts_with("--")) return "point";
    if (step.starts_with("lock")) return "lock";
    if (step.starts_with("unlock")) return "unlock";
    if (step.starts_with("load")) return "load";
    if (step.starts_with("store") || step.starts_with("rmw")) return "store";
    return "other";
}

std::string timeline(std::string_view text) {
    const auto lines = lines_of(text);
    if (lines.empty()) return {};
    const auto begins = columns_of(lines.front());
    const std::size_t lanes = begins.size() - 1;
    std::string out = "<table><tr><th>step</th>";
    for (std::size_t i = 0; i != lanes; ++i) {
        out += "<th class=lane>" + escaped(cell(lines.front(), begins[i], begins[i + 1])) + "</th>";
    }
    out += "<th>place</th></tr>\n";
    std::string rest;
    for (std::size_t l = 1; l != lines.size(); ++l) {
        const std::string_view line = lines[l];
        const std::string_view number = cell(line, 0, 6);
        const bool is_step =
            !number.empty() && line.size() > 6 &&
            std::all_of(number.begin(), number.end(), [](char c) { return c >= '0' && c <= '9'; });
        if (!is_step) {
            rest += std::string{"<p class="} + (line.starts_with("      ") ? "note" : "failure") +
                    ">" + escaped(trimmed(line)) + "</p>\n";
            continue;
        }
        out += "<tr><td class=number>" + std::string{number} + "</td>";
        for (std::size_t i = 0; i != lanes; ++i) {
            std::string_view step = cell(line, begins[i], begins[i + 1]);
            out += "<td class=lane>";
            if (!step.empty()) {
                const char* const kind = kind_of(step);
                if (step.starts_with("-- ")) step.remove_prefix(3);
                out += std::string{"<span class="} + kind + ">" + escaped(step) + "</span>";
            }
            out += "</td>";
        }
        out +=
            "<td class=place>" + escaped(cell(line, begins.back(), line.size())) + "</td></tr>\n";
    }
    return out + "</table>\n" + rest;
}

constexpr std::string_view head = R"(<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>rmap: the race gallery</title><style>
body { font: 15px/1.45 system-ui, sans-serif; margin: 2em auto; max-width: 78em; padding: 0 1em;
       color: #222; background: #fff }
h2 { margin: 2.5em 0 .2em; border-top: 1px solid #ccc; padding-top: 1em }
p { margin: .3em 0 } .source, .note, .place, .number { color: #777; font-size: 13px }
table { border-collapse: collapse; margin: .8em 0 }
th { text-align: left; padding: .3em .8em; border-bottom: 2px solid #555 }
td { padding: 1px .8em } td.number { text-align: right }
td.lane, th.lane { border-left: 2px solid #bbb; min-width: 16em }
td span { display: inline-block; padding: 0 .5em; border-radius: 3px;
          font: 13px/1.6 ui-monospace, monospace; margin-left: -.4em }
.lock { background: #ffe3a8 } .unlock { background: #fff4d9 } .load { background: #dcebff }
.store { background: #ffd6d2 } .other { background: #e8e8e8 }
td span.point { font: italic 14px system-ui, sans-serif; color: #333 }
.failure { font-weight: bold; color: #a40000 } .clean { color: #0a6b1f } .wrong { color: #a40000 }
code { background: #f3f3f3; padding: 0 .3em } pre { background: #f6f6f6; padding: .7em }
@media (prefers-color-scheme: dark) {
  body, td span.point { color: #ddd } body { background: #1b1b1b } code, pre { background: #2b2b2b }
  td span { color: #111 } .failure, .wrong { color: #ff8a80 } .clean { color: #7bd88f } }
</style></head><body>
<h1>The race gallery</h1>
<p>Each story breaks one rule. Time goes down, a lane for each thread; what stands in italics says
what the steps belong to. Unlocks, and steps on objects of one thread, are left out.</p>
)";

}  // namespace

std::string html(const std::vector<outcome>& all) {
    std::string out{head};
    out += "<ul>\n";
    for (const outcome& o : all) {
        out += std::string{"<li><a href=\"#"} + o.of->name + "\">" + o.of->name +
               "</a>: " + escaped(o.of->story) + "</li>\n";
    }
    out += "</ul>\n";
    for (const outcome& o : all) {
        const race& r = *o.of;
        out += std::string{"<h2 id=\""} + r.name + "\">" + r.name + "</h2>\n" +
               element("p", r.story) + "<p class=source>" + escaped(r.source) + "</p>\n" +
               element("h3", std::string{"Broken: "} + r.broken.what);
        if (o.broken.failed()) {
            out += "<p>Execution " + std::to_string(o.search.first_failing) +
                   " fails; <code>rmap-races --replay " + escaped(o.broken.token) +
                   "</code></p>\n" + timeline(o.broken.text);
        } else {
            out += "<p class=wrong>Nothing was found.</p>\n";
        }
        if (!o.one_run.empty()) {
            out +=
                element("p", "From one run of one thread, by lockdep:") + element("pre", o.one_run);
        }
        for (std::size_t i = 0; i != o.fixed.size(); ++i) {
            const fixed_outcome& f = o.fixed[i];
            out += element("h3", std::string{"Fixed: "} + r.fixed_by(i));
            out += std::string{"<p class="} + (f.clean() ? "clean>clean" : "wrong>NOT CLEAN") +
                   ": " + escaped(f.reduced.coverage) +
                   (r.with.weak ? "" : "; " + escaped(f.weak.coverage)) + "</p>\n";
        }
    }
    return out + "</body></html>\n";
}

}  // namespace races
