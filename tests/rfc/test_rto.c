/* RFC 6298: the retransmission timer; and RFC 9293 3.8.3, giving up. */
#include "tests/support/tcb_fixture.h"

#include "sim/base/common.h"

/* ---- the series ----------------------------------------------------------------------------- */

static void test_lost_syn_comes_again_after_1_3_7_15_31_63_s_and_is_given_up_at_127(struct lab *lab)
{
    lab_opens(lab);
    lab_advance(lab, 127 * SIM_SECOND - 1);
    assert_sent_at_ms(lab, 1000, 3000, 7000, 15000, 31000, 63000);
    assert_rule(lab, RULE_RETRANSMIT);
    assert_rule(lab, RULE_RTO_BACKOFF);
    assert_state(lab, TCP_SYN_SENT);
    lab_advance(lab, 1);
    assert_silent(lab);
    assert_state(lab, TCP_CLOSED);
    assert_rule(lab, RULE_GIVE_UP);
    assert_int_equal(lab->tcb.error, SIM_TIMED_OUT);
}

static void test_every_copy_of_the_syn_is_the_same(struct lab *lab)
{
    lab_opens(lab);
    lab_advance(lab, 3 * SIM_SECOND);
    assert_sent(lab, "S 1000:1000(0) win 65535 <mss 1460>", "S 1000:1000(0) win 65535 <mss 1460>");
}

static void test_lost_syn_ack_comes_again_after_1_3_7_15_31_s_and_is_given_up_at_63(struct lab *lab)
{
    lab_in_state(lab, TCP_SYN_RECEIVED);
    lab_advance(lab, 63 * SIM_SECOND - 1);
    assert_sent_at_ms(lab, 1000, 3000, 7000, 15000, 31000);
    assert_state(lab, TCP_SYN_RECEIVED);
    lab_advance(lab, 1);
    assert_silent(lab);
    assert_state(lab, TCP_LISTEN);
    assert_int_equal(lab->notices, 0);
    assert_no_timer(lab);
}

static void test_crossed_syn_ack_is_given_up_as_a_syn_is(struct lab *lab)
{
    lab_crossed(lab);
    lab_advance(lab, 127 * SIM_SECOND);
    assert_sent_at_ms(lab, 1000, 3000, 7000, 15000, 31000, 63000);
    assert_state(lab, TCP_CLOSED);
    assert_int_equal(lab->tcb.error, SIM_TIMED_OUT);
}

/* The first timeout is 1 s, then doubled up to rto_max = 120 s: 15 copies, and one more wait. */
static void test_lost_data_comes_again_15_times_and_is_given_up(struct lab *lab)
{
    lab_established(lab);
    lab_sends(lab, 10);
    lab_advance(lab, (127 + 9 * 120) * SIM_SECOND - 1);
    assert_sent_at_ms(lab, 1000, 3000, 7000, 15000, 31000, 63000, 127000, 247000, 367000, 487000,
                      607000, 727000, 847000, 967000, 1087000);
    assert_state(lab, TCP_ESTABLISHED);
    lab_advance(lab, 1);
    assert_silent(lab);
    assert_state(lab, TCP_CLOSED);
    assert_int_equal(lab->tcb.error, SIM_TIMED_OUT);
}

static void test_lost_fin_comes_again_like_data(struct lab *lab)
{
    lab_established(lab);
    lab_closes(lab);
    lab_advance(lab, 15 * SIM_SECOND);
    assert_sent_at_ms(lab, 1000, 3000, 7000, 15000);
}

static void test_timeout_does_not_exceed_its_maximum(struct lab *lab)
{
    lab->params.rto_max = 60 * SIM_SECOND;
    lab_established(lab);
    lab_sends(lab, 10);
    lab_advance(lab, 183 * SIM_SECOND);
    assert_sent_at_ms(lab, 1000, 3000, 7000, 15000, 31000, 63000, 123000, 183000);
}

static void test_without_backoff_the_timeout_stays(struct lab *lab)
{
    lab_without(lab, RULE_RTO_BACKOFF);
    lab_opens(lab);
    lab_advance(lab, 4 * SIM_SECOND);
    assert_sent_at_ms(lab, 1000, 2000, 3000, 4000);
}

static void test_without_retransmission_nothing_comes_again(struct lab *lab)
{
    lab_without(lab, RULE_RETRANSMIT);
    lab->unwatched = true;
    lab_established(lab);
    lab_sends(lab, 2 * LAB_MSS);
    lab_arrives(lab, ". 5001(0) ack 2461");
    lab_advance(lab, 1000 * SIM_SECOND);
    assert_silent(lab);
    assert_state(lab, TCP_ESTABLISHED);
}

