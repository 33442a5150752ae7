// SPDX-License-Identifier: BSL-1.0

// rmap-replay: replays what a kernel recorded and compares, snapshot by snapshot. See usage below.

#include <cerrno>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <new>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <unistd.h>

#include <rmap/replay.hpp>

#include "replay/policies.hpp"

namespace {

using namespace rmap;

constexpr char usage[] =
    R"(usage: rmap-replay [--policy NAME|all] [--json FILE] [--no-check] TRACE...

Replays traces of memory-mapping activity that a Linux kernel recorded, and compares every
snapshot in them with what the library has: the vmas, the places of each page (from page tables,
and by an rmap walk from the page alone), and the graph of anon_vmas behind them.

  TRACE          a file (gzip or plain), or - for the standard input
  --policy NAME  linux_6_18 (as without this option), never_merge, single_threaded, std_locks,
                 chain_list, single_list, pte_chain, cow_tree, late_cow_tree, or all of
                 them
  --json FILE    also writes the table to FILE, as JSON
  --no-check     compares nothing: to measure how fast events are replayed
  --help         this text

exit: 0 every row equal; 1 a difference, the first of each trace is shown; 2 bad input or usage
)";

struct policy_entry {
    const char* name;
    replay_call* run;
};

constexpr policy_entry policies[] = {
    {"linux_6_18", replay_linux_6_18},
    {"never_merge", replay_never_merge},
    {"single_threaded", replay_single_threaded},
    {"std_locks", replay_std_locks},
    {"chain_list", replay_chain_list},
    {"single_list", replay_single_list},
    {"pte_chain", replay_pte_chain},
    {"cow_tree", replay_cow_tree},
    {"late_cow_tree", replay_late_cow_tree},
};

struct request {
    std::span<const policy_entry> chosen = std::span{policies}.first(1);
    const char* json = nullptr;
    replay::run_options options{};
    std::vector<const char*> traces{};
    bool help = false;
};

bool choose_policy(std::string_view name, request& out) {
    if (name == "all") {
        out.chosen = policies;
        return true;
    }
    for (const policy_entry& p : policies) {
        if (name == p.name) {
            out.chosen = {&p, 1};
            return true;
        }
    }
    std::fprintf(stderr, "rmap-replay: unknown policy `%.*s`\n", static_cast<int>(name.size()),
                 name.data());
    return false;
}

// The value of an option: after `=`, or the next argument.
const char* value_of(const char* name, int& i, int count, char** arguments) {
    const char* argument = arguments[i];
    const std::size_t length = std::strlen(name);
    if (argument[length] == '=') return argument + length + 1;
    if (i + 1 < count) return arguments[++i];
    std::fprintf(stderr, "rmap-replay: %s needs a value\n", name);
    return nullptr;
}

bool is_option(const char* argument, const char* name) {
    const std::size_t length = std::strlen(name);
    return std::strncmp(argument, name, length) == 0 &&
           (argument[length] == '\0' || argument[length] == '=');
}

bool parse(int count, char** arguments, request& out) {
    bool only_traces = false;
    for (int i = 1; i < count; ++i) {
        const char* argument = arguments[i];
        if (only_traces || argument[0] != '-' || std::strcmp(argument, "-") == 0) {
            out.traces.push_back(argument);
        } else if (std::strcmp(argument, "--") == 0) {
            only_traces = true;
        } else if (std::strcmp(argument, "--help") == 0 || std::strcmp(argument, "-h") == 0) {
            out.help = true;
        } else if (std::strcmp(argument, "--no-check") == 0) {
            out.options.check = false;
        } else if (is_option(argument, "--policy")) {
            const char* name = value_of("--policy", i, count, arguments);
            if (name == nullptr || !choose_policy(name, out)) return false;
        } else if (is_option(argument, "--json")) {
            out.json = value_of("--json", i, count, arguments);
            if (out.json == nullptr) return false;
        } else {
            std::fprintf(stderr, "rmap-replay: unknown option `%s`\n", argument);
            return false;
        }
    }
    if (out.help || !out.traces.empty()) return true;
    std::fprintf(stderr, "rmap-replay: no trace given\n");
    return false;
}

