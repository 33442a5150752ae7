// SPDX-License-Identifier: BSL-1.0

// Every locking discipline over every topology that compat.hpp lets it have keeps the laws of a
// discipline; disciplines_test.cpp has those over chain_tree. pte_chain, whose walks take no
// anon_vma's lock, is in topologies_test.cpp. But for the disciplines of Linux 2.6.34 over its
// lists: what it had is a race (B10), and is refused.

#include "support/policies.hpp"
#include "support/refused.hpp"

using namespace rmap_test;
namespace locking_of = rmap::locking;
namespace topologies = rmap::topologies;

namespace {

verdicts count;

template <class Locking, class Topology>
void conforms(const char* name) {
    count.conforms(name, [](auto sink) { verify::discipline_conforms<Locking, Topology>(sink); });
}

/// A list's walk reads the range of every vma in it, under a lock that a change of a range of a
/// fork child does not hold all the while: the vma leaves no list for that.
template <class Locking>
void races(const char* name) {
    count.refused(name, "discipline.nothing_races", [](auto sink) {
        verify::discipline_conforms<Locking, topologies::chain_list>(sink);
    });
}

}  // namespace

int main() {
    conforms<locking_of::root, topologies::chain_list>("root over chain_list");
    conforms<locking_of::root, topologies::single_list>("root over single_list");
    conforms<locking_of::root, topologies::cow_tree>("root over cow_tree");
    conforms<locking_of::lock_all, topologies::chain_list>("lock_all over chain_list");
    conforms<locking_of::lock_all, topologies::single_list>("lock_all over single_list");
    races<locking_of::per_anon_vma>("per_anon_vma over chain_list");
    conforms<locking_of::per_anon_vma, topologies::single_list>("per_anon_vma over single_list");
    races<locking_of::seq_retry>("seq_retry over chain_list");
    conforms<locking_of::seq_retry, topologies::single_list>("seq_retry over single_list");
    return count.exit_code();
}
