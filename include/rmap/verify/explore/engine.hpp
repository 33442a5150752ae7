// SPDX-License-Identifier: BSL-1.0
#pragma once

// The engine runs one execution of a scenario after the other: it starts the threads as fibers,
// lets one at a time do one visible operation, and keeps the clocks by which dependent steps, data
// races and equal executions are known. Which thread is next is the strategy's decision.
//
// The model types (verify/explore/model.hpp) call it; outside an exploration there is no engine,
// and they behave like plain objects.

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include <rmap/verify/explore/blocks.hpp>
#include <rmap/verify/explore/clock.hpp>
#include <rmap/verify/explore/engine_options.hpp>
#include <rmap/verify/explore/event.hpp>
#include <rmap/verify/explore/failure.hpp>
#include <rmap/verify/explore/fiber.hpp>
#include <rmap/verify/explore/fingerprint.hpp>
#include <rmap/verify/explore/objects.hpp>
#include <rmap/verify/explore/strategy.hpp>
#include <rmap/verify/explore/thread_state.hpp>
#include <rmap/verify/explore/thrown.hpp>
#include <rmap/verify/explore/weak_memory.hpp>

namespace rmap::inline RMAP_ABI::verify {

class engine {
public:
    using thread_state = verify::thread_state;

    engine(engine_options with, strategy& by)
        : options_{with},
          strategy_{&by},
          hashes_{by.asks_for_hashes()},
          ordered_kinds_{with.weak ? always_ordered() : ~kind_set{0}} {
        static_assert(most_steps * 2 + most_releases < vclock::count(~0U));  // a tick each
        if (options_.max_steps > most_steps) options_.max_steps = most_steps;
        trace_.reserve(64);
    }
    engine(const engine&) = delete;
    engine& operator=(const engine&) = delete;

    [[nodiscard]] static engine*& active() noexcept {
        static thread_local engine* current = nullptr;
        return current;
    }

    // ---- one execution

    /// Runs `scenario` (a callable, taking nothing) once. False: it failed, see failed().
    template <class Scenario>
    bool execute(Scenario& scenario) {
        return execute([](void* s) { (*static_cast<Scenario*>(s))(); }, &scenario);
    }
    bool execute(void (*scenario)(void*), void* data) {
        begin();
        scenario_call_ = scenario;
        scenario_data_ = data;
        if (!scenario_.prepare(&scenario_entry)) {
            failure_ = {failure_kind::limit, "no memory for a stack"};
            return false;
        }
        engine* const outer = active();
        active() = this;
        {
            const leaks_ignored abandoned;
            fiber::change(root_, scenario_);
        }
        active() = outer;
        forget_bodies(threads_, thread_count_);
        return !failure_;
    }
    [[nodiscard]] const failure& failed() const noexcept { return failure_; }
    [[nodiscard]] bool pruned() const noexcept { return pruned_; }
    [[nodiscard]] const std::vector<step>& trace() const noexcept { return trace_; }
    /// The memory model's choices, in order; with the threads of trace() they make the execution.
    [[nodiscard]] const std::vector<std::uint16_t>& values() const noexcept { return values_; }
    [[nodiscard]] const thread_state& thread(unsigned t) const noexcept { return threads_[t]; }
    [[nodiscard]] unsigned threads() const noexcept { return thread_count_; }
    [[nodiscard]] object_table& objects() noexcept { return objects_; }
    [[nodiscard]] block_table& memory() noexcept { return memory_; }
    [[nodiscard]] const engine_options& options() const noexcept { return options_; }
    /// Equal for executions that differ only in the order of independent steps.
    [[nodiscard]] std::uint64_t hash() const noexcept {
        return fingerprint_.state() + weak_.state_hash() + (waits_ ? watch_hash() : 0);
    }
    [[nodiscard]] std::uint64_t graph_hash() const noexcept {
        return fingerprint_.graph() + weak_.order_hash() * 7;
    }
    /// Whether something must hold after every step: the order of independent ones matters, too.
    [[nodiscard]] bool has_invariant() const noexcept { return invariant_ != nullptr; }
    [[nodiscard]] std::uint64_t steps_in_all() const noexcept { return steps_in_all_; }

