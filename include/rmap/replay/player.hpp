// SPDX-License-Identifier: BSL-1.0
#pragma once

// Applies the events of one trace to a reference mm of its own, event by event. An event that
// cannot have happened (an unknown or exited mm, a touch of what is not mapped) is refused with a
// text that says why. compare.hpp then holds what became of it against the trace's snapshots.

#include <cstdint>
#include <string>
#include <vector>

#include <rmap/mm/system.hpp>
#include <rmap/replay/budget.hpp>
#include <rmap/replay/event.hpp>
#include <rmap/replay/header.hpp>
#include <rmap/replay/registry.hpp>
#include <rmap/replay/resize.hpp>

namespace rmap::inline RMAP_ABI::replay {

template <class Policy>
class player {
public:
    using system_type = mm::system<Policy>;
    using space_type = typename system_type::space;
    using file_type = typename system_type::file_type;
    using page_type = typename system_type::page_type;

    explicit player(const header& head, const limits& most = {})
        : system_{mm::options{.accounting = head.accounting}}, most_{most}, budget_{most} {}

    [[nodiscard]] system_type& system() noexcept { return system_; }
    [[nodiscard]] const registry<space_type>& spaces() const noexcept { return spaces_; }
    [[nodiscard]] const registry<file_type>& files() const noexcept { return files_; }

    /// Does what the event says, unless it is verb::snap, which does nothing. False: error() says
    /// why this cannot have happened; the pages of a read or write before the wrong one were
    /// touched.
    [[nodiscard]] bool apply(const event& e) {
        switch (e.what) {
            case verb::snap: return true;
            case verb::create: return create(e);
            case verb::filesize:
            case verb::punch: return change_file(e);
            case verb::ksm: return merge_same(e);
            default: break;
        }
        auto* at = spaces_.find(e.mm);
        if (at == nullptr) return fail(e, "there is no " + mm_name(e.mm));
        if (at->object == nullptr) return fail(e, mm_name(e.mm) + " has exited");
        return make_room(*at, e) && change_space(*at, e);
    }

    [[nodiscard]] const std::string& error() const noexcept { return error_; }

private:
    using entry = typename registry<space_type>::entry;

    bool create(const event& e) {
        if (spaces_.find(e.mm) != nullptr) return fail(e, mm_name(e.mm) + " was there before");
        space_type* fresh = nullptr;
        if (!check(e, system_.create_space(fresh))) return false;
        spaces_.add(e.mm, *fresh);
        return true;
    }

    bool fork(entry& parent, const event& e) {
        if (spaces_.find(e.child) != nullptr)
            return fail(e, mm_name(e.child) + " was there before");
        space_type* child = nullptr;
        if (!check(e, system_.fork(*parent.object, child))) return false;
        budget_.book(spaces_.add(e.child, *child).held, parent.held);
        return true;
    }

    // A file that no `filesize` named yet has no pages.
    bool find_file(const event& e, file_type*& out) {
        if (const auto* known = files_.find(e.file); known != nullptr) {
            out = known->object;
            return true;
        }
        if (!check(e, system_.create_file(out))) return false;
        files_.add(e.file, *out);
        return true;
    }

    bool change_file(const event& e) {
        file_type* file = nullptr;
        if (!find_file(e, file)) return false;
        return check(e, e.what == verb::punch ? system_.punch(*file, e.pgoff, e.pages)
                                              : system_.resize(*file, e.pages));
    }

    bool merge_same(const event& e) {
        places_.clear();
        for (place p : e.places) {
            const auto* at = spaces_.find(p.mm);
            if (at == nullptr) return fail(e, "there is no " + mm_name(p.mm));
            if (at->object == nullptr) return fail(e, mm_name(p.mm) + " has exited");
            places_.push_back({at->object, p.page});
        }
        return check(e, system_.merge_same(places_.data(), places_.size()));
    }

    bool change_space(entry& at, const event& e) {
        space_type& space = *at.object;
        switch (e.what) {
            case verb::read:
            case verb::write: return touch(space, e);
            case verb::mmap: return map(space, e);
            case verb::munmap: return check(e, system_.munmap(space, e.start, e.pages));
            case verb::mprotect:
                return check(e, system_.mprotect(space, e.start, e.pages, e.access));
            case verb::mremap: return move(space, e);
            case verb::grow: return check(e, system_.grow(space, e.start, e.to));
            case verb::dontneed: return check(e, system_.dontneed(space, e.start, e.pages));
            case verb::mlock: return check(e, system_.mlock(space, e.start, e.pages));
            case verb::munlock: return check(e, system_.munlock(space, e.start, e.pages));
            case verb::migrate: return check(e, system_.migrate(space, e.start, e.pages));
            case verb::fork: return fork(at, e);
            case verb::exec:
                system_.exec(space);
                budget_.correct(at.held, {});
                return true;
            case verb::exit:
                spaces_.retire(at);
                budget_.correct(at.held, {});
                system_.exit(space);
                return true;
            default: return fail(e, "not an event of an address space");
        }
    }

