// SPDX-License-Identifier: BSL-1.0
#pragma once

// The diagnosis of a policy: one named question for each axis, which the facade asks in a
// static_assert of its own, so that the first line of the compiler's first error says which axis is
// wrong, and how that commonly happens.

#include <concepts>

#include <rmap/core/atomics.hpp>
#include <rmap/core/check.hpp>
#include <rmap/core/memory.hpp>
#include <rmap/core/statistics.hpp>
#include <rmap/core/trace.hpp>
#include <rmap/lifetimes/concept.hpp>
#include <rmap/locking/concept.hpp>
#include <rmap/locks/concept.hpp>
#include <rmap/merges/concept.hpp>
#include <rmap/model/i_mmap.hpp>
#include <rmap/model/page.hpp>
#include <rmap/model/vma.hpp>
#include <rmap/policy.hpp>
#include <rmap/topologies/concept.hpp>

namespace rmap::inline RMAP_ABI::detail {

/// A member that looks like an axis but is none: C++ cannot list a class's members, so the likely
/// slips are asked for one by one.
template <class P>
concept has_misspelt_axis =
    requires { typename P::locks; } || requires { typename P::lock_type; } ||
    requires { typename P::Lock; } || requires { typename P::mutex; } ||
    requires { typename P::loc; } || requires { typename P::lockings; } ||
    requires { typename P::locking_type; } || requires { typename P::discipline; } ||
    requires { typename P::topologies; } || requires { typename P::topology_type; } ||
    requires { typename P::toplogy; } || requires { typename P::topolgy; } ||
    requires { typename P::chain; } || requires { typename P::merges; } ||
    requires { typename P::merge_type; } || requires { typename P::merge_rule; } ||
    requires { typename P::merging; } || requires { typename P::lifetimes; } ||
    requires { typename P::life_time; } || requires { typename P::allocators; } ||
    requires { typename P::alloc; } || requires { typename P::allocator_type; } ||
    requires { typename P::memory; } || requires { typename P::atomic; } ||
    requires { typename P::Atomics; } || requires { typename P::checks; } ||
    requires { typename P::traces; } || requires { typename P::tracer; } ||
    requires { typename P::statistics; } || requires { typename P::stat; };

template <class P>
concept atomics_axis = atomics_family<typename P::atomics>;
template <class P>
concept lock_axis = exclusive_lock<typename P::lock>;
template <class P>
concept allocator_axis = memory_source<typename P::allocator>;
template <class P>
concept merge_axis = merge_rule<typename P::merge>;
template <class P>
concept check_axis = check_hook<typename P::check>;
template <class P>
concept trace_axis = trace_hook<typename P::trace>;
template <class P>
concept stats_axis =
    statistics_sink<typename P::stats::template counters<typename P::atomics>>;
template <class P>
concept topology_axis = chain_topology<typename P::topology, P>;
template <class P>
concept locking_axis = locking_discipline<typename P::locking, P>;
template <class P>
concept lifetime_axis = anon_vma_lifetime<typename P::lifetime, P>;

/// What a topology can do to chains, asked with a map at hand.
template <class Map>
concept topology_can_attach =
    requires(Map& map, typename Map::vma_type& v, anon_vma<typename Map::policy>& av,
             typename Map::policy::topology::template link_list<typename Map::policy>& links) {
        { Map::policy::topology::attach(map, v, av, links) } noexcept;
    };
template <class Map>
concept topology_can_clone =
    requires(Map& map, typename Map::vma_type& v, void (&seen)(anon_vma<typename Map::policy>&),
             typename Map::policy::topology::template link_list<typename Map::policy>& links) {
        { Map::policy::topology::copy_chain(map, v, v, links, seen) } noexcept;
    };
template <class Map>
concept topology_can_detach =
    requires(Map& map, typename Map::vma_type& v, void (&seen)(anon_vma<typename Map::policy>&),
             typename Map::policy::topology::template link_list<typename Map::policy>& links) {
        { Map::policy::topology::detach(map, v, links, seen) } noexcept;
    };
template <class Map>
concept topology_can_rekey = requires(Map& map, typename Map::vma_type& v) {
    { Map::policy::topology::unkey(map, v) } noexcept;
    { Map::policy::topology::rekey(map, v) } noexcept;
};
template <class Map>
concept topology_can_visit =
    is_exact<typename Map::policy::topology> ||
    requires(Map& map, anon_vma<typename Map::policy>& av, bool (&each)(typename Map::vma_type&)) {
        { Map::policy::topology::visit(map, av, pgoff_t{}, each) } -> std::same_as<bool>;
        { Map::policy::topology::visit_all(map, av, each) } -> std::same_as<bool>;
    };

/// The user's types: instantiated by the facade, for its messages.
template <class Page, class Vma, class Policy>
struct user_types {
    static_assert(
        has_page_hook<Page, Policy>,
        "rmap: the page type must have a hook. A common mistake is to forget the base class "
        "rmap::page_hook<Policy>, or to derive from the hook of another policy; in a "
        "rmap::page_traits of yours, hook<Policy>() is a template, static and noexcept");
    static_assert(
        tells_mapped<Page>,
        "rmap: the page type must tell whether it is mapped. A common mistake is to forget "
        "bool mapped() const, or noexcept in a rmap::page_traits of yours");
    static_assert(
        has_vma_hook<Vma, Policy>,
        "rmap: the vma type must have a hook. A common mistake is to forget the base class "
        "rmap::vma_hook<Policy>, or to derive from the hook of another policy; in a "
        "rmap::vma_traits of yours, hook<Policy>() and from_hook<Policy>() are templates, static "
        "and noexcept");
    static_assert(
        has_range<Vma>,
        "rmap: the vma type must have start(), pages(), pgoff() and set_range(). A common "
        "mistake is to forget const on the first three; a rmap::vma_traits of yours has all of "
        "its functions, alike() too, static and noexcept");
    static_assert(has_mm<Vma>,
                  "rmap: the vma type must have mm(), const, which returns a reference to the "
                  "address space");
    static_assert(
        tells_mapping<Vma, Policy>,
        "rmap: a vma type with rmap::i_mmap_hook must have mapping(), const, which returns "
        "the i_mmap of its file, or null");
    static constexpr bool passed = true;
};

/// What can be asked only when all types are complete: instantiated by the facade's destructor.
template <class Map>
struct ready_map {
    using policy = typename Map::policy;
    using vma = typename Map::vma_type;
    static_assert(topology_can_attach<Map>,
                  "rmap: topology must have attach(map, vma, anon_vma, links), noexcept");
    static_assert(topology_can_clone<Map>,
                  "rmap: topology must have copy_chain(map, to, from, links, seen), noexcept");
    static_assert(topology_can_detach<Map>,
                  "rmap: topology must have detach(map, vma, spent, emptied), noexcept");
    static_assert(topology_can_rekey<Map>,
                  "rmap: topology must have unkey(map, vma) and rekey(map, vma), noexcept");
    static_assert(topology_can_visit<Map>,
                  "rmap: topology must have visit(map, anon_vma, index, f) and visit_all(map, "
                  "anon_vma, f), which return whether they came to the end");
    static_assert(has_page_table_lock<vma>,
                  "rmap: the address space must have a page_table_lock. A common mistake is a "
                  "private one; specialise rmap::mm_traits for another name");
    static_assert(
        !locks_whole_chains<typename policy::locking> || has_anon_vma_chain_lock<vma, policy>,
        "rmap: a 'locking' discipline that locks whole chains needs an anon_vma_chain_lock, of "
        "the policy's lock type, in the address space. Specialise rmap::mm_traits for another "
        "name, or use locking = rmap::locking::root");
    static constexpr bool passed = true;
};

}  // namespace rmap::inline RMAP_ABI::detail
