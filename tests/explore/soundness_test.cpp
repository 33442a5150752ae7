// SPDX-License-Identifier: BSL-1.0

// Random programs under the C++ memory model and under bounds on preemptions, against a search that
// tries every schedule and every choice and forgets nothing. The same graphs, the same outcomes;
// weaker orders allow no less; what is interleaved is allowed.

#include <cstddef>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "support/explored.hpp"

namespace {

using namespace rmap_test;
using enum order;
using word = model::atomic<unsigned>;

tally count;

/// Tries everything. Keeps, for each graph, the fewest preemptions that lead to it.
class naive_search final : public verify::strategy {
public:
    void begin(verify::engine&) override {
        depth_ = 0;
        preemptions_ = 0;
    }
    int thread(verify::engine&, verify::thread_mask enabled, int last) override {
        if (depth_ == path_.size()) path_.push_back({enabled, 0, 0});
        const int chosen = __builtin_ctz(path_[depth_++].open);
        const bool could_stay = last >= 0 && ((enabled >> last) & 1U) != 0;
        if (could_stay && chosen != last) ++preemptions_;
        return chosen;
    }
    unsigned value(verify::engine&, unsigned n) override {
        if (depth_ == path_.size()) path_.push_back({0, n, 0});
        return path_[depth_++].value;
    }
    bool is_new(verify::engine& e) override {
        const auto [at, fresh] = graphs.emplace(e.graph_hash(), preemptions_);
        if (preemptions_ < at->second) at->second = preemptions_;
        return fresh;
    }
    bool next() override {
        for (; !path_.empty(); path_.pop_back()) {
            node& n = path_.back();
            n.open &= n.open - 1;
            if (n.open != 0) return true;
            if (n.values != 0 && ++n.value != n.values) return true;
        }
        return false;
    }

    std::map<std::uint64_t, unsigned> graphs{};

private:
    struct node {
        verify::thread_mask open;
        unsigned values, value;
    };
    std::vector<node> path_{};
    std::size_t depth_ = 0;
    unsigned preemptions_ = 0;
};

using seen_outcomes = std::set<std::string>;

/// What the threads read, and what is left in the end.
class program {
public:
    /// `weaker` has all orders relaxed.
    program(std::uint64_t seed, bool weaker) {
        verify::random_numbers random{seed};
        threads_.resize(2 + (random.below(4) == 0 ? 1 : 0));
        for (auto& body : threads_) {
            for (unsigned left = threads_.size() == 2 ? 1 + random.below(3) : 1 + random.below(2);
                 left != 0; --left) {
                instruction i{};
                i.what = static_cast<op>(random.below(7));
                i.where = random.below(2);
                i.value = 1 + random.below(2);
                constexpr order loads[] = {relaxed, acquire, seq_cst};
                constexpr order stores[] = {relaxed, release, seq_cst};
                constexpr order both[] = {relaxed, acquire, release, acq_rel, seq_cst};
                i.load = loads[random.below(3)];
                i.store = stores[random.below(3)];
                i.both = both[random.below(5)];
                if (weaker) i.load = i.store = i.both = relaxed;
                body.push_back(i);
            }
        }
        if (random.below(5) == 0) {
            threads_.front().push_back({op::wait, 0, 0, relaxed, relaxed, relaxed});
            threads_.back().push_back({op::signal, 0, 0, relaxed, release, relaxed});
        }
    }

    void operator()(verify::test& t, std::string& outcome) const {
        word x[2], flag;
        model_lock l;
        std::string read[3];
        for (std::size_t n = 0; n != threads_.size(); ++n) {
            t.thread("t", [this, n, &x, &flag, &l, &read] {
                for (const instruction& i : threads_[n])
                    run(i, x[i.where], flag, l, read[n]);
            });
        }
        t.run();
        outcome = read[0] + "|" + read[1] + "|" + read[2] + "|";
        for (word& w : x) outcome += std::to_string(w.load(relaxed));
    }

private:
    enum class op { load, store, exchange, swap_if, add, fence, locked, wait, signal };
    struct instruction {
        op what;
        unsigned where, value;
        order load, store, both;
    };

