// SPDX-License-Identifier: BSL-1.0
#pragma once

// The figures as JSON, with the field names of Google Benchmark, so that its tools and others that
// read its files can compare two runs. Times are medians; a figure that is no time has times of 0.

#include <cstdio>
#include <string>
#include <thread>

#include <time.h>

#include <rmap/replay/json.hpp>

#include "registry.hpp"

namespace rmap_bench {

[[nodiscard]] inline std::string json_number(double value) {
    char out[64];
    std::snprintf(out, sizeof out, "%.17g", value);
    return out;
}

[[nodiscard]] inline std::string today() {
    const std::time_t now = ::time(nullptr);
    tm parts{};
    ::gmtime_r(&now, &parts);
    char out[40];
    std::strftime(out, sizeof out, "%Y-%m-%dT%H:%M:%S+00:00", &parts);
    return out;
}

[[nodiscard]] inline const char* build_type() noexcept {
#ifdef NDEBUG
    return "release";
#else
    return "debug";
#endif
}

[[nodiscard]] inline std::string json_of(const report& all) {
    using rmap::replay::json_string;
    std::string out = "{\n  \"context\": {\n    \"date\": " + json_string(today()) +
                      ",\n    \"executable\": \"rmap-bench\",\n    \"num_cpus\": " +
                      std::to_string(std::thread::hardware_concurrency()) +
                      ",\n    \"library_build_type\": " + json_string(build_type()) +
                      ",\n    \"rmap_command\": " + json_string(all.command()) +
                      "\n  },\n  \"benchmarks\": [";
    const char* separator = "\n";
    for (const figure& f : all.figures()) {
        out += separator;
        separator = ",\n";
        out += "    {\"name\": " + json_string(f.name) + ", \"run_name\": " + json_string(f.name) +
               ", \"run_type\": \"iteration\", \"repetitions\": 1, \"repetition_index\": 0" +
               ", \"threads\": 1, \"iterations\": " + std::to_string(f.iterations) +
               ", \"real_time\": " + json_number(f.real_ns) +
               ", \"cpu_time\": " + json_number(f.cpu_ns) + ", \"time_unit\": \"ns\"";
        if (f.items_per_second != 0) {
            out += ", \"items_per_second\": " + json_number(f.items_per_second);
        }
        for (const auto& [name, value] : f.counters) {
            out += ", " + json_string(name) + ": " + json_number(value);
        }
        out += "}";
    }
    return out + "\n  ]\n}\n";
}

}  // namespace rmap_bench