/* ---- 2: computing the timeout --------------------------------------------------------------- */

/* Send ten bytes and have them acknowledged after `rtt`. */
static void round_trip(struct lab *lab, sim_time_t rtt)
{
    lab_sends(lab, 10);
    lab_advance(lab, rtt);
    lab_arrives(lab, ". 5001(0) ack %u", lab_snd_nxt(lab));
}

static void open_in(struct lab *lab, sim_time_t rtt)
{
    lab_opens(lab);
    lab_advance(lab, rtt);
    lab_arrives(lab, "S. 5000(0) ack 1001 win 65535 <mss 1460>");
}

/* 2.2: SRTT <- R, RTTVAR <- R/2, RTO <- SRTT + max (G, K*RTTVAR). */
static void test_first_sample_sets_srtt_to_r_and_rttvar_to_half(struct lab *lab)
{
    open_in(lab, 800 * SIM_MILLISECOND);
    assert_rule(lab, RULE_RTT_SAMPLE);
    assert_true(lab->tcb.rtt.srtt == 800 * SIM_MILLISECOND);
    assert_true(lab->tcb.rtt.rttvar == 400 * SIM_MILLISECOND);
    assert_true(lab->tcb.rtt.rto == 2400 * SIM_MILLISECOND);
}

/* 2.3: RTTVAR <- 3/4 RTTVAR + 1/4 |SRTT - R'|, with the old SRTT; SRTT <- 7/8 SRTT + 1/8 R'. */
static void test_next_samples_are_smoothed(struct lab *lab)
{
    open_in(lab, 800 * SIM_MILLISECOND);
    round_trip(lab, 1600 * SIM_MILLISECOND);
    assert_true(lab->tcb.rtt.rttvar == 500 * SIM_MILLISECOND);
    assert_true(lab->tcb.rtt.srtt == 900 * SIM_MILLISECOND);
    assert_true(lab->tcb.rtt.rto == 2900 * SIM_MILLISECOND);
    round_trip(lab, 100 * SIM_MILLISECOND);
    assert_true(lab->tcb.rtt.rttvar == 575 * SIM_MILLISECOND);
    assert_true(lab->tcb.rtt.srtt == 800 * SIM_MILLISECOND);
}

/* 2.4: "Whenever RTO is computed, if it is less than 1 second, then the RTO SHOULD be rounded up". */
static void test_timeout_is_never_below_its_minimum(struct lab *lab)
{
    open_in(lab, 10 * SIM_MILLISECOND);
    assert_true(lab->tcb.rtt.srtt == 10 * SIM_MILLISECOND);
    assert_true(lab->tcb.rtt.rto == SIM_SECOND);
}

static void test_spread_is_at_least_the_granularity_of_the_clock(struct lab *lab)
{
    lab->params.rto_min = 1;
    lab->params.clock_granularity = 7 * SIM_MILLISECOND;
    open_in(lab, 4 * SIM_MILLISECOND);
    assert_true(lab->tcb.rtt.rto == 12 * SIM_MILLISECOND);
    for (int i = 0; i < 40; i++) {
        round_trip(lab, 4 * SIM_MILLISECOND);
    }
    assert_true(lab->tcb.rtt.rto == 11 * SIM_MILLISECOND);
}

/* "one RTT measurement at a time": bytes sent later do not restart the clock. */
static void test_one_segment_is_timed_at_a_time(struct lab *lab)
{
    open_in(lab, 500 * SIM_MILLISECOND);
    lab_sends(lab, LAB_MSS);
    lab_advance(lab, 100 * SIM_MILLISECOND);
    lab_sends(lab, LAB_MSS);
    lab_advance(lab, 400 * SIM_MILLISECOND);
    lab_arrives(lab, ". 5001(0) ack 2461");
    assert_rule(lab, RULE_RTT_SAMPLE);
    assert_true(lab->tcb.rtt.srtt == 500 * SIM_MILLISECOND);
    lab_arrives(lab, ". 5001(0) ack 3921");
    assert_no_rule(lab, RULE_RTT_SAMPLE);
}

static void test_ack_short_of_the_timed_segment_is_no_sample(struct lab *lab)
{
    lab_established(lab);
    lab_sends(lab, LAB_MSS);
    lab_arrives(lab, ". 5001(0) ack 2460");
    assert_no_rule(lab, RULE_RTT_SAMPLE);
}

