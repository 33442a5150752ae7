// SPDX-License-Identifier: BSL-1.0
#pragma once

// A family of address spaces of the reference mm that several threads work on at once: two that all
// of them use, and for each thread some that it forks and ends by itself. `work` is one thread's
// random operations, `problems` what is wrong when all threads have stopped.
//
// Nothing here orders the threads: what they share is the system alone, so that the thread
// sanitizer sees no more than what the system's own locks order.

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <new>
#include <set>
#include <string>
#include <vector>

#include <rmap/mm/system.hpp>
#include <rmap/verify/check_lru.hpp>
#include <rmap/verify/invariants.hpp>

#include "support/mm_world.hpp"

namespace rmap_test {

/// Counts what is alive, and can let every n-th allocation fail. Relaxed, so as to order nothing.
struct counted_memory {
    static inline std::atomic<long> alive{0};
    static inline std::atomic<long> calls{0};
    static inline std::atomic<long> fail_every{0};  // 0: never

    [[nodiscard]] void* allocate(std::size_t size, std::size_t) noexcept {
        const long every = fail_every.load(std::memory_order_relaxed);
        const long call = calls.fetch_add(1, std::memory_order_relaxed);
        if (every != 0 && call % every == every - 1) return nullptr;
        void* const block = ::operator new(size, std::nothrow);
        if (block != nullptr) alive.fetch_add(1, std::memory_order_relaxed);
        return block;
    }
    void deallocate(void* block, std::size_t, std::size_t) noexcept {
        alive.fetch_sub(1, std::memory_order_relaxed);
        ::operator delete(block);
    }
};

/// The operations, for counting which of them had an effect.
enum class family_op : std::size_t {
    read,
    write,
    map,
    unmap,
    protect,
    move,
    drop,
    lock,
    unlock,
    migrate,
    merge,
    resize,
    punch,
    fork,
    exit,
    exec,
    grow,
    reclaim,
    walk,
    count_
};

template <class Policy>
class mm_family {
public:
    using system = rmap::mm::system<Policy>;
    using space = typename system::space;
    using file = typename system::file_type;
    using page = typename system::page_type;
    using vma = typename system::vma_type;
    using counts = std::array<long, static_cast<std::size_t>(family_op::count_)>;

    static constexpr std::size_t own_spaces = 2;  // of each thread
    // The window of page numbers: four leaves, with a border inside.
    static constexpr rmap::pgno first = 64 * 10 + 41;
    static constexpr rmap::pgno room = 170;
    static constexpr rmap::pgno file_pages = 48;
    static constexpr rmap::pgno stack_top = 64 * 20;

    mm_family() {
        require(of_.create_file(files_[0]));
        require(of_.create_file(files_[1]));
        for (file* f : files_)
            require(of_.resize(*f, file_pages));
        require(of_.create_space(common_[0]));
        for (rmap::pgno at = 0; at < room; at += 34) {
            const auto what = static_cast<rmap::mm::kind>((at / 34) % 3);
            file* const from = what == rmap::mm::kind::anon ? nullptr : files_[(at / 34) % 2];
            require(of_.mmap(*common_[0], {first + at, 30, rw, what, from, 0}));
            for (rmap::pgno i = 0; i < 30; i += 2)
                require(of_.write(*common_[0], first + at + i));
        }
        require(of_.fork(*common_[0], common_[1]));
    }

    /// Random operations of one thread. `mine` are the spaces that no other thread touches.
    void work(std::uint64_t seed, long operations, std::array<space*, own_spaces>& mine,
              counts& done) {
        state_of_dice dice{seed * 2654435761u + 88172645463325252u};
        for (; operations > 0; --operations)
            one(dice, mine, done);
    }

    /// Ends the spaces of one thread.
    void leave(std::array<space*, own_spaces>& mine) {
        for (space*& s : mine) {
            if (s != nullptr) of_.exit(*s);
            s = nullptr;
        }
    }

    /// What is wrong; no thread may be inside.
    [[nodiscard]] std::vector<std::string> problems() {
        std::vector<std::string> found;
        mm_world<Policy> world{of_};
        for (const auto& v : rmap::verify::check(world)) {
            found.push_back("I" + std::to_string(v.invariant) + ": " + v.text);
        }
        for (const auto& v : rmap::verify::check_lru(of_)) {
            found.push_back("L" + std::to_string(v.law) + ": " + v.text);
        }
        of_.for_each_space([&](space& s) { entries(s, found); });
        return found;
    }

