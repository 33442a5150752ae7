// SPDX-License-Identifier: BSL-1.0
#pragma once

// The stories that mutants of the shipped code are run through, and what is weakened there. A
// mutant is one order, or one acquisition of a lock, or one rule that is taken away; it is killed
// by the first story that is clean as the code ships, comes by the mutant's place, and goes wrong
// with it.

#include <functional>
#include <string>
#include <vector>

#include <rmap/policy.hpp>
#include <rmap/verify/explore.hpp>

#include "support/dropped_lock.hpp"
#include "support/weakened.hpp"

namespace kill {

namespace verify = rmap::verify;
using rmap_test::dropping;
using rmap_test::taking;

struct story {
    std::string name;
    std::string under;  // the discipline, or "locks", or "mm"
    verify::explore_options with;
    std::function<void(verify::test&)> body;
};
using stories = std::vector<story>;

// Each in a file of its own.
void tell_locks(stories&);
void tell_pages(stories&);
void tell_disciplines(stories&);
void tell_best_effort(stories&);
void tell_lists(stories&);
void tell_glances(stories&);
void tell_flags(stories&);
void tell_mm(stories&);
void tell_exact(stories&);

/// What every story runs with; a discipline is added.
struct explored : rmap::default_policy {
    using atomics = rmap_test::weakened_model;
    using lock = rmap_test::droppable_lock;
    using allocator = verify::model_memory;
    using check = verify::explored_checks;
};

inline constexpr verify::explore_options plainly{.minimise = false};
inline constexpr verify::explore_options weakly{.weak = true, .minimise = false};

}  // namespace kill
