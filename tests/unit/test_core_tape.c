/* The tape: random, replayed, and where a replay parts from its feed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "sim/base/common.h"
#include "tcpsim/sim.h"

enum { DRAWS = 200 };

static const struct tape_odds uniform = { TAPE_UNIFORM, 0 };

static struct sim *world(uint64_t seed)
{
    struct sim *sim = sim_create(&(struct sim_config){ .seed = seed, .record_tape = true });
    assert_non_null(sim);
    return sim;
}

static void draw_some(struct sim *sim, tape_lane lane, uint64_t *outcomes)
{
    for (int i = 0; i < DRAWS; i++) {
        outcomes[i] = tape_choose(sim, lane, 999, uniform);
    }
}

static void test_same_seed_gives_the_same_outcomes(void **state)
{
    uint64_t first[DRAWS], second[DRAWS];
    (void)state;
    struct sim *a = world(5), *b = world(5);
    draw_some(a, tape_lane_create(a), first);
    draw_some(b, tape_lane_create(b), second);
    assert_memory_equal(first, second, sizeof first);
    sim_destroy(a);
    sim_destroy(b);
}

static void test_other_seeds_and_lanes_give_other_outcomes(void **state)
{
    uint64_t first[DRAWS], other_seed[DRAWS], other_lane[DRAWS];
    (void)state;
    struct sim *a = world(5), *b = world(6);
    draw_some(a, tape_lane_create(a), first);
    draw_some(b, tape_lane_create(b), other_seed);
    draw_some(a, tape_lane_create(a), other_lane);
    assert_memory_not_equal(first, other_seed, sizeof first);
    assert_memory_not_equal(first, other_lane, sizeof first);
    sim_destroy(a);
    sim_destroy(b);
}

static void test_draws_on_one_lane_do_not_shift_another(void **state)
{
    uint64_t alone[DRAWS], beside[DRAWS];
    (void)state;
    struct sim *a = world(5), *b = world(5);
    tape_lane lane = tape_lane_create(a);
    (void)tape_lane_create(a);
    draw_some(a, lane, alone);
    lane = tape_lane_create(b);
    tape_lane other = tape_lane_create(b);
    for (int i = 0; i < DRAWS; i++) {
        (void)tape_choose(b, other, (uint64_t)i, uniform);
        beside[i] = tape_choose(b, lane, 999, uniform);
        (void)tape_choose(b, other, 1, uniform);
    }
    assert_memory_equal(alone, beside, sizeof alone);
    sim_destroy(a);
    sim_destroy(b);
}

static void test_lanes_count_from_zero_in_order(void **state)
{
    (void)state;
    struct sim *sim = world(1);
    for (tape_lane lane = 0; lane < 100; lane++) {
        assert_int_equal(tape_lane_create(sim), lane);
    }
    sim_destroy(sim);
}

static void test_outcomes_keep_within_their_bound_and_reach_it(void **state)
{
    static const uint64_t bounds[] = { 0, 1, 2, 5, 6, 255 };
    (void)state;
    struct sim *sim = world(1);
    tape_lane lane = tape_lane_create(sim);
    for (size_t i = 0; i < COUNT_OF(bounds); i++) {
        bool seen[256] = { false };
        for (int k = 0; k < 10000; k++) {
            uint64_t outcome = tape_choose(sim, lane, bounds[i], uniform);
            assert_true(outcome <= bounds[i]);
            seen[outcome] = true;
        }
        for (uint64_t k = 0; k <= bounds[i]; k++) {
            assert_true(seen[k]);
        }
    }
    (void)tape_choose(sim, lane, UINT64_MAX, uniform);
    sim_destroy(sim);
}

static void test_rare_outcomes_are_as_rare_as_asked(void **state)
{
    (void)state;
    struct sim *sim = world(1);
    tape_lane lane = tape_lane_create(sim);
    int unusual = 0;
    for (int i = 0; i < 100000; i++) {
        uint64_t outcome = tape_choose(sim, lane, 3, (struct tape_odds){ TAPE_RARE, 100000 });
        assert_true(outcome <= 3);
        unusual += outcome != 0;
    }
    assert_in_range(unusual, 9500, 10500);
    for (int i = 0; i < 1000; i++) {
        assert_int_equal(tape_choose(sim, lane, 3, (struct tape_odds){ TAPE_RARE, 0 }), 0);
        assert_int_not_equal(tape_choose(sim, lane, 3, (struct tape_odds){ TAPE_RARE, 1000000 }),
                             0);
        assert_int_equal(tape_choose(sim, lane, 0, (struct tape_odds){ TAPE_RARE, 1000000 }), 0);
        assert_int_equal(tape_choose(sim, lane, 1, (struct tape_odds){ TAPE_RARE, 1000000 }), 1);
    }
    sim_destroy(sim);
}

static void test_recorded_entries_say_lane_bound_and_outcome(void **state)
{
    (void)state;
    struct sim *sim = world(1);
    (void)tape_lane_create(sim);
    tape_lane lane = tape_lane_create(sim);
    size_t count;
    (void)tape_recorded(sim, &count);
    assert_int_equal(count, 0);
    for (uint64_t max = 0; max < 500; max++) {
        uint64_t outcome = tape_choose(sim, lane, max, uniform);
        const struct tape_entry *entries = tape_recorded(sim, &count);
        assert_int_equal(count, max + 1);
        assert_int_equal(entries[max].lane, lane);
        assert_int_equal(entries[max].max, max);
        assert_int_equal(entries[max].outcome, outcome);
    }
    sim_destroy(sim);
}

static void test_world_that_does_not_record_has_no_tape(void **state)
{
    (void)state;
    struct sim *sim = sim_create(NULL);
    (void)tape_choose(sim, tape_lane_create(sim), 9, uniform);
    size_t count;
    (void)tape_recorded(sim, &count);
    assert_int_equal(count, 0);
    sim_destroy(sim);
}

/* ---- replay --------------------------------------------------------------------------------- */

