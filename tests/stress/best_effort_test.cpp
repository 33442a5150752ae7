// SPDX-License-Identifier: BSL-1.0

// The disciplines whose walks are best effort, per_anon_vma and seq_retry, with threads: a family
// in which one member's range changes all the time and others come and go, beside walkers who hold
// no lock of the user's. A walk may miss the member whose range changes, if it comes from an older
// anon_vma: that is counted. What they do guarantee is checked, of each attempt of a walk (under
// seq_retry it may begin again):
//
//   - every place that is reported exists: a vma that is linked and covers the address (I9)
//   - no vma is met twice
//   - a walk from a vma's own anon_vma meets it
//   - a vma is met from wherever, if its range did not change meanwhile
//   - in the end chains, counts, references and trees are whole
//
// Shown to fail by a topology that breaks one of these in some walks (below). When walks take no
// lock, ThreadSanitizer says so, and most runs without it fail.

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdio>
#include <thread>

#include "support/policies.hpp"
#include "support/threads.hpp"
#include "support/world.hpp"

namespace {

using namespace rmap_test;
using rmap::status;

constexpr rmap::pgno first = 100;
constexpr rmap::pgno pages = 8;
constexpr rmap::pgno kept = 3;  // this page and the next stay in the range that changes

template <class Locking>
struct best_effort : rmap::never_merge {
    using locking = Locking;
    using lock = late_lock;
    using trace = attempts;
};

/// Whom the present attempt of a walk has met.
class meeting {
public:
    /// False: for the second time.
    [[nodiscard]] bool with(const void* vma) {
        look();
        for (std::size_t i = 0; i != count_; ++i) {
            if (met_[i] == vma) return false;
        }
        if (count_ != met_.size()) met_[count_++] = vma;
        return true;
    }
    [[nodiscard]] bool has(const void* vma) {
        look();
        return std::find(met_.begin(), met_.begin() + static_cast<long>(count_), vma) !=
               met_.begin() + static_cast<long>(count_);
    }

private:
    void look() {
        if (attempts::begun != attempt_) count_ = 0;
        attempt_ = attempts::begun;
    }
    unsigned attempt_ = attempts::begun;
    std::size_t count_ = 0;
    std::array<const void*, 32> met_{};
};

template <class F>
class family {
public:
    explicit family(findings& found) : found_{found} {
        for (rmap::pgno i = 0; i != pages; ++i) {
            map_.tag_new(shared_[i], elder_, first + i);
            shared_[i].add_mapping();  // by the elder
        }
        shared_[kept].add_mapping();  // and by the one that changes
        map_.tag_new(private_, changing_, first + kept);
        private_.add_mapping();
    }

    void run(std::size_t turns) {
        std::atomic<int> working{2};
        const auto walker = [&] {
            for (rmap::pgno i = 0; working != 0; i = (i + 1) % pages) {
                walk_shared(i);
                walk_private();
                std::this_thread::yield();
            }
        };
        run_together({[&] {
                          change(turns);
                          --working;
                      },
                      [&] {
                          breed(turns);
                          --working;
                      },
                      walker, walker});
        private_.remove_mapping();
        shared_[kept].remove_mapping();
        for (page& p : shared_)
            p.remove_mapping();
        found_.check(w_.wrong().empty(), "counts, chains, references or trees");
        found_.check(w_.objects() == "2/3", "all children have gone");
    }

    void print(const char* name) const {
        std::printf("%s: %u walks, %u of them missed the vma that changes, %u began again\n", name,
                    walks_.load(), missed_.load(), again_.load());
    }

private:
    using page = typename F::page;
    using vma = typename F::vma;
    static constexpr auto may_miss = rmap::need::may_miss;

    /// The member whose range changes: at its head, at its tail, in two and whole again.
    void change(std::size_t turns) {
        vma& v = changing_;
        const auto is = [&](status s, const char* what) { found_.check(s == status::ok, what); };
        for (std::size_t turn = 0; turn != turns; ++turn) {
            const rmap::pgno by = 1 + turn % (kept - 1);
            is(map_.adjust(v, {first + by, pages - by, first + by}), "shrink at the head");
            is(map_.expand_down(v, first, nullptr, nullptr), "grow at the head");
            is(map_.adjust(v, {first, pages - by, first}), "shrink at the tail");
            is(map_.expand_up(v, pages, nullptr, nullptr), "grow at the tail");
            vma high{v.mm(), 0, 1, 0};
            is(map_.split(v, high, first + kept + 2 + turn % 3), "split");
            map_.unlink(high);
            is(map_.expand_up(v, pages, nullptr, nullptr), "grow after a split");
        }
    }

