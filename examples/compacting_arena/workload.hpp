// SPDX-License-Identifier: BSL-1.0
#pragma once

// What the threads do, and what the bytes must be at any time: each page is eight cells, each cell
// zeros or filled from a key. The work depends on the seeds alone, not on how the threads run.

#include <array>
#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <deque>
#include <mutex>
#include <optional>
#include <random>
#include <utility>
#include <vector>

#include "arena.hpp"

namespace compacting_arena {

inline constexpr std::size_t cells_a_page = 8;

/// A space together with what its bytes must be.
struct checked_space {
    struct handed_out {
        pgno start;
        pgno pages;
    };

    arena::space_ptr where;
    std::vector<handed_out> spans{};
    std::vector<std::array<std::uint64_t, cells_a_page>> keys{};  // by page; 0: zeros
};

/// Wrong bytes, and refused memory.
inline std::atomic<unsigned> failures{0};

inline std::vector<std::byte> cell_of(std::uint64_t key) {
    std::vector<std::uint64_t> words(page_size() / cells_a_page / sizeof(key));
    for (std::size_t i = 0; i != words.size(); ++i)
        words[i] = key * (2 * i + 1);
    std::vector<std::byte> bytes(page_size() / cells_a_page);
    std::memcpy(bytes.data(), words.data(), bytes.size());
    return bytes;
}

inline void write_cell(arena& a, checked_space& s, pgno page, std::size_t cell, std::uint64_t key) {
    const auto bytes = cell_of(key);
    if (a.write(*s.where, page, cell * bytes.size(), bytes)) {
        s.keys[page][cell] = key;
    } else {
        ++failures;
    }
}

inline void check_page(arena& a, const checked_space& s, pgno page) {
    std::vector<std::byte> bytes(page_size());
    a.read(*s.where, page, 0, bytes);
    for (std::size_t cell = 0; cell != cells_a_page; ++cell) {
        const auto expected = cell_of(s.keys[page][cell]);
        if (std::memcmp(bytes.data() + cell * expected.size(), expected.data(), expected.size()) !=
            0) {
            std::fprintf(stderr, "space %u, page %llu, cell %zu: wrong bytes\n", s.where->id,
                         static_cast<unsigned long long>(page), cell);
            ++failures;
        }
    }
}

inline void check_space(arena& a, const checked_space& s) {
    for (const auto& [start, pages] : s.spans) {
        for (pgno page = start; page != start + pages; ++page)
            check_page(a, s, page);
    }
}

/// Snapshots on their way from those who take them to the one who checks and drops them.
class mailbox {
public:
    void send(checked_space s) {
        std::unique_lock guard{mutex_};
        changed_.wait(guard, [&] { return waiting_.size() < 6; });
        waiting_.push_back(std::move(s));
        changed_.notify_all();
    }
    void close() {
        const std::lock_guard guard{mutex_};
        closed_ = true;
        changed_.notify_all();
    }
    /// Empty when closed, and all were taken.
    std::optional<checked_space> take() {
        std::unique_lock guard{mutex_};
        changed_.wait(guard, [&] { return closed_ || !waiting_.empty(); });
        if (waiting_.empty()) return {};
        checked_space s = std::move(waiting_.front());
        waiting_.pop_front();
        changed_.notify_all();
        return s;
    }

private:
    std::mutex mutex_{};
    std::condition_variable changed_{};
    std::deque<checked_space> waiting_{};
    bool closed_ = false;
};

/// One thread's program that allocates, writes, reads, and takes snapshots.
class worker {
public:
    worker(arena& a, unsigned seed, std::size_t pages_a_space)
        : arena_{&a}, random_{seed}, mine_{a.make_space()} {
        mine_.keys.resize(pages_a_space);
    }

    /// Many spans, of which most are released again: the file is full of holes afterwards.
    void fragment() {
        while (allocate(16)) {
            const auto [start, pages] = mine_.spans.back();
            for (pgno page = start; page != start + pages; ++page)
                write(page);
        }
        for (std::size_t left = mine_.spans.size() / 3; mine_.spans.size() != left;)
            release();
    }

    void work(unsigned steps, mailbox& snapshots) {
        for (unsigned step = 0; step != steps; ++step) {
            const unsigned what = below(100);
            if (what < 50) {
                write(any_page());
            } else if (what < 95) {
                check_page(*arena_, mine_, any_page());
            } else if (what < 97) {
                allocate(8 + below(17));
            } else if (what < 99) {
                if (mine_.spans.size() > 4) release();
            } else {
                snapshots.send(snapshot());
            }
        }
    }

    checked_space snapshot() {
        checked_space copy = mine_;
        copy.where = arena_->snapshot(*mine_.where);
        if (copy.where != nullptr) return copy;
        ++failures;
        return {arena_->make_space()};
    }

    checked_space& mine() noexcept { return mine_; }

private:
    unsigned below(unsigned limit) { return static_cast<unsigned>(random_() % limit); }

    pgno any_page() {
        const auto& [start, pages] = mine_.spans[below(static_cast<unsigned>(mine_.spans.size()))];
        return start + below(static_cast<unsigned>(pages));
    }

    bool allocate(pgno pages) {
        const auto start = arena_->allocate(*mine_.where, pages);
        if (!start) return false;
        for (pgno page = *start; page != *start + pages; ++page)
            mine_.keys[page] = {};
        mine_.spans.push_back({*start, pages});
        return true;
    }

    void release() {
        const auto which = below(static_cast<unsigned>(mine_.spans.size()));
        std::swap(mine_.spans[which], mine_.spans.back());
        arena_->release(*mine_.where, mine_.spans.back().start);
        mine_.spans.pop_back();
    }

    void write(pgno page) { write_cell(*arena_, mine_, page, below(cells_a_page), random_()); }

    arena* arena_;
    std::mt19937_64 random_;
    checked_space mine_;
};

}  // namespace compacting_arena
