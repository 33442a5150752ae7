// SPDX-License-Identifier: BSL-1.0

// support/scripts.hpp says what is played.

#include "support/scripts.hpp"

int main() { return rmap_test::play_scripts<rmap::late_cow_tree>(); }
