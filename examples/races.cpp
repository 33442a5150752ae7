// SPDX-License-Identifier: BSL-1.0

// rmap-races: bugs that reverse maps had, found again by the schedule explorer, each with its
// interleaving printed; and the forms without them, searched to the end. See usage below.

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include "races/gallery.hpp"
#include "races/report.hpp"

namespace {

using races::outcome;
using races::race;

constexpr char usage[] =
    R"(usage: rmap-races [--list] [--json FILE] [--html FILE] [--table FILE] [NAME...]
       rmap-races --replay STRING

Explores each story of the gallery (or those named): the broken form until it fails, the fixed
forms in every interleaving. A story's source is the mail or the commit that tells of it.

  NAME             a story, as --list names them
  --list           the stories, one a line
  --json FILE      also writes what was found to FILE, as JSON
  --html FILE      also draws each counterexample as a timeline, for a browser
  --table FILE     also puts a table of what was found into FILE, which has the lines
                   <!-- rmap-races --table --> and <!-- end of the table --> around its old one
  --replay STRING  runs one execution again, the one that the string stands for
  --help           this text

exit: 0 every broken form was found and every fixed form is clean; 1 otherwise, or the string is
stale; 2 bad usage, or a file that cannot be read or written
)";

struct request {
    std::vector<const race*> chosen{};
    const char* json = nullptr;
    const char* html = nullptr;
    const char* table = nullptr;
    const char* replay = nullptr;
    bool list = false;
    bool help = false;
};

bool choose(const char* name, request& out) {
    for (const race* r : races::all()) {
        if (std::strcmp(r->name, name) == 0) {
            out.chosen.push_back(r);
            return true;
        }
    }
    std::fprintf(stderr, "rmap-races: no story is called `%s`\n", name);
    return false;
}

/// The value of an option: after `=`, or the next argument.
const char* value_of(const char* name, int& i, int count, char** arguments) {
    const std::size_t length = std::strlen(name);
    if (arguments[i][length] == '=') return arguments[i] + length + 1;
    if (i + 1 < count) return arguments[++i];
    std::fprintf(stderr, "rmap-races: %s needs a value\n", name);
    return nullptr;
}

bool is_option(const char* argument, const char* name) {
    const std::size_t length = std::strlen(name);
    return std::strncmp(argument, name, length) == 0 &&
           (argument[length] == '\0' || argument[length] == '=');
}

bool parse(int count, char** arguments, request& out) {
    for (int i = 1; i < count; ++i) {
        const char* argument = arguments[i];
        if (argument[0] != '-') {
            if (!choose(argument, out)) return false;
        } else if (std::strcmp(argument, "--help") == 0 || std::strcmp(argument, "-h") == 0) {
            out.help = true;
        } else if (std::strcmp(argument, "--list") == 0) {
            out.list = true;
        } else if (is_option(argument, "--json")) {
            if ((out.json = value_of("--json", i, count, arguments)) == nullptr) return false;
        } else if (is_option(argument, "--html")) {
            if ((out.html = value_of("--html", i, count, arguments)) == nullptr) return false;
        } else if (is_option(argument, "--table")) {
            if ((out.table = value_of("--table", i, count, arguments)) == nullptr) return false;
        } else if (is_option(argument, "--replay")) {
            if ((out.replay = value_of("--replay", i, count, arguments)) == nullptr) return false;
        } else {
            std::fprintf(stderr, "rmap-races: unknown option `%s`\n", argument);
            return false;
        }
    }
    const bool more = !out.chosen.empty() || out.json != nullptr || out.html != nullptr ||
                      out.table != nullptr || out.list;
    if (out.replay != nullptr && more) {
        std::fprintf(stderr, "rmap-races: --replay stands alone: the string names its story\n");
        return false;
    }
    if (out.table != nullptr && !out.chosen.empty()) {
        std::fprintf(stderr, "rmap-races: --table is of all stories\n");
        return false;
    }
    if (out.chosen.empty()) out.chosen.assign(races::all().begin(), races::all().end());
    return true;
}

