// SPDX-License-Identifier: BSL-1.0

// The LRU lists and mlock of the reference mm: what each operation does to the mlocked flag, the
// lists and the counts; and random scripts beside the naive model, which knows what memory is
// locked. tests/mm/lru_laws_test.cpp breaks the laws.

#include <cstdlib>
#include <string>
#include <vector>

#include "support/lru_stage.hpp"
#include "support/shrink.hpp"
#include "support/side_by_side.hpp"

namespace {

using namespace rmap_test;
using stage = lru_stage<>;

// ---- what each operation does

void mlock_and_munlock() {
    stage s{"mlock and munlock"};
    auto& a = s.new_space();
    s.map(a, 100, 8);
    s.write(a, 100, 104);
    s.counts(0, 0, 0, 4);
    s.must(s.mm.mlock(a, 102, 4));  // two pages that are there, two that come
    s.counts(2, 2, 0, 2);
    s.write(a, 104, 107);
    s.counts(4, 4, 0, 3);
    s.must(s.mm.munlock(a, 100, 5));
    s.counts(1, 1, 0, 6);
    check(s.mm.lru().counts().rescued == 3, s.story, "not three pages were rescued");
    check(s.mm.munlock(a, 90, 4) == status::not_mapped, s.story, "munlock of a hole");
    check(s.mm.mlock(a, 106, 4) == status::not_mapped, s.story, "mlock with a hole");
    s.counts(1, 1, 0, 6);
}

void unmap_and_exit() {
    stage s{"unmap and exit"};
    auto& f = s.new_file(8);
    auto& a = s.new_space();
    auto& b = s.new_space();
    auto& c = s.new_space();
    for (auto* in : {&a, &b, &c}) {
        s.map(*in, 100, 4, in != &c, &f, kind::shared_file);
        s.read(*in, 100, 104);
    }
    s.counts(4, 4, 0, 0);
    s.must(s.mm.munmap(a, 100, 2));  // b still locks them
    s.counts(4, 4, 0, 0);
    s.must(s.mm.munmap(b, 101, 3));  // 102, 103: a; 101: nobody
    s.counts(3, 3, 0, 1);
    s.mm.exit(a);
    s.counts(1, 1, 0, 3);
    s.mm.exit(b);
    s.counts(0, 0, 0, 4);
    s.mm.exit(c);
    s.counts(0, 0, 0, 4);
    s.must(s.mm.resize(f, 0));
    s.counts(0, 0, 0, 0);
}

void fork_and_copy() {
    stage s{"fork and copy on write"};
    auto& a = s.new_space();
    s.map(a, 100, 2, true);
    s.write(a, 100, 102);
    stage::space* child = nullptr;
    s.must(s.mm.fork(a, child));
    s.counts(2, 2, 0, 0);
    s.write(a, 100, 101);  // the copy is the parent's, and locked; the old page is the child's
    s.counts(2, 2, 0, 1);
    check(s.mlocked(a, 100) && !s.mlocked(*child, 100), s.story, "the wrong page is mlocked");
    s.must(s.mm.mlock(*child, 100, 2));
    s.counts(3, 3, 0, 0);
    s.mm.exit(a);
    s.counts(2, 2, 0, 0);
}

void truncation() {
    stage s{"truncation"};
    auto& f = s.new_file(8);
    auto& a = s.new_space();
    s.map(a, 100, 8, true, &f, kind::private_file);
    s.write(a, 100, 104);
    s.read(a, 104, 108);
    s.counts(8, 8, 0, 0);
    s.must(s.mm.resize(f, 6));
    s.counts(6, 6, 0, 0);
    s.must(s.mm.punch(f, 0, 8));  // copies stay
    s.counts(4, 4, 0, 0);
    s.must(s.mm.resize(f, 1));
    s.counts(1, 1, 0, 0);
}

void migration() {
    stage s{"migration"};
    auto& a = s.new_space();
    auto& b = s.new_space();
    s.map(a, 100, 2, true);
    s.write(a, 100, 102);
    s.map(b, 100, 1);
    s.write(b, 100, 101);
    static_cast<void>(s.mm.reclaim(9));
    s.counts(2, 2, 1, 0);
    auto* const before = s.at(a, 100);
    s.must(s.mm.migrate(a, 100, 2));
    s.must(s.mm.migrate(b, 100, 1));
    check(s.at(a, 100) != before, s.story, "nothing moved");
    s.counts(2, 2, 1, 0);
    check(s.active(b, 100), s.story, "active is not carried over");
}

void moved_and_kept() {
    stage s{"mremap"};
    auto& a = s.new_space();
    s.map(a, 100, 4, true);
    s.write(a, 100, 104);
    s.must(s.mm.mremap(a, 100, 4, 200, 4, false));
    s.counts(4, 4, 0, 0);
    s.must(s.mm.mremap(a, 201, 1, 300, 1, true));  // unlocks what stays of the old vma
    s.counts(1, 1, 0, 3);
    check(s.mlocked(a, 300), s.story, "the page that moved is not mlocked");
    s.must(s.mm.mremap(a, 200, 4, 200, 2, false));
    s.counts(1, 1, 0, 1);
}

void same_pages() {
    stage s{"same pages"};
    auto& a = s.new_space();
    auto& b = s.new_space();
    s.map(a, 100, 1, true);
    s.map(b, 100, 1);
    s.write(a, 100, 101);
    s.write(b, 100, 101);
    stage::system::place_type places[] = {{&a, 100}, {&b, 100}};
    s.must(s.mm.merge_same(places, 2));
    s.counts(1, 1, 0, 0);
    s.must(s.mm.migrate(b, 100, 1));
    s.counts(1, 1, 0, 0);
    s.write(a, 100, 101);
    s.counts(1, 1, 0, 1);
    check(!s.mlocked(b, 100), s.story, "the merged page is mlocked");
}

void dropping() {
    stage s{"dontneed, exec"};
    auto& a = s.new_space();
    s.map(a, 100, 4, true);
    s.write(a, 100, 104);
    s.must(s.mm.dontneed(a, 100, 2));
    s.counts(2, 2, 0, 0);
    s.mm.exec(a);
    s.counts(0, 0, 0, 0);
}

// ---- reclaim

void reclaim_respects_locked_memory() {
    stage s{"reclaim"};
    auto& f = s.new_file(8);
    auto& a = s.new_space();
    auto& b = s.new_space();
    s.map(a, 100, 8, false, &f, kind::shared_file);
    s.map(b, 100, 2, true, &f, kind::shared_file);
    s.map(a, 200, 2);
    s.read(a, 100, 106);
    s.read(b, 100, 102);
    s.write(a, 200, 202);
    s.counts(2, 2, 0, 6);
    check(s.mm.reclaim(1) == 1, s.story, "one page of a file goes");
    check(s.at(a, 102) == nullptr && s.at(a, 103) != nullptr, s.story, "not the oldest went");
    check(s.mm.reclaim(9) == 3, s.story, "all other pages of files go");
    s.counts(2, 2, 2, 0);  // there is no swap
    check(s.at(a, 100) != nullptr && s.at(b, 100) == s.at(a, 100), s.story, "a locked page went");
    s.read(a, 102, 103);
    s.counts(2, 2, 2, 1);
    s.must(s.mm.munlock(b, 100, 2));
    check(s.mm.reclaim(9) == 3, s.story, "the pages that are not locked any more go");
    s.counts(0, 0, 2, 0);
}

/// The flag is missing, as a lossy protocol may leave it: reclaim finds the vma, and restores it.
void reclaim_restores() {
    stage s{"reclaim restores a missed mlock"};
    auto& f = s.new_file(2);
    auto& a = s.new_space();
    s.map(a, 100, 2, true, &f, kind::shared_file);
    s.read(a, 100, 102);
    s.map(a, 200, 1, true);
    s.write(a, 200, 201);
    for (const pgno where : {pgno{100}, pgno{200}}) {
        auto& p = *s.at(a, where);
        check(rmap::mm::mlock_handshake<rmap::default_policy>::munlock(p.flags).was_mlocked(),
              s.story, "was not mlocked");
        s.mm.lru().one_mlocked_less();
        static_cast<void>(s.mm.lru().move(p));
    }
    s.mm.lru().age();
    const auto before = s.mm.lru().counts();
    check(before.inactive == 2 && before.mlocked == 1, s.story, "nothing is missing");
    check(s.mm.reclaim(9) == 0, s.story, "a page of a locked vma went");
    check(s.mm.lru().counts().restored == 2, s.story, "not two were restored");
    s.counts(3, 3, 0, 0);
}

/// Who has a page isolated puts it where it belongs by then.
void isolated_meanwhile() {
    stage s{"isolated meanwhile"};
    auto& a = s.new_space();
    s.map(a, 100, 2);
    s.write(a, 100, 102);
    auto& lru = s.mm.lru();
    check(lru.isolate(*s.at(a, 100)), s.story, "cannot isolate");
    check(!lru.isolate(*s.at(a, 100)), s.story, "isolated twice");
    s.must(s.mm.mlock(a, 100, 2));
    check(lru.counts().stranded == 1 && lru.counts().unevictable == 1, s.story, "not left to us");
    lru.putback(*s.at(a, 100));
    s.counts(2, 2, 0, 0);
    check(lru.isolate(*s.at(a, 101)), s.story, "cannot isolate");
    s.must(s.mm.munlock(a, 100, 2));
    check(lru.counts().stranded == 2 && lru.counts().unevictable == 0, s.story, "not left to us");
    lru.putback(*s.at(a, 101));
    s.counts(0, 0, 0, 2);
}

// ---- random scripts

void random_scripts(std::uint32_t first, unsigned count, std::size_t length) {
    using policy = rmap::counted<rmap::default_policy>;
    for (std::uint32_t seed = first; seed != first + count; ++seed) {
        const auto script = rmap_test::script_maker{seed, rmap_test::about::mlock}.make(length);
        if (rmap_test::play<policy>(script, 5).empty()) continue;
        ++failures;
        const auto least = rmap_test::shrink(script, [](const std::vector<rmap_test::op>& s) {
            return !rmap_test::play<policy>(s, 1).empty();
        });
        std::printf("seed %u:\n%s", static_cast<unsigned>(seed),
                    rmap_test::trace_of<policy>(least).c_str());
        return;
    }
}

}  // namespace

int main() {
    mlock_and_munlock();
    unmap_and_exit();
    fork_and_copy();
    truncation();
    migration();
    moved_and_kept();
    same_pages();
    dropping();
    reclaim_respects_locked_memory();
    reclaim_restores();
    isolated_meanwhile();
    random_scripts(1, 200, 150);
    random_scripts(1000, 3, 1500);
    return failures == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
