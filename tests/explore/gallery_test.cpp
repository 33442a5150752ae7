// SPDX-License-Identifier: BSL-1.0

// rmap-races as a program: its exit codes, its list, and that a replay string leads to the failure
// that it stands for, or is refused; and the table of docs/races.md is what it writes.

#include <algorithm>
#include <string>
#include <string_view>

#include "replay/suite.hpp"

namespace {

using suite::check;

constexpr const char* stories[] = {
    "fresh-anon_vma",    "double-prepare", "adjust-vs-walk",   "seq-retry",
    "expand-downwards",  "lock-inversion", "list-head-insert", "exec-temporary-stack",
    "stale-root-unlock", "mremap-order",   "mremap-back",      "munlock-isolate",
    "wrong-order",       "drain-order",    "explicit-mlock",   "degree-counter",
};

bool has(const std::string& text, std::string_view part) {
    return text.find(part) != std::string::npos;
}

std::string line_with(const std::string& text, std::string_view part) {
    const auto at = text.find(part);
    if (at == std::string::npos) return {};
    const auto begin = text.rfind('\n', at) + 1;
    return text.substr(begin, text.find('\n', at) - begin);
}

/// The replay string of a story, of the JSON of all.
std::string token_of(const std::string& json, const char* story) {
    constexpr std::string_view before = "\"replay\": \"";
    const auto entry = json.find("\"name\": \"" + std::string{story} + "\"");
    const auto at = json.find(before, entry == std::string::npos ? json.size() : entry);
    if (at == std::string::npos) return {};
    const auto begin = at + before.size();
    return json.substr(begin, json.find('"', begin) - begin);
}

/// Without the last column of the table's lines, which is a time.
std::string timeless(const std::string& text) {
    std::string out;
    for (std::size_t at = 0; at < text.size();) {
        const auto end = std::min(text.find('\n', at), text.size());
        std::string line = text.substr(at, end - at);
        if (line.ends_with(" |")) line.erase(line.rfind('|', line.size() - 2));
        out += line + "\n";
        at = end + 1;
    }
    return out;
}

/// What one run of all stories left: the rest of the test looks at it, as it takes long.
struct shown {
    std::string out{};
    std::string json{};
};

shown all_stories(const suite::scratch& in) {
    const std::string file = in.path("out.json");
    const std::string page = in.path("out.html");
    const std::string text = suite::read(RMAP_TEST_SOURCE "/docs/races.md");
    const std::string copy = in.write("races.md", text);
    const auto r = suite::run(in, "rmap-races", "--json '" + file + "' --html '" + page +
                                                    "' --table '" + copy + "'");
    check(r.code == 0, "all stories: " + r.out + r.err);
    check(has(r.out, "16 of 16 stories"), "the closing line");
    const std::string json = suite::read(file);
    const std::string html = suite::read(page);
    for (const char* name : stories) {
        check(has(json, "\"name\": \"" + std::string{name} + "\""), std::string{name} + " in JSON");
        check(has(html, "<h2 id=\"" + std::string{name} + "\">"), std::string{name} + " in HTML");
    }
    check(has(html, ">at the copy: nothing</span>"), "a step in its lane");
    check(!has(html, "class=wrong>"), "HTML says that all is well");
    check(!has(json, "\"good\": false") && !has(json, "\"clean\": false"), "JSON says so too");
    check(has(r.out, "lock order inversion: tree lock is taken while page_table_lock is held"),
          "lockdep's report of one run");
    const auto again = suite::run(in, "rmap-races", "double-prepare mremap-order");
    check(again.code == 0 && has(again.out, "2 of 2 stories"), "two stories by name");

    check(timeless(suite::read(copy)) == timeless(text),
          "docs/races.md is stale; rmap-races --table docs/races.md writes its table anew");
    check(line_with(text, "| stale-root-unlock |").size() > 100, "the document has the table");
    return {r.out, json};
}

void list(const suite::scratch& in) {
    const auto r = suite::run(in, "rmap-races", "--list");
    check(r.code == 0, "--list");
    for (const char* name : stories)
        check(has(r.out, name), std::string{name} + " in the list");
}

void replay(const suite::scratch& in, const shown& all) {
    for (const char* name : stories) {
        const std::string token = token_of(all.json, name);
        if (!check(!token.empty() && token.size() <= 60, std::string{name} + ": " + token))
            continue;
        const auto r = suite::run(in, "rmap-races", "--replay '" + token + "'");
        check(r.code == 0 && has(r.out, name), std::string{name} + " replayed: " + r.err);
        // The last line of a counterexample says what went wrong.
        const auto end = r.out.find_last_not_of('\n');
        const auto begin = r.out.rfind('\n', end) + 1;
        check(has(all.out, r.out.substr(begin, end + 1 - begin)),
              std::string{name} + " fails otherwise when it is replayed: " + r.out);

        // Another hash of the operations: a string from a time when the scenario did other things.
        std::string stale = token;
        stale[8] = stale[8] == '0' ? '1' : '0';
        const auto refused = suite::run(in, "rmap-races", "--replay '" + stale + "'");
        check(refused.code == 1 && has(refused.err, "stale"),
              std::string{name} + ": a stale string is refused: " + refused.out);
    }
}

/// Where the document has no place for its table nothing is run.
void document(const suite::scratch& in) {
    const std::string other = in.write("other.md", "no table\n");
    const auto refused = suite::run(in, "rmap-races", "--table '" + other + "'");
    check(refused.code == 2 && refused.out.empty(), "a file without a place for the table");
}

void usage(const suite::scratch& in) {
    for (const char* bad :
         {"no-such-story", "--no-such-option", "--json", "--html", "--table", "--replay",
          "--replay r1-0000", "--replay r1-0000-0000-0",
          "--replay r1-0000-0000-0 mremap-order", "--table docs/races.md seq-retry",
          "--json /no/such/folder/f"}) {
        const auto r = suite::run(in, "rmap-races", bad);
        check(r.code == 2 && !r.err.empty(), std::string{"bad usage: "} + bad);
    }
    const auto help = suite::run(in, "rmap-races", "--help");
    check(help.code == 0 && !line_with(help.out, "--replay STRING").empty(), "--help");
}

}  // namespace

int main() {
    if (!suite::have("rmap-races")) return 77;
    const suite::scratch in;
    const shown all = all_stories(in);
    list(in);
    replay(in, all);
    document(in);
    usage(in);
    return suite::result();
}
