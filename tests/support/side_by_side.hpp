// SPDX-License-Identifier: BSL-1.0
#pragma once

// side_by_side: plays a script on the reference mm and on the naive model side by side, and says
// where they differ. A physical page of the mm has no contents; here it gets some: what was last
// written to it, or what its file holds, or what the page had that it was made from. Then each
// address must read as the model says, and the same places must share a page.

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include <rmap/verify/check_lru.hpp>
#include <rmap/verify/invariants.hpp>

#include "support/mm_world.hpp"
#include "support/naive_mm.hpp"
#include "support/script.hpp"

namespace rmap_test {

template <class Policy>
class side_by_side {
public:
    using system = rmap::mm::system<Policy>;
    using space = typename system::space;
    using page = typename system::page_type;
    using file = typename system::file_type;

    explicit side_by_side(typename Policy::allocator memory = {}) : system_{{}, memory} {
        for (unsigned f = 0; f != 2; ++f) {
            if (system_.create_file(files_[f]) != rmap::status::ok) std::abort();
        }
        if (system_.create_space(spaces_[0]) != rmap::status::ok) std::abort();
    }

    /// Plays one operation; what is wrong afterwards, or nothing. Lines of a trace are added to
    /// `trace`, if given.
    std::string play(const op& o, std::vector<std::string>* trace = nullptr) {
        if (!possible(o)) return {};
        if (o.what == act::read || o.what == act::write) {
            for (rmap::pgno at = o.start; at != o.start + o.pages; ++at) {
                op one = o;
                one.start = at;
                one.pages = 1;
                std::string wrong = touch(one, trace);
                if (!wrong.empty()) return wrong;
            }
            return {};
        }
        const bool ok = expected(o);
        const auto faulted = faulted_now();
        const rmap::status s = run(o);
        if ((s == rmap::status::ok) != ok && o.what != act::mremap && o.what != act::grow) {
            return line_of(o) + ": " + name_of(s);
        }
        if (s == rmap::status::ok) {
            if (trace != nullptr) trace->push_back(line_of(o));
            model_.apply(o, [&](unsigned mm, rmap::pgno at) {
                return faulted.count({mm, at}) != 0;
            });
            if (o.what == act::mremap && o.keep) locked_as_in_mm();
        }
        return compare(o, s == rmap::status::ok);
    }

    /// The invariants and the laws of the LRU lists, as text; empty if all hold.
    std::string violations() {
        mm_world<Policy> w{system_};
        std::string all;
        const auto add = [&](const char* s, std::size_t n) { all.append(s, n); };
        rmap::verify::validate(w, add);
        rmap::verify::validate_lru(system_, add);
        return all;
    }

    /// Does the operation alone, without the model.
    rmap::status run(const op& o) {
        space* const s = of_no_space(o.what) || o.what == act::ksm ? nullptr : spaces_.at(o.mm);
        switch (o.what) {
            case act::mmap: {
                rmap::mm::mapping_request<Policy> want;
                want.start = o.start;
                want.pages = o.pages;
                want.access = o.access;
                want.what = o.kind;
                want.from = o.kind == rmap::mm::kind::anon ? nullptr : files_[o.file];
                want.pgoff = o.kind == rmap::mm::kind::anon ? 0 : o.pgoff;
                want.locked = o.locked;
                want.stack = o.stack;
                return system_.mmap(*s, want);
            }
            case act::munmap: return system_.munmap(*s, o.start, o.pages);
            case act::mprotect: return system_.mprotect(*s, o.start, o.pages, o.access);
            case act::mremap: return system_.mremap(*s, o.start, o.pages, o.to, o.to_pages, o.keep);
            case act::grow: return system_.grow(*s, o.start, o.to);
            case act::dontneed: return system_.dontneed(*s, o.start, o.pages);
            case act::mlock: return system_.mlock(*s, o.start, o.pages);
            case act::munlock: return system_.munlock(*s, o.start, o.pages);
            case act::read: return system_.read(*s, o.start);
            case act::write: return system_.write(*s, o.start);
            case act::fork: {
                space* child = nullptr;
                const rmap::status forked = system_.fork(*s, child);
                if (forked == rmap::status::ok) {
                    child->label = o.child;
                    spaces_[o.child] = child;
                }
                return forked;
            }
            case act::exit:
                system_.exit(*s);
                spaces_.erase(o.mm);
                return rmap::status::ok;
            case act::exec: system_.exec(*s); return rmap::status::ok;
            case act::filesize: return system_.resize(*files_[o.file], o.pages);
            case act::punch: return system_.punch(*files_[o.file], o.pgoff, o.pages);
            case act::migrate: return system_.migrate(*s, o.start, o.pages);
            case act::ksm: {
                std::vector<typename system::place_type> places;
                for (const spot& at : o.spots)
                    places.push_back({spaces_.at(at.mm), at.where});
                return system_.merge_same(places.data(), places.size());
            }
            case act::reclaim:
                static_cast<void>(system_.reclaim(~std::size_t{0}));
                return rmap::status::ok;
        }
        return rmap::status::invalid;
    }

