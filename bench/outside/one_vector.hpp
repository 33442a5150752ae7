// SPDX-License-Identifier: BSL-1.0
#pragma once

// A contestant from outside, as a user would write one: all regions in one vector under one mutex,
// and a walk looks at every one. It has nothing but ../peer.hpp; bench/outside/main.cpp tries it.

#include <algorithm>
#include <mutex>
#include <span>
#include <vector>

#include "../peer.hpp"

namespace rmap_bench {

class outside_peer {
public:
    static constexpr const char* name = "one_vector";
    static constexpr std::size_t region_bytes = sizeof(unsigned);

    struct space : peer_space {};
    struct page {
        unsigned family = 0;
        rmap::pgno offset = 0;
    };
    struct region {
        region(space& of, rmap::pgno where, rmap::pgno n, rmap::pgno first) noexcept
            : in{&of}, start{where}, pages{n}, offset{first} {}
        space* in;
        rmap::pgno start;
        rmap::pgno pages;
        rmap::pgno offset;
        unsigned family = 0;  // 0: not in the vector
    };
    using entries = std::span<const entry<page>>;

    void prepare(region& r, region* before, region* behind) {
        const std::lock_guard hold{mutex_};
        if (before != nullptr && before->family != 0) {
            r.family = before->family;
        } else if (behind != nullptr && behind->family != 0) {
            r.family = behind->family;
        } else {
            r.family = ++families_;
        }
        all_.push_back(&r);
    }
    void fork(region& child, region& parent, entries) {
        const std::lock_guard hold{mutex_};
        child.family = parent.family;
        all_.push_back(&child);
    }
    void exit(region& r, entries) {
        const std::lock_guard hold{mutex_};
        remove(r);
    }
    void tag(page& p, region& r, rmap::pgno at) noexcept {
        p = {r.family, r.offset + (at - r.start)};
    }
    void unmap(page&, region&, rmap::pgno) noexcept {}
    void untag(page&, region&, rmap::pgno) noexcept {}
    template <class Visitor>
    std::uint64_t walk(page& p, Visitor&& visit) {
        const std::lock_guard hold{mutex_};
        for (const region* r : all_) {
            const rmap::pgno within = p.offset - r->offset;
            if (r->family == p.family && within < r->pages) visit(*r->in, r->start + within);
        }
        return all_.size();
    }
    void split(region& lower, region& upper, rmap::pgno at) {
        const std::lock_guard hold{mutex_};
        const rmap::pgno below = at - lower.start;
        upper.start = at;
        upper.pages = lower.pages - below;
        upper.offset = lower.offset + below;
        upper.family = lower.family;
        lower.pages = below;
        all_.push_back(&upper);
    }
    void merge(region& lower, region& upper) {
        const std::lock_guard hold{mutex_};
        lower.pages += upper.pages;
        remove(upper);
    }
    void move(region& from, region& fresh, entries) {
        const std::lock_guard hold{mutex_};
        fresh.family = from.family;
        all_.push_back(&fresh);
        remove(from);
    }
    void trim() noexcept {}

private:
    void remove(region& r) { std::erase(all_, &r); }

    std::mutex mutex_{};
    unsigned families_ = 0;
    std::vector<region*, allocator<region*>> all_{};
};

}  // namespace rmap_bench
