// SPDX-License-Identifier: BSL-1.0
#pragma once

// The reference memory manager: address spaces, files and pages around a reverse map, with the
// events of the trace format as operations. Every operation may run beside every other, on any
// address space that is not being destroyed. An operation that does not return ok has changed
// nothing that anyone can see.

#include <cstddef>

#include <rmap/mm/context.hpp>
#include <rmap/mm/fault.hpp>
#include <rmap/mm/fork.hpp>
#include <rmap/mm/ksm.hpp>
#include <rmap/mm/mapping.hpp>
#include <rmap/mm/migrate.hpp>
#include <rmap/mm/modify.hpp>
#include <rmap/mm/mremap.hpp>
#include <rmap/mm/reclaim.hpp>
#include <rmap/mm/truncate.hpp>
#include <rmap/mm/unmap.hpp>

namespace rmap::inline RMAP_ABI::mm {

struct options {
    bool accounting = false;  // mark private writable mappings (the trace header `accounting on`)
};

template <class Policy = default_policy>
class system {
    static_assert(Policy::locking::walk_is_complete,
                  "rmap: the reference mm needs a 'locking' discipline whose walks are complete, "
                  "as it migrates pages. Use locking = rmap::locking::root or "
                  "rmap::locking::lock_all");

public:
    using policy = Policy;
    using space = address_space<Policy>;
    using file_type = file<Policy>;
    using vma_type = vma<Policy>;
    using page_type = page<Policy>;
    using map_type = typename context<Policy>::map_type;
    using lru_type = lru_lists<Policy>;
    using flag = page_flag;
    using request = mapping_request<Policy>;
    using place_type = place<Policy>;
    using allocator = typename Policy::allocator;

    explicit system(options with = {}, allocator memory = {}) noexcept
        : ctx_{static_cast<allocator&&>(memory)} {
        ctx_.accounting = with.accounting;
    }
    system(const system&) = delete;
    system& operator=(const system&) = delete;
    /// Ends every address space and file; nobody else is in the system any more.
    ~system() {
        while (auto* s = spaces_.front()) exit(*static_cast<space*>(s));
        while (auto* f = files_.front()) remove(*static_cast<file_type*>(f));
    }

    // ---- address spaces
    // --------------------------------------------------------------------------

    status create_space(space*& out) {
        out = make<space>(ctx_.memory());
        if (out == nullptr) return status::no_memory;
        const write_guard held{lists_lock_};
        spaces_.push_back(*out);
        return status::ok;
    }
    status fork(space& parent, space*& child) {
        space* const fresh = make<space>(ctx_.memory());
        if (fresh == nullptr) return status::no_memory;
        if (copy_space(ctx_, parent, *fresh) != status::ok) {
            destroy(ctx_.memory(), *fresh);
            return status::no_memory;
        }
        child = fresh;
        const write_guard held{lists_lock_};
        spaces_.push_back(*fresh);
        return status::ok;
    }
    /// The space is gone afterwards. No other thread may use it.
    void exit(space& s) {
        unmap_all(ctx_, s);
        {
            const write_guard held{lists_lock_};
            spaces_.erase(s);
        }
        unpin(ctx_, s);
    }
    void exec(space& s) { unmap_all(ctx_, s); }

    // ---- mappings
    // --------------------------------------------------------------------------------

    status mmap(space& in, const request& want) { return map_range(ctx_, in, want); }
    status munmap(space& in, pgno start, pgno n) { return unmap(ctx_, in, start, n); }
    status mprotect(space& in, pgno start, pgno n, prot access) {
        return protect(ctx_, in, start, n, access);
    }
    status mremap(space& in, const remap_request& want) { return remap(ctx_, in, want); }
    status mremap(space& in, pgno old_start, pgno old_pages, pgno new_start, pgno new_pages,
                  bool keep) {
        return remap(ctx_, in, {old_start, old_pages, new_start, new_pages, keep});
    }
    status grow(space& in, pgno old_start, pgno new_start) {
        return grow_stack(ctx_, in, old_start, new_start);
    }
    status mlock(space& in, pgno start, pgno n) { return set_locked(ctx_, in, start, n, true); }
    status munlock(space& in, pgno start, pgno n) { return set_locked(ctx_, in, start, n, false); }

    // ---- pages
    // -----------------------------------------------------------------------------------

