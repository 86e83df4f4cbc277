/* Links with chance: how often, how much, in which order, and always the same for one seed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "tests/support/net_lab.h"

enum { MANY = 100000, PPM = 1000000 };

/* Send `count` packets of 100 bytes, one each microsecond, and let all arrive. */
static struct net_lab *run_many(const struct sim_config *config, const struct link_params *params,
                                uint32_t count)
{
    struct net_lab *lab = net_lab_pair(config, params);
    for (uint32_t i = 0; i < count; i++) {
        net_lab_send_at(lab, i * SIM_MICROSECOND, i, 100);
    }
    net_lab_run(lab);
    return lab;
}

static void assert_between(uint64_t value, uint64_t low, uint64_t high)
{
    assert_in_range(value, low, high);
}

/* ---- loss ----------------------------------------------------------------------------------- */

static void test_one_percent_of_many_packets_is_lost(void **state)
{
    (void)state;
    struct link_params params = { .loss_ppm = PPM / 100 };
    struct net_lab *lab = run_many(&(struct sim_config){ .seed = 1 }, &params, MANY);
    assert_between(net_lab_count_fate(lab, FATE_LOST), 880, 1120); /* 1000, sigma 31 */
    net_lab_destroy(lab);
}

static void test_all_or_nothing_is_lost_at_the_ends_of_the_scale(void **state)
{
    (void)state;
    struct link_params params = { .loss_ppm = PPM };
    struct net_lab *lab = run_many(NULL, &params, 100);
    assert_int_equal(net_lab_count_fate(lab, FATE_LOST), 100);
    net_lab_destroy(lab);
}

static void test_every_third_packet_is_lost_without_a_choice(void **state)
{
    (void)state;
    struct link_params params = { .loss_every = 3 };
    struct net_lab *lab = run_many(&(struct sim_config){ .record_tape = true }, &params, 9);
    for (uint32_t i = 0; i < 9; i++) {
        const struct net_lab_fact *hop = net_lab_hop(lab, i);
        assert_int_equal(hop->fate, hop->packet.tcp.seq % 3 == 2 ? FATE_LOST : FATE_FORWARDED);
    }
    size_t choices;
    tape_recorded(lab->sim, &choices);
    assert_int_equal(choices, 0);
    net_lab_destroy(lab);
}

static void test_a_lost_packet_has_used_its_transmission_time(void **state)
{
    (void)state;
    struct link_params params = { .rate_bps = 8 * (uint64_t)PPM, .loss_every = 2 };
    struct net_lab *lab = net_lab_pair(NULL, &params);
    for (uint32_t i = 1; i <= 3; i++) {
        net_lab_send_at(lab, 0, i, 100);
    }
    net_lab_run(lab);
    net_lab_expect_arrival(lab, 0, 1, 100 * SIM_MICROSECOND);
    net_lab_expect_hop(lab, 1, 2, FATE_LOST);
    assert_int_equal(net_lab_hop(lab, 1)->arrives_at, 200 * SIM_MICROSECOND);
    net_lab_expect_arrival(lab, 1, 3, 300 * SIM_MICROSECOND);
    net_lab_destroy(lab);
}

/* Runs of lost packets, by counting the places where one begins. */
static uint64_t count_bursts(const struct net_lab *lab)
{
    uint64_t bursts = 0;
    bool before = false;
    for (size_t i = 0; i < lab->fact_count; i++) {
        if (lab->facts[i].link == LINK_NONE) {
            continue;
        }
        bool lost = lab->facts[i].fate == FATE_LOST;
        bursts += lost && !before;
        before = lost;
    }
    return bursts;
}

static void test_bursts_have_the_length_of_the_bad_state(void **state)
{
    (void)state;
    struct link_params params = {
        .burst = { .to_bad_ppm = PPM / 100, .to_good_ppm = PPM / 5, .bad_loss_ppm = PPM }
    };
    struct net_lab *lab = run_many(&(struct sim_config){ .seed = 2 }, &params, MANY);
    uint64_t lost = net_lab_count_fate(lab, FATE_LOST);
    uint64_t bursts = count_bursts(lab);
    /* The share of the bad state is 0.01 / (0.01 + 0.2); a burst has 5 packets in the mean. */
    assert_between(lost, 4300, 5250);
    assert_between(100 * lost / bursts, 460, 540);
    net_lab_destroy(lab);
}

