// SPDX-License-Identifier: BSL-1.0

// Replay strings: they say what they were made of, whatever it was; those of other scenarios, of
// another time, or of nobody are refused.

#include <string>

#include "support/explored.hpp"

namespace {

using namespace rmap_test;
using enum order;
using word = model::atomic<unsigned>;

tally count;

void round_trip() {
    verify::random_numbers random{1};
    for (int i = 0; i != 2000; ++i) {
        verify::schedule s;
        s.name = static_cast<std::uint16_t>(random.next());
        s.operations = static_cast<std::uint16_t>(random.next());
        for (std::uint32_t runs = random.below(6); runs != 0; --runs) {
            const auto thread = static_cast<std::uint8_t>(random.below(verify::max_threads));
            const std::uint32_t most = random.below(4) == 0 ? 2000 : 4;
            s.threads.insert(s.threads.end(), 1 + random.below(most), thread);
        }
        for (std::uint32_t values = random.below(5); values != 0; --values) {
            s.values.push_back(
                static_cast<std::uint16_t>(random.below(3) == 0 ? random.next() : 0));
        }
        const std::string text = verify::to_token(s);
        const auto back = verify::from_token(text);
        // Plain choices at the end are left out.
        while (!s.values.empty() && s.values.back() == 0)
            s.values.pop_back();
        count.that(back.has_value() && *back == s, "comes back: " + text);
        count.that(back.has_value() && verify::to_token(*back) == text, "the same text: " + text);
        for (char c : text) {
            const bool plain = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || c == '-' ||
                               c == '~' || c == '.';
            count.that(plain, "needs no quotes in a shell: " + text);
        }
    }
    for (const unsigned length : {1U, 2U, 25U, 26U, 27U, 51U, 52U, 675U, 676U, 677U, 17576U}) {
        verify::schedule s;
        s.threads.assign(length, 3);
        const auto back = verify::from_token(verify::to_token(s));
        count.that(back.has_value() && *back == s, "a run of " + std::to_string(length));
    }
}

void garbage() {
    for (const char* text : {"r",
                             "r1",
                             "r1-",
                             "r1-0000-0000",
                             "r2-0000-0000-0",
                             "r1-000g-0000-0",
                             "r1-0000-000G-0",
                             "r1_0000-0000-0",
                             "r1-0000-0000-8",
                             "r1-0000-0000-a",
                             "r1-0000-0000-0zzzzz",
                             "r1-0000-0000-0~",
                             "r1-0000-0000-0~1",
                             "r1-0000-0000-0~1.",
                             "r1-0000-0000-0~.1",
                             "r1-0000-0000-0~1.70000",
                             "r1-0000-0000-0~999999.1",
                             "r1-0000-0000-0~1.1x",
                             "r1-0000-0000-0 ",
                             " r1-0000-0000-0",
                             "r1-0000-0000-0\n",
                             "r1-0000-0000-0~-1.1"}) {
        count.that(!verify::from_token(text).has_value(), std::string{"accepted: "} + text);
    }
    // Anything at all: no crash, and what is accepted is a schedule.
    verify::random_numbers random{2};
    constexpr std::string_view letters = "r1-0123456789abcz~.~- ";
    for (int i = 0; i != 20000; ++i) {
        std::string text = random.below(2) == 0 ? "r1-00ff-00ff-" : "";
        for (std::uint32_t n = random.below(12); n != 0; --n) {
            text += letters[random.below(static_cast<std::uint32_t>(letters.size()))];
        }
        if (const auto s = verify::from_token(text)) {
            count.that(verify::from_token(verify::to_token(*s)) == s, "accepted: " + text);
        }
    }
}

/// Two counters; `more` makes the threads do something else than they did.
auto counters(unsigned more) {
    return [=](verify::test& t) {
        word n, other;
        for (const char* who : {"a", "b"}) {
            t.thread(who, [&] {
                const unsigned seen = n.load(relaxed);
                for (unsigned i = 0; i != more; ++i)
                    other.fetch_add(1, relaxed);
                n.store(seen + 1, relaxed);
            });
        }
        t.run();
        require(n.load(relaxed) == 2, "an increment was lost");
    };
}

void refused() {
    const auto first = explore("counters", {}, counters(0));
    count.found(first, failure_kind::assertion, "counters");
    explore_options with;
    with.replay = first.token;
    const auto same = explore("counters", with, counters(0));
    count.found(same, failure_kind::assertion, "replayed");
    count.that(same.text == first.text && same.token == first.token, "the same once more");

    const auto is_refused = [&](const explore_result& r, const char* why) {
        count.found(r, failure_kind::nondeterminism, why);
        count.that(r.text.empty() && !r.complete, std::string{why} + ": nothing is shown");
    };
    is_refused(explore("other counters", with, counters(0)), "of another scenario");
    is_refused(explore("counters", with, counters(1)), "stale: a longer scenario");
    with.replay = "rubbish";
    is_refused(explore("counters", with, counters(0)), "rubbish");
    const auto longer = explore("counters", {}, counters(2));
    with.replay = longer.token;
    is_refused(explore("counters", with, counters(0)), "stale: a shorter scenario");
    std::string forged = first.token;
    forged[10] = forged[10] == '0' ? '1' : '0';
    with.replay = forged;
    is_refused(explore("counters", with, counters(0)), "forged");
}

/// A scenario that does something else each time is noticed when its string is replayed.
void nondeterminism() {
    unsigned calls = 0;
    const auto scenario = [&](verify::test& t) { counters(++calls)(t); };
    explore_options with;
    with.minimise = false;
    const auto r = explore("drifts", with, scenario);
    with.replay = r.token;
    count.found(explore("drifts", with, scenario), failure_kind::nondeterminism, "drifts");
}

void weak_values() {
    const auto scenario = [](verify::test& t) {
        word x, y;
        unsigned r[2];
        t.thread("a", [&] {
            x.store(1, relaxed);
            r[0] = y.load(relaxed);
        });
        t.thread("b", [&] {
            y.store(1, relaxed);
            r[1] = x.load(relaxed);
        });
        t.run();
        require(r[0] + r[1] != 0, "both missed the other");
    };
    explore_options with;
    with.weak = true;
    const auto r = explore("store buffering", with, scenario);
    count.found(r, failure_kind::assertion, "store buffering");
    count.that(r.token.size() <= 40, "short: " + r.token);
    with.replay = r.token;
    const auto again = explore("store buffering", with, scenario);
    count.found(again, failure_kind::assertion, "replayed");
    count.that(again.text == r.text, "the same stale read\n" + again.text + r.text);
    with.weak = false;
    count.found(explore("store buffering", with, scenario), failure_kind::nondeterminism,
                "replayed without the memory model");
}

}  // namespace

int main() {
    round_trip();
    garbage();
    refused();
    nondeterminism();
    weak_values();
    return count.exit_code();
}
