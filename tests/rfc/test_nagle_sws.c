/* RFC 9293 3.7.4 (Nagle), 3.8.6.2 (silly windows, both sides) and 3.8.6 (the right edge). */
#include "tests/support/tcb_fixture.h"

#include "sim/base/common.h"

/* ---- Nagle ---------------------------------------------------------------------------------- */

static void test_small_segment_goes_when_nothing_is_in_flight(struct lab *lab)
{
    lab_established(lab);
    lab_sends(lab, 1);
    assert_sent(lab, "P. 1001:1002(1) ack 5001");
}

static void test_small_segment_waits_while_another_is_in_flight(struct lab *lab)
{
    lab_established(lab);
    lab_sends(lab, 1);
    for (int i = 0; i < 50; i++) {
        lab_sends(lab, 1);
        assert_silent(lab);
    }
    lab_arrives(lab, ". 5001(0) ack 1002");
    assert_sent(lab, "P. 1002:1052(50) ack 5001");
}

static void test_full_segment_does_not_wait(struct lab *lab)
{
    lab_established(lab);
    lab_sends(lab, 1);
    lab_sends(lab, LAB_MSS - 1);
    assert_silent(lab);
    lab_sends(lab, 1);
    assert_sent(lab, "P. 1002:2462(1460) ack 5001");
}

static void test_rest_of_a_long_write_waits(struct lab *lab)
{
    lab_established(lab);
    lab_sends(lab, LAB_MSS + 1);
    assert_sent(lab, ". 1001:2461(1460) ack 5001");
}

static void test_nagle_can_be_switched_off_as_a_parameter(struct lab *lab)
{
    lab->params.nagle = false;
    lab_established(lab);
    lab_sends(lab, 1);
    lab_sends(lab, 1);
    assert_sent(lab, "P. 1002:1003(1) ack 5001");
}

static void test_nagle_can_be_switched_off_as_a_rule(struct lab *lab)
{
    lab_without(lab, RULE_NAGLE);
    lab_established(lab);
    lab_sends(lab, 1);
    lab_sends(lab, 1);
    assert_sent(lab, "P. 1002:1003(1) ack 5001");
}

static void test_fin_lets_a_small_segment_go(struct lab *lab)
{
    lab_established(lab);
    lab_sends(lab, 1);
    lab_sends(lab, 1);
    lab_closes(lab);
    assert_sent(lab, "FP. 1002:1003(1) ack 5001");
}

/* ---- the sender's silly window avoidance ---------------------------------------------------- */

static void offer(struct lab *lab, unsigned window)
{
    lab_in_state(lab, TCP_SYN_SENT);
    lab_arrives(lab, "S. 5000(0) ack 1001 win %u <mss 1000>", window);
}

/* (3) "if at least a fraction Fs of the maximum window can be sent", Fs = 1/2. */
static void test_half_of_the_largest_window_is_worth_a_segment(struct lab *lab)
{
    offer(lab, 800);
    lab_sends(lab, 3000);
    assert_sent(lab, ". 1001:1801(800) ack 5001");
    lab_arrives(lab, ". 5001(0) ack 1801 win 400");
    assert_sent(lab, ". 1801:2201(400) ack 5001");
}

static void test_less_than_half_of_the_largest_window_is_not(struct lab *lab)
{
    offer(lab, 800);
    lab_sends(lab, 3000);
    lab_arrives(lab, ". 5001(0) ack 1801 win 399");
    assert_silent(lab);
    assert_armed(lab, TCP_TIMER_PERSIST, lab->now + SIM_SECOND);
}

/* (4) "if the override timeout occurs" */
static void test_a_small_window_that_stays_small_is_used_after_all(struct lab *lab)
{
    offer(lab, 800);
    lab_sends(lab, 3000);
    lab_arrives(lab, ". 5001(0) ack 1801 win 399");
    lab_advance(lab, SIM_SECOND - 1);
    assert_silent(lab);
    lab_advance(lab, 1);
    assert_sent(lab, ". 1801:2200(399) ack 5001");
    assert_rule(lab, RULE_SWS_OVERRIDE);
    assert_armed(lab, TCP_TIMER_REXMT, lab->now + SIM_SECOND);
}

/* (2) "if the data is pushed and all queued data can be sent now" */
static void test_all_that_is_queued_goes_through_a_small_window(struct lab *lab)
{
    offer(lab, 800);
    lab_sends(lab, 900);
    lab_arrives(lab, ". 5001(0) ack 1801 win 100");
    assert_sent(lab, "P. 1801:1901(100) ack 5001");
}