    bool touch(space_type& space, const event& e) {
        pgno at = e.start;
        const pgno end = e.start + e.pages;
        const status s =
            e.what == verb::read ? system_.read(space, at, end) : system_.write(space, at, end);
        return s == status::ok || fail(e, why(e, s) + ", at page " + hex(at));
    }

    bool map(space_type& space, const event& e) {
        mm::mapping_request<Policy> request{.start = e.start,
                                            .pages = e.pages,
                                            .access = e.access,
                                            .what = e.mapping,
                                            .from = nullptr,
                                            .pgoff = e.pgoff,
                                            .locked = e.locked,
                                            .stack = e.stack};
        if (e.mapping != mm::kind::anon && !find_file(e, request.from)) return false;
        return check(e, system_.mmap(space, request));
    }

    bool move(space_type& space, const event& e) {
        if constexpr (!Policy::merge::is_reference) {
            const bool again = e.pages == 0;
            if (!again && !e.keep && e.pages != e.to_pages) {
                return check(e, resize_in_steps(system_, space, e));
            }
        }
        return check(e, system_.mremap(space, e.start, e.pages, e.to, e.to_pages, e.keep));
    }

    // What an event adds at most: an entry for each page that it touches; a vma and the two halves
    // of one that it cuts; what the parent has.
    static holdings added_by(const entry& at, const event& e) noexcept {
        switch (e.what) {
            case verb::read:
            case verb::write: return {e.pages, 0};
            case verb::fork: return at.held;
            case verb::mmap:
            case verb::munmap:
            case verb::mprotect:
            case verb::mremap:
            case verb::mlock:
            case verb::munlock: return {0, 3};
            default: return {};
        }
    }

    bool make_room(entry& at, const event& e) {
        if (!budget_.fits(added_by(at, e))) {
            for (const auto& [number, space] : spaces_.in_order()) {
                budget_.correct(spaces_.find(number)->held, count(*space));
            }
            if (!budget_.fits(added_by(at, e))) {
                return fail(e, "more than " + std::to_string(most_.pages) + " resident pages or " +
                                   std::to_string(most_.vmas) + " vmas");
            }
        }
        if (e.what != verb::fork) budget_.book(at.held, added_by(at, e));
        return true;
    }

    holdings count(space_type& space) {
        holdings now;
        system_.for_each_vma(space, [&](auto&) { ++now.vmas; });
        space.table.for_each_leaf(0, page_limit, [&](auto& leaf) {
            leaf.for_each(0, page_limit, [&](pgno, auto) {
                ++now.pages;
                return true;
            });
        });
        return now;
    }

    bool check(const event& e, status s) { return s == status::ok || fail(e, why(e, s)); }

    static std::string why(const event& e, status s) {
        switch (s) {
            case status::no_memory: return "no memory is left to replay it";
            case status::limit: return "a limit is reached";
            case status::not_mapped:
                if (e.what == verb::read || e.what == verb::write) {
                    return "nothing is mapped there, or without that access, or past its file's "
                           "end";
                }
                return "not all of it is mapped, or present";
            case status::busy: return "another mapping is in its way";
            default: return "what is mapped there does not allow it";
        }
    }

    static std::string mm_name(id number) { return "mm " + std::to_string(number); }
    static std::string hex(pgno page) {
        std::string digits;
        do {
            digits.insert(digits.begin(), "0123456789abcdef"[page & 15]);
            page >>= 4;
        } while (page != 0);
        return digits;
    }

    bool fail(const event& e, std::string why_not) {
        error_ = std::string{name_of(e.what)} + ": this cannot have happened: " + why_not;
        return false;
    }

    system_type system_;
    limits most_;
    budget budget_;
    registry<space_type> spaces_{};
    registry<file_type> files_{};
    std::vector<typename system_type::place_type> places_{};
    std::string error_{};
};

}  // namespace rmap::inline RMAP_ABI::replay
