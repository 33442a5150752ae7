// SPDX-License-Identifier: BSL-1.0
#pragma once

// The one place where the version is written; CMake, pkg-config and the package version file read
// it from here. Semantic versioning: before 1.0 a minor version may change the API.

#define RMAP_VERSION_MAJOR 0
#define RMAP_VERSION_MINOR 1
#define RMAP_VERSION_PATCH 0
