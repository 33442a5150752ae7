// SPDX-License-Identifier: BSL-1.0
#pragma once

// Fibers: the threads of an explored scenario, all run by one OS thread that decides at each point
// who goes on. x86-64 and aarch64 switch by hand (a few nanoseconds), others by ucontext.
// Sanitizers are told. Not for shadow stacks (CET): build such programs with -fcf-protection=none.

#include <cstddef>
#include <cstdint>

#include <rmap/core/config.hpp>
#include <rmap/verify/explore/fiber_stack.hpp>

#if !defined(__x86_64__) && !defined(__aarch64__) && !defined(RMAP_FIBER_UCONTEXT)
#define RMAP_FIBER_UCONTEXT 1
#endif
#ifdef RMAP_FIBER_UCONTEXT
#include <ucontext.h>
#endif

#ifdef RMAP_FIBER_ASAN
extern "C" void __sanitizer_start_switch_fiber(void** save, const void* bottom, std::size_t size);
extern "C" void __sanitizer_finish_switch_fiber(void* save, const void** bottom, std::size_t* size);
#endif
#ifdef RMAP_FIBER_TSAN
extern "C" void* __tsan_get_current_fiber(void);
extern "C" void __tsan_switch_to_fiber(void* fiber, unsigned flags);
#endif

namespace rmap::inline RMAP_ABI::verify {

/// One stack of execution. A default-made fiber stands for whoever switches away from it first.
class fiber {
public:
    using entry = void (*)();  // never returns

    fiber() noexcept = default;
    fiber(const fiber&) = delete;
    fiber& operator=(const fiber&) = delete;
    ~fiber() {
        if (stack_ != nullptr) stack_->give_back();
    }

    /// (Re)starts the fiber: the next switch to it calls `run` on its own stack. What was on the
    /// stack is abandoned. False without memory.
    [[nodiscard]] bool prepare(entry run) noexcept {
        if (stack_ == nullptr) stack_ = fiber_stack::take();
        if (stack_ == nullptr) return false;
        stack_->renew();
#ifdef RMAP_FIBER_TSAN
        tsan_ = stack_->tsan;
#endif
        start(run);
        fresh_ = true;
        return true;
    }

    /// Leaves `from`, which is running, for `to`. Returns when somebody switches back.
    static void change(fiber& from, fiber& to) noexcept {
        switch_to(from, to, false);
#ifdef RMAP_FIBER_ASAN
        arrived(from);
#endif
    }
    /// The same, for the last time before `from` is prepared anew.
    [[noreturn]] static void leave(fiber& from, fiber& to) noexcept {
        switch_to(from, to, true);
        __builtin_unreachable();
    }

