// SPDX-License-Identifier: BSL-1.0
#pragma once

// One snapshot: the rows between `snap` and `end`. The reader fills one with what the kernel
// reported, collect.hpp another with what the library has; compare.hpp holds the two side by side.
// Lists of places and of ids lie in one vector each, so that a snapshot used again allocates
// nothing.

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include <rmap/replay/event.hpp>

namespace rmap::inline RMAP_ABI::replay {

/// Part of `snapshot::places` or `snapshot::ids`.
struct slice {
    std::size_t first = 0;
    std::size_t count = 0;
};

struct vma_row {
    id mm = 0;
    pgno start = 0;
    pgno pages = 0;
    mm::prot access = mm::prot::none;
    mm::kind mapping = mm::kind::anon;
    id file = 0;
    pgoff_t pgoff = 0;  // of a file mapping; 0 for anon
    bool locked = false;
    bool stack = false;
    bool account = false;
    std::uint64_t line = 0;
};

struct page_row {
    std::uint32_t mapcount = 0;
    slice places{};
    std::uint64_t line = 0;
};

struct anon_vma_row {
    id number = 0;
    id root = 0;
    id parent = 0;
    std::uint32_t children = 0;
    std::uint32_t active = 0;
    std::uint64_t line = 0;
};

struct chain_row {
    place vma{};
    pgoff_t pgoff = 0;
    id own = 0;
    slice ids{};  // newest link first
    std::uint64_t line = 0;
};

struct owns_row {
    id number = 0;
    slice places{};
    std::uint64_t line = 0;
};

struct objects_row {
    std::uint64_t anon_vmas = 0;
    std::uint64_t links = 0;
    std::uint64_t line = 0;
};

struct snapshot {
    std::vector<vma_row> vmas{};
    std::vector<page_row> pages{};
    std::vector<anon_vma_row> anon_vmas{};
    std::vector<chain_row> chains{};
    std::vector<owns_row> owns{};
    objects_row objects{};
    bool has_objects = false;

    std::vector<place> places{};
    std::vector<id> ids{};
    std::uint64_t line = 0;  // of `snap`

    /// Whether the rows that show anon_vmas and their links are there.
    [[nodiscard]] bool has_graph() const noexcept {
        return !anon_vmas.empty() || !chains.empty() || !owns.empty();
    }
    [[nodiscard]] std::span<const place> of_places(slice s) const {
        return std::span{places}.subspan(s.first, s.count);
    }
    [[nodiscard]] std::span<const id> of_ids(slice s) const {
        return std::span{ids}.subspan(s.first, s.count);
    }
    void clear() noexcept {
        vmas.clear();
        pages.clear();
        anon_vmas.clear();
        chains.clear();
        owns.clear();
        objects = {};
        has_objects = false;
        places.clear();
        ids.clear();
        line = 0;
    }
};

}  // namespace rmap::inline RMAP_ABI::replay
