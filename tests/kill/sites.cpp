// SPDX-License-Identifier: BSL-1.0

// A reader of C++ that knows as much as it needs: comments, names, and brackets that belong
// together. tests/kill/kill.cpp holds what it finds against what is run, and notices when it is too
// little.

#include "kill/sites.hpp"

#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string_view>

namespace kill {

namespace {

constexpr const char* rooms[] = {"core",   "model",     "locks", "locking", "topologies",
                                 "merges", "lifetimes", "flags", "ops",     "mm"};

/// Guards, made in braces. Not those that tell a lock their own place instead of their maker's:
/// move_locks, all_locks, and what walk_guard() returns.
constexpr std::string_view guards[] = {"write_guard", "read_guard",   "guard_type", "shared_guard",
                                       "guard",       "file_guard",   "tree_guard", "update_guard",
                                       "entry_guard", "relink_guard", "held",       "range_locks",
                                       "chain_guard_of"};
/// The same of a discipline: with a variable.
constexpr std::string_view of_discipline[] = {"walk", "update"};
/// Members that are guards.
constexpr std::string_view members[] = {"guard_", "space_", "member_", "structure_", "locks_"};
/// Functions that take a lock for their caller.
constexpr std::string_view functions[] = {"chain_guard", "first_link_guard", "lock_exclusively"};

template <std::size_t N>
bool among(std::string_view name, const std::string_view (&names)[N]) {
    return std::find(std::begin(names), std::end(names), name) != std::end(names);
}

bool in_name(char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_';
}

/// The text with comments and preprocessor lines blank, line for line.
std::string code_of(const std::filesystem::path& file) {
    std::ifstream in{file};
    std::string text{std::istreambuf_iterator<char>{in}, {}};
    for (std::size_t i = 0; i < text.size(); ++i) {
        const bool comment = text.compare(i, 2, "//") == 0;
        const bool directive = text[i] == '#' && (i == 0 || text[i - 1] == '\n');
        if (!comment && !directive) continue;
        while (i < text.size() && text[i] != '\n')
            text[i++] = ' ';
    }
    return text;
}

unsigned line_of(const std::string& text, std::size_t at) {
    return 1 + static_cast<unsigned>(
                   std::count(text.begin(), text.begin() + static_cast<long>(at), '\n'));
}

/// One blank for each run of them.
std::string squeezed(std::string_view text) {
    std::string out;
    for (char c : text) {
        if (std::isspace(static_cast<unsigned char>(c)) == 0) {
            out += c;
        } else if (!out.empty() && out.back() != ' ') {
            out += ' ';
        }
    }
    while (!out.empty() && out.back() == ' ')
        out.pop_back();
    return out;
}

std::string whole_line(const std::string& text, std::size_t at) {
    const auto begin = text.rfind('\n', at) + 1;
    return squeezed(std::string_view{text}.substr(begin, text.find('\n', at) - begin));
}

std::size_t skip_blanks(const std::string& text, std::size_t at) {
    while (at < text.size() && std::isspace(static_cast<unsigned char>(text[at])) != 0)
        ++at;
    return at;
}

/// Behind the bracket that closes the one at `at`; npos: none.
std::size_t behind_bracket(const std::string& text, std::size_t at) {
    const char open = text[at];
    const char close = open == '(' ? ')' : open == '{' ? '}' : '>';
    int depth = 0;
    for (; at < text.size(); ++at) {
        if (text[at] == open) ++depth;
        if (text[at] == close && --depth == 0) return at + 1;
    }
    return std::string::npos;
}

/// The function template that `end`, behind its last argument, belongs to; empty: none.
std::string template_before(const std::string& text, std::size_t end) {
    end = skip_blanks(text, end);
    if (end >= text.size() || text[end] != '>') return {};
    std::size_t at = end;
    for (int depth = 0; at != 0; --at) {
        if (text[at] == '>') ++depth;
        if (text[at] == '<' && --depth == 0) break;
    }
    const std::size_t behind = at;
    while (at != 0 && in_name(text[at - 1]))
        --at;
    return text.substr(at, behind - at);
}

void find_orders(const std::string& file, const std::string& text, std::vector<order_site>& out) {
    constexpr std::pair<std::string_view, rmap::order> names[] = {
        {"relaxed", rmap::order::relaxed},
        {"acquire", rmap::order::acquire},
        {"release", rmap::order::release},
        {"acq_rel", rmap::order::acq_rel},
        {"seq_cst", rmap::order::seq_cst}};
    constexpr std::string_view word = "order::";
    for (auto at = text.find(word); at != std::string::npos; at = text.find(word, at + 1)) {
        if (at != 0 && in_name(text[at - 1])) continue;
        // Compared, not used.
        if (at >= 2 && text.compare(at - 2, 2, "= ") == 0 && text[at - 3] == '=') continue;
        for (const auto& [name, is] : names) {
            if (text.compare(at + word.size(), name.size(), name) != 0) continue;
            const auto begin = text.rfind(';', at);
            const auto fence = text.rfind("fence(", at);
            const bool of_fence =
                fence != std::string::npos && (begin == std::string::npos || fence > begin);
            out.push_back({file, line_of(text, at), is, of_fence, whole_line(text, at),
                           template_before(text, at + word.size() + name.size())});
        }
    }
}

bool has_name(std::string_view text, std::string_view name) {
    for (auto at = text.find(name); at != std::string_view::npos; at = text.find(name, at + 1)) {
        const bool begins = at == 0 || !in_name(text[at - 1]);
        const auto end = at + name.size();
        if (begins && (end == text.size() || !in_name(text[end]))) return true;
    }
    return false;
}

/// Whether what follows the name makes a guard; `at` is behind it then.
bool makes_guard(const std::string& text, std::string_view name, std::size_t& at,
                 std::string& arguments) {
    at = skip_blanks(text, at);
    const bool of_template = text[at] == '<';
    if (of_template) at = behind_bracket(text, at);
    if (at == std::string::npos) return false;
    at = skip_blanks(text, at);
    const std::size_t variable = at;
    while (at < text.size() && in_name(text[at]))
        ++at;
    const bool has_variable = at != variable;
    at = skip_blanks(text, at);
    const bool calls = among(name, functions);
    if (text[at] != (calls ? '(' : '{')) return false;
    if (calls && (has_variable || (!of_template && name != "lock_exclusively"))) return false;
    if (among(name, of_discipline) && (!of_template || !has_variable)) return false;
    const auto end = behind_bracket(text, at);
    if (end == std::string::npos) return false;
    arguments = squeezed(std::string_view{text}.substr(at + 1, end - at - 2));
    at = end;
    if (arguments.empty() || arguments.rfind("static_cast", 0) == 0) return false;
    if (!among(name, members)) return true;
    // A member that is no guard, or one that is made from another guard.
    if (arguments[0] == '&') return false;
    return std::none_of(std::begin(guards), std::end(guards),
                        [&](std::string_view guard) { return has_name(arguments, guard); });
}

void find_locks(const std::string& file, const std::string& text, std::vector<lock_site>& out) {
    for (std::size_t at = 0; at < text.size();) {
        if (!in_name(text[at]) || (at != 0 && in_name(text[at - 1]))) {
            ++at;
            continue;
        }
        const std::size_t begin = at;
        while (at < text.size() && in_name(text[at]))
            ++at;
        const std::string name = text.substr(begin, at - begin);
        if (!among(name, guards) && !among(name, of_discipline) && !among(name, members) &&
            !among(name, functions)) {
            continue;
        }
        if (begin >= 6 && text.compare(begin - 6, 6, "class ") == 0) continue;
        std::size_t end = at;
        std::string arguments;
        if (!makes_guard(text, name, end, arguments)) continue;
        const bool passes_on = has_name(arguments, "note");
        at = end;
        // These take no lock themselves: those that they name do.
        if (passes_on && (name == "update_guard" || name == "chain_guard")) continue;
        out.push_back({file, line_of(text, begin), passes_on, has_name(arguments, "try_to_lock"),
                       squeezed(std::string_view{text}.substr(begin, end - begin))});
    }
}

}  // namespace

sites find_sites(const std::string& headers) {
    namespace fs = std::filesystem;
    sites all;
    for (const char* room : rooms) {
        const fs::path folder = fs::path{headers} / room;
        if (!fs::exists(folder)) continue;
        std::vector<fs::path> files;
        for (const auto& entry : fs::directory_iterator{folder})
            if (entry.path().extension() == ".hpp") files.push_back(entry.path());
        std::sort(files.begin(), files.end());
        for (const auto& path : files) {
            const std::string name = std::string{room} + "/" + path.filename().string();
            const std::string text = code_of(path);
            // The families of atomics themselves obey the orders that others name.
            if (name != "core/atomics.hpp") find_orders(name, text, all.orders);
            if (name != "locks/guard.hpp") find_locks(name, text, all.locks);
        }
    }
    return all;
}

}  // namespace kill
