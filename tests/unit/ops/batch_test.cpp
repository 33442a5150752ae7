// SPDX-License-Identifier: BSL-1.0

// fork_all and unlink_all: what they leave is what fork and unlink leave, one by one; memory fails
// at each allocation; and how many locks they take, each for how long.

#define BOOST_TEST_MODULE batch
#include <boost/test/unit_test.hpp>
#include <vector>

#include "support/counting_lock.hpp"
#include "support/policies.hpp"
#include "support/world.hpp"

namespace {

using namespace rmap_test;
using rmap::status;

template <class F>
using vmas = std::vector<typename F::vma*>;

/// A cursor over two address spaces.
template <class F>
auto pairs_of(const vmas<F>& children, const vmas<F>& parents) {
    return [&children, &parents, i = std::size_t{0}]() mutable {
        using pair = rmap::fork_pair<typename F::vma>;
        const std::size_t at = i++;
        return at < parents.size() ? pair{children[at], parents[at]} : pair{};
    };
}
template <class F>
auto each_of(const vmas<F>& all) {
    return [&all, i = std::size_t{0}]() mutable { return i == all.size() ? nullptr : all[i++]; };
}

/// An address space with all that a fork may meet, in several processes: vmas alone, parts of what
/// was split, more of those than are done at once; unfaulted ones between; a family below, whose
/// middle process is gone.
template <class F>
struct process {
    explicit process(world<F>& in) : w{&in} {
        auto& mm = w->new_mm();
        for (rmap::pgno i = 0; i != 7; ++i) {
            if (i % 3 == 2) {
                all.push_back(&w->new_vma(mm, i * 100, 50));
            } else {
                all.push_back(&w->faulted(mm, i * 100, 50));
            }
        }
        // 20 parts of the second.
        for (rmap::pgno at = 120; at != 139; ++at) {
            all.push_back(&w->new_vma(mm, 0, 1));
            if (w->map().split(*all[at == 120 ? 1 : all.size() - 2], *all.back(), at) !=
                status::ok) {
                std::abort();
            }
        }
        all.push_back(&w->faulted(mm, 1000, 50));
    }
    /// A child's vmas, linked to nothing.
    [[nodiscard]] vmas<F> copies(const vmas<F>& of) const {
        auto& mm = w->new_mm();
        vmas<F> made;
        for (auto* v : of)
            made.push_back(&w->new_vma(mm, v->start(), v->pages(), v->pgoff()));
        return made;
    }
    void exit(const vmas<F>& these) const {
        for (auto* v : these)
            w->forget(*v);
    }

