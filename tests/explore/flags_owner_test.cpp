// SPDX-License-Identifier: BSL-1.0

// What no memory order of flags/ gives: who sets flags for good must be alone with the page, and
// who mlocks a page must keep it from being freed. With the page lock, which the types ask for,
// every execution of the C++ memory model is right; without it, seq_cst and fences do not help.

#include <utility>

#include <rmap/flags/handshake.hpp>

#include "support/explored.hpp"

namespace {

using namespace rmap_test;
using rmap::write_guard;
namespace flags = rmap::flags;
using enum order;

tally results;

enum class pg : unsigned { locked, lru, mlocked, dirty, count };
using word = flags::page_flags<pg, model, std::uint32_t, verify::explored_checks>;
using one = flags::one_word<word, pg::mlocked, pg::lru>;

/// A page is unmapped and freed while somebody mlocks it, who found it mapped.
template <bool Locked>
void mlock_and_free(verify::test& t) {
    word w;
    w.set<pg::mlocked, relaxed>();
    model::atomic<bool> mapped{true};
    bool freed_mlocked = false;
    t.thread("unmap", [&] {
        write_guard<word> held;
        if constexpr (Locked) held = write_guard{w};
        mapped.store(false, relaxed);
        if constexpr (Locked) {
            static_cast<void>(one::munlock_to_free(w, held).isolate());
        } else {
            static_cast<void>(one::munlock(w).isolate());
            model::fence(seq_cst);
        }
        freed_mlocked = w.test<pg::mlocked, relaxed>();
    });
    t.thread("mlock", [&] {
        write_guard<word> held;
        if constexpr (Locked) held = write_guard{w};
        if (!mapped.load(relaxed)) return;
        if constexpr (Locked) {
            one::mlock(w, held);
        } else {
            model::fence(seq_cst);
            w.set<pg::mlocked, seq_cst>();
        }
    });
    t.run();
    // Whatever the mlocker still does, it does to a page that is gone.
    require(!freed_mlocked && !w.test<pg::mlocked, relaxed>(), "a mlocked page is freed");
}

/// Flags are published over those that somebody else, who should not be there, has set.
void published_over(verify::test& t) {
    word w;
    t.thread("owner", [&] {
        auto own = w.withdraw();
        own.set<pg::lru>();
        w.publish(std::move(own));
    });
    t.thread("other", [&] { w.set<pg::dirty, seq_cst>(); });
    t.run();
    require(w.test<pg::dirty, relaxed>(), "a flag is lost");
}

void third_actor() {
    explore_options weak;
    weak.weak = true;
    const auto right = explore("mlock and free, page lock", weak, mlock_and_free<true>);
    results.clean(right, "mlock and free, page lock");
    std::printf("mlock and free, page lock: %s\n", right.coverage.c_str());
    const auto broken = explore("mlock and free, fences", {}, mlock_and_free<false>);
    results.found(broken, failure_kind::assertion, "mlock and free without a lock, one memory");
    std::printf("%s", broken.text.c_str());
}

void sole_owner() {
    const auto lost = explore("published over", {}, published_over);
    results.found(lost, failure_kind::assertion, "published by who is not alone");
}

}  // namespace

int main() {
    sole_owner();
    third_actor();
    return results.exit_code();
}
