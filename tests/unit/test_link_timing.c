/* Links without chance: times, queues, sizes, and what the counters say. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/support/net_lab.h"

enum { MBIT = 1000000 };

/* ---- time ----------------------------------------------------------------------------------- */

static void test_a_perfect_link_takes_no_time(void **state)
{
    (void)state;
    struct net_lab *lab = net_lab_pair(NULL, NULL);
    net_lab_send_at(lab, 7, 1, 1500);
    net_lab_run(lab);
    net_lab_expect_arrival(lab, 0, 1, 7);
    net_lab_destroy(lab);
}

static void test_1500_bytes_at_10_mbit_take_1200_microseconds_and_the_delay(void **state)
{
    (void)state;
    struct link_params params = { .rate_bps = 10 * MBIT, .delay = 5 * SIM_MILLISECOND };
    struct net_lab *lab = net_lab_pair(NULL, &params);
    net_lab_send_at(lab, SIM_SECOND, 1, 1500);
    net_lab_run(lab);
    net_lab_expect_arrival(lab, 0, 1, SIM_SECOND + 1200 * SIM_MICROSECOND + 5 * SIM_MILLISECOND);
    assert_int_equal(net_lab_hop(lab, 0)->departs_at, SIM_SECOND);
    assert_int_equal(net_lab_hop(lab, 0)->arrives_at, net_lab_arrival(lab, 0)->time);
    net_lab_destroy(lab);
}

static void test_serialization_time_is_rounded_up(void **state)
{
    (void)state;
    struct link_params params = { .rate_bps = 3 };
    struct net_lab *lab = net_lab_pair(NULL, &params);
    net_lab_send_at(lab, 0, 1, 40); /* 320 bits: 106.666666666(6) s */
    net_lab_run(lab);
    net_lab_expect_arrival(lab, 0, 1, 106666666667);
    net_lab_destroy(lab);
}

static void test_packets_are_transmitted_one_after_another(void **state)
{
    (void)state;
    struct link_params params = { .rate_bps = 10 * MBIT, .delay = SIM_MILLISECOND };
    struct net_lab *lab = net_lab_pair(NULL, &params);
    for (uint32_t i = 0; i < 3; i++) {
        net_lab_send_at(lab, 0, i, 1500);
    }
    net_lab_run(lab);
    for (uint32_t i = 0; i < 3; i++) {
        assert_int_equal(net_lab_hop(lab, i)->departs_at, i * 1200 * SIM_MICROSECOND);
        net_lab_expect_arrival(lab, i, i, (i + 1) * 1200 * SIM_MICROSECOND + SIM_MILLISECOND);
    }
    net_lab_destroy(lab);
}

static void test_an_idle_transmitter_starts_at_once(void **state)
{
    (void)state;
    struct link_params params = { .rate_bps = 10 * MBIT };
    struct net_lab *lab = net_lab_pair(NULL, &params);
    net_lab_send_at(lab, 0, 1, 1500);
    net_lab_send_at(lab, 1200 * SIM_MICROSECOND, 2, 1500);
    net_lab_send_at(lab, 3 * SIM_MILLISECOND, 3, 1500);
    net_lab_run(lab);
    net_lab_expect_arrival(lab, 1, 2, 2400 * SIM_MICROSECOND);
    net_lab_expect_arrival(lab, 2, 3, 4200 * SIM_MICROSECOND);
    assert_int_equal(link_get_stats(lab->sim, 1, 0).queue_packets_max, 0);
    net_lab_destroy(lab);
}

static void test_directions_do_not_share_the_transmitter(void **state)
{
    (void)state;
    struct link_params params = { .rate_bps = 10 * MBIT };
    struct net_lab *lab = net_lab_pair(NULL, NULL);
    assert_int_equal(link_set_params(lab->sim, 1, 1, &params), SIM_OK);
    net_lab_send(lab, 2, 1, 1, 1500);
    net_lab_send(lab, 1, 2, 2, 1500);
    net_lab_run(lab);
    net_lab_expect_arrival(lab, 0, 2, 0);
    net_lab_expect_arrival(lab, 1, 1, 1200 * SIM_MICROSECOND);
    net_lab_destroy(lab);
}

