// SPDX-License-Identifier: BSL-1.0

// core/list.hpp: every operation at the ends and in the middle, and a long random run against a
// std::list of pointers.

#define BOOST_TEST_MODULE list
#include <algorithm>
#include <array>
#include <boost/test/unit_test.hpp>
#include <cstddef>
#include <deque>
#include <iterator>
#include <list>
#include <random>
#include <type_traits>
#include <vector>

#include <rmap/core/atomics.hpp>
#include <rmap/core/list.hpp>

namespace {

using node = rmap::list_node<rmap::atomics::builtin>;
using list = rmap::list<rmap::atomics::builtin>;

struct item : node {
    explicit item(int n) : number{n} {}
    int number;
};

/// The numbers in the list, front to back; fails the test if the way back differs.
std::vector<int> numbers(const list& l) {
    std::vector<int> forth;
    for (const node* n = l.front(); n != nullptr; n = l.next(*n)) {
        BOOST_TEST(n->linked());
        forth.push_back(static_cast<const item*>(n)->number);
    }
    std::vector<int> back;
    for (const node* n = l.back(); n != nullptr; n = l.prev(*n)) {
        back.push_back(static_cast<const item*>(n)->number);
    }
    std::reverse(back.begin(), back.end());
    BOOST_TEST(forth == back, boost::test_tools::per_element());
    BOOST_TEST(l.size() == forth.size());
    BOOST_TEST(l.empty() == forth.empty());
    BOOST_TEST(l.is_singular() == (forth.size() == 1));
    return forth;
}

using expected = std::vector<int>;

constinit list made_without_code;  // no static constructor
static_assert(!std::is_copy_constructible_v<list> && !std::is_move_constructible_v<list>);
static_assert(!std::is_copy_constructible_v<node> && !std::is_copy_assignable_v<node>);
static_assert(std::is_trivially_destructible_v<node> && std::is_trivially_destructible_v<list>);

constexpr bool works_at_compile_time() {
    list l;
    node a;
    node b;
    l.push_back(a);
    l.push_front(b);
    list::erase(a);
    return l.is_singular() && l.front() == &b && !a.linked() && b.linked();
}
static_assert(works_at_compile_time());

}  // namespace

BOOST_AUTO_TEST_CASE(an_empty_list_has_no_ends) {
    BOOST_TEST(made_without_code.empty());
    BOOST_TEST(!made_without_code.is_singular());
    BOOST_TEST(made_without_code.front() == nullptr);
    BOOST_TEST(made_without_code.back() == nullptr);
    BOOST_TEST(made_without_code.size() == 0U);
}

BOOST_AUTO_TEST_CASE(nodes_go_where_they_are_put) {
    list l;
    item one{1};
    item two{2};
    item three{3};
    item four{4};
    BOOST_TEST(!one.linked());
    l.push_back(two);
    BOOST_TEST(numbers(l) == expected({2}), boost::test_tools::per_element());
    l.push_front(one);
    l.push_back(four);
    list::insert_after(two, three);
    BOOST_TEST(numbers(l) == expected({1, 2, 3, 4}), boost::test_tools::per_element());
    BOOST_TEST(l.front() == &one);
    BOOST_TEST(l.back() == &four);
    BOOST_TEST(l.next(four) == nullptr);
    BOOST_TEST(l.prev(one) == nullptr);
}

BOOST_AUTO_TEST_CASE(insert_after_the_last_makes_a_new_last) {
    list l;
    item one{1};
    item two{2};
    l.push_back(one);
    list::insert_after(one, two);
    BOOST_TEST(l.back() == &two);
    BOOST_TEST(numbers(l) == expected({1, 2}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(an_erased_node_is_free_for_another_list) {
    list l;
    list other;
    item one{1};
    item two{2};
    item three{3};
    l.push_back(one);
    l.push_back(two);
    l.push_back(three);
    list::erase(two);
    BOOST_TEST(!two.linked());
    BOOST_TEST(numbers(l) == expected({1, 3}), boost::test_tools::per_element());
    other.push_front(two);
    list::erase(one);
    list::erase(three);
    BOOST_TEST(l.empty());
    BOOST_TEST(numbers(other) == expected({2}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(splice_moves_a_whole_list_in_order) {
    list l;
    list front;
    list back;
    list nothing;
    std::array<item, 6> items{item{0}, item{1}, item{2}, item{3}, item{4}, item{5}};
    front.push_back(items[0]);
    front.push_back(items[1]);
    l.push_back(items[2]);
    l.push_back(items[3]);
    back.push_back(items[4]);
    back.push_back(items[5]);
    l.splice_front(front);
    l.splice_back(back);
    l.splice_front(nothing);
    l.splice_back(nothing);
    BOOST_TEST(numbers(l) == expected({0, 1, 2, 3, 4, 5}), boost::test_tools::per_element());
    BOOST_TEST(front.empty());
    BOOST_TEST(back.empty());
    nothing.splice_back(l);  // into an empty one
    BOOST_TEST(l.empty());
    BOOST_TEST(numbers(nothing) == expected({0, 1, 2, 3, 4, 5}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_random_run_agrees_with_a_std_list) {
    std::mt19937 random{20240607};
    std::deque<item> items;  // nodes do not move
    for (int i = 0; i < 40; ++i) {
        items.emplace_back(i);
    }
    list l;
    std::list<int> model;
    for (int step = 0; step < 3000; ++step) {
        item& it = items[random() % items.size()];
        if (it.linked()) {
            list::erase(it);
            model.remove(it.number);
        } else if (const auto way = random() % 3; way == 0) {
            l.push_front(it);
            model.push_front(it.number);
        } else if (way == 1 || model.empty()) {
            l.push_back(it);
            model.push_back(it.number);
        } else {
            const auto steps = static_cast<std::ptrdiff_t>(random() % model.size());
            const auto where = std::next(model.begin(), steps);
            list::insert_after(items[static_cast<std::size_t>(*where)], it);
            model.insert(std::next(where), it.number);
        }
        if (step % 16 == 0) {
            BOOST_TEST_REQUIRE(numbers(l) == expected(model.begin(), model.end()),
                               boost::test_tools::per_element());
        }
    }
}
