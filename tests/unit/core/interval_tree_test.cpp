// SPDX-License-Identifier: BSL-1.0

// core/interval_tree.hpp against a vector that is kept in order by hand: same order (equal keys as
// they came), same overlaps, and valid() after each step; and that valid() sees what is broken.

#define BOOST_TEST_MODULE interval_tree
#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <iterator>
#include <limits>
#include <map>
#include <random>
#include <type_traits>
#include <vector>

#include <rmap/core/atomics.hpp>
#include <rmap/core/interval_tree.hpp>

namespace {

using node = rmap::interval_node<rmap::atomics::builtin>;
using root = rmap::interval_root<rmap::atomics::builtin>;

struct range : node {
    std::uint64_t first = 0;
    std::uint64_t last = 0;
};

struct access {
    static std::uint64_t first(const node& n) noexcept {
        return static_cast<const range&>(n).first;
    }
    static std::uint64_t last(const node& n) noexcept { return static_cast<const range&>(n).last; }
};

using tree = rmap::interval_tree<rmap::atomics::builtin, access>;
using found = std::vector<const node*>;

constinit root made_without_code;  // no static constructor
static_assert(std::is_trivially_destructible_v<node> && std::is_trivially_destructible_v<root>);
static_assert(!std::is_copy_constructible_v<node> && !std::is_copy_constructible_v<root>);

/// Builtin atomics with a brush: reads the fields at some addresses with some bits turned. A node's
/// parent and color stand at its own address.
struct repainted : rmap::atomics::builtin {
    static inline std::map<const void*, std::uintptr_t> turned;

    template <class T>
    class plain {
    public:
        constexpr plain() noexcept = default;
        constexpr plain(T value) noexcept : value_{value} {}
        plain& operator=(T value) noexcept {
            value_ = value;
            return *this;
        }
        operator T() const noexcept {
            if constexpr (std::is_same_v<T, std::uintptr_t>) {
                if (const auto it = turned.find(this); it != turned.end()) {
                    return value_ ^ it->second;
                }
            }
            return value_;
        }

    private:
        T value_{};
    };
};

using painted_node = rmap::interval_node<repainted>;
using painted_root = rmap::interval_root<repainted>;

struct painted_range : painted_node {
    std::uint64_t first = 0;
    std::uint64_t last = 0;
};

struct painted_access {
    static std::uint64_t first(const painted_node& n) noexcept {
        return static_cast<const painted_range&>(n).first;
    }
    static std::uint64_t last(const painted_node& n) noexcept {
        return static_cast<const painted_range&>(n).last;
    }
};

using painted_tree = rmap::interval_tree<repainted, painted_access>;

void put(root& r, range& at, std::uint64_t first, std::uint64_t last) {
    at.first = first;
    at.last = last;
    tree::insert(r, at);
}

found in_order(const root& r) {
    found all;
    for (const node* n = tree::leftmost(r); n != nullptr; n = tree::next(*n)) {
        all.push_back(n);
    }
    return all;
}

found overlaps(const root& r, std::uint64_t lo, std::uint64_t hi) {
    found all;
    for (const node* n = tree::first_overlap(r, lo, hi); n != nullptr;
         n = tree::next_overlap(*n, lo, hi)) {
        all.push_back(n);
    }
    return all;
}

/// The same by looking at everything, in the order of a vector.
struct naive {
    void insert(const range& r) {
        auto behind_equals = [](std::uint64_t first, const node* n) {
            return first < access::first(*n);
        };
        all.insert(std::upper_bound(all.begin(), all.end(), r.first, behind_equals), &r);
    }
    void erase(const range& r) { all.erase(std::find(all.begin(), all.end(), &r)); }
    [[nodiscard]] found overlaps(std::uint64_t lo, std::uint64_t hi) const {
        found some;
        std::copy_if(all.begin(), all.end(), std::back_inserter(some), [&](const node* n) {
            return access::first(*n) <= hi && access::last(*n) >= lo;
        });
        return some;
    }
    found all;
};

/// Inserts and erases at random: `keys` possible firsts, ranges of up to `lengths`.
void differential(unsigned seed, std::size_t nodes, std::uint64_t keys, std::uint64_t lengths,
                  int steps) {
    std::mt19937 random{seed};
    std::vector<range> ranges(nodes);
    root r;
    naive model;
    for (int step = 0; step < steps; ++step) {
        range& at = ranges[random() % nodes];
        if (at.linked()) {
            tree::erase(r, at);
            model.erase(at);
        } else {
            const std::uint64_t first = random() % keys;
            put(r, at, first, first + random() % lengths);
            model.insert(at);
        }
        BOOST_TEST_REQUIRE(tree::valid(r), "seed " << seed << " step " << step);
        BOOST_TEST_REQUIRE((in_order(r) == model.all), "seed " << seed << " step " << step);
        const std::uint64_t lo = random() % (keys + lengths);
        const std::uint64_t hi = lo + random() % lengths;
        BOOST_TEST_REQUIRE((overlaps(r, lo, hi) == model.overlaps(lo, hi)),
                           "seed " << seed << " step " << step << " [" << lo << ", " << hi << "]");
    }
    for (range& at : ranges) {
        if (at.linked()) {
            tree::erase(r, at);
            BOOST_TEST_REQUIRE(tree::valid(r));
        }
        BOOST_TEST(!at.linked());
    }
    BOOST_TEST(r.empty());
}

}  // namespace

