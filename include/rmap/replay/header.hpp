// SPDX-License-Identifier: BSL-1.0
#pragma once

// The lines of a trace before its first event, without the `mm` lines, which are events.

#include <cstdint>
#include <string>

#include <rmap/replay/event.hpp>

namespace rmap::inline RMAP_ABI::replay {

struct header {
    std::string kernel{};
    std::uint64_t page_size = 0;
    // Scope strict: snapshots list every vma and every page. Scope pages: pages only.
    bool covers_all = true;
    bool accounting = false;
    bool anon_rows_only = false;  // snapshots leave out the pages of files
    pgno first = 0;               // the traced range
    pgno last = page_limit;       // one past its end

    /// Whether the pages lie in the traced range. Both numbers MUST be below page_limit.
    [[nodiscard]] constexpr bool covers(pgno start, pgno pages) const noexcept {
        return start >= first && start + pages <= last;
    }
};

}  // namespace rmap::inline RMAP_ABI::replay