static void test_the_good_state_loses_its_own_part(void **state)
{
    (void)state;
    struct link_params params = { .burst = { .to_good_ppm = PPM, .good_loss_ppm = PPM / 10 } };
    struct net_lab *lab = run_many(&(struct sim_config){ .seed = 3 }, &params, MANY);
    assert_between(net_lab_count_fate(lab, FATE_LOST), 9600, 10400); /* 10000, sigma 95 */
    net_lab_destroy(lab);
}

/* ---- copies and order ----------------------------------------------------------------------- */

static void test_a_duplicate_is_a_packet_of_its_own(void **state)
{
    (void)state;
    struct link_params params = { .delay = 100, .duplicate_ppm = PPM };
    struct net_lab *lab = run_many(NULL, &params, 1);
    const struct net_lab_fact *copy = net_lab_hop(lab, 1);
    assert_int_equal(net_lab_hops(lab), 2);
    assert_int_equal(copy->packet.copy_of, net_lab_hop(lab, 0)->packet.id);
    assert_int_not_equal(copy->packet.id, copy->packet.copy_of);
    assert_int_equal(copy->arrives_at, 100);
    struct link_stats stats = link_get_stats(lab->sim, 1, 0);
    assert_int_equal(stats.entered, 1);
    assert_int_equal(stats.copied, 1);
    assert_int_equal(stats.delivered, 2);
    net_lab_destroy(lab);
}

static void test_duplicates_come_later_by_up_to_the_delay(void **state)
{
    (void)state;
    struct link_params params = { .duplicate_ppm = PPM / 2, .duplicate_delay = 999 };
    struct net_lab *lab = run_many(&(struct sim_config){ .seed = 4 }, &params, MANY);
    uint64_t copies = 0, latest = 0, sum = 0;
    for (size_t i = 0; i < lab->fact_count; i++) {
        const struct net_lab_fact *fact = &lab->facts[i];
        if (fact->link != LINK_NONE && fact->packet.copy_of != 0) {
            uint64_t later = (uint64_t)(fact->arrives_at - fact->time);
            copies++;
            sum += later;
            latest = later > latest ? later : latest;
        }
    }
    assert_between(copies, 49200, 50800);
    assert_int_equal(latest, 999);
    assert_between(10 * sum / copies, 4900, 5090);
    net_lab_destroy(lab);
}

static void test_a_late_copy_does_not_hold_up_later_packets(void **state)
{
    (void)state;
    struct link_params params = {
        .delay = 10, .duplicate_ppm = PPM, .duplicate_delay = SIM_SECOND, .jitter_keeps_order = true
    };
    struct net_lab *lab = net_lab_pair(&(struct sim_config){ .seed = 5 }, &params);
    net_lab_send_at(lab, 0, 1, 100);
    net_lab_send_at(lab, 5, 2, 100);
    net_lab_run(lab);
    assert_true(net_lab_hop(lab, 1)->arrives_at > 1000);
    net_lab_expect_arrival(lab, 0, 1, 10);
    net_lab_expect_arrival(lab, 1, 2, 15);
    net_lab_destroy(lab);
}

static void test_a_reordered_packet_is_overtaken(void **state)
{
    (void)state;
    struct link_params params = { .delay = 10, .reorder_ppm = PPM, .reorder_delay = 1000 };
    struct link_params plain = { .delay = 10 };
    struct net_lab *lab = net_lab_pair(NULL, &params);
    net_lab_send(lab, 1, 2, 1, 100);
    assert_int_equal(link_set_params(lab->sim, 1, 0, &plain), SIM_OK);
    net_lab_send(lab, 1, 2, 2, 100);
    net_lab_run(lab);
    assert_true(net_lab_hop(lab, 0)->reordered);
    assert_false(net_lab_hop(lab, 1)->reordered);
    net_lab_expect_arrival(lab, 0, 2, 10);
    net_lab_expect_arrival(lab, 1, 1, 1010);
    net_lab_destroy(lab);
}

/* ---- jitter --------------------------------------------------------------------------------- */

static size_t count_overtaken(const struct net_lab *lab)
{
    size_t overtaken = 0;
    uint32_t highest = 0;
    for (size_t i = 0; i < lab->fact_count; i++) {
        if (lab->facts[i].fate == FATE_NO_HOST) {
            uint32_t seq = lab->facts[i].packet.tcp.seq;
            overtaken += seq < highest;
            highest = seq > highest ? seq : highest;
        }
    }
    return overtaken;
}