    status read(space& in, pgno where) { return read(in, where, where + 1); }
    status write(space& in, pgno where) { return write(in, where, where + 1); }
    /// Each page of [at, end), in order. `at` is where it came to: the page that failed, if not ok.
    status read(space& in, pgno& at, pgno end) { return touch(ctx_, in, at, end, false); }
    status write(space& in, pgno& at, pgno end) { return touch(ctx_, in, at, end, true); }
    status dontneed(space& in, pgno start, pgno n) {
        if (!valid_range(start, n)) return status::invalid;
        dead_pages<Policy> dead{ctx_};
        const typename context<Policy>::shared_guard held{in.mmap_lock};
        zap(in, start, start + n, dead);
        return status::ok;
    }
    status migrate(space& in, pgno start, pgno n) { return mm::migrate(ctx_, in, start, n); }
    status merge_same(const place_type* places, std::size_t count) {
        return mm::merge_same(ctx_, places, count);
    }

    /// Up to `want` pages that no locked vma maps go; how many did.
    std::size_t reclaim(std::size_t want) { return mm::reclaim(ctx_, want); }

    // ---- files
    // -----------------------------------------------------------------------------------

    status create_file(file_type*& out) {
        out = make<file_type>(ctx_.memory());
        if (out == nullptr) return status::no_memory;
        const write_guard held{lists_lock_};
        files_.push_back(*out);
        return status::ok;
    }
    status resize(file_type& f, pgno pages) { return mm::resize(ctx_, f, pages); }
    status punch(file_type& f, pgoff_t first, pgno n) { return mm::punch(ctx_, f, first, n); }

    // ---- looking
    // ---------------------------------------------------------------------------------

    [[nodiscard]] map_type& map() noexcept { return ctx_.map; }
    /// For counts(), at any time; the rest is the mm's own.
    [[nodiscard]] lru_type& lru() noexcept { return ctx_.lru; }
    /// What the functions of mm/ work with: for tests that call one of them by itself.
    [[nodiscard]] context<Policy>& internals() noexcept { return ctx_; }
    [[nodiscard]] bool accounting() const noexcept { return ctx_.accounting; }

    /// Whether the entry at `where` maps this page: what a visitor asks of a place. Takes the
    /// entry's lock, no other.
    [[nodiscard]] bool maps(space& in, pgno where, const page_type& p) {
        leaf<Policy>* const l = in.table.find(where);
        if (l == nullptr) return false;
        const write_guard held{l->lock};
        return l->at(where).mapped() == &p;
    }

    // For moments at which no other thread is in the system.
    template <class F>
    void for_each_space(F f) {
        for (auto* s = spaces_.front(); s != nullptr; s = spaces_.next(*s)) {
            f(*static_cast<space*>(s));
        }
    }
    template <class F>
    void for_each_vma(space& in, F f) {
        in.for_each(0, page_limit, f);
    }
    template <class F>
    void for_each_file(F f) {
        for (auto* at = files_.front(); at != nullptr; at = files_.next(*at)) {
            f(*static_cast<file_type*>(at));
        }
    }
    /// f(where, page) for each entry that maps a page, ascending; the zero page is none.
    template <class F>
    void for_each_page(space& in, F f) {
        for_each_page(in.table, 0, page_limit, f);
    }
    template <class F>
    void for_each_page(space& in, pgno from, pgno to, F f) {
        for_each_page(in.table, from, to, f);
    }
    /// f(offset, page) for each page of the file that is in memory.
    template <class F>
    void for_each_page(file_type& of, F f) {
        for_each_page(of.cache, 0, page_limit, f);
    }

private:
    template <class F>
    static void for_each_page(page_table<Policy>& table, pgno from, pgno to, F f) {
        table.for_each_leaf(from, to, [&](leaf<Policy>& l) {
            l.for_each(from, to, [&](pgno where, pte<Policy> entry) {
                if (page_type* p = entry.mapped()) f(where, *p);
                return true;
            });
        });
    }
    void remove(file_type& f) {
        must<Policy>(resize(f, 0));
        {
            dead_pages<Policy> dead{ctx_};
            drop_cached(ctx_, f, 0, page_limit, dead);
        }
        f.cache.for_each_leaf(0, page_limit,
                              [&](leaf<Policy>& l) { f.cache.remove(ctx_.memory(), l); });
        files_.erase(f);
        destroy(ctx_.memory(), f);
    }

    context<Policy> ctx_;
    // Over the two lists; nothing is taken while it is held.
    lock_of_rank<Policy, lock_rank::lists> lists_lock_{};
    list<typename Policy::atomics> spaces_{};
    list<typename Policy::atomics> files_{};
};

}  // namespace rmap::inline RMAP_ABI::mm
