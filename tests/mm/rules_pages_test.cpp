// SPDX-License-Identifier: BSL-1.0

// Rules P (pages), T (truncation), L (mlock), G (migration) and N (same-page merging) of
// docs/linux_6_18.md: a case a rule.

#define BOOST_TEST_MODULE rules_pages
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

// ---- P: pages ---------------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(p_1_fork_copies_the_entries_of_faulted_vmas_only) {
    scenario m;
    m.filesize(0, 8);
    m.map(0, 0x100, 4, "rw-");
    m.map_private(0, 0x200, 4, "rw-", 0, 0);
    m.map_private(0, 0x300, 4, "rw-", 0, 4);
    m.map_shared(0, 0x400, 4, "rw-", 0, 4);
    m.write(0, 0x100);
    m.write(0, 0x200);
    m.read(0, 0x201);
    m.read(0, 0x300);
    m.write(0, 0x401);
    m.fork(0, 1);
    // The faulted file vma with its page of the file, the unfaulted and the shared one without.
    BOOST_TEST(m.pages() == "2 0:100 1:100, 2 0:200 1:200, 2 0:201 1:201, 1 0:300, 1 0:401");
    m.read(1, 0x300);
    m.read(1, 0x401);
    BOOST_TEST(m.pages() ==
               "2 0:100 1:100, 2 0:200 1:200, 2 0:201 1:201, 2 0:300 1:300, 2 0:401 1:401");
}

BOOST_AUTO_TEST_CASE(p_2_a_write_copies_a_page_that_others_map) {
    scenario m;
    inherited(m);
    const void* const before = m.page_at(0, 0x100);
    m.write(1, 0x100);
    BOOST_TEST(m.pages() == "1 0:100, 2 0:101 1:101, 2 0:102 1:102, 2 0:103 1:103, 1 1:100");
    BOOST_TEST(m.page_at(0, 0x100) == before);
    BOOST_TEST(m.page_at(1, 0x100) != before);
    BOOST_TEST(m.owners() == "0: 0:100 0:101 0:102 0:103, 1: 1:100");
}

BOOST_AUTO_TEST_CASE(p_3_a_write_keeps_a_page_that_nobody_else_maps_and_makes_it_the_writers) {
    scenario m;
    inherited(m);
    const void* const page = m.page_at(1, 0x100);
    m.exit(0);
    BOOST_TEST(m.chains() == "1:100@100 [*0 1]");
    BOOST_TEST(m.owners() == "1: 1:100 1:101 1:102 1:103");
    m.write(1, 0x100);
    BOOST_TEST(m.page_at(1, 0x100) == page);
    BOOST_TEST(m.owners() == "0: 1:100, 1: 1:101 1:102 1:103");
}

BOOST_AUTO_TEST_CASE(p_4_pages_of_the_dead_are_found_through_the_chains_of_their_descendants) {
    scenario m;
    inherited(m);
    m.fork(1, 2);
    m.fork(2, 3);
    m.exit(0);
    m.exit(1);
    m.exit(2);
    BOOST_TEST(m.owners() == "3: 3:100 3:101 3:102 3:103");
    BOOST_TEST(m.pages() == "1 3:100, 1 3:101, 1 3:102, 1 3:103");
}

BOOST_AUTO_TEST_CASE(p_5_neither_merge_nor_move_nor_migration_changes_a_pages_anon_vma) {
    scenario m;
    inherited(m);
    m.write(1, 0x101);
    const char* const before = "0: 0:100 0:101 0:102 0:103, 1: 1:101";
    BOOST_TEST(m.owners() == before);
    m.map(0, 0x104, 4, "rw-");
    m.protect(1, 0x102, 2, "r--");
    m.protect(1, 0x102, 2, "rw-");
    BOOST_TEST(m.owners() == before);
    m.migrate(0, 0x100, 4);
    BOOST_TEST(m.owners() == before);
    m.move(1, 0x100, 4, 0x200);
    BOOST_TEST(m.owners() == "0: 0:100 0:101 0:102 0:103, 1: 1:201");
}

