// SPDX-License-Identifier: BSL-1.0
#pragma once

// walk_many: the walks of many pages, one after the other in their order, for reclaim and ageing
// that have a batch of them. What the next pages' walks will touch is fetched meanwhile (the page,
// its anon_vma, the tree lock), and the tree lock is kept from one page to the next where both have
// the same root. Each walk is one of ops/walk.hpp, of one moment, and complete if it has the lock;
// the batch is not of one moment. For visitors that need no lock it is tried without one first,
// page by page.

#include <cstddef>
#include <type_traits>

#include <rmap/core/status.hpp>
#include <rmap/core/trace.hpp>
#include <rmap/locking/concept.hpp>
#include <rmap/model/page.hpp>
#include <rmap/ops/ahead.hpp>
#include <rmap/ops/glance.hpp>
#include <rmap/ops/reference.hpp>
#include <rmap/ops/visit.hpp>
#include <rmap/ops/walk.hpp>

namespace rmap::inline RMAP_ABI {

/// What became of a batch.
struct [[nodiscard]] many_result {
    std::size_t pages = 0;    // whose walks are over, from the first one on
    std::size_t visited = 0;  // sums of what their walk_results say
    std::size_t places = 0;
    bool stopped = false;  // done() returned false: the rest was not looked at
};

namespace ops {

/// How many pages a batch keeps one tree lock for at most, and how many places it may meet until
/// then: an update waits no longer for a batch than for the walk of a page of some dozen places. A
/// page with more is the last of its turn.
inline constexpr std::size_t most_pages_at_once = 32;
inline constexpr std::size_t most_places_at_once = 64;

namespace detail {

/// Where the visitor has no begin(page): the visitor of one page.
template <class Page, class Visitor>
class of_page {
public:
    static constexpr bool needs_lock = !needs_no_lock<Visitor>;

    of_page(Visitor& all, Page& page) noexcept : all_{&all}, page_{&page} {}
    template <class Place>
    decltype(auto) operator()(const Place& place) {
        return (*all_)(*page_, place);
    }
    template <class Vma>
    bool skip(const Vma& v) requires requires(Visitor& all) {
        all.skip(v);
    }
    { return all_->skip(v); }

private:
    Visitor* all_;
    Page* page_;
};

template <class Visitor, class Page>
auto begin_page(Visitor& visitor, Page& page) {
    if constexpr (requires { visitor.begin(page); }) {
        return visitor.begin(page);
    } else {
        return of_page<Page, Visitor>{visitor, page};
    }
}

/// Whether the batch goes on.
template <class Visitor, class Page, class Each>
bool end_page(Visitor& visitor, Page& page, Each& each, const walk_result& walked,
              many_result& all) {
    ++all.pages;
    all.visited += walked.visited;
    all.places += walked.places;
    const auto go_on = [&](auto tell) {
        if constexpr (std::is_void_v<decltype(tell())>) {
            tell();
        } else {
            all.stopped = !tell();
        }
    };
    if constexpr (requires { visitor.done(page, each, walked); }) {
        go_on([&] { return visitor.done(page, each, walked); });
    } else if constexpr (requires { visitor.done(page, walked); }) {
        go_on([&] { return visitor.done(page, walked); });
    }
    return !all.stopped;
}

/// Fetches what the walks of the pages behind `at` will touch. Nothing but atomic fields is read.
/// `Writes`: they take locks.
template <class Map, bool Writes>
class pages_ahead {
    using policy = typename Map::policy;
    using page_type = typename Map::page_type;

public:
    pages_ahead(page_type* const* pages, std::size_t count) noexcept
        : pages_{pages}, count_{count} {}

    /// The walks before `at` are over. Looks again before it comes here.
    [[gnu::noinline]] std::size_t look(std::size_t at) noexcept {
        for (; tagged_ != count_ && tagged_ != at + 4 * step; ++tagged_)
            fetch_to_read(&Map::hook_of(*pages_[tagged_]));
        for (; owned_ != tagged_ && owned_ != at + 3 * step; ++owned_) {
            const auto* const av = anon_vma_of(*pages_[owned_]);
            owns_[owned_ % (2 * step)] = av;
            if (av == nullptr) continue;
            if constexpr (Writes) {
                fetch_anon_vma(*av);
            } else {
                fetch_to_read(av);
                fetch_to_read(reinterpret_cast<const char*>(av + 1) - 8);
            }
        }
        for (; known_ != owned_ && known_ != at + 2 * step; ++known_) {
            const auto* const av = owns_[known_ % (2 * step)];
            if (av == nullptr) continue;
            // Relaxed: what it leads to is fetched, not looked at.
            const auto* const lock = &av->root.load(order::relaxed)->lock;
            if constexpr (Writes) {
                fetch(lock);
            } else {
                fetch_to_read(lock);
            }
        }
        return known_ == count_ ? count_ : at + step;
    }

private:
    static constexpr std::size_t step = 4;

    static void fetch_to_read(const void* at) noexcept { __builtin_prefetch(at); }

    /// Null if it must not be looked at: nothing keeps it.
    static const anon_vma<policy>* anon_vma_of(page_type& page) noexcept {
        if (!Map::page_traits_type::mapped(page)) return nullptr;
        return page_hook<policy>::anon(Map::hook_of(page).read());
    }

