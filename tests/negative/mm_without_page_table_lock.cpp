// expect: rmap: the address space must have a page_table_lock
// SPDX-License-Identifier: BSL-1.0

#include "support/minimal.hpp"

using policy = rmap::default_policy;
struct process {};

rmap::reverse_map<minimal::page<policy>, rmap::basic_vma<process, policy>, policy> map;
