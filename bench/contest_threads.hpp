// SPDX-License-Identifier: BSL-1.0
#pragma once

// A contestant in two threads. Rates are those of a second of the thread's CPU time, so that a busy
// machine slows them less; a thread that waits for a lock spins, and so is charged for it.

#include <atomic>
#include <chrono>
#include <thread>

#include "contest.hpp"

namespace rmap_bench {

template <class Policy>
results contest<Policy>::two_threads(unsigned width, unsigned milliseconds) {
    results out;
    family f[2];
    std::uint32_t numbers = 0;
    for (family& one : f) {
        one.parent = make_space();
        for (unsigned r = 0; r != regions; ++r) {
            must(map.prepare(*one.parent->vmas[r]));
            one.shared.push_back(make_page(*one.parent->vmas[r], start_of(r) + 5, ++numbers));
        }
        for (unsigned i = 0; i != width; ++i) {
            one.children.push_back(make_space());
            fork(*one.children.back(), *one.parent);
        }
        // The first child stays; these pages are its own.
        for (unsigned r = 0; r != regions; ++r)
            one.own.push_back(make_page(*one.children[0]->vmas[r], start_of(r) + 7, ++numbers));
    }
    // How many mappings and how many operations on vmas in a second; either may be left out.
    const auto together = [&](bool walks, bool changes, unsigned changed) {
        std::atomic<bool> stop{false};
        double mappings = 0;
        double operations = 0;
        std::thread walker;
        std::thread changer;
        if (walks) {
            walker = std::thread{[&] {
                std::uint64_t met = 0;
                std::minstd_rand random{3};
                const double from = cpu_ns();
                while (!stop.load(std::memory_order_relaxed)) {
                    summing<false> sum{};
                    must(map.walk(*f[0].shared[random() % regions], sum).state);
                    met += sum.found;
                }
                mappings = static_cast<double>(met) * 1e9 / (cpu_ns() - from);
            }};
        }
        if (changes) {
            changer = std::thread{[&] {
                std::uint64_t done = 0;
                std::minstd_rand random{4};
                family& mine = f[changed];
                const double from = cpu_ns();
                while (!stop.load(std::memory_order_relaxed)) {
                    space& s = *mine.children[1 + random() % (width - 1)];
                    exit(s);
                    fork(s, *mine.parent);
                    done += 2 * regions;
                }
                operations = static_cast<double>(done) * 1e9 / (cpu_ns() - from);
            }};
        }
        std::this_thread::sleep_for(std::chrono::milliseconds{milliseconds});
        stop = true;
        if (walks) walker.join();
        if (changes) changer.join();
        return std::pair{mappings, operations};
    };
    out["walk_alone_per_s"] = together(true, false, 0).first;
    out["change_alone_per_s"] = together(false, true, 0).second;
    const auto apart = together(true, true, 1);
    out["walk_beside_other_per_s"] = apart.first;
    out["change_beside_other_per_s"] = apart.second;
    const auto same = together(true, true, 0);
    out["walk_in_one_family_per_s"] = same.first;
    out["change_in_one_family_per_s"] = same.second;
    // Walks of the first child's own pages beside changes of its brothers.
    const auto own_pages = [&]<bool Unlocked>() {
        std::atomic<bool> stop{false};
        double walks = 0;
        std::thread walker{[&] {
            std::vector<page*> order;
            for (unsigned i = 0; i != 64; ++i)
                order.insert(order.end(), f[0].own.begin(), f[0].own.end());
            std::uint64_t met = 0;
            std::uint64_t done = 0;
            const double from = cpu_ns();
            for (; !stop.load(std::memory_order_relaxed); done += order.size())
                static_cast<void>(walk_all<false, Unlocked>(order, met));
            walks = static_cast<double>(done) * 1e9 / (cpu_ns() - from);
        }};
        std::thread changer{[&] {
            std::minstd_rand random{4};
            while (!stop.load(std::memory_order_relaxed)) {
                space& s = *f[0].children[1 + random() % (width - 1)];
                exit(s);
                fork(s, *f[0].parent);
            }
        }};
        std::this_thread::sleep_for(std::chrono::milliseconds{milliseconds});
        stop = true;
        walker.join();
        changer.join();
        return walks;
    };
    const std::uint64_t found = checksum;
    out["private_in_one_family_per_s"] = own_pages.template operator()<false>();
    out["private_in_one_family_unlocked_per_s"] = own_pages.template operator()<true>();
    checksum = found;  // what was met depends on how long it took
    for (family& one : f) {
        for (page* p : one.own)
            drop_page(p);
        for (page* p : one.shared)
            drop_page(p);
        for (space* s : one.children) {
            exit(*s);
            drop_space(s);
        }
        exit(*one.parent);
        drop_space(one.parent);
    }
    map.trim();
    return out;
}

}  // namespace rmap_bench
