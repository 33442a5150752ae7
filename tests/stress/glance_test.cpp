// SPDX-License-Identifier: BSL-1.0

// Walks without the lock beside threads that fork, end, split and merge relatives, and whose freed
// anon_vmas and blocks become another family's: who is there all the time is met, once, in every
// walk, a stranger never. For ThreadSanitizer; a look that is not checked goes wrong too seldom for
// this test, and tests/explore/cow_glance_test.cpp finds that.

#include <atomic>
#include <cstdio>
#include <functional>
#include <vector>

#include <rmap/rmap.hpp>

#include "support/threads.hpp"

namespace {

using namespace rmap_test;

struct policy : rmap::glancing_cow_tree {
    using atomics = polite_atomics;
    using lock = rmap::locks::basic_seq_rw_spin<polite_atomics>;
    using stats = rmap::statistics::counting;
};
struct space {
    policy::lock page_table_lock{};
};
using vma = rmap::basic_vma<space, policy>;
using page = rmap::basic_page<policy>;
using map_type = rmap::reverse_map<page, vma, policy>;

struct marks {
    static constexpr bool needs_lock = false;
    const space* first;
    unsigned met[12] = {};
    bool wrong = false;

    template <class Place>
    void operator()(const Place& place) {
        const auto i = static_cast<std::size_t>(&place.mm() - first);
        wrong = wrong || i >= 12 || place.address() != 20;
        if (i < 12) ++met[i];
    }
};

}  // namespace

int main() {
    constexpr unsigned turns = 6000;
    findings found;
    map_type map;
    space spaces[12];
    // 0 is the parent of 1 and 2; 1, whose page it is, of 3 and 4: these stay.
    vma root{spaces[0], 16, 8, 16}, one{spaces[1], 16, 8, 16}, two{spaces[2], 16, 8, 16};
    vma three{spaces[3], 16, 8, 16}, four{spaces[4], 16, 8, 16};
    page p;
    const auto ok = [&](rmap::status s) {
        found.check(s == rmap::status::ok, "an operation failed");
    };
    ok(map.prepare(root));
    ok(map.fork(one, root));
    ok(map.fork(two, root));
    map.tag_new(p, one, 20);
    p.add_mapping();
    ok(map.fork(three, one));
    ok(map.fork(four, one));

    std::atomic<int> changing{2};
    const auto relatives = [&] {
        for (unsigned turn = 0; turn != turns; ++turn) {
            vma a{spaces[5], 16, 8, 16}, b{spaces[6], 16, 8, 16}, c{spaces[7], 16, 8, 16};
            vma part{spaces[5], 22, 2, 22};
            ok(map.fork(a, one));
            ok(map.fork(b, one));
            ok(map.fork(c, turn % 2 == 0 ? one : a));
            if (turn % 4 == 0) ok(map.split(a, part, 22));
            for (vma* v : {&a, &b, &part, &c})
                if (map.own(*v) != nullptr) map.unlink(*v);
        }
        --changing;
    };
    const auto strangers = [&] {
        for (unsigned turn = 0; turn != turns; ++turn) {
            vma a{spaces[8], 16, 8, 16}, b{spaces[9], 16, 8, 16};
            vma c{spaces[10], 16, 8, 16}, d{spaces[11], 16, 8, 16};
            ok(map.prepare(a));
            for (vma* v : {&b, &c, &d})
                ok(map.fork(*v, a));
            for (vma* v : {&a, &b, &c, &d})
                map.unlink(*v);
        }
        --changing;
    };
    std::atomic<unsigned> walks{0};
    const auto look = [&] {
        unsigned mine = 0;
        while (changing != 0) {
            marks seen{spaces};
            const auto walked = map.walk<rmap::need::may_miss>(p, seen);
            found.check(walked.state == rmap::status::ok, "the walk gave up");
            found.check(!seen.wrong, "a wrong place");
            for (unsigned i : {1U, 3U, 4U})
                found.check(seen.met[i] == 1, "who is there all the time is not met once");
            for (unsigned i : {5U, 6U, 7U})
                found.check(seen.met[i] <= 1, "a place is met twice");
            for (unsigned i : {0U, 2U, 8U, 9U, 10U, 11U})
                found.check(seen.met[i] == 0, "a stranger is met");
            ++mine;
        }
        walks += mine;
    };
    run_together({relatives, strangers, look, look});
    std::printf("%u walks beside %u turns\n", walks.load(), 2 * turns);
    p.remove_mapping();
    for (vma* v : {&four, &three, &two, &one, &root})
        map.unlink(*v);
    return found.exit_code();
}
