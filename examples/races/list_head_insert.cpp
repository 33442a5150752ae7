// SPDX-License-Identifier: BSL-1.0

// New vmas go behind those that were there. If they go in front, a walk meets the vma of the
// youngest child before the parent's: it looks at the child's page table before the entry is copied
// there, and at the parent's afterwards. On the reference mm.

#include <vector>

#include <rmap/topologies/chain_tree.hpp>

#include "gallery.hpp"
#include "policies.hpp"
#include "reference_mm.hpp"

namespace races {

namespace {

/// chain_tree, but walks meet the newest vma first, as in a list that grows at its head.
struct newest_first : rmap::topologies::chain_tree {
    template <class Map, class F>
    static bool visit(Map& map, rmap::anon_vma<typename Map::policy>& av, rmap::pgoff_t index,
                      F f) {
        std::vector<typename Map::vma_type*> met;
        chain_tree::visit(map, av, index, [&](const auto& place) {
            met.push_back(&place.vma());
            return true;
        });
        for (auto v = met.rbegin(); v != met.rend(); ++v) {
            if (!f(rmap::vma_place<Map>{**v, index})) return false;
        }
        return true;
    }
};

/// Names what threads allocate, which is what the fork makes.
template <class Policy>
struct names_what_is_new : rmap::verify::model_memory {
    [[nodiscard]] void* allocate(std::size_t size, std::size_t align) noexcept {
        void* const block = model_memory::allocate(size, align);
        auto* const e = rmap::verify::engine::active();
        if (e == nullptr || !e->on_thread()) return block;
        if (size == sizeof(rmap::mm::address_space<Policy>)) {
            e->objects().call(block, size, "new child");
        } else if (size == sizeof(rmap::mm::leaf<Policy>)) {
            e->objects().call(block, size, "new child's page table");
        }
        return block;
    }
};

template <class Topology>
struct over : explored {
    using topology = Topology;
    using allocator = names_what_is_new<over>;
};

template <class Topology>
explore_result run(const std::string& name, const explore_options& with) {
    return rmap::verify::explore(name, with, [&](rmap::verify::test& t) {
        family<over<Topology>> f{false};
        f.call(t);
        t.thread("migration in an older child",
                 [&] { f.must(f.mm.migrate(*f.child, f.where, 1)); });
        t.thread("fork", [&] {
            typename family<over<Topology>>::space* late = nullptr;
            f.must(f.mm.fork(*f.parent, late));
        });
        t.run();
        f.settled();
    });
}

}  // namespace

const race list_head_insert{
    .name = "list-head-insert",
    .source = "Linux 26ba0cb63cb8",
    .story = "a walk meets a fork child's vma before the parent's, and misses the child's entry",
    .rule = "walks meet older vmas first",
    .kind = failure_kind::check,
    .with = {},
    .broken = {"a topology in which new vmas come first, which claims that they come last",
               run<newest_first>},
    .fixed = {"topologies::chain_tree: of one offset, the older vma comes first",
              run<rmap::topologies::chain_tree>},
};

}  // namespace races
