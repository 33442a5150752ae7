// SPDX-License-Identifier: BSL-1.0

// An exact topology of one's own, with places in an array in the page, conforms; with one fault
// each it is refused by the law that names it.

#include <rmap/topologies/pte_chain.hpp>

#include "support/refused.hpp"

using namespace rmap_test;

namespace {

using rmap::order;
using rmap::pgno;
using sound = rmap::topologies::pte_chain;

verdicts count;

/// Chosen when the program runs, as each topology of its own costs compiling.
enum class fault {
    none,
    forgets_the_third,
    keeps_what_goes,
    renames_nothing,
    visits_twice,
    goes_on_when_stopped,
    takes_over_but_one,
    locks_nothing,
    unlocks_relaxed,
    loses_a_chunk,
    stays_faulted,
    empties_none,
    allocates,
};
fault planted = fault::none;

bool is(fault f) {
    return planted == f;
}

/// What a page carries.
template <class Policy>
class array_of_places {
    template <class T>
    using plain = typename Policy::atomics::template plain<T>;
    static constexpr unsigned room = 24;
    struct entry {
        void* mm;
        pgno at;
    };

public:
    [[nodiscard]] bool empty() const noexcept { return any_.load(order::relaxed) == 0; }
    [[nodiscard]] std::size_t chunks() const noexcept { return 0; }

    class guard {
        using list = typename sound::template link_list<Policy>;

    public:
        explicit guard(array_of_places& of, bool may_wait = true) noexcept : of_{&of} {
            if (is(fault::locks_nothing)) return;
            while (of.lock_.exchange(1, order::acquire) != 0) {
                if (!may_wait) {
                    of_ = nullptr;
                    return;
                }
                while (of.lock_.load(order::relaxed) != 0)
                    Policy::atomics::pause();
            }
        }
        guard(const guard&) = delete;
        ~guard() {
            if (of_ == nullptr || is(fault::locks_nothing)) return;
            of_->lock_.store(0, is(fault::unlocks_relaxed) ? order::relaxed : order::release);
        }
        [[nodiscard]] bool owns() const noexcept { return of_ != nullptr; }

        /// Needs none, but may be made to ask for one.
        [[nodiscard]] bool lacks_chunk() const noexcept {
            return is(fault::loses_a_chunk) && of_->used_ == 1;
        }
        void add(void* mm, pgno at, list& spare) noexcept {
            const unsigned n = of_->used_;
            if (is(fault::loses_a_chunk) && spare.front() != nullptr) spare.erase(*spare.front());
            of_->any_.store(1, order::relaxed);
            if (is(fault::forgets_the_third) && n == 2) return;
            of_->all_[n] = entry{mm, at};
            of_->used_ = n + 1;
        }
        bool remove(const void* mm, pgno at, list&) noexcept {
            const unsigned i = find(mm, at);
            if (i == of_->used_) return false;
            if (!is(fault::keeps_what_goes)) take(i);
            return true;
        }
        bool rename(void* mm, pgno from, pgno to) noexcept {
            const unsigned i = find(mm, from);
            if (i == of_->used_) return false;
            if (!is(fault::renames_nothing)) of_->all_[i] = entry{mm, to};
            return true;
        }
        template <class F>
        void for_each(list&, F f) {
            for (unsigned i = of_->used_; i-- != 0;) {
                const entry e = of_->all_[i];
                bool goes = false;
                bool on = f(e.mm, e.at, goes);
                if (on && is(fault::visits_twice)) on = f(e.mm, e.at, goes);
                if (goes) take(i);
                if (!on && !is(fault::goes_on_when_stopped)) return;
            }
        }
        void take_over(guard& from) noexcept {
            const unsigned n = from.of_->used_;
            for (unsigned i = is(fault::takes_over_but_one) && n != 0 ? 1 : 0; i != n; ++i)
                push(from.of_->all_[i]);
            from.of_->used_ = 0;
            from.of_->any_.store(0, order::relaxed);
        }

    private:
        void push(const entry& e) noexcept {
            of_->all_[of_->used_] = e;
            of_->used_ = of_->used_ + 1;
            of_->any_.store(1, order::relaxed);
        }
        [[nodiscard]] unsigned find(const void* mm, pgno at) const noexcept {
            unsigned i = 0;
            for (; i != of_->used_; ++i) {
                const entry e = of_->all_[i];
                if (e.mm == mm && e.at == at) break;
            }
            return i;
        }
        void take(unsigned i) noexcept {
            of_->used_ = of_->used_ - 1;
            of_->all_[i] = of_->all_[of_->used_].get();
            if (of_->used_ == 0) of_->any_.store(0, order::relaxed);
        }
        array_of_places* of_;
    };

private:
    typename Policy::atomics::template atomic<unsigned> lock_{0}, any_{0};
    // Read and written holding lock_.
    plain<unsigned> used_{0};
    plain<entry> all_[room]{};
};

/// pte_chain with another page_slot, and faults.
struct in_array : sound {
    template <class Policy>
    using page_slot = array_of_places<Policy>;

    template <class Policy>
    static void set_own(vma_hook<Policy>& v, rmap::anon_vma<Policy>* av) noexcept {
        if (is(fault::stays_faulted) && av == nullptr) return;
        sound::set_own<Policy>(v, av);
    }
    template <class Map>
    static void attach(Map& map, typename Map::vma_type& v,
                       rmap::anon_vma<typename Map::policy>& av,
                       link_list<typename Map::policy>& links) noexcept {
        if (is(fault::allocates)) map.memory().deallocate(map.memory().allocate(8, 8), 8, 8);
        sound::attach(map, v, av, links);
    }
    template <class Map, class F>
    static void copy_chain(Map& map, typename Map::vma_type& to, typename Map::vma_type& from,
                           link_list<typename Map::policy>& links, F seen) noexcept {
        auto& av = *Map::own(from);
        attach(map, to, av, links);
        seen(av);
    }
    template <class Map, class F>
    static void detach(Map& map, typename Map::vma_type& v, link_list<typename Map::policy>& spent,
                       F emptied) noexcept {
        sound::detach(map, v, spent, [&](auto& av) noexcept {
            if (!is(fault::empties_none)) emptied(av);
        });
    }
};

void refused(fault f, const char* name, const char* law) {
    planted = f;
    count.refused(name, law, [](auto sink) { verify::topology_conforms<in_array>(sink); });
    planted = fault::none;
}
#define RMAP_REFUSED(what, law) refused(fault::what, #what, law)

}  // namespace

int main() {
    count.conforms("no fault", [](auto sink) { verify::topology_conforms<in_array>(sink); });
    RMAP_REFUSED(forgets_the_third, "topology.meets_all");
    RMAP_REFUSED(keeps_what_goes, "topology.meets_once");
    RMAP_REFUSED(renames_nothing, "topology.meets_once");
    RMAP_REFUSED(visits_twice, "topology.meets_once");
    RMAP_REFUSED(goes_on_when_stopped, "topology.stops_early");
    RMAP_REFUSED(takes_over_but_one, "topology.beside_updates");
    RMAP_REFUSED(locks_nothing, "topology.beside_updates");
    RMAP_REFUSED(unlocks_relaxed, "topology.beside_updates");
    RMAP_REFUSED(loses_a_chunk, "topology.gives_back");
    RMAP_REFUSED(stays_faulted, "topology.own");
    RMAP_REFUSED(empties_none, "topology.emptied");
    RMAP_REFUSED(allocates, "topology.asks_for_no_memory");
    return count.exit_code();
}
