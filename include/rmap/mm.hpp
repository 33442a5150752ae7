// SPDX-License-Identifier: BSL-1.0
#pragma once

// The reference memory manager.

#include <rmap/mm/system.hpp>