    static void run(const instruction& i, word& x, word& flag, model_lock& l, std::string& read) {
        const auto saw = [&](unsigned v) { read += static_cast<char>('0' + v); };
        switch (i.what) {
            case op::load: saw(x.load(i.load)); break;
            case op::store: x.store(i.value, i.store); break;
            case op::exchange: saw(x.exchange(i.value, i.both)); break;
            case op::swap_if: {
                unsigned expected = 0;
                saw(x.compare_exchange(expected, i.value, i.both) ? 9 : expected);
                break;
            }
            case op::add: saw(x.fetch_add(1, i.both)); break;
            case op::fence: model::fence(i.both); break;
            case op::locked:
                l.lock();
                saw(x.load(relaxed));
                x.store(i.value, relaxed);
                l.unlock();
                break;
            case op::wait:
                while (flag.load(i.load) == 0) model::pause();
                break;
            case op::signal: flag.store(1, i.store); break;
        }
    }

    std::vector<std::vector<instruction>> threads_{};
};

struct searched {
    explore_result result{};
    seen_outcomes seen{};
};
searched search_for(const std::string& name, const program& p, explore_options with) {
    searched s;
    s.result = explore(name, with, [&](verify::test& t) {
        std::string outcome;
        p(t, outcome);
        s.seen.insert(outcome);
    });
    count.clean(s.result, name);
    return s;
}

/// Under the memory model: the search that remembers, against the one that does not.
void weak_programs(std::uint64_t first, std::uint64_t programs) {
    explore_options with;
    with.weak = true;
    std::uint64_t compared = 0;
    for (std::uint64_t seed = first; seed != first + programs; ++seed) {
        const program p{seed, false};
        const std::string name = "program " + std::to_string(seed);
        const searched known = search_for(name, p, with);

        naive_search by;
        verify::engine e{{.weak = true}, by};
        seen_outcomes all;
        auto body = [&] {
            verify::test t{e};
            std::string outcome;
            p(t, outcome);
            all.insert(outcome);
        };
        explore_result r;
        if (verify::detail::search_with(e, by, body, verify::detail::limits{30000, {}, false}, r)) {
            ++compared;
            count.equal(known.result.executions, by.graphs.size(), name + ": graphs");
            count.that(known.seen == all, name + ": other outcomes");
        }

        const searched sc = search_for(name, p, {});
        for (const auto& o : sc.seen) count.that(known.seen.count(o) != 0, name + " lacks " + o);
        const searched weaker = search_for(name, program{seed, true}, with);
        for (const auto& o : known.seen) {
            count.that(weaker.seen.count(o) != 0, name + ", relaxed, lacks " + o);
        }
    }
    std::printf("%llu programs compared\n", static_cast<unsigned long long>(compared));
    count.that(compared * 3 > programs * 2, "most programs are small enough");
}

/// Bounded: what can be reached with so many preemptions, no more and no less.
void bounded_programs(std::uint64_t first, std::uint64_t programs) {
    for (std::uint64_t seed = first; seed != first + programs; ++seed) {
        const program p{seed, false};
        const std::string name = "bounded program " + std::to_string(seed);
        naive_search by;
        verify::engine e{{}, by};
        auto body = [&] {
            verify::test t{e};
            std::string outcome;
            p(t, outcome);
        };
        explore_result r;
        if (!verify::detail::search_with(e, by, body, verify::detail::limits{30000, {}, false},
                                         r)) {
            continue;
        }
        for (unsigned c = 0; c != 4; ++c) {
            explore_options with;
            with.how = search::preemptions;
            with.preemptions = c;
            std::uint64_t wanted = 0;
            for (const auto& [graph, fewest] : by.graphs) wanted += fewest <= c ? 1U : 0U;
            count.equal(search_for(name, p, with).result.executions, wanted,
                        name + " with " + std::to_string(c));
        }
    }
}

}  // namespace

int main(int argc, char** argv) {
    const std::uint64_t first = argc == 3 ? std::stoull(argv[1]) : 1;
#ifdef RMAP_FIBER_TSAN  // takes long over a change of fibers
    const std::uint64_t usual = 15;
#else
    const std::uint64_t usual = 150;
#endif
    const std::uint64_t programs = argc == 3 ? std::stoull(argv[2]) : usual;
    weak_programs(first, programs);
    bounded_programs(first, programs);
    return count.exit_code();
}
