// expect: rmap: atomics must be a family: atomic<T>, plain<T>, fence, pause
// SPDX-License-Identifier: BSL-1.0

// The user's own page is the first to notice, before there is a map.

#include "support/minimal.hpp"

struct bare_words {};
struct policy : rmap::default_policy {
    using atomics = bare_words;
};

struct frame : rmap::page_hook<policy> {};
