// SPDX-License-Identifier: BSL-1.0

// What the reader makes of good lines: every event, every row, each header; lines longer than its
// buffer; and that what it read can be written again as it was.

#include <string>
#include <vector>

#include <rmap/replay/reader.hpp>
#include <rmap/replay/row_text.hpp>

#include "suite.hpp"

namespace {

using namespace rmap;
using replay::event;
using replay::verb;
using suite::check;

const std::string strict = "rmap-trace 1\nkernel 6.18.44\npage 4096\nscope strict\nmm 0\n";

class opened {
public:
    explicit opened(std::string text) : text_{std::move(text)} { in_.open_memory("memory", text_); }
    replay::reader reader{in_};

private:
    std::string text_;
    replay::input in_{};
};

// The event that one line makes, after the header.
event one(const std::string& line) {
    static std::string keep;
    keep = strict + line + '\n';
    replay::input in;
    in.open_memory("memory", keep);
    replay::reader r{in};
    event e;
    check(r.next(e) == replay::reader::result::event && e.what == verb::create, "mm 0");
    if (!check(r.next(e) == replay::reader::result::event, line + ": " + r.error().what)) return {};
    event after;
    check(r.next(after) == replay::reader::result::finished, "one event");
    e.places = {};
    return e;
}

void events() {
    event e = one("mmap 3 7f000a 16 r-x private 12 1f locked stack");
    check(e.what == verb::mmap && e.mm == 3 && e.start == 0x7f000a && e.pages == 16, "mmap range");
    check(e.access == (mm::prot::r | mm::prot::x), "mmap prot");
    check(e.mapping == mm::kind::private_file && e.file == 12 && e.pgoff == 0x1f, "mmap file");
    check(e.locked && e.stack, "mmap flags");
    e = one("mmap 0 10 1 --- anon stack");
    check(e.mapping == mm::kind::anon && !e.locked && e.stack && e.access == mm::prot::none,
          "anon");
    e = one("mmap 0 10 1 -w- shared 0 0 locked");
    check(e.mapping == mm::kind::shared_file && e.locked && !e.stack, "shared");
    e = one("mremap 1 10 0 20 4");
    check(e.start == 0x10 && e.pages == 0 && e.to == 0x20 && e.to_pages == 4 && !e.keep, "mremap");
    check(one("mremap 1 10 4 20 4 keep").keep, "mremap keep");
    e = one("grow 1 20 1f");
    check(e.start == 0x20 && e.to == 0x1f, "grow");
    e = one("fork 4 5");
    check(e.mm == 4 && e.child == 5, "fork");
    e = one("filesize 4294967295 0");
    check(e.file == UINT32_MAX && e.pages == 0, "filesize");
    e = one("punch 2 a 3");
    check(e.file == 2 && e.pgoff == 10 && e.pages == 3, "punch");
    e = one("munmap 0 0 4503599627370496");
    check(e.start == 0 && e.pages == replay::page_limit, "all of an address space");
    check(one("mprotect 0 1 2 rwx").access == (mm::prot::r | mm::prot::w | mm::prot::x), "rwx");
    for (const char* word :
         {"read", "write", "munmap", "dontneed", "mlock", "munlock", "migrate"}) {
        e = one(std::string{word} + " 9 fffffffffffff 1");
        check(name_of(e.what) == word && e.mm == 9 && e.start == replay::page_limit - 1, word);
    }
    check(one("exit 1").what == verb::exit && one("exec 1").what == verb::exec, "exit, exec");
}

void places_of_ksm() {
    opened trace{strict + "ksm 0:10 3:ff 0:12\n"};
    event e;
    static_cast<void>(trace.reader.next(e));
    static_cast<void>(trace.reader.next(e));
    check(e.what == verb::ksm && e.places.size() == 3 && e.places[1] == replay::place{3, 0xff},
          "ksm");
}

void headers() {
    opened trace{
        "rmap-trace 1\n# a comment: \xc3\xa4\nrange 100 16\nrows anon\nkernel 6.18\nscope pages\n"
        "accounting on\npage 16384\nmm 0\nmm 7\nmm 9\n"};
    std::vector<replay::id> made;
    event e;
    while (trace.reader.next(e) == replay::reader::result::event)
        made.push_back(e.mm);
    const replay::header& head = trace.reader.head();
    check(made == std::vector<replay::id>{0, 7, 9}, "mm lines");
    check(head.first == 0x100 && head.last == 0x110 && head.anon_rows_only, "range, rows");
    check(head.kernel == "6.18" && head.page_size == 16384, "kernel, page");
    check(!head.covers_all && head.accounting, "scope, accounting");
}

void rows() {
    const std::string text =
        "vma 0 10 1 rw- anon\n"
        "vma 0 11 2 --- private 3 ff locked account\n"
        "vma 1 fffff 300 r-x shared 0 0 stack\n"
        "page 2 0:10 1:10\n"
        "page 1 0:11\n"
        "av 0 0 0 2 1\n"
        "av 1 0 0 0 1\n"
        "chain 0 10 10 0 0\n"
        "chain 1 10 f000 1 1 0\n"
        "owns 0 0:10 0:11\n"
        "objs 2 3\n";
    opened trace{strict + "snap\n" + text + "end\n"};
    event e;
    static_cast<void>(trace.reader.next(e));
    check(trace.reader.next(e) == replay::reader::result::event && e.what == verb::snap, "snap");
    replay::snapshot s;
    check(trace.reader.read_snapshot(s), trace.reader.error().what);
    check(s.line == 6 && s.vmas[1].line == 8 && s.objects.line == 17, "lines");
    check(s.has_graph() && s.has_objects, "what is there");
    check(text_of(s) == text, "written again:\n" + text_of(s));
    check(trace.reader.next(e) == replay::reader::result::finished, "the end");
}

// A line that needs the buffer to grow, from a file, with lines before and after it.
void long_line() {
    std::string row = "page 40000";
    for (int i = 0; i < 40000; ++i)
        row += " 0:" + std::to_string(1000000 + i);
    std::string text = strict;
    for (int i = 0; i < 30000; ++i)
        text += "read 0 10 1\n";
    const suite::scratch folder;
    const std::string path =
        folder.write("long.trace", text + "snap\n" + row + "\nend\nread 0 10 1\n");
    replay::input in;
    check(in.open(path.c_str()), in.error());
    replay::reader r{in};
    event e;
    replay::snapshot s;
    int reads = 0;
    while (r.next(e) == replay::reader::result::event) {
        if (e.what == verb::read) ++reads;
        if (e.what == verb::snap) check(r.read_snapshot(s), r.error().what);
    }
    check(r.error().what.empty() && reads == 30001, r.error().what);
    check(text_of(s) == row + '\n', "the long row");
}

}  // namespace

int main() {
    events();
    places_of_ksm();
    headers();
    rows();
    long_line();
    return suite::result();
}
