// SPDX-License-Identifier: BSL-1.0

// Rules M (merge) of docs/linux_6_18.md: a case a rule.

#define BOOST_TEST_MODULE rules_merge
#include <boost/test/unit_test.hpp>

#include "support/scenario.hpp"

using rmap_test::scenario;

namespace {

// Two written islands, 0x100+4 and 0x108+4, whose anon_vmas are of different trees.
void islands(scenario& m) {
    m.map(0, 0x100, 4, "rw-");
    m.map(0, 0x108, 4, "rw-");
    m.write(0, 0x100);
    m.write(0, 0x108);
    BOOST_TEST_REQUIRE(m.objs() == "2/2");
}

// A written vma 0x100+4 in process 0, inherited by process 1.
void inherited(scenario& m) {
    m.map(0, 0x100, 4, "rw-");
    m.write(0, 0x100, 4);
    m.fork(0, 1);
}

}  // namespace

// ---- who may merge ----------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(m_1_all_attributes_must_be_equal) {
    scenario m;
    m.map(0, 0x100, 4, "rw-");
    m.map(0, 0x104, 4, "rwx");
    m.map(0, 0x108, 4, "rwx", "locked");
    m.map(0, 0x10c, 4, "rwx", "stack");
    BOOST_TEST(m.vmas(0) == "100+4 rw-, 104+4 rwx, 108+4 rwx locked, 10c+4 rwx stack");
    m.map_private(0, 0x200, 4, "rw-", 0, 0);
    m.map_shared(0, 0x204, 4, "rw-", 0, 4);
    m.map_shared(0, 0x208, 4, "rw-", 1, 8);
    BOOST_TEST(m.vmas(0) == "100+4 rw-, 104+4 rwx, 108+4 rwx locked, 10c+4 rwx stack, "
                            "200+4 rw- private f0@0, 204+4 rw- shared f0@4, 208+4 rw- shared f1@8");
    scenario account{true};
    account.map(0, 0x100, 4, "rw-");
    account.write(0, 0x100);
    account.protect(0, 0x100, 4, "r--");
    account.map(0, 0x104, 4, "r--");
    BOOST_TEST(account.vmas(0) == "100+4 r-- account, 104+4 r--");
}

BOOST_AUTO_TEST_CASE(m_2_offsets_must_continue) {
    scenario m;
    m.map_shared(0, 0x100, 4, "r--", 0, 0x10);
    m.map_shared(0, 0x104, 4, "r--", 0, 0x14);
    m.map_shared(0, 0x108, 4, "r--", 0, 0x19);
    m.map_shared(0, 0x0fc, 4, "r--", 0, 0xb);
    BOOST_TEST(m.vmas(0) ==
               "fc+4 r-- shared f0@b, 100+8 r-- shared f0@10, 108+4 r-- shared f0@19");
    // Anonymous memory: the page number of first use, which a move does not change.
    scenario anon;
    anon.map(0, 0x200, 4, "rw-");
    anon.write(0, 0x200);
    anon.move(0, 0x200, 4, 0x100);
    anon.map(0, 0x104, 4, "rw-");
    BOOST_TEST(anon.vmas(0) == "100+4 rw-, 104+4 rw-");
}

BOOST_AUTO_TEST_CASE(m_3_two_unfaulted_ones_merge) {
    scenario m;
    m.map(0, 0x104, 4, "rw-");
    m.map(0, 0x100, 4, "rw-");
    m.map(0, 0x108, 4, "rw-");
    BOOST_TEST(m.vmas(0) == "100+12 rw-");
    m.filesize(0, 8);
    m.map_private(0, 0x200, 4, "rw-", 0, 0);
    m.map_private(0, 0x204, 4, "rw-", 0, 4);
    BOOST_TEST(m.vmas(0) == "100+12 rw-, 200+8 rw- private f0@0");
    BOOST_TEST(m.objs() == "0/0");
}

