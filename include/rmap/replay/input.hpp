// SPDX-License-Identifier: BSL-1.0
#pragma once

// The bytes of a trace, a line at a time: from a file, from the standard input (`-`), or from
// memory; gzip files are unpacked on the way. One buffer holds what was read ahead, so a trace of
// any length needs as much memory as its longest line. The reader calls it.

#include <cerrno>
#include <cstddef>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <rmap/replay/gunzip.hpp>

namespace rmap::inline RMAP_ABI::replay {

class input {
public:
    enum class result { line, finished, failed };

    /// A longer line is refused: no trace has one, and the memory for it would have no bound.
    static constexpr std::size_t longest_line = std::size_t{1} << 28;

    input() = default;
    input(const input&) = delete;
    input& operator=(const input&) = delete;
    ~input() { close(); }

    /// Opens a path, or the standard input if it is "-". False: error() says why.
    [[nodiscard]] bool open(const char* path) {
        const bool standard = std::strcmp(path, "-") == 0;
        name_ = standard ? "<stdin>" : path;
        descriptor_ = standard ? ::dup(0) : ::open(path, O_RDONLY | O_CLOEXEC);
        struct stat about {};
        if (descriptor_ < 0 || ::fstat(descriptor_, &about) != 0) return fail_with("cannot open: ");
        if (S_ISDIR(about.st_mode)) return fail("cannot read: it is a directory");
        buffer_.resize(block);
        while (filled_ < 2 && !ended_) {
            if (!fill()) return false;
        }
        if (filled_ >= 2 && buffer_[0] == '\x1f' && buffer_[1] == '\x8b') return unpack();
        return true;
    }

    /// Reads from memory, which MUST outlive the object. Never unpacks.
    void open_memory(std::string name, std::string_view text) {
        name_ = std::move(name);
        buffer_.assign(text.begin(), text.end());
        filled_ = buffer_.size();
        ended_ = true;
    }

    [[nodiscard]] const std::string& name() const noexcept { return name_; }
    [[nodiscard]] const std::string& error() const noexcept { return error_; }
    /// Bytes of text that the lines so far had, for a progress line.
    [[nodiscard]] std::uint64_t bytes_read() const noexcept { return passed_ + begin_; }

    /// The next line without its end; the byte after it exists. Good until the next call.
    [[nodiscard]] result next(std::string_view& out) {
        std::size_t searched = begin_;
        for (;;) {
            const void* end = filled_ == searched ? nullptr
                                                  : std::memchr(buffer_.data() + searched, '\n',
                                                                filled_ - searched);
            if (end != nullptr) {
                const char* from = buffer_.data() + begin_;
                out = {from, static_cast<std::size_t>(static_cast<const char*>(end) - from)};
                begin_ += out.size() + 1;
                return result::line;
            }
            const std::size_t seen = filled_ - begin_;
            if (ended_) return at_end(seen);
            if (seen > longest_line) {
                static_cast<void>(fail("a line longer than any trace has"));
                return result::failed;
            }
            make_room();
            searched = begin_ + seen;
            if (!fill()) return result::failed;
        }
    }

private:
    static constexpr std::size_t block = std::size_t{1} << 18;

    result at_end(std::size_t seen) {
        if (const char* wrong = packed_.finish(); wrong != nullptr) {
            static_cast<void>(fail(wrong));
            return result::failed;
        }
        if (seen == 0) return result::finished;
        static_cast<void>(fail("the last line has no end: the file was cut short"));
        return result::failed;
    }

    void make_room() {
        passed_ += begin_;
        std::memmove(buffer_.data(), buffer_.data() + begin_, filled_ - begin_);
        filled_ -= begin_;
        begin_ = 0;
        if (buffer_.size() - filled_ < block / 2) buffer_.resize(buffer_.size() * 2);
    }

    bool fill() {
        const int from = packed_.descriptor() >= 0 ? packed_.descriptor() : descriptor_;
        for (;;) {
            const ssize_t got = ::read(from, buffer_.data() + filled_, buffer_.size() - filled_);
            if (got < 0 && errno == EINTR) continue;
            if (got < 0) return fail_with("cannot read: ");
            ended_ = got == 0;
            filled_ += static_cast<std::size_t>(got);
            return true;
        }
    }

    bool unpack() {
        if (!packed_.start(descriptor_, {buffer_.data(), filled_})) return fail_with("gzip: ");
        filled_ = 0;
        ended_ = false;
        return true;
    }

    bool fail(std::string what) {
        error_ = std::move(what);
        return false;
    }
    bool fail_with(const char* what) { return fail(what + std::string{std::strerror(errno)}); }

    void close() noexcept {
        static_cast<void>(packed_.finish());
        if (descriptor_ >= 0) ::close(descriptor_);
        descriptor_ = -1;
    }

    std::string name_{};
    std::string error_{};
    std::vector<char> buffer_{};
    std::size_t begin_ = 0;   // of the line that comes next
    std::size_t filled_ = 0;  // one past the last byte read
    std::uint64_t passed_ = 0;
    bool ended_ = false;
    int descriptor_ = -1;
    gunzip packed_{};
};

}  // namespace rmap::inline RMAP_ABI::replay
