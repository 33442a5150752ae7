// SPDX-License-Identifier: BSL-1.0

// Every named check: broken on purpose, each in a process of its own, whose check hook tells the
// name. And docs/checks.md lists exactly the names that the headers have.

#define BOOST_TEST_MODULE checks
#include <sys/wait.h>
#include <unistd.h>
#include <boost/test/unit_test.hpp>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <set>

#include "support/policies.hpp"
#include "support/world.hpp"

namespace {

using namespace rmap_test;
using rmap::status;
using rmap::ops::clone_op;

int report = -1;  // the end of the pipe to which a child process writes

struct tell {
    [[noreturn]] static void failed(const char* name, const char*, const char*, unsigned) noexcept {
        _exit(write(report, name, std::strlen(name)) > 0 ? 0 : 1);
    }
};
struct telling : rmap::default_policy {
    using check = tell;
};
using F = toy<tested<telling>>;
using vma = F::vma;

/// The name of the check that fails in break_it, or "none".
template <class Break>
std::string failing(Break break_it) {
    int ends[2];
    if (pipe(ends) != 0) return "no pipe";
    const pid_t child = ::fork();
    if (child == 0) {
        report = ends[1];
        auto* w = new world<F>;  // never destroyed
        break_it(*w);
        _exit(write(report, "none", 4) == 4 ? 0 : 1);
    }
    close(ends[1]);
    char name[64] = {};
    const auto got = read(ends[0], name, sizeof name - 1);
    close(ends[0]);
    int state = 0;
    waitpid(child, &state, 0);
    return got > 0 && state == 0 ? std::string{name} : "died";
}

using W = world<F>;

BOOST_AUTO_TEST_CASE(links) {
    BOOST_TEST(failing([](W& w) {
                   auto& a = w.faulted(w.new_mm(), 0, 4);
                   (void)w.map().fork(w.fork(a), a);
               }) == "double_link");
    BOOST_TEST(failing([](W& w) {
                   auto& mm = w.new_mm();
                   (void)w.map().clone(w.faulted(mm, 4, 4), w.faulted(mm, 0, 4), clone_op::remap);
               }) == "double_link");
    BOOST_TEST(failing([](W& w) {
                   auto& file = *new rmap::i_mmap<F::policy>;
                   w.map().link_file(w.new_vma(w.new_mm(), 0, 4, 0, &file));
               }) == "double_link");
    BOOST_TEST(failing([](W& w) {
                   auto& file = *new rmap::i_mmap<F::policy>;
                   auto& v = w.new_vma(w.new_mm(), 0, 4, 0, &file);
                   w.map().unlink_file(v);
                   w.map().unlink_file(v);
               }) == "not_linked");
    BOOST_TEST(failing([](W& w) {
                   vma v{w.new_mm(), 0, 4};
                   (void)w.map().prepare(v);
               }) == "destroyed_while_linked");
    BOOST_TEST(failing([](W& w) { w.map().put(*w.map().own(w.faulted(w.new_mm(), 0, 4))); }) ==
               "freed_while_linked");
    BOOST_TEST(failing([](W& w) {
                   auto& v = w.faulted(w.new_mm(), 0, 4);
                   w.map().own(v)->num_children = 2;
                   w.map().unlink(v);
               }) == "counts_left");
    BOOST_TEST(failing([](W& w) {
                   auto& mm = w.new_mm();
                   auto& child = w.fork(w.faulted(w.new_mm(), 0, 4), mm);
                   (void)w.map().clone(w.new_vma(mm, 4, 4), child, clone_op::merge_unfaulted);
               }) == "inherited_chain");
    BOOST_TEST(failing([](W& w) { w.forget(w.fork(w.faulted(w.new_mm(), 0, 4))); }) == "none");
}

BOOST_AUTO_TEST_CASE(ranges_and_tags) {
    BOOST_TEST(failing([](W& w) {
                   (void)w.map().adjust(w.faulted(w.new_mm(), 10, 4), {10, 4, 11});
               }) == "index_moved");
    for (rmap::pgno at : {9U, 14U}) {
        BOOST_TEST(failing([at](W& w) {
                       F::page page;
                       w.map().tag_new(page, w.faulted(w.new_mm(), 10, 4), at);
                   }) == "outside_vma");
    }
    BOOST_TEST(failing([](W& w) {
                   F::page page;
                   w.map().tag_new(page, w.new_vma(w.new_mm(), 10, 4), 10);
               }) == "not_prepared");
    BOOST_TEST(failing([](W& w) {
                   F::page page;
                   w.map().tag_shared(page, w.new_vma(w.new_mm(), 10, 4), 10);
               }) == "not_prepared");
    BOOST_TEST(failing([](W& w) {
                   F::page page;
                   w.map().tag_new(page, w.faulted(w.new_mm(), 10, 4), 10);
                   page.add_mapping();
                   w.map().untag(page);
               }) == "untagged_while_mapped");
}

#if RMAP_DEBUG_LEVEL >= 2
BOOST_AUTO_TEST_CASE(locks) {
    BOOST_TEST(failing([](W& w) {
                   rmap::ops::link_reserve<F::map> reserve{w.map()};
                   auto& v = w.faulted(w.new_mm(), 0, 4);
                   rmap::ops::unlink_locked(w.map(), reserve, v, *F::map::nearest(v));
               }) == "tree_lock_not_held");
    BOOST_TEST(failing([](W& w) {
                   auto& v = w.faulted(w.new_mm(), 0, 4);
                   rmap::ops::adjust_locked(w.map(), v, {0, 2, 0});
               }) == "tree_lock_not_held");
    BOOST_TEST(failing([](W& w) {
                   auto& mm = w.new_mm();
                   auto& v = w.faulted(mm, 0, 4);
                   rmap::ops::link_reserve<F::map> reserve{w.map()};
                   (void)rmap::ops::reserve_clone(w.map().memory(), reserve, v);
                   rmap::ops::clone_locked(w.map(), reserve, w.new_vma(mm, 9, 4), v,
                                           clone_op::remap);
               }) == "tree_lock_not_held");
    for (const bool kept : {false, true}) {
        BOOST_TEST(failing([kept](W& w) {
                       auto& from = w.faulted(w.new_mm(), 0, 4);
                       auto& to = w.faulted(w.new_mm(), 8, 4);
                       F::page page;
                       w.map().tag_new(page, from, 0);
                       // The other tree is not the one to keep walks out of.
                       const F::map::move_locks other{to, true};
                       const F::map::move_locks left{from, kept};
                       w.map().tag_moved(page, to, 8);
                   }) == (kept ? "none" : "page_moves_in_walks"));
    }
    BOOST_TEST(failing([](W& w) {
                   auto& v = w.new_vma(w.new_mm(), 0, 4);
                   v.file = new rmap::i_mmap<F::policy>;
                   rmap::ops::link_file_locked<F::map>(v);
               }) == "file_lock_not_held");
    BOOST_TEST(failing([](W& w) {
                   auto& v = w.new_vma(w.new_mm(), 0, 4, 0, new rmap::i_mmap<F::policy>);
                   rmap::ops::unlink_file_locked<F::map>(v);
               }) == "file_lock_not_held");
}
#endif

#if RMAP_DEBUG_LEVEL >= 3
BOOST_AUTO_TEST_CASE(validation) {
    BOOST_TEST(failing([](W& w) {
                   auto& v = w.faulted(w.new_mm(), 0, 4);
                   v.set_range(0, 2, 0);
                   w.fork(v);
               }) == "chain_invalid");
    BOOST_TEST(failing([](W& w) {
                   auto& a = w.faulted(w.new_mm(), 0, 4);
                   auto& b = w.fork(a);
                   a.set_range(2, 2, 2);
                   w.map().unlink(w.fork(b));
               }) == "chain_invalid");
    BOOST_TEST(failing([](W& w) {
                   auto* file = new rmap::i_mmap<F::policy>;
                   auto& v = w.new_vma(w.new_mm(), 0, 4, 0, file);
                   v.set_range(0, 8, 0);
                   w.new_vma(w.new_mm(), 0, 4, 0, file);
               }) == "file_invalid");
}
#endif

// ---- the list

namespace fs = std::filesystem;

std::string text_of(const fs::path& path) {
    std::ifstream in{path};
    return {std::istreambuf_iterator<char>{in}, {}};
}

bool of_name(char c) {
    return (c >= 'a' && c <= 'z') || c == '_';
}

/// The names in `text`: each is the identifier before the first string of a check.
void add_checks(const std::string& text, std::set<std::string>& names) {
    for (auto at = text.find("RMAP_CHECK"); at != std::string::npos;
         at = text.find("RMAP_CHECK", at + 1)) {
        auto end = text.find('"', at);
        if (end == std::string::npos) return;
        while (!of_name(text[end - 1]))
            --end;
        auto begin = end;
        while (of_name(text[begin - 1]))
            --begin;
        names.insert(text.substr(begin, end - begin));
    }
}

BOOST_AUTO_TEST_CASE(documented) {
    const fs::path root{RMAP_TEST_SOURCE};
    std::set<std::string> checked;
    for (const auto& entry : fs::recursive_directory_iterator{root / "include/rmap"}) {
        const bool macros = entry.path().filename() == "check.hpp";
        if (entry.path().extension() == ".hpp" && !macros)
            add_checks(text_of(entry.path()), checked);
    }
    BOOST_TEST(checked.contains("double_link"));
    std::set<std::string> listed;
    const std::string doc = text_of(root / "docs/checks.md");
    for (auto at = doc.find("\n| `"); at != std::string::npos; at = doc.find("\n| `", at + 1)) {
        listed.insert(doc.substr(at + 4, doc.find('`', at + 4) - at - 4));
    }
    for (const auto& name : checked) {
        BOOST_TEST(listed.contains(name), name << " is not in docs/checks.md");
    }
    for (const auto& name : listed) {
        BOOST_TEST(checked.contains(name), name << " is in docs/checks.md only");
    }
}

}  // namespace
