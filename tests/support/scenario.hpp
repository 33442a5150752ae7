// SPDX-License-Identifier: BSL-1.0
#pragma once

// Short stories over the reference mm, for tests that state a rule: `m.write(0, 0x100)`, then what
// there is, as text. An operation that does not return ok throws, and so does a look at pages if a
// walk finds other places than the page tables have. Address space 0 is there from the start.
//
//   vmas(0)    "100+16 rw-, 110+4 r-- private f0@3 locked"
//   chains()   "0:100@100 [*0], 1:100@100 [*1 0]"       newest link first, * is the own anon_vma
//   avs()      "0 children=2 active=1, 1 root=0 parent=0 children=0 active=1"       0 is a root
//   objs()     "2/3"                                    anon_vmas and links that are alive
//   pages()    "2 0:100 1:100, 1 0:101"                 count of mappings, places
//   owners()   "0: 0:100 0:101, 1: 1:100"               anon_vma: its pages, by their first place

#include <algorithm>
#include <charconv>
#include <map>
#include <set>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <rmap/mm/system.hpp>

namespace rmap_test {

class scenario {
public:
    using policy = rmap::counted<rmap::linux_6_18>;
    using system = rmap::mm::system<policy>;
    using space = system::space;
    using vma = system::vma_type;
    using page = system::page_type;
    using anon_vma = rmap::anon_vma<policy>;
    using number = unsigned;
    using place = std::pair<number, rmap::pgno>;

    explicit scenario(bool accounting = false) : machine{{accounting}} {
        space* first = nullptr;
        must(machine.create_space(first), "create_space");
        spaces_[0] = first;
    }

    system machine;

    // ---- what is there to work with ------------------------------------------------------------

    [[nodiscard]] space& at(number mm) { return *spaces_.at(mm); }
    [[nodiscard]] system::file_type& file(number f) {
        auto*& known = files_[f];
        if (known == nullptr) must(machine.create_file(known), "create_file");
        return *known;
    }
    static rmap::mm::prot prot_of(std::string_view text) {
        auto access = rmap::mm::prot::none;
        if (text.at(0) == 'r') access = access | rmap::mm::prot::r;
        if (text.at(1) == 'w') access = access | rmap::mm::prot::w;
        if (text.at(2) == 'x') access = access | rmap::mm::prot::x;
        return access;
    }

    // ---- operations ----------------------------------------------------------------------------

