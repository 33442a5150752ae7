// SPDX-License-Identifier: BSL-1.0
#pragma once

// The benches of rmap-bench: one question each, one file each. To add one, write a file with its
// function, and a line in the table of main.cpp. A bench hands each figure to the report at once,
// which prints it.

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace rmap_bench {

/// One line of the report.
struct figure {
    std::string name{};            // bench/case, or bench/case/policy
    std::uint64_t iterations = 1;  // how often what was timed ran; the times are those of one
    double real_ns = 0;            // medians over repetitions; 0 where nothing is timed
    double cpu_ns = 0;
    double items_per_second = 0;  // by CPU time, which other programs do not lengthen; 0: none
    std::vector<std::pair<std::string, double>> counters{};
};

class report {
public:
    report(bool quick, std::string command) : quick_{quick}, command_{std::move(command)} {}

    /// Whether to see that everything works, rather than how fast it is.
    [[nodiscard]] bool quick() const noexcept { return quick_; }
    /// What was called, for the reader of a file.
    [[nodiscard]] const std::string& command() const noexcept { return command_; }
    /// How often to measure what the median is taken of.
    [[nodiscard]] unsigned repetitions() const noexcept { return quick_ ? 1 : 9; }

    /// Of a bench with many workloads, those whose names begin so; empty: all.
    void only(std::string begin) { only_ = std::move(begin); }
    [[nodiscard]] bool wants(const std::string& workload) const {
        return workload.rfind(only_, 0) == 0;
    }

    /// Keeps a figure and prints its line.
    void add(figure f);
    /// Prints a line for the reader that no file keeps.
    void say(const std::string& line);
    /// Says on the terminal what is under way, on one line that the next one replaces; nothing
    /// elsewhere.
    void progress(const std::string& what);

    [[nodiscard]] const std::vector<figure>& figures() const noexcept { return figures_; }

private:
    bool quick_;
    std::string command_;
    std::string only_{};
    bool in_progress_ = false;  // a line of progress() is on the screen
    std::vector<figure> figures_{};
};

struct bench {
    const char* name;
    const char* question;
    bool (*run)(report&);  // false: it said on stderr why it cannot run
};

bool sizes(report&);
bool include_cost(report&);
bool operations(report&);
bool policies(report&);
bool topologies(report&);
bool replay_speed(report&);
bool replay_growth(report&);
bool explore(report&);
bool handshake(report&);

}  // namespace rmap_bench
