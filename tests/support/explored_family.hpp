// SPDX-License-Identifier: BSL-1.0
#pragma once

// A small family of address spaces for the explorer, with the shipped operations over its atomics,
// locks and memory, under any locking discipline.

#include <rmap/rmap.hpp>
#include <rmap/verify/explore.hpp>

#include "support/toy.hpp"

namespace rmap_test {

namespace verify = rmap::verify;

template <class Locking, class Merge = rmap::merges::never,
          class Topology = rmap::topologies::chain_tree>
struct explored : rmap::default_policy {
    using atomics = verify::model;
    using lock = verify::model_lock;
    using allocator = verify::model_memory;
    using check = verify::explored_checks;
    using lifetime = rmap::lifetimes::caller_held;
    using merge = Merge;
    using locking = Locking;
    using topology = Topology;
};

/// Small enough for a search: two shards of four pages.
using sharded = rmap::locking::basic_sharded_root<2, 2>;

inline void ok(rmap::status s) {
    verify::require(s == rmap::status::ok, "an operation failed");
}

/// A parent, two children, and a page that all three map at page number 20.
template <class Policy>
struct family {
    using types = rmap_test::toy<Policy>;

    family() {
        ok(map.prepare(parent));
        map.tag_new(page, parent, 20);
        page.add_mapping();
        for (auto* child : {&first, &second}) {
            ok(map.fork(*child, parent));
            page.add_mapping();
        }
    }
    ~family() {
        for (auto* v : {&first, &second, &parent}) {
            page.remove_mapping();
            map.unlink(*v);
        }
    }

    /// The number of spaces of `all` in which the walk meets the page, where it is mapped.
    unsigned met(unsigned all) {
        bool seen[3] = {};
        const auto result = map.template walk<rmap::need::unsound>(page, [&](const auto& place) {
            for (unsigned i = 0; i != 3; ++i) seen[i] |= &place.mm() == &mm[i];
            verify::require(place.address() == 20, "the walk computes a wrong address");
        });
        verify::require(result.state == rmap::status::ok, "the walk gave up");
        unsigned n = 0;
        for (unsigned i = 0; i != all; ++i) n += seen[i] ? 1U : 0U;
        return n;
    }

    typename types::map map;
    typename types::mm mm[3];
    typename types::page page;
    typename types::vma parent{mm[0], 16, 8, 16};
    typename types::vma first{mm[1], 16, 8, 16};
    typename types::vma second{mm[2], 16, 8, 16};
};

}  // namespace rmap_test