static void test_packets_that_arrive_together_keep_their_order(void **state)
{
    (void)state;
    struct link_params params = { .delay = SIM_MILLISECOND };
    struct net_lab *lab = net_lab_pair(NULL, &params);
    for (uint32_t i = 0; i < 50; i++) {
        net_lab_send_at(lab, 0, i, 100);
    }
    net_lab_run(lab);
    for (uint32_t i = 0; i < 50; i++) {
        net_lab_expect_arrival(lab, i, i, SIM_MILLISECOND);
    }
    net_lab_destroy(lab);
}

static void test_new_parameters_leave_packets_in_flight_alone(void **state)
{
    (void)state;
    struct link_params slow = { .delay = SIM_SECOND }, fast = { .delay = SIM_MILLISECOND };
    struct net_lab *lab = net_lab_pair(NULL, &slow);
    net_lab_send(lab, 1, 2, 1, 100);
    assert_int_equal(link_set_params(lab->sim, 1, 0, &fast), SIM_OK);
    net_lab_send(lab, 1, 2, 2, 100);
    net_lab_run(lab);
    net_lab_expect_arrival(lab, 0, 2, SIM_MILLISECOND);
    net_lab_expect_arrival(lab, 1, 1, SIM_SECOND);
    net_lab_destroy(lab);
}

static void test_enormous_delays_do_not_overflow(void **state)
{
    (void)state;
    struct link_params params = { .rate_bps = 1,
                                  .delay = SIM_NEVER,
                                  .jitter = SIM_NEVER,
                                  .duplicate_ppm = 1000000,
                                  .duplicate_delay = SIM_NEVER };
    struct net_lab *lab = net_lab_pair(NULL, &params);
    for (uint32_t i = 0; i < 10; i++) {
        net_lab_send(lab, 1, 2, i, 1500);
    }
    net_lab_run(lab);
    struct link_stats stats = link_get_stats(lab->sim, 1, 0);
    assert_int_equal(stats.entered + stats.copied, 20);
    assert_int_equal(stats.in_flight, 20); /* they would arrive after the end of time */
    assert_int_equal(sim_now(lab->sim), 0);
    net_lab_destroy(lab);
}

/* ---- queue ---------------------------------------------------------------------------------- */

static void test_a_full_queue_drops_the_newest_packet(void **state)
{
    (void)state;
    struct link_params params = { .rate_bps = 10 * MBIT, .queue_packets = 2 };
    struct net_lab *lab = net_lab_pair(NULL, &params);
    for (uint32_t i = 0; i < 5; i++) {
        net_lab_send_at(lab, 0, i, 1500);
    }
    net_lab_run(lab);
    /* One is on the wire, two wait. */
    net_lab_expect_hop(lab, 2, 2, FATE_FORWARDED);
    net_lab_expect_hop(lab, 3, 3, FATE_QUEUE_FULL);
    net_lab_expect_hop(lab, 4, 4, FATE_QUEUE_FULL);
    assert_int_equal(net_lab_arrivals(lab), 3);
    assert_int_equal(link_get_stats(lab->sim, 1, 0).queue_packets_max, 2);
    net_lab_destroy(lab);
}

static void test_a_limit_in_bytes_counts_what_waits(void **state)
{
    (void)state;
    struct link_params params = { .rate_bps = 10 * MBIT, .queue_bytes = 3000 };
    struct net_lab *lab = net_lab_pair(NULL, &params);
    net_lab_send_at(lab, 0, 0, 1500);
    net_lab_send_at(lab, 0, 1, 1500);
    net_lab_send_at(lab, 0, 2, 1499);
    net_lab_send_at(lab, 0, 3, 40); /* one byte too many is left */
    net_lab_send_at(lab, 0, 4, 1500);
    net_lab_run(lab);
    assert_int_equal(net_lab_arrivals(lab), 3);
    assert_int_equal(net_lab_count_fate(lab, FATE_QUEUE_FULL), 2);
    assert_int_equal(link_get_stats(lab->sim, 1, 0).queue_bytes_max, 2999);
    net_lab_destroy(lab);
}

