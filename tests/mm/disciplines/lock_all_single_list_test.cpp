// SPDX-License-Identifier: BSL-1.0

// support/scripts.hpp says what is played.
//
// The rule is of Linux 2.6.7: a merged vma has one anon_vma at most, and nobody asks who was
// inherited.

#include "support/scripts.hpp"

namespace {

struct policy : rmap::default_policy {
    using locking = rmap::locking::lock_all;
    using topology = rmap::topologies::single_list;
    using merge = rmap::merges::linux_2_6_7;
};

}  // namespace

int main() { return rmap_test::play_scripts<policy>(); }
