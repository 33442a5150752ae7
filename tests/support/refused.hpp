// SPDX-License-Identifier: BSL-1.0
#pragma once

// What the tests of conformance suites share: what a suite said of a type, and the types of one
// axis in the policies of support/policies.hpp, each once.

#include <cstdio>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <vector>

#include <rmap/verify/conformance.hpp>

namespace rmap_test {

namespace verify = rmap::verify;

/// Counts; main returns its exit_code().
class verdicts {
public:
    /// Takes results: `suite` is called with a sink.
    template <class Suite>
    void run(const std::string& name, Suite suite) {
        name_ = name;
        results_.clear();
        suite([this](const verify::law_result& r) { results_.push_back(r); });
    }
    /// No law is broken, and some was looked at.
    template <class Suite>
    void conforms(const std::string& name, Suite suite) {
        run(name, suite);
        std::printf("== %s\n", name.c_str());
        const auto print = verify::to_stdout();
        bool sound = !results_.empty();
        for (const auto& r : results_) {
            print(r);
            sound = sound && r.is != verify::verdict::broken && !words_of(r).empty();
        }
        that(sound, "does not conform");
    }
    /// The law is broken, and told with how.
    template <class Suite>
    void refused(const std::string& name, const char* law, Suite suite) {
        run(name, suite);
        std::string others;
        bool found = false;
        for (const auto& r : results_) {
            if (r.is != verify::verdict::broken) continue;
            that(!r.what.empty(), "a broken law without words");
            if (std::string_view{r.of->name} == law) {
                found = true;
                std::printf("%s: %s: %s\n%s", name.c_str(), law, r.what.c_str(), r.text.c_str());
            } else {
                others += std::string{" "} + r.of->name;
            }
        }
        if (!others.empty()) std::printf("%s: broken as well:%s\n", name.c_str(), others.c_str());
        that(found, std::string{"is not refused by "} + law);
    }
    /// What the suite said last of a law.
    [[nodiscard]] const verify::law_result& of(const char* law) const {
        for (const auto& r : results_) {
            if (std::string_view{r.of->name} == law) return r;
        }
        static const verify::law_result none{};
        return none;
    }
    void that(bool holds, const std::string& what) {
        ++(holds ? passed_ : failed_);
        if (!holds) std::printf("FAILED: %s %s\n", name_.c_str(), what.c_str());
    }
    [[nodiscard]] int exit_code() const {
        std::printf("%u passed, %u failed\n", passed_, failed_);
        return failed_ == 0 ? 0 : 1;
    }

private:
    [[nodiscard]] static const std::string& words_of(const verify::law_result& r) {
        return r.is == verify::verdict::holds ? r.coverage : r.what;
    }

    std::string name_{};
    std::vector<verify::law_result> results_{};
    unsigned passed_ = 0;
    unsigned failed_ = 0;
};

template <class T>
struct type_of {
    using type = T;
};

namespace detail {

template <class Seen, class... All>
struct once {
    using type = Seen;
};
template <class... Seen, class Now, class... Rest>
struct once<std::tuple<Seen...>, Now, Rest...> {
    using grown = std::conditional_t<(std::is_same_v<Seen, Now> || ...), std::tuple<Seen...>,
                                     std::tuple<Seen..., Now>>;
    using type = typename once<grown, Rest...>::type;
};

}  // namespace detail

/// Calls f(type_of<Axis<Policy>>) for each policy of the list, but for what came before.
template <template <class> class Axis, class... Policy, class F>
void each_once(std::tuple<type_of<Policy>...>, F f) {
    using types = typename detail::once<std::tuple<>, type_of<Axis<Policy>>...>::type;
    std::apply([&](auto... is) { (f(is), ...); }, types{});
}

/// The name of a type, for what tests print.
template <class T>
[[nodiscard]] std::string type_name() {
    const std::string all = __PRETTY_FUNCTION__;
    const auto from = all.find("T = ") + 4;
    auto to = all.find_first_of(";]", from);
    return all.substr(from, to - from);
}

}  // namespace rmap_test
