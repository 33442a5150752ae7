// SPDX-License-Identifier: BSL-1.0
#pragma once

// Two sums over the steps of an execution that do not depend on the order of independent steps: the
// state (executions with the same can go on in the same ways), and the graph (who saw what from
// whom: executions with the same are one).

#include <cstdint>

#include <rmap/verify/explore/clock.hpp>
#include <rmap/verify/explore/event.hpp>

namespace rmap::inline RMAP_ABI::verify {

class fingerprint {
public:
    [[nodiscard]] std::uint64_t state() const noexcept { return state_; }
    [[nodiscard]] std::uint64_t graph() const noexcept { return graph_; }

    /// A step. `after` is what it comes after by dependence, if that tells executions apart; else
    /// the thread's own time does. `object` names what it is done to.
    void add(const operation& op, unsigned thread, std::uint64_t object, const vclock& after,
             bool by_dependence) noexcept {
        const std::uint64_t what =
            mix((std::uint64_t{static_cast<unsigned>(op.kind)} << 8) ^ thread) + object;
        const std::uint64_t h =
            mix(what ^ (by_dependence ? hash_of(after) : std::uint64_t{after.at[thread]} << 20));
        state_ += h;
        graph_ += h;
    }
    /// What the step has seen.
    void add_seen(const step& s, std::uint64_t what, bool of_graph) noexcept {
        const std::uint64_t h =
            mix((std::uint64_t{s.thread} << 56) ^ (std::uint64_t{s.time} << 24) ^ what);
        state_ += h;
        if (of_graph) graph_ += h;
    }
    /// The step is a sequentially consistent one of the C++ memory model: their order is a part of
    /// the state, not of the graph.
    void add_to_total_order(unsigned thread) noexcept { state_ += mix(++total_ * 8 + thread); }

private:
    std::uint64_t state_ = 0;
    std::uint64_t graph_ = 0;
    std::uint64_t total_ = 0;
};

}  // namespace rmap::inline RMAP_ABI::verify
