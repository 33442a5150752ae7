// SPDX-License-Identifier: BSL-1.0

// Rules A (commit accounting) and E (refused operations) of docs/linux_6_18.md: a case a rule.

#define BOOST_TEST_MODULE rules_account
#include <boost/test/unit_test.hpp>

#include "support/scenario.hpp"

using rmap::status;
using rmap_test::scenario;

// ---- A: commit accounting ---------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(a_1_without_accounting_nothing_is_marked) {
    scenario m;
    m.map(0, 0x100, 4, "rw-");
    m.write(0, 0x100);
    m.protect(0, 0x100, 4, "r--");
    m.map(0, 0x104, 4, "r--");
    BOOST_TEST(m.vmas(0) == "100+8 r--");
}

BOOST_AUTO_TEST_CASE(a_2_private_mappings_that_are_writable_are_marked) {
    scenario m{true};
    m.map(0, 0x100, 4, "rw-");
    m.map(0, 0x200, 4, "r--");
    m.map_private(0, 0x300, 4, "-w-", 0, 0);
    m.map_shared(0, 0x400, 4, "rw-", 0, 0);
    BOOST_TEST(m.vmas(0) == "100+4 rw- account, 200+4 r--, 300+4 -w- private f0@0 account, "
                            "400+4 rw- shared f0@0");
}

BOOST_AUTO_TEST_CASE(a_3_one_that_becomes_writable_is_marked) {
    scenario m{true};
    m.map(0, 0x100, 4, "r--");
    m.map_shared(0, 0x400, 4, "r--", 0, 0);
    m.protect(0, 0x100, 2, "rw-");
    m.protect(0, 0x400, 2, "rw-");
    BOOST_TEST(m.vmas(0) == "100+2 rw- account, 102+2 r--, 400+2 rw- shared f0@0, "
                            "402+2 r-- shared f0@2");
}

BOOST_AUTO_TEST_CASE(a_4_the_mark_stays_when_write_permission_goes) {
    scenario m{true};
    m.map(0, 0x100, 4, "rw-");
    m.write(0, 0x100);
    m.map(0, 0x104, 4, "r--");
    m.protect(0, 0x100, 4, "r--");
    BOOST_TEST(m.vmas(0) == "100+4 r-- account, 104+4 r--");
    m.filesize(0, 8);
    m.map_private(0, 0x200, 4, "rw-", 0, 0);
    m.protect(0, 0x200, 4, "r--");
    BOOST_TEST(m.vmas(0) == "100+4 r-- account, 104+4 r--, 200+4 r-- private f0@0 account");
    m.protect(0, 0x100, 8, "rw-");
    BOOST_TEST(m.vmas(0) == "100+8 rw- account, 200+4 r-- private f0@0 account");
}

BOOST_AUTO_TEST_CASE(a_5_unfaulted_anonymous_memory_loses_it) {
    scenario m{true};
    m.map(0, 0x100, 4, "rw-");
    m.map(0, 0x104, 4, "r--");
    m.read(0, 0x100);
    m.protect(0, 0x100, 4, "r--");
    BOOST_TEST(m.vmas(0) == "100+8 r--");
}

// ---- E: refused operations --------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(e_1_a_change_over_a_hole_is_refused_and_changes_nothing) {
    scenario m;
    m.map(0, 0x100, 4, "rw-");
    m.write(0, 0x100, 4);
    m.map(0, 0x106, 2, "rw-");
    auto& in = m.at(0);
    BOOST_TEST((m.machine.mprotect(in, 0x102, 6, rmap::mm::prot::r) == status::not_mapped));
    BOOST_TEST((m.machine.mlock(in, 0x102, 6) == status::not_mapped));
    BOOST_TEST((m.machine.munlock(in, 0x0fe, 4) == status::not_mapped));
    BOOST_TEST(m.vmas(0) == "100+4 rw-, 106+2 rw-");
    BOOST_TEST(m.objs() == "1/1");
}

BOOST_AUTO_TEST_CASE(e_2_what_is_not_mapped_or_not_writable_cannot_be_touched) {
    scenario m;
    m.map(0, 0x100, 4, "r--");
    auto& in = m.at(0);
    BOOST_TEST((m.machine.read(in, 0x0ff) == status::not_mapped));
    BOOST_TEST((m.machine.write(in, 0x104) == status::not_mapped));
    BOOST_TEST((m.machine.write(in, 0x100) == status::not_mapped));
    BOOST_TEST(m.objs() == "0/0");
}

BOOST_AUTO_TEST_CASE(e_3_only_a_stack_grows_down_and_only_into_free_room) {
    scenario m;
    m.map(0, 0x100, 4, "rw-");
    m.map(0, 0x108, 4, "rw-", "stack");
    auto& in = m.at(0);
    BOOST_TEST((m.machine.grow(in, 0x100, 0x0fe) == status::not_mapped));
    BOOST_TEST((m.machine.grow(in, 0x10a, 0x104) == status::not_mapped));
    BOOST_TEST((m.machine.grow(in, 0x108, 0x102) == status::busy));
    BOOST_TEST((m.machine.grow(in, 0x108, 0x108) == status::invalid));
    BOOST_TEST(m.vmas(0) == "100+4 rw-, 108+4 rw- stack");
    BOOST_TEST(m.objs() == "0/0");
}
