// SPDX-License-Identifier: BSL-1.0
#pragma once

// cow_block: what topologies::cow_tree keeps its entries in. An entry of 16 bytes says which
// offsets of which address space something covers, so that a walk streams through the entries of a
// block and touches nothing else; beside the entries stands, 8 bytes each, what they are about: a
// vma, or a child anon_vma. The block says where offset 0 of its entries is, how far addresses are
// from offsets, and which offsets anything in it covers at all.
//
// All of it is read holding the tree lock (shared or exclusive) and written holding it exclusively,
// or by the one who alone knows the block. A glance (cow_glance.hpp) reads what is a `field` here,
// and the capacity, which never changes, without a lock.

#include <cstddef>
#include <cstdint>
#include <new>

#include <rmap/core/config.hpp>
#include <rmap/core/types.hpp>
#include <rmap/topologies/cow_field.hpp>

namespace rmap::inline RMAP_ABI {

template <class Policy>
class anon_vma;

/// What an entry may have to say of a range.
struct cow_range {
    pgno start = 0;
    pgno pages = 0;
    pgoff_t pgoff = 0;

    [[nodiscard]] pgoff_t last() const noexcept { return pgoff + (pages - 1); }
};

template <class Policy>
class alignas(2 * sizeof(void*)) cow_block {
    template <class T>
    using plain = typename Policy::atomics::template plain<T>;
    template <class T>
    using field = cow_field<Policy, T>;

public:
    using node = anon_vma<Policy>;
    using index_type = std::uint32_t;

    // In `pages`: the child has children of its own; the range is not the whole truth, look at what
    // the entry is about (if the range is empty: for every offset). With either, the sign bit.
    static constexpr std::uint32_t flagged_bit = 1U << 31;
    static constexpr std::uint32_t kids_flag = flagged_bit | 1U << 30;
    static constexpr std::uint32_t look_flag = flagged_bit | 1U << 29;
    static constexpr std::uint32_t pages_mask = (1U << 29) - 1;
    [[nodiscard]] static bool has_flag(std::uint32_t pages) noexcept {
        return static_cast<std::int32_t>(pages) < 0;
    }
    [[nodiscard]] static bool has_kids(std::uint32_t pages) noexcept {
        return (pages & kids_flag) == kids_flag;
    }
    [[nodiscard]] static bool must_look(std::uint32_t pages) noexcept {
        return (pages & look_flag) == look_flag;
    }
    static constexpr std::uint32_t no_offset = UINT32_MAX;  // in no entry's range

    struct entry {
        field<void*> mm{nullptr};
        field<std::uint32_t> first{0};  // offset of the first page, from the block's base on
        field<std::uint32_t> pages{0};  // and flags; 0: a hole
    };
    using about_type = field<void*>;

    /// Up to 255.
    template <template <class> class Field>
    class small_number {
    public:
        [[nodiscard]] operator index_type() const noexcept { return value_; }
        [[nodiscard]] index_type get() const noexcept { return value_; }
        small_number& operator=(index_type value) noexcept {
            value_ = static_cast<std::uint8_t>(value);
            return *this;
        }

    private:
        Field<std::uint8_t> value_{0};
    };

    [[nodiscard]] static constexpr std::size_t size_of(index_type capacity) noexcept {
        return sizeof(cow_block) + capacity * (sizeof(entry) + sizeof(about_type));
    }
    /// In size_of(capacity) bytes.
    [[nodiscard]] static cow_block* make(void* memory, index_type capacity) noexcept {
        auto* const b = ::new (memory) cow_block{};
        b->capacity = capacity;
        for (index_type i = 0; i != capacity; ++i) {
            ::new (static_cast<void*>(b->entries() + i)) entry{};
            ::new (static_cast<void*>(b->abouts() + i)) about_type{nullptr};
        }
        return b;
    }
    void end() noexcept {
        for (index_type i = 0; i != capacity; ++i) {
            entries()[i].~entry();
            abouts()[i].~about_type();
        }
        this->~cow_block();
    }