    /// Whether the operation names what is there, and (ksm) what may be done.
    [[nodiscard]] bool possible(const op& o) const {
        if (of_no_space(o.what)) return true;
        if (o.what == act::ksm) return !o.spots.empty() && model_.mergeable(o.spots);
        return spaces_.count(o.mm) != 0 && (o.what != act::fork || spaces_.count(o.child) == 0);
    }

    [[nodiscard]] system& mm() { return system_; }
    [[nodiscard]] const naive_mm& model() const { return model_; }

private:
    [[nodiscard]] static bool of_no_space(act what) {
        return what == act::filesize || what == act::punch || what == act::reclaim;
    }

    using entries = std::map<spot, page*>;

    [[nodiscard]] bool expected(const op& o) const {
        switch (o.what) {
            case act::mprotect:
            case act::mlock:
            case act::munlock: return model_.covers(o.mm, o.start, o.pages);
            default: return true;
        }
    }

    std::string touch(const op& o, std::vector<std::string>* trace) {
        const bool write = o.what == act::write;
        const bool can = model_.can_touch(o.mm, o.start, write);
        const rmap::status s = run(o);
        if (s != (can ? rmap::status::ok : rmap::status::not_mapped)) {
            return line_of(o) + ": " + name_of(s);
        }
        if (can) {
            if (trace != nullptr) trace->push_back(line_of(o));
            if (write) {
                model_.write(o.mm, o.start, o.value);
            } else {
                model_.read(o.mm, o.start);
            }
        }
        return compare(o, can);
    }

    std::map<spot, bool> faulted_now() {
        std::map<spot, bool> all;
        for (auto& [mm, s] : spaces_) {
            system_.for_each_vma(*s, [&, id = mm](auto& v) {
                if (system::map_type::own(v) == nullptr) return;
                for (rmap::pgno at = v.start(); at != v.end(); ++at)
                    all[{id, at}] = true;
            });
        }
        return all;
    }

    /// What `keep` unlocks is all of a vma, and the model has none: it asks.
    void locked_as_in_mm() {
        for (auto& [mm, s] : spaces_) {
            system_.for_each_vma(*s, [&, id = mm](auto& v) {
                for (rmap::pgno at = v.start(); at != v.end(); ++at)
                    model_.mms.at(id).at(at).locked = v.locked();
            });
        }
    }

    entries entries_now() {
        entries all;
        for (auto& [mm, s] : spaces_) {
            system_.for_each_page(*s, [&, id = mm](rmap::pgno at, page& p) { all[{id, at}] = &p; });
        }
        return all;
    }

    /// What a page holds that was not there before the operation.
    int born_with(const op& o, const spot& at) {
        switch (o.what) {
            case act::write: return o.value;
            case act::migrate:
            case act::ksm: return held_before_.at(before_.at(at));
            case act::mremap:
                return held_before_.at(before_.at({at.mm, at.where - o.to + o.start}));
            default: {
                const auto* c = model_.find(at.mm, at.where);
                return c == nullptr ? -1 : model_.reads_as(*c);
            }
        }
    }

    /// `done`: the operation did what it says.
    std::string compare(const op& o, bool done) {
        const entries now = entries_now();
        std::map<page*, int> held;
        const bool all_new = done && (o.what == act::migrate || o.what == act::ksm);
        for (const auto& [at, p] : now) {
            const auto had = held_before_.find(p);
            const bool written = done && o.what == act::write && at == spot{o.mm, o.start};
            if (written) {
                held[p] = o.value;
            } else if (held.count(p) == 0) {
                held[p] = had == held_before_.end() || (all_new && before_.count(at) != 0)
                              ? born_with(o, at)
                              : had->second;
            }
        }
        before_ = now;
        held_before_ = held;
        const std::string wrong = differences(o, now, held);
        return wrong.empty() ? resident_difference(o, now) : wrong;
    }

