// SPDX-License-Identifier: BSL-1.0

// Each law of the LRU lists (verify/check_lru.hpp), broken on purpose, is noticed, and holds again
// when that is undone; and a page that is freed while it is mlocked fails a named check.

#include <cstdlib>
#include <string>

#include <sys/wait.h>
#include <unistd.h>

#include "support/lru_stage.hpp"

namespace {

using namespace rmap_test;

/// The laws that are broken, as "L1 L2".
std::string broken(lru_stage<>& s) {
    std::string all;
    for (const auto& v : rmap::verify::check_lru(s.mm)) {
        const std::string name = "L" + std::to_string(v.law);
        if (all.find(name) == std::string::npos) all += (all.empty() ? "" : " ") + name;
    }
    return all;
}

void broken_laws() {
    using handshake = rmap::mm::mlock_handshake<rmap::default_policy>;
    lru_stage<> s{"broken laws"};
    auto& a = s.new_space();
    s.map(a, 100, 2, true);
    s.map(a, 200, 1);
    s.write(a, 100, 102);
    s.write(a, 200, 201);
    auto& p = *s.at(a, 100);
    auto& lru = s.mm.lru();
    const auto is = [&](const char* what, const char* laws) {
        check(broken(s) == laws, s.story, std::string{what} + ": " + broken(s));
    };
    is("nothing is broken", "");

    // A munlocker that looks at the lists before it clears the flag leaves this.
    s.must(s.mm.munlock(a, 100, 1));
    static_cast<void>(lru.isolate(p));
    {
        auto& l = *a.table.find(100);
        const rmap::mm::entry_guard<rmap::default_policy> held{l.lock};
        handshake::mlock(p.flags, held);
    }
    lru.putback(p);
    check(handshake::munlock(p.flags).on_lru(), s.story, "not on a list");
    is("an evictable page on the unevictable list", "L1");
    static_cast<void>(lru.move(p));
    is("moved", "");

    lru.one_mlocked_more();
    is("counted twice", "L3");
    lru.one_mlocked_less();

    s.must(s.mm.mlock(a, 100, 1));
    static_cast<void>(handshake::munlock(p.flags).on_lru());
    static_cast<void>(lru.move(p));
    is("the flag is missing", "L2");
    lru.one_mlocked_less();
    is("the flag is missing, and counted so", "L3 L2");
    s.must(s.mm.mlock(a, 100, 1));  // though the vma is locked
    is("set again", "");

    check(lru.isolate(p), s.story, "cannot isolate");
    is("isolated and forgotten", "L4");
    lru.putback(p);
    is("put back", "");
    p.flags.set<page_flag::munlocking, order::relaxed>();
    is("to be munlocked, and forgotten", "L4");
    p.flags.clear<page_flag::munlocking, order::relaxed>();
    {
        rmap::mm::dead_pages<rmap::default_policy> dead{s.mm.internals()};
        auto& stray = *rmap::mm::make<lru_stage<>::page>(s.mm.internals().memory());
        lru.add_new(stray);
        is("a page that nobody knows", "L5");
        dead.put(stray);
    }
    is("freed", "");
}

/// The check's name goes to the pipe.
int report = -1;
struct telling : rmap::default_policy {
    struct check {
        [[noreturn]] static void failed(const char* name, const char*, const char*,
                                        unsigned) noexcept {
            const std::string text{name};
            _exit(::write(report, text.data(), text.size()) > 0 ? 0 : 1);
        }
    };
};

void freed_while_mlocked() {
    int ends[2];
    if (pipe(ends) != 0) std::abort();
    const pid_t child = fork();
    if (child == 0) {
        report = ends[1];
        auto* s = new lru_stage<telling>{"freed while mlocked"};
        auto& a = s->new_space();
        s->map(a, 100, 1);
        s->write(a, 100, 101);
        {
            // Nobody maps the page in locked memory, so nobody looks.
            rmap::mm::dead_pages<telling> dead{s->mm.internals()};
            auto& p = *s->at(a, 100);
            s->mm.internals().lru.one_mlocked_more();
            auto& l = *a.table.find(100);
            const rmap::mm::entry_guard<telling> held{l.lock};
            l.set(100, {});
            if (p.remove_mapping()) p.get();
            rmap::mm::mlock_handshake<telling>::mlock(p.flags, held);
            dead.put(p);
        }
        _exit(1);
    }
    close(ends[1]);
    char name[64] = {};
    const bool got = read(ends[0], name, sizeof name - 1) > 0;
    close(ends[0]);
    int state = 0;
    waitpid(child, &state, 0);
    check(got && std::string{name} == "freed_while_mlocked", "freed while mlocked", name);
}

}  // namespace

int main() {
    broken_laws();
    freed_while_mlocked();
    return failures == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
