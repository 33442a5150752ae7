// SPDX-License-Identifier: BSL-1.0

// prepare: whose anon_vma a first fault gets, what a failed or lost one leaves behind.

#define BOOST_TEST_MODULE prepare
#include <boost/test/unit_test.hpp>
#include <functional>

#include "support/policies.hpp"
#include "support/world.hpp"

namespace {

using namespace rmap_test;
using rmap::status;

template <class F>
bool shares() {
    return F::policy::merge::is_reference;
}

BOOST_AUTO_TEST_CASE_TEMPLATE(a_fresh_one, F, few<toy>) {
    world<F> w;
    auto& v = w.new_vma(w.new_mm(), 10, 4);
    BOOST_TEST((w.map().own(v) == nullptr));
    BOOST_TEST((w.map().prepare(v) == status::ok));
    auto* const own = w.map().own(v);
    BOOST_TEST(w.objects() == "1/1");
    BOOST_TEST(w.wrong() == "");
    BOOST_TEST((own->is_root() && own->parent.get() == own));
    BOOST_TEST((own->num_children == 1 && own->num_active_vmas == 1));
    const auto before = w.picture();
    BOOST_TEST((w.map().prepare(v) == status::ok));  // prepared already
    BOOST_TEST(w.picture() == before);
}

// The next neighbour goes before the previous one; each must touch, in addresses and in offsets.
BOOST_AUTO_TEST_CASE_TEMPLATE(neighbours, F, few<toy>) {
    world<F> w;
    auto& mm = w.new_mm();
    auto& prev = w.faulted(mm, 0, 4);
    auto& next = w.faulted(mm, 8, 4);
    using vma = typename F::vma;
    const auto with = [&](vma& v, vma* left, vma* right) -> std::string {
        BOOST_TEST((w.map().prepare(v, left, right) == status::ok));
        auto* const own = w.map().own(v);
        BOOST_TEST(w.wrong() == "");
        w.forget(v);
        return own == w.map().own(prev) ? "prev" : own == w.map().own(next) ? "next" : "fresh";
    };
    auto& v = w.new_vma(mm, 4, 4);
    BOOST_TEST(with(v, &prev, &next) == (shares<F>() ? "next" : "fresh"));
    BOOST_TEST(with(v, &prev, nullptr) == (shares<F>() ? "prev" : "fresh"));
    BOOST_TEST(with(v, nullptr, nullptr) == "fresh");
    auto& unfaulted = w.new_vma(mm, 8, 4);
    BOOST_TEST(with(v, &prev, &unfaulted) == (shares<F>() ? "prev" : "fresh"));

    auto& apart = w.new_vma(mm, 5, 2);
    BOOST_TEST(with(apart, &prev, &next) == "fresh");
    auto& elsewhere = w.new_vma(mm, 4, 4, 100);  // moved here: its offsets do not continue
    BOOST_TEST(with(elsewhere, &prev, &next) == "fresh");
    auto& unlike = w.new_vma(mm, 4, 4);
    unlike.attributes = 1;
    BOOST_TEST(with(unlike, &prev, &next) == "fresh");
}

// A neighbour that was a fork child keeps its anon_vma to itself, on either side (Linux bug B09).
BOOST_AUTO_TEST_CASE_TEMPLATE(not_from_a_fork_child, F, few<toy>) {
    world<F> w;
    auto& child = w.new_mm();
    auto& prev = w.fork(w.faulted(w.new_mm(), 0, 4), child);
    auto& next = w.fork(w.faulted(w.new_mm(), 8, 4), child);
    auto& v = w.new_vma(child, 4, 4);
    BOOST_TEST((w.map().prepare(v, &prev, &next) == status::ok));
    BOOST_TEST((w.map().own(v) != w.map().own(prev) && w.map().own(v) != w.map().own(next)));
    BOOST_TEST(w.chain(v).size() == 1U);
    BOOST_TEST(w.wrong() == "");
}

BOOST_AUTO_TEST_CASE_TEMPLATE(every_allocation_fails, F, few<toy>) {
    world<F> w;
    auto& mm = w.new_mm();
    auto& prev = w.faulted(mm, 0, 4);
    auto& v = w.new_vma(mm, 4, 4);
    auto& alone = w.new_vma(mm, 20, 4);
    for (auto* fails : {&v, &alone}) {
        const auto before = w.picture();
        const long alive = failing_memory::alive;
        const long took = with_failures([&] {
            if (w.map().prepare(*fails, &prev, nullptr) == status::ok) return true;
            BOOST_TEST(w.picture() == before);
            return false;
        });
        const bool shared = shares<F>() && fails == &v;
        // A link, or a block for the second vma; an anon_vma, which holds its first vma in blocks.
        const long more = shared ? world<F>::allocations(1, 1) : world<F>::allocations(2, 1);
        BOOST_TEST(took == more);
        BOOST_TEST(failing_memory::alive == alive + more);
        BOOST_TEST(w.wrong() == "");
    }
}

BOOST_AUTO_TEST_CASE_TEMPLATE(with_memory_of_the_callers, F, few<toy>) {
    struct nothing {
        void* allocate(std::size_t, std::size_t) noexcept { return nullptr; }
        void deallocate(void*, std::size_t, std::size_t) noexcept {}
    } empty;
    world<F> w;
    auto& v = w.new_vma(w.new_mm(), 0, 4);
    BOOST_TEST((w.map().prepare(empty, v) == status::no_memory));
    BOOST_TEST((w.map().own(v) == nullptr));
}

// ---- the lost race: a lock that lets the other thread's prepare run before it is taken.

struct interrupted_lock : rmap::locks::spin {
    static inline std::function<void()> before_lock{};
    static inline const interrupted_lock* which = nullptr;  // null: the first that is taken
    void lock() noexcept {
        if (which == nullptr || which == this) {
            if (auto run = std::exchange(before_lock, nullptr)) run();
        }
        rmap::locks::spin::lock();
    }
};
struct racing : rmap::default_policy {
    using lock = interrupted_lock;
    using stats = rmap::statistics::counting;
};
using raced = toy<tested<racing>>;

// The other takes a neighbour's anon_vma or a fresh one, as this one does: all four meet, and one
// link is left (I13; Linux bugs B02, B03).
BOOST_AUTO_TEST_CASE(lost_race) {
    for (const bool mine_shared : {false, true}) {
        for (const bool others_shared : {false, true}) {
            world<raced> w;
            auto& mm = w.new_mm();
            auto& prev = w.faulted(mm, 0, 4);
            auto& next = w.faulted(mm, 8, 4);
            auto& v = w.new_vma(mm, 4, 4);
            const auto links = w.map().stats().links();
            interrupted_lock::before_lock = [&] {
                const auto other = w.map().prepare(v, nullptr, others_shared ? &next : nullptr);
                BOOST_TEST((other == status::ok));
            };
            BOOST_TEST((w.map().prepare(v, mine_shared ? &prev : nullptr, nullptr) == status::ok));
            BOOST_TEST((w.map().own(v) == w.map().own(next)) == others_shared);
            BOOST_TEST((w.map().own(v) != w.map().own(prev)));
            BOOST_TEST(w.chain(v).size() == 1U);
            BOOST_TEST(w.wrong() == "");
            BOOST_TEST(w.map().stats().links() == links + 1);
            BOOST_TEST(w.map().stats().anon_vmas() == (others_shared ? 2U : 3U));
        }
    }
}

// The two have chosen different neighbours, so their tree locks do not exclude each other: only the
// page_table_lock does, and the vma is looked at again under that one (Linux bug B02).
BOOST_AUTO_TEST_CASE(lost_between_the_two_locks) {
    world<raced> w;
    auto& mm = w.new_mm();
    auto& prev = w.faulted(mm, 0, 4);
    auto& next = w.faulted(mm, 8, 4);
    auto& v = w.new_vma(mm, 4, 4);
    bool between = false;
    interrupted_lock::which = &mm.page_table_lock;
    interrupted_lock::before_lock = [&] {
        between = w.map().own(prev)->lock.is_held();
        BOOST_TEST((w.map().prepare(v, nullptr, &next) == status::ok));
    };
    BOOST_TEST((w.map().prepare(v, &prev, nullptr) == status::ok));
    interrupted_lock::which = nullptr;
    BOOST_TEST(between);
    BOOST_TEST((w.map().own(v) == w.map().own(next)));
    BOOST_TEST(w.chain(v).size() == 1U);
    BOOST_TEST(w.wrong() == "");
}

BOOST_AUTO_TEST_CASE_TEMPLATE(hooks_as_members, F, one<member_toy>) {
    world<F> w;
    auto& mm = w.new_mm();
    auto& a = w.faulted(mm, 0, 4);
    auto& b = w.new_vma(mm, 4, 4);
    BOOST_TEST((w.map().prepare(b, &a, nullptr) == status::ok));
    BOOST_TEST((w.map().own(a) == w.map().own(b)) == shares<F>());
    BOOST_TEST(w.wrong() == "");
}

}  // namespace
