// SPDX-License-Identifier: BSL-1.0

// What is different under an exact topology: the ways in which the map is told of entries, and the
// reference mm's own ways of fork, mremap and faults of a file. The topology's lock word is in the
// stories as it ships, for its orders; elsewhere places stand in an array, and their lock is one
// that can be dropped.

#include <rmap/topologies/pte_chain.hpp>

#include "kill/household.hpp"
#include "kill/kill.hpp"
#include "support/place_stories.hpp"

namespace kill {

namespace {

/// What a page carries: see topologies/place_chain.hpp.
template <class Policy>
class array_of_places {
    using atomics = typename Policy::atomics;
    using note = rmap::lock_note;
    struct entry {
        void* mm;
        rmap::pgno at;
    };

public:
    [[nodiscard]] bool empty() const noexcept { return any_.load(rmap::order::relaxed) == 0; }
    [[nodiscard]] std::size_t chunks() const noexcept { return 0; }

    class guard {
        using list = rmap::list<atomics>;

    public:
        explicit guard(array_of_places& of, bool may_wait = true,
                       const note& at = note::here()) noexcept
            : of_{&of} {
            if (may_wait) {
                of.lock_.lock(at);
            } else if (!of.lock_.try_lock(at)) {
                of_ = nullptr;
            }
        }
        guard(const guard&) = delete;
        guard& operator=(const guard&) = delete;
        ~guard() {
            if (of_ != nullptr) of_->lock_.unlock();
        }
        [[nodiscard]] bool owns() const noexcept { return of_ != nullptr; }
        [[nodiscard]] bool lacks_chunk() const noexcept { return false; }

        void add(void* mm, rmap::pgno at, list&) noexcept {
            const unsigned n = of_->used_;
            of_->all_[n] = entry{mm, at};
            becomes(n + 1);
        }
        bool remove(const void* mm, rmap::pgno at, list&) noexcept {
            const unsigned i = find(mm, at);
            const bool there = i != of_->used_;
            if (there) take(i);
            return there;
        }
        bool rename(void* mm, rmap::pgno from, rmap::pgno to) noexcept {
            const unsigned i = find(mm, from);
            const bool there = i != of_->used_;
            if (there) of_->all_[i] = entry{mm, to};
            return there;
        }
        template <class F>
        void for_each(list&, F f) {
            bool on = true;
            for (unsigned i = of_->used_; on && i-- != 0;) {
                const entry e = of_->all_[i];
                bool goes = false;
                on = f(e.mm, e.at, goes);
                if (goes) take(i);
            }
        }
        void take_over(guard& from) noexcept {
            for (unsigned i = 0; i != from.of_->used_; ++i)
                of_->all_[i] = from.of_->all_[i].get();
            becomes(from.of_->used_);
            from.becomes(0);
        }

