// SPDX-License-Identifier: BSL-1.0
#pragma once

// Conformance: name your lock, locking discipline, topology, merge rule, or whole policy, and have
// its laws checked, one thread alone and every interleaving of a few.
//
//     #include <rmap/verify/conformance.hpp>
//     int main() {
//         return rmap::verify::conforms<my_policy>(rmap::verify::to_stdout()) ? 0 : 1;
//     }
//
// Each law has a name and a sentence (the tables `lock_laws`, `discipline_laws`, `topology_laws`,
// `merge_laws`). For a broken one there is the counterexample, and where the explorer found it, a
// string that replays it. docs/write_a_lock.md and its neighbours go through an example each.
//
// What is explored are the laws' scenarios, over the explorer's atomics: a proof about those, not
// about every use. Fields that are not of the policy's atomics family are not seen to race.

#include <concepts>
#include <type_traits>

#include <rmap/compat.hpp>
#include <rmap/merges/adjacent.hpp>
#include <rmap/topologies/single_list.hpp>
#include <rmap/verify/conformance/discipline_walks.hpp>
#include <rmap/verify/conformance/exact_laws.hpp>
#include <rmap/verify/conformance/explored_form.hpp>
#include <rmap/verify/conformance/lock_suite.hpp>
#include <rmap/verify/conformance/merge_laws.hpp>
#include <rmap/verify/conformance/opaque_lock.hpp>
#include <rmap/verify/conformance/report.hpp>
#include <rmap/verify/conformance/suite.hpp>
#include <rmap/verify/conformance/topology_steps.hpp>

namespace rmap::inline RMAP_ABI::verify {

/// A lock. One whose template takes atomics is explored (conformance/explored_form.hpp), any other
/// is looked at by two real threads in turns, and the report says so. One that says that it does
/// not exclude has no laws to keep.
template <class Lock, law_sink Sink>
bool lock_conforms(Sink sink, const conformance_options& with = {}) {
    static_assert(lock_diagnosis<Lock>::passed);
    conformance::suite s{lock_laws, with};
    if constexpr (!rmap::detail::excludes<Lock>()) {
        for (const law& l : lock_laws)
            s.not_claimed(l, "the lock says that it does not exclude");
    } else if constexpr (explorable<Lock>) {
        static_assert(lock_diagnosis<explored_form_of<Lock>>::passed);
        conformance::lock_suite<explored_form_of<Lock>>{s}.run();
    } else {
        conformance::opaque_lock_suite<Lock>{s}.run();
    }
    return s.tell(sink);
}

/// A locking discipline, over a topology and a merge rule that it can work with.
template <class Locking, class Topology = topologies::chain_tree, class Merge = merges::adjacent,
          law_sink Sink>
bool discipline_conforms(Sink sink, const conformance_options& with = {}) {
    static_assert(
        locking_discipline<Locking, conformance::explored_policy<Locking, Topology, Merge>>,
        "rmap: not a locking discipline; locking/concept.hpp says what one must have");
    conformance::suite s{discipline_laws, with};
    conformance::discipline_suite<Locking, Topology, Merge>{s}.run();
    return s.tell(sink);
}

/// A topology, under the discipline locking::root.
template <class Topology, law_sink Sink>
bool topology_conforms(Sink sink, const conformance_options& with = {}) {
    static_assert(
        chain_topology<Topology,
                       conformance::explored_policy<locking::root, Topology, merges::adjacent>>,
        "rmap: not a topology; topologies/concept.hpp says what one must have");
    conformance::suite s{topology_laws, with};
    if constexpr (is_exact<Topology>) {
        conformance::exact_suite<Topology>{s}.run();
    } else {
        conformance::topology_suite<Topology>{s}.run();
    }
    return s.tell(sink);
}

/// A merge rule, over a topology that can tell it what it asks.
template <class Merge, class Topology = topologies::chain_tree, law_sink Sink>
bool merge_conforms(Sink sink, const conformance_options& with = {}) {
    static_assert(merge_rule<Merge>,
                  "rmap: not a merge rule; merges/concept.hpp says what one must answer");
    conformance::suite s{merge_laws, with};
    conformance::merge_suite<Merge, locking::root, Topology>{s}.run();
    return s.tell(sink);
}

/// Whichever of these `T` is; of a policy, all four. Whether no law is broken.
template <class T, law_sink Sink>
bool conforms(Sink sink, const conformance_options& with = {}) {
    using as_locking = conformance::explored_policy<T, topologies::chain_tree, merges::adjacent>;
    using as_topology = conformance::explored_policy<locking::root, T, merges::adjacent>;
    if constexpr (std::derived_from<T, default_policy>) {
        // The other suites do not tell an exact topology where pages are.
        using vmas_of = std::conditional_t<is_exact<typename T::topology>, topologies::single_list,
                                           typename T::topology>;
        const bool lock = lock_conforms<typename T::lock>(sink, with);
        const bool locking =
            discipline_conforms<typename T::locking, vmas_of, typename T::merge>(sink, with);
        const bool topology = topology_conforms<typename T::topology>(sink, with);
        const bool merge = merge_conforms<typename T::merge, vmas_of>(sink, with);
        return lock && locking && topology && merge;
    } else if constexpr (exclusive_lock<T>) {
        return lock_conforms<T>(sink, with);
    } else if constexpr (merge_rule<T>) {
        return merge_conforms<T>(sink, with);
    } else if constexpr (locking_discipline<T, as_locking>) {
        return discipline_conforms<T>(sink, with);
    } else {
        static_assert(
            chain_topology<T, as_topology>,
            "rmap: conforms<T>: T is no policy, lock, discipline, topology or merge rule. "
            "lock_conforms<T> and the like say what it lacks");
        return topology_conforms<T>(sink, with);
    }
}

}  // namespace rmap::inline RMAP_ABI::verify
