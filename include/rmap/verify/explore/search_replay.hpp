// SPDX-License-Identifier: BSL-1.0
#pragma once

// One execution, as a schedule says. Where the schedule cannot be followed it says so; behind its
// end the running thread goes on.

#include <cstddef>

#include <rmap/verify/explore/engine.hpp>
#include <rmap/verify/explore/token.hpp>

namespace rmap::inline RMAP_ABI::verify {

class replay_search final : public strategy {
public:
    explicit replay_search(schedule s) : schedule_{static_cast<schedule&&>(s)} {}

    /// Whether the schedule could not be followed, or not to its end.
    [[nodiscard]] bool diverged() const noexcept {
        return diverged_ || thread_ != schedule_.threads.size() ||
               value_ < schedule_.values.size();
    }

    [[nodiscard]] bool asks_for_hashes() const override { return false; }
    void begin(engine&) override {
        thread_ = value_ = 0;
        diverged_ = false;
    }
    int thread(engine&, thread_mask enabled, int last) override {
        if (thread_ < schedule_.threads.size()) {
            const int wanted = schedule_.threads[thread_++];
            if (((enabled >> wanted) & 1U) != 0) return wanted;
            diverged_ = true;
        }
        const bool stay = last >= 0 && ((enabled >> last) & 1U) != 0;
        return stay ? last : __builtin_ctz(enabled);
    }
    unsigned value(engine&, unsigned n) override {
        if (value_ >= schedule_.values.size()) return 0;
        const unsigned wanted = schedule_.values[value_++];
        if (wanted < n) return wanted;
        diverged_ = true;
        return 0;
    }
    bool next() override { return false; }

private:
    schedule schedule_;
    std::size_t thread_ = 0;
    std::size_t value_ = 0;
    bool diverged_ = false;
};

}  // namespace rmap::inline RMAP_ABI::verify
