/* RFC 5681 3.1 and RFC 6928: slow start, congestion avoidance, and what a timeout does. */
#include "tests/support/tcb_fixture.h"

#include "sim/base/common.h"

static uint32_t cwnd(const struct lab *lab)
{
    return lab->tcb.cc.cwnd;
}

static void test_initial_window_is_ten_segments(struct lab *lab)
{
    lab_established(lab);
    lab_sends(lab, 20 * LAB_MSS);
    assert_int_equal(cwnd(lab), 10 * LAB_MSS);
    assert_int_equal(lab->sent_count, 10);
}

static void test_initial_window_counts_the_segments_that_the_peer_takes(struct lab *lab)
{
    lab_in_state(lab, TCP_SYN_RECEIVED);
    lab->tcb.mss = 100;
    lab_arrives(lab, ". 5001(0) ack 1001");
    assert_int_equal(cwnd(lab), 1000);
}

/* "the initial value of ssthresh SHOULD be set arbitrarily high" */
static void test_slow_start_has_no_end_before_a_loss(struct lab *lab)
{
    lab_established(lab);
    assert_true(lab->tcb.cc.ssthresh == UINT32_MAX);
}

/* Equation 2: "cwnd += min (N, SMSS)". */
static void test_slow_start_grows_by_a_segment_per_ack(struct lab *lab)
{
    lab_established(lab);
    lab_sends(lab, 20 * LAB_MSS);
    lab_arrives(lab, ". 5001(0) ack %u", 1001 + 2 * LAB_MSS);
    assert_int_equal(cwnd(lab), 11 * LAB_MSS);
    assert_int_equal(lab->sent_count, 3);
}

static void test_slow_start_grows_by_no_more_than_was_acknowledged(struct lab *lab)
{
    lab_established(lab);
    lab_sends(lab, LAB_MSS);
    lab_arrives(lab, ". 5001(0) ack 1101");
    assert_int_equal(cwnd(lab), 10 * LAB_MSS + 100);
}

static void test_acks_of_nothing_new_do_not_grow_the_window(struct lab *lab)
{
    lab_established(lab);
    lab_sends(lab, 4 * LAB_MSS);
    lab_arrives(lab, ". 5001(0) ack 1001");
    lab_arrives(lab, ". 5001(10) ack 1001");
    assert_int_equal(cwnd(lab), 10 * LAB_MSS);
}

static void test_ack_of_syn_or_fin_does_not_grow_the_window(struct lab *lab)
{
    lab_accepted(lab);
    assert_int_equal(cwnd(lab), 10 * LAB_MSS);
    lab_closes(lab);
    lab_arrives(lab, ". 5001(0) ack 1002");
    assert_int_equal(cwnd(lab), 10 * LAB_MSS);
}

/* Equation 3: "cwnd += SMSS*SMSS/cwnd". */
static void test_congestion_avoidance_grows_by_a_segment_per_window(struct lab *lab)
{
    lab_established(lab);
    lab->tcb.cc.ssthresh = 10 * LAB_MSS;
    lab_sends(lab, 20 * LAB_MSS);
    lab_arrives(lab, ". 5001(0) ack %u", 1001 + LAB_MSS);
    assert_int_equal(cwnd(lab), 10 * LAB_MSS + LAB_MSS / 10);
}

/* "If the above formula yields 0, the result SHOULD be rounded up to 1 byte." */
static void test_congestion_avoidance_grows_by_at_least_one_byte(struct lab *lab)
{
    lab_established(lab);
    lab->tcb.cc.cwnd = 3 * LAB_MSS * LAB_MSS;
    lab->tcb.cc.ssthresh = LAB_MSS;
    lab_sends(lab, LAB_MSS);
    lab_arrives(lab, ". 5001(0) ack 2461");
    assert_int_equal(cwnd(lab), 3 * LAB_MSS * LAB_MSS + 1);
}

/* A window smaller than a segment must not stop a connection for ever. */
static void test_something_may_always_be_in_flight(struct lab *lab)
{
    lab->params.initial_window_segments = 0;
    lab_established(lab);
    lab_sends(lab, 2 * LAB_MSS);
    assert_int_equal(lab->sent_count, 1);
}

