// SPDX-License-Identifier: BSL-1.0

// Guards that tell a lock who asked for it, not their own place: the disciplines', above all. Each
// is known here by the stories that take it, the rank of its lock and how it is taken.

#include <map>

#include "kill/hunt.hpp"

namespace kill {

namespace {

/// Guards that tell a lock their maker's place: which stories take them, and how they are told from
/// others.
struct handed_on {
    const char* file;
    const char* function;  // they are in
    const char* under;
    const char* maker;    // the function that the lock is told of; null: any
    const char* told_in;  // a story; null: any
    rmap::lock_rank rank;
    taking how;
};
constexpr handed_on all_handed_on[] = {
    {"locking/held_locks.hpp", "take", "sharded_root", "unlink_locked", nullptr,
     rmap::lock_rank::tree, taking::exclusive},
    {"locking/held_locks.hpp", "walk_one", "lock_all", nullptr, nullptr, rmap::lock_rank::tree,
     taking::try_shared},
    {"locking/held_locks.hpp", "walk_one", "lock_all", nullptr, nullptr, rmap::lock_rank::tree,
     taking::shared},
    {"locking/lock_all.hpp", "update", "lock_all", nullptr, "tag_moved beside a walk",
     rmap::lock_rank::tree, taking::exclusive},
    {"locking/lock_all.hpp", "update", "lock_all", "prepare", nullptr, rmap::lock_rank::chain,
     taking::exclusive},
    {"locking/lock_all.hpp", "update", "lock_all", "prepare", nullptr, rmap::lock_rank::tree,
     taking::exclusive},
    {"locking/lock_all.hpp", "update", "lock_all", "adjust", nullptr, rmap::lock_rank::chain,
     taking::exclusive},
    {"locking/per_anon_vma.hpp", "update", "per_anon_vma", "adjust", nullptr, rmap::lock_rank::tree,
     taking::exclusive},
    {"locking/root.hpp", "update", "root", "adjust", nullptr, rmap::lock_rank::tree,
     taking::exclusive},
    {"locking/root.hpp", "walk", "root", nullptr, nullptr, rmap::lock_rank::tree,
     taking::try_shared},
    {"locking/root.hpp", "walk", "root", nullptr, nullptr, rmap::lock_rank::tree, taking::shared},
    {"locking/seq_retry.hpp", "update", "seq_retry", "adjust", nullptr, rmap::lock_rank::tree,
     taking::exclusive},
    {"locking/sharded_root.hpp", "update", "sharded_root", "adjust", nullptr,
     rmap::lock_rank::shard, taking::exclusive},
    {"locking/sharded_root.hpp", "update", "sharded_root", "prepare", nullptr,
     rmap::lock_rank::tree, taking::exclusive},
    {"locking/sharded_root.hpp", "walk", "sharded_root", nullptr, nullptr, rmap::lock_rank::shard,
     taking::try_shared},
    {"locking/sharded_root.hpp", "walk", "sharded_root", nullptr, nullptr, rmap::lock_rank::shard,
     taking::shared},
    {"locking/sharded_root.hpp", "walk", "sharded_root", nullptr, nullptr, rmap::lock_rank::tree,
     taking::try_shared},
    {"locking/sharded_root.hpp", "walk", "sharded_root", nullptr, nullptr, rmap::lock_rank::tree,
     taking::shared},
    {"ops/file.hpp", "range_locks", "root", "adjust", nullptr, rmap::lock_rank::file,
     taking::exclusive},
};

}  // namespace

void hunt_handed_on(const sites& found, const stories& all, table& out) {
    std::map<std::string, std::size_t> in_text, in_list;
    for (const lock_site& site : found.locks)
        if (site.passes_on) ++in_text[site.file];
    for (const handed_on& h : all_handed_on)
        ++in_list[h.file];
    for (const auto& [file, count] : in_text) {
        if (in_list[file] != count) {
            problem(file + ": " + std::to_string(count) + " guards pass their maker's place on, " +
                    "tests/kill/kill.cpp lists " + std::to_string(in_list[file]));
        }
    }
    std::map<std::string, unsigned> ordinals;
    for (const handed_on& h : all_handed_on) {
        row r;
        r.kind = "acquisition";
        r.where = std::string{h.file} + ", " + h.function +
                  number(++ordinals[std::string{h.file} + h.function]);
        r.what = name_of_lock(static_cast<unsigned>(h.rank), h.how);
        r.weakened = "not taken";
        hunt(
            r, all,
            [&](std::size_t i) {
                return all[i].under == h.under &&
                       (h.told_in == nullptr || all[i].name == h.told_in);
            },
            [&] {
                auto& now = dropping::now();
                now.on = true;
                now.function = h.maker;
                now.rank = static_cast<unsigned>(h.rank);
                now.how = static_cast<unsigned>(h.how);
            });
        out.rows.push_back(r);
    }
}

}  // namespace kill
