/* RFC 9293 3.8.6.1: zero-window probing. */
#include "tests/support/tcb_fixture.h"

#include "sim/base/common.h"

/* The handshake's ACK of 10 s; the peer has no room. */
static void meet_a_closed_window(struct lab *lab)
{
    lab_in_state(lab, TCP_SYN_SENT);
    lab_arrives(lab, "S. 5000(0) ack 1001 win 0 <mss 1460>");
}

/* "SHOULD send the first zero-window probe when a zero window has existed for the retransmission
 * timeout period (SHLD-29), and SHOULD increase exponentially the interval (SHLD-30)". */
static void test_probes_come_after_1_3_7_15_31_63_s_and_then_every_minute(struct lab *lab)
{
    meet_a_closed_window(lab);
    lab_sends(lab, 500);
    assert_silent(lab);
    lab_advance(lab, 250 * SIM_SECOND);
    assert_sent_at_ms(lab, 1000, 3000, 7000, 15000, 31000, 63000, 123000, 183000, 243000);
    assert_rule(lab, RULE_PERSIST);
}

static void test_every_probe_is_the_next_byte(struct lab *lab)
{
    meet_a_closed_window(lab);
    lab_sends(lab, 500);
    lab_advance(lab, 3 * SIM_SECOND);
    assert_sent(lab, ". 1001:1002(1) ack 5001", ". 1001:1002(1) ack 5001");
}

static void test_without_backoff_probes_come_at_equal_intervals(struct lab *lab)
{
    lab_without(lab, RULE_PERSIST_BACKOFF);
    meet_a_closed_window(lab);
    lab_sends(lab, 500);
    lab_advance(lab, 4 * SIM_SECOND);
    assert_sent_at_ms(lab, 1000, 2000, 3000, 4000);
}

static void test_without_the_rule_nothing_probes(struct lab *lab)
{
    lab_without(lab, RULE_PERSIST);
    lab->unwatched = true;
    meet_a_closed_window(lab);
    lab_sends(lab, 500);
    lab_advance(lab, 1000 * SIM_SECOND);
    assert_silent(lab);
}

static void test_nothing_to_send_means_no_probe(struct lab *lab)
{
    meet_a_closed_window(lab);
    assert_no_timer(lab);
}

static void test_probing_begins_when_the_last_ack_closes_the_window(struct lab *lab)
{
    lab_established(lab);
    lab_sends(lab, LAB_MSS);
    lab_sends(lab, 100);
    lab_arrives(lab, ". 5001(0) ack 2461 win 0");
    assert_silent(lab);
    assert_not_armed(lab, TCP_TIMER_REXMT);
    assert_armed(lab, TCP_TIMER_PERSIST, lab->now + SIM_SECOND);
}

static void test_window_update_sends_everything_and_stops_the_probes(struct lab *lab)
{
    meet_a_closed_window(lab);
    lab_sends(lab, 500);
    lab_advance(lab, 31 * SIM_SECOND);
    lab_arrives(lab, ". 5001(0) ack 1001 win 65535");
    assert_sent(lab, "P. 1001:1501(500) ack 5001");
    assert_not_armed(lab, TCP_TIMER_PERSIST);
    assert_int_equal(lab->tcb.rtt.backoff, 0);
    assert_armed(lab, TCP_TIMER_REXMT, lab->now + lab->tcb.rtt.rto);
}

/* The lost window update is the reason for all this. */
static void test_answer_to_a_probe_finds_a_window_that_opened_unheard(struct lab *lab)
{
    meet_a_closed_window(lab);
    lab_sends(lab, 500);
    lab_advance(lab, SIM_SECOND);
    assert_sent(lab, ". 1001:1002(1) ack 5001");
    lab_arrives(lab, ". 5001(0) ack 1002 win 4000");
    assert_sent(lab, "P. 1002:1501(499) ack 5001");
}

static void test_probe_that_is_taken_moves_the_next_one_on(struct lab *lab)
{
    meet_a_closed_window(lab);
    lab_sends(lab, 500);
    lab_advance(lab, SIM_SECOND);
    lab_arrives(lab, ". 5001(0) ack 1002 win 0");
    assert_silent(lab);
    lab_advance(lab, 2 * SIM_SECOND);
    assert_sent(lab, ". 1002:1003(1) ack 5001");
}

/* MUST-37: "As long as the receiving TCP peer continues to send acknowledgments in response to the
 * probe segments, the sending TCP peer MUST allow the connection to stay open". */
static void test_answered_probes_keep_the_connection_open_for_ever(struct lab *lab)
{
    meet_a_closed_window(lab);
    lab_sends(lab, 500);
    for (int i = 0; i < 300; i++) {
        lab_advance_to(lab, lab_next_deadline(lab));
        assert_int_equal(lab->sent_count, 1);
        lab_arrives(lab, ". 5001(0) ack 1001 win 0");
        assert_silent(lab);
        assert_true(i < 5 || lab_next_deadline(lab) == lab->now + SIM_MINUTE);
    }
    assert_state(lab, TCP_ESTABLISHED);
}