BOOST_AUTO_TEST_CASE(p_6_a_page_is_found_by_its_index_at_several_addresses) {
    scenario m;
    written(m);
    m.move(0, 0x101, 1, 0x200);
    m.map(0, 0x101, 1, "rw-");
    m.write(0, 0x101);
    // One anon_vma, two vmas that map index 0x101, each another page.
    BOOST_TEST(m.chains() == "0:100@100 [*0], 0:200@101 [*0]");
    BOOST_TEST(m.visited(0, 0x101) == 2U);
    BOOST_TEST(m.visited(0, 0x200) == 2U);
    BOOST_TEST(m.visited(0, 0x100) == 1U);
    BOOST_TEST(m.pages() == "1 0:100, 1 0:101, 1 0:102, 1 0:103, 1 0:200");
}

BOOST_AUTO_TEST_CASE(p_7_a_childs_copy_is_looked_for_among_the_child_and_its_descendants) {
    scenario m;
    inherited(m);
    m.fork(0, 2);
    m.fork(1, 3);
    m.write(1, 0x100);
    m.write(3, 0x101);
    BOOST_TEST(m.visited(0, 0x100) == 4U);
    BOOST_TEST(m.visited(1, 0x100) == 2U);
    BOOST_TEST(m.visited(3, 0x101) == 1U);
}

BOOST_AUTO_TEST_CASE(p_8_a_read_of_untouched_anonymous_memory_maps_no_page) {
    scenario m;
    m.map(0, 0x100, 4, "rw-");
    m.read(0, 0x100, 4);
    BOOST_TEST(m.pages() == "");
    m.write(0, 0x101);
    BOOST_TEST(m.pages() == "1 0:101");
}

BOOST_AUTO_TEST_CASE(p_9_a_write_to_a_private_file_mapping_makes_a_copy_there_only) {
    scenario m;
    m.filesize(0, 4);
    m.map_private(0, 0x100, 4, "rw-", 0, 0);
    m.map_shared(0, 0x200, 4, "rw-", 0, 0);
    m.read(0, 0x100);
    m.read(0, 0x200);
    BOOST_TEST(m.pages() == "2 0:100 0:200");
    m.write(0, 0x100);
    BOOST_TEST(m.pages() == "1 0:100, 1 0:200");
    BOOST_TEST(m.owners() == "0: 0:100");
    // One that was not read before is copied at once.
    m.write(0, 0x103);
    BOOST_TEST(m.pages() == "1 0:100, 1 0:103, 1 0:200");
}

BOOST_AUTO_TEST_CASE(p_10_a_touch_maps_that_one_page_and_no_operation_brings_pages_by_itself) {
    scenario m;
    m.filesize(0, 8);
    m.map_shared(0, 0x200, 8, "rw-", 0, 0);
    m.write(0, 0x200, 8);
    m.map_shared(0, 0x100, 8, "rw-", 0, 0);
    m.read(0, 0x104);
    m.map(0, 0x300, 4, "rw-", "locked");
    m.remap(0, 0x300, 4, 0x300, 6);
    BOOST_TEST(m.pages() == "2 0:104 0:204, 1 0:200, 1 0:201, 1 0:202, 1 0:203, "
                            "1 0:205, 1 0:206, 1 0:207");
}

BOOST_AUTO_TEST_CASE(p_11_dontneed_drops_the_entries_of_one_address_space) {
    scenario m;
    inherited(m);
    m.dontneed(0, 0x101, 2);
    BOOST_TEST(m.pages() == "2 0:100 1:100, 2 0:103 1:103, 1 1:101, 1 1:102");
    m.write(0, 0x101);
    BOOST_TEST(m.pages() == "2 0:100 1:100, 1 0:101, 2 0:103 1:103, 1 1:101, 1 1:102");
    BOOST_TEST(m.objs() == "2/3");
}

BOOST_AUTO_TEST_CASE(p_12_a_sibling_that_goes_leaves_the_last_one_a_page_that_it_may_keep) {
    scenario m;
    inherited(m);
    m.fork(0, 2);
    m.write(0, 0x100);
    const void* const shared = m.page_at(1, 0x100);
    BOOST_TEST(m.page_at(2, 0x100) == shared);
    m.unmap(2, 0x100, 1);
    m.write(1, 0x100);
    BOOST_TEST(m.page_at(1, 0x100) == shared);
    BOOST_TEST(m.visited(1, 0x100) == 1U);
}

// ---- T: files that become shorter, or get holes -----------------------------------------------

