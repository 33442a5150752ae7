// SPDX-License-Identifier: BSL-1.0
#pragma once

// The units of every interface: addresses and offsets are counted in pages, never in bytes.

#include <cstddef>
#include <cstdint>

#include <rmap/core/config.hpp>

namespace rmap::inline RMAP_ABI {

/// A virtual page number (address divided by the page size), or a count of pages.
using pgno = std::uint64_t;

/// An offset into a file or into the life of an anonymous mapping, in pages. A page keeps the pgoff
/// of its first mapping; a vma maps pgoff + i at start + i.
using pgoff_t = std::uint64_t;

}  // namespace rmap::inline RMAP_ABI
