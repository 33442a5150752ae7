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

auto beside(change what, place_sets allowed, shape of) {
    return [story = beside_glance<policy>(what, std::move(allowed), of)](verify::test& t) {
        left_out::walker = 1;
        left_out::reading = false;
        story(t);
    };
}

/// `preemptions`: of the C++ memory model. `all`: the rest is searched to the end.
void clean(const char* name, change what, place_sets allowed, unsigned preemptions = 2,
           bool all = true, shape of = shape::brothers) {
    for (const bool weak : {false, true}) {
        explore_options with{.weak = weak};
        if (weak || !all) {
            with.how = search::preemptions;
            with.preemptions = preemptions;
            with.stale = 1;
        }
        const auto r = explore(name, with, beside(what, allowed, of));
        count.clean(r, name);
        std::printf("%s: %s, %.0f ms\n", name, r.coverage.c_str(), r.seconds * 1e3);
    }
}

constexpr explore_options some{
    .how = search::preemptions, .preemptions = 2, .stale = 1, .minimise = false};

void needs(const char* file, const char* function, order from, change what, place_sets allowed,
           shape of) {
    shows(count, function, some, {file, function, from}, {failure_kind::data_race},
          beside(what, std::move(allowed), of));
}

void needs_look(const char* function, change what, place_sets allowed, unsigned preemptions = 2,
                shape of = shape::brothers) {
    explore_options with = some;
    with.preemptions = preemptions;
    left_out::function = function;
    left_out::used = false;
    const auto r = explore(function, with, beside(what, std::move(allowed), of));
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

    // A process alone, and an only child.
    const auto a_clean = [](const char* name, change what, place_sets allowed,
                            unsigned preemptions = 2, bool all = true, shape of = shape::alone) {
        clean(name, what, std::move(allowed), preemptions, all, of);
    };
    a_clean("alone: fork", changes::first_fork, {"a", "ad"});
    a_clean("alone: forks", changes::forks, {"a", "ad", "adk"}, 1);
    a_clean("alone: fork, exit", changes::fork_and_exit, {"a", "ad", "a"});
    a_clean("alone: fork, go", changes::fork_and_go, {"a", "ad", "d"});
    a_clean("alone: split", changes::own_split, {"a"});
    a_clean("alone: split, merge", changes::own_split_merge, {"a"});
    a_clean("alone: shrink, grow", changes::own_shrink_grow, {"a", "", "a"});
    a_clean("alone: recycled", changes::alone_end, {"a", "-"});
    const place_sets again{"a", "-", "kg", "g", ""};
    a_clean("alone: a second life", changes::alone_again, again, 1, false);
    const place_sets shrinks{"ad", "d", ""};
    a_clean("a child: shrink, exit", changes::shrink_and_exit, shrinks, 2, true, shape::with_child);
    const auto b_clean = [](const char* name, change what, place_sets allowed) {
        clean(name, what, std::move(allowed), 2, true, shape::only_child);
    };
    b_clean("only child: brother", changes::brother, {"b"});
    b_clean("only child: brother goes", changes::brother_goes, {"b"});
    b_clean("only child: parent goes", changes::parent_goes, {"b"});
    b_clean("only child: fork", changes::fork, {"b", "bd"});
    b_clean("only child: recycled", changes::child_end, {"b", "-"});

    // Its block is full, and a larger one takes its place.
    const place_sets many{"bcjkl", "bcjkld"};
    needs("topologies/cow_field.hpp", "get", order::acquire, changes::fork, many, shape::full);
    needs("ops/glance.hpp", "glance", order::acquire, changes::end_and_begin, {"bcj", "-"},
          shape::brothers);
    needs_look("mapcount", changes::end_and_begin, {"bcj", "-"});
    needs_look("read", changes::retag, moves);
    needs_look("glance", changes::second_life, lives, 3);  // at the root
    needs_look("look", changes::fork_exits, exits);
    needs("ops/glance.hpp", "glance", order::acquire, changes::child_end, {"b", "-"},
          shape::only_child);
    needs_look("mapcount", changes::alone_end, {"a", "-"}, 2, shape::alone);
    needs_look("glance", changes::alone_again, again, 3, shape::alone);
    needs_look("look", changes::shrink_and_exit, shrinks, 2, shape::with_child);
    return count.exit_code();
}
