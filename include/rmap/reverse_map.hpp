// SPDX-License-Identifier: BSL-1.0
#pragma once

// reverse_map: the library's facade. From a page to every place that maps it. `Page` and `Vma` are
// the user's types (model/page.hpp, model/vma.hpp say what is asked of them), `Policy` the choices
// (policy.hpp). Each member function is a call into ops/, where its contract stands in full.
//
// Functions that allocate have a form that takes the memory to use first; the other uses the map's.
// Which lock of the user's must be held is said for each group; locking/order.hpp has the whole
// order.

#include <concepts>
#include <cstddef>
#include <type_traits>

#include <rmap/axes.hpp>
#include <rmap/compat.hpp>
#include <rmap/ops/adjust.hpp>
#include <rmap/ops/all_locks.hpp>
#include <rmap/ops/clone.hpp>
#include <rmap/ops/collect.hpp>
#include <rmap/ops/fork.hpp>
#include <rmap/ops/fork_all.hpp>
#include <rmap/ops/merge.hpp>
#include <rmap/ops/move.hpp>
#include <rmap/ops/places.hpp>
#include <rmap/ops/prepare.hpp>
#include <rmap/ops/split.hpp>
#include <rmap/ops/tag.hpp>
#include <rmap/ops/unlink.hpp>
#include <rmap/ops/unlink_all.hpp>
#include <rmap/ops/walk.hpp>
#include <rmap/ops/walk_many.hpp>

namespace rmap::inline RMAP_ABI {

template <class Page, class Vma, class Policy = default_policy>
class reverse_map {
    static_assert(
        std::derived_from<Policy, default_policy>,
        "rmap: a policy must derive from rmap::default_policy. A common mistake is to write "
        "a struct of its own, which then lacks axes");
    static_assert(!detail::has_misspelt_axis<Policy>,
                  "rmap: the policy names an axis that does not exist. The axes are atomics, lock, "
                  "locking, topology, merge, lifetime, allocator, check, trace, stats. A common "
                  "mistake is a plural or a suffix");
    static_assert(
        detail::atomics_axis<Policy>,
        "rmap: atomics must be a family: atomic<T>, plain<T>, fence, pause. A common mistake "
        "is to name std::atomic; use hosted::std_atomics");
    static_assert(lock_diagnosis<typename Policy::lock>::passed);
    static_assert(
        detail::topology_axis<Policy>,
        "rmap: topology must provide vma_hook, anchor, link, link_list, own, set_own, inherited "
        "and links_of, and say order, end_is_key and has_links. A common mistake is to name one of "
        "these, not the topology");
    static_assert(
        detail::locking_axis<Policy>,
        "rmap: locking must provide the guards update and walk. A common mistake is to name "
        "a lock; that is the axis 'lock'");
    static_assert(
        detail::merge_axis<Policy>,
        "rmap: merge must answer may_share, may_merge, may_bridge and may_reuse. A common "
        "mistake is to answer for prepare alone");
    static_assert(detail::allocator_axis<Policy>,
                  "rmap: allocator must have allocate(size, align) and deallocate(p, size, align), "
                  "noexcept. A common mistake is a std::allocator; use hosted::pmr_memory");
    static_assert(
        detail::lifetime_axis<Policy>,
        "rmap: lifetime must provide a pool with get, put and clear. A common mistake is to "
        "name an allocator; that is the axis 'allocator'");
    static_assert(detail::check_axis<Policy>,
                  "rmap: check must have a static failed(name, what, file, line), noexcept");
    static_assert(detail::trace_axis<Policy>,
                  "rmap: trace must have a static emit(event, object, object), noexcept");
    static_assert(detail::stats_axis<Policy>, "rmap: stats must provide counters<Atomics>");
    static_assert(compatible_axes<Policy>::value);
    static_assert(detail::user_types<Page, Vma, Policy>::passed);

public:
    using policy = Policy;  // and every axis, read back
    using atomics = typename Policy::atomics;
    using lock_type = typename Policy::lock;
    using locking_type = typename Policy::locking;
    using topology_type = typename Policy::topology;
    using merge_type = typename Policy::merge;
    using lifetime_type = typename Policy::lifetime;
    using allocator_type = typename Policy::allocator;
    using stats_type = typename Policy::stats::template counters<atomics>;
    // The types that it works with.
    using page_type = Page;
    using vma_type = Vma;
    using page_traits_type = page_traits<Page>;
    using vma_traits_type = vma_traits<Vma>;
    using file_traits_type = file_traits<Vma>;
    using mm_type =
        std::remove_reference_t<decltype(vma_traits<Vma>::mm(*static_cast<const Vma*>(nullptr)))>;
    using anon_vma_type = anon_vma<Policy>;
    using i_mmap_type = i_mmap<Policy>;
    using request = merge_request<Vma>;
    using merged = merge_result<Vma>;
    using moved = vma_move<Vma>;
    using place = kept_place<mm_type>;

