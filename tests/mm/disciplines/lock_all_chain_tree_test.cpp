// SPDX-License-Identifier: BSL-1.0

// support/scripts.hpp says what is played.

#include "support/scripts.hpp"

namespace {

struct policy : rmap::default_policy {
    using locking = rmap::locking::lock_all;
};

}  // namespace

int main() { return rmap_test::play_scripts<policy>(); }
