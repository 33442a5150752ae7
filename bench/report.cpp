// SPDX-License-Identifier: BSL-1.0

// The line that is printed for a figure.

#include <cstdio>
#include <string>

#include <unistd.h>

#include "registry.hpp"
#include "text.hpp"

namespace rmap_bench {

void report::add(figure f) {
    std::string line = "  " + f.name;
    line.resize(line.size() < 46 ? 46 : line.size(), ' ');
    if (f.cpu_ns != 0) line += ' ' + with_unit(f.cpu_ns);
    if (f.items_per_second != 0) line += "  " + grouped(f.items_per_second) + "/s";
    for (const auto& [name, value] : f.counters) {
        line += "  " + name + ' ' + grouped(value);
    }
    say(line);
    figures_.push_back(std::move(f));
}

void report::say(const std::string& line) {
    if (in_progress_) std::fputs("\r\033[K", stderr);
    in_progress_ = false;
    std::printf("%s\n", line.c_str());
    std::fflush(stdout);
}

void report::progress(const std::string& what) {
    static const bool terminal = ::isatty(2) == 1;
    if (!terminal) return;
    std::fprintf(stderr, "\r\033[K%s", what.c_str());
    in_progress_ = true;
}

}  // namespace rmap_bench
