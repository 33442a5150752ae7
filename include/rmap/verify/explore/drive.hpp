// SPDX-License-Identifier: BSL-1.0
#pragma once

// explore() itself: picks the search, runs it, replays and minimises what fails, says what was
// covered.

#include <chrono>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <memory>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include <rmap/verify/explore/engine.hpp>
#include <rmap/verify/explore/options.hpp>
#include <rmap/verify/explore/print.hpp>
#include <rmap/verify/explore/search_cached.hpp>
#include <rmap/verify/explore/search_dpor.hpp>
#include <rmap/verify/explore/search_random.hpp>
#include <rmap/verify/explore/search_replay.hpp>
#include <rmap/verify/explore/test.hpp>
#include <rmap/verify/explore/token.hpp>

namespace rmap::inline RMAP_ABI::verify {

namespace detail {

struct limits {
    std::uint64_t executions;
    std::chrono::steady_clock::time_point until;
    bool timed;

    [[nodiscard]] bool reached(std::uint64_t done) const {
        if (done >= executions) return true;
        return timed && done % 64 == 0 && std::chrono::steady_clock::now() >= until;
    }
};

[[nodiscard]] inline schedule schedule_of(std::string_view name, const engine& e) {
    schedule s;
    s.name = name_hash(name);
    s.operations = operations_hash(e.trace());
    for (const step& st : e.trace()) s.threads.push_back(st.thread);
    s.values = e.values();
    return s;
}

/// Runs executions until the strategy has no more, one fails, or a limit is reached.
template <class Run>
bool search_with(engine& e, strategy& by, Run& run, const limits& most, explore_result& r) {
    for (std::uint64_t done = 0;;) {
        const bool ok = e.execute(run);
        ++done;
        if (!e.pruned() && (!ok || by.is_new(e))) {
            ++r.executions;
        } else {
            ++r.pruned;
        }
        if (!ok) {
            r.what = e.failed();
            r.first_failing = r.executions + r.pruned;
            return false;
        }
        if (!by.next()) return true;
        if (most.reached(done)) return false;
    }
}

/// A scenario, whatever its type: so that users' tests compile fast.
struct scenario_ref {
    void (*call)(void*, test&);
    void* data;
};

/// One scenario with its options: what every search of it has in common.
class exploration {
public:
    exploration(std::string_view name, const explore_options& with, scenario_ref scenario)
        : name_{name}, with_{with}, scenario_{scenario} {}

    explore_result run() {
        const auto begin = std::chrono::steady_clock::now();
        most_ = {with_.max_executions,
                 begin + std::chrono::duration_cast<std::chrono::steady_clock::duration>(
                             std::chrono::duration<double>(with_.seconds)),
                 with_.seconds > 0};
        if (!with_.replay.empty()) {
            replay();
        } else if (with_.how == search::portfolio) {
            portfolio();
        } else {
            once(with_.how, with_.preemptions);
        }
        if (result_.failed() && with_.minimise && with_.replay.empty()) minimise();
        result_.seconds =
            std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
        return result_;
    }

private:
    bool search(strategy& by) {
        engine e{for_engine(), by};
        auto body = [&] {
            e.objects().forget_names();
            test t{e};
            scenario_.call(scenario_.data, t);
        };
        const bool done = search_with(e, by, body, most_, result_);
        result_.steps += e.steps_in_all();
        if (result_.failed()) keep(e);
        has_invariant_ = e.has_invariant();
        return done;
    }

    [[nodiscard]] engine_options for_engine() const noexcept {
        return {with_.has_stale_loads(), with_.store_buffers, with_.plain_points,
                with_.reuse_memory, with_.max_steps};
    }

    void keep(engine& e) {
        result_.token = to_token(schedule_of(name_, e));
        result_.text =
            in_columns(e) + "  " + name_of(result_.what.kind) + ": " + result_.what.what + "\n";
    }

