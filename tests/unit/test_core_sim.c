/* The world: calls, actors, limits, observers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sim/base/common.h"
#include "sim/core/world.h"

struct log {
    uint64_t arguments[64];
    sim_time_t times[64];
    uint32_t count;
};

static void note(struct sim *sim, void *context, uint64_t argument)
{
    struct log *log = context;
    assert_true(log->count < COUNT_OF(log->arguments));
    log->arguments[log->count] = argument;
    log->times[log->count++] = sim_now(sim);
}

static struct sim *world(void)
{
    struct sim *sim = sim_create(NULL);
    assert_non_null(sim);
    return sim;
}

/* ---- calls ---------------------------------------------------------------------------------- */

static void test_calls_are_made_in_order_of_time_and_then_of_asking(void **state)
{
    static const sim_time_t when[] = { 30, 10, 20, 10, 30, 10 };
    static const uint64_t wanted[] = { 1, 3, 5, 2, 0, 4 };
    struct log log = { .count = 0 };
    (void)state;
    struct sim *sim = world();
    for (uint64_t i = 0; i < COUNT_OF(when); i++) {
        assert_int_not_equal(sim_call_at(sim, when[i], note, &log, i), 0);
    }
    assert_int_equal(sim_run(sim, NULL), SIM_OK);
    assert_int_equal(log.count, COUNT_OF(when));
    for (size_t i = 0; i < COUNT_OF(wanted); i++) {
        assert_int_equal(log.arguments[i], wanted[i]);
        assert_true(log.times[i] == when[wanted[i]]);
    }
    assert_int_equal(sim_now(sim), 30);
    assert_int_equal(sim_event_count(sim), 6);
    sim_destroy(sim);
}

static void call_again(struct sim *sim, void *context, uint64_t argument)
{
    note(sim, context, argument);
    if (argument > 0) {
        (void)sim_call_at(sim, sim_now(sim), call_again, context, argument - 1);
        (void)sim_call_at(sim, 0, note, context, 100 + argument); /* the past is now */
    }
}

static void test_call_asked_for_now_or_in_the_past_is_made_at_this_instant(void **state)
{
    struct log log = { .count = 0 };
    (void)state;
    struct sim *sim = world();
    (void)sim_call_at(sim, 50, call_again, &log, 2);
    assert_int_equal(sim_run(sim, NULL), SIM_OK);
    static const uint64_t wanted[] = { 2, 1, 102, 0, 101 };
    assert_int_equal(log.count, COUNT_OF(wanted));
    for (size_t i = 0; i < COUNT_OF(wanted); i++) {
        assert_int_equal(log.arguments[i], wanted[i]);
        assert_true(log.times[i] == 50);
    }
    sim_destroy(sim);
}

static void test_cancelled_call_is_not_made_and_leaves_no_trace(void **state)
{
    struct log log = { .count = 0 };
    (void)state;
    struct sim *sim = world();
    sim_call_id id = sim_call_at(sim, 10, note, &log, 1);
    sim_call_cancel(sim, id);
    sim_call_cancel(sim, id);
    assert_int_equal(sim_run(sim, NULL), SIM_OK);
    assert_int_equal(log.count, 0);
    assert_int_equal(sim_event_count(sim), 0);
    assert_int_equal(sim_now(sim), 0);
    sim_destroy(sim);
}

/* The slot of a cancelled call is used again while the old event is still queued. */
static void test_cancelling_one_call_does_not_touch_its_successor(void **state)
{
    struct log log = { .count = 0 };
    (void)state;
    struct sim *sim = world();
    sim_call_id old = sim_call_at(sim, 10, note, &log, 1);
    sim_call_cancel(sim, old);
    (void)sim_call_at(sim, 20, note, &log, 2);
    sim_call_cancel(sim, old);
    assert_int_equal(sim_run(sim, NULL), SIM_OK);
    assert_int_equal(log.count, 1);
    assert_int_equal(log.arguments[0], 2);
    assert_true(log.times[0] == 20);
    sim_destroy(sim);
}

static void test_cancelling_a_call_that_was_made_is_ignored(void **state)
{
    struct log log = { .count = 0 };
    (void)state;
    struct sim *sim = world();
    sim_call_id id = sim_call_at(sim, 10, note, &log, 1);
    assert_int_equal(sim_run(sim, NULL), SIM_OK);
    sim_call_cancel(sim, id);
    sim_call_cancel(sim, 0);
    (void)sim_call_at(sim, 20, note, &log, 2);
    sim_call_cancel(sim, id);
    assert_int_equal(sim_run(sim, NULL), SIM_OK);
    assert_int_equal(log.count, 2);
    sim_destroy(sim);
}

/* ---- limits --------------------------------------------------------------------------------- */

static void test_run_until_includes_that_instant_and_goes_on_later(void **state)
{
    struct log log = { .count = 0 };
    (void)state;
    struct sim *sim = world();
    (void)sim_call_at(sim, 10, note, &log, 1);
    (void)sim_call_at(sim, 20, note, &log, 2);
    (void)sim_call_at(sim, 21, note, &log, 3);
    assert_int_equal(sim_run(sim, &(struct sim_limits){ .until = 20 }), SIM_OK);
    assert_int_equal(log.count, 2);
    assert_int_equal(sim_now(sim), 20);
    assert_int_equal(sim_run(sim, NULL), SIM_OK);
    assert_int_equal(log.count, 3);
    sim_destroy(sim);
}

