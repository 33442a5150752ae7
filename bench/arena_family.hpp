// SPDX-License-Identifier: BSL-1.0
#pragma once

// Families: forks, exits and walks at a width and a depth; and how long locks are held meanwhile.

#include <algorithm>
#include <string>
#include <vector>

#include "arena.hpp"
#include "held_lock.hpp"

namespace rmap_bench {

/// Families that live for one job: a chain of `depth` processes, and `width` children of its end.
template <peer P>
class families {
    using arena_type = arena<P>;
    using born = typename arena_type::born;
    using page = typename arena_type::page;

public:
    families(arena_type& in, const job& what) : in_{in}, what_{what}, all_(what.families) {}
    families(const families&) = delete;
    families& operator=(const families&) = delete;

    /// From nothing to all alive; `ramp` has the forks of the children, `chain` the last of the
    /// chain's.
    void grow(spans& ramp, spans& chain) {
        spans untimed;
        for (auto& f : all_) {
            f.chain.push_back(in_.first());
            for (unsigned d = 1; d < what_.depth; ++d) {
                f.chain.push_back(in_.make_process(0));
                in_.fork(*f.chain[d], *f.chain[d - 1], d + 1 == what_.depth ? chain : untimed);
                in_.copy_on_write(*f.chain[d], arena_type::chain_page);
            }
            f.children.resize(what_.width);
        }
        for (unsigned i = 0; i != what_.width; ++i) {
            for (auto& f : all_) {
                f.children[i] = in_.make_process(i + 1);
                in_.fork(*f.children[i], *f.chain.back(), ramp);
            }
        }
    }
    void copy_on_write() {
        for (auto& f : all_)
            for (auto& c : f.children)
                in_.copy_on_write(*c, arena_type::private_page);
    }
    /// A child ends, another begins.
    void churn(spans& exits, spans& forks) {
        auto& f = all_[in_.random() % all_.size()];
        born& c = f.children[in_.random() % f.children.size()];
        const std::uint32_t index = c->index;
        in_.exit(std::move(c), exits);
        c = in_.make_process(index);
        in_.fork(*c, *f.chain.back(), forks);
        in_.copy_on_write(*c, arena_type::private_page);
    }
    [[nodiscard]] std::vector<page*> shared_pages() {
        std::vector<page*> out;
        for (auto& f : all_)
            for (unsigned r = 0; r != arena_type::regions; ++r)
                out.push_back(f.chain[0]->table[r * arena_type::pages + arena_type::shared_page]);
        return shuffled(std::move(out));
    }
    [[nodiscard]] std::vector<page*> private_pages() {
        std::vector<page*> out;
        for (auto& f : all_)
            for (auto& c : f.children)
                out.insert(out.end(), c->own.begin(), c->own.end());
        return shuffled(std::move(out));
    }
    [[nodiscard]] double alive() const noexcept {
        return static_cast<double>(arena_type::regions) * what_.families *
               (what_.width + what_.depth);
    }
    /// All end, the youngest first.
    void end(spans& exits) {
        for (auto& f : all_) {
            for (; !f.children.empty(); f.children.pop_back())
                in_.exit(std::move(f.children.back()), exits);
            for (; f.chain.size() > 1; f.chain.pop_back()) {
                spans untimed;
                in_.exit(std::move(f.chain.back()), untimed);
            }
            in_.exit_first(std::move(f.chain.front()));
            f.chain.clear();
        }
    }

private:
    struct family {
        std::vector<born> chain{};
        std::vector<born> children{};
    };

    // The same order for all contestants, however often one of them had a number of arena::random.
    static std::vector<page*> shuffled(std::vector<page*> all) {
        std::minstd_rand random{7};
        std::shuffle(all.begin(), all.end(), random);
        return all;
    }

    arena_type& in_;
    const job& what_;
    std::vector<family> all_;
};

template <peer P>
void run_family(arena<P>& in, const job& what, outcome& out) {
    constexpr double each = arena<P>::regions;
    families<P> all{in, what};
    spans ramp;
    spans chain;
    const std::uint64_t blocks = bench_heap::allocations();
    all.grow(ramp, chain);
    const double processes = static_cast<double>(what.families) * (what.width + what.depth);
    const double users =
        processes * (1 + each) + what.families * each * (arena<P>::pages + what.depth - 1.0);
    const double alive = all.alive();
    out.measured["blocks_a_vma"] =
        (static_cast<double>(bench_heap::allocations() - blocks) - users) / alive;
    out.measured["bytes_a_vma"] = in.bytes(0, alive);
    out.measured["fork_ramp"] = ramp.ns(each);
    if (what.depth > 1) out.measured["fork_of_last"] = chain.ns(each);
    all.copy_on_write();

    spans forks;
    spans exits;
    in.repeat(what.slice_ns, 8, [&] { all.churn(exits, forks); });
    out.measured["fork"] = forks.ns(each);
    out.measured["exit"] = exits.ns(each);

    const auto shared = all.shared_pages();
    const double mapped = what.width + what.depth;
    in.walks(shared, 0, 4);
    out.measured["walk_shared"] = in.walks(shared, what.slice_ns, 4) / mapped;
    const std::vector hot{shared.front()};
    out.measured["walk_hot"] = in.walks(hot, what.slice_ns, 4) / mapped;
    out.measured["walk_checked"] = in.checked_walks(shared, what.slice_ns, 4) / mapped;

    const auto own = all.private_pages();
    std::uint64_t visited = 0;
    // Where a walk meets the whole family, some of the pages stand for all.
    std::vector<typename arena<P>::page*> some{own};
    if (some.size() > 400) some.resize(400);
    in.walks(some, 0, 4);
    out.measured["walk_private"] = in.walks(own, what.slice_ns, 4);
    in.walks(some, 0, 4, &visited);
    in.places = 0;
    out.measured["walk_private_checked"] = in.checked_walks(some, what.slice_ns, 4);
    out.measured["visits_a_place"] = static_cast<double>(visited) / static_cast<double>(in.places);

    spans ends;
    all.end(ends);
    out.measured["exit_storm"] = ends.ns(each);
}

/// For a peer with timed locks: how long updates and walks of a family hold one.
template <peer P>
void run_holds(arena<P>& in, const job& what, outcome& out) {
    families<P> all{in, what};
    spans untimed;
    all.grow(untimed, untimed);
    all.copy_on_write();
    const auto note = [&](const std::string& name) {
        out.measured[name + "_held_median"] = holds::at_share(.5);
        out.measured[name + "_held_p99"] = holds::at_share(.99);
        holds::clear();
    };
    const auto shared = all.shared_pages();
    const auto own = all.private_pages();
    holds::clear();
    for (unsigned i = 0; i != 300; ++i)
        all.churn(untimed, untimed);
    note("update");
    in.walks(shared, 0, 400);
    note("walk_shared");
    in.walks(own, 0, 400);
    note("walk_private");
    all.end(untimed);
    holds::clear();
}

}  // namespace rmap_bench
