// SPDX-License-Identifier: BSL-1.0

// What including rmap costs is measured by a script, which runs the compiler: see there. The target
// `bench` runs both.

#include "registry.hpp"

namespace rmap_bench {

bool include_cost(report& to) {
    to.say("  measured by running the compiler: the target `bench` does, and so does");
    to.say("  cmake -DCOMPILER=g++ -DINCLUDE=include -DWORK=/tmp/cost -P bench/include_cost.cmake");
    return true;
}

}  // namespace rmap_bench
