// SPDX-License-Identifier: BSL-1.0

// The batch forms under the explorer, over each kind of topology: fork_all and unlink_all of an
// address space beside walks, beside an exit of a sibling and beside each other, where they let go
// of a lock in the middle (a block is lacking, or the next vma has another root) and where memory
// fails and what was linked goes again; walk_many beside changes. What is mapped all the time is
// met, once, at its address; what comes or goes is met at most once.

#include <cstddef>
#include <cstdio>
#include <cstdlib>

#include <rmap/rmap.hpp>
#include <rmap/verify/explore.hpp>

#include "support/explored_family.hpp"

namespace {

namespace verify = rmap::verify;
using rmap_test::ok;

template <class Topology>
using policy_of = rmap_test::explored<rmap::locking::root, rmap::merges::linux_6_18, Topology>;

/// Gives so many blocks, then none.
template <class Allocator>
struct few_blocks {
    [[nodiscard]] void* allocate(std::size_t size, std::size_t align) noexcept {
        if (left == 0) return nullptr;
        --left;
        return from->allocate(size, align);
    }
    void deallocate(void* block, std::size_t size, std::size_t align) noexcept {
        from->deallocate(block, size, align);
    }
    Allocator* from;
    unsigned left;
};

/// Two regions of a process, each a family of its own: of the first there are two children, whose
/// block is full under cow_tree, of the second one.
template <class Policy>
struct two_regions {
    using types = rmap_test::toy<Policy>;
    using vma = typename types::vma;
    using pair = rmap::fork_pair<vma>;

    two_regions() {
        for (unsigned i = 0; i != 2; ++i) {
            ok(map.prepare(parents[i]));
            map.tag_new(pages[i], parents[i], 20 + i * 100);
            pages[i].add_mapping();
            for (auto* child : {&first[i], &second[i]}) {
                if (i == 1 && child == &second[1]) continue;
                ok(map.fork(*child, parents[i]));
                pages[i].add_mapping();
            }
        }
        map.tag_own(own, first[0], 21);
        own.add_mapping();
    }
    ~two_regions() {
        own.remove_mapping();
        for (auto& p : pages) {
            while (p.mapped())
                p.remove_mapping();
        }
        for (auto* all : {&fresh, &second, &first, &parents}) {
            for (auto& v : *all)
                map.unlink(v);
        }
    }

    /// A child of both regions.
    auto children_of(vma (&of)[2]) {
        return [this, &of, i = 0]() mutable {
            const int at = i++;
            return at < 2 ? pair{&fresh[at], &of[at]} : pair{};
        };
    }
    static auto each_of(vma (&of)[2]) {
        return [&of, i = 0]() mutable { return i == 2 ? nullptr : &of[i++]; };
    }
    void fork() { ok(map.fork_all(children_of(parents))); }
    /// Who exits meanwhile may leave what it needs.
    void fork_fails(unsigned blocks, bool surely) {
        few_blocks<typename types::map::allocator_type> memory{&map.memory(), blocks};
        const auto got = map.fork_all(memory, children_of(parents));
        verify::require(!surely || got == rmap::status::no_memory, "there was memory");
        for (const auto& v : fresh)
            verify::require(map.linked(v) == (got == rmap::status::ok), "some are linked");
    }
    void exit_fresh() { map.unlink_all(each_of(fresh)); }
    /// The second process, which has no entries.
    void exit_second() {
        for (auto& p : pages)
            p.remove_mapping();
        map.unlink_all(each_of(second));
    }

