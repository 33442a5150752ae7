// SPDX-License-Identifier: BSL-1.0
#pragma once

// The checks of what ties vmas and anon_vmas: I4, I5, I6, I9 to I15. Called by
// verify/invariants.hpp. Topologies without links (has_links false) are asked for what they can
// say: own anon_vmas and trees.

#include <algorithm>
#include <cstddef>
#include <unordered_map>
#include <vector>

#include <rmap/locks/guard.hpp>
#include <rmap/ops/file.hpp>
#include <rmap/ops/reference.hpp>
#include <rmap/topologies/concept.hpp>
#include <rmap/verify/survey.hpp>
#include <rmap/verify/text.hpp>
#include <rmap/verify/violation.hpp>

namespace rmap::inline RMAP_ABI::verify::detail {

template <class World>
class graph_check {
    using survey_type = survey<World>;
    using map_type = typename survey_type::map_type;
    using policy = typename survey_type::policy;
    using av_type = typename survey_type::av_type;
    using vma_type = typename survey_type::vma_type;
    using vma_row = typename survey_type::vma_row;
    using topology = typename policy::topology;

public:
    graph_check(const survey_type& seen, std::vector<violation>& found)
        : seen_{seen}, found_{found} {}

    void run() {
        locks();
        if constexpr (topology::has_links) {
            for (const vma_row& row : seen_.vmas)
                chain(row);
            equal_chains();
            for (av_type* av : seen_.linked)
                tree(*av);
            for (av_type* av : seen_.known)
                counts(*av);
            totals();
        }
        files();
    }

private:
    template <class... Piece>
    void add(int invariant, const Piece&... pieces) {
        found_.push_back({invariant, text(pieces...)});
    }

    static av_type* root_of(const av_type& av) { return av.root.load(order::acquire); }

    template <class Lock>
    static bool is_free(Lock& lock) {
        return write_guard<Lock>{lock, try_to_lock}.owns();
    }

    // I12: with nobody inside, each lock is free, those that a discipline adds too.
    void locks() {
        for (av_type* av : seen_.known) {
            if (!is_free(av->lock))
                add(12, seen_.name(av), ": its lock is held though nobody is inside");
            if constexpr (requires { av->locking.shards; }) {
                unsigned number = 0;
                for (auto& shard : av->locking.shards) {
                    if (!is_free(shard)) {
                        add(12, seen_.name(av), ": its shard ", number,
                            " is held though nobody is inside");
                    }
                    ++number;
                }
            }
            if (av->taken)
                add(12, seen_.name(av), " is marked as taken by take_all_locks");
        }
    }

    void chain(const vma_row& row) {
        const std::string who = seen_.name(row);
        // A late vma has links and no own anon_vma yet: its parent's stands for that.
        if (row.nearest != nullptr && row.links.empty()) {
            add(6, who, " has an own anon_vma, ", seen_.name(row.nearest), ", and no links");
        }
        if (row.nearest == nullptr && !row.links.empty()) {
            add(6, who, " has links (", links_of(row), ") and no own anon_vma");
        }
        if (row.links.empty())
            return;
        if (row.nearest != nullptr && !row.links_to(row.nearest)) {
            add(13, who, " is not linked to its own anon_vma, ", seen_.name(row.nearest),
                " (links: ", links_of(row), ")");
        }
        for (auto at = row.links.begin(); at != row.links.end(); ++at) {
            if (std::find(row.links.begin(), at, *at) != at) {
                add(13, who, " is linked to ", seen_.name(*at), " twice");
            }
        }
        one_tree(row, who);
    }

    // I4: what is below the oldest link has its parent further back, so that a page of any ancestor
    // is found in this vma.
    void one_tree(const vma_row& row, const std::string& who) {
        av_type* const root = root_of(*row.links.back());
        for (av_type* av : row.links) {
            if (root_of(*av) != root) {
                add(4, who, " is linked to two trees: ", seen_.name(row.links.back()), " has root ",
                    seen_.name(root), ", ", seen_.name(av), " has root ", seen_.name(root_of(*av)));
                return;
            }
        }
        if (row.links.back() != root) {
            add(4, who, ": the oldest link leads to ", seen_.name(row.links.back()),
                ", not to the root, ", seen_.name(root));
            return;
        }
        for (auto at = row.links.begin(); at != row.links.end(); ++at) {
            av_type* const parent = (*at)->parent;
            if ((parent == *at) != (*at == root)) {
                add(4, who, ": ", seen_.name(*at), " has parent ", seen_.name(parent), " and root ",
                    seen_.name(root));
            } else if (parent != *at && std::find(at, row.links.end(), parent) == row.links.end()) {
                add(4, who, ": ", seen_.name(*at), " has parent ", seen_.name(parent),
                    ", which is not further back in the chain (", links_of(row), ")");
            }
        }
    }

    void equal_chains() {
        std::unordered_map<av_type*, const vma_row*> first;
        for (const vma_row& row : seen_.vmas) {
            if (row.own == nullptr)
                continue;
            const auto [at, fresh] = first.emplace(row.own, &row);
            if (!fresh && at->second->links != row.links) {
                add(5, seen_.name(*at->second), " and ", seen_.name(row), " both own ",
                    seen_.name(row.own), ", with different chains: ", links_of(*at->second),
                    " and ", links_of(row));
            }
        }
    }

