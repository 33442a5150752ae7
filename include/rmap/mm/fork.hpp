// SPDX-License-Identifier: BSL-1.0
#pragma once

// fork: the child gets every vma, and the page-table entries of those that ever needed a private
// page. The chains, all of them at once, come before the entries, so that a walk which meets an
// entry in the child has met, or will meet, the parent's vma before the child's.

#include <rmap/mm/context.hpp>
#include <rmap/mm/unmap.hpp>
#include <rmap/mm/zap.hpp>

namespace rmap::inline RMAP_ABI::mm {

namespace detail {

/// Copies the entries of [from, to) that `l` has. The page of a marker that stands in the way comes
/// back with a reference, and `from` says where: it is not copied, since the migration might not
/// meet the copy.
template <class Policy>
[[nodiscard]] page<Policy>* copy_entries(leaf<Policy>& l, leaf<Policy>& child, pgno& from,
                                         pgno to) {
    page<Policy>* awaited = nullptr;
    const write_guard source{l.lock};
    const write_guard target{child.lock, nested{1}};
    l.for_each(from, to, [&](pgno where, pte<Policy> entry) {
        from = where;
        awaited = entry.awaited();
        if (awaited != nullptr) {
            awaited->get();
            return false;
        }
        if (page<Policy>* p = entry.mapped()) p->add_mapping_and_get();
        child.set(where, entry);
        return true;
    });
    return awaited;
}

/// The same under an exact topology: entry by entry, each with the place that it adds.
template <class Policy>
[[nodiscard]] status copy_one_by_one(context<Policy>& ctx, leaf<Policy>& l, vma<Policy>& child_vma,
                                     leaf<Policy>& child, pgno from, pgno to,
                                     dead_pages<Policy>& dead) {
    while (from < to) {
        pte<Policy> entry;
        {
            const write_guard source{l.lock};
            l.for_each(from, to, [&](pgno where, pte<Policy> seen) {
                from = where;
                entry = seen;
                return false;
            });
            if (entry.empty()) return status::ok;
            if (page<Policy>* p = entry.is_zero_page() ? nullptr : entry.awaited()) p->get();
            if (page<Policy>* p = entry.mapped()) p->get();
        }
        if (page<Policy>* awaited = entry.awaited()) {
            wait_for(*awaited, dead);
            continue;
        }
        bool copied = false;
        const auto set = [&] {
            const write_guard source{l.lock};
            const write_guard target{child.lock, nested{1}};
            if (l.at(from) != entry) return false;
            if (page<Policy>* p = entry.mapped()) p->add_mapping();
            child.set(from, entry);
            return true;
        };
        if (page<Policy>* p = entry.mapped()) {
            const status told =
                ctx.map.add_place(ctx.memory(), *p, child_vma.mm(), from, copied, set);
            if (!copied) dead.put(*p);
            if (told != status::ok) return told;
        } else {
            copied = set();
        }
        if (copied) ++from;
    }
    return status::ok;
}

template <class Policy>
status copy_range(context<Policy>& ctx, vma<Policy>& child, vma<Policy>& parent,
                  dead_pages<Policy>& dead) {
    using leaf_type = leaf<Policy>;
    page_table<Policy>& table = parent.mm().table;
    for (pgno at = parent.start(); at < parent.end();) {
        leaf_type* const l = table.first_in(at, parent.end());
        if (l == nullptr) break;
        if (at < l->first) at = l->first;
        leaf_type* const mine = child.mm().table.make(ctx.memory(), at);
        if (mine == nullptr) return status::no_memory;
        const pgno past = l->first + leaf_type::entries;
        const pgno end = past < parent.end() ? past : parent.end();
        if constexpr (is_exact<typename Policy::topology>) {
            const status copied = copy_one_by_one(ctx, *l, child, *mine, at, end, dead);
            if (copied != status::ok) return copied;
        } else {
            while (page<Policy>* awaited = copy_entries(*l, *mine, at, end)) {
                wait_for(*awaited, dead);
            }
        }
        at = past;
    }
    return status::ok;
}

/// Every vma of the parent, unlinked, in the child.
template <class Policy>
status copy_vmas(context<Policy>& ctx, address_space<Policy>& parent,
                 address_space<Policy>& child) {
    for (vma<Policy>* v = parent.first_in(0, page_limit); v != nullptr; v = parent.next(*v)) {
        attributes<Policy> as = v->as();
        as.locked = false;
        auto* const copy =
            make<vma<Policy>>(ctx.memory(), child, v->start(), v->pages(), v->pgoff(), as);
        if (copy == nullptr) return status::no_memory;
        child.insert(*copy);
        ctx.map.link_file(*copy);
    }
    return status::ok;
}

/// A cursor over the vmas of a child and its parent, which has the same ones: null, null at the
/// end.
template <class Policy>
[[nodiscard]] auto pairs_of(const address_space<Policy>& parent,
                            const address_space<Policy>& child) noexcept {
    using pair = fork_pair<vma<Policy>>;
    return [&parent, &child,
            next = pair{child.first_in(0, page_limit),
                        parent.first_in(0, page_limit)}]() mutable noexcept {
        const pair now = next;
        if (now.parent != nullptr) next = {child.next(*now.child), parent.next(*now.parent)};
        return now;
    };
}

/// The entries of all that is faulted; the child has every vma, linked as the parent's.
template <class Policy>
status copy_entries_of_all(context<Policy>& ctx, address_space<Policy>& parent,
                           address_space<Policy>& child, dead_pages<Policy>& dead) {
    auto pairs = pairs_of(parent, child);
    for (auto now = pairs(); now.parent != nullptr; now = pairs()) {
        if (!context<Policy>::map_type::linked(*now.parent)) continue;
        const status copied = copy_range(ctx, *now.child, *now.parent, dead);
        if (copied != status::ok) return copied;
    }
    return status::ok;
}

}  // namespace detail

/// `child` is empty and known to the caller alone. no_memory: the child is empty again, and the
/// parent as it was.
template <class Policy>
status copy_space(context<Policy>& ctx, address_space<Policy>& parent,
                  address_space<Policy>& child) {
    status result = status::ok;
    {
        dead_pages<Policy> dead{ctx};
        const typename context<Policy>::guard held{parent.mmap_lock};
        result = detail::copy_vmas(ctx, parent, child);
        if (result == status::ok) result = ctx.map.fork_all(detail::pairs_of(parent, child));
        if (result == status::ok) {
            result = detail::copy_entries_of_all(ctx, parent, child, dead);
        }
    }
    if (result != status::ok) unmap_all(ctx, child);
    return result;
}

}  // namespace rmap::inline RMAP_ABI::mm
