// SPDX-License-Identifier: BSL-1.0
#pragma once

// The lock of an exploration with one acquisition of the shipped code taken away, known by the
// place in the source that its guard tells (locks/note.hpp), by the rank of the lock and by the way
// it is taken. Who takes it there goes on without it, and so does its unlock.

#include <cstdint>
#include <cstring>

#include <rmap/core/lock_rank.hpp>
#include <rmap/locks/note.hpp>
#include <rmap/verify/explore/model_lock.hpp>

namespace rmap_test {

/// How a lock is taken; a bit each.
enum class taking : unsigned { exclusive = 1, shared = 2, try_exclusive = 4, try_shared = 8 };

/// Which acquisitions are dropped.
struct dropping {
    static constexpr unsigned any_rank = ~0U;

    bool on = false;
    const char* file = nullptr;      // the end of its path; null: any
    unsigned line = 0;               // 0: any
    const char* function = nullptr;  // null: any
    unsigned rank = any_rank;
    unsigned how = ~0U;  // bits of `taking`
    bool used = false;

    // Told of every acquisition, dropped or not.
    using observer = void (*)(const rmap::lock_note&, unsigned rank, taking how);
    static inline observer seen = nullptr;

    [[nodiscard]] static dropping& now() {
        static dropping d;
        return d;
    }
    [[nodiscard]] static bool drops(const rmap::lock_note& note, unsigned of_rank, taking mode) {
        if (seen != nullptr) seen(note, of_rank, mode);
        dropping& d = now();
        if (!d.on || (d.rank != any_rank && d.rank != of_rank) ||
            (d.how & static_cast<unsigned>(mode)) == 0 || (d.line != 0 && d.line != note.line)) {
            return false;
        }
        if (d.file != nullptr && !ends_with(note.file, d.file)) return false;
        // Of function templates some compilers tell the arguments, too.
        if (d.function != nullptr && !begins_with(note.function, d.function)) return false;
        d.used = true;
        return true;
    }

private:
    [[nodiscard]] static bool begins_with(const char* all, const char* name) {
        const std::size_t n = std::strlen(name);
        return std::strncmp(all, name, n) == 0 && (all[n] == 0 || all[n] == '<');
    }
    [[nodiscard]] static bool ends_with(const char* all, const char* end) {
        const std::size_t n = std::strlen(all), of = std::strlen(end);
        return n >= of && std::strcmp(all + (n - of), end) == 0;
    }
};

/// model_lock, but for what is dropped.
class droppable_lock : public rmap::verify::model_lock {
    using base = rmap::verify::model_lock;
    using note = rmap::lock_note;

public:
    template <rmap::lock_rank Rank>
    class ranked;
    template <rmap::lock_rank Rank>
    using with_rank = ranked<Rank>;

    explicit droppable_lock(unsigned rank = dropping::any_rank) noexcept : rank_{rank} {}

    void lock(const note& at = note::here()) noexcept {
        if (!drops(at, taking::exclusive)) base::lock(at);
    }
    [[nodiscard]] bool try_lock(const note& at = note::here()) noexcept {
        return drops(at, taking::try_exclusive) || base::try_lock(at);
    }
    void unlock(const note& at = note::here()) noexcept {
        if (!was_dropped()) base::unlock(at);
    }
    void lock_shared(const note& at = note::here()) noexcept {
        if (!drops(at, taking::shared)) base::lock_shared(at);
    }
    [[nodiscard]] bool try_lock_shared(const note& at = note::here()) noexcept {
        return drops(at, taking::try_shared) || base::try_lock_shared(at);
    }
    void unlock_shared(const note& at = note::here()) noexcept {
        if (!was_dropped()) base::unlock_shared(at);
    }
    [[nodiscard]] bool is_held() const noexcept {
        return (without_ & me()) != 0 || base::is_held();
    }
    [[nodiscard]] bool is_held_shared() const noexcept {
        return (without_ & me()) != 0 || base::is_held_shared();
    }

private:
    /// The thread of the exploration; the scenario itself drops nothing.
    [[nodiscard]] static std::uint32_t me() noexcept {
        const auto* const e = rmap::verify::engine::active();
        return e != nullptr && e->on_thread() ? 1U << static_cast<unsigned>(e->current()) : 0U;
    }
    [[nodiscard]] bool drops(const note& at, taking how) noexcept {
        const std::uint32_t bit = me();
        if (bit == 0 || !dropping::drops(at, rank_, how)) return false;
        without_ |= bit;
        return true;
    }
    [[nodiscard]] bool was_dropped() noexcept {
        const std::uint32_t bit = without_ & me();
        without_ &= ~bit;
        return bit != 0;
    }

    unsigned rank_;
    std::uint32_t without_ = 0;  // who goes on without it
};

template <rmap::lock_rank Rank>
class droppable_lock::ranked : public droppable_lock {
public:
    ranked() noexcept : droppable_lock{static_cast<unsigned>(Rank)} {}
};

static_assert(rmap::shared_lock<droppable_lock>);

}  // namespace rmap_test
