// SPDX-License-Identifier: BSL-1.0

// How long one operation of the reverse map takes, for some policies side by side. Where many are
// timed at once, they are of one family, which grows to that many members.

#include <cstdint>
#include <cstdlib>
#include <deque>
#include <string>

#include <rmap/rmap.hpp>

#include "measure.hpp"

namespace rmap_bench {

namespace {

struct sharded : rmap::default_policy {
    using locking = rmap::locking::sharded_root;
};
struct chain_locked : rmap::default_policy {
    using locking = rmap::locking::lock_all;
};

template <class Policy>
class family {
    struct space {
        typename Policy::lock page_table_lock{};
        typename Policy::lock anon_vma_chain_lock{};
    };
    using page = rmap::basic_page<Policy>;
    using vma = rmap::basic_vma<space, Policy>;
    using map_type = rmap::reverse_map<page, vma, Policy>;

public:
    family(report& to, std::string policy) : to_{to}, policy_{std::move(policy)} {}

    void run() {
        prepare_and_unlink();
        fork_and_unlink();
        split_and_merge();
        walk_private();
        for (const std::uint64_t children : {10U, 100U, 1000U})
            walk_shared(children);
    }

private:
    std::uint64_t batch() const noexcept { return to_.quick() ? 64 : 1024; }

    static void must(rmap::status s) {
        if (s != rmap::status::ok) std::abort();
    }

    template <class Once>
    void time(const std::string& what, std::uint64_t iterations, Once once) {
        to_.add(measure(to_, "operations/" + what + '/' + policy_, iterations, once));
    }

    // Vmas that do not touch each other.
    void make_vmas(std::deque<vma>& out, std::uint64_t count) {
        for (std::uint64_t i = 0; i < count; ++i)
            out.emplace_back(mm_, 0x1000 + i * 32, 16);
    }

    void prepare_and_unlink() {
        std::deque<vma> vmas;
        make_vmas(vmas, batch());
        time("prepare", batch(), [&] {
            const stopwatch watch;
            for (vma& v : vmas)
                must(map_.prepare(v));
            const duration took = watch.elapsed();
            for (vma& v : vmas)
                map_.unlink(v);
            return took;
        });
        time("unlink", batch(), [&] {
            for (vma& v : vmas)
                must(map_.prepare(v));
            const stopwatch watch;
            for (vma& v : vmas)
                map_.unlink(v);
            return watch.elapsed();
        });
    }

    void fork_and_unlink() {
        vma parent{mm_, 0x1000, 16};
        must(map_.prepare(parent));
        std::deque<vma> children;
        for (std::uint64_t i = 0; i < batch(); ++i)
            children.emplace_back(mm_, 0x1000, 16);
        time("fork", batch(), [&] {
            const stopwatch watch;
            for (vma& v : children)
                must(map_.fork(v, parent));
            const duration took = watch.elapsed();
            for (vma& v : children)
                map_.unlink(v);
            return took;
        });
        time("unlink_child", batch(), [&] {
            for (vma& v : children)
                must(map_.fork(v, parent));
            const stopwatch watch;
            for (vma& v : children)
                map_.unlink(v);
            return watch.elapsed();
        });
        map_.unlink(parent);
    }

    // A vma is cut in two and becomes one again; where the policy merges nothing, by hand.
    void split_and_merge() {
        vma whole{mm_, 0x1000, 16};
        must(map_.prepare(whole));
        time("split_and_merge", batch(), [&] {
            const stopwatch watch;
            for (std::uint64_t i = 0; i < batch(); ++i) {
                vma upper{mm_, 0x1008, 8};
                must(map_.split(whole, upper, 0x1008));
                typename map_type::request want;
                want.range = {0x1008, 8, 0x1008};
                want.prev = &whole;
                want.middle = &upper;
                const auto merged = map_.merge(want);
                must(merged.state);
                if (merged.what != rmap::merge_case::none) continue;
                map_.unlink(upper);
                must(map_.adjust(whole, {0x1000, 16, 0x1000}));
            }
            return watch.elapsed();
        });
        map_.unlink(whole);
    }

    void time_walk(const std::string& what, page& p, std::uint64_t places) {
        const std::uint64_t walks = batch() * 64 / (places + 15) + 1;
        time(what, walks, [&] {
            std::uint64_t found = 0;
            const stopwatch watch;
            for (std::uint64_t i = 0; i < walks; ++i) {
                const auto walked = map_.walk(
                    p, [&](const auto& place) { found += place.address() == 0x1005 ? 1 : 0; });
                must(walked.state);
            }
            const duration took = watch.elapsed();
            if (found != walks * places) std::abort();
            return took;
        });
    }

    void walk_private() {
        vma owner{mm_, 0x1000, 16};
        must(map_.prepare(owner));
        page p;
        map_.tag_new(p, owner, 0x1005);
        p.add_mapping();
        time_walk("walk_private", p, 1);
        p.remove_mapping();
        map_.untag(p);
        map_.unlink(owner);
    }

    void walk_shared(std::uint64_t count) {
        vma parent{mm_, 0x1000, 16};
        must(map_.prepare(parent));
        std::deque<vma> children;
        for (std::uint64_t i = 0; i < count; ++i) {
            must(map_.fork(children.emplace_back(mm_, 0x1000, 16), parent));
        }
        page p;
        map_.tag_new(p, parent, 0x1005);
        p.add_mapping();
        time_walk("walk_of_" + std::to_string(count) + "_children", p, count + 1);
        p.remove_mapping();
        map_.untag(p);
        for (vma& v : children)
            map_.unlink(v);
        map_.unlink(parent);
    }

    report& to_;
    std::string policy_;
    space mm_{};
    map_type map_{};
};

}  // namespace

bool operations(report& to) {
    family<rmap::default_policy>{to, "default_policy"}.run();
    family<rmap::single_threaded>{to, "single_threaded"}.run();
    family<rmap::never_merge>{to, "never_merge"}.run();
    family<sharded>{to, "sharded_root"}.run();
    family<chain_locked>{to, "lock_all"}.run();
    return true;
}

}  // namespace rmap_bench
