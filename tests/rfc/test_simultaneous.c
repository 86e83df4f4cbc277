/* RFC 9293 3.5, figure 7: simultaneous open; 3.6, figure 13: simultaneous close; A.2. */
#include "tests/support/tcb_fixture.h"

#include "sim/base/common.h"

static void test_syns_that_cross_lead_to_syn_received(struct lab *lab)
{
    lab_crossed(lab);
    assert_sent(lab, "S. 1000:1000(0) ack 5001 win 65535 <mss 1460>");
    assert_state(lab, TCP_SYN_RECEIVED);
    assert_false(lab->tcb.passive);
}

/* Figure 7, lines 6 and 7: the peer's SYN comes again with the ACK of ours. It lies left of the
 * window, and table 6 by itself would let neither end see the other's ACK. */
static void test_syn_ack_of_the_peer_establishes(struct lab *lab)
{
    lab_crossed(lab);
    lab_arrives(lab, "S. 5000(0) ack 1001");
    assert_silent(lab);
    assert_state(lab, TCP_ESTABLISHED);
    assert_rule(lab, RULE_SIMULTANEOUS_OPEN);
    assert_notice(lab, TCP_NOTICE_CONNECTED);
    assert_int_equal(lab_rcv_nxt(lab), 5001);
    assert_no_timer(lab);
}

static void test_ack_of_the_peer_establishes_as_well(struct lab *lab)
{
    lab_crossed(lab);
    lab_arrives(lab, ". 5001(0) ack 1001");
    assert_silent(lab);
    assert_state(lab, TCP_ESTABLISHED);
    assert_notice(lab, TCP_NOTICE_CONNECTED);
}

static void test_syn_ack_with_a_wrong_ack_is_refused(struct lab *lab)
{
    lab_crossed(lab);
    lab_arrives(lab, "S. 5000(0) ack 1000");
    assert_sent(lab, "R 1000:1000(0)");
    assert_state(lab, TCP_SYN_RECEIVED);
}

static void test_repeated_syn_without_ack_gets_an_ack(struct lab *lab)
{
    lab_crossed(lab);
    lab_arrives(lab, "S 5000(0)");
    assert_sent(lab, ". 1001:1001(0) ack 5001");
    assert_state(lab, TCP_SYN_RECEIVED);
}

static void test_repeated_syn_ack_after_establishing_gets_an_ack(struct lab *lab)
{
    lab_crossed(lab);
    lab_arrives(lab, "S. 5000(0) ack 1001");
    lab_arrives(lab, "S. 5000(0) ack 1001");
    assert_sent(lab, ". 1001:1001(0) ack 5001");
    assert_state(lab, TCP_ESTABLISHED);
}

static void test_lost_syn_ack_of_ours_comes_again(struct lab *lab)
{
    lab_crossed(lab);
    lab_advance(lab, SIM_SECOND);
    assert_sent(lab, "S. 1000:1000(0) ack 5001 win 65535 <mss 1460>");
    assert_true(lab->sent[0].retransmission);
}

/* A SYN that was sent twice, without and with ACK, must not be timed. */
static void test_crossed_syn_is_not_timed(struct lab *lab)
{
    lab_crossed(lab);
    lab_advance(lab, 100 * SIM_MILLISECOND);
    lab_arrives(lab, "S. 5000(0) ack 1001");
    assert_no_rule(lab, RULE_RTT_SAMPLE);
}

/* A self-connect: every segment is our own. */
static void test_connection_to_itself_opens(struct lab *lab)
{
    lab->peer_shift = lab->local_shift - 4000; /* the peer's 5000 is our 1000 */
    lab_opens(lab);
    lab_arrives(lab, "S 5000(0) <mss 1460>");
    assert_sent(lab, "S. 1000:1000(0) ack 5001");
    lab_arrives(lab, "S. 5000(0) ack 1001");
    assert_silent(lab);
    assert_state(lab, TCP_ESTABLISHED);
}

/* ---- simultaneous close --------------------------------------------------------------------- */

static void test_figure_13_simultaneous_close(struct lab *lab)
{
    lab_established(lab);
    lab_closes(lab);
    assert_sent(lab, "F. 1001:1001(0) ack 5001");
    lab_arrives(lab, "F. 5001(0) ack 1001");
    assert_sent(lab, ". 1002:1002(0) ack 5002");
    assert_state(lab, TCP_CLOSING);
    assert_rule(lab, RULE_FIN_CROSSES);
    lab_arrives(lab, ". 5002(0) ack 1002");
    assert_silent(lab);
    assert_state(lab, TCP_TIME_WAIT);
}

/* A.2: the ACK on a repeated FIN is not seen, since the FIN lies left of the window; the answer to
 * it brings the ACK that is. */
static void test_crossed_fins_whose_acks_were_lost_end_by_way_of_the_answers(struct lab *lab)
{
    lab_in_state(lab, TCP_CLOSING);
    lab_arrives(lab, "F. 5001(0) ack 1002");
    assert_sent(lab, ". 1002:1002(0) ack 5002");
    assert_state(lab, TCP_CLOSING);
    lab_arrives(lab, ". 5002(0) ack 1002");
    assert_state(lab, TCP_TIME_WAIT);
}

static void test_data_in_flight_both_ways_survives_crossed_closes(struct lab *lab)
{
    lab_established(lab);
    lab_sends(lab, 100);
    lab_closes(lab);
    lab_arrives(lab, "FP. 5001(50) ack 1001");
    assert_sent(lab, ". 1102:1102(0) ack 5052");
    assert_state(lab, TCP_CLOSING);
    assert_readable(lab, 50);
    lab_arrives(lab, ". 5052(0) ack 1101");
    assert_state(lab, TCP_CLOSING);
    lab_arrives(lab, ". 5052(0) ack 1102");
    assert_state(lab, TCP_TIME_WAIT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        lab_test(test_syns_that_cross_lead_to_syn_received),
        lab_test(test_syn_ack_of_the_peer_establishes),
        lab_test(test_ack_of_the_peer_establishes_as_well),
        lab_test(test_syn_ack_with_a_wrong_ack_is_refused),
        lab_test(test_repeated_syn_without_ack_gets_an_ack),
        lab_test(test_repeated_syn_ack_after_establishing_gets_an_ack),
        lab_test(test_lost_syn_ack_of_ours_comes_again),
        lab_test(test_crossed_syn_is_not_timed),
        lab_test(test_connection_to_itself_opens),
        lab_test(test_figure_13_simultaneous_close),
        lab_test(test_crossed_fins_whose_acks_were_lost_end_by_way_of_the_answers),
        lab_test(test_data_in_flight_both_ways_survives_crossed_closes),
    };
    return cmocka_run_group_tests_name("rfc/simultaneous", tests, NULL, NULL);
}