BOOST_AUTO_TEST_CASE(t_1_truncation_takes_a_files_pages_everywhere) {
    scenario m;
    m.filesize(0, 8);
    m.map_shared(0, 0x100, 8, "rw-", 0, 0);
    m.map_private(0, 0x200, 4, "r--", 0, 2);
    m.fork(0, 1);
    m.write(0, 0x100, 8);
    m.read(0, 0x200, 4);
    m.read(1, 0x100, 8);
    m.filesize(0, 3);
    BOOST_TEST(m.pages() == "2 0:100 1:100, 2 0:101 1:101, 3 0:102 0:200 1:102");
    BOOST_TEST(m.vmas(0) == "100+8 rw- shared f0@0, 200+4 r-- private f0@2");
}

BOOST_AUTO_TEST_CASE(t_2_truncation_takes_private_copies_past_the_new_end_wherever_they_moved) {
    scenario m;
    m.filesize(0, 8);
    m.map_private(0, 0x100, 8, "rw-", 0, 0);
    m.write(0, 0x100, 8);
    m.fork(0, 1);
    m.write(1, 0x106);
    m.move(1, 0x104, 4, 0x300);
    BOOST_TEST(m.page_at(1, 0x302) != nullptr);
    m.filesize(0, 5);
    BOOST_TEST(m.pages() == "2 0:100 1:100, 2 0:101 1:101, 2 0:102 1:102, 2 0:103 1:103, "
                            "2 0:104 1:300");
}

BOOST_AUTO_TEST_CASE(t_3_a_hole_takes_the_files_pages_and_spares_private_copies) {
    scenario m;
    m.filesize(0, 8);
    m.map_private(0, 0x100, 8, "rw-", 0, 0);
    m.map_shared(0, 0x200, 8, "rw-", 0, 0);
    m.write(0, 0x200, 8);
    m.read(0, 0x100, 8);
    m.write(0, 0x102);
    m.punch(0, 1, 3);
    BOOST_TEST(m.pages() == "2 0:100 0:200, 1 0:102, 2 0:104 0:204, 2 0:105 0:205, "
                            "2 0:106 0:206, 2 0:107 0:207");
    // The file is as long as before: the next touch makes a new page of it.
    m.read(0, 0x101);
    m.read(0, 0x202);
    BOOST_TEST(m.pages() == "2 0:100 0:200, 1 0:101, 1 0:102, 2 0:104 0:204, 2 0:105 0:205, "
                            "2 0:106 0:206, 2 0:107 0:207, 1 0:202");
}

BOOST_AUTO_TEST_CASE(t_4_anon_vmas_and_chains_stay_in_both_cases) {
    scenario m;
    m.filesize(0, 8);
    m.map_private(0, 0x100, 8, "rw-", 0, 0);
    m.write(0, 0x100, 8);
    m.fork(0, 1);
    m.punch(0, 0, 8);
    BOOST_TEST(m.objs() == "2/3");
    m.filesize(0, 0);
    BOOST_TEST(m.pages() == "");
    BOOST_TEST(m.chains() == "0:100@0 [*0], 1:100@0 [*1 0]");
}

BOOST_AUTO_TEST_CASE(t_5_nothing_past_the_end_can_be_touched_until_the_file_grows_again) {
    scenario m;
    m.filesize(0, 8);
    m.map_private(0, 0x100, 8, "rw-", 0, 0);
    m.map_shared(0, 0x200, 8, "rw-", 0, 0);
    m.write(0, 0x204);
    m.filesize(0, 4);
    BOOST_TEST((m.machine.read(m.at(0), 0x104) == status::not_mapped));
    BOOST_TEST((m.machine.write(m.at(0), 0x104) == status::not_mapped));
    BOOST_TEST((m.machine.write(m.at(0), 0x204) == status::not_mapped));
    BOOST_TEST(m.objs() == "0/0");
    m.filesize(0, 5);
    m.read(0, 0x104);
    m.write(0, 0x204);
    BOOST_TEST(m.pages() == "2 0:104 0:204");
}

// ---- L: mlock ---------------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(l_1_what_a_lock_populates_are_writes_that_break_sharing) {
    scenario m;
    inherited(m);
    m.lock(1, 0x100, 4);
    BOOST_TEST(m.pages() == "2 0:100 1:100, 2 0:101 1:101, 2 0:102 1:102, 2 0:103 1:103");
    m.write(1, 0x100, 4);
    BOOST_TEST(m.owners() == "0: 0:100 0:101 0:102 0:103, 1: 1:100 1:101 1:102 1:103");
    // Pages that nobody else maps stay, and change their anon_vma.
    scenario alone;
    inherited(alone);
    alone.exit(0);
    const void* const page = alone.page_at(1, 0x103);
    alone.lock(1, 0x100, 4);
    alone.write(1, 0x100, 4);
    BOOST_TEST(alone.page_at(1, 0x103) == page);
    BOOST_TEST(alone.owners() == "0: 1:100 1:101 1:102 1:103");
}