static void test_jitter_is_uniform_and_reorders(void **state)
{
    (void)state;
    struct link_params params = { .delay = SIM_MILLISECOND, .jitter = 9999 };
    struct net_lab *lab = run_many(&(struct sim_config){ .seed = 6 }, &params, MANY);
    uint64_t sum = 0;
    for (size_t i = 0; i < lab->fact_count; i++) {
        const struct net_lab_fact *fact = &lab->facts[i];
        if (fact->link != LINK_NONE) {
            sim_time_t jitter = fact->arrives_at - fact->time - SIM_MILLISECOND;
            assert_true(jitter >= 0 && jitter <= 9999);
            sum += (uint64_t)jitter;
        }
    }
    assert_between(sum / MANY, 4950, 5050);
    assert_true(count_overtaken(lab) > MANY / 2);
    assert_int_equal(link_get_stats(lab->sim, 1, 0).delivered, MANY);
    net_lab_destroy(lab);
}

static void test_jitter_that_keeps_order_lets_nothing_overtake(void **state)
{
    (void)state;
    struct link_params params = { .jitter = 9999, .jitter_keeps_order = true };
    struct net_lab *lab = run_many(&(struct sim_config){ .seed = 7 }, &params, MANY);
    assert_int_equal(count_overtaken(lab), 0);
    assert_int_equal(link_get_stats(lab->sim, 1, 0).delivered, MANY);
    net_lab_destroy(lab);
}

/* ---- the tape ------------------------------------------------------------------------------- */

static const struct link_params everything = {
    .rate_bps = 1000 * (uint64_t)PPM,
    .delay = SIM_MILLISECOND,
    .jitter = 20 * SIM_MICROSECOND,
    .loss_ppm = PPM / 20,
    .burst = { .to_bad_ppm = PPM / 50, .to_good_ppm = PPM / 4, .bad_loss_ppm = PPM / 2 },
    .loss_every = 17,
    .duplicate_ppm = PPM / 20,
    .duplicate_delay = 50 * SIM_MICROSECOND,
    .reorder_ppm = PPM / 20,
    .reorder_delay = 30 * SIM_MICROSECOND,
    .corrupt_ppm = PPM / 20,
    .queue_packets = 8,
};

static void test_a_seed_decides_everything(void **state)
{
    (void)state;
    uint64_t digests[3];
    for (uint64_t i = 0; i < 3; i++) {
        struct sim_config config = { .seed = i == 2 ? 2 : 1 };
        struct net_lab *lab = run_many(&config, &everything, 2000);
        digests[i] = net_lab_digest(lab);
        net_lab_destroy(lab);
    }
    assert_int_equal(digests[0], digests[1]);
    assert_int_not_equal(digests[0], digests[2]);
}

static void test_a_recorded_tape_gives_the_same_fates_under_another_seed(void **state)
{
    (void)state;
    struct sim_config config = { .seed = 8, .record_tape = true };
    struct net_lab *recorded = run_many(&config, &everything, 2000);
    struct sim_config replay = { .seed = 9, .tape_mode = TAPE_REPLAY };
    replay.feed = tape_recorded(recorded->sim, &replay.feed_count);
    struct net_lab *replayed = run_many(&replay, &everything, 2000);
    assert_int_equal(tape_divergence(replayed->sim), SIZE_MAX);
    assert_int_equal(net_lab_digest(replayed), net_lab_digest(recorded));
    net_lab_destroy(replayed);
    net_lab_destroy(recorded);
}

static void test_an_empty_tape_means_nothing_unusual(void **state)
{
    (void)state;
    struct link_params params = everything;
    params.loss_every = 0;
    params.queue_packets = 0;
    struct sim_config config = { .tape_mode = TAPE_REPLAY };
    struct net_lab *lab = run_many(&config, &params, 100);
    assert_int_equal(net_lab_count_fate(lab, FATE_FORWARDED), 100);
    for (uint32_t i = 0; i < 100; i++) {
        const struct net_lab_fact *hop = net_lab_hop(lab, i);
        assert_false(hop->packet.corrupted || hop->reordered);
        net_lab_expect_arrival(lab, i, i, i * SIM_MICROSECOND + 800 + SIM_MILLISECOND);
    }
    net_lab_destroy(lab);
}

/* What is drawn for one packet: lanes in the order of the choices. */
static size_t lanes_of_one_packet(const struct link_params *params, tape_lane lanes[16])
{
    struct net_lab *lab = run_many(&(struct sim_config){ .record_tape = true }, params, 1);
    size_t count;
    const struct tape_entry *entries = tape_recorded(lab->sim, &count);
    assert_true(count <= 16);
    for (size_t i = 0; i < count; i++) {
        lanes[i] = entries[i].lane;
    }
    net_lab_destroy(lab);
    return count;
}

