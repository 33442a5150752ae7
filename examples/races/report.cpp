// SPDX-License-Identifier: BSL-1.0

// Runs the gallery's entries and says what was found.

#include "report.hpp"

#include <algorithm>
#include <cstdarg>
#include <cstdio>

namespace races {

namespace {

[[gnu::format(printf, 1, 2)]] std::string formatted(const char* how, ...) {
    std::va_list list;
    va_start(list, how);
    char text[512];
    std::vsnprintf(text, sizeof text, how, list);
    va_end(list);
    return text;
}

std::string milliseconds(double seconds) {
    return formatted("%.1f ms", seconds * 1000);
}

std::string count(std::uint64_t n) {
    return formatted("%llu", static_cast<unsigned long long>(n));
}

std::string indented(std::string_view text, const char* by) {
    std::string out;
    while (!text.empty()) {
        const auto end = text.find('\n');
        const std::string_view line = text.substr(0, end);
        const auto last = line.find_last_not_of(' ');
        if (last != std::string_view::npos) out += by;
        out += line.substr(0, last + 1);
        out += '\n';
        if (end == std::string_view::npos) break;
        text.remove_prefix(end + 1);
    }
    return out;
}

std::string quoted(std::string_view text) {
    std::string out = "\"";
    for (const char c : text) {
        if (c == '"' || c == '\\') {
            out += '\\';
            out += c;
        } else if (static_cast<unsigned char>(c) < 0x20) {
            out += formatted("\\u%04x", static_cast<unsigned>(c));
        } else {
            out += c;
        }
    }
    return out + '"';
}

explore_options weakly(explore_options with) {
    with.weak = true;
    with.store_buffers = false;
    return with;
}

fixed_outcome search_all(const form& f, const std::string& name, explore_options with) {
    fixed_outcome o;
    o.reduced = f.run(name, with);
    with.how = rmap::verify::search::cached;
    o.remembered = f.run(name, with);
    o.weak = f.run(name, weakly(with));
    return o;
}

}  // namespace

bool fixed_outcome::clean() const noexcept {
    for (const explore_result* r : {&reduced, &remembered, &weak}) {
        if (r->failed() || !r->complete) return false;
    }
    return reduced.executions == remembered.executions;
}

bool outcome::good() const {
    return broken.what.kind == of->kind && search.failed() && replayed &&
           (!of->with.store_buffers || weak.what.kind == of->kind) &&
           (of->one_run == nullptr || !one_run.empty()) && broken.token.size() <= longest_token &&
           std::all_of(fixed.begin(), fixed.end(), [](const auto& f) { return f.clean(); });
}

outcome run(const race& r) {
    outcome o;
    o.of = &r;
    explore_options first = r.with;
    first.minimise = false;
    o.search = r.broken.run(r.broken_name(), first);
    o.broken = r.broken.run(r.broken_name(), r.with);
    if (o.broken.failed()) {
        const explore_result again = replay(r, o.broken.token);
        o.replayed = again.what.kind == o.broken.what.kind && again.what.what == o.broken.what.what;
    }
    if (r.with.store_buffers) o.weak = r.broken.run(r.broken_name(), weakly(first));
    if (r.one_run != nullptr) o.one_run = r.one_run();
    o.fixed.push_back(search_all(r.fixed, r.fixed_name(), r.with));
    for (const form& f : r.also_fixed) {
        if (f.run != nullptr) o.fixed.push_back(search_all(f, r.also_fixed_name(), r.with));
    }
    return o;
}

explore_result replay(const race& r, const std::string& token) {
    explore_options with = r.with;
    with.replay = token;
    return r.broken.run(r.broken_name(), with);
}

std::string counterexample(const explore_result& r) {
    return indented(r.text, "    ");
}

std::string text(const outcome& o) {
    const race& r = *o.of;
    std::string out = std::string{r.name} + ": " + r.story + "\n  told by " + r.source + "\n";
    out += std::string{"  broken: "} + r.broken.what + "\n";
    if (o.search.failed()) {
        out += "    execution " + count(o.search.first_failing) + " fails, after " +
               milliseconds(o.search.seconds) + "; replay with " + o.broken.token + "\n";
        if (!o.replayed) out += "    NOT REPRODUCED by that string\n";
        out += counterexample(o.broken);
    } else {
        out += "    NOT FOUND: " + o.search.coverage + "\n";
    }
    if (r.with.store_buffers) {
        out += "    and under the C++ memory model: ";
        out += o.weak.failed() ? "execution " + count(o.weak.first_failing) + " fails, after " +
                                     milliseconds(o.weak.seconds) + "\n"
                               : "NOT FOUND\n";
    }
    if (r.one_run != nullptr) {
        out += "    and from one run of one thread, by lockdep:\n";
        out += o.one_run.empty() ? "      NOTHING\n" : indented(o.one_run, "      ");
    }
    for (std::size_t i = 0; i != o.fixed.size(); ++i) {
        const fixed_outcome& f = o.fixed[i];
        out += std::string{"  fixed: "} + r.fixed_by(i) + "\n";
        for (const explore_result* one : {&f.reduced, &f.remembered, &f.weak}) {
            if (one == &f.remembered || (one == &f.weak && r.with.weak)) continue;
            out += "    " + one->coverage + ", " + milliseconds(one->seconds) +
                   (one->failed()   ? ": NOT CLEAN\n"
                    : one->complete ? ": clean\n"
                                    : "\n");
            if (one->failed()) out += counterexample(*one);
        }
        if (f.remembered.executions == f.reduced.executions && !f.remembered.failed()) continue;
        out += "    but the cross-check says: " + f.remembered.coverage + "\n";
        if (f.remembered.failed()) out += counterexample(f.remembered);
    }
    return out + "\n";
}

std::string table(const std::vector<outcome>& all) {
    std::string out =
        formatted("%-21s %-22s %5s %9s  %s\n", "story", "found", "in", "after", "fixed form");
    std::size_t good = 0;
    for (const outcome& o : all) {
        const explore_result& f = o.fixed.front().reduced;
        out +=
            formatted("%-21s %-22s %5s %9s  %s%s\n", o.of->name,
                      o.search.failed() ? name_of(o.broken.what.kind) : "NOTHING",
                      count(o.search.first_failing).c_str(), milliseconds(o.search.seconds).c_str(),
                      f.coverage.c_str(), o.good() ? "" : "  WRONG");
        good += o.good() ? 1 : 0;
    }
    return out + count(good) + " of " + count(all.size()) +
           " stories: the broken form is found, the fixed forms are clean\n";
}

std::string json(const std::vector<outcome>& all) {
    std::string out = "[";
    for (const outcome& o : all) {
        const race& r = *o.of;
        out += out.size() == 1 ? "\n" : ",\n";
        out += "  {\"name\": " + quoted(r.name) + ", \"story\": " + quoted(r.story) +
               ", \"source\": " + quoted(r.source) +
               ", \"good\": " + (o.good() ? "true" : "false") +
               ",\n   \"broken\": {\"how\": " + quoted(r.broken.what) +
               ", \"kind\": " + quoted(name_of(o.broken.what.kind)) +
               ", \"what\": " + quoted(o.broken.what.what) +
               ", \"first_failing\": " + count(o.search.first_failing) +
               ", \"executions\": " + count(o.search.executions) +
               ", \"seconds\": " + formatted("%.6f", o.search.seconds) +
               (r.with.store_buffers
                    ? ", \"memory_model_first_failing\": " + count(o.weak.first_failing)
                    : std::string{}) +
               ", \"replay\": " + quoted(o.broken.token) +
               ", \"counterexample\": " + quoted(o.broken.text) +
               ", \"one_run\": " + quoted(o.one_run) + "},\n   \"fixed\": [";
        for (std::size_t i = 0; i != o.fixed.size(); ++i) {
            const fixed_outcome& f = o.fixed[i];
            out += (i == 0 ? "" : ",\n             ");
            out += "{\"how\": " + quoted(r.fixed_by(i)) +
                   ", \"coverage\": " + quoted(f.reduced.coverage) +
                   ", \"executions\": " + count(f.reduced.executions) +
                   ", \"cross_check_executions\": " + count(f.remembered.executions) +
                   ", \"memory_model_executions\": " + count(f.weak.executions) +
                   ", \"seconds\": " + formatted("%.6f", f.reduced.seconds) +
                   ", \"clean\": " + (f.clean() ? "true" : "false") + "}";
        }
        out += "]}";
    }
    return out + "\n]\n";
}

}  // namespace races
