// SPDX-License-Identifier: BSL-1.0
#pragma once

// What the tests of operations share: a map, the address spaces and vmas in it, a description of
// all state that an operation may change (`picture`), and counts of the library's objects. At its
// end everything is unlinked, and nothing may be left of the library's memory.

#include <cstdlib>
#include <iostream>
#include <list>
#include <map>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "support/failing_memory.hpp"
#include "support/toy.hpp"

namespace rmap_test {

template <class Family>
class world {
public:
    using map_type = typename Family::map;
    using policy = typename Family::policy;
    using vma = typename Family::vma;
    using mm = typename Family::mm;
    using page = typename Family::page;
    using anon_vma = rmap::anon_vma<policy>;
    using traits = typename map_type::vma_traits_type;

    world() = default;
    world(const world&) = delete;
    world& operator=(const world&) = delete;
    ~world() {
        for (vma& v : vmas_)
            forget(v);
        map_.trim();
        if (failing_memory::alive != alive_before_) {
            std::cerr << "the map left " << failing_memory::alive - alive_before_ << " objects\n";
            std::abort();
        }
    }

    map_type& map() { return map_; }
    mm& new_mm() { return mms_.emplace_back(); }

    /// A vma of its own numbering: anonymous offsets are page numbers unless given.
    vma& new_vma(mm& owner, rmap::pgno start, rmap::pgno pages) {
        return vmas_.emplace_back(owner, start, pages, start);
    }
    vma& new_vma(mm& owner, rmap::pgno start, rmap::pgno pages, rmap::pgoff_t pgoff,
                 rmap::i_mmap<policy>* file = nullptr) {
        vma& v = vmas_.emplace_back(owner, start, pages, pgoff);
        v.file = file;
        if (file != nullptr) map_.link_file(v);
        return v;
    }
    /// A faulted one.
    vma& faulted(mm& owner, rmap::pgno start, rmap::pgno pages) {
        vma& v = new_vma(owner, start, pages);
        if (map_.prepare(v, nullptr, nullptr) != rmap::status::ok) std::abort();
        return v;
    }
    vma& fork(vma& parent, mm& child) {
        vma& v =
            new_vma(child, traits::start(parent), traits::pages(parent), traits::pgoff(parent));
        v.attributes = parent.attributes;
        if (map_.fork(v, parent) != rmap::status::ok) std::abort();
        return v;
    }
    vma& fork(vma& parent) { return fork(parent, new_mm()); }
    /// Takes a vma out of everything, as exit does.
    void forget(vma& v) {
        map_.unlink(v);
        if (v.file != nullptr) {
            map_.unlink_file(v);
            v.file = nullptr;
        }
    }

    /// How many allocations something takes: of one for each link, or of blocks for several.
    static constexpr long allocations(long with_links, long with_blocks) noexcept {
        return rmap::keeps_blocks<typename policy::topology> ? with_blocks : with_links;
    }

    // ---- looking

    std::vector<const anon_vma*> chain(const vma& v) const {
        std::vector<const anon_vma*> all;
        map_type::for_each_link(v, [&](anon_vma& av) { all.push_back(&av); });
        return all;
    }
    std::set<anon_vma*> anon_vmas() const {
        std::set<anon_vma*> all;
        for (const vma& v : vmas_) {
            map_type::for_each_link(v, [&](anon_vma& av) { all.insert(&av); });
        }
        return all;
    }
    std::size_t links() const {
        std::size_t count = 0;
        for (const vma& v : vmas_)
            count += chain(v).size();
        return count;
    }
    /// "anon_vmas/links", as the kernel's tables have it.
    std::string objects() const {
        return std::to_string(anon_vmas().size()) + "/" + std::to_string(links());
    }
    /// The vmas linked to an anon_vma, in walk order.
    std::vector<const vma*> members(anon_vma& av) {
        std::vector<const vma*> all;
        policy::topology::visit_all(map_, av, [&](vma& v) {
            all.push_back(&v);
            return true;
        });
        return all;
    }
    /// The vmas that a walk meets.
    std::vector<const vma*> walked(page& p) {
        std::vector<const vma*> all;
        (void)map_.walk(p, [&](const auto& place) { all.push_back(&place.vma()); });
        return all;
    }

    /// All state, as text: ranges, own anon_vmas, chains in order; counts, references and members
    /// in order of every anon_vma. Objects are named by their addresses.
    std::string picture() {
        std::ostringstream out;
        for (const vma& v : vmas_) {
            out << &v << " [" << traits::start(v) << "+" << traits::pages(v) << "@"
                << traits::pgoff(v) << "] own " << map_type::own(v) << " chain";
            for (const anon_vma* av : chain(v))
                out << " " << av;
            out << "\n";
        }
        for (anon_vma* av : anon_vmas()) {
            out << av << " root " << av->root.load(rmap::order::relaxed) << " parent "
                << av->parent.get() << " children " << av->num_children.get() << " active "
                << av->num_active_vmas.get() << " refs " << rmap::ops::references(*av)
                << " members";
            for (const vma* v : members(*av))
                out << " " << v;
            out << "\n";
        }
        return out.str();
    }

    /// Whether the counts and references are what they must be (I4, I5, I6, I10, I11), given that
    /// nobody outside holds a reference; empty if so.
    std::string wrong() {
        std::map<const anon_vma*, std::uint32_t> children;
        std::map<const anon_vma*, std::uint32_t> active;
        std::map<const anon_vma*, std::uint32_t> refs;
        for (anon_vma* av : anon_vmas()) {
            ++children[av->parent.get()];
            ++refs[av];
            if (!av->is_root()) ++refs[av->root.load(rmap::order::relaxed)];
            if (!policy::topology::valid(map_, *av)) return "an anon_vma's tree is not valid";
        }
        std::map<const anon_vma*, std::vector<const anon_vma*>> chains;
        for (const vma& v : vmas_) {
            const auto links = chain(v);
            const anon_vma* own = map_type::own(v);
            if ((own == nullptr) != links.empty()) return "a chain without own anon_vma (I6)";
            if (own == nullptr) continue;
            ++active[own];
            for (const anon_vma* av : links) {
                if (av->root.load(rmap::order::relaxed) != own->root.load(rmap::order::relaxed)) {
                    return "a chain with two roots (I4)";
                }
            }
            if (!links.back()->is_root()) return "the root is not the last link";
            const auto known = chains.emplace(own, links);
            if (known.first->second != links) return "one own anon_vma, two chains (I5)";
        }
        for (anon_vma* av : anon_vmas()) {
            if (av->num_children != children[av]) return "num_children (I11)";
            if (av->num_active_vmas != active[av]) return "num_active_vmas (I11)";
            if (rmap::ops::references(*av) != refs[av]) return "references (I10)";
        }
        return {};
    }

private:
    const long alive_before_ = failing_memory::alive;
    map_type map_{};
    std::list<mm> mms_;
    std::list<vma> vmas_;
};

}  // namespace rmap_test