static void test_there_is_room_again_once_a_transmission_starts(void **state)
{
    (void)state;
    struct link_params params = { .rate_bps = 10 * MBIT, .queue_packets = 1 };
    struct net_lab *lab = net_lab_pair(NULL, &params);
    net_lab_send_at(lab, 0, 0, 1500);
    net_lab_send_at(lab, 0, 1, 1500);
    net_lab_send_at(lab, 1200 * SIM_MICROSECOND - 1, 2, 1500);
    net_lab_send_at(lab, 1200 * SIM_MICROSECOND, 3, 1500);
    net_lab_run(lab);
    net_lab_expect_hop(lab, 2, 2, FATE_QUEUE_FULL);
    net_lab_expect_arrival(lab, 2, 3, 3600 * SIM_MICROSECOND);
    net_lab_destroy(lab);
}

static void test_bytes_that_are_being_sent_leave_room(void **state)
{
    (void)state;
    struct link_params params = { .rate_bps = 10 * MBIT, .queue_bytes = 1500 };
    struct net_lab *lab = net_lab_pair(NULL, &params);
    for (uint32_t i = 0; i < 20; i++) { /* always one on the wire and one that waits */
        net_lab_send_at(lab, i == 0 ? 0 : (i - 1) * 1200 * SIM_MICROSECOND, i, 1500);
    }
    net_lab_run(lab);
    assert_int_equal(net_lab_arrivals(lab), 20);
    assert_int_equal(link_get_stats(lab->sim, 1, 0).queue_bytes_max, 1500);
    net_lab_destroy(lab);
}

static void test_a_packet_dropped_by_the_queue_takes_no_transmission_time(void **state)
{
    (void)state;
    struct link_params params = { .rate_bps = 10 * MBIT, .queue_packets = 1 };
    struct net_lab *lab = net_lab_pair(NULL, &params);
    for (uint32_t i = 0; i < 3; i++) {
        net_lab_send_at(lab, 0, i, 1500);
    }
    net_lab_send_at(lab, 1200 * SIM_MICROSECOND, 3, 1500);
    net_lab_run(lab);
    net_lab_expect_arrival(lab, 2, 3, 3600 * SIM_MICROSECOND);
    net_lab_destroy(lab);
}

/* What waits is kept in a ring: let it turn, then grow. */
static void test_a_queue_that_grows_forgets_nothing(void **state)
{
    (void)state;
    struct link_params params = { .rate_bps = 10 * MBIT, .queue_packets = 40 };
    struct net_lab *lab = net_lab_pair(NULL, &params);
    for (uint32_t i = 0; i < 10; i++) {
        net_lab_send_at(lab, 0, i, 1500);
    }
    for (uint32_t i = 10; i < 60; i++) { /* packet 5 has just started: 4 wait */
        net_lab_send_at(lab, 6 * SIM_MILLISECOND, i, 1500);
    }
    for (uint32_t i = 60; i < 80; i++) { /* packet 20 starts: 25 wait, and 15 find room */
        net_lab_send_at(lab, 24 * SIM_MILLISECOND, i, 1500);
    }
    net_lab_run(lab);
    assert_int_equal(net_lab_count_fate(lab, FATE_QUEUE_FULL), 14 + 5);
    assert_int_equal(link_get_stats(lab->sim, 1, 0).queue_packets_max, 40);
    net_lab_expect_arrival(lab, 46, 60, 47 * 1200 * SIM_MICROSECOND);
    net_lab_destroy(lab);
}

static void test_a_long_queue_keeps_its_order(void **state)
{
    (void)state;
    struct link_params params = { .rate_bps = 10 * MBIT };
    struct net_lab *lab = net_lab_pair(NULL, &params);
    for (uint32_t i = 0; i < 1000; i++) {
        net_lab_send_at(lab, i * SIM_MICROSECOND, i, 1500);
    }
    net_lab_run(lab);
    for (uint32_t i = 0; i < 1000; i++) {
        net_lab_expect_arrival(lab, i, i, (i + 1) * 1200 * SIM_MICROSECOND);
    }
    assert_int_equal(link_get_stats(lab->sim, 1, 0).queue_packets_max, 999);
    net_lab_destroy(lab);
}

