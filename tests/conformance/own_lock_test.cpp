// SPDX-License-Identifier: BSL-1.0
#include <rmap/verify/conformance.hpp>

namespace my {

/// Stands for what a kernel has.
struct interrupts {
    static unsigned save_and_disable() noexcept { return 0x200; }
    static void restore(unsigned) noexcept {}
};

/// A spin lock that is held with interrupts off. What lock() returns, unlock() wants back.
template <class Atomics>
class basic_irq_lock {
public:
    [[nodiscard]] unsigned lock() noexcept {
        for (;;) {
            const unsigned flags = interrupts::save_and_disable();
            if (take()) return flags;
            interrupts::restore(flags);  // who waits takes interrupts
            Atomics::pause();
        }
    }
    [[nodiscard]] rmap::locks::try_result<unsigned> try_lock() noexcept {
        const unsigned flags = interrupts::save_and_disable();
        if (take()) return flags;
        interrupts::restore(flags);
        return {};
    }
    void unlock(unsigned flags) noexcept {
        word_.store(0, rmap::order::release);
        interrupts::restore(flags);
    }
    [[nodiscard]] bool is_held() const noexcept { return word_.load(rmap::order::relaxed) != 0; }

private:
    [[nodiscard]] bool take() noexcept { return word_.exchange(1, rmap::order::acquire) == 0; }

    typename Atomics::template atomic<unsigned> word_{};
};
using irq_lock = basic_irq_lock<rmap::atomics::builtin>;

struct policy : rmap::default_policy {
    using lock = irq_lock;
};

}  // namespace my

int main() {
    return rmap::verify::conforms<my::policy::lock>(rmap::verify::to_stdout()) ? 0 : 1;
}
