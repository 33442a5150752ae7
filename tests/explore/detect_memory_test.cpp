// SPDX-License-Identifier: BSL-1.0

// What the explorer notices of memory, planted and noticed: leaks, double frees, use after free,
// ABA.

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

}  // namespace

int main() {
    memory();
    return count.exit_code();
}
