// SPDX-License-Identifier: BSL-1.0
#pragma once

// place_chain: the places at which one page is mapped, in the page: a head word that says "none",
// "one, here" or "these chunks", and whose lowest bit is the lock of all of it. Called by
// topologies/pte_chain.hpp and ops/places.hpp. Allocates nothing: chunks come from a list that was
// filled beforehand and go to one that is freed later.
//
// Sources: the pte_chain of Linux 2.5 (one entry in the page, cache-line nodes behind it); KVM's
// rmap head (empty, one, tagged chunks; since 2025 with a lock bit).

#include <cstddef>
#include <cstdint>

#include <rmap/core/atomics.hpp>
#include <rmap/core/check.hpp>
#include <rmap/core/config.hpp>
#include <rmap/core/list.hpp>
#include <rmap/core/types.hpp>

namespace rmap::inline RMAP_ABI {

namespace topologies {

/// An address space, by its address, and a page number there. Read and written holding the page's
/// head lock.
template <class Policy>
struct chain_entry {
    typename Policy::atomics::template plain<void*> mm{nullptr};
    typename Policy::atomics::template plain<pgno> address{0};

    [[nodiscard]] bool is(const void* in, pgno at) const noexcept {
        return mm.get() == in && address == at;
    }
    void become(void* in, pgno at) noexcept {
        mm = in;
        address = at;
    }
};

template <class Policy>
class place_chain;

/// Six entries of one page: 128 bytes.
template <class Policy>
class place_chunk : public list_node<typename Policy::atomics> {
    friend class place_chain<Policy>;
    template <class T>
    using plain = typename Policy::atomics::template plain<T>;
    static constexpr std::uint32_t room = 6;

    // Read and written holding the page's head lock.
    plain<place_chunk*> next_{nullptr};  // a full one
    plain<std::uint32_t> used_{0};
    chain_entry<Policy> entries_[room]{};
};

template <class Policy>
class place_chain {
    using atomics = typename Policy::atomics;
    using chunk = place_chunk<Policy>;
    using entry = chain_entry<Policy>;

public:
    using word = std::uintptr_t;
    using chunk_list = list<atomics>;

    place_chain() noexcept = default;
    place_chain(const place_chain&) = delete;
    place_chain& operator=(const place_chain&) = delete;
    ~place_chain() {
        RMAP_CHECK(Policy, head_.load(order::relaxed) == 0, destroyed_while_linked,
                   "a page was destroyed while it has places");
    }

    /// Whether there is surely no place. Needs no lock; a place that comes meanwhile may be missed.
    //   Orders:     nothing is read behind it.
    //   Pairs with: lock(), the read-modify-write of whoever adds the first place.
    //   Otherwise:  whoever has seen the page mapped has acquired what came before that, the lock
    //               bit among it; so the word is not null.
    //   Proved by:  tests/explore/places_test.cpp
    [[nodiscard]] bool empty() const noexcept { return head_.load(order::relaxed) == 0; }

    /// How many chunks there are. For moments at which nobody is inside.
    [[nodiscard]] std::size_t chunks() const noexcept {
        const word value = head_.load(order::relaxed);
        std::size_t count = 0;
        if ((value & chunk_bit) == 0) return count;
        for (auto* c = reinterpret_cast<chunk*>(value & ~chunk_bit); c != nullptr; c = c->next_) {
            ++count;
        }
        return count;
    }

    /// Holds the lock; what the word says goes back with it.
    class guard {
    public:
        //   Orders:     what the last holder wrote to the chunks before this one's use of them.
        //   Pairs with: the release in the destructor.
        //   Otherwise:  T1 adds a place to a chunk, unlocks | T2 locks, reads the chunk's count of
        //               before, and misses the place (Linux KVM, review of the lock bit, 2024).
        //   Proved by:  tests/explore/places_test.cpp
        /// Not at all, if it would have to wait and may not.
        explicit guard(place_chain& of, bool may_wait = true) noexcept : of_{&of} {
            while (((value_ = of.head_.fetch_or(lock_bit, order::acquire)) & lock_bit) != 0) {
                if (!may_wait) {
                    of_ = nullptr;
                    return;
                }
                while ((of.head_.load(order::relaxed) & lock_bit) != 0)
                    atomics::pause();
            }
        }
        guard(const guard&) = delete;
        guard& operator=(const guard&) = delete;
        //   Orders, Pairs with, Otherwise, Proved by: the constructor.
        ~guard() {
            if (of_ != nullptr) of_->head_.store(value_, order::release);
        }

        [[nodiscard]] bool owns() const noexcept { return of_ != nullptr; }

        /// Whether a place more takes a chunk.
        [[nodiscard]] bool lacks_chunk() const noexcept {
            if (value_ == 0) return false;
            const chunk* const first = chunks();
            return first == nullptr || first->used_ == chunk::room;
        }

