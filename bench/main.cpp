// SPDX-License-Identifier: BSL-1.0

// rmap-bench: measures what the library costs. See usage below.

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include "html.hpp"
#include "json.hpp"
#include "registry.hpp"

namespace {

using namespace rmap_bench;

constexpr char usage[] =
    R"(usage: rmap-bench [--list] [--quick] [--json FILE] [--html FILE] [--svg FOLDER] [NAME...]

Measures what the library costs, all benches or those named. policies/PREFIX: of that bench, the
workloads whose names begin so (docs/choosing.md has them).

  --list       prints the names, and what each asks
  --quick      sees that everything works, in seconds; the figures mean little
  --json FILE  also writes the figures to FILE, with the field names of Google Benchmark
  --html FILE  also writes them to FILE, as one page with curves, bars and tables
  --svg FOLDER also writes the curves of `policies` into FOLDER, which is there, as pictures
  --help       this text

Times are CPU time of one thread, medians over repetitions. Build with optimisation (the preset
`bench` does).

exit: 0 measured; 2 bad usage, or a file that cannot be read or written
)";

constexpr bench benches[] = {
    {"sizes", "How large are the objects, beside the kernel's?", sizes},
    {"include_cost", "How long does a compiler take over the headers?", include_cost},
    {"operations", "How long does one operation take, by policy?", operations},
    {"policies", "Which policy for me? All of them and peers, on the same work.", policies},
    {"topologies", "How do topologies compare on the same work, beside chain_tree?", topologies},
    {"replay_speed", "How fast are recorded programs replayed?", replay_speed},
    {"replay_growth", "Does an event cost the same in a trace of any length?", replay_growth},
    {"explore", "How many schedules a second does the explorer run?", explore},
    {"handshake", "What does the handshake of two page flags cost, by form?", handshake},
};

struct request {
    bool help = false;
    bool list = false;
    bool quick = false;
    const char* json = nullptr;
    const char* html = nullptr;
    const char* svg = nullptr;
    std::string_view only{};
    std::vector<const bench*> chosen{};
};

bool choose(std::string_view name, request& out) {
    constexpr std::string_view with_workload = "policies/";
    if (name.starts_with(with_workload) && name.size() > with_workload.size()) {
        out.only = name.substr(with_workload.size());
        name = "policies";
    }
    for (const bench& b : benches) {
        if (name == b.name) {
            out.chosen.push_back(&b);
            return true;
        }
    }
    std::fprintf(stderr, "rmap-bench: no bench is named `%.*s`: see --list\n",
                 static_cast<int>(name.size()), name.data());
    return false;
}

// `--name FILE` or `--name=FILE`: true if `argument` is that option; then `out` is null if the file
// is missing.
bool file_option(std::string_view name, int& i, int count, char** arguments, const char*& out) {
    const std::string_view argument = arguments[i];
    if (!argument.starts_with(name)) return false;
    if (argument.size() > name.size() && argument[name.size()] != '=') return false;
    if (argument.size() > name.size()) {
        out = arguments[i] + name.size() + 1;
    } else {
        out = i + 1 < count ? arguments[++i] : nullptr;
    }
    if (out != nullptr && *out == '\0') out = nullptr;
    if (out == nullptr) {
        std::fprintf(stderr, "rmap-bench: %.*s needs a file\n", static_cast<int>(name.size()),
                     name.data());
    }
    return true;
}

bool parse(int count, char** arguments, request& out) {
    for (int i = 1; i < count; ++i) {
        const std::string_view argument = arguments[i];
        if (argument == "--help" || argument == "-h") {
            out.help = true;
        } else if (argument == "--list") {
            out.list = true;
        } else if (argument == "--quick") {
            out.quick = true;
        } else if (file_option("--json", i, count, arguments, out.json)) {
            if (out.json == nullptr) return false;
        } else if (file_option("--html", i, count, arguments, out.html)) {
            if (out.html == nullptr) return false;
        } else if (file_option("--svg", i, count, arguments, out.svg)) {
            if (out.svg == nullptr) return false;
        } else if (argument.starts_with('-')) {
            std::fprintf(stderr, "rmap-bench: unknown option `%s`\n", arguments[i]);
            return false;
        } else if (!choose(argument, out)) {
            return false;
        }
    }
    if (out.chosen.empty()) {
        for (const bench& b : benches)
            out.chosen.push_back(&b);
    }
    return true;
}

