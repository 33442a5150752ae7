// SPDX-License-Identifier: BSL-1.0
#pragma once

// What is written first where no library is at hand: a hash map from a page to the places that map
// it, under one std::shared_mutex. Exact, and it pays for each page where others pay for a region.

#include <shared_mutex>
#include <span>
#include <unordered_map>
#include <utility>
#include <vector>

#include "../held_lock.hpp"
#include "../peer.hpp"

namespace rmap_bench {

template <class Lock = std::shared_mutex>
class basic_page_map {
public:
    using timed_peer = basic_page_map<held_lock<Lock>>;

    struct space : peer_space {};
    struct page {};
    class region {
    public:
        region(space& in, rmap::pgno start, rmap::pgno pages, rmap::pgno) noexcept
            : in_{&in}, start_{start}, pages_{pages} {}
        [[nodiscard]] space& in() const noexcept { return *in_; }
        [[nodiscard]] rmap::pgno start() const noexcept { return start_; }
        [[nodiscard]] rmap::pgno pages() const noexcept { return pages_; }
        void resize(rmap::pgno pages) noexcept { pages_ = pages; }

    private:
        space* in_;
        rmap::pgno start_;
        rmap::pgno pages_;
    };
    using entries = std::span<const entry<page>>;

    static constexpr std::size_t region_bytes = 0;

    void prepare(region&, region*, region*) noexcept {}
    void fork(region& child, region&, entries of) {
        const std::lock_guard<Lock> hold{lock_};
        for (const auto& e : of)
            map_[e.page].push_back({&child.in(), e.at});
    }
    void exit(region& r, entries of) {
        const std::lock_guard<Lock> hold{lock_};
        for (const auto& e : of)
            remove(*e.page, r.in(), e.at);
    }
    void tag(page& p, region& r, rmap::pgno at) {
        const std::lock_guard<Lock> hold{lock_};
        map_[&p].push_back({&r.in(), at});
    }
    void unmap(page& p, region& r, rmap::pgno at) {
        const std::lock_guard<Lock> hold{lock_};
        remove(p, r.in(), at);
    }
    void untag(page& p, region&, rmap::pgno) {
        const std::lock_guard<Lock> hold{lock_};
        map_.erase(&p);
    }
    template <class Visitor>
    std::uint64_t walk(page& p, Visitor&& visit) {
        const std::shared_lock<Lock> hold{lock_};
        const auto found = map_.find(&p);
        if (found == map_.end()) return 0;
        for (const place& at : found->second)
            visit(*at.in, at.at);
        return found->second.size();
    }
    void split(region& lower, region& upper, rmap::pgno) noexcept {
        lower.resize(lower.pages() - upper.pages());
    }
    void merge(region& lower, region& upper) noexcept {
        lower.resize(lower.pages() + upper.pages());
    }
    void move(region& from, region& fresh, entries of) {
        const std::lock_guard<Lock> hold{lock_};
        for (const auto& e : of) {
            for (place& p : map_[e.page]) {
                if (p.in == &from.in() && p.at == e.at)
                    p.at = fresh.start() + (e.at - from.start());
            }
        }
    }
    void trim() noexcept {}

private:
    struct place {
        space* in;
        rmap::pgno at;
    };
    using places = std::vector<place, allocator<place>>;

    // The youngest are looked at first: processes end in about the order that they began in.
    void remove(page& p, space& in, rmap::pgno at) {
        const auto found = map_.find(&p);
        if (found == map_.end()) return;
        places& all = found->second;
        for (std::size_t i = all.size(); i-- > 0;) {
            if (all[i].in != &in || all[i].at != at) continue;
            all[i] = all.back();
            all.pop_back();
            break;
        }
    }

    Lock lock_{};
    std::unordered_map<page*, places, std::hash<page*>, std::equal_to<page*>,
                       allocator<std::pair<page* const, places>>>
        map_{};
};

using page_map = basic_page_map<>;

static_assert(peer<page_map>);

}  // namespace rmap_bench
