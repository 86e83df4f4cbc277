/* RFC 9293 3.10.7.4, fourth: the SYN bit, with RFC 5961 4.2. */
#include "tests/support/tcb_fixture.h"

#include "sim/base/common.h"

static const enum tcp_state synchronized[] = { TCP_ESTABLISHED, TCP_FIN_WAIT_1, TCP_FIN_WAIT_2,
                                               TCP_CLOSE_WAIT,  TCP_CLOSING,    TCP_LAST_ACK,
                                               TCP_TIME_WAIT };

/* "if the SYN bit is set, irrespective of the sequence number, TCP endpoints MUST send a
 * challenge ACK to the remote peer" */
static void test_syn_gets_challenge_ack_in_every_synchronized_state_wherever_it_lies(
    struct lab *lab)
{
    static const int32_t distances[] = { -1, 0, 1, 30000, 65534, 65535, 1000000, INT32_MIN };
    for (size_t i = 0; i < COUNT_OF(synchronized); i++) {
        for (size_t k = 0; k < COUNT_OF(distances); k++) {
            lab_init(lab, lab->local_shift, lab->peer_shift);
            lab_in_state(lab, synchronized[i]);
            lab_arrives(lab, "S %u(0)", lab_rcv_nxt(lab) + (uint32_t)distances[k]);
            assert_sent_ack(lab);
            assert_state(lab, synchronized[i]);
        }
    }
}

/* Its SYN is left of the window, its text is not: neither is taken. */
static void test_syn_with_text_across_rcv_nxt_is_challenged(struct lab *lab)
{
    lab_established(lab);
    lab_arrives(lab, "S. 4998(20) ack 1001");
    assert_sent_ack(lab);
    assert_rule(lab, RULE_SYN_CHALLENGE);
    assert_readable(lab, 0);
}

static void test_syn_in_window_cites_the_challenge(struct lab *lab)
{
    lab_established(lab);
    lab_arrives(lab, "S 5001(0)");
    assert_rule(lab, RULE_SYN_CHALLENGE);
}

/* Figure 10: a peer that crashed opens again; the challenge makes it send the RST that ends our
 * half of the old connection. */
static void test_rebooted_peer_is_detected_by_challenge_and_rst(struct lab *lab)
{
    lab_established(lab);
    lab_arrives(lab, "S 400000(0) <mss 1460>");
    assert_sent(lab, ". 1001:1001(0) ack 5001");
    lab_arrives(lab, "R 5001(0)");
    assert_silent(lab);
    assert_state(lab, TCP_CLOSED);
    assert_int_equal(lab->tcb.error, SIM_RESET);
}

static void test_syn_ack_on_an_established_connection_is_challenged_too(struct lab *lab)
{
    lab_established(lab);
    lab_arrives(lab, "S. 5001(0) ack 1001");
    assert_sent_ack(lab);
    assert_state(lab, TCP_ESTABLISHED);
}

/* The SYN-ACK came twice because our ACK was lost. */
static void test_repeated_syn_ack_is_acknowledged_again(struct lab *lab)
{
    lab_established(lab);
    lab_arrives(lab, "S. 5000(0) ack 1001");
    assert_sent(lab, ". 1001:1001(0) ack 5001");
    assert_state(lab, TCP_ESTABLISHED);
}

static void test_text_of_a_challenged_syn_is_not_taken(struct lab *lab)
{
    lab_established(lab);
    lab_arrives(lab, "S. 5001(10) ack 1001");
    assert_readable(lab, 0);
    assert_int_equal(lab_rcv_nxt(lab), 5001);
}

static void test_another_syn_in_window_returns_passive_syn_received_to_listen(struct lab *lab)
{
    lab_in_state(lab, TCP_SYN_RECEIVED);
    lab_arrives(lab, "S 5001(0)");
    assert_silent(lab);
    assert_state(lab, TCP_LISTEN);
    assert_rule(lab, RULE_SYN_RETURNS_TO_LISTEN);
    assert_no_timer(lab);
    assert_int_equal(lab->notices, 0);
}

static void test_another_syn_in_window_of_active_syn_received_is_challenged(struct lab *lab)
{
    lab_crossed(lab);
    lab_arrives(lab, "S 5001(0)");
    assert_sent_ack(lab);
    assert_state(lab, TCP_SYN_RECEIVED);
    assert_rule(lab, RULE_SYN_CHALLENGE);
}

/* RFC 793: "If the SYN is in the window it is an error, send a reset". */
static void test_without_the_challenge_syn_in_window_resets(struct lab *lab)
{
    lab_without(lab, RULE_SYN_CHALLENGE);
    lab_established(lab);
    lab_arrives(lab, "S 5001(0)");
    assert_sent(lab, "R. 1001:1001(0) ack 5001");
    assert_state(lab, TCP_CLOSED);
    assert_rule(lab, RULE_SYN_IN_WINDOW_RESETS);
    assert_int_equal(lab->tcb.error, SIM_RESET);
}

/* "If the SYN is not in the window, this step would not be reached and an ACK would have been
 * sent". */
static void test_without_the_challenge_syn_outside_window_gets_an_ack(struct lab *lab)
{
    lab_without(lab, RULE_SYN_CHALLENGE);
    lab_established(lab);
    lab_arrives(lab, "S 5000(0)");
    assert_sent_ack(lab);
    assert_state(lab, TCP_ESTABLISHED);
}

/* SND.NXT of the RFC never goes back; after a timeout ours does. */
static void test_reset_after_a_timeout_lies_behind_everything_sent(struct lab *lab)
{
    lab_without(lab, RULE_SYN_CHALLENGE);
    lab_established(lab);
    lab_sends(lab, 3 * LAB_MSS);
    lab_advance(lab, SIM_SECOND);
    lab_arrives(lab, "S 5001(0)");
    assert_sent(lab, "R. 5381:5381(0) ack 5001");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        lab_test(test_syn_gets_challenge_ack_in_every_synchronized_state_wherever_it_lies),
        lab_test(test_syn_with_text_across_rcv_nxt_is_challenged),
        lab_test(test_syn_in_window_cites_the_challenge),
        lab_test(test_rebooted_peer_is_detected_by_challenge_and_rst),
        lab_test(test_syn_ack_on_an_established_connection_is_challenged_too),
        lab_test(test_repeated_syn_ack_is_acknowledged_again),
        lab_test(test_text_of_a_challenged_syn_is_not_taken),
        lab_test(test_another_syn_in_window_returns_passive_syn_received_to_listen),
        lab_test(test_another_syn_in_window_of_active_syn_received_is_challenged),
        lab_test(test_without_the_challenge_syn_in_window_resets),
        lab_test(test_without_the_challenge_syn_outside_window_gets_an_ack),
        lab_test(test_reset_after_a_timeout_lies_behind_everything_sent),
    };
    return cmocka_run_group_tests_name("rfc/syn", tests, NULL, NULL);
}
