// SPDX-License-Identifier: BSL-1.0
#pragma once

// Runs random scripts over a world, looks at it after each step, and makes a script that goes wrong
// as short as it gets by leaving out steps. A script is one execution of an exploration without
// threads, so broken preconditions, leaks and memory used after its end are noticed as well.

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include <rmap/verify/conformance/script_world.hpp>
#include <rmap/verify/conformance/suite.hpp>

namespace rmap::inline RMAP_ABI::verify::conformance {

/// Which law is broken, and how.
struct breach {
    const law* of = nullptr;
    std::string what{};
};

/// splitmix64 (Steele, Lea and Flood, 2014): the same numbers everywhere.
class random_numbers {
public:
    explicit random_numbers(std::uint64_t seed) noexcept : state_{seed} {}
    unsigned operator()(unsigned below) noexcept {
        std::uint64_t z = (state_ += 0x9e3779b97f4a7c15);
        z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
        z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
        return static_cast<unsigned>((z ^ (z >> 31)) % below);
    }

private:
    std::uint64_t state_;
};

/// `Look`: called with the world and what the step changed, after each step; a breach or none.
template <class World, class Look>
class scripts {
public:
    scripts(suite& of, const law& gives_back, const law& sound, Look look)
        : s_{&of}, gives_back_{&gives_back}, sound_{&sound}, look_{look} {}

    /// The laws that scripts look at, for the report: all but those that were broken.
    void run(std::initializer_list<const law*> laws, unsigned length = 40) {
        unsigned done = 0;
        for (; done != s_->options().scripts; ++done) {
            random_numbers random{s_->options().seed * 1000 + done};
            std::vector<script_step> steps;
            for (unsigned i = 0; i != length; ++i) {
                const op what = i == 0 ? op::fault : static_cast<op>(random(ops_in_all));
                const unsigned a = random(1U << 16), b = random(1U << 16), c = random(1U << 16);
                steps.push_back({what, i, a, b, c});
            }
            std::string log;
            breach b = play(steps, log);
            // What is known to be broken is not looked for again.
            if (b.of == nullptr || !s_->wants(*b.of)) continue;
            shorten(steps, b, log);
            s_->looked(*b.of, "random script " + std::to_string(done + 1), b.what, log);
        }
        const std::string coverage = std::to_string(done) + " random scripts of " +
                                     std::to_string(length) + " steps, seed " +
                                     std::to_string(s_->options().seed);
        for (const law* l : laws)
            s_->looked(*l, coverage, "");
    }

private:
    breach play(const std::vector<script_step>& steps, std::string& log) {
        breach found;
        log.clear();
        unsigned number = 0;
        const auto r = explore("script", {.minimise = false}, [&](test&) {
            World w;
            for (const script_step& s : steps) {
                const std::string did = w.apply(s);
                if (did.empty()) continue;
                log += "  " + std::to_string(++number) + ". " + did + "\n";
                found = look_(w);
                if (found.of != nullptr) require(false, "a law is broken");
            }
            w.end_all();
            log += "  " + std::to_string(++number) + ". everything ends\n";
        });
        if (found.of != nullptr || !r.failed()) return found;
        const bool memory = r.what.kind == failure_kind::leak ||
                            r.what.kind == failure_kind::double_free ||
                            r.what.kind == failure_kind::use_after_free;
        log += "  " + std::to_string(++number) + ". the next step, in which it goes wrong\n";
        return {memory ? gives_back_ : sound_,
                std::string{name_of(r.what.kind)} + ": " + r.what.what};
    }

    /// Leaves out steps while the same law stays broken.
    void shorten(std::vector<script_step>& steps, breach& b, std::string& log) {
        for (bool shorter = true; shorter;) {
            shorter = false;
            for (std::size_t i = steps.size(); i-- > 0;) {
                std::vector<script_step> fewer = steps;
                fewer.erase(fewer.begin() + static_cast<std::ptrdiff_t>(i));
                std::string played;
                breach still = play(fewer, played);
                if (still.of != b.of) continue;
                steps = std::move(fewer);
                b = std::move(still);
                log = std::move(played);
                shorter = true;
            }
        }
    }

    suite* s_;
    const law* gives_back_;
    const law* sound_;
    Look look_;
};

}  // namespace rmap::inline RMAP_ABI::verify::conformance
