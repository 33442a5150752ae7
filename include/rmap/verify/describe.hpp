// SPDX-License-Identifier: BSL-1.0
#pragma once

// describe<Map>: what a map is made of, for a person: the choice on each axis, the facts that
// follow, the sizes of what it keeps in the user's objects beside those of Linux 6.18 on x86-64
// without lock debugging, and the lock order.

#include <cstddef>
#include <string>
#include <string_view>

#include <rmap/locking/concept.hpp>
#include <rmap/topologies/concept.hpp>
#include <rmap/verify/text.hpp>
#include <rmap/verify/world.hpp>

namespace rmap::inline RMAP_ABI::verify {

namespace detail {

/// A type's name as the compiler writes it, less the inline namespace.
template <class T>
[[nodiscard]] std::string type_name() {
    const std::string_view all = __PRETTY_FUNCTION__;
    const auto first = all.find("T = ") + 4;
    const auto last = all.find_first_of(";]", first);
    std::string name{all.substr(first, last - first)};
#define RMAP_DETAIL_TEXT_OF(x) #x
#define RMAP_DETAIL_TEXT(x) RMAP_DETAIL_TEXT_OF(x)
    const std::string abi = RMAP_DETAIL_TEXT(RMAP_ABI) "::";
#undef RMAP_DETAIL_TEXT
#undef RMAP_DETAIL_TEXT_OF
    for (std::size_t at; (at = name.find(abi)) != std::string::npos;)
        name.erase(at, abi.size());
    return name;
}

[[nodiscard]] inline const char* name_of(walk_order order) {
    switch (order) {
        case walk_order::insertion: return "insertion";
        case walk_order::offset: return "offset";
        case walk_order::ancestry: return "ancestry";
    }
    return "?";
}

[[nodiscard]] inline const char* yes(bool fact) {
    return fact ? "yes" : "no";
}

}  // namespace detail

/// Prints the description to a sink, a few lines at a time.
template <class Map, text_sink Sink>
void describe(Sink sink) {
    using policy = typename Map::policy;
    using topology = typename policy::topology;
    using detail::type_name;
    using detail::yes;
    put(sink, "policy      ", type_name<policy>(), '\n');
    put(sink, "atomics     ", type_name<typename policy::atomics>(), '\n');
    put(sink, "lock        ", type_name<typename policy::lock>(), "; ",
        sizeof(typename policy::lock), " bytes; shared: ", yes(shared_lock<typename policy::lock>),
        '\n');
    put(sink, "locking     ", type_name<typename policy::locking>(),
        "; walks are complete: ", yes(policy::locking::walk_is_complete), '\n');
    put(sink, "topology    ", type_name<topology>(),
        "; walk order: ", detail::name_of(topology::order),
        "; the end is a key: ", yes(topology::end_is_key), '\n');
    put(sink, "merge       ", type_name<typename policy::merge>(),
        "; the reference: ", yes(policy::merge::is_reference), '\n');
    put(sink, "lifetime    ", type_name<typename policy::lifetime>(),
        "; stale pointers are readable: ", yes(policy::lifetime::stale_pointers_are_readable),
        '\n');
    put(sink, "allocator   ", type_name<typename policy::allocator>(), '\n');
    put(sink, "check       ", type_name<typename policy::check>(), '\n');
    put(sink, "trace       ", type_name<typename policy::trace>(), '\n');
    put(sink, "stats       ", type_name<typename policy::stats>(), "\n\n");

    put(sink, "bytes in            here   Linux\n");
    const auto size = [&](const char* what, std::size_t here, const char* linux_size) {
        const std::string number = text(here);
        put(sink, what, std::string(24 - std::string_view{what}.size() - number.size(), ' '),
            number, "   ", linux_size, '\n');
    };
    size("a vma (hook)", sizeof(vma_hook<policy>), "   24");
    size("a page (hook)", sizeof(page_hook<policy>), "   16");
    size("an anon_vma", sizeof(anon_vma<policy>), "  104");
    size("a link (avc)", sizeof(typename topology::template link<policy>), "   64");

    put(sink,
        "\nlock order, outermost first\n"
        "  mmap_lock                     an address space's (the user's)\n"
        "    take_all_locks mutex        the map's\n"
        "    page lock                   a page's (the user's)\n"
        "      ksm_node::lock            a merged page's\n"
        "        i_mmap::lock            a file's vmas\n");
    if constexpr (locks_whole_chains<typename policy::locking>) {
        put(sink, "          anon_vma_chain_lock   an address space's\n");
    }
    if constexpr (locks_by_offset<typename policy::locking>) {
        put(sink, "          shard locks           an anon_vma root's, by offset\n");
    }
    put(sink, locks_one_a_tree<typename policy::locking>
                  ? "          tree lock             an anon_vma root's\n"
                  : "          tree lock             each anon_vma's, the newest first\n");
    put(sink,
        "            page_table_lock     an address space's\n"
        "            pte lock            a page table's (the user's)\n"
        "              free list         the lifetime policy's\n");
}

}  // namespace rmap::inline RMAP_ABI::verify