    template <class Place>
    void count(const Place& place, rmap::pgno where, unsigned (&met)[4]) {
        verify::require(place.address() == where, "a wrong address");
        for (unsigned i = 0; i != 4; ++i)
            met[i] += &place.mm() == &mm[i] ? 1U : 0U;
    }
    static void judge(const unsigned (&met)[4]) {
        verify::require(met[0] == 1 && met[1] == 1, "what is mapped all the time was not met");
        verify::require(met[2] <= 1 && met[3] <= 1, "a place was met twice");
    }
    void look(unsigned region) {
        unsigned met[4] = {};
        const auto walked = map.walk(
            pages[region], [&](const auto& place) { count(place, 20 + region * 100, met); });
        verify::require(walked.state == rmap::status::ok, "the walk gave up");
        judge(met);
    }
    /// All pages at once: two of one root, one of another.
    struct telling {
        template <class Place>
        void operator()(typename types::page& p, const Place& place) {
            verify::require(&p == all[n], "a place of another page");
            in->count(place, n == 1 ? 21 : n == 0 ? 20 : 120, met[n]);
        }
        void done(typename types::page& p, const rmap::walk_result& walked) {
            verify::require(&p == all[n++], "the end of another page");
            verify::require(walked.state == rmap::status::ok, "a walk gave up");
        }
        two_regions* in;
        typename types::page* const* all;
        std::size_t n = 0;
        unsigned met[3][4] = {};
    };
    void look_at_many() {
        typename types::page* const all[] = {&pages[0], &own, &pages[1]};
        telling t{this, all};
        const auto result = map.walk_many(all, 3, t);
        verify::require(result.pages == 3 && t.n == 3, "a page was left out");
        judge(t.met[0]);
        judge(t.met[2]);
        verify::require(t.met[1][1] == 1 && t.met[1][0] == 0, "a private page was not met");
    }

    typename types::map map;
    typename types::mm mm[4];
    typename types::page pages[2];
    typename types::page own;
    vma parents[2] = {{mm[0], 16, 8, 16}, {mm[0], 116, 8, 116}};
    vma first[2] = {{mm[1], 16, 8, 16}, {mm[1], 116, 8, 116}};
    vma second[2] = {{mm[2], 16, 8, 16}, {mm[2], 116, 8, 116}};
    vma fresh[2] = {{mm[3], 16, 8, 16}, {mm[3], 116, 8, 116}};
};

template <class Policy, class One, class Other>
bool beside(const char* name, One one, Other other) {
    bool good = true;
    for (const bool weak : {false, true}) {
        const auto r = verify::explore(name, {.weak = weak}, [&](verify::test& t) {
            two_regions<Policy> f;
            t.thread("one", [&] { one(f); });
            t.thread("other", [&] { other(f); });
            t.run();
            f.look(0);
            f.look(1);
        });
        if (r.failed() || !r.complete) {
            std::printf("%s: %s\n%s\n", name, r.what.what.c_str(), r.text.c_str());
            good = false;
        }
    }
    return good;
}

template <class Policy>
bool all_of() {
    const auto fork = [](auto& f) { f.fork(); };
    const auto exit_second = [](auto& f) { f.exit_second(); };
    const auto look = [](auto& f) { f.look(0); };
    const auto look_at_many = [](auto& f) { f.look_at_many(); };
    bool good = true;
    good &= beside<Policy>("fork beside a walk", fork, look);
    good &=
        beside<Policy>("fork beside a walk of the second region", fork, [](auto& f) { f.look(1); });
    good &= beside<Policy>("fork beside the exit of a sibling", fork,
                           [](auto& f) { f.map.unlink(f.second[0]); });
    good &= beside<Policy>("fork beside the exit of a sibling at once", fork, exit_second);
    good &= beside<Policy>("exit beside a walk", exit_second, look);
    good &= beside<Policy>(
        "fork, exit beside a walk",
        [](auto& f) {
            f.fork();
            f.exit_fresh();
        },
        look);
    // At each allocation: what was linked is unlinked while the walk may have met it.
    for (const unsigned blocks : {0U, 1U, 2U}) {
        good &= beside<Policy>(
            "fork that fails beside a walk", [=](auto& f) { f.fork_fails(blocks, true); }, look);
    }
    good &= beside<Policy>(
        "fork that fails beside the exit of a sibling", [](auto& f) { f.fork_fails(1, false); },
        exit_second);
    good &= beside<Policy>("walks beside fork", fork, look_at_many);
    good &= beside<Policy>("walks beside exit", exit_second, look_at_many);
    good &= beside<Policy>(
        "walks beside a vma that shrinks",
        [](auto& f) {
            ok(f.map.adjust(f.second[0], {18, 4, 18}));
        },
        look_at_many);
    return good;
}

}  // namespace

int main() {
    bool good = all_of<policy_of<rmap::topologies::chain_tree>>();
    good &= all_of<policy_of<rmap::topologies::cow_tree>>();
    return good ? EXIT_SUCCESS : EXIT_FAILURE;
}