static void test_segment_that_fits_exactly_goes(struct lab *lab)
{
    lab->params.initial_window_segments = 2;
    lab_established(lab);
    lab_sends(lab, 3 * LAB_MSS);
    assert_int_equal(lab->sent_count, 2);
}

/* Equation 4: "ssthresh = max (FlightSize / 2, 2*SMSS)"; "cwnd MUST be set to no more than the loss
 * window, LW, which equals 1 full-sized segment". */
static void test_timeout_halves_the_threshold_and_leaves_one_segment(struct lab *lab)
{
    lab_established(lab);
    lab_sends(lab, 8 * LAB_MSS);
    lab_advance(lab, SIM_SECOND);
    assert_int_equal(cwnd(lab), LAB_MSS);
    assert_int_equal(lab->tcb.cc.ssthresh, 4 * LAB_MSS);
    assert_rule(lab, RULE_CWND_AFTER_TIMEOUT);
}

static void test_threshold_is_at_least_two_segments(struct lab *lab)
{
    lab_established(lab);
    lab_sends(lab, 10);
    lab_advance(lab, SIM_SECOND);
    assert_int_equal(lab->tcb.cc.ssthresh, 2 * LAB_MSS);
}

/* "when a TCP sender detects segment loss using the retransmission timer and the given segment has
 * already been retransmitted ..., the value of ssthresh is held constant." */
static void test_three_timeouts_of_one_loss_halve_the_threshold_once(struct lab *lab)
{
    lab_established(lab);
    lab_sends(lab, 8 * LAB_MSS);
    lab_advance(lab, 7 * SIM_SECOND);
    assert_int_equal(lab->sent_count, 3);
    assert_int_equal(cwnd(lab), LAB_MSS);
    assert_int_equal(lab->tcb.cc.ssthresh, 4 * LAB_MSS);
}

static void test_recovery_slow_starts_up_to_the_threshold_and_then_crawls(struct lab *lab)
{
    lab_established(lab);
    lab_sends(lab, 8 * LAB_MSS);
    lab_advance(lab, SIM_SECOND);
    lab_arrives(lab, ". 5001(0) ack %u", 1001 + LAB_MSS);
    assert_int_equal(cwnd(lab), 2 * LAB_MSS);
    lab_arrives(lab, ". 5001(0) ack %u", 1001 + 2 * LAB_MSS);
    lab_arrives(lab, ". 5001(0) ack %u", 1001 + 3 * LAB_MSS);
    assert_int_equal(cwnd(lab), 4 * LAB_MSS);
    lab_arrives(lab, ". 5001(0) ack %u", 1001 + 4 * LAB_MSS);
    assert_int_equal(cwnd(lab), 4 * LAB_MSS + LAB_MSS / 4);
}

static void test_lost_syn_ack_is_no_congestion(struct lab *lab)
{
    lab_in_state(lab, TCP_SYN_RECEIVED);
    lab_advance(lab, SIM_SECOND);
    lab_arrives(lab, ". 5001(0) ack 1001");
    assert_true(lab->tcb.cc.ssthresh == UINT32_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        lab_test(test_initial_window_is_ten_segments),
        lab_test(test_initial_window_counts_the_segments_that_the_peer_takes),
        lab_test(test_slow_start_has_no_end_before_a_loss),
        lab_test(test_slow_start_grows_by_a_segment_per_ack),
        lab_test(test_slow_start_grows_by_no_more_than_was_acknowledged),
        lab_test(test_acks_of_nothing_new_do_not_grow_the_window),
        lab_test(test_ack_of_syn_or_fin_does_not_grow_the_window),
        lab_test(test_congestion_avoidance_grows_by_a_segment_per_window),
        lab_test(test_congestion_avoidance_grows_by_at_least_one_byte),
        lab_test(test_segment_that_fits_exactly_goes),
        lab_test(test_timeout_halves_the_threshold_and_leaves_one_segment),
        lab_test(test_threshold_is_at_least_two_segments),
        lab_test(test_three_timeouts_of_one_loss_halve_the_threshold_once),
        lab_test(test_recovery_slow_starts_up_to_the_threshold_and_then_crawls),
        lab_test(test_lost_syn_ack_is_no_congestion),
        lab_test(test_something_may_always_be_in_flight),
    };
    return cmocka_run_group_tests_name("rfc/congestion", tests, NULL, NULL);
}
