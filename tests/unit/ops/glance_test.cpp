// SPDX-License-Identifier: BSL-1.0

// Walks without the lock, by one thread: when they take none, that they meet what a walk under the
// lock meets, in its order, after random changes; and that a policy without such walks calls the
// same visitors.

#include <cstdio>
#include <random>
#include <vector>

#include <rmap/rmap.hpp>

namespace {

int failures = 0;

void check(bool holds, const char* what) {
    if (holds) return;
    std::printf("FAILED: %s\n", what);
    ++failures;
}

int taken_shared = 0;
struct counting_lock : rmap::locks::seq_rw_spin {
    void lock_shared() noexcept {
        ++taken_shared;
        rmap::locks::seq_rw_spin::lock_shared();
    }
};
long live = 0;
struct counting_memory {
    void* allocate(std::size_t size, std::size_t) noexcept {
        ++live;
        return ::operator new(size, std::nothrow);
    }
    void deallocate(void* block, std::size_t, std::size_t) noexcept {
        --live;
        ::operator delete(block);
    }
};

struct glancing : rmap::glancing_cow_tree {
    using lock = counting_lock;
    using allocator = counting_memory;
};
struct plain : rmap::default_policy {
    using allocator = counting_memory;
};

template <class Policy>
struct system {
    struct space {
        typename Policy::lock page_table_lock{};
    };
    using vma = rmap::basic_vma<space, Policy>;
    using page = rmap::basic_page<Policy>;
    using map_type = rmap::reverse_map<page, vma, Policy>;
    using places = std::vector<rmap::kept_place<space>>;

    struct keeps {
        static constexpr bool needs_lock = false;
        places* out;
        std::size_t most = SIZE_MAX;
        template <class Place>
        bool operator()(const Place& place) {
            static_assert(!requires { place.vma(); });
            out->push_back({&place.mm(), place.address()});
            return out->size() != most;
        }
    };
    places glance(page& p, std::size_t most = SIZE_MAX) {
        places out;
        const auto walked = map.template walk<rmap::need::may_miss>(p, keeps{&out, most});
        check(walked.state == rmap::status::ok, "a walk gave up");
        check(walked.places == out.size() && walked.visited == out.size(), "miscounted");
        check(walked.stopped == (out.size() == most), "did not stop, or said so");
        return out;
    }
    places locked(page& p) {
        places out;
        const auto walked = map.walk(p, [&](const auto& place) {
            out.push_back({&place.mm(), place.address()});
        });
        check(walked.state == rmap::status::ok, "a walk under the lock gave up");
        return out;
    }