    // ---- called by the scenario
    /// Declares a thread; it runs in run().
    template <class Body>
    void add_thread(const char* name, Body&& body) {
        if (thread_count_ == max_threads) {
            fail(failure_kind::limit, "more threads than the explorer takes");
        }
        if (ran_) fail(failure_kind::limit, "a thread is declared after run()");
        threads_[thread_count_++].declare(name, std::forward<Body>(body));
    }

    /// Runs the threads to their end. What follows comes after all that they did.
    void run() {
        if (ran_) fail(failure_kind::limit, "a scenario runs its threads once");
        ran_ = true;
        for (unsigned t = 0; t != thread_count_; ++t) {
            threads_[t].start(t, main_hb_);
            if (options_.weak) weak_.start(t);
            if (!threads_[t].stack.prepare(&thread_entry)) {
                fail(failure_kind::limit, "no memory for a stack");
            }
        }
        unfinished_ = (thread_mask{1} << thread_count_) - 1;
        careful_ = 0;
        starting_ = true;
        for (unsigned t = 0; t != thread_count_; ++t) {
            current_ = static_cast<int>(t);
            fiber::change(scenario_, threads_[t].stack);
        }
        starting_ = false;
        current_ = main_thread;
        running_ = true;
        schedule();
        running_ = false;
        for (unsigned t = 0; t != thread_count_; ++t) main_hb_.join(threads_[t].hb);
        forget_bodies(threads_, thread_count_);
    }

    /// Called after every step; calls fail() if something that always holds does not.
    void set_invariant(void (*check)(void*), void* data) noexcept {
        invariant_ = check;
        invariant_data_ = data;
    }

    /// Ends the execution where it stands.
    [[noreturn]] void fail(failure_kind kind, std::string what) {
        if (in_invariant_ && kind == failure_kind::assertion) kind = failure_kind::invariant;
        failure_ = {kind, std::move(what)};
        running_ = false;
        fiber& here = current_ == main_thread ? scenario_ : threads_[current_].stack;
        current_ = main_thread;
        fiber::leave(here, root_);
    }

    // ---- called by the model types
    static constexpr int main_thread = -1;
    // Steps of an execution; a thread's steps and releases are both at most, together.
    static constexpr std::uint32_t most_steps = 20000, most_releases = 25000;
    [[nodiscard]] int current() const noexcept { return current_; }
    /// Whether operations wait for their turn: in a thread, not in the scenario's own code.
    [[nodiscard]] bool on_thread() const noexcept { return current_ != main_thread; }
    [[nodiscard]] weak_memory& weak() noexcept { return weak_; }
    [[nodiscard]] std::string thread_name() const {
        return on_thread() ? threads_[current_].name : "the scenario";
    }
    /// After a release: what the thread does from now on is not what was published.
    void advance() noexcept {
        if (!on_thread()) return;
        if (now() >= most_releases + most_steps) {
            fail(failure_kind::limit, "more fences and releases than the explorer's clocks count");
        }
        threads_[current_].hb.tick(static_cast<unsigned>(current_));
    }
    /// The running thread's happens-before time.
    [[nodiscard]] vclock::count now() const noexcept { return threads_[current_].hb.at[current_]; }
    [[nodiscard]] vclock& hb() noexcept { return on_thread() ? threads_[current_].hb : main_hb_; }
    [[nodiscard]] thread_state& self() noexcept { return threads_[current_]; }

    /// Announces an operation and waits for its turn. Afterwards the caller does it.
    [[gnu::always_inline]] void visible(const operation& op) {
        if (!on_thread()) return;
        const auto t = static_cast<unsigned>(current_);
        threads_[t].pending = op;
        const thread_mask careful = can_be_held_up(op.kind) ? 1 : 0;
        careful_ = (careful_ & ~(thread_mask{1} << t)) | (careful << t);
        if (starting_) {
            fiber::change(self().stack, scenario_);
            return;
        }
        schedule();
    }

