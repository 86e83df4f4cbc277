/* RFC 9293 3.10.7.4, fifth: the ACK field, with RFC 5961 5.2. */
#include "tests/support/tcb_fixture.h"

#include "sim/base/common.h"

#include <stdio.h>

static const enum tcp_state synchronized[] = { TCP_ESTABLISHED, TCP_FIN_WAIT_1, TCP_FIN_WAIT_2,
                                               TCP_CLOSE_WAIT,  TCP_CLOSING,    TCP_LAST_ACK,
                                               TCP_TIME_WAIT };

static void test_segment_without_ack_is_dropped_in_every_state(struct lab *lab)
{
    for (size_t i = 0; i < COUNT_OF(synchronized); i++) {
        lab_init(lab, lab->local_shift, lab->peer_shift);
        lab_in_state(lab, synchronized[i]);
        lab_arrives(lab, "FP %u(10)", lab_rcv_nxt(lab));
        assert_silent(lab);
        assert_state(lab, synchronized[i]);
        assert_rule(lab, RULE_ACK_REQUIRED);
        assert_readable(lab, 0);
    }
}

static void test_segment_without_ack_is_dropped_in_syn_received(struct lab *lab)
{
    lab_in_state(lab, TCP_SYN_RECEIVED);
    lab_arrives(lab, "P 5001(10)");
    assert_silent(lab);
    assert_state(lab, TCP_SYN_RECEIVED);
    assert_rule(lab, RULE_ACK_REQUIRED);
}

/* ---- SYN-RECEIVED --------------------------------------------------------------------------- */

static void test_ack_of_our_syn_establishes(struct lab *lab)
{
    lab_in_state(lab, TCP_SYN_RECEIVED);
    lab_arrives(lab, ". 5001(0) ack 1001 win 3000");
    assert_silent(lab);
    assert_state(lab, TCP_ESTABLISHED);
    assert_rule(lab, RULE_HANDSHAKE_ACK);
    assert_int_equal(lab->tcb.snd.wnd, 3000);
    assert_int_equal(lab_snd_una(lab), 1001);
    assert_no_timer(lab);
}

/* "If the segment acknowledgment is not acceptable, form a reset segment <SEQ=SEG.ACK><CTL=RST>". */
static void test_any_other_ack_in_syn_received_is_refused_with_rst(struct lab *lab)
{
    static const uint32_t acks[] = { 1000, 999, 1002, 2000, 1000u - 70000u, 1000u + 0x7fffffffu };
    lab_in_state(lab, TCP_SYN_RECEIVED);
    for (size_t i = 0; i < COUNT_OF(acks); i++) {
        lab_arrives(lab, "P. 5001(10) ack %u", acks[i]);
        char rst[64];
        (void)snprintf(rst, sizeof rst, "R %u:%u(0)", acks[i], acks[i]);
        assert_sent(lab, rst);
        assert_state(lab, TCP_SYN_RECEIVED);
        assert_rule(lab, RULE_WRONG_HANDSHAKE_ACK);
        assert_readable(lab, 0);
    }
}

static void test_data_on_the_last_ack_of_the_handshake_is_taken(struct lab *lab)
{
    lab_in_state(lab, TCP_SYN_RECEIVED);
    lab_arrives(lab, "P. 5001(10) ack 1001");
    assert_state(lab, TCP_ESTABLISHED);
    assert_readable(lab, 10);
}

static void test_fin_on_the_last_ack_of_the_handshake_is_taken(struct lab *lab)
{
    lab_in_state(lab, TCP_SYN_RECEIVED);
    lab_arrives(lab, "FP. 5001(10) ack 1001");
    assert_state(lab, TCP_CLOSE_WAIT);
    assert_readable(lab, 10);
    assert_int_equal(lab_rcv_nxt(lab), 5012);
}

static void test_without_the_check_any_ack_establishes(struct lab *lab)
{
    lab_without(lab, RULE_HANDSHAKE_ACK);
    lab_in_state(lab, TCP_SYN_RECEIVED);
    lab_arrives(lab, ". 5001(0) ack 1000");
    assert_state(lab, TCP_ESTABLISHED);
}

static void test_full_accept_queue_keeps_the_handshake_waiting(struct lab *lab)
{
    lab_in_state(lab, TCP_SYN_RECEIVED);
    lab->tcb.accept_blocked = true;
    lab_arrives(lab, ". 5001(0) ack 1001");
    assert_silent(lab);
    assert_state(lab, TCP_SYN_RECEIVED);
    assert_rule(lab, RULE_ACCEPT_QUEUE_FULL);
    assert_armed(lab, TCP_TIMER_REXMT, lab->now + SIM_SECOND);
}

