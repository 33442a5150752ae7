// SPDX-License-Identifier: BSL-1.0
#pragma once

// The fields of an event's line, after its first word. Only the reader calls it.

#include <vector>

#include <rmap/replay/event.hpp>
#include <rmap/replay/fields.hpp>

namespace rmap::inline RMAP_ABI::replay {

/// Fills what `out.what` needs. False: f.error() says which field is wrong. `places` keeps the list
/// of a ksm line, to which `out` then points.
inline bool read_event(fields& f, std::vector<place>& places, event& out) {
    switch (out.what) {
        case verb::snap: return true;
        case verb::read:
        case verb::write:
        case verb::munmap:
        case verb::dontneed:
        case verb::mlock:
        case verb::munlock:
        case verb::migrate:
            return f.take_id("MM", out.mm) && f.take_range("START", "N", out.start, out.pages);
        case verb::mprotect:
            return f.take_id("MM", out.mm) && f.take_range("START", "N", out.start, out.pages) &&
                   f.take_prot(out.access);
        case verb::mmap:
            if (!f.take_id("MM", out.mm) || !f.take_range("START", "N", out.start, out.pages) ||
                !f.take_prot(out.access) ||
                !f.take_mapping(out.pages, out.mapping, out.file, out.pgoff)) {
                return false;
            }
            out.locked = f.take_flag("locked");
            out.stack = f.take_flag("stack");
            return true;
        case verb::mremap:
            if (!f.take_id("MM", out.mm) || !f.take_hex("OLD", out.start) ||
                !f.take_decimal("OLDN", page_limit, out.pages) ||
                !f.take_range("NEW", "NEWN", out.to, out.to_pages) ||
                !f.inside(out.start, out.pages == 0 ? out.to_pages : out.pages)) {
                return false;
            }
            out.keep = f.take_flag("keep");
            return true;
        case verb::grow:
            return f.take_id("MM", out.mm) && f.take_hex("OLD", out.start) &&
                   f.take_hex("NEW", out.to) && f.inside(out.start, 1) && f.inside(out.to, 1) &&
                   (out.to < out.start || f.fail("NEW is not below OLD"));
        case verb::fork: return f.take_id("PARENT", out.mm) && f.take_id("CHILD", out.child);
        case verb::exit:
        case verb::exec:
        case verb::create: return f.take_id("MM", out.mm);
        case verb::filesize:
            return f.take_id("FILE", out.file) && f.take_decimal("N", page_limit, out.pages);
        case verb::punch:
            return f.take_id("FILE", out.file) && f.take_hex("PGOFF", out.pgoff) &&
                   f.take_decimal("N", page_limit, out.pages) &&
                   (out.pages != 0 || f.fail("N is 0: the range is empty")) &&
                   (out.pages <= page_limit - out.pgoff ||
                    f.fail("PGOFF + N passes the last file offset"));
        case verb::ksm:
            places.clear();
            while (places.size() < 2 || f.more()) {
                place p;
                if (!f.take_place(p)) return false;
                places.push_back(p);
            }
            out.places = places;
            return true;
    }
    return false;
}

}  // namespace rmap::inline RMAP_ABI::replay