    /// `extra`: "", "locked" or "stack".
    void map(number mm, rmap::pgno start, rmap::pgno n, std::string_view prot,
             std::string_view extra = "") {
        system::request want{start, n, prot_of(prot)};
        want.locked = extra == "locked";
        want.stack = extra == "stack";
        must(machine.mmap(at(mm), want), "mmap");
    }
    void map_private(number mm, rmap::pgno start, rmap::pgno n, std::string_view prot, number f,
                     rmap::pgoff_t pgoff) {
        must(machine.mmap(at(mm), {start, n, prot_of(prot), rmap::mm::kind::private_file, &file(f),
                                   pgoff}),
             "mmap private");
    }
    void map_shared(number mm, rmap::pgno start, rmap::pgno n, std::string_view prot, number f,
                    rmap::pgoff_t pgoff) {
        must(machine.mmap(at(mm), {start, n, prot_of(prot), rmap::mm::kind::shared_file, &file(f),
                                   pgoff}),
             "mmap shared");
    }
    void unmap(number mm, rmap::pgno start, rmap::pgno n) {
        must(machine.munmap(at(mm), start, n), "munmap");
    }
    void protect(number mm, rmap::pgno start, rmap::pgno n, std::string_view prot) {
        must(machine.mprotect(at(mm), start, n, prot_of(prot)), "mprotect");
    }
    void lock(number mm, rmap::pgno start, rmap::pgno n) {
        must(machine.mlock(at(mm), start, n), "mlock");
    }
    void unlock(number mm, rmap::pgno start, rmap::pgno n) {
        must(machine.munlock(at(mm), start, n), "munlock");
    }
    [[nodiscard]] rmap::status try_remap(number mm, rmap::pgno from, rmap::pgno n, rmap::pgno to,
                                         rmap::pgno to_n, bool keep = false) {
        return machine.mremap(at(mm), from, n, to, to_n, keep);
    }
    void remap(number mm, rmap::pgno from, rmap::pgno n, rmap::pgno to, rmap::pgno to_n) {
        must(try_remap(mm, from, n, to, to_n), "mremap");
    }
    void move(number mm, rmap::pgno from, rmap::pgno n, rmap::pgno to) {
        remap(mm, from, n, to, n);
    }
    void keep(number mm, rmap::pgno from, rmap::pgno n, rmap::pgno to) {
        must(try_remap(mm, from, n, to, n, true), "mremap keep");
    }
    void grow(number mm, rmap::pgno from, rmap::pgno to) {
        must(machine.grow(at(mm), from, to), "grow");
    }
    void dontneed(number mm, rmap::pgno start, rmap::pgno n) {
        must(machine.dontneed(at(mm), start, n), "dontneed");
    }
    void read(number mm, rmap::pgno start, rmap::pgno n = 1) {
        for (; n != 0; --n) must(machine.read(at(mm), start++), "read");
    }
    void write(number mm, rmap::pgno start, rmap::pgno n = 1) {
        for (; n != 0; --n) must(machine.write(at(mm), start++), "write");
    }
    void fork(number parent, number child) {
        space* made = nullptr;
        must(machine.fork(at(parent), made), "fork");
        if (!spaces_.emplace(child, made).second) throw std::logic_error{"a number used twice"};
    }
    void exit(number mm) {
        machine.exit(at(mm));
        spaces_.erase(mm);
    }
    void exec(number mm) { machine.exec(at(mm)); }
    void filesize(number f, rmap::pgno n) { must(machine.resize(file(f), n), "filesize"); }
    void punch(number f, rmap::pgoff_t pgoff, rmap::pgno n) {
        must(machine.punch(file(f), pgoff, n), "punch");
    }
    void migrate(number mm, rmap::pgno start, rmap::pgno n) {
        must(machine.migrate(at(mm), start, n), "migrate");
    }
    void ksm(const std::vector<place>& places) {
        std::vector<system::place_type> all;
        for (const auto& [mm, where] : places) all.push_back({&at(mm), where});
        must(machine.merge_same(all.data(), all.size()), "ksm");
    }

    // ---- what there is, as text ----------------------------------------------------------------

    [[nodiscard]] std::string vmas(number mm) {
        rows out;
        machine.for_each_vma(at(mm), [&](const vma& v) {
            const rmap::mm::prot a = v.access();
            std::string row = hex(v.start()) + '+' + std::to_string(v.pages()) + ' ';
            row += has(a, rmap::mm::prot::r) ? 'r' : '-';
            row += has(a, rmap::mm::prot::w) ? 'w' : '-';
            row += has(a, rmap::mm::prot::x) ? 'x' : '-';
            if (v.what() != rmap::mm::kind::anon) {
                row += v.shared() ? " shared f" : " private f";
                for (const auto& [f, known] : files_) {
                    if (known == v.from()) row += std::to_string(f);
                }
                row += '@' + hex(v.pgoff());
            }
            if (v.locked()) row += " locked";
            if (v.stack()) row += " stack";
            if (v.accounted()) row += " account";
            out.add(row);
        });
        return out.text;
    }

    [[nodiscard]] std::string objs() {
        auto& counted = machine.map().stats();
        return std::to_string(counted.anon_vmas()) + '/' + std::to_string(counted.links());
    }

    [[nodiscard]] std::string chains() { return number_anon_vmas(); }

    [[nodiscard]] std::string avs() {
        number_anon_vmas();
        rows out;
        // A root or parent that no chain mentions comes last; the loop meets what it adds.
        for (std::size_t i = 0; i < known_.size(); ++i) {
            anon_vma& av = *known_[i];
            std::string row = std::to_string(i);
            anon_vma& root = *av.root.load(rmap::order::acquire);
            if (&root != &av) {
                row += " root=" + name(root);
                row += " parent=" + name(*av.parent);
            }
            row += " children=" + std::to_string(av.num_children);
            row += " active=" + std::to_string(av.num_active_vmas);
            out.add(row);
        }
        return out.text;
    }

