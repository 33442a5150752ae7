// SPDX-License-Identifier: BSL-1.0
#pragma once

// The objects of an execution: atomics and locks (and plain fields, where those are points),
// numbered as they are made, with what is known of the accesses to each; and the plain fields'
// shadow for races.

#include <cstddef>
#include <cstdint>
#include <new>
#include <string>
#include <vector>

#include <rmap/verify/explore/clock.hpp>
#include <rmap/verify/explore/event.hpp>

namespace rmap::inline RMAP_ABI::verify {

struct object {
    static constexpr int nobody = -1;
    static constexpr int main = -2;  // the scenario's own code

    // The last step of each thread on the object, by how it touched it; -1: none.
    std::int32_t last[touch_rows][max_threads] = {
        {-1, -1, -1, -1, -1, -1, -1, -1},
        {-1, -1, -1, -1, -1, -1, -1, -1},
        {-1, -1, -1, -1, -1, -1, -1, -1},
        {-1, -1, -1, -1, -1, -1, -1, -1}};
    vclock wrote{};      // dependence: all changes
    vclock accessed{};   // dependence: all accesses
    vclock released{};   // happens-before: what an acquirer learns
    vclock shared_released{};  // and what an exclusive one learns besides, of a lock
    std::uint32_t version = 0;   // changes when a waiting thread could see something new
    std::uint32_t location = 0;  // under weak memory
    std::uint64_t name_hash = 0;
    const void* address = nullptr;
    const char* name = nullptr;
    int maker = nobody;          // the thread that constructed it, if it was one
    std::uint32_t made_at = 0;   // and its happens-before time then
    int owner = nobody;          // of a lock
    thread_mask shared_by = 0;   // bit max_threads: the scenario's own code
    bool is_lock = false;
    bool dead = false;

    [[nodiscard]] static constexpr unsigned row(touch t) noexcept {
        return static_cast<unsigned>(t) - 1U;
    }

    void before(touch t, vclock& dep) const noexcept {
        if (t == touch::nothing) return;
        dep.join(only_reads(t) ? wrote : accessed);
    }
    void after(touch t, unsigned thread, std::int32_t index, const vclock& dep) noexcept {
        if (t == touch::nothing) return;
        last[row(t)][thread] = index;
        accessed.join(dep);
        if (!only_reads(t)) wrote = dep;
    }
};

/// What is known of a plain field: who wrote it last and who has read it since.
struct shadow {
    static constexpr std::uint8_t nobody = 0xff;
    std::uint8_t writer = nobody;
    bool dead = false;
    std::uint32_t wrote_at = 0;
    vclock reads{};
    const void* address = nullptr;
};

class object_table {
public:
    void reset() noexcept {
        epoch_ = next_epoch();
        objects_used_ = shadows_used_ = 0;
        for (std::uint32_t& n : made_) n = 0;
    }
    /// Tells objects of this execution from those of earlier ones.
    [[nodiscard]] std::uint32_t epoch() const noexcept { return epoch_; }

    /// Memory was freed: whatever lived in it does not any more.
    void retire(const void* begin, std::size_t size) noexcept {
        const auto inside = [&](const void* address) {
            return reinterpret_cast<std::uintptr_t>(address) -
                       reinterpret_cast<std::uintptr_t>(begin) <
                   size;
        };
        for (std::size_t i = 0; i != objects_used_; ++i) {
            if (inside(objects_[i].address)) objects_[i].dead = true;
        }
        for (std::size_t i = 0; i != shadows_used_; ++i) {
            if (inside(shadows_[i].address)) shadows_[i].dead = true;
        }
    }

    [[nodiscard]] object& operator[](std::uint32_t i) noexcept { return objects_[i]; }
    [[nodiscard]] const object& operator[](std::uint32_t i) const noexcept { return objects_[i]; }
    [[nodiscard]] shadow& shadow_at(std::uint32_t i) noexcept { return shadows_[i]; }

    /// A new object, made by `thread` (or the scenario): its name for the hash is who made it and
    /// its how-manieth that was, which does not depend on the schedule.
    [[nodiscard]] std::uint32_t add(const void* address, bool is_lock, int thread) {
        if (objects_used_ == objects_.size()) {
            objects_.emplace_back();
        } else {
            ::new (&objects_[objects_used_]) object;  // what was there has no destructor
        }
        object& o = objects_[objects_used_];
        o.address = address;
        o.is_lock = is_lock;
        const unsigned maker = thread < 0 ? max_threads : static_cast<unsigned>(thread);
        o.name_hash = mix((std::uint64_t{maker} << 32) ^ ++made_[maker]);
        return static_cast<std::uint32_t>(objects_used_++);
    }

    [[nodiscard]] std::uint32_t add_shadow(const void* address) {
        if (shadows_used_ == shadows_.size()) {
            shadows_.emplace_back();
        } else {
            ::new (&shadows_[shadows_used_]) shadow;
        }
        shadow& s = shadows_[shadows_used_];
        s.address = address;
        return static_cast<std::uint32_t>(shadows_used_++);
    }

    [[nodiscard]] std::uint32_t first_held() const noexcept {
        for (std::size_t i = 0; i != objects_used_; ++i) {
            const object& o = objects_[i];
            if (!o.dead && (o.owner != object::nobody || o.shared_by != 0)) {
                return static_cast<std::uint32_t>(i);
            }
        }
        return no_object;
    }

    // ---- names, for people
    // -------------------------------------------------------------------------

    /// Memory from `begin` on is called `name`, in this and later executions that say so.
    void call(const void* begin, std::size_t size, const char* name) {
        names_.push_back({begin, size, name});
    }
    void forget_names() noexcept { names_.clear(); }

    [[nodiscard]] std::string name(std::uint32_t i) const {
        const object& o = objects_[i];
        const std::string known = name_at(o.address);
        if (!known.empty()) return known;
        return (o.is_lock ? "lock#" : "atomic#") + std::to_string(i);
    }
    [[nodiscard]] std::string name_at(const void* address) const {
        const named* best = nullptr;
        for (const named& n : names_) {
            const auto at = reinterpret_cast<std::uintptr_t>(address);
            const auto begin = reinterpret_cast<std::uintptr_t>(n.begin);
            if (at - begin >= n.size) continue;
            if (best == nullptr || n.size < best->size) best = &n;
        }
        if (best == nullptr) return {};
        const auto offset = reinterpret_cast<std::uintptr_t>(address) -
                            reinterpret_cast<std::uintptr_t>(best->begin);
        return offset == 0 ? best->text : std::string{best->text} + "+" + std::to_string(offset);
    }

private:
    struct named {
        const void* begin;
        std::size_t size;
        const char* text;
    };

    // Of all tables of the program, since objects can outlive an exploration.
    [[nodiscard]] static std::uint32_t next_epoch() noexcept {
        static std::uint32_t last = 0;
        return __atomic_add_fetch(&last, 1, __ATOMIC_RELAXED);
    }

    std::uint32_t epoch_ = 0;
    std::size_t objects_used_ = 0;
    std::size_t shadows_used_ = 0;
    std::uint32_t made_[max_threads + 1] = {};
    std::vector<object> objects_{};
    std::vector<shadow> shadows_{};
    std::vector<named> names_{};
};

}  // namespace rmap::inline RMAP_ABI::verify
