// SPDX-License-Identifier: BSL-1.0

// The table of docs/races.md. All columns but the last are the same each time: a test compares them
// with the document.

#include <cstdio>

#include "report.hpp"

namespace races {

namespace {

/// What the fixed forms have, one after the other.
template <class Number>
std::string each(const outcome& o, Number number) {
    std::string out;
    for (const fixed_outcome& f : o.fixed)
        out += (out.empty() ? "" : ", ") + std::to_string(number(f));
    return out;
}

std::string row(const outcome& o) {
    const race& r = *o.of;
    std::string found = name_of(o.broken.what.kind);
    if (!o.one_run.empty()) found += "; and by lockdep, from one run";
    if (r.with.store_buffers) found += "; with store buffers only";
    char milliseconds[32];
    std::snprintf(milliseconds, sizeof milliseconds, "%.2f", o.search.seconds * 1000);
    std::string out = "|";
    for (const std::string& cell :
         {std::string{r.name}, std::string{r.rule}, std::string{r.broken.what}, found,
          std::to_string(o.search.first_failing),
          each(o, [](const fixed_outcome& f) { return f.reduced.executions; }),
          each(o, [](const fixed_outcome& f) { return f.weak.executions; }),
          std::string{milliseconds}}) {
        out += " " + cell + " |";
    }
    return out + "\n";
}

}  // namespace

std::string markdown(const std::vector<outcome>& all) {
    std::string out =
        "| Story | Rule that is broken | By | Found as | In execution | Fixed forms, interleavings "
        "| Under the C++ memory model | After, ms |\n"
        "| --- | --- | --- | --- | --- | --- | --- | --- |\n";
    for (const outcome& o : all)
        out += row(o);
    return out;
}

}  // namespace races
