// SPDX-License-Identifier: BSL-1.0

// A compacting arena, the way an embedder uses rmap: threads allocate, write, read and take
// snapshots that share memory, while a compactor moves frames to the front of the memory file under
// their feet. It finds who maps a frame by a reverse-map walk. Every byte is compared with what it
// must be; prints what memory the kernel says is resident. Exit: see usage below.

#include <atomic>
#include <cstddef>
#include <cstdio>
#include <deque>
#include <optional>
#include <string_view>
#include <thread>
#include <vector>

#include "arena.hpp"
#include "compactor.hpp"
#include "memory_file.hpp"
#include "workload.hpp"

namespace {

using namespace compacting_arena;

constexpr char usage[] =
    R"(usage: compacting_arena

Threads allocate, write, read and take snapshots, while a compactor moves the memory under their
feet. Prints what is resident before, meanwhile and after. It takes no arguments.

exit: 0 all right; 1 not; 2 bad usage; 77 this system has no memfd
)";

constexpr std::size_t pages_a_space = 768;
constexpr unsigned workers_count = 3;
constexpr unsigned steps = 2500;

// Checks snapshots, writes to each, checks again, and drops it.
void audit(arena& a, mailbox& from) {
    while (auto s = from.take()) {
        check_space(a, *s);
        for (std::size_t i = 0; i < s->spans.size(); i += 2) {
            write_cell(a, *s, s->spans[i].start, i % cells_a_page, 2 * i + 1);
        }
        check_space(a, *s);
        a.drop(*s->where);
    }
}

template <class F>
void in_parallel(std::deque<worker>& workers, F f) {
    std::vector<std::thread> threads;
    for (worker& w : workers)
        threads.emplace_back([&w, f] { f(w); });
    for (std::thread& t : threads)
        t.join();
}

void report(const char* when, arena& a) {
    std::printf("%-28s %6zu KiB resident, %6zu KiB in use\n", when, a.file().resident() / 1024,
                a.pool().used() * page_size() / 1024);
}

}  // namespace

int main(int count, char** arguments) {
    if (count > 1) {
        const std::string_view asked{arguments[1]};
        const bool help = asked == "--help" || asked == "-h";
        std::fputs(usage, help ? stdout : stderr);
        if (!help) return 2;
        return std::fflush(stdout) == 0 ? 0 : 1;
    }
    const memory_file file{1 << 16};
    if (!file.usable()) {
        std::printf("compacting_arena: skipped: no memfd_create, or no holes in files, here\n");
        return 77;
    }
    arena a{file, pages_a_space};
    compactor mover{a};
    std::deque<worker> workers;
    for (unsigned seed = 1; seed <= workers_count; ++seed) {
        workers.emplace_back(a, seed, pages_a_space);
    }

    in_parallel(workers, [](worker& w) { w.fragment(); });
    report("after allocating and freeing", a);
    const std::size_t before = file.resident();

    mailbox snapshots;
    std::atomic<bool> done{false};
    std::thread auditor{[&] { audit(a, snapshots); }};
    std::thread compacting{[&] {
        while (!done) {
            if (!mover.step()) std::this_thread::yield();
        }
    }};
    in_parallel(workers, [&](worker& w) { w.work(steps, snapshots); });
    snapshots.close();
    auditor.join();
    done = true;
    compacting.join();
    report("after working meanwhile", a);

    std::vector<checked_space> last;
    for (worker& w : workers)
        last.push_back(w.snapshot());
    for (std::size_t left = a.pool().length(); left != 0 && mover.step();)
        --left;
    for (worker& w : workers)
        check_space(a, w.mine());
    for (checked_space& s : last)
        check_space(a, s);
    report("compacted", a);
    std::printf("moved %zu frames, remapped %zu places, at most %zu of one frame; repeated %zu\n",
                mover.moved, mover.remapped, mover.widest, mover.repeated);

    const bool dense = a.pool().length() == a.pool().used() && file.resident() < before;
    if (!dense) std::fprintf(stderr, "the file has holes left\n");
    for (checked_space& s : last)
        a.drop(*s.where);
    for (worker& w : workers)
        a.drop(*w.mine().where);
    const bool empty = a.pool().used() == 0;
    if (!empty) std::fprintf(stderr, "frames are left that nothing maps\n");
    const bool told = std::fflush(stdout) == 0 && std::ferror(stdout) == 0;
    return failures == 0 && dense && empty && told ? 0 : 1;
}