/* ---- sizes, and links that are down --------------------------------------------------------- */

static void test_a_packet_larger_than_the_mtu_is_too_big(void **state)
{
    (void)state;
    struct link_params params = { .mtu = 576 };
    struct net_lab *lab = net_lab_pair(NULL, &params);
    net_lab_send(lab, 1, 2, 1, 576);
    net_lab_send(lab, 1, 2, 2, 577);
    net_lab_run(lab);
    net_lab_expect_hop(lab, 0, 1, FATE_FORWARDED);
    net_lab_expect_hop(lab, 1, 2, FATE_TOO_BIG);
    net_lab_destroy(lab);
}

static void test_no_mtu_means_1500(void **state)
{
    (void)state;
    struct net_lab *lab = net_lab_pair(NULL, NULL);
    assert_int_equal(link_get_params(lab->sim, 1, 0)->mtu, 1500);
    net_lab_send(lab, 1, 2, 1, 1500);
    net_lab_send(lab, 1, 2, 2, 1501);
    net_lab_run(lab);
    assert_int_equal(net_lab_arrivals(lab), 1);
    net_lab_destroy(lab);
}

static void test_a_link_that_is_down_loses_what_enters_but_not_what_flies(void **state)
{
    (void)state;
    struct link_params params = { .delay = SIM_MILLISECOND };
    struct net_lab *lab = net_lab_pair(NULL, &params);
    net_lab_send(lab, 1, 2, 1, 100);
    link_set_up(lab->sim, 1, false);
    net_lab_send(lab, 1, 2, 2, 100);
    link_set_up(lab->sim, 1, true);
    net_lab_send(lab, 1, 2, 3, 100);
    net_lab_run(lab);
    net_lab_expect_hop(lab, 1, 2, FATE_LINK_DOWN);
    net_lab_expect_arrival(lab, 0, 1, SIM_MILLISECOND);
    net_lab_expect_arrival(lab, 1, 3, SIM_MILLISECOND);
    assert_int_equal(net_lab_arrivals(lab), 2);
    net_lab_destroy(lab);
}

/* ---- counters and arguments ----------------------------------------------------------------- */

static void test_counters_follow_packets_from_entering_to_arriving(void **state)
{
    (void)state;
    struct link_params params = { .delay = SIM_MILLISECOND, .mtu = 1000 };
    struct net_lab *lab = net_lab_pair(NULL, &params);
    net_lab_send(lab, 1, 2, 1, 100);
    net_lab_send(lab, 1, 2, 2, 1001);
    struct link_stats stats = link_get_stats(lab->sim, 1, 0);
    assert_int_equal(stats.entered, 2);
    assert_int_equal(stats.dropped, 1);
    assert_int_equal(stats.in_flight, 1);
    assert_int_equal(stats.bytes_entered, 1101);
    net_lab_run(lab);
    stats = link_get_stats(lab->sim, 1, 0);
    assert_int_equal(stats.in_flight, 0);
    assert_int_equal(stats.delivered, 1);
    assert_int_equal(stats.bytes_delivered, 100);
    assert_int_equal(link_get_stats(lab->sim, 1, 1).entered, 0);
    net_lab_destroy(lab);
}

static void test_links_refuse_parameters_outside_their_range(void **state)
{
    static const struct link_params wrong[] = {
        { .loss_ppm = 1000001 },
        { .burst = { .to_bad_ppm = 1000001 } },
        { .burst = { .to_good_ppm = 1000001 } },
        { .burst = { .bad_loss_ppm = 1000001 } },
        { .burst = { .good_loss_ppm = 1000001 } },
        { .duplicate_ppm = 1000001 },
        { .reorder_ppm = 1000001 },
        { .corrupt_ppm = 1000001 },
        { .delay = -1 },
        { .jitter = -1 },
        { .duplicate_delay = -1 },
        { .reorder_delay = -1 },
        { .mtu = 67 },
        { .mtu = 65536 },
    };
    (void)state;
    struct net_lab *lab = net_lab_pair(NULL, NULL);
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        link_id link = 9;
        assert_int_equal(link_create(lab->sim, 1, 2, &wrong[i], NULL, &link), SIM_INVALID);
        assert_int_equal(link, LINK_NONE);
        assert_int_equal(link_create(lab->sim, 1, 2, NULL, &wrong[i], &link), SIM_INVALID);
        assert_int_equal(link_set_params(lab->sim, 1, 1, &wrong[i]), SIM_INVALID);
    }
    assert_int_equal(link_count(lab->sim), 1);
    net_lab_destroy(lab);
}

