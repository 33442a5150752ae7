// SPDX-License-Identifier: BSL-1.0
#pragma once

// Runs the gallery's entries and says what was found, for people and as JSON.

#include <string>
#include <vector>

#include "gallery.hpp"

namespace races {

inline constexpr std::size_t longest_token = 60;

/// A fixed form, searched to the end three ways.
struct fixed_outcome {
    explore_result reduced{};     // one execution for each order of dependent steps
    explore_result remembered{};  // the cross-check: no state twice
    explore_result weak{};  // under the C++ memory model; the same, if the story asks for that

    [[nodiscard]] bool clean() const noexcept;
};

struct outcome {
    const race* of = nullptr;
    explore_result broken{};  // with the shortest counterexample
    explore_result search{};  // of the search for any: executions and time until the first
    // The same under the C++ memory model, of a story that is found with store buffers only.
    explore_result weak{};
    bool replayed = false;    // the string leads to the same failure
    std::string one_run{};    // see race::one_run
    std::vector<fixed_outcome> fixed{};

    /// Found as it must be, and nothing found where nothing must be.
    [[nodiscard]] bool good() const;
};

[[nodiscard]] outcome run(const race& r);
[[nodiscard]] explore_result replay(const race& r, const std::string& token);

/// The columns and the failure, indented.
[[nodiscard]] std::string counterexample(const explore_result& r);
/// All of one entry.
[[nodiscard]] std::string text(const outcome& o);
/// A line for each.
[[nodiscard]] std::string table(const std::vector<outcome>& all);
/// The same for docs/races.md: what is the same each time, and the time in the last column.
[[nodiscard]] std::string markdown(const std::vector<outcome>& all);
[[nodiscard]] std::string json(const std::vector<outcome>& all);
[[nodiscard]] std::string html(const std::vector<outcome>& all);

}  // namespace races
