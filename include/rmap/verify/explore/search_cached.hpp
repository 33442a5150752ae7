// SPDX-License-Identifier: BSL-1.0
#pragma once

// Exhaustive search that remembers: every choice is tried, but a prefix whose happens-before graph
// was seen before is not continued. Visits one complete execution of each class, as does the
// reduction of search_dpor.hpp, by other means: each checks the other. Unlike that one it stays
// sound with a bound on preemptions, and takes the choices of the memory model.

#include <cstddef>
#include <cstdint>
#include <vector>

#include <rmap/verify/explore/engine.hpp>
#include <rmap/verify/explore/hash_set.hpp>

namespace rmap::inline RMAP_ABI::verify {

class cached_search final : public strategy {
public:
    static constexpr unsigned unbounded = ~0U;

    /// `preemptions`: how often a thread that could go on may be left for another one.
    explicit cached_search(unsigned preemptions = unbounded,
                           unsigned stale_choices = unbounded) noexcept
        : preemptions_{preemptions}, stale_{stale_choices} {}

    void begin(engine&) override {
        depth_ = 0;
        left_ = preemptions_;
        stale_left_ = stale_;
    }

    int thread(engine& e, thread_mask enabled, int last) override {
        if (depth_ == path_.size()) {
            // With a bound, what may follow depends on who would be preempted.
            const unsigned running =
                preemptions_ == unbounded ? 0U : static_cast<unsigned>(last + 1);
            const std::uint64_t state =
                mix(e.hash() ^ mix((std::uint64_t{left_bound()} << 16) ^ running));
            if (!seen_.insert(state)) return prune;
            thread_mask open = enabled;
            const bool can_stay = last >= 0 && ((enabled >> last) & 1U) != 0;
            if (can_stay && left_ == 0) open = thread_mask{1} << last;
            const int first = can_stay ? last : __builtin_ctz(open);
            path_.push_back(
                {open & ~(thread_mask{1} << first), static_cast<std::uint32_t>(first), 0, true});
        }
        const node& n = path_[depth_++];
        const auto chosen = static_cast<int>(n.chosen);
        const bool preempts = last >= 0 && chosen != last && ((enabled >> last) & 1U) != 0;
        if (preempts && left_ != unbounded) --left_;
        return chosen;
    }

    unsigned value(engine& e, unsigned n) override {
        if (e.pruned()) return 0;
        if (depth_ == path_.size()) path_.push_back({0, 0, stale_left_ == 0 ? 1 : n, false});
        const unsigned chosen = path_[depth_++].chosen;
        if (chosen != 0 && stale_left_ != unbounded) --stale_left_;
        return chosen;
    }

    bool is_new(engine& e) override { return ended_.insert(e.graph_hash()); }

    bool next() override {
        while (!path_.empty()) {
            node& n = path_.back();
            if (n.is_thread) {
                if (n.open != 0) {
                    n.chosen = static_cast<std::uint32_t>(__builtin_ctz(n.open));
                    n.open &= n.open - 1;
                    return true;
                }
            } else if (n.chosen + 1 < n.count) {
                ++n.chosen;
                return true;
            }
            path_.pop_back();
        }
        return false;
    }

private:
    struct node {
        thread_mask open;       // threads that are still to be tried here
        std::uint32_t chosen;
        std::uint32_t count;    // of a value's choices
        bool is_thread;
    };

    [[nodiscard]] std::uint32_t left_bound() const noexcept {
        return (preemptions_ == unbounded ? 0 : left_ + 1) * 257U +
               (stale_ == unbounded ? 0 : stale_left_ + 1);
    }

    unsigned preemptions_;
    unsigned stale_;
    unsigned left_ = 0;
    unsigned stale_left_ = 0;
    std::vector<node> path_{};
    std::size_t depth_ = 0;
    hash_set seen_{};
    hash_set ended_{};
};

}  // namespace rmap::inline RMAP_ABI::verify
