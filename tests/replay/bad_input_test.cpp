// SPDX-License-Identifier: BSL-1.0

// Each malformed trace is refused with file, line and reason: by the library, and by rmap-replay
// with exit code 2 and nothing else lost. So is what cannot be read at all.

#include <string>
#include <vector>

#include <unistd.h>

#include <rmap/policy.hpp>
#include <rmap/replay.hpp>

#include "bad_inputs.hpp"
#include "suite.hpp"

namespace {

using namespace rmap;
using suite::check;

constexpr const char* good = RMAP_TEST_TRACES "/fork_cow.trace";

bool contains(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

void refused_by_the_library() {
    for (const bad_inputs::entry& bad : bad_inputs::all()) {
        replay::input in;
        in.open_memory("bad", bad.text);
        const replay::outcome o =
            replay::run_trace<default_policy>(in, {}, [](std::uint64_t, std::uint64_t) {});
        if (!check(o.wrong.has_value(), std::string{"accepted: "} + bad.name)) continue;
        check(o.wrong->line == bad.line && contains(o.wrong->what, bad.what),
              std::string{bad.name} + ": expected line " + std::to_string(bad.line) + ", `" +
                  bad.what + "`; got " + o.wrong->text());
    }
}

// All of them in one run, a good trace last: each is named, and the good one is still replayed.
void refused_by_the_program(const suite::scratch& folder) {
    const std::vector<bad_inputs::entry> bad = bad_inputs::all();
    std::string arguments;
    for (std::size_t i = 0; i < bad.size(); ++i) {
        arguments += folder.write(std::to_string(i) + ".trace", bad[i].text) + ' ';
    }
    const suite::ended all = suite::run(folder, "rmap-replay", arguments + good);
    check(all.code == 2, "exit code " + std::to_string(all.code) + ": " + all.err);
    for (std::size_t i = 0; i < bad.size(); ++i) {
        const std::string at =
            folder.path(std::to_string(i) + ".trace:") + std::to_string(bad[i].line) + ": ";
        check(contains(all.err, at), std::string{bad[i].name} + ": no line " + at);
    }
    check(contains(all.out, "fork_cow") && contains(all.out, "equal"),
          "the good trace was lost: " + all.out);
}

void expect(const suite::scratch& folder, const std::string& arguments, const std::string& what,
            const std::string& environment = {}) {
    const suite::ended e = suite::run(folder, "rmap-replay", arguments, environment);
    check(e.code == 2 && contains(e.err, what), "`" + arguments + "`: expected 2, `" + what +
                                                    "`; got " + std::to_string(e.code) + ", " +
                                                    e.err);
}

void unreadable(const suite::scratch& folder) {
    const std::string missing = folder.path("missing.trace");
    expect(folder, missing, missing + ":1: cannot open: ");
    expect(folder, folder.path("."), folder.path(".") + ":1: cannot read: it is a directory");
    expect(folder, "- < /dev/null", "<stdin>:1: the file is empty");
    expect(folder, "- < " + folder.path("."), "<stdin>:1: cannot read: it is a directory");

    const std::string secret = folder.write("secret.trace", suite::read(good));
    ::chmod(secret.c_str(), 0);
    if (::access(secret.c_str(), R_OK) != 0) {
        expect(folder, secret, secret + ":1: cannot open: ");
    } else {
        std::printf("left out: no permission (this user may read everything)\n");
    }
    if (::access("/proc/self/mem", F_OK) == 0) {
        expect(folder, "/proc/self/mem", "/proc/self/mem:1: cannot read: ");
    }
}

void compressed(const suite::scratch& folder) {
    const std::string packed = folder.path("packed.trace.gz");
    if (std::system(("gzip -c " + std::string{good} + " > " + packed).c_str()) != 0) {
        std::printf("left out: compressed traces (no gzip)\n");
        return;
    }
    check(suite::run(folder, "rmap-replay", packed).code == 0, "a compressed trace");
    check(suite::run(folder, "rmap-replay", "- < " + packed).code == 0, "compressed, from a file");
    check(suite::run(folder, "rmap-replay", "--policy all - < " + packed).code == 0,
          "several times");
    const std::string bytes = suite::read(packed);
    const std::string cut = folder.write("cut.gz", bytes.substr(0, bytes.size() / 2));
    expect(folder, cut, "damaged or cut short");
    const std::string only_magic = folder.write("magic.gz", bytes.substr(0, 2));
    expect(folder, only_magic, only_magic + ":1: the compressed data is damaged or cut short");
    expect(folder, packed, packed + ":1: compressed, and the program `gzip` cannot be run",
           "PATH=" + folder.path("."));
}

void usage(const suite::scratch& folder) {
    expect(folder, "", "usage: rmap-replay");
    expect(folder, "--json x.json", "no trace given");
    expect(folder, std::string{"--frob "} + good, "unknown option `--frob`");
    expect(folder, std::string{"--policy linux_7 "} + good, "unknown policy `linux_7`");
    expect(folder, std::string{good} + " --policy", "--policy needs a value");
    expect(folder, std::string{good} + " --json", "--json needs a value");
    expect(folder, std::string{"--json "} + folder.path("no/such/folder.json") + ' ' + good,
           "cannot write");
}

}  // namespace

int main() {
    refused_by_the_library();
    const suite::scratch folder;
    if (suite::have("rmap-replay")) {
        refused_by_the_program(folder);
        unreadable(folder);
        compressed(folder);
        usage(folder);
    }
    return suite::result();
}
