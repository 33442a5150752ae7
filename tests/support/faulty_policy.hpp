// SPDX-License-Identifier: BSL-1.0
#pragma once

// A policy with one rule broken at a time, chosen when the program runs: of the merge rules
// (docs/linux_6_18.md) or of the topology. Tests show that what looks at maps notices each. A
// faulty map may end its process, so each fault has one of its own.

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <utility>
#include <vector>

#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include <rmap/mm/system.hpp>
#include <rmap/policy.hpp>

namespace rmap_test {

enum class fault {
    none,
    // merge rules
    no_singular_rule,
    unfaulted_refused,
    unlike_merge,
    bridge_unlike,
    share_nothing,
    share_inherited,
    no_reuse,
    reuse_without_child_count,
    reuse_without_active_count,
    reuse_always,
    // topology
    copy_newest_first,
    copy_without_oldest,
    range_without_rekey,
    walk_stops_early,
    walk_ignores_range,
};
inline fault planted = fault::none;

inline constexpr std::pair<fault, const char*> faults[] = {
    {fault::no_singular_rule, "no_singular_rule"},
    {fault::unfaulted_refused, "unfaulted_refused"},
    {fault::unlike_merge, "unlike_merge"},
    {fault::bridge_unlike, "bridge_unlike"},
    {fault::share_nothing, "share_nothing"},
    {fault::share_inherited, "share_inherited"},
    {fault::no_reuse, "no_reuse"},
    {fault::reuse_without_child_count, "reuse_without_child_count"},
    {fault::reuse_without_active_count, "reuse_without_active_count"},
    {fault::reuse_always, "reuse_always"},
    {fault::copy_newest_first, "copy_newest_first"},
    {fault::copy_without_oldest, "copy_without_oldest"},
    {fault::range_without_rekey, "range_without_rekey"},
    {fault::walk_stops_early, "walk_stops_early"},
    {fault::walk_ignores_range, "walk_ignores_range"},
};

/// linux_6_18, but for the fault.
struct faulty_rule {
    using sound = rmap::merges::linux_6_18;
    using side = rmap::merge_side;
    static constexpr bool is_reference = true;

    static bool may_share(side neighbour) noexcept {
        if (planted == fault::share_nothing) return false;
        if (planted == fault::share_inherited) return neighbour.faulted();
        return sound::may_share(neighbour);
    }
    static bool may_merge(side a, side b) noexcept {
        if (planted == fault::no_singular_rule) {
            return a.own == b.own || !a.faulted() || !b.faulted();
        }
        if (planted == fault::unfaulted_refused) return a.own == b.own;
        if (planted == fault::unlike_merge) {
            return sound::may_merge(a, b) || (a.faulted() && b.faulted());
        }
        return sound::may_merge(a, b);
    }
    static bool may_bridge(side left, side right) noexcept {
        return planted == fault::bridge_unlike || sound::may_bridge(left, right);
    }
    static bool may_reuse(std::uint32_t children, std::uint32_t active) noexcept {
        if (planted == fault::no_reuse) return false;
        if (planted == fault::reuse_without_child_count) return active == 0;
        if (planted == fault::reuse_without_active_count) return children < 2;
        if (planted == fault::reuse_always) return true;
        return sound::may_reuse(children, active);
    }
};

/// chain_tree, but for the fault.
struct faulty_topology : rmap::topologies::chain_tree {
    using sound = rmap::topologies::chain_tree;

    template <class Map, class F>
    static void copy_chain(Map& map, typename Map::vma_type& to, typename Map::vma_type& from,
                           link_list<typename Map::policy>& links, F seen) noexcept {
        using av_type = rmap::anon_vma<typename Map::policy>;
        if (planted != fault::copy_newest_first && planted != fault::copy_without_oldest) {
            return sound::copy_chain(map, to, from, links, seen);
        }
        std::vector<av_type*> chain;  // newest first
        Map::for_each_link(from, [&](av_type& av) { chain.push_back(&av); });
        if (planted == fault::copy_without_oldest) {
            if (chain.size() > 1) chain.pop_back();
            std::reverse(chain.begin(), chain.end());
        }
        for (av_type* av : chain) {
            attach(map, to, *av, links);
            seen(*av);
        }
    }
    template <class Map>
    static void unkey(Map& map, typename Map::vma_type& v) noexcept {
        if (planted != fault::range_without_rekey) sound::unkey(map, v);
    }
    template <class Map>
    static void rekey(Map& map, typename Map::vma_type& v) noexcept {
        if (planted != fault::range_without_rekey) sound::rekey(map, v);
    }
    template <class Map, class F>
    static bool visit(Map& map, rmap::anon_vma<typename Map::policy>& av, rmap::pgoff_t index,
                      F f) {
        if (planted == fault::walk_ignores_range) {
            return visit_all(map, av, [&](typename Map::vma_type& v) {
                return f(rmap::vma_place<Map>{v, index});
            });
        }
        return sound::visit(map, av, index, [&](const auto& place) {
            return f(place) && planted != fault::walk_stops_early;
        });
    }
};

enum outcome { sound = 0, by_invariants = 1, by_trace = 2, by_check = 3, died = 4 };
inline const char* const noticed_by[] = {"nothing", "the invariants", "a trace", "a check",
                                         "a crash"};

struct ends_the_process {
    [[noreturn]] static void failed(const char*, const char*, const char*, unsigned) noexcept {
        ::_exit(by_check);
    }
};

struct faulty : rmap::counted<rmap::default_policy> {
    using merge = faulty_rule;
    using topology = faulty_topology;
    using check = ends_the_process;
};

/// What `notices` says, in a process of its own.
template <class F>
outcome apart(fault f, F notices) {
    std::fflush(nullptr);
    const ::pid_t child = ::fork();
    if (child == 0) {
        planted = f;
        // Of processor time: one that goes on for ever ends so, one on a busy machine does not.
        const ::itimerval most{{}, {20, 0}};
        ::setitimer(ITIMER_PROF, &most, nullptr);
        ::_exit(notices());
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    return WIFEXITED(status) && WEXITSTATUS(status) <= by_check
               ? static_cast<outcome>(WEXITSTATUS(status))
               : died;
}

}  // namespace rmap_test
