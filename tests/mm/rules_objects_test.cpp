// SPDX-License-Identifier: BSL-1.0

// Rules O (objects), F (first private page) and S (split) of docs/linux_6_18.md: a case a rule.

#define BOOST_TEST_MODULE rules_objects
#include <boost/test/unit_test.hpp>

#include "support/scenario.hpp"

using rmap_test::scenario;

// ---- O: objects -------------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(o_1_a_fresh_anon_vma_is_its_own_root_parent_and_child) {
    scenario m;
    m.map(0, 0x100, 4, "rw-");
    m.write(0, 0x100);
    BOOST_TEST(m.avs() == "0 children=1 active=1");
    BOOST_TEST(m.chains() == "0:100@100 [*0]");
}

BOOST_AUTO_TEST_CASE(o_2_an_anon_vma_goes_with_its_last_link) {
    scenario m;
    m.map(0, 0x100, 4, "rw-");
    m.write(0, 0x100);
    m.fork(0, 1);
    BOOST_TEST(m.avs() == "0 children=2 active=1, 1 root=0 parent=0 children=0 active=1");
    m.exit(1);
    BOOST_TEST(m.avs() == "0 children=1 active=1");
    BOOST_TEST(m.objs() == "1/1");
    m.unmap(0, 0x100, 4);
    BOOST_TEST(m.objs() == "0/0");
}

BOOST_AUTO_TEST_CASE(o_3_an_anon_vma_outlives_its_process_while_descendants_are_linked) {
    scenario m;
    m.map(0, 0x100, 2, "rw-");
    m.write(0, 0x100, 2);
    m.fork(0, 1);
    m.exit(0);
    BOOST_TEST(m.chains() == "1:100@100 [*0 1]");
    BOOST_TEST(m.avs() == "0 root=1 parent=1 children=0 active=1, 1 children=2 active=0");
    BOOST_TEST(m.owners() == "1: 1:100 1:101");
    m.exit(1);
    BOOST_TEST(m.objs() == "0/0");
}

BOOST_AUTO_TEST_CASE(o_4_munmap_exec_and_exit_take_all_links_of_a_vma) {
    scenario m;
    m.map(0, 0x100, 4, "rw-");
    m.write(0, 0x100);
    m.fork(0, 1);
    m.fork(0, 2);
    m.fork(0, 3);
    BOOST_TEST(m.objs() == "4/7");
    m.unmap(1, 0x100, 4);
    BOOST_TEST(m.objs() == "3/5");
    m.exec(2);
    BOOST_TEST(m.objs() == "2/3");
    m.exit(3);
    BOOST_TEST(m.objs() == "1/1");
}

BOOST_AUTO_TEST_CASE(o_5_what_a_chain_of_forks_costs) {
    scenario m;
    m.map(0, 0x100, 1, "rw-");
    m.write(0, 0x100);
    BOOST_TEST(m.objs() == "1/1");
    // At depth d: d + 1 anon_vmas, (d + 1)(d + 2) / 2 links.
    const char* const deeper[] = {"2/3", "3/6", "4/10", "5/15", "6/21", "7/28", "8/36", "9/45"};
    for (unsigned d = 1; d <= 8; ++d) {
        m.fork(d - 1, d);
        m.write(d, 0x100);
        BOOST_TEST(m.objs() == deeper[d - 1]);
    }
    const char* const oldest_first[] = {"9/44", "9/42", "9/39", "9/35",
                                        "9/30", "9/24", "9/17", "9/9"};
    for (unsigned d = 0; d < 8; ++d) {
        m.exit(d);
        BOOST_TEST(m.objs() == oldest_first[d]);
    }
    // One more fork takes over its oldest ancestor's anon_vma; the chain is nine links long.
    m.fork(8, 9);
    BOOST_TEST(m.objs() == "9/18");
}

BOOST_AUTO_TEST_CASE(o_6_the_youngest_exits_first_exactly_backwards) {
    scenario m;
    m.map(0, 0x100, 1, "rw-");
    m.write(0, 0x100);
    for (unsigned d = 1; d <= 4; ++d) m.fork(d - 1, d);
    BOOST_TEST(m.objs() == "5/15");
    const char* const left[] = {"0/0", "1/1", "2/3", "3/6", "4/10"};
    for (unsigned d = 4; d >= 1; --d) {
        m.exit(d);
        BOOST_TEST(m.objs() == left[d]);
    }
}

BOOST_AUTO_TEST_CASE(o_7_what_many_children_of_one_parent_cost) {
    scenario m;
    m.map(0, 0x100, 1, "rw-");
    m.write(0, 0x100);
    for (unsigned k = 1; k <= 20; ++k) {
        m.fork(0, k);
        BOOST_TEST(m.objs() == std::to_string(k + 1) + '/' + std::to_string(2 * k + 1));
    }
}

// ---- F: first private page --------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(f_1_the_first_private_page_makes_a_root_and_one_link) {
    scenario m;
    m.map(0, 0x100, 4, "rw-");
    BOOST_TEST(m.objs() == "0/0");
    m.write(0, 0x101);
    BOOST_TEST(m.objs() == "1/1");
    m.write(0, 0x102);
    BOOST_TEST(m.objs() == "1/1");
    BOOST_TEST(m.owners() == "0: 0:101 0:102");
}