/* The client believes it is connected and sends: no RST, the handshake completes later. */
static void test_data_at_a_full_accept_queue_gets_no_rst(struct lab *lab)
{
    lab_in_state(lab, TCP_SYN_RECEIVED);
    lab->tcb.accept_blocked = true;
    lab_arrives(lab, "P. 5001(10) ack 1001");
    assert_silent(lab);
    lab->tcb.accept_blocked = false;
    lab_arrives(lab, "P. 5001(10) ack 1001");
    assert_state(lab, TCP_ESTABLISHED);
    assert_readable(lab, 10);
}

static void test_abort_on_overflow_resets_at_a_full_accept_queue(struct lab *lab)
{
    lab->params.abort_on_overflow = true;
    lab_in_state(lab, TCP_SYN_RECEIVED);
    lab->tcb.accept_blocked = true;
    lab_arrives(lab, ". 5001(0) ack 1001");
    assert_sent(lab, "R 1001:1001(0)");
    assert_state(lab, TCP_CLOSED);
}

/* ---- synchronized: una, old, new ------------------------------------------------------------ */

static void test_ack_advances_una_by_what_it_covers(struct lab *lab)
{
    lab_established(lab);
    lab_sends(lab, 1000);
    lab_arrives(lab, ". 5001(0) ack 1501");
    assert_int_equal(lab_snd_una(lab), 1501);
    assert_int_equal(lab->tcb.snd.acked, 500);
    assert_rule(lab, RULE_ACK_ADVANCES);
    assert_notice(lab, TCP_NOTICE_WRITABLE);
    assert_no_notice(lab, TCP_NOTICE_DRAINED);
}

static void test_ack_of_everything_drains_and_disarms(struct lab *lab)
{
    lab_established(lab);
    lab_sends(lab, 1000);
    lab_arrives(lab, ". 5001(0) ack 2001");
    assert_notice(lab, TCP_NOTICE_WRITABLE | TCP_NOTICE_DRAINED);
    assert_no_timer(lab);
}

static void test_duplicate_ack_moves_nothing(struct lab *lab)
{
    lab_established(lab);
    lab_sends(lab, 1000);
    lab_arrives(lab, ". 5001(0) ack 1001");
    assert_silent(lab);
    assert_int_equal(lab_snd_una(lab), 1001);
    assert_no_rule(lab, RULE_ACK_ADVANCES);
    assert_no_rule(lab, RULE_OLD_ACK_IGNORED);
}

static void test_old_ack_is_ignored_but_its_text_is_taken(struct lab *lab)
{
    lab_established(lab);
    lab_sends(lab, 1000);
    lab_arrives(lab, ". 5001(0) ack 2001");
    lab_arrives(lab, "P. 5001(10) ack 1500");
    assert_int_equal(lab_snd_una(lab), 2001);
    assert_rule(lab, RULE_OLD_ACK_IGNORED);
    assert_readable(lab, 10);
}

/* "If the ACK acks something not yet sent (SEG.ACK > SND.NXT), then send an ACK, drop the segment." */
static void test_ack_of_unsent_is_answered_and_dropped(struct lab *lab)
{
    static const uint32_t acks[] = { 2002, 101001, 1001u + 0x7ffeffffu };
    lab_established(lab);
    lab_sends(lab, 1000);
    for (size_t i = 0; i < COUNT_OF(acks); i++) {
        lab_arrives(lab, "P. 5001(10) ack %u", acks[i]);
        assert_sent(lab, ". 2001:2001(0) ack 5001");
        assert_int_equal(lab_snd_una(lab), 1001);
        assert_rule(lab, RULE_ACK_OF_UNSENT);
        assert_readable(lab, 0);
    }
}

/* After a timeout SND.NXT is back at SND.UNA; what was sent before is still sent. */
static void test_ack_beyond_a_retransmission_is_of_something_sent(struct lab *lab)
{
    lab_established(lab);
    lab_sends(lab, 3 * LAB_MSS);
    lab_advance(lab, SIM_SECOND);
    assert_sent(lab, ". 1001:2461(1460) ack 5001");
    lab_arrives(lab, ". 5001(0) ack 5381");
    assert_rule(lab, RULE_ACK_ADVANCES);
    assert_int_equal(lab_snd_una(lab), 5381);
    assert_silent(lab);
    assert_no_timer(lab);
}

