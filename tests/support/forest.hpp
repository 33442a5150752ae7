// SPDX-License-Identifier: BSL-1.0
#pragma once

// Families of vmas that are known twice: as the map has them, and with the set of anon_vmas that
// lead to each; and random steps over them. For topologies with paths to a root.

#include <algorithm>
#include <list>
#include <random>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "support/failing_memory.hpp"
#include "support/toy.hpp"

namespace rmap_test {

/// A family whose members are known twice.
template <class Policy>
class forest {
public:
    using types = toy<Policy>;
    using anon_vma = rmap::anon_vma<Policy>;
    using status = rmap::status;

    struct member {
        typename types::mm mm{};
        typename types::vma vma;
        std::vector<anon_vma*> chain{};
        member(typename types::mm* in, rmap::pgno start, rmap::pgno pages, rmap::pgoff_t pgoff)
            : vma{in != nullptr ? *in : mm, start, pages, pgoff} {}
    };

    ~forest() {
        while (!members.empty())
            exit(members.begin());
        map.trim();
        BOOST_TEST(failing_memory::alive == alive_);
    }

    member& root(rmap::pgno start, rmap::pgno pages, rmap::pgoff_t pgoff) {
        member& m = members.emplace_back(nullptr, start, pages, pgoff);
        BOOST_TEST((map.prepare(m.vma) == status::ok));
        m.chain = {map.own(m.vma)};
        return m;
    }
    member* fork(member& parent) {
        member& m = members.emplace_back(nullptr, parent.vma.start(), parent.vma.pages(),
                                         parent.vma.pgoff());
        if (map.fork(m.vma, parent.vma) != status::ok) {
            members.pop_back();
            see_own(parent);
            return nullptr;
        }
        see_own(parent);
        m.chain = parent.chain;
        see_own(m);
        // Until its entries are copied, the child is behind the parent in every walk that meets
        // both.
        for (anon_vma* av : parent.chain) {
            const auto met = walk(*av, m.vma.pgoff());
            const auto at = [&](member& of) {
                return std::find(met.begin(), met.end(), &of.vma) - met.begin();
            };
            BOOST_TEST(at(parent) < at(m));
        }
        return &m;
    }
    void exit(typename std::list<member>::iterator m) {
        map.unlink(m->vma);
        members.erase(m);
    }
    /// A copy at another place, as mremap makes.
    void copy(member& of, rmap::pgno to) {
        member& m = members.emplace_back(&of.vma.mm(), to, of.vma.pages(), of.vma.pgoff());
        if (map.clone(m.vma, of.vma, rmap::ops::clone_op::remap) != status::ok) {
            members.pop_back();
            see_own(of);
            return;
        }
        see_own(of);
        m.chain = of.chain;
        const auto met = walk(*of.chain.back(), of.vma.pgoff());
        BOOST_TEST((std::find(met.begin(), met.end(), &of.vma) <
                    std::find(met.begin(), met.end(), &m.vma)));
    }
    void split(member& of, rmap::pgno at) {
        member& m = members.emplace_back(&of.vma.mm(), at, 1, 0);
        if (map.split(of.vma, m.vma, at) != status::ok) {
            members.pop_back();
            see_own(of);
            return;
        }
        see_own(of);
        m.chain = of.chain;
    }
    /// A first private page.
    bool write(member& of) {
        const bool good = map.prepare(of.vma) == status::ok;
        see_own(of);
        return good;
    }

    std::vector<typename types::vma*> walk(anon_vma& av, rmap::pgoff_t index) {
        std::vector<typename types::vma*> met;
        const auto walked = map.walk_from(av, index, [&](const auto& place) {
            met.push_back(&place.vma());
            BOOST_TEST((&place.mm() == &place.vma().mm()));
            BOOST_TEST((place.address() - place.vma().start() == index - place.vma().pgoff()));
        });
        BOOST_TEST((walked.state == status::ok && walked.visited == met.size()));
        return met;
    }
    /// The walk from every anon_vma of a member, at an offset, meets what the model says.
    void check(member& of, rmap::pgoff_t index) {
        for (anon_vma* av : of.chain) {
            std::vector<typename types::vma*> expected;
            for (member& m : members) {
                if (std::find(m.chain.begin(), m.chain.end(), av) == m.chain.end()) continue;
                if (index - m.vma.pgoff() < m.vma.pages()) expected.push_back(&m.vma);
            }
            auto met = walk(*av, index);
            std::sort(met.begin(), met.end());
            std::sort(expected.begin(), expected.end());
            BOOST_TEST((met == expected));
            std::size_t all = 0;
            std::size_t linked = 0;
            types::map::topology_type::visit_all(map, *av,
                                                 [&](typename types::vma&) { return ++all != 0; });
            for (member& m : members)
                linked += std::find(m.chain.begin(), m.chain.end(), av) != m.chain.end() ? 1U : 0U;
            BOOST_TEST(all == linked);
        }
        std::vector<anon_vma*> chain;
        map.for_each_link(of.vma, [&](anon_vma& av) { chain.push_back(&av); });
        std::sort(chain.begin(), chain.end());
        auto known = of.chain;
        std::sort(known.begin(), known.end());
        BOOST_TEST((chain == known));
    }

    typename types::map map{};
    std::list<member> members{};

private:
    // One that it has got since, if it has.
    void see_own(member& of) {
        anon_vma* const own = map.own(of.vma);
        if (own != nullptr &&
            std::find(of.chain.begin(), of.chain.end(), own) == of.chain.end()) {
            of.chain.push_back(own);
        }
    }

    const long alive_ = failing_memory::alive;
};

template <class Policy>
class steps {
public:
    using forest = rmap_test::forest<Policy>;
    using status = rmap::status;

    explicit steps(unsigned seed) : random_{seed} {}

    std::size_t below(std::size_t n) { return random_() % n; }
    typename std::list<typename forest::member>::iterator any(forest& f) {
        return std::next(f.members.begin(), static_cast<std::ptrdiff_t>(below(f.members.size())));
    }
    void one(forest& f, std::size_t most) {
        const auto m = any(f);
        const std::size_t what = below(100);
        if (what < 40 && f.members.size() < most) {
            f.fork(*m);
        } else if (what < 60 && f.members.size() > 1) {
            f.exit(m);
        } else if (what < 70) {
            f.split(*m, m->vma.start() + below(m->vma.pages() + 1));
        } else if (what < 75) {
            f.copy(*m, m->vma.start() + 0x100000 * (1 + below(4)));
        } else if (what < 80) {
            f.write(*m);
        } else if (what < 90) {
            const rmap::pgno cut = below(m->vma.pages());
            const rmap::pgno head = below(2) == 0 ? cut : 0;
            BOOST_TEST((f.map.adjust(m->vma, {m->vma.start() + head, m->vma.pages() - cut,
                                              m->vma.pgoff() + head}) == status::ok));
        } else if (m->vma.pages() < 64) {
            BOOST_TEST((f.map.adjust(m->vma, {m->vma.start(), m->vma.pages() + below(8) + 1,
                                              m->vma.pgoff()}) == status::ok));
        }
    }

private:
    std::minstd_rand random_;
};

}  // namespace rmap_test
