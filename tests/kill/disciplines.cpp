// SPDX-License-Identifier: BSL-1.0

#include "kill/disciplines.hpp"

namespace kill {

namespace {

template <class Locking, class Merge>
struct under : explored {
    using locking = Locking;
    using merge = Merge;
};

}  // namespace

void tell_disciplines(stories& out) {
    using rmap::merges::linux_6_18;
    using two_shards = rmap::locking::basic_sharded_root<2, 2>;
    family_stories<under<rmap::locking::root, linux_6_18>> root{out, "root"};
    root.of_chains();
    root.of_moves();
    root.of_batches();
    root.of_others();
    family_stories<under<rmap::locking::lock_all, linux_6_18>> lock_all{out, "lock_all"};
    lock_all.of_chains();
    lock_all.of_moves();
    family_stories<under<two_shards, linux_6_18>> sharded{out, "sharded_root"};
    sharded.of_chains();
    sharded.of_moves();
}

}  // namespace kill
