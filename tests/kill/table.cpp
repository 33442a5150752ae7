// SPDX-License-Identifier: BSL-1.0

#include "kill/table.hpp"

#include <algorithm>
#include <utility>

namespace kill {

namespace {

/// Why mutants survive, and which. One that is killed after all is no survivor: its line goes.
struct reason {
    const char* name;
    const char* why;
    std::vector<std::pair<const char*, const char*>> of;  // where, the begin of what
};
const reason reasons[] = {
    {"the chain lock",
     "Redundant under the callers' own rules: whoever changes a space's chains holds its mmap_lock "
     "exclusively, first faults their page_table_lock. Kept as the discipline of seed 002 has it.",
     {{"locking/lock_all.hpp, update (2)", "chain lock"},
      {"locking/lock_all.hpp, update (4)", "chain lock"},
      {"ops/adjust.hpp, adjust", "chain lock"},
      {"ops/chain_guard.hpp, chain_guard", "chain lock"},
      {"ops/clone.hpp, clone", "chain lock"},
      {"ops/fork.hpp, fork", "chain lock"},
      {"ops/merge.hpp, merge", "chain lock"},
      {"ops/move.hpp, move_locks", "chain lock"},
      {"ops/move.hpp, order_tail", "chain lock"},
      {"ops/prepare.hpp, prepare", "chain lock"},
      {"ops/split.hpp, split", "chain lock"},
      {"ops/unlink.hpp, unlink", "chain lock"}}},
    {"shards where links are added",
     "Redundant: a link that is added a walk may meet or not, and the locks of the trees order it. "
     "Kept so that one guard is enough for every operation.",
     {{"ops/clone.hpp, clone", "shard lock"},
      {"ops/fork.hpp, fork", "shard lock"},
      {"ops/prepare.hpp, prepare", "shard lock"}}},
    {"one flag under a lock",
     "Redundant: taking the flag away is one read-modify-write. Kept since all parties of this "
     "form "
     "hold the lock.",
     {{"flags/locked.hpp, isolate", "lock"}}},
    {"the old page of a merge",
     "Redundant: whether the old page is still at the place is decided under the entry's lock, and "
     "a page in migration has no entry. Kept since who changes what maps a page holds its lock.",
     {{"mm/ksm.hpp, replace_by", "page lock"}}},
    {"the fence behind the lock",
     "The release is redundant: taking seq_rw_spin exclusively ends in a release fence, behind the "
     "making of what the store then publishes. Kept for locks without one, and as "
     "ThreadSanitizer does not know fences.",
     {{"topologies/cow_field.hpp, operator=", "release"}}},
    {"holes and the size",
     "Redundant: what punching does page by page does not depend on the size. Kept so that changes "
     "of a file come one at a time.",
     {{"mm/truncate.hpp, punch", "operation lock"}}},
};

bool begins(const std::string& text, const std::string& with) {
    return text.rfind(with, 0) == 0;
}

const char* const head = R"(# The kill table

    kill.table --write        # from the root of the tree: writes this file from what it sees

Every memory order, every acquisition of a lock and every invariant of the shipped code is weakened,
one at a time, while stories run through the schedule explorer (`docs/explorer.md`). A mutant is
killed by the first story that is clean as the code ships, comes by the mutant's place, and goes
wrong with it. The test `kill.table` does all of it again, and fails where a mutant survives without
a reason, or this file says something else.

What can be weakened is found in the text of the headers (`tests/kill/sites.cpp`): an order or a
guard that is added has a row here, or the test fails. A place that the stories come by and the list
lacks fails as well. `(2)` is the second of its kind in a function; before the name of a story
stands the discipline, or the part of the library, that it is about.

)";

void put(std::string& out, const table& t, const std::string& title, const char* lead,
         std::initializer_list<const char*> kinds) {
    out += "## " + title + "\n\n" + lead;
    out +=
        "| Where | What | Weakened to | Killed by | How it shows |\n| --- | --- | --- | --- | --- "
        "|\n";
    for (const row& r : t.rows) {
        if (std::find(kinds.begin(), kinds.end(), r.kind) == kinds.end()) continue;
        const bool survives = r.by.empty();
        const std::string by = r.under.empty() ? r.by : r.under + ": " + r.by;
        out += "| `" + r.where + "` | " + r.what + " | " + r.weakened + " | " +
               (survives ? "**survives**" : by) + " | " +
               (survives ? "see *" + r.why + "*" : r.shows) + " |\n";
    }
    out += "\n";
}

}  // namespace

std::vector<std::string> explain(table& t) {
    std::vector<std::string> wrong;
    for (const reason& r : reasons) {
        for (const auto& [where, what] : r.of) {
            bool used = false;
            for (row& mutant : t.rows) {
                if (!mutant.by.empty() || mutant.where != where || !begins(mutant.what, what)) {
                    continue;
                }
                mutant.why = r.name;
                used = true;
            }
            if (!used) {
                wrong.push_back(std::string{where} + ": " + what +
                                " does not survive; tests/kill/table.cpp says that it does");
            }
        }
    }
    for (const row& mutant : t.rows) {
        if (mutant.by.empty() && mutant.why.empty()) {
            wrong.push_back(mutant.where + ": " + mutant.what + ", weakened to " + mutant.weakened +
                            ", survives, and no reason is given");
        }
    }
    return wrong;
}

std::string summary(const table& t) {
    const auto killed =
        std::count_if(t.rows.begin(), t.rows.end(), [](const row& r) { return !r.by.empty(); });
    return std::to_string(t.rows.size()) + " mutants, " + std::to_string(killed) + " killed, " +
           std::to_string(static_cast<long>(t.rows.size()) - killed) + " survive with reasons.";
}

std::string in_words(const table& t) {
    std::string out = head;
    out += "**" + summary(t) + "** " + std::to_string(t.relaxed) +
           " accesses are relaxed, which cannot be weakened.\n\n";
    put(out, t, "Memory orders and fences", "", {"order", "fence"});
    put(out, t, "Acquisitions of locks",
        "The thread goes on without the lock, and unlocks nothing. Where the discipline decides "
        "which "
        "locks are taken there is a row for each. In `locking/` a guard tells the lock who asked "
        "for "
        "it; there the rows drop what one function asks for.\n\n",
        {"acquisition"});
    put(out, t, "Invariants",
        "Broken on purpose in a world that stands still; the check of invariants names it.\n\n",
        {"invariant"});
    out += "## Survivors\n\n`kill.table --deep` searches longer for what would kill them.\n\n";
    for (const reason& r : reasons) {
        out += "**" + std::string{r.name} + "** (" + std::to_string(r.of.size()) + "). " + r.why +
               "\n\n";
    }
    out.pop_back();
    return out;
}

}  // namespace kill
