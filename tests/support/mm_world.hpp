// SPDX-License-Identifier: BSL-1.0
#pragma once

// The reference mm as a world (verify/world.hpp): for checks and dumps of a system that stands
// still. Address spaces are known by their labels.

#include <cstdint>
#include <set>
#include <string>

#include <rmap/mm/system.hpp>
#include <rmap/verify/text.hpp>
#include <rmap/verify/world.hpp>

namespace rmap_test {

inline std::string name_of(rmap::mm::prot access) {
    std::string name = "---";
    if (has(access, rmap::mm::prot::r)) name[0] = 'r';
    if (has(access, rmap::mm::prot::w)) name[1] = 'w';
    if (has(access, rmap::mm::prot::x)) name[2] = 'x';
    return name;
}

inline const char* name_of(rmap::mm::kind what) {
    switch (what) {
        case rmap::mm::kind::anon: return "anon";
        case rmap::mm::kind::private_file: return "private";
        case rmap::mm::kind::shared_file: return "shared";
    }
    return "?";
}

template <class Policy>
class mm_world {
public:
    using system = rmap::mm::system<Policy>;
    using map_type = typename system::map_type;
    using space = typename system::space;
    using vma = typename system::vma_type;
    using page = typename system::page_type;

    explicit mm_world(system& of) : of_{&of} {}

    map_type& map() { return of_->map(); }
    template <class F>
    void for_each_mm(F f) {
        of_->for_each_space(f);
    }
    template <class F>
    void for_each_vma(space& s, F f) {
        of_->for_each_vma(s, f);
    }
    template <class F>
    void for_each_mapping(space& s, F f) {
        of_->for_each_page(s, f);
    }
    /// The items of merged pages are the only outside users in a quiescent state.
    template <class F>
    void for_each_reference(F f) {
        std::set<page*> seen;
        of_->for_each_space([&](space& s) {
            of_->for_each_page(s, [&](rmap::pgno, page& p) {
                if (!p.ksm() || !seen.insert(&p).second) return;
                for_each_item(p, [&](auto& item) { f(*item.from.get()); });
            });
        });
    }

    [[nodiscard]] std::uint64_t id_of(const space& s) const { return s.label; }
    [[nodiscard]] std::string attributes(const vma& v) const {
        return name_of(v.access()) + " " + name_of(v.what()) + (v.locked() ? " locked" : "") +
               (v.stack() ? " stack" : "") + (v.accounted() ? " account" : "");
    }
    [[nodiscard]] std::string attributes(const page& p) const {
        std::string items;
        if (p.ksm()) {
            for_each_item(p, [&](auto& item) {
                // The space of an item may have exited; its address is compared, never followed.
                std::string mm = "gone";
                of_->for_each_space([&](const space& s) {
                    if (&s == item.mm.get()) mm = std::to_string(s.label);
                });
                items += rmap::verify::text(items.empty() ? "items " : " ", mm, ':',
                                            rmap::verify::hex{item.address});
            });
        }
        return items;
    }

private:
    template <class F>
    static void for_each_item(const page& p, F f) {
        auto& items = p.node.get()->items;
        for (auto* at = items.front(); at != nullptr; at = items.next(*at)) {
            f(*static_cast<rmap::ksm_item<Policy>*>(at));
        }
    }

    system* of_;
};

}  // namespace rmap_test