    // I9 and I15: the tree under an anon_vma is in order, and holds the vmas that are linked to it.
    void tree(av_type& av) {
        if (!topology::template valid<map_type>(seen_.map, av)) {
            add(9, seen_.name(&av), ": its tree is not in order for the ranges its vmas have now");
        }
        if constexpr (!is_exact<topology>)
            members(av);
    }
    void members(av_type& av) {
        std::unordered_map<vma_type*, std::size_t> in_tree;
        topology::template visit_all<map_type>(seen_.map, av, [&](vma_type& v) {
            ++in_tree[&v];
            return true;
        });
        for (const vma_row& row : seen_.vmas) {
            const auto in_chain =
                static_cast<std::size_t>(std::count(row.links.begin(), row.links.end(), &av));
            const auto at = in_tree.find(row.vma);
            const std::size_t there = at == in_tree.end() ? 0 : at->second;
            if (at != in_tree.end())
                in_tree.erase(at);
            if (in_chain != there) {
                add(15, seen_.name(row), " has ", in_chain, " links to ", seen_.name(&av),
                    ", whose tree has ", there, " to the vma");
            }
        }
        if (!in_tree.empty()) {
            add(15, seen_.name(&av), ": its tree has ", in_tree.size(), " vmas that are in no mm");
        }
    }

    void counts(av_type& av) {
        std::size_t children = 0, active = 0, members = 0;
        for (av_type* other : seen_.linked)
            children += other->parent == &av;
        for (av_type* other : seen_.known)
            members += other != &av && root_of(*other) == &av;
        for (const vma_row& row : seen_.vmas) {
            active += row.own == &av;
            children += row.own == nullptr && row.nearest == &av;
        }
        if (children != av.num_children) {
            add(11, seen_.name(&av), " counts ", std::uint32_t{av.num_children}, " children, has ",
                children);
        }
        if (active != av.num_active_vmas) {
            add(11, seen_.name(&av), " counts ", std::uint32_t{av.num_active_vmas},
                " active vmas, has ", active);
        }
        const auto outside = seen_.references.find(&av);
        const std::size_t due = (seen_.is_linked(&av) ? 1U : 0U) + members +
                                (outside == seen_.references.end() ? 0 : outside->second);
        const std::size_t refs = ops::references(av);
        if (shows_references<World> ? refs != due : refs < due) {
            add(10, seen_.name(&av), " counts ", refs, " references, has ", due);
        }
        if (!seen_.is_linked(root_of(av)) && root_of(av) != &av &&
            seen_.references.find(root_of(av)) == seen_.references.end() &&
            !shows_references<World>) {
            add(10, seen_.name(&av), ": its root has no vmas");
        }
    }

    // I14, where the map counts: nothing is alive that nobody uses.
    void totals() {
        using stats = typename map_type::stats_type;
        if constexpr (stats::counts) {
            std::size_t links = 0;
            for (const vma_row& row : seen_.vmas)
                links += row.links.size() * objects_a_link<topology>;
            if constexpr (is_exact<topology>) {
                for (const auto& row : seen_.pages)
                    links += map_type::hook_of(*row.page).places.chunks();
            }
            // Blocks are none of them: how many there should be nobody can tell.
            if (!keeps_blocks<topology> && seen_.map.stats().links() != links) {
                add(14, seen_.map.stats().links(), " links are alive, ", links, " are in use");
            }
            const std::size_t alive = seen_.map.stats().anon_vmas();
            const std::size_t used = seen_.known.size();
            if (shows_references<World> ? alive != used : alive < used) {
                add(14, alive, " anon_vmas are alive, ", used, " are in use");
            }
        }
    }

    void files() {
        if constexpr (map_type::file_traits_type::template supported<policy>) {
            using tree = ops::file_tree<map_type>;
            for (auto* file : seen_.files) {
                if (!tree::valid(file->vmas)) {
                    add(9, seen_.name(file),
                        ": its tree is not in order for the ranges of its vmas");
                }
                std::unordered_map<vma_type*, std::size_t> in_tree;
                for (auto* n = tree::leftmost(file->vmas); n != nullptr; n = tree::next(*n)) {
                    ++in_tree[&ops::detail::by_file_offset<map_type>::vma_of(*n)];
                }
                for (const vma_row& row : seen_.vmas) {
                    const bool there = in_tree.erase(row.vma) != 0;
                    if ((row.file == file) != there) {
                        add(15, seen_.name(row),
                            there ? " is in the tree of " : " is not in the tree of ",
                            seen_.name(file),
                            there ? ", which it does not map" : ", which it maps");
                    }
                }
                if (!in_tree.empty()) {
                    add(15, seen_.name(file), ": its tree has ", in_tree.size(),
                        " vmas that are in no mm");
                }
            }
        }
    }

    [[nodiscard]] std::string links_of(const vma_row& row) const {
        std::string all;
        for (av_type* av : row.links)
            all += (all.empty() ? "" : " ") + seen_.name(av);
        return all.empty() ? "none" : all;
    }

    const survey_type& seen_;
    std::vector<violation>& found_;
};

}  // namespace rmap::inline RMAP_ABI::verify::detail
