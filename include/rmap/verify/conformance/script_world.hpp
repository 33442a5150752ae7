// SPDX-License-Identifier: BSL-1.0
#pragma once

// The world of random scripts: address spaces, vmas and pages, with the shipped operations, and
// beside them a plain account of what is mapped where. A step is a few numbers which pick, from
// what is there, what it is done to; so any part of a script is a script.

#include <cstddef>
#include <cstdint>
#include <list>
#include <string>
#include <vector>

#include <rmap/verify/conformance/explored_map.hpp>
#include <rmap/verify/text.hpp>

namespace rmap::inline RMAP_ABI::verify::conformance {

enum class op : std::uint8_t {
    fault,   // a first fault in an address space of its own
    beside,  // the same right behind a vma
    mapped,  // a vma behind another, without a fault
    apart,   // a first fault of a vma a little behind another
    page,    // a new page, after a first fault where there was none
    cow,     // a page is replaced by a new one
    fork,
    split,
    shrink,
    grow,
    join,  // a vma takes over the one behind it, if the rule merges them
    fill,  // a new range behind a vma merges with it and with what is behind that
    move,
    end
};
inline constexpr unsigned ops_in_all = 14;

struct script_step {
    op what;
    unsigned id;  // stays its own when others are left out
    unsigned a, b, c;
};

template <class Policy>
class script_world {
public:
    using policy = Policy;
    using vma = typename explored_types<Policy>::vma;
    using mm = typename explored_types<Policy>::mm;
    using page = typename explored_types<Policy>::page;
    using map_type = typename explored_types<Policy>::map;

    script_world() = default;
    script_world(const script_world&) = delete;
    script_world& operator=(const script_world&) = delete;

    // ---- a world for verify::check

    map_type& map() { return map_; }
    template <class F>
    void for_each_mm(F f) {
        for (mm& m : mms_)
            f(m);
    }
    template <class F>
    void for_each_vma(mm& m, F f) {
        for (auto& [at, v] : m.vmas)
            f(*v);
    }
    template <class F>
    void for_each_mapping(mm& m, F f) {
        for (auto& [at, p] : m.table)
            f(at, *p);
    }

    /// All vmas that are there.
    [[nodiscard]] const std::vector<vma*>& alive() const noexcept { return alive_; }

    /// Does a step; what it did, in words. Empty: there was nothing to do it to.
    std::string apply(const script_step& s) {
        step_ = s.id * 4;
        std::string did = does(s);
        for (vma* v : alive_) {
            if (v->linked_at == 0 && map_type::linked(*v)) {
                v->linked_at = v->keyed_at = ++clock_;
            }
        }
        return did;
    }
    void end_all() {
        while (!alive_.empty())
            ends(*alive_.back());
        map_.trim();
    }

private:
    static constexpr pgno first_slot = 64 + 60;  // the ranges lie across multiples of 64
    static constexpr pgno slot = 64;
    static constexpr std::size_t most_vmas = 16;

    std::string does(const script_step& s) {
        if (s.what == op::fault) return faults(8 + s.b % 9);
        if (alive_.empty()) return {};
        vma& v = pick(s.a);
        switch (s.what) {
            case op::fault: break;
            case op::beside: return maps_beside(v, 4 + s.b % 5, true, 0);
            case op::mapped: return maps_beside(v, 4 + s.b % 5, false, 0);
            case op::apart: return maps_beside(v, 4 + s.b % 5, true, 1 + s.c % 3);
            case op::page: return maps_new(v, v.start() + s.b % v.pages(), false);
            case op::cow: return maps_new(v, v.start() + s.b % v.pages(), true);
            case op::fork: return forks(v);
            case op::split: return splits(v, v.start() + s.b % v.pages());
            case op::shrink: return shrinks(v, s.b, s.c);
            case op::grow: return grows(v, 1 + s.b % 4, s.c % 2 == 0);
            case op::join: return joins(v);
            case op::fill: return fills(v, 1 + s.b % 4);
            case op::move: return moves(v);
            case op::end: return ends(v);
        }
        return {};
    }
    [[nodiscard]] static std::string name(const vma& v) {
        return text("v", v.number, " [", v.start(), "+", v.pages(), " @", v.pgoff(), "]");
    }
    /// The same of those that are left, when others are not there.
    [[nodiscard]] vma& pick(unsigned by) const {
        vma* found = nullptr;
        std::uint64_t most = 0;
        for (vma* v : alive_) {
            const std::uint64_t weight = verify::mix(std::uint64_t{by} << 32 | v->key);
            if (found == nullptr || weight > most) {
                found = v;
                most = weight;
            }
        }
        return *found;
    }
    [[nodiscard]] bool full() const { return alive_.size() >= most_vmas; }

