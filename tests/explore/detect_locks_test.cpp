// SPDX-License-Identifier: BSL-1.0

// What the explorer notices of locks, planted and noticed: deadlock, livelock, locks left held,
// unlocks by others; and explorations in and beside each other.

#include <cstddef>
#include <memory>
#include <new>
#include <stdexcept>
#include <string>
#include <vector>

#include "support/detect.hpp"

namespace {

using namespace rmap_test;
using namespace rmap_test::detect;
using enum order;

// ---- locks

void locks() {
    const auto order_of = [](bool same) {
        return [=](verify::test& t) {
            model_lock a, b;
            t.name(a, "A");
            t.name(b, "B");
            t.thread("one", [&] {
                a.lock();
                b.lock();
                b.unlock();
                a.unlock();
            });
            t.thread("two", [&] {
                (same ? a : b).lock();
                (same ? b : a).lock();
                a.unlock();
                b.unlock();
            });
            t.run();
        };
    };
    const auto r = finds("deadlock", failure_kind::deadlock, order_of(false));
    count.that(
        r.what.what == "one waits in lock for B, held by two; two waits in lock for A, held by one",
        "who waits for whom: " + r.what.what);
    clean("no deadlock", order_of(true));
    finds("deadlock", failure_kind::deadlock, order_of(false), weakly());
    finds("oneself", failure_kind::deadlock, [](verify::test& t) {
        model_lock a;
        t.thread("one", [&] {
            a.lock();
            a.lock();
        });
        t.run();
    });
    finds("a reader that wants more", failure_kind::deadlock, [](verify::test& t) {
        model_lock a;
        t.thread("one", [&] {
            a.lock_shared();
            a.lock();
        });
        t.run();
    });
    finds("two readers that want more", failure_kind::deadlock, [](verify::test& t) {
        model_lock a, b;
        t.thread("one", [&] {
            a.lock_shared();
            b.lock();
            b.unlock();
            a.unlock_shared();
        });
        t.thread("two", [&] {
            b.lock_shared();
            a.lock();
            a.unlock();
            b.unlock_shared();
        });
        t.run();
    });
    finds("nobody will", failure_kind::deadlock, [](verify::test& t) {
        word go;
        t.name(go, "go");
        t.thread("one", [&] {
            while (go.load(acquire) == 0)
                model::pause();
        });
        t.run();
    });
    finds("the scenario holds it", failure_kind::deadlock, [](verify::test& t) {
        model_lock a;
        a.lock();
        t.thread("one", [&] { a.lock(); });
        t.run();
    });
    for (const bool weak : {false, true}) {
        explore_options with;
        with.weak = weak;
        // Waiting threads wait, however they do it.
        clean(
            "spinning",
            [](verify::test& t) {
                word go, l;
                t.thread("waits", [&] {
                    while (go.load(acquire) == 0)
                        model::pause();
                });
                for (const char* who : {"a", "b"}) {
                    t.thread(who, [&] {
                        while (l.exchange(1, acquire) != 0)
                            model::pause();
                        l.store(0, release);
                        go.store(1, release);
                    });
                }
                t.run();
            },
            with);
        clean(
            "trying",
            [](verify::test& t) {
                model_lock l;
                for (const char* who : {"a", "b"}) {
                    t.thread(who, [&] {
                        while (!l.try_lock())
                            model::pause();
                        l.unlock();
                    });
                }
                t.run();
            },
            with);
    }
    explore_options few;
    few.max_steps = 200;
    finds(
        "livelock", failure_kind::livelock,
        [](verify::test& t) {
            word go;
            t.thread("one", [&] {
                while (go.load(relaxed) == 0)
                    verify::point("again");
            });
            t.run();
        },
        few);
    for (const bool outlives : {true, false}) {
        finds("lock left held", failure_kind::lock_held, [=](verify::test& t) {
            static model_lock outer;
            model_lock inner;
            word n;
            t.thread("one", [&] {
                n.store(1, relaxed);
                (outlives ? outer : inner).lock();
                if (n.load(relaxed) == 1) (outlives ? outer : inner).unlock();
            });
            t.thread("two", [&] { n.store(2, relaxed); });
            t.run();
        });
    }
    finds("unlock by another", failure_kind::not_owner, [](verify::test& t) {
        model_lock a;
        word held;
        t.thread("one", [&] {
            a.lock();
            held.store(1, relaxed);
        });
        t.thread("two", [&] {
            if (held.load(relaxed) == 1) a.unlock();
        });
        t.run();
        if (a.is_held() || held.load(relaxed) == 1) return;
    });
    finds("unlock of the wrong kind", failure_kind::not_owner, [](verify::test& t) {
        model_lock a;
        t.thread("one", [&] {
            a.lock_shared();
            a.unlock();
        });
        t.run();
    });
}

// ---- explorations in and beside each other

void nested() {
    count.clean(explore("outer", {},
                        [](verify::test& t) {
                            word n;
                            t.thread("a", [&] {
                                n.store(1, relaxed);
                                const auto inner = explore("inner", {}, [](verify::test& u) {
                                    word m;
                                    for (int i = 0; i != 2; ++i)
                                        u.thread("i", [&] { m.fetch_add(1, relaxed); });
                                    u.run();
                                    require(m.load(relaxed) == 2, "inner");
                                });
                                require(!inner.failed() && inner.executions == 2,
                                        "the inner one went wrong");
                                n.fetch_add(1, relaxed);
                            });
                            t.thread("b", [&] { n.fetch_add(1, relaxed); });
                            t.run();
                        }),
                "nested");

    // Objects that outlive an exploration are new in each execution of the next.
    word global;
    model::plain<int> field{0};
    for (int i = 0; i != 3; ++i) {
        count.clean(explore("outliving", {},
                            [&](verify::test& t) {
                                global.store(0, relaxed);
                                t.thread("a", [&] {
                                    field = 1;
                                    global.store(1, release);
                                });
                                t.thread("b", [&] {
                                    if (global.load(acquire) == 1) require(field == 1, "old");
                                });
                                t.run();
                            }),
                    "outliving");
    }

    // What a failing scenario had on its stacks is given up without destructors; no leak either.
    count.found(explore("abandoned", {},
                        [](verify::test& t) {
                            std::vector<std::string> many(10, std::string(100, 'x'));
                            word n;
                            t.thread("a", [&, copy = many] {
                                std::vector<std::string> mine = copy;
                                n.store(1, relaxed);
                                require(n.load(relaxed) == 1, "overtaken");
                            });
                            t.thread("b", [&] { n.store(2, relaxed); });
                            t.run();
                        }),
                failure_kind::assertion, "abandoned");
}
}  // namespace

int main() {
    locks();
    nested();
    return count.exit_code();
}
