// SPDX-License-Identifier: BSL-1.0
#pragma once

// What lockdep reports while a lock_reports lives, which begins with an empty graph; and locks of
// some classes to play with, which hold nobody up.

#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include <rmap/locks/none.hpp>
#include <rmap/verify/lockdep.hpp>

namespace rmap_test {

class lock_reports {
public:
    lock_reports() {
        graph().reset();
        graph().on_report([this](const rmap::verify::lock_report& r) {
            const std::lock_guard guard{mutex_};
            all_.push_back(r);
        });
    }
    lock_reports(const lock_reports&) = delete;
    lock_reports& operator=(const lock_reports&) = delete;
    ~lock_reports() { graph().on_report(nullptr); }

    [[nodiscard]] static rmap::verify::lock_graph& graph() {
        return rmap::verify::lock_graph::global();
    }
    [[nodiscard]] const std::vector<rmap::verify::lock_report>& all() const { return all_; }

    /// The kinds, with a blank between; none: nothing was reported since the last time.
    [[nodiscard]] std::string take() {
        std::string kinds;
        for (const auto& r : std::exchange(all_, {}))
            kinds += (kinds.empty() ? "" : ", ") + std::string{name_of(r.what)};
        return kinds;
    }

private:
    std::mutex mutex_;
    std::vector<rmap::verify::lock_report> all_;
};

inline constexpr rmap::verify::lock_class class_a{"a"};
inline constexpr rmap::verify::lock_class class_b{"b"};
inline constexpr rmap::verify::lock_class class_c{"c"};

using lock_a = rmap::verify::lockdep_of<rmap::locks::none, class_a>;
using lock_b = rmap::verify::lockdep_of<rmap::locks::none, class_b>;
using lock_c = rmap::verify::lockdep_of<rmap::locks::none, class_c>;

/// Readers of this one never wait for each other.
struct reader_lock : rmap::locks::none {
    static constexpr bool readers_nest = true;
};
using reader_a = rmap::verify::lockdep_of<reader_lock, class_a>;
using reader_b = rmap::verify::lockdep_of<reader_lock, class_b>;

}  // namespace rmap_test
