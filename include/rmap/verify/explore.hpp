// SPDX-License-Identifier: BSL-1.0
#pragma once

// The schedule explorer. A scenario is run again and again, each time with another schedule, until
// all that can happen has happened, or something goes wrong:
//
//     auto r = explore("two counters", {}, [](test& t) {
//         model::atomic<int> n;
//         t.thread("a", [&] { n.store(n.load(order::relaxed) + 1, order::relaxed); });
//         t.thread("b", [&] { n.store(n.load(order::relaxed) + 1, order::relaxed); });
//         t.run();
//         require(n.load(order::relaxed) == 2, "an increment was lost");
//     });                                             // r.text says how, r.token replays it
//
// "Exhaustive" is meant of this scenario: every execution of it, up to the order of independent
// steps, under sequential consistency, or (weak) under the C++ memory model without load buffering.
// It is a proof about the scenario, not about the code in general. A scenario MUST do the same each
// time: no clock, no random numbers, no addresses in decisions. A failing execution is abandoned
// where it stands, without destructors.

#include <rmap/verify/explore/drive.hpp>
#include <rmap/verify/explore/model.hpp>
#include <rmap/verify/explore/model_lock.hpp>
#include <rmap/verify/explore/model_memory.hpp>
#include <rmap/verify/explore/model_plain.hpp>
#include <rmap/verify/explore/options.hpp>
#include <rmap/verify/explore/test.hpp>
