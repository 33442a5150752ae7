// SPDX-License-Identifier: BSL-1.0

// The user's types: who is a model of a page and of a vma and who is not, tags as words, ready-made
// bases. A plain program: it is mostly decided when it is compiled.

#include <cstdio>

#include "support/policies.hpp"
#include "support/toy.hpp"

namespace {

using namespace rmap_test;
using P = rmap::default_policy;
using other = spin_locked;

// ---- models, and what is none of them, for which reason

static_assert(rmap::mappable_page<toy_page<P>, P> && rmap::mappable_page<member_page<P>, P>);
static_assert(rmap::mappable_vma<toy_vma<P>, P> && rmap::mappable_vma<member_vma<P>, P>);

struct no_hook {
    bool mapped() const noexcept { return false; }
};
struct no_mapped : rmap::page_hook<P> {};
struct counts_only : rmap::page_hook<P> {
    int mapped() const { return 1; }  // a number is not an answer
};
static_assert(!rmap::mappable_page<no_hook, P>);
static_assert(!rmap::mappable_page<no_mapped, P>);
static_assert(!rmap::mappable_page<counts_only, P>);
static_assert(!rmap::mappable_page<toy_page<other>, P>, "the hook of another policy");
static_assert(!rmap::mappable_vma<toy_vma<other>, P>, "the hook of another policy");

struct space {
    rmap::locks::spin page_table_lock;
};
struct no_range : rmap::vma_hook<P> {
    space& mm() const noexcept;
};
static_assert(!rmap::mappable_vma<no_range, P>);
struct bare : rmap::basic_vma<space, P> {
    using basic_vma::basic_vma;
};
static_assert(rmap::mappable_vma<bare, P>);
static_assert(!rmap::file_traits<bare>::supported<P> &&
              rmap::file_traits<toy_vma<P>>::supported<P>);

// Pages and vmas of a user cost what the kernel's do.
static_assert(sizeof(rmap::page_hook<P>) == 16);
static_assert(sizeof(rmap::vma_hook<P>) == 24);  // own, and the two ends of the chain
static_assert(sizeof(rmap::anon_vma_chain<P>) == 64);

int failures = 0;
void check(bool ok, const char* what) {
    if (ok) return;
    std::printf("failed: %s\n", what);
    ++failures;
}
#define CHECK(...) check((__VA_ARGS__), #__VA_ARGS__)

void tags() {
    using hook = rmap::page_hook<P>;
    using rmap::page_kind;
    rmap::anon_vma<P> av;
    rmap::i_mmap<P> file;
    rmap::ksm_node<P> node;
    hook h;
    CHECK(h.kind() == page_kind::untagged && h.read() == 0 && h.index() == 0);
    const auto leads = [&](hook::word tag, void* anon, void* to_file, void* ksm) {
        return hook::anon(tag) == anon && hook::file(tag) == to_file && hook::ksm(tag) == ksm;
    };
    CHECK(leads(0, nullptr, nullptr, nullptr));
    CHECK(leads(hook::tag_of(av), &av, nullptr, nullptr));
    CHECK(leads(hook::tag_of(file), nullptr, &file, nullptr));
    CHECK(leads(hook::tag_of(node), nullptr, nullptr, &node));
    h.set(hook::tag_of(av), 7);
    CHECK(h.kind() == page_kind::anon && h.index() == 7);
    h.set(hook::tag_of(file), 8);
    CHECK(h.kind() == page_kind::file && h.index() == 8);
    h.set(hook::tag_of(node), 0);
    CHECK(h.kind() == page_kind::ksm);
}

void counts() {
    rmap::basic_page<P> p;
    CHECK(!p.mapped());
    p.add_mapping();
    p.add_mapping();
    CHECK(p.mapcount() == 2 && p.mapped());
    CHECK(!p.remove_mapping());
    CHECK(p.remove_mapping() && !p.mapped());
}

void ranges() {
    space s;
    bare v{s, 10, 4, 100};
    CHECK(v.start() == 10 && v.pages() == 4 && v.end() == 14 && v.pgoff() == 100);
    CHECK(&v.mm() == &s);
    CHECK(!v.contains(9) && v.contains(10) && v.contains(13) && !v.contains(14));
    v.set_range(20, 2, 5);
    CHECK(v.start() == 20 && v.pages() == 2 && v.pgoff() == 5);
    const bare anonymous{s, 30, 4};
    CHECK(anonymous.pgoff() == 30);
    // A vma at the top of the address space.
    const bare top{s, ~rmap::pgno{0} - 3, 4, 0};
    CHECK(top.contains(~rmap::pgno{0}) && !top.contains(0));
}

void spans() {
    using rmap::ops::span;
    CHECK(!span{}.valid() && span{0, 1, 0}.valid());
    CHECK(!span{~rmap::pgno{0}, 1, 0}.valid() && !span{0, 1, ~rmap::pgno{0}}.valid());
    CHECK(span{0, 4, 8}.continued_by({4, 2, 12}));
    CHECK(!span{0, 4, 8}.continued_by({5, 2, 12}) && !span{0, 4, 8}.continued_by({4, 2, 11}));
}

}  // namespace

int main() {
    tags();
    counts();
    ranges();
    spans();
    return failures == 0 ? 0 : 1;
}
