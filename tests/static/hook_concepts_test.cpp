// SPDX-License-Identifier: BSL-1.0

// The axes that the library calls out through, each as a table: an archetype that has what is asked
// and nothing more, the models that ship, and types that lack one thing each.

#include <memory>

#include <rmap/hosted.hpp>
#include <rmap/rmap.hpp>

namespace {

using namespace rmap;

// ---- atomics_family

struct atomics_archetype {
    template <class T>
    struct atomic {
        atomic() noexcept;
        atomic(const atomic&) = delete;
        atomic& operator=(const atomic&) = delete;
        T load(order) const noexcept;
        void store(T, order) noexcept;
        T exchange(T, order) noexcept;
        T fetch_add(T, order) noexcept requires std::integral<T>;
        T fetch_sub(T, order) noexcept requires std::integral<T>;
        T fetch_or(T, order) noexcept requires std::integral<T>;
        T fetch_and(T, order) noexcept requires std::integral<T>;
        bool compare_exchange(T&, T, order) noexcept;
    };
    template <class T>
    struct plain {
        plain() noexcept;
        explicit plain(T) noexcept;
        void operator=(T) noexcept;
        operator T() const noexcept;
    };
    static void fence(order) noexcept;
    static void pause() noexcept;
};

struct atomics_without_plain : atomics_archetype {
    using plain = void;
};
struct atomics_without_fence : atomics_archetype {
    using fence = void;
};
struct atomics_without_pause : atomics_archetype {
    using pause = void;
};
struct atomics_that_may_throw : atomics_archetype {
    static void fence(order);
};
struct atomics_without_fetch_or : atomics_archetype {
    template <class T>
    struct atomic : atomics_archetype::atomic<T> {
        using fetch_or = void;
    };
};
struct atomics_of_other_orders : atomics_archetype {
    template <class T>
    struct atomic : atomics_archetype::atomic<T> {
        T load(int) const noexcept;
    };
};

static_assert(atomics_family<atomics_archetype>);
static_assert(atomics_family<atomics::builtin>);
static_assert(atomics_family<atomics::single>);
static_assert(atomics_family<hosted::std_atomics>);
static_assert(!atomics_family<int>);
static_assert(!atomics_family<atomics_without_plain>);
static_assert(!atomics_family<atomics_without_fence>);
static_assert(!atomics_family<atomics_without_pause>);
static_assert(!atomics_family<atomics_that_may_throw>);
static_assert(!atomics_family<atomics_without_fetch_or>);
static_assert(!atomics_family<atomics_of_other_orders>);

// ---- memory_source

struct memory_archetype {
    memory_archetype() = delete;
    memory_archetype(const memory_archetype&) = delete;
    void* allocate(std::size_t, std::size_t) noexcept;
    void deallocate(void*, std::size_t, std::size_t) noexcept;
};
struct memory_that_throws {
    void* allocate(std::size_t, std::size_t);
    void deallocate(void*, std::size_t, std::size_t) noexcept;
};
struct memory_of_bytes {
    unsigned char* allocate(std::size_t, std::size_t) noexcept;
    void deallocate(void*, std::size_t, std::size_t) noexcept;
};
struct memory_without_alignment {
    void* allocate(std::size_t) noexcept;
    void deallocate(void*, std::size_t) noexcept;
};
struct memory_that_only_grows {
    void* allocate(std::size_t, std::size_t) noexcept;
};

static_assert(memory_source<memory_archetype>);
static_assert(memory_source<memory::heap>);
static_assert(memory_source<hosted::pmr_memory>);
static_assert(!memory_source<int>);
static_assert(!memory_source<std::allocator<char>>);
static_assert(!memory_source<memory_that_throws>);
static_assert(!memory_source<memory_of_bytes>);
static_assert(!memory_source<memory_without_alignment>);
static_assert(!memory_source<memory_that_only_grows>);

// ---- check_hook

struct check_archetype {
    check_archetype() = delete;
    [[noreturn]] static void failed(const char*, const char*, const char*, unsigned) noexcept;
};
struct check_that_throws {
    [[noreturn]] static void failed(const char*, const char*, const char*, unsigned);
};
struct check_without_place {
    [[noreturn]] static void failed(const char*, const char*) noexcept;
};
struct check_that_answers {
    static bool failed(const char*, const char*, const char*, unsigned) noexcept;
};
struct check_of_an_object {
    void failed(const char*, const char*, const char*, unsigned) noexcept;
};

static_assert(check_hook<check_archetype>);
static_assert(check_hook<checks::panic>);
static_assert(!check_hook<int>);
static_assert(!check_hook<check_that_throws>);
static_assert(!check_hook<check_without_place>);
static_assert(!check_hook<check_that_answers>);
static_assert(!check_hook<check_of_an_object>);

// ---- trace_hook

struct trace_archetype {
    trace_archetype() = delete;
    static void emit(event, const void*, const void* = nullptr) noexcept;
};
struct trace_that_throws {
    static void emit(event, const void*, const void* = nullptr);
};
struct trace_of_pairs_only {
    static void emit(event, const void*, const void*) noexcept;
};
struct trace_of_one_object {
    static void emit(event, const void*) noexcept;
};
struct trace_of_an_object {
    void emit(event, const void*, const void* = nullptr) noexcept;
};

static_assert(trace_hook<trace_archetype>);
static_assert(trace_hook<traces::none>);
static_assert(!trace_hook<int>);
static_assert(!trace_hook<trace_that_throws>);
static_assert(!trace_hook<trace_of_pairs_only>);
static_assert(!trace_hook<trace_of_one_object>);
static_assert(!trace_hook<trace_of_an_object>);

// ---- statistics_sink

struct statistics_archetype {
    statistics_archetype(const statistics_archetype&) = delete;
    void anon_vmas_changed(int) noexcept;
    void links_changed(int) noexcept;
    void retried() noexcept;
};
struct statistics_without_retries {
    void anon_vmas_changed(int) noexcept;
    void links_changed(int) noexcept;
};
struct statistics_that_throw {
    void anon_vmas_changed(int) noexcept;
    void links_changed(int);
    void retried() noexcept;
};

static_assert(statistics_sink<statistics_archetype>);
static_assert(statistics_sink<statistics::none::counters<atomics::builtin>>);
static_assert(statistics_sink<statistics::counting::counters<atomics::builtin>>);
static_assert(statistics_sink<statistics::counting::counters<atomics::single>>);
static_assert(!statistics_sink<statistics::none>);  // the axis, not yet for an atomics family
static_assert(!statistics_sink<statistics_without_retries>);
static_assert(!statistics_sink<statistics_that_throw>);
// Off means no byte.
struct with_statistics_off {
    [[no_unique_address]] statistics::none::counters<atomics::builtin> counters;
    int other;
};
static_assert(sizeof(with_statistics_off) == sizeof(int));

}  // namespace

int main() {
    return 0;
}
