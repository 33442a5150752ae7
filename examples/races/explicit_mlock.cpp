// SPDX-License-Identifier: BSL-1.0

// The third actor: truncation clears M of a page that it is about to free, and an mlock() beside it
// sets M again in between. The page is freed with M set. KOSAKI Motohiro saw it, and Johannes
// Weiner agrees: "the explicit mlocking race exists". It is about how long the page lives, so no
// barrier closes it; one of the two must hold something that keeps the other out, and the types of
// flags/ ask for its guard.

#include "gallery.hpp"
#include "small_lru.hpp"

namespace races {

namespace {

enum class bits : unsigned { locked, lru, mlocked, count };
using word = rmap::flags::page_flags<bits, model, std::uint32_t, rmap::verify::explored_checks>;

/// One page that one entry of a page table maps.
struct mapped_page {
    word flags = flagged<word, bits::mlocked>();
    model::atomic<unsigned> refs{1};  // of the entry, and of who uses the page besides
    model_lock pte_lock{};
    model::plain<bool> mapped{true};  // read and written holding pte_lock

    void call(test& t) {
        t.name(flags, "flags (mlocked 4)");
        t.name(refs, "refs");
        t.name(pte_lock, "pte_lock");
    }
    [[nodiscard]] bool is_mapped() {
        const rmap::write_guard held{pte_lock};
        return mapped;
    }
    void unmap() {
        const rmap::write_guard held{pte_lock};
        mapped = false;
    }
    /// The page if it is mapped, with a reference.
    [[nodiscard]] bool get() {
        const rmap::write_guard held{pte_lock};
        if (mapped) refs.fetch_add(1, order::relaxed);
        return mapped;
    }
    void put() {
        if (refs.fetch_sub(1, order::acq_rel) != 1) return;
        require(!flags.test<bits::mlocked, order::relaxed>(),
                "a page is freed while it is mlocked");
    }
};

/// In the place of a page lock's guard: it says that it holds the lock, and does not take it.
struct pretended {
    explicit pretended(word&) noexcept {}
    [[nodiscard]] static bool owns() noexcept { return true; }
};

/// Both take the page lock, or say so: truncation until nobody finds the page, mlock() until M is
/// set, after another look whether the page is still mapped.
template <class PageLock>
explore_result run(const std::string& name, const explore_options& with) {
    return rmap::verify::explore(name, with, [](test& t) {
        using form = rmap::flags::one_word<word, bits::mlocked, bits::lru, PageLock>;
        mapped_page page;
        page.call(t);
        t.thread("truncate", [&] {
            {
                const PageLock held{page.flags};
                page.unmap();
                auto cleared = form::munlock_to_free(page.flags, held);
                require(!cleared.isolate(), "the page is on no list here");
            }
            page.put();
        });
        t.thread("mlock", [&] {
            if (!page.get()) return;
            {
                const PageLock held{page.flags};
                rmap::verify::point("still mapped?");
                if (page.is_mapped()) form::mlock(page.flags, held);
            }
            page.put();
        });
        t.run();
    });
}

/// Both hold the lock of the page table while the entry is there, as Linux has it now.
explore_result run_pte_lock(const std::string& name, const explore_options& with) {
    return rmap::verify::explore(name, with, [](test& t) {
        using pte_guard = rmap::write_guard<model_lock>;
        using form = rmap::flags::one_word<word, bits::mlocked, bits::lru, pte_guard>;
        mapped_page page;
        page.call(t);
        t.thread("truncate", [&] {
            {
                const pte_guard held{page.pte_lock};
                page.mapped = false;
                auto cleared = form::munlock_to_free(page.flags, held);
                require(!cleared.isolate(), "the page is on no list here");
            }
            page.put();
        });
        t.thread("mlock", [&] {
            const pte_guard held{page.pte_lock};
            if (page.mapped) form::mlock(page.flags, held);
        });
        t.run();
    });
}

}  // namespace

const race explicit_mlock{
    .name = "explicit-mlock",
    .source = "KOSAKI Motohiro and Johannes Weiner, 2 October 2009",
    .story = "a page is freed mlocked: an mlock comes between munlock and the free",
    .rule = "who sets M, and who clears it for good, hold one lock",
    .kind = failure_kind::assertion,
    .with = {},
    .broken = {"a guard that pretends to hold the page lock", run<pretended>},
    .fixed = {"both hold the page lock, and mlock looks again whether the page is mapped",
              run<rmap::write_guard<word>>},
    .also_fixed = {{"both hold the lock of the page table (Linux since 5.18)", run_pte_lock}},
};

}  // namespace races
