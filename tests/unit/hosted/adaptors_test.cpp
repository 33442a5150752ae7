// SPDX-License-Identifier: BSL-1.0

// hosted/: the adaptors pass everything on, and turn what the standard library throws into what the
// library understands.

#define BOOST_TEST_MODULE hosted_adaptors
#include <boost/test/unit_test.hpp>
#include <cstddef>
#include <cstdint>
#include <memory_resource>
#include <new>
#include <stdexcept>
#include <thread>

#include <rmap/hosted.hpp>
#include <rmap/locks/guard.hpp>

namespace {

using rmap::try_to_lock;

/// Whether another thread finds the lock free, by its try form.
template <template <class> class Guard, class Lock>
bool free_for_another(Lock& lock) {
    bool free = false;
    std::thread{[&] {
        // A std try_lock may fail for no reason.
        for (int i = 0; i < 100 && !free; ++i) {
            free = Guard<Lock>{lock, try_to_lock}.owns();
        }
    }}.join();
    return free;
}

/// Counts; throws when it is told to.
struct counting_resource : std::pmr::memory_resource {
    void* do_allocate(std::size_t size, std::size_t align) override {
        if (full) {
            throw std::bad_alloc{};
        }
        if (broken) {
            throw std::runtime_error{"not a bad_alloc"};
        }
        bytes += size;
        last_align = align;
        return std::pmr::new_delete_resource()->allocate(size, align);
    }
    void do_deallocate(void* block, std::size_t size, std::size_t align) override {
        bytes -= size;
        std::pmr::new_delete_resource()->deallocate(block, size, align);
    }
    [[nodiscard]] bool do_is_equal(const memory_resource& other) const noexcept override {
        return this == &other;
    }
    std::size_t bytes = 0;
    std::size_t last_align = 0;
    bool full = false;
    bool broken = false;
};

}  // namespace

BOOST_AUTO_TEST_CASE(a_mutex_excludes) {
    rmap::hosted::mutex lock;
    BOOST_TEST(free_for_another<rmap::write_guard>(lock));
    {
        rmap::read_guard guard{lock};  // exclusively: it cannot share
        BOOST_TEST(!free_for_another<rmap::read_guard>(lock));
    }
    BOOST_TEST(free_for_another<rmap::write_guard>(lock));
    BOOST_TEST(&lock.native() != nullptr);
}

BOOST_AUTO_TEST_CASE(a_shared_mutex_shares) {
    rmap::hosted::shared_mutex lock;
    {
        rmap::read_guard guard{lock};
        BOOST_TEST(free_for_another<rmap::read_guard>(lock));
        BOOST_TEST(!free_for_another<rmap::write_guard>(lock));
    }
    rmap::write_guard guard{lock};
    BOOST_TEST(!free_for_another<rmap::read_guard>(lock));
}

BOOST_AUTO_TEST_CASE(an_atomic_is_the_standards) {
    rmap::hosted::std_atomics::atomic<std::uint32_t> word{1};
    word.native().store(2);
    BOOST_TEST(word.load(rmap::order::acquire) == 2U);
    static_assert(sizeof(word) == sizeof(std::uint32_t));
}

BOOST_AUTO_TEST_CASE(each_order_has_its_standard_name) {
    using rmap::order;
    using rmap::hosted::std_order;
    static_assert(std_order(order::relaxed) == std::memory_order_relaxed);
    static_assert(std_order(order::acquire) == std::memory_order_acquire);
    static_assert(std_order(order::release) == std::memory_order_release);
    static_assert(std_order(order::acq_rel) == std::memory_order_acq_rel);
    static_assert(std_order(order::seq_cst) == std::memory_order_seq_cst);
}

BOOST_AUTO_TEST_CASE(memory_comes_from_the_resource_and_goes_back) {
    counting_resource resource;
    rmap::hosted::pmr_memory memory{resource};
    BOOST_TEST(&memory.resource() == &resource);
    void* block = memory.allocate(48, 64);
    BOOST_TEST(block != nullptr);
    BOOST_TEST(reinterpret_cast<std::uintptr_t>(block) % 64 == 0U);
    BOOST_TEST(resource.bytes == 48U);
    BOOST_TEST(resource.last_align == 64U);
    memory.deallocate(block, 48, 64);
    BOOST_TEST(resource.bytes == 0U);
}

BOOST_AUTO_TEST_CASE(a_resource_that_throws_has_no_memory) {
    counting_resource resource;
    rmap::hosted::pmr_memory memory{resource};
    resource.full = true;
    BOOST_TEST(memory.allocate(48, 8) == nullptr);
    resource.full = false;
    resource.broken = true;
    BOOST_TEST(memory.allocate(48, 8) == nullptr);
    rmap::hosted::pmr_memory none{*std::pmr::null_memory_resource()};
    BOOST_TEST(none.allocate(1, 1) == nullptr);
}

BOOST_AUTO_TEST_CASE(without_a_resource_it_is_the_programs_default) {
    BOOST_TEST(&rmap::hosted::pmr_memory{}.resource() == std::pmr::get_default_resource());
}