/* 2^32 - 1 bytes are acknowledged, and una is at our ISS again: the SYN is not due again. */
static void test_a_circle_of_sequence_numbers_does_not_bring_our_syn_back(struct lab *lab)
{
    lab_established(lab);
    struct tcb *t = &lab->tcb;
    t->snd.acked = t->snd.written = UINT32_MAX;
    t->snd.una = t->snd.nxt = t->snd.max = t->snd.wl2 = t->snd.iss;
    lab->end_known = false;
    lab_sends(lab, 10);
    assert_sent(lab, "P. 1000:1010(10) ack 5001");
    lab_arrives(lab, ". 5001(0) ack 1010");
    assert_true(t->snd.acked == UINT64_C(0x100000009));
    assert_no_timer(lab);
}

/* ---- synchronized: RFC 5961 5.2 ------------------------------------------------------------- */

static void open_with_window(struct lab *lab, unsigned window)
{
    lab->params.nagle = false;
    lab_in_state(lab, TCP_SYN_SENT);
    lab_arrives(lab, "S. 5000(0) ack 1001 win %u <mss 1460>", window);
}

/* "acceptable only if it is in the range of ((SND.UNA - MAX.SND.WND) =< SEG.ACK =< SND.NXT)" */
static void test_ack_is_believed_as_far_back_as_the_largest_window(struct lab *lab)
{
    open_with_window(lab, 5000);
    lab_sends(lab, 5000);
    lab_arrives(lab, ". 5001(0) ack 6001 win 3000");
    lab_arrives(lab, "P. 5001(10) ack 1001");
    assert_no_rule(lab, RULE_ACK_TOO_OLD);
    assert_readable(lab, 10);
}

static void test_older_ack_is_challenged_and_its_text_dropped(struct lab *lab)
{
    open_with_window(lab, 5000);
    lab_sends(lab, 5000);
    lab_arrives(lab, ". 5001(0) ack 6001 win 3000");
    lab_arrives(lab, "P. 5001(10) ack 1000");
    assert_sent(lab, ". 6001:6001(0) ack 5001");
    assert_rule(lab, RULE_ACK_TOO_OLD);
    assert_readable(lab, 0);
}

static void test_without_the_check_text_with_an_ancient_ack_is_taken(struct lab *lab)
{
    lab_without(lab, RULE_ACK_TOO_OLD);
    open_with_window(lab, 5000);
    lab_sends(lab, 5000);
    lab_arrives(lab, ". 5001(0) ack 6001 win 3000");
    lab_arrives(lab, "P. 5001(10) ack 1000");
    assert_readable(lab, 10);
}

/* ---- the send window ------------------------------------------------------------------------ */

static void test_window_follows_a_segment_with_a_higher_sequence_number(struct lab *lab)
{
    lab_established(lab);
    lab_arrives(lab, ". 5001(10) ack 1001 win 2000");
    assert_int_equal(lab->tcb.snd.wnd, 2000);
    assert_rule(lab, RULE_WINDOW_UPDATE);
}

static void test_window_follows_the_same_sequence_number_with_the_same_or_a_newer_ack(
    struct lab *lab)
{
    lab_established(lab);
    lab_sends(lab, 100);
    lab_arrives(lab, ". 5001(0) ack 1101 win 2000");
    assert_int_equal(lab->tcb.snd.wnd, 2000);
    lab_arrives(lab, ". 5001(0) ack 1101 win 3000");
    assert_int_equal(lab->tcb.snd.wnd, 3000);
}

/* "The check here prevents using old segments to update the window." */
static void test_window_does_not_follow_an_older_sequence_number(struct lab *lab)
{
    lab_established(lab);
    lab_arrives(lab, ". 5101(10) ack 1001 win 2000");
    lab_arrives(lab, ". 5001(100) ack 1001 win 9");
    assert_int_equal(lab->tcb.snd.wnd, 2000);
    assert_no_rule(lab, RULE_WINDOW_UPDATE);
}

static void test_window_does_not_follow_an_older_ack(struct lab *lab)
{
    lab_established(lab);
    lab_sends(lab, 100);
    lab_arrives(lab, ". 5001(0) ack 1101 win 2000");
    lab_arrives(lab, ". 5001(0) ack 1051 win 9");
    assert_int_equal(lab->tcb.snd.wnd, 2000);
}

