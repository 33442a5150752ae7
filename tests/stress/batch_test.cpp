// SPDX-License-Identifier: BSL-1.0

// Address spaces of many vmas fork and end at once, beside each other and beside walkers of many
// pages, who hold no lock of the user's: a place where a page is mapped during the whole walk is
// met by it, once (I1); a page's own copy is found.
//
// Fails when fork_all or unlink_all leaves out the tree lock; that walk_many keeps one only for
// pages that it guards is shown by tests/explore/batch_test.cpp.

#include <atomic>
#include <cstdio>
#include <deque>
#include <mutex>
#include <vector>

#include "support/policies.hpp"
#include "support/threads.hpp"
#include "support/world.hpp"

namespace {

using namespace rmap_test;
using rmap::status;

findings found;

constexpr unsigned regions = 24;  // every third begins a family, the others are parts of it

template <class F>
struct space {
    typename F::mm mm{};
    std::mutex mmap_lock{};
    std::deque<typename F::vma> vmas{};

    auto all() {
        return [at = vmas.begin(), end = vmas.end()]() mutable {
            return at == end ? nullptr : &*at++;
        };
    }
    auto pairs_with(space& parent) {
        using pair = rmap::fork_pair<typename F::vma>;
        return [at = vmas.begin(), end = vmas.end(), up = parent.vmas.begin()]() mutable {
            return at == end ? pair{} : pair{&*at++, &*up++};
        };
    }
};

template <class F>
void breed(typename F::map& map, space<F>& parent, std::size_t turns) {
    for (std::size_t turn = 0; turn != turns; ++turn) {
        space<F> child;
        for (auto& v : parent.vmas)
            child.vmas.emplace_back(child.mm, v.start(), v.pages(), v.pgoff());
        {
            const std::lock_guard held{parent.mmap_lock};
            found.check(map.fork_all(child.pairs_with(parent)) == status::ok, "fork at once");
        }
        std::deque<typename F::page> copies;
        std::vector<typename F::page*> own;
        for (auto& v : child.vmas) {
            map.tag_own(copies.emplace_back(), v, v.start());
            copies.back().add_mapping();
            own.push_back(&copies.back());
        }
        std::size_t met = 0;
        const auto walked = map.walk_many(own.data(), own.size(), [&](auto&, const auto& place) {
            if (&place.mm() == &child.mm) ++met;
        });
        found.check(walked.pages == regions && met == regions, "a copy is not found");
        for (auto& p : copies)
            p.remove_mapping();
        map.unlink_all(child.all());
    }
}

/// Of each page one place is in a space that maps it all the time.
template <class F>
struct judging {
    template <class Place>
    void operator()(typename F::page&, const Place& place) {
        if (&place.mm() == home) ++met;
    }
    void done(typename F::page&, const rmap::walk_result& walked) {
        found.check(walked.state == status::ok && met == 1, "missed, or met twice");
        met = 0;
    }
    const void* home;
    unsigned met = 0;
};

template <class F>
void families(std::size_t turns) {
    world<F> w;
    auto& map = w.map();
    space<F> parent;
    std::deque<typename F::page> pages;
    std::vector<typename F::page*> shared;
    for (unsigned i = 0; i != regions; ++i) {
        if (i % 3 == 0) {
            auto& v = parent.vmas.emplace_back(parent.mm, i * 100, 30);
            found.check(map.prepare(v) == status::ok, "prepare");
        } else {
            auto& before = parent.vmas.back();
            auto& v = parent.vmas.emplace_back(parent.mm, 0, 1);
            found.check(map.split(before, v, before.start() + 10) == status::ok, "split");
        }
    }
    for (auto& v : parent.vmas) {
        map.tag_new(pages.emplace_back(), v, v.start() + 1);
        pages.back().add_mapping();
        shared.push_back(&pages.back());
    }
    std::atomic<int> working{2};
    const auto walker = [&] {
        while (working != 0) {
            const auto walked = map.walk_many(shared.data(), shared.size(), judging<F>{&parent.mm});
            found.check(walked.pages == regions, "a page was left out");
            std::this_thread::yield();
        }
    };
    const auto breeder = [&] {
        breed<F>(map, parent, turns);
        --working;
    };
    run_together({breeder, breeder, walker, walker});
    for (auto& p : pages)
        p.remove_mapping();
    map.unlink_all(parent.all());
}

struct polite : rmap::default_policy {
    using lock = rmap::locks::basic_rw_spin<polite_atomics>;
};
struct polite_cow : rmap::cow_tree {
    using lock = rmap::locks::basic_rw_spin<polite_atomics>;
};
struct polite_chains : polite {
    using locking = rmap::locking::lock_all;
};

}  // namespace

int main() {
    families<toy<tested<polite>>>(150);
    families<toy<tested<polite_cow>>>(300);
    families<toy<tested<polite_chains>>>(100);
    return found.exit_code();
}
