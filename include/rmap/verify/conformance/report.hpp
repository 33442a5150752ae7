// SPDX-License-Identifier: BSL-1.0
#pragma once

// What a conformance suite says: laws, each with a name and one sentence, and for each what became
// of it. A law that does not hold comes with what happened, and where that was found by the
// explorer, with the counterexample and the string that replays it.

#include <concepts>
#include <cstdint>
#include <cstdio>
#include <string>

#include <rmap/core/config.hpp>

namespace rmap::inline RMAP_ABI::verify {

/// A law: "lock.excludes", and what it says.
struct law {
    const char* name;
    const char* says;
};

enum class verdict : std::uint8_t {
    holds,  // nothing that was looked at breaks it
    broken,
    not_claimed,  // the type does not say that it keeps it
    not_seen,     // there is no way to look at it for this type
};

struct law_result {
    const law* of = nullptr;
    verdict is = verdict::holds;
    std::string coverage{};  // how it was looked at: "EXHAUSTIVE 12 executions", "120 scripts"
    std::string what{};      // broken: what went wrong; else why nobody looked
    std::string text{};      // broken: the counterexample, as columns or as a script
    std::string token{};     // broken and explored: replays it (conformance_options::replay)
};

/// Where results go: called once for each law, in the order of the laws.
template <class S>
concept law_sink = std::invocable<S&, const law_result&>;

/// Prints a line for each law, and all there is to know about a broken one.
[[nodiscard]] inline auto to_stdout() noexcept {
    return [](const law_result& r) {
        const char* const name = r.of->name;
        if (r.is == verdict::holds) {
            std::printf("holds   %-34s %s\n", name, r.coverage.c_str());
        } else if (r.is != verdict::broken) {
            const bool claimed = r.is != verdict::not_claimed;
            std::printf("%s       %-34s %s: %s\n", claimed ? "?" : "-", name,
                        claimed ? "not seen" : "not claimed", r.what.c_str());
        } else {
            std::printf("BROKEN  %s: %s\n  %s\n%s", name, r.of->says, r.what.c_str(),
                        r.text.c_str());
            if (!r.token.empty()) std::printf("  replay: %s\n", r.token.c_str());
        }
        std::fflush(stdout);
    };
}

}  // namespace rmap::inline RMAP_ABI::verify