/* ---- 3: Karn -------------------------------------------------------------------------------- */

static void test_retransmitted_segment_is_not_timed(struct lab *lab)
{
    lab_established(lab);
    lab_sends(lab, 10);
    lab_advance(lab, 1500 * SIM_MILLISECOND);
    assert_sent_at_ms(lab, 1000);
    lab_arrives(lab, ". 5001(0) ack 1011");
    assert_no_rule(lab, RULE_RTT_SAMPLE);
}

static void test_retransmitted_syn_is_not_timed(struct lab *lab)
{
    open_in(lab, 1500 * SIM_MILLISECOND);
    assert_no_rule(lab, RULE_RTT_SAMPLE);
    assert_true(lab->tcb.rtt.srtt == 0);
}

/* "the RTO ... the backed off value": kept until a segment that was sent once is measured. */
static void test_backed_off_timeout_is_kept_until_a_new_sample(struct lab *lab)
{
    lab_established(lab);
    lab_sends(lab, 10);
    lab_advance(lab, 3 * SIM_SECOND);
    assert_true(lab->tcb.rtt.rto == 4 * SIM_SECOND);
    lab_arrives(lab, ". 5001(0) ack 1011");
    assert_true(lab->tcb.rtt.rto == 4 * SIM_SECOND);
    lab_sends(lab, 10);
    assert_armed(lab, TCP_TIMER_REXMT, lab->now + 4 * SIM_SECOND);
    lab_advance(lab, 100 * SIM_MILLISECOND);
    lab_arrives(lab, ". 5001(0) ack 1021");
    assert_true(lab->tcb.rtt.rto == SIM_SECOND);
}

static void test_without_karn_the_first_copy_is_timed(struct lab *lab)
{
    lab_without(lab, RULE_KARN);
    open_in(lab, 1500 * SIM_MILLISECOND);
    assert_rule(lab, RULE_RTT_SAMPLE);
    assert_true(lab->tcb.rtt.srtt == 1500 * SIM_MILLISECOND);
}

/* ---- 5: managing the timer ------------------------------------------------------------------ */

/* 5.1: "if the timer is not running, start it". */
static void test_timer_runs_from_the_first_byte_in_flight(struct lab *lab)
{
    lab_established(lab);
    lab_sends(lab, LAB_MSS);
    sim_time_t started = lab->now;
    lab_advance(lab, 300 * SIM_MILLISECOND);
    lab_sends(lab, LAB_MSS);
    assert_armed(lab, TCP_TIMER_REXMT, started + SIM_SECOND);
}

/* 5.2: "When all outstanding data has been acknowledged, turn off the retransmission timer." */
static void test_timer_stops_when_all_is_acknowledged(struct lab *lab)
{
    lab_established(lab);
    lab_sends(lab, LAB_MSS);
    lab_arrives(lab, ". 5001(0) ack 2461");
    assert_not_armed(lab, TCP_TIMER_REXMT);
}

/* 5.3: "When an ACK is received that acknowledges new data, restart the retransmission timer". A
 * partly acknowledged burst must come again. */
static void test_timer_restarts_when_a_part_is_acknowledged(struct lab *lab)
{
    lab_established(lab);
    lab_sends(lab, 2 * LAB_MSS);
    lab_advance(lab, 300 * SIM_MILLISECOND);
    lab_arrives(lab, ". 5001(0) ack 2461");
    assert_armed(lab, TCP_TIMER_REXMT, lab->now + lab->tcb.rtt.rto);
    lab_advance(lab, SIM_SECOND);
    assert_sent(lab, "P. 2461:3921(1460) ack 5001");
}

static void test_duplicate_ack_does_not_restart_the_timer(struct lab *lab)
{
    lab_established(lab);
    lab_sends(lab, 2 * LAB_MSS);
    sim_time_t started = lab->now;
    lab_advance(lab, 300 * SIM_MILLISECOND);
    lab_arrives(lab, ". 5001(0) ack 1001");
    assert_armed(lab, TCP_TIMER_REXMT, started + SIM_SECOND);
}

/* 5.4: "Retransmit the earliest segment that has not been acknowledged". */
static void test_only_the_earliest_segment_comes_again(struct lab *lab)
{
    lab_established(lab);
    lab_sends(lab, 4 * LAB_MSS);
    lab_advance(lab, SIM_SECOND);
    assert_sent(lab, ". 1001:2461(1460) ack 5001");
    assert_true(lab->sent[0].retransmission);
}