    vma& make(mm& m, pgno start, pgno pages, pgoff_t pgoff) {
        vma& v = vmas_.emplace_back(m, start, pages, pgoff);
        v.number = static_cast<unsigned>(vmas_.size());
        v.key = step_++;
        return v;
    }
    vma& enters(vma& v) {
        v.mm().vmas[v.start()] = &v;
        alive_.push_back(&v);
        return v;
    }
    void leaves(vma& v) {
        const auto at = v.mm().vmas.find(v.start());
        if (at != v.mm().vmas.end() && at->second == &v) v.mm().vmas.erase(at);
        for (std::size_t i = 0; i != alive_.size(); ++i) {
            if (alive_[i] == &v) {
                alive_.erase(alive_.begin() + static_cast<std::ptrdiff_t>(i));
                return;
            }
        }
    }
    [[nodiscard]] vma* behind(const vma& v) const {
        const auto at = v.mm().vmas.upper_bound(v.start());
        return at == v.mm().vmas.end() ? nullptr : at->second;
    }
    [[nodiscard]] vma* before(const vma& v) const {
        auto at = v.mm().vmas.lower_bound(v.start());
        return at == v.mm().vmas.begin() ? nullptr : (--at)->second;
    }

    std::string faults(pgno pages) {
        if (full()) return {};
        mm& m = mms_.emplace_back();
        m.next = first_slot;
        vma& v = make(m, m.next, pages, m.next);
        m.next += slot;
        ok(map_.prepare(v, before(v), behind(v)));
        enters(v);
        return "first fault of " + name(v);
    }
    std::string maps_beside(vma& of, pgno pages, bool faulted, pgno gap) {
        vma* const next = behind(of);
        if (full() || (next != nullptr && next->start() < of.end() + gap + pages)) return {};
        vma& v = make(of.mm(), of.end() + gap, pages, of.pgoff() + of.pages() + gap);
        if (v.end() > v.mm().next) v.mm().next += slot;
        if (faulted) ok(map_.prepare(v, &of, next));
        enters(v);
        return text(faulted ? "first fault of " : "mapped: ", name(v), gap == 0 ? ", at" : ", near",
                    " the end of v", of.number);
    }

    std::string maps_new(vma& v, pgno at, bool again) {
        auto& table = v.mm().table;
        if ((table.count(at) != 0) != again) return {};
        if (again) unmap(v.mm(), at);
        ok(map_.prepare(v, before(v), behind(v)));
        page& p = pages_.emplace_back();
        map_.tag_new(p, v, at);
        maps(p, v.mm(), at);
        return text(again ? "copy on write" : "a new page", " at ", at, " of ", name(v));
    }
    /// The ways in which an exact topology is told of entries; others do not listen.
    void maps(page& p, mm& m, pgno at) {
        bool done = false;
        ok(map_.add_place(map_.memory(), p, m, at, done, [&] {
            p.add_mapping();
            m.table[at] = &p;
            return true;
        }));
    }
    void unmap(mm& m, pgno at) {
        const auto found = m.table.find(at);
        if (found == m.table.end()) return;
        page& p = *found->second;
        m.table.erase(found);
        p.remove_mapping();
        map_.remove_place(p, m, at);
    }
    void unmap(mm& m, pgno from, pgno to) {
        while (true) {
            const auto found = m.table.lower_bound(from);
            if (found == m.table.end() || found->first >= to) return;
            unmap(m, found->first);
        }
    }

