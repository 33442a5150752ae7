// SPDX-License-Identifier: BSL-1.0

// Rules R (mremap) of docs/linux_6_18.md: a case a rule.

#define BOOST_TEST_MODULE rules_mremap
#include <boost/test/unit_test.hpp>

#include "support/scenario.hpp"

using rmap::status;
using rmap_test::scenario;

namespace {

// A written vma 0x100+4 in process 0.
void written(scenario& m) {
    m.map(0, 0x100, 4, "rw-");
    m.write(0, 0x100, 4);
}

// The same, inherited by process 1.
void inherited(scenario& m) {
    written(m);
    m.fork(0, 1);
}

}  // namespace

// ---- offsets ----------------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(r_1_unfaulted_anonymous_memory_gets_the_offset_of_its_new_place) {
    scenario m;
    m.map(0, 0x100, 4, "rw-");
    m.map(0, 0x200, 4, "rw-");
    m.read(0, 0x100, 4);
    m.move(0, 0x100, 4, 0x204);
    BOOST_TEST(m.vmas(0) == "200+8 rw-");
    m.write(0, 0x204);
    BOOST_TEST(m.chains() == "0:200@200 [*0]");
}

BOOST_AUTO_TEST_CASE(r_2_faulted_memory_keeps_its_offset_and_merges_only_where_it_fits) {
    scenario m;
    written(m);
    m.map(0, 0x200, 4, "rw-");
    m.map(0, 0x208, 4, "rw-");
    m.move(0, 0x100, 4, 0x204);
    BOOST_TEST(m.vmas(0) == "200+4 rw-, 204+4 rw-, 208+4 rw-");
    BOOST_TEST(m.chains() == "0:204@100 [*0]");
}

BOOST_AUTO_TEST_CASE(r_3_back_home_it_heals) {
    scenario m;
    m.map(0, 0x100, 12, "rw-");
    m.write(0, 0x100, 12);
    m.move(0, 0x104, 4, 0x200);
    BOOST_TEST(m.vmas(0) == "100+4 rw-, 108+4 rw-, 200+4 rw-");
    BOOST_TEST(m.objs() == "1/3");
    m.move(0, 0x200, 4, 0x300);
    m.move(0, 0x300, 4, 0x104);
    BOOST_TEST(m.vmas(0) == "100+12 rw-");
    BOOST_TEST(m.objs() == "1/1");
}

BOOST_AUTO_TEST_CASE(r_4_a_file_mapping_keeps_its_file_offset) {
    scenario m;
    m.filesize(0, 16);
    m.map_shared(0, 0x100, 4, "rw-", 0, 0);
    m.map_shared(0, 0x204, 4, "rw-", 0, 4);
    m.map_private(0, 0x300, 4, "rw-", 0, 8);
    m.move(0, 0x100, 4, 0x200);
    m.move(0, 0x300, 4, 0x208);
    BOOST_TEST(m.vmas(0) == "200+8 rw- shared f0@0, 208+4 rw- private f0@8");
}

// ---- in place ---------------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(r_5_any_vma_may_grow_in_place_also_an_inherited_one) {
    scenario m;
    inherited(m);
    m.remap(0, 0x100, 4, 0x100, 6);
    m.remap(1, 0x100, 4, 0x100, 7);
    BOOST_TEST(m.vmas(0) == "100+6 rw-");
    BOOST_TEST(m.vmas(1) == "100+7 rw-");
    BOOST_TEST(m.chains() == "0:100@100 [*0], 1:100@100 [*1 0]");
    // Its last pages are asked for, not the first.
    m.remap(1, 0x105, 2, 0x105, 4);
    BOOST_TEST(m.vmas(1) == "100+9 rw-");
}

