// SPDX-License-Identifier: BSL-1.0

// Everything that the explorer says it notices, planted and noticed: each kind of failure in a
// scenario as small as it gets, with its fixed form clean.

#include <cstddef>
#include <memory>
#include <new>
#include <stdexcept>
#include <string>
#include <vector>

#include "support/explored.hpp"

namespace {

using namespace rmap_test;
using enum order;
using word = model::atomic<unsigned>;

tally count;

bool mentions(const std::string& text, const char* what) {
    return text.find(what) != std::string::npos;
}

/// Every search that tries everything finds it, and its string replays it.
template <class Scenario>
explore_result finds(const char* name, failure_kind kind, Scenario scenario,
                     explore_options with = {}) {
    explore_result first;
    for (search how : {search::exhaustive, search::cached, search::portfolio}) {
        with.how = how;
        auto r = explore(name, with, scenario);
        count.found(r, kind, name);
        count.that(r.first_failing != 0 && r.first_failing <= r.executions + r.pruned,
                   std::string{name} + ": which execution failed");
        count.that(r.token.size() <= 60, std::string{name} + ": long string " + r.token);
        auto again = with;
        again.replay = r.token;
        const auto replayed = explore(name, again, scenario);
        count.found(replayed, kind, std::string{name} + ", replayed");
        count.that(replayed.what.what == r.what.what && replayed.executions == 1,
                   std::string{name} + ": another failure when replayed");
        if (how == search::exhaustive) first = r;
    }
    return first;
}
template <class Scenario>
void clean(const char* name, Scenario scenario, explore_options with = {}) {
    count.clean(explore(name, with, scenario), name);
    with.how = search::cached;
    count.clean(explore(name, with, scenario), name);
}

explore_options weakly() {
    explore_options with;
    with.weak = true;
    return with;
}

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

// ---- memory

struct node {
    explicit node(node* n = nullptr) : next{n} {}
    model::atomic<node*> next;
    model::plain<int> key{0};
};
node* make(node* next = nullptr) {
    return ::new (verify::model_memory{}.allocate(sizeof(node), alignof(node))) node{next};
}
void release_memory(node* n, bool destroy = true) {
    if (destroy) n->~node();
    verify::model_memory{}.deallocate(n, sizeof(node), alignof(node));
}

void memory() {
    for (const bool destroy : {true, false}) {
        for (const bool field : {true, false}) {
            finds("use after free", failure_kind::use_after_free, [=](verify::test& t) {
                node* const n = make();
                model_lock l;  // orders the two, so that it is no race
                t.thread("freer", [&] {
                    l.lock();
                    release_memory(n, destroy);
                    l.unlock();
                });
                t.thread("user", [&] {
                    l.lock();
                    if (field) {
                        static_cast<void>(n->key.get());
                    } else {
                        static_cast<void>(n->next.load(relaxed));
                    }
                    l.unlock();
                });
                t.run();
            });
        }
    }
    finds("a reader that is not waited for", failure_kind::use_after_free, [](verify::test& t) {
        node* const n = make();
        t.thread("freer", [&] { release_memory(n); });
        t.thread("user", [&] { static_cast<void>(n->key.get()); });
        t.run();
    });
    finds("after its end", failure_kind::use_after_free, [](verify::test& t) {
        alignas(word) std::byte room[sizeof(word)];
        word* const n = ::new (room) word{};
        t.thread("a", [&] {
            n->store(1, relaxed);
            std::destroy_at(n);
        });
        t.run();
        static_cast<void>(n->load(relaxed));
    });
    finds("double free", failure_kind::double_free, [](verify::test& t) {
        node* const n = make();
        word taken;
        for (const char* who : {"a", "b"}) {
            t.thread(who, [&] {
                if (taken.load(relaxed) != 0) return;
                taken.store(1, relaxed);
                release_memory(n, false);
            });
        }
        t.run();
    });
    finds("freed, never allocated", failure_kind::double_free, [](verify::test& t) {
        int local = 0;
        t.thread("a", [&] { verify::model_memory{}.deallocate(&local, 4, 4); });
        t.run();
    });
    finds("leak", failure_kind::leak, [](verify::test& t) {
        word keep;
        node* n = nullptr;
        t.thread("a", [&] { keep.store(1, relaxed); });
        t.thread("b", [&] {
            n = make();
            if (keep.load(relaxed) == 0) release_memory(n, false);
        });
        t.run();
    });

    // ABA: a stack whose pop compares the top alone. It breaks when a block comes back as the top.
    const auto stack = [](verify::test& t) {
        model::atomic<node*> top;
        node* const second = make();
        node* const first = make(second);
        top.store(first, relaxed);
        const auto pop = [&]() -> node* {
            node* n = top.load(acquire);
            while (n != nullptr) {
                node* const next = n->next.load(relaxed);
                if (top.compare_exchange(n, next, acq_rel)) return n;
            }
            return nullptr;
        };
        const auto push = [&](node* n) {
            node* head = top.load(relaxed);
            do {
                n->next.store(head, relaxed);
            } while (!top.compare_exchange(head, n, release));
        };
        node* got[2] = {};
        t.thread("a", [&] { got[0] = pop(); });
        t.thread("b", [&] {
            node* const one = pop();
            got[1] = pop();
            if (one != nullptr) push(one);  // one comes back, what was below it does not
        });
        t.run();
        bool twice = got[0] != nullptr && got[0] == got[1];
        for (node* n = top.load(relaxed); n != nullptr; n = n->next.load(relaxed)) {
            twice = twice || n == got[0] || n == got[1];
        }
        require(!twice, "a node is both in the stack and out of it");
        release_memory(first);
        release_memory(second);
    };
    finds("ABA", failure_kind::assertion, stack);

    // The same by way of the allocator: only if it hands out freed memory again.
    const auto recycled = [](verify::test& t) {
        verify::model_memory m;
        model::atomic<void*> slot;
        slot.store(m.allocate(64, 8), relaxed);
        bool replaced = false, swapped_late = false;
        t.thread("compares", [&] {
            void* seen = slot.load(acquire);
            const bool too_late = replaced;
            if (seen == nullptr || !slot.compare_exchange(seen, nullptr, acq_rel)) return;
            swapped_late = replaced && !too_late;
            m.deallocate(seen, 64, 8);
        });
        t.thread("replaces", [&] {
            void* const was = slot.exchange(nullptr, acq_rel);
            if (was == nullptr) return;
            m.deallocate(was, 64, 8);
            slot.store(m.allocate(64, 8), release);
            replaced = true;
        });
        t.run();
        require(!swapped_late, "compared equal, though replaced");
        void* const rest = slot.load(relaxed);
        if (rest != nullptr) m.deallocate(rest, 64, 8);
    };
    explore_options reuse;
    reuse.reuse_memory = true;
    finds("ABA by reuse", failure_kind::assertion, recycled, reuse);
    clean("no reuse", recycled);
}

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
    assertions();
    invariants();
    data_races();
    memory();
    locks();
    nested();
    return count.exit_code();
}
