// SPDX-License-Identifier: BSL-1.0

// Every locking discipline keeps the laws of one, in every interleaving of the laws' scenarios. Of
// those that promise no complete walk the suite says where it saw a walk miss a mapping.

#include "support/policies.hpp"
#include "support/refused.hpp"

using namespace rmap_test;

namespace {

verdicts count;

template <class Policy>
using locking_of = typename Policy::locking;

template <class Locking>
void conforms() {
    count.conforms(type_name<Locking>(),
                   [](auto sink) { verify::discipline_conforms<Locking>(sink); });
}

template <class Locking>
void best_effort() {
    conforms<Locking>();
    const auto& walks = count.of("discipline.walks_are_complete");
    count.that(walks.is == verify::verdict::not_claimed &&
                   walks.what.find("a vma loses its end") != std::string::npos,
               "the walk that misses a mapping was not seen: " + walks.what);
}

}  // namespace

int main() {
    each_once<locking_of>(every<type_of>{},
                          [](auto is) { conforms<typename decltype(is)::type>(); });
    best_effort<rmap::locking::per_anon_vma>();
    best_effort<rmap::locking::seq_retry>();
    return count.exit_code();
}