    std::string differences(const op& o, const entries& now, const std::map<page*, int>& held) {
        using rmap::verify::hex;
        using rmap::verify::text;
        std::map<page*, int> number;
        std::map<int, page*> of_number;
        for (const auto& [at, p] : now) {
            const auto* c = model_.find(at.mm, at.where);
            const std::string where = text(line_of(o), ": ", at.mm, ':', hex{at.where});
            if (c == nullptr || !c->page) return where + " has a page, and should not";
            if (model_.reads_as(*c) != held.at(p)) {
                return text(where, " reads as ", held.at(p), ", should as ", model_.reads_as(*c));
            }
            const auto [n, fresh] = number.emplace(p, *c->page);
            const auto [q, other] = of_number.emplace(*c->page, p);
            if (n->second != *c->page) return where + " shares a page, and should not";
            if (q->second != p) return where + " has a page of its own, and should share one";
        }
        return mlock_differences(o, number);
    }

    /// Pages that locked memory maps are mlocked, no others, and are counted.
    std::string mlock_differences(const op& o, const std::map<page*, int>& number) {
        using rmap::verify::text;
        const std::set<int> locked = model_.locked_pages();
        for (const auto& [p, n] : number) {
            const bool is =
                p->flags.template test<rmap::mm::page_flag::mlocked, rmap::order::relaxed>();
            if (is == (locked.count(n) != 0)) continue;
            return text(line_of(o), ": page ", n, is ? " is mlocked" : " is not mlocked");
        }
        const std::size_t counted = system_.lru().counts().mlocked;
        if (counted != locked.size()) {
            return text(line_of(o), ": ", counted, " are mlocked, should be ", locked.size());
        }
        return {};
    }

    /// As many pages are there as should be.
    std::string resident_difference(const op& o, const entries& now) {
        using rmap::verify::text;
        std::size_t due = 0;
        for (const auto& [mm, s] : model_.mms) {
            for (const auto& [at, c] : s)
                due += c.page ? 1U : 0U;
        }
        if (due != now.size()) {
            return text(line_of(o), ": ", now.size(), " pages are resident, should be ", due);
        }
        return {};
    }

    system system_;
    std::map<unsigned, space*> spaces_;
    file* files_[2]{};
    naive_mm model_;
    entries before_;
    std::map<page*, int> held_before_;
};

/// Plays a script, with the invariants checked after every `every`-th operation and at the end.
/// What is wrong first, or nothing.
template <class Policy>
std::string play(const std::vector<op>& script, std::size_t every,
                 std::vector<std::string>* trace = nullptr, naive_mm* end = nullptr) {
    side_by_side<Policy> on;
    std::string wrong;
    for (std::size_t i = 0; i != script.size() && wrong.empty(); ++i) {
        wrong = on.play(script[i], trace);
        if (wrong.empty() && ((i + 1) % every == 0 || i + 1 == script.size())) {
            wrong = on.violations();
        }
    }
    if (end != nullptr) *end = on.model();
    return wrong;
}

/// A script as a trace that ends with what the model says must be there.
template <class Policy>
std::string trace_of(const std::vector<op>& script) {
    std::vector<std::string> lines;
    naive_mm end;
    const std::string wrong = play<Policy>(script, 1, &lines, &end);
    std::string all = "rmap-trace 1\nkernel 6.18.44\npage 4096\nscope pages\nmm 0\n";
    for (const std::string& line : lines)
        all += line + "\n";
    all += "snap\n";
    std::map<spot, std::vector<spot>> rows;
    for (const auto& [number, spots] : end.pages())
        rows[spots.front()] = spots;
    for (const auto& [first, spots] : rows) {
        all += rmap::verify::text("page ", spots.size());
        for (const spot& s : spots)
            all += rmap::verify::text(' ', s.mm, ':', rmap::verify::hex{s.where});
        all += "\n";
    }
    return all + "end\n# wrong: " + wrong + "\n";
}

}  // namespace rmap_test
