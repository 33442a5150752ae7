// SPDX-License-Identifier: BSL-1.0
#pragma once

// What tests of forced interleavings share: a reference mm with locks that a test can hook into,
// points that threads reach and wait for, and checks of where pages are when all is done.

#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <initializer_list>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <utility>

#include <rmap/verify/invariants.hpp>

#include "support/mm_world.hpp"
#include "support/ranked_lock.hpp"

namespace rmap_test {

/// Points in a story: a thread reaches them, others wait for them.
class stage {
public:
    void reach(const std::string& point) {
        const std::lock_guard guard{mutex_};
        reached_.insert(point);
        changed_.notify_all();
    }
    /// Until one of the points is reached.
    void await(std::initializer_list<const char*> points) {
        std::unique_lock guard{mutex_};
        changed_.wait(guard, [&] {
            for (const char* point : points) {
                if (reached_.count(point) != 0) return true;
            }
            return false;
        });
    }

private:
    std::mutex mutex_;
    std::condition_variable changed_;
    std::set<std::string> reached_;
};

/// A hook that calls f() once: before the thread's n-th wait for a lock of this rank. What f() does
/// calls no hook.
inline ranked_lock::hook before_nth(lock_rank rank, int n, std::function<void()> f) {
    auto left = std::make_shared<int>(n);
    return [=](lock_rank now) {
        if (now != rank || --*left != 0) return;
        const auto f_kept = f;
        auto hook = std::exchange(ranked_lock::before_lock, nullptr);
        f_kept();
        ranked_lock::before_lock = std::move(hook);
    };
}

/// Runs f() with a hook.
template <class F>
auto hooked(ranked_lock::hook hook, F f) {
    ranked_lock::before_lock = std::move(hook);
    auto result = f();
    ranked_lock::before_lock = nullptr;
    return result;
}

/// Two files and the address spaces that a story makes.
class scene {
public:
    using system = rmap::mm::system<ranked>;
    using space = system::space;
    using file = system::file_type;
    using page = system::page_type;
    static constexpr auto rw = rmap::mm::prot::r | rmap::mm::prot::w;

    scene(const char* story, int& bad) : story_{story}, bad_{&bad} {}
    ~scene() {
        mm_world<ranked> world{mm};
        for (const auto& v : rmap::verify::check(world)) {
            fail("I" + std::to_string(v.invariant) + ": " + v.text);
        }
        mm.for_each_space([&](space& s) {
            s.table.for_each_leaf(0, rmap::mm::page_limit, [&](auto& l) {
                l.for_each(0, rmap::mm::page_limit, [&](rmap::pgno, auto entry) {
                    check(!entry.is_marker(), "a marker is left");
                    return true;
                });
            });
        });
        for (const std::string& what : lock_books::get().take_wrong())
            fail(what);
    }
    scene(const scene&) = delete;
    scene& operator=(const scene&) = delete;

    void fail(const std::string& what) {
        std::printf("%s: %s\n", story_, what.c_str());
        ++*bad_;
    }
    void check(bool holds, const char* what) {
        if (!holds) fail(what);
    }
    void ok(rmap::status s) { check(s == rmap::status::ok, "a step failed"); }

    space& new_space() {
        space* s = nullptr;
        ok(mm.create_space(s));
        return *s;
    }
    space& fork(space& parent) {
        space* child = nullptr;
        ok(mm.fork(parent, child));
        return *child;
    }
    file& new_file(rmap::pgno pages) {
        file* f = nullptr;
        ok(mm.create_file(f));
        ok(mm.resize(*f, pages));
        return *f;
    }
    void map_anon(space& s, rmap::pgno start, rmap::pgno pages) {
        ok(mm.mmap(s, {start, pages, rw, rmap::mm::kind::anon, nullptr, 0}));
    }
    void map_private(space& s, rmap::pgno start, rmap::pgno pages, file& f) {
        ok(mm.mmap(s, {start, pages, rw, rmap::mm::kind::private_file, &f, 0}));
    }
    /// The page at a place, or null.
    page* at(space& s, rmap::pgno where) {
        auto* const l = s.table.find(where);
        return l == nullptr ? nullptr : l->at(where).mapped();
    }

    system mm{};

private:
    const char* story_;
    int* bad_;
};

}  // namespace rmap_test
