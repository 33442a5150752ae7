// SPDX-License-Identifier: BSL-1.0

// The table and the JSON, byte for byte, from outcomes made by hand.

#include <string>
#include <vector>

#include <rmap/replay/json.hpp>
#include <rmap/replay/table.hpp>

#include "suite.hpp"

namespace {

using namespace rmap;
using suite::check;

replay::outcome made(const char* trace, const char* policy) {
    replay::outcome o;
    o.trace = trace;
    o.policy = policy;
    o.numbers.events = 21632;
    o.numbers.processes = 1001;
    o.numbers.snapshots = 5;
    o.numbers.walks = 1000;
    o.numbers.visited = 2550;
    o.numbers.places = 2500;
    o.numbers.anon_vmas = 12;
    o.numbers.links = 34;
    o.numbers.bytes = 3424;
    o.numbers.seconds = 0.010816;
    return o;
}

std::vector<replay::outcome> three() {
    std::vector<replay::outcome> all{made("a/fork \"x\".trace.gz", "linux_6_18"),
                                     made("b.trace", "linux_6_18"), made("c", "linux_6_18")};
    all[1].numbers.differences = 2;
    all[1].first =
        replay::difference{"b.trace:7", "vma row", "vma 0 1 2 rw- anon", "(no such row)"};
    all[2].numbers.snapshots = 0;
    all[2].wrong = replay::problem{"c", 3, "an empty line"};
    return all;
}

// The text in tests/replay/golden.
void same(const std::string& got, const char* file) {
    const std::string path = RMAP_TEST_SOURCE "/tests/replay/golden/" + std::string{file};
    check(got == suite::read(path), path + " is not what came out:\n" + got);
}

void tables() {
    const std::vector<replay::outcome> all = three();
    same(replay::table(all), "one_policy.txt");

    std::vector<replay::outcome> two{made("a.trace", "linux_6_18"), made("a.trace", "never_merge")};
    two[1].pages_only = true;
    same(replay::table(two), "two_policies.txt");
}

void jsons() {
    same(replay::json(three()), "outcomes.json");
    check(replay::json_string("a\"\\\n\xff\xc3\xa4") == "\"a\\\"\\\\\\u000a\\ufffd\xc3\xa4\"",
          "JSON text: " + replay::json_string("a\"\\\n\xff\xc3\xa4"));
}

// A row of a thousand places is shown around the first that differs.
void long_rows() {
    std::string a = "owns 0";
    for (int i = 0; i < 1000; ++i)
        a += " 0:" + std::to_string(i);
    std::string b = a;
    b.replace(b.find(" 0:500 "), 7, " 1:500 ");
    const std::string shown = replay::clipped(a, b);
    check(shown.size() < 200 && shown.starts_with("owns ... ") && shown.ends_with(" ...") &&
              shown.find(" 0:500 ") != std::string::npos,
          shown);
    check(replay::clipped("owns 0 0:1", b) == "owns 0 0:1", "short rows stay");
}

void numbers() {
    check(replay::with_commas(0) == "0" && replay::with_commas(999) == "999" &&
              replay::with_commas(1000) == "1,000" &&
              replay::with_commas(1234567890) == "1,234,567,890",
          "commas");
    check(replay::short_name("/x/y.trace.gz") == "y" && replay::short_name("y.trace") == "y" &&
              replay::short_name("<stdin>") == "<stdin>" && replay::short_name(".gz") == ".gz",
          "names");
}

}  // namespace

int main() {
    tables();
    jsons();
    long_rows();
    numbers();
    return suite::result();
}
