// SPDX-License-Identifier: BSL-1.0
#include <rmap/verify/conformance.hpp>

namespace my {

/// One anon_vma for a family, and its vmas in a list: a fork needs no memory, a walk is O(family).
struct family_list : rmap::topologies::own_anon_vma {
    static constexpr rmap::walk_order order = rmap::walk_order::insertion;
    static constexpr bool end_is_key = false;        // the list does not know ranges
    static constexpr bool has_links = true;          // one for each linked vma
    static constexpr bool one_a_family = true;       // a fork child has its parent's anon_vma
    static constexpr bool has_link_objects = false;  // the vma itself is in the list
    template <class P>
    using link = rmap::topologies::no_link<P>;
    template <class P>
    using link_list = rmap::list<typename P::atomics>;
    template <class P>
    struct vma_hook : rmap::topologies::own_hook<P>, rmap::list_node<typename P::atomics> {};
    template <class P>
    struct anchor {
        [[nodiscard]] bool empty() const noexcept { return vmas.empty(); }
        rmap::list<typename P::atomics> vmas{};
    };
    template <class Map>
    using av = rmap::anon_vma<typename Map::policy>;
    template <class P>
    [[nodiscard]] static bool inherited(const vma_hook<P>&) noexcept {
        return false;
    }
    template <class P>
    [[nodiscard]] static std::size_t links_of(const vma_hook<P>&) noexcept {
        return 0;
    }
    template <class P, class F>
    static void for_each_link(const vma_hook<P>& v, F f) {
        if (auto* const to = own(v)) f(*to);
    }
    template <class Map, class F>
    static bool visit(Map& map, av<Map>& from, rmap::pgoff_t index, F f) {
        return visit_all(map, from, [&](auto& v) {
            const bool covers = index >= v.pgoff() && index - v.pgoff() < v.pages();
            return !covers || f(rmap::vma_place<Map>{v, index});
        });
    }
    template <class Map, class F>
    static bool visit_all(Map&, av<Map>& from, F f) {
        const auto& vmas = from.links.vmas;
        for (auto* n = vmas.front(); n != nullptr; n = vmas.next(*n)) {
            if (!f(Map::vma_of(*static_cast<vma_hook<typename Map::policy>*>(n)))) return false;
        }
        return true;
    }
    template <class Map>
    [[nodiscard]] static bool valid(Map&, av<Map>&) noexcept {
        return true;
    }
    template <class Map>
    static void attach(Map&, typename Map::vma_type& v, av<Map>& to, auto&) noexcept {
        to.links.vmas.push_back(Map::hook_of(v));
    }
    template <class Map, class F>
    static void copy_chain(Map& map, auto& to, auto& from, auto& links, F seen) noexcept {
        attach(map, to, *Map::own(from), links);
        seen(*Map::own(from));
    }
    template <class Map, class F>
    static void detach(Map&, typename Map::vma_type& v, auto&, F emptied) noexcept {
        auto& from = *Map::own(v);
        from.links.vmas.erase(Map::hook_of(v));
        if (from.links.empty()) emptied(from);
    }
    static void unkey(auto&, auto&) noexcept {}
    static void rekey(auto&, auto&) noexcept {}
};

}  // namespace my

int main() {
    return rmap::verify::conforms<my::family_list>(rmap::verify::to_stdout()) ? 0 : 1;
}