BOOST_AUTO_TEST_CASE(l_2_a_lock_is_an_attribute_of_a_part_and_goes_by_munlock) {
    scenario m;
    written(m);
    m.lock(0, 0x100, 2);
    m.map(0, 0x104, 4, "rw-", "locked");
    BOOST_TEST(m.vmas(0) == "100+2 rw- locked, 102+2 rw-, 104+4 rw- locked");
    m.lock(0, 0x102, 2);
    BOOST_TEST(m.vmas(0) == "100+8 rw- locked");
    m.unlock(0, 0x100, 8);
    BOOST_TEST(m.vmas(0) == "100+8 rw-");
}

// ---- G: migration -----------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(g_1_every_page_asked_for_moves_in_all_its_places) {
    scenario m;
    inherited(m);
    for (unsigned child = 2; child <= 40; ++child) m.fork(child / 3, child);
    const std::string before = m.pages();
    const void* const old = m.page_at(0, 0x102);
    m.migrate(3, 0x100, 4);
    BOOST_TEST(m.pages() == before);
    BOOST_TEST(m.page_at(0, 0x102) != old);
    BOOST_TEST(m.page_at(40, 0x102) == m.page_at(0, 0x102));
}

BOOST_AUTO_TEST_CASE(g_2_pages_of_files_move_too_and_stay_the_files) {
    scenario m;
    m.filesize(0, 4);
    m.map_shared(0, 0x100, 4, "rw-", 0, 0);
    m.map_private(0, 0x200, 4, "rw-", 0, 0);
    m.write(0, 0x101);
    m.read(0, 0x201);
    const void* const old = m.page_at(0, 0x101);
    m.migrate(0, 0x200, 4);
    BOOST_TEST(m.pages() == "2 0:101 0:201");
    BOOST_TEST(m.page_at(0, 0x101) != old);
    m.map_shared(0, 0x300, 4, "r--", 0, 0);
    m.read(0, 0x301);
    BOOST_TEST(m.pages() == "3 0:101 0:201 0:301");
}

// ---- N: same-page merging ---------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(n_1_equal_pages_become_one) {
    scenario m;
    inherited(m);
    m.write(1, 0x100, 2);
    m.ksm({{0, 0x100}, {0, 0x101}, {1, 0x100}});
    BOOST_TEST(m.pages() == "3 0:100 0:101 1:100, 2 0:102 1:102, 2 0:103 1:103, 1 1:101");
    // More of them join the page that is there.
    m.ksm({{0, 0x100}, {1, 0x101}});
    BOOST_TEST(m.pages() == "4 0:100 0:101 1:100 1:101, 2 0:102 1:102, 2 0:103 1:103");
    BOOST_TEST(m.objs() == "2/3");
}

BOOST_AUTO_TEST_CASE(n_2_every_writer_copies_the_last_one_too) {
    scenario m;
    written(m);
    m.ksm({{0, 0x100}, {0, 0x101}});
    const void* const merged = m.page_at(0, 0x100);
    m.write(0, 0x100);
    BOOST_TEST(m.page_at(0, 0x101) == merged);
    BOOST_TEST(m.pages() == "1 0:100, 1 0:101, 1 0:102, 1 0:103");
    m.write(0, 0x101);
    BOOST_TEST(m.owners() == "0: 0:100 0:101 0:102 0:103");
}

BOOST_AUTO_TEST_CASE(n_3_children_inherit_a_merged_page_and_are_found) {
    scenario m;
    written(m);
    m.ksm({{0, 0x100}, {0, 0x101}});
    m.fork(0, 1);
    m.fork(1, 2);
    BOOST_TEST(m.pages() == "6 0:100 0:101 1:100 1:101 2:100 2:101, "
                            "3 0:102 1:102 2:102, 3 0:103 1:103 2:103");
    m.exit(0);
    m.write(1, 0x100);
    BOOST_TEST(m.pages() == "1 1:100, 3 1:101 2:100 2:101, 2 1:102 2:102, 2 1:103 2:103");
}
