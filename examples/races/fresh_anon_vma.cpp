// SPDX-License-Identifier: BSL-1.0

// Need a first fault lock an anon_vma that nobody knows yet? A second fault sees the vma's pointer
// to it without any lock, and maps a page that leads to it; a walk from that page then reads links
// that the first fault is still making, as far as this processor can see. Linux settled it without
// barriers: the lock is taken even of a fresh one. Shown under the C++ memory model.

#include <type_traits>

#include <rmap/locking/root.hpp>

#include "gallery.hpp"
#include "policies.hpp"
#include "small_mm.hpp"

namespace races {

namespace {

/// Atomics that publish pointers to anon_vmas without an order.
struct unordered_pointers : rmap::verify::model {
    template <class T>
    class atomic : public rmap::verify::model::atomic<T> {
        using base = rmap::verify::model::atomic<T>;

    public:
        using base::base;
        [[nodiscard]] T load(order o) const noexcept { return base::load(weakened(o)); }
        void store(T value, order o) noexcept { base::store(value, weakened(o)); }

    private:
        static constexpr order weakened(order o) noexcept {
            return std::is_pointer_v<T> ? order::relaxed : o;
        }
    };
};

/// locking::root, but what no vma is linked to is not locked.
struct fresh_ones_unlocked : rmap::locking::root {
    template <class Policy>
    class update {
    public:
        update() noexcept = default;
        explicit update(rmap::anon_vma<Policy>& member) noexcept {
            rmap::anon_vma<Policy>* const root = member.root.load(order::acquire);
            if (root == &member && member.links.empty()) return;
            guard_ = rmap::write_guard<typename Policy::lock>{root->lock};
        }

    private:
        rmap::write_guard<typename Policy::lock> guard_{};
    };
};

template <class Atomics, class Locking>
struct weakened : explored_with<Locking> {
    using atomics = Atomics;
};

template <class Atomics, class Locking>
explore_result run(const std::string& name, const explore_options& with) {
    return rmap::verify::explore(name, with, [](test& t) {
        using mm = small_mm<weakened<Atomics, Locking>>;
        mm world;
        typename mm::space space;
        typename mm::vma v{space, 100, 2};
        // Memory that was an anon_vma before: it is handed out again.
        mm::must(world.map.prepare(v));
        world.call(t, mm::map_type::own(v), "anon_vma.lock", "anon_vma.root");
        t.name(mm::map_type::own(v)->refs, "anon_vma.refs");
        t.name(mm::map_type::own(v)->links, "anon_vma.links");
        world.map.unlink(v);
        t.name(space.page_table_lock, "page_table_lock");
        world.call_rest(t);
        call_vma(t, v, "vma.anon_vma");

        t.thread("first fault", [&] { mm::must(world.map.prepare(v)); });
        t.thread("second fault", [&] {
            if (mm::map_type::own(v) == nullptr) return;
            world.map.tag_new(world.frame, v, 100);
            world.frame.add_mapping();
        });
        t.thread("walk",
                 [&] { static_cast<void>(world.map.walk(world.frame, [](const auto&) {})); });
        t.run();
        world.map.unlink(v);
    });
}

}  // namespace

const race fresh_anon_vma{
    .name = "fresh-anon_vma",
    .source = "Hugh Dickins, 7 June 2009, of Nick Piggin, 16 October 2008; Linux d9d332e0874f",
    .story = "a walk reads the links of an anon_vma that a first fault is still making",
    .rule = "even an anon_vma that nobody knows is locked",
    .kind = failure_kind::data_race,
    .with = {.weak = true},
    .broken = {"no lock for a fresh anon_vma, and no order where pointers to it are published",
               run<unordered_pointers, fresh_ones_unlocked>},
    .fixed = {"the lock even of a fresh one, and still no order: Linux's fix",
              run<unordered_pointers, rmap::locking::root>},
    .also_fixed = {{"the order, and still no lock", run<rmap::verify::model, fresh_ones_unlocked>}},
};

}  // namespace races
