// SPDX-License-Identifier: BSL-1.0

// Stories of walks without the lock (tests/support/glance_family.hpp), and of the blocks that wait
// because such a walk may look at them still.

#include <rmap/locks/seqcount.hpp>

#include "kill/kill.hpp"
#include "support/glance_family.hpp"

namespace kill {

namespace {

using rmap_test::droppable_lock;
using rmap_test::weakened_model;

/// A droppable_lock that can be looked past.
class looked_past : public droppable_lock {
    using note = rmap::lock_note;
    using count = rmap::locks::basic_seqcount<weakened_model>;

public:
    template <rmap::lock_rank Rank>
    class of_rank;
    template <rmap::lock_rank Rank>
    using with_rank = of_rank<Rank>;
    using sequence = count::value;
    using droppable_lock::droppable_lock;
    using droppable_lock::is_held;

    void lock(const note& at = note::here()) noexcept {
        droppable_lock::lock(at);
        count_.begin_write();
    }
    [[nodiscard]] bool try_lock(const note& at = note::here()) noexcept {
        if (!droppable_lock::try_lock(at)) return false;
        count_.begin_write();
        return true;
    }
    void unlock(const note& at = note::here()) noexcept {
        count_.end_write();
        droppable_lock::unlock(at);
    }
    [[nodiscard]] sequence begin_read() const noexcept { return count_.begin_read(); }
    [[nodiscard]] static bool is_held(sequence seen) noexcept { return (seen & 1U) != 0; }
    [[nodiscard]] bool changed(sequence seen) const noexcept { return count_.changed(seen); }

private:
    count count_{};
};
template <rmap::lock_rank Rank>
class looked_past::of_rank : public looked_past {
public:
    of_rank() noexcept : looked_past{static_cast<unsigned>(Rank)} {}
};

struct glancing : explored {
    using topology = rmap::topologies::cow_tree;
    using lock = looked_past;
};
using changes = rmap_test::glance_changes<glancing>;
using family = rmap_test::glanced_family<glancing>;

/// Blocks of one family are freed while another takes some, or while all that wait are given back.
template <bool Trims>
void free_blocks(verify::test& t) {
    family f;
    family::ok(f.map.prepare(f.e));
    family::ok(f.map.fork(f.f, f.e));
    f.map.unlink(f.c);
    t.thread("frees", [&] { f.map.unlink(f.j); });
    t.thread("takes", [&] {
        if (Trims) {
            f.map.trim();
        } else {
            family::ok(f.map.fork(f.g, f.e));
        }
    });
    t.run();
}

}  // namespace

void tell_glances(stories& out) {
    verify::explore_options some = weakly;
    some.how = verify::search::preemptions;
    some.preemptions = 1;
    some.stale = 1;
    out.push_back({"a walk without the lock beside a fork", "root", some,
                   rmap_test::beside_glance<glancing>(changes::fork, {"bcjkl", "bcjkld"},
                                                      rmap_test::shape::full)});
    out.push_back({"a walk without the lock beside its family's end", "root", some,
                   rmap_test::beside_glance<glancing>(changes::end_and_begin, {"bcj", "-"})});
    out.push_back({"blocks freed and taken", "root", plainly, free_blocks<false>});
    out.push_back({"blocks freed and given back", "root", plainly, free_blocks<true>});
}

}  // namespace kill