bool cannot_write(const char* path) {
    std::fprintf(stderr, "rmap-bench: %s: cannot write: %s\n", path, std::strerror(errno));
    return false;
}

// Asked before anything is measured. What was not there is taken away again; a link stays.
bool can_write(const char* path) {
    namespace fs = std::filesystem;
    std::error_code ignored;
    // Who reads the other end of a pipe would take the end of this for that of the text.
    if (fs::is_fifo(path, ignored)) return true;
    const bool there = fs::exists(fs::symlink_status(path, ignored));
    std::FILE* const file = std::fopen(path, "a");
    if (file == nullptr) return cannot_write(path);
    std::fclose(file);
    if (!there) std::remove(path);
    return true;
}

bool can_write(const request& what) {
    if (what.json != nullptr && !can_write(what.json)) return false;
    if (what.html != nullptr && !can_write(what.html)) return false;
    return what.svg == nullptr || can_write((std::string{what.svg} + "/x.svg").c_str());
}

bool write_file(const char* path, const std::string& text) {
    std::FILE* const file = std::fopen(path, "w");
    bool good = file != nullptr && std::fwrite(text.data(), 1, text.size(), file) == text.size();
    if (file != nullptr) good = std::fclose(file) == 0 && good;
    return good || cannot_write(path);
}

bool write_pictures(const char* folder, const report& all) {
    bool good = true;
    for (const chart& c : policy_figures{all.figures()}.charts()) {
        const std::string path = std::string{folder} + '/' + c.file + ".svg";
        good = write_file(path.c_str(), svg_of(c, true)) && good;
    }
    return good;
}

bool printed() {
    const bool good = std::fflush(stdout) == 0 && std::ferror(stdout) == 0;
    return good || cannot_write("<stdout>");
}

// The arguments as they were, the program by its name alone.
std::string command_of(int count, char** arguments) {
    std::string out = "rmap-bench";
    for (int i = 1; i < count; ++i)
        out += std::string{' '} + arguments[i];
    return out;
}

}  // namespace

int main(int count, char** arguments) {
    request what;
    if (!parse(count, arguments, what)) {
        std::fputs(usage, stderr);
        return 2;
    }
    if (what.help) {
        std::fputs(usage, stdout);
        return printed() ? 0 : 2;
    }
    if (what.list) {
        for (const bench* b : what.chosen)
            std::printf("%-14s %s\n", b->name, b->question);
        return printed() ? 0 : 2;
    }
    if (!can_write(what)) return 2;
    report figures{what.quick, command_of(count, arguments)};
    figures.only(std::string{what.only});
    bool good = true;
    for (const bench* b : what.chosen) {
        figures.say(std::string{b->name} + ": " + b->question);
        good = b->run(figures) && good;
    }
    const auto& all = figures.figures();
    const auto of_policies = [](const figure& f) { return f.name.starts_with("policies/"); };
    if (!what.only.empty() && std::none_of(all.begin(), all.end(), of_policies)) {
        std::fprintf(stderr, "rmap-bench: no workload of policies begins with `%.*s`\n",
                     static_cast<int>(what.only.size()), what.only.data());
        return 2;
    }
    if (what.json != nullptr) good = write_file(what.json, json_of(figures)) && good;
    if (what.html != nullptr) good = write_file(what.html, html_of(figures)) && good;
    if (what.svg != nullptr) good = write_pictures(what.svg, figures) && good;
    return printed() && good ? 0 : 2;
}
