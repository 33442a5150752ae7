// SPDX-License-Identifier: BSL-1.0

// What describe prints of the default policy and of one that differs. The same with every compiler,
// but for sizes, which are those of a 64-bit machine.

#define BOOST_TEST_MODULE describe
#include <boost/test/unit_test.hpp>

#include <string>

#include <rmap/verify/describe.hpp>

#include "support/toy_world.hpp"

namespace {

struct whole_chains : rmap::default_policy {
    using locking = rmap::locking::lock_all;
};

struct shards : rmap::default_policy {
    using locking = rmap::locking::sharded_root;
};

template <class Policy>
std::string description() {
    std::string all;
    rmap::verify::describe<typename toy::world<Policy>::map_type>(
        [&](const char* s, std::size_t n) { all.append(s, n); });
    return all;
}

}  // namespace

BOOST_AUTO_TEST_CASE(the_default, *boost::unit_test::enable_if<sizeof(void*) == 8>()) {
    BOOST_TEST(description<rmap::counted<rmap::default_policy>>() ==
               R"(policy      rmap::counted<rmap::default_policy>
atomics     rmap::atomics::builtin
lock        rmap::locks::basic_rw_spin<rmap::atomics::builtin>; 4 bytes; shared: yes
locking     rmap::locking::root; walks are complete: yes
topology    rmap::topologies::chain_tree; walk order: offset; the end is a key: yes
merge       rmap::merges::linux_6_18; the reference: yes
lifetime    rmap::lifetimes::type_stable; stale pointers are readable: yes
allocator   rmap::memory::heap
check       rmap::checks::panic
trace       rmap::traces::none
stats       rmap::statistics::counting

bytes in            here   Linux
a vma (hook)          24      24
a page (hook)         16      16
an anon_vma           48     104
a link (avc)          64      64

lock order, outermost first
  mmap_lock                     an address space's (the user's)
    take_all_locks mutex        the map's
    page lock                   a page's (the user's)
      ksm_node::lock            a merged page's
        i_mmap::lock            a file's vmas
          tree lock             an anon_vma root's
            page_table_lock     an address space's
            pte lock            a page table's (the user's)
              free list         the lifetime policy's
)");
}

BOOST_AUTO_TEST_CASE(another) {
    const std::string text = description<rmap::single_threaded>();
    BOOST_TEST(text.find("atomics     rmap::atomics::single\n") != std::string::npos);
    BOOST_TEST(text.find("stale pointers are readable: no\n") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(the_locks_of_a_discipline) {
    const std::string text = description<whole_chains>();
    BOOST_TEST(text.find("rmap::locking::lock_all; walks are complete: yes\n") !=
               std::string::npos);
    BOOST_TEST(text.find("          anon_vma_chain_lock   an address space's\n"
                         "          tree lock             each anon_vma's, the newest first\n") !=
               std::string::npos);
    BOOST_TEST(description<shards>().find(
                   "          shard locks           an anon_vma root's, by offset\n"
                   "          tree lock             each anon_vma's, the newest first\n") !=
               std::string::npos);
}
