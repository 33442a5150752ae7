// SPDX-License-Identifier: BSL-1.0

// The counts of the reference mm, as they ship, under the C++ memory model: who drops the last
// reference may use the memory anew. Each order is needed: weakened, the next use is a race.

#include <rmap/mm/address_space.hpp>
#include <rmap/mm/page.hpp>
#include <rmap/policy.hpp>

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
using page = rmap::mm::page<explored>;
using space = rmap::mm::address_space<explored>;

constexpr std::initializer_list<failure_kind> race = {failure_kind::data_race};

/// Two holders use what they hold and let go of it; the last one uses the memory anew.
template <class Object, class Drop>
auto two_droppers(Drop drop) {
    return [=](verify::test& t) {
        Object held;
        model::plain<int> content{0};
        if constexpr (requires { held.pin(); }) {
            held.pin();
        } else {
            held.get();
            held.add_mapping();
            held.add_mapping();
        }
        for (const char* who : {"drops", "drops too"}) {
            t.thread(who, [&] {
                static_cast<void>(content.get());
                if (drop(held)) content = 1;
            });
        }
        t.run();
        require(content == 1, "nobody was the last");
    };
}

}  // namespace

int main() {
    const auto drop = two_droppers<page>([](page& p) { return p.drop(); });
    as_shipped(count, "page, drop", {}, drop);
    shows(count, "page, drop", {}, {"mm/page.hpp", "drop", acq_rel}, race, drop);
    const auto unmap = two_droppers<page>([](page& p) { return p.remove_mapping(); });
    as_shipped(count, "page, remove_mapping", {}, unmap);
    shows(count, "page, remove_mapping", {}, {"mm/page.hpp", "remove_mapping", acq_rel}, race,
          unmap);
    // One whose reference stays with the unmapper: who finds the page unmapped uses it anew.
    const auto keep = [](verify::test& t) {
        page held;
        model::plain<int> content{0};
        held.add_mapping_and_get();
        t.thread("unmaps", [&] {
            static_cast<void>(content.get());
            held.remove_mapping_and_keep();
        });
        t.thread("looks", [&] {
            if (!held.mapped()) content = 1;
        });
        t.run();
    };
    as_shipped(count, "page, remove_mapping_and_keep", {}, keep);
    shows(count, "page, remove_mapping_and_keep", {},
          {"mm/page.hpp", "remove_mapping_and_keep", order::release}, race, keep);
    const auto unpin = two_droppers<space>([](space& s) { return s.unpin(); });
    as_shipped(count, "address space, unpin", {}, unpin);
    shows(count, "address space, unpin", {}, {"mm/address_space.hpp", "unpin", acq_rel}, race,
          unpin);
    return count.exit_code();
}
