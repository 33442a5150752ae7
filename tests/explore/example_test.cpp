// SPDX-License-Identifier: BSL-1.0

// The example of docs/explorer.md, which shows it from the next line to the end.

#include <cstdio>

#include <rmap/verify/explore.hpp>

using namespace rmap::verify;
using rmap::order;

int main() {
    explore_options with;
    with.weak = true;
    const auto r = explore("publish", with, [](test& t) {
        model::plain<int> data{0};
        model::atomic<bool> ready;
        t.name(data, "data");
        t.name(ready, "ready");
        t.thread("writer", [&] {
            data = 7;
            ready.store(true, order::release);
        });
        t.thread("reader", [&] {
            if (ready.load(order::acquire)) require(data == 7, "old data");
        });
        t.run();
    });
    std::printf("%s\n%s", r.coverage.c_str(), r.text.c_str());
    return r.failed() ? 1 : 0;
}
