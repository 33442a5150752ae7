// SPDX-License-Identifier: BSL-1.0
#pragma once

// The figures of the bench `policies`, found again by workload, metric and contestant; and the
// curves that are drawn of them.

#include <algorithm>
#include <cstdlib>
#include <string>
#include <vector>

#include "registry.hpp"
#include "svg.hpp"

namespace rmap_bench {

class policy_figures {
public:
    struct one {
        std::string workload{};
        std::string metric{};
        std::string contestant{};
        double value = 0;  // ns, bytes, visits, a rate: by metric
        double ratio = 0;  // how many times better than the reference
    };

    explicit policy_figures(const std::vector<figure>& of) {
        for (const figure& f : of) {
            std::vector<std::string> part(1);
            for (const char c : f.name) {
                if (c == '/') {
                    part.emplace_back();
                } else {
                    part.back() += c;
                }
            }
            if (part.size() != 4 || part[0] != "policies") continue;
            one o{part[1], part[2], part[3], f.cpu_ns, 0};
            if (f.items_per_second != 0) {
                o.value = f.items_per_second;
            } else if (f.cpu_ns == 0 && !f.counters.empty()) {
                o.value = f.counters.front().second;
            }
            for (const auto& [name, value] : f.counters)
                if (name == "ratio") o.ratio = value;
            const auto& seen = contestants_;
            if (std::find(seen.begin(), seen.end(), part[3]) == seen.end())
                contestants_.push_back(part[3]);
            all_.push_back(std::move(o));
        }
    }

    [[nodiscard]] bool empty() const noexcept { return all_.empty(); }
    /// In the order of their first figure: the reference is the first.
    [[nodiscard]] const std::vector<std::string>& contestants() const noexcept {
        return contestants_;
    }
    [[nodiscard]] const one* find(const std::string& workload, const std::string& metric,
                                  const std::string& contestant) const {
        for (const one& o : all_) {
            if (o.workload == workload && o.metric == metric && o.contestant == contestant)
                return &o;
        }
        return nullptr;
    }

    /// What is drawn, as far as it was measured.
    [[nodiscard]] std::vector<chart> charts() const {
        std::vector<chart> out;
        const family by_width{"width_", "_depth_1", "children of one process"};
        const family by_depth{"width_1_depth_", "", "forks after one another, all alive"};
        const family by_turns{"bounds_by_turns_", "", "children of one process"};
        const family in_runs{"bounds_in_runs_", "", "children of one process"};
        add(out, "fork-by-width", "Fork, ns a vma", "fork", by_width);
        add(out, "exit-by-width", "Exit, ns a vma", "exit", by_width);
        add(out, "walk-shared-by-width", "Walk of a page that all map, ns a place", "walk_shared",
            by_width);
        add(out, "walk-private-by-width", "Walk of a page that one maps, ns", "walk_private",
            by_width);
        add(out, "visits-by-width", "Vmas looked at for a place found", "visits_a_place", by_width);
        add(out, "bytes-by-width", "Memory, bytes a vma", "bytes_a_vma", by_width);
        add(out, "fork-by-depth", "Fork of the youngest, ns a vma", "fork_of_last", by_depth);
        add(out, "walk-shared-by-depth", "Walk of the oldest's page, ns a place", "walk_shared",
            by_depth);
        add(out, "bytes-by-depth", "Memory of a chain, bytes a vma", "bytes_a_vma", by_depth);
        add(out, "walk-bounds-by-turns", "Walk where one child in 8 maps the page, ns a place",
            "walk_shared", by_turns);
        add(out, "walk-bounds-in-runs", "The same, and these are side by side", "walk_shared",
            in_runs);
        return out;
    }

private:
    /// Workloads that differ in one number.
    struct family {
        const char* begin;
        const char* end;
        const char* number;  // what it says
    };

    void add(std::vector<chart>& out, const char* file, const char* title, const char* metric,
             const family& of) const {
        chart c{file, title, of.number, "", {}};
        bool any = false;
        for (std::size_t i = 0; i != contestants_.size(); ++i) {
            curve line{contestants_[i], i, {}};
            for (const unsigned n :
                 {1U, 2U, 4U, 10U, 16U, 64U, 100U, 1000U, 1024U, 8192U, 10000U}) {
                const std::string workload = of.begin + std::to_string(n) + of.end;
                const one* const o = find(workload, metric, contestants_[i]);
                if (o != nullptr && o->value > 0) line.points.emplace_back(n, o->value);
            }
            any = any || line.points.size() > 1;
            c.curves.push_back(std::move(line));
        }
        if (any) out.push_back(std::move(c));
    }

    std::vector<one> all_{};
    std::vector<std::string> contestants_{};
};

}  // namespace rmap_bench
