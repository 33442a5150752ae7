// SPDX-License-Identifier: BSL-1.0

// Three searches of the same scenarios must see the same: all interleavings without any reduction
// (counted by their happens-before graphs), the search that remembers, and the reduction. The
// counts of well-known tests are those of GenMC, which is optimal.

#include <cstddef>
#include <functional>
#include <string>
#include <vector>

#include "support/explored.hpp"

namespace {

using namespace rmap_test;
using enum order;
using word = model::atomic<unsigned>;

tally count;

// ThreadSanitizer takes long over a change of fibers.
#ifdef RMAP_FIBER_TSAN
constexpr bool slow = true;
#else
constexpr bool slow = false;
#endif

/// Tries everything and knows nothing.
class naive_search final : public verify::strategy {
public:
    void begin(verify::engine&) override { depth_ = 0; }
    int thread(verify::engine&, verify::thread_mask enabled, int) override {
        if (depth_ == path_.size()) path_.push_back(enabled);
        return __builtin_ctz(path_[depth_++]);
    }
    unsigned value(verify::engine&, unsigned) override { return 0; }
    bool is_new(verify::engine& e) override {
        ++all_;
        return graphs_.insert(e.graph_hash());
    }
    bool next() override {
        while (!path_.empty()) {
            path_.back() &= path_.back() - 1;
            if (path_.back() != 0) return true;
            path_.pop_back();
        }
        return false;
    }
    [[nodiscard]] std::uint64_t all() const { return all_; }

private:
    std::vector<verify::thread_mask> path_{};
    std::size_t depth_ = 0;
    std::uint64_t all_ = 0;
    verify::hash_set graphs_{};
};

struct naive_result {
    explore_result graphs{};
    std::uint64_t interleavings = 0;
};

template <class Scenario>
naive_result naive(Scenario scenario) {
    naive_search by;
    verify::engine e{{}, by};
    naive_result r;
    auto body = [&] {
        verify::test t{e};
        scenario(t);
    };
    r.graphs.complete = verify::detail::search_with(
        e, by, body, verify::detail::limits{1'000'000, {}, false}, r.graphs);
    r.interleavings = by.all();
    return r;
}

template <class Scenario>
std::uint64_t reduced(const std::string& name, std::uint64_t wanted, Scenario scenario) {
    const auto dpor = explore(name, {}, scenario);
    count.clean(dpor, name);
    count.equal(dpor.executions, wanted, name + ", reduced");
    if (wanted < 3000) {
        explore_options remember;
        remember.how = search::cached;
        count.equal(explore(name, remember, scenario).executions, wanted, name + ", remembered");
    }
    return dpor.executions;
}

void known_counts() {
    // Three threads of three private steps and a shared one: 3! of 34,650.
    const auto private_steps = [](verify::test& t) {
        word own[3];
        word shared;
        for (word& mine : own) {
            t.thread("t", [&mine, &shared] {
                for (int i = 0; i != 3; ++i)
                    mine.fetch_add(1, relaxed);
                shared.fetch_add(1, relaxed);
            });
        }
        t.run();
        require(shared.load(relaxed) == 3, "an increment was lost");
    };
    reduced("T4", 6, private_steps);
    if (!slow) {
        const auto all = naive(private_steps);
        count.equal(all.interleavings, 34650, "T4, interleavings");
        count.equal(all.graphs.executions, 6, "T4, graphs");
    }

    const auto mutex = [](unsigned threads, unsigned times) {
        return [=](verify::test& t) {
            model_lock a, b;
            for (unsigned i = 0; i != threads; ++i) {
                t.thread("t", [&] {
                    for (unsigned n = 0; n != times; ++n) {
                        a.lock();
                        b.lock();
                        b.unlock();
                        a.unlock();
                    }
                });
            }
            t.run();
        };
    };
    reduced("mutex 3 times 1", 6, mutex(3, 1));
    reduced("mutex 3 times 2", 90, mutex(3, 2));
    reduced("mutex 4 times 2", 2520, mutex(4, 2));

    const auto add = [](unsigned threads, unsigned times) {
        return [=](verify::test& t) {
            word n;
            for (unsigned i = 0; i != threads; ++i) {
                t.thread("t", [&] {
                    for (unsigned k = 0; k != times; ++k)
                        n.fetch_add(1, relaxed);
                });
            }
            t.run();
        };
    };
    reduced("fetch_add 3 times 2", 90, add(3, 2));
    reduced("fetch_add 4 times 2", 2520, add(4, 2));
    if (!slow) reduced("fetch_add 3 times 4", 34650, add(3, 4));

    // Readers do not count; a reader and a writer do.
    reduced("readers", 1, [](verify::test& t) {
        model_lock l;
        for (int i = 0; i != 3; ++i) {
            t.thread("r", [&] {
                l.lock_shared();
                l.unlock_shared();
            });
        }
        t.run();
    });
    // Before, between or behind: 2^2 ways for a writer to stand to two readers.
    reduced("readers and a writer", 4, [](verify::test& t) {
        model_lock l;
        for (int i = 0; i != 2; ++i) {
            t.thread("r", [&] {
                l.lock_shared();
                l.unlock_shared();
            });
        }
        t.thread("w", [&] {
            l.lock();
            l.unlock();
        });
        t.run();
    });
}

/// Programs out of random instructions. Locks are nested in one order, so that nothing deadlocks.
class program {
public:
    explicit program(std::uint64_t seed) : random_{seed} {
        threads_.resize(2 + random_.below(2));
        const unsigned most = threads_.size() == 2 ? 4 : 3;
        for (auto& body : threads_) {
            for (unsigned left = 2 + random_.below(most - 1); left != 0; --left) {
                body.push_back({static_cast<op>(random_.below(10)), random_.below(2)});
            }
        }
        // Somebody waits for what the last thread does in the end.
        if (random_.below(3) == 0) {
            threads_.front().push_back({op::wait, 0});
            threads_.back().push_back({op::signal, 0});
        }
    }