    reverse_map() noexcept = default;
    explicit reverse_map(allocator_type memory) noexcept
        : memory_{static_cast<allocator_type&&>(memory)} {}
    reverse_map(const reverse_map&) = delete;
    reverse_map& operator=(const reverse_map&) = delete;
    /// Every vma MUST be unlinked and every reference put before.
    ~reverse_map() {
        // Asked here, where all types are complete: an address space may hold its vmas.
        static_assert(detail::ready_map<reverse_map>::passed);
        trim();
    }

    // ---- chains: under the address space's lock, exclusively; for prepare shared is enough

    status prepare(Vma& v, Vma* prev = nullptr, Vma* next = nullptr) {
        return prepare(memory_, v, prev, next);
    }
    template <memory_source Memory>
    status prepare(Memory& memory, Vma& v, Vma* prev = nullptr, Vma* next = nullptr) {
        static_assert(has_page_table_lock<Vma>,
                      "rmap: the address space must have a page_table_lock. A common mistake is a "
                      "private one; specialise rmap::mm_traits for another name");
        return ops::prepare(*this, memory, v, prev, next);
    }

    status clone(Vma& to, Vma& from, ops::clone_op op) { return clone(memory_, to, from, op); }
    template <memory_source Memory>
    status clone(Memory& memory, Vma& to, Vma& from, ops::clone_op op) {
        static_assert(detail::topology_can_clone<reverse_map>,
                      "rmap: topology must have copy_chain(map, to, from, links, seen), noexcept");
        return ops::clone(*this, memory, to, from, op);
    }

    status fork(Vma& child, Vma& parent) { return fork(memory_, child, parent); }
    template <memory_source Memory>
    status fork(Memory& memory, Vma& child, Vma& parent) {
        static_assert(detail::topology_can_clone<reverse_map>,
                      "rmap: topology must have copy_chain(map, to, from, links, seen), noexcept");
        return ops::fork(*this, memory, child, parent);
    }

    void unlink(Vma& v) noexcept { ops::unlink(*this, v); }

    /// fork and unlink of a whole address space: `next()` returns the next fork_pair<Vma>, or Vma*,
    /// each time, and nulls at the end. ops/fork_all.hpp, ops/unlink_all.hpp.
    template <class Next>
    status fork_all(Next next) noexcept {
        return fork_all(memory_, static_cast<Next&&>(next));
    }
    template <memory_source Memory, class Next>
    status fork_all(Memory& memory, Next next) noexcept {
        static_assert(std::same_as<decltype(next()), fork_pair<Vma>>,
                      "rmap: fork_all takes a callable that returns a rmap::fork_pair<Vma> each "
                      "time, {nullptr, nullptr} at the end");
        return ops::fork_all(*this, memory, static_cast<Next&&>(next));
    }
    template <class Next>
    void unlink_all(Next next) noexcept {
        static_assert(std::same_as<decltype(next()), Vma*>,
                      "rmap: unlink_all takes a callable that returns a Vma* each time, null at "
                      "the end");
        ops::unlink_all(*this, static_cast<Next&&>(next));
    }

