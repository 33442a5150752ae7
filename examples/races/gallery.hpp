// SPDX-License-Identifier: BSL-1.0
#pragma once

// An entry of the race gallery: a bug that once was, told in a few lines; a form of the code that
// has it, by a policy or a user's type that breaks one rule; and the form that keeps the rule. Each
// is a scenario of the schedule explorer over the shipped operations. One file for each story.

#include <cstddef>
#include <span>
#include <string>

#include <rmap/verify/explore.hpp>

namespace races {

using rmap::verify::explore_options;
using rmap::verify::explore_result;
using rmap::verify::failure_kind;

/// Runs one form under a name that replay strings are made of.
using run_form = explore_result(const std::string& name, const explore_options& with);

struct form {
    const char* what;  // which rule is broken, or what keeps it
    run_form* run;
};

struct race {
    const char* name;
    const char* source;  // the mail or the commit that tells of it
    const char* story;
    const char* rule;  // that the broken form breaks, and the fixed forms keep
    failure_kind kind;  // of the broken form
    explore_options with;
    form broken;
    form fixed;
    form also_fixed[2]{};  // by something else; may be none
    // What is found without the explorer, in one run of one thread: a text, empty if nothing.
    std::string (*one_run)() = nullptr;

    [[nodiscard]] std::string broken_name() const { return std::string{name} + ": broken"; }
    [[nodiscard]] std::string fixed_name() const { return std::string{name} + ": fixed"; }
    [[nodiscard]] std::string also_fixed_name() const { return std::string{name} + ": also fixed"; }
    /// What the fixed form of that number is fixed by.
    [[nodiscard]] const char* fixed_by(std::size_t number) const {
        return number == 0 ? fixed.what : also_fixed[number - 1].what;
    }
};

// The stories; each is defined in the file of its name.
extern const race adjust_vs_walk;
extern const race degree_counter;
extern const race double_prepare;
extern const race drain_order;
extern const race exec_temporary_stack;
extern const race expand_downwards;
extern const race explicit_mlock;
extern const race fresh_anon_vma;
extern const race list_head_insert;
extern const race lock_inversion;
extern const race mremap_back;
extern const race mremap_order;
extern const race munlock_isolate;
extern const race seq_retry;
extern const race stale_root_unlock;
extern const race wrong_order;

[[nodiscard]] std::span<const race* const> all() noexcept;

}  // namespace races
