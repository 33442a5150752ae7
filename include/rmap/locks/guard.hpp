// SPDX-License-Identifier: BSL-1.0
#pragma once

// The guards that ops/, locking/ and mm/ take locks with; they keep the token of a token lock. A
// guard of a lock without one is a pointer.
//
//   write_guard guard{lock};                      waits
//   read_guard guard{lock, rmap::try_to_lock};    does not wait: ask guard.owns()
//   write_guard guard{lock, nested{1}};           see locks/note.hpp

#include <type_traits>

#include <rmap/core/config.hpp>
#include <rmap/locks/concept.hpp>
#include <rmap/locks/note.hpp>

namespace rmap::inline RMAP_ABI {

/// Tells a guard's constructor not to wait.
struct try_to_lock_t {
    explicit constexpr try_to_lock_t() noexcept = default;
};
inline constexpr try_to_lock_t try_to_lock{};

namespace detail {

struct exclusive_mode {
    template <class Lock>
    static auto lock(Lock& lock, note_for<Lock> note) noexcept -> decltype(lock.lock()) {
        if constexpr (takes_notes<Lock>) {
            return lock.lock(note);
        } else {
            return lock.lock();
        }
    }
    template <class Lock>
    static auto try_lock(Lock& lock, note_for<Lock> note) noexcept -> decltype(lock.try_lock()) {
        if constexpr (takes_notes<Lock>) {
            return lock.try_lock(note);
        } else {
            return lock.try_lock();
        }
    }
    template <class Lock, class... Token>
    static void unlock(Lock& lock, Token... token) noexcept {
        lock.unlock(token...);
    }
};

struct shared_mode {
    template <class Lock>
    static auto lock(Lock& lock, note_for<Lock> note) noexcept -> decltype(lock.lock_shared()) {
        if constexpr (takes_notes<Lock>) {
            return lock.lock_shared(note);
        } else {
            return lock.lock_shared();
        }
    }
    template <class Lock>
    static auto try_lock(Lock& lock, note_for<Lock> note) noexcept
        -> decltype(lock.try_lock_shared()) {
        if constexpr (takes_notes<Lock>) {
            return lock.try_lock_shared(note);
        } else {
            return lock.try_lock_shared();
        }
    }
    template <class Lock, class... Token>
    static void unlock(Lock& lock, Token... token) noexcept {
        lock.unlock_shared(token...);
    }
};

/// Both guards. Owns the lock exactly while lock_ is not null.
template <class Lock, class Mode>
class basic_guard {
    using answer = decltype(Mode::lock(*static_cast<Lock*>(nullptr), {}));
    static constexpr bool has_token = !std::is_void_v<answer>;
    using token = std::conditional_t<has_token, answer, locks::no_token>;
    using note_type = note_for<Lock>;

public:
    /// Owns nothing: for a lock that only some calls need.
    basic_guard() noexcept = default;

    explicit basic_guard(Lock& lock, note_type note = note_type::here()) noexcept : lock_{&lock} {
        if constexpr (has_token) {
            token_ = Mode::lock(lock, note);
        } else {
            Mode::lock(lock, note);
        }
    }
    basic_guard(Lock& lock, nested how, note_type note = note_type::here()) noexcept
        : basic_guard{lock, note.with(how)} {}
    basic_guard(Lock& lock, nested_in how, note_type note = note_type::here()) noexcept
        : basic_guard{lock, note.with(how)} {}

    basic_guard(Lock& lock, try_to_lock_t, note_type note = note_type::here()) noexcept {
        if (auto taken = Mode::try_lock(lock, note)) {
            lock_ = &lock;
            if constexpr (has_token) {
                token_ = *taken;
            }
        }
    }

    basic_guard(basic_guard&& other) noexcept : lock_{other.lock_}, token_{other.token_} {
        other.lock_ = nullptr;
    }

    basic_guard& operator=(basic_guard&& other) noexcept {
        if (this != &other) {
            unlock();
            lock_ = other.lock_;
            token_ = other.token_;
            other.lock_ = nullptr;
        }
        return *this;
    }

    ~basic_guard() { unlock(); }

    [[nodiscard]] bool owns() const noexcept { return lock_ != nullptr; }
    /// Whether it is this lock that the guard owns.
    [[nodiscard]] bool owns(const Lock& lock) const noexcept { return lock_ == &lock; }

    /// Lets go before the guard's end; nothing happens if the guard owns nothing.
    void unlock() noexcept {
        if (lock_ == nullptr) {
            return;
        }
        Lock& lock = *lock_;
        lock_ = nullptr;
        if constexpr (has_token) {
            Mode::unlock(lock, token_);
        } else {
            Mode::unlock(lock);
        }
    }

private:
    Lock* lock_ = nullptr;
    [[no_unique_address]] token token_{};
};

template <class Lock>
using read_mode = std::conditional_t<shared_lock<Lock>, shared_mode, exclusive_mode>;

}  // namespace detail

/// Holds a lock exclusively.
template <exclusive_lock Lock>
class [[nodiscard]] write_guard : public detail::basic_guard<Lock, detail::exclusive_mode> {
public:
    using detail::basic_guard<Lock, detail::exclusive_mode>::basic_guard;
};

/// Holds a lock shared, or exclusively if the lock has no shared form.
template <exclusive_lock Lock>
class [[nodiscard]] read_guard : public detail::basic_guard<Lock, detail::read_mode<Lock>> {
public:
    using detail::basic_guard<Lock, detail::read_mode<Lock>>::basic_guard;
};

/// Without a guard, for who takes more locks than there is room for guards. Not for token locks.
template <exclusive_lock Lock>
void lock_exclusively(Lock& lock, nested_in how,
                      note_for<Lock> note = note_for<Lock>::here()) noexcept {
    detail::exclusive_mode::lock(lock, note.with(how));
}

template <class Lock>
write_guard(Lock&) -> write_guard<Lock>;
template <class Lock>
write_guard(Lock&, try_to_lock_t) -> write_guard<Lock>;
template <class Lock>
write_guard(Lock&, nested) -> write_guard<Lock>;
template <class Lock>
write_guard(Lock&, nested_in) -> write_guard<Lock>;
template <class Lock>
read_guard(Lock&) -> read_guard<Lock>;
template <class Lock>
read_guard(Lock&, try_to_lock_t) -> read_guard<Lock>;
template <class Lock>
read_guard(Lock&, nested) -> read_guard<Lock>;
template <class Lock>
read_guard(Lock&, nested_in) -> read_guard<Lock>;

}  // namespace rmap::inline RMAP_ABI
