// SPDX-License-Identifier: BSL-1.0

// The dumps of a small world, byte for byte; the same bytes for an equal world built anew, other
// bytes for another.

#define BOOST_TEST_MODULE dump
#include <boost/test/unit_test.hpp>

#include <string>

#include <rmap/verify/dump.hpp>

#include "support/toy_world.hpp"

namespace {

using policy = rmap::counted<rmap::default_policy>;
using base = toy::world<policy>;

/// A parent and a child with a shared and a private page, and a page of a file.
struct family : base {
    family() {
        touch(parent, 0x10);
        auto& child = fork(parent, mm1);
        touch(child, 0x11);
        auto& from = add_file();
        add_vma(mm1, 0x100, 2, 0, &from);
        auto& of_file = add_page();
        map().tag_file(of_file, from, 1);
        enter(of_file, mm1, 0x101);
    }
    mm_type& mm0 = add_mm();
    mm_type& mm1 = add_mm();
    vma_type& parent = add_vma(mm0, 0x10, 4);
};

/// The same with numbers and words of the user's.
struct named : family {
    std::uint64_t id_of(const mm_type& m) const { return &m == &mm0 ? 7 : 70; }
    std::string attributes(const vma_type& v) const { return v.pages() == 4 ? "rw-" : "\"r\\"; }
    std::string attributes(const page_type& p) const {
        return "of " + std::to_string(p.mapcount());
    }
};

template <class World>
std::string text_of(World& w) {
    std::string all;
    rmap::verify::dump_text(w, [&](const char* s, std::size_t n) { all.append(s, n); });
    return all;
}
template <class World>
std::string json_of(World& w) {
    std::string all;
    rmap::verify::dump_json(w, [&](const char* s, std::size_t n) { all.append(s, n); });
    return all;
}
template <class World>
std::string dot_of(World& w) {
    std::string all;
    rmap::verify::dump_dot(w, [&](const char* s, std::size_t n) { all.append(s, n); });
    return all;
}

}  // namespace

BOOST_AUTO_TEST_CASE(text) {
    family w;
    BOOST_TEST(text_of(w) == R"(mm 0
  vma 0:10+4 pgoff 10 own av0 chain av0
mm 1
  vma 1:10+4 pgoff 10 own av1 chain av1 av0
  vma 1:100+2 pgoff 0 file0 own -
av0 root av0 parent av0 children 2 active 1 refs 2
av1 root av0 parent av0 children 0 active 1 refs 1
page 0 av0 index 10 at 0:10 1:10
page 1 av1 index 11 at 1:11
page 2 file0 index 1 at 1:101
alive 2 anon_vmas, 3 links
)");
}

BOOST_AUTO_TEST_CASE(json) {
    family w;
    BOOST_TEST(json_of(w) == R"({"mms": [
  {"mm": 0, "vmas": [
    {"start": 16, "pages": 4, "pgoff": 16, "file": null, "attributes": "",
     "own": "av0", "chain": ["av0"]}]},
  {"mm": 1, "vmas": [
    {"start": 16, "pages": 4, "pgoff": 16, "file": null, "attributes": "",
     "own": "av1", "chain": ["av1", "av0"]},
    {"start": 256, "pages": 2, "pgoff": 0, "file": "file0", "attributes": "",
     "own": null, "chain": []}]}],
"anon_vmas": [
  {"anon_vma": "av0", "root": "av0", "parent": "av0", "children": 2, "active": 1, "refs": 2},
  {"anon_vma": "av1", "root": "av0", "parent": "av0", "children": 0, "active": 1, "refs": 1}],
"pages": [
  {"tag": "av0", "index": 16, "attributes": "", "places": [[0, 16], [1, 16]]},
  {"tag": "av1", "index": 17, "attributes": "", "places": [[1, 17]]},
  {"tag": "file0", "index": 1, "attributes": "", "places": [[1, 257]]}]}
)");
}

BOOST_AUTO_TEST_CASE(dot) {
    family w;
    BOOST_TEST(dot_of(w) == R"(digraph rmap {
  rankdir=LR;
  node [shape=box, fontname="monospace"];
  subgraph cluster_0 {
    label="mm 0";
    v0 [label="10+4"];
  }
  subgraph cluster_1 {
    label="mm 1";
    v1 [label="10+4"];
    v2 [label="100+2"];
  }
  av0 [shape=ellipse, label="av0\n2 children, 1 active"];
  av1 [shape=ellipse, label="av1\n0 children, 1 active"];
  av1 -> "av0" [style=dotted];
  v0 -> av0 [style=bold];
  v1 -> av1 [style=bold];
  v1 -> av0;
  v2 -> file0;
  p0 [shape=note, label="page 0\n0:10\n1:10"];
  p0 -> "av0" [style=dashed];
  p1 [shape=note, label="page 1\n1:11"];
  p1 -> "av1" [style=dashed];
  p2 [shape=note, label="page 2\n1:101"];
  p2 -> "file0" [style=dashed];
}
)");
}

BOOST_AUTO_TEST_CASE(an_empty_world) {
    base w;
    BOOST_TEST(text_of(w) == "alive 0 anon_vmas, 0 links\n");
    BOOST_TEST(json_of(w) == "{\"mms\": [],\n\"anon_vmas\": [],\n\"pages\": []}\n");
}

BOOST_AUTO_TEST_CASE(what_the_world_adds) {
    named w;
    BOOST_TEST(text_of(w).substr(0, 48) == "mm 7\n  vma 7:10+4 pgoff 10 rw- own av0 chain av0");
    BOOST_TEST(text_of(w).find("page 0 av0 index 10 of 2 at 7:10 70:10\n") != std::string::npos);
    BOOST_TEST(json_of(w).find("\"attributes\": \"\\\"r\\\\\"") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(equal_worlds_equal_bytes) {
    family a;
    family b;
    BOOST_TEST(text_of(a) == text_of(b));
    b.unmap(b.mm1, 0x10);
    BOOST_TEST(text_of(a) != text_of(b));
}
