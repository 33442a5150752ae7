// SPDX-License-Identifier: BSL-1.0
#pragma once

// The laws of a lock, and what the scenarios that look at them share.

#include <rmap/verify/conformance/report.hpp>
#include <rmap/verify/explore.hpp>

namespace rmap::inline RMAP_ABI::verify {

inline constexpr law lock_laws[] = {
    {"lock.unlock_frees", "Who has let go of the lock can take it again."},
    {"lock.excludes", "While one holds the lock exclusively, nobody else does."},
    {"lock.hands_over", "A holder sees all that earlier holders wrote."},
    {"lock.progress", "Whoever waits gets the lock when the others have let go of it."},
    {"lock.try_does_not_wait", "A try of a lock that is held comes back, and without the lock."},
    {"lock.try_leaves_nothing", "After a try that failed the lock is as it was."},
    {"lock.try_succeeds", "A try of a lock that nobody holds succeeds, if perhaps not at once."},
    {"lock.is_held",
     "If the lock tells whether it is held, it tells its holder so, and says no "
     "when nobody holds it."},
    {"lock.tokens_travel", "A token that was copied from place to place unlocks the lock."},
    {"lock.readers_share", "Readers that nobody disturbs hold the lock together."},
    {"lock.readers_exclude_writers", "No reader holds the lock together with a writer."},
    {"lock.readers_hand_over",
     "A reader sees all that earlier writers wrote, and a writer comes after all that earlier "
     "readers read."},
    {"lock.readers_nest",
     "If the lock says readers_nest, a reader that takes it again does not "
     "wait, whoever waits."},
    {"lock.looks_notice",
     "If the lock is optimistic, changed() says so wherever a writer was there since begin_read(): "
     "what was read between the two is of one moment."},
    {"lock.looks_succeed",
     "If the lock is optimistic, a look that no writer disturbs succeeds, whatever readers do."},
    {"lock.looks_tell_held",
     "If the lock is optimistic, begin_read() tells that a writer holds the lock, and that none "
     "does."},
};

namespace conformance {

/// The laws by name, so that suites can point at them.
struct lock_law {
    static constexpr const law& unlock_frees = lock_laws[0];
    static constexpr const law& excludes = lock_laws[1];
    static constexpr const law& hands_over = lock_laws[2];
    static constexpr const law& progress = lock_laws[3];
    static constexpr const law& try_does_not_wait = lock_laws[4];
    static constexpr const law& try_leaves_nothing = lock_laws[5];
    static constexpr const law& try_succeeds = lock_laws[6];
    static constexpr const law& is_held = lock_laws[7];
    static constexpr const law& tokens_travel = lock_laws[8];
    static constexpr const law& readers_share = lock_laws[9];
    static constexpr const law& readers_exclude_writers = lock_laws[10];
    static constexpr const law& readers_hand_over = lock_laws[11];
    static constexpr const law& readers_nest = lock_laws[12];
    static constexpr const law& looks_notice = lock_laws[13];
    static constexpr const law& looks_succeed = lock_laws[14];
    static constexpr const law& looks_tell_held = lock_laws[15];
};

/// Tries are repeated that often before a lock counts as one that cannot be got.
inline constexpr unsigned tries = 16;

/// Who is inside: writers count 100, readers 1.
class inside {
public:
    void writer() {
        require(who_.fetch_add(100, order::relaxed) == 0, "a writer is not alone in the lock");
        who_.fetch_sub(100, order::relaxed);
    }
    void reader() {
        require(who_.fetch_add(1, order::relaxed) < 100, "a reader is in the lock with a writer");
        who_.fetch_sub(1, order::relaxed);
    }

private:
    model::atomic<int> who_{0};
};

inline void wait_for(const model::atomic<bool>& sign) {
    while (!sign.load(order::relaxed))
        model::pause();
}

}  // namespace conformance

}  // namespace rmap::inline RMAP_ABI::verify
