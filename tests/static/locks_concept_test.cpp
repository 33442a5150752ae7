// SPDX-License-Identifier: BSL-1.0

// The lock concepts as a table: what is a lock, what is not, and which part it lacks.

#include <mutex>
#include <shared_mutex>
#include <type_traits>

#include <rmap/hosted/std_locks.hpp>
#include <rmap/locks/concept.hpp>
#include <rmap/locks/guard.hpp>
#include <rmap/locks/held.hpp>
#include <rmap/locks/mcs.hpp>
#include <rmap/locks/none.hpp>
#include <rmap/locks/rw_spin.hpp>
#include <rmap/locks/seq_rw_spin.hpp>
#include <rmap/locks/seqcount.hpp>
#include <rmap/locks/spin.hpp>
#include <rmap/locks/ticket.hpp>

namespace {

using namespace rmap;

// ---- Archetypes: what is asked, and nothing more. Not copyable, not movable.

struct plain_lock {
    plain_lock() noexcept = default;
    plain_lock(const plain_lock&) = delete;
    plain_lock& operator=(const plain_lock&) = delete;
    void lock() noexcept;
    void unlock() noexcept;
    bool try_lock() noexcept;
};

struct plain_shared_lock : plain_lock {
    void lock_shared() noexcept;
    void unlock_shared() noexcept;
    bool try_lock_shared() noexcept;
};

struct flags {  // a token
    unsigned long bits;
};

struct own_answer {  // a try_lock() result that is not locks::try_result
    explicit operator bool() noexcept;
    flags operator*() noexcept;
};

struct token_lock {
    flags lock() noexcept;
    void unlock(flags) noexcept;
    own_answer try_lock() noexcept;
};

struct token_shared_lock : token_lock {
    flags lock_shared() noexcept;
    void unlock_shared(flags) noexcept;
    locks::try_result<flags> try_lock_shared() noexcept;
};

struct half_token_lock : token_lock {  // a token for writers only
    void lock_shared() noexcept;
    void unlock_shared() noexcept;
    bool try_lock_shared() noexcept;
};

// ---- Models

static_assert(exclusive_lock<plain_lock> && !shared_lock<plain_lock>);
static_assert(exclusive_lock<plain_shared_lock> && shared_lock<plain_shared_lock>);
static_assert(exclusive_lock<token_lock> && !shared_lock<token_lock>);
static_assert(exclusive_lock<token_shared_lock> && shared_lock<token_shared_lock>);
static_assert(exclusive_lock<half_token_lock> && shared_lock<half_token_lock>);
static_assert(shared_lock<locks::none>);
static_assert(exclusive_lock<locks::spin> && !shared_lock<locks::spin>);
static_assert(shared_lock<locks::rw_spin> && !optimistic_lock<locks::rw_spin>);
static_assert(shared_lock<locks::seq_rw_spin> && optimistic_lock<locks::seq_rw_spin>);
static_assert(exclusive_lock<locks::ticket> && !shared_lock<locks::ticket>);
static_assert(exclusive_lock<locks::mcs> && !shared_lock<locks::mcs>);
static_assert(shared_lock<locks::basic_rw_spin<atomics::single>>);
static_assert(exclusive_lock<hosted::mutex> && !shared_lock<hosted::mutex>);
static_assert(shared_lock<hosted::shared_mutex>);
static_assert(exclusive_lock<hosted::adapt<std::timed_mutex>>);
static_assert(lock_diagnosis<plain_lock>::passed && lock_diagnosis<token_shared_lock>::passed);

// ---- Non-models: one part is wrong, and it is the one that is named.

struct nothing {};
static_assert(!can_lock<nothing> && !can_unlock<nothing> && !can_try_lock<nothing>);
static_assert(!can_lock<int> && !can_lock<void> && !exclusive_lock<int&>);
static_assert(!can_lock<locks::seqcount>);

struct without_unlock {
    void lock() noexcept;
    bool try_lock() noexcept;
};
static_assert(can_lock<without_unlock> && can_try_lock<without_unlock>);
static_assert(!can_unlock<without_unlock> && !exclusive_lock<without_unlock>);

struct without_try_lock {
    void lock() noexcept;
    void unlock() noexcept;
};
static_assert(can_unlock<without_try_lock> && !can_try_lock<without_try_lock>);
static_assert(!exclusive_lock<without_try_lock>);

struct with_an_argument : plain_lock {
    explicit with_an_argument(int) noexcept {}
};
static_assert(!can_default_construct<with_an_argument> && !exclusive_lock<with_an_argument>);

struct throwing_constructor : plain_lock {
    throwing_constructor() noexcept(false) {}
};
static_assert(!can_default_construct<throwing_constructor>);

// std locks may throw, says their signature.
static_assert(!can_lock<std::mutex> && !can_lock_shared<std::shared_mutex>);

struct throwing_unlock : plain_lock {
    void unlock();
};
static_assert(can_lock<throwing_unlock> && !can_unlock<throwing_unlock>);

struct throwing_try_lock : plain_lock {
    bool try_lock();
};
static_assert(!can_try_lock<throwing_try_lock>);

struct vague_try_lock : plain_lock {
    int try_lock() noexcept;  // 0 is success for some
};
static_assert(!can_try_lock<vague_try_lock>);

struct forgets_the_token {
    flags lock() noexcept;
    void unlock() noexcept;
    bool try_lock() noexcept;
};
static_assert(can_lock<forgets_the_token> && !can_unlock<forgets_the_token>);
static_assert(!can_try_lock<forgets_the_token>);  // a bool brings no token

struct wants_a_token {
    void lock() noexcept;
    void unlock(flags) noexcept;
    bool try_lock() noexcept;
};
static_assert(can_lock<wants_a_token> && !can_unlock<wants_a_token>);

struct heavy_token {
    heavy_token() {}  // may throw
};
struct heavy_token_lock {
    heavy_token lock() noexcept;
    void unlock(heavy_token) noexcept;
    locks::try_result<heavy_token> try_lock() noexcept;
};
static_assert(!lock_token<heavy_token> && !can_lock<heavy_token_lock>);

struct without_unlock_shared : plain_lock {
    void lock_shared() noexcept;
    bool try_lock_shared() noexcept;
};
static_assert(can_lock_shared<without_unlock_shared>);
static_assert(!can_unlock_shared<without_unlock_shared> && !shared_lock<without_unlock_shared>);

struct without_try_lock_shared : plain_lock {
    void lock_shared() noexcept;
    void unlock_shared() noexcept;
};
static_assert(can_unlock_shared<without_try_lock_shared>);
static_assert(!can_try_lock_shared<without_try_lock_shared>);
static_assert(!shared_lock<without_try_lock_shared> && exclusive_lock<without_try_lock_shared>);

struct shared_only {
    void lock_shared() noexcept;
    void unlock_shared() noexcept;
    bool try_lock_shared() noexcept;
};
static_assert(can_lock_shared<shared_only> && !shared_lock<shared_only>);

// ---- Guards

template <class Guard>
constexpr bool moves_only =
    std::is_nothrow_move_constructible_v<Guard>&& std::is_nothrow_move_assignable_v<Guard> &&
    !std::is_copy_constructible_v<Guard> && !std::is_copy_assignable_v<Guard>;
static_assert(moves_only<write_guard<plain_lock>> && moves_only<read_guard<token_lock>>);
static_assert(sizeof(write_guard<plain_lock>) == sizeof(void*));
static_assert(sizeof(read_guard<plain_shared_lock>) == sizeof(void*));
static_assert(sizeof(write_guard<token_lock>) == sizeof(void*) + sizeof(flags));

// ---- Asking whether a lock is held

static_assert(tells_held<locks::spin> && !tells_held_shared<locks::spin>);
static_assert(tells_held<locks::ticket> && tells_held<locks::mcs>);
static_assert(tells_held<locks::rw_spin> && tells_held_shared<locks::rw_spin>);
static_assert(!tells_held<hosted::mutex> && !asserts_held<hosted::mutex>);
static_assert(!tells_held<locks::none>);

}  // namespace

int main() {}
