// SPDX-License-Identifier: BSL-1.0

// Every memory order that is not relaxed, and every fence, made weaker by one step.

#include <map>

#include "kill/hunt.hpp"

namespace kill {

namespace {

struct weaker {
    rmap::order to;
    const char* name;
};

std::vector<weaker> weaker_than(rmap::order o) {
    using enum rmap::order;
    switch (o) {
        case acquire:
        case release: return {{relaxed, "relaxed"}};
        case acq_rel: return {{acquire, "acquire"}, {release, "release"}};
        case seq_cst: return {{acq_rel, "acq_rel"}};
        case relaxed: break;
    }
    return {};
}

const char* name_of_order(rmap::order o) {
    using enum rmap::order;
    switch (o) {
        case relaxed: return "relaxed";
        case acquire: return "acquire";
        case release: return "release";
        case acq_rel: return "acq_rel";
        case seq_cst: return "seq_cst";
    }
    return "?";
}

}  // namespace

void hunt_orders(const sites& found, const stories& all, const seen_places& seen, table& out) {
    std::map<std::string, unsigned> ordinals;
    for (const order_site& site : found.orders) {
        const auto orders = weaker_than(site.from);
        if (orders.empty()) {
            ++out.relaxed;
            continue;
        }
        const order_place* const place = seen.find(site);
        const std::string function = place != nullptr ? place->function : "?";
        const unsigned n = ++ordinals[site.file + function];
        for (const weaker& w : orders) {
            row r;
            r.kind = site.fence ? "fence" : "order";
            r.where = site.file + ", " + function + number(n);
            r.what = name_of_order(site.from);
            r.weakened = site.fence && w.to == rmap::order::relaxed ? "none" : w.name;
            if (place != nullptr) {
                hunt(
                    r, all, [&](std::size_t i) { return place->stories.count(i) != 0; },
                    [&] {
                        auto& now = rmap_test::weakening::now();
                        now.file = place->file.c_str();
                        now.line = place->line;
                        now.from = site.from;
                        now.to = w.to;
                    });
            }
            out.rows.push_back(r);
        }
    }
}

}  // namespace kill
