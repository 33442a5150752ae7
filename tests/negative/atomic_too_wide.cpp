// expect: rmap: an atomic holds a trivially copyable type
// SPDX-License-Identifier: BSL-1.0

#include <rmap/core/atomics.hpp>

struct two_words {
    void* first;
    void* second;
};

rmap::atomics::builtin::atomic<two_words> too_wide;
