// SPDX-License-Identifier: BSL-1.0
#pragma once

// What the figures were measured on, as far as the system tells: for the reader of a file.

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <string>
#include <thread>

namespace rmap_bench {

struct machine {
    std::string processor{};  // empty: the system does not say
    unsigned processors = std::thread::hardware_concurrency();
    double load[3]{};  // programs that wanted to run, over 1, 5 and 15 minutes; 0: unknown
    std::string caches{};

    machine() {
        std::ifstream info{"/proc/cpuinfo"};
        for (std::string line; processor.empty() && std::getline(info, line);) {
            const std::size_t colon = line.find(": ");
            if (line.rfind("model name", 0) == 0 && colon != std::string::npos)
                processor = line.substr(colon + 2);
        }
        const std::string cache = "/sys/devices/system/cpu/cpu0/cache/index";
        for (char i = '0'; i != '5'; ++i) {
            std::string level;
            std::string type;
            std::string size;
            std::ifstream{cache + i + "/level"} >> level;
            std::ifstream{cache + i + "/type"} >> type;
            std::ifstream{cache + i + "/size"} >> size;
            if (size.empty() || type == "Instruction") continue;
            if (!caches.empty()) caches += ", ";
            caches += 'L' + level + ' ' + size;
        }
        if (::getloadavg(load, 3) != 3) load[0] = load[1] = load[2] = 0;
    }
    [[nodiscard]] bool busy() const noexcept { return load[0] > 1.5; }
};

}  // namespace rmap_bench
