// SPDX-License-Identifier: BSL-1.0
#pragma once

// A reference mm in a story about the LRU lists: operations that must succeed, and looks at flags,
// counts and laws. What is wrong is printed and counted.

#include <cstdio>
#include <string>

#include <rmap/mm/system.hpp>
#include <rmap/verify/check_lru.hpp>

namespace rmap_test {

using rmap::order;
using rmap::pgno;
using rmap::status;
using rmap::mm::kind;
using rmap::mm::page_flag;

inline int failures = 0;

inline void check(bool ok, const char* story, const std::string& what) {
    if (ok) return;
    ++failures;
    std::printf("%s: %s\n", story, what.c_str());
}

/// A system in a story. Operations must succeed.
template <class Policy = rmap::default_policy>
struct lru_stage {
    using system = rmap::mm::system<Policy>;
    using space = typename system::space;
    using file = typename system::file_type;
    using page = typename system::page_type;

    const char* story;
    system mm{};

    explicit lru_stage(const char* name) : story{name} {}
    ~lru_stage() { lawful("at the end"); }

    void must(status s) { check(s == status::ok, story, std::string{"a step: "} + name_of(s)); }
    space& new_space() {
        space* s = nullptr;
        must(mm.create_space(s));
        return *s;
    }
    file& new_file(pgno pages) {
        file* f = nullptr;
        must(mm.create_file(f));
        must(mm.resize(*f, pages));
        return *f;
    }
    void map(space& in, pgno start, pgno n, bool locked = false, file* f = nullptr,
             kind what = kind::anon) {
        typename system::request want{start, n, rmap::mm::prot::r | rmap::mm::prot::w, what, f, 0};
        want.locked = locked;
        must(mm.mmap(in, want));
    }
    void write(space& in, pgno at, pgno end) { must(mm.write(in, at, end)); }
    void read(space& in, pgno at, pgno end) { must(mm.read(in, at, end)); }
    page* at(space& in, pgno where) {
        auto* const l = in.table.find(where);
        return l == nullptr ? nullptr : l->at(where).mapped();
    }
    bool mlocked(space& in, pgno where) { return has(in, where, page_flag_of<page_flag::mlocked>); }
    bool active(space& in, pgno where) { return has(in, where, page_flag_of<page_flag::active>); }

    /// The counts: mlocked, unevictable, active, inactive.
    void counts(std::size_t mlocked, std::size_t unevictable, std::size_t active,
                std::size_t inactive) {
        const auto c = mm.lru().counts();
        const bool ok = c.mlocked == mlocked && c.unevictable == unevictable &&
                        c.active == active && c.inactive == inactive;
        check(ok, story,
              rmap::verify::text("mlocked ", c.mlocked, ", unevictable ", c.unevictable,
                                 ", active ", c.active, ", inactive ", c.inactive));
        lawful("counted");
    }
    void lawful(const char* when) {
        for (const auto& v : rmap::verify::check_lru(mm))
            check(false, story, rmap::verify::text(when, ": L", v.law, ": ", v.text));
    }

private:
    template <page_flag F>
    static bool test(page& p) {
        return p.flags.template test<F, order::relaxed>();
    }
    template <page_flag F>
    static constexpr auto page_flag_of = &lru_stage::test<F>;
    bool has(space& in, pgno where, bool (*flag)(page&)) {
        page* const p = at(in, where);
        check(p != nullptr, story, "there is no page");
        return p != nullptr && flag(*p);
    }
};

}  // namespace rmap_test
