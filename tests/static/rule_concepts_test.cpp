// SPDX-License-Identifier: BSL-1.0

// The axes that make up the reverse map's behaviour, each as a table: an archetype that has what is
// asked and nothing more, the models that ship, and types that lack one thing each.

#include <rmap/rmap.hpp>

namespace {

using namespace rmap;

using policy = default_policy;

// ---- merge_rule

struct merge_archetype {
    merge_archetype() = delete;
    static constexpr bool is_reference = false;
    static bool may_share(merge_side) noexcept;
    static bool may_merge(merge_side, merge_side) noexcept;
    static bool may_bridge(merge_side, merge_side) noexcept;
    static bool may_reuse(std::uint32_t, std::uint32_t) noexcept;
};
struct merge_without_facts : merge_archetype {
    using is_reference = void;
};
struct merge_without_share : merge_archetype {
    using may_share = void;
};
struct merge_without_merge : merge_archetype {
    using may_merge = void;
};
struct merge_without_bridge : merge_archetype {
    using may_bridge = void;
};
struct merge_without_reuse : merge_archetype {
    using may_reuse = void;
};
struct merge_that_throws : merge_archetype {
    static bool may_share(merge_side);
};
struct merge_that_counts : merge_archetype {
    static int may_merge(merge_side, merge_side) noexcept;
};

static_assert(merge_rule<merge_archetype>);
static_assert(merge_rule<merges::never>);
static_assert(merge_rule<merges::linux_6_18>);
static_assert(!merge_rule<int>);
static_assert(!merge_rule<merge_without_facts>);
static_assert(!merge_rule<merge_without_share>);
static_assert(!merge_rule<merge_without_merge>);
static_assert(!merge_rule<merge_without_bridge>);
static_assert(!merge_rule<merge_without_reuse>);
static_assert(!merge_rule<merge_that_throws>);
static_assert(!merge_rule<merge_that_counts>);

// ---- chain_topology (what needs a map is asked by the facade: tests/negative/topology_*)

struct topology_archetype {
    static constexpr walk_order order = walk_order::insertion;
    static constexpr bool end_is_key = false;
    static constexpr bool has_links = false;
    template <class Policy>
    struct vma_hook {
        vma_hook(const vma_hook&) = delete;
    };
    template <class Policy>
    struct anchor {
        anchor(const anchor&) = delete;
        bool empty() const noexcept;
    };
    template <class Policy>
    struct link;
    template <class Policy>
    struct link_list;
    template <class Policy>
    static anon_vma<Policy>* own(const vma_hook<Policy>&) noexcept;
    template <class Policy>
    static bool inherited(const vma_hook<Policy>&) noexcept;
    template <class Policy>
    static std::size_t links_of(const vma_hook<Policy>&) noexcept;
    template <class Policy>
    static void set_own(vma_hook<Policy>&, anon_vma<Policy>*) noexcept;
};
struct topology_without_order : topology_archetype {
    using order = void;
};
struct topology_without_end_is_key : topology_archetype {
    using end_is_key = void;
};
struct topology_without_has_links : topology_archetype {
    using has_links = void;
};
struct topology_without_hook : topology_archetype {
    using vma_hook = void;
};
struct topology_without_anchor : topology_archetype {
    using anchor = void;
};
struct topology_without_link : topology_archetype {
    using link = void;
};
struct topology_without_link_list : topology_archetype {
    using link_list = void;
};
struct topology_without_own : topology_archetype {
    using own = void;
};
struct topology_without_set_own : topology_archetype {
    using set_own = void;
};
struct topology_without_inherited : topology_archetype {
    using inherited = void;
};
struct topology_without_links_of : topology_archetype {
    using links_of = void;
};
struct topology_of_full_anchors : topology_archetype {
    template <class Policy>
    struct anchor {};
};

static_assert(chain_topology<topology_archetype, policy>);
static_assert(chain_topology<topologies::chain_tree, policy>);
static_assert(chain_topology<topologies::chain_tree, single_threaded>);
static_assert(!chain_topology<int, policy>);
static_assert(!chain_topology<anon_vma_chain<policy>, policy>);  // a link is no topology
static_assert(!chain_topology<topology_without_order, policy>);
static_assert(!chain_topology<topology_without_end_is_key, policy>);
static_assert(!chain_topology<topology_without_has_links, policy>);
static_assert(!chain_topology<topology_without_hook, policy>);
static_assert(!chain_topology<topology_without_anchor, policy>);
static_assert(!chain_topology<topology_without_link, policy>);
static_assert(!chain_topology<topology_without_link_list, policy>);
static_assert(!chain_topology<topology_without_own, policy>);
static_assert(!chain_topology<topology_without_set_own, policy>);
static_assert(!chain_topology<topology_without_inherited, policy>);
static_assert(!chain_topology<topology_without_links_of, policy>);
static_assert(!chain_topology<topology_of_full_anchors, policy>);

// ---- locking_discipline

struct locking_archetype {
    static constexpr bool walk_is_complete = false;
    template <class Policy>
    struct update {
        update() noexcept;
        explicit update(anon_vma<Policy>&) noexcept;
        update(const update&) = delete;
    };
    template <class Policy>
    static bool may_update(anon_vma<Policy>&) noexcept;
    template <class Policy>
    struct walk {
        walk(anon_vma<Policy>&, walk_mode) noexcept;
        walk(const walk&) = delete;
        bool owns() const noexcept;
        bool covers(const anon_vma<Policy>&) const noexcept;
    };
};
struct locking_without_facts : locking_archetype {
    using walk_is_complete = void;
};
struct locking_without_update : locking_archetype {
    using update = void;
};
struct locking_without_may_update : locking_archetype {
    using may_update = void;
};
struct locking_without_walk : locking_archetype {
    using walk = void;
};
struct locking_that_always_waits : locking_archetype {
    template <class Policy>
    struct walk {
        explicit walk(anon_vma<Policy>&) noexcept;
        bool owns() const noexcept;
        bool covers(const anon_vma<Policy>&) const noexcept;
    };
};
struct locking_that_owns_in_secret : locking_archetype {
    template <class Policy>
    struct walk {
        walk(anon_vma<Policy>&, walk_mode) noexcept;
        bool covers(const anon_vma<Policy>&) const noexcept;
    };
};
struct locking_that_never_looks_again : locking_archetype {
    template <class Policy>
    struct walk {
        walk(anon_vma<Policy>&, walk_mode) noexcept;
        bool owns() const noexcept;
    };
};
struct locking_without_empty_update : locking_archetype {
    template <class Policy>
    struct update {
        explicit update(anon_vma<Policy>&) noexcept;
    };
};
struct locking_that_throws : locking_archetype {
    template <class Policy>
    struct update {
        update() noexcept;
        explicit update(anon_vma<Policy>&);
    };
};

static_assert(locking_discipline<locking_archetype, policy>);
static_assert(locking_discipline<locking::root, policy>);
static_assert(locking_discipline<locking::root, single_threaded>);
static_assert(locking_discipline<locking::lock_all, policy>);
static_assert(locking_discipline<locking::sharded_root, policy>);
static_assert(locking_discipline<locking::per_anon_vma, policy>);
static_assert(locking_discipline<locking::seq_retry, policy>);
static_assert(!locking_discipline<int, policy>);
static_assert(!locking_discipline<locks::spin, policy>);
static_assert(!locking_discipline<locking_without_facts, policy>);
static_assert(!locking_discipline<locking_without_update, policy>);
static_assert(!locking_discipline<locking_without_may_update, policy>);
static_assert(!locking_discipline<locking_without_walk, policy>);
static_assert(!locking_discipline<locking_that_always_waits, policy>);
static_assert(!locking_discipline<locking_that_owns_in_secret, policy>);
static_assert(!locking_discipline<locking_that_never_looks_again, policy>);
static_assert(!locking_discipline<locking_without_empty_update, policy>);
static_assert(!locking_discipline<locking_that_throws, policy>);

// What they say of themselves.
static_assert(locking::root::walk_is_complete && locking::lock_all::walk_is_complete);
static_assert(locking::sharded_root::walk_is_complete && locks_by_offset<locking::sharded_root>);
static_assert(!locks_one_a_tree<locking::sharded_root> && !locks_by_offset<locking::root>);
static_assert(!locking::per_anon_vma::walk_is_complete && !locking::seq_retry::walk_is_complete);
static_assert(locks_one_a_tree<locking::root> && !locks_one_a_tree<locking::lock_all>);
static_assert(locks_whole_chains<locking::lock_all> && !locks_whole_chains<locking::root>);
static_assert(locks_own_first<locking::per_anon_vma> && locks_own_first<locking::seq_retry>);
static_assert(!locks_one_a_tree<locking_archetype> && !locks_own_first<locking_archetype>);

// What an anon_vma carries for them: nothing, if they need nothing.
template <class Locking>
struct locked_by : default_policy {
    using locking = Locking;
};
static_assert(sizeof(anon_vma<locked_by<locking::root>>) == 48);
static_assert(sizeof(anon_vma<locked_by<locking::lock_all>>) == 48 + 2 * sizeof(void*));
static_assert(sizeof(anon_vma<locked_by<locking::per_anon_vma>>) == 48 + 2 * sizeof(void*));
static_assert(sizeof(anon_vma<locked_by<locking::sharded_root>>) == 64 + 8 * 4);

// ---- anon_vma_lifetime

struct lifetime_archetype {
    static constexpr bool stale_pointers_are_readable = false;
    template <class Policy>
    struct pool {
        pool(const pool&) = delete;
        anon_vma<Policy>* get(memory_source auto&) noexcept;
        void put(anon_vma<Policy>&, memory_source auto&) noexcept;
        void clear(memory_source auto&) noexcept;
    };
};
struct lifetime_without_facts : lifetime_archetype {
    using stale_pointers_are_readable = void;
};
struct lifetime_without_pool : lifetime_archetype {
    using pool = void;
};
struct lifetime_without_clear : lifetime_archetype {
    template <class Policy>
    struct pool : lifetime_archetype::pool<Policy> {
        using clear = void;
    };
};
struct lifetime_that_throws : lifetime_archetype {
    template <class Policy>
    struct pool : lifetime_archetype::pool<Policy> {
        anon_vma<Policy>* get(memory_source auto&);
    };
};

static_assert(anon_vma_lifetime<lifetime_archetype, policy>);
static_assert(anon_vma_lifetime<lifetimes::type_stable, policy>);
static_assert(anon_vma_lifetime<lifetimes::caller_held, policy>);
static_assert(!anon_vma_lifetime<int, policy>);
static_assert(!anon_vma_lifetime<memory::heap, policy>);
static_assert(!anon_vma_lifetime<lifetime_without_facts, policy>);
static_assert(!anon_vma_lifetime<lifetime_without_pool, policy>);
static_assert(!anon_vma_lifetime<lifetime_without_clear, policy>);
static_assert(!anon_vma_lifetime<lifetime_that_throws, policy>);

}  // namespace

int main() {
    return 0;
}
