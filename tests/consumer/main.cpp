// SPDX-License-Identifier: BSL-1.0

// The least that a project with rmap contains: it includes rmap and says which version it got.

#include <cstdio>

#include <rmap/rmap.hpp>

int main() {
    std::printf("rmap %d.%d.%d\n", RMAP_VERSION_MAJOR, RMAP_VERSION_MINOR, RMAP_VERSION_PATCH);
}
