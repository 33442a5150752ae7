// SPDX-License-Identifier: BSL-1.0
#pragma once

// lifetimes::type_stable: freed anon_vmas wait in a list until they are used again, with their
// locks and counters intact (I12). So whoever read a pointer from a page may lock what it points to
// at any later time; whether it still is the page's anon_vma is checked under that lock
// (ops/reference.hpp).
//
// The memory goes back to the allocator when the map ends, or by `trim` at a moment at which the
// user knows that no lookup is under way. Source of the idea: Linux's use of type-stable slabs
// (2.6.11).

#include <cstddef>
#include <new>

#include <rmap/core/atomics.hpp>
#include <rmap/core/config.hpp>
#include <rmap/core/lock_rank.hpp>
#include <rmap/core/memory.hpp>
#include <rmap/lifetimes/concept.hpp>
#include <rmap/locks/guard.hpp>
#include <rmap/model/anon_vma.hpp>

namespace rmap::inline RMAP_ABI {

namespace lifetimes {

struct type_stable {
    static constexpr bool stale_pointers_are_readable = true;

    template <class Policy>
    class pool {
        using object = anon_vma<Policy>;

    public:
        template <memory_source Memory>
        [[nodiscard]] object* get(Memory& memory) noexcept {
            object* av = pop();
            if (av == nullptr) {
                void* block = memory.allocate(sizeof(object), alignof(object));
                if (block == nullptr) return nullptr;
                av = ::new (block) object{};
            }
            begin_life(*av);
            return av;
        }

        /// Up to `most` of those that wait here, and a list of them back: lifetimes/concept.hpp.
        [[nodiscard]] object* get_free(unsigned most) noexcept {
            object* const first = pop_some(most);
            for (object* av = first; av != nullptr; av = av->parent) {
                object* const behind = av->parent;
                begin_life(*av);
                av->parent = behind;
            }
            return first;
        }
        void put_all(object& first) noexcept {
            object* last = &first;
            while (last->parent.get() != nullptr)
                last = last->parent;
            const write_guard<typename Policy::lock> guard{lock_};
            last->parent = free_.get();
            free_ = &first;
        }

        template <memory_source Memory>
        void put(object& av, Memory&) noexcept {
            const write_guard<typename Policy::lock> guard{lock_};
            av.parent = free_;
            free_ = &av;
        }

        template <memory_source Memory>
        void clear(Memory& memory) noexcept {
            while (object* av = pop()) {
                av->~object();
                memory.deallocate(av, sizeof(object), alignof(object));
            }
        }

    private:
        [[nodiscard]] object* pop() noexcept {
            const write_guard<typename Policy::lock> guard{lock_};
            object* av = free_;
            if (av != nullptr) free_ = av->parent;
            return av;
        }
        [[nodiscard]] object* pop_some(unsigned most) noexcept {
            const write_guard<typename Policy::lock> guard{lock_};
            object* const first = free_;
            object* last = nullptr;
            object* behind = first;
            for (; most != 0 && behind != nullptr; --most) {
                last = behind;
                behind = last->parent;
            }
            if (last == nullptr) return nullptr;
            last->parent = nullptr;
            free_ = behind;
            return first;
        }

        static void begin_life(object& av) noexcept {
            av.parent = &av;
            av.num_children = 0;
            av.num_active_vmas = 0;
            //   Orders:     the fields above and the end of the memory's earlier life before a
            //               stale reader's use of the root.
            //   Pairs with: the look at the root in the discipline's walk guard.
            //   Otherwise:  T1 recycles the memory into another tree | T2, with an old tag, takes
            //               the lock of the new root, and does not see that it is made.
            //   Proved by:  tests/explore/orders_test.cpp
            av.root.store(&av, order::release);
            //   Orders:     the initialised object before a reader that takes a reference.
            //   Pairs with: the acquiring compare_exchange in ops/reference.hpp.
            //   Otherwise:  a reader gets a reference on a half-initialised object.
            //   Proved by:  tests/explore/orders_test.cpp
            av.refs.store(1, order::release);
        }

        lock_of_rank<Policy, lock_rank::free_list> lock_{};
        // Read and written holding lock_.
        typename Policy::atomics::template plain<object*> free_{nullptr};
    };
};

}  // namespace lifetimes

}  // namespace rmap::inline RMAP_ABI
