// SPDX-License-Identifier: BSL-1.0

// With store buffers only the explorer has what x86-TSO has (Owens, Sarkar, Sewell, 2009): random
// programs against a machine that is told the usual way, with a queue of stores for each thread.
// What it has lies between interleavings and the C++ memory model.

#include <cstddef>
#include <deque>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "support/explored.hpp"

namespace {

using namespace rmap_test;
using enum order;
using word = model::atomic<unsigned>;
using seen_outcomes = std::set<std::string>;

tally count;

enum class op { load, store, store_seq_cst, exchange, swap_if, add, fence, weak_fence, locked };
struct instruction {
    op what;
    unsigned where, value;
};
using program = std::vector<std::vector<instruction>>;

program make(std::uint64_t seed) {
    verify::random_numbers random{seed};
    program p(2 + (random.below(3) == 0 ? 1 : 0));
    for (auto& body : p) {
        for (unsigned left = p.size() == 2 ? 2 + random.below(3) : 1 + random.below(3); left != 0;
             --left) {
            constexpr op rare[] = {op::store_seq_cst, op::exchange,   op::swap_if, op::add,
                                   op::fence,         op::weak_fence, op::locked};
            // Buffers show where a store comes first.
            const unsigned kind = body.empty() ? 4 + random.below(6) : random.below(10);
            const op what = kind < 4 ? op::load : kind < 8 ? op::store : rare[random.below(7)];
            body.push_back({what, random.below(2), 1 + random.below(2)});
        }
    }
    return p;
}

char digit(unsigned v) {
    return static_cast<char>('0' + v);
}

/// What the explorer says.
seen_outcomes explored(const std::string& name, const program& p, explore_options with) {
    seen_outcomes seen;
    const auto r = explore(name, with, [&](verify::test& t) {
        word x[2];
        model_lock l;
        std::string read[3];
        for (std::size_t n = 0; n != p.size(); ++n) {
            t.thread("t", [n, &p, &x, &l, &read] {
                for (const instruction& i : p[n]) {
                    word& at = x[i.where];
                    const auto saw = [&](unsigned v) { read[n] += digit(v); };
                    unsigned expected = 0;
                    switch (i.what) {
                        case op::load: saw(at.load(relaxed)); break;
                        case op::store: at.store(i.value, relaxed); break;
                        case op::store_seq_cst: at.store(i.value, seq_cst); break;
                        case op::exchange: saw(at.exchange(i.value, relaxed)); break;
                        case op::swap_if:
                            saw(at.compare_exchange(expected, i.value, relaxed) ? 9 : expected);
                            break;
                        case op::add: saw(at.fetch_add(1, relaxed)); break;
                        case op::fence: model::fence(seq_cst); break;
                        case op::weak_fence: model::fence(acq_rel); break;
                        case op::locked:
                            l.lock();
                            saw(at.load(relaxed));
                            at.store(i.value, relaxed);
                            l.unlock();
                            break;
                    }
                }
            });
        }
        t.run();
        seen.insert(read[0] + "|" + read[1] + "|" + read[2] + "|" + digit(x[0].load(relaxed)) +
                    digit(x[1].load(relaxed)));
    });
    count.clean(r, name);
    return seen;
}

/// The machine of the paper: a queue for each thread; the lock is a third place in memory.
class machine {
public:
    explicit machine(const program& p) : program_{p} {
        state s;
        s.threads.resize(p.size());
        go(s);
    }
    seen_outcomes seen{};

private:
    struct thread {
        std::size_t next = 0;
        unsigned part = 0;  // of a locked instruction
        std::deque<std::pair<unsigned, unsigned>> queue{};
        std::string read{};
    };
    struct state {
        unsigned memory[3] = {};
        std::vector<thread> threads{};
    };
    static constexpr unsigned lock_word = 2;

    void go(const state& s) {
        std::string text;
        for (unsigned m : s.memory)
            text += digit(m);
        bool over = true;
        for (const thread& t : s.threads) {
            text += '/' + std::to_string(t.next) + digit(t.part) + t.read + '<';
            for (const auto& [where, value] : t.queue)
                text += digit(where), text += digit(value);
            over = over && t.queue.empty();
        }
        if (!known_.insert(text).second) return;
        for (std::size_t n = 0; n != s.threads.size(); ++n) {
            if (!s.threads[n].queue.empty()) {
                state after = s;
                const auto [where, value] = after.threads[n].queue.front();
                after.threads[n].queue.pop_front();
                after.memory[where] = value;
                go(after);
            }
            if (s.threads[n].next == program_[n].size()) continue;
            over = false;
            state after = s;
            if (step(after, after.threads[n], program_[n][s.threads[n].next])) go(after);
        }
        if (!over) return;
        std::string outcome;
        for (std::size_t n = 0; n != 3; ++n) {
            outcome += (n < s.threads.size() ? s.threads[n].read : std::string{}) + "|";
        }
        seen.insert(outcome + digit(s.memory[0]) + digit(s.memory[1]));
    }

