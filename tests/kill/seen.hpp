// SPDX-License-Identifier: BSL-1.0
#pragma once

// What the stories come by while the code is as it ships: at which places threads use which orders
// and take which locks.

#include <map>
#include <set>
#include <string>
#include <vector>

#include "kill/kill.hpp"
#include "kill/sites.hpp"

namespace kill {

struct order_place {
    std::string file;
    unsigned line = 0;
    std::string function;
    rmap::order from = rmap::order::relaxed;
    std::set<std::size_t> stories;
};

struct lock_place {
    std::string file;
    unsigned line = 0;
    std::string function;
    unsigned rank = 0;
    taking how = taking::exclusive;
    std::string under;
    std::set<std::size_t> stories;
};

class seen_places {
public:
    void begin();
    void end(std::size_t story, const std::string& under);
    /// When all stories were told. Places that no site is at.
    [[nodiscard]] std::vector<std::string> match(const sites&);

    /// Null: nobody comes by.
    [[nodiscard]] const order_place* find(const order_site&) const;
    [[nodiscard]] std::vector<const lock_place*> find(const lock_site&) const;

private:
    std::vector<order_place> orders_;
    std::vector<lock_place> locks_;
    std::map<const order_site*, std::size_t> order_at_;
    std::map<const lock_site*, std::vector<std::size_t>> locks_at_;
};

}  // namespace kill
