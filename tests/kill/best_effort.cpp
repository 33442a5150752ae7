// SPDX-License-Identifier: BSL-1.0

// The same under disciplines whose walks may miss a mapping: nothing races there either.

#include "kill/disciplines.hpp"

namespace kill {

namespace {

template <class Locking>
struct under : explored {
    using locking = Locking;
    using merge = no_reuse;
};

}  // namespace

void tell_best_effort(stories& out) {
    family_stories<under<rmap::locking::per_anon_vma>>{out, "per_anon_vma"}.of_chains();
    family_stories<under<rmap::locking::seq_retry>>{out, "seq_retry"}.of_chains();
}

}  // namespace kill