static void test_without_the_rule_any_window_is_used(struct lab *lab)
{
    lab_without(lab, RULE_SWS_SENDER);
    offer(lab, 800);
    lab_sends(lab, 3000);
    lab_arrives(lab, ". 5001(0) ack 1801 win 3");
    assert_sent(lab, ". 1801:1804(3) ack 5001");
}

/* That one byte of it was probed before makes the rest no repetition. */
static void test_small_window_after_an_unanswered_probe_waits_for_the_override(struct lab *lab)
{
    offer(lab, 800);
    lab_sends(lab, 3000);
    lab_arrives(lab, ". 5001(0) ack 1801 win 0");
    lab_advance(lab, 31 * SIM_SECOND);
    lab_arrives(lab, ". 5001(0) ack 1801 win 100");
    assert_silent(lab);
    lab_advance(lab, SIM_SECOND);
    assert_sent(lab, ". 1801:1901(100) ack 5001");
    assert_int_equal(lab->tcb.rtt.backoff, 0);
}

/* "The override timeout should be in the range 0.1 - 1.0 seconds", however rare the probes of a
 * window that was shut had become. */
static void test_override_does_not_wait_as_long_as_a_probe_would(struct lab *lab)
{
    offer(lab, 800);
    lab_sends(lab, 3000);
    lab_arrives(lab, ". 5001(0) ack 1801 win 0");
    lab_advance(lab, 31 * SIM_SECOND);
    lab_arrives(lab, ". 5001(0) ack 1802 win 0");
    lab_arrives(lab, ". 5001(0) ack 1802 win 100");
    assert_silent(lab);
    assert_armed(lab, TCP_TIMER_PERSIST, lab->now + SIM_SECOND);
    lab_advance(lab, SIM_SECOND);
    assert_sent(lab, ". 1802:1902(100) ack 5001");
}

/* ---- the receiver's silly window avoidance -------------------------------------------------- */

static void fill(struct lab *lab, uint32_t buffer)
{
    lab->params.receive_buffer_bytes = buffer;
    lab_established(lab);
    for (uint32_t at = 0; at < buffer; at += 1000) {
        lab_arrives(lab, ". %u(1000) ack 1001", 5001 + at);
    }
    lab_advance(lab, SIM_SECOND);
    assert_readable(lab, buffer);
    assert_int_equal(lab_rcv_edge(lab), 5001 + buffer);
}

/* "keep RCV.NXT+RCV.WND fixed until the reduction satisfies RCV.BUFF - RCV.USER - RCV.WND >=
 * min (Fr * RCV.BUFF, Eff.snd.MSS)" */
static void test_window_opens_by_a_full_segment_not_by_crumbs(struct lab *lab)
{
    fill(lab, 10000);
    lab_reads(lab, LAB_MSS - 1);
    assert_silent(lab);
    lab_arrives(lab, ". 15001(1) ack 1001");
    assert_sent(lab, ". 1001:1001(0) ack 15001 win 0");
    lab_reads(lab, 1);
    assert_sent(lab, ". 1001:1001(0) ack 15001 win 1460");
    assert_rule(lab, RULE_TELL_WINDOW);
}

static void test_window_of_a_small_buffer_opens_by_half_of_it(struct lab *lab)
{
    fill(lab, 2000);
    lab_reads(lab, 999);
    assert_silent(lab);
    lab_reads(lab, 1);
    assert_sent(lab, ". 1001:1001(0) ack 7001 win 1000");
}

static void test_reader_of_single_bytes_does_not_shake_the_edge(struct lab *lab)
{
    lab->params.receive_buffer_bytes = 3000;
    lab_established(lab);
    uint32_t edge = lab_rcv_edge(lab);
    for (unsigned i = 0; i < 40; i++) {
        lab_arrives(lab, ". %u(30) ack 1001", 5001 + 30 * i);
        lab_reads(lab, 1);
        assert_silent(lab);
    }
    assert_int_equal(lab_rcv_edge(lab), edge);
}

static void test_without_the_rule_the_window_opens_by_crumbs(struct lab *lab)
{
    lab_without(lab, RULE_SWS_RECEIVER);
    fill(lab, 10000);
    lab_reads(lab, 1);
    assert_sent(lab, ". 1001:1001(0) ack 15001 win 1");
}

static void test_application_that_read_much_tells_the_peer_at_once(struct lab *lab)
{
    lab->params.receive_buffer_bytes = 10000;
    lab_established(lab);
    lab_arrives(lab, ". 5001(1000) ack 1001");
    lab_arrives(lab, ". 6001(1000) ack 1001");
    lab_arrives(lab, ". 7001(1000) ack 1001");
    lab_reads(lab, 2919);
    assert_silent(lab);
    lab_reads(lab, 1);
    assert_sent(lab, ". 1001:1001(0) ack 8001 win 9920");
}