    map_type map{};
};

void ok(rmap::status s) {
    check(s == rmap::status::ok, "an operation failed");
}

/// Children of one parent; each is looked at from its own page, the parent from its.
template <class Policy>
void brothers(bool without) {
    using s = system<Policy>;
    s all;
    constexpr std::size_t n = 20;
    typename s::space spaces[n + 2];
    typename s::vma parent{spaces[n], 16, 8, 16};
    typename s::vma nephew{spaces[n + 1], 16, 8, 16};
    std::vector<typename s::vma*> kids;
    typename s::page page, of_parent;
    ok(all.map.prepare(parent));
    for (std::size_t i = 0; i != n; ++i) {
        kids.push_back(new typename s::vma{spaces[i], 16, 8, 16});
        ok(all.map.fork(*kids.back(), parent));
    }
    ok(all.map.fork(nephew, *kids[3]));
    all.map.tag_new(page, *kids[2], 20);
    page.add_mapping();
    all.map.tag_new(of_parent, parent, 20);
    of_parent.add_mapping();

    taken_shared = 0;
    const auto seen = all.glance(page);
    check(seen.size() == 1 && seen[0].mm == &spaces[2] && seen[0].address == 20, "another place");
    check(!without || taken_shared == 0, "a walk of one place took the lock");
    check(all.glance(of_parent) == all.locked(of_parent), "the root's places differ");
    check(all.locked(of_parent).size() == n + 2, "places are missing");
    check(all.glance(of_parent, 3).size() == 3, "did not stop at the third place");
    page.remove_mapping();
    typename s::places none;
    check(all.map.template walk<rmap::need::may_miss>(page, typename s::keeps{&none}).state ==
              rmap::status::not_mapped,
          "an unmapped page is walked");
    of_parent.remove_mapping();
    all.map.unlink(nephew);
    for (auto* v : kids) {
        all.map.unlink(*v);
        delete v;
    }
    all.map.unlink(parent);
    check(!without || live != 0, "blocks that may be looked at were given back");
    all.map.trim();
    check(live == 0, "memory is left after a trim");
}

/// Who never forked, an only child, and a parent: what is looked at without the lock, and what a
/// vma is too large or too far away for. `wanted`: how many locks a walk of that alone takes; where
/// an entry of a block says it, none.
template <class Policy>
void alone(rmap::pgno start, rmap::pgno pages, rmap::pgoff_t pgoff, int wanted, bool without) {
    using s = system<Policy>;
    s all;
    typename s::space spaces[3];
    typename s::vma root{spaces[0], start, pages, pgoff}, child{spaces[1], start, pages, pgoff};
    typename s::vma second{spaces[2], start, pages, pgoff};
    typename s::vma upper{spaces[0], 0, 1, 0};
    typename s::page page, of_child;
    const bool starts_far = pgoff >> 36 != 0;
    ok(all.map.prepare(root));
    all.map.tag_new(page, root, start + 1);
    page.add_mapping();
    const auto meets = [&](typename s::page& p, std::size_t n, int locks, const char* what) {
        taken_shared = 0;
        const auto seen = all.glance(p);
        check(!without || taken_shared == locks, what);
        check(seen == all.locked(p) && seen.size() == n, what);
        for (const auto& place : seen)
            check(place.address == start + 1, what);
    };
    meets(page, 1, wanted, "a process alone");
    ok(all.map.fork(child, root));
    all.map.tag_new(of_child, child, start + 1);
    of_child.add_mapping();
    meets(page, 2, wanted, "a parent of one");
    meets(of_child, 1, wanted, "an only child");
    ok(all.map.split(root, upper, start + 2));
    meets(page, 2, wanted, "a parent in two pieces");
    ok(all.map.fork(second, root));
    meets(of_child, 1, wanted, "one of two children");
    all.map.unlink(second);
    meets(of_child, 1, wanted, "one that is left");
    all.map.unlink(upper);
    meets(page, 2, starts_far ? wanted : 0, "a parent whose upper part ended");
    all.map.unlink(root);
    meets(page, 1, 0, "a page of one that ended");
    meets(of_child, 1, wanted, "the child of one that ended");
    page.remove_mapping();
    of_child.remove_mapping();
    all.map.unlink(child);
}

template <class System>
struct of_each {
    using places = typename System::places;
    using page = typename System::page;

