// SPDX-License-Identifier: BSL-1.0
#pragma once

// A script: operations of the trace format as values, made at random from a seed, printed as lines
// of a trace. Each operation says all that it needs, so that any part of a script is a script: what
// names an address space that is not there, or cannot be done, does nothing.

#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include <rmap/mm/types.hpp>
#include <rmap/verify/text.hpp>

#include "support/mm_world.hpp"

namespace rmap_test {

enum class act : std::uint8_t {
    mmap,
    munmap,
    mprotect,
    mremap,
    grow,
    dontneed,
    mlock,
    munlock,
    read,
    write,
    fork,
    exit,
    exec,
    filesize,
    punch,
    migrate,
    ksm,
    reclaim,  // no event of a trace: a comment there
};

struct spot {
    unsigned mm = 0;
    rmap::pgno where = 0;
    friend bool operator==(const spot&, const spot&) = default;
    friend auto operator<=>(const spot&, const spot&) = default;
};

struct op {
    act what = act::read;
    unsigned mm = 0;
    rmap::pgno start = 0;
    rmap::pgno pages = 1;
    rmap::pgno to = 0;        // mremap, grow
    rmap::pgno to_pages = 0;  // mremap
    rmap::mm::prot access = rmap::mm::prot::none;
    rmap::mm::kind kind = rmap::mm::kind::anon;
    unsigned file = 0;
    rmap::pgoff_t pgoff = 0;  // mmap, punch
    bool locked = false;
    bool stack = false;
    bool keep = false;
    unsigned child = 0;         // fork
    int value = 0;              // write: what the pages hold afterwards
    std::vector<spot> spots{};  // ksm
};

/// The operation as a line of a trace.
inline std::string line_of(const op& o) {
    using rmap::verify::hex;
    using rmap::verify::text;
    const std::string range = text(o.mm, ' ', hex{o.start}, ' ', o.pages);
    switch (o.what) {
        case act::mmap: {
            std::string line = text("mmap ", range, ' ', name_of(o.access), ' ', name_of(o.kind));
            if (o.kind != rmap::mm::kind::anon) line += text(' ', o.file, ' ', hex{o.pgoff});
            return line + (o.locked ? " locked" : "") + (o.stack ? " stack" : "");
        }
        case act::munmap: return text("munmap ", range);
        case act::mprotect: return text("mprotect ", range, ' ', name_of(o.access));
        case act::mremap:
            return text("mremap ", range, ' ', hex{o.to}, ' ', o.to_pages, o.keep ? " keep" : "");
        case act::grow: return text("grow ", o.mm, ' ', hex{o.start}, ' ', hex{o.to});
        case act::dontneed: return text("dontneed ", range);
        case act::mlock: return text("mlock ", range);
        case act::munlock: return text("munlock ", range);
        case act::read: return text("read ", range);
        case act::write: return text("write ", range);
        case act::fork: return text("fork ", o.mm, ' ', o.child);
        case act::exit: return text("exit ", o.mm);
        case act::exec: return text("exec ", o.mm);
        case act::filesize: return text("filesize ", o.file, ' ', o.pages);
        case act::punch: return text("punch ", o.file, ' ', hex{o.pgoff}, ' ', o.pages);
        case act::migrate: return text("migrate ", range);
        case act::ksm: {
            std::string line = "ksm";
            for (const spot& s : o.spots)
                line += text(' ', s.mm, ':', hex{s.where});
            return line;
        }
        case act::reclaim: return "# reclaim";
    }
    return "?";
}

/// What a script is about.
enum class about : std::uint8_t { everything, mlock };

/// Makes scripts. Ranges are small and on both sides of a border between page-table leaves, so that
/// operations meet each other.
class script_maker {
public:
    explicit script_maker(std::uint32_t seed, about what = about::everything)
        : random_{seed}, grid_{1U << (seed % 3)}, about_{what} {}

    std::vector<op> make(std::size_t length) {
        std::vector<op> all;
        // Something to begin with: files that have pages.
        for (unsigned file = 0; file != files; ++file) {
            all.push_back({.what = act::filesize, .pages = 8, .file = file});
        }
        while (all.size() < length) {
            const op o = about_ == about::mlock && one_in(5) ? next_of_mlock() : next();
            if (enabled(o.what)) {
                remember(o);
                all.push_back(o);
            }
        }
        return all;
    }

private:
    static constexpr rmap::pgno low = 0x30, high = 0x50;
    static constexpr unsigned files = 2, most_mms = 5;

