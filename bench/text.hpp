// SPDX-License-Identifier: BSL-1.0
#pragma once

// Numbers as a person reads them.

#include <cstdio>
#include <string>

namespace rmap_bench {

/// 1234567.8 -> 1,234,568; small numbers that are not whole keep three digits.
[[nodiscard]] inline std::string grouped(double value) {
    char digits[64];
    const bool whole = value >= 1000 || value == static_cast<double>(static_cast<long long>(value));
    std::snprintf(digits, sizeof digits, whole ? "%.0f" : "%.3g", value);
    const std::string plain = digits;
    if (!whole) return plain;
    std::string out;
    for (std::size_t i = 0; i < plain.size(); ++i) {
        if (i != 0 && (plain.size() - i) % 3 == 0) out += ',';
        out += plain[i];
    }
    return out;
}

/// A time of so many nanoseconds, in the unit that suits it, ten characters wide.
[[nodiscard]] inline std::string with_unit(double ns) {
    const char* const units[] = {"ns", "us", "ms", "s "};
    int unit = 0;
    for (; ns >= 1000 && unit < 3; ++unit)
        ns /= 1000;
    char out[32];
    std::snprintf(out, sizeof out, "%7.2f %s", ns, units[unit]);
    return out;
}

}  // namespace rmap_bench
