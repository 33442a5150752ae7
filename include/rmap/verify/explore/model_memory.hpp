// SPDX-License-Identifier: BSL-1.0
#pragma once

// The allocator of an exploration (a memory_source): see verify/explore/blocks.hpp for what it
// notices.

#include <cstddef>
#include <new>

#include <rmap/core/memory.hpp>
#include <rmap/verify/explore/engine.hpp>

namespace rmap::inline RMAP_ABI::verify {

struct model_memory {
    [[nodiscard]] void* allocate(std::size_t size, std::size_t align) noexcept {
        engine* const e = engine::active();
        if (e == nullptr) return memory::heap{}.allocate(size, align);
        step_of(*e, op_kind::allocate);
        return e->memory().allocate(size, e->options().reuse_memory);
    }
    void deallocate(void* block, std::size_t size, std::size_t align) noexcept {
        engine* const e = engine::active();
        if (e == nullptr) {
            memory::heap{}.deallocate(block, size, align);
            return;
        }
        step_of(*e, op_kind::deallocate);
        switch (e->memory().deallocate(block)) {
            case block_table::freed::ok: e->objects().retire(block, size); return;
            case block_table::freed::twice:
                e->fail(failure_kind::double_free,
                        "a block was freed twice by " + e->thread_name());
            case block_table::freed::unknown:
                e->fail(failure_kind::double_free, "memory that was never allocated was freed by " +
                                                       e->thread_name());
        }
    }

private:
    /// Who gets which block depends on the order of these, where memory is used again.
    static void step_of(engine& e, op_kind k) {
        if (e.options().reuse_memory && e.on_thread()) {
            e.visible({k, order::relaxed, e.heap(), nullptr, nullptr, 0});
        }
    }
};

static_assert(memory_source<model_memory>);

}  // namespace rmap::inline RMAP_ABI::verify