BOOST_AUTO_TEST_CASE(r_6_what_growing_reaches_joins_if_it_may) {
    scenario unfaulted;
    written(unfaulted);
    unfaulted.map(0, 0x106, 2, "rw-");
    unfaulted.remap(0, 0x100, 4, 0x100, 6);
    BOOST_TEST(unfaulted.vmas(0) == "100+8 rw-");
    BOOST_TEST(unfaulted.objs() == "1/1");

    scenario other;
    written(other);
    other.map(0, 0x106, 2, "rw-");
    other.write(0, 0x106);
    other.remap(0, 0x100, 4, 0x100, 6);
    BOOST_TEST(other.vmas(0) == "100+6 rw-, 106+2 rw-");

    scenario same;
    same.map(0, 0x100, 8, "rw-");
    same.write(0, 0x100, 8);
    same.unmap(0, 0x104, 2);
    same.remap(0, 0x100, 4, 0x100, 6);
    BOOST_TEST(same.vmas(0) == "100+8 rw-");
    BOOST_TEST(same.objs() == "1/1");

    // The right one's inheritance counts: the new room between has no anon_vma.
    scenario right;
    right.map(0, 0x100, 2, "rw-");
    right.map(0, 0x104, 4, "rw-");
    right.write(0, 0x104);
    right.fork(0, 1);
    right.remap(1, 0x100, 2, 0x100, 4);
    BOOST_TEST(right.vmas(1) == "100+4 rw-, 104+4 rw-");
    right.remap(0, 0x100, 2, 0x100, 4);
    BOOST_TEST(right.vmas(0) == "100+8 rw-");
    BOOST_TEST(right.owners() == "0: 0:104");
}

BOOST_AUTO_TEST_CASE(r_7_an_inherited_vma_that_grows_joins_an_unfaulted_right_neighbour) {
    scenario m;
    inherited(m);
    m.map(1, 0x106, 2, "rw-");
    m.remap(1, 0x100, 4, 0x100, 6);
    BOOST_TEST(m.vmas(1) == "100+8 rw-");
    BOOST_TEST(m.chains() == "0:100@100 [*0], 1:100@100 [*1 0]");
}

BOOST_AUTO_TEST_CASE(r_8_shrinking_unmaps_the_tail) {
    scenario m;
    written(m);
    m.remap(0, 0x100, 4, 0x100, 1);
    BOOST_TEST(m.vmas(0) == "100+1 rw-");
    BOOST_TEST(m.pages() == "1 0:100");
    // What lies behind the part that was named stays, and is a vma of its own then.
    scenario part;
    written(part);
    part.remap(0, 0x100, 3, 0x100, 1);
    BOOST_TEST(part.vmas(0) == "100+1 rw-, 103+1 rw-");
    BOOST_TEST(part.objs() == "1/2");
}

// ---- to another place -------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(r_9_a_copy_that_merges_with_nothing_has_the_same_chain) {
    scenario m;
    inherited(m);
    m.move(1, 0x100, 2, 0x200);
    BOOST_TEST(m.vmas(1) == "102+2 rw-, 200+2 rw-");
    BOOST_TEST(m.chains() == "0:100@100 [*0], 1:102@102 [*1 0], 1:200@100 [*1 0]");
    BOOST_TEST(m.pages() == "2 0:100 1:200, 2 0:101 1:201, 2 0:102 1:102, 2 0:103 1:103");
}

BOOST_AUTO_TEST_CASE(r_10_moved_beside_an_unfaulted_neighbour_it_gives_it_its_chain) {
    scenario m;
    written(m);
    m.move(0, 0x100, 4, 0x200);
    m.map(0, 0x104, 4, "rw-");
    m.move(0, 0x200, 4, 0x100);
    BOOST_TEST(m.vmas(0) == "100+8 rw-");
    BOOST_TEST(m.chains() == "0:100@100 [*0]");
    // Between two unfaulted ones: all three become one.
    scenario gap;
    written(gap);
    gap.move(0, 0x100, 4, 0x200);
    gap.map(0, 0x104, 4, "rw-");
    gap.map(0, 0x0fc, 4, "rw-");
    gap.move(0, 0x200, 4, 0x100);
    BOOST_TEST(gap.vmas(0) == "fc+12 rw-");
    BOOST_TEST(gap.objs() == "1/1");
}

BOOST_AUTO_TEST_CASE(r_11_an_inherited_one_stays_apart_from_an_unfaulted_neighbour) {
    scenario m;
    inherited(m);
    m.move(1, 0x100, 4, 0x200);
    m.map(1, 0x104, 4, "rw-");
    m.move(1, 0x200, 4, 0x100);
    BOOST_TEST(m.vmas(1) == "100+4 rw-, 104+4 rw-");
    BOOST_TEST(m.chains() == "0:100@100 [*0], 1:100@100 [*1 0]");
}

