// SPDX-License-Identifier: BSL-1.0

// A stack that grows downwards changes where it starts and the offset of its first page. Its own
// anon_vma's lock excludes walks that start there, not those that come from the parent's. On the
// reference mm.

#include <rmap/locking/lock_all.hpp>
#include <rmap/locking/per_anon_vma.hpp>
#include <rmap/locking/root.hpp>

#include "gallery.hpp"
#include "policies.hpp"
#include "reference_mm.hpp"

namespace races {

namespace {

template <class Locking>
explore_result run(const std::string& name, const explore_options& with) {
    return beside_migration<explored_family<Locking>>(
        name, with, "stack growth in the child", true,
        [](auto& f) { return f.mm.grow(*f.child, f.start, f.start - 1); });
}

}  // namespace

const race expand_downwards{
    .name = "expand-downwards",
    .source = "Rik van Riel, 28 April 2010: \"take all the locks for all the anon_vmas\"",
    .story = "a child's stack grows downwards while a migration looks for the parent's page",
    .rule = "a range changes under a lock that every walk over it takes",
    .kind = failure_kind::assertion,
    .with = {},
    .broken = {"locking::per_anon_vma, which claims that its walks are complete",
               run<claims_to_be_complete<rmap::locking::per_anon_vma>>},
    .fixed = {"locking::lock_all, the patch of the mail", run<rmap::locking::lock_all>},
    .also_fixed = {{"locking::root, what it became", run<rmap::locking::root>}},
};

}  // namespace races
