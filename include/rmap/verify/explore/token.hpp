// SPDX-License-Identifier: BSL-1.0
#pragma once

// A schedule as a short string that a person can paste: which thread ran how often, one after the
// other, and which choices of the memory model were not the plain ones. Two hashes stand before it,
// of the scenario's name and of the operations, so that a string from another time is refused
// instead of replaying something else.
//
//     r1-5c0e-91aa-0d1b0~2.1       thread 0 four steps, 1 two, 0 one; the third value choice is 1

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <rmap/verify/explore/clock.hpp>
#include <rmap/verify/explore/event.hpp>

namespace rmap::inline RMAP_ABI::verify {

struct schedule {
    std::uint16_t name = 0;  // hash of the scenario's name
    std::uint16_t operations = 0;
    std::vector<std::uint8_t> threads{};
    std::vector<std::uint16_t> values{};

    friend bool operator==(const schedule&, const schedule&) = default;
};

[[nodiscard]] inline std::uint16_t name_hash(std::string_view name) noexcept {
    std::uint64_t h = 0;
    for (char c : name) h = mix(h ^ static_cast<unsigned char>(c));
    return static_cast<std::uint16_t>(h);
}

/// Of what the threads did, in order, without addresses.
[[nodiscard]] inline std::uint16_t operations_hash(const std::vector<step>& trace) noexcept {
    std::uint64_t h = 0;
    for (const step& s : trace) {
        h = mix(h ^ (std::uint64_t{static_cast<unsigned>(s.op.kind)} << 40) ^
                (std::uint64_t{s.thread} << 32) ^ s.op.object);
    }
    return static_cast<std::uint16_t>(h);
}

namespace detail {

inline void append_hex(std::string& to, std::uint16_t value) {
    for (int shift = 12; shift >= 0; shift -= 4) to += "0123456789abcdef"[(value >> shift) & 15];
}
[[nodiscard]] inline std::optional<std::uint16_t> from_hex(std::string_view text) {
    unsigned value = 0;
    for (char c : text) {
        const auto digit = std::string_view{"0123456789abcdef"}.find(c);
        if (digit == std::string_view::npos) return std::nullopt;
        value = value * 16 + static_cast<unsigned>(digit);
    }
    return static_cast<std::uint16_t>(value);
}

}  // namespace detail

[[nodiscard]] inline std::string to_token(const schedule& s) {
    std::string text = "r1-";
    detail::append_hex(text, s.name);
    text += '-';
    detail::append_hex(text, s.operations);
    text += '-';
    for (std::size_t i = 0; i != s.threads.size();) {
        std::size_t run = i;
        while (run != s.threads.size() && s.threads[run] == s.threads[i]) ++run;
        text += static_cast<char>('0' + s.threads[i]);
        // A run's length is written in letters, base 26 from the left; one step needs none.
        std::string letters;
        for (std::size_t n = run - i; n > 1 || !letters.empty(); n /= 26) {
            if (n == 0) break;
            letters.insert(letters.begin(), static_cast<char>('a' + n % 26));
        }
        text += letters;
        i = run;
    }
    for (std::size_t i = 0; i != s.values.size(); ++i) {
        if (s.values[i] != 0) text += '~' + std::to_string(i) + '.' + std::to_string(s.values[i]);
    }
    return text;
}

[[nodiscard]] inline std::optional<schedule> from_token(std::string_view text) {
    if (text.size() < 13 || text.substr(0, 3) != "r1-" || text[7] != '-' || text[12] != '-') {
        return std::nullopt;
    }
    const auto name = detail::from_hex(text.substr(3, 4));
    const auto operations = detail::from_hex(text.substr(8, 4));
    if (!name || !operations) return std::nullopt;
    schedule s{*name, *operations, {}, {}};
    std::size_t at = 13;
    while (at != text.size() && text[at] != '~') {
        const char thread = text[at++];
        if (thread < '0' || thread >= static_cast<char>('0' + max_threads)) return std::nullopt;
        std::size_t run = 0;
        while (at != text.size() && text[at] >= 'a' && text[at] <= 'z') {
            run = run * 26 + static_cast<std::size_t>(text[at++] - 'a');
            if (run > 100000) return std::nullopt;
        }
        s.threads.insert(s.threads.end(), run == 0 ? 1 : run,
                         static_cast<std::uint8_t>(thread - '0'));
    }
    const auto number = [&]() -> std::optional<std::size_t> {
        std::size_t n = 0;
        const std::size_t begin = at;
        while (at != text.size() && text[at] >= '0' && text[at] <= '9' && n < 1000000) {
            n = n * 10 + static_cast<std::size_t>(text[at++] - '0');
        }
        if (at == begin) return std::nullopt;
        return n;
    };
    while (at != text.size()) {
        if (text[at++] != '~') return std::nullopt;
        const auto index = number();
        if (!index || at == text.size() || text[at++] != '.') return std::nullopt;
        const auto value = number();
        if (!value || *index > 100000 || *value > 0xffff) return std::nullopt;
        if (s.values.size() <= *index) s.values.resize(*index + 1);
        s.values[*index] = static_cast<std::uint16_t>(*value);
    }
    return s;
}

}  // namespace rmap::inline RMAP_ABI::verify
