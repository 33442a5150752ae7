// SPDX-License-Identifier: BSL-1.0

// Every merge rule keeps the laws of one, over the topologies that it goes with. Rules with one
// fault each are refused by the law that names it; so are those of older kernels that had a bug.

#include <cstdint>
#include <type_traits>

#include "support/policies.hpp"
#include "support/refused.hpp"

using namespace rmap_test;

namespace {

using rmap::merge_side;
using sound = rmap::merges::linux_6_18;

verdicts count;

template <class Rule, class Topology>
struct over {
    using merge = Rule;
    using topology = Topology;
};
/// For a rule all topologies that tell who was inherited are the same.
template <class Policy>
using merge_of = over<typename Policy::merge,
                      std::conditional_t<rmap::tells_inherited<typename Policy::topology>,
                                         rmap::topologies::chain_tree, typename Policy::topology>>;

/// Chosen when the program runs, as each rule of its own costs compiling.
enum class fault {
    none,
    merges_two,
    bridges_two,
    left_side_decides,
    shares_unfaulted,
    shares_inherited,
    reuses_an_active_one,
    tells_addresses_apart,
    reuses_too_little,  // chains grow without end
    not_the_reference,
};
fault planted = fault::none;

bool is(fault f) {
    return planted == f;
}

/// linux_6_18, but for the fault.
struct faulty {
    static constexpr bool is_reference = true;

    static bool may_share(merge_side s) noexcept {
        if (is(fault::shares_unfaulted)) return !s.inherited;
        if (is(fault::shares_inherited)) return s.faulted();
        if (is(fault::not_the_reference)) return false;
        return sound::may_share(s);
    }
    static bool may_merge(merge_side a, merge_side b) noexcept {
        const bool two = a.faulted() && b.faulted() && a.own != b.own;
        if (is(fault::merges_two) && two) return !a.inherited && !b.inherited;
        if (is(fault::tells_addresses_apart) && a.faulted() && b.faulted() && a.own == b.own) {
            static const void* const first = a.own;
            return a.own == first;
        }
        return sound::may_merge(a, b);
    }
    static bool may_bridge(merge_side left, merge_side right) noexcept {
        if (is(fault::left_side_decides)) return !left.faulted();
        return is(fault::bridges_two) || sound::may_bridge(left, right);
    }
    static bool may_reuse(std::uint32_t children, std::uint32_t active) noexcept {
        if (is(fault::reuses_an_active_one)) return children < 2;
        if (is(fault::reuses_too_little)) return children == 0 && active == 0;
        return sound::may_reuse(children, active);
    }
};

template <class Of>
void conforms() {
    count.conforms(type_name<Of>(), [](auto sink) {
        verify::merge_conforms<typename Of::merge, typename Of::topology>(sink);
    });
}

/// The rule of an older kernel, chosen when the program runs.
struct of_a_kernel {
    static constexpr bool is_reference = false;

    static bool may_share(merge_side s) noexcept { return now.may_share(s); }
    static bool may_merge(merge_side a, merge_side b) noexcept { return now.may_merge(a, b); }
    static bool may_bridge(merge_side a, merge_side b) noexcept { return now.may_bridge(a, b); }
    static bool may_reuse(std::uint32_t c, std::uint32_t a) noexcept { return now.may_reuse(c, a); }

    template <class Rule>
    static void take() {
        now = {Rule::may_share, Rule::may_merge, Rule::may_bridge, Rule::may_reuse};
    }
    struct answers {
        bool (*may_share)(merge_side) noexcept;
        bool (*may_merge)(merge_side, merge_side) noexcept;
        bool (*may_bridge)(merge_side, merge_side) noexcept;
        bool (*may_reuse)(std::uint32_t, std::uint32_t) noexcept;
    };
    static answers now;
};
of_a_kernel::answers of_a_kernel::now{};

void kernels() {
    namespace merges = rmap::merges;
    const auto suite = [](auto sink) { verify::merge_conforms<of_a_kernel>(sink); };
    of_a_kernel::take<merges::linux_2_6_34>();  // the bug of March 2010, in three steps
    count.refused("linux_2_6_34", "merge.shares_no_chain", suite);
    count.refused("linux_2_6_34", "merge.sound", suite);
    of_a_kernel::take<merges::linux_2_6_37>();
    count.conforms("linux_2_6_37", suite);
    of_a_kernel::take<merges::linux_3_0>();
    count.conforms("linux_3_0", suite);
    of_a_kernel::take<merges::linux_3_19>();  // CVE-2022-42703
    count.refused("linux_3_19", "merge.reuses_nobodys", suite);
    of_a_kernel::take<merges::linux_6_15>();
    count.conforms("linux_6_15", suite);
    count.refused("linux_6_16", "merge.sound", [](auto sink) {  // B28: not in its answers
        verify::merge_conforms<merges::linux_6_16>(sink);
    });
    of_a_kernel::take<merges::adjacent>();
    count.conforms("adjacent", suite);
}

void refused(fault f, const char* name, const char* law) {
    planted = f;
    count.refused(name, law, [](auto sink) { verify::merge_conforms<faulty>(sink); });
    planted = fault::none;
}
#define RMAP_REFUSED(what, law) refused(fault::what, #what, law)

}  // namespace

int main() {
    each_once<merge_of>(every<type_of>{}, [](auto is) { conforms<typename decltype(is)::type>(); });
    kernels();
    conforms<over<faulty, rmap::topologies::chain_tree>>();
    RMAP_REFUSED(merges_two, "merge.two_stay_apart");
    RMAP_REFUSED(merges_two, "merge.sound");
    RMAP_REFUSED(bridges_two, "merge.two_stay_apart");
    RMAP_REFUSED(bridges_two, "merge.sound");
    RMAP_REFUSED(left_side_decides, "merge.symmetric");
    RMAP_REFUSED(shares_unfaulted, "merge.shares_no_chain");
    RMAP_REFUSED(shares_inherited, "merge.shares_no_chain");
    RMAP_REFUSED(shares_inherited, "merge.sound");
    RMAP_REFUSED(reuses_an_active_one, "merge.reuses_nobodys");
    RMAP_REFUSED(reuses_too_little, "merge.reuse_bounds");
    RMAP_REFUSED(tells_addresses_apart, "merge.facts_only");
    RMAP_REFUSED(not_the_reference, "merge.reference");
    return count.exit_code();
}