static void test_later_segments_follow_as_acks_come(struct lab *lab)
{
    lab_established(lab);
    lab_sends(lab, 4 * LAB_MSS);
    lab_advance(lab, SIM_SECOND);
    lab_arrives(lab, ". 5001(0) ack 2461");
    assert_sent(lab, ". 2461:3921(1460) ack 5001", ". 3921:5381(1460) ack 5001");
    lab_arrives(lab, ". 5001(0) ack 6841");
    assert_silent(lab);
    assert_no_timer(lab);
}

static void test_progress_forgets_the_number_of_timeouts(struct lab *lab)
{
    lab_established(lab);
    lab_sends(lab, 2 * LAB_MSS);
    lab_advance(lab, 500 * SIM_SECOND);
    assert_true(lab->tcb.rtt.backoff > 5);
    lab_arrives(lab, ". 5001(0) ack 2461");
    assert_int_equal(lab->tcb.rtt.backoff, 0);
    lab_advance(lab, 15 * 120 * SIM_SECOND);
    assert_state(lab, TCP_ESTABLISHED);
    lab_advance(lab, 120 * SIM_SECOND);
    assert_state(lab, TCP_CLOSED);
}

/* 5.7: "the RTO MUST be re-initialized to 3 seconds when data transmission begins". */
static void test_data_after_a_lost_syn_begins_with_3_s(struct lab *lab)
{
    open_in(lab, 1500 * SIM_MILLISECOND);
    assert_rule(lab, RULE_RTO_AFTER_LOST_SYN);
    lab_sends(lab, 10);
    assert_armed(lab, TCP_TIMER_REXMT, lab->now + 3 * SIM_SECOND);
}

static void test_data_after_a_lost_syn_ack_begins_with_3_s(struct lab *lab)
{
    lab_in_state(lab, TCP_SYN_RECEIVED);
    lab_advance(lab, 10 * SIM_SECOND);
    lab_arrives(lab, ". 5001(0) ack 1001");
    lab_sends(lab, 10);
    assert_armed(lab, TCP_TIMER_REXMT, lab->now + 3 * SIM_SECOND);
}

static void test_data_after_no_lost_syn_begins_with_1_s(struct lab *lab)
{
    open_in(lab, 999 * SIM_MILLISECOND);
    assert_no_rule(lab, RULE_RTO_AFTER_LOST_SYN);
    lab_established(lab);
    lab_sends(lab, 10);
    assert_armed(lab, TCP_TIMER_REXMT, lab->now + SIM_SECOND);
}

static void test_without_5_7_data_begins_with_the_backed_off_timeout(struct lab *lab)
{
    lab_without(lab, RULE_RTO_AFTER_LOST_SYN);
    open_in(lab, 1500 * SIM_MILLISECOND);
    lab_sends(lab, 10);
    assert_armed(lab, TCP_TIMER_REXMT, lab->now + 2 * SIM_SECOND);
}

/* ---- a window that shrank ------------------------------------------------------------------- */

/* RFC 9293 3.8.6, SHLD-17: "the sender ... SHOULD retransmit normally the old unacknowledged data
 * between SND.UNA and SND.UNA+SND.WND"; the earliest segment is sent even beyond. */
static void test_earliest_segment_comes_again_though_the_window_shrank(struct lab *lab)
{
    lab_established(lab);
    lab_sends(lab, 2 * LAB_MSS);
    lab_arrives(lab, ". 5001(0) ack 1001 win 0");
    lab_advance(lab, SIM_SECOND);
    assert_sent(lab, ". 1001:2461(1460) ack 5001");
}

/* Nothing new goes beyond the window on the back of what comes again. */
static void test_retransmission_takes_no_byte_along_that_the_window_does_not(struct lab *lab)
{
    lab->params.nagle = false;
    lab_in_state(lab, TCP_SYN_SENT);
    lab_arrives(lab, "S. 5000(0) ack 1001 win 100 <mss 1460>");
    lab_sends(lab, 1000);
    assert_sent(lab, ". 1001:1101(100) ack 5001");
    lab_arrives(lab, ". 5001(0) ack 1001 win 90");
    lab_advance(lab, SIM_SECOND);
    assert_sent(lab, ". 1001:1101(100) ack 5001");
    lab_arrives(lab, ". 5001(0) ack 1001 win 200");
    assert_sent(lab, ". 1101:1201(100) ack 5001");
}

static void test_retransmission_takes_new_bytes_along_that_the_window_does(struct lab *lab)
{
    lab_established(lab);
    lab_sends(lab, 100);
    lab_sends(lab, 100);
    lab_advance(lab, SIM_SECOND);
    assert_sent(lab, "P. 1001:1201(200) ack 5001");
}

