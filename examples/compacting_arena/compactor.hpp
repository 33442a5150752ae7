// SPDX-License-Identifier: BSL-1.0
#pragma once

// The compactor: moves the file's last frame to its first free slot, one after the other. From the
// frame alone the reverse map finds every place that maps it. Their spaces must be locked, which
// may take waiting, which a walk must not do; hence the two-phase form: collect, lock, confirm.

#include <algorithm>
#include <cstddef>
#include <memory>
#include <mutex>
#include <shared_mutex>
#include <vector>

#include "arena.hpp"
#include "types.hpp"

namespace compacting_arena {

class compactor {
public:
    explicit compactor(arena& of) : arena_{&of} {}

    /// Tries one move; false if the file is as short as it can get.
    bool step() {
        const auto move = arena_->pool().plan();
        if (!move) return false;
        if (!carry_out(*move)) arena_->pool().abandon(*move);
        return true;
    }

    std::size_t moved = 0;     // frames
    std::size_t remapped = 0;  // places
    std::size_t widest = 0;    // most places of one frame
    std::size_t repeated = 0;  // times that a mapping came or went between collect and confirm

private:
    bool carry_out(const frame_pool::move& move) {
        frame_map& map = arena_->map();
        frame& f = *move.what;
        const auto maps_it = [&](const auto& place) {
            return place.mm().table[place.address()].to.load(std::memory_order_acquire) == &f;
        };
        std::vector<std::shared_ptr<space>> spaces;
        const auto maps_it_and_stays = [&](const auto& place) {
            if (!maps_it(place)) return false;
            spaces.push_back(place.mm().shared_from_this());
            return true;
        };
        for (;;) {
            spaces.clear();
            const auto found = map.collect(f, places_.data(), places_.size(), maps_it_and_stays);
            if (found.state == rmap::status::limit) {
                places_.resize(2 * places_.size());
                continue;
            }
            if (found.count == 0) return false;  // not mapped, or no more

            std::sort(spaces.begin(), spaces.end(),
                      [](const auto& a, const auto& b) { return a->id < b->id; });
            std::vector<std::unique_lock<std::shared_mutex>> locks;
            for (const auto& s : spaces)
                locks.emplace_back(s->lock);
            if (map.confirm(f, places_.data(), found.count, maps_it) != rmap::status::ok) {
                ++repeated;
                continue;
            }
            // All who map the frame are locked, so it stays as it is. It may have been freed and
            // used again since the move was planned.
            if (f.slot != move.from) return false;
            remap(move, found.count);
            return true;
        }
    }

    void remap(const frame_pool::move& move, std::size_t count) {
        arena_->file().copy(move.from, move.to);
        for (std::size_t i = 0; i != count; ++i) {
            const auto& [mm, page] = places_[i];
            arena_->file().map(mm->address_of(page), move.to, mm->table[page].writable);
        }
        arena_->pool().commit(move);
        ++moved;
        remapped += count;
        widest = std::max(widest, count);
    }

    arena* arena_;
    std::vector<frame_map::place> places_{4};
};

}  // namespace compacting_arena
