// SPDX-License-Identifier: BSL-1.0
// Who maps this page? A parent and its forked child do, until the child unmaps it.
#include <cstdio>
#include <rmap/rmap.hpp>

struct my_policy : rmap::default_policy {  // name only what differs
    using lock = rmap::locks::spin;
};
using page = rmap::basic_page<my_policy>;  // or a type of yours that has the hook
struct process {                           // yours: an address space and its page table
    const char* name;
    page* table[512] = {};
    my_policy::lock page_table_lock{};
};
using region = rmap::basic_vma<process, my_policy>;
using my_rmap = rmap::reverse_map<page, region, my_policy>;
static_assert(std::same_as<my_rmap::lock_type, rmap::locks::spin>);

int main() {
    my_rmap map;
    process parent{"parent"}, child{"child"};
    region ours{parent, 0x100, 16}, theirs{child, 0x100, 16};  // 16 pages from 0x100 on
    page p;
    const auto mappers = [&](int found = 0) {
        (void)map.walk(p, [&](const auto& at) {  // where p may be; the page table knows
            if (at.mm().table[at.address()] != &p) return;
            std::printf("%d. %s, page %#x\n", ++found, at.mm().name, unsigned(at.address()));
        });
        return found;
    };
    if (map.prepare(ours) != rmap::status::ok) return 1;  // a first fault
    map.tag_new(p, ours, 0x105), p.add_mapping(), parent.table[0x105] = &p;
    if (map.fork(theirs, ours) != rmap::status::ok) return 1;
    p.add_mapping(), child.table[0x105] = &p;
    const bool both = mappers() == 2;
    p.remove_mapping(), child.table[0x105] = nullptr, map.unlink(theirs);  // the child exits
    const bool one = mappers() == 1;
    p.remove_mapping(), parent.table[0x105] = nullptr, map.unlink(ours);
    return both && one && mappers() == 0 ? 0 : 1;
}
