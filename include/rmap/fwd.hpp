// SPDX-License-Identifier: BSL-1.0
#pragma once

// The names, for headers that only mention them.

#include <rmap/core/config.hpp>

namespace rmap::inline RMAP_ABI {

struct default_policy;

template <class Policy>
class anon_vma;
template <class Policy>
class anon_vma_chain;
template <class Policy>
class page_hook;
template <class Policy>
class i_mmap;
template <class Policy>
class i_mmap_hook;
template <class Policy>
class ksm_node;
template <class Policy>
class ksm_item;
template <class Page, class Vma, class Policy>
class reverse_map;

}  // namespace rmap::inline RMAP_ABI
