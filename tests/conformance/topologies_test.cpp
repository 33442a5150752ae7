// SPDX-License-Identifier: BSL-1.0

// Every topology keeps the laws of one: in random scripts against a plain account, and with walks
// beside updates in every interleaving.

#include "support/policies.hpp"
#include "support/refused.hpp"

using namespace rmap_test;

namespace {

template <class Policy>
using topology_of = typename Policy::topology;

}  // namespace

int main() {
    verdicts count;
    each_once<topology_of>(every<type_of>{}, [&](auto is) {
        using topology = typename decltype(is)::type;
        count.conforms(type_name<topology>(),
                       [](auto sink) { verify::topology_conforms<topology>(sink); });
    });
    // Not in the list, for what tests over that ask of a fork child at once, or of a walk.
    const auto alone = [&](auto is) {
        using topology = typename decltype(is)::topology;
        count.conforms(type_name<topology>(),
                       [](auto sink) { verify::topology_conforms<topology>(sink); });
    };
    alone(exact{});
    alone(rmap::late_cow_tree{});
    return count.exit_code();
}
