// SPDX-License-Identifier: BSL-1.0

// Memory that runs out while a trace is replayed, at the first allocation, the second, and so on
// until it suffices: never more than a message with file and line. Allocations of the reference mm
// fail by status (tests/mm/fault_injection_test.cpp); here those of std containers fail, too.

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <new>
#include <string>

#include <rmap/policy.hpp>
#include <rmap/replay.hpp>

#include "suite.hpp"

namespace {

long until_failure = -1;  // allocations that still work; -1: all do

void* allocate(std::size_t size) noexcept {
    if (until_failure == 0) {
        until_failure = -1;
        return nullptr;
    }
    if (until_failure > 0) --until_failure;
    return std::malloc(size);
}

}  // namespace

void* operator new(std::size_t size) {
    if (void* p = allocate(size)) return p;
    throw std::bad_alloc{};
}
void* operator new(std::size_t size, const std::nothrow_t&) noexcept { return allocate(size); }
void operator delete(void* p) noexcept { std::free(p); }
void operator delete(void* p, std::size_t) noexcept { std::free(p); }
void operator delete(void* p, const std::nothrow_t&) noexcept { std::free(p); }

namespace {

using namespace rmap;
using suite::check;

const std::string text =
    "rmap-trace 1\nkernel 6.18.44\npage 4096\nscope strict\nrange 1000 256\nmm 0\n"
    "filesize 1 4\nmmap 0 1000 2 rw- anon\nmmap 0 1010 2 rw- private 1 0\nwrite 0 1000 2\n"
    "read 0 1010 1\nfork 0 1\nmremap 0 1001 1 1040 1\nksm 0:1000 1:1000\nexit 1\nsnap\n"
    "vma 0 1000 1 rw- anon\nvma 0 1010 2 rw- private 1 0\nvma 0 1040 1 rw- anon\n"
    "page 1 0:1000\npage 1 0:1010\npage 1 0:1040\n"
    "av 0 0 0 1 2\nchain 0 1000 1000 0 0\nchain 0 1040 1001 0 0\nowns 0 0:1040\n"
    "end\n";

const auto lines = static_cast<std::uint64_t>(std::ranges::count(text, '\n'));

// The outcome when allocation number `n` fails.
replay::outcome replay_with(long n) {
    replay::input in;
    in.open_memory("t", text);
    until_failure = n;
    const replay::outcome o =
        replay::run_trace<default_policy>(in, {}, [](std::uint64_t, std::uint64_t) {});
    return until_failure = -1, o;
}

void runs_out_at_every_allocation() {
    const replay::outcome whole = replay_with(-1);
    check(!whole.wrong && whole.numbers.differences == 0, "the trace is not a good one");
    constexpr long most = 10000;
    long failed = 0;
    for (long n = 0; n != most; ++n) {
        const replay::outcome o = replay_with(n);
        if (!o.wrong) break;
        ++failed;
        check(o.wrong->text().starts_with("t:") && o.wrong->line >= 1 && o.wrong->line <= lines &&
                  o.wrong->what.find("no memory is left") != std::string::npos,
              "allocation " + std::to_string(n) + ": " + o.wrong->text());
    }
    check(failed > 20 && failed < most, std::to_string(failed) + " allocations failed");
}

}  // namespace

int main() {
    runs_out_at_every_allocation();
    return suite::result();
}
