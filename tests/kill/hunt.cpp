// SPDX-License-Identifier: BSL-1.0

#include "kill/hunt.hpp"

#include <cstdio>
#include <set>

#include "kill/invariants.hpp"

namespace kill {

namespace {

unsigned wrong = 0;

/// How a story that goes wrong shows it, without numbers that say nothing.
std::string shown(const verify::failure& f) {
    const std::string kind = name_of(f.kind);
    const bool says_more = f.kind == verify::failure_kind::assertion ||
                           f.kind == verify::failure_kind::check ||
                           f.kind == verify::failure_kind::invariant;
    if (!says_more) return kind;
    std::string text = f.what.substr(0, f.what.find(" ("));
    return f.kind == verify::failure_kind::check ? "check " + text.substr(0, text.find(':')) : text;
}

}  // namespace

void problem(const std::string& what) {
    ++wrong;
    std::printf("FAILED: %s\n", what.c_str());
}

unsigned problems() {
    return wrong;
}

verify::explore_result run(const story& s) {
    return verify::explore(s.name, s.with, s.body);
}

void hunt(row& r, const stories& all, const std::function<bool(std::size_t)>& comes_by,
          const std::function<void()>& plant) {
    for (std::size_t i = 0; i != all.size(); ++i) {
        if (!comes_by(i)) continue;
        plant();
        story mutated = all[i];
        // Enough for every mutant that a story kills; then the next one's turn has come.
        mutated.with.max_executions = hunting.deep ? 3'000'000 : 20'000;
        if (hunting.deep) mutated.with.preemptions = 3;
        const auto result = run(mutated);
        rmap_test::weakening::now() = {};
        dropping::now() = {};
        if (hunting.list) {
            std::printf("  %-60s %-40s %8.1f ms %s\n", (r.where + " " + r.what).c_str(),
                        all[i].name.c_str(), result.seconds * 1e3,
                        result.failed() ? result.what.what.c_str() : result.coverage.c_str());
        }
        if (result.failed()) {
            r.by = all[i].name;
            r.under = all[i].under;
            r.shows = shown(result.what);
            return;
        }
    }
}

void hunt_invariants(table& out) {
    std::set<int> done;
    for (const broken& b : break_invariants()) {
        row r;
        r.kind = "invariant";
        r.where = "I" + std::to_string(b.invariant);
        r.what = b.by;
        r.weakened = "broken";
        std::string named;
        for (int n : b.named)
            named += (named.empty() ? "I" : ", I") + std::to_string(n);
        if (std::count(b.named.begin(), b.named.end(), b.invariant) != 0) {
            r.by = "verify::check";
            r.shows = "names " + named;
        }
        done.insert(b.invariant);
        out.rows.push_back(r);
    }
    for (int i = 1; i <= 15; ++i)
        if (done.count(i) == 0) problem("nobody breaks I" + std::to_string(i));
}

}  // namespace kill
