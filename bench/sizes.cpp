// SPDX-License-Identifier: BSL-1.0

// How large the library's objects are, beside what Linux 6.18 has on x86-64: in a vma, 24 bytes
// (anon_vma and the chain's list head); an anon_vma, 104; an anon_vma_chain, 64; in a page, 16
// (mapping and index).

#include <string>

#include <rmap/rmap.hpp>

#include "registry.hpp"

namespace rmap_bench {

namespace {

template <class Policy>
void sizes_of(report& to, const char* policy) {
    const auto size = [&](const char* what, std::size_t ours, std::size_t kernel) {
        figure f;
        f.name = std::string{"sizes/"} + what + '/' + policy;
        f.counters = {{"bytes", static_cast<double>(ours)},
                      {"kernel_bytes", static_cast<double>(kernel)}};
        to.add(std::move(f));
    };
    size("vma_hook", sizeof(rmap::vma_hook<Policy>), 24);
    size("anon_vma", sizeof(rmap::anon_vma<Policy>), 104);
    size("anon_vma_chain", sizeof(typename Policy::topology::template link<Policy>), 64);
    size("page_hook", sizeof(rmap::page_hook<Policy>), 16);
}

}  // namespace

bool sizes(report& to) {
    sizes_of<rmap::default_policy>(to, "default_policy");
    sizes_of<rmap::single_threaded>(to, "single_threaded");
    sizes_of<rmap::never_merge>(to, "never_merge");
    return true;
}

}  // namespace rmap_bench