BOOST_AUTO_TEST_CASE(an_empty_tree_finds_nothing) {
    BOOST_TEST(tree::empty(made_without_code));
    BOOST_TEST(tree::valid(made_without_code));
    BOOST_TEST(tree::leftmost(made_without_code) == nullptr);
    const std::uint64_t all = std::numeric_limits<std::uint64_t>::max();
    BOOST_TEST(tree::first_overlap(made_without_code, 0, all) == nullptr);
}

BOOST_AUTO_TEST_CASE(both_ends_belong_to_an_interval) {
    root r;
    range at;
    put(r, at, 10, 19);
    BOOST_TEST(tree::first_overlap(r, 0, 9) == nullptr);
    BOOST_TEST(tree::first_overlap(r, 0, 10) == &at);
    BOOST_TEST(tree::first_overlap(r, 19, 19) == &at);
    BOOST_TEST(tree::first_overlap(r, 20, 30) == nullptr);
    tree::erase(r, at);
    BOOST_TEST(r.empty());
}

BOOST_AUTO_TEST_CASE(the_ends_of_the_number_range_are_numbers) {
    const std::uint64_t top = std::numeric_limits<std::uint64_t>::max();
    root r;
    range whole;
    range end;
    put(r, end, top, top);
    put(r, whole, 0, top);
    BOOST_TEST(tree::valid(r));
    BOOST_TEST((overlaps(r, top, top) == found{&whole, &end}));
    BOOST_TEST((overlaps(r, 0, 0) == found{&whole}));
}

BOOST_AUTO_TEST_CASE(equal_keys_stay_in_the_order_of_insertion) {
    root r;
    std::vector<range> ranges(100);
    found order;
    for (range& at : ranges) {
        put(r, at, 7, 7 + static_cast<std::uint64_t>(&at - ranges.data()) % 5);
        order.push_back(&at);
    }
    BOOST_TEST((in_order(r) == order));
    BOOST_TEST((overlaps(r, 7, 7) == order));
    // A node that is put in again goes behind the others.
    tree::erase(r, ranges[0]);
    tree::insert(r, ranges[0]);
    std::rotate(order.begin(), order.begin() + 1, order.end());
    BOOST_TEST((in_order(r) == order));
    BOOST_TEST(tree::valid(r));
}

