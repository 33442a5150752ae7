// expect: rmap: the page type must tell whether it is mapped
// SPDX-License-Identifier: BSL-1.0

#include "support/minimal.hpp"

using policy = rmap::default_policy;
struct frame : rmap::page_hook<policy> {};

rmap::reverse_map<frame, minimal::vma<policy>, policy> map;
