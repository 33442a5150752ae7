// SPDX-License-Identifier: BSL-1.0

// Which policy is recommended: by counts alone, never one that replayed anything wrongly, and the
// first among equals.

#include <string>
#include <vector>

#include <rmap/replay/recommend.hpp>

#include "suite.hpp"

namespace {

using namespace rmap;
using suite::check;

replay::outcome made(const char* policy) {
    replay::outcome o;
    o.trace = "a.trace";
    o.policy = policy;
    o.numbers.events = 1000;
    o.numbers.walks = 10;
    o.numbers.visited = 100;
    o.numbers.places = 50;
    o.numbers.anon_vmas = 20;
    o.numbers.links = 80;
    o.numbers.bytes = 8000;
    o.numbers.seconds = .001;
    return o;
}

std::string recommended(const std::vector<replay::outcome>& all) {
    auto costs = replay::costs_of(all);
    replay::weigh(costs);
    const auto* const best = replay::lightest(costs);
    return best == nullptr ? "" : best->policy;
}

std::string line(const std::vector<replay::outcome>& all) {
    auto costs = replay::costs_of(all);
    replay::weigh(costs);
    return replay::recommendation(costs);
}

void equals() {
    const std::vector all{made("first"), made("second")};
    check(recommended(all) == "first", "the first among equals");
    check(line(all) ==
              "Recommended: first, with 2.00 vmas looked at for a place, 8000 bytes and "
              "100 objects at most; no other does better.",
          line(all));
}

// Each of the three counts decides where the others are equal.
void each_count() {
    for (int which = 0; which != 3; ++which) {
        std::vector all{made("first"), made("second"), made("third")};
        auto& better = all[1].numbers;
        if (which == 0) better.visited = 50;
        if (which == 1) better.bytes = 4000;
        if (which == 2) better.links = 30;
        check(recommended(all) == "second", "count " + std::to_string(which));
        check(line(all).find("; first has 2.00 vmas") != std::string::npos, line(all));
    }
    // Half the bytes, four times the visits: the product is larger.
    std::vector all{made("first"), made("second")};
    all[1].numbers.bytes = 4000;
    all[1].numbers.visited = 400;
    check(recommended(all) == "first", "visits outweigh bytes");
    // Next to no memory counts like a quarter of it.
    all[1].numbers.bytes = 1;
    all[1].numbers.visited = 500;
    check(recommended(all) == "first", "bytes decided alone");
}

void not_by_time() {
    std::vector all{made("first"), made("second")};
    all[1].numbers.seconds = 1e-9;
    check(recommended(all) == "first", "a time decided");
    all[1].numbers.bytes = 7700;
    check(recommended(all) == "first", "a difference of less than a twentieth decided");
}

// Sums visits, and takes the most of bytes and objects, over traces.
void traces() {
    std::vector all{made("first"), made("first"), made("second"), made("second")};
    all[1].trace = all[3].trace = "b.trace";
    all[0].numbers.bytes = 100;
    all[2].numbers.bytes = 7000;
    all[1].numbers.visited = 300;
    const auto costs = replay::costs_of(all);
    check(costs.size() == 2 && costs[0].visits_a_place == 4 && costs[0].bytes == 8000 &&
              costs[0].objects == 100,
          "sums over traces");
    check(recommended(all) == "second", "over traces");
}

void unusable() {
    std::vector all{made("first"), made("second"), made("third")};
    all[1].numbers.bytes = 10;
    all[1].numbers.differences = 1;
    all[2].numbers.bytes = 10;
    all[2].wrong = replay::problem{"a.trace", 3, "an empty line"};
    check(recommended(all) == "first", "one that differs, or was stopped, is recommended");
    all[0].numbers.differences = 1;
    check(recommended(all).empty(), "one is recommended though all differ");
    check(line(all) == "No policy is recommended: none replayed every trace as recorded.",
          line(all));
}

// Nothing was mapped: no walk, no byte.
void nothing() {
    std::vector all{made("first"), made("second")};
    for (auto& o : all)
        o.numbers = {};
    check(recommended(all) == "first", "an empty trace");
}

// The program says so under its table, twice alike; one policy has nothing beside it.
void program() {
    if (!suite::have("rmap-replay")) return;
    const suite::scratch in;
    const std::string trace = RMAP_TEST_SOURCE "/tests/traces/fork_fanout.trace";
    const auto line_of = [](const suite::ended& e) {
        const std::size_t at = e.out.find("Recommended: ");
        return at == std::string::npos ? "" : e.out.substr(at, e.out.find('\n', at) - at);
    };
    const auto once = suite::run(in, "rmap-replay", "--policy all " + trace);
    const auto again = suite::run(in, "rmap-replay", "--policy all " + trace);
    check(once.code == 0 && !line_of(once).empty() && line_of(once) == line_of(again), once.out);
    check(once.out.find("vmas a place") != std::string::npos, once.out);
    check(line_of(suite::run(in, "rmap-replay", trace)).empty(), "one policy");
}

}  // namespace

int main() {
    equals();
    each_count();
    not_by_time();
    traces();
    unusable();
    nothing();
    program();
    return suite::result();
}
