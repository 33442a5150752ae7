// SPDX-License-Identifier: BSL-1.0

// Whether an event costs the same however long the trace was before it: traces that are made here,
// of 10^4 to 10^6 events, in which a server forks, its children write, split, heal and exit, and no
// more is mapped at the end than at the beginning.

#include <cstdint>
#include <string>

#include <rmap/policy.hpp>

#include "replay_text.hpp"

namespace rmap_bench {

namespace {

class trace_maker {
public:
    std::string make(std::uint64_t events) {
        text_ =
            "rmap-trace 1\nkernel 6.18.0\npage 4096\nscope pages\nmm 0\nfilesize 0 64\n"
            "mmap 0 1000 64 rw- anon\nmmap 0 2000 64 r-x private 0 0\nwrite 0 1000 64\n";
        count_ = 5;
        for (; count_ + life < events; count_ += life)
            child();
        return std::move(text_);
    }

private:
    static constexpr std::uint64_t life = 16;  // events from a child's fork to its exit
    static constexpr std::uint64_t alive = 8;  // children at a time

    void line(const char* verb, std::uint64_t mm, const std::string& rest) {
        text_ += verb;
        text_ += ' ' + std::to_string(mm) + (rest.empty() ? "" : " ") + rest + '\n';
    }
    static std::string hex(std::uint64_t page) {
        char out[20];
        std::snprintf(out, sizeof out, "%llx", static_cast<unsigned long long>(page));
        return out;
    }
    std::uint64_t random(std::uint64_t below) {
        state_ = state_ * 6364136223846793005U + 1442695040888963407U;
        return (state_ >> 33) % below;
    }

    // One child comes, and the oldest one goes.
    void child() {
        const std::uint64_t mm = ++next_;
        line("fork", 0, std::to_string(mm));
        line("write", mm, hex(0x1000 + random(60)) + " 4");
        line("write", mm, hex(0x1000 + random(60)) + " 1");
        line("read", mm, hex(0x2000 + random(60)) + " 4");
        line("mmap", mm, "3000 32 rw- anon");
        line("write", mm, hex(0x3000 + random(28)) + " 4");
        line("write", 0, hex(0x1000 + random(60)) + " 2");
        line("mprotect", mm, "3008 8 r--");
        line("mprotect", mm, "3008 8 rw-");
        line("dontneed", mm, hex(0x3000 + random(28)) + " 4");
        line("mremap", mm, "3010 8 4000 8");
        line("read", mm, hex(0x1000 + random(60)) + " 4");
        line("write", mm, "4000 8");
        line("munmap", mm, "4000 8");
        line("mmap", mm, "5000 4 rw- anon");
        if (next_ > alive) {
            line("exit", next_ - alive, "");
        } else {
            line("write", mm, "5000 1");
        }
    }

    std::string text_{};
    std::uint64_t count_ = 0;
    std::uint64_t next_ = 0;
    std::uint64_t state_ = 1;
};

}  // namespace

bool replay_growth(report& to) {
    const std::uint64_t most = to.quick() ? 10'000 : 1'000'000;
    for (std::uint64_t events = 10'000; events <= most; events *= 10) {
        const std::string text = trace_maker{}.make(events);
        if (!report_replay<rmap::default_policy>(to, "replay_growth/" + std::to_string(events),
                                                 text)) {
            return false;
        }
    }
    return true;
}

}  // namespace rmap_bench
