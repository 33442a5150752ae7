// SPDX-License-Identifier: BSL-1.0
#pragma once

// What lockdep reports: a kind of problem, and a text with every chain of locks that has to do with
// it, each lock with the place where it was taken.

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

#include <rmap/verify/lockdep/held.hpp>
#include <rmap/verify/text.hpp>

namespace rmap::inline RMAP_ABI::verify {

enum class lock_problem : unsigned char {
    recursion,       // a thread waits for a lock that it holds
    inversion,       // two chains take the same locks in opposite order: they can deadlock
    rank,            // a lock is taken while one further in is held (locking/order.hpp)
    same_class,      // two locks of one class, and nothing says in which order
    nest_not_held,   // the outer lock of nested_in is not held, or only shared
    not_held,        // a thread lets go of a lock that it does not hold
    destroyed_held,  // a lock ends while the thread that ends it holds it
    left_held,       // a thread ends while it holds a lock
};

[[nodiscard]] constexpr const char* name_of(lock_problem what) noexcept {
    switch (what) {
        case lock_problem::recursion: return "recursion";
        case lock_problem::inversion: return "inversion";
        case lock_problem::rank: return "rank";
        case lock_problem::same_class: return "same class";
        case lock_problem::nest_not_held: return "nest lock not held";
        case lock_problem::not_held: return "not held";
        case lock_problem::destroyed_held: return "destroyed while held";
        case lock_problem::left_held: return "left held";
    }
    return "?";
}

struct lock_report {
    lock_problem what;
    std::string text;  // lines, each with its end
};

/// The name of a node of the graph: "tree lock", or with a subclass "pte lock/1".
[[nodiscard]] inline std::string name_of_lock(const lock_class* of, unsigned subclass) {
    const std::string name = of == nullptr ? "a lock without a name" : of->name();
    return subclass == 0 ? name : text(name, '/', subclass);
}

namespace detail {

[[nodiscard]] inline std::string name_of_lock(const held_lock& h) {
    return verify::name_of_lock(h.of, h.note.subclass);
}

/// A function's name without what compilers put behind it for templates.
[[nodiscard]] inline std::string_view plain_name(std::string_view function) noexcept {
    return function.substr(0, function.find('<'));
}

/// One line a lock.
[[nodiscard]] inline std::string lines_of(std::span<const held_lock> chain) {
    std::string all;
    for (const held_lock& h : chain) {
        std::string name = name_of_lock(h);
        if (name.size() < 20) name.resize(20, ' ');
        all +=
            text("    ", name, h.shared ? " shared" : "       ", h.tried ? " tried  " : "        ",
                 plain_name(h.note.function), " (", h.note.file, ':', h.note.line, ")\n");
    }
    return all;
}

/// What is held, then what is taken now.
[[nodiscard]] inline std::string lines_of(std::span<const held_lock> held, const held_lock& now) {
    return lines_of(held) + "  and takes\n" + lines_of({&now, 1});
}

}  // namespace detail

}  // namespace rmap::inline RMAP_ABI::verify
