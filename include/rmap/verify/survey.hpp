// SPDX-License-Identifier: BSL-1.0
#pragma once

// survey: everything that a world shows, written down once, with a number for each object in the
// order of first mention; so two equal states have equal surveys, whatever the addresses of their
// objects. The checks and the dumps read it.
//
// It follows no pointer to an anon_vma that no vma is linked to: such memory may be gone.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

#include <rmap/ops/file.hpp>
#include <rmap/ops/reference.hpp>
#include <rmap/verify/text.hpp>
#include <rmap/verify/world.hpp>

namespace rmap::inline RMAP_ABI::verify {

inline constexpr std::size_t no_row = ~std::size_t{0};

template <quiescent_world World>
class survey {
public:
    using map_type = typename World::map_type;
    using mm_type = typename map_type::mm_type;
    using vma_type = typename map_type::vma_type;
    using page_type = typename map_type::page_type;
    using policy = typename map_type::policy;
    using av_type = anon_vma<policy>;
    using file_type = i_mmap<policy>;
    using node_type = ksm_node<policy>;
    using traits = typename map_type::vma_traits_type;

    struct vma_row {
        vma_type* vma;
        std::size_t mm;
        pgno start, pages;
        pgoff_t pgoff;
        av_type* own;
        av_type* nearest;             // the same, but of a late vma its parent's
        std::vector<av_type*> links;  // newest first; empty too where the topology cannot say
        file_type* file;
        std::string attributes;
        [[nodiscard]] bool covers(pgno at) const { return at >= start && at - start < pages; }
        [[nodiscard]] bool links_to(const av_type* av) const {
            return std::find(links.begin(), links.end(), av) != links.end();
        }
    };
    struct place {
        std::size_t mm;
        pgno address;
        std::size_t vma;  // a row of vmas, or no_row
    };
    struct page_row {
        page_type* page;
        page_kind kind;
        pgoff_t index;
        std::uintptr_t tag;
        std::vector<place> places;  // in order of mm and address
        std::string attributes;
    };

    explicit survey(World& world) : map{world.map()} {
        world.for_each_mm([&](mm_type& mm) { see_mm(world, mm); });
        for (const auto& row : vmas) {
            for (av_type* av : row.links)
                linked_.emplace(av, linked_.size());
        }
        linked.resize(linked_.size());
        for (const auto& [av, id] : linked_)
            linked[id] = av;
        if constexpr (shows_references<World>) {
            world.for_each_reference([&](av_type& av) { ++references[&av]; });
        }
        // Those that references alone keep come behind the others: by root, then by count of uses.
        known = linked;
        std::vector<av_type*> kept;
        const auto keep = [&](av_type* av) {
            if (!is_linked(av) && std::find(kept.begin(), kept.end(), av) == kept.end()) {
                kept.push_back(av);
            }
        };
        for (const auto& [av, count] : references) {
            keep(av);
            keep(av->root.load(order::acquire));  // which a member keeps
        }
        std::sort(kept.begin(), kept.end(),
                  [&](av_type* a, av_type* b) { return rank_of(a) < rank_of(b); });
        known.insert(known.end(), kept.begin(), kept.end());
        for (std::size_t i = linked.size(); i < known.size(); ++i)
            kept_.emplace(known[i], i);
    }

    [[nodiscard]] bool is_linked(const av_type* av) const {
        return linked_.count(const_cast<av_type*>(av)) != 0;
    }
    /// "av3", or what else the pointer is. Does not follow it.
    [[nodiscard]] std::string name(const av_type* av) const {
        if (av == nullptr) return "-";
        const auto found = linked_.find(const_cast<av_type*>(av));
        if (found != linked_.end()) return text("av", found->second);
        const auto outside = kept_.find(const_cast<av_type*>(av));
        return outside != kept_.end() ? text("av", outside->second) : std::string{"av?"};
    }
    [[nodiscard]] std::string name(const file_type* file) const {
        return file == nullptr ? "-" : text("file", number(files, file));
    }
    [[nodiscard]] std::string name(const vma_row& row) const {
        return text("vma ", mm_ids[row.mm], ':', hex{row.start}, '+', row.pages);
    }
    [[nodiscard]] std::string name(const place& at) const {
        return text(mm_ids[at.mm], ':', hex{at.address});
    }
    [[nodiscard]] std::string name(const page_row& row) const {
        return text("page ", std::size_t(&row - pages.data()), " (", name(row.places.front()), ')');
    }
    /// What a page's tag leads to.
    [[nodiscard]] std::string tag_name(const page_row& row) const {
        switch (row.kind) {
            case page_kind::untagged: return "untagged";
            case page_kind::anon: return name(page_hook<policy>::anon(row.tag));
            case page_kind::file: return name(page_hook<policy>::file(row.tag));
            case page_kind::ksm: return text("ksm", number(nodes, page_hook<policy>::ksm(row.tag)));
        }
        return "?";
    }
    /// The row of the vma at an address, or no_row.
    [[nodiscard]] std::size_t vma_at(std::size_t mm, pgno address) const {
        const auto first = vmas.begin() + static_cast<std::ptrdiff_t>(first_vma[mm]);
        const auto last = mm + 1 == mms.size()
                              ? vmas.end()
                              : vmas.begin() + static_cast<std::ptrdiff_t>(first_vma[mm + 1]);
        auto behind = std::upper_bound(first, last, address,
                                       [](pgno at, const vma_row& row) { return at < row.start; });
        if (behind == first || !(--behind)->covers(address)) return no_row;
        return static_cast<std::size_t>(behind - vmas.begin());
    }
    [[nodiscard]] std::size_t mm_row(const mm_type* mm) const {
        const auto at = std::find(mms.begin(), mms.end(), mm);
        return at == mms.end() ? no_row : static_cast<std::size_t>(at - mms.begin());
    }