    std::string forks(vma& parent) {
        if (full()) return {};
        mm& m = mms_.emplace_back();
        m.next = parent.mm().next;
        vma& v = make(m, parent.start(), parent.pages(), parent.pgoff());
        v.came_of = &parent;
        ok(map_.fork(v, parent));
        enters(v);
        for (auto& [at, p] : parent.mm().table) {
            if (parent.contains(at)) maps(*p, m, at);
        }
        return name(parent) + " forks v" + std::to_string(v.number);
    }
    std::string splits(vma& v, pgno at) {
        if (full() || at == v.start()) return {};
        std::string did = text(name(v), " is split at ", at, " from v", vmas_.size() + 1);
        vma& upper = make(v.mm(), at, 1, at);
        ok(map_.split(v, upper, at));
        enters(upper);
        v.keyed_at = ++clock_;
        return did;
    }
    std::string shrinks(vma& v, unsigned by, unsigned side) {
        if (v.pages() < 2) return {};
        const pgno less = 1 + by % (v.pages() - 1);
        const bool head = side % 2 == 0;
        const std::string did =
            text(name(v), head ? " loses its first " : " loses its last ", less);
        if (head) {
            unmap(v.mm(), v.start(), v.start() + less);
            adjusts(v, {v.start() + less, v.pages() - less, v.pgoff() + less});
        } else {
            unmap(v.mm(), v.end() - less, v.end());
            adjusts(v, {v.start(), v.pages() - less, v.pgoff()});
        }
        return did;
    }
    std::string grows(vma& v, pgno by, bool down) {
        const vma* const next = behind(v);
        const vma* const prev = before(v);
        // At most as far as to touch the next one.
        pgno room = by;
        if (down && prev != nullptr) room = v.start() - prev->end();
        if (!down && next != nullptr) room = next->start() - v.end();
        if (room < by) by = room;
        if (by == 0) return {};
        if (v.end() + by > v.mm().next) v.mm().next += slot;
        const std::string did = text(name(v), " grows ", down ? "down" : "up", " by ", by);
        adjusts(v, down ? ops::span{v.start() - by, v.pages() + by, v.pgoff() - by}
                        : ops::span{v.start(), v.pages() + by, v.pgoff()});
        return did;
    }
    void adjusts(vma& v, const ops::span& to) {
        v.mm().vmas.erase(v.start());
        ok(map_.adjust(v, to));
        v.mm().vmas[v.start()] = &v;
        v.keyed_at = ++clock_;
    }
    std::string joins(vma& v) {
        vma* const next = behind(v);
        if (next == nullptr || next->start() - v.end() > 8) return {};
        std::string grown;
        if (next->start() != v.end()) grown = grows(v, next->start() - v.end(), false) + "; ";
        typename map_type::request want{};
        want.range = {next->start(), next->pages(), next->pgoff()};
        want.prev = &v;
        want.middle = next;
        const std::string did = grown + name(v) + " and " + name(*next) + " become one";
        return merges(v.mm(), want) ? did : grown;
    }
    std::string fills(vma& v, pgno pages) {
        vma* const next = behind(v);
        typename map_type::request want{};
        want.prev = &v;
        if (next != nullptr && next->start() - v.end() <= 8) {
            pages = next->start() - v.end();
            want.next = next;
        }
        if (pages == 0) return {};
        if (v.end() + pages > v.mm().next) v.mm().next += slot;
        want.range = {v.end(), pages, v.pgoff() + v.pages()};
        const std::string did = text(pages, " new pages behind ", name(v));
        return merges(v.mm(), want) ? did : std::string{};
    }
    bool merges(mm& m, const typename map_type::request& want) {
        const auto done = map_.merge(want);
        ok(done.state);
        if (done.what == merge_case::none) return false;
        for (vma* gone : done.removed) {
            if (gone != nullptr) leaves(*gone);
        }
        done.survivor->keyed_at = ++clock_;
        m.vmas.clear();
        for (vma* v : alive_) {
            if (&v->mm() == &m) m.vmas[v->start()] = v;
        }
        return true;
    }
    std::string moves(vma& v) {
        if (full()) return {};
        mm& m = v.mm();
        vma& there = make(m, m.next, v.pages(), v.pgoff());
        m.next += slot;
        typename map_type::request want{};
        want.range = {there.start(), there.pages(), there.pgoff()};
        want.copied_from = &v;
        there.came_of = &v;
        ok(map_.copy_vma(want, there).state);
        enters(there);
        std::string did = text(name(v), " moves to ", there.start(), " as v", there.number);
        for (pgno i = 0; i != v.pages(); ++i) {
            const auto found = m.table.find(v.start() + i);
            if (found == m.table.end()) continue;
            page* const p = found->second;
            const pgno to = there.start() + i;
            map_.move_place(*p, m, found->first, to, [&] {
                m.table.erase(found);
                m.table[to] = p;
                return true;
            });
        }
        map_.unlink(v);
        leaves(v);
        return did;
    }
    std::string ends(vma& v) {
        std::string did = name(v) + " ends";
        unmap(v.mm(), v.start(), v.end());
        map_.unlink(v);
        leaves(v);
        return did;
    }

    map_type map_{};
    std::list<mm> mms_{};
    std::list<vma> vmas_{};
    std::list<page> pages_{};
    std::vector<vma*> alive_{};
    std::uint64_t clock_ = 0;
    unsigned step_ = 0;
};

}  // namespace rmap::inline RMAP_ABI::verify::conformance
