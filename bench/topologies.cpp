// SPDX-License-Identifier: BSL-1.0

// Topologies side by side on the same work, in runs that take turns, on an aged heap. chain_tree is
// the stand-in for Linux; what the others take is also told as a ratio to it.

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <string>
#include <vector>

#include <rmap/rmap.hpp>

#include "contest_more.hpp"
#include "measure.hpp"
#include "registry.hpp"
#include "topologies.hpp"

namespace rmap_bench {

namespace {

template <class Policy, outcome (*InTwoThreads)(unsigned, unsigned)>
outcome run(work what, unsigned a, unsigned b, unsigned c) {
    if (what == work::two_threads) return InTwoThreads(a, b);
    aged_heap::get().begin_anew();
    outcome out;
    contest<Policy> in;
    switch (what) {
        case work::wide: out.measured = in.wide(a, b, c, true); break;
        case work::deep: out.measured = in.deep(a, b, c); break;
        case work::pieces: out.measured = in.pieces(a, b); break;
        case work::many_pieces: out.measured = in.many_pieces(a, b); break;
        case work::first_faults: out.measured = in.first_faults(a, b != 0); break;
        case work::alone: out.measured = in.alone(a); break;
        case work::two_threads: break;
    }
    out.checksum = in.checksum;
    return out;
}

constexpr contestant contestants[] = {
    {"chain_tree", run<rmap::default_policy, chain_tree_in_two_threads>},
    {"cow_tree", run<rmap::cow_tree, cow_tree_in_two_threads>},
    {"glancing_cow_tree", run<rmap::glancing_cow_tree, glancing_cow_tree_in_two_threads>},
    {"late_cow_tree", run<rmap::late_cow_tree, late_cow_tree_in_two_threads>},
};

void contest_in(report& to, const std::string& name, unsigned runs, work what, unsigned a,
                unsigned b, unsigned c) {
    std::map<std::string, std::vector<double>> all[std::size(contestants)];
    std::uint64_t expected = 0;
    for (unsigned i = 0; i != runs; ++i) {
        for (std::size_t j = 0; j != std::size(contestants); ++j) {
            const std::size_t who = (i + j) % std::size(contestants);
            const outcome o = contestants[who].run(what, a, b, c);
            if (i == 0 && j == 0) expected = o.checksum;
            if (o.checksum != expected) {
                std::fprintf(stderr, "rmap-bench: %s: %s found something else\n", name.c_str(),
                             contestants[who].name);
                std::abort();
            }
            for (const auto& [metric, value] : o.measured)
                all[who][metric].push_back(value);
        }
    }
    for (const auto& [metric, values] : all[0]) {
        const double reference = median(values);
        for (std::size_t who = 0; who != std::size(contestants); ++who) {
            auto& mine = all[who][metric];
            figure f;
            f.name = "topologies/" + name + '/' + metric + '/' + contestants[who].name;
            f.iterations = runs;
            const double middle = median(mine);
            const bool bytes = metric.find("bytes") != std::string::npos;
            const bool rate = metric.ends_with("_per_s");
            const bool time = !bytes && !rate;
            if (time) f.real_ns = f.cpu_ns = middle;
            if (rate) f.items_per_second = middle;
            if (bytes) f.counters.emplace_back("bytes", middle);
            // How many times better than the first contestant.
            const double better = rate ? middle / reference : reference / middle;
            f.counters.emplace_back("ratio", middle == 0 || reference == 0 ? 0 : better);
            if (time) {
                f.counters.emplace_back("min_ns", *std::min_element(mine.begin(), mine.end()));
                f.counters.emplace_back("max_ns", *std::max_element(mine.begin(), mine.end()));
            }
            to.add(std::move(f));
        }
    }
}

}  // namespace

bool topologies(report& to) {
    const bool quick = to.quick();
    const unsigned runs = quick ? 1 : 5;
    for (const unsigned width : {10U, 100U, 1000U, 10000U}) {
        if (quick && width > 100) break;
        contest_in(to, "width_" + std::to_string(width), runs, work::wide, 1, width,
                   quick            ? 100
                   : width == 10000 ? 3000
                                    : 4000);
    }
    if (!quick) contest_in(to, "dram", 3, work::wide, 100, 1000, 4000);
    contest_in(to, "deep", runs, work::deep, quick ? 8 : 64, quick ? 4 : 50, quick ? 100 : 4000);
    for (const unsigned depth : {1U, 4U}) {
        contest_in(to, "pieces_at_depth_" + std::to_string(depth), runs, work::pieces, depth,
                   quick ? 1000 : 100000, 0);
    }
    for (const unsigned pieces : {1U, 10U, 100U, 1000U, 10000U}) {
        if (quick && pieces > 100) break;
        contest_in(to, "of_" + std::to_string(pieces) + "_pieces", runs, work::many_pieces, pieces,
                   quick ? 1000 : 50000, 0);
    }
    contest_in(to, "first_faults_in_order", runs, work::first_faults, quick ? 400 : 40000, 1, 0);
    contest_in(to, "first_faults_at_random", runs, work::first_faults, quick ? 400 : 40000, 0, 0);
    for (const unsigned processes : {10U, 1000U}) {
        if (quick && processes > 10) break;
        contest_in(to, "alone_" + std::to_string(processes), runs, work::alone, processes, 0, 0);
    }
    for (const unsigned width : {100U, 1000U}) {
        if (quick && width > 100) break;
        contest_in(to, "two_threads_" + std::to_string(width), runs, work::two_threads, width,
                   quick ? 5 : 200, 0);
    }
    return true;
}

}  // namespace rmap_bench
