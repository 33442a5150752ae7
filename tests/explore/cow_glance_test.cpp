// SPDX-License-Identifier: BSL-1.0

// Walks without the lock under the explorer (support/glance_family.hpp): every interleaving (but
// for one story), and of the C++ memory model what one or two preemptions and one stale choice lead
// to. Then each order that a glance needs is weakened, and each of its looks left out: all of that
// is found.

#include <cstdint>
#include <cstdio>
#include <cstring>

#include <rmap/locks/seq_rw_spin.hpp>

#include "support/glance_family.hpp"
#include "support/weakened.hpp"

namespace {

using namespace rmap_test;

tally count;

/// A look of the walk that is left out: a load of `function` after the walk has begun to read
/// sees what the last one before that saw; of the lock's word, the first such load.
struct left_out {
    static inline const char* function = nullptr;
    static inline bool used = false;
    // Of the walk's thread.
    static inline int walker = -1;
    static inline bool reading = false;
    static inline std::uint64_t last = 0;

    template <class T>
    static T seen(T value, const char* by) {
        const auto* const e = verify::engine::active();
        if (function == nullptr || e == nullptr || !e->on_thread() || e->current() != walker) {
            return value;
        }
        const bool of_word = std::strcmp(function, "look") == 0;
        // Of function templates some compilers tell the arguments, too.
        const std::size_t name = std::strlen(function);
        const bool is_it =
            std::strncmp(by, function, name) == 0 && (by[name] == 0 || by[name] == '<');
        if (std::strcmp(by, "begin_read") == 0) {
            reading = true;
            if (of_word) std::memcpy(&last, &value, sizeof(T));
        } else if (is_it) {
            if (reading) {
                used = true;
                std::memcpy(&value, &last, sizeof(T));
                if (of_word) reading = false;
            } else {
                std::memcpy(&last, &value, sizeof(T));
            }
        }
        return value;
    }
};

struct forgetful_model : weakened_model {
    template <class T>
    struct atomic : weakened_model::atomic<T> {
        using base = weakened_model::atomic<T>;
        using base::base;
        [[nodiscard]] T load(order o, RMAP_TEST_PLACE) const noexcept {
            return left_out::seen(base::load(o, file, line, by), by);
        }
    };
};

struct policy : rmap::cow_tree {
    using atomics = forgetful_model;
    using lock = rmap::locks::basic_seq_rw_spin<forgetful_model>;
    using allocator = verify::model_memory;
    using check = verify::explored_checks;
};
using changes = glance_changes<policy>;
using change = void (*)(glanced_family<policy>&);

auto beside(change what, place_sets allowed, bool full = false) {
    return [story = beside_glance<policy>(what, std::move(allowed), full)](verify::test& t) {
        left_out::walker = 1;
        left_out::reading = false;
        story(t);
    };
}

/// `preemptions`: of the C++ memory model. `all`: the rest is searched to the end.
void clean(const char* name, change what, place_sets allowed, unsigned preemptions = 2,
           bool all = true) {
    for (const bool weak : {false, true}) {
        explore_options with{.weak = weak};
        if (weak || !all) {
            with.how = search::preemptions;
            with.preemptions = preemptions;
            with.stale = 1;
        }
        const auto r = explore(name, with, beside(what, allowed));
        count.clean(r, name);
        std::printf("%s: %s, %.0f ms\n", name, r.coverage.c_str(), r.seconds * 1e3);
    }
}

constexpr explore_options some{
    .how = search::preemptions, .preemptions = 2, .stale = 1, .minimise = false};

void needs(const char* file, const char* function, order from, change what, place_sets allowed,
           bool full) {
    shows(count, function, some, {file, function, from}, {failure_kind::data_race},
          beside(what, std::move(allowed), full));
}

void needs_look(const char* function, change what, place_sets allowed, unsigned preemptions = 2) {
    explore_options with = some;
    with.preemptions = preemptions;
    left_out::function = function;
    left_out::used = false;
    const auto r = explore(function, with, beside(what, std::move(allowed)));
    left_out::function = nullptr;
    count.that(left_out::used, std::string{function} + ": nothing was left out");
    count.found(r, failure_kind::assertion, std::string{function} + " left out");
}

}  // namespace

int main() {
    clean("fork", changes::fork, {"bcj", "bcjd"});
    clean("fork below", changes::fork_below, {"bcj", "bcdj"});
    clean("fork beside", changes::fork_beside, {"bcj"});
    clean("exit", changes::exit, {"bcj", "bj"});
    clean("exit of the first", changes::exit_of_first, {"bcj", "cj"});
    clean("own", changes::own, {"bcj", "c"});
    const place_sets moves{"bcj", "abcji", "abci", "abi", "ai", "adi"};
    clean("to the parent", changes::retag, moves, 1, false);
    clean("shrink, grow", changes::shrink_grow, {"bcj", "bj", "bcj"}, 1);
    clean("split", changes::split, {"bcj"}, 1);
    clean("split, merge", changes::split_merge, {"bcj"}, 1);
    clean("fork, exit", changes::fork_exit, {"bcj", "bcjd", "bjd"}, 1);
    clean("exit, fork", changes::exit_fork, {"bcj", "bj", "bdj"}, 1);
    const place_sets exits{"bcj", "bcjd", "cjd", "jd"};
    clean("fork, exits", changes::fork_exits, exits, 1);
    clean("recycled", changes::end_and_begin, {"bcj", "-"}, 1);
    const place_sets lives{"bcj", "-", "k", "kh", "khd", "hd", "d"};
    clean("a second life", changes::second_life, lives, 1, false);

    // Its block is full, and a larger one takes its place.
    const place_sets many{"bcjkl", "bcjkld"};
    needs("topologies/cow_field.hpp", "get", order::acquire, changes::fork, many, true);
    needs("ops/glance.hpp", "glance", order::acquire, changes::end_and_begin, {"bcj", "-"}, false);
    needs_look("mapcount", changes::end_and_begin, {"bcj", "-"});
    needs_look("read", changes::retag, moves);
    needs_look("glance", changes::second_life, lives, 3);  // at the root
    needs_look("look", changes::fork_exits, exits);
    return count.exit_code();
}
