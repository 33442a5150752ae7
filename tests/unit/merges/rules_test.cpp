// SPDX-License-Identifier: BSL-1.0

// The merge rules as a table, row by row as docs/linux_6_18.md has them. All of it is decided when
// it is compiled.

#include <rmap/merges/adjacent.hpp>
#include <rmap/merges/linux_2_6_34.hpp>
#include <rmap/merges/linux_2_6_37.hpp>
#include <rmap/merges/linux_2_6_7.hpp>
#include <rmap/merges/linux_6_15.hpp>
#include <rmap/merges/linux_6_16.hpp>
#include <rmap/merges/linux_6_18.hpp>
#include <rmap/merges/never.hpp>

namespace {

using rmap::merge_side;
using rmap::merges::adjacent;
using rmap::merges::linux_2_6_34;
using rmap::merges::linux_2_6_37;
using rmap::merges::linux_2_6_7;
using rmap::merges::linux_3_0;
using rmap::merges::linux_3_19;
using rmap::merges::linux_6_15;
using rmap::merges::linux_6_16;
using rmap::merges::linux_6_18;
using rmap::merges::never;

constexpr int one = 1;
constexpr int two = 2;

constexpr merge_side none{};                // unfaulted
constexpr merge_side a{&one, false};        // an anon_vma of its own
constexpr merge_side b{&two, false};        // another
constexpr merge_side a_forked{&one, true};  // a fork child
constexpr merge_side b_forked{&two, true};
constexpr merge_side sides[] = {none, a, b, a_forked, b_forked};

struct row {
    merge_side left;
    merge_side right;
    bool merge;   // may two touching ranges become one vma?
    bool bridge;  // may the left and the right of a range that agrees with both?
};

constexpr row table[] = {
    {none, none, true, true},            // both unfaulted
    {none, a, true, true},               // one faulted, and alone: the other takes over its chain
    {none, a_forked, false, true},       // ... a fork child: stays apart
    {a, a, true, true},                  // parts of one vma
    {a, b, false, false},                // two anon_vmas never
    {a, b_forked, false, false},         //
    {a_forked, a_forked, true, true},    // parts of one inherited vma heal at once
    {a_forked, b_forked, false, false},  //
};

constexpr bool as_in_table() {
    for (const row& r : table) {
        // Symmetric: it does not matter which side was faulted first (Linux bug B29).
        if (linux_6_18::may_merge(r.left, r.right) != r.merge) return false;
        if (linux_6_18::may_merge(r.right, r.left) != r.merge) return false;
        if (linux_6_18::may_bridge(r.left, r.right) != r.bridge) return false;
        if (linux_6_18::may_bridge(r.right, r.left) != r.bridge) return false;
    }
    return true;
}
static_assert(as_in_table());

// prepare: a neighbour's anon_vma, if it has one and was not forked.
static_assert(!linux_6_18::may_share(none) && linux_6_18::may_share(a));
static_assert(!linux_6_18::may_share(a_forked));

// Reuse at fork: nobody's own, fewer than two children. A root counts itself as a child.
static_assert(linux_6_18::may_reuse(0, 0) && linux_6_18::may_reuse(1, 0));
static_assert(!linux_6_18::may_reuse(2, 0) && !linux_6_18::may_reuse(0, 1));
static_assert(!linux_6_18::may_reuse(1, 1));

constexpr bool never_ever() {
    for (const merge_side& x : sides) {
        if (never::may_share(x)) return false;
        for (const merge_side& y : sides) {
            if (never::may_merge(x, y) || never::may_bridge(x, y)) return false;
        }
    }
    return !never::may_reuse(0, 0);
}
static_assert(never_ever());
static_assert(linux_6_18::is_reference && !never::is_reference);

// What was split heals, nothing else.
constexpr bool adjacent_heals() {
    for (const merge_side& x : sides) {
        if (adjacent::may_share(x)) return false;
        for (const merge_side& y : sides) {
            if (adjacent::may_merge(x, y) != (x.own == y.own)) return false;
            if (adjacent::may_bridge(x, y) != (x.own == y.own)) return false;
        }
    }
    return !adjacent::may_reuse(0, 0);
}
static_assert(adjacent_heals());

// The kernels before, where they differ. One anon_vma at most in a merged vma, fork child or not:
constexpr bool null_or_equal() {
    for (const merge_side& x : sides) {
        for (const merge_side& y : sides) {
            const bool may = x.own == y.own || !x.faulted() || !y.faulted();
            if (linux_2_6_7::may_merge(x, y) != may) return false;
            if (linux_2_6_34::may_merge(x, y) != may) return false;
            if (linux_6_16::may_merge(x, y) != linux_6_18::may_merge(x, y)) return false;
            if (linux_2_6_37::may_merge(x, y) != may) return false;
        }
    }
    return true;
}
static_assert(null_or_equal());
static_assert(linux_2_6_34::may_share(a_forked));   // B09
static_assert(!linux_2_6_37::may_share(a_forked));  // d0e9fe1758f2
static_assert(!linux_2_6_37::may_reuse(0, 0));      // B17

// Since 3.0 fork children stay apart, but the side that is looked at is the vma that is there
// (B29): whether memory that is touched joins memory that is not depends on which of the two comes.
static_assert(linux_6_15::may_merge(a, none) && !linux_6_15::may_merge(none, a));
static_assert(!linux_6_15::may_merge(a_forked, none) && !linux_6_15::may_merge(none, a_forked));
static_assert(linux_6_15::may_merge(none, none) && linux_6_15::may_merge(a_forked, a_forked));
static_assert(!linux_6_15::may_merge(a, b));

// One counter for children and vmas: of an anon_vma without children, one user looks like one child
// (B20; CVE-2022-42703).
static_assert(linux_3_19::may_reuse(0, 1) && !linux_6_15::may_reuse(0, 1));
static_assert(!linux_3_19::may_reuse(1, 1) && linux_3_19::may_reuse(1, 0));
static_assert(!linux_3_0::may_reuse(0, 0));

}  // namespace

int main() {}