    void operator()(verify::test& t) const {
        world w;
        for (const auto& body : threads_) {
            t.thread("t", [&body, &w] {
                for (const auto& [what, where] : body)
                    run(w, what, where);
            });
        }
        t.run();
    }

private:
    enum class op {
        load,
        store,
        add,
        swap_if,
        lock,
        try_lock,
        share,
        try_share, mixed, nested, wait, signal
    };
    struct world {
        word x[2];
        word flag;
        model_lock l[2];
    };

    static void run(world& w, op what, unsigned where) {
        word& x = w.x[where];
        model_lock& l = w.l[where];
        switch (what) {
            case op::load: static_cast<void>(x.load(relaxed)); break;
            case op::store: x.store(1, relaxed); break;
            case op::add: x.fetch_add(1, relaxed); break;
            case op::swap_if: {
                unsigned zero = 0;
                static_cast<void>(x.compare_exchange(zero, 7, relaxed));
                break;
            }
            case op::lock:
                l.lock();
                l.unlock();
                break;
            case op::try_lock:
                if (l.try_lock()) l.unlock();
                break;
            case op::share:
                l.lock_shared();
                l.unlock_shared();
                break;
            case op::try_share:
                if (l.try_lock_shared()) l.unlock_shared();
                break;
            case op::mixed:
                l.lock();
                x.fetch_add(1, relaxed);
                l.unlock();
                break;
            case op::nested:
                w.l[0].lock_shared();
                if (where == 0 || w.l[1].try_lock()) {
                    if (where == 0) w.l[1].lock();
                    w.x[1].fetch_add(1, relaxed);
                    w.l[1].unlock();
                }
                w.l[0].unlock_shared();
                break;
            case op::wait:
                while (w.flag.load(relaxed) == 0)
                    model::pause();
                break;
            case op::signal: w.flag.store(1, relaxed); break;
        }
    }

    verify::random_numbers random_;
    std::vector<std::vector<std::pair<op, unsigned>>> threads_{};
};

void random_programs(std::uint64_t first, std::uint64_t programs) {
    explore_options remember;
    remember.how = search::cached;
    for (std::uint64_t seed = first; seed != first + programs; ++seed) {
        const program p{seed};
        const std::string name = "program " + std::to_string(seed);
        const auto dpor = explore(name, {}, p);
        const auto cached = explore(name, remember, p);
        count.clean(dpor, name);
        count.equal(dpor.executions, cached.executions, name + ", reduced against remembered");
        if (dpor.steps / (dpor.executions + dpor.pruned) > 10) continue;
        const auto all = naive(p);
        if (all.graphs.complete) {
            count.equal(dpor.executions, all.graphs.executions, name + ", reduced against all");
        }
    }
}

}  // namespace

int main(int argc, char** argv) {
    known_counts();
    if (argc == 3) {
        random_programs(std::stoull(argv[1]), std::stoull(argv[2]));
    } else {
        random_programs(1, slow ? 20 : 200);
    }
    return count.exit_code();
}
