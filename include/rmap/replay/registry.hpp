// SPDX-License-Identifier: BSL-1.0
#pragma once

// Which object of the reference mm a trace means by a number, and back. A number that was used
// stays used: an address space that exited is told from one that never was. Only the player and the
// collector use it.

#include <algorithm>
#include <unordered_map>
#include <utility>
#include <vector>

#include <rmap/replay/budget.hpp>
#include <rmap/replay/event.hpp>

namespace rmap::inline RMAP_ABI::replay {

template <class Object>
class registry {
public:
    struct entry {
        Object* object = nullptr;  // null: it has exited
        holdings held{};
    };

    /// The entry of a number, or null if none was ever given that number. Good until it is erased.
    [[nodiscard]] entry* find(id number) {
        if (last_ != nullptr && last_number_ == number) return last_;
        const auto it = entries_.find(number);
        if (it == entries_.end()) return nullptr;
        last_number_ = number;
        return last_ = &it->second;
    }
    entry& add(id number, Object& object) {
        numbers_[&object] = number;
        return entries_[number] = entry{&object, {}};
    }
    /// Keeps the number, forgets the object.
    void retire(entry& e) {
        numbers_.erase(e.object);
        e.object = nullptr;
    }
    /// The number of an object that was added and not retired.
    [[nodiscard]] id number_of(const Object& object) const { return numbers_.at(&object); }
    [[nodiscard]] std::size_t alive() const noexcept { return numbers_.size(); }
    [[nodiscard]] std::size_t ever() const noexcept { return entries_.size(); }

    /// Those alive, in the order of their numbers.
    [[nodiscard]] std::vector<std::pair<id, Object*>> in_order() const {
        std::vector<std::pair<id, Object*>> out;
        out.reserve(numbers_.size());
        for (const auto& [object, number] : numbers_) {
            out.emplace_back(number, entries_.at(number).object);
        }
        std::ranges::sort(out, {}, &std::pair<id, Object*>::first);
        return out;
    }

private:
    std::unordered_map<id, entry> entries_{};
    std::unordered_map<const Object*, id> numbers_{};
    id last_number_ = 0;
    entry* last_ = nullptr;  // nodes of an unordered_map stay where they are
};

}  // namespace rmap::inline RMAP_ABI::replay