    static unsigned look(const state& s, const thread& t, unsigned where) {
        for (std::size_t i = t.queue.size(); i-- != 0;) {
            if (t.queue[i].first == where) return t.queue[i].second;
        }
        return s.memory[where];
    }

    /// False: it has to wait.
    static bool step(state& s, thread& t, const instruction& i) {
        const auto saw = [&](unsigned v) { t.read += digit(v); };
        unsigned& at = s.memory[i.where];
        const bool drained = t.queue.empty();
        if (i.what == op::locked) {
            if (t.part == 0) {
                if (!drained || s.memory[lock_word] != 0) return false;
                s.memory[lock_word] = 1;
            } else if (t.part == 1) {
                saw(look(s, t, i.where));
            } else {
                t.queue.emplace_back(t.part == 2 ? i.where : lock_word, t.part == 2 ? i.value : 0);
            }
            t.part = (t.part + 1) % 4;
            if (t.part == 0) ++t.next;
            return true;
        }
        switch (i.what) {
            case op::load: saw(look(s, t, i.where)); break;
            case op::store: t.queue.emplace_back(i.where, i.value); break;
            case op::weak_fence: break;
            case op::fence:
                if (!drained) return false;
                break;
            case op::store_seq_cst:
                if (!drained) return false;
                at = i.value;
                break;
            case op::exchange:
                if (!drained) return false;
                saw(at);
                at = i.value;
                break;
            case op::add:
                if (!drained) return false;
                saw(at);
                ++at;
                break;
            case op::swap_if:
                if (!drained) return false;
                saw(at == 0 ? 9 : at);
                if (at == 0) at = i.value;
                break;
            case op::locked: break;
        }
        ++t.next;
        return true;
    }

    const program& program_;
    std::set<std::string> known_{};
};

std::string difference(const seen_outcomes& a, const seen_outcomes& b) {
    for (const auto& o : a) {
        if (b.count(o) == 0) return o;
    }
    return {};
}

void random_programs(std::uint64_t first, std::uint64_t programs) {
    std::uint64_t more_than_sc = 0, less_than_weak = 0;
    for (std::uint64_t seed = first; seed != first + programs; ++seed) {
        const program p = make(seed);
        const std::string name = "program " + std::to_string(seed);
        explore_options with;
        with.store_buffers = true;
        const seen_outcomes tso = explored(name, p, with);
        const machine by_queues{p};
        count.that(tso == by_queues.seen,
                   name + ": only the explorer has " + difference(tso, by_queues.seen) +
                       ", only the machine has " + difference(by_queues.seen, tso));
        const seen_outcomes sc = explored(name, p, {});
        count.that(difference(sc, tso).empty(), name + " lacks " + difference(sc, tso));
        with.store_buffers = false;
        with.weak = true;
        const seen_outcomes weak = explored(name, p, with);
        count.that(difference(tso, weak).empty(), name + ", weak, lacks " + difference(tso, weak));
        more_than_sc += tso.size() > sc.size() ? 1U : 0U;
        less_than_weak += tso.size() < weak.size() ? 1U : 0U;
    }
    std::printf("of %llu programs %llu show a buffer, %llu more than buffers\n",
                static_cast<unsigned long long>(programs),
                static_cast<unsigned long long>(more_than_sc),
                static_cast<unsigned long long>(less_than_weak));
    count.that(more_than_sc * 20 > programs, "some programs show a buffer");
    count.that(less_than_weak * 20 > programs, "some programs show more than buffers");
}

}  // namespace

int main(int argc, char** argv) {
#ifdef RMAP_FIBER_TSAN  // takes long over a change of fibers
    const std::uint64_t usual = 15;
#else
    const std::uint64_t usual = 200;
#endif
    random_programs(argc == 3 ? std::stoull(argv[1]) : 1, argc == 3 ? std::stoull(argv[2]) : usual);
    return count.exit_code();
}