BOOST_AUTO_TEST_CASE(m_4_two_with_one_anon_vma_merge_however_long_the_chain) {
    scenario m;
    inherited(m);
    m.fork(1, 2);
    m.protect(2, 0x102, 2, "r--");
    BOOST_TEST(m.vmas(2) == "100+2 rw-, 102+2 r--");
    m.protect(2, 0x102, 2, "rw-");
    BOOST_TEST(m.vmas(2) == "100+4 rw-");
    BOOST_TEST(m.objs() == "3/6");
}

BOOST_AUTO_TEST_CASE(m_5_two_with_different_anon_vmas_never_merge) {
    scenario m;
    islands(m);
    m.map(0, 0x104, 4, "rw-");
    m.protect(0, 0x108, 4, "r--");
    m.protect(0, 0x108, 4, "rw-");
    m.dontneed(0, 0x100, 12);
    m.protect(0, 0x100, 8, "r--");
    m.protect(0, 0x100, 8, "rw-");
    BOOST_TEST(m.vmas(0) == "100+8 rw-, 108+4 rw-");
    BOOST_TEST(m.objs() == "2/2");
}

BOOST_AUTO_TEST_CASE(m_6_a_faulted_and_an_unfaulted_one_merge_and_share_the_chain) {
    // A new range on either side of a faulted one.
    scenario m;
    m.map(0, 0x104, 4, "rw-");
    m.write(0, 0x104);
    m.map(0, 0x108, 4, "rw-");
    m.map(0, 0x100, 4, "rw-");
    BOOST_TEST(m.vmas(0) == "100+12 rw-");
    BOOST_TEST(m.chains() == "0:100@100 [*0]");
    // An unfaulted vma that grows over a part of a faulted one: its chain is a copy.
    scenario border;
    border.map(0, 0x104, 4, "rw-");
    border.write(0, 0x104, 4);
    border.map(0, 0x100, 4, "r--");
    border.protect(0, 0x104, 2, "r--");
    BOOST_TEST(border.vmas(0) == "100+6 r--, 106+2 rw-");
    BOOST_TEST(border.chains() == "0:100@100 [*0], 0:106@106 [*0]");
    BOOST_TEST(border.pages() == "1 0:104, 1 0:105, 1 0:106, 1 0:107");
}

BOOST_AUTO_TEST_CASE(m_7_an_inherited_and_an_unfaulted_one_do_not_merge) {
    scenario m;
    inherited(m);
    m.map(1, 0x104, 4, "rw-");
    m.map(1, 0x0fc, 4, "rw-");
    BOOST_TEST(m.vmas(1) == "fc+4 rw-, 100+4 rw-, 104+4 rw-");
    m.protect(1, 0x104, 4, "r--");
    m.protect(1, 0x104, 4, "rw-");
    BOOST_TEST(m.vmas(1) == "fc+4 rw-, 100+4 rw-, 104+4 rw-");
    // The parent's is not inherited.
    m.map(0, 0x104, 4, "rw-");
    BOOST_TEST(m.vmas(0) == "100+8 rw-");
}

BOOST_AUTO_TEST_CASE(m_8_if_left_and_right_disagree_only_the_left_merge_is_done) {
    scenario m;
    islands(m);
    m.map(0, 0x104, 4, "rw-");
    BOOST_TEST(m.vmas(0) == "100+8 rw-, 108+4 rw-");
    BOOST_TEST(m.chains() == "0:100@100 [*0], 0:108@108 [*1]");
    // The same when a vma in between changes.
    scenario change;
    islands(change);
    change.map(0, 0x104, 4, "r--");
    change.protect(0, 0x104, 4, "rw-");
    BOOST_TEST(change.vmas(0) == "100+8 rw-, 108+4 rw-");
    // One that agrees with the right one alone goes there.
    scenario right;
    islands(right);
    right.map(0, 0x104, 4, "rwx");
    right.protect(0, 0x100, 4, "r--");
    right.write(0, 0x104);
    right.protect(0, 0x104, 4, "rw-");
    right.protect(0, 0x100, 4, "rw-");
    BOOST_TEST(right.vmas(0) == "100+4 rw-, 104+8 rw-");
    BOOST_TEST(right.chains() == "0:100@100 [*0], 0:104@104 [*1]");
}

