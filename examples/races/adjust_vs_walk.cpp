// SPDX-License-Identifier: BSL-1.0

// The page leads to the parent's anon_vma, through which a walk finds the child's vma too. The
// child's vma has an anon_vma of its own, and changes its range under the lock of that: the walk
// comes by while the vma is not where it can be found. On the reference mm.

#include <rmap/locking/lock_all.hpp>
#include <rmap/locking/per_anon_vma.hpp>
#include <rmap/locking/root.hpp>
#include <rmap/locking/sharded_root.hpp>

#include "gallery.hpp"
#include "policies.hpp"
#include "reference_mm.hpp"

namespace races {

namespace {

template <class Locking>
explore_result run(const std::string& name, const explore_options& with) {
    return beside_migration<explored_family<Locking>>(
        name, with, "munmap in the child", false,
        [](auto& f) { return f.mm.munmap(*f.child, f.start, 1); });
}

}  // namespace

const race adjust_vs_walk{
    .name = "adjust-vs-walk",
    .source = "Mel Gorman, 24 April 2010; Rik van Riel, 28 April 2010; Linux 012f18004da3",
    .story = "a child's vma changes its range while a migration looks for the parent's page",
    .rule = "a range changes under a lock that every walk over it takes",
    .kind = failure_kind::assertion,
    .with = {},
    .broken = {"locking::per_anon_vma, which claims that its walks are complete",
               run<claims_to_be_complete<rmap::locking::per_anon_vma>>},
    .fixed = {"locking::root: one lock for the fork tree", run<rmap::locking::root>},
    .also_fixed = {{"locking::lock_all: the change locks all anon_vmas of the vma's chain",
                    run<rmap::locking::lock_all>},
                   {"locking::sharded_root: the change locks all offsets that the vma covers",
                    run<rmap::locking::sharded_root>}},
};

}  // namespace races
