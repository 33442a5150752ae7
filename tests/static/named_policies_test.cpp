// SPDX-License-Identifier: BSL-1.0

// The named policies of policy.hpp: each composes, and is what its comment says.

#include "support/minimal.hpp"

namespace {

template <class Policy>
constexpr bool composes = sizeof(minimal::map<Policy>) != 0;

static_assert(composes<rmap::default_policy> && composes<rmap::linux_6_18>);
static_assert(composes<rmap::linux_2_6_7> && composes<rmap::linux_2_6_34>);
static_assert(composes<rmap::linux_2_6_37> && composes<rmap::linux_3_8>);
static_assert(composes<rmap::linux_3_19> && composes<rmap::linux_6_15>);
static_assert(composes<rmap::linux_6_16>);
static_assert(composes<rmap::never_merge> && composes<rmap::single_threaded>);
static_assert(composes<rmap::counted<rmap::linux_6_18>>);

// Walks may miss in 2.6.34 alone.
static_assert(!rmap::linux_2_6_34::locking::walk_is_complete);
static_assert(rmap::linux_2_6_7::locking::walk_is_complete);
static_assert(rmap::linux_2_6_37::locking::walk_is_complete);

// Lists to 3.6, then trees; one anon_vma a family before chains.
static_assert(rmap::linux_2_6_7::topology::one_a_family);
static_assert(rmap::linux_2_6_37::topology::order == rmap::walk_order::insertion);
static_assert(rmap::linux_3_8::topology::order == rmap::walk_order::offset);

// Only the reference was compared with a kernel, object by object.
static_assert(rmap::linux_6_18::merge::is_reference && !rmap::linux_6_15::merge::is_reference);

// Which kernels keep a bug of what they did with the answers; those that anybody would use do not.
static_assert(!rmap::merges::keeps_no_bug<rmap::linux_2_6_34::merge>);
static_assert(!rmap::merges::keeps_no_bug<rmap::linux_6_16::merge>);
static_assert(rmap::merges::keeps_no_bug<rmap::linux_2_6_7::merge>);
static_assert(rmap::merges::keeps_no_bug<rmap::linux_2_6_37::merge>);
static_assert(rmap::merges::keeps_no_bug<rmap::linux_6_15::merge>);
static_assert(rmap::merges::keeps_no_bug<rmap::linux_6_18::merge>);
static_assert(rmap::merges::keeps_no_bug<rmap::never_merge::merge>);

// Chains of endless forks end with 3.19.
static_assert(!rmap::linux_3_8::merge::may_reuse(0, 0));
static_assert(rmap::linux_3_19::merge::may_reuse(0, 0));

}  // namespace

int main() {
    // What the compiler has not asked yet: the facade's questions where all types are complete.
    minimal::map<rmap::linux_2_6_7> single;
    minimal::map<rmap::linux_2_6_37> list;
    minimal::map<rmap::linux_6_15> tree;
    static_cast<void>(single);
    static_cast<void>(list);
    static_cast<void>(tree);
}
