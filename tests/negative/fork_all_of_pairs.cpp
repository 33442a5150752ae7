// expect: rmap: fork_all takes a callable that returns a rmap::fork_pair<Vma> each time
// SPDX-License-Identifier: BSL-1.0

#include <utility>

#include "support/minimal.hpp"

using policy = rmap::default_policy;
using vma = minimal::vma<policy>;

rmap::status fork(minimal::map<policy>& map, vma& child, vma& parent) {
    return map.fork_all([&] { return std::pair<vma*, vma*>{&child, &parent}; });
}
