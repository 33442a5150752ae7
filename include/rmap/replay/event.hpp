// SPDX-License-Identifier: BSL-1.0
#pragma once

// What a line of a trace says, once it is read: one struct for every event. Plain data; the reader
// fills it, the player applies it. docs/trace-format.md describes the lines.

#include <compare>
#include <cstdint>
#include <span>
#include <string_view>

#include <rmap/core/types.hpp>
#include <rmap/mm/types.hpp>
#include <rmap/replay/text.hpp>

namespace rmap::inline RMAP_ABI::replay {

/// The number that a trace gives to an address space or to a file.
using id = std::uint32_t;

/// No address or file offset reaches this page number; nor does the end of a range pass it.
using mm::page_limit;

/// One page of one address space: `MM:PAGE` in a trace.
struct place {
    id mm = 0;
    pgno page = 0;

    friend constexpr auto operator<=>(const place&, const place&) = default;
};

enum class verb : std::uint8_t {
    read,
    write,
    mmap,
    munmap,
    mprotect,
    mremap,
    grow,
    dontneed,
    mlock,
    munlock,
    fork,
    exit,
    exec,
    create,  // `mm`: an empty address space
    filesize,
    punch,
    migrate,
    ksm,
    snap,  // a snapshot's first line; reader::read_snapshot reads the rest
};

/// The word that begins the event's line.
[[nodiscard]] constexpr std::string_view name_of(verb v) noexcept {
    return verb_words[static_cast<std::size_t>(v)];
}

/// One event. Fields that its verb does not name are zero.
struct event {
    verb what = verb::snap;
    mm::prot access = mm::prot::none;
    mm::kind mapping = mm::kind::anon;
    bool locked = false;
    bool stack = false;
    bool keep = false;
    id mm = 0;                        // the address space; of a fork, the parent
    id child = 0;                     // fork
    id file = 0;                      // filesize, punch, and mmap unless `mapping` is anon
    pgno start = 0;                   // START, OLD
    pgno pages = 0;                   // N, OLDN
    pgno to = 0;                      // NEW of mremap and grow
    pgno to_pages = 0;                // NEWN
    pgoff_t pgoff = 0;                // punch, and mmap of a file
    std::span<const place> places{};  // ksm; good until the reader's next call
};

}  // namespace rmap::inline RMAP_ABI::replay
