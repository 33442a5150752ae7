// SPDX-License-Identifier: BSL-1.0
#pragma once

// The arena's own types, as the reverse map sees them: a frame (page) is a page of the memory file,
// a span (vma) a run of pages that was handed out, a space (mm) an address range with a page table.
//
// Lock order: space::lock, several in the order of their ids; the map's locks; the pool's mutex.

#include <sys/mman.h>

#include <atomic>
#include <cstddef>
#include <map>
#include <memory>
#include <shared_mutex>
#include <vector>

#include <rmap/hosted.hpp>
#include <rmap/rmap.hpp>

#include "memory_file.hpp"

namespace compacting_arena {

using rmap::pgno;

struct policy : rmap::default_policy {
    using lock = rmap::hosted::shared_mutex;  // in user space who waits should sleep
};

class space;
using span = rmap::basic_vma<space, policy>;

struct frame : rmap::basic_page<policy> {
    // Where in the file its bytes are. Read holding the lock of ANY space that maps the frame,
    // written holding those of ALL of them exclusively.
    std::size_t slot = 0;
};

using frame_map = rmap::reverse_map<frame, span, policy>;
static_assert(std::same_as<frame_map::lock_type, rmap::hosted::shared_mutex>);

/// A reserved address range with a page table. What is in it is mapped read-only while it is
/// shared.
class space : public std::enable_shared_from_this<space> {
public:
    struct entry {
        std::atomic<frame*> to{nullptr};  // a walk looks at it without `lock`
        bool writable = false;
    };

    space(unsigned number, std::size_t pages)
        : id{number}, table(pages), base_{reserve(nullptr, pages * page_size())} {}
    space(const space&) = delete;
    space& operator=(const space&) = delete;
    ~space() { ::munmap(base_, table.size() * page_size()); }

    [[nodiscard]] std::byte* address_of(pgno page) const noexcept {
        return base_ + page * page_size();
    }
    /// Takes a range out of the file's hands, and reserves it again.
    void clear(pgno start, pgno pages) noexcept { reserve(address_of(start), pages * page_size()); }

    const unsigned id;
    policy::lock page_table_lock{};  // the map's
    // Shared: the mappings stand still. Exclusive: they may change.
    std::shared_mutex lock{};
    std::vector<entry> table;
    std::map<pgno, std::unique_ptr<span>> spans{};

private:
    static std::byte* reserve(std::byte* where, std::size_t bytes) noexcept {
        const int fixed = where == nullptr ? 0 : MAP_FIXED;
        void* const got = ::mmap(where, bytes, PROT_NONE,
                                 MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | fixed, -1, 0);
        if (got == MAP_FAILED) die("mmap");
        return static_cast<std::byte*>(got);
    }

    std::byte* base_;
};

}  // namespace compacting_arena
