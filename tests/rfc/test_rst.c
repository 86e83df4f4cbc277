/* RFC 9293 3.10.7.4, second: the RST bit, with RFC 5961 3.2; and 3.5.2, who resets whom. */
#include "tests/support/tcb_fixture.h"

#include "sim/base/common.h"

/* Synchronized states: what the application is told when a RST is obeyed. In CLOSING and LAST-ACK
 * the RFC only deletes the TCB; the choice here is to tell, since our FIN, and perhaps data before
 * it, was never acknowledged. */
static const struct {
    enum tcp_state state;
    enum sim_status error;
    enum rule rule;
} synchronized[] = {
    { TCP_ESTABLISHED, SIM_RESET, RULE_RST_RESETS }, { TCP_FIN_WAIT_1, SIM_RESET, RULE_RST_RESETS },
    { TCP_FIN_WAIT_2, SIM_RESET, RULE_RST_RESETS },  { TCP_CLOSE_WAIT, SIM_RESET, RULE_RST_RESETS },
    { TCP_CLOSING, SIM_RESET, RULE_RST_CLOSES },     { TCP_LAST_ACK, SIM_RESET, RULE_RST_CLOSES },
    { TCP_TIME_WAIT, SIM_OK, RULE_RST_CLOSES },
};

static void in_synchronized_state(struct lab *lab, enum tcp_state state)
{
    lab_init(lab, lab->local_shift, lab->peer_shift);
    lab_in_state(lab, state);
}

static void test_rst_at_rcv_nxt_ends_every_synchronized_state(struct lab *lab)
{
    for (size_t i = 0; i < COUNT_OF(synchronized); i++) {
        in_synchronized_state(lab, synchronized[i].state);
        lab_arrives(lab, "R %u(0)", lab_rcv_nxt(lab));
        assert_silent(lab);
        assert_state(lab, TCP_CLOSED);
        assert_rule(lab, synchronized[i].rule);
        assert_int_equal(lab->tcb.error, synchronized[i].error);
        assert_notice(lab, TCP_NOTICE_CLOSED);
        assert_no_timer(lab);
    }
}

static void test_rst_at_rcv_nxt_counts_whatever_its_ack_says(struct lab *lab)
{
    lab_established(lab);
    lab_arrives(lab, "R. 5001(0) ack 99");
    assert_silent(lab);
    assert_state(lab, TCP_CLOSED);
}

static void test_rst_in_window_gets_challenge_ack_in_every_synchronized_state(struct lab *lab)
{
    static const uint32_t beyond[] = { 1, 1000, 65533 };
    for (size_t i = 0; i < COUNT_OF(synchronized); i++) {
        for (size_t k = 0; k < COUNT_OF(beyond); k++) {
            in_synchronized_state(lab, synchronized[i].state);
            lab_arrives(lab, "R %u(0)", lab_rcv_nxt(lab) + beyond[k]);
            assert_sent_ack(lab);
            assert_state(lab, synchronized[i].state);
            assert_rule(lab, RULE_RST_EXACT);
        }
    }
}

static void test_rst_outside_window_is_dropped_silently(struct lab *lab)
{
    for (size_t i = 0; i < COUNT_OF(synchronized); i++) {
        in_synchronized_state(lab, synchronized[i].state);
        const uint32_t outside[] = { lab_rcv_nxt(lab) - 1, lab_rcv_edge(lab),
                                     lab_rcv_nxt(lab) + 0x80000000 };
        for (size_t k = 0; k < COUNT_OF(outside); k++) {
            lab_arrives(lab, "R %u(0)", outside[k]);
            assert_silent(lab);
            assert_state(lab, synchronized[i].state);
            assert_rule(lab, RULE_RST_IN_WINDOW);
        }
    }
}

static void test_rst_at_last_number_of_the_window_is_challenged(struct lab *lab)
{
    lab_established(lab);
    lab_arrives(lab, "R %u(0)", lab_rcv_edge(lab) - 1);
    assert_sent(lab, ". 1001:1001(0) ack 5001");
    assert_state(lab, TCP_ESTABLISHED);
}