        /// One place more; `spare` has a chunk if it lacks one.
        void add(void* mm, pgno at, chunk_list& spare) noexcept {
            if (value_ == 0) {
                of_->address_ = at;
                value_ = reinterpret_cast<word>(mm);
                return;
            }
            chunk* first = chunks();
            if (lacks_chunk()) {
                auto& fresh = static_cast<chunk&>(*spare.front());
                spare.erase(fresh);
                fresh.next_ = first;
                if (first == nullptr) push(fresh, single(), of_->address_);
                first = &fresh;
                value_ = reinterpret_cast<word>(first) | chunk_bit;
            }
            push(*first, mm, at);
        }

        /// One place less; false if it is not there. Chunks that are not needed go to `spent`.
        bool remove(const void* mm, pgno at, chunk_list& spent) noexcept {
            if (value_ == 0) return false;
            if (chunks() == nullptr) {
                if (single() != mm || of_->address_ != at) return false;
                value_ = 0;
                return true;
            }
            entry* const e = find(mm, at);
            if (e == nullptr) return false;
            take(*e, spent);
            shrink(spent);
            return true;
        }

        /// A place becomes another; false if it is not there.
        bool rename(void* mm, pgno from, pgno to) noexcept {
            if (value_ == 0) return false;
            if (chunks() == nullptr) {
                if (single() != mm || of_->address_ != from) return false;
                of_->address_ = to;
                return true;
            }
            entry* const e = find(mm, from);
            if (e != nullptr) e->address = to;
            return e != nullptr;
        }

        /// f(mm, address) for each place. f says whether the walk goes on, and by its third
        /// argument, which is false, whether the place is to go.
        template <class F>
        void for_each(chunk_list& spent, F f) {
            if (value_ == 0) return;
            bool goes = false;
            if (chunks() == nullptr) {
                f(single(), of_->address_.get(), goes);
                if (goes) value_ = 0;
                return;
            }
            bool on = true;
            for (chunk *c = chunks(), *behind = nullptr; on && c != nullptr; c = behind) {
                behind = c->next_;
                // Downwards: one that goes is replaced by the last of the first chunk, which was
                // visited before.
                for (std::uint32_t i = c->used_; on && i-- != 0; goes = false) {
                    entry& e = c->entries_[i];
                    on = f(e.mm.get(), e.address.get(), goes);
                    if (goes) take(e, spent);
                }
            }
            shrink(spent);
        }

        /// All places of another page become those of this one, which has none.
        void take_over(guard& from) noexcept {
            of_->address_ = from.of_->address_.get();
            value_ = from.value_;
            from.value_ = 0;
        }

    private:
        [[nodiscard]] chunk* chunks() const noexcept {
            return (value_ & chunk_bit) == 0 ? nullptr
                                             : reinterpret_cast<chunk*>(value_ & ~chunk_bit);
        }
        [[nodiscard]] void* single() const noexcept { return reinterpret_cast<void*>(value_); }

        static void push(chunk& to, void* mm, pgno at) noexcept {
            to.entries_[to.used_].become(mm, at);
            to.used_ = to.used_ + 1;
        }
        [[nodiscard]] entry* find(const void* mm, pgno at) const noexcept {
            for (chunk* c = chunks(); c != nullptr; c = c->next_) {
                for (std::uint32_t i = c->used_; i-- != 0;) {
                    if (c->entries_[i].is(mm, at)) return &c->entries_[i];
                }
            }
            return nullptr;
        }
        void take(entry& e, chunk_list& spent) noexcept {
            chunk& first = *chunks();
            first.used_ = first.used_ - 1;
            const entry& last = first.entries_[first.used_];
            e.become(last.mm, last.address);
            if (first.used_ != 0) return;
            value_ =
                first.next_ == nullptr ? 0 : reinterpret_cast<word>(first.next_.get()) | chunk_bit;
            spent.push_back(first);
        }
        /// One place alone stands in the page itself.
        void shrink(chunk_list& spent) noexcept {
            chunk* const first = chunks();
            if (first == nullptr || first->next_ != nullptr || first->used_ != 1) return;
            const entry& last = first->entries_[0];
            of_->address_ = last.address.get();
            value_ = reinterpret_cast<word>(last.mm.get());
            spent.push_back(*first);
        }

        place_chain* of_;
        word value_ = 0;
    };

private:
    static constexpr word lock_bit = 1;
    static constexpr word chunk_bit = 2;

    typename atomics::template atomic<word> head_{0};
    // Of the one place. Read and written holding the lock.
    typename atomics::template plain<pgno> address_{0};
};

}  // namespace topologies

}  // namespace rmap::inline RMAP_ABI