    // ---- ranges: the caller holds the address space's lock exclusively

    status split(Vma& v, Vma& fresh, pgno at) { return split(memory_, v, fresh, at); }
    template <memory_source Memory>
    status split(Memory& memory, Vma& v, Vma& fresh, pgno at) {
        return ops::split(*this, memory, v, fresh, at);
    }

    [[nodiscard]] static merge_case plan_merge(const request& want) noexcept {
        return ops::plan_merge<reverse_map>(want);
    }
    [[nodiscard]] merged merge(const request& want) { return merge(memory_, want); }
    template <memory_source Memory>
    [[nodiscard]] merged merge(Memory& memory, const request& want) {
        return ops::merge(*this, memory, want);
    }

    status adjust(Vma& v, const ops::span& to) noexcept { return ops::adjust(*this, v, to); }

    status expand_down(Vma& v, pgno new_start, Vma* prev, Vma* next) {
        return expand_down(memory_, v, new_start, prev, next);
    }
    template <memory_source Memory>
    status expand_down(Memory& memory, Vma& v, pgno new_start, Vma* prev, Vma* next) {
        return ops::expand_down(*this, memory, v, new_start, prev, next);
    }
    status expand_up(Vma& v, pgno new_pages, Vma* prev, Vma* next) {
        return expand_up(memory_, v, new_pages, prev, next);
    }
    template <memory_source Memory>
    status expand_up(Memory& memory, Vma& v, pgno new_pages, Vma* prev, Vma* next) {
        return ops::expand_up(*this, memory, v, new_pages, prev, next);
    }

    [[nodiscard]] moved copy_vma(const request& want, Vma& fresh) {
        return copy_vma(memory_, want, fresh);
    }
    template <memory_source Memory>
    [[nodiscard]] moved copy_vma(Memory& memory, const request& want, Vma& fresh) {
        return ops::copy_vma(*this, memory, want, fresh);
    }
    using move_locks = ops::move_locks<reverse_map>;

    void link_file(Vma& v) noexcept { ops::link_file<reverse_map>(v); }
    void unlink_file(Vma& v) noexcept { ops::unlink_file<reverse_map>(v); }

    /// A guard that holds every lock through which the vmas of an address space can be walked.
    template <class ForEach>
    [[nodiscard]] auto take_all_locks(ForEach for_each) {
        static_assert(compatible_all_locks<Policy>::value);
        return ops::all_locks<reverse_map, ForEach>{*this, for_each};
    }

    // ---- tags: the caller holds the page lock

    void tag_new(Page& p, const Vma& v, pgno at) noexcept { ops::tag_new<reverse_map>(p, v, at); }
    void tag_shared(Page& p, const Vma& v, pgno at) noexcept {
        ops::tag_shared<reverse_map>(p, v, at);
    }
    void tag_own(Page& p, const Vma& v, pgno at) noexcept { ops::tag_own<reverse_map>(p, v, at); }
    void tag_moved(Page& p, const Vma& v, pgno at) noexcept {
        ops::tag_moved<reverse_map>(p, v, at);
    }
    void tag_file(Page& p, i_mmap_type& file, pgoff_t index) noexcept {
        ops::tag_file<reverse_map>(p, file, index);
    }
    void tag_ksm(Page& p, ksm_node<Policy>& node) noexcept { ops::tag_ksm<reverse_map>(p, node); }
    void untag(Page& p) noexcept { ops::untag<reverse_map>(p); }

    void ksm_add(ksm_node<Policy>& node, ksm_item<Policy>& item, anon_vma_type& from,
                 const mm_type& mm, pgno address) noexcept {
        ops::ksm_add<reverse_map>(node, item, from, mm, address);
    }
    void ksm_remove(ksm_node<Policy>& node, ksm_item<Policy>& item) noexcept {
        ops::ksm_remove(*this, node, item);
    }

    // ---- places: of every page-table entry, for exact topologies; void for others: ops/places.hpp