/* RFC 5961 3.2 looks at SEG.SEQ: text behind it must not pull a RST from left of the window to
 * RCV.NXT. */
static void test_rst_left_of_window_with_text_into_it_is_dropped_silently(struct lab *lab)
{
    lab_established(lab);
    lab_arrives(lab, "R 5000(2)");
    assert_silent(lab);
    assert_state(lab, TCP_ESTABLISHED);
    assert_rule(lab, RULE_RST_IN_WINDOW);
}

/* RFC 9293 3.5.3, SHLD-2: a RST may carry text. */
static void test_rst_with_text_at_rcv_nxt_resets(struct lab *lab)
{
    lab_established(lab);
    lab_arrives(lab, "R 5001(10)");
    assert_silent(lab);
    assert_state(lab, TCP_CLOSED);
    assert_readable(lab, 0);
}

static void close_the_window(struct lab *lab)
{
    lab->params.receive_buffer_bytes = 100;
    lab_established(lab);
    lab_arrives(lab, "P. 5001(100) ack 1001");
    lab_advance(lab, SIM_SECOND);
    assert_sent(lab, ". 1001:1001(0) ack 5101 win 0");
}

/* "If the RCV.WND is zero ... special allowance should be made to accept valid ACKs, URGs, and
 * RSTs." */
static void test_rst_at_rcv_nxt_resets_at_a_zero_window(struct lab *lab)
{
    close_the_window(lab);
    lab_arrives(lab, "R 5101(0)");
    assert_silent(lab);
    assert_state(lab, TCP_CLOSED);
}

static void test_rst_with_text_at_rcv_nxt_resets_at_a_zero_window(struct lab *lab)
{
    close_the_window(lab);
    lab_arrives(lab, "R 5101(5)");
    assert_silent(lab);
    assert_state(lab, TCP_CLOSED);
}

static void test_rst_beside_a_zero_window_is_dropped_silently(struct lab *lab)
{
    close_the_window(lab);
    lab_arrives(lab, "R 5102(0)");
    assert_silent(lab);
    assert_state(lab, TCP_ESTABLISHED);
    lab_arrives(lab, "R 5100(0)");
    assert_silent(lab);
    assert_state(lab, TCP_ESTABLISHED);
}

static void test_rst_counts_before_the_syn_bit(struct lab *lab)
{
    lab_established(lab);
    lab_arrives(lab, "SR 5001(0)");
    assert_silent(lab);
    assert_state(lab, TCP_CLOSED);
    assert_rule(lab, RULE_RST_RESETS);
}

static void test_received_text_stays_readable_after_rst(struct lab *lab)
{
    lab_established(lab);
    lab_arrives(lab, ". 5001(10) ack 1001");
    lab_arrives(lab, "R 5011(0)");
    assert_state(lab, TCP_CLOSED);
    assert_readable(lab, 10);
}

static void test_rst_flushes_what_was_to_be_sent(struct lab *lab)
{
    lab_established(lab);
    lab_sends(lab, 5000);
    lab_arrives(lab, "R 5001(0)");
    assert_state(lab, TCP_CLOSED);
    lab_advance(lab, 300 * SIM_SECOND);
    assert_silent(lab);
}

/* ---- SYN-RECEIVED --------------------------------------------------------------------------- */

static void test_bare_rst_in_passive_syn_received_returns_to_listen(struct lab *lab)
{
    lab_in_state(lab, TCP_SYN_RECEIVED);
    lab_arrives(lab, "R 5001(0)");
    assert_silent(lab);
    assert_state(lab, TCP_LISTEN);
    assert_rule(lab, RULE_RST_RETURNS_TO_LISTEN);
    assert_no_timer(lab);
}