    struct one {
        static constexpr bool needs_lock = false;
        places* out;
        template <class Place>
        void operator()(const Place& place) {
            out->push_back({&place.mm(), place.address()});
        }
    };
    struct visitor {
        places* out;
        std::vector<rmap::status> states{};
        one begin(page&) { return {out}; }
        void done(page&, const rmap::walk_result& walked) { states.push_back(walked.state); }
    };
    struct callable {
        static constexpr bool needs_lock = false;
        places* out;
        template <class Place>
        void operator()(page&, const Place& place) {
            out->push_back({&place.mm(), place.address()});
        }
    };
};

/// A batch of pages: each as by itself, and no lock for those that need none.
template <class Policy>
void batch(bool without) {
    using s = system<Policy>;
    s all;
    constexpr std::size_t n = 40;
    typename s::space spaces[n], of_root;
    std::vector<typename s::vma*> kids;
    std::vector<typename s::page*> pages;
    typename s::vma parent{of_root, 16, 8, 16};
    ok(all.map.prepare(parent));
    for (std::size_t i = 0; i != n; ++i) {
        kids.push_back(new typename s::vma{spaces[i], 16, 8, 16});
        ok(all.map.fork(*kids[i], parent));
        pages.push_back(new typename s::page{});
        all.map.tag_new(*pages[i], *kids[i], 20);
        if (i % 8 != 7) pages[i]->add_mapping();
    }
    // One that has too many places, and one without a tag.
    all.map.tag_new(*pages[11], parent, 20);
    pages.push_back(new typename s::page{});
    typename s::places expected, found, called;
    std::vector<rmap::status> states;
    for (auto* p : pages) {
        typename of_each<s>::one one{&expected};
        states.push_back(all.map.template walk<rmap::need::may_miss>(*p, one).state);
    }
    typename of_each<s>::visitor gathers{&found};
    taken_shared = 0;
    const auto many =
        all.map.template walk_many<rmap::need::may_miss>(pages.data(), pages.size(), gathers);
    // After one that takes the lock, the next few are done under it.
    check(!without || taken_shared == 1, "a batch took the lock for pages that need none");
    check(many.pages == pages.size() && many.places == expected.size(), "a batch is miscounted");
    check(found == expected && gathers.states == states, "a batch meets something else");
    typename of_each<s>::callable calls{&called};
    static_cast<void>(
        all.map.template walk_many<rmap::need::may_miss>(pages.data(), pages.size(), calls));
    check(called == expected, "a batch with a callable meets something else");
    for (auto* p : pages) {
        if (p->mapped()) p->remove_mapping();
        delete p;
    }
    for (auto* v : kids) {
        all.map.unlink(*v);
        delete v;
    }
    all.map.unlink(parent);
}

/// Forks, ends, splits and changes of ranges at random; after each a walk of some page both ways.
void random_changes(unsigned seed, unsigned steps) {
    using s = system<glancing>;
    s all;
    std::minstd_rand random{seed};
    struct process {
        s::space space{};
        std::vector<s::vma*> vmas{};
        s::page page{};
    };
    std::vector<process*> alive;
    const auto end = [&](std::size_t i) {
        process* const p = alive[i];
        if (p->page.mapped()) p->page.remove_mapping();
        for (auto* v : p->vmas) {
            all.map.unlink(*v);
            delete v;
        }
        delete p;
        alive.erase(alive.begin() + static_cast<std::ptrdiff_t>(i));
    };
    unsigned without = 0, compared = 0;
    for (unsigned step = 0; step != steps; ++step) {
        const unsigned what = static_cast<unsigned>(random() % 8);
        if (alive.empty()) {
            auto* const p = new process{};
            p->vmas.push_back(new s::vma{p->space, 100, 16, 100});
            ok(all.map.prepare(*p->vmas[0]));
            alive.push_back(p);
        } else if (what < 4 && alive.size() < 30) {
            process& from = *alive[random() % alive.size()];
            auto* const p = new process{};
            for (auto* v : from.vmas) {
                p->vmas.push_back(new s::vma{p->space, v->start(), v->pages(), v->pgoff()});
                ok(all.map.fork(*p->vmas.back(), *v));
            }
            alive.push_back(p);
        } else if (what == 4) {
            end(random() % alive.size());
        } else if (what == 5) {
            process& in = *alive[random() % alive.size()];
            auto& v = *in.vmas[random() % in.vmas.size()];
            if (v.pages() < 2) continue;
            auto* const upper = new s::vma{in.space, 0, 1, 0};
            ok(all.map.split(v, *upper, v.start() + 1 + random() % (v.pages() - 1)));
            in.vmas.push_back(upper);
        } else if (what == 6) {
            auto& in = *alive[random() % alive.size()];
            auto& v = *in.vmas[random() % in.vmas.size()];
            if (v.pages() < 2) continue;
            ok(all.map.adjust(v, {v.start(), v.pages() - 1, v.pgoff()}));
        } else {
            process& in = *alive[random() % alive.size()];
            auto& v = *in.vmas[random() % in.vmas.size()];
            if (!in.page.mapped()) in.page.add_mapping();
            all.map.tag_new(in.page, v, v.start() + random() % v.pages());
        }
        for (process* p : alive) {
            if (!p->page.mapped()) continue;
            taken_shared = 0;
            const auto seen = all.glance(p->page);
            without += taken_shared == 0 ? 1 : 0;
            ++compared;
            check(seen == all.locked(p->page), "a walk without the lock meets something else");
        }
    }
    while (!alive.empty())
        end(alive.size() - 1);
    std::printf("seed %u: %u of %u walks took no lock\n", seed, without, compared);
    check(without != 0 && without != compared, "one of the two ways was not taken");
}

}  // namespace

int main() {
    brothers<glancing>(true);
    brothers<plain>(false);
    alone<glancing>(16, 8, 16, 0, true);
    alone<glancing>(1000, 8, 16, 0, true);  // moved
    alone<plain>(1000, 8, 16, 0, false);
    constexpr rmap::pgno far = rmap::pgno{1} << 36;
    alone<glancing>(far - 4, 8, far - 4, 0, true);
    alone<glancing>(16, 8, far, 1, true);
    alone<glancing>(16, rmap::pgno{1} << 28, 16, 1, true);
    batch<glancing>(true);
    batch<plain>(false);
    for (unsigned seed = 1; seed != 6; ++seed)
        random_changes(seed, 2000);
    return failures == 0 ? 0 : 1;
}