BOOST_AUTO_TEST_CASE(m_9_three_become_one_if_all_agree) {
    // Both sides with the same anon_vma.
    scenario same;
    same.map(0, 0x100, 12, "rw-");
    same.write(0, 0x100, 12);
    same.unmap(0, 0x104, 4);
    BOOST_TEST(same.objs() == "1/2");
    same.map(0, 0x104, 4, "rw-");
    BOOST_TEST(same.vmas(0) == "100+12 rw-");
    BOOST_TEST(same.objs() == "1/1");
    // One side faulted, whichever.
    for (const rmap::pgno written : {0x100U, 0x108U}) {
        scenario m;
        m.map(0, 0x100, 4, "rw-");
        m.map(0, 0x108, 4, "rw-");
        m.write(0, written);
        m.map(0, 0x104, 4, "rw-");
        BOOST_TEST(m.vmas(0) == "100+12 rw-");
        BOOST_TEST(m.chains() == "0:100@100 [*0]");
        BOOST_TEST(m.owners() == (written == 0x100 ? "0: 0:100" : "0: 0:108"));
    }
    // One side inherited: the filler joins the other one.
    scenario m;
    inherited(m);
    m.map(1, 0x108, 4, "rw-");
    m.map(1, 0x104, 4, "rw-");
    BOOST_TEST(m.vmas(1) == "100+4 rw-, 104+8 rw-");
}

// ---- who tries to -----------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(m_10_mmap_unmaps_first_and_merges_then) {
    scenario m;
    m.map(0, 0x100, 8, "rw-");
    m.write(0, 0x100, 8);
    m.map(0, 0x102, 4, "rw-");
    BOOST_TEST(m.vmas(0) == "100+8 rw-");
    BOOST_TEST(m.objs() == "1/1");
    BOOST_TEST(m.pages() == "1 0:100, 1 0:101, 1 0:106, 1 0:107");
    // Over all of it: the new range is unfaulted.
    m.map(0, 0x100, 8, "rw-");
    BOOST_TEST(m.objs() == "0/0");
}

BOOST_AUTO_TEST_CASE(m_11_an_orphan_is_still_inherited) {
    scenario m;
    inherited(m);
    m.exit(0);
    m.map(1, 0x104, 4, "rw-");
    BOOST_TEST(m.vmas(1) == "100+4 rw-, 104+4 rw-");
    BOOST_TEST(m.objs() == "2/2");
}

BOOST_AUTO_TEST_CASE(m_12_a_change_goes_vma_by_vma_lowest_first) {
    scenario m;
    m.map(0, 0x100, 4, "rwx");
    m.map(0, 0x104, 4, "r--");
    m.map(0, 0x108, 4, "rwx");
    m.write(0, 0x100);
    m.write(0, 0x108);
    // The middle one's turn comes when the first has changed and the last has not.
    m.protect(0, 0x100, 12, "rw-");
    BOOST_TEST(m.vmas(0) == "100+8 rw-, 108+4 rw-");
}

BOOST_AUTO_TEST_CASE(m_13_where_nothing_changes_nothing_is_tried) {
    scenario m;
    m.map(0, 0x100, 4, "rw-", "locked");
    m.map(0, 0x104, 4, "rw-");
    m.fork(0, 1);
    m.protect(1, 0x100, 4, "rw-");
    BOOST_TEST(m.vmas(1) == "100+4 rw-, 104+4 rw-");
    m.unlock(1, 0x100, 8);
    BOOST_TEST(m.vmas(1) == "100+4 rw-, 104+4 rw-");
    m.protect(1, 0x104, 4, "r--");
    m.protect(1, 0x104, 4, "rw-");
    BOOST_TEST(m.vmas(1) == "100+8 rw-");
}

