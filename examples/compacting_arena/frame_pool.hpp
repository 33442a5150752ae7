// SPDX-License-Identifier: BSL-1.0
#pragma once

// Which slot of the file is whose. A freed slot keeps its memory and is the first to be used again,
// as allocators do it; so the file gets full of holes that cost memory, which is what the compactor
// is for. Frames are never destroyed before the pool, so a stale pointer to one can be walked from.

#include <algorithm>
#include <cstddef>
#include <deque>
#include <mutex>
#include <optional>
#include <vector>

#include "memory_file.hpp"
#include "types.hpp"

namespace compacting_arena {

class frame_pool {
public:
    explicit frame_pool(const memory_file& file) noexcept : file_{&file} {}

    frame& get() {
        const std::lock_guard guard{mutex_};
        if (spare_.empty()) spare_.push_back(&frames_.emplace_back());
        frame& f = *spare_.back();
        spare_.pop_back();
        if (free_.empty()) {
            f.slot = slots_.size();
            slots_.push_back(&f);
        } else {
            f.slot = free_.back();
            free_.pop_back();
            slots_[f.slot] = &f;
        }
        return f;
    }

    void put(frame& f) {
        const std::lock_guard guard{mutex_};
        slots_[f.slot] = nullptr;
        free_.push_back(f.slot);
        spare_.push_back(&f);
    }

    /// The last frame of the file, and the first slot that it could move to.
    struct move {
        frame* what;
        std::size_t from;
        std::size_t to;
    };

    /// A move that makes the file shorter, if there is one. Its target is taken until commit or
    /// abandon; one move at a time. The frame may be freed or be another page's by now, who moves
    /// it must look.
    std::optional<move> plan() {
        const std::lock_guard guard{mutex_};
        trim();
        if (free_.empty()) return {};  // all free slots lie before the last used one
        const auto lowest = std::min_element(free_.begin(), free_.end());
        const move m{slots_.back(), slots_.size() - 1, *lowest};
        free_.erase(lowest);
        return m;
    }
    /// The bytes are in `to`, and so are all mappings; whoever could use the frame is locked out.
    void commit(const move& m) {
        const std::lock_guard guard{mutex_};
        m.what->slot = m.to;
        slots_[m.to] = m.what;
        slots_[m.from] = nullptr;
        free_.push_back(m.from);
    }
    void abandon(const move& m) {
        const std::lock_guard guard{mutex_};
        free_.push_back(m.to);
    }

    [[nodiscard]] std::size_t used() {
        const std::lock_guard guard{mutex_};
        return frames_.size() - spare_.size();
    }
    [[nodiscard]] std::size_t length() {
        const std::lock_guard guard{mutex_};
        return slots_.size();
    }

private:
    // Gives back what is free at the end of the file.
    void trim() {
        const std::size_t before = slots_.size();
        while (!slots_.empty() && slots_.back() == nullptr)
            slots_.pop_back();
        const std::size_t end = slots_.size();
        for (std::size_t slot = end; slot != before; ++slot)
            file_->punch(slot);
        std::erase_if(free_, [end](std::size_t slot) { return slot >= end; });
    }

    const memory_file* file_;
    std::mutex mutex_{};
    std::deque<frame> frames_{};
    std::vector<frame*> spare_{};      // frames without a slot
    std::vector<frame*> slots_{};      // null: free
    std::vector<std::size_t> free_{};  // used from the back
};

}  // namespace compacting_arena