    [[nodiscard]] std::string pages() {
        rows out;
        for (const auto& [p, places] : places_of_pages()) {
            std::string row = std::to_string(p->mapcount());
            for (const place& where : places) row += ' ' + text(where);
            out.add(row);
        }
        return out.text;
    }

    [[nodiscard]] std::string owners() {
        number_anon_vmas();
        std::map<std::string, std::string> owned;
        for (const auto& [p, places] : places_of_pages()) {
            anon_vma* const av = machine.map().anon_vma_of(*p);
            if (av != nullptr) owned[name(*av)] += ' ' + text(places[0]);
        }
        rows out;
        for (const auto& [who, what] : owned) out.add(who + ':' + what);
        return out.text;
    }

    /// Which physical page is there: to be compared, not followed.
    [[nodiscard]] const void* page_at(number mm, rmap::pgno where) {
        const page* there = nullptr;
        machine.for_each_page(at(mm), [&](rmap::pgno here, page& p) {
            if (here == where) there = &p;
        });
        return there;
    }

    /// How many vmas a walk from the page at this place meets.
    [[nodiscard]] std::size_t visited(number mm, rmap::pgno where) {
        std::size_t met = 0;
        machine.for_each_page(at(mm), [&](rmap::pgno here, page& p) {
            if (here == where) met = machine.map().walk(p, [](const auto&) {}).visited;
        });
        return met;
    }

private:
    struct rows {
        std::string text;
        void add(const std::string& row) { text += (text.empty() ? "" : ", ") + row; }
    };

    static void must(rmap::status s, const char* what) {
        if (s != rmap::status::ok) throw std::runtime_error{std::string{what} + ": " + name_of(s)};
    }
    static std::string hex(rmap::pgno n) {
        char digits[17] = {};
        std::to_chars(digits, digits + 16, n, 16);
        return digits;
    }
    static std::string text(const place& where) {
        return std::to_string(where.first) + ':' + hex(where.second);
    }

    // Numbers the anon_vmas in the order in which the chains mention them, and says the chains.
    std::string number_anon_vmas() {
        known_.clear();
        rows out;
        for (const auto& [mm, s] : spaces_) {
            machine.for_each_vma(*s, [&, in = mm](vma& v) {
                anon_vma* const own = machine.map().own(v);
                if (own == nullptr) return;
                name(*own);
                std::string row = text({in, v.start()}) + '@' + hex(v.pgoff()) + " [";
                machine.map().for_each_link(v, [&](anon_vma& av) {
                    if (row.back() != '[') row += ' ';
                    row += (&av == own ? "*" : "") + name(av);
                });
                out.add(row + ']');
            });
        }
        return out.text;
    }
    std::string name(anon_vma& av) {
        auto found = std::find(known_.begin(), known_.end(), &av);
        if (found == known_.end()) found = known_.insert(found, &av);
        return std::to_string(found - known_.begin());
    }

    using page_places = std::vector<std::pair<page*, std::vector<place>>>;

    // In the order of their first places. Throws if a walk disagrees.
    page_places places_of_pages() {
        page_places all;
        std::map<page*, std::size_t> index;
        for (const auto& [mm, s] : spaces_) {
            machine.for_each_page(*s, [&, in = mm](rmap::pgno where, page& p) {
                if (index.emplace(&p, all.size()).second) all.push_back({&p, {}});
                all[index[&p]].second.push_back({in, where});
            });
        }
        for (const auto& [p, places] : all) {
            std::set<place> found;
            const auto walked = machine.map().walk(*p, [&, sought = p](const auto& met) {
                if (!machine.maps(met.mm(), met.address(), *sought)) return;
                for (const auto& [mm, s] : spaces_) {
                    if (s == &met.mm()) found.insert({mm, met.address()});
                }
            });
            if (walked.state != rmap::status::ok ||
                found != std::set<place>(places.begin(), places.end())) {
                throw std::runtime_error{"the walk from " + text(places[0]) + " misses a place"};
            }
        }
        return all;
    }

    std::map<number, space*> spaces_{};
    std::map<number, system::file_type*> files_{};
    std::vector<anon_vma*> known_{};
};

}  // namespace rmap_test
