// SPDX-License-Identifier: BSL-1.0
#pragma once

// The rows of the kill table, and the file that they become.

#include <string>
#include <vector>

namespace kill {

struct row {
    std::string kind;      // order, fence, acquisition, invariant
    std::string where;     // file, function
    std::string what;      // the order, the lock, how an invariant was broken
    std::string weakened;  // to what
    std::string under;     // discipline of the story
    std::string by;        // the story; empty: it survives
    std::string shows;     // how the story goes wrong
    std::string why;       // of a survivor
};

struct table {
    std::vector<row> rows;
    unsigned relaxed = 0;  // orders that cannot be weakened
};

/// Which of several in one function: nothing for the first.
[[nodiscard]] inline std::string number(unsigned n) {
    return n == 1 ? std::string{} : " (" + std::to_string(n) + ")";
}

/// Gives survivors their reasons. What is wrong: survivors without one, reasons without a survivor.
[[nodiscard]] std::vector<std::string> explain(table&);

[[nodiscard]] std::string summary(const table&);
[[nodiscard]] std::string in_words(const table&);

}  // namespace kill
