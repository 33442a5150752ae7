// SPDX-License-Identifier: BSL-1.0
#pragma once

// The library under a policy, as a contestant: rmap::reverse_map with the bench's memory.

#include <cstdlib>
#include <span>

#include <rmap/rmap.hpp>

#include "../held_lock.hpp"
#include "../peer.hpp"

namespace rmap_bench {

template <class Policy>
class library {
    struct policy : Policy {
        using allocator = bench_memory;
    };
    struct timed_policy : Policy {
        using lock = held_lock<typename Policy::lock>;
    };

public:
    using timed_peer = library<timed_policy>;

    struct space : peer_space {
        typename Policy::lock page_table_lock{};
        typename Policy::lock anon_vma_chain_lock{};
    };
    using region = rmap::basic_vma<space, policy>;
    using page = rmap::basic_page<policy>;
    using entries = std::span<const entry<page>>;

    static constexpr std::size_t region_bytes = sizeof(rmap::vma_hook<policy>);

    void prepare(region& r, region* before, region* behind) {
        must(map_.prepare(r, before, behind));
    }
    void fork(region& child, region& parent, [[maybe_unused]] entries of) {
        must(map_.fork(child, parent));
        if constexpr (exact) {
            bool set = false;
            for (const auto& e : of) {
                must(map_.add_place(map_.memory(), *e.page, child.mm(), e.at, set,
                                    [] { return true; }));
            }
        }
    }
    void exit(region& r, [[maybe_unused]] entries of) noexcept {
        if constexpr (exact) {
            for (const auto& e : of)
                map_.remove_place(*e.page, r.mm(), e.at);
        }
        map_.unlink(r);
    }
    void tag(page& p, region& r, rmap::pgno at) noexcept {
        if (map_type::late(r)) must(map_.prepare(r));
        map_.tag_new(p, r, at);
        map_.add_first_place(p, r.mm(), at);
        p.add_mapping();
    }
    void unmap(page& p, region& r, rmap::pgno at) noexcept { map_.remove_place(p, r.mm(), at); }
    void untag(page& p, region& r, rmap::pgno at) noexcept {
        map_.remove_place(p, r.mm(), at);
        p.remove_mapping();
        map_.untag(p);
    }
    template <class Visitor>
    std::uint64_t walk(page& p, Visitor&& visit) {
        const auto walked =
            map_.walk(p, [&](const auto& place) { visit(place.mm(), place.address()); });
        must(walked.state);
        return walked.visited;
    }
    void split(region& lower, region& upper, rmap::pgno at) { must(map_.split(lower, upper, at)); }
    void merge(region& lower, region& upper) {
        typename map_type::request want;
        want.range = {upper.start(), upper.pages(), upper.pgoff()};
        want.prev = &lower;
        want.middle = &upper;
        const auto merged = map_.merge(want);
        must(merged.state);
        if (merged.what == rmap::merge_case::none) std::abort();
    }
    void move(region& from, region& fresh, [[maybe_unused]] entries of) {
        must(map_.clone(fresh, from, rmap::ops::clone_op::remap));
        if constexpr (exact) {
            for (const auto& e : of) {
                const rmap::pgno to = fresh.start() + (e.at - from.start());
                map_type::move_place(*e.page, from.mm(), e.at, to, [] { return true; });
            }
        }
        map_.unlink(from);
    }
    void trim() noexcept { map_.trim(); }

private:
    using map_type = rmap::reverse_map<page, region, policy>;

    // Such a topology is told of every entry.
    static constexpr bool exact = rmap::is_exact<typename policy::topology>;

    static void must(rmap::status s) noexcept {
        if (s != rmap::status::ok) std::abort();
    }

    map_type map_{};
};

}  // namespace rmap_bench