    // A script does without some operations, so that others meet more often.
    [[nodiscard]] bool enabled(act a) const {
        return a == act::mmap || a == act::write || (without_ >> static_cast<unsigned>(a) & 1) == 0;
    }
    unsigned below(unsigned n) { return static_cast<unsigned>(random_() % n); }
    bool one_in(unsigned n) { return below(n) == 0; }
    unsigned some_mm() { return alive_[below(static_cast<unsigned>(alive_.size()))]; }
    // Ranges of some scripts begin and end at multiples of 2 or 4: they touch each other more
    // often.
    rmap::pgno some_page() {
        return low + grid_ * below(static_cast<unsigned>(high - low) / grid_);
    }
    rmap::mm::prot some_access() {
        using rmap::mm::prot;
        if (plain_) return prot::r | prot::w;
        constexpr prot all[] = {prot::r | prot::w, prot::r | prot::w,           prot::r | prot::w,
                                prot::r,           prot::r | prot::w | prot::x, prot::none};
        return all[below(6)];
    }
    // Half of the ranges are (part of) what was mapped lately, the others are anywhere.
    void range(op& o) {
        if (!mapped_.empty() && !one_in(3)) {
            const op& m = mapped_[below(static_cast<unsigned>(mapped_.size()))];
            o.mm = one_in(2) ? m.mm : o.mm;
            o.start = m.start;
            o.pages = m.pages;
            if (one_in(2)) {
                const rmap::pgno skip = below(static_cast<unsigned>(m.pages)) / grid_ * grid_;
                o.start += skip;
                o.pages = 1 + below(static_cast<unsigned>(m.pages - skip));
            }
            return;
        }
        o.start = some_page();
        o.pages = grid_ * (1 + below(one_in(4) ? 8 : 3));
        if (o.start + o.pages > high) o.pages = high - o.start;
    }

    op next() {
        op o;
        o.mm = some_mm();
        range(o);
        const unsigned dice = below(100);
        if (dice < 30) {
            o.what = act::write;
            o.value = 1 + static_cast<int>(below(3));
        } else if (dice < 37) {
            o.what = act::read;
        } else if (dice < 50) {
            map(o);
        } else if (dice < 55) {
            o.what = act::munmap;
        } else if (dice < 61) {
            o.what = act::mprotect;
            o.access = some_access();
        } else if (dice < 72) {
            remap(o);
        } else if (dice < 75) {
            o.what = act::dontneed;
        } else if (dice < 78) {
            o.what = one_in(2) ? act::mlock : act::munlock;
        } else if (dice < 84) {
            family(o);
        } else if (dice < 86) {
            o.what = act::filesize;
            o.file = below(files);
            o.pages = one_in(3) ? below(8) : 8 + below(4);
        } else if (dice < 88) {
            o.what = act::punch;
            o.file = below(files);
            o.pgoff = below(8);
            o.pages = 1 + below(4);
        } else if (dice < 91) {
            o.what = act::migrate;
        } else if (dice < 97) {
            merge(o);
        } else {
            grow(o);
        }
        return o;
    }
    op next_of_mlock() {
        op o;
        o.mm = some_mm();
        range(o);
        o.what = one_in(4) ? act::reclaim : one_in(3) ? act::munlock : act::mlock;
        return o;
    }
    void map(op& o) {
        using rmap::mm::kind;
        o.what = act::mmap;
        o.access = some_access();
        constexpr kind all[] = {kind::anon,         kind::anon,         kind::anon,
                                kind::private_file, kind::private_file, kind::shared_file};
        o.kind = plain_ ? kind::anon : all[below(6)];
        o.file = below(files);
        o.pgoff = below(6);
        o.locked = !plain_ && one_in(12);
        o.stack = o.kind == kind::anon && one_in(5);
    }
    void grow(op& o) {
        o.what = act::grow;
        for (const op& m : mapped_) {
            if (!m.stack) continue;
            o.mm = m.mm;
            o.start = m.start;
        }
        o.to = o.start > low + 3 ? o.start - 1 - below(3) : low;
    }
    // Pages that were made equal lately, for the most part.
    void merge(op& o) {
        o.what = act::ksm;
        const int value = 1 + static_cast<int>(below(3));
        for (const op& w : written_) {
            if (w.value != value || one_in(3)) continue;
            o.spots.push_back({w.mm, w.start + below(static_cast<unsigned>(w.pages))});
            if (one_in(3)) o.spots.back().mm = some_mm();
            if (o.spots.size() == 4) break;
        }
    }
    void remember(const op& o) {
        if (o.what == act::fork) {
            alive_.push_back(o.child);
            ++born_;
        }
        if (o.what == act::exit) std::erase(alive_, o.mm);
        if (o.what != act::mmap && o.what != act::write) return;
        auto& all = o.what == act::mmap ? mapped_ : written_;
        all.push_back(o);
        if (all.size() > 8) all.erase(all.begin());
    }
    void remap(op& o) {
        o.what = act::mremap;
        o.to = some_page();
        o.to_pages = o.pages;
        o.keep = one_in(5);
        if (one_in(3)) o.to_pages = grid_ * (1 + below(3));
        if (one_in(4)) o.to = o.start;
        if (one_in(8)) o.pages = 0;
    }
    void family(op& o) {
        if (alive_.size() < most_mms && !one_in(3)) {
            o.what = act::fork;
            o.child = born_;
        } else if (alive_.size() > 1 && !one_in(4)) {
            o.what = act::exit;
        } else if (one_in(4)) {
            o.what = act::exec;
        }
    }

    std::mt19937 random_;
    unsigned grid_;
    about about_;
    unsigned without_ = static_cast<unsigned>(random_() & random_());
    bool plain_ = one_in(3);  // every mapping is anonymous and can be written
    std::vector<op> mapped_, written_;
    std::vector<unsigned> alive_{0};
    unsigned born_ = 1;
};

}  // namespace rmap_test
