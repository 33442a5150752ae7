// SPDX-License-Identifier: BSL-1.0

// mlock, munlock, unmapping, copying, truncation, migration and reclaim of one page that two
// address spaces share, against each other, on the reference mm as it ships: when all have stopped,
// the laws of verify/check_lru.hpp hold, and no page was freed while it was mlocked (a named
// check). All interleavings of two threads, and of three up to a number of preemptions where there
// are very many; two threads also under the C++ memory model.

#include "support/explored_lru.hpp"
#include "support/weakened.hpp"

namespace {

using namespace rmap_test;

tally count;

template <class Atomics, class... Does>
auto scenario(of what, bool first, bool second, Does... does) {
    return [=](verify::test& t) {
        shared_page<Atomics> s{what, first, second};
        s.call(t);
        const char* const names[] = {"first", "second", "third"};
        unsigned i = 0;
        (t.thread(names[i++], [&s, does] { does(s); }), ...);
        t.run();
        s.lawful();
    };
}

enum class how { exhaustive, bounded, weak };

template <class... Does>
void story(how searched, const char* name, of what, bool first, bool second, Does... does) {
    const auto run = [&](const explore_options& with) {
        const auto r = explore(name, with, scenario<model>(what, first, second, does...));
        std::printf("%s: %s, %.0f ms\n", name, r.coverage.c_str(), r.seconds * 1000);
        count.clean(r, name);
    };
    explore_options with;
    if (searched == how::bounded) with.how = search::preemptions;
    run(with);
    with.weak = searched == how::weak;
    if (with.weak) run(with);
}

constexpr auto lock_a = [](auto& s) { s.lock(*s.a); };
constexpr auto lock_b = [](auto& s) { s.lock(*s.b); };
constexpr auto lock_a_for_good = [](auto& s) { s.lock_for_good(*s.a); };
constexpr auto unlock_a = [](auto& s) { s.unlock(*s.a); };
constexpr auto unlock_b = [](auto& s) { s.unlock(*s.b); };
constexpr auto unmap_a = [](auto& s) { s.unmap(*s.a); };
constexpr auto unmap_b = [](auto& s) { s.unmap(*s.b); };
constexpr auto unmap_both = [](auto& s) {
    s.unmap(*s.a);
    s.unmap(*s.b);
};
constexpr auto write_a = [](auto& s) { s.write(*s.a); };
constexpr auto write_b = [](auto& s) { s.write(*s.b); };
constexpr auto migrate_a = [](auto& s) { s.migrate(*s.a); };
constexpr auto isolate_a = [](auto& s) { s.isolate(*s.a); };
constexpr auto refault_b = [](auto& s) { s.refault(*s.b); };
constexpr auto merges = [](auto& s) { s.merge(); };
constexpr auto reclaims = [](auto& s) { s.reclaim(); };
constexpr auto shrink = [](auto& s) { s.must(s.mm.resize(*s.f, 0)); };
constexpr auto exit_b = [](auto& s) { s.mm.exit(*s.b); };

void two_threads() {
    story(how::weak, "mlock | mlock", of::anon, false, false, lock_a, lock_b);
    story(how::weak, "munlock | munlock", of::anon, true, true, unlock_a, unlock_b);
    story(how::weak, "munlock | mlock of the other", of::anon, true, false, unlock_a, lock_b);
    story(how::weak, "munlock | munmap of the other", of::anon, true, true, unlock_a, unmap_b);
    story(how::exhaustive, "munmap | munmap", of::anon, true, true, unmap_a, unmap_b);
    story(how::weak, "munmap | mlock of the other", of::anon, true, false, unmap_a, lock_b);
    story(how::weak, "mlock | isolate", of::anon, false, false, lock_a, isolate_a);
    story(how::weak, "munlock | isolate", of::anon, true, false, unlock_a, isolate_a);
    story(how::weak, "munmap | isolate", of::anon, true, false, unmap_a, isolate_a);
    story(how::weak, "mlock | reclaim", of::anon, false, false, lock_a, reclaims);
    story(how::exhaustive, "the last munmap | reclaim", of::anon, false, false, unmap_both,
          reclaims);
    story(how::weak, "munlock | reclaim", of::anon, true, false, unlock_a, reclaims);
    story(how::weak, "mlock | reclaim, file", of::shared_file, false, false, lock_a, reclaims);
    story(how::exhaustive, "what mlock finds stays | reclaim, file", of::shared_file, false, false,
          lock_a_for_good, reclaims);
    story(how::weak, "munlock | reclaim, file", of::shared_file, true, false, unlock_a, reclaims);
    story(how::weak, "munmap | reclaim, file", of::shared_file, true, false, unmap_a, reclaims);
    story(how::weak, "exit | mlock of the other", of::shared_file, false, true, exit_b, lock_a);
    story(how::weak, "munlock | fault", of::shared_file, true, true, unlock_a, refault_b);
    story(how::exhaustive, "munlock | merge", of::anon, true, false, unlock_a, merges);
    story(how::weak, "write | munlock", of::anon, true, false, write_a, unlock_a);
    story(how::exhaustive, "write | write", of::anon, true, true, write_a, write_b);
    story(how::weak, "migration | mlock", of::anon, false, false, migrate_a, lock_b);
    story(how::weak, "migration | munlock", of::anon, true, false, migrate_a, unlock_a);
    story(how::weak, "truncation | mlock", of::private_file, false, false, shrink, lock_a);
    story(how::exhaustive, "truncation | munlock", of::private_file, true, false, shrink, unlock_a);
}

void three_threads() {
    story(how::bounded, "mlock | munlock | isolate", of::anon, true, false, lock_b, unlock_a,
          isolate_a);
    story(how::exhaustive, "mlock | munlock | reclaim", of::anon, true, false, lock_b, unlock_a,
          reclaims);
    story(how::exhaustive, "mlock | munlock | reclaim, file", of::shared_file, true, false, lock_b,
          unlock_a, reclaims);
    story(how::exhaustive, "mlock | munmap | reclaim", of::anon, true, false, lock_b, unmap_a,
          reclaims);
    story(how::bounded, "munlock | munmap | reclaim", of::anon, true, true, unlock_a, unmap_b,
          reclaims);
    story(how::bounded, "munlock | munmap | reclaim, file", of::shared_file, true, true, unlock_a,
          unmap_b, reclaims);
    story(how::bounded, "mlock | munlock | migration", of::anon, true, false, lock_b, unlock_a,
          migrate_a);
    story(how::exhaustive, "mlock | munmap | truncation", of::private_file, true, false, lock_b,
          unmap_a, shrink);
    story(how::bounded, "write | munlock | mlock", of::anon, true, false, write_a, unlock_a,
          lock_b);
}

}  // namespace

int main() {
    two_threads();
    three_threads();

    const auto unlocks = scenario<weakened_model>(of::anon, true, true, unlock_a, unlock_b);
    as_shipped(count, "munlocking", {}, unlocks);
    shows(count, "munlocking, let go", {}, {"flags/page_flags.hpp", "clear", order::release},
          {failure_kind::data_race}, unlocks);
    shows(count, "munlocking, taken", {}, {"flags/page_flags.hpp", "test_and_set", order::acquire},
          {failure_kind::data_race}, unlocks);
    return count.exit_code();
}