static void test_events_after_the_end_of_time_never_happen(void **state)
{
    (void)state;
    struct log log = { .count = 0 };
    struct sim *sim = world();
    sim_call_at(sim, SIM_HORIZON, note, &log, 1);
    sim_call_at(sim, SIM_HORIZON + 1, note, &log, 2);
    assert_int_equal(sim_run(sim, NULL), SIM_OK);
    assert_int_equal(log.count, 1);
    assert_int_equal(sim_now(sim), SIM_HORIZON);
    sim_destroy(sim);
}

static void test_limit_on_events_counts_from_each_run(void **state)
{
    struct log log = { .count = 0 };
    (void)state;
    struct sim *sim = world();
    for (sim_time_t i = 0; i < 5; i++) {
        (void)sim_call_at(sim, i, note, &log, (uint64_t)i);
    }
    assert_int_equal(sim_run(sim, &(struct sim_limits){ .max_events = 2 }), SIM_LIMIT);
    assert_int_equal(log.count, 2);
    assert_int_equal(sim_run(sim, &(struct sim_limits){ .max_events = 2 }), SIM_LIMIT);
    assert_int_equal(log.count, 4);
    assert_int_equal(sim_run(sim, &(struct sim_limits){ .max_events = 2 }), SIM_OK);
    assert_int_equal(log.count, 5);
    sim_destroy(sim);
}

static void stop_here(struct sim *sim, void *context, uint64_t argument)
{
    note(sim, context, argument);
    sim_stop(sim, SIM_ABORTED);
}

static void test_stop_ends_the_run_after_the_event_with_its_status(void **state)
{
    struct log log = { .count = 0 };
    (void)state;
    struct sim *sim = world();
    (void)sim_call_at(sim, 10, stop_here, &log, 1);
    (void)sim_call_at(sim, 10, note, &log, 2);
    assert_int_equal(sim_run(sim, NULL), SIM_ABORTED);
    assert_int_equal(log.count, 1);
    assert_int_equal(sim_run(sim, NULL), SIM_OK);
    assert_int_equal(log.count, 2);
    sim_destroy(sim);
}

static void test_memory_limit_is_a_status_not_a_crash(void **state)
{
    struct log log = { .count = 0 };
    (void)state;
    struct sim *sim = sim_create(&(struct sim_config){ .memory_limit_bytes = 20000 });
    assert_non_null(sim);
    uint32_t asked = 0;
    while (asked < 100000 && sim_call_at(sim, 1, note, &log, 0) != 0 && !sim->out_of_memory) {
        asked++;
    }
    assert_true(asked < 100000);
    sim_out_of_memory(sim);
    assert_int_equal(sim_run(sim, NULL), SIM_NO_MEMORY);
    sim_destroy(sim);
}

/* ---- actors --------------------------------------------------------------------------------- */

/* An actor whose timer may move before it fires. */
static struct actor lazy;
static struct log lazy_log;
static sim_time_t lazy_deadline;

static bool wake_lazy(struct sim *sim, uint32_t index, uint64_t ticket)
{
    if (!actor_claim(&lazy, ticket)) {
        return false;
    }
    if (sim_now(sim) < lazy_deadline) {
        actor_arm(sim, &lazy, ACTOR_APP, index, lazy_deadline);
        return false;
    }
    note(sim, &lazy_log, index);
    return true;
}

static struct sim *lazy_world(void)
{
    struct sim *sim = world();
    sim->handlers[ACTOR_APP] = wake_lazy;
    actor_init(&lazy);
    lazy_log.count = 0;
    return sim;
}

static void arm_lazy(struct sim *sim, sim_time_t deadline)
{
    lazy_deadline = deadline;
    actor_arm(sim, &lazy, ACTOR_APP, 7, deadline);
}

static void test_moving_a_timer_later_queues_nothing(void **state)
{
    (void)state;
    struct sim *sim = lazy_world();
    for (sim_time_t t = 10; t < 1000; t++) {
        arm_lazy(sim, t);
    }
    assert_int_equal(sim->queue.count, 1);
    assert_int_equal(sim_run(sim, NULL), SIM_OK);
    assert_int_equal(lazy_log.count, 1);
    assert_int_equal(lazy_log.arguments[0], 7);
    assert_true(lazy_log.times[0] == 999);
    assert_int_equal(sim_event_count(sim), 1);
    sim_destroy(sim);
}

static void test_moving_a_timer_earlier_fires_once_at_the_earlier_time(void **state)
{
    (void)state;
    struct sim *sim = lazy_world();
    arm_lazy(sim, 500);
    arm_lazy(sim, 100);
    assert_int_equal(sim_run(sim, NULL), SIM_OK);
    assert_int_equal(lazy_log.count, 1);
    assert_true(lazy_log.times[0] == 100);
    assert_int_equal(sim_now(sim), 100); /* the stale entry of 500 left no trace */
    sim_destroy(sim);
}

