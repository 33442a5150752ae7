// SPDX-License-Identifier: BSL-1.0
#pragma once

// Runs mutants, one at a time, through the stories that come by their places, and notes in the
// table which story kills each and how that shows.

#include <cstddef>
#include <functional>
#include <string>

#include "kill/kill.hpp"
#include "kill/seen.hpp"
#include "kill/sites.hpp"
#include "kill/table.hpp"

namespace kill {

/// Of the command line.
struct how_to_hunt {
    bool list = false;  // print each run
    bool deep = false;  // search longer
};
inline how_to_hunt hunting{};

/// Prints and counts what is wrong with the table.
void problem(const std::string& what);
[[nodiscard]] unsigned problems();

[[nodiscard]] verify::explore_result run(const story&);

/// Runs a mutant, which `plant` plants, through those stories for which comes_by(number of the
/// story) is true, until one goes wrong.
void hunt(row&, const stories&, const std::function<bool(std::size_t)>& comes_by,
          const std::function<void()>& plant);

void hunt_orders(const sites&, const stories&, const seen_places&, table&);
void hunt_acquisitions(const sites&, const stories&, const seen_places&, table&);
/// Of guards that tell a lock their maker's place.
void hunt_handed_on(const sites&, const stories&, table&);
void hunt_invariants(table&);

/// "tree lock, shared, tried"
[[nodiscard]] std::string name_of_lock(unsigned rank, taking how);

}  // namespace kill
