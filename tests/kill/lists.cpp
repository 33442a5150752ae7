// SPDX-License-Identifier: BSL-1.0

// What is different where an anon_vma keeps its vmas in a list, in the order in which they came.

#include "kill/disciplines.hpp"

namespace kill {

namespace {

template <class Locking>
struct under : explored {
    using locking = Locking;
    using merge = no_reuse;
    using topology = rmap::topologies::chain_list;
};

}  // namespace

void tell_lists(stories& out) {
    const char* const also = ", in lists";
    family_stories<under<rmap::locking::root>>{out, "root", also}.of_moves();
    family_stories<under<rmap::locking::lock_all>>{out, "lock_all", also}.of_moves();
    family_stories<under<rmap::locking::per_anon_vma>>{out, "per_anon_vma", also}.of_moves();
}

}  // namespace kill
