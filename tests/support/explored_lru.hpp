// SPDX-License-Identifier: BSL-1.0
#pragma once

// The reference mm as it ships, under the explorer, for stories about mlock and the LRU lists: two
// address spaces that share one page, and the laws of verify/check_lru.hpp when all have stopped.

#include <string>

#include <rmap/mm/system.hpp>
#include <rmap/verify/check_lru.hpp>
#include <rmap/verify/explore.hpp>

namespace rmap_test {

template <class Atomics>
struct explored_mm : rmap::default_policy {
    using atomics = Atomics;
    using lock = rmap::verify::model_lock;
    using allocator = rmap::verify::model_memory;
    using check = rmap::verify::explored_checks;
};

enum class of { anon, private_file, shared_file };

template <class Atomics = rmap::verify::model>
class shared_page {
public:
    using policy = explored_mm<Atomics>;
    using system = rmap::mm::system<policy>;
    using space = typename system::space;
    using file = typename system::file_type;
    using page = typename system::page_type;
    static constexpr rmap::pgno where = 100;

    /// `first` and `second`: whether the vma of a and of b is locked.
    shared_page(of what, bool first, bool second) {
        using rmap::mm::kind;
        must(mm.create_space(a));
        typename system::request want{where, 1, rmap::mm::prot::r | rmap::mm::prot::w, kind::anon};
        if (what != of::anon) {
            must(mm.create_file(f));
            must(mm.resize(*f, 1));
            want.what = what == of::shared_file ? kind::shared_file : kind::private_file;
            want.from = f;
        }
        must(mm.mmap(*a, want));
        if (what == of::shared_file) {
            must(mm.create_space(b));
            must(mm.mmap(*b, want));
            must(mm.read(*a, where));
            must(mm.read(*b, where));
        } else {
            must(mm.write(*a, where));
            must(mm.fork(*a, b));
        }
        if (first) must(mm.mlock(*a, where, 1));
        if (second) must(mm.mlock(*b, where, 1));
    }

    void call(rmap::verify::test& t) {
        page& p = *at(*a);
        t.name(mm.lru().lock, "lru lock");
        t.name(p.lock, "page lock");
        t.name(p.flags, "page.flags");
        t.name(a->mmap_lock, "a's mmap_lock");
        t.name(b->mmap_lock, "b's mmap_lock");
        t.name(a->table.find(where)->lock, "a's pte lock");
        t.name(b->table.find(where)->lock, "b's pte lock");
    }

    [[nodiscard]] static page* at(space& in) {
        auto* const l = in.table.find(where);
        return l == nullptr ? nullptr : l->at(where).mapped();
    }

    /// The laws hold, and what was mapped when mlock returned still is.
    void lawful() {
        rmap::verify::require(kept == nullptr || at(*kept) != nullptr,
                              "a page of a locked vma was taken");
        for (const auto& v : rmap::verify::check_lru(mm)) {
            // Kept until the explorer has told.
            static std::string what;
            what = rmap::verify::text('L', v.law, ": ", v.text);
            rmap::verify::require(false, what.c_str());
        }
    }

    static void must(rmap::status s) {
        rmap::verify::require(s == rmap::status::ok, "a step failed");
    }

    // What threads do.
    void lock(space& in) { must(mm.mlock(in, where, 1)); }
    void lock_for_good(space& in) {
        lock(in);
        auto& l = *in.table.find(where);
        const rmap::mm::entry_guard<policy> held{l.lock};
        if (l.at(where).mapped() != nullptr) kept = &in;
    }
    void unlock(space& in) { must(mm.munlock(in, where, 1)); }
    void unmap(space& in) { must(mm.munmap(in, where, 1)); }
    void write(space& in) { must(mm.write(in, where)); }
    void migrate(space& in) { must(mm.migrate(in, where, 1)); }
    /// Takes the page off its list, and puts it back.
    void isolate(space& in) {
        rmap::mm::dead_pages<policy> dead{mm.internals()};
        page* p = nullptr;
        {
            const rmap::read_guard<typename policy::lock> mm_held{in.mmap_lock};
            auto* const l = in.table.find(where);
            if (l == nullptr) return;
            const rmap::mm::entry_guard<policy> held{l->lock};
            p = l->at(where).mapped();
            if (p == nullptr) return;
            p->get();
        }
        if (mm.lru().isolate(*p)) mm.lru().putback(*p);
        dead.put(*p);
    }
    /// The page goes and comes again.
    void refault(space& in) {
        must(mm.dontneed(in, where, 1));
        must(mm.read(in, where));
    }
    void merge() {
        const typename system::place_type places[] = {{a, where}, {b, where}};
        static_cast<void>(mm.merge_same(places, 2));
    }
    void reclaim() { static_cast<void>(mm.reclaim(1)); }

    system mm{};
    space* a = nullptr;
    space* b = nullptr;
    file* f = nullptr;
    space* kept = nullptr;  // locked, with a page
};

}  // namespace rmap_test
