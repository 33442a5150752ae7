// SPDX-License-Identifier: BSL-1.0
#pragma once

// The statistics axis: counters that the map keeps. `none` is empty and costs nothing; `counting`
// keeps shared counters, which threads that work on different families will feel.

#include <concepts>
#include <cstdint>

#include <rmap/core/atomics.hpp>
#include <rmap/core/config.hpp>

namespace rmap::inline RMAP_ABI {

/// A set of counters, for a given policy's atomics.
template <class S>
concept statistics_sink = requires(S& s, int change) {
    // Objects of the library's own that are alive: anon_vmas, and links.
    { s.anon_vmas_changed(change) } noexcept;
    { s.links_changed(change) } noexcept;
    // A lookup or a walk began anew.
    { s.retried() } noexcept;
};

namespace statistics {

struct none {
    template <class Atomics>
    struct counters {
        static constexpr bool counts = false;
        void anon_vmas_changed(int) noexcept {}
        void links_changed(int) noexcept {}
        void retried() noexcept {}
    };
};

struct counting {
    // All relaxed: each is a number by itself and orders nothing.
    template <class Atomics>
    class counters {
    public:
        static constexpr bool counts = true;

        void anon_vmas_changed(int by) noexcept { add(anon_vmas_, by); }
        void links_changed(int by) noexcept { add(links_, by); }
        // Not asked of every sink: the bytes of what was counted by links_changed.
        void link_bytes_changed(std::int64_t by) noexcept {
            link_bytes_.fetch_add(static_cast<std::uint64_t>(by), order::relaxed);
        }
        void retried() noexcept { add(retries_, 1); }

        [[nodiscard]] std::uint64_t anon_vmas() const noexcept {
            return anon_vmas_.load(order::relaxed);
        }
        [[nodiscard]] std::uint64_t links() const noexcept { return links_.load(order::relaxed); }
        [[nodiscard]] std::uint64_t link_bytes() const noexcept {
            return link_bytes_.load(order::relaxed);
        }
        [[nodiscard]] std::uint64_t retries() const noexcept {
            return retries_.load(order::relaxed);
        }

    private:
        using counter = typename Atomics::template atomic<std::uint64_t>;
        static void add(counter& c, int by) noexcept {
            c.fetch_add(static_cast<std::uint64_t>(static_cast<std::int64_t>(by)), order::relaxed);
        }
        counter anon_vmas_{};
        counter links_{};
        counter link_bytes_{};
        counter retries_{};
    };
};

}  // namespace statistics

}  // namespace rmap::inline RMAP_ABI
