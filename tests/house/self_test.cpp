// SPDX-License-Identifier: BSL-1.0

// Each rule of house.hpp finds its fault: a sound little tree, then the same with one file more.

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include <unistd.h>

#include "house/house.hpp"

namespace {

namespace fs = std::filesystem;

const std::string top = "// SPDX-License-Identifier: BSL-1.0\n#pragma once\n";

struct planted {
    std::string path;
    std::string text;
    std::string what;  // how the finding begins; empty: none
};

const std::vector<planted> sound{
    {"include/rmap/core/a.hpp", top + "#include <cstddef>\n// may throw, thread_local\n", ""},
    {"include/rmap/locks/l.hpp", top + "#include <rmap/core/a.hpp>\n", ""},
    {"include/rmap/locks/guard.hpp", top + "#include <rmap/locks/l.hpp>\n", ""},
    {"include/rmap/topologies/t.hpp", top + "#include <rmap/locks/guard.hpp>\n", ""},
    {"include/rmap/hosted/h.hpp", top + "#include <mutex>\n#include <rmap/locks/l.hpp>\n", ""},
    {"include/rmap/verify/v.hpp", top + "#include <rmap/hosted/h.hpp>\n", ""},
    {"include/rmap/mm/m.hpp", top + "#include <rmap/hosted/h.hpp>\n", ""},
    {"tests/negative/n.cpp", "// expect: error\n// SPDX-License-Identifier: BSL-1.0\n", ""},
};

const std::vector<planted> faults{
    {"include/rmap/core/b.hpp", top + "#include <atomic>\n", "outside the core set"},
    {"include/rmap/core/b.hpp", top + "#include <rmap/locks/l.hpp>\n", "upward include"},
    {"include/rmap/verify/b.hpp", top + "#include <rmap/mm/m.hpp>\n", "upward include"},
    {"include/rmap/topologies/b.hpp", top + "#include <rmap/locks/l.hpp>\n", "an axis includes"},
    {"include/rmap/flags/b.hpp", top + "#include <rmap/topologies/t.hpp>\n", "flags/ includes"},
    {"include/rmap/core/b.hpp", top + "#include \"a.hpp\"\n", "include with"},
    {"include/rmap/core/b.hpp", top + "#include <rmap/core/c.hpp>\n", "no such header"},
    {"include/rmap/core/b.hpp", top + "#include <rmap/core/b.hpp>\n", "an include cycle"},
    {"include/rmap/attic/b.hpp", top, "no such room"},
    {"include/rmap/core/b.hpp", top + "inline thread_local int x;\n", "not in a freestanding"},
    {"include/rmap/core/b.hpp", top + "inline void f() { throw 1; }\n", "not in a freestanding"},
    {"include/rmap/ops/b.hpp", top + "std::atomic<int>* x;\n", "not in a freestanding"},
    {"include/rmap/core/b.hpp", "#pragma once\n", "no SPDX line"},
    {"examples/b.cpp", "int main() {}\n", "no SPDX line"},
    {"tests/negative/b.cpp", "// expect: error\nint x;\n", "no SPDX line"},
    {"include/rmap/core/b.hpp", "// SPDX-License-Identifier: BSL-1.0\n", "no #pragma once"},
    {"include/rmap/core/b.hpp", top + std::string(399, '\n'), "more than 400 lines"},
    {"include/rmap/core/b.hpp", top + "// " + std::string(98, 'x') + "\n", "more than 100 columns"},
    {"include/rmap/core/b.hpp", top + "\tint x;\n", "a tab"},
    {"include/rmap/mm/b.hpp",
     top + "// TO"
           "DO\n",
     "a word of unfinished"},
    {"docs/b.md",
     "see ../sha"
     "red/x\n",
     "a path outside"},
    {"README.md",
     "see /wo"
     "rk/x\n",
     "a path outside"},
};

void write(const fs::path& root, const planted& file) {
    fs::create_directories((root / file.path).parent_path());
    std::ofstream{root / file.path} << file.text;
}

}  // namespace

int main() {
    std::string folder = (fs::temp_directory_path() / "rmap-house-XXXXXX").string();
    if (::mkdtemp(folder.data()) == nullptr) return 1;
    const fs::path root = fs::path{folder} / "tree";
    int failures = 0;
    for (std::size_t i = 0; i <= faults.size(); ++i) {
        fs::remove_all(root);
        for (const planted& file : sound) {
            write(root, file);
        }
        const planted fault = i < faults.size() ? faults[i] : planted{};
        if (!fault.path.empty()) {
            write(root, fault);
        }
        const house::inspection inspection{root};
        const auto& findings = inspection.findings();
        const bool right = fault.what.empty()
                               ? findings.empty()
                               : findings.size() == 1 && findings[0].file == fault.path &&
                                     findings[0].what.rfind(fault.what, 0) == 0;
        if (!right) {
            ++failures;
            std::printf("planted in %s, expected `%s`:\n", fault.path.c_str(), fault.what.c_str());
            for (const house::finding& f : findings) {
                std::printf("  %s:%zu: %s\n", f.file.c_str(), f.line, f.what.c_str());
            }
        }
    }
    fs::remove_all(folder);
    std::printf("%zu planted faults, %d not found as they should\n", faults.size(), failures);
    return failures != 0;
}