/* ---- RFC 9293 3.8.3: user timeout ----------------------------------------------------------- */

static void test_user_timeout_ends_a_connection_without_progress(struct lab *lab)
{
    lab->params.user_timeout = 20 * SIM_SECOND;
    lab_established(lab);
    lab_sends(lab, 10);
    lab_advance(lab, 20 * SIM_SECOND - 1);
    assert_state(lab, TCP_ESTABLISHED);
    lab_advance(lab, 1);
    assert_state(lab, TCP_CLOSED);
    assert_rule(lab, RULE_USER_TIMEOUT);
    assert_int_equal(lab->tcb.error, SIM_TIMED_OUT);
}

static void test_user_timeout_counts_from_the_last_progress(struct lab *lab)
{
    lab->params.user_timeout = 20 * SIM_SECOND;
    lab_established(lab);
    lab_sends(lab, 2 * LAB_MSS);
    lab_advance(lab, 15 * SIM_SECOND);
    lab_arrives(lab, ". 5001(0) ack 2461");
    assert_armed(lab, TCP_TIMER_USER, lab->now + 20 * SIM_SECOND);
    lab_arrives(lab, ". 5001(0) ack 3921");
    assert_not_armed(lab, TCP_TIMER_USER);
}

static void test_user_timeout_counts_for_an_open_too(struct lab *lab)
{
    lab->params.user_timeout = 20 * SIM_SECOND;
    lab_opens(lab);
    lab_advance(lab, 20 * SIM_SECOND);
    assert_state(lab, TCP_CLOSED);
    assert_int_equal(lab->tcb.error, SIM_TIMED_OUT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        lab_test(test_lost_syn_comes_again_after_1_3_7_15_31_63_s_and_is_given_up_at_127),
        lab_test(test_every_copy_of_the_syn_is_the_same),
        lab_test(test_lost_syn_ack_comes_again_after_1_3_7_15_31_s_and_is_given_up_at_63),
        lab_test(test_crossed_syn_ack_is_given_up_as_a_syn_is),
        lab_test(test_lost_data_comes_again_15_times_and_is_given_up),
        lab_test(test_lost_fin_comes_again_like_data),
        lab_test(test_timeout_does_not_exceed_its_maximum),
        lab_test(test_without_backoff_the_timeout_stays),
        lab_test(test_without_retransmission_nothing_comes_again),
        lab_test(test_first_sample_sets_srtt_to_r_and_rttvar_to_half),
        lab_test(test_next_samples_are_smoothed),
        lab_test(test_timeout_is_never_below_its_minimum),
        lab_test(test_spread_is_at_least_the_granularity_of_the_clock),
        lab_test(test_one_segment_is_timed_at_a_time),
        lab_test(test_ack_short_of_the_timed_segment_is_no_sample),
        lab_test(test_retransmitted_segment_is_not_timed),
        lab_test(test_retransmitted_syn_is_not_timed),
        lab_test(test_backed_off_timeout_is_kept_until_a_new_sample),
        lab_test(test_without_karn_the_first_copy_is_timed),
        lab_test(test_timer_runs_from_the_first_byte_in_flight),
        lab_test(test_timer_stops_when_all_is_acknowledged),
        lab_test(test_timer_restarts_when_a_part_is_acknowledged),
        lab_test(test_duplicate_ack_does_not_restart_the_timer),
        lab_test(test_only_the_earliest_segment_comes_again),
        lab_test(test_later_segments_follow_as_acks_come),
        lab_test(test_progress_forgets_the_number_of_timeouts),
        lab_test(test_data_after_a_lost_syn_begins_with_3_s),
        lab_test(test_data_after_a_lost_syn_ack_begins_with_3_s),
        lab_test(test_data_after_no_lost_syn_begins_with_1_s),
        lab_test(test_without_5_7_data_begins_with_the_backed_off_timeout),
        lab_test(test_earliest_segment_comes_again_though_the_window_shrank),
        lab_test(test_retransmission_takes_no_byte_along_that_the_window_does_not),
        lab_test(test_retransmission_takes_new_bytes_along_that_the_window_does),
        lab_test(test_user_timeout_ends_a_connection_without_progress),
        lab_test(test_user_timeout_counts_from_the_last_progress),
        lab_test(test_user_timeout_counts_for_an_open_too),
    };
    return cmocka_run_group_tests_name("rfc/rto", tests, NULL, NULL);
}
