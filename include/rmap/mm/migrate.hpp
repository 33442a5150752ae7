// SPDX-License-Identifier: BSL-1.0
#pragma once

// Migration: a page's content moves to another physical page while processes run. A first walk puts
// a marker in the place of every entry, a second one puts the new page in the place of every
// marker; who meets a marker waits for the page lock. Both walks must be complete, and over the
// same vmas: a marker that the second misses would make its process wait for ever (Linux bug B10 of
// 2010).

#include <rmap/merges/kept_bugs.hpp>
#include <rmap/mm/context.hpp>
#include <rmap/mm/page_cache.hpp>
#include <rmap/mm/zap.hpp>

namespace rmap::inline RMAP_ABI::mm {

namespace detail {

/// Both walks of a migration.
template <class Policy>
class both_walks {
    using map_type = typename context<Policy>::map_type;

public:
    /// The caller holds the lock of the page, which is mapped, and a reference on it. The anon_vma
    /// of an anonymous page is referenced, as the page will not be mapped when the second walk
    /// begins.
    both_walks(context<Policy>& ctx, page<Policy>& old) noexcept : ctx_{&ctx} {
        // Under an exact topology the pages lead to their places, mapped or not.
        if constexpr (!is_exact<typename Policy::topology>) from_ = ctx.map.get(old);
    }
    both_walks(const both_walks&) = delete;
    both_walks& operator=(const both_walks&) = delete;
    ~both_walks() {
        if (from_ != nullptr) ctx_->map.put(*from_);
    }

    /// f(place, leaf, guard of its lock), over the places of the old page.
    template <class F>
    void first(page<Policy>& old, F f) {
        walk(old, [&](const auto& place) { at_leaf(place, f); });
    }
    /// The same over those of the page that has taken over its tag, and takes over its places. f
    /// says whether there was a marker; who took one away meanwhile took the place as well.
    template <class F>
    void second(page<Policy>& old, page<Policy>& fresh, F f) {
        const auto visit = [&](const auto& place) {
            if (!at_leaf(place, f)) ops::place_gone(place);
        };
        if constexpr (is_exact<typename Policy::topology>) {
            ctx_->map.take_places(fresh, old, visit);
        } else {
            walk(fresh, visit);
        }
    }

private:
    template <class Place, class F>
    static bool at_leaf(const Place& place, F& f) {
        leaf<Policy>* const l = place.mm().table.find(place.address());
        if (l == nullptr) return false;
        const entry_guard<Policy> held{l->lock};
        return f(place, *l, held);
    }
    // It waits; a page that nothing maps any more has no places.
    template <class Visit>
    void walk(page<Policy>& p, Visit visit) {
        if constexpr (!is_exact<typename Policy::topology>) {
            if (from_ != nullptr) {
                (void)ctx_->map.walk_from(*from_, map_type::index_of(p), visit);
                return;
            }
        }
        (void)ctx_->map.walk(p, visit);
    }

    context<Policy>* ctx_;
    typename map_type::anon_vma_type* from_ = nullptr;
};

/// The tag of an anonymous page is the old page's, but for kernels whose first mapper set it anew.
template <class Policy>
inline constexpr bool tags_anew = merges::bugs_of<typename Policy::merge>().first_mapper_tags &&
                                  !is_exact<typename Policy::topology>;

/// Makes `fresh` what `old` is to its file, its node or its anon_vma. Both are locked; `old` keeps
/// its tag.
template <class Policy>
void take_over_identity(file<Policy>* of, page<Policy>& old, page<Policy>& fresh,
                        dead_pages<Policy>& dead) {
    using hook = page_hook<Policy>;
    hook& from = old;
    const auto tag = from.read();
    static_cast<hook&>(fresh).set(tag, from.index());
    fresh.node = old.node.get();
    old.node = nullptr;
    if (of != nullptr) {
        leaf<Policy>* const l = of->cache.find(from.index());
        const write_guard held{l->lock};
        l->set(from.index(), pte<Policy>::of(fresh));
        fresh.get();
        dead.put(old);
    }
}

}  // namespace detail

/// Moves one page that the caller holds a reference on; `fresh` has one reference, which is
/// consumed. `of` is the file of the vma in which the page was found.
template <class Policy>
void migrate_page(context<Policy>& ctx, page<Policy>& old, page<Policy>& fresh, file<Policy>* of,
                  dead_pages<Policy>& dead) {
    {
        const write_guard locked{old.lock};
        const write_guard fresh_locked{fresh.lock, nested{1}};  // nobody else knows it
        if (old.mapped()) {
            detail::both_walks<Policy> walks{ctx, old};
            walks.first(old, [&](const auto& place, auto& l, auto&) {
                const pgno where = place.address();
                if (l.at(where) != pte<Policy>::of(old)) return true;
                l.set(where, pte<Policy>::marker(old));
                dead.put_mapping(old);
                return true;
            });
            // An entry outside every vma that the walk can reach would be a lost mapping (I1).
            RMAP_CHECK_ALWAYS(Policy, !old.mapped(), lost_mapping,
                              "a complete walk did not find every mapping of a page");
            if (old.kind() != page_kind::file) of = nullptr;
            detail::take_over_identity(of, old, fresh, dead);
            walks.second(old, fresh, [&](const auto& place, auto& l, auto& held) {
                const pgno where = place.address();
                if (l.at(where) != pte<Policy>::marker(old)) return false;
                if constexpr (detail::tags_anew<Policy>) {
                    if (!fresh.mapped() && fresh.kind() == page_kind::anon) {
                        ctx.map.tag_shared(fresh, place.vma(), where);
                    }
                }
                fresh.get();
                map_page(ctx, in_locked_vma<Policy>(place, l), l, held, where, fresh);
                return true;
            });
            // Not before the last marker is gone: who meets one asks the page what it is (a hole
            // that is punched meanwhile leaves private copies alone).
            ctx.map.untag(old);
            if (old.flags.template test<page_flag::active, order::relaxed>()) {
                fresh.flags.template set<page_flag::active, order::relaxed>();
            }
            ctx.lru.putback(fresh);
        }
    }
    dead.put(fresh);
}

/// Moves every page in [start, start + n) that is there. no_memory: some may have moved, which
/// nobody can tell.
template <class Policy>
status migrate(context<Policy>& ctx, address_space<Policy>& in, pgno start, pgno n) {
    if (!valid_range(start, n)) return status::invalid;
    const pgno end = start + n;
    for (pgno at = start; at < end; ++at) {
        dead_pages<Policy> dead{ctx};
        const typename context<Policy>::shared_guard held{in.mmap_lock};
        page<Policy>* old = nullptr;
        leaf<Policy>* const l = in.table.first_in(at, end);
        if (l == nullptr) return status::ok;
        const pgno past = l->first + leaf<Policy>::entries;
        {
            const write_guard entries{l->lock};
            l->for_each(at, end, [&](pgno where, pte<Policy> entry) {
                at = where;
                old = entry.mapped();
                return old == nullptr;
            });
            if (old != nullptr) old->get();
        }
        if (old == nullptr) {
            at = past - 1;
            continue;
        }
        vma<Policy>* const v = in.find(at);
        page<Policy>* const fresh = make<page<Policy>>(ctx.memory());
        if (fresh != nullptr) migrate_page(ctx, *old, *fresh, v->from(), dead);
        dead.put(*old);
        if (fresh == nullptr) return status::no_memory;
    }
    return status::ok;
}

}  // namespace rmap::inline RMAP_ABI::mm