    [[nodiscard]] system& of() { return of_; }

private:
    static constexpr auto rw = rmap::mm::prot::r | rmap::mm::prot::w;

    struct state_of_dice {
        std::uint64_t word;
        std::uint64_t operator()(std::uint64_t below) {
            word ^= word << 13;
            word ^= word >> 7;
            word ^= word << 17;
            return (word >> 11) % below;
        }
    };

    static void require(rmap::status s) {
        if (s != rmap::status::ok) __builtin_abort();
    }

    space* any(state_of_dice& dice, const std::array<space*, own_spaces>& mine) {
        space* const own = mine[dice(own_spaces)];
        return own != nullptr && dice(2) == 0 ? own : common_[dice(2)];
    }

    void one(state_of_dice& dice, std::array<space*, own_spaces>& mine, counts& done) {
        using rmap::status;
        const auto note = [&](family_op op, status s) {
            if (s == status::ok) ++done[static_cast<std::size_t>(op)];
        };
        space& in = *any(dice, mine);
        const rmap::pgno at = first + dice(room);
        const rmap::pgno n = 1 + dice(24);
        file& f = *files_[dice(2)];
        const std::uint64_t what = dice(128);
        if (what < 22) return note(family_op::read, touch(dice, in, at, n, false));
        if (what < 58) return note(family_op::write, touch(dice, in, at, n, true));
        if (what < 64) return map(dice, in, at, n, done);
        if (what < 66) return note(family_op::unmap, of_.munmap(in, at, n));
        if (what < 72) {
            const auto access = dice(4) == 0 ? rmap::mm::prot::r : rw;
            return note(family_op::protect, of_.mprotect(in, at, n, access));
        }
        if (what < 84) {
            const rmap::pgno to = first + dice(room);
            const rmap::pgno grown = dice(4) == 0 ? 1 + dice(24) : n;
            return note(family_op::move, of_.mremap(in, at, n, to, grown, dice(6) == 0));
        }
        if (what < 87) return note(family_op::drop, of_.dontneed(in, at, n));
        if (what < 90) return note(family_op::lock, of_.mlock(in, at, n));
        if (what < 92) return note(family_op::unlock, of_.munlock(in, at, n));
        if (what < 104) return note(family_op::migrate, of_.migrate(in, at, n));
        if (what < 110) {
            // Most places have no page of their own by themselves.
            typename system::place_type places[3];
            for (auto& p : places) {
                p = {any(dice, mine), first + dice(4) * 34 + dice(3) * 2};
                static_cast<void>(of_.write(*p.in, p.where));
            }
            return note(family_op::merge, of_.merge_same(places, 2 + dice(2)));
        }
        if (what < 112) {
            const status s = of_.resize(f, dice(3) == 0 ? file_pages : dice(file_pages));
            return note(family_op::resize, s);
        }
        if (what < 114) return note(family_op::punch, of_.punch(f, dice(file_pages), n));
        if (what < 119) return fork_or_exit(dice, mine, done);
        if (what < 120) {
            if (dice(8) == 0 || mine[0] == nullptr) return;
            of_.exec(*mine[0]);
            return note(family_op::exec, status::ok);
        }
        if (what < 121) return grow(dice, in, done);
        if (what < 123) {
            const bool some = of_.reclaim(1 + dice(40)) != 0;
            return note(family_op::reclaim, some ? status::ok : status::not_mapped);
        }
        if (walk(in, at)) note(family_op::walk, status::ok);
    }

    /// One page, or a few side by side.
    rmap::status touch(state_of_dice& dice, space& in, rmap::pgno at, rmap::pgno n, bool write) {
        const rmap::pgno end = at + (dice(4) == 0 ? n : 1);
        return write ? of_.write(in, at, end) : of_.read(in, at, end);
    }

