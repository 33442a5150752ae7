// SPDX-License-Identifier: BSL-1.0
#pragma once

// Phase one of every operation that links: links are allocated into a reserve before any lock is
// taken, so that phase two cannot fail; what is left over, or was taken off, is freed after the
// locks are dropped. A reserve MUST be declared before the guards of its operation.

#include <cstddef>
#include <new>

#include <rmap/core/memory.hpp>
#include <rmap/core/status.hpp>
#include <rmap/model/anon_vma.hpp>
#include <rmap/ops/reference.hpp>

namespace rmap::inline RMAP_ABI::ops {

template <class Map>
class link_reserve {
    using policy = typename Map::policy;
    using topology = typename policy::topology;
    using link = typename topology::template link<policy>;

public:
    using list_type = typename topology::template link_list<policy>;

    explicit link_reserve(Map& map) noexcept : map_{&map} {}
    link_reserve(const link_reserve&) = delete;
    link_reserve& operator=(const link_reserve&) = delete;

    ~link_reserve() {
        while (auto* node = links_.front()) {
            auto* l = static_cast<link*>(node);
            links_.erase(*l);
            free(*l);
        }
        while (auto* node = spent_.front()) {
            auto* l = static_cast<link*>(node);
            spent_.erase(*l);
            free(*l);
        }
        while (anon_vma<policy>* av = emptied_) {
            emptied_ = av->parent;
            av->parent = av;
            put(*map_, *av);
        }
    }

    /// Adds `count` links. On no_memory those that were got are freed with the reserve.
    template <memory_source Memory>
    status fill(Memory& memory, std::size_t count) noexcept {
        for (; count != 0; --count) {
            void* block = memory.allocate(sizeof(link), alignof(link));
            if (block == nullptr) return status::no_memory;
            links_.push_back(*::new (block) link{});
            map_->stats().links_changed(+1);
        }
        return status::ok;
    }

    [[nodiscard]] list_type& links() noexcept { return links_; }
    [[nodiscard]] list_type& spent() noexcept { return spent_; }

    /// The anon_vma has no vma any more: its base reference goes when the reserve does (I10). Under
    /// its update guard; until then its parent is the reserve's.
    void emptied(anon_vma<policy>& av) noexcept {
        av.parent = emptied_;
        emptied_ = &av;
    }

private:
    void free(link& l) noexcept {
        l.~link();
        map_->memory().deallocate(&l, sizeof(link), alignof(link));
        map_->stats().links_changed(-1);
    }

    Map* map_;
    list_type links_{};
    list_type spent_{};
    anon_vma<policy>* emptied_ = nullptr;
};

}  // namespace rmap::inline RMAP_ABI::ops