    [[nodiscard]] entry& at(index_type i) noexcept { return entries()[i]; }
    [[nodiscard]] about_type& about(index_type i) noexcept { return abouts()[i]; }
    [[nodiscard]] bool full() const noexcept { return live == capacity; }

    /// Empty, with ranges like this one in view: the first range decides what is said shortest.
    void begin_with(const cow_range& r) noexcept {
        constexpr std::uint64_t below = std::uint64_t{1} << 31;
        base = r.pgoff > below ? r.pgoff - below : 0;
        delta = r.start - r.pgoff;
        lo = 1;
        hi = 0;
        used = 0;
        live = 0;
        flagged = 0;
        hole = 0;
        level = 0;
    }
    /// Empty; gets all that a full one has, slot by slot.
    void take_over(cow_block& full) noexcept {
        base = full.base.get();
        delta = full.delta.get();
        lo = full.lo.get();
        hi = full.hi.get();
        for (index_type i = 0; i != full.used; ++i) {
            at(i).mm = full.at(i).mm.get();
            at(i).first = full.at(i).first.get();
            at(i).pages = full.at(i).pages.get();
            about(i) = full.about(i).get();
        }
        used = full.used.get();
        live = full.live.get();
        flagged = full.flagged.get();
        hole = 0;
    }
    [[nodiscard]] bool covers(pgoff_t index) const noexcept { return lo <= index && index <= hi; }
    /// Whether that has changed anything.
    bool widen(pgoff_t first, pgoff_t last) noexcept {
        if (lo > hi) {
            lo = first;
            hi = last;
            return true;
        }
        const bool wider = first < lo || last > hi;
        if (first < lo) lo = first;
        if (last > hi) hi = last;
        return wider;
    }

    /// An offset as the entries have it.
    [[nodiscard]] std::uint32_t offset_of(pgoff_t index) const noexcept {
        const std::uint64_t off = index - base;
        return off < no_offset ? static_cast<std::uint32_t>(off) : no_offset;
    }
    /// Whether the entries can say the range.
    [[nodiscard]] bool fits(pgoff_t first, std::uint64_t pages) const noexcept {
        return pages <= pages_mask && first - base < no_offset - pages;
    }
    [[gnu::always_inline]] void set_range(entry& e, pgoff_t first, std::uint64_t pages,
                                          std::uint32_t flags) noexcept {
        if (fits(first, pages)) [[likely]] {
            e.first = static_cast<std::uint32_t>(first - base);
            e.pages = static_cast<std::uint32_t>(pages) | flags;
        } else {
            e.first = 0;
            e.pages = flags | look_flag;
        }
    }
    /// One vma.
    [[gnu::always_inline]] void set_vma(entry& e, const cow_range& r, void* mm,
                                        std::uint32_t flags) noexcept {
        e.mm = mm;
        set_range(e, r.pgoff, r.pages, flags | (r.start - r.pgoff == delta ? 0 : look_flag));
    }
    /// Whether an entry with flags says that its range, or everything, may cover the offset.
    [[nodiscard]] static bool may_cover(std::uint32_t pages, std::uint32_t distance) noexcept {
        const std::uint32_t n = pages & pages_mask;
        return distance < n || (n == 0 && must_look(pages));
    }

    field<cow_block*> next{nullptr};  // the last one's: null
    plain<cow_block*> prev{nullptr};  // the first one's: the last
    plain<node*> owner{nullptr};      // whose vmas or children these are
    field<std::uint64_t> base{0};     // the offset that is 0 here
    field<std::uint64_t> delta{0};    // page numbers less offsets, of entries without look_flag
    field<pgoff_t> lo{1};             // all that is covered, here and below, lies in [lo, hi]
    field<pgoff_t> hi{0};
    small_number<plain> capacity{};
    small_number<field> used{};     // slots that ever were in use
    small_number<plain> live{};     // those that are
    small_number<plain> flagged{};  // entries with a flag
    small_number<plain> hole{};     // 1 + a slot that is used and not live; see cow_kids
    small_number<field> level{};    // of a block over others: how many are below; see cow_index

private:
    [[nodiscard]] entry* entries() noexcept {
        static_assert(sizeof(cow_block) % alignof(entry) == 0 &&
                      sizeof(entry) % alignof(about_type) == 0);
        return reinterpret_cast<entry*>(this + 1);
    }
    [[nodiscard]] about_type* abouts() noexcept {
        return reinterpret_cast<about_type*>(entries() + capacity);
    }
};

/// Blocks one behind the other: `first` is a field of their owner, a pointer to a block or to void.
template <class Policy>
struct cow_blocks {
    using block = cow_block<Policy>;
    using head = cow_field<Policy, block*>;