BOOST_AUTO_TEST_CASE(r_12_an_unfaulted_part_may_merge_with_the_vma_that_it_comes_from) {
    scenario behind;
    behind.map(0, 0x100, 8, "rw-");
    behind.move(0, 0x100, 2, 0x108);
    BOOST_TEST(behind.vmas(0) == "102+8 rw-");
    scenario before;
    before.map(0, 0x100, 8, "rw-");
    before.move(0, 0x106, 2, 0x0fe);
    BOOST_TEST(before.vmas(0) == "fe+8 rw-");
    // A faulted one's offsets do not fit there.
    scenario faulted;
    faulted.map(0, 0x100, 8, "rw-");
    faulted.write(0, 0x100, 8);
    faulted.move(0, 0x100, 2, 0x108);
    BOOST_TEST(faulted.vmas(0) == "102+6 rw-, 108+2 rw-");
}

BOOST_AUTO_TEST_CASE(r_13_what_was_mapped_at_the_target_goes_first) {
    scenario m;
    m.map(0, 0x100, 4, "rw-");
    m.map(0, 0x200, 12, "rw-");
    m.write(0, 0x200, 12);
    m.move(0, 0x100, 4, 0x204);
    BOOST_TEST(m.vmas(0) == "200+12 rw-");
    BOOST_TEST(m.objs() == "1/1");
    BOOST_TEST(m.pages() == "1 0:200, 1 0:201, 1 0:202, 1 0:203, "
                            "1 0:208, 1 0:209, 1 0:20a, 1 0:20b");
}

BOOST_AUTO_TEST_CASE(r_14_a_move_may_grow_or_shrink) {
    scenario m;
    written(m);
    m.remap(0, 0x100, 4, 0x200, 6);
    BOOST_TEST(m.vmas(0) == "200+6 rw-");
    BOOST_TEST(m.chains() == "0:200@100 [*0]");
    m.remap(0, 0x200, 6, 0x300, 2);
    BOOST_TEST(m.vmas(0) == "300+2 rw-");
    BOOST_TEST(m.pages() == "1 0:300, 1 0:301");
    BOOST_TEST(m.objs() == "1/1");
}

BOOST_AUTO_TEST_CASE(r_15_all_pages_move_those_of_files_too) {
    scenario m;
    m.filesize(0, 8);
    m.map_private(0, 0x100, 4, "rw-", 0, 0);
    m.map_shared(0, 0x200, 4, "r--", 0, 0);
    m.read(0, 0x100, 4);
    m.write(0, 0x101);
    m.read(0, 0x200);
    const void* const copy = m.page_at(0, 0x101);
    m.move(0, 0x100, 4, 0x400);
    m.move(0, 0x200, 4, 0x500);
    BOOST_TEST(m.pages() == "2 0:400 0:500, 1 0:401, 1 0:402, 1 0:403");
    BOOST_TEST(m.page_at(0, 0x401) == copy);
}

BOOST_AUTO_TEST_CASE(r_16_several_vmas_move_one_after_the_other_and_holes_touch_nothing) {
    scenario m;
    m.map(0, 0x100, 2, "rw-");
    m.map(0, 0x102, 2, "r--");
    m.map(0, 0x106, 2, "rwx");
    m.map(0, 0x200, 8, "r-x");
    m.write(0, 0x100, 2);
    m.write(0, 0x106);
    m.move(0, 0x100, 8, 0x200);
    BOOST_TEST(m.vmas(0) == "200+2 rw-, 202+2 r--, 204+2 r-x, 206+2 rwx");
    BOOST_TEST(m.pages() == "1 0:200, 1 0:201, 1 0:206");
}

BOOST_AUTO_TEST_CASE(r_17_several_vmas_do_not_change_size_and_no_range_begins_in_a_hole) {
    scenario m;
    m.map(0, 0x100, 2, "rw-");
    m.map(0, 0x102, 2, "r--");
    m.write(0, 0x100);
    BOOST_TEST((m.try_remap(0, 0x100, 4, 0x200, 6) == status::not_mapped));
    BOOST_TEST((m.try_remap(0, 0x0ff, 4, 0x200, 4) == status::not_mapped));
    BOOST_TEST(m.vmas(0) == "100+2 rw-, 102+2 r--");
    BOOST_TEST(m.pages() == "1 0:100");
    // Nor do old and new range overlap, nor does a vma grow into the next one.
    BOOST_TEST((m.try_remap(0, 0x100, 4, 0x102, 4) == status::invalid));
    BOOST_TEST((m.try_remap(0, 0x100, 2, 0x100, 3) == status::busy));
}