    map_type& map;
    std::vector<mm_type*> mms;
    std::vector<std::uint64_t> mm_ids;
    std::vector<std::size_t> first_vma;  // of each mm
    std::vector<vma_row> vmas;
    std::vector<page_row> pages;
    std::vector<av_type*> linked;  // every anon_vma that a vma is linked to
    std::vector<av_type*> known;   // and those that references keep
    std::vector<file_type*> files;
    std::vector<node_type*> nodes;
    std::unordered_map<av_type*, std::size_t> references;

private:
    void see_mm(World& world, mm_type& mm) {
        const std::size_t row = mms.size();
        mms.push_back(&mm);
        if constexpr (numbers_mms<World>) {
            mm_ids.push_back(world.id_of(mm));
        } else {
            mm_ids.push_back(row);
        }
        first_vma.push_back(vmas.size());
        world.for_each_vma(mm, [&](vma_type& v) { see_vma(world, row, v); });
        world.for_each_mapping(mm,
                               [&](pgno at, page_type& page) { see_page(world, row, at, page); });
    }

    void see_vma(World& world, std::size_t mm, vma_type& v) {
        vma_row row{&v,
                    mm,
                    traits::start(v),
                    traits::pages(v),
                    traits::pgoff(v),
                    map_type::own(v),
                    map_type::nearest(v),
                    {},
                    ops::mapping_of<map_type>(v),
                    {}};
        if constexpr (policy::topology::has_links) {
            map_type::for_each_link(v, [&](av_type& av) { row.links.push_back(&av); });
        }
        if constexpr (describes_vmas<World>) row.attributes = world.attributes(v);
        note(files, row.file);
        vmas.push_back(std::move(row));
        (void)world;
    }

    void see_page(World& world, std::size_t mm, pgno at, page_type& page) {
        const auto [found, fresh] = pages_.emplace(&page, pages.size());
        if (fresh) {
            auto& hook = map_type::hook_of(page);
            page_row row{&page, hook.kind(), hook.index(), hook.read(), {}, {}};
            if constexpr (describes_pages<World>) row.attributes = world.attributes(page);
            if (row.kind == page_kind::file) note(files, page_hook<policy>::file(row.tag));
            if (row.kind == page_kind::ksm) note(nodes, page_hook<policy>::ksm(row.tag));
            pages.push_back(std::move(row));
        }
        pages[found->second].places.push_back({mm, at, vma_at(mm, at)});
        (void)world;
    }

    template <class T>
    static void note(std::vector<T*>& seen, T* object) {
        if (object != nullptr && number(seen, object) == no_row) seen.push_back(object);
    }
    template <class T>
    static std::size_t number(const std::vector<T*>& seen, const T* object) {
        const auto at = std::find(seen.begin(), seen.end(), object);
        return at == seen.end() ? no_row : static_cast<std::size_t>(at - seen.begin());
    }
    // A total order of the referenced, as far as their state tells them apart.
    [[nodiscard]] auto rank_of(av_type* av) const {
        av_type* const root = av->root.load(order::acquire);
        const auto at = linked_.find(root);
        return std::pair{at == linked_.end() ? linked_.size() : at->second,
                         std::size_t{ops::references(*av)}};
    }

    std::unordered_map<page_type*, std::size_t> pages_;
    std::unordered_map<av_type*, std::size_t> linked_;
    std::unordered_map<av_type*, std::size_t> kept_;
};

}  // namespace rmap::inline RMAP_ABI::verify
