// SPDX-License-Identifier: BSL-1.0
#pragma once

// The laws of the LRU lists and of mlock, checked on a system that stands still (no other thread is
// inside): the reference mm, or what shows itself in the same way (mm/system.hpp, "looking"). Each
// page is counted anew from the vmas, the page tables and the files.
//
//   for (const auto& v : verify::check_lru(system)) ...     {law, text}
//   verify::validate_lru(system, sink)                      the same as lines "L2: ..."; how many
//
// That no page is freed with the mlocked flag is a named check of the mm (freed_while_mlocked).

#include <cstddef>
#include <string>
#include <unordered_map>
#include <vector>

#include <rmap/core/atomics.hpp>
#include <rmap/core/types.hpp>
#include <rmap/verify/text.hpp>

namespace rmap::inline RMAP_ABI::verify {

/// One of the laws.
struct lru_law {
    int number;
    const char* says;
};

inline constexpr lru_law lru_laws[] = {
    {1, "no evictable page rests on the unevictable list, no mlocked one on another"},
    {2, "a page has the mlocked flag if and only if a locked vma maps it"},
    {3, "the count of mlocked pages is the number of pages that locked vmas map"},
    {4, "every page is on one list, which its flags name, and nobody has work left with it"},
    {5, "the lengths of the lists are right, and nothing else is on them"},
};

struct lru_violation {
    int law;
    std::string text;
};

namespace detail {

template <class System>
class lru_check {
    using page_type = typename System::page_type;
    using lists = typename System::lru_type;
    using flag = typename System::flag;

    struct known {
        std::string name;      // a place where it is
        bool locked = false;   // a locked vma maps it
        std::size_t seen = 0;  // on lists
    };

public:
    lru_check(System& system, std::vector<lru_violation>& found) : system_{system}, found_{found} {}

    void run() {
        collect();
        std::size_t locked = 0;
        for (const auto& [page, k] : pages_)
            locked += k.locked ? 1 : 0;
        const auto counts = system_.lru().counts();
        if (counts.mlocked != locked) {
            add(3, counts.mlocked, " pages are counted as mlocked, locked vmas map ", locked);
        }
        list(lists::inactive, "inactive", counts.inactive);
        list(lists::active, "active", counts.active);
        list(lists::unevictable, "unevictable", counts.unevictable);
        for (auto& [page, k] : pages_)
            look(*page, k);
    }

private:
    template <class... Piece>
    void add(int law, const Piece&... pieces) {
        found_.push_back({law, text(pieces...)});
    }

    void collect() {
        std::size_t row = 0;
        system_.for_each_space([&](auto& s) {
            system_.for_each_vma(s, [&](auto& v) {
                system_.for_each_page(s, v.start(), v.end(), [&](pgno at, page_type& p) {
                    known& k = pages_[&p];
                    if (k.name.empty()) k.name = text("the page at ", row, ':', verify::hex{at});
                    k.locked = k.locked || v.locked();
                });
            });
            ++row;
        });
        row = 0;
        system_.for_each_file([&](auto& f) {
            system_.for_each_page(f, [&](pgoff_t at, page_type& p) {
                known& k = pages_[&p];
                if (k.name.empty()) k.name = text("the page ", verify::hex{at}, " of file ", row);
            });
            ++row;
        });
    }

    void list(typename lists::which of, const char* name, std::size_t counted) {
        std::size_t length = 0;
        system_.lru().for_each(of, [&](page_type& p) {
            ++length;
            const auto at = pages_.find(&p);
            if (at == pages_.end()) {
                add(5, "a page on the ", name, " list is nowhere mapped, and of no file");
                return;
            }
            ++at->second.seen;
            const bool off = p.flags.template test<flag::unevictable, order::relaxed>();
            const bool active = p.flags.template test<flag::active, order::relaxed>();
            const auto says = off ? lists::unevictable : active ? lists::active : lists::inactive;
            if (says != of || !p.flags.template test<flag::lru, order::relaxed>()) {
                add(4, at->second.name, " is on the ", name, " list, which its flags do not say");
            }
            const bool mlocked = p.flags.template test<flag::mlocked, order::relaxed>();
            if (mlocked != (of == lists::unevictable)) {
                add(1, at->second.name, mlocked ? " is mlocked" : " is evictable", ", and on the ",
                    name, " list");
            }
        });
        if (length != counted) add(5, "the ", name, " list has ", length, ", counts ", counted);
    }

    void look(const page_type& p, const known& k) {
        if (k.seen != 1) add(4, k.name, " is on ", k.seen, " lists");
        if (p.flags.template test<flag::munlocking, order::relaxed>()) {
            add(4, k.name, " is still to be munlocked");
        }
        const bool mlocked = p.flags.template test<flag::mlocked, order::relaxed>();
        if (mlocked == k.locked) return;
        add(2, k.name,
            mlocked ? " is mlocked, but no locked vma maps it"
                    : " is mapped by a locked vma, but not mlocked");
    }

    System& system_;
    std::vector<lru_violation>& found_;
    std::unordered_map<page_type*, known> pages_;
};

}  // namespace detail

/// Every violation.
template <class System>
[[nodiscard]] std::vector<lru_violation> check_lru(System& system) {
    std::vector<lru_violation> found;
    detail::lru_check<System>{system, found}.run();
    return found;
}

/// The same as lines to a sink; how many there are.
template <class System, text_sink Sink>
std::size_t validate_lru(System& system, Sink sink) {
    const auto found = check_lru(system);
    for (const lru_violation& v : found)
        put(sink, 'L', v.law, ": ", v.text, '\n');
    return found.size();
}

}  // namespace rmap::inline RMAP_ABI::verify
