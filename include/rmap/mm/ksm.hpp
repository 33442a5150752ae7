// SPDX-License-Identifier: BSL-1.0
#pragma once

// Same-page merging: pages of equal content at several places become one, which no writer ever gets
// for its own. A merged page leads to a node that lists the places (model/ksm.hpp).

#include <cstddef>

#include <rmap/mm/context.hpp>
#include <rmap/mm/fault.hpp>
#include <rmap/mm/zap.hpp>

namespace rmap::inline RMAP_ABI::mm {

/// A page number in an address space.
template <class Policy>
struct place {
    address_space<Policy>* in = nullptr;
    pgno where = 0;
};

namespace detail {

/// The anonymous page at a place, with a reference; waits for migrations. Null: none.
template <class Policy>
[[nodiscard]] page<Policy>* anonymous_page_at(address_space<Policy>& in, pgno where,
                                              dead_pages<Policy>& dead) {
    for (;;) {
        leaf<Policy>* const l = in.table.find(where);
        if (l == nullptr) return nullptr;
        page<Policy>* awaited = nullptr;
        {
            const write_guard held{l->lock};
            page<Policy>* const p = l->at(where).mapped();
            if (p != nullptr && p->anonymous()) {
                p->get();
                return p;
            }
            awaited = l->at(where).awaited();
            if (awaited == nullptr) return nullptr;
            awaited->get();
        }
        wait_for(*awaited, dead);
    }
}

/// How putting the merged page at one place went.
enum class merging : unsigned char { done, changed, migrated };

/// Puts `merged` in the place of `old`, if that is still there, and uses up `item`. Under the
/// mmap_lock. `memory` has what a place more may take.
template <class Policy>
[[nodiscard]] merging replace_by(context<Policy>& ctx, typename context<Policy>::reserve& memory,
                                 vma<Policy>& v, pgno where,
                                 page<Policy>& old, page<Policy>& merged,
                                 merged_place<Policy>& item, dead_pages<Policy>& dead) {
    leaf<Policy>* const l = v.mm().table.find(where);
    const write_guard locked{old.lock};
    // Two page locks: only merging takes two that others know, and merges come one at a time. While
    // the merged page is locked no migration is between its walks.
    const write_guard merged_locked{merged.lock, nested{1}};
    ksm_node<Policy>* const node = merged.node;
    if (node == nullptr) return merging::migrated;
    // The item first: from the moment of the mapping on, a walk must find it.
    item.in = &v.mm();
    ctx.map.ksm_add(*node, item, *context<Policy>::map_type::nearest(v), v.mm(), where);
    merged.get();
    bool installed = false;
    must<Policy>(ctx.map.add_place(memory, merged, v.mm(), where, installed, [&] {
        return install(ctx, v, *l, where, pte<Policy>::of(old), merged, dead);
    }));
    dead.flush();
    if (installed) {
        v.mm().pin();
        return merging::done;
    }
    dead.put(merged);
    ctx.map.ksm_remove(*node, item);
    return merging::changed;
}

/// The merged page that a place has already, with a reference, or null; `state` is not_mapped if a
/// place has no private page at all.
template <class Policy>
[[nodiscard]] page<Policy>* find_merged(const place<Policy>* places, std::size_t count,
                                        dead_pages<Policy>& dead, status& state) {
    page<Policy>* merged = nullptr;
    for (std::size_t i = 0; i != count; ++i) {
        const typename context<Policy>::shared_guard held{places[i].in->mmap_lock};
        page<Policy>* const p = anonymous_page_at(*places[i].in, places[i].where, dead);
        if (p == nullptr) {
            state = status::not_mapped;
        } else if (merged == nullptr && p->ksm()) {
            merged = p;
        } else {
            dead.put(*p);
        }
    }
    return merged;
}

}  // namespace detail

/// Makes the pages at `count` places one: that which a place has already if it is a merged one,
/// else a new one. not_mapped: a place has no anonymous page; invalid: no place. no_memory: nothing
/// has changed.
template <class Policy>
status merge_same(context<Policy>& ctx, const place<Policy>* places, std::size_t count) {
    using detail::merging;
    if (count == 0) return status::invalid;
    dead_pages<Policy> dead{ctx};
    const write_guard one_at_a_time{ctx.ksm_lock};
    typename context<Policy>::reserve memory{ctx.memory()};
    if (memory.template fill<merged_place<Policy>>(count) != status::ok ||
        memory.template fill<page<Policy>>(1) != status::ok ||
        memory.template fill<ksm_node<Policy>>(1) != status::ok) {
        return status::no_memory;
    }
    if constexpr (is_exact<typename Policy::topology>) {
        using link = typename context<Policy>::link;
        if (memory.template fill<link>(count) != status::ok) return status::no_memory;
    }
    status state = status::ok;
    page<Policy>* merged = detail::find_merged(places, count, dead, state);
    if (state == status::ok && merged == nullptr) {
        merged = make<page<Policy>>(memory);
        merged->node = make<ksm_node<Policy>>(memory);
        ctx.map.tag_ksm(*merged, *merged->node.get());
        ctx.lru.add_new(*merged);
    }
    merged_place<Policy>* item = nullptr;
    for (std::size_t i = 0; state == status::ok && i != count;) {
        const typename context<Policy>::shared_guard held{places[i].in->mmap_lock};
        vma<Policy>* const v = places[i].in->find(places[i].where);
        page<Policy>* const old =
            v == nullptr ? nullptr
                         : detail::anonymous_page_at(*places[i].in, places[i].where, dead);
        merging went = merging::done;
        if (old != nullptr && old != merged) {
            if (item == nullptr) item = make<merged_place<Policy>>(memory);
            must<Policy>(item != nullptr ? status::ok : status::no_memory);
            went = detail::replace_by(ctx, memory, *v, places[i].where, *old, *merged, *item, dead);
            if (went == merging::done) item = nullptr;
        }
        if (old != nullptr) dead.put(*old);
        // A place that changed under way is looked at again; one that lost its page is left alone.
        if (went == merging::done) ++i;
        if (went == merging::migrated) break;
    }
    if (item != nullptr) destroy(ctx.memory(), *item);
    if (merged != nullptr) dead.put(*merged);
    return state;
}

/// How many entries of [from, to) map merged pages.
template <class Policy>
[[nodiscard]] std::size_t count_merged(address_space<Policy>& in, pgno from, pgno to) {
    std::size_t count = 0;
    in.table.for_each_leaf(from, to, [&](leaf<Policy>& l) {
        const write_guard held{l.lock};
        l.for_each(from, to, [&](pgno, pte<Policy> entry) {
            const page<Policy>* p = entry.mapped() != nullptr ? entry.mapped() : entry.awaited();
            count += p != nullptr && p->ksm() ? 1 : 0;
            return true;
        });
    });
    return count;
}

/// Gives each merged page of [from, to), all inside `v`, a private copy: before a move, as the
/// items name addresses. `memory` has count_merged pages, and what it takes to settle a late `v`,
/// whose first private pages they may be; under the mmap_lock, exclusively.
template <class Policy>
void unmerge(context<Policy>& ctx, typename context<Policy>::reserve& memory, vma<Policy>& v,
             pgno from, pgno to, dead_pages<Policy>& dead) {
    if (context<Policy>::map_type::late(v) && count_merged(v.mm(), from, to) != 0) {
        must<Policy>(ctx.map.prepare(memory, v));
    }
    for (pgno at = from; at < to;) {
        leaf<Policy>* const l = v.mm().table.first_in(at, to);
        if (l == nullptr) return;
        page<Policy>* awaited = nullptr;
        {
            const entry_guard<Policy> held{l->lock};
            l->for_each(at, to, [&](pgno where, pte<Policy> entry) {
                at = where;
                page<Policy>* const old = entry.mapped();
                awaited = entry.awaited();
                if (awaited != nullptr) {
                    awaited->get();
                    return false;
                }
                if (old == nullptr || !old->ksm()) return true;
                page<Policy>* const copy = make<page<Policy>>(memory);
                must<Policy>(copy != nullptr ? status::ok : status::no_memory);
                ctx.map.tag_new(*copy, v, where);
                ctx.lru.add_new(*copy);
                ctx.map.add_first_place(*copy, v.mm(), where);
                map_page(ctx, v, *l, held, where, *copy);
                dead.put_entry(*old, v.mm(), where);
                return true;
            });
        }
        dead.flush();
        if (awaited != nullptr) {
            wait_for(*awaited, dead);
        } else {
            at = l->first + leaf<Policy>::entries;
        }
    }
}

}  // namespace rmap::inline RMAP_ABI::mm
