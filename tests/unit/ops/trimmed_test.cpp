// SPDX-License-Identifier: BSL-1.0

// A page keeps its tag when nothing maps it any more, and trim() may give back what that led to. No
// walk that begins afterwards looks there, not even if the page is taken anew between its looks.
// Memory that was given back cannot be read here.

#define BOOST_TEST_MODULE trimmed
#include <sys/mman.h>
#include <boost/test/unit_test.hpp>
#include <functional>
#include <new>
#include <tuple>
#include <utility>

#include <rmap/rmap.hpp>

namespace {

using rmap::status;

/// Every block has a page of its own, which stays mapped without access when it was given back.
struct guarded_memory {
    static constexpr std::size_t room = 4096;

    [[nodiscard]] void* allocate(std::size_t size, std::size_t) noexcept {
        if (size > room) return nullptr;
        void* const at =
            ::mmap(nullptr, room, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        return at == MAP_FAILED ? nullptr : at;
    }
    void deallocate(void* block, std::size_t, std::size_t) noexcept {
        if (::mprotect(block, room, PROT_NONE) != 0) __builtin_abort();
    }
};

template <class Policy>
struct guarded : Policy {
    using allocator = guarded_memory;
};
using policies = std::tuple<guarded<rmap::default_policy>, guarded<rmap::cow_tree>,
                            guarded<rmap::late_cow_tree>, guarded<rmap::glancing_cow_tree>>;

template <class Policy>
struct setting {
    struct space {
        typename Policy::lock page_table_lock{};
    };
    /// Once, when it is asked whether it is mapped, others do something before the answer.
    struct page : rmap::basic_page<Policy> {
        mutable std::function<void()> beside{};
        bool mapped() const noexcept {
            if (const auto now = std::exchange(beside, nullptr)) now();
            return rmap::basic_page<Policy>::mapped();
        }
    };
    using vma = rmap::basic_vma<space, Policy>;
    using map_type = rmap::reverse_map<page, vma, Policy>;

    setting() {
        vma gone{of, 16, 8, 16};
        BOOST_REQUIRE((map.prepare(gone) == status::ok));
        map.tag_new(frame, gone, 20);
        frame.add_mapping();
        frame.remove_mapping();
        map.unlink(gone);
        map.trim();
    }
    ~setting() {
        if (!frame.rmap::template basic_page<Policy>::mapped()) return;
        frame.remove_mapping();
        map.unlink(next);
    }

    /// The page is freed, and becomes another vma's.
    void take_anew() {
        map.untag(frame);
        BOOST_REQUIRE((map.prepare(next) == status::ok));
        map.tag_new(frame, next, 44);
        frame.add_mapping();
    }

    map_type map{};
    space of{};
    page frame{};
    vma next{of, 40, 8, 40};
};

struct counts {
    static constexpr bool needs_lock = false;
    unsigned places = 0;
    template <class Place>
    void operator()(const Place& at) {
        BOOST_TEST(at.address() == 44U);
        ++places;
    }
    template <class Page, class Place>
    void operator()(Page&, const Place& at) {
        (*this)(at);
    }
};

}  // namespace

BOOST_AUTO_TEST_CASE_TEMPLATE(nothing_maps_it, Policy, policies) {
    setting<Policy> s;
    counts seen;
    BOOST_TEST((s.map.walk(s.frame, [](const auto&) {}).state == status::not_mapped));
    BOOST_TEST(
        (s.map.template walk<rmap::need::may_miss>(s.frame, seen).state == status::not_mapped));
    typename setting<Policy>::page* const all[] = {&s.frame};
    BOOST_TEST(s.map.walk_many(all, 1, [](auto&, const auto&) {}).pages == 1U);
    BOOST_TEST(s.map.template walk_many<rmap::need::may_miss>(all, 1, seen).pages == 1U);
    BOOST_TEST(seen.places == 0U);
}

BOOST_AUTO_TEST_CASE_TEMPLATE(it_is_taken_anew_between_two_looks, Policy, policies) {
    for (const int way : {0, 1, 2, 3}) {
        setting<Policy> s;
        typename setting<Policy>::page* const all[] = {&s.frame};
        s.frame.beside = [&s] { s.take_anew(); };
        counts seen;
        if (way == 0) {
            BOOST_TEST(
                (s.map.walk(s.frame, [&](const auto& at) { seen(at); }).state == status::ok));
        } else if (way == 1) {
            BOOST_TEST(
                (s.map.template walk<rmap::need::may_miss>(s.frame, seen).state == status::ok));
        } else if (way == 2) {
            BOOST_TEST(s.map.walk_many(all, 1, [&](auto&, const auto& at) { seen(at); }).pages ==
                       1U);
        } else {
            BOOST_TEST(s.map.template walk_many<rmap::need::may_miss>(all, 1, seen).pages == 1U);
        }
        BOOST_TEST(seen.places == 1U);
    }
}
