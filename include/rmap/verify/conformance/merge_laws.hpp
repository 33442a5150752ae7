// SPDX-License-Identifier: BSL-1.0
#pragma once

// The laws of a merge rule: what its answers must never be, as a table of all the questions that it
// can be asked; then random scripts under it, and first faults that choose between two neighbours,
// explored. The rule is free to say no to everything.

#include <cstdint>
#include <initializer_list>
#include <string>

#include <rmap/merges/kept_bugs.hpp>
#include <rmap/merges/linux_6_18.hpp>
#include <rmap/topologies/chain_tree.hpp>
#include <rmap/verify/conformance/discipline_walks.hpp>
#include <rmap/verify/conformance/script.hpp>
#include <rmap/verify/invariants.hpp>

namespace rmap::inline RMAP_ABI::verify {

inline constexpr law merge_laws[] = {
    {"merge.two_stay_apart",
     "Vmas with two different anon_vmas never become one, nor do they over what is between them."},
    {"merge.symmetric", "may_bridge() does not depend on which side is the left one."},
    {"merge.shares_no_chain",
     "A first fault takes over a neighbour's anon_vma only if that is the "
     "neighbour's whole chain (I5)."},
    {"merge.reuses_nobodys", "A fork child takes over no anon_vma that is some vma's own (I5)."},
    {"merge.reuse_bounds", "If it reuses at all, the chains of fork, exit, fork, exit stay short."},
    {"merge.facts_only",
     "The answers depend on what is asked, not on where anon_vmas lie, nor on "
     "what was asked before."},
    {"merge.reference", "If it says is_reference, it answers as linux_6_18 does."},
    {"merge.first_faults",
     "First faults that choose different neighbours install one own anon_vma, "
     "and both find their pages (I13)."},
    {"merge.sound",
     "Whatever merges, is shared or reused: all invariants hold, and a walk meets "
     "every place."},
};

namespace conformance {

struct merge_law {
    static constexpr const law& two_stay_apart = merge_laws[0];
    static constexpr const law& symmetric = merge_laws[1];
    static constexpr const law& shares_no_chain = merge_laws[2];
    static constexpr const law& reuses_nobodys = merge_laws[3];
    static constexpr const law& reuse_bounds = merge_laws[4];
    static constexpr const law& facts_only = merge_laws[5];
    static constexpr const law& reference = merge_laws[6];
    static constexpr const law& first_faults = merge_laws[7];
    static constexpr const law& sound = merge_laws[8];
};

/// What a world shows of the merge rule.
template <class World>
struct merge_look {
    breach operator()(World& w) const {
        for (const violation& v : check(w)) {
            return {&merge_law::sound, "I" + std::to_string(v.invariant) + ": " + v.text};
        }
        return {};
    }
};

template <class Rule, class Locking = locking::root, class Topology = topologies::chain_tree>
class merge_suite {
    using policy = explored_policy<Locking, Topology, Rule>;
    using types = explored_types<policy>;
    using map = typename types::map;
    using vma = typename types::vma;
    using world = script_world<policy>;
    static constexpr std::uint32_t most = 4;  // counts that are asked for

public:
    explicit merge_suite(suite& of) : s_{&of} {}

    void run() {
        if (!merges::keeps_no_bug<Rule>) {
            answers(merge_law::sound,
                    "the rule keeps a bug of what its kernel did with the answers");
        }
        table();
        counts();
        reuse();
        faults();
        scripts<world, merge_look<world>> random{*s_, merge_law::sound, merge_law::sound, {}};
        random.run({&merge_law::sound});
    }

private:
    struct question {
        const char* name;
        merge_side side;
    };

    void answers(const law& of, const std::string& what) {
        s_->looked(of, "a table of all questions", what);
    }

    void table() {
        static constexpr int one = 1, two = 2;
        const question all[] = {{"an unfaulted side", {nullptr, false}},
                                {"A", {&one, false}},
                                {"B", {&two, false}},
                                {"a fork child with A", {&one, true}},
                                {"a fork child with B", {&two, true}}};
        const auto swapped = [](merge_side s) {
            if (s.own == nullptr) return s;
            s.own = s.own == &one ? &two : &one;
            return s;
        };
        for (const question& a : all) {
            const merge_side x = a.side;
            const std::string who = a.name;
            if (Rule::may_share(x) && !x.faulted()) {
                answers(merge_law::shares_no_chain, "may_share() says yes to " + who);
            }
            if (tells_inherited<Topology> && Rule::may_share(x) && x.inherited) {
                answers(merge_law::shares_no_chain, "may_share() says yes to " + who);
            }
            if (Rule::may_share(x) != Rule::may_share(swapped(x))) {
                answers(merge_law::facts_only, "may_share() tells A from B");
            }
            if (Rule::is_reference && Rule::may_share(x) != merges::linux_6_18::may_share(x)) {
                answers(merge_law::reference, "may_share() differs for " + who);
            }
            for (const question& b : all)
                pair(x, b.side, who + " and " + b.name, swapped);
        }
        for (const law* l : {&merge_law::two_stay_apart, &merge_law::symmetric,
                             &merge_law::shares_no_chain, &merge_law::facts_only}) {
            answers(*l, "");
        }
    }

