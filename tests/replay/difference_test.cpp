// SPDX-License-Identifier: BSL-1.0

// A difference is found, counted and shown: one row of a good trace is changed, taken away or put
// there, for each kind of row. Then where, expected and got are as planted, and rmap-replay
// exits 1.

#include <string>
#include <string_view>
#include <vector>

#include <rmap/policy.hpp>
#include <rmap/replay.hpp>

#include "suite.hpp"

namespace {

using namespace rmap;
using suite::check;

// What a Linux 6.18 does here, the last snapshot in lines 11 to 20.
const std::string good =
    "rmap-trace 1\nkernel 6.18.44\npage 4096\nscope strict\nrange 1000 256\nmm 0\n"
    "mmap 0 1000 2 rw- anon\nwrite 0 1000 2\nfork 0 1\nsnap\n"
    "vma 0 1000 2 rw- anon\n"
    "vma 1 1000 2 rw- anon\n"
    "page 2 0:1000 1:1000\n"
    "page 2 0:1001 1:1001\n"
    "av 0 0 0 2 1\n"
    "av 1 0 0 0 1\n"
    "chain 0 1000 1000 0 0\n"
    "chain 1 1000 1000 1 1 0\n"
    "owns 0 0:1000 0:1001\n"
    "objs 2 3\n"
    "end\n";

struct planted {
    const char* from;  // a line
    const char* to;    // what stands there instead; empty: nothing
    int line;
    std::uint64_t differences;
    const char* expected;
    const char* got;
};

const planted cases[] = {
    {"vma 1 1000 2 rw- anon", "vma 1 1000 2 rw- anon locked", 12, 1, "vma 1 1000 2 rw- anon locked",
     "vma 1 1000 2 rw- anon"},
    {"vma 1 1000 2 rw- anon", "vma 1 1000 1 rw- anon\nvma 1 1001 1 rw- anon", 12, 2,
     "vma 1 1000 1 rw- anon", "vma 1 1000 2 rw- anon"},
    {"vma 1 1000 2 rw- anon", "", 10, 1, "(no such row)", "vma 1 1000 2 rw- anon"},
    // A page is found twice, from page tables and by a walk.
    {"page 2 0:1001 1:1001", "page 1 0:1001", 14, 2, "page 1 0:1001", "page 2 0:1001 1:1001"},
    {"page 2 0:1000 1:1000", "", 13, 2, "(no such row)", "page 2 0:1000 1:1000"},
    {"page 2 0:1001 1:1001", "page 2 0:1001 1:1001\npage 1 0:1002", 15, 2, "page 1 0:1002",
     "(no such row)"},
    {"av 0 0 0 2 1", "av 0 0 0 1 1", 15, 1, "av 0 0 0 1 1", "av 0 0 0 2 1"},
    {"chain 1 1000 1000 1 1 0", "chain 1 1000 1000 1 0 1", 18, 1, "chain 1 1000 1000 1 0 1",
     "chain 1 1000 1000 1 1 0"},
    {"owns 0 0:1000 0:1001", "owns 0 0:1000", 19, 1, "owns 0 0:1000", "owns 0 0:1000 0:1001"},
    {"objs 2 3", "objs 2 4", 20, 1, "objs 2 4", "objs 2 3"},
};

std::string with(const planted& p) {
    std::string text = good;
    std::string to = p.to;
    if (!to.empty()) to += '\n';
    return text.replace(text.find(std::string{p.from} + '\n'), std::string_view{p.from}.size() + 1,
                        to);
}

replay::outcome played(const std::string& text) {
    replay::input in;
    in.open_memory("t", text);
    return replay::run_trace<linux_6_18>(in, {}, [](std::uint64_t, std::uint64_t) {});
}

void found_by_the_library() {
    const replay::outcome none = played(good);
    check(!none.wrong && none.numbers.differences == 0 && none.numbers.snapshots == 1,
          "the good trace: " + replay::table({&none, 1}));
    for (const planted& p : cases) {
        const replay::outcome o = played(with(p));
        const std::string name = p.from + std::string{" -> "} + p.to;
        check(!o.wrong && o.numbers.differences == p.differences,
              name + ": " + std::to_string(o.numbers.differences) + " differences");
        if (!check(o.first.has_value(), name + ": none found")) continue;
        check(o.first->where == "t:" + std::to_string(p.line), name + ": " + o.first->where);
        check(o.first->expected == p.expected, name + ": " + o.first->expected);
        check(o.first->got == p.got, name + ": " + o.first->got);
    }
}

void shown_by_the_program() {
    const suite::scratch folder;
    const std::string trace = folder.write("planted.trace", with(cases[0]));
    const std::string json = folder.path("out.json");
    const suite::ended e = suite::run(folder, "rmap-replay", "--json " + json + ' ' + trace);
    check(e.code == 1, "exit code " + std::to_string(e.code) + ": " + e.err);
    const std::string shown = trace +
                              ":12: vma row differs\n"
                              "    expected: vma 1 1000 2 rw- anon locked\n"
                              "    got:      vma 1 1000 2 rw- anon\n";
    check(e.out.find(shown) != std::string::npos, "not shown: " + e.out);
    check(suite::read(json).find("\"verdict\": \"differs\"") != std::string::npos, "JSON");
    check(suite::run(folder, "rmap-replay", "--no-check " + trace).code == 0, "--no-check");
    check(suite::run(folder, "rmap-replay", "--policy never_merge " + trace).code == 0,
          "only page rows are compared under a policy that is not the reference");
    const std::string bad = folder.write("bad.trace", good + "exit 7\n");
    check(suite::run(folder, "rmap-replay", trace + ' ' + bad).code == 2, "both: bad input wins");
}

}  // namespace

int main() {
    found_by_the_library();
    if (suite::have("rmap-replay")) shown_by_the_program();
    return suite::result();
}
