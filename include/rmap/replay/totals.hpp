// SPDX-License-Identifier: BSL-1.0
#pragma once

// What came of the replay of one trace under one policy: the numbers of a line of the table, the
// first difference, and what was wrong with the input, if anything.

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>

#include <rmap/replay/compare.hpp>
#include <rmap/replay/problem.hpp>

namespace rmap::inline RMAP_ABI::replay {

struct totals {
    std::uint64_t events = 0;       // without snapshots
    std::uint64_t processes = 0;    // address spaces that there were
    std::uint64_t snapshots = 0;    // compared; none under --no-check
    std::uint64_t differences = 0;  // rows
    std::uint64_t walks = 0;
    std::uint64_t visited = 0;    // vmas, by all walks
    std::uint64_t places = 0;     // where a page was mapped, found by all walks
    std::uint64_t anon_vmas = 0;  // alive at most
    std::uint64_t links = 0;      // alive at most
    std::uint64_t bytes = 0;      // of both, at most
    double seconds = 0;           // processor time for the events, without the snapshots

    void add(const totals& other) noexcept {
        events += other.events;
        processes += other.processes;
        snapshots += other.snapshots;
        differences += other.differences;
        walks += other.walks;
        visited += other.visited;
        places += other.places;
        anon_vmas = std::max(anon_vmas, other.anon_vmas);
        links = std::max(links, other.links);
        bytes = std::max(bytes, other.bytes);
        seconds += other.seconds;
    }
    [[nodiscard]] double visited_per_walk() const noexcept { return ratio(visited, walks); }
    [[nodiscard]] double places_per_walk() const noexcept { return ratio(places, walks); }
    [[nodiscard]] double events_per_second() const noexcept {
        return seconds > 0 ? static_cast<double>(events) / seconds : 0;
    }

private:
    static double ratio(std::uint64_t a, std::uint64_t b) noexcept {
        return b == 0 ? 0 : static_cast<double>(a) / static_cast<double>(b);
    }
};

struct outcome {
    std::string trace{};
    std::string policy{};
    bool pages_only = false;  // only page rows were compared: the policy's merges are its own
    totals numbers{};
    std::optional<difference> first{};
    std::optional<problem> wrong{};
};

}  // namespace rmap::inline RMAP_ABI::replay