static void test_links_join_two_different_nodes_that_exist(void **state)
{
    (void)state;
    struct net_lab *lab = net_lab_pair(NULL, NULL);
    link_id link;
    assert_int_equal(link_create(lab->sim, 1, 1, NULL, NULL, &link), SIM_INVALID);
    assert_int_equal(link_create(lab->sim, 0, 1, NULL, NULL, &link), SIM_INVALID);
    assert_int_equal(link_create(lab->sim, 1, 3, NULL, NULL, &link), SIM_INVALID);
    assert_int_equal(link_create(lab->sim, 2, 1, NULL, NULL, &link), SIM_OK);
    host_id a, b;
    link_ends(lab->sim, link, &a, &b);
    assert_int_equal(a, 2);
    assert_int_equal(b, 1);
    struct link_params params = { .delay = 1 };
    assert_int_equal(link_set_params(lab->sim, 3, 0, &params), SIM_INVALID);
    assert_int_equal(link_set_params(lab->sim, 1, 2, &params), SIM_INVALID);
    net_lab_destroy(lab);
}

static void test_running_out_of_memory_ends_the_run_with_a_status(void **state)
{
    (void)state;
    struct sim_config config = { .memory_limit_bytes = 1 << 20 };
    struct link_params params = { .rate_bps = MBIT, .delay = SIM_SECOND };
    struct net_lab *lab = net_lab_pair(&config, &params);
    enum sim_status status = SIM_OK;
    for (uint32_t i = 0; i < 100000 && status == SIM_OK; i++) {
        status = net_lab_send(lab, 1, 2, i, 100);
    }
    assert_int_equal(status, SIM_NO_MEMORY);
    assert_int_equal(sim_run(lab->sim, NULL), SIM_NO_MEMORY);
    net_lab_destroy(lab);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_perfect_link_takes_no_time),
        cmocka_unit_test(test_1500_bytes_at_10_mbit_take_1200_microseconds_and_the_delay),
        cmocka_unit_test(test_serialization_time_is_rounded_up),
        cmocka_unit_test(test_packets_are_transmitted_one_after_another),
        cmocka_unit_test(test_an_idle_transmitter_starts_at_once),
        cmocka_unit_test(test_directions_do_not_share_the_transmitter),
        cmocka_unit_test(test_packets_that_arrive_together_keep_their_order),
        cmocka_unit_test(test_new_parameters_leave_packets_in_flight_alone),
        cmocka_unit_test(test_enormous_delays_do_not_overflow),
        cmocka_unit_test(test_a_full_queue_drops_the_newest_packet),
        cmocka_unit_test(test_a_limit_in_bytes_counts_what_waits),
        cmocka_unit_test(test_there_is_room_again_once_a_transmission_starts),
        cmocka_unit_test(test_bytes_that_are_being_sent_leave_room),
        cmocka_unit_test(test_a_packet_dropped_by_the_queue_takes_no_transmission_time),
        cmocka_unit_test(test_a_queue_that_grows_forgets_nothing),
        cmocka_unit_test(test_a_long_queue_keeps_its_order),
        cmocka_unit_test(test_a_packet_larger_than_the_mtu_is_too_big),
        cmocka_unit_test(test_no_mtu_means_1500),
        cmocka_unit_test(test_a_link_that_is_down_loses_what_enters_but_not_what_flies),
        cmocka_unit_test(test_counters_follow_packets_from_entering_to_arriving),
        cmocka_unit_test(test_links_refuse_parameters_outside_their_range),
        cmocka_unit_test(test_links_join_two_different_nodes_that_exist),
        cmocka_unit_test(test_running_out_of_memory_ends_the_run_with_a_status),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
