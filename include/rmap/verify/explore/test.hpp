// SPDX-License-Identifier: BSL-1.0
#pragma once

// What a scenario sees of the explorer: its threads, its requirements, names for its objects.

#include <cstddef>
#include <rmap/verify/explore/location.hpp>
#include <string>
#include <utility>

#include <rmap/verify/explore/engine.hpp>
#include <rmap/verify/explore/model.hpp>

namespace rmap::inline RMAP_ABI::verify {

class test {
public:
    explicit test(engine& e) noexcept : engine_{&e} {}

    /// A thread of the scenario; its body runs in run(), and MUST capture what outlives that.
    template <class Body>
    void thread(const char* name, Body&& body) {
        engine_->add_thread(name, std::forward<Body>(body));
    }
    /// Runs the threads to their end; what follows comes after all of them.
    void run() { engine_->run(); }

    /// `f` is called after every step and fails (require) if what always holds does not. It reads
    /// only.
    template <class F>
    void invariant(F& f) {
        engine_->set_invariant([](void* data) { (*static_cast<F*>(data))(); }, &f);
    }

    /// What an object is called in counterexamples; members of it as well, by their offset.
    template <class T>
    void name(const T& object, const char* text) {
        engine_->objects().call(&object, sizeof(T), text);
    }

private:
    engine* engine_;
};

/// Ends the execution as a failure if `holds` is false.
inline void require(bool holds, const char* what,
                    location at = location::current()) {
    if (holds) return;
    engine* const e = engine::active();
    if (e == nullptr) __builtin_abort();
    std::string where{at.file};
    const auto slash = where.rfind('/');
    if (slash != std::string::npos) where.erase(0, slash + 1);
    e->fail(failure_kind::assertion, std::string{what} + " (" + where + ":" +
                                         std::to_string(at.line) + ")");
}

/// A place in a thread where others may run, with a name that counterexamples show.
inline void point(const char* name) {
    if (engine* e = engine::active()) {
        e->visible({op_kind::point, order::relaxed, no_object, name, nullptr, 0});
    }
}

/// The check hook of an exploration: a broken precondition is a failure of the execution.
struct explored_checks {
    [[noreturn]] static void failed(const char* name, const char* what, const char*,
                                    unsigned) noexcept {
        engine* const e = engine::active();
        if (e == nullptr) __builtin_abort();
        e->fail(failure_kind::check, std::string{name} + ": " + what);
    }
};

}  // namespace rmap::inline RMAP_ABI::verify