    template <memory_source Memory, class Set>
    status add_place(Memory& memory, Page& p, mm_type& in, pgno at, bool& out, Set set) {
        return ops::add_place(*this, memory, p, in, at, out, set);
    }
    void add_first_place(Page& p, mm_type& in, pgno at) noexcept {
        ops::add_first_place(*this, p, in, at);
    }
    void remove_place(Page& p, const mm_type& in, pgno at) noexcept {
        ops::remove_place(*this, p, in, at);
    }
    template <class Move>
    static bool move_place(Page& p, mm_type& in, pgno from, pgno to, Move move) {
        return ops::move_place<reverse_map>(p, in, from, to, move);
    }
    template <class Visitor>
    void take_places(Page& to, Page& from, Visitor&& visitor) {
        static_assert(is_exact<topology_type>,
                      "rmap: take_places needs a 'topology' that is exact; others find the places "
                      "of a page by its tag, which the other page takes over");
        ops::take_places(*this, to, from, visitor);
    }

    // ---- walks: no lock of the user's, but for the page lock where ops/walk.hpp says so

    template <need Need = need::complete, class Visitor>
    [[gnu::always_inline]] walk_result walk(Page& p, Visitor&& visitor,
                                            walk_mode mode = walk_mode::wait) {
        static_assert(compatible_walk<Policy, Need, ops::needs_no_lock<Visitor>>::value);
        return ops::walk(*this, p, visitor, mode);
    }
    /// The walks of many pages, fetching ahead: ops/walk_many.hpp.
    template <need Need = need::complete, class Visitor>
    many_result walk_many(Page* const* pages, std::size_t count, Visitor&& visitor,
                          walk_mode mode = walk_mode::wait) {
        using one = decltype(ops::detail::begin_page(visitor, **pages));
        static_assert(compatible_walk<Policy, Need, ops::needs_no_lock<one>>::value);
        return ops::walk_many(*this, pages, count, visitor, mode);
    }
    /// Complete under every discipline: the file's lock keeps its vmas where they are.
    template <class Visitor>
    walk_result walk_file(i_mmap_type& file, pgoff_t first, pgno pages, Visitor&& visitor,
                          walk_mode mode = walk_mode::wait) {
        return ops::walk_file(*this, file, first, pages, visitor, mode);
    }
    template <need Need = need::complete, class Visitor>
    walk_result walk_from(anon_vma_type& av, pgoff_t index, Visitor&& visitor,
                          walk_mode mode = walk_mode::wait) {
        static_assert(compatible_walk<Policy, Need>::value && compatible_walk_from<Policy>::value);
        return ops::walk_from(*this, av, index, visitor, mode);
    }
    template <need Need = need::complete, class Keep>
    ops::collect_result collect(Page& p, place* out, std::size_t room, Keep keep,
                                walk_mode mode = walk_mode::wait) {
        static_assert(compatible_walk<Policy, Need>::value);
        return ops::collect(*this, p, out, room, keep, mode);
    }
    template <need Need = need::complete, class Keep>
    status confirm(Page& p, const place* kept, std::size_t count, Keep keep,
                   walk_mode mode = walk_mode::wait) {
        static_assert(compatible_walk<Policy, Need>::value);
        return ops::confirm(*this, p, kept, count, keep, mode);
    }

    /// f(anon_vma&, index) under the walk's lock: "lock-read".
    template <class F>
    status with_anon_vma(Page& p, F f, walk_mode mode = walk_mode::wait) {
        return ops::with_anon_vma(*this, p, mode, f);
    }
    /// A reference on the page's anon_vma, null if nothing maps the page. Give it back with put.
    [[nodiscard]] anon_vma_type* get(Page& p) {
        anon_vma_type* got = nullptr;
        const status found = with_anon_vma(p, [&](anon_vma_type& av, pgoff_t) {
            ops::get(av);
            got = &av;
        });
        return found == status::ok ? got : nullptr;
    }
    void put(anon_vma_type& av) noexcept { ops::put(*this, av); }

