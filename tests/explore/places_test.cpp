// SPDX-License-Identifier: BSL-1.0

// The chain of places in a page (topologies::pte_chain) under the C++ memory model: its lock bit,
// as it ships and with each order taken away; and the ways in which the map is told of entries,
// beside a walk, each with a careless one next to it that loses the entry.

#include <rmap/rmap.hpp>

#include "support/place_stories.hpp"
#include "support/weakened.hpp"

namespace {

using namespace rmap_test;
using enum order;

tally count;

struct explored : rmap::default_policy {
    using atomics = weakened_model;
    using lock = model_lock;
    using allocator = verify::model_memory;
    using check = verify::explored_checks;
    using topology = rmap::topologies::pte_chain;
    using merge = rmap::merges::adjacent;
};

using tell = place_stories<explored>;

constexpr std::initializer_list<failure_kind> any = {
    failure_kind::data_race, failure_kind::use_after_free, failure_kind::assertion,
    failure_kind::check, failure_kind::deadlock};
constexpr std::initializer_list<failure_kind> lost = {failure_kind::assertion};

template <class Scenario>
void finds(const char* name, Scenario careless) {
    const auto r = explore(name, {}, careless);
    bool found = false;
    for (failure_kind kind : lost)
        found = found || r.what.kind == kind;
    count.that(found, std::string{name} + ": not noticed: " + r.coverage);
}

}  // namespace

int main() {
    const char* const file = "topologies/place_chain.hpp";
    as_shipped(count, "one place becomes two", {}, tell::add_and_remove<1>);
    as_shipped(count, "no place becomes one", {}, tell::add_and_remove<0>);
    as_shipped(count, "two places and one more", {}, tell::add_and_remove<2>);
    shows(count, "lock bit, acquire", {}, {file, "guard", acquire}, any, tell::add_and_remove<1>);
    shows(count, "lock bit, release", {}, {file, "~guard", release}, any, tell::add_and_remove<1>);
    as_shipped(count, "the first entry", {}, tell::first_entry);
    as_shipped(count, "a copy beside unmapping", {}, tell::copied_beside_unmap<false>);
    finds("a copy that is told of late", tell::copied_beside_unmap<true>);
    as_shipped(count, "a move beside a walk", {}, tell::moved_beside_walk<false>);
    finds("a move that is told of late", tell::moved_beside_walk<true>);
    as_shipped(count, "taken over beside unmapping", {}, tell::taken_over_beside_unmap);
    as_shipped(count, "taken over beside a walk", {}, tell::taken_over_beside_walk);
    as_shipped(count, "a walk that tries", {}, tell::tried_beside_add);
    return count.exit_code();
}