// One line on a terminal that says how far the replay is; nothing elsewhere, and nothing for what
// takes less than half a second.
class progress_line {
public:
    void begin(std::string name) {
        name_ = std::move(name);
        next_ = clock::now() + std::chrono::milliseconds{500};
    }
    void show(std::uint64_t line, std::uint64_t bytes) {
        if (!terminal_ || clock::now() < next_) return;
        next_ = clock::now() + std::chrono::milliseconds{100};
        std::fprintf(stderr, "\r\033[K%s: line %s, %s kB", name_.c_str(),
                     replay::with_commas(line).c_str(), replay::with_commas(bytes / 1000).c_str());
        shown_ = true;
    }
    void clear() {
        if (shown_) std::fputs("\r\033[K", stderr);
        shown_ = false;
    }

private:
    using clock = std::chrono::steady_clock;

    const bool terminal_ = ::isatty(2) == 1;
    bool shown_ = false;
    std::string name_{};
    clock::time_point next_{};
};

// What cannot be read twice, for several policies: all its lines, or what is wrong with it.
bool read_all(replay::input& from, std::string& text, std::string& wrong) {
    constexpr std::size_t most = std::size_t{1} << 29;
    std::string_view line;
    replay::input::result r;
    while ((r = from.next(line)) == replay::input::result::line) {
        if (line.size() >= most - text.size()) {
            wrong = "too long to be kept for several policies; give a file";
            return false;
        }
        text += line;
        text += '\n';
    }
    wrong = from.error();
    return r == replay::input::result::finished;
}

int cannot_print() {
    std::fprintf(stderr, "rmap-replay: <stdout>: cannot write: %s\n", std::strerror(errno));
    return 2;
}

class program {
public:
    explicit program(const request& what) : request_{what} {}

    int run() {
        for (const char* trace : request_.traces)
            replay_trace(trace);
        progress_.clear();
        std::fputs(replay::table(outcomes_).c_str(), stdout);
        int code = 0;
        for (const replay::outcome& o : outcomes_) {
            if (o.numbers.differences != 0 && code == 0) code = 1;
            if (o.wrong) code = 2;
        }
        if (request_.json != nullptr && !write_json()) code = 2;
        return std::fflush(stdout) == 0 && std::ferror(stdout) == 0 ? code : cannot_print();
    }

private:
    void replay_trace(const char* trace) {
        const bool keep = std::strcmp(trace, "-") == 0 && request_.chosen.size() > 1;
        std::string text;
        std::string name;
        if (keep) {
            replay::input once;
            std::string wrong;
            if (!once.open(trace)) return cannot_read(once, once.error());
            if (!read_all(once, text, wrong)) return cannot_read(once, wrong);
            name = once.name();
        }
        for (const policy_entry& policy : request_.chosen) {
            replay::input in;
            if (keep) {
                in.open_memory(name, text);
            } else if (!in.open(trace)) {
                return cannot_read(in, in.error());
            }
            progress_.begin(replay::short_name(in.name()));
            keep_outcome(policy, policy.run(in, request_.options,
                                            [this](std::uint64_t line, std::uint64_t bytes) {
                                                progress_.show(line, bytes);
                                            }));
        }
    }

    void cannot_read(const replay::input& in, const std::string& why) {
        replay::outcome o;
        o.trace = in.name();
        o.wrong = replay::problem{in.name(), 1, why};
        keep_outcome(request_.chosen.front(), std::move(o));
    }

    void keep_outcome(const policy_entry& policy, replay::outcome o) {
        progress_.clear();
        o.policy = policy.name;
        if (o.wrong) std::fprintf(stderr, "%s\n", o.wrong->text().c_str());
        outcomes_.push_back(std::move(o));
    }

    bool write_json() {
        const std::string text = replay::json(outcomes_);
        std::FILE* file = std::fopen(request_.json, "w");
        bool good =
            file != nullptr && std::fwrite(text.data(), 1, text.size(), file) == text.size();
        if (file != nullptr) good = std::fclose(file) == 0 && good;
        if (!good)
            std::fprintf(stderr, "%s:1: cannot write: %s\n", request_.json, std::strerror(errno));
        return good;
    }

    const request& request_;
    progress_line progress_{};
    std::vector<replay::outcome> outcomes_{};
};

}  // namespace

int main(int count, char** arguments) {
    request what;
    if (!parse(count, arguments, what)) {
        std::fputs(usage, stderr);
        return 2;
    }
    if (what.help) {
        std::fputs(usage, stdout);
        return std::fflush(stdout) == 0 ? 0 : cannot_print();
    }
    try {
        return program{what}.run();
    } catch (const std::bad_alloc&) {
        std::fputs("rmap-replay: no memory is left\n", stderr);
        return 2;
    }
}
