// SPDX-License-Identifier: BSL-1.0

#include "kill/seen.hpp"

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <tuple>

namespace kill {

namespace {

using order_key = std::tuple<std::string, unsigned, std::string, rmap::order>;
using lock_key = std::tuple<std::string, unsigned, std::string, unsigned, taking>;

std::set<order_key> orders_now;
std::set<lock_key> locks_now;

/// Most of what is seen was seen just before: answered without a look at the set.
class recent {
public:
    [[nodiscard]] bool knows(const void* file, std::uint64_t rest) {
        const std::uint64_t key = reinterpret_cast<std::uintptr_t>(file) * 31 + rest;
        std::uint64_t& slot = slots_[(key ^ (key >> 12)) % 4096];
        if (slot == key) return true;
        slot = key;
        return false;
    }
    void forget() { std::memset(slots_, 0, sizeof slots_); }

private:
    std::uint64_t slots_[4096]{};
};
recent orders_recent, locks_recent;

bool by_a_thread() {
    const auto* const e = verify::engine::active();
    return e != nullptr && e->on_thread();
}

/// Below include/rmap; empty: not the library's.
std::string within(const char* file) {
    const char* const at = std::strstr(file, "include/rmap/");
    return at == nullptr ? std::string{} : at + std::strlen("include/rmap/");
}

/// Of function templates some compilers tell the arguments, too.
std::string plain_name(const char* function) {
    const std::string name = function;
    return name.substr(0, name.find('<'));
}

void saw_order(const char* file, unsigned line, const char* by, rmap::order o) {
    if (!by_a_thread()) return;
    if (orders_recent.knows(file, std::uint64_t{line} * 8 + static_cast<std::uint64_t>(o))) return;
    orders_now.emplace(within(file), line, plain_name(by), o);
}

void saw_lock(const rmap::lock_note& note, unsigned rank, taking how) {
    if (locks_recent.knows(note.file, (std::uint64_t{note.line} * 64 + rank) * 16 +
                                          static_cast<std::uint64_t>(how))) {
        return;
    }
    locks_now.emplace(within(note.file), note.line, plain_name(note.function), rank, how);
}

/// Compilers differ in which line of a statement they tell.
constexpr unsigned lines_off = 2;

unsigned apart(unsigned a, unsigned b) {
    return a < b ? b - a : a - b;
}

/// The site that is nearest to a place; null: none near enough.
template <class Site, class Fits>
const Site* nearest(const std::vector<Site>& all, const std::string& file, unsigned line,
                    Fits fits) {
    const Site* best = nullptr;
    for (const Site& s : all) {
        if (s.file != file || apart(s.line, line) > lines_off || !fits(s)) continue;
        if (best == nullptr || apart(s.line, line) < apart(best->line, line)) best = &s;
    }
    return best;
}

}  // namespace

void seen_places::begin() {
    orders_recent.forget();
    locks_recent.forget();
    orders_now.clear();
    locks_now.clear();
    rmap_test::weakening::seen = saw_order;
    dropping::seen = saw_lock;
}

void seen_places::end(std::size_t story, const std::string& under) {
    rmap_test::weakening::seen = nullptr;
    dropping::seen = nullptr;
    for (const order_key& key : orders_now) {
        const order_place now{
            std::get<0>(key), std::get<1>(key), std::get<2>(key), std::get<3>(key), {}};
        if (now.file.empty()) continue;
        auto at = std::find_if(orders_.begin(), orders_.end(), [&](const order_place& p) {
            return p.file == now.file && p.line == now.line && p.from == now.from;
        });
        if (at == orders_.end()) at = orders_.insert(at, now);
        at->stories.insert(story);
    }
    for (const lock_key& key : locks_now) {
        const lock_place now{std::get<0>(key),
                             std::get<1>(key),
                             std::get<2>(key),
                             std::get<3>(key),
                             std::get<4>(key),
                             under,
                             {}};
        if (now.file.empty()) continue;
        auto at = std::find_if(locks_.begin(), locks_.end(), [&](const lock_place& p) {
            return p.file == now.file && p.line == now.line && p.rank == now.rank &&
                   p.how == now.how && p.under == now.under;
        });
        if (at == locks_.end()) at = locks_.insert(at, now);
        at->stories.insert(story);
    }
}

std::vector<std::string> seen_places::match(const sites& all) {
    std::vector<std::string> unknown;
    const auto say = [&](const auto& place) {
        unknown.push_back(place.file + ":" + std::to_string(place.line) + ", " + place.function);
    };
    for (std::size_t i = 0; i != orders_.size(); ++i) {
        const order_place& p = orders_[i];
        const auto* const site = nearest(all.orders, p.file, p.line,
                                         [&](const order_site& s) { return s.from == p.from; });
        if (site != nullptr) {
            // Two places at one site would be two mutants.
            if (!order_at_.emplace(site, i).second && p.from != rmap::order::relaxed) say(p);
            continue;
        }
        // It may have come from the caller, as a template argument.
        bool known = p.from == rmap::order::relaxed;
        for (const order_site& s : all.orders) {
            if (s.from != p.from || s.argument_of.empty() || s.argument_of != p.function) continue;
            known = true;
            order_at_.emplace(&s, i);
        }
        if (!known) say(p);
    }
    for (std::size_t i = 0; i != locks_.size(); ++i) {
        const lock_place& p = locks_[i];
        const bool tries = p.how == taking::try_exclusive || p.how == taking::try_shared;
        const auto* site = nearest(all.locks, p.file, p.line, [&](const lock_site& s) {
            return !s.passes_on && s.tries == tries;
        });
        // One that is made with a mode.
        if (site == nullptr) {
            site =
                nearest(all.locks, p.file, p.line, [](const lock_site& s) { return !s.passes_on; });
        }
        if (site == nullptr) {
            say(p);
        } else {
            locks_at_[site].push_back(i);
        }
    }
    return unknown;
}

const order_place* seen_places::find(const order_site& site) const {
    const auto at = order_at_.find(&site);
    return at == order_at_.end() ? nullptr : &orders_[at->second];
}

std::vector<const lock_place*> seen_places::find(const lock_site& site) const {
    std::vector<const lock_place*> found;
    const auto at = locks_at_.find(&site);
    if (at == locks_at_.end()) return found;
    for (std::size_t i : at->second)
        found.push_back(&locks_[i]);
    return found;
}

}  // namespace kill
