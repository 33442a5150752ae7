// SPDX-License-Identifier: BSL-1.0

// The kill table: every memory order, every acquisition of a lock and every invariant of the
// shipped code is weakened, one at a time, and something must notice. What may be weakened is found
// in the text of the headers (tests/kill/sites.hpp), so that an order or a guard that is added
// tomorrow has a row, or fails here. docs/kill_table.md is written from what was seen:
//
//     kill.table --write        writes it
//     kill.table                fails if a mutant survives that is not explained, or if the file
//                               says something else than what was seen
//     kill.table --list         prints each mutant as it is run
//     kill.table --deep         searches longer (minutes) for what kills those that survive

#include <cstdio>
#include <cstring>
#include <fstream>
#include <iterator>
#include <string>

#include "kill/hunt.hpp"

namespace kill {

namespace {

int main(int argc, char** argv) {
    bool write = false;
    for (int i = 1; i != argc; ++i) {
        write = write || std::strcmp(argv[i], "--write") == 0;
        hunting.deep = hunting.deep || std::strcmp(argv[i], "--deep") == 0;
        hunting.list = hunting.list || std::strcmp(argv[i], "--list") == 0;
    }
    const sites found = find_sites(RMAP_TEST_SOURCE "/include/rmap");
    stories all;
    tell_locks(all);
    tell_pages(all);
    tell_disciplines(all);
    tell_best_effort(all);
    tell_lists(all);
    tell_glances(all);
    tell_flags(all);
    tell_mm(all);
    tell_exact(all);

    seen_places seen;
    for (std::size_t i = 0; i != all.size(); ++i) {
        seen.begin();
        const auto clean = run(all[i]);
        seen.end(i, all[i].under);
        if (hunting.list) {
            std::printf("%-14s %-50s %8.1f ms %s\n", all[i].under.c_str(), all[i].name.c_str(),
                        clean.seconds * 1e3, clean.coverage.c_str());
        }
        if (clean.failed() || !clean.complete) {
            problem(all[i].under + ", " + all[i].name + " should be clean: " + clean.what.what +
                    " (" + clean.coverage + ")\n" + clean.text);
        }
    }
    for (const std::string& unknown : seen.match(found))
        problem(unknown + " was come by, and is not in the list of what can be weakened");

    table out;
    hunt_orders(found, all, seen, out);
    hunt_acquisitions(found, all, seen, out);
    hunt_handed_on(found, all, out);
    hunt_invariants(out);
    for (const std::string& what : explain(out))
        problem(what);

    const char* const path = RMAP_TEST_SOURCE "/docs/kill_table.md";
    const std::string text = in_words(out);
    if (write) {
        std::ofstream{path} << text;
    } else {
        std::ifstream in{path};
        const std::string there{std::istreambuf_iterator<char>{in}, {}};
        if (there != text)
            problem(
                "docs/kill_table.md says something else than what was seen: kill.table --write");
    }
    std::printf("%s\n%u problems\n", summary(out).c_str(), problems());
    return problems() == 0 ? 0 : 1;
}

}  // namespace

}  // namespace kill

int main(int argc, char** argv) {
    return kill::main(argc, argv);
}
