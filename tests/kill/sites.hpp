// SPDX-License-Identifier: BSL-1.0
#pragma once

// Every place of the shipped headers that can be weakened: each memory order that is named, and
// each acquisition of a lock. Found in the text of the headers, so that code which is added
// tomorrow is in the list as well.

#include <string>
#include <vector>

#include <rmap/core/atomics.hpp>

namespace kill {

/// A memory order, as the argument of an access or a fence.
struct order_site {
    std::string file;  // below include/rmap
    unsigned line;
    rmap::order from;
    bool fence;
    std::string text;         // the line
    std::string argument_of;  // the function that gets it as a template argument; most: empty
};

/// A guard that is made, or a function that takes a lock for its caller.
struct lock_site {
    std::string file;
    unsigned line;
    bool passes_on;  // tells the lock its caller's place, not its own
    bool tries;
    std::string text;  // the guard and its arguments
};

struct sites {
    std::vector<order_site> orders;
    std::vector<lock_site> locks;
};

/// All of the rooms between the atomics and the reference mm.
[[nodiscard]] sites find_sites(const std::string& headers);

}  // namespace kill
