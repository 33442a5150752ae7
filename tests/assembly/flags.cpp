// SPDX-License-Identifier: BSL-1.0

// What flags.cmake looks at the code of: each role of each form, as a caller would write it.

#include <utility>

#include <rmap/flags/handshake.hpp>

namespace flags = rmap::flags;
using rmap::order;

enum class pg : unsigned { locked, lru, mlocked, dirty, count };

template <class Atomics>
using word_over = flags::page_flags<pg, Atomics>;
using word = word_over<rmap::atomics::builtin>;
using one_word = flags::one_word<word, pg::mlocked, pg::lru>;
using split_word = flags::split_word<word, pg::mlocked, word, pg::lru>;

extern "C" {

bool one_word_munlock(word& w) {
    return one_word::munlock(w).on_lru();
}
bool one_word_munlock_told(word& w) {
    const auto mine = one_word::munlock(w);
    return mine.was_mlocked() && mine.on_lru();
}
bool one_word_putback(word& w) {
    return one_word::putback(w).still_mlocked();
}

bool split_word_munlock(word& m, word& l) {
    return split_word::munlock({m, l}).on_lru();
}
bool split_word_putback(word& m, word& l) {
    return split_word::putback({m, l}).still_mlocked();
}

#if defined(__x86_64__)
using x86_word = word_over<flags::x86_rmw>;
using kernel_rmw = flags::split_word<x86_word, pg::mlocked, x86_word, pg::lru>;

bool kernel_rmw_munlock(x86_word& m, x86_word& l) {
    return kernel_rmw::munlock({m, l}).on_lru();
}
bool kernel_rmw_putback(x86_word& m, x86_word& l) {
    return kernel_rmw::putback({m, l}).still_mlocked();
}
#endif

void set_flag(word& w) {
    w.set<pg::dirty, order::relaxed>();
}
bool test_flag(const word& w) {
    return w.test<pg::dirty, order::relaxed>();
}
void publish_flags(word& w) {
    flags::unpublished_flags<pg> fresh;
    fresh.set<pg::mlocked>();
    fresh.set<pg::dirty>();
    w.publish(std::move(fresh));
}

}  // extern "C"
