// SPDX-License-Identifier: BSL-1.0

// The patch that broke after 28 hours: a lock, and a sequence counter for vmas that have another
// one. The counter is in what the walk meets; what it does not meet it cannot ask. On the reference
// mm.

#include <rmap/locking/lock_all.hpp>
#include <rmap/locking/root.hpp>
#include <rmap/locking/seq_retry.hpp>

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

const race seq_retry{
    .name = "seq-retry",
    .source = "Mel Gorman, 24 April 2010: \"it still broke after 28 hours of running\"",
    .story = "a walk that looks at a sequence counter misses a vma that it does not meet",
    .rule = "a range changes under a lock that every walk over it takes",
    .kind = failure_kind::assertion,
    .with = {},
    .broken = {"locking::seq_retry, which claims that its walks are complete",
               run<claims_to_be_complete<rmap::locking::seq_retry>>},
    .fixed = {"locking::root: one lock for the fork tree", run<rmap::locking::root>},
    .also_fixed = {{"locking::lock_all: the change locks all anon_vmas of the vma's chain",
                   run<rmap::locking::lock_all>}},
};

}  // namespace races
