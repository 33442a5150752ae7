// SPDX-License-Identifier: BSL-1.0
#include <rmap/verify/conformance.hpp>

namespace my {

/// One lock for all families of all maps of a policy: updates hold it exclusively, walks shared.
struct one_for_all {
    static constexpr bool walk_is_complete = true;

    template <class Policy>
    inline static rmap::lock_of_rank<Policy, rmap::lock_rank::tree> big_lock{};

    template <class Policy>
    class update {
    public:
        update() noexcept = default;
        explicit update(rmap::anon_vma<Policy>&) noexcept : guard_{big_lock<Policy>} {}

    private:
        rmap::write_guard<typename Policy::lock> guard_{};
    };

    template <class Policy>
    [[nodiscard]] static bool may_update(const rmap::anon_vma<Policy>&) noexcept {
        return rmap::may_hold(big_lock<Policy>);
    }

    template <class Policy>
    class walk {
        using guard = rmap::read_guard<typename Policy::lock>;

    public:
        walk(rmap::anon_vma<Policy>&, rmap::walk_mode mode) noexcept
            : guard_{mode == rmap::walk_mode::wait ? guard{big_lock<Policy>}
                                                   : guard{big_lock<Policy>, rmap::try_to_lock}} {}
        [[nodiscard]] bool owns() const noexcept { return guard_.owns(); }
        /// There is no other lock that could guard it.
        [[nodiscard]] bool covers(const rmap::anon_vma<Policy>&) const noexcept { return true; }

    private:
        guard guard_;
    };
};

struct policy : rmap::default_policy {
    using locking = one_for_all;
};

}  // namespace my

int main() {
    return rmap::verify::conforms<my::policy::locking>(rmap::verify::to_stdout()) ? 0 : 1;
}