BOOST_AUTO_TEST_CASE(f_2_the_next_neighbours_anon_vma_comes_before_the_previous_ones) {
    scenario m;
    m.map(0, 0x100, 4, "rw-");
    m.map(0, 0x104, 4, "r--");
    m.map(0, 0x108, 4, "rwx");
    m.write(0, 0x100);
    m.write(0, 0x108);
    BOOST_TEST(m.chains() == "0:100@100 [*0], 0:108@108 [*1]");
    // The middle becomes writable, but stays a vma of its own as it is not executable.
    m.protect(0, 0x104, 4, "-w-");
    m.write(0, 0x104);
    BOOST_TEST(m.chains() == "0:100@100 [*0], 0:104@104 [*1], 0:108@108 [*1]");
    BOOST_TEST(m.objs() == "2/3");
}

BOOST_AUTO_TEST_CASE(f_3_the_previous_neighbours_is_taken_if_the_next_has_none) {
    scenario m;
    m.map(0, 0x100, 4, "rw-");
    m.map(0, 0x104, 4, "rwx");
    m.map(0, 0x108, 4, "r--");
    m.write(0, 0x100);
    m.write(0, 0x104);
    BOOST_TEST(m.chains() == "0:100@100 [*0], 0:104@104 [*0]");
    BOOST_TEST(m.avs() == "0 children=1 active=2");
}

BOOST_AUTO_TEST_CASE(f_4_a_neighbour_may_differ_in_r_w_and_x) {
    for (const char* other : {"rwx", "-w-", "-wx"}) {
        scenario m;
        m.map(0, 0x100, 4, "rw-");
        m.map(0, 0x104, 4, other);
        m.write(0, 0x104);
        m.write(0, 0x100);
        BOOST_TEST(m.objs() == "1/2");
    }
    // A neighbour that lost its permissions after it was written is one as well.
    scenario m;
    m.map(0, 0x100, 8, "rw-");
    m.protect(0, 0x104, 4, "rwx");
    m.write(0, 0x104);
    m.protect(0, 0x104, 4, "---");
    m.write(0, 0x100);
    BOOST_TEST(m.objs() == "1/2");
}

BOOST_AUTO_TEST_CASE(f_5_a_neighbour_may_not_differ_in_anything_else) {
    scenario locked;
    locked.map(0, 0x100, 4, "rw-");
    locked.map(0, 0x104, 4, "rwx", "locked");
    locked.write(0, 0x104);
    locked.write(0, 0x100);
    BOOST_TEST(locked.objs() == "2/2");

    scenario stack;
    stack.map(0, 0x100, 4, "rw-");
    stack.map(0, 0x104, 4, "rwx", "stack");
    stack.write(0, 0x104);
    stack.write(0, 0x100);
    BOOST_TEST(stack.objs() == "2/2");
}

BOOST_AUTO_TEST_CASE(f_6_a_neighbours_offsets_must_continue) {
    scenario m;
    m.map(0, 0x100, 4, "rw-");
    m.map(0, 0x200, 4, "rwx");
    m.write(0, 0x200);
    m.move(0, 0x200, 4, 0x104);
    BOOST_TEST(m.chains() == "0:104@200 [*0]");
    m.write(0, 0x100);
    BOOST_TEST(m.chains() == "0:100@100 [*0], 0:104@200 [*1]");
}

BOOST_AUTO_TEST_CASE(f_7_an_inherited_neighbours_is_not_taken) {
    scenario m;
    m.map(0, 0x100, 4, "rw-");
    m.map(0, 0x104, 4, "rwx");
    m.map(0, 0x108, 4, "rw-");
    m.write(0, 0x100);
    m.fork(0, 1);
    m.write(1, 0x104);
    BOOST_TEST(m.objs() == "3/4");
    // In the parent, where the same neighbour is not inherited, it is taken.
    m.write(0, 0x104);
    BOOST_TEST(m.objs() == "3/5");
    // An orphan's chain is as long as before.
    m.exit(0);
    m.write(1, 0x108);
    BOOST_TEST(m.chains() == "1:100@100 [*0 1], 1:104@104 [*2], 1:108@108 [*2]");
}

BOOST_AUTO_TEST_CASE(f_8_a_neighbour_must_map_the_same_file_in_the_same_way) {
    scenario m;
    m.filesize(0, 32);
    m.filesize(1, 32);
    m.map_private(0, 0x100, 4, "rw-", 0, 0);
    m.map_private(0, 0x104, 4, "rwx", 0, 4);
    m.map_private(0, 0x108, 4, "rw-", 1, 8);
    m.write(0, 0x100);
    m.write(0, 0x104);
    m.write(0, 0x108);
    BOOST_TEST(m.chains() == "0:100@0 [*0], 0:104@4 [*0], 0:108@8 [*1]");
}