    private:
        void becomes(unsigned n) noexcept {
            of_->used_ = n;
            of_->any_.store(n == 0 ? 0 : 1, rmap::order::relaxed);
        }
        [[nodiscard]] unsigned find(const void* mm, rmap::pgno at) const noexcept {
            unsigned i = 0;
            for (; i != of_->used_; ++i) {
                const entry e = of_->all_[i];
                if (e.mm == mm && e.at == at) break;
            }
            return i;
        }
        void take(unsigned i) noexcept {
            const unsigned last = of_->used_ - 1;
            of_->all_[i] = of_->all_[last].get();
            becomes(last);
        }
        array_of_places* of_;
    };

private:
    rmap_test::droppable_lock lock_{};
    typename atomics::template atomic<unsigned> any_{0};
    // Read and written holding lock_.
    typename atomics::template plain<unsigned> used_{0};
    typename atomics::template plain<entry> all_[6]{};
};

struct in_array : rmap::topologies::pte_chain {
    template <class Policy>
    using page_slot = array_of_places<Policy>;
};

struct shipped : explored {
    using topology = rmap::topologies::pte_chain;
    using merge = rmap::merges::adjacent;
};
struct droppable : explored {
    using topology = in_array;
    using merge = rmap::merges::adjacent;
};

using house = basic_household<droppable>;
using step = void (*)(house&);

void have_child(house& h) {
    h.have_child();
}
void have_file(house& h) {
    h.have_file();
}
/// A page of the file is mapped where it is private, beside a private copy of another.
void have_private(house& h) {
    h.have_file();
    h.ok(h.mm.write(*h.parent, h.mapped));
    h.ok(h.mm.read(*h.parent, h.mapped + 1));
}
void fork(house& h) {
    house::space* fresh = nullptr;
    h.ok(h.mm.fork(*h.parent, fresh));
}
void migrate(house& h) {
    h.ok(h.mm.migrate(*h.parent, h.anon, 4));
}
void migrate_child(house& h) {
    h.ok(h.mm.migrate(*h.child, h.anon, 4));
}
void move_child(house& h) {
    h.ok(h.mm.mremap(*h.child, h.anon, 4, h.away, 4, false));
}
void move_file(house& h) {
    h.ok(h.mm.mremap(*h.parent, h.mapped, 4, h.away, 4, false));
}
void shorten(house& h) {
    h.ok(h.mm.resize(*h.file, 1));
}
void read_file(house& h) {
    static_cast<void>(h.mm.read(*h.parent, h.shared + 1));
}
/// Then reclaim has no flag to restore: an entry becomes locked with its page.
void have_right_flags(house& h) {
    h.flags_are_right = true;
}
void lock(house& h) {
    h.ok(h.mm.mlock(*h.parent, h.anon, 4));
}
void unmap_child(house& h) {
    h.ok(h.mm.munmap(*h.child, h.anon, 4));
}
void write_first(house& h) {
    h.ok(h.mm.write(*h.parent, h.anon));
}
void reclaim(house& h) {
    static_cast<void>(h.mm.reclaim(2));
}

}  // namespace

void tell_exact(stories& out) {
    using as_shipped = rmap_test::place_stories<shipped>;
    using tell = rmap_test::place_stories<droppable>;
    const auto add = [&](const char* name, auto body) {
        out.push_back({name, "pte_chain", weakly, body});
    };
    add("a place more and one less beside a walk, as shipped",
        as_shipped::template add_and_remove<1>);
    add("a place more and one less beside a walk", tell::template add_and_remove<1>);
    add("a copy beside who unmaps", tell::template copied_beside_unmap<false>);
    add("a move beside a walk", tell::template moved_beside_walk<false>);
    add("another page takes over beside who unmaps", tell::taken_over_beside_unmap);
    add("another page takes over beside a walk", tell::taken_over_beside_walk);
    add("a place more beside a walk that tries", tell::tried_beside_add);

    verify::explore_options with = plainly;
    with.max_steps = 3000;
    const auto in_mm = [&out, &with](const char* name, step before, step one, step other) {
        out.push_back({name, "mm", with, [=](verify::test& t) {
                           house h;
                           before(h);
                           t.thread("one", [&] { one(h); });
                           t.thread("other", [&] { other(h); });
                           t.run();
                           h.settled();
                       }});
    };
    in_mm("exact: a file shrinks beside a read", have_file, shorten, read_file);
    in_mm("exact: a fork beside a migration in the child", have_child, fork, migrate_child);
    in_mm("exact: a migration beside mremap in the child", have_child, migrate, move_child);
    in_mm("exact: a migration beside munmap in the child", have_child, migrate, unmap_child);
    in_mm("exact: reclaim beside a fresh page", have_child, reclaim, write_first);
    in_mm("exact: mlock beside reclaim", have_right_flags, lock, reclaim);
    in_mm("exact: a fork beside a file that shrinks", have_private, fork, shorten);
    in_mm("exact: a file that shrinks beside its mremap", have_private, shorten, move_file);
}

}  // namespace kill
