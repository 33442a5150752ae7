// SPDX-License-Identifier: BSL-1.0
#pragma once

// The atomics of an exploration with one order of the shipped code taken away, known by its file,
// its function and its order: what a test must then find shows what the order is there for.

#include <cstdlib>
#include <cstring>
#include <initializer_list>

#include "support/explored.hpp"

namespace rmap_test {

/// What is weakened to relaxed: an access of `function` (null: any) in `file` that has the order
/// `from`, to an atomic of `size` bytes (0: any), in `line` (0: any).
struct weakening {
    const char* file = nullptr;
    const char* function = nullptr;
    order from = order::relaxed;
    std::size_t size = 0;
    bool used = false;
    unsigned line = 0;
    order to = order::relaxed;

    // Told of every access, weakened or not.
    using observer = void (*)(const char* file, unsigned line, const char* by, order);
    static inline observer seen = nullptr;

    [[nodiscard]] static weakening& now() {
        static weakening w;
        return w;
    }
    [[nodiscard]] static order of(std::size_t size, order o, const char* in, const char* by,
                                  unsigned at) {
        if (seen != nullptr) seen(in, at, by, o);
        weakening& w = now();
        if (w.file == nullptr || o != w.from) return o;
        if (w.size != 0 && w.size != size) return o;
        if (w.line != 0 && w.line != at) return o;
        // Of function templates some compilers tell the arguments, too.
        const std::size_t name = w.function == nullptr ? 0 : std::strlen(w.function);
        if (name != 0 &&
            (std::strncmp(by, w.function, name) != 0 || (by[name] != 0 && by[name] != '<'))) {
            return o;
        }
        const std::size_t length = std::strlen(in), wanted = std::strlen(w.file);
        if (length < wanted || std::strcmp(in + (length - wanted), w.file) != 0) return o;
        w.used = true;
        return w.to;
    }
};

// The place of a call, as default arguments.
#define RMAP_TEST_PLACE                                                    \
    const char *file = __builtin_FILE(), unsigned line = __builtin_LINE(), \
               const char *by = __builtin_FUNCTION()
#define RMAP_TEST_ORDER(size)                                  \
    weakening::of(size, o, file, by, line), verify::location { \
        file, line                                             \
    }

struct weakened_model {
    template <class T>
    class atomic {
    public:
        atomic() noexcept = default;
        explicit atomic(T value) noexcept : is_{value} {}

        [[nodiscard]] T load(order o, RMAP_TEST_PLACE) const noexcept {
            return is_.load(RMAP_TEST_ORDER(sizeof(T)));
        }
        void store(T value, order o, RMAP_TEST_PLACE) noexcept {
            is_.store(value, RMAP_TEST_ORDER(sizeof(T)));
        }
        T exchange(T value, order o, RMAP_TEST_PLACE) noexcept {
            return is_.exchange(value, RMAP_TEST_ORDER(sizeof(T)));
        }
        [[nodiscard]] bool compare_exchange(T& expected, T desired, order o,
                                            RMAP_TEST_PLACE) noexcept {
            return is_.compare_exchange(expected, desired, RMAP_TEST_ORDER(sizeof(T)));
        }
        T fetch_add(T n, order o, RMAP_TEST_PLACE) noexcept requires std::integral<T> {
            return is_.fetch_add(n, RMAP_TEST_ORDER(sizeof(T)));
        }
        T fetch_sub(T n, order o, RMAP_TEST_PLACE) noexcept requires std::integral<T> {
            return is_.fetch_sub(n, RMAP_TEST_ORDER(sizeof(T)));
        }
        T fetch_or(T n, order o, RMAP_TEST_PLACE) noexcept requires std::integral<T> {
            return is_.fetch_or(n, RMAP_TEST_ORDER(sizeof(T)));
        }
        T fetch_and(T n, order o, RMAP_TEST_PLACE) noexcept requires std::integral<T> {
            return is_.fetch_and(n, RMAP_TEST_ORDER(sizeof(T)));
        }

    private:
        model::atomic<T> is_{};
    };

    template <class T>
    using plain = model::plain<T>;

    static void fence(order o, RMAP_TEST_PLACE) noexcept { model::fence(RMAP_TEST_ORDER(0)); }
    static void pause(const char* file = __builtin_FILE(),
                      unsigned line = __builtin_LINE()) noexcept {
        model::pause({file, line});
    }
};
static_assert(atomics_family<weakened_model>);

/// As it ships a scenario is clean; with the order weakened, one of `these` is found.
template <class Scenario>
void shows(tally& count, const char* name, explore_options with, weakening what,
           std::initializer_list<failure_kind> these, Scenario scenario) {
    with.weak = true;
    weakening::now() = what;
    const auto weak = explore(name, with, scenario);
    const bool used = weakening::now().used;
    weakening::now() = {};
    count.that(used, std::string{name} + ": nothing was weakened");
    bool found = false;
    for (failure_kind kind : these)
        found = found || weak.what.kind == kind;
    count.that(found, std::string{name} + ": weakened, got " + verify::name_of(weak.what.kind) +
                          " " + weak.what.what + " (" + weak.coverage + ")\n" + weak.text);
    if (std::getenv("RMAP_VERBOSE") != nullptr) {
        std::printf("%s: %s\n%s\n", name, weak.coverage.c_str(), weak.text.c_str());
    }
}

template <class Scenario>
void as_shipped(tally& count, const char* name, explore_options with, Scenario scenario) {
    with.weak = true;
    const auto r = explore(name, with, scenario);
    count.clean(r, name);
    std::printf("%s: %s, %.0f ms\n", name, r.coverage.c_str(), r.seconds * 1e3);
}

}  // namespace rmap_test
