// SPDX-License-Identifier: BSL-1.0
#pragma once

// What is written next: a std::multimap of ranges for each family of regions, under a
// std::shared_mutex. A fork is one insert; a walk looks at the whole family, as a page does not
// tell who can have it.

#include <algorithm>
#include <map>
#include <memory>
#include <mutex>
#include <new>
#include <shared_mutex>
#include <span>

#include "../held_lock.hpp"
#include "../peer.hpp"

namespace rmap_bench {

template <class Lock = std::shared_mutex>
class basic_range_map {
    struct family;

public:
    using timed_peer = basic_range_map<held_lock<Lock>>;

    struct space : peer_space {};
    class region;
    struct page {
        family* of = nullptr;
        rmap::pgno offset = 0;
    };
    using entries = std::span<const entry<page>>;

private:
    using ranges = std::multimap<rmap::pgno, region*, std::less<>,
                                 allocator<std::pair<const rmap::pgno, region*>>>;

public:
    class region {
    public:
        region(space& in, rmap::pgno start, rmap::pgno pages, rmap::pgno offset) noexcept
            : in_{&in}, start_{start}, pages_{pages}, offset_{offset} {}

    private:
        friend basic_range_map;
        space* in_;
        rmap::pgno start_;
        rmap::pgno pages_;
        rmap::pgno offset_;
        family* of_ = nullptr;
        typename ranges::iterator where_{};
    };

    static constexpr std::size_t region_bytes = sizeof(family*) + sizeof(typename ranges::iterator);

    void prepare(region& r, region* before, region* behind) {
        family* near = nullptr;
        if (before != nullptr) near = before->of_;
        if (near == nullptr && behind != nullptr) near = behind->of_;
        if (near == nullptr) near = ::new (bench_heap::take(sizeof(family))) family{};
        const std::lock_guard<Lock> hold{near->lock};
        join(r, *near);
    }
    void fork(region& child, region& parent, entries) {
        const std::lock_guard<Lock> hold{parent.of_->lock};
        join(child, *parent.of_);
    }
    void exit(region& r, entries) noexcept {
        family* const of = r.of_;
        {
            const std::lock_guard<Lock> hold{of->lock};
            leave(r);
            if (!of->all.empty()) return;
        }
        of->~family();
        bench_heap::give(of, sizeof(family));
    }
    void tag(page& p, region& r, rmap::pgno at) noexcept {
        p.of = r.of_;
        p.offset = r.offset_ + (at - r.start_);
    }
    void unmap(page&, region&, rmap::pgno) noexcept {}
    void untag(page& p, region&, rmap::pgno) noexcept { p.of = nullptr; }
    template <class Visitor>
    std::uint64_t walk(page& p, Visitor&& visit) {
        const std::shared_lock<Lock> hold{p.of->lock};
        const ranges& all = p.of->all;
        std::uint64_t visited = 0;
        const rmap::pgno first = p.offset - std::min(p.offset, p.of->longest - 1);
        for (auto i = all.lower_bound(first); i != all.end() && i->first <= p.offset; ++i) {
            const region& r = *i->second;
            ++visited;
            const rmap::pgno within = p.offset - r.offset_;
            if (within < r.pages_) visit(*r.in_, r.start_ + within);
        }
        return visited;
    }
    void split(region& lower, region& upper, rmap::pgno at) {
        const std::lock_guard<Lock> hold{lower.of_->lock};
        const rmap::pgno below = at - lower.start_;
        upper.start_ = at;
        upper.pages_ = lower.pages_ - below;
        upper.offset_ = lower.offset_ + below;
        lower.pages_ = below;
        join(upper, *lower.of_);
    }
    void merge(region& lower, region& upper) noexcept {
        const std::lock_guard<Lock> hold{lower.of_->lock};
        leave(upper);
        lower.pages_ += upper.pages_;
        lower.of_->longest = std::max(lower.of_->longest, lower.pages_);
    }
    void move(region& from, region& fresh, entries) {
        const std::lock_guard<Lock> hold{from.of_->lock};
        join(fresh, *from.of_);
        leave(from);
    }
    void trim() noexcept {}

private:
    struct family {
        Lock lock{};
        ranges all{};
        rmap::pgno longest = 1;
    };

    static void join(region& r, family& of) {
        r.of_ = &of;
        r.where_ = of.all.emplace(r.offset_, &r);
        of.longest = std::max(of.longest, r.pages_);
    }
    static void leave(region& r) noexcept {
        r.of_->all.erase(r.where_);
        r.of_ = nullptr;
    }
};

using range_map = basic_range_map<>;

static_assert(peer<range_map>);

}  // namespace rmap_bench
