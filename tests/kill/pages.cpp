// SPDX-License-Identifier: BSL-1.0

// The stories of tests/support/page_stories.hpp, and those of the counts of the reference mm.

#include <rmap/mm/address_space.hpp>
#include <rmap/mm/page.hpp>

#include "kill/kill.hpp"
#include "support/page_stories.hpp"

namespace kill {

namespace {

using rmap_test::page_stories;

struct given_back : explored {
    using lifetime = rmap::lifetimes::caller_held;
};
struct sharded : explored {
    using locking = rmap::locking::basic_sharded_root<2, 2>;
};
struct chained : explored {
    using locking = rmap::locking::lock_all;
    using merge = rmap::merges::never;
};

/// The mm's page, mapped in one of the two ways that it has.
template <bool AtOnce>
struct mm_page : rmap::mm::page<explored> {
    using base = rmap::mm::page<explored>;
    void add_mapping() noexcept {
        if constexpr (AtOnce) {
            this->add_mapping_and_get();
        } else {
            this->get();
            base::add_mapping();
        }
    }
    bool remove_mapping() noexcept { return base::remove_mapping(); }
};

/// Two holders use what they hold and let go of it; the last one uses the memory anew.
template <class Object, class Prepare, class Drop>
auto two_droppers(Prepare prepare, Drop drop) {
    return [=](verify::test& t) {
        Object held;
        explored::atomics::plain<int> content{0};
        prepare(held);
        for (const char* who : {"drops", "drops too"}) {
            t.thread(who, [&] {
                static_cast<void>(content.get());
                if (drop(held)) content = 1;
            });
        }
        t.run();
        verify::require(content == 1, "nobody was the last");
    };
}

/// Who finds a page unmapped may use its memory: whoever unmapped it is done with it.
void mm_page_found_unmapped(verify::test& t) {
    rmap::mm::page<explored> p;
    explored::atomics::plain<int> content{0};
    p.add_mapping();
    t.thread("unmaps", [&] {
        static_cast<void>(content.get());
        p.remove_mapping_and_keep();
    });
    t.thread("looks", [&] {
        if (!p.mapped()) content = 2;
    });
    t.run();
}

void tell_counts(stories& out) {
    using page = rmap::mm::page<explored>;
    using space = rmap::mm::address_space<explored>;
    out.push_back({"the mm's page: two drop it", "mm", weakly,
                   two_droppers<page>([](page& p) { p.get(); }, [](page& p) { return p.drop(); })});
    out.push_back({"the mm's page: two unmap it", "mm", weakly,
                   two_droppers<page>(
                       [](page& p) {
                           p.get();
                           p.add_mapping();
                           p.add_mapping();
                       },
                       [](page& p) { return p.remove_mapping(); })});
    out.push_back(
        {"an address space: two unpin it", "mm", weakly,
         two_droppers<space>([](space& s) { s.pin(); }, [](space& s) { return s.unpin(); })});
    out.push_back({"the mm's page: found unmapped", "mm", weakly, mm_page_found_unmapped});
    out.push_back({"the mm's page: its second life", "mm", weakly,
                   page_stories<explored, mm_page<false>>::second_life});
    out.push_back({"the mm's page: its second life, mapped at once", "mm", weakly,
                   page_stories<explored, mm_page<true>>::second_life});
}

}  // namespace

void tell_pages(stories& out) {
    using tell = page_stories<explored>;
    const auto add = [&](const char* name, const char* under, auto body) {
        out.push_back({name, under, weakly, body});
    };
    add("prepare beside a fault", "root", tell::prepare_beside_fault<false>);
    add("prepare from used memory beside a fault", "root", tell::prepare_beside_fault<true>);
    add("tag_own beside a walk", "root", tell::retag_beside_walk);
    add("tag_moved beside a walk", "root", tell::move_beside_walk<true>);
    add("a page's second life", "root", tell::second_life);
    add("the last mapping", "root", tell::unmapped_page<false>);
    add("a page found unmapped", "root", tell::unmapped_page<true>);
    add("recycled beside a walk", "root", tell::recycled_beside_walk<false>);
    add("recycled for the same page", "root", tell::recycled_beside_walk<true>);
    add("recycled into a new tree", "root", tell::recycled_into_new_tree);
    add("recycled beside a reference", "root", tell::reference_beside_recycling);
    add("the last references", "root", page_stories<given_back>::droppers);
    add("recycled beside a walk", "sharded_root",
        page_stories<sharded>::recycled_beside_walk<false>);
    add("recycled into a new tree", "sharded_root", page_stories<sharded>::recycled_into_new_tree);
    add("tag_moved beside a walk", "lock_all", page_stories<chained>::move_beside_walk<true>);
    tell_counts(out);
}

}  // namespace kill