    world<F>* w;
    vmas<F> all{};
};

/// The state in words that do not depend on addresses: what is linked to what, in which order.
template <class F>
std::string shape(world<F>& w, const std::vector<vmas<F>>& processes) {
    std::map<const void*, int> names;
    std::map<const void*, std::string> vma_names;
    std::ostringstream out;
    for (std::size_t p = 0; p != processes.size(); ++p) {
        for (std::size_t i = 0; i != processes[p].size(); ++i)
            vma_names[processes[p][i]] = std::to_string(p) + "." + std::to_string(i);
    }
    std::vector<rmap::anon_vma<typename F::policy>*> seen;
    const auto name = [&](const rmap::anon_vma<typename F::policy>* av) {
        if (av == nullptr) return std::string{"-"};
        const auto [at, fresh] = names.emplace(av, static_cast<int>(names.size()));
        if (fresh) seen.push_back(const_cast<rmap::anon_vma<typename F::policy>*>(av));
        return std::to_string(at->second);
    };
    for (const auto& process : processes) {
        for (const auto* v : process) {
            out << vma_names[v] << " own " << name(w.map().own(*v)) << " chain";
            for (const auto* av : w.chain(*v))
                out << " " << name(av);
            out << "\n";
        }
    }
    for (std::size_t i = 0; i != seen.size(); ++i) {
        auto* const av = seen[i];
        out << name(av) << " parent " << name(av->parent.get()) << " children "
            << av->num_children.get() << " active " << av->num_active_vmas.get() << " refs "
            << rmap::ops::references(*av) << " members";
        for (const auto* v : w.members(*av))
            out << " " << vma_names[v];
        out << "\n";
    }
    return out.str();
}

/// Three generations; the second one exits, then another child. One by one, or at once.
template <class F>
std::string generations(bool at_once) {
    world<F> w;
    const process<F> of{w};
    const auto fork = [&](const vmas<F>& children, const vmas<F>& parents) {
        if (at_once) {
            BOOST_TEST((w.map().fork_all(pairs_of<F>(children, parents)) == status::ok));
            return;
        }
        for (std::size_t i = 0; i != parents.size(); ++i)
            BOOST_TEST((w.map().fork(*children[i], *parents[i]) == status::ok));
    };
    const auto exit = [&](const vmas<F>& all) {
        if (at_once) {
            w.map().unlink_all(each_of<F>(all));
        } else {
            for (auto* v : all)
                w.map().unlink(*v);
        }
    };
    const vmas<F> second = of.copies(of.all);
    const vmas<F> third = of.copies(of.all);
    const vmas<F> fourth = of.copies(of.all);
    std::string all;
    const auto look = [&] {
        all += shape<F>(w, {of.all, second, third, fourth}) + "---\n";
        BOOST_TEST(w.wrong() == "");
    };
    fork(second, of.all);
    look();
    fork(third, second);
    look();
    exit(second);
    look();
    fork(fourth, third);  // takes over what the second left
    look();
    exit(of.all);
    look();
    exit(third);
    exit(fourth);
    look();
    BOOST_TEST(w.objects() == "0/0");
    return all;
}

BOOST_AUTO_TEST_CASE_TEMPLATE(as_one_by_one, F, every<toy>) {
    const std::string expected = generations<F>(false);
    BOOST_TEST(expected.size() > 1000);
    BOOST_TEST(generations<F>(true) == expected);
}

BOOST_AUTO_TEST_CASE_TEMPLATE(nothing_to_do, F, few<toy>) {
    world<F> w;
    const vmas<F> none;
    BOOST_TEST((w.map().fork_all(pairs_of<F>(none, none)) == status::ok));
    w.map().unlink_all(each_of<F>(none));
    auto& mm = w.new_mm();
    const vmas<F> unfaulted{&w.new_vma(mm, 0, 4), &w.new_vma(mm, 8, 4)};
    const vmas<F> children{&w.new_vma(w.new_mm(), 0, 4), &w.new_vma(w.new_mm(), 8, 4)};
    BOOST_TEST((w.map().fork_all(pairs_of<F>(children, unfaulted)) == status::ok));
    w.map().unlink_all(each_of<F>(unfaulted));
    BOOST_TEST(w.objects() == "0/0");
}

BOOST_AUTO_TEST_CASE_TEMPLATE(every_allocation_fails, F, few<toy>) {
    world<F> w;
    const process<F> of{w};
    const vmas<F> second = of.copies(of.all);
    const vmas<F> third = of.copies(of.all);
    BOOST_TEST((w.map().fork_all(pairs_of<F>(second, of.all)) == status::ok));
    of.exit(of.all);
    w.map().trim();
    const auto before = w.picture();
    const long alive = failing_memory::alive;
    const long took = with_failures([&] {
        if (w.map().fork_all(pairs_of<F>(third, second)) == status::ok) return true;
        BOOST_TEST(w.picture() == before);
        BOOST_TEST(w.wrong() == "");
        w.map().trim();
        // Of a family some anon_vmas may wait for its next fork.
        constexpr bool waits = rmap::keeps_blocks<typename F::policy::topology>;
        BOOST_TEST((failing_memory::alive == alive || (waits && failing_memory::alive > alive)));
        return false;
    });
    // Of a shared anon_vma nothing is needed.
    BOOST_TEST((took >= 10 || rmap::one_a_family<typename F::policy::topology>));
    BOOST_TEST(w.wrong() == "");
    w.map().unlink_all(each_of<F>(third));
    BOOST_TEST(w.picture() == before);
}

// ---- locks

template <class Topology>
struct counted_locks : rmap::default_policy {
    using topology = Topology;
    using lock = counting_lock;
};
using counted = std::tuple<toy<tested<counted_locks<rmap::topologies::chain_tree>>>,
                           toy<tested<counted_locks<rmap::topologies::cow_tree>>>>;

template <class F>
const void* tree_lock(const vmas<F>& of) {
    return &F::map::own(*of[0])->root.load(rmap::order::relaxed)->lock;
}

/// `n` parts of one vma; in a process of its own.
template <class F>
vmas<F> parts(world<F>& w, rmap::pgno n) {
    auto& mm = w.new_mm();
    vmas<F> all{&w.faulted(mm, 0, n)};
    for (rmap::pgno at = 1; at != n; ++at) {
        all.push_back(&w.new_vma(mm, 0, 1));
        BOOST_TEST((w.map().split(*all[at - 1], *all[at], at) == status::ok));
    }
    return all;
}

BOOST_AUTO_TEST_CASE_TEMPLATE(one_lock_for_many_of_a_family, F, counted) {
    constexpr unsigned n = 100;
    constexpr unsigned at_once = rmap::ops::most_at_once;
    world<F> w;
    const vmas<F> parents = parts<F>(w, n);
    const process<F> of{w};
    const vmas<F> children = of.copies(parents);
    counting_lock::clear();
    BOOST_TEST((w.map().fork_all(pairs_of<F>(children, parents)) == status::ok));
    const unsigned forks = counting_lock::taken[tree_lock<F>(parents)];
    // It lets go after so many, and when a block is lacking.
    BOOST_TEST(forks >= n / at_once);
    BOOST_TEST(forks <= n / at_once + 20);
    counting_lock::clear();
    const void* const lock = tree_lock<F>(parents);
    w.map().unlink_all(each_of<F>(children));
    BOOST_TEST(counting_lock::taken[lock] == (n + at_once - 1) / at_once);
    // And that of the pool once, which one by one takes for each.
    BOOST_TEST(counting_lock::all() == (n + at_once - 1) / at_once + 1);
}

BOOST_AUTO_TEST_CASE_TEMPLATE(long_chains_are_held_for_fewer, F, counted) {
    world<F> w;
    const process<F> of{w};
    std::vector<vmas<F>> line{parts<F>(w, 8)};
    for (int depth = 0; depth != 40; ++depth) {
        line.push_back(of.copies(line.back()));
        BOOST_TEST(
            (w.map().fork_all(pairs_of<F>(line.back(), line[line.size() - 2])) == status::ok));
    }
    counting_lock::clear();
    const void* const lock = tree_lock<F>(line.back());
    w.map().unlink_all(each_of<F>(line.back()));
    // 41 links each.
    const bool chains = F::policy::topology::order == rmap::walk_order::offset;
    BOOST_TEST(counting_lock::taken[lock] == (chains ? 8U : 1U));
}

}  // namespace
