// SPDX-License-Identifier: BSL-1.0
#pragma once

// Memory fails at the n-th call, for every n, in every operation of the reference mm under a policy
// (I14): the status is no_memory, a dump of the whole state has the same bytes as before (but for
// anon_vmas that vmas may get late), and the invariants hold; with the first n that the operation
// does not reach it succeeds. At the end nothing is left.

#include <cstdio>
#include <map>
#include <sstream>
#include <string>

#include <rmap/verify/dump.hpp>
#include <rmap/verify/failing_memory.hpp>
#include <rmap/verify/invariants.hpp>

#include "support/side_by_side.hpp"

namespace rmap_test {

template <class Policy>
class exhaustion {
    struct policy : rmap::counted<Policy> {
        using allocator = rmap::verify::failing_memory;
    };
    using stage = side_by_side<policy>;

public:
    int failures = 0;
    std::map<act, unsigned> failed_calls;  // how many were made to fail, by operation

    void complain(const op& o, std::size_t n, const std::string& what) {
        ++failures;
        std::printf("%s, call %zu fails: %s\n", line_of(o).c_str(), n, what.c_str());
    }

    std::string dump(stage& on) {
        mm_world<policy> w{on.mm()};
        std::string all;
        rmap::verify::dump_text(w, [&](const char* s, std::size_t n) { all.append(s, n); });
        if (rmap::owns_late<typename Policy::topology>) return without_anon_vmas(all);
        // Blocks are room: one that a fork got stays with the parent if another vma's fork fails.
        if (rmap::keeps_blocks<typename Policy::topology>) {
            if (const auto at = all.rfind(" anon_vmas, "); at != all.npos) all.erase(at);
        }
        return all;
    }

    /// An operation that fails may have settled vmas before: that is not to be seen in mappings.
    static std::string without_anon_vmas(const std::string& dump) {
        std::istringstream lines{dump};
        std::string rest;
        for (std::string line; std::getline(lines, line);) {
            if (line.starts_with("av") || line.starts_with("alive")) continue;
            if (line.starts_with("  vma")) line.erase(line.find(" own "));
            if (const auto tag = line.find(" av"); line.starts_with("page") && tag != line.npos) {
                line.erase(tag, line.find(' ', tag + 1) - tag);
            }
            rest += line + '\n';
        }
        return rest;
    }

    /// Fails the operation at its first call, its second, and so on, until it gets all that it asks
    /// for.
    void exhaust(stage& on, rmap::verify::memory_ledger& ledger, const op& o) {
        const std::string before = dump(on);
        for (std::size_t n = 1;; ++n) {
            ledger.fail_at(n);
            const rmap::status s = on.run(o);
            const bool failed = ledger.failed();
            ledger.never_fail();
            if (!failed) {
                // What is refused for another reason changes nothing either.
                if (s == rmap::status::no_memory)
                    return complain(o, n, "no_memory, though there was");
                if (s != rmap::status::ok && dump(on) != before) {
                    complain(o, n, std::string{"refused, but not as before: "} + name_of(s));
                }
                return;
            }
            ++failed_calls[o.what];
            if (s != rmap::status::no_memory) return complain(o, n, name_of(s));
            if (const std::string after = dump(on); after != before) {
                return complain(o, n,
                                "the state is not as before\n" + before + "--- now\n" + after);
            }
            if (const std::string wrong = on.violations(); !wrong.empty()) {
                return complain(o, n, wrong);
            }
        }
    }

    /// Whether one page has an anonymous page, as merge_same wants it.
    bool has_private_page(stage& on, const spot& at) {
        bool has = false;
        on.mm().for_each_space([&](auto& s) {
            if (s.label != at.mm) return;
            on.mm().for_each_page(s, [&](rmap::pgno where, auto& p) {
                has = has || (where == at.where && p.anonymous());
            });
        });
        return has;
    }

    void exhaust_script(std::uint32_t seed, std::size_t length) {
        rmap::verify::memory_ledger ledger;
        {
            stage on{rmap::verify::failing_memory{ledger}};
            for (const op& o : script_maker{seed}.make(length)) {
                if (failures != 0) return;
                if (o.what == act::ksm) {
                    bool all = !o.spots.empty();
                    for (const auto& at : o.spots)
                        all = all && has_private_page(on, at);
                    if (all) exhaust(on, ledger, o);
                    continue;
                }
                if (!on.possible(o)) continue;
                if (o.what != act::read && o.what != act::write) {
                    exhaust(on, ledger, o);
                    continue;
                }
                for (rmap::pgno at = o.start; at != o.start + o.pages; ++at) {
                    op one = o;
                    one.start = at;
                    one.pages = 1;
                    exhaust(on, ledger, one);
                }
            }
        }
        if (ledger.clean()) return;
        ++failures;
        std::printf("seed %u: %zu blocks are left\n", static_cast<unsigned>(seed),
                    ledger.live_blocks());
        for (const std::string& fault : ledger.faults())
            std::printf("  %s\n", fault.c_str());
    }

    /// Spaces and files themselves.
    void exhaust_creation() {
        rmap::verify::memory_ledger ledger;
        {
            rmap::mm::system<policy> mm{{}, rmap::verify::failing_memory{ledger}};
            typename rmap::mm::system<policy>::space* space = nullptr;
            typename rmap::mm::system<policy>::file_type* file = nullptr;
            ledger.fail_at(1);
            if (mm.create_space(space) != rmap::status::no_memory) ++failures;
            ledger.fail_at(1);
            if (mm.create_file(file) != rmap::status::no_memory) ++failures;
            ledger.never_fail();
            if (mm.create_space(space) != rmap::status::ok) ++failures;
            if (mm.create_file(file) != rmap::status::ok) ++failures;
        }
        if (!ledger.clean()) ++failures;
    }

    /// Those that allocate were all made to fail.
    void require_all() {
        for (const act a :
             {act::mmap, act::munmap, act::mprotect, act::mremap, act::grow, act::mlock,
              act::munlock, act::read, act::write, act::fork, act::migrate, act::ksm}) {
            if (failed_calls[a] != 0) continue;
            ++failures;
            std::printf("no call failed in: %s\n", line_of({.what = a}).c_str());
        }
    }
};

}  // namespace rmap_test