/* "The user need not be informed." */
static void test_application_never_hears_of_a_reset_half_open_connection(struct lab *lab)
{
    lab_in_state(lab, TCP_SYN_RECEIVED);
    lab_arrives(lab, "R 5001(0)");
    assert_int_equal(lab->notices, 0);
    assert_int_equal(lab->tcb.error, SIM_OK);
}

static void test_rst_in_active_syn_received_refuses(struct lab *lab)
{
    lab_crossed(lab);
    lab_arrives(lab, "R 5001(0)");
    assert_silent(lab);
    assert_state(lab, TCP_CLOSED);
    assert_int_equal(lab->tcb.error, SIM_REFUSED);
    assert_notice(lab, TCP_NOTICE_CLOSED);
}

static void test_rst_in_window_of_syn_received_is_challenged(struct lab *lab)
{
    lab_in_state(lab, TCP_SYN_RECEIVED);
    lab_arrives(lab, "R 5002(0)");
    assert_sent(lab, ". 1001:1001(0) ack 5001");
    assert_state(lab, TCP_SYN_RECEIVED);
    assert_rule(lab, RULE_RST_EXACT);
}

/* The allowance for the SYN,ACK of a simultaneous open is not one for resets. */
static void test_rst_with_syn_left_of_window_does_not_refuse_a_crossed_open(struct lab *lab)
{
    lab_crossed(lab);
    lab_arrives(lab, "SR. 5000(0) ack 1001");
    assert_silent(lab);
    assert_state(lab, TCP_SYN_RECEIVED);
}

/* ---- with rules off ------------------------------------------------------------------------- */

static void test_without_rst_exact_any_rst_in_the_window_resets(struct lab *lab)
{
    lab_without(lab, RULE_RST_EXACT);
    lab_established(lab);
    lab_arrives(lab, "R %u(0)", lab_rcv_edge(lab));
    assert_state(lab, TCP_ESTABLISHED);
    lab_arrives(lab, "R 5002(0)");
    assert_silent(lab);
    assert_state(lab, TCP_CLOSED);
}

static void test_without_both_checks_any_rst_resets(struct lab *lab)
{
    lab_without(lab, RULE_RST_EXACT);
    lab_without(lab, RULE_RST_IN_WINDOW);
    lab_established(lab);
    lab_arrives(lab, "R 4000(0)");
    assert_silent(lab);
    assert_state(lab, TCP_CLOSED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        lab_test(test_rst_at_rcv_nxt_ends_every_synchronized_state),
        lab_test(test_rst_at_rcv_nxt_counts_whatever_its_ack_says),
        lab_test(test_rst_in_window_gets_challenge_ack_in_every_synchronized_state),
        lab_test(test_rst_outside_window_is_dropped_silently),
        lab_test(test_rst_at_last_number_of_the_window_is_challenged),
        lab_test(test_rst_left_of_window_with_text_into_it_is_dropped_silently),
        lab_test(test_rst_with_text_at_rcv_nxt_resets),
        lab_test(test_rst_at_rcv_nxt_resets_at_a_zero_window),
        lab_test(test_rst_with_text_at_rcv_nxt_resets_at_a_zero_window),
        lab_test(test_rst_beside_a_zero_window_is_dropped_silently),
        lab_test(test_rst_counts_before_the_syn_bit),
        lab_test(test_received_text_stays_readable_after_rst),
        lab_test(test_rst_flushes_what_was_to_be_sent),
        lab_test(test_bare_rst_in_passive_syn_received_returns_to_listen),
        lab_test(test_application_never_hears_of_a_reset_half_open_connection),
        lab_test(test_rst_in_active_syn_received_refuses),
        lab_test(test_rst_in_window_of_syn_received_is_challenged),
        lab_test(test_rst_with_syn_left_of_window_does_not_refuse_a_crossed_open),
        lab_test(test_without_rst_exact_any_rst_in_the_window_resets),
        lab_test(test_without_both_checks_any_rst_resets),
    };
    return cmocka_run_group_tests_name("rfc/rst", tests, NULL, NULL);
}
