// SPDX-License-Identifier: BSL-1.0
#pragma once

// The policies that rmap-replay knows. Each is compiled in a file of its own, named like the
// policy, since each makes the whole library anew. To add one, add a file, a line here and one in
// replay.cpp.

#include <cstdint>
#include <functional>

#include <rmap/replay/input.hpp>
#include <rmap/replay/run.hpp>
#include <rmap/replay/slab.hpp>

using progress_call = std::function<void(std::uint64_t line, std::uint64_t bytes)>;
using replay_call = rmap::replay::outcome(rmap::replay::input&, const rmap::replay::run_options&,
                                          const progress_call&);

replay_call replay_chain_list;
replay_call replay_linux_6_18;
replay_call replay_never_merge;
replay_call replay_pte_chain;
replay_call replay_single_list;
replay_call replay_single_threaded;
replay_call replay_std_locks;
replay_call replay_cow_tree;
replay_call replay_late_cow_tree;