static void test_a_peer_that_closed_is_told_of_no_window(struct lab *lab)
{
    lab->params.receive_buffer_bytes = 2000;
    lab_established(lab);
    lab_arrives(lab, "FP. 5001(1900) ack 1001");
    lab_advance(lab, SIM_SECOND);
    lab_reads(lab, 1900);
    assert_silent(lab);
}

/* ---- the right edge ------------------------------------------------------------------------- */

/* The fixture watches the edge in every test; here it is what the test is about. */
static void test_right_edge_stays_while_data_arrives_unread(struct lab *lab)
{
    lab->params.receive_buffer_bytes = 10000;
    lab_established(lab);
    for (unsigned i = 0; i < 10; i++) {
        lab_arrives(lab, ". %u(1000) ack 1001", 5001 + 1000 * i);
        assert_int_equal(lab_rcv_edge(lab), 15001);
    }
    assert_sent(lab, ". 1001:1001(0) ack 15001 win 0");
}

static void test_window_field_holds_no_more_than_16_bits(struct lab *lab)
{
    lab->params.receive_buffer_bytes = 1000000;
    lab_opens(lab);
    assert_sent(lab, "S 1000:1000(0) win 65535 <mss 1460>");
    lab_arrives(lab, "S. 5000(0) ack 1001");
    assert_sent(lab, ". 1001:1001(0) ack 5001 win 65535");
}

static void test_nothing_is_taken_beyond_the_window_that_16_bits_could_tell(struct lab *lab)
{
    lab->params.receive_buffer_bytes = 1000000;
    lab_established(lab);
    lab_arrives(lab, ". 70537(10) ack 1001"); /* 5001 + 65536 */
    assert_sent(lab, ". 1001:1001(0) ack 5001 win 65535");
    assert_rule(lab, RULE_UNACCEPTABLE_GETS_ACK);
}

static void shrink_after_all(struct lab *lab)
{
    lab->params.receive_buffer_bytes = 4000;
    lab_established(lab);
    lab_arrives(lab, ". 5001(1000) ack 1001");
    lab->tcb.rcv.buffer = 2000; /* the memory is wanted elsewhere */
    lab_arrives(lab, ". 6001(10) ack 1001");
}

static void test_smaller_buffer_does_not_take_the_edge_back(struct lab *lab)
{
    shrink_after_all(lab);
    assert_sent(lab, ". 1001:1001(0) ack 6011 win 2990");
}

static void test_without_the_rule_a_smaller_buffer_takes_the_edge_back(struct lab *lab)
{
    lab_without(lab, RULE_WINDOW_NEVER_SHRINKS);
    lab->edge_may_retreat = true;
    shrink_after_all(lab);
    assert_sent(lab, ". 1001:1001(0) ack 6011 win 990");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        lab_test(test_small_segment_goes_when_nothing_is_in_flight),
        lab_test(test_small_segment_waits_while_another_is_in_flight),
        lab_test(test_full_segment_does_not_wait),
        lab_test(test_rest_of_a_long_write_waits),
        lab_test(test_nagle_can_be_switched_off_as_a_parameter),
        lab_test(test_nagle_can_be_switched_off_as_a_rule),
        lab_test(test_fin_lets_a_small_segment_go),
        lab_test(test_half_of_the_largest_window_is_worth_a_segment),
        lab_test(test_less_than_half_of_the_largest_window_is_not),
        lab_test(test_a_small_window_that_stays_small_is_used_after_all),
        lab_test(test_all_that_is_queued_goes_through_a_small_window),
        lab_test(test_without_the_rule_any_window_is_used),
        lab_test(test_small_window_after_an_unanswered_probe_waits_for_the_override),
        lab_test(test_override_does_not_wait_as_long_as_a_probe_would),
        lab_test(test_window_opens_by_a_full_segment_not_by_crumbs),
        lab_test(test_window_of_a_small_buffer_opens_by_half_of_it),
        lab_test(test_reader_of_single_bytes_does_not_shake_the_edge),
        lab_test(test_without_the_rule_the_window_opens_by_crumbs),
        lab_test(test_application_that_read_much_tells_the_peer_at_once),
        lab_test(test_a_peer_that_closed_is_told_of_no_window),
        lab_test(test_right_edge_stays_while_data_arrives_unread),
        lab_test(test_window_field_holds_no_more_than_16_bits),
        lab_test(test_smaller_buffer_does_not_take_the_edge_back),
        lab_test(test_without_the_rule_a_smaller_buffer_takes_the_edge_back),
        lab_test(test_nothing_is_taken_beyond_the_window_that_16_bits_could_tell),
    };
    return cmocka_run_group_tests_name("rfc/nagle_sws", tests, NULL, NULL);
}
