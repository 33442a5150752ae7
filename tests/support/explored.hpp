// SPDX-License-Identifier: BSL-1.0
#pragma once

// What the tests of the schedule explorer share: a count of what was as expected, and the outcomes
// of a scenario, collected over all of its executions.

#include <cstdint>
#include <cstdio>
#include <map>
#include <string>

#include <rmap/verify/explore.hpp>

namespace rmap_test {

namespace verify = rmap::verify;
using rmap::atomics_family;
using rmap::order;
using verify::explore;
using verify::explore_options;
using verify::explore_result;
using verify::failure_kind;
using verify::model;
using verify::model_lock;
using verify::require;
using verify::search;

/// Counts; main returns its exit_code().
class tally {
public:
    void that(bool ok, const std::string& what) {
        ++(ok ? passed_ : failed_);
        if (!ok) std::printf("FAILED: %s\n", what.c_str());
    }
    /// Nothing went wrong, in everything that can happen.
    void clean(const explore_result& r, const std::string& what) {
        that(!r.failed() && r.complete,
             what + " should be clean: " + r.what.what + " (" + r.coverage + ")\n" + r.text);
    }
    /// It went wrong, in this way.
    void found(const explore_result& r, failure_kind kind, const std::string& what) {
        that(r.what.kind == kind, what + ": wanted " + verify::name_of(kind) + ", got " +
                                      verify::name_of(r.what.kind) + " " + r.what.what + " (" +
                                      r.coverage + ")\n" + r.text);
    }
    template <class A, class B>
    void equal(A is, B wanted, const std::string& what) {
        that(is == static_cast<A>(wanted),
             what + ": " + std::to_string(is) + " instead of " + std::to_string(wanted));
    }
    [[nodiscard]] int exit_code() const {
        std::printf("%u passed, %u failed\n", passed_, failed_);
        return failed_ == 0 ? 0 : 1;
    }

private:
    unsigned passed_ = 0;
    unsigned failed_ = 0;
};

/// How often each outcome was seen.
using outcomes = std::map<std::string, unsigned>;

}  // namespace rmap_test