    void map(state_of_dice& dice, space& in, rmap::pgno at, rmap::pgno n, counts& done) {
        const auto what = static_cast<rmap::mm::kind>(dice(3));
        const bool anon = what == rmap::mm::kind::anon;
        // Mostly at the offset that belongs to the place, so that neighbours can merge.
        const rmap::pgoff_t pgoff = dice(4) == 0 ? dice(file_pages) : (at - first) % file_pages;
        const auto s = of_.mmap(in, {at, n, rw, what, anon ? nullptr : files_[dice(2)], pgoff});
        if (s == rmap::status::ok) ++done[static_cast<std::size_t>(family_op::map)];
    }

    void grow(state_of_dice& dice, space& in, counts& done) {
        const rmap::pgno start = stack_top - 4;
        static_cast<void>(of_.mmap(
            in, {start - 8, 12 - dice(2), rw, rmap::mm::kind::anon, nullptr, 0, false, true}));
        static_cast<void>(of_.munmap(in, start - 8, 8));
        if (of_.grow(in, start, start - 1 - dice(6)) == rmap::status::ok) {
            ++done[static_cast<std::size_t>(family_op::grow)];
        }
        static_cast<void>(of_.write(in, start - 1));
    }

    void fork_or_exit(state_of_dice& dice, std::array<space*, own_spaces>& mine, counts& done) {
        space*& slot = mine[dice(own_spaces)];
        if (slot != nullptr) {
            of_.exit(*slot);
            slot = nullptr;
            ++done[static_cast<std::size_t>(family_op::exit)];
            return;
        }
        space* child = nullptr;
        if (of_.fork(*any(dice, mine), child) != rmap::status::ok) return;
        slot = child;
        ++done[static_cast<std::size_t>(family_op::fork)];
    }

    /// A complete walk while the others go on: a place that maps the page before and after the
    /// walk, and cannot have moved in between, must be met.
    bool walk(space& in, rmap::pgno at) {
        rmap::mm::dead_pages<Policy> dead{of_.internals()};
        const rmap::read_guard<typename Policy::lock> held{in.mmap_lock};
        auto* const l = in.table.find(at);
        if (l == nullptr) return false;
        page* p = nullptr;
        {
            const rmap::write_guard entries{l->lock};
            p = l->at(at).mapped();
            if (p == nullptr) return false;
            p->get();
        }
        {
            const rmap::write_guard locked{p->lock};
            const bool before = of_.maps(in, at, *p);
            bool met = false;
            const auto result = of_.map().walk(*p, [&](const auto& place) {
                met = met || (&place.mm() == &in && place.address() == at && of_.maps(in, at, *p));
            });
            if (before && of_.maps(in, at, *p) && (result.state != rmap::status::ok || !met)) {
                __builtin_printf("a walk missed a mapping\n");
                __builtin_abort();
            }
        }
        dead.put(*p);
        return true;
    }

    /// What the entries of a space say beyond the invariants of the map.
    void entries(space& s, std::vector<std::string>& found) {
        const auto add = [&](rmap::pgno where, const char* what) {
            found.push_back("page number " + std::to_string(where) + ": " + what);
        };
        s.table.for_each_leaf(0, rmap::mm::page_limit, [&](auto& l) {
            if (s.first_in(l.first, l.first + l.entries) == nullptr) add(l.first, "a leaf, no vma");
            l.for_each(0, rmap::mm::page_limit, [&](rmap::pgno where, auto entry) {
                const vma* const v = s.find(where);
                if (entry.is_marker()) add(where, "a marker is left");
                if (v == nullptr) {
                    add(where, "an entry, no vma");
                    return true;
                }
                const auto* const p = entry.mapped();
                if (v->what() == rmap::mm::kind::anon) {
                    if (p != nullptr && !p->anonymous())
                        add(where, "a file's page in anonymous memory");
                    return true;
                }
                const rmap::pgoff_t index = v->pgoff() + (where - v->start());
                if (p == nullptr) add(where, "the zero page in a file's mapping");
                if (index >= v->from()->pages()) add(where, "a page past the end of the file");
                if (p == nullptr || p->anonymous()) {
                    if (v->shared()) add(where, "a private page in shared memory");
                    return true;
                }
                auto* const cached = v->from()->cache.find(index);
                if (cached == nullptr || cached->at(index).mapped() != p) {
                    add(where, "a page that its file has not");
                }
                return true;
            });
        });
    }

    system of_{};
    std::array<file*, 2> files_{};
    std::array<space*, 2> common_{};
};

}  // namespace rmap_test
