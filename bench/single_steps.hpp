// SPDX-License-Identifier: BSL-1.0
#pragma once

// Counts the instructions that a function executes, by running it in a child process one
// instruction at a time: exact, slow, and possible where performance counters are not.

#include <cstdint>

#include <signal.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

namespace rmap_bench {

/// The instructions of a child that runs f() and ends; 0 where this system does not trace.
template <class F>
[[nodiscard]] std::uint64_t single_steps(F f) {
    const pid_t child = ::fork();
    if (child == 0) {
        if (::ptrace(PTRACE_TRACEME, 0, nullptr, nullptr) != 0) ::_exit(1);
        ::raise(SIGSTOP);
        f();
        ::_exit(0);
    }
    int state = 0;
    if (child < 0 || ::waitpid(child, &state, 0) != child) return 0;
    std::uint64_t steps = 0;
    while (WIFSTOPPED(state)) {
        if (::ptrace(PTRACE_SINGLESTEP, child, nullptr, nullptr) != 0) {
            ::kill(child, SIGKILL);
            ::waitpid(child, &state, 0);
            return 0;
        }
        if (::waitpid(child, &state, 0) != child) return 0;
        ++steps;
    }
    return WIFEXITED(state) && WEXITSTATUS(state) == 0 ? steps : 0;
}

/// The instructions of one turn of a loop: turns(n) makes n of them.
template <class F>
[[nodiscard]] double instructions_a_turn(F turns) {
    constexpr unsigned few = 64;  // compilers unroll: both are whole multiples
    constexpr unsigned many = 128;
    const std::uint64_t short_run = single_steps([&] { turns(few); });
    const std::uint64_t long_run = single_steps([&] { turns(many); });
    if (short_run == 0 || long_run <= short_run) return 0;
    return static_cast<double>(long_run - short_run) / (many - few);
}

}  // namespace rmap_bench