BOOST_AUTO_TEST_CASE(sorted_and_reversed_insertion_stay_balanced) {
    for (const bool up : {true, false}) {
        root r;
        std::vector<range> ranges(300);
        for (std::uint64_t i = 0; i < ranges.size(); ++i) {
            const std::uint64_t first = up ? i : ranges.size() - i;
            put(r, ranges[i], first, first);
            BOOST_TEST_REQUIRE(tree::valid(r));
        }
        for (std::size_t i = 0; i < ranges.size(); ++i) {
            tree::erase(r, ranges[i]);
            BOOST_TEST_REQUIRE(tree::valid(r));
        }
    }
}

BOOST_AUTO_TEST_CASE(random_runs_agree_with_a_vector) {
    differential(1, 8, 4, 3, 1500);          // small: every shape of a small tree
    differential(2, 120, 1, 40, 800);        // one key
    differential(3, 120, 10, 10, 1200);      // many equal keys
    differential(4, 200, 10000, 20, 1200);   // few overlaps
    differential(5, 200, 1000, 1000, 1200);  // many overlaps
}

BOOST_AUTO_TEST_CASE(valid_sees_a_broken_augmentation) {
    root r;
    std::vector<range> ranges(50);
    for (std::uint64_t i = 0; i < ranges.size(); ++i) {
        put(r, ranges[i], 10 * i, 10 * i + 5);
    }
    for (range& at : ranges) {
        const std::uint64_t last = at.last;
        BOOST_TEST(tree::valid(r));
        at.last = 10000;  // grows without being taken out: what is above does not know
        BOOST_TEST(!tree::valid(r));
        at.last = last;
    }
    // Shrinking is seen where it was the largest below a node.
    ranges.back().last -= 1;
    BOOST_TEST(!tree::valid(r));
    ranges.back().last += 1;
    BOOST_TEST(tree::valid(r));
}

BOOST_AUTO_TEST_CASE(valid_sees_a_broken_order) {
    root r;
    std::vector<range> ranges(20);
    for (std::uint64_t i = 0; i < ranges.size(); ++i) {
        put(r, ranges[i], 10 * i, 1000);
    }
    ranges[7].first = 95;  // now behind ranges[8] and ranges[9]
    BOOST_TEST(!tree::valid(r));
    ranges[7].first = 70;
    BOOST_TEST(tree::valid(r));
    ranges.back().first = 1001;  // in order, but no interval
    BOOST_TEST(!tree::valid(r));
}

BOOST_AUTO_TEST_CASE(valid_sees_broken_colors_and_links) {
    painted_root r;
    std::vector<painted_range> ranges(8);
    for (const std::size_t i : {4U, 2U, 6U, 1U, 3U, 5U, 7U}) {  // three full levels
        ranges[i].first = i;
        ranges[i].last = i;
        painted_tree::insert(r, ranges[i]);
    }
    auto valid_with = [&](std::initializer_list<unsigned> turned, std::uintptr_t bits) {
        for (const unsigned i : turned) {
            repainted::turned.emplace(static_cast<const painted_node*>(&ranges[i]), bits);
        }
        const bool valid = painted_tree::valid(r);
        repainted::turned.clear();
        return valid;
    };
    BOOST_TEST(valid_with({}, 1));
    BOOST_TEST(valid_with({1, 3, 5, 7}, 1));  // all black is as good as black, black, red
    BOOST_TEST(!valid_with({4}, 1));          // the top is red
    BOOST_TEST(!valid_with({1}, 1));          // one path has a black more
    BOOST_TEST(!valid_with({7}, 1));
    BOOST_TEST(!valid_with({2}, 1));     // one less
    BOOST_TEST(!valid_with({2, 6}, 1));  // all paths alike, but red below red
    for (const unsigned i : {1U, 2U, 3U, 4U, 5U, 6U, 7U}) {
        BOOST_TEST(!valid_with({i}, 1U << 20U));  // points to no parent of it
    }
}
