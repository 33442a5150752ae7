// SPDX-License-Identifier: BSL-1.0
#pragma once

// The checks of what ties pages to vmas: I1, I2, I3, I7, I8. Called by verify/invariants.hpp. A
// mapping that a walk misses is reported once, by its cause where that can be told: a tag that
// leads nowhere (I3), one that the vma is not linked to (I7), a wrong index (I8); else as what it
// is (I1).

#include <algorithm>
#include <cstddef>
#include <string>
#include <vector>

#include <rmap/compat.hpp>
#include <rmap/locking/concept.hpp>
#include <rmap/verify/survey.hpp>
#include <rmap/verify/text.hpp>
#include <rmap/verify/violation.hpp>

namespace rmap::inline RMAP_ABI::verify::detail {

template <class World>
class page_check {
    using survey_type = survey<World>;
    using map_type = typename survey_type::map_type;
    using policy = typename survey_type::policy;
    using hook = page_hook<policy>;
    using place = typename survey_type::place;
    using page_row = typename survey_type::page_row;
    using vma_row = typename survey_type::vma_row;
    using vma_type = typename survey_type::vma_type;

public:
    page_check(const survey_type& seen, std::vector<violation>& found)
        : seen_{seen}, found_{found} {}

    void run() {
        for (const page_row& row : seen_.pages)
            page(row);
    }

private:
    // A place that the walk met.
    struct met {
        std::size_t mm;
        pgno address;
        const vma_type* vma;
    };

    template <class... Piece>
    void add(int invariant, const Piece&... pieces) {
        found_.push_back({invariant, text(pieces...)});
    }

    void page(const page_row& row) {
        bool outside = false;
        for (const place& at : row.places) {
            if (at.vma != no_row)
                continue;
            add(3, seen_.name(row), " is mapped at ", seen_.name(at), ", where no vma is");
            outside = true;
        }
        if constexpr (requires { row.page->mapcount(); }) {
            if (row.page->mapcount() != row.places.size()) {
                add(3, seen_.name(row), " counts ", row.page->mapcount(), " mappings, has ",
                    row.places.size());
            }
        }
        if (outside || !tag_leads_somewhere(row))
            return;
        std::vector<bool> explained(row.places.size());
        for (std::size_t i = 0; i < row.places.size(); ++i)
            explained[i] = cause(row, row.places[i]);
        walk(row, explained);
    }

    bool tag_leads_somewhere(const page_row& row) {
        switch (row.kind) {
            case page_kind::untagged:
                add(3, seen_.name(row), " is mapped and not tagged");
                return false;
            case page_kind::anon:
                if constexpr (policy::topology::has_links) {
                    if (!seen_.is_linked(hook::anon(row.tag))) {
                        add(3, seen_.name(row), " leads to an anon_vma (", seen_.tag_name(row),
                            ") that no vma is linked to");
                        return false;
                    }
                }
                return true;
            case page_kind::file:
            case page_kind::ksm: return true;
        }
        return false;
    }

    // Whether the way from the page to this place is broken where it can be told.
    bool cause(const page_row& row, const place& at) {
        if (row.kind == page_kind::ksm)
            return false;
        const vma_row& v = seen_.vmas[at.vma];
        bool wrong = false;
        if (row.kind == page_kind::anon && policy::topology::has_links &&
            !v.links_to(hook::anon(row.tag))) {
            add(7, seen_.name(row), " leads to ", seen_.tag_name(row),
                ", which is not in the chain of ", seen_.name(v), ": a walk misses ",
                seen_.name(at));
            wrong = true;
        }
        if (row.kind == page_kind::file && v.file != hook::file(row.tag)) {
            add(7, seen_.name(row), " is of ", seen_.tag_name(row), ", but ", seen_.name(v),
                " maps ", seen_.name(v.file), ": a walk misses ", seen_.name(at));
            wrong = true;
        }
        if (row.index != v.pgoff + (at.address - v.start)) {
            add(8, seen_.name(row), " has index ", hex{row.index}, ", but ", seen_.name(at),
                " is offset ", hex{v.pgoff + (at.address - v.start)}, " of ", seen_.name(v));
            wrong = true;
        }
        return wrong;
    }

    void walk(const page_row& row, const std::vector<bool>& explained) {
        std::vector<met> places;
        // In try mode: a lock that is held although nobody is inside was reported as I12.
        const auto result = seen_.map.template walk<need::unsound>(
            *row.page,
            [&](const auto& at) {
                places.push_back({seen_.mm_row(&at.mm()), at.address(), vma_of(at)});
            },
            walk_mode::try_lock);
        if (result.state == status::contended)
            return;
        if (result.state != status::ok) {
            add(1, seen_.name(row), ": the walk says ", name_of(result.state),
                ", though the page is mapped");
            return;
        }
        for (std::size_t i = 0; i < places.size(); ++i)
            real(row, places, i);
        for (std::size_t i = 0; i < row.places.size(); ++i) {
            const place& at = row.places[i];
            const bool was_met = std::any_of(places.begin(), places.end(), [&](const met& m) {
                return m.mm == at.mm && m.address == at.address;
            });
            if (!was_met && !explained[i]) {
                add(1, seen_.name(row), ": the walk from ", seen_.tag_name(row), " at index ",
                    hex{row.index}, " misses ", seen_.name(at), " in ",
                    seen_.name(seen_.vmas[at.vma]));
            }
        }
    }

    // Null: where an exact topology is wrong, no vma may be there.
    template <class Place>
    static const vma_type* vma_of(const Place& at) {
        if constexpr (is_exact<typename policy::topology>) {
            return mm_traits<typename map_type::mm_type>::find_vma(at.mm(), at.address());
        } else {
            return &at.vma();
        }
    }

    // I2: a place that was met is one of a vma, and was not met before.
    void real(const page_row& row, const std::vector<met>& places, std::size_t i) {
        const met& m = places[i];
        const std::string from = text(seen_.name(row), ": the walk from ", seen_.tag_name(row));
        if (m.mm == no_row) {
            add(2, from, " meets an mm that the world does not have, at ", hex{m.address});
            return;
        }
        const place at{m.mm, m.address, seen_.vma_at(m.mm, m.address)};
        if (at.vma == no_row || seen_.vmas[at.vma].vma != m.vma) {
            add(2, from, " meets ", seen_.name(at), ", which its vma does not map");
            return;
        }
        if constexpr (is_exact<typename policy::topology>) {
            const bool mapped =
                std::any_of(row.places.begin(), row.places.end(), [&](const place& p) {
                    return p.mm == m.mm && p.address == m.address;
                });
            if (!mapped) {
                add(2, from, " meets ", seen_.name(at), ", which does not map it");
                return;
            }
        }
        if (row.kind == page_kind::ksm && !is_exact<typename policy::topology>)
            return;
        for (std::size_t before = 0; before < i; ++before) {
            if (places[before].mm == m.mm && places[before].address == m.address) {
                add(2, from, " meets ", seen_.name(at), " twice");
                return;
            }
        }
    }

    const survey_type& seen_;
    std::vector<violation>& found_;
};

}  // namespace rmap::inline RMAP_ABI::verify::detail
