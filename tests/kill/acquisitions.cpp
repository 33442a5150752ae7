// SPDX-License-Identifier: BSL-1.0

// Every acquisition of a lock, not made.

#include <algorithm>
#include <iterator>
#include <map>
#include <set>
#include <utility>

#include "kill/hunt.hpp"

namespace kill {

namespace {

/// Whether the discipline decides what is taken there.
bool of_discipline(unsigned rank) {
    using rmap::lock_rank;
    return rank == static_cast<unsigned>(lock_rank::tree) ||
           rank == static_cast<unsigned>(lock_rank::shard) ||
           rank == static_cast<unsigned>(lock_rank::chain);
}

}  // namespace

std::string name_of_lock(unsigned rank, taking how) {
    static constexpr const char* ranks[] = {
        "operation lock", "mmap_lock",  "page lock",  "ksm_node lock", "all-locks mutex",
        "i_mmap lock",    "chain lock", "shard lock", "tree lock",     "page_table_lock",
        "pte lock",       "lru lock",   "lists lock", "free-list lock"};
    const std::string name = rank < std::size(ranks) ? ranks[rank] : "lock";
    switch (how) {
        case taking::exclusive: return name;
        case taking::shared: return name + ", shared";
        case taking::try_exclusive: return name + ", tried";
        case taking::try_shared: return name + ", shared, tried";
    }
    return name;
}

void hunt_acquisitions(const sites& found, const stories& all, const seen_places& seen,
                       table& out) {
    std::map<std::string, unsigned> ordinals;
    for (const lock_site& site : found.locks) {
        if (site.passes_on) continue;
        const auto places = seen.find(site);
        const std::string function = places.empty() ? "?" : places.front()->function;
        const unsigned n = ++ordinals[site.file + function];
        row r;
        r.kind = "acquisition";
        r.where = site.file + ", " + function + number(n);
        r.weakened = "not taken";
        if (places.empty()) {
            r.what = site.text;
            out.rows.push_back(r);
        }
        // A row for each kind of lock that is taken there, and for each discipline where it is the
        // discipline's choice. What the library does is shown by its own stories, not by the mm's.
        const bool in_mm = site.file.rfind("mm/", 0) == 0;
        const bool has_own = std::any_of(places.begin(), places.end(), [&](const lock_place* p) {
            return (p->under == "mm") == in_mm;
        });
        std::map<std::pair<std::string, std::string>, std::vector<const lock_place*>> rows;
        for (const lock_place* p : places) {
            if (has_own && (p->under == "mm") != in_mm) continue;
            const bool each = of_discipline(p->rank) && !in_mm;
            rows[{each ? p->under : std::string{}, name_of_lock(p->rank, p->how)}].push_back(p);
        }
        for (const auto& of_one_kind : rows) {
            const auto& key = of_one_kind.first;
            const auto& same = of_one_kind.second;
            r.what = key.second + (key.first.empty() ? "" : " (" + key.first + ")");
            r.by.clear();
            r.shows.clear();
            const lock_place& place = *same.front();
            hunt(
                r, all,
                [&](std::size_t i) {
                    return std::any_of(same.begin(), same.end(), [&](const lock_place* p) {
                        return p->stories.count(i) != 0;
                    });
                },
                [&] {
                    auto& now = dropping::now();
                    now.on = true;
                    now.file = site.file.c_str();
                    now.line = place.line;
                    now.rank = place.rank;
                    now.how = static_cast<unsigned>(place.how);
                });
            out.rows.push_back(r);
        }
    }
}

}  // namespace kill