    // ---- what is there
    /// The vma's own anon_vma; null while unfaulted or late. No lock.
    [[nodiscard]] static anon_vma_type* own(const Vma& v) noexcept {
        return topology_type::template own<Policy>(hook_of(v));
    }
    /// Whether it is a fork child that has not needed an own one yet (ops/settle.hpp). No lock.
    [[nodiscard]] static bool late(const Vma& v) noexcept {
        return ops::is_late<Policy>(hook_of(v));
    }
    /// The newest that leads to the vma: its own, or its parent's while it is late. No lock.
    [[nodiscard]] static anon_vma_type* nearest(const Vma& v) noexcept {
        return ops::nearest_of<Policy>(hook_of(v));
    }
    /// Whether walks can meet the vma: it was faulted, or forked from one that was. No lock.
    [[nodiscard]] static bool linked(const Vma& v) noexcept { return nearest(v) != nullptr; }
    /// Whether the vma is a fork child: faulted, linked to more than one anon_vma.
    [[nodiscard]] static bool inherited(const Vma& v) noexcept {
        return topology_type::template inherited<Policy>(hook_of(v));
    }
    /// f(anon_vma&) for each link of the vma, newest first; the caller holds the address space's
    /// lock, and where the topology needs a tree lock (cow_tree) that as well.
    template <class F>
    static void for_each_link(const Vma& v, F f) {
        topology_type::template for_each_link<Policy>(hook_of(v), f);
    }
    /// Raw, for dumps of a map that nobody changes: use walk or with_anon_vma in any other case.
    [[nodiscard]] static anon_vma_type* anon_vma_of(Page& p) noexcept {
        return page_hook<Policy>::anon(hook_of(p).read());
    }
    [[nodiscard]] static pgoff_t index_of(Page& p) noexcept { return hook_of(p).index(); }
    [[nodiscard]] static page_kind kind_of(Page& p) noexcept { return hook_of(p).kind(); }

    // ---- what ops/ asks for

    [[nodiscard]] static vma_hook<Policy>& hook_of(Vma& v) noexcept {
        return vma_traits_type::template hook<Policy>(v);
    }
    [[nodiscard]] static const vma_hook<Policy>& hook_of(const Vma& v) noexcept {
        return vma_traits_type::template hook<Policy>(const_cast<Vma&>(v));
    }
    [[nodiscard]] static Vma& vma_of(vma_hook<Policy>& h) noexcept {
        return vma_traits_type::template from_hook<Policy>(h);
    }
    [[nodiscard]] static page_hook<Policy>& hook_of(Page& p) noexcept {
        return page_traits_type::template hook<Policy>(p);
    }
    [[nodiscard]] static auto& page_table_lock(Vma& v) noexcept {
        return mm_traits<mm_type>::page_table_lock(vma_traits_type::mm(v));
    }
    [[nodiscard]] static lock_type& anon_vma_chain_lock(Vma& v) noexcept {
        return mm_traits<mm_type>::anon_vma_chain_lock(vma_traits_type::mm(v));
    }
    [[nodiscard]] allocator_type& memory() noexcept { return memory_; }
    [[nodiscard]] auto& pool() noexcept { return pool_; }
    [[nodiscard]] auto& blocks() noexcept { return blocks_; }
    [[nodiscard]] stats_type& stats() noexcept { return stats_; }
    /// Gives back the memory that waits to be used again. The caller MUST know of no lookup.
    void trim() noexcept { ops::trim(*this); }
    [[nodiscard]] lock_type& all_locks_mutex() noexcept { return all_locks_mutex_; }

private:
    [[no_unique_address]] allocator_type memory_{};
    [[no_unique_address]] stats_type stats_{};
    [[no_unique_address]] lock_of_rank<Policy, lock_rank::all_locks> all_locks_mutex_{};
    typename lifetime_type::template pool<Policy> pool_{};
    [[no_unique_address]] ops::block_pool<Policy> blocks_{};
};

}  // namespace rmap::inline RMAP_ABI