    void once(verify::search how, unsigned preemptions) {
        if (how == search::exhaustive && !with_.has_stale_loads()) {
            dpor_search by;
            result_.complete = search(by);
            if (has_invariant_ && result_.complete) {
                // What must hold after every step tells independent steps apart: all orders.
                result_.executions = 0;
                cached_search all_orders;
                result_.complete = search(all_orders);
            }
            covered("EXHAUSTIVE");
        } else if (how == search::exhaustive || how == search::cached) {
            cached_search by{cached_search::unbounded, with_.stale};
            result_.complete = search(by);
            covered(with_.stale == cached_search::unbounded
                        ? std::string{"EXHAUSTIVE"}
                        : "complete up to " + std::to_string(with_.stale) + " stale choices,");
        } else if (how == search::preemptions) {
            cached_search by{preemptions, with_.stale};
            result_.complete = search(by);
            covered("complete up to " + std::to_string(preemptions) + " preemptions,");
        } else if (how == search::pct) {
            pct_search by{with_.depth, with_.seed, with_.runs};
            result_.complete = search(by);
            sampled(by);
        } else {
            random_search by{with_.seed, with_.runs};
            result_.complete = search(by);
            result_.coverage = "SAMPLED " + std::to_string(result_.executions) +
                               " random executions: no promise";
        }
    }

    void covered(const std::string& what) {
        result_.coverage = (result_.complete ? what : "NOT COMPLETE,") + " " +
                           std::to_string(result_.executions) + " executions";
        if (!result_.complete || !with_.has_stale_loads()) return;
        result_.coverage += with_.store_buffers ? " (x86-TSO)" : " (C++ memory model)";
    }

    void sampled(const pct_search& by) {
        // One run meets a bug of that depth with probability p or more; n runs miss it with (1 -
        // p)^n.
        const double p = 1.0 / (by.threads() * std::pow(by.steps(), by.depth() - 1.0));
        const double miss = std::pow(1.0 - p, static_cast<double>(result_.executions));
        char text[160];
        std::snprintf(
            text, sizeof text,
            "SAMPLED %llu executions (PCT): a bug of depth %u is missed with probability %.2g",
            static_cast<unsigned long long>(result_.executions), by.depth(), miss);
        result_.coverage = text;
    }

    void portfolio() {
        unsigned c = 0;
        for (; c != 3 && !result_.failed(); ++c) {
            once(search::preemptions, c);
            if (!result_.complete) return;
        }
        if (!result_.failed()) {
            const std::string bounded = result_.coverage;
            once(search::pct, 0);
            result_.coverage = bounded + "; then " + result_.coverage;
        }
    }

    void replay() {
        const auto wanted = from_token(with_.replay);
        if (!wanted || wanted->name != name_hash(name_)) {
            result_.what = {failure_kind::nondeterminism,
                            "the replay string is not one of this scenario"};
            return;
        }
        replay_search by{*wanted};
        engine e{for_engine(), by};
        auto body = [&] {
            e.objects().forget_names();
            test t{e};
            scenario_.call(scenario_.data, t);
        };
        ++result_.executions;
        const bool ok = e.execute(body);
        result_.steps += e.steps_in_all();
        if (by.diverged() || operations_hash(e.trace()) != wanted->operations) {
            result_.what = {failure_kind::nondeterminism,
                            "the replay string is stale: the scenario does other operations now"};
            return;
        }
        result_.complete = true;
        result_.coverage = "REPLAYED one execution";
        if (!ok) {
            result_.what = e.failed();
            result_.first_failing = 1;
            keep(e);
        }
    }

    /// The same failure with the fewest preemptions: searched from none upwards, within limits.
    void minimise() {
        const failure_kind kind = result_.what.kind;
        const limits before = most_;
        most_ = {20000, {}, false};
        for (unsigned c = 0; c != 4; ++c) {
            explore_result found;
            std::swap(found, result_);
            cached_search by{c, with_.has_stale_loads() ? c : cached_search::unbounded};
            search(by);
            std::swap(found, result_);
            if (found.what.kind == kind) {
                result_.what = found.what;
                result_.token = found.token;
                result_.text = found.text;
                break;
            }
        }
        most_ = before;
    }

    std::string_view name_;
    explore_options with_;
    scenario_ref scenario_;
    limits most_{};
    bool has_invariant_ = false;
    explore_result result_{};
};

}  // namespace detail

/// Explores a scenario: a callable that takes a test&. Runs in the calling thread.
template <class Scenario>
explore_result explore(std::string_view name, const explore_options& with, Scenario&& scenario) {
    auto* it = std::addressof(scenario);  // of an object or of a function
    const auto call = [](void* data, test& t) { (**static_cast<decltype(it)*>(data))(t); };
    return detail::exploration{name, with, {call, &it}}.run();
}

}  // namespace rmap::inline RMAP_ABI::verify
