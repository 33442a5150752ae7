// SPDX-License-Identifier: BSL-1.0
#pragma once

// Who decides what happens next, and what is tried in the executions to come.

#include <cstdint>

#include <rmap/verify/explore/clock.hpp>

namespace rmap::inline RMAP_ABI::verify {

class engine;

class strategy {
public:
    strategy() = default;
    strategy(const strategy&) = delete;
    strategy& operator=(const strategy&) = delete;
    virtual ~strategy() = default;

    static constexpr int prune = -1;  // nothing new can follow: finish this execution anyhow

    virtual void begin(engine&) {}
    /// Whether it asks for the hashes of executions (engine::hash, graph_hash); they take time.
    [[nodiscard]] virtual bool asks_for_hashes() const { return true; }
    /// One of `enabled` (not empty), or prune. `last` ran before, or is -1.
    virtual int thread(engine& e, thread_mask enabled, int last) = 0;
    /// A number below n (n > 1): which message to read, which place to store at; 0 is the plain
    /// one.
    virtual unsigned value(engine& e, unsigned n) = 0;
    /// Whether the execution that just ended, not pruned, is one that no earlier one was equal to.
    virtual bool is_new(engine&) { return true; }
    /// Whether there is another execution to try.
    virtual bool next() = 0;
};

}  // namespace rmap::inline RMAP_ABI::verify
