// SPDX-License-Identifier: BSL-1.0

// The concepts of flags/ as a table: what is an enumeration of flags, which words are locks, which
// types are forms of the handshake, and what each does not let one do.

#include <concepts>
#include <cstdint>
#include <type_traits>
#include <utility>

#include <rmap/flags/handshake.hpp>
#include <rmap/hosted/std_atomics.hpp>
#include <rmap/hosted/std_locks.hpp>
#include <rmap/locks/held.hpp>
#include <rmap/locks/spin.hpp>
#include <rmap/policy.hpp>
#include <rmap/verify/explore.hpp>

namespace {

using namespace rmap;
using namespace rmap::flags;

// ---- enumerations

enum class pg : unsigned { locked, lru, mlocked, count };
enum class lockless : std::uint8_t { lru, mlocked, count };
enum class none : unsigned { count };
enum class wide : unsigned { last = 31, count };
enum class too_wide : unsigned { last = 32, count };
enum class negative : int { lru, count };
enum class uncounted : unsigned { lru, locked };
enum loose : unsigned { a, b, count };

static_assert(flag_enum<pg, std::uint32_t> && flag_enum<pg, std::uint8_t>);
static_assert(flag_enum<lockless, std::uint64_t>);
static_assert(flag_enum<wide, std::uint32_t> && !flag_enum<wide, std::uint16_t>);
static_assert(flag_enum<too_wide, std::uint64_t> && !flag_enum<too_wide, std::uint32_t>);
static_assert(!flag_enum<none, std::uint32_t>);
static_assert(!flag_enum<negative, std::uint32_t>);
static_assert(!flag_enum<uncounted, std::uint32_t>);
static_assert(!flag_enum<loose, std::uint32_t>);
static_assert(!flag_enum<unsigned, std::uint32_t>);
static_assert(!flag_enum<pg, int>);
static_assert(has_lock_flag<pg> && !has_lock_flag<lockless>);

// ---- words

using word = page_flags<pg>;
using fresh = unpublished_flags<pg>;

static_assert(exclusive_lock<word> && !shared_lock<word> && tells_held<word>);
static_assert(!exclusive_lock<page_flags<lockless>>);
static_assert(sizeof(word) == 4 && sizeof(page_flags<pg, atomics::builtin, std::uint8_t>) == 1);
static_assert(!std::copyable<word> && !std::movable<word>);

// The sole owner's form moves into the shared one; nothing else leads from one to the other.
static_assert(std::constructible_from<word, fresh&&> && !std::constructible_from<word, fresh&>);
static_assert(!std::convertible_to<fresh, word> && !std::constructible_from<fresh, word>);
static_assert(std::movable<fresh> && !std::copyable<fresh>);
static_assert(!std::constructible_from<fresh, std::uint32_t>);
static_assert(!std::constructible_from<word, std::uint32_t>);

template <class Word>
concept sets_with_order = requires(Word w) {
    w.template set<pg::lru, order::relaxed>();
};
template <class Word>
concept sets_without = requires(Word w) {
    w.template set<pg::lru>();
};
static_assert(sets_with_order<word&> && !sets_without<word&>);
static_assert(!sets_with_order<fresh&> && sets_without<fresh&>);
static_assert(!exclusive_lock<fresh>);

// ---- the form of a policy's atomics, lock and check, as an embedder writes it

template <class Policy>
using word_of = page_flags<pg, typename Policy::atomics, std::uint32_t, typename Policy::check>;
static_assert(exclusive_lock<word_of<default_policy>> && exclusive_lock<word_of<single_threaded>>);
static_assert(exclusive_lock<page_flags<pg, verify::model>>);

// ---- forms

using one = one_word<word, pg::mlocked, pg::lru>;
using two = split_word<word, pg::mlocked, page_flags<lockless>, lockless::lru>;
using both = locked<word, pg::mlocked, word, pg::lru, locks::spin>;
using no_page_lock_named = one_word<page_flags<lockless>, lockless::mlocked, lockless::lru>;
using other_page_lock =
    one_word<page_flags<lockless>, lockless::mlocked, lockless::lru, write_guard<hosted::mutex>>;

static_assert(handshake_with_page_lock<one> && handshake_with_page_lock<two>);
static_assert(handshake_with_page_lock<both> && handshake_with_page_lock<other_page_lock>);
static_assert(handshake_form<no_page_lock_named> && !handshake_with_page_lock<no_page_lock_named>);
static_assert(handshake_form<one_word<page_flags<pg, hosted::std_atomics>, pg::mlocked, pg::lru>>);
static_assert(handshake_form<one_word<page_flags<pg, verify::model>, pg::mlocked, pg::lru>>);
static_assert(!handshake_form<word> && !handshake_form<locks::spin>);

// What a party gets comes from its first half only, and stays with it.
template <class Party>
inline constexpr bool made_by_its_form_only =
    !std::default_initializable<Party> && !std::copyable<Party> && !std::movable<Party> &&
    !std::constructible_from<Party, word&>;
static_assert(made_by_its_form_only<one::cleared> && made_by_its_form_only<one::listed>);
static_assert(made_by_its_form_only<two::cleared> && made_by_its_form_only<two::listed>);
static_assert(made_by_its_form_only<both::cleared> && made_by_its_form_only<both::listed>);

template <class Form>
concept looks_first = requires(typename Form::place at) {
    Form::on_lru(at);
}
|| requires(typename Form::place at) {
    Form::still_mlocked(at);
};
static_assert(!looks_first<one> && !looks_first<two> && !looks_first<both>);

// A guard in place, not one that ends at the semicolon.
template <class Form, class Held>
concept frees_with = requires(typename Form::place at, Held held) {
    Form::munlock_to_free(at, std::forward<Held>(held));
};
static_assert(frees_with<one, write_guard<word>&> && frees_with<one, const write_guard<word>&>);
static_assert(!frees_with<one, write_guard<word>>);
static_assert(!frees_with<two, write_guard<word>> && !frees_with<both, write_guard<word>>);

// ---- kernel_rmw

struct silent : atomics::builtin {};
struct strong : atomics::builtin {
    static constexpr bool kernel_rmw = true;
};
struct honest : atomics::builtin {
    static constexpr bool kernel_rmw = false;
};
static_assert(!kernel_rmw<atomics::builtin> && !kernel_rmw<silent> && !kernel_rmw<honest>);
static_assert(kernel_rmw<strong> && !kernel_rmw<verify::model>);

}  // namespace

int main() {}