static void test_fifteen_probes_without_an_answer_end_the_connection(struct lab *lab)
{
    meet_a_closed_window(lab);
    lab_sends(lab, 500);
    lab_advance(lab, (63 + 10 * 60) * SIM_SECOND - 1);
    assert_int_equal(lab->sent_count, 15);
    assert_state(lab, TCP_ESTABLISHED);
    lab_advance(lab, 1);
    assert_silent(lab);
    assert_state(lab, TCP_CLOSED);
    assert_rule(lab, RULE_GIVE_UP);
    assert_int_equal(lab->tcb.error, SIM_TIMED_OUT);
}

static void test_probe_is_not_timed(struct lab *lab)
{
    meet_a_closed_window(lab);
    lab_sends(lab, 500);
    lab_advance(lab, 2 * SIM_SECOND);
    lab_arrives(lab, ". 5001(0) ack 1002 win 4000");
    assert_no_rule(lab, RULE_RTT_SAMPLE);
}

/* A probe is one byte whatever the congestion window says. */
static void test_probe_does_not_ask_the_congestion_window(struct lab *lab)
{
    lab_established(lab);
    lab_sends(lab, 2 * LAB_MSS);
    lab_advance(lab, 3 * SIM_SECOND);
    lab_sends(lab, 100);
    lab_arrives(lab, ". 5001(0) ack 3921 win 0");
    lab->tcb.cc.cwnd = 0;
    lab_advance_to(lab, lab_next_deadline(lab));
    assert_sent(lab, ". 3921:3922(1) ack 5001");
}

/* ---- a FIN behind the window ---------------------------------------------------------------- */

static void test_fin_alone_probes_a_closed_window(struct lab *lab)
{
    meet_a_closed_window(lab);
    lab_closes(lab);
    assert_silent(lab);
    assert_state(lab, TCP_FIN_WAIT_1);
    lab_advance(lab, SIM_SECOND);
    assert_sent(lab, "F. 1001:1001(0) ack 5001");
    lab_arrives(lab, ". 5001(0) ack 1002 win 0");
    assert_state(lab, TCP_FIN_WAIT_2);
    assert_no_timer(lab);
}

static void test_fin_behind_a_closed_window_follows_when_it_opens(struct lab *lab)
{
    meet_a_closed_window(lab);
    lab_sends(lab, 10);
    lab_closes(lab);
    lab_advance(lab, SIM_SECOND);
    assert_sent(lab, ". 1001:1002(1) ack 5001");
    lab_arrives(lab, ". 5001(0) ack 1001 win 100");
    assert_sent(lab, "FP. 1001:1011(10) ack 5001");
}

static void test_last_byte_probes_without_its_fin(struct lab *lab)
{
    meet_a_closed_window(lab);
    lab_sends(lab, 1);
    lab_closes(lab);
    lab_advance(lab, SIM_SECOND);
    assert_sent(lab, "P. 1001:1002(1) ack 5001");
    lab_arrives(lab, ". 5001(0) ack 1002 win 0");
    lab_advance_to(lab, lab_next_deadline(lab));
    assert_sent(lab, "F. 1002:1002(0) ack 5001");
}

/* ---- beside probing ------------------------------------------------------------------------- */

/* RFC 9293 A.2: behind the probe a peer whose own window is closed would not look. */
static void test_rst_while_probing_lies_where_the_window_ends(struct lab *lab)
{
    meet_a_closed_window(lab);
    lab_sends(lab, 500);
    lab_advance(lab, SIM_SECOND);
    lab_aborts(lab);
    assert_sent(lab, "R 1001:1001(0)");
}

static void test_data_lost_after_probing_is_given_all_its_retries(struct lab *lab)
{
    meet_a_closed_window(lab);
    lab_sends(lab, 500);
    lab_advance(lab, 31 * SIM_SECOND);
    lab_arrives(lab, ". 5001(0) ack 1001 win 4000");
    lab_advance(lab, (127 + 8 * 120) * SIM_SECOND);
    assert_int_equal(lab->sent_count, 15);
    assert_state(lab, TCP_ESTABLISHED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        lab_test(test_probes_come_after_1_3_7_15_31_63_s_and_then_every_minute),
        lab_test(test_every_probe_is_the_next_byte),
        lab_test(test_without_backoff_probes_come_at_equal_intervals),
        lab_test(test_without_the_rule_nothing_probes),
        lab_test(test_nothing_to_send_means_no_probe),
        lab_test(test_probing_begins_when_the_last_ack_closes_the_window),
        lab_test(test_window_update_sends_everything_and_stops_the_probes),
        lab_test(test_answer_to_a_probe_finds_a_window_that_opened_unheard),
        lab_test(test_probe_that_is_taken_moves_the_next_one_on),
        lab_test(test_answered_probes_keep_the_connection_open_for_ever),
        lab_test(test_fifteen_probes_without_an_answer_end_the_connection),
        lab_test(test_probe_is_not_timed),
        lab_test(test_probe_does_not_ask_the_congestion_window),
        lab_test(test_fin_alone_probes_a_closed_window),
        lab_test(test_fin_behind_a_closed_window_follows_when_it_opens),
        lab_test(test_last_byte_probes_without_its_fin),
        lab_test(test_rst_while_probing_lies_where_the_window_ends),
        lab_test(test_data_lost_after_probing_is_given_all_its_retries),
    };
    return cmocka_run_group_tests_name("rfc/persist", tests, NULL, NULL);
}
