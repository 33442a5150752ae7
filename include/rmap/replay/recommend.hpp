// SPDX-License-Identifier: BSL-1.0
#pragma once

// Which of several policies suits the traces that all of them replayed, and why. Only counts are
// weighed, which are the same in every run: what walks looked at for a place that they found, the
// bytes and the objects of the map at most. Times are shown and not weighed. docs/choosing.md.

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <rmap/replay/totals.hpp>

namespace rmap::inline RMAP_ABI::replay {

/// What a policy took for all traces.
struct policy_cost {
    std::string policy{};
    double ns_an_event = 0;
    double visits_a_place = 0;  // 1 at best: no vma was looked at for nothing
    std::uint64_t bytes = 0;    // at most, of any trace
    std::uint64_t objects = 0;  // anon_vmas and links at most, of any trace
    double weight = 0;          // see weigh()
    bool usable = true;         // every trace was read, and every row compared was equal
};

/// One for each policy, in the order of their first outcome.
[[nodiscard]] inline std::vector<policy_cost> costs_of(std::span<const outcome> all) {
    std::vector<policy_cost> out;
    std::vector<totals> sums;
    for (const outcome& o : all) {
        std::size_t at = 0;
        while (at != out.size() && out[at].policy != o.policy)
            ++at;
        if (at == out.size()) {
            out.emplace_back().policy = o.policy;
            sums.emplace_back();
        }
        sums[at].add(o.numbers);
        out[at].objects = std::max(out[at].objects, o.numbers.anon_vmas + o.numbers.links);
        if (o.wrong || o.numbers.differences != 0) out[at].usable = false;
    }
    for (std::size_t i = 0; i != out.size(); ++i) {
        const totals& n = sums[i];
        if (n.events != 0) out[i].ns_an_event = n.seconds * 1e9 / static_cast<double>(n.events);
        if (n.places != 0) {
            out[i].visits_a_place = static_cast<double>(n.visited) / static_cast<double>(n.places);
        }
        out[i].bytes = n.bytes;
    }
    return out;
}

/// The weight of each: the product of visits a place, bytes, and objects, each as a multiple of the
/// least among the usable policies, but of no less than a quarter of the first one's: what the map
/// has is a part of what the program around it has. 1 is best in everything. What is 0 for all
/// counts for nothing.
inline void weigh(std::vector<policy_cost>& all) {
    const auto least = [&all](auto member) {
        double out = 0;
        double floor = 0;
        for (const policy_cost& c : all) {
            const auto value = static_cast<double>(c.*member);
            if (!c.usable || value <= 0) continue;
            if (floor == 0) floor = value / 4;
            if (out == 0 || value < out) out = value;
        }
        return std::max(out, floor);
    };
    const double visits = least(&policy_cost::visits_a_place);
    const double bytes = least(&policy_cost::bytes);
    const double objects = least(&policy_cost::objects);
    const auto multiple = [](double value, double of) {
        return of == 0 ? 1 : std::max(1.0, value / of);
    };
    for (policy_cost& c : all) {
        c.weight = multiple(c.visits_a_place, visits) *
                   multiple(static_cast<double>(c.bytes), bytes) *
                   multiple(static_cast<double>(c.objects), objects);
    }
}

/// The least weight; among those within a twentieth of it, the first. Null without a usable policy.
[[nodiscard]] inline const policy_cost* lightest(const std::vector<policy_cost>& weighed) {
    double least = 0;
    for (const policy_cost& c : weighed) {
        if (c.usable && (least == 0 || c.weight < least)) least = c.weight;
    }
    for (const policy_cost& c : weighed) {
        if (c.usable && c.weight <= least * 1.05) return &c;
    }
    return nullptr;
}

namespace detail {

[[nodiscard]] inline std::string short_number(double value, const char* format) {
    char text[32];
    std::snprintf(text, sizeof text, format, value);
    return text;
}

}  // namespace detail

/// One line: the policy, and what speaks for it beside the first policy (or beside the next best).
[[nodiscard]] inline std::string recommendation(const std::vector<policy_cost>& weighed) {
    const policy_cost* const best = lightest(weighed);
    if (best == nullptr) return "No policy is recommended: none replayed every trace as recorded.";
    const auto of = [](const policy_cost& c) {
        return detail::short_number(c.visits_a_place, "%.2f") + " vmas looked at for a place, " +
               std::to_string(c.bytes) + " bytes and " + std::to_string(c.objects) +
               " objects at most";
    };
    const policy_cost* beside = nullptr;
    for (const policy_cost& c : weighed) {
        if (!c.usable || &c == best) continue;
        if (&c == &weighed.front() && c.weight > best->weight * 1.05) {
            beside = &c;
            break;
        }
        if (c.weight <= best->weight * 1.05) continue;  // as good
        if (beside == nullptr || c.weight < beside->weight) beside = &c;
    }
    std::string out = "Recommended: " + best->policy + ", with " + of(*best);
    if (beside == nullptr) return out + "; no other does better.";
    return out + "; " + beside->policy + " has " + of(*beside) + '.';
}

}  // namespace rmap::inline RMAP_ABI::replay