static void test_choices_per_packet_depend_on_the_parameters_alone(void **state)
{
    (void)state;
    tape_lane lanes[16], again[16];
    struct link_params lossy = everything;
    assert_int_equal(lanes_of_one_packet(&(struct link_params){ .delay = 1 }, lanes), 0);
    assert_int_equal(lanes_of_one_packet(&everything, lanes), 7);
    lossy.loss_every = 1; /* the packet is lost anyway: as many choices as before */
    assert_int_equal(lanes_of_one_packet(&lossy, again), 7);
    assert_memory_equal(lanes, again, 7 * sizeof lanes[0]);
}

static void test_one_more_impairment_does_not_change_who_is_lost(void **state)
{
    (void)state;
    struct link_params loss = { .loss_ppm = PPM / 10 };
    struct link_params more = loss;
    more.duplicate_ppm = PPM / 2;
    more.jitter = 100;
    struct sim_config config = { .seed = 10 };
    struct net_lab *a = run_many(&config, &loss, 1000);
    struct net_lab *b = run_many(&config, &more, 1000);
    bool lost[2][1000] = { { false } };
    for (size_t i = 0; i < a->fact_count; i++) {
        lost[0][a->facts[i].packet.tcp.seq] |= a->facts[i].fate == FATE_LOST;
    }
    for (size_t i = 0; i < b->fact_count; i++) {
        lost[1][b->facts[i].packet.tcp.seq] |= b->facts[i].fate == FATE_LOST;
    }
    assert_memory_equal(lost[0], lost[1], sizeof lost[0]);
    assert_between(net_lab_count_fate(a, FATE_LOST), 60, 140);
    net_lab_destroy(a);
    net_lab_destroy(b);
}

static void test_packets_are_conserved_in_the_middle_of_everything(void **state)
{
    (void)state;
    struct net_lab *lab = net_lab_pair(&(struct sim_config){ .seed = 11 }, &everything);
    for (uint32_t i = 0; i < 2000; i++) {
        net_lab_send_at(lab, i * SIM_MICROSECOND, i, 300);
    }
    for (sim_time_t until = 100000; until < 4 * SIM_MILLISECOND; until += 100000) {
        assert_int_equal(sim_run(lab->sim, &(struct sim_limits){ .until = until }), SIM_OK);
        struct link_stats s = link_get_stats(lab->sim, 1, 0);
        assert_int_equal(s.entered + s.copied, s.delivered + s.dropped + s.in_flight);
    }
    struct link_stats s = link_get_stats(lab->sim, 1, 0);
    assert_int_equal(s.entered, 2000);
    assert_int_equal(s.in_flight, 0);
    assert_true(s.copied > 0 && s.dropped > 0);
    /* A few were corrupted and went nowhere else: the far end saw all that was delivered. */
    assert_int_equal(s.delivered, net_lab_arrivals(lab));
    net_lab_destroy(lab);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_one_percent_of_many_packets_is_lost),
        cmocka_unit_test(test_all_or_nothing_is_lost_at_the_ends_of_the_scale),
        cmocka_unit_test(test_every_third_packet_is_lost_without_a_choice),
        cmocka_unit_test(test_a_lost_packet_has_used_its_transmission_time),
        cmocka_unit_test(test_bursts_have_the_length_of_the_bad_state),
        cmocka_unit_test(test_the_good_state_loses_its_own_part),
        cmocka_unit_test(test_a_duplicate_is_a_packet_of_its_own),
        cmocka_unit_test(test_duplicates_come_later_by_up_to_the_delay),
        cmocka_unit_test(test_a_late_copy_does_not_hold_up_later_packets),
        cmocka_unit_test(test_a_reordered_packet_is_overtaken),
        cmocka_unit_test(test_jitter_is_uniform_and_reorders),
        cmocka_unit_test(test_jitter_that_keeps_order_lets_nothing_overtake),
        cmocka_unit_test(test_a_seed_decides_everything),
        cmocka_unit_test(test_a_recorded_tape_gives_the_same_fates_under_another_seed),
        cmocka_unit_test(test_an_empty_tape_means_nothing_unusual),
        cmocka_unit_test(test_choices_per_packet_depend_on_the_parameters_alone),
        cmocka_unit_test(test_one_more_impairment_does_not_change_who_is_lost),
        cmocka_unit_test(test_packets_are_conserved_in_the_middle_of_everything),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