BOOST_AUTO_TEST_CASE(m_14_a_part_merges_only_at_the_end_of_its_vma_that_it_shares) {
    scenario m;
    m.map(0, 0x0fc, 4, "rw-");
    m.map(0, 0x100, 8, "r--");
    m.map(0, 0x108, 4, "rw-");
    m.protect(0, 0x102, 2, "rw-");
    BOOST_TEST(m.vmas(0) == "fc+4 rw-, 100+2 r--, 102+2 rw-, 104+4 r--, 108+4 rw-");
    // Part of the last: it ends where its vma ends.
    m.protect(0, 0x106, 2, "rw-");
    BOOST_TEST(m.vmas(0) == "fc+4 rw-, 100+2 r--, 102+2 rw-, 104+2 r--, 106+6 rw-");
    // All of one: both neighbours.
    m.protect(0, 0x104, 2, "rw-");
    BOOST_TEST(m.vmas(0) == "fc+4 rw-, 100+2 r--, 102+10 rw-");
}

BOOST_AUTO_TEST_CASE(m_15_where_a_part_merges_the_border_moves) {
    scenario m;
    m.map(0, 0x100, 8, "rw-");
    m.write(0, 0x100, 8);
    m.protect(0, 0x104, 4, "r--");
    BOOST_TEST(m.objs() == "1/2");
    m.protect(0, 0x104, 1, "rw-");
    BOOST_TEST(m.vmas(0) == "100+5 rw-, 105+3 r--");
    m.protect(0, 0x103, 2, "r--");
    BOOST_TEST(m.vmas(0) == "100+3 rw-, 103+5 r--");
    BOOST_TEST(m.chains() == "0:100@100 [*0], 0:103@103 [*0]");
    BOOST_TEST(m.pages() ==
               "1 0:100, 1 0:101, 1 0:102, 1 0:103, 1 0:104, 1 0:105, 1 0:106, 1 0:107");
}

BOOST_AUTO_TEST_CASE(m_16_where_no_merge_works_the_part_is_split_off) {
    scenario m;
    islands(m);
    m.map(0, 0x104, 4, "rw-");
    m.protect(0, 0x100, 8, "r--");
    // The tail of the first could join the second but for the anon_vmas.
    m.protect(0, 0x106, 2, "rw-");
    BOOST_TEST(m.vmas(0) == "100+6 r--, 106+2 rw-, 108+4 rw-");
    BOOST_TEST(m.objs() == "2/3");
}

BOOST_AUTO_TEST_CASE(m_17_mlock_and_munlock_split_and_merge_like_mprotect) {
    scenario m;
    m.map(0, 0x100, 8, "rw-");
    m.write(0, 0x100);
    m.lock(0, 0x102, 4);
    BOOST_TEST(m.vmas(0) == "100+2 rw-, 102+4 rw- locked, 106+2 rw-");
    BOOST_TEST(m.objs() == "1/3");
    m.unlock(0, 0x104, 2);
    BOOST_TEST(m.vmas(0) == "100+2 rw-, 102+2 rw- locked, 104+4 rw-");
    m.unlock(0, 0x100, 8);
    BOOST_TEST(m.vmas(0) == "100+8 rw-");
    BOOST_TEST(m.objs() == "1/1");
}

BOOST_AUTO_TEST_CASE(m_18_a_growing_stack_merges_with_nothing) {
    scenario m;
    m.map(0, 0x100, 8, "rw-", "stack");
    m.map(0, 0x110, 4, "rw-", "stack");
    m.grow(0, 0x110, 0x108);
    BOOST_TEST(m.vmas(0) == "100+8 rw- stack, 108+12 rw- stack");
    // A change of protection and back finds that the two could.
    m.protect(0, 0x108, 12, "r--");
    m.protect(0, 0x108, 12, "rw-");
    BOOST_TEST(m.vmas(0) == "100+20 rw- stack");
}

BOOST_AUTO_TEST_CASE(m_19_faults_and_dontneed_merge_nothing) {
    scenario m;
    m.map(0, 0x100, 8, "rw-", "stack");
    m.map(0, 0x110, 4, "rw-", "stack");
    m.grow(0, 0x110, 0x108);
    m.write(0, 0x100);  // takes over the neighbour's anon_vma; the two are alike from now on
    BOOST_TEST(m.objs() == "1/2");
    m.dontneed(0, 0x100, 20);
    m.read(0, 0x100, 20);
    BOOST_TEST(m.vmas(0) == "100+8 rw- stack, 108+12 rw- stack");
}