BOOST_AUTO_TEST_CASE(r_18_a_locked_vma_stays_locked) {
    scenario m;
    m.map(0, 0x100, 4, "rw-", "locked");
    m.write(0, 0x100, 4);
    m.move(0, 0x100, 2, 0x200);
    BOOST_TEST(m.vmas(0) == "102+2 rw- locked, 200+2 rw- locked");
}

// ---- keep (MREMAP_DONTUNMAP) ------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(r_19_keep_leaves_the_old_vma_empty_and_wholly_unlocked) {
    scenario m;
    m.map(0, 0x100, 9, "rw-", "locked");
    m.write(0, 0x100, 9);
    m.keep(0, 0x103, 3, 0x200);
    BOOST_TEST(m.vmas(0) == "100+9 rw-, 200+3 rw- locked");
    BOOST_TEST(m.objs() == "1/2");
    BOOST_TEST(m.pages() == "1 0:100, 1 0:101, 1 0:102, 1 0:106, 1 0:107, 1 0:108, "
                            "1 0:200, 1 0:201, 1 0:202");
}

BOOST_AUTO_TEST_CASE(r_20_a_vma_of_which_all_was_moved_is_unfaulted) {
    scenario m;
    inherited(m);
    m.keep(1, 0x100, 4, 0x200);
    BOOST_TEST(m.vmas(1) == "100+4 rw-, 200+4 rw-");
    BOOST_TEST(m.chains() == "0:100@100 [*0], 1:200@100 [*1 0]");
    m.write(1, 0x100);
    BOOST_TEST(m.chains() == "0:100@100 [*0], 1:100@100 [*1], 1:200@100 [*2 0]");
}

BOOST_AUTO_TEST_CASE(r_21_it_keeps_its_offset_all_the_same) {
    scenario m;
    written(m);
    m.move(0, 0x100, 4, 0x200);
    m.keep(0, 0x200, 4, 0x300);
    m.map(0, 0x204, 4, "rw-");
    BOOST_TEST(m.vmas(0) == "200+4 rw-, 204+4 rw-, 300+4 rw-");
    m.write(0, 0x200);
    BOOST_TEST(m.chains() == "0:200@100 [*0], 0:300@100 [*1]");
}

BOOST_AUTO_TEST_CASE(r_22_keep_merges_nothing_of_what_it_leaves) {
    scenario m;
    m.map(0, 0x100, 4, "rw-");
    m.map(0, 0x104, 4, "rw-", "locked");
    m.write(0, 0x104, 4);
    m.keep(0, 0x104, 4, 0x200);
    BOOST_TEST(m.vmas(0) == "100+4 rw-, 104+4 rw-, 200+4 rw- locked");
}

BOOST_AUTO_TEST_CASE(r_23_keep_works_over_several_vmas) {
    scenario m;
    m.map(0, 0x100, 2, "rw-");
    m.map(0, 0x102, 2, "rwx");
    m.write(0, 0x100);
    m.write(0, 0x103);
    m.keep(0, 0x100, 4, 0x200);
    BOOST_TEST(m.vmas(0) == "100+2 rw-, 102+2 rwx, 200+2 rw-, 202+2 rwx");
    BOOST_TEST(m.chains() == "0:200@100 [*0], 0:202@102 [*0]");
    BOOST_TEST(m.pages() == "1 0:200, 1 0:203");
}

// ---- a second mapping -------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(r_24_a_range_of_no_length_maps_shared_memory_once_more) {
    scenario m;
    m.filesize(0, 8);
    m.map_shared(0, 0x100, 4, "rw-", 0, 2);
    m.write(0, 0x100, 4);
    m.remap(0, 0x101, 0, 0x200, 3);
    BOOST_TEST(m.vmas(0) == "100+4 rw- shared f0@2, 200+3 rw- shared f0@3");
    BOOST_TEST(m.pages() == "1 0:100, 1 0:101, 1 0:102, 1 0:103");
    m.read(0, 0x200);
    BOOST_TEST(m.pages() == "1 0:100, 2 0:101 0:200, 1 0:102, 1 0:103");
    // Private memory has no second mapping.
    m.map(0, 0x300, 4, "rw-");
    m.map_private(0, 0x400, 4, "rw-", 0, 0);
    BOOST_TEST((m.try_remap(0, 0x300, 0, 0x500, 4) == status::invalid));
    BOOST_TEST((m.try_remap(0, 0x400, 0, 0x500, 4) == status::invalid));
}
