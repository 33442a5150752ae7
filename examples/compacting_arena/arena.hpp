// SPDX-License-Identifier: BSL-1.0
#pragma once

// The arena: spaces, spans in them, and snapshots of spaces that share every frame until one side
// writes. All functions may be called by several threads; one that changes a span's bytes or drops
// it MUST be the only one to use that span then.

#include <atomic>
#include <cstddef>
#include <cstring>
#include <memory>
#include <mutex>
#include <optional>
#include <shared_mutex>
#include <span>
#include <vector>

#include "frame_pool.hpp"
#include "memory_file.hpp"
#include "types.hpp"

namespace compacting_arena {

class arena {
public:
    using space_ptr = std::shared_ptr<space>;

    arena(const memory_file& file, std::size_t pages_a_space)
        : file_{&file}, pool_{file}, pages_a_space_{pages_a_space} {}

    space_ptr make_space() { return std::make_shared<space>(next_id_++, pages_a_space_); }

    /// A space with the same spans and the same bytes. Null without memory.
    space_ptr snapshot(space& parent) {
        space_ptr child = make_space();
        const std::unique_lock from{parent.lock};
        std::unique_lock to{child->lock};
        for (auto& [start, v] : parent.spans) {
            auto copy = std::make_unique<span>(*child, start, v->pages());
            if (map_.fork(*copy, *v) != rmap::status::ok) {
                to.unlock();
                drop(*child);
                return nullptr;
            }
            for (pgno page = start; page != v->end(); ++page)
                share(parent, *child, page);
            child->spans.emplace(start, std::move(copy));
        }
        return child;
    }

    /// Releases all its spans. The space goes when the last pointer to it does.
    void drop(space& s) {
        const std::unique_lock guard{s.lock};
        while (!s.spans.empty())
            release_locked(s, s.spans.begin()->first);
    }

    /// The first page of a fresh span that reads as zeros; empty if the space is full.
    std::optional<pgno> allocate(space& s, pgno pages) {
        const std::unique_lock guard{s.lock};
        pgno start = 0;
        for (auto& [at, v] : s.spans) {
            if (at - start >= pages) break;
            start = v->end();
        }
        if (start + pages > s.table.size()) return {};
        s.spans.emplace(start, std::make_unique<span>(s, start, pages));
        return start;
    }

    void release(space& s, pgno start) {
        const std::unique_lock guard{s.lock};
        release_locked(s, start);
    }

    void read(space& s, pgno page, std::size_t offset, std::span<std::byte> out) {
        const std::shared_lock guard{s.lock};
        if (s.table[page].to.load(std::memory_order_relaxed) == nullptr) {
            std::memset(out.data(), 0, out.size());
        } else {
            std::memcpy(out.data(), s.address_of(page) + offset, out.size());
        }
    }

    /// False without memory; nothing is written then.
    bool write(space& s, pgno page, std::size_t offset, std::span<const std::byte> in) {
        const auto copy_in = [&] {
            std::memcpy(s.address_of(page) + offset, in.data(), in.size());
            return true;
        };
        {
            const std::shared_lock guard{s.lock};
            if (s.table[page].writable) return copy_in();
        }
        const std::unique_lock guard{s.lock};
        return (s.table[page].writable || make_writable(s, page)) && copy_in();
    }

    frame_map& map() noexcept { return map_; }
    frame_pool& pool() noexcept { return pool_; }
    const memory_file& file() const noexcept { return *file_; }

private:
    // The rest: holding the lock of the space exclusively.

    // The first write to a page, or the first since it was shared.
    bool make_writable(space& s, pgno page) {
        auto at = std::prev(s.spans.upper_bound(page));
        span& v = *at->second;
        span* const before = at == s.spans.begin() ? nullptr : std::prev(at)->second.get();
        span* const behind = std::next(at) == s.spans.end() ? nullptr : std::next(at)->second.get();
        if (map_.prepare(v, before, behind) != rmap::status::ok) return false;

        space::entry& entry = s.table[page];
        frame* const old = entry.to.load(std::memory_order_relaxed);
        entry.writable = true;
        if (old != nullptr && old->mapcount() == 1) {  // who shared it has gone
            map_.tag_own(*old, v, page);
            file_->map(s.address_of(page), old->slot, true);
            return true;
        }
        frame& fresh = pool_.get();
        const std::vector<std::byte> zeros(old == nullptr ? page_size() : 0);
        file_->fill(fresh.slot, old == nullptr ? zeros.data() : s.address_of(page));
        map_.tag_new(fresh, v, page);
        fresh.add_mapping();
        entry.to.store(&fresh, std::memory_order_release);
        file_->map(s.address_of(page), fresh.slot, true);
        if (old != nullptr) unmapped(*old);
        return true;
    }

    void share(space& parent, space& child, pgno page) {
        space::entry& entry = parent.table[page];
        frame* const f = entry.to.load(std::memory_order_relaxed);
        if (f == nullptr) return;
        f->add_mapping();
        child.table[page].to.store(f, std::memory_order_release);
        file_->map(child.address_of(page), f->slot, false);
        if (entry.writable) file_->map(parent.address_of(page), f->slot, false);
        entry.writable = false;
    }

    void release_locked(space& s, pgno start) {
        const auto at = s.spans.find(start);
        span& v = *at->second;
        s.clear(start, v.pages());
        for (pgno page = start; page != v.end(); ++page) {
            s.table[page].writable = false;
            frame* const f = s.table[page].to.exchange(nullptr, std::memory_order_relaxed);
            if (f != nullptr) unmapped(*f);
        }
        map_.unlink(v);  // no page leads to it any more
        s.spans.erase(at);
    }

    void unmapped(frame& f) {
        if (!f.remove_mapping()) return;
        map_.untag(f);
        pool_.put(f);
    }

    const memory_file* file_;
    frame_map map_{};
    frame_pool pool_;
    std::size_t pages_a_space_;
    std::atomic<unsigned> next_id_{0};
};

}  // namespace compacting_arena
