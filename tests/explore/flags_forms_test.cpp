// SPDX-License-Identifier: BSL-1.0

// The shipped forms of the handshake (flags/handshake.hpp), as they are: not both parties miss, and
// of all who may take the page one does. flags_matrix_test.cpp has the designs among which they
// were chosen.

#include <concepts>

#include "support/flags_matrix.hpp"
#include "support/flags_pages.hpp"

namespace {

using namespace rmap_test;
using enum order;

tally count;

template <class Page>
void form_row(const std::string& name, verdicts wanted) {
    row(count, name + ", each looks", wanted, both_look<Page>);
    row(count, name + ", each takes", wanted, each_takes<Page, 1>);
    row(count, name + ", two munlockers", wanted, each_takes<Page, 2>);
}

// ---- families that promise full barriers

/// Says that its read-modify-writes are full barriers. On x86 they are; in C++ they are not.
struct promises : model {
    static constexpr bool kernel_rmw = true;
};

/// Keeps the promise: a fence on each side.
struct keeps_it : model {
    static constexpr bool kernel_rmw = true;

    template <class T>
    class atomic : public model::atomic<T> {
        using base = model::atomic<T>;

    public:
        using base::base;
        T fetch_or(T operand, order o) noexcept requires std::integral<T> {
            return fenced([&] { return base::fetch_or(operand, o); });
        }
        T fetch_and(T operand, order o) noexcept requires std::integral<T> {
            return fenced([&] { return base::fetch_and(operand, o); });
        }

    private:
        template <class F>
        static T fenced(F f) noexcept {
            model::fence(seq_cst);
            const T before = f();
            model::fence(seq_cst);
            return before;
        }
    };
};

/// Says so, and sets and clears by a load and a store. One flag a word: nothing is lost.
struct breaks_it : model {
    static constexpr bool kernel_rmw = true;

    template <class T>
    class atomic : public model::atomic<T> {
        using base = model::atomic<T>;

    public:
        using base::base;
        T fetch_or(T operand, order) noexcept requires std::integral<T> {
            const T before = base::load(acquire);
            base::store(static_cast<T>(before | operand), release);
            return before;
        }
        T fetch_and(T operand, order) noexcept requires std::integral<T> {
            const T before = base::load(acquire);
            base::store(static_cast<T>(before & operand), release);
            return before;
        }
    };
};
static_assert(atomics_family<promises> && atomics_family<keeps_it> && atomics_family<breaks_it>);

}  // namespace

int main() {
    form_row<in_one_word<model>>("one_word", {ok, ok, ok});
    form_row<in_two_words<model>>("split_word", {ok, ok, ok});
    form_row<under_a_lock<model>>("locked", {ok, ok, ok});
    form_row<in_two_words<keeps_it>>("split_word, full-barrier updates", {ok, ok, ok});
    form_row<in_two_words<promises>>("split_word, updates said to be barriers", {ok, ok, bad});
    row(count, "split_word, updates that are stores", {ok, bad, bad},
        both_look<in_two_words<breaks_it>>);
    return count.exit_code();
}
