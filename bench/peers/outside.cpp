// SPDX-License-Identifier: BSL-1.0

// The peer of a user, if there is one: see ../peer.hpp.

#ifdef RMAP_BENCH_PEER

#include RMAP_BENCH_PEER

#include "../arena_run.hpp"

namespace rmap_bench {

static_assert(peer<outside_peer>, "RMAP_BENCH_PEER: outside_peer lacks what bench/peer.hpp asks");

const contestant outside_contestant{outside_peer::name, "from RMAP_BENCH_PEER",
                                    run_peer<outside_peer>, nullptr};

}  // namespace rmap_bench

#endif
