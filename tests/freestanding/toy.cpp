// SPDX-License-Identifier: BSL-1.0

// A toy kernel's use of the map, without an operating system: its own page, region and address
// space under names of its own, locks that save the interrupt state, memory out of a static array.
// toy() runs most operations and returns 0, or the line at which something was wrong. It asks for
// rmap_panic alone.

#include <rmap/rmap.hpp>

namespace toy_kernel {

// ---- what a kernel has

unsigned interrupts_off = 0;

/// lock() hands out how deep interrupts were off before; unlock() must get that back.
class irq_lock {
public:
    unsigned lock() noexcept {
        const unsigned before = interrupts_off++;
        while (__atomic_exchange_n(&held_, true, __ATOMIC_ACQUIRE)) {}
        return before;
    }
    void unlock(unsigned before) noexcept {
        __atomic_store_n(&held_, false, __ATOMIC_RELEASE);
        interrupts_off = before;
    }
    rmap::locks::try_result<unsigned> try_lock() noexcept {
        if (__atomic_exchange_n(&held_, true, __ATOMIC_ACQUIRE)) return {};
        return interrupts_off++;
    }

private:
    bool held_ = false;
};

/// Blocks of one size out of a static array, handed out again as they come back.
class slab {
public:
    static constexpr std::size_t block_size = 128;

    void* allocate(std::size_t size, std::size_t align) noexcept {
        if (size > block_size || align > 64 || budget == 0) return nullptr;
        for (std::size_t i = 0; i != blocks; ++i) {
            if (used_[i]) continue;
            used_[i] = true;
            --budget;
            return memory_ + i * block_size;
        }
        return nullptr;
    }
    void deallocate(void* block, std::size_t, std::size_t) noexcept {
        used_[static_cast<std::size_t>(static_cast<unsigned char*>(block) - memory_) / block_size] =
            false;
    }
    static bool all_back() noexcept {
        for (const bool used : used_) {
            if (used) return false;
        }
        return true;
    }

    static inline unsigned budget = 1000;  // allocations until it fails

private:
    static constexpr std::size_t blocks = 64;
    alignas(64) static inline unsigned char memory_[blocks * block_size];
    static inline bool used_[blocks];
};

struct policy : rmap::default_policy {
    using lock = irq_lock;
    using allocator = slab;
};

/// For take_all_locks, which takes no token locks.
struct plain_policy : rmap::default_policy {
    using lock = rmap::locks::spin;
    using allocator = slab;
};

template <class P>
struct task {
    typename P::lock faults{};
};

template <class P>
struct frame {
    rmap::page_hook<P> way_back{};
    unsigned entries = 0;
};

template <class P>
struct region : rmap::vma_hook<P>, rmap::i_mmap_hook<P> {
    region(task<P>& of, rmap::pgno first, rmap::pgno count, rmap::pgoff_t at = 0) noexcept
        : owner{&of}, from{first}, to{first + count}, offset{at == 0 ? first : at} {}

    task<P>* owner;
    rmap::pgno from, to;
    rmap::pgoff_t offset;
    rmap::i_mmap<P>* file = nullptr;
};

}  // namespace toy_kernel

// ---- how the map finds it: by traits, as the names are the kernel's

template <class P>
struct rmap::mm_traits<toy_kernel::task<P>> {
    static auto& page_table_lock(toy_kernel::task<P>& t) noexcept { return t.faults; }
};

template <class P>
struct rmap::page_traits<toy_kernel::frame<P>> {
    template <class Policy>
    static rmap::page_hook<Policy>& hook(toy_kernel::frame<P>& f) noexcept {
        return f.way_back;
    }
    static bool mapped(const toy_kernel::frame<P>& f) noexcept {
        return __atomic_load_n(&f.entries, __ATOMIC_ACQUIRE) != 0;
    }
};

template <class P>
struct rmap::vma_traits<toy_kernel::region<P>> {
    using region = toy_kernel::region<P>;

    template <class Policy>
    static rmap::vma_hook<Policy>& hook(region& r) noexcept {
        return r;
    }
    template <class Policy>
    static region& from_hook(rmap::vma_hook<Policy>& h) noexcept {
        return static_cast<region&>(h);
    }
    static rmap::pgno start(const region& r) noexcept { return r.from; }
    static rmap::pgno pages(const region& r) noexcept { return r.to - r.from; }
    static rmap::pgoff_t pgoff(const region& r) noexcept { return r.offset; }
    static void set_range(region& r, rmap::pgno first, rmap::pgno n, rmap::pgoff_t at) noexcept {
        r.from = first;
        r.to = first + n;
        r.offset = at;
    }
    static auto& mm(const region& r) noexcept { return *r.owner; }
    static bool alike(const region& a, const region& b) noexcept { return a.file == b.file; }
};

