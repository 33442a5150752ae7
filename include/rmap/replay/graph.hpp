// SPDX-License-Identifier: BSL-1.0
#pragma once

// Makes the rows of a snapshot that show the graph: every anon_vma, every chain, and the anon_vma
// that each page's walk starts from. Numbers are given in the order of first mention, as the format
// asks, so that two graphs are equal when their rows are. For topologies whose vma hook is a chain
// and policies that count.

#include <algorithm>
#include <cstdint>
#include <unordered_map>
#include <vector>

#include <rmap/mm/system.hpp>
#include <rmap/replay/registry.hpp>
#include <rmap/replay/snapshot.hpp>

namespace rmap::inline RMAP_ABI::replay {

template <class Policy>
class graph_collector {
public:
    using system_type = mm::system<Policy>;
    using space_type = typename system_type::space;
    using vma_type = typename system_type::vma_type;
    using page_type = typename system_type::page_type;
    using anon_vma_type = anon_vma<Policy>;

    graph_collector(system_type& of, const registry<space_type>& spaces) noexcept
        : system_{of}, spaces_{spaces} {}

    /// The count of objects alive.
    void objects(snapshot& out) {
        out.has_objects = true;
        out.objects.anon_vmas = system_.map().stats().anon_vmas();
        out.objects.links = system_.map().stats().links();
        // Blocks are no links: what is comparable of them is what the paths say.
        if constexpr (keeps_blocks<typename Policy::topology>) out.objects.links = links();
    }

    /// The three kinds of rows; `pages` are those of out.pages, a page a row.
    void rows(const std::vector<page_type*>& pages, snapshot& out) {
        numbers_.clear();
        known_.clear();
        for (const auto& [number, space] : spaces_.in_order()) {
            system_.for_each_vma(*space, [&, mm = number](vma_type& v) { add_chain(mm, v, out); });
        }
        add_owners(pages, out);
        // Roots and parents that no chain mentions come last; the loop meets what it adds.
        for (std::size_t i = 0; i < known_.size(); ++i) {
            anon_vma_type& av = *known_[i];
            anon_vma_row row;
            row.number = static_cast<id>(i);
            row.root = number_of(*av.root.load(order::acquire));
            row.parent = number_of(*av.parent);
            row.children = av.num_children;
            row.active = av.num_active_vmas;
            out.anon_vmas.push_back(row);
        }
    }

private:
    [[nodiscard]] std::uint64_t links() {
        std::uint64_t count = 0;
        system_.for_each_space([&](space_type& space) {
            system_.for_each_vma(space, [&](vma_type& v) {
                system_.map().for_each_link(v, [&](anon_vma_type&) { ++count; });
            });
        });
        return count;
    }

    void add_chain(id mm, vma_type& v, snapshot& out) {
        const std::size_t first = out.ids.size();
        chain_row row;
        anon_vma_type* own = system_.map().own(v);
        row.own = own == nullptr ? UINT32_MAX : number_of(*own);
        system_.map().for_each_link(v,
                                    [&](anon_vma_type& av) { out.ids.push_back(number_of(av)); });
        row.ids = {first, out.ids.size() - first};
        if (row.ids.count == 0 && own == nullptr) return;
        row.vma = {mm, v.start()};
        row.pgoff = v.pgoff();
        out.chains.push_back(row);
    }

    void add_owners(const std::vector<page_type*>& pages, snapshot& out) {
        owned_.clear();
        for (std::size_t i = 0; i < pages.size(); ++i) {
            if (anon_vma_type* av = system_.map().anon_vma_of(*pages[i]); av != nullptr) {
                owned_.emplace_back(number_of(*av), out.places[out.pages[i].places.first]);
            }
        }
        std::ranges::sort(owned_);
        for (const auto& [number, at] : owned_) {
            if (out.owns.empty() || out.owns.back().number != number) {
                out.owns.push_back({number, {out.places.size(), 0}, 0});
            }
            out.places.push_back(at);
            ++out.owns.back().places.count;
        }
    }

    id number_of(anon_vma_type& av) {
        const auto [it, fresh] = numbers_.try_emplace(&av, static_cast<id>(known_.size()));
        if (fresh) known_.push_back(&av);
        return it->second;
    }

    system_type& system_;
    const registry<space_type>& spaces_;
    std::unordered_map<const anon_vma_type*, id> numbers_{};
    std::vector<anon_vma_type*> known_{};
    std::vector<std::pair<id, place>> owned_{};
};

}  // namespace rmap::inline RMAP_ABI::replay
