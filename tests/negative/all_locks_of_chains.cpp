// expect: rmap: take_all_locks needs a 'locking' discipline in which one lock guards a fork tree
// SPDX-License-Identifier: BSL-1.0

#include "support/toy.hpp"

struct policy : rmap::default_policy {
    using locking = rmap::locking::lock_all;
};
using toy = rmap_test::toy<policy>;

void stop(toy::map& map, toy::vma& v) {
    const auto all = map.take_all_locks([&](auto f) { f(v); });
}