template <class P>
struct rmap::file_traits<toy_kernel::region<P>> {
    using region = toy_kernel::region<P>;

    template <class Policy>
    static constexpr bool supported = true;
    template <class Policy>
    static rmap::i_mmap<Policy>* mapping(const region& r) noexcept {
        return r.file;
    }
    template <class Policy>
    static rmap::i_mmap_hook<Policy>& hook(region& r) noexcept {
        return r;
    }
    template <class Policy>
    static region& from_hook(rmap::i_mmap_hook<Policy>& h) noexcept {
        return static_cast<region&>(h);
    }
};

namespace toy_kernel {

template <class P>
using map_of = rmap::reverse_map<frame<P>, region<P>, P>;
static_assert(std::same_as<map_of<policy>::lock_type, irq_lock>);

using rmap::status;

void map_at(frame<policy>& f) noexcept {
    __atomic_fetch_add(&f.entries, 1, __ATOMIC_RELAXED);
}
void unmap(frame<policy>& f) noexcept {
    __atomic_fetch_sub(&f.entries, 1, __ATOMIC_ACQ_REL);
}

// Fails the enclosing function with its line.
#define TOY_EXPECT(...)                      \
    do {                                     \
        if (!(__VA_ARGS__)) return __LINE__; \
    } while (false)

/// Regions that fault, split, merge, fork, grow and move; pages that are tagged and walked.
int anonymous(map_of<policy>& map) {
    task<policy> parent{}, child{};
    region<policy> a{parent, 0x100, 16}, b{parent, 0x110, 16}, rest{parent, 1, 1};
    region<policy> copy{child, 0x100, 8}, moved{parent, 0x900, 8, 0x100}, twin{parent, 0xa00, 4, 9};
    frame<policy> f{};

    slab::budget = 0;
    TOY_EXPECT(map.prepare(a) == status::no_memory && map.own(a) == nullptr);
    slab::budget = 1000;
    TOY_EXPECT(map.prepare(a) == status::ok && map.prepare(b, &a, nullptr) == status::ok);
    TOY_EXPECT(map.own(a) == map.own(b) && !map.inherited(b));
    map.tag_new(f, a, 0x102);
    map_at(f);

    TOY_EXPECT(map.split(a, rest, 0x108) == status::ok && rest.from == 0x108 && a.to == 0x108);
    TOY_EXPECT(map.fork(copy, a) == status::ok && map.inherited(copy));
    map_at(f);

    unsigned links = 0;
    map.for_each_link(copy, [&](auto&) { ++links; });
    TOY_EXPECT(links == 2);
    rmap::pgno sum = 0;
    const auto add = [&](const auto& place) { sum += place.address(); };
    TOY_EXPECT(map.walk(f, add).places == 2 && sum == 2 * 0x102);
    const auto one = map.walk(
        f, [](const auto&) { return false; }, rmap::walk_mode::try_lock);
    TOY_EXPECT(one.stopped && one.visited == 1);

    map_of<policy>::place kept[4];
    const auto all = [](const auto&) { return true; };
    const auto found = map.collect(f, kept, 4, all);
    TOY_EXPECT(found.count == 2 && kept[0].mm == &parent && kept[1].mm == &child);
    TOY_EXPECT(map.confirm(f, kept, 2, all) == status::ok);
    TOY_EXPECT(map.confirm(f, kept, 1, all) == status::stale);

    auto* const held = map.get(f);
    TOY_EXPECT(held == map.own(a) && map.walk_from(*held, 0x102, add).places == 2);
    map.put(*held);
    unmap(f);
    map.unlink(copy);
    map.tag_own(f, a, 0x102);
    map.tag_shared(f, a, 0x102);

    map_of<policy>::request want{};
    want.range = {0x108, 8, 0x108};
    want.prev = &a;
    want.middle = &rest;
    TOY_EXPECT(map.plan_merge(want) == rmap::merge_case::all_into_prev);
    const auto merged = map.merge(want);
    TOY_EXPECT(merged.state == status::ok && merged.removed[0] == &rest && a.to == 0x110);

    TOY_EXPECT(map.expand_down(a, 0xf0, nullptr, &b) == status::ok && a.from == 0xf0);
    TOY_EXPECT(map.adjust(b, {0x110, 8, 0x110}) == status::ok);
    TOY_EXPECT(map.expand_up(b, 12, &a, nullptr) == status::ok && b.to == 0x11c);

    want = {};
    want.range = {0x900, 8, 0x100};
    want.copied_from = &a;
    const auto move = map.copy_vma(want, moved);
    TOY_EXPECT(move.state == status::ok && move.to == &moved && map.own(moved) == map.own(a));
    {
        const map_of<policy>::move_locks batch{*move.to, true};
        map.tag_moved(f, moved, 0x902);
    }
    TOY_EXPECT(map.clone(twin, moved, rmap::ops::clone_op::remap) == status::ok);

    unmap(f);
    TOY_EXPECT(map.walk(f, add).state == status::not_mapped);
    map.untag(f);
    region<policy>* const left[] = {&a, &b, &moved, &twin};
    for (region<policy>* r : left)
        map.unlink(*r);
    return 0;
}

/// Regions that map a file, and a page of same content.
int files_and_ksm(map_of<policy>& map) {
    task<policy> reader{}, writer{};
    rmap::i_mmap<policy> file{};
    region<policy> r{reader, 0x40, 8, 100}, w{writer, 0x80, 4, 104};
    r.file = w.file = &file;
    map.link_file(r);
    map.link_file(w);

    frame<policy> f{};
    map.tag_file(f, file, 105);
    map_at(f);
    rmap::pgno sum = 0;
    const auto add = [&](const auto& place) { sum += place.address(); };
    TOY_EXPECT(map.kind_of(f) == rmap::page_kind::file && map.walk(f, add).places == 2);
    TOY_EXPECT(sum == 0x45 + 0x81 && map.walk_file(file, 0, 102, add).places == 1);
    unmap(f);

    TOY_EXPECT(map.prepare(r) == status::ok);
    rmap::ksm_node<policy> node{};
    rmap::ksm_item<policy> item{};
    map.ksm_add(node, item, *map.own(r), reader, 0x41);
    map.tag_ksm(f, node);
    map_at(f);
    TOY_EXPECT(map.walk(f, add).places == 1);
    unmap(f);
    map.ksm_remove(node, item);
    map.untag(f);

    region<policy>* const both[] = {&r, &w};
    for (region<policy>* v : both) {
        map.unlink_file(*v);
        map.unlink(*v);
    }
    return file.vmas.empty() ? 0 : __LINE__;
}

int all_locks() {
    map_of<plain_policy> map;
    task<plain_policy> t{};
    region<plain_policy> a{t, 0x10, 4}, b{t, 0x80, 4};
    TOY_EXPECT(map.prepare(a) == status::ok && map.prepare(b) == status::ok);
    {
        const auto every = map.take_all_locks([&](auto f) {
            f(a);
            f(b);
        });
        TOY_EXPECT(!map.own(a)->lock.try_lock() && !map.own(b)->lock.try_lock());
    }
    map.unlink(a);
    map.unlink(b);
    return 0;
}

enum class bits : unsigned { locked, lru, mlocked, count };
using flag_word = rmap::flags::page_flags<bits>;
using one_word = rmap::flags::one_word<flag_word, bits::mlocked, bits::lru>;
using split_word = rmap::flags::split_word<flag_word, bits::mlocked, flag_word, bits::lru>;
using locked = rmap::flags::locked<flag_word, bits::mlocked, flag_word, bits::lru, irq_lock>;

/// A page's flags: each form of the handshake, and the lock in the word.
int page_flags() {
    flag_word::unpublished fresh;
    fresh.set<bits::mlocked>();
    flag_word one{static_cast<flag_word::unpublished&&>(fresh)}, other;
    TOY_EXPECT(one_word::putback(one).still_mlocked());
    TOY_EXPECT(one_word::munlock(one).isolate());
    {
        const rmap::write_guard page_lock{one};
        TOY_EXPECT(!split_word::mlock({one, other}, page_lock));
        TOY_EXPECT(split_word::munlock_to_free({one, other}, page_lock).was_mlocked());
    }
    TOY_EXPECT(!split_word::putback({one, other}).still_mlocked());
    irq_lock lru_lock;
    {
        auto mine = locked::munlock({one, other, lru_lock});
        TOY_EXPECT(mine.on_lru() && interrupts_off == 1 && mine.isolate());
    }
    return one.withdraw().none() && other.withdraw().none() ? 0 : __LINE__;
}

int everything() {
    {
        map_of<policy> map;
        if (const int line = anonymous(map)) return line;
        if (const int line = files_and_ksm(map)) return line;
    }
    if (const int line = all_locks()) return line;
    if (const int line = page_flags()) return line;
    return slab::all_back() && interrupts_off == 0 ? 0 : __LINE__;
}

}  // namespace toy_kernel

extern "C" int toy() {
    return toy_kernel::everything();
}
