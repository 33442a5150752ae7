// SPDX-License-Identifier: BSL-1.0
#pragma once

// A counterexample for people: a column for each thread, a line for each step that matters, at
// most 25.

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include <rmap/verify/explore/engine.hpp>

namespace rmap::inline RMAP_ABI::verify {

namespace detail {

inline std::string file_name(const char* path) {
    const std::string_view text{path};
    const auto slash = text.rfind('/');
    return std::string{slash == std::string_view::npos ? text : text.substr(slash + 1)};
}

inline std::string describe(engine& e, const step& s) {
    if (s.op.kind == op_kind::point) return std::string{"-- "} + s.op.text;
    std::string text = name_of(s.op.kind);
    if (s.op.object != no_object) text += " " + e.objects().name(s.op.object);
    const bool has_value = s.op.kind == op_kind::load || s.op.kind == op_kind::store ||
                           s.op.kind == op_kind::rmw;
    if (has_value) {
        constexpr const char* orders[] = {"relaxed", "consume", "acquire", "release", "acq_rel",
                                          "seq_cst"};
        const std::uint64_t v = s.value;
        text += (s.op.kind == op_kind::load ? " = " : " := ");
        text += v < 100000 ? std::to_string(v) : std::string{"(pointer)"};
        text += std::string{" "} + orders[static_cast<int>(s.op.mo)];
    }
    if (s.failed) text += " FAILS";
    if (s.stale) text += s.op.kind == op_kind::store ? " <- behind others" : " <- stale";
    return text;
}

/// Whether more than one thread touches the step's object.
inline std::vector<bool> shared_objects(const std::vector<step>& trace) {
    std::vector<int> owner;
    std::vector<bool> shared;
    for (const step& s : trace) {
        if (s.op.object == no_object) continue;
        if (owner.size() <= s.op.object) {
            owner.resize(s.op.object + 1, -1);
            shared.resize(s.op.object + 1, false);
        }
        int& first = owner[s.op.object];
        if (first < 0) first = s.thread;
        if (first != s.thread) shared[s.op.object] = true;
    }
    return shared;
}

}  // namespace detail

/// The last execution of the engine, in columns.
[[nodiscard]] inline std::string in_columns(engine& e, std::size_t most_lines = 25) {
    const std::vector<step>& trace = e.trace();
    const auto shared = detail::shared_objects(trace);
    struct line {
        std::size_t number;
        unsigned thread;
        std::string text;
        std::string where;
    };
    std::vector<line> lines;
    std::size_t hidden = 0;
    const bool all = trace.size() + 1 <= most_lines;
    for (std::size_t i = 0; i != trace.size(); ++i) {
        const step& s = trace[i];
        const bool own = s.op.object != no_object && !shared[s.op.object];
        const bool unlock =
            s.op.kind == op_kind::unlock || s.op.kind == op_kind::unlock_shared;
        if (!all && (own || unlock)) {
            ++hidden;
            continue;
        }
        std::string where;
        if (s.op.file != nullptr) {
            where = detail::file_name(s.op.file) + ":" + std::to_string(s.op.line);
        }
        lines.push_back({i + 1, s.thread, detail::describe(e, s), where});
    }
    // Room for the header and for two lines that say what was left out.
    const std::size_t room = most_lines > 4 ? most_lines - 3 : 1;
    const std::size_t skip = lines.size() > room ? lines.size() - room : 0;
    std::vector<std::size_t> width(e.threads(), 8);
    for (unsigned t = 0; t != e.threads(); ++t) {
        width[t] = std::max(width[t], std::string_view{e.thread(t).name}.size());
    }
    for (std::size_t i = skip; i != lines.size(); ++i) {
        width[lines[i].thread] = std::max(width[lines[i].thread], lines[i].text.size());
    }
    std::string out = "  step";
    for (unsigned t = 0; t != e.threads(); ++t) {
        std::string head = e.thread(t).name;
        head.resize(width[t], ' ');
        out += "  " + head;
    }
    out += "\n";
    if (skip != 0) out += "        (" + std::to_string(skip) + " earlier steps)\n";
    for (std::size_t i = skip; i != lines.size(); ++i) {
        std::string number = std::to_string(lines[i].number);
        out += std::string(number.size() < 6 ? 6 - number.size() : 0, ' ') + number;
        for (unsigned t = 0; t != e.threads(); ++t) {
            std::string cell = t == lines[i].thread ? lines[i].text : std::string{};
            cell.resize(width[t], ' ');
            out += "  " + cell;
        }
        if (!lines[i].where.empty()) out += "  " + lines[i].where;
        while (!out.empty() && out.back() == ' ') out.pop_back();
        out += "\n";
    }
    if (hidden != 0) {
        out +=
            "        (" + std::to_string(hidden) + " unlocks and steps on objects of one thread)\n";
    }
    return out;
}

}  // namespace rmap::inline RMAP_ABI::verify