int list(const request& what) {
    std::size_t width = 0;
    for (const race* r : what.chosen)
        width = std::max(width, std::strlen(r->name));
    for (const race* r : what.chosen) {
        std::printf("%-*s  %s\n", static_cast<int>(width), r->name, r->story);
    }
    return 0;
}

int replay(const char* text) {
    const auto schedule = rmap::verify::from_token(text);
    if (!schedule) {
        std::fprintf(stderr, "rmap-races: `%s` is no replay string\n", text);
        return 2;
    }
    for (const race* r : races::all()) {
        if (rmap::verify::name_hash(r->broken_name()) != schedule->name) continue;
        const auto result = races::replay(*r, text);
        if (result.what.kind == races::failure_kind::nondeterminism) {
            std::fprintf(stderr, "rmap-races: %s: %s\n", r->name, result.what.what.c_str());
            return 1;
        }
        std::printf("%s, broken: %s\n%s", r->name, r->broken.what,
                    races::counterexample(result).c_str());
        return result.failed() ? 0 : 1;
    }
    std::fprintf(stderr, "rmap-races: the replay string is of no story that there is\n");
    return 2;
}

bool write(const char* path, const std::string& text) {
    std::FILE* file = std::fopen(path, "w");
    bool good = file != nullptr && std::fwrite(text.data(), 1, text.size(), file) == text.size();
    if (file != nullptr) good = std::fclose(file) == 0 && good;
    if (!good) {
        std::fprintf(stderr, "rmap-races: %s: cannot write: %s\n", path, std::strerror(errno));
    }
    return good;
}

/// A document with a place for the table.
struct document {
    std::string text{};
    std::size_t from = 0;
    std::size_t to = 0;
};

bool read(const char* path, document& out) {
    constexpr std::string_view begin = "<!-- rmap-races --table -->\n";
    constexpr std::string_view end = "<!-- end of the table -->\n";
    std::FILE* file = std::fopen(path, "r");
    for (int c = 0; file != nullptr && (c = std::fgetc(file)) != EOF;)
        out.text += static_cast<char>(c);
    const int why = file == nullptr || std::ferror(file) != 0 ? errno : 0;
    if (file != nullptr) std::fclose(file);
    out.from = out.text.find(begin);
    out.to = out.text.find(end, out.from == std::string::npos ? 0 : out.from);
    if (why != 0 || out.from == std::string::npos || out.to == std::string::npos) {
        std::fprintf(stderr, "rmap-races: %s: %s\n", path,
                     why != 0 ? std::strerror(why) : "it has no place for a table");
        return false;
    }
    out.from += begin.size();
    return true;
}

int run(const request& what) {
    document with_table;
    if (what.table != nullptr && !read(what.table, with_table)) return 2;
    std::vector<outcome> outcomes;
    bool good = true;
    for (const race* r : what.chosen) {
        outcomes.push_back(races::run(*r));
        std::fputs(races::text(outcomes.back()).c_str(), stdout);
        std::fflush(stdout);
        good = good && outcomes.back().good();
    }
    std::fputs(races::table(outcomes).c_str(), stdout);
    if (what.json != nullptr && !write(what.json, races::json(outcomes))) return 2;
    if (what.html != nullptr && !write(what.html, races::html(outcomes))) return 2;
    if (what.table != nullptr) {
        with_table.text.replace(with_table.from, with_table.to - with_table.from,
                                races::markdown(outcomes));
        if (!write(what.table, with_table.text)) return 2;
    }
    return good ? 0 : 1;
}

}  // namespace

int main(int count, char** arguments) {
    request what;
    if (!parse(count, arguments, what)) {
        std::fputs(usage, stderr);
        return 2;
    }
    int code = 0;
    if (what.help) {
        std::fputs(usage, stdout);
    } else if (what.replay != nullptr) {
        code = replay(what.replay);
    } else {
        code = what.list ? list(what) : run(what);
    }
    if (std::fflush(stdout) == 0 && std::ferror(stdout) == 0) return code;
    std::fprintf(stderr, "rmap-races: <stdout>: cannot write: %s\n", std::strerror(errno));
    return 2;
}