    page_type* const* pages_;
    std::size_t count_;
    // Counts of pages: that are being fetched, whose anon_vma is, and what that leads to.
    std::size_t tagged_ = 0;
    std::size_t owned_ = 0;
    std::size_t known_ = 0;
    const anon_vma<policy>* owns_[2 * step]{};
};

/// Whether the guard of one page's walk may serve the next one's.
template <class Map>
inline constexpr bool keeps_guard =
    locks_one_a_tree<typename Map::policy::locking> && !walks_begin_again<Map> &&
    !is_exact<typename Map::policy::topology>;

/// The page's anon_vma if the guard guards it and the page is mapped: then it stays. As
/// with_walk_guard() asks under the lock; null: it may be so and is not, or it is another's.
template <class Map, class Guard>
anon_vma<typename Map::policy>* guarded_by(const Guard& guard,
                                           typename Map::page_type& page) noexcept {
    using hook_type = page_hook<typename Map::policy>;
    if (!Map::page_traits_type::mapped(page)) return nullptr;
    auto* const av = hook_type::anon(Map::hook_of(page).read());
    return av != nullptr && guard.covers(*av) ? av : nullptr;
}

/// Walks an anonymous page whose places are found without the lock. False: nothing was done.
template <class Map, class Visitor>
[[gnu::always_inline]] inline bool walk_one_without_lock(Map& map, typename Map::page_type& page,
                                                         Visitor& visitor, many_result& all) {
    if (Map::hook_of(page).kind() != page_kind::anon) return false;
    cow_glanced_place one;
    cow_places found;
    const glanced what = glance(map, page, one, found);
    if (what == glanced::needs_lock) return false;
    auto each = begin_page(visitor, page);
    walk_result walked;
    show_glanced<Map>(page, what, one, found, each, walked);
    end_page(visitor, page, each, walked, all);
    return true;
}

}  // namespace detail

/// Walks `count` pages, each as walk() does, and of each the same is asked: that its tag is not
/// taken away meanwhile (the page lock), or for an anonymous page only its memory. Under
/// lifetimes::caller_held they are kept mapped from before the call until its end.
///
/// The visitor is EITHER a callable that takes (page, place) and returns nothing, or false to stop
/// the walk of that page; it may have skip(vma), as a walk's. OR it has begin(page), which returns
/// the visitor of that page, as walk() takes it: what that one counts stays in registers. Either
/// may have done(page, walk_result), or done(page, visitor of the page, walk_result), called at the
/// end of each page's walk; it returns nothing, or false to stop the batch. All are called with the
/// tree lock held, or not: they MUST NOT call back into the map, and sleep only if the lock allows.
/// In try mode pages are passed over whose lock would have to be waited for: their result says
/// contended.
template <class Map, class Visitor>
many_result walk_many(Map& map, typename Map::page_type* const* pages, std::size_t count,
                      Visitor&& visitor, walk_mode mode) {
    using policy = typename Map::policy;
    many_result all;
    constexpr bool glances =
        can_glance<Map> && needs_no_lock<decltype(detail::begin_page(visitor, **pages))>;
    detail::pages_ahead<Map, !glances> next{pages, count};
    std::size_t look_at = 0;
    for (std::size_t at = 0; at != count && !all.stopped;) {
        if (at >= look_at) look_at = next.look(at);
        auto& first = *pages[at];
        if constexpr (glances) {
            if (detail::walk_one_without_lock(map, first, visitor, all)) {
                ++at;
                continue;
            }
        }
        if constexpr (detail::keeps_guard<Map>) {
            const std::size_t began = at;
            // Not before, as in with_walk_guard().
            anon_vma<policy>* const av =
                Map::page_traits_type::mapped(first)
                    ? page_hook<policy>::anon(Map::hook_of(first).read())
                    : nullptr;
            if (av != nullptr) {
                const auto guard = walk_guard(*av, mode, 0);
                // One that waits for the lock has it at the latest when this one is at `end`.
                const std::size_t end =
                    count - at > most_pages_at_once ? at + most_pages_at_once : count;
                for (std::size_t met = 0; guard.owns() && at != end; ++at) {
                    if (at >= look_at) look_at = next.look(at);
                    auto& page = *pages[at];
                    auto* const own = detail::guarded_by<Map>(guard, page);
                    if (own == nullptr) break;
                    auto each = detail::begin_page(visitor, page);
                    walk_result walked;
                    static_cast<void>(
                        visit_places(map, *own, Map::hook_of(page).index(), guard, each, walked));
                    met += walked.visited;
                    if (!detail::end_page(visitor, page, each, walked, all) ||
                        met >= most_places_at_once) {
                        ++at;
                        break;
                    }
                }
            }
            if (at != began) continue;
        }
        // A page of another kind, one that is not mapped, whose lock is not free, or that has
        // changed meanwhile.
        auto each = detail::begin_page(visitor, first);
        const walk_result walked = walk(map, first, each, mode);
        detail::end_page(visitor, first, each, walked, all);
        ++at;
    }
    return all;
}

}  // namespace ops

}  // namespace rmap::inline RMAP_ABI