    template <class Swapped>
    void pair(merge_side x, merge_side y, const std::string& who, Swapped swapped) {
        const bool merge = Rule::may_merge(x, y), bridge = Rule::may_bridge(x, y);
        const bool two = x.faulted() && y.faulted() && x.own != y.own;
        if (two && merge) answers(merge_law::two_stay_apart, "may_merge() says yes to " + who);
        if (two && bridge) answers(merge_law::two_stay_apart, "may_bridge() says yes to " + who);
        if (bridge != Rule::may_bridge(y, x)) {
            answers(merge_law::symmetric, "may_bridge() of " + who + " depends on their order");
        }
        if (merge != Rule::may_merge(swapped(x), swapped(y)) ||
            bridge != Rule::may_bridge(swapped(x), swapped(y)) || merge != Rule::may_merge(x, y) ||
            bridge != Rule::may_bridge(x, y)) {
            answers(merge_law::facts_only, "for " + who + " there are two answers");
        }
        if (Rule::is_reference && (merge != merges::linux_6_18::may_merge(x, y) ||
                                   bridge != merges::linux_6_18::may_bridge(x, y))) {
            answers(merge_law::reference, "the answer for " + who + " differs");
        }
    }

    void counts() {
        for (std::uint32_t children = 0; children <= most; ++children) {
            for (std::uint32_t active = 0; active <= most; ++active) {
                const std::string who = std::to_string(children) + " children and " +
                                        std::to_string(active) + " active vmas";
                const bool may = Rule::may_reuse(children, active);
                if (may && active != 0) {
                    answers(merge_law::reuses_nobodys, "may_reuse() says yes to " + who);
                }
                if (Rule::is_reference && may != merges::linux_6_18::may_reuse(children, active)) {
                    answers(merge_law::reference, "may_reuse() differs for " + who);
                }
            }
        }
        answers(merge_law::reuses_nobodys, "");
        if (Rule::is_reference) {
            answers(merge_law::reference, "");
        } else {
            s_->not_claimed(merge_law::reference, "the rule does not say is_reference");
        }
    }

    void reuse() {
        if (!Rule::may_reuse(0, 0) && !Rule::may_reuse(1, 0)) {
            s_->not_claimed(merge_law::reuse_bounds, "the rule reuses nothing");
            return;
        }
        const auto generations = [](test&) {
            map m;
            typename types::mm space[2];
            vma v[2] = {{space[0], 508, 8, 508}, {space[1], 508, 8, 508}};
            ok(m.prepare(v[0]));
            for (unsigned i = 0; i != 64; ++i) {
                ok(m.fork(v[(i + 1) % 2], v[i % 2]));
                m.unlink(v[i % 2]);
                const auto links =
                    Topology::template links_of<policy>(map::hook_of(v[(i + 1) % 2]));
                require(links <= 8, "a chain of more than 8 links after fork, exit, fork, exit");
            }
            m.unlink(v[0]);
            m.unlink(v[1]);
        };
        s_->explored(merge_law::reuse_bounds, "64 generations", {.minimise = false}, generations);
    }

    void faults() {
        for (const bool weak : {false, true}) {
            explore_options with{};
            with.weak = weak;
            s_->explored(merge_law::first_faults,
                         weak ? "two neighbours, C++ memory model" : "two neighbours", with,
                         two_neighbours);
        }
    }

    static void two_neighbours(test& t) {
        map m;
        typename types::mm mm;
        typename types::page page[2];
        vma prev{mm, 500, 8, 500}, v{mm, 508, 8, 508}, next{mm, 516, 8, 516};
        ok(m.prepare(prev));
        ok(m.prepare(next));
        for (unsigned i = 0; i != 2; ++i) {
            t.thread(i == 0 ? "from the left" : "from the right", [&, i] {
                ok(m.prepare(v, i == 0 ? &prev : nullptr, i == 0 ? nullptr : &next));
                m.tag_new(page[i], v, 510 + i);
                page[i].add_mapping();
                unsigned met = 0;
                const auto r = m.template walk<need::unsound>(page[i], [&](const auto& place) {
                    met += &place.vma() == &v && place.address() == 510 + i ? 1U : 0U;
                });
                require(r.state == status::ok && met != 0, "a page that is mapped is not found");
            });
        }
        t.run();
        for (auto& p : page)
            p.remove_mapping();
        for (vma* gone : {&v, &prev, &next})
            m.unlink(*gone);
    }

    suite* s_;
};

}  // namespace conformance

}  // namespace rmap::inline RMAP_ABI::verify
