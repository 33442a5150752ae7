// SPDX-License-Identifier: BSL-1.0

// A libFuzzer target over a trace's whole way: reader, player, collectors, comparison, report.
// Nothing that it is fed may crash it, hang it or make it use much memory; and whatever the trace
// says, page tables and rmap walks find the same places. tests/fuzz/corpus has seeds; what it once
// found is in tests/replay/bad_inputs.hpp.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include <rmap/policy.hpp>
#include <rmap/replay.hpp>

// Declared here, since libFuzzer has no header for it.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

using namespace rmap;
using policy = counted<linux_6_18>;

constexpr replay::limits most{.pages = 4096, .vmas = 1024};

void both_ways_agree(replay::player<policy>& play) {
    const replay::header all{};
    replay::snapshot tables;
    replay::snapshot walked;
    replay::walk_totals cost;
    replay::collector<policy> collect{play.system(), play.spaces(), play.files()};
    collect.page_tables(all, tables);
    collect.walks(walked, cost);
    replay::comparison seen{"fuzz"};
    seen.pages("page row", tables, walked);
    if (seen.count() != 0) std::abort();
}

void apply_all(std::string_view text) {
    replay::input in;
    in.open_memory("fuzz", text);
    replay::reader reader{in};
    replay::event e;
    replay::snapshot skipped;
    auto next = reader.next(e);
    replay::player<policy> play{reader.head(), most};
    for (; next == replay::reader::result::event; next = reader.next(e)) {
        if (e.what == replay::verb::snap) {
            if (!reader.read_snapshot(skipped)) break;
            both_ways_agree(play);
        } else if (!play.apply(e)) {
            break;
        }
    }
    both_ways_agree(play);
}

void compare_all(std::string_view text) {
    replay::input in;
    in.open_memory("fuzz", text);
    const replay::outcome o = replay::run_trace<linux_6_18>(in, {.check = true, .most = most},
                                                            [](std::uint64_t, std::uint64_t) {});
    static_cast<void>(replay::table({&o, 1}));
    static_cast<void>(replay::json({&o, 1}));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text{reinterpret_cast<const char*>(data), size};
    apply_all(text);
    compare_all(text);
    return 0;
}
