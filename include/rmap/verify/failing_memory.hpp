// SPDX-License-Identifier: BSL-1.0
#pragma once

// failing_memory: an allocator policy for tests. It comes from the heap, fails when it is told to,
// and keeps books: what is alive, what was given back twice, with another size, or was never given
// out. Users run their own embedding on it: for each n, fail the n-th call, and compare the state
// with what it was before; at the end nothing may be alive.
//
//   verify::memory_ledger ledger;
//   my_map map{verify::failing_memory{ledger}};
//   ledger.fail_at(1);                         // the next call returns null
//   assert(map.prepare(v, nullptr, nullptr) == rmap::status::no_memory);

#include <cstddef>
#include <mutex>
#include <new>
#include <string>
#include <unordered_map>
#include <vector>

#include <rmap/core/memory.hpp>
#include <rmap/verify/text.hpp>

namespace rmap::inline RMAP_ABI::verify {

/// The books. MUST outlive every failing_memory made from it. Any number of threads.
class memory_ledger {
public:
    memory_ledger() = default;
    memory_ledger(const memory_ledger&) = delete;
    memory_ledger& operator=(const memory_ledger&) = delete;

    /// The n-th call from now on returns null, counted from 1, and those after it succeed again.
    void fail_at(std::size_t n) { set(n, false); }
    /// The n-th call from now on and all after it return null.
    void fail_from(std::size_t n) { set(n, true); }
    void never_fail() { set(0, false); }

    /// How many calls there were, failed ones included, since the last of the three above.
    [[nodiscard]] std::size_t calls() const { return locked(calls_); }
    /// Whether a call failed on purpose since then.
    [[nodiscard]] bool failed() const { return locked(failed_); }
    [[nodiscard]] std::size_t live_bytes() const { return locked(bytes_); }
    [[nodiscard]] std::size_t live_blocks() const {
        const std::lock_guard guard{mutex_};
        return alive_.size();
    }
    [[nodiscard]] std::size_t most_bytes() const { return locked(most_bytes_); }

    /// What was done wrong with blocks; empty if all is well.
    [[nodiscard]] std::vector<std::string> faults() const { return locked(faults_); }
    /// Nothing is alive and nothing was done wrong.
    [[nodiscard]] bool clean() const {
        const std::lock_guard guard{mutex_};
        return alive_.empty() && faults_.empty();
    }

private:
    friend class failing_memory;
    struct block {
        std::size_t size, align;
    };

    void* take(std::size_t size, std::size_t align) noexcept {
        const std::lock_guard guard{mutex_};
        ++calls_;
        if (due_ != 0 && (onwards_ ? calls_ >= due_ : calls_ == due_)) {
            failed_ = true;
            return nullptr;
        }
        void* got = ::operator new (size, std::align_val_t{align}, std::nothrow);
        if (got == nullptr)
            return nullptr;
        alive_.emplace(got, block{size, align});
        bytes_ += size;
        if (bytes_ > most_bytes_)
            most_bytes_ = bytes_;
        return got;
    }

    // A wrong block is written down and left alone, so that the test goes on to its report.
    void give(void* what, std::size_t size, std::size_t align) noexcept {
        const std::lock_guard guard{mutex_};
        const auto found = alive_.find(what);
        if (found == alive_.end()) {
            faults_.push_back(
                text("a block of ", size,
                     " bytes was given back that is not out (twice, or never given)"));
            return;
        }
        if (found->second.size != size || found->second.align != align) {
            faults_.push_back(text("a block of ", found->second.size, " bytes, aligned to ",
                                   found->second.align, ", was given back as ", size,
                                   " bytes, aligned to ", align));
        }
        bytes_ -= found->second.size;
        ::operator delete (what, std::align_val_t{found->second.align});
        alive_.erase(found);
    }

    void set(std::size_t n, bool onwards) {
        const std::lock_guard guard{mutex_};
        due_ = n;
        onwards_ = onwards;
        calls_ = 0;
        failed_ = false;
    }
    template <class T>
    T locked(const T& field) const {
        const std::lock_guard guard{mutex_};
        return field;
    }

    // All of it is read and written holding mutex_.
    mutable std::mutex mutex_;
    std::unordered_map<void*, block> alive_;
    std::vector<std::string> faults_;
    std::size_t due_ = 0, calls_ = 0, bytes_ = 0, most_bytes_ = 0;
    bool onwards_ = false, failed_ = false;
};

/// The allocator policy: a handle to a ledger. One without a ledger is the plain heap.
class failing_memory {
public:
    failing_memory() noexcept = default;
    explicit failing_memory(memory_ledger& ledger) noexcept : ledger_{&ledger} {}

    [[nodiscard]] void* allocate(std::size_t size, std::size_t align) noexcept {
        return ledger_ != nullptr ? ledger_->take(size, align)
                                  : ::operator new (size, std::align_val_t{align}, std::nothrow);
    }
    void deallocate(void* block, std::size_t size, std::size_t align) noexcept {
        if (ledger_ != nullptr) {
            ledger_->give(block, size, align);
        } else {
            ::operator delete (block, std::align_val_t{align});
        }
    }

private:
    memory_ledger* ledger_ = nullptr;
};

static_assert(memory_source<failing_memory>);

}  // namespace rmap::inline RMAP_ABI::verify
