// SPDX-License-Identifier: BSL-1.0
#pragma once

// The least that a map can be made of, for a given policy: an address space, and the ready-made
// page and vma. Nothing is instantiated before a test uses it.

#include <rmap/rmap.hpp>

namespace minimal {

template <class Policy>
struct space {
    typename Policy::lock page_table_lock{};
};

template <class Policy>
using page = rmap::basic_page<Policy>;

template <class Policy>
using vma = rmap::basic_vma<space<Policy>, Policy>;

template <class Policy>
using map = rmap::reverse_map<page<Policy>, vma<Policy>, Policy>;

}  // namespace minimal
