// SPDX-License-Identifier: BSL-1.0
#pragma once

// Traces with one thing wrong each: the text, the line that must be named, and what must be said.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace bad_inputs {

struct entry {
    const char* name;
    std::string text;
    std::uint64_t line;
    const char* what;  // part of the message
};

inline const std::string header =
    "rmap-trace 1\nkernel 6.18.44\npage 4096\nscope strict\nrange 1000 256\nmm 0\n";
inline const std::string mapped = header + "mmap 0 1000 8 rw- anon\n";  // 7 lines

inline std::string bytes(std::string_view text) {
    return std::string{text};
}

inline std::vector<entry> all() {
    using namespace std::string_view_literals;
    const std::string snap = mapped + "write 0 1000 1\nsnap\n";  // 9 lines
    const std::string pages =
        "rmap-trace 1\nkernel 6.18.44\npage 4096\nscope pages\nmm 0\n";  // 5 lines
    return {
        // the file
        {"empty file", "", 1, "the file is empty"},
        {"binary garbage",
         bytes("\x7f"
               "ELF\x02\x01\0\0\xff\xfe\n"sv),
         1, "not a text file"},
        {"garbage without a line", bytes("\xde\xad\xbe\xef"sv), 1, "cut short"},
        {"another file", "#!/bin/sh\n", 1, "the first line must be `rmap-trace 1`"},
        {"another version", "rmap-trace 2\n", 1, "version `2` of the format is not known"},
        {"no line end", mapped + "write 0 1000 1", 8, "cut short"},
        {"line ends of another system", "rmap-trace 1\r\n", 1, "carriage return"},
        {"carriage return further on", mapped + "write 0 1000 1\r\n", 8, "carriage return"},
        {"zero byte", mapped + bytes("write 0 1000 1\0\n"sv), 8, "zero byte"},
        {"control character in a comment", mapped + "# \x01\n", 8, "control character"},
        {"comment that is not UTF-8", mapped + "# \xc3(\n", 8, "not UTF-8"},
        {"empty line", mapped + "\n", 8, "an empty line"},
        {"two traces in one file", mapped + header, 8, "a second `rmap-trace` line"},

        // the header
        {"header cut short", "rmap-trace 1\nkernel 6.18.44\n", 3, "no `page` line"},
        {"header without scope", "rmap-trace 1\nkernel x\npage 4096\nmm 0\n", 4, "no `scope` line"},
        {"header without mm", "rmap-trace 1\nkernel x\npage 4096\nscope strict\nsnap\n", 5,
         "no `mm` line before snap"},
        {"header line twice", "rmap-trace 1\nkernel x\nkernel x\n", 3, "`kernel` twice"},
        {"header line after an event", mapped + "page 4096\n", 8, "after the first event"},
        {"header line after mm", header + "accounting on\n", 7, "before the `mm` lines"},
        {"unknown header line", "rmap-trace 1\nkernal x\n", 2,
         "unknown line `kernal` in the header"},
        {"header field missing", "rmap-trace 1\nkernel\n", 2, "kernel: missing field VERSION"},
        {"header field too many", "rmap-trace 1\nkernel 6 18\n", 2, "too many fields"},
        {"scope unknown", "rmap-trace 1\nscope wide\n", 2, "neither strict nor pages"},
        {"rows unknown", "rmap-trace 1\nrows file\n", 2, "neither all nor anon"},
        {"accounting off", "rmap-trace 1\naccounting off\n", 2, "is not `on`"},
        {"page size 0", "rmap-trace 1\npage 0\n", 2, "SIZE is 0"},
        {"range empty", "rmap-trace 1\nrange 1000 0\n", 2, "the range is empty"},

        // fields
        {"unknown event", mapped + "mmmap 0 1000 8\n", 8, "unknown event `mmmap`"},
        {"event in capitals", mapped + "READ 0 1000 1\n", 8, "unknown event `READ`"},
        {"missing field", mapped + "munmap 0 1000\n", 8, "munmap: missing field N"},
        {"missing all fields", mapped + "fork\n", 8, "fork: missing field PARENT"},
        {"trailing field", mapped + "munmap 0 1000 8 9\n", 8, "too many fields, from `9` on"},
        {"trailing space", mapped + "munmap 0 1000 8 \n", 8, "too many fields"},
        {"two spaces", mapped + "munmap 0  1000 8\n", 8, "an empty field where START"},
        {"space in front", mapped + " munmap 0 1000 8\n", 8, "an empty field"},
        {"tab", mapped + "munmap\t0\t1000\t8\n", 8, "unknown event"},
        {"hex in capitals", mapped + "munmap 0 100A 1\n", 8, "lower-case hex"},
        {"hex with 0x", mapped + "munmap 0 0x1000 1\n", 8, "lower-case hex"},
        {"negative number", mapped + "munmap 0 1000 -1\n", 8, "N `-1` is not a decimal number"},
        {"number out of range", mapped + "munmap 0 1000 99999999999999999999\n", 8, "out of range"},
        {"mm out of range", mapped + "exit 4294967296\n", 8, "MM `4294967296` is out of range"},
        {"page out of range", mapped + "munmap 0 10000000000000 1\n", 8, "out of range"},
        {"page far out of range", mapped + "munmap 0 10000000000000000000001000 1\n", 8,
         "out of range"},
        {"range that wraps", mapped + "munmap 0 fffffffffffff 2\n", 8, "the range wraps"},
        {"range of nothing", mapped + "munmap 0 1000 0\n", 8, "the range is empty"},
        {"outside of the traced range", mapped + "munmap 0 fff 2\n", 8, "outside of the header's"},
        {"across its end", mapped + "mmap 0 10ff 2 rw- anon\n", 8, "outside of the header's"},
        {"bad prot", mapped + "mprotect 0 1000 1 wr-\n", 8, "PROT `wr-`"},
        {"short prot", mapped + "mprotect 0 1000 1 rw\n", 8, "PROT `rw`"},
        {"bad kind", mapped + "mmap 0 1000 1 rw- file 0 0\n", 8, "KIND `file`"},
        {"file without offset", mapped + "mmap 0 1000 1 rw- private 0\n", 8, "missing field PGOFF"},
        {"offset that wraps", mapped + "mmap 0 1000 2 rw- private 0 fffffffffffff\n", 8,
         "PGOFF + N"},
        {"flags the wrong way round", mapped + "mmap 0 1000 1 rw- anon stack locked\n", 8,
         "too many fields, from `locked`"},
        {"unknown flag", mapped + "mmap 0 1000 1 rw- anon hugetlb\n", 8, "from `hugetlb` on"},
        {"mremap to nothing", mapped + "mremap 0 1000 1 1010 0\n", 8, "the range is empty"},
        {"grow upwards", mapped + "grow 0 1000 1001\n", 8, "NEW is not below OLD"},
        {"punch of nothing", mapped + "punch 0 0 0\n", 8, "the range is empty"},
        {"punch that wraps", mapped + "punch 0 1 4503599627370496\n", 8, "PGOFF + N"},
        {"ksm of one page", mapped + "ksm 0:1000\n", 8, "missing field MM:PAGE"},
        {"ksm without colon", mapped + "ksm 0:1000 1001\n", 8, "is not MM:PAGE"},
        {"new mm in scope strict", mapped + "mm 1\n", 8, "in scope pages only"},

        // snapshots
        {"snapshot that does not end", snap + "vma 0 1000 8 rw- anon\n", 10, "begins in line 9"},
        {"snapshot of nothing that does not end", snap, 9, "does not end"},
        {"event in a snapshot", snap + "write 0 1000 1\n", 10, "before the snapshot's `end`"},
        {"snapshot in a snapshot", snap + "snap\n", 10, "before the snapshot's `end`"},
        {"unknown row", snap + "folio 1 0:1000\n", 10, "unknown row `folio`"},
        {"row outside of a snapshot", mapped + "vma 0 1000 8 rw- anon\n", 8,
         "outside of a snapshot"},
        {"end outside of a snapshot", mapped + "end\n", 8, "outside of a snapshot"},
        {"snap with a field", mapped + "snap 1\n", 8, "too many fields"},
        {"end with a field", snap + "end 1\n", 10, "unknown row `end`"},
        {"page row without places", snap + "page 1\n", 10, "missing field MM:PAGE"},
        {"page row that counts too few", snap + "page 1 0:1000 0:1001\n", 10, "MAPCOUNT is less"},
        {"page row that counts too many", snap + "page 2 0:1000\n", 10, "MAPCOUNT is more"},
        {"chain without links", snap + "chain 0 1000 1000 0\n", 10, "missing field ID"},
        {"second objs row", snap + "objs 1 1\nobjs 1 1\n", 11, "a second `objs` row"},
        {"vma row in scope pages", pages + "snap\nvma 0 1000 8 rw- anon\n", 7, "no such rows"},

        // what cannot have happened
        {"unknown mm", mapped + "munmap 1 1000 8\n", 8, "there is no mm 1"},
        {"mm that has exited", mapped + "exit 0\nmunmap 0 1000 8\n", 9, "mm 0 has exited"},
        {"mm that exits twice", mapped + "exit 0\nexit 0\n", 9, "mm 0 has exited"},
        {"fork of an unknown mm", mapped + "fork 7 8\n", 8, "there is no mm 7"},
        {"fork to a used number", mapped + "fork 0 0\n", 8, "mm 0 was there before"},
        {"fork to the number of the dead", mapped + "fork 0 1\nexit 1\nfork 0 1\n", 10,
         "mm 1 was there before"},
        {"mm twice", pages + "mm 0\n", 6, "mm 0 was there before"},
        {"ksm with an unknown mm", mapped + "ksm 0:1000 3:1000\n", 8, "there is no mm 3"},
        {"touch of an unmapped page", mapped + "read 0 1008 1\n", 8, "at page 1008"},
        {"touch that leaves the mapping", mapped + "write 0 1007 2\n", 8, "at page 1008"},
        {"write without access", header + "mmap 0 1000 8 r-- anon\nwrite 0 1000 1\n", 8,
         "cannot have happened"},
        {"read past the file's end",
         header + "filesize 0 1\nmmap 0 1000 2 r-- shared 0 0\n"
                  "read 0 1000 2\n",
         9, "at page 1001"},
        {"read of a file without size", header + "mmap 0 1000 2 r-- shared 0 0\nread 0 1000 1\n", 8,
         "past its file's end"},
        {"mprotect over a hole", mapped + "mprotect 0 1006 4 r--\n", 8, "cannot have happened"},
        {"mlock over a hole", mapped + "mlock 0 1006 4\n", 8, "cannot have happened"},
        {"mremap from a hole", mapped + "mremap 0 1020 1 1030 1\n", 8, "cannot have happened"},
        {"mremap onto itself", mapped + "mremap 0 1000 4 1002 4\n", 8, "cannot have happened"},
        {"mremap doubles private memory", mapped + "mremap 0 1000 0 1020 8\n", 8,
         "cannot have happened"},
        {"growth of what is no stack", mapped + "grow 0 1000 fff\n", 8, "outside of the header's"},
        {"growth of plain memory", header + "mmap 0 1010 2 rw- anon\ngrow 0 1010 1008\n", 8,
         "cannot have happened"},
        {"growth from the middle", header + "mmap 0 1010 2 rw- anon stack\ngrow 0 1011 1008\n", 8,
         "cannot have happened"},
        {"growth into a neighbour",
         header + "mmap 0 1010 2 rw- anon stack\nmmap 0 1008 2 rw- anon\ngrow 0 1010 1009\n", 9,
         "cannot have happened"},
        {"ksm of what is not there", mapped + "ksm 0:1000 0:1001\n", 8, "cannot have happened"},
        {"more pages than fit",
         "rmap-trace 1\nkernel x\npage 4096\nscope strict\nmm 0\n"
         "mmap 0 0 4503599627370496 rw- anon\nwrite 0 0 4503599627370496\n",
         7, "more than 16777216 resident pages"},
    };
}

}  // namespace bad_inputs
