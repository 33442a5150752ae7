// SPDX-License-Identifier: BSL-1.0

// The forms of the handshake side by side: what each role takes, alone and while the other party is
// at the same page. Instructions are those executed in one turn of the loop, the loop's own two or
// three included. `no_fence` is what two words would cost if they needed no fence; it is broken.

#include <atomic>
#include <cstdint>
#include <cstdio>
#include <string>
#include <thread>
#include <vector>

#include <sched.h>

#include <rmap/flags/handshake.hpp>
#include <rmap/locks/spin.hpp>

#include "measure.hpp"
#include "single_steps.hpp"

namespace rmap_bench {

namespace {

namespace flags = rmap::flags;

enum class pg : unsigned { locked, lru, mlocked, count };

template <class Atomics>
using word_over = flags::page_flags<pg, Atomics>;
using word = word_over<rmap::atomics::builtin>;

/// Says that its read-modify-writes are full barriers, and does nothing for it.
struct no_fence : rmap::atomics::builtin {
    static constexpr bool kernel_rmw = true;
};

// A page's flags in one line of the cache, or in two.

struct one_word {
    using form = flags::one_word<word, pg::mlocked, pg::lru>;
    alignas(64) word flags{};
    form::place at() { return flags; }
};

template <class Atomics, std::size_t Apart>
struct two_words {
    using form =
        rmap::flags::split_word<word_over<Atomics>, pg::mlocked, word_over<Atomics>, pg::lru>;
    alignas(64) word_over<Atomics> with_mlocked{};
    alignas(Apart) word_over<Atomics> with_lru{};
    typename form::place at() { return {with_mlocked, with_lru}; }
};

struct under_lock {
    using form = flags::locked<word, pg::mlocked, word, pg::lru, rmap::locks::spin>;
    alignas(64) word flags{};
    rmap::locks::spin lock{};
    form::place at() { return {flags, flags, lock}; }
};

/// The value is computed, and nothing is stored for that.
void used(bool value) noexcept {
    asm volatile("" : : "r"(value));
}

struct munlock {
    static constexpr const char* name = "munlock";
    template <class Page>
    static void turns(Page& p, std::uint64_t count) noexcept {
        while (count-- != 0) {
            used(Page::form::munlock(p.at()).on_lru());
        }
    }
};
struct putback {
    static constexpr const char* name = "putback";
    template <class Page>
    static void turns(Page& p, std::uint64_t count) noexcept {
        while (count-- != 0) {
            used(Page::form::putback(p.at()).still_mlocked());
        }
    }
};

/// One thread plays one role; how many ns it takes.
template <class Role, class Page>
double alone(report& to, const std::string& form) {
    const std::uint64_t turns = to.quick() ? 1000 : 1'000'000;
    Page page;
    figure f = measure(to, "handshake/" + form + '/' + Role::name, turns, [&] {
        const stopwatch watch;
        Role::turns(page, turns);
        return watch.elapsed();
    });
    const double instructions = instructions_a_turn([&](unsigned n) { Role::turns(page, n); });
    if (instructions != 0) f.counters.emplace_back("instructions", instructions);
    const double ns = f.cpu_ns;
    to.add(std::move(f));
    return ns;
}

/// Keeps the calling thread on the nth processor that it may use, while this lives.
class on_processor {
public:
    explicit on_processor(unsigned nth) {
        ::sched_getaffinity(0, sizeof before_, &before_);
        cpu_set_t one;
        CPU_ZERO(&one);
        for (std::size_t cpu = 0; cpu != CPU_SETSIZE && CPU_COUNT(&one) == 0; ++cpu) {
            if (CPU_ISSET(cpu, &before_) && nth-- == 0) CPU_SET(cpu, &one);
        }
        ::sched_setaffinity(0, sizeof one, &one);
    }
    ~on_processor() { ::sched_setaffinity(0, sizeof before_, &before_); }
    on_processor(const on_processor&) = delete;
    on_processor& operator=(const on_processor&) = delete;

private:
    cpu_set_t before_{};
};

/// Two threads at one page, each on its processor with its role, in bursts that both begin
/// together: the median of what a turn took. On a busy machine, too, most bursts find both running.
template <class Page>
double together(report& to, const std::string& form) {
    constexpr std::uint64_t turns = 200;
    const unsigned bursts = to.quick() ? 20 : 5'000;
    Page page;
    std::atomic<unsigned> arrived{0};
    std::vector<double> real[2];
    const auto play = [&](auto role, std::vector<double>& took) {
        const on_processor here{&took == &real[0] ? 0U : 1U};
        for (unsigned burst = 1; burst <= bursts; ++burst) {
            arrived.fetch_add(1);
            for (unsigned spins = 0; arrived.load() < 2 * burst; ++spins) {
                rmap::atomics::builtin::pause();
                if (spins > 20'000) std::this_thread::yield();
            }
            const stopwatch watch;
            decltype(role)::turns(page, turns);
            took.push_back(watch.elapsed().real_ns / turns);
        }
    };
    std::thread other{[&] { play(putback{}, real[1]); }};
    play(munlock{}, real[0]);
    other.join();
    const double ns = (median(real[0]) + median(real[1])) / 2;
    to.add({"handshake/" + form + "/two_threads", bursts * turns, ns, ns, 0, {}});
    return ns;
}

struct costs {
    double alone;  // both roles, one after the other
    double together;
};

template <class Page>
costs form(report& to, const std::string& name) {
    const double first = alone<munlock, Page>(to, name);
    const double second = alone<putback, Page>(to, name);
    return {first + second, together<Page>(to, name)};
}

}  // namespace

bool handshake(report& to) {
    using rmap::atomics::builtin;
    const costs one = form<one_word>(to, "one_word");
    const costs two = form<two_words<builtin, 4>>(to, "split_word");
    form<two_words<builtin, 64>>(to, "split_word_two_lines");
#if defined(__x86_64__)
    form<two_words<flags::x86_rmw, 4>>(to, "split_word_x86_rmw");
#endif
    form<two_words<no_fence, 4>>(to, "no_fence");
    form<under_lock>(to, "locked");
    if (to.quick()) return true;
    char text[160];
    std::snprintf(text, sizeof text,
                  "  one_word takes %.2f of the time of split_word alone, %.2f with two threads",
                  one.alone / two.alone, one.together / two.together);
    to.say(text);
    return true;
}

}  // namespace rmap_bench
