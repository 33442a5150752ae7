// SPDX-License-Identifier: BSL-1.0

// A walk locks the root that the page's anon_vma names, and at its end asks the anon_vma again what
// to unlock. Meanwhile the anon_vma was freed, and its memory is part of another fork tree.

#include <rmap/locking/root.hpp>

#include "gallery.hpp"
#include "policies.hpp"
#include "small_mm.hpp"

namespace races {

namespace {

/// locking::root, but for the end of a walk.
struct unlocks_what_root_says : rmap::locking::root {
    template <class Policy>
    class walk {
    public:
        walk(rmap::anon_vma<Policy>& member, rmap::walk_mode) noexcept
            : member_{&member}, root_{member.root.load(order::acquire)} {
            root_->lock.lock_shared();
        }
        walk(const walk&) = delete;
        walk& operator=(const walk&) = delete;
        ~walk() { member_->root.load(order::acquire)->lock.unlock_shared(); }

        [[nodiscard]] bool owns() const noexcept { return true; }
        [[nodiscard]] bool covers(const rmap::anon_vma<Policy>& member) const noexcept {
            return member.root.load(order::acquire) == root_;
        }

    private:
        rmap::anon_vma<Policy>* member_;
        rmap::anon_vma<Policy>* root_;
    };
};

template <class Locking>
explore_result run(const std::string& name, const explore_options& with) {
    return rmap::verify::explore(name, with, [](test& t) {
        using mm = small_mm<explored_with<Locking>>;
        mm world;
        typename mm::space first;
        typename mm::space second;
        typename mm::vma parent{first, 100, 2};
        typename mm::vma child{second, 100, 2};
        typename mm::vma other{second, 110, 2};
        mm::must(world.map.prepare(parent));
        mm::must(world.map.fork(child, parent));
        world.map.tag_new(world.frame, child, 100);
        world.enter(second, 100);
        world.call(t, mm::map_type::own(parent), "parent's anon_vma.lock",
                   "parent's anon_vma.root");
        world.call(t, mm::map_type::own(child), "child's anon_vma.lock", "child's anon_vma.root");
        world.call_rest(t);

        t.thread("walk",
                 [&] { static_cast<void>(world.map.walk(world.frame, [](const auto&) {})); });
        t.thread("munmap, then a fault", [&] {
            world.leave(second, 100);
            world.map.unlink(child);
            mm::must(world.map.prepare(other));
        });
        t.run();
        world.map.unlink(other);
        world.map.unlink(parent);
    });
}

}  // namespace

const race stale_root_unlock{
    .name = "stale-root-unlock",
    .source = "Linux f18194275c39",
    .story = "a walk unlocks another lock than it took, as its anon_vma is recycled meanwhile",
    .rule = "a walk unlocks what it locked",
    .kind = failure_kind::not_owner,
    .with = {},
    .broken = {"a discipline whose walks unlock what `root` says at their end",
               run<unlocks_what_root_says>},
    .fixed = {"locking::root: walks unlock what they locked", run<rmap::locking::root>},
};

}  // namespace races