static const struct tape_entry feed[] = { { 0, 9, 7 }, { 1, 1, 1 }, { 0, 9, 0 } };

static struct sim *replaying(const struct tape_entry *entries, size_t count)
{
    struct sim *sim = sim_create(
        &(struct sim_config){ .tape_mode = TAPE_REPLAY, .feed = entries, .feed_count = count });
    assert_non_null(sim);
    (void)tape_lane_create(sim);
    (void)tape_lane_create(sim);
    return sim;
}

static void test_replay_gives_what_was_recorded_and_then_nothing_unusual(void **state)
{
    (void)state;
    struct sim *sim = replaying(feed, COUNT_OF(feed));
    assert_int_equal(tape_choose(sim, 0, 9, uniform), 7);
    assert_int_equal(tape_choose(sim, 1, 1, uniform), 1);
    assert_int_equal(tape_choose(sim, 0, 9, uniform), 0);
    assert_int_equal(tape_choose(sim, 1, 1000, (struct tape_odds){ TAPE_RARE, 1000000 }), 0);
    assert_true(tape_divergence(sim) == SIZE_MAX);
    assert_int_equal(sim_run(sim, NULL), SIM_OK);
    sim_destroy(sim);
}

static void test_other_lane_or_bound_stops_the_replay_where_it_parted(void **state)
{
    static const struct {
        tape_lane lane;
        uint64_t max;
    } parted[] = { { 0, 1 }, { 1, 2 }, { 1, 0 } };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(parted); i++) {
        struct sim *sim = replaying(feed, COUNT_OF(feed));
        assert_int_equal(tape_choose(sim, 0, 9, uniform), 7);
        assert_int_equal(tape_choose(sim, parted[i].lane, parted[i].max, uniform), 0);
        assert_int_equal(tape_divergence(sim), 1);
        assert_int_equal(tape_choose(sim, 0, 9, uniform), 0);
        assert_int_equal(tape_divergence(sim), 1);
        assert_int_equal(sim_run(sim, NULL), SIM_DIVERGED);
        sim_destroy(sim);
    }
}

static void test_outcome_beyond_its_bound_is_a_divergence(void **state)
{
    static const struct tape_entry bad[] = { { 0, 3, 4 } };
    (void)state;
    struct sim *sim = replaying(bad, 1);
    assert_int_equal(tape_choose(sim, 0, 3, uniform), 0);
    assert_int_equal(tape_divergence(sim), 0);
    sim_destroy(sim);
}

static void test_recorded_run_replays_the_same(void **state)
{
    uint64_t first[DRAWS], second[DRAWS];
    (void)state;
    struct sim *sim = world(5);
    draw_some(sim, tape_lane_create(sim), first);
    size_t count;
    const struct tape_entry *entries = tape_recorded(sim, &count);
    struct sim *again = replaying(entries, count);
    draw_some(again, 0, second);
    assert_memory_equal(first, second, sizeof first);
    sim_destroy(again);
    sim_destroy(sim);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_same_seed_gives_the_same_outcomes),
        cmocka_unit_test(test_other_seeds_and_lanes_give_other_outcomes),
        cmocka_unit_test(test_draws_on_one_lane_do_not_shift_another),
        cmocka_unit_test(test_lanes_count_from_zero_in_order),
        cmocka_unit_test(test_outcomes_keep_within_their_bound_and_reach_it),
        cmocka_unit_test(test_rare_outcomes_are_as_rare_as_asked),
        cmocka_unit_test(test_recorded_entries_say_lane_bound_and_outcome),
        cmocka_unit_test(test_world_that_does_not_record_has_no_tape),
        cmocka_unit_test(test_replay_gives_what_was_recorded_and_then_nothing_unusual),
        cmocka_unit_test(test_other_lane_or_bound_stops_the_replay_where_it_parted),
        cmocka_unit_test(test_outcome_beyond_its_bound_is_a_divergence),
        cmocka_unit_test(test_recorded_run_replays_the_same),
    };
    return cmocka_run_group_tests_name("core/tape", tests, NULL, NULL);
}
