// SPDX-License-Identifier: BSL-1.0

// The user's types as tables: archetypes, ready-made models, types that are found by traits, and
// types that lack one thing each. Then what a composition reads back.

#include <rmap/rmap.hpp>

#include "support/minimal.hpp"

namespace {

using namespace rmap;

using policy = default_policy;

// ---- mappable_page

struct page_archetype : page_hook<policy> {
    page_archetype(const page_archetype&) = delete;
    bool mapped() const;
};
struct page_without_hook {
    bool mapped() const;
};
struct page_without_mapped : page_hook<policy> {};
struct page_that_counts : page_hook<policy> {
    int mapped() const;
};
struct page_that_changes_when_asked : page_hook<policy> {
    bool mapped();
};
struct page_with_private_hook : private page_hook<policy> {
    bool mapped() const;
};
struct page_by_traits {
    page_hook<policy> way_back;
    unsigned users;
};

static_assert(mappable_page<page_archetype, policy>);
static_assert(mappable_page<basic_page<policy>, policy>);
static_assert(mappable_page<basic_page<single_threaded>, single_threaded>);
static_assert(!mappable_page<int, policy>);
static_assert(!mappable_page<basic_page<single_threaded>, policy>);
static_assert(!mappable_page<page_without_hook, policy>);
static_assert(!mappable_page<page_without_mapped, policy>);
static_assert(!mappable_page<page_that_counts, policy>);
static_assert(!mappable_page<page_that_changes_when_asked, policy>);
static_assert(!mappable_page<page_with_private_hook, policy>);

// ---- mappable_vma

struct space;  // need not be complete

struct vma_archetype : vma_hook<policy> {
    pgno start() const;
    pgno pages() const;
    pgoff_t pgoff() const;
    void set_range(pgno, pgno, pgoff_t);
    space& mm() const { return *owner; }
    space* owner;
};
struct vma_without_hook {
    pgno start() const;
    pgno pages() const;
    pgoff_t pgoff() const;
    void set_range(pgno, pgno, pgoff_t);
    space& mm() const;
};
struct vma_without_start : vma_archetype {
    using start = void;
};
struct vma_without_pages : vma_archetype {
    using pages = void;
};
struct vma_without_pgoff : vma_archetype {
    using pgoff = void;
};
struct vma_without_set_range : vma_archetype {
    using set_range = void;
};
struct vma_without_mm : vma_archetype {
    using mm = void;
};
struct vma_in_a_fixed_place : vma_archetype {
    void set_range(pgno) const;
};
struct vma_by_traits {
    vma_hook<policy> chain;
};

static_assert(mappable_vma<vma_archetype, policy>);
static_assert(mappable_vma<basic_vma<space, policy>, policy>);
static_assert(mappable_vma<minimal::vma<single_threaded>, single_threaded>);
static_assert(!mappable_vma<int, policy>);
static_assert(!mappable_vma<minimal::vma<single_threaded>, policy>);
static_assert(!mappable_vma<vma_without_hook, policy>);
static_assert(!mappable_vma<vma_without_start, policy>);
static_assert(!mappable_vma<vma_without_pages, policy>);
static_assert(!mappable_vma<vma_without_pgoff, policy>);
static_assert(!mappable_vma<vma_without_set_range, policy>);
static_assert(!mappable_vma<vma_without_mm, policy>);
static_assert(!mappable_vma<vma_in_a_fixed_place, policy>);

// The lock for first faults, and files.
struct no_lock {};
struct vma_of_files : vma_archetype, i_mmap_hook<policy> {
    i_mmap<policy>* mapping() const;
};
struct vma_of_secret_files : vma_archetype, i_mmap_hook<policy> {};

static_assert(has_page_table_lock<minimal::vma<policy>>);
static_assert(!has_page_table_lock<basic_vma<no_lock, policy>>);
static_assert(tells_mapping<vma_archetype, policy>);
static_assert(tells_mapping<vma_of_files, policy>);
static_assert(!tells_mapping<vma_of_secret_files, policy>);

// ---- mapping_place

struct place_archetype {
    place_archetype(const place_archetype&) = delete;
    int mm() const;
    pgno address() const noexcept;
    void vma() const;
};
struct place_without_mm : place_archetype {
    using mm = void;
};
struct place_without_address : place_archetype {
    using address = void;
};
struct place_without_vma : place_archetype {
    using vma = void;
};

static_assert(mapping_place<place_archetype>);
static_assert(mapping_place<vma_place<minimal::map<policy>>>);
static_assert(!mapping_place<int>);
static_assert(!mapping_place<minimal::map<policy>::place>);  // kept: the vma may be gone
static_assert(!mapping_place<place_without_mm>);
static_assert(!mapping_place<place_without_address>);
static_assert(!mapping_place<place_without_vma>);

}  // namespace

// ---- types that are found by traits alone, and lack what the default would look for

template <>
struct rmap::page_traits<page_by_traits> {
    template <class Policy>
    static page_hook<Policy>& hook(page_by_traits& p) noexcept {
        return p.way_back;
    }
    static bool mapped(const page_by_traits& p) noexcept { return p.users != 0; }
};

template <>
struct rmap::vma_traits<vma_by_traits> {
    template <class Policy>
    static vma_hook<Policy>& hook(vma_by_traits&) noexcept;
    template <class Policy>
    static vma_by_traits& from_hook(vma_hook<Policy>&) noexcept;
    static pgno start(const vma_by_traits&) noexcept;
    static pgno pages(const vma_by_traits&) noexcept;
    static pgoff_t pgoff(const vma_by_traits&) noexcept;
    static void set_range(vma_by_traits&, pgno, pgno, pgoff_t) noexcept;
    static space& mm(const vma_by_traits&) noexcept;
    static bool alike(const vma_by_traits&, const vma_by_traits&) noexcept;
};

static_assert(rmap::mappable_page<page_by_traits, policy>);
static_assert(rmap::mappable_vma<vma_by_traits, policy>);

// ---- compositions: what a policy names is what the map has; the address space need not be
// complete

using early = rmap::reverse_map<page_by_traits, vma_by_traits>;
static_assert(std::same_as<early::mm_type, space>);
static_assert(std::same_as<early::policy, rmap::default_policy>);

using composed = minimal::map<rmap::counted<rmap::single_threaded>>;
static_assert(std::same_as<composed::atomics, rmap::atomics::single>);
static_assert(std::same_as<composed::lock_type, rmap::locks::none>);
static_assert(std::same_as<composed::locking_type, rmap::locking::root>);
static_assert(std::same_as<composed::topology_type, rmap::topologies::chain_tree>);
static_assert(std::same_as<composed::merge_type, rmap::merges::linux_6_18>);
static_assert(std::same_as<composed::lifetime_type, rmap::lifetimes::caller_held>);
static_assert(std::same_as<composed::allocator_type, rmap::memory::heap>);
static_assert(std::same_as<composed::stats_type,
                           rmap::statistics::counting::counters<rmap::atomics::single>>);
static_assert(std::same_as<minimal::map<rmap::never_merge>::merge_type, rmap::merges::never>);

int main() {
    return 0;
}
