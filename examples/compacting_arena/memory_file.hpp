// SPDX-License-Identifier: BSL-1.0
#pragma once

// The memory itself: an unnamed file, one page a slot, mapped wherever the arena wants it.

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <vector>

namespace compacting_arena {

[[noreturn]] inline void die(const char* what) noexcept {
    std::perror(what);
    std::_Exit(2);
}

inline std::size_t page_size() noexcept {
    static const auto size = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
    return size;
}

class memory_file {
public:
    /// Room for `slots` pages, none of which takes memory yet.
    explicit memory_file(std::size_t slots) : fd_{::memfd_create("compacting_arena", MFD_CLOEXEC)} {
        const bool sized = fd_ >= 0 && ::ftruncate(fd_, offset(slots)) == 0;
        usable_ = sized && ::fallocate(fd_, punching, 0, offset(1)) == 0;
    }
    memory_file(const memory_file&) = delete;
    memory_file& operator=(const memory_file&) = delete;
    ~memory_file() {
        if (fd_ >= 0) ::close(fd_);
    }

    /// Whether this system lets us have such files, with holes.
    [[nodiscard]] bool usable() const noexcept { return usable_; }

    /// Maps a slot at an address, in place of what is there.
    void map(std::byte* where, std::size_t slot, bool writable) const noexcept {
        const int access = writable ? PROT_READ | PROT_WRITE : PROT_READ;
        if (::mmap(where, page_size(), access, MAP_SHARED | MAP_FIXED, fd_, offset(slot)) ==
            MAP_FAILED) {
            die("mmap");
        }
    }
    void fill(std::size_t slot, const std::byte* from) const noexcept {
        if (::pwrite(fd_, from, page_size(), offset(slot)) != offset(1)) die("pwrite");
    }
    void copy(std::size_t from, std::size_t to) const {
        std::vector<std::byte> bytes(page_size());
        if (::pread(fd_, bytes.data(), bytes.size(), offset(from)) != offset(1)) die("pread");
        fill(to, bytes.data());
    }
    /// Gives the slot's memory back to the system.
    void punch(std::size_t slot) const noexcept {
        if (::fallocate(fd_, punching, offset(slot), offset(1)) != 0) die("fallocate");
    }
    /// Bytes of memory that the file takes, says the kernel.
    [[nodiscard]] std::size_t resident() const noexcept {
        struct stat now {};
        if (::fstat(fd_, &now) != 0) die("fstat");
        return static_cast<std::size_t>(now.st_blocks) * 512;
    }

private:
    static constexpr int punching = FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE;

    static off_t offset(std::size_t slot) noexcept {
        return static_cast<off_t>(slot * page_size());
    }

    int fd_;
    bool usable_ = false;
};

}  // namespace compacting_arena
