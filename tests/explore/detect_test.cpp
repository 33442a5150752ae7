// SPDX-License-Identifier: BSL-1.0

// Everything that the explorer says it notices, planted and noticed: requirements, checks,
// invariants and data races.

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

// ---- what the scenario and the library say

void assertions() {
    const auto r = finds("lost update", failure_kind::assertion, [](verify::test& t) {
        word n;
        t.name(n, "n");
        for (const char* who : {"a", "b"}) {
            t.thread(who, [&] { n.store(n.load(relaxed) + 1, relaxed); });
        }
        t.run();
        require(n.load(relaxed) == 2, "an increment was lost");
    });
    count.that(
        mentions(r.what.what, "an increment was lost") && mentions(r.what.what, "detect_test.cpp:"),
        "what was required, and where: " + r.what.what);
    count.that(mentions(r.text, "load n = 0 relaxed") && mentions(r.text, "store n := 1 relaxed"),
               "columns: " + r.text);

    finds("before the threads", failure_kind::assertion, [](verify::test& t) {
        word n;
        t.thread("a", [&] { n.store(1, relaxed); });
        require(n.load(relaxed) == 1, "nobody ran yet");
        t.run();
    });
    finds("without threads", failure_kind::assertion, [](verify::test& t) {
        t.run();
        require(false, "as it says");
    });
    finds("before a thread's first step", failure_kind::assertion, [](verify::test& t) {
        t.thread("a", [] { require(false, "as it says"); });
        t.run();
    });
    struct late {
        ~late() { require(false, "from a destructor"); }
    };
    finds("in a destructor", failure_kind::assertion, [](verify::test& t) {
        word n;
        t.thread("a", [&] {
            const late l;
            n.store(1, relaxed);
        });
        t.run();
    });
    finds("an exception", failure_kind::assertion, [](verify::test& t) {
        t.thread("a", [] { throw std::runtime_error{"oh"}; });
        t.run();
    });
    finds("a named check", failure_kind::check, [](verify::test& t) {
        word n;
        t.thread("a", [&] { n.store(1, relaxed); });
        t.thread("b", [&] {
            if (n.load(relaxed) == 1) verify::explored_checks::failed("name", "what", "file", 1);
        });
        t.run();
    });
    finds("two runs", failure_kind::limit, [](verify::test& t) {
        t.run();
        t.run();
    });
    finds("too many threads", failure_kind::limit, [](verify::test& t) {
        for (unsigned i = 0; i != verify::max_threads + 1; ++i)
            t.thread("t", [] {});
        t.run();
    });
}

void invariants() {
    // The steps are independent: only their order breaks it.
    const auto scenario = [](bool right) {
        return [=](verify::test& t) {
            word x, y;
            auto always = [&] { require(x.load(relaxed) >= y.load(relaxed), "y went ahead of x"); };
            t.invariant(always);
            t.thread("x", [&] {
                x.store(1, relaxed);
                if (right) y.store(1, relaxed);
            });
            t.thread("y", [&] {
                if (!right) y.store(1, relaxed);
            });
            t.run();
        };
    };
    const auto r = finds("independent steps", failure_kind::invariant, scenario(false));
    count.that(mentions(r.what.what, "y went ahead"), r.what.what);
    clean("dependent steps", scenario(true));
    finds("independent steps", failure_kind::invariant, scenario(false), weakly());
}

// ---- races

void data_races() {
    const auto message = [](order store, order load) {
        return [=](verify::test& t) {
            model::plain<int> data{0};
            word ready;
            t.name(data, "data");
            t.thread("writer", [&] {
                data = 7;
                ready.store(1, store);
            });
            t.thread("reader", [&] {
                if (ready.load(load) == 1) require(data == 7, "old data");
            });
            t.run();
        };
    };
    for (const bool weak : {false, true}) {
        explore_options with;
        with.weak = weak;
        const auto r =
            finds("relaxed message", failure_kind::data_race, message(relaxed, acquire), with);
        count.that(mentions(r.what.what, "data is read by reader while writer wrote it"),
                   r.what.what);
        finds("relaxed reader", failure_kind::data_race, message(release, relaxed), with);
        clean("message", message(release, acquire), with);
        finds(
            "two writers", failure_kind::data_race,
            [](verify::test& t) {
                model::plain<int> data{0};
                for (const char* who : {"a", "b"})
                    t.thread(who, [&] { data = 1; });
                t.run();
            },
            with);
        clean(
            "two readers",
            [](verify::test& t) {
                model::plain<int> data{3};
                for (const char* who : {"a", "b"})
                    t.thread(who, [&] { require(data == 3, "?"); });
                t.run();
            },
            with);
        finds(
            "two locks", failure_kind::data_race,
            [](verify::test& t) {
                model_lock l[2];
                model::plain<int> data{0};
                for (model_lock& mine : l) {
                    t.thread("t", [&] {
                        mine.lock();
                        data = data + 1;
                        mine.unlock();
                    });
                }
                t.run();
            },
            with);
        finds(
            "a writer among readers", failure_kind::data_race,
            [](verify::test& t) {
                model_lock l;
                model::plain<int> data{0};
                for (const char* who : {"a", "b"}) {
                    t.thread(who, [&] {
                        l.lock_shared();
                        data = 1;
                        l.unlock_shared();
                    });
                }
                t.run();
            },
            with);
        clean(
            "one lock",
            [](verify::test& t) {
                model_lock l;
                model::plain<int> data{0};
                for (const char* who : {"a", "b"}) {
                    t.thread(who, [&] {
                        l.lock();
                        data = data + 1;
                        l.unlock();
                    });
                }
                t.thread("reader", [&] {
                    l.lock_shared();
                    static_cast<void>(data.get());
                    l.unlock_shared();
                });
                t.run();
                require(data == 2, "lost");
            },
            with);

        // What is made by one thread is not there yet for another that found it too early.
        struct node {
            model::plain<int> key{1};
            word count{1};
        };
        const auto published = [](order store, bool field) {
            return [=](verify::test& t) {
                model::atomic<node*> where;
                alignas(node) std::byte room[sizeof(node)];
                t.thread("maker", [&] { where.store(::new (room) node{}, store); });
                t.thread("finder", [&] {
                    node* n = where.load(acquire);
                    if (n == nullptr) return;
                    if (field) {
                        static_cast<void>(n->key.get());
                    } else {
                        static_cast<void>(n->count.load(relaxed));
                    }
                });
                t.run();
            };
        };
        finds("a field found early", failure_kind::data_race, published(relaxed, true), with);
        finds("an atomic found early", failure_kind::data_race, published(relaxed, false), with);
        clean("found in time", published(release, true), with);
        clean("found in time", published(release, false), with);
    }
    // By fences, too.
    clean(
        "fences",
        [](verify::test& t) {
            model::plain<int> data{0};
            word ready;
            t.thread("writer", [&] {
                data = 7;
                model::fence(release);
                ready.store(1, relaxed);
            });
            t.thread("reader", [&] {
                if (ready.load(relaxed) == 0) return;
                model::fence(acquire);
                require(data == 7, "old data");
            });
            t.run();
        },
        weakly());
    // As points, plain fields are interleaved: the lost update of a plain counter.
    explore_options points;
    points.plain_points = true;
    finds(
        "plain counter", failure_kind::assertion,
        [](verify::test& t) {
            model::plain<int> n{0};
            for (const char* who : {"a", "b"})
                t.thread(who, [&] { n = n + 1; });
            t.run();
            require(n == 2, "an increment was lost");
        },
        points);
}

}  // namespace

int main() {
    assertions();
    invariants();
    data_races();
    return count.exit_code();
}