    /// The step that was taken last, to be completed by whoever does it.
    [[nodiscard]] step& last_step() noexcept { return on_thread() ? trace_.back() : main_step_; }

    /// Adds to the hash what the step that is being done has seen.
    void account(std::uint64_t what, bool of_graph = true) noexcept {
        if (on_thread() && hashing_) fingerprint_.add_seen(trace_.back(), what, of_graph);
    }

    /// A choice of the memory model.
    [[nodiscard]] unsigned choose(unsigned n) {
        if (n < 2 || !on_thread()) return 0;
        const unsigned chosen = strategy_->value(*this, n);
        values_.push_back(static_cast<std::uint16_t>(chosen));
        return chosen;
    }

    void watch(std::uint32_t object, bool stale) noexcept {
        self().watch(object, objects_[object].version, stale);
    }

    /// A thread is about to wait for a change of what it has read.
    void begin_wait() noexcept { waits_ = options_.weak; }

    /// Stands for all memory, where it matters who allocates first.
    [[nodiscard]] std::uint32_t heap() {
        if (heap_ == no_object) heap_ = objects_.add(nullptr, false, main_thread);
        return heap_;
    }

private:
    void begin() {
        failure_ = {};
        pruned_ = false;
        fingerprint_ = {};
        hashing_ = hashes_;
        trace_.clear();
        values_.clear();
        memory_.reset();
        objects_.reset();
        if (options_.weak) weak_.reset(options_.store_buffers, hashes_);
        thread_count_ = 0;
        ran_ = in_invariant_ = false;
        heap_ = no_object;
        current_ = main_thread;
        running_ = starting_ = false;
        main_hb_ = {};
        all_dep_ = {};
        invariant_ = nullptr;
        last_ = -1;
        strategy_->begin(*this);
    }

    /// Whether what threads have read has changed since: under weak memory no graph tells.
    [[nodiscard]] std::uint64_t watch_hash() const noexcept {
        std::uint64_t h = 0;
        for (unsigned t = 0; t != thread_count_; ++t) h += threads_[t].watch_hash(t, objects_);
        return h;
    }

    static void scenario_entry() {
        engine& e = *active();
        fiber::entered(e.scenario_);
        e.guarded([&] { e.scenario_call_(e.scenario_data_); });
        e.check_end();
        fiber::leave(e.scenario_, e.root_);
    }

    static void thread_entry() {
        engine& e = *active();
        thread_state& t = e.self();
        fiber::entered(t.stack);
        e.guarded([&] { t.body(t.room); });
        t.finish();
        e.unfinished_ &= ~(thread_mask{1} << e.current_);
        e.weak_.finish(static_cast<unsigned>(e.current_));
        if (e.starting_) {
            fiber::leave(t.stack, e.scenario_);
        } else {
            e.schedule();
        }
        __builtin_unreachable();
    }

    template <class F>
    void guarded(F f) {
        std::string what;
        if (thrown_by(f, what)) fail(failure_kind::assertion, thread_name() + " threw: " + what);
    }

    /// Lets the next thread do its operation. Returns when it is the caller's turn again.
    void schedule() {
        const int here = current_;
        if (invariant_ != nullptr && running_) {
            current_ = main_thread;  // its reads are no operations
            in_invariant_ = true;
            invariant_(invariant_data_);
            in_invariant_ = false;
            current_ = here;
        }
        thread_mask enabled = unfinished_;
        for (thread_mask rest = enabled & careful_; rest != 0; rest &= rest - 1) {
            if (!threads_[lowest(rest)].can_run(objects_)) enabled &= ~(rest & (~rest + 1));
        }
        int next = main_thread;
        if (unfinished_ != 0) {
            if (enabled == 0) {
                fail(failure_kind::deadlock, waits(threads_, thread_count_, objects_));
            }
            if (trace_.size() >= options_.max_steps) {
                fail(failure_kind::livelock,
                     "the limit of steps is reached; a loop that waits must call pause()");
            }
            next = pruned_ ? lowest(enabled) : strategy_->thread(*this, enabled, last_);
            if (next == strategy::prune) {
                pruned_ = true;
                hashing_ = false;  // nobody will ask
                weak_.stop_hashing();
                next = lowest(enabled);
            }
            take(static_cast<unsigned>(next));
        }
        if (next == here) return;
        current_ = next;
        fiber& from = here == main_thread ? scenario_ : threads_[here].stack;
        fiber& to = next == main_thread ? scenario_ : threads_[next].stack;
        if (here != main_thread && threads_[here].finished) fiber::leave(from, to);
        fiber::change(from, to);
    }

