// SPDX-License-Identifier: BSL-1.0

// The memory orders of the lock-free ways into the map, as they ship, under the C++ memory model: a
// page's tag, its map count, a vma's own anon_vma, references, recycled memory. Each scenario is
// clean; where an order is needed for it, it is weakened, and the scenario must go wrong.

#include <cstdint>

#include <rmap/rmap.hpp>

#include "support/page_stories.hpp"
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
};
/// Without the second look at the root under its lock.
struct careless_root : rmap::locking::root {
    template <class Policy>
    struct walk : rmap::locking::root::walk<Policy> {
        using rmap::locking::root::walk<Policy>::walk;
        [[nodiscard]] bool covers(const rmap::anon_vma<Policy>&) const noexcept { return true; }
    };
};
struct careless : explored {
    using locking = careless_root;
};
struct given_back : explored {
    using lifetime = rmap::lifetimes::caller_held;
};

using tell = page_stories<explored>;

constexpr std::initializer_list<failure_kind> any = {failure_kind::data_race,
                                                     failure_kind::use_after_free,
                                                     failure_kind::assertion, failure_kind::check};

// ---- a vma's own anon_vma: topologies::own_anon_vma

void own_anon_vma() {
    as_shipped(count, "prepare beside a fault", {}, tell::prepare_beside_fault<false>);
    as_shipped(count, "prepare from used memory beside a fault", {},
               tell::prepare_beside_fault<true>);
    const char* const file = "topologies/own.hpp";
    shows(count, "set_own", {}, {file, "set_own", release}, any, tell::prepare_beside_fault<false>);
    shows(count, "own", {}, {file, "own", acquire}, any, tell::prepare_beside_fault<false>);
    shows(count, "set_own, used memory", {}, {file, "set_own", release}, any,
          tell::prepare_beside_fault<true>);
    shows(count, "own, used memory", {}, {file, "own", acquire}, any,
          tell::prepare_beside_fault<true>);
}

// ---- a page's tag: page_hook::read and set

void page_tag() {
    as_shipped(count, "tag_own beside a walk", {}, tell::retag_beside_walk);
    as_shipped(count, "tag_moved beside a walk", {}, tell::move_beside_walk<true>);
    count.found(explore("tag_moved beside a walk that nothing keeps out", {},
                        tell::move_beside_walk<false>),
                failure_kind::assertion, "tag_moved beside a walk that nothing keeps out");
    const char* const file = "model/page.hpp";
    shows(count, "set", {}, {file, "set", release}, any, tell::retag_beside_walk);
    shows(count, "read", {}, {file, "read", acquire}, any, tell::retag_beside_walk);
}

// ---- a page's map count: basic_page

void map_count() {
    const char* const file = "model/page.hpp";
    as_shipped(count, "a page's second life", {}, tell::second_life);
    shows(count, "add_mapping", {}, {file, "add_mapping", release}, any, tell::second_life);
    shows(count, "mapcount", {}, {file, "mapcount", acquire}, any, tell::second_life);
    as_shipped(count, "the last mapping", {}, tell::unmapped_page<false>);
    shows(count, "remove_mapping", {}, {file, "remove_mapping", acq_rel}, any,
          tell::unmapped_page<false>);
    as_shipped(count, "a page found unmapped", {}, tell::unmapped_page<true>);
    shows(count, "remove_mapping, looked at", {}, {file, "remove_mapping", acq_rel}, any,
          tell::unmapped_page<true>);
    shows(count, "mapcount, looked at", {}, {file, "mapcount", acquire}, any,
          tell::unmapped_page<true>);
}

// ---- memory that is used again: type_stable, root::walk

void recycled() {
    as_shipped(count, "recycled beside a walk", {}, tell::recycled_beside_walk<false>);
    as_shipped(count, "recycled for the same page", {}, tell::recycled_beside_walk<true>);
    as_shipped(count, "recycled beside a reference", {}, tell::reference_beside_recycling);
    const char* const pool = "lifetimes/type_stable.hpp";
    shows(count, "root in get", {}, {pool, "begin_life", release, sizeof(void*)}, any,
          tell::recycled_beside_walk<false>);
    explore_options weak;
    weak.weak = true;
    const auto once = explore("one look", weak, page_stories<careless>::recycled_beside_walk<true>);
    count.that(once.failed(), "one look at the root is enough: " + once.coverage);
    shows(count, "refs in get", {}, {pool, "begin_life", release, sizeof(std::uint32_t)}, any,
          tell::reference_beside_recycling);
    shows(count, "try_get", {}, {"ops/reference.hpp", "try_get", acquire}, any,
          tell::reference_beside_recycling);
    shows(count, "walk", {}, {"locking/root.hpp", "walk", acquire}, any,
          tell::recycled_beside_walk<false>);
    shows(count, "add_mapping, same page", {}, {"model/page.hpp", "add_mapping", release}, any,
          tell::recycled_beside_walk<true>);
    shows(count, "mapcount, same page", {}, {"model/page.hpp", "mapcount", acquire}, any,
          tell::recycled_beside_walk<true>);
}

// ---- references: ops::put

void references() {
    as_shipped(count, "the last references", {}, page_stories<given_back>::droppers);
    shows(count, "put", {}, {"ops/reference.hpp", "put_to", acq_rel}, any,
          page_stories<given_back>::droppers);
}

}  // namespace

int main() {
    own_anon_vma();
    page_tag();
    map_count();
    recycled();
    references();
    return count.exit_code();
}
