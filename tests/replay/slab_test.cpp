// SPDX-License-Identifier: BSL-1.0

// The memory of a replay: it hands out so much and no more, and what comes back is used again. A
// short trace that asks for much is refused with file and line.

#include <cstring>
#include <string>
#include <utility>
#include <vector>

#include <rmap/policy.hpp>
#include <rmap/replay.hpp>

#include "suite.hpp"

namespace {

using namespace rmap;
using suite::check;

constexpr std::size_t limit = std::size_t{1} << 20;
constexpr std::size_t block = 64;

void hands_out_no_more_than_its_limit() {
    replay::slab memory{limit};
    std::vector<void*> got;
    while (void* p = memory.allocate(block, alignof(void*))) {
        std::memset(p, 1, block);
        got.push_back(p);
        if (got.size() * block > limit) break;
    }
    check(got.size() * block <= limit, "more than the limit was handed out");
    check(got.size() * block > limit / 2, "most of the limit was not handed out");

    replay::slab moved{std::move(memory)};
    check(moved.allocate(block, alignof(void*)) == nullptr, "a moved slab has new room");
    moved.deallocate(got.back(), block, alignof(void*));
    check(moved.allocate(block, alignof(void*)) == got.back(), "a freed block is not used again");
}

void large_blocks_count_while_they_live() {
    replay::slab memory{limit};
    void* const first = memory.allocate(limit / 4 * 3, alignof(void*));
    check(first != nullptr, "a large block within the limit is refused");
    check(memory.allocate(limit / 2, alignof(void*)) == nullptr, "two large blocks pass the limit");
    memory.deallocate(first, limit / 4 * 3, alignof(void*));
    void* const second = memory.allocate(limit / 2, alignof(void*));
    check(second != nullptr, "a large block that came back still counts");
    memory.deallocate(second, limit / 2, alignof(void*));
}

// As examples/replay does it, with less memory.
struct small : replay::slab {
    small() noexcept : slab{limit} {}
};
struct small_policy : default_policy {
    using allocator = small;
};

void a_long_fork_chain_is_refused() {
    constexpr int processes = 1000;  // half a million links
    std::string text =
        "rmap-trace 1\nkernel 6.18.44\npage 4096\nscope pages\nmm 0\n"
        "mmap 0 100 1 rw- anon\nwrite 0 100 1\n";
    for (int i = 0; i < processes; ++i) {
        text += "fork " + std::to_string(i) + ' ' + std::to_string(i + 1) + '\n';
    }
    replay::input in;
    in.open_memory("chain", text);
    const replay::outcome o =
        replay::run_trace<small_policy>(in, {}, [](std::uint64_t, std::uint64_t) {});
    if (!check(o.wrong.has_value(), "half a million links fit in a megabyte")) return;
    check(o.wrong->text().starts_with("chain:") &&
              o.wrong->what.find("no memory is left to replay it") != std::string::npos,
          "got " + o.wrong->text());
}

}  // namespace

int main() {
    hands_out_no_more_than_its_limit();
    large_blocks_count_while_they_live();
    a_long_fork_chain_is_refused();
    return suite::result();
}