    [[nodiscard]] static int lowest(thread_mask m) noexcept { return __builtin_ctz(m); }

    /// The step of thread `t`: clocks, hash and trace. The thread itself does the operation.
    [[gnu::always_inline]] void take(unsigned t) {
        thread_state& s = threads_[t];
        const operation& op = s.pending;
        // Under weak memory an execution is known by what was read from where (account), by the
        // modification orders, and by the order of locks; not by that of accesses of one atomic.
        const bool ordered = op.object != no_object && (ordered_kinds_ & set_of(op.kind)) != 0;
        object* const o = op.object == no_object ? nullptr : &objects_[op.object];
        const touch how = touch_of(op.kind);
        if (ordered) o->before(how, s.dep);
        if (invariant_ != nullptr) s.dep.join(all_dep_);
        s.dep.tick(t);
        s.hb.tick(t);
        const auto index = static_cast<std::int32_t>(trace_.size());
        if (ordered) o->after(how, t, index, s.dep);
        if (invariant_ != nullptr) all_dep_ = s.dep;
        step& taken = trace_.emplace_back();  // filled where it is: one that is copied waits
        taken.op = op;
        taken.thread = static_cast<std::uint8_t>(t);
        taken.time = s.dep.at[t];
        if (hashing_) {
            fingerprint_.add(op, t, o == nullptr ? 0 : o->name_hash, s.dep,
                             ordered || invariant_ != nullptr);
            if (options_.weak && op.mo == order::seq_cst) fingerprint_.add_to_total_order(t);
        }
        last_ = static_cast<int>(t);
        ++steps_in_all_;
    }

    void check_end() {
        const std::uint32_t held = objects_.first_held();
        if (held != no_object) {
            fail(failure_kind::lock_held, objects_.name(held) + " is held at the end");
        }
        if (memory_.live() != 0) {
            fail(failure_kind::leak, std::to_string(memory_.live()) + " blocks were never freed");
        }
    }

    engine_options options_;
    strategy* strategy_;
    bool hashes_;
    bool hashing_ = false;  // until the execution is pruned
    kind_set ordered_kinds_;
    failure failure_{};
    bool pruned_ = false;
    bool running_ = false;
    bool starting_ = false, ran_ = false;
    bool in_invariant_ = false;
    bool waits_ = false;  // some thread has, in this or an earlier execution
    int current_ = main_thread;
    int last_ = -1;
    thread_mask unfinished_ = 0;
    thread_mask careful_ = 0;  // threads whose pending step may have to wait
    unsigned thread_count_ = 0;
    std::uint32_t heap_ = no_object;
    fingerprint fingerprint_{};
    std::uint64_t steps_in_all_ = 0;
    vclock main_hb_{};
    vclock all_dep_{};
    step main_step_{};
    std::vector<step> trace_{};
    std::vector<std::uint16_t> values_{};
    block_table memory_{};
    object_table objects_{};
    weak_memory weak_{};
    fiber root_{};
    fiber scenario_{};
    void (*scenario_call_)(void*) = nullptr;
    void* scenario_data_ = nullptr;
    void (*invariant_)(void*) = nullptr;
    void* invariant_data_ = nullptr;
    thread_state threads_[max_threads]{};
};

}  // namespace rmap::inline RMAP_ABI::verify
