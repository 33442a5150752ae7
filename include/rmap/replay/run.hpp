// SPDX-License-Identifier: BSL-1.0
#pragma once

// Replays one trace under one policy: reads, applies, compares, counts. rmap-replay calls it for
// each trace and policy; a user's own program can, too, with a policy of its own.

#include <algorithm>
#include <cstdint>
#include <ctime>
#include <new>

#include <rmap/replay/collect.hpp>
#include <rmap/replay/compare.hpp>
#include <rmap/replay/graph.hpp>
#include <rmap/replay/player.hpp>
#include <rmap/replay/reader.hpp>
#include <rmap/replay/totals.hpp>

namespace rmap::inline RMAP_ABI::replay {

struct run_options {
    bool check = true;  // false: snapshots are read, not compared
    limits most{};
};

/// `progress` is called every now and then with the line number and the bytes of text read so far.
template <class Policy, class Progress>
class run {
public:
    run(input& from, const run_options& options, Progress& progress)
        : input_{from}, options_{options}, progress_{progress}, reader_{from}, seen_{from.name()} {}

    [[nodiscard]] outcome operator()() {
        try {
            out_.trace = input_.name();
            out_.pages_only = !Policy::merge::is_reference;
            replay();
            out_.numbers.differences = seen_.count();
            out_.first = seen_.first();
        } catch (const std::bad_alloc&) {
            // What was replayed is gone by now, so that a message has room.
            out_.wrong = problem{reader_.name(), reader_.line(), "no memory is left to replay it"};
        }
        return std::move(out_);
    }

private:
    using policy = rmap::counted<Policy>;
    using player_type = player<policy>;

    void replay() {
        event e;
        reader::result next = reader_.next(e);
        player_type play{reader_.head(), options_.most};
        start_ = processor_seconds();
        for (; next == reader::result::event; next = reader_.next(e)) {
            if (e.what == verb::snap) {
                stop_clock();
                if (!take_snapshot(play)) break;
                start_ = processor_seconds();
                continue;
            }
            if (!play.apply(e)) {
                out_.wrong = problem{reader_.name(), reader_.line(), play.error()};
                break;
            }
            count(play);
        }
        stop_clock();
        if (!reader_.error().what.empty()) out_.wrong = reader_.error();
        out_.numbers.processes = play.spaces().ever();
    }

    void count(player_type& play) {
        totals& n = out_.numbers;
        ++n.events;
        const std::uint64_t anon_vmas = play.system().map().stats().anon_vmas();
        const std::uint64_t links = play.system().map().stats().links();
        n.anon_vmas = std::max(n.anon_vmas, anon_vmas);
        n.links = std::max(n.links, links);
        n.bytes = std::max(n.bytes, anon_vmas * sizeof(anon_vma<policy>) +
                                        play.system().map().stats().link_bytes());
        if (n.events % 4096 == 0) progress_(reader_.line(), input_.bytes_read());
    }

    bool take_snapshot(player_type& play) {
        if (!reader_.read_snapshot(expected_)) return false;
        progress_(reader_.line(), input_.bytes_read());
        if (!options_.check) return true;
        const header& head = reader_.head();
        totals& n = out_.numbers;
        ++n.snapshots;
        tables_.clear();
        walked_.clear();
        collector<policy> collect{play.system(), play.spaces(), play.files()};
        collect.page_tables(head, tables_);
        walk_totals cost;
        collect.walks(walked_, cost);
        n.walks += cost.walks;
        n.visited += cost.visited;
        n.places += cost.found;
        if (Policy::merge::is_reference && head.covers_all) {
            collect.vmas(tables_);
            seen_.vmas(expected_, tables_);
        }
        seen_.pages("page row, by page tables", expected_, tables_);
        seen_.pages("page row, by rmap walk", expected_, walked_);
        using topology = typename policy::topology;
        if constexpr (Policy::merge::is_reference && graph_is_reference<topology>) {
            graph_collector<policy> graph{play.system(), play.spaces()};
            graph.objects(tables_);
            if (expected_.has_graph()) graph.rows(collect.pages(), tables_);
            seen_.graph(expected_, tables_);
            seen_.objects(expected_, tables_);
        }
        return true;
    }

    // Of this thread, so that neither a slow disk nor a busy machine counts.
    static double processor_seconds() noexcept {
        timespec now{};
        ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
        return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
    }

    void stop_clock() { out_.numbers.seconds += processor_seconds() - start_; }

    input& input_;
    run_options options_;
    Progress& progress_;
    reader reader_;
    comparison seen_;
    outcome out_{};
    snapshot expected_{};
    snapshot tables_{};
    snapshot walked_{};
    double start_ = 0;
};

/// Replays what `from`, which MUST be open, holds. Memory that runs out is reported like bad input,
/// with the line that it ran out in.
template <class Policy, class Progress>
[[nodiscard]] outcome run_trace(input& from, const run_options& options, Progress progress) {
    return run<Policy, Progress>{from, options, progress}();
}

}  // namespace rmap::inline RMAP_ABI::replay
