// SPDX-License-Identifier: BSL-1.0

// The reference mm with the handshake's order broken on purpose: a munlocker that looks whether the
// page is on a list before it clears mlocked, or an isolator that looks at mlocked before it sets
// lru. Neither needs weak memory, and the laws of verify/check_lru.hpp notice both. lru_test.cpp
// has the handshake as it ships.

#include "support/explored.hpp"
#include "support/explored_lru.hpp"

namespace rmap_test {

/// Atomics of their own, so that the pages of this mm have a handshake of their own.
struct faulty : model {};

enum class fault { none, munlock_looks_first, putback_looks_first };
inline fault planted = fault::none;

}  // namespace rmap_test

template <>
class rmap::flags::one_word<rmap::mm::page_flags<rmap_test::explored_mm<rmap_test::faulty>>,
                            rmap::mm::page_flag::mlocked, rmap::mm::page_flag::lru,
                            rmap::mm::entry_guard<rmap_test::explored_mm<rmap_test::faulty>>> {
    using policy = rmap_test::explored_mm<rmap_test::faulty>;
    using flag = rmap::mm::page_flag;
    using word = rmap::mm::page_flags<policy>;
    struct shown {};  // in the place of the entry's guard
    using shipped = rmap::flags::one_word<word, flag::mlocked, flag::lru, shown>;

    template <flag F>
    static bool look(word& w) noexcept {
        return w.template test<F, rmap::order::seq_cst>();
    }

public:
    using place = typename shipped::place;

    struct cleared {
        bool was, on_list;
        [[nodiscard]] bool was_mlocked() const noexcept { return was; }
        [[nodiscard]] bool on_lru() const noexcept { return on_list; }
    };
    [[nodiscard]] static cleared munlock(place at) noexcept {
        const bool first = rmap_test::planted == rmap_test::fault::munlock_looks_first;
        bool on_list = first && look<flag::lru>(at.word);
        const bool was = shipped::munlock(at).was_mlocked();
        if (!first) on_list = look<flag::lru>(at.word);
        return {was, on_list};
    }

    struct listed {
        bool mlocked;
        [[nodiscard]] bool still_mlocked() const noexcept { return mlocked; }
    };
    [[nodiscard]] static listed putback(place at) noexcept {
        const bool first = rmap_test::planted == rmap_test::fault::putback_looks_first;
        bool mlocked = first && look<flag::mlocked>(at.word);
        static_cast<void>(shipped::putback(at).was_on_lru());
        if (!first) mlocked = look<flag::mlocked>(at.word);
        return {mlocked};
    }

    [[nodiscard]] static bool isolate(place at) noexcept { return shipped::isolate(at); }
    template <class Held>
    static bool mlock(place at, const Held&) noexcept {
        return shipped::mlock(at, shown{});
    }
};

namespace {

using namespace rmap_test;

tally count;

/// A vma is locked and unlocked again while reclaim has its page off the lists.
void two_threads(verify::test& t) {
    shared_page<faulty> s{of::anon, false, false};
    s.call(t);
    t.thread("mlock, munlock", [&] {
        s.lock(*s.a);
        s.unlock(*s.a);
    });
    t.thread("reclaim", [&] { s.reclaim(); });
    t.run();
    s.lawful();
}

/// The same, and another vma is locked and unmapped.
void three_threads(verify::test& t) {
    shared_page<faulty> s{of::shared_file, false, false};
    s.call(t);
    t.thread("mlock, munlock", [&] {
        s.lock(*s.a);
        s.unlock(*s.a);
    });
    t.thread("reclaim", [&] { s.reclaim(); });
    t.thread("mlock, munmap", [&] {
        s.lock(*s.b);
        s.unmap(*s.b);
    });
    t.run();
    s.lawful();
}

void noticed(const std::string& story, const explore_options& with,
             void (*scenario)(verify::test&)) {
    const auto run = [&](fault f, const char* what) {
        planted = f;
        const auto r = explore(story + what, with, scenario);
        std::printf("%s%s: %s\n", story.c_str(), what,
                    r.failed() ? r.what.what.c_str() : r.coverage.c_str());
        return r;
    };
    count.clean(run(fault::none, ", as it ships"), story);
    for (const fault f : {fault::munlock_looks_first, fault::putback_looks_first}) {
        const auto r = run(
            f, f == fault::munlock_looks_first ? ", munlock looks first" : ", putback looks first");
        count.found(r, failure_kind::assertion, story);
        count.that(r.what.what.find("L1") != std::string::npos, story + ": " + r.what.what);
    }
}

}  // namespace

int main() {
    explore_options with;
    with.minimise = false;
    noticed("two threads", with, two_threads);
    with.how = search::preemptions;
    noticed("three threads", with, three_threads);
    with.weak = true;
    with.stale = 1;
    noticed("two threads, C++", with, two_threads);
    return count.exit_code();
}
