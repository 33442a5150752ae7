// SPDX-License-Identifier: BSL-1.0
#pragma once

// One replay of a trace in memory, timed: reading its lines and applying its events, from the first
// line to the last. Snapshots are left out beforehand.

#include <cstdint>
#include <cstdio>
#include <string>
#include <string_view>

#include <rmap/replay/player.hpp>
#include <rmap/replay/reader.hpp>

#include "measure.hpp"

namespace rmap_bench {

/// All lines but those of snapshots. False: said why.
[[nodiscard]] inline bool events_of(rmap::replay::input& from, std::string& out) {
    using result = rmap::replay::input::result;
    bool snapshot = false;
    std::string_view line;
    result r = result::finished;
    while ((r = from.next(line)) == result::line) {
        if (line == "snap") snapshot = true;
        if (!snapshot) {
            out += line;
            out += '\n';
        }
        if (line == "end") snapshot = false;
    }
    if (r == result::finished) return true;
    std::fprintf(stderr, "rmap-bench: %s: %s\n", from.name().c_str(), from.error().c_str());
    return false;
}

/// What one replay did; no events if it failed, which it said.
struct replayed {
    std::uint64_t events = 0;
    duration took{};
};

template <class Policy>
[[nodiscard]] replayed replay_text(const std::string& name, std::string_view text) {
    namespace replay = rmap::replay;
    replay::input in;
    in.open_memory(name, text);
    replayed out;
    const stopwatch watch;
    replay::reader lines{in};
    replay::event e;
    replay::reader::result next = lines.next(e);
    replay::player<Policy> play{lines.head()};
    for (; next == replay::reader::result::event; next = lines.next(e)) {
        if (!play.apply(e)) {
            std::fprintf(stderr, "rmap-bench: %s: %s\n", name.c_str(), play.error().c_str());
            return {};
        }
        ++out.events;
    }
    out.took = watch.elapsed();
    if (next == replay::reader::result::finished) return out;
    std::fprintf(stderr, "rmap-bench: %s\n", lines.error().text().c_str());
    return {};
}

/// Measures and reports the replay of `text` under a policy. False: it failed.
template <class Policy>
[[nodiscard]] bool report_replay(report& to, const std::string& name, const std::string& text) {
    const std::uint64_t events = replay_text<Policy>(name, text).events;
    if (events == 0) return false;
    figure f = measure(to, name, events, [&] { return replay_text<Policy>(name, text).took; });
    f.items_per_second = 1e9 / f.cpu_ns;
    f.counters.emplace_back("events", static_cast<double>(events));
    to.add(std::move(f));
    return true;
}

}  // namespace rmap_bench
