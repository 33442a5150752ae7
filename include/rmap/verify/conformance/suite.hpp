// SPDX-License-Identifier: BSL-1.0
#pragma once

// How suites look at laws: scenarios for the explorer, each in the name of a law, and what comes of
// them, collected until the suite is through. A law may have many scenarios; the first that fails
// breaks it, and those after it are left out. How a scenario fails may say that it is another law
// that is broken: a deadlock is not a lack of exclusion.

#include <cstdint>
#include <functional>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include <rmap/verify/conformance/report.hpp>
#include <rmap/verify/explore.hpp>

namespace rmap::inline RMAP_ABI::verify {

/// What is asked of a suite.
struct conformance_options {
    std::string_view only{};                 // laws whose names begin so
    std::string_view replay{};               // a token: run only the execution that it stands for
    std::uint64_t seed = 1;                  // of scripts
    unsigned scripts = 60;                   // random ones, where a law is looked at by scripts
    std::uint64_t max_executions = 500'000;  // of one scenario; one that needs more is not complete
};

namespace conformance {

/// To which law a failure of some kind is credited, if its text begins so.
struct credit {
    failure_kind kind;
    const law* to;
    const char* begins = "";
};
using credits = std::vector<credit>;

class suite {
public:
    template <std::size_t N>
    suite(const law (&laws)[N], const conformance_options& with) : with_{with} {
        for (const law& l : laws)
            results_.push_back({l});
    }

    /// A kind of failure that says the same in every scenario of the suite.
    void always(const credit& c) { always_.push_back(c); }

    [[nodiscard]] const conformance_options& options() const noexcept { return with_; }

    /// Whether more is to be done for the law.
    [[nodiscard]] bool wants(const law& of) const {
        return asked(of) && find(of).result.is != verdict::broken;
    }

    [[nodiscard]] bool is_broken(const law& of) const {
        return find(of).result.is == verdict::broken;
    }

    /// Explores a scenario in the name of a law. `story` tells it from others of the law.
    template <class Scenario>
    void explored(const law& of, const char* story, explore_options how, Scenario&& scenario,
                  const credits& to = {}) {
        if (!wants(of)) return;
        how.replay = with_.replay;
        how.max_steps = 2000;  // the scenarios take fewer than 200
        how.max_executions = with_.max_executions;
        const std::string name = std::string{of.name} + ": " + story;
        const auto r = explore(name, how, scenario);
        if (!with_.replay.empty() && r.steps == 0) return;  // the string of another scenario
        saw(of, story, r, to);
    }

    /// Once, by one thread that is alone.
    template <class Body>
    void alone(const law& of, const char* story, Body body) {
        explored(of, story, {}, [&](test& t) {
            t.thread("alone", [&] { body(); });
            t.run();
        });
    }

    void not_claimed(const law& of, std::string why) { skip(of, verdict::not_claimed, why); }
    void not_seen(const law& of, std::string why) { skip(of, verdict::not_seen, why); }

    /// Looked at in another way than by the explorer; `what` is empty if nothing is wrong.
    void looked(const law& of, std::string coverage, std::string what, std::string text = {}) {
        if (!wants(of)) return;
        law_result& r = find(of).result;
        r.coverage = std::move(coverage);
        if (what.empty()) return;
        r.is = verdict::broken;
        r.what = std::move(what);
        r.text = std::move(text);
    }

    /// Hands all results over. Whether no law is broken.
    bool tell(const std::function<void(const law_result&)>& sink) {
        bool sound = true;
        for (entry& e : results_) {
            if (!asked(*e.result.of)) continue;
            if (!with_.replay.empty() && e.runs.empty() && e.result.is == verdict::holds) continue;
            if (e.result.is == verdict::holds) e.result.coverage = coverage_of(e);
            if (e.result.is == verdict::holds && e.ended_by != nullptr) {
                e.result.is = verdict::not_seen;
                e.result.what =
                    std::string{"a search was ended by what breaks "} + e.ended_by->name;
            }
            sound = sound && e.result.is != verdict::broken;
            sink(e.result);
        }
        return sound;
    }

private:
    struct run {
        std::string words;  // of the coverage, but for the number
        std::uint64_t executions = 0;
    };
    struct entry {
        entry(const law& l) { result.of = &l; }
        law_result result{};
        std::vector<run> runs{};
        const law* ended_by = nullptr;  // another law, before a search of this one was through
    };

    [[nodiscard]] bool asked(const law& of) const {
        return std::string_view{of.name}.substr(0, with_.only.size()) == with_.only;
    }
    [[nodiscard]] const entry& find(const law& of) const {
        for (const entry& e : results_) {
            if (e.result.of == &of) return e;
        }
        __builtin_abort();  // a law of another suite
    }
    [[nodiscard]] entry& find(const law& of) {
        return const_cast<entry&>(static_cast<const suite&>(*this).find(of));
    }

    void skip(const law& of, verdict is, std::string& why) {
        if (!wants(of)) return;
        law_result& r = find(of).result;
        r.is = is;
        r.what = std::move(why);
    }

    void saw(const law& of, const char* story, const explore_result& r, const credits& to) {
        const law* broken = &of;
        for (const credits* all : std::initializer_list<const credits*>{&to, &always_}) {
            for (const credit& c : *all) {
                if (c.kind == r.what.kind && r.what.what.rfind(c.begins, 0) == 0) broken = c.to;
            }
        }
        // A scenario looks at every law that it can break.
        looked_at(of, r, *broken);
        for (std::size_t i = 0; i != to.size(); ++i) {
            bool first = to[i].to != &of;
            for (std::size_t j = 0; j != i; ++j)
                first = first && to[j].to != to[i].to;
            if (first) looked_at(*to[i].to, r, *broken);
        }
        if (!r.failed() || !wants(*broken)) return;
        law_result& result = find(*broken).result;
        result.is = verdict::broken;
        result.coverage = r.coverage;
        result.what = std::string{story} + ": " + name_of(r.what.kind) + ": " + r.what.what;
        if (r.steps == 0) return;  // nothing was interleaved, so there is nothing to show
        result.text = r.text;
        result.token = r.token;
    }

    void looked_at(const law& one, const explore_result& r, const law& broken) {
        entry& e = find(one);
        count(e, r);
        if (r.failed() && &broken != &one) e.ended_by = &broken;
    }
    static void count(entry& e, const explore_result& r) {
        // One that starts no thread is no search.
        std::string words = r.steps == 0 ? "# single runs" : r.coverage;
        const std::string number = std::to_string(r.executions);
        const auto at = words.find(" " + number + " ");
        if (at != std::string::npos) words.replace(at + 1, number.size(), "#");
        for (run& known : e.runs) {
            if (known.words == words) {
                known.executions += r.executions;
                return;
            }
        }
        e.runs.push_back({words, r.executions});
    }
    [[nodiscard]] static std::string coverage_of(const entry& e) {
        std::string all = e.result.coverage;
        for (const run& r : e.runs) {
            std::string words = r.words;
            const auto at = words.find('#');
            if (at != std::string::npos) words.replace(at, 1, std::to_string(r.executions));
            all += (all.empty() ? "" : "; ") + words;
        }
        return all;
    }

    conformance_options with_;
    credits always_{};
    std::vector<entry> results_{};
};

}  // namespace conformance

}  // namespace rmap::inline RMAP_ABI::verify
