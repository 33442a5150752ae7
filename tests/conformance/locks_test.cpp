// SPDX-License-Identifier: BSL-1.0

// Every lock of the policies keeps the laws of a lock: those over the atomics axis in every
// interleaving of the laws' scenarios, the others as far as two real threads in turns can show.

#include <rmap/hosted/std_atomics.hpp>
#include <rmap/locks/seq_rw_spin.hpp>

#include "support/policies.hpp"
#include "support/refused.hpp"

using namespace rmap_test;

namespace {

verdicts count;

template <class Policy>
using lock_of = typename Policy::lock;

template <class Lock>
void conforms() {
    count.conforms(type_name<Lock>(), [](auto sink) { verify::lock_conforms<Lock>(sink); });
}

/// Another lock behind a class of its own; it says how it is explored.
template <class Atomics>
class basic_wrapped {
public:
    [[nodiscard]] unsigned lock() noexcept {
        lock_.lock();
        return 7;
    }
    void unlock(unsigned token) noexcept {
        if (token != 7) __builtin_abort();
        lock_.unlock();
    }
    [[nodiscard]] rmap::locks::try_result<unsigned> try_lock() noexcept {
        if (!lock_.try_lock()) return {};
        return 7U;
    }

private:
    rmap::locks::basic_spin<Atomics> lock_{};
};
struct wrapped : basic_wrapped<rmap::atomics::builtin> {};

}  // namespace

template <>
struct rmap::verify::explored_form<wrapped> {
    using type = basic_wrapped<model>;
};

int main() {
    each_once<lock_of>(every<type_of>{}, [](auto is) { conforms<typename decltype(is)::type>(); });
    conforms<rmap::locks::ticket>();
    conforms<rmap::locks::seq_rw_spin>();
    count.that(count.of("lock.looks_notice").is == verify::verdict::holds, "no look was seen");
    conforms<rmap::locks::basic_spin<rmap::hosted::std_atomics>>();
    conforms<rmap::verify::model_lock>();
    conforms<wrapped>();
    count.that(count.of("lock.tokens_travel").is == verify::verdict::holds, "tokens were not seen");

    // What could not be explored is said so.
    conforms<rmap::hosted::mutex>();
    count.that(count.of("lock.excludes").coverage.find("not explored") != std::string::npos,
               "a lock of the system is said to be explored");
    conforms<rmap::locks::none>();
    count.that(count.of("lock.excludes").is == verify::verdict::not_claimed,
               "exclusion is said to hold for a lock that does not exclude");
    return count.exit_code();
}
