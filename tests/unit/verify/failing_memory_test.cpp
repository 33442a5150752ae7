// SPDX-License-Identifier: BSL-1.0

// The memory fails exactly where it is told to, counts what is alive, and names what is given back
// wrongly.

#define BOOST_TEST_MODULE failing_memory
#include <boost/test/unit_test.hpp>

#include <rmap/verify/failing_memory.hpp>

using rmap::verify::failing_memory;
using rmap::verify::memory_ledger;

BOOST_AUTO_TEST_CASE(fails_at_the_nth_call) {
    memory_ledger ledger;
    failing_memory memory{ledger};
    ledger.fail_at(2);
    void* a = memory.allocate(8, 8);
    BOOST_TEST(a != nullptr);
    BOOST_TEST(!ledger.failed());
    BOOST_TEST(memory.allocate(8, 8) == nullptr);
    BOOST_TEST(ledger.failed());
    void* b = memory.allocate(16, 16);
    BOOST_TEST(b != nullptr);
    BOOST_TEST(ledger.calls() == 3U);
    BOOST_TEST(ledger.live_blocks() == 2U);
    BOOST_TEST(ledger.live_bytes() == 24U);
    memory.deallocate(a, 8, 8);
    memory.deallocate(b, 16, 16);
    BOOST_TEST(ledger.clean());
    BOOST_TEST(ledger.most_bytes() == 24U);
}

BOOST_AUTO_TEST_CASE(fails_from_the_nth_call_on) {
    memory_ledger ledger;
    failing_memory memory{ledger};
    ledger.fail_from(1);
    BOOST_TEST(memory.allocate(8, 8) == nullptr);
    BOOST_TEST(memory.allocate(8, 8) == nullptr);
    ledger.never_fail();
    void* a = memory.allocate(8, 8);
    BOOST_TEST(a != nullptr);
    BOOST_TEST(!ledger.failed());
    memory.deallocate(a, 8, 8);
}

BOOST_AUTO_TEST_CASE(a_leak_shows) {
    memory_ledger ledger;
    failing_memory memory{ledger};
    void* a = memory.allocate(8, 8);
    BOOST_TEST(!ledger.clean());
    memory.deallocate(a, 8, 8);
    BOOST_TEST(ledger.clean());
}

BOOST_AUTO_TEST_CASE(a_block_given_back_twice_or_with_another_size) {
    memory_ledger ledger;
    failing_memory memory{ledger};
    void* a = memory.allocate(8, 8);
    memory.deallocate(a, 16, 8);
    BOOST_REQUIRE(ledger.faults().size() == 1U);
    BOOST_TEST(ledger.faults()[0] ==
               "a block of 8 bytes, aligned to 8, was given back as 16 bytes, aligned to 8");
    memory.deallocate(a, 8, 8);
    BOOST_REQUIRE(ledger.faults().size() == 2U);
    BOOST_TEST(ledger.faults()[1] ==
               "a block of 8 bytes was given back that is not out (twice, or never given)");
    BOOST_TEST(!ledger.clean());
}

BOOST_AUTO_TEST_CASE(alignments_above_the_usual) {
    memory_ledger ledger;
    failing_memory memory{ledger};
    void* a = memory.allocate(64, 256);
    BOOST_TEST(reinterpret_cast<std::uintptr_t>(a) % 256 == 0U);
    memory.deallocate(a, 64, 256);
    BOOST_TEST(ledger.clean());
}

BOOST_AUTO_TEST_CASE(one_without_a_ledger_is_the_heap) {
    failing_memory memory;
    void* a = memory.allocate(8, 8);
    BOOST_TEST(a != nullptr);
    memory.deallocate(a, 8, 8);
}
