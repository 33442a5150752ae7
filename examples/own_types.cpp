// SPDX-License-Identifier: BSL-1.0
// Types that know nothing of rmap, a lock that hands out saved flags, and memory of one's own.
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <rmap/rmap.hpp>
#include <utility>

namespace my {

/// Stands for what a kernel has: held with interrupts off; unlock() gets back what lock() saved.
class irq_lock {
public:
    [[nodiscard]] bool lock() noexcept {
        for (;;) {
            const bool saved = std::exchange(interrupts_on, false);
            if (!held_.exchange(true, std::memory_order_acquire)) return saved;
            interrupts_on = saved;  // who waits takes interrupts
        }
    }
    [[nodiscard]] rmap::locks::try_result<bool> try_lock() noexcept {
        const bool saved = std::exchange(interrupts_on, false);
        if (!held_.exchange(true, std::memory_order_acquire)) return saved;
        interrupts_on = saved;
        return {};
    }
    void unlock(bool saved) noexcept {
        held_.store(false, std::memory_order_release);
        interrupts_on = saved;
    }
    static inline thread_local bool interrupts_on = true;

private:
    std::atomic<bool> held_{false};
};

/// The memory that anon_vmas and links may take: so many blocks.
struct budget {
    int blocks = 100;
    void* allocate(std::size_t size, std::size_t align) noexcept {
        if (blocks == 0) return nullptr;
        void* const got = std::aligned_alloc(align, (size + align - 1) / align * align);
        blocks -= got != nullptr;
        return got;
    }
    void deallocate(void* block, std::size_t, std::size_t) noexcept {
        std::free(block);
        ++blocks;
    }
};

struct policy : rmap::default_policy {
    using lock = irq_lock;
    using allocator = budget;
};

struct frame {
    int number = 0;
    std::atomic<int> entries{0};
    rmap::page_hook<policy> reverse{};
};
struct space {
    std::map<rmap::pgno, frame*> table{};
    irq_lock table_lock{};
};
struct area {
    area(space& s, rmap::pgno begin, rmap::pgno end) noexcept
        : in{&s}, from{begin}, to{end}, offset{begin} {
        reverse.of = this;
    }
    space* in;
    rmap::pgno from, to, offset;
    bool locked = false;
    struct part : rmap::vma_hook<policy> {  // a member that knows what it is a member of
        area* of = nullptr;
    } reverse{};
};

}  // namespace my

// Every function static and noexcept, of exactly these results.
template <>
struct rmap::page_traits<my::frame> {
    template <class Policy>
    static page_hook<Policy>& hook(my::frame& f) noexcept {
        return f.reverse;
    }
    static bool mapped(const my::frame& f) noexcept {
        return f.entries.load(std::memory_order_acquire) != 0;
    }
};
template <>
struct rmap::vma_traits<my::area> {
    template <class Policy>
    static vma_hook<Policy>& hook(my::area& a) noexcept {
        return a.reverse;
    }
    template <class Policy>
    static my::area& from_hook(vma_hook<Policy>& h) noexcept {
        return *static_cast<my::area::part&>(h).of;
    }
    static pgno start(const my::area& a) noexcept { return a.from; }
    static pgno pages(const my::area& a) noexcept { return a.to - a.from; }
    static pgoff_t pgoff(const my::area& a) noexcept { return a.offset; }
    static void set_range(my::area& a, pgno start, pgno pages, pgoff_t pgoff) noexcept {
        a.from = start, a.to = start + pages, a.offset = pgoff;
    }
    static my::space& mm(const my::area& a) noexcept { return *a.in; }
    static bool alike(const my::area& a, const my::area& b) noexcept {
        return a.locked == b.locked;
    }
};
template <>
struct rmap::mm_traits<my::space> {
    static auto& page_table_lock(my::space& s) noexcept { return s.table_lock; }
};

using my_map = rmap::reverse_map<my::frame, my::area, my::policy>;

int main() {
    using rmap::status;
    my_map map{my::budget{3}};
    my::space parent, child;
    my::area ours{parent, 0x100, 0x110}, theirs{child, 0x100, 0x110};
    my::frame f{7};
    const auto enter = [&](my::space& in) {
        f.entries.fetch_add(1, std::memory_order_release), in.table[0x105] = &f;
    };
    const auto clear = [&](my::space& in) {
        in.table.erase(0x105), f.entries.fetch_sub(1, std::memory_order_acq_rel);
    };
    const auto places = [&](int found = 0) {
        const auto seen = map.walk(f, [&](const auto& at) {
            const auto entry = at.mm().table.find(at.address());
            found += entry != at.mm().table.end() && entry->second == &f;
        });
        return seen.state == status::ok || seen.state == status::not_mapped ? found : -1;
    };

    if (map.prepare(ours) != status::ok) return 1;  // an anon_vma and a link
    map.tag_new(f, ours, 0x105), enter(parent);
    // An anon_vma and two links are more than what is left: nothing happens.
    const bool refused = map.fork(theirs, ours) == status::no_memory && places() == 1;
    my::budget reserve;  // in place of the map's, which all memory goes back to
    if (map.fork(reserve, theirs, ours) != status::ok) return 1;
    enter(child);
    const bool both = places() == 2;
    clear(child), map.unlink(theirs);
    const bool one = places() == 1;
    clear(parent), map.unlink(ours);
    const bool on = my::irq_lock::interrupts_on;
    std::printf("%d blocks of the reserve, interrupts %s\n", 100 - reserve.blocks,
                on ? "on" : "off");
    return refused && both && one && places() == 0 && on ? 0 : 1;
}
