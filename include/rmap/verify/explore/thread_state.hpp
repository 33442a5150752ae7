// SPDX-License-Identifier: BSL-1.0
#pragma once

// A thread of a scenario, as the engine keeps it, and who waits for whom.

#include <cstddef>
#include <cstdint>
#include <new>
#include <string>
#include <type_traits>
#include <utility>

#include <rmap/verify/explore/clock.hpp>
#include <rmap/verify/explore/event.hpp>
#include <rmap/verify/explore/fiber.hpp>
#include <rmap/verify/explore/objects.hpp>

namespace rmap::inline RMAP_ABI::verify {

struct thread_state {
    static constexpr unsigned most_watched = 16;

    fiber stack{};
    const char* name = "";
    void (*body)(void*) = nullptr;
    void (*destroy)(void*) = nullptr;
    operation pending{};
    bool finished = true;
    vclock dep{};       // of steps that this thread's next one comes after, by dependence
    vclock hb{};        // happens-before
    vclock acquired{};  // what an acquire fence would add
    vclock released{};  // what a relaxed store publishes: the hb at the last release fence
    // What was read since the last pause(), and whether there was more than is remembered.
    struct {
        std::uint32_t object, version;
    } watched[most_watched];  // those below `watching`
    unsigned watching = 0;
    bool watched_more = false;
    alignas(16) std::byte room[256];  // the body, if there is one

    thread_state() noexcept {}  // leaves those two as they are: to clear them takes time
    thread_state(const thread_state&) = delete;
    thread_state& operator=(const thread_state&) = delete;

    template <class Body>
    void declare(const char* called, Body&& does) {
        using type = std::decay_t<Body>;
        static_assert(sizeof(type) <= sizeof(room),
                      "rmap: a thread's body captures too much; capture by reference");
        ::new (static_cast<void*>(room)) type(std::forward<Body>(does));
        name = called;
        body = [](void* at) { (*static_cast<type*>(at))(); };
        destroy = [](void* at) { static_cast<type*>(at)->~type(); };
    }
    void forget_body() noexcept {
        if (destroy != nullptr) destroy(room);
        destroy = nullptr;
    }

    /// Forgets all but the name and the body.
    void start(unsigned number, const vclock& before) noexcept {
        finished = false;
        hb = acquired = before;
        hb.at[number] = acquired.at[number] = 1;
        dep = {};
        released = {};
        pending = {};
        watching = 0;
        watched_more = false;
    }

    /// Its body has returned.
    void finish() noexcept {
        finished = true;
        pending = {};
    }

    /// The object was read, in that version; `stale`: what was read is not the newest. The first
    /// look since the last pause() counts: a compare-exchange that fails because the object has
    /// changed since it was loaded must not wait for one more change.
    void watch(std::uint32_t object, std::uint32_t version, bool stale) noexcept {
        if (stale) --version;
        for (unsigned i = 0; i != watching; ++i) {
            if (watched[i].object == object) return;
        }
        if (watching == most_watched) {
            watched_more = true;
        } else {
            watched[watching++] = {object, version};
        }
    }

    [[nodiscard]] std::uint64_t watch_hash(unsigned number,
                                           const object_table& objects) const noexcept {
        std::uint64_t h = watched_more ? mix(number + 1) : 0;
        for (unsigned i = 0; i != watching; ++i) {
            const object& o = objects[watched[i].object];
            h += mix(o.name_hash ^ (number * 2 + (o.version != watched[i].version ? 1U : 0U)));
        }
        return h;
    }

    /// Whether the pending operation can be done.
    [[nodiscard]] bool can_run(const object_table& objects) const noexcept {
        switch (pending.kind) {
            case op_kind::lock:
                return objects[pending.object].owner == object::nobody &&
                       objects[pending.object].shared_by == 0;
            case op_kind::lock_shared: return objects[pending.object].owner == object::nobody;
            case op_kind::await:
                if (watched_more || watching == 0) return true;
                for (unsigned i = 0; i != watching; ++i) {
                    if (objects[watched[i].object].version != watched[i].version) return true;
                }
                return false;
            default: return true;
        }
    }
};

inline void forget_bodies(thread_state* threads, unsigned count) noexcept {
    for (unsigned t = 0; t != count; ++t) threads[t].forget_body();
}

/// Who waits for what, and who has it: the text of a deadlock.
[[nodiscard]] inline std::string waits(const thread_state* threads, unsigned count,
                                       const object_table& objects) {
    std::string text;
    for (unsigned t = 0; t != count; ++t) {
        if (threads[t].finished) continue;
        const operation& op = threads[t].pending;
        if (!text.empty()) text += "; ";
        text += std::string{threads[t].name} + " waits in " + name_of(op.kind);
        for (unsigned i = 0; op.kind == op_kind::await && i != threads[t].watching; ++i) {
            text += (i == 0 ? " for a change of " : ", ") +
                    objects.name(threads[t].watched[i].object);
        }
        if (op.object == no_object) continue;
        text += " for " + objects.name(op.object);
        const object& o = objects[op.object];
        for (unsigned h = 0; h != count; ++h) {
            const bool holds = o.owner == static_cast<int>(h) || ((o.shared_by >> h) & 1U) != 0;
            if (holds) text += std::string{", held by "} + threads[h].name;
        }
        const bool scenario = o.owner == object::main || ((o.shared_by >> max_threads) & 1U) != 0;
        if (scenario) text += ", held by the scenario";
    }
    return text;
}

}  // namespace rmap::inline RMAP_ABI::verify