    static void push_front(auto& first, block& b) noexcept {
        block* const old = static_cast<block*>(first.get());
        b.next = old;
        b.prev = old == nullptr ? &b : old->prev.get();
        if (old != nullptr) old->prev = &b;
        first = &b;
    }
    static void push_back(auto& first, block& b) noexcept {
        block* const old = static_cast<block*>(first.get());
        if (old == nullptr) return push_front(first, b);
        block* const tail = old->prev;
        b.next = nullptr;
        b.prev = tail;
        tail->next = &b;
        old->prev = &b;
    }
    static void insert_behind(auto& first, block& at, block& b) noexcept {
        block* const behind = at.next;
        if (behind == nullptr) return push_back(first, b);
        b.next = behind;
        b.prev = &at;
        behind->prev = &b;
        at.next = &b;
    }
    static void erase(auto& first, block& b) noexcept {
        block* const behind = b.next;
        block* const before = b.prev;
        block* const old = static_cast<block*>(first.get());
        if (&b == old) {
            first = behind;
            if (behind != nullptr) behind->prev = before;
        } else {
            before->next = behind;
            (behind != nullptr ? behind : old)->prev = before;
        }
        b.next = nullptr;
        b.prev = nullptr;
    }
};

/// Blocks that wait to be used, or to be freed.
template <class Policy>
class cow_list {
    template <class T>
    using plain = typename Policy::atomics::template plain<T>;

public:
    using block = cow_block<Policy>;

    [[nodiscard]] bool has(std::uint32_t capacity) const noexcept { return count(capacity) != 0; }
    [[nodiscard]] std::uint32_t count(std::uint32_t capacity) const noexcept {
        std::uint32_t n = 0;
        for (block* b = blocks_; b != nullptr; b = b->next)
            n += b->capacity == capacity ? 1 : 0;
        return n;
    }
    [[nodiscard]] bool empty() const noexcept { return blocks_ == nullptr; }
    void push(block& b) noexcept {
        b.next = blocks_;
        blocks_ = &b;
    }
    /// One of that capacity, which MUST be there, as if new.
    [[nodiscard]] block& take(std::uint32_t capacity) noexcept {
        block* before = nullptr;
        block* b = blocks_;
        while (b->capacity != capacity) {
            before = b;
            b = b->next;
        }
        if (before == nullptr) {
            blocks_ = b->next;
        } else {
            before->next = b->next.get();
        }
        b->next = nullptr;
        return *b;
    }
    [[nodiscard]] block* pop() noexcept {
        block* const b = blocks_;
        if (b != nullptr) blocks_ = b->next;
        return b;
    }

    /// Under the update guard: where one more goes, for who adds it next. `what`: the vma that it
    /// goes behind, or itself.
    void remember(const void* what, block* at, std::uint32_t slot) noexcept {
        what_ = what;
        at_ = at;
        slot_ = slot;
    }
    /// Once; null: not known.
    [[nodiscard]] block* recall(const void* what, std::uint32_t& slot) noexcept {
        if (what != what_) return nullptr;
        what_ = nullptr;
        slot = slot_;
        return at_;
    }

private:
    block* blocks_ = nullptr;
    const void* what_ = nullptr;
    block* at_;  // these two: if there is a `what_`
    std::uint32_t slot_;
};

}  // namespace rmap::inline RMAP_ABI