    /// Members whose ranges do not change: a child that maps a page of the elder's for a while,
    /// and its child, which has a page of its own.
    void breed(std::size_t turns) {
        for (std::size_t turn = 0; turn != turns; ++turn) {
            typename F::mm mm[2];
            vma child{mm[0], first, pages, first};
            vma grandchild{mm[1], first, pages, first};
            found_.check(map_.fork(child, elder_) == status::ok, "fork");
            page& in_common = shared_[turn % pages];
            in_common.add_mapping();
            mapper_ = &child;
            ++clock_;
            found_.check(map_.fork(grandchild, child) == status::ok, "fork of a fork");
            page own;
            map_.tag_new(own, grandchild, first);
            own.add_mapping();
            meeting met;
            walk(own, first, met);
            found_.check(met.has(&grandchild), "a walk from its own anon_vma misses a vma");
            own.remove_mapping();
            map_.unlink(grandchild);
            ++clock_;
            in_common.remove_mapping();
            map_.unlink(child);
        }
    }

    void walk(page& p, rmap::pgno address, meeting& met) {
        const auto begun = attempts::begun;
        const auto walked = map_.template walk<may_miss>(p, [&](const auto& place) {
            const vma& v = place.vma();
            found_.check(place.address() == address, "at a wrong address");
            found_.check(map_.own(v) != nullptr, "a vma that is not linked");
            found_.check(v.start() <= address && address - v.start() < v.pages(),
                         "a vma that does not cover the address");
            found_.check(met.with(&v), "a vma is met twice");
        });
        found_.check(walked.state == status::ok, "a mapped page is not found mapped");
        ++walks_;
        again_ += attempts::begun - begun - 1;
    }

    void walk_shared(rmap::pgno i) {
        const unsigned before = clock_;
        const void* const child = mapper_;
        meeting met;
        walk(shared_[i], first + i, met);
        const bool all_the_time = before % 2 == 1 && clock_ == before;
        found_.check(met.has(&elder_), "a walk from its own anon_vma misses a vma");
        found_.check(!all_the_time || met.has(child), "a vma is missed that did not change");
        if (i == kept && !met.has(&changing_)) ++missed_;
    }

    void walk_private() {
        meeting met;
        walk(private_, first + kept, met);
        found_.check(met.has(&changing_), "a walk from its own anon_vma misses a vma");
    }

    findings& found_;
    world<F> w_{};
    typename F::map& map_ = w_.map();
    vma& elder_ = w_.faulted(w_.new_mm(), first, pages);
    vma& changing_ = w_.fork(elder_);
    page shared_[pages]{};
    page private_{};
    std::atomic<unsigned> clock_{0};  // odd while the child is linked
    std::atomic<const void*> mapper_{nullptr};
    std::atomic<unsigned> walks_{0}, missed_{0}, again_{0};
};

// ---- planted: every 64th walk of a thread does something wrong

enum class fault { none, forgets, stammers, elsewhere };
fault planted = fault::none;  // changes while there are no threads

struct faulty_topology : rmap::topologies::chain_tree {
    template <class Map, class F>
    static bool visit(Map& map, rmap::anon_vma<typename Map::policy>& av, rmap::pgoff_t index,
                      F f) {
        static thread_local unsigned walks = 0;
        const fault now = ++walks % 64 == 0 ? planted : fault::none;
        const rmap::pgoff_t where = now == fault::elsewhere ? index - 1 : index;
        return chain_tree::visit(map, av, index, [&](const auto& place) {
            if (now == fault::forgets) return true;
            using place_type = std::decay_t<decltype(place)>;
            const place_type told{place.vma(), where};
            return f(told) && (now != fault::stammers || f(told));
        });
    }
};
struct faulty : best_effort<rmap::locking::per_anon_vma> {
    using topology = faulty_topology;
};

template <class Policy>
void stress(findings& found, const char* name, std::size_t turns) {
    family<toy<tested<Policy>>> all{found};
    all.run(turns);
    if (name != nullptr) all.print(name);
}

}  // namespace

int main() {
    constexpr std::size_t turns = 1500;
    findings found;
    stress<best_effort<rmap::locking::per_anon_vma>>(found, "per_anon_vma", turns);
    stress<best_effort<rmap::locking::seq_retry>>(found, "seq_retry", turns);

    for (fault f : {fault::forgets, fault::stammers, fault::elsewhere, fault::none}) {
        planted = f;
        findings noticed;
        noticed.quiet();
        stress<faulty>(noticed, nullptr, 200);
        found.check((noticed.count() != 0) == (f != fault::none), "a planted fault");
    }
    return found.exit_code();
}
