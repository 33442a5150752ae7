// SPDX-License-Identifier: BSL-1.0
#pragma once

// Sampling, for stories too big to search: uniformly random choices, or PCT (Burckhardt and others,
// 2010): random priorities and d - 1 random points at which the running thread falls behind all
// others. A bug that needs d ordering constraints is met by one run with probability at least 1 /
// (n * k^(d - 1)), n threads, k steps.

#include <cstdint>

#include <rmap/verify/explore/engine.hpp>

namespace rmap::inline RMAP_ABI::verify {

/// A small generator (splitmix64): the same numbers for the same seed everywhere.
class random_numbers {
public:
    explicit random_numbers(std::uint64_t seed) noexcept : state_{seed} {}
    std::uint64_t next() noexcept {
        const std::uint64_t r = mix(state_);
        state_ += 0x9e3779b97f4a7c15U;
        return r;
    }
    std::uint32_t below(std::uint32_t n) noexcept {
        return static_cast<std::uint32_t>(((next() >> 32) * n) >> 32);
    }

private:
    std::uint64_t state_;
};

class random_search final : public strategy {
public:
    random_search(std::uint64_t seed, std::uint64_t runs) noexcept : random_{seed}, left_{runs} {}

    [[nodiscard]] bool asks_for_hashes() const override { return false; }
    int thread(engine&, thread_mask enabled, int) override {
        std::uint32_t skip = random_.below(static_cast<std::uint32_t>(__builtin_popcount(enabled)));
        for (; skip != 0; --skip) enabled &= enabled - 1;
        return __builtin_ctz(enabled);
    }
    unsigned value(engine&, unsigned n) override { return random_.below(n); }
    bool next() override { return left_ != 0 && --left_ != 0; }

private:
    random_numbers random_;
    std::uint64_t left_;
};

class pct_search final : public strategy {
public:
    static constexpr unsigned max_depth = 8;

    pct_search(unsigned depth, std::uint64_t seed, std::uint64_t runs) noexcept
        : depth_{depth < 1           ? 1
                 : depth > max_depth ? max_depth
                                     : depth},
          random_{seed},
          left_{runs} {}

    /// The most steps and threads seen, for the probability that is reported.
    [[nodiscard]] std::uint32_t steps() const noexcept { return longest_; }
    [[nodiscard]] unsigned threads() const noexcept { return most_threads_; }
    [[nodiscard]] unsigned depth() const noexcept { return depth_; }

    [[nodiscard]] bool asks_for_hashes() const override { return false; }
    void begin(engine&) override {
        step_ = 0;
        for (unsigned t = 0; t != max_threads; ++t) priority_[t] = depth_ + t;
        for (unsigned t = max_threads; t-- > 1;) {
            const unsigned with = random_.below(t + 1);
            const std::uint32_t p = priority_[t];
            priority_[t] = priority_[with];
            priority_[with] = p;
        }
        for (unsigned i = 0; i + 1 < depth_; ++i) change_at_[i] = random_.below(longest_) + 1;
    }

    int thread(engine& e, thread_mask enabled, int) override {
        ++step_;
        if (step_ > longest_) longest_ = step_;
        if (e.threads() > most_threads_) most_threads_ = e.threads();
        int best = highest(enabled);
        for (unsigned i = 0; i + 1 < depth_; ++i) {
            if (change_at_[i] == step_) {
                priority_[best] = depth_ - 1 - i;
                best = highest(enabled);
            }
        }
        return best;
    }
    unsigned value(engine&, unsigned n) override {
        return random_.below(4) == 0 ? random_.below(n) : 0;
    }
    bool next() override { return left_ != 0 && --left_ != 0; }

private:
    [[nodiscard]] int highest(thread_mask enabled) const noexcept {
        int best = __builtin_ctz(enabled);
        for (; enabled != 0; enabled &= enabled - 1) {
            const int t = __builtin_ctz(enabled);
            if (priority_[t] > priority_[best]) best = t;
        }
        return best;
    }

    unsigned depth_;
    random_numbers random_;
    std::uint64_t left_;
    std::uint32_t step_ = 0;
    std::uint32_t longest_ = 16;
    unsigned most_threads_ = 1;
    std::uint32_t priority_[max_threads] = {};
    std::uint32_t change_at_[max_depth] = {};
};

}  // namespace rmap::inline RMAP_ABI::verify