    /// The first thing that an entry function calls.
    static void entered([[maybe_unused]] fiber& self) noexcept {
#ifdef RMAP_FIBER_ASAN
        arrived(self);
#endif
    }

private:
    static void switch_to(fiber& from, fiber& to, [[maybe_unused]] bool for_good) noexcept {
#ifdef RMAP_FIBER_TSAN
        if (from.tsan_ == nullptr) from.tsan_ = __tsan_get_current_fiber();
        __tsan_switch_to_fiber(to.tsan_, 0);
#endif
#ifdef RMAP_FIBER_ASAN
        last() = &from;
        __sanitizer_start_switch_fiber(for_good ? nullptr : &from.fake_stack_, to.bottom(),
                                       to.size());
#endif
        change_stacks(from, to);
    }

#ifdef RMAP_FIBER_ASAN
    static fiber*& last() noexcept {
        static thread_local fiber* from = nullptr;
        return from;
    }
    static void arrived(fiber& self) noexcept {
        const void* bottom = nullptr;
        std::size_t size = 0;
        __sanitizer_finish_switch_fiber(self.fresh_ ? nullptr : self.fake_stack_, &bottom, &size);
        self.fresh_ = false;
        fiber* const from = last();
        if (from->stack_ == nullptr) {  // the OS thread's own stack, learnt when we come from it
            from->outer_bottom_ = bottom;
            from->outer_size_ = size;
        }
    }
    [[nodiscard]] const void* bottom() const noexcept {
        return stack_ != nullptr ? stack_->bytes : outer_bottom_;
    }
    [[nodiscard]] std::size_t size() const noexcept {
        return stack_ != nullptr ? fiber_stack_size : outer_size_;
    }
    const void* outer_bottom_ = nullptr;
    std::size_t outer_size_ = 0;
    void* fake_stack_ = nullptr;
#endif
#ifdef RMAP_FIBER_TSAN
    void* tsan_ = nullptr;
#endif

#if defined(RMAP_FIBER_UCONTEXT)
    void start(entry run) noexcept {
        getcontext(&context_);
        context_.uc_stack.ss_sp = stack_->bytes;
        context_.uc_stack.ss_size = fiber_stack_size;
        context_.uc_link = nullptr;
        makecontext(&context_, run, 0);
    }
    static void change_stacks(fiber& from, fiber& to) noexcept {
        swapcontext(&from.context_, &to.context_);
    }
    ucontext_t context_{};
#elif defined(__x86_64__)
    void start(entry run) noexcept {
        // As after a call: the stack is 8 modulo 16 when `run` begins, its return address is null.
        auto* top = reinterpret_cast<std::uintptr_t*>(stack_->bytes + fiber_stack_size - 64);
        *--top = 0;
        *--top = reinterpret_cast<std::uintptr_t>(run);
        sp_ = top;
    }
    // The callee-saved registers are declared clobbered, so that the compiler saves just those that
    // it needs; a jump instead of a return keeps the processor's return predictor out of it.
    __attribute__((noinline)) static void change_stacks(fiber& from, fiber& to) noexcept {
        void** save = &from.sp_;
        void* target = to.sp_;
        asm volatile(
            "leaq -128(%%rsp), %%rsp\n\t"
            "pushq %%rbp\n\t"
            "leaq 1f(%%rip), %%rdx\n\t"
            "pushq %%rdx\n\t"
            "movq %%rsp, (%0)\n\t"
            "movq %1, %%rsp\n\t"
            "popq %%rdx\n\t"
            "jmpq *%%rdx\n"
            "1:\n\t"
            "popq %%rbp\n\t"
            "leaq 128(%%rsp), %%rsp\n\t"
            : "+D"(save), "+S"(target)
            :
            : "rax", "rbx", "rcx", "rdx", "r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15",
              "memory", "cc");
    }
    void* sp_ = nullptr;
#else  // aarch64
    void start(entry run) noexcept {
        auto* top = reinterpret_cast<std::uintptr_t*>(stack_->bytes + fiber_stack_size - 64);
        *--top = 0;
        *--top = reinterpret_cast<std::uintptr_t>(run);
        sp_ = top;
    }
    __attribute__((noinline)) static void change_stacks(fiber& from, fiber& to) noexcept {
        register void** save asm("x0") = reinterpret_cast<void**>(&from.sp_);
        register void* target asm("x1") = to.sp_;
        asm volatile(
            "stp x29, x30, [sp, #-16]!\n\t"
            "stp x18, x19, [sp, #-16]!\n\t"
            "adr x2, 1f\n\t"
            "stp x2, xzr, [sp, #-16]!\n\t"
            "mov x3, sp\n\t"
            "str x3, [x0]\n\t"
            "mov sp, x1\n\t"
            "ldp x2, x3, [sp], #16\n\t"
            "br x2\n"
            "1:\n\t"
            "ldp x18, x19, [sp], #16\n\t"
            "ldp x29, x30, [sp], #16\n\t"
            : "+r"(save), "+r"(target)
            :
            : "x2", "x3", "x4", "x5", "x6", "x7", "x8", "x9", "x10", "x11", "x12", "x13", "x14",
              "x15", "x16", "x17", "x20", "x21", "x22", "x23", "x24", "x25", "x26", "x27", "x28",
              "v0", "v1", "v2", "v3", "v4", "v5", "v6", "v7", "v8", "v9", "v10", "v11", "v12",
              "v13", "v14", "v15", "v16", "v17", "v18", "v19", "v20", "v21", "v22", "v23", "v24",
              "v25", "v26", "v27", "v28", "v29", "v30", "v31", "memory", "cc");
    }
    void* sp_ = nullptr;
#endif

    fiber_stack* stack_ = nullptr;
    bool fresh_ = false;
};

}  // namespace rmap::inline RMAP_ABI::verify
