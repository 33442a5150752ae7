// SPDX-License-Identifier: BSL-1.0

// split, adjust, expand: ranges change with their places under anon_vmas and files.

#define BOOST_TEST_MODULE split
#include <boost/test/unit_test.hpp>

#include "support/policies.hpp"
#include "support/world.hpp"

namespace {

using namespace rmap_test;
using rmap::status;
using rmap::ops::span;

template <class F>
span range(const typename F::vma& v) {
    return rmap::ops::span_of<typename F::map>(v);
}

/// Where a walk over the file meets each of its pages, as "start+offset of the vma".
template <class F>
std::string file_places(world<F>& w, rmap::i_mmap<typename F::policy>& file, rmap::pgno pages) {
    std::string all;
    for (rmap::pgno page = 0; page != pages; ++page) {
        (void)w.map().walk_file(file, page, 1, [&](const auto& place) {
            all += std::to_string(place.address()) + " ";
        });
    }
    return all;
}

BOOST_AUTO_TEST_CASE_TEMPLATE(splits_at_every_page, F, few<toy>) {
    for (rmap::pgno at : {10U, 11U, 14U, 17U, 18U}) {
        world<F> w;
        auto& child = w.new_mm();
        auto& v = w.fork(w.faulted(w.new_mm(), 10, 8), child);
        auto& fresh = w.new_vma(child, 0, 1);
        const auto before = w.picture();
        const bool inside = at > 10 && at < 18;
        if (!inside) {
            BOOST_TEST((w.map().split(v, fresh, at) == status::invalid));
            BOOST_TEST(w.picture() == before);
            continue;
        }
        const long took = with_failures([&] {
            if (w.map().split(v, fresh, at) == status::ok) return true;
            BOOST_TEST(w.picture() == before);
            return false;
        });
        // A link for each in the chain, or a block.
        BOOST_TEST(took == world<F>::allocations(2, 1));
        BOOST_TEST((range<F>(v) == span{10, at - 10, 10}));
        BOOST_TEST((range<F>(fresh) == span{at, 18 - at, at}));
        BOOST_TEST((w.map().own(v) == w.map().own(fresh) && w.chain(v) == w.chain(fresh)));
        BOOST_TEST((w.map().own(v)->num_active_vmas == 2));
        BOOST_TEST(w.wrong() == "");
    }
}

BOOST_AUTO_TEST_CASE_TEMPLATE(splits_unfaulted, F, few<toy>) {
    world<F> w;
    auto& mm = w.new_mm();
    rmap::i_mmap<typename F::policy> file;
    auto& v = w.new_vma(mm, 100, 8, 0, &file);
    auto& fresh = w.new_vma(mm, 0, 1);
    fresh.file = &file;
    const long took = with_failures([&] { return w.map().split(v, fresh, 103) == status::ok; });
    BOOST_TEST(took == 0);
    BOOST_TEST((range<F>(v) == span{100, 3, 0} && range<F>(fresh) == span{103, 5, 3}));
    BOOST_TEST(file_places(w, file, 9) == "100 101 102 103 104 105 106 107 ");
    BOOST_TEST(w.objects() == "0/0");
    w.forget(v);
    w.forget(fresh);
}

// A split page by page is met at each page by exactly one part, and pages keep their indices.
BOOST_AUTO_TEST_CASE_TEMPLATE(pages_stay_found, F, few<toy>) {
    world<F> w;
    auto& mm = w.new_mm();
    auto& v = w.faulted(mm, 10, 4);
    std::vector<typename F::page> pages(4);
    for (rmap::pgno i = 0; i != 4; ++i) {
        w.map().tag_new(pages[i], v, 10 + i);
        pages[i].add_mapping();
    }
    std::vector<typename F::vma*> parts{&v};
    for (rmap::pgno at : {12U, 11U, 13U}) {
        for (auto* part : parts) {
            if (at > part->start() && at < part->start() + part->pages()) {
                parts.push_back(&w.new_vma(mm, 0, 1));
                BOOST_TEST((w.map().split(*part, *parts.back(), at) == status::ok));
                break;
            }
        }
        for (rmap::pgno i = 0; i != 4; ++i) {
            const auto met = w.walked(pages[i]);
            BOOST_TEST(met.size() == 1U);
            BOOST_TEST((met[0]->start() <= 10 + i && 10 + i < met[0]->start() + met[0]->pages()));
        }
    }
    for (auto& p : pages)
        p.remove_mapping();
}

BOOST_AUTO_TEST_CASE_TEMPLATE(adjust_moves_ends, F, few<toy>) {
    world<F> w;
    rmap::i_mmap<typename F::policy> file;
    auto& v = w.new_vma(w.new_mm(), 100, 8, 0, &file);
    BOOST_TEST((w.map().prepare(v) == status::ok));
    typename F::page first;
    typename F::page last;
    w.map().tag_new(first, v, 100);
    w.map().tag_new(last, v, 107);
    first.add_mapping();
    last.add_mapping();
    BOOST_TEST((w.map().adjust(v, {102, 6, 2}) == status::ok));
    BOOST_TEST((range<F>(v) == span{102, 6, 2}));
    BOOST_TEST(file_places(w, file, 9) == "102 103 104 105 106 107 ");
    BOOST_TEST((w.walked(first).empty() && w.walked(last).size() == 1));
    BOOST_TEST((w.map().adjust(v, {102, 5, 2}) == status::ok));
    BOOST_TEST(w.walked(last).empty());
    BOOST_TEST((w.map().adjust(v, {100, 8, 0}) == status::ok));
    BOOST_TEST((w.walked(first).size() == 1 && w.walked(last).size() == 1));
    const auto before = w.picture();
    BOOST_TEST((w.map().adjust(v, {100, 0, 0}) == status::invalid));
    BOOST_TEST((w.map().adjust(v, {~rmap::pgno{0}, 2, 0}) == status::invalid));
    BOOST_TEST((w.map().adjust(v, {100, 2, ~rmap::pgno{0}}) == status::invalid));
    BOOST_TEST(w.picture() == before);
    BOOST_TEST(w.wrong() == "");
    first.remove_mapping();
    last.remove_mapping();
    w.forget(v);
}

// An unfaulted vma may be given other offsets: nothing is found by them yet.
BOOST_AUTO_TEST_CASE_TEMPLATE(adjust_unfaulted, F, one<toy>) {
    world<F> w;
    auto& v = w.new_vma(w.new_mm(), 100, 8);
    BOOST_TEST((w.map().adjust(v, {50, 4, 7}) == status::ok));
    BOOST_TEST((range<F>(v) == span{50, 4, 7}));
}

// A stack prepares before it grows; its offset decreases with its start.
BOOST_AUTO_TEST_CASE_TEMPLATE(expand, F, few<toy>) {
    world<F> w;
    auto& mm = w.new_mm();
    auto& v = w.new_vma(mm, 100, 8);
    const auto before = w.picture();
    const long took = with_failures([&] {
        if (w.map().expand_down(v, 97, nullptr, nullptr) == status::ok) return true;
        BOOST_TEST(w.picture() == before);
        return false;
    });
    BOOST_TEST(took == world<F>::allocations(2, 1));
    BOOST_TEST((range<F>(v) == span{97, 11, 97}));
    BOOST_TEST(w.objects() == "1/1");
    BOOST_TEST((w.map().expand_up(v, 12, nullptr, nullptr) == status::ok));
    BOOST_TEST((range<F>(v) == span{97, 12, 97}));
    const auto grown = w.picture();
    BOOST_TEST((w.map().expand_down(v, 97, nullptr, nullptr) == status::invalid));
    BOOST_TEST((w.map().expand_down(v, 98, nullptr, nullptr) == status::invalid));
    BOOST_TEST((w.map().expand_up(v, 12, nullptr, nullptr) == status::invalid));
    BOOST_TEST((w.map().expand_up(v, ~rmap::pgno{0}, nullptr, nullptr) == status::invalid));
    BOOST_TEST(w.picture() == grown);
    auto& low = w.new_vma(mm, 100, 2, 1);
    BOOST_TEST((w.map().expand_down(low, 98, nullptr, nullptr) == status::invalid));
    BOOST_TEST((w.map().own(low) == nullptr));
    BOOST_TEST((w.map().expand_down(low, 99, nullptr, nullptr) == status::ok));
    BOOST_TEST((range<F>(low) == span{99, 3, 0}));
}

}  // namespace
