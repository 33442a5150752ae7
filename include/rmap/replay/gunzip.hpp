// SPDX-License-Identifier: BSL-1.0
#pragma once

// Unpacks gzip data by the program gzip, which runs beside this one. input.hpp calls it when a file
// begins with gzip's two bytes. Guarantees that no child outlives the object, and that damage is
// told from the end of the data. Needs POSIX.

#include <cerrno>
#include <csignal>
#include <cstddef>
#include <string_view>

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <rmap/core/config.hpp>

namespace rmap::inline RMAP_ABI::replay {

class gunzip {
public:
    gunzip() = default;
    gunzip(const gunzip&) = delete;
    gunzip& operator=(const gunzip&) = delete;
    ~gunzip() { static_cast<void>(finish()); }

    /// Starts gzip over what `packed` yields; `begun` is what was read from it already. False: no
    /// process or pipe could be had (errno says why).
    [[nodiscard]] bool start(int packed, std::string_view begun) {
        int source = packed;
        const bool seekable =
            ::lseek(packed, -static_cast<off_t>(begun.size()), SEEK_CUR) != off_t{-1};
        if (!seekable && !start_feeder(packed, begun, source)) return false;
        int ends[2];
        if (::pipe2(ends, O_CLOEXEC) != 0) {
            if (source != packed) ::close(source);
            return false;
        }
        unpacker_ = ::fork();
        if (unpacker_ == 0) run_gzip(source, ends[1]);
        if (source != packed) ::close(source);
        ::close(ends[1]);
        unpacked_ = ends[0];
        return unpacker_ > 0;
    }

    /// Where the unpacked bytes come from.
    [[nodiscard]] int descriptor() const noexcept { return unpacked_; }

    /// Ends the child. Null if all was unpacked; else what was wrong. MUST come after the last byte
    /// was read, else it reports the pipe that this call breaks.
    [[nodiscard]] const char* finish() noexcept {
        if (unpacked_ >= 0) ::close(unpacked_);
        unpacked_ = -1;
        const int code = wait_for(unpacker_);
        static_cast<void>(wait_for(feeder_));
        if (code == 0) return nullptr;
        return code == exec_failed ? "compressed, and the program `gzip` cannot be run"
                                   : "the compressed data is damaged or cut short";
    }

private:
    static constexpr int exec_failed = 127;

    // A pipe cannot be rewound: a child of its own puts the bytes that were read in front.
    bool start_feeder(int packed, std::string_view begun, int& source) {
        int ends[2];
        if (::pipe2(ends, O_CLOEXEC) != 0) return false;
        feeder_ = ::fork();
        if (feeder_ == 0) {
            ::close(ends[0]);
            feed(packed, begun, ends[1]);
        }
        ::close(ends[1]);
        if (feeder_ < 0) {
            ::close(ends[0]);
            return false;
        }
        source = ends[0];
        return true;
    }

    [[noreturn]] static void feed(int packed, std::string_view begun, int to) noexcept {
        char block[4096];
        while (write_all(to, begun)) {
            const ssize_t got = ::read(packed, block, sizeof block);
            if (got < 0 && errno == EINTR) {
                begun = {};
                continue;
            }
            if (got <= 0) break;
            begun = {block, static_cast<std::size_t>(got)};
        }
        ::_exit(0);
    }

    static bool write_all(int to, std::string_view bytes) noexcept {
        while (!bytes.empty()) {
            const ssize_t n = ::write(to, bytes.data(), bytes.size());
            if (n < 0 && errno != EINTR) return false;
            if (n > 0) bytes.remove_prefix(static_cast<std::size_t>(n));
        }
        return true;
    }

    [[noreturn]] static void run_gzip(int from, int to) noexcept {
        const int silent = ::open("/dev/null", O_WRONLY | O_CLOEXEC);
        // dup2 onto the same number would keep close-on-exec, hence the copies above the three.
        const int in = ::fcntl(from, F_DUPFD, 3);
        const int out = ::fcntl(to, F_DUPFD, 3);
        if (in >= 0 && out >= 0 && ::dup2(in, 0) == 0 && ::dup2(out, 1) == 1) {
            if (silent >= 0) ::dup2(silent, 2);
            ::close(in);
            ::close(out);
            ::execlp("gzip", "gzip", "-dc", static_cast<char*>(nullptr));
        }
        ::_exit(exec_failed);
    }

    // The exit code, -1 for a child that a signal ended, 0 if there was none.
    static int wait_for(pid_t& child) noexcept {
        int state = 0;
        if (child <= 0) return 0;
        while (::waitpid(child, &state, 0) < 0) {
            if (errno != EINTR) break;
        }
        child = -1;
        return WIFEXITED(state) ? WEXITSTATUS(state) : -1;
    }

    pid_t unpacker_ = -1;
    pid_t feeder_ = -1;
    int unpacked_ = -1;
};

}  // namespace rmap::inline RMAP_ABI::replay