static void test_window_may_shrink_and_una_still_advance(struct lab *lab)
{
    lab_established(lab);
    lab_sends(lab, 2000);
    lab_arrives(lab, ". 5001(0) ack 2461 win 0");
    assert_int_equal(lab_snd_una(lab), 2461);
    assert_int_equal(lab->tcb.snd.wnd, 0);
}

/* ---- what the ACK of our FIN does ----------------------------------------------------------- */

static void test_ack_of_our_fin_leads_on_in_every_closing_state(struct lab *lab)
{
    static const struct {
        enum tcp_state from, to;
    } rows[] = {
        { TCP_FIN_WAIT_1, TCP_FIN_WAIT_2 },
        { TCP_CLOSING, TCP_TIME_WAIT },
        { TCP_LAST_ACK, TCP_CLOSED },
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        lab_init(lab, lab->local_shift, lab->peer_shift);
        lab_in_state(lab, rows[i].from);
        lab_arrives(lab, ". %u(0) ack 1002", lab_rcv_nxt(lab));
        assert_silent(lab);
        assert_state(lab, rows[i].to);
        assert_rule(lab, RULE_FIN_ACKED);
        assert_not_armed(lab, TCP_TIMER_REXMT);
    }
}

static void test_ack_short_of_our_fin_leads_nowhere(struct lab *lab)
{
    static const enum tcp_state states[] = { TCP_FIN_WAIT_1, TCP_CLOSING, TCP_LAST_ACK };
    for (size_t i = 0; i < COUNT_OF(states); i++) {
        lab_init(lab, lab->local_shift, lab->peer_shift);
        lab_in_state(lab, states[i]);
        lab_arrives(lab, ". %u(0) ack 1001", lab_rcv_nxt(lab));
        assert_silent(lab);
        assert_state(lab, states[i]);
        assert_true(tcb_is_armed(&lab->tcb, TCP_TIMER_REXMT));
    }
}

static void test_last_ack_ends_without_error_and_without_a_timer(struct lab *lab)
{
    lab_in_state(lab, TCP_LAST_ACK);
    lab_arrives(lab, ". 5002(0) ack 1002");
    assert_state(lab, TCP_CLOSED);
    assert_int_equal(lab->tcb.error, SIM_OK);
    assert_notice(lab, TCP_NOTICE_CLOSED);
    assert_no_timer(lab);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        lab_test(test_segment_without_ack_is_dropped_in_every_state),
        lab_test(test_segment_without_ack_is_dropped_in_syn_received),
        lab_test(test_ack_of_our_syn_establishes),
        lab_test(test_any_other_ack_in_syn_received_is_refused_with_rst),
        lab_test(test_data_on_the_last_ack_of_the_handshake_is_taken),
        lab_test(test_fin_on_the_last_ack_of_the_handshake_is_taken),
        lab_test(test_without_the_check_any_ack_establishes),
        lab_test(test_full_accept_queue_keeps_the_handshake_waiting),
        lab_test(test_data_at_a_full_accept_queue_gets_no_rst),
        lab_test(test_abort_on_overflow_resets_at_a_full_accept_queue),
        lab_test(test_ack_advances_una_by_what_it_covers),
        lab_test(test_ack_of_everything_drains_and_disarms),
        lab_test(test_duplicate_ack_moves_nothing),
        lab_test(test_old_ack_is_ignored_but_its_text_is_taken),
        lab_test(test_ack_of_unsent_is_answered_and_dropped),
        lab_test(test_ack_beyond_a_retransmission_is_of_something_sent),
        lab_test(test_ack_is_believed_as_far_back_as_the_largest_window),
        lab_test(test_older_ack_is_challenged_and_its_text_dropped),
        lab_test(test_without_the_check_text_with_an_ancient_ack_is_taken),
        lab_test(test_window_follows_a_segment_with_a_higher_sequence_number),
        lab_test(test_window_follows_the_same_sequence_number_with_the_same_or_a_newer_ack),
        lab_test(test_window_does_not_follow_an_older_sequence_number),
        lab_test(test_window_does_not_follow_an_older_ack),
        lab_test(test_window_may_shrink_and_una_still_advance),
        lab_test(test_ack_of_our_fin_leads_on_in_every_closing_state),
        lab_test(test_ack_short_of_our_fin_leads_nowhere),
        lab_test(test_last_ack_ends_without_error_and_without_a_timer),
        lab_test(test_a_circle_of_sequence_numbers_does_not_bring_our_syn_back),
    };
    return cmocka_run_group_tests_name("rfc/ack", tests, NULL, NULL);
}