static void test_never_arms_nothing(void **state)
{
    (void)state;
    struct sim *sim = lazy_world();
    arm_lazy(sim, SIM_NEVER);
    assert_int_equal(sim->queue.count, 0);
    sim_destroy(sim);
}

/* ---- observers ------------------------------------------------------------------------------ */

struct witness {
    uint32_t count;
    char last[32];
    sim_time_t time;
};

static void witness_fact(void *context, const struct sim *sim, const struct sim_fact *fact)
{
    struct witness *witness = context;
    witness->count++;
    witness->time = fact->time;
    assert_true(fact->time == sim_now(sim));
    (void)strncpy(witness->last, fact->text, sizeof witness->last - 1);
}

static void say(struct sim *sim, void *context, uint64_t argument)
{
    (void)context;
    (void)argument;
    sim_note(sim, 0, "said");
}

static void test_every_observer_is_told_with_the_time_filled_in(void **state)
{
    struct witness witnesses[2] = { { .count = 0 } };
    (void)state;
    struct sim *sim = world();
    assert_int_equal(sim_observe(sim, witness_fact, &witnesses[0]), SIM_OK);
    assert_int_equal(sim_observe(sim, witness_fact, &witnesses[1]), SIM_OK);
    (void)sim_call_at(sim, 33, say, NULL, 0);
    assert_int_equal(sim_run(sim, NULL), SIM_OK);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(witnesses[i].count, 1);
        assert_string_equal(witnesses[i].last, "said");
        assert_true(witnesses[i].time == 33);
    }
    sim_destroy(sim);
}

static void test_observers_beyond_the_limit_are_refused(void **state)
{
    struct witness witness = { .count = 0 };
    (void)state;
    struct sim *sim = world();
    for (int i = 0; i < SIM_OBSERVERS_MAX; i++) {
        assert_int_equal(sim_observe(sim, witness_fact, &witness), SIM_OK);
    }
    assert_int_equal(sim_observe(sim, witness_fact, &witness), SIM_LIMIT);
    sim_destroy(sim);
}

static void draw_in_secret(void *context, const struct sim *sim, const struct sim_fact *fact)
{
    (void)sim;
    (void)fact;
    (void)tape_choose(context, 0, 1, (struct tape_odds){ TAPE_UNIFORM, 0 });
}

/* In a child process, since the assertion ends it. */
static void test_observer_that_draws_ends_the_process(void **state)
{
    (void)state;
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        (void)close(STDERR_FILENO);
        struct sim *sim = world();
        (void)tape_lane_create(sim);
        (void)sim_observe(sim, draw_in_secret, sim);
        sim_note(sim, 0, "");
        _exit(0);
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_false(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

/* ---- two worlds ----------------------------------------------------------------------------- */

static void test_two_worlds_do_not_touch_each_other(void **state)
{
    struct log logs[2] = { { .count = 0 } };
    (void)state;
    struct sim *a = world(), *b = world();
    (void)sim_call_at(a, 10, note, &logs[0], 1);
    (void)sim_call_at(b, 20, note, &logs[1], 2);
    assert_int_equal(sim_run(a, NULL), SIM_OK);
    assert_int_equal(logs[1].count, 0);
    assert_int_equal(sim_now(b), 0);
    assert_int_equal(sim_run(b, NULL), SIM_OK);
    assert_int_equal(logs[0].count, 1);
    sim_destroy(a);
    sim_destroy(b);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_calls_are_made_in_order_of_time_and_then_of_asking),
        cmocka_unit_test(test_call_asked_for_now_or_in_the_past_is_made_at_this_instant),
        cmocka_unit_test(test_cancelled_call_is_not_made_and_leaves_no_trace),
        cmocka_unit_test(test_cancelling_one_call_does_not_touch_its_successor),
        cmocka_unit_test(test_cancelling_a_call_that_was_made_is_ignored),
        cmocka_unit_test(test_run_until_includes_that_instant_and_goes_on_later),
        cmocka_unit_test(test_events_after_the_end_of_time_never_happen),
        cmocka_unit_test(test_limit_on_events_counts_from_each_run),
        cmocka_unit_test(test_stop_ends_the_run_after_the_event_with_its_status),
        cmocka_unit_test(test_memory_limit_is_a_status_not_a_crash),
        cmocka_unit_test(test_moving_a_timer_later_queues_nothing),
        cmocka_unit_test(test_moving_a_timer_earlier_fires_once_at_the_earlier_time),
        cmocka_unit_test(test_never_arms_nothing),
        cmocka_unit_test(test_every_observer_is_told_with_the_time_filled_in),
        cmocka_unit_test(test_observers_beyond_the_limit_are_refused),
        cmocka_unit_test(test_observer_that_draws_ends_the_process),
        cmocka_unit_test(test_two_worlds_do_not_touch_each_other),
    };
    return cmocka_run_group_tests_name("core/sim", tests, NULL, NULL);
}