BOOST_AUTO_TEST_CASE(f_9_reads_never_make_an_anon_vma) {
    scenario m;
    m.filesize(0, 8);
    m.map(0, 0x100, 4, "rw-");
    m.map_private(0, 0x200, 4, "rw-", 0, 0);
    m.map_shared(0, 0x300, 4, "rw-", 0, 0);
    m.read(0, 0x100, 4);
    m.read(0, 0x200, 4);
    m.write(0, 0x300, 4);
    BOOST_TEST(m.objs() == "0/0");
    BOOST_TEST(m.pages() == "2 0:200 0:300, 2 0:201 0:301, 2 0:202 0:302, 2 0:203 0:303");
}

BOOST_AUTO_TEST_CASE(f_10_a_stack_that_grows_is_prepared_first) {
    scenario m;
    m.map(0, 0x120, 4, "rw-", "stack");
    m.grow(0, 0x120, 0x11c);
    BOOST_TEST(m.vmas(0) == "11c+8 rw- stack");
    BOOST_TEST(m.chains() == "0:11c@11c [*0]");
    m.write(0, 0x11c);
    BOOST_TEST(m.objs() == "1/1");
}

BOOST_AUTO_TEST_CASE(f_11_a_vma_without_pages_stays_faulted) {
    scenario m;
    m.map(0, 0x100, 8, "rw-");
    m.write(0, 0x100, 8);
    m.dontneed(0, 0x100, 8);
    BOOST_TEST(m.pages() == "");
    BOOST_TEST(m.objs() == "1/1");
    m.unmap(0, 0x100, 2);
    m.unmap(0, 0x106, 2);
    BOOST_TEST(m.chains() == "0:102@102 [*0]");
    m.write(0, 0x103);
    BOOST_TEST(m.objs() == "1/1");

    scenario file;
    file.filesize(0, 8);
    file.map_private(0, 0x100, 8, "rw-", 0, 0);
    file.write(0, 0x104, 4);
    file.filesize(0, 2);
    BOOST_TEST(file.pages() == "");
    BOOST_TEST(file.objs() == "1/1");
}

BOOST_AUTO_TEST_CASE(f_12_a_chain_that_was_taken_over_is_one_link_for_each_vma) {
    scenario m;
    for (unsigned i = 0; i != 6; ++i) m.map(0, 0x100 + 4 * i, 4, i % 2 == 0 ? "rw-" : "rwx");
    for (unsigned i = 0; i != 6; ++i) m.write(0, 0x100 + 4 * i);
    BOOST_TEST(m.objs() == "1/6");
    BOOST_TEST(m.avs() == "0 children=1 active=6");
}

// ---- S: split ---------------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(s_1_the_new_part_has_a_copy_of_the_chain_and_the_same_own_anon_vma) {
    scenario m;
    m.map(0, 0x100, 8, "rw-");
    m.write(0, 0x100, 8);
    m.protect(0, 0x104, 4, "r--");
    BOOST_TEST(m.vmas(0) == "100+4 rw-, 104+4 r--");
    BOOST_TEST(m.chains() == "0:100@100 [*0], 0:104@104 [*0]");
    BOOST_TEST(m.avs() == "0 children=1 active=2");
}

BOOST_AUTO_TEST_CASE(s_2_a_split_costs_as_many_links_as_the_chain_has) {
    scenario m;
    m.map(0, 0x100, 8, "rw-");
    m.write(0, 0x100);
    m.fork(0, 1);
    m.fork(1, 2);
    BOOST_TEST(m.objs() == "3/6");
    m.protect(2, 0x104, 4, "r--");
    BOOST_TEST(m.objs() == "3/9");
    BOOST_TEST(m.chains() ==
               "0:100@100 [*0], 1:100@100 [*1 0], 2:100@100 [*2 1 0], 2:104@104 [*2 1 0]");
    // A part in the middle makes two new ones.
    m.protect(2, 0x101, 1, "rwx");
    BOOST_TEST(m.objs() == "3/15");
}

BOOST_AUTO_TEST_CASE(s_3_parts_of_an_unfaulted_vma_have_nothing) {
    scenario m;
    m.map(0, 0x100, 9, "rw-");
    m.protect(0, 0x103, 3, "r--");
    BOOST_TEST(m.vmas(0) == "100+3 rw-, 103+3 r--, 106+3 rw-");
    BOOST_TEST(m.objs() == "0/0");
}

BOOST_AUTO_TEST_CASE(s_4_a_hole_splits_and_a_cut_at_an_end_does_not) {
    scenario m;
    m.map(0, 0x100, 10, "rw-");
    m.write(0, 0x100, 10);
    m.unmap(0, 0x104, 2);
    BOOST_TEST(m.objs() == "1/2");
    BOOST_TEST(m.chains() == "0:100@100 [*0], 0:106@106 [*0]");
    m.unmap(0, 0x100, 1);
    m.unmap(0, 0x109, 1);
    BOOST_TEST(m.vmas(0) == "101+3 rw-, 106+3 rw-");
    BOOST_TEST(m.chains() == "0:101@101 [*0], 0:106@106 [*0]");
}
