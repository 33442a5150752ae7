// SPDX-License-Identifier: BSL-1.0
#pragma once

// A small family of vmas for stories about disciplines: a parent and two forked children that map
// one page, and room for what the stories add. Two threads work on it; afterwards all is as it
// should be.

#include <rmap/rmap.hpp>
#include <rmap/verify/explore.hpp>

namespace kill {

namespace verify = rmap::verify;

/// linux_6_18 without the reuse at fork, which disciplines of one lock for each anon_vma exclude.
struct no_reuse {
    using base = rmap::merges::linux_6_18;
    using side = rmap::merge_side;
    static constexpr bool is_reference = base::is_reference;
    static constexpr bool may_share(side neighbour) noexcept { return base::may_share(neighbour); }
    static constexpr bool may_merge(side a, side b) noexcept { return base::may_merge(a, b); }
    static constexpr bool may_bridge(side left, side right) noexcept {
        return base::may_bridge(left, right);
    }
    static constexpr bool may_reuse(std::uint32_t, std::uint32_t) noexcept { return false; }
};

template <class Policy>
struct kin_space {
    rmap::lock_of_rank<Policy, rmap::lock_rank::page_table> page_table_lock{};
    rmap::lock_of_rank<Policy, rmap::lock_rank::chain> anon_vma_chain_lock{};
    rmap::lock_of_rank<Policy, rmap::lock_rank::pte> pte_lock{};
    // Whether an address maps the page. Read and written holding pte_lock.
    typename Policy::atomics::template plain<bool> maps[64]{};
};

template <class Policy>
struct kin_vma : rmap::basic_vma<kin_space<Policy>, Policy>, rmap::i_mmap_hook<Policy> {
    using base = rmap::basic_vma<kin_space<Policy>, Policy>;
    using base::base;
    [[nodiscard]] rmap::i_mmap<Policy>* mapping() const noexcept { return file; }
    rmap::i_mmap<Policy>* file = nullptr;
};

template <class Policy>
struct kin {
    using space = kin_space<Policy>;
    using vma = kin_vma<Policy>;
    using page_type = rmap::basic_page<Policy>;
    using map_type = rmap::reverse_map<page_type, vma, Policy>;
    using request = typename map_type::request;
    // Where the page is mapped in three spaces, and the first child's own.
    static constexpr rmap::pgno where = 17;
    static constexpr rmap::pgno childs_where = 18;
    static constexpr bool complete = Policy::locking::walk_is_complete;

    kin() {
        ok(map.prepare(parent));
        map.tag_new(page, parent, where);
        page.add_mapping();
        for (vma* child : {&first, &second}) {
            ok(map.fork(*child, parent));
            page.add_mapping();
        }
        map.tag_own(childs, first, childs_where);
        childs.add_mapping();
    }
    /// Everybody leaves.
    ~kin() {
        while (page.mapped())
            page.remove_mapping();
        childs.remove_mapping();
        for (auto& item : items)
            if (item.from.get() != nullptr) map.ksm_remove(node, item);
        for (vma* v : {&upper, &aside, &more, &most, &last, &first, &second, &beside, &below,
                       &parent}) {
            if (v->file != nullptr) map.unlink_file(*v);
            map.unlink(*v);
        }
    }

    static void ok(rmap::status s) {
        verify::require(s == rmap::status::ok, "an operation failed");
    }

    /// In how many spaces of the family a walk meets the page.
    unsigned met(rmap::walk_mode mode = rmap::walk_mode::wait) {
        bool seen[4] = {};
        const auto result = map.template walk<rmap::need::unsound>(
            page,
            [&](const auto& place) {
                for (unsigned i = 0; i != 4; ++i)
                    seen[i] |= &place.mm() == &mm[i];
                // In the last space the page is mapped nowhere, wherever its vmas are.
                verify::require(place.address() == where || &place.mm() == &mm[3],
                                "the walk computes a wrong address");
            },
            mode);
        if (result.state == rmap::status::contended) return 3;
        verify::require(result.state == rmap::status::ok, "the walk gave up");
        return unsigned{seen[0]} + unsigned{seen[1]} + unsigned{seen[2]};
    }
    /// The page is mapped by three all the time.
    void walk(rmap::walk_mode mode = rmap::walk_mode::wait) {
        const unsigned n = met(mode);
        verify::require(!complete || n == 3, "a mapping that exists all the time was not met");
    }

    map_type map;
    space mm[4];
    page_type page;
    rmap::i_mmap<Policy> file;
    page_type childs;  // of the first child alone
    page_type same;    // a merged one
    rmap::ksm_node<Policy> node;
    rmap::ksm_item<Policy> items[3];
    typename Policy::atomics::template plain<int> noted{0};

    vma parent{mm[0], 16, 8, 16};
    vma first{mm[1], 16, 8, 16};
    vma second{mm[2], 16, 8, 16};
    // Linked nowhere at first.
    vma below{mm[0], 8, 8, 8};
    vma beside{mm[0], 12, 4, 12};  // on the other of two shards than the pages
    vma upper{mm[1], 17, 7, 17};
    vma aside{mm[1], 8, 7, 17};
    vma more{mm[3], 16, 8, 16};
    vma most{mm[3], 16, 8, 16};
    vma last{mm[3], 16, 8, 16};
};

}  // namespace kill
