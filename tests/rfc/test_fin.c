/* RFC 9293 3.10.7.4, eighth: the FIN bit; and 3.6, closing. */
#include "tests/support/tcb_fixture.h"

#include "sim/base/common.h"

static void test_fin_leads_on_and_is_counted_in_every_state(struct lab *lab)
{
    static const struct {
        enum tcp_state from, to;
    } rows[] = {
        { TCP_ESTABLISHED, TCP_CLOSE_WAIT },
        { TCP_FIN_WAIT_1, TCP_CLOSING },
        { TCP_FIN_WAIT_2, TCP_TIME_WAIT },
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        lab_init(lab, lab->local_shift, lab->peer_shift);
        lab_in_state(lab, rows[i].from);
        lab_arrives(lab, "F. 5001(0) ack %u", lab_snd_una(lab));
        assert_state(lab, rows[i].to);
        assert_int_equal(lab_rcv_nxt(lab), 5002);
        assert_notice(lab, TCP_NOTICE_PEER_CLOSED);
    }
}

static void test_fin_while_closing_is_acknowledged_at_once(struct lab *lab)
{
    static const enum tcp_state states[] = { TCP_FIN_WAIT_1, TCP_FIN_WAIT_2 };
    for (size_t i = 0; i < COUNT_OF(states); i++) {
        lab_init(lab, lab->local_shift, lab->peer_shift);
        lab_in_state(lab, states[i]);
        lab_arrives(lab, "F. 5001(0) ack %u", lab_snd_una(lab));
        assert_sent(lab, ". 1002:1002(0) ack 5002");
        assert_rule(lab, RULE_FIN_RECEIVED);
    }
}

/* The application may close at once: one segment for the ACK and our FIN. */
static void test_ack_of_a_fin_in_established_may_ride_on_our_fin(struct lab *lab)
{
    lab_established(lab);
    lab_arrives(lab, "F. 5001(0) ack 1001");
    assert_silent(lab);
    lab_closes(lab);
    assert_sent(lab, "F. 1001:1001(0) ack 5002");
    assert_state(lab, TCP_LAST_ACK);
    assert_not_armed(lab, TCP_TIMER_DELACK);
}

static void test_ack_of_a_fin_in_established_waits_no_longer_than_any(struct lab *lab)
{
    lab_established(lab);
    lab_arrives(lab, "F. 5001(0) ack 1001");
    lab_advance(lab, 40 * SIM_MILLISECOND - 1);
    assert_silent(lab);
    lab_advance(lab, 1);
    assert_sent(lab, ". 1001:1001(0) ack 5002");
}

static void test_fin_on_text_ends_the_stream_behind_the_text(struct lab *lab)
{
    lab_established(lab);
    lab_arrives(lab, "FP. 5001(100) ack 1001");
    assert_state(lab, TCP_CLOSE_WAIT);
    assert_readable(lab, 100);
    assert_int_equal(lab_rcv_nxt(lab), 5102);
}

/* "If our FIN has been ACKed (perhaps in this segment), then enter TIME-WAIT". */
static void test_fin_that_acknowledges_ours_leads_from_fin_wait_1_to_time_wait(struct lab *lab)
{
    lab_in_state(lab, TCP_FIN_WAIT_1);
    lab_arrives(lab, "F. 5001(0) ack 1002");
    assert_sent(lab, ". 1002:1002(0) ack 5002");
    assert_state(lab, TCP_TIME_WAIT);
    assert_int_equal(lab->change_count, 2);
    assert_int_equal(lab->changes[0].to, TCP_FIN_WAIT_2);
}

static void test_repeated_fin_is_acknowledged_and_changes_nothing(struct lab *lab)
{
    static const enum tcp_state states[] = { TCP_CLOSE_WAIT, TCP_CLOSING, TCP_LAST_ACK,
                                             TCP_TIME_WAIT };
    for (size_t i = 0; i < COUNT_OF(states); i++) {
        lab_init(lab, lab->local_shift, lab->peer_shift);
        lab_in_state(lab, states[i]);
        lab_arrives(lab, "F. 5001(0) ack %u", lab_snd_una(lab));
        assert_sent_ack(lab);
        assert_state(lab, states[i]);
        assert_int_equal(lab_rcv_nxt(lab), 5002);
        assert_no_notice(lab, TCP_NOTICE_PEER_CLOSED);
    }
}

/* ---- out of order --------------------------------------------------------------------------- */

static void test_fin_beyond_a_gap_waits_for_the_text(struct lab *lab)
{
    lab_established(lab);
    lab_arrives(lab, "F. 5101(0) ack 1001");
    assert_sent(lab, ". 1001:1001(0) ack 5001");
    assert_state(lab, TCP_ESTABLISHED);
    assert_no_notice(lab, TCP_NOTICE_PEER_CLOSED);
    lab_arrives(lab, ". 5001(100) ack 1001");
    assert_state(lab, TCP_CLOSE_WAIT);
    assert_int_equal(lab_rcv_nxt(lab), 5102);
    assert_readable(lab, 100);
}

static void test_fin_on_text_beyond_a_gap_waits_with_it(struct lab *lab)
{
    lab_established(lab);
    lab_arrives(lab, "FP. 5101(50) ack 1001");
    assert_state(lab, TCP_ESTABLISHED);
    lab_arrives(lab, ". 5001(100) ack 1001");
    assert_sent(lab, ". 1001:1001(0) ack 5152");
    assert_state(lab, TCP_CLOSE_WAIT);
    assert_readable(lab, 150);
}

static void test_fin_that_waits_counts_once_when_it_comes_again(struct lab *lab)
{
    lab_established(lab);
    lab_arrives(lab, "F. 5101(0) ack 1001");
    lab_arrives(lab, "FP. 5001(100) ack 1001");
    assert_state(lab, TCP_CLOSE_WAIT);
    assert_int_equal(lab_rcv_nxt(lab), 5102);
    lab_arrives(lab, "F. 5101(0) ack 1001");
    assert_sent_ack(lab);
    assert_int_equal(lab_rcv_nxt(lab), 5102);
}

static void test_fin_that_waits_counts_while_our_direction_is_closed(struct lab *lab)
{
    lab_in_state(lab, TCP_FIN_WAIT_2);
    lab_arrives(lab, "F. 5101(0) ack 1002");
    assert_state(lab, TCP_FIN_WAIT_2);
    lab_arrives(lab, ". 5001(100) ack 1002");
    assert_sent(lab, ". 1002:1002(0) ack 5102");
    assert_state(lab, TCP_TIME_WAIT);
}

/* ---- our own FIN ---------------------------------------------------------------------------- */

static void test_fin_follows_the_last_byte(struct lab *lab)
{
    lab_established(lab);
    lab_sends(lab, 100);
    lab_sends(lab, 50);
    assert_silent(lab);
    lab_closes(lab);
    assert_sent(lab, "FP. 1101:1151(50) ack 5001");
    assert_rule(lab, RULE_SEND_FIN);
    assert_state(lab, TCP_FIN_WAIT_1);
}

static void test_lost_fin_comes_again_with_the_same_number(struct lab *lab)
{
    static const enum tcp_state states[] = { TCP_FIN_WAIT_1, TCP_CLOSING, TCP_LAST_ACK };
    for (size_t i = 0; i < COUNT_OF(states); i++) {
        lab_init(lab, lab->local_shift, lab->peer_shift);
        lab_in_state(lab, states[i]);
        uint32_t ack = lab_rcv_nxt(lab);
        lab_advance(lab, SIM_SECOND);
        assert_int_equal(lab->sent_count, 1);
        const struct segment *fin = &lab->sent[0].segment;
        assert_int_equal(fin->flags, TCP_FIN | TCP_ACK);
        assert_int_equal(fin->seq - lab->local_shift, 1001);
        assert_int_equal(fin->ack - lab->peer_shift, ack);
        assert_true(lab->sent[0].retransmission);
        assert_state(lab, states[i]);
    }
}

static void test_lost_text_and_fin_come_again_together(struct lab *lab)
{
    lab_established(lab);
    lab_sends(lab, 100);
    lab_closes(lab);
    assert_sent(lab, "F. 1101:1101(0) ack 5001");
    lab_advance(lab, SIM_SECOND);
    assert_sent(lab, "FP. 1001:1101(100) ack 5001");
}

/* A FIN takes a sequence number, and that must be within the peer's window. */
static void test_fin_waits_for_room_in_the_window(struct lab *lab)
{
    lab_in_state(lab, TCP_SYN_SENT);
    lab_arrives(lab, "S. 5000(0) ack 1001 win 100 <mss 1460>");
    lab_sends(lab, 100);
    lab_closes(lab);
    assert_silent(lab);
    assert_state(lab, TCP_FIN_WAIT_1);
    lab_arrives(lab, ". 5001(0) ack 1101 win 1");
    assert_sent(lab, "F. 1101:1101(0) ack 5001");
}

static void test_fin_fits_exactly_behind_text(struct lab *lab)
{
    lab_in_state(lab, TCP_SYN_SENT);
    lab_sends(lab, 100);
    lab_arrives(lab, "S. 5000(0) ack 1001 win 101 <mss 1460>");
    lab_closes(lab);
    assert_sent(lab, "F. 1101:1101(0) ack 5001");
}

static void test_fin_waits_for_the_congestion_window(struct lab *lab)
{
    lab->params.initial_window_segments = 1;
    lab_established(lab);
    lab_sends(lab, 1460 + 10);
    lab_closes(lab);
    assert_silent(lab);
    lab_arrives(lab, ". 5001(0) ack 2461");
    assert_sent(lab, "FP. 2461:2471(10) ack 5001");
}

/* ---- the figures of 3.6 --------------------------------------------------------------------- */

static void test_figure_12_normal_close_of_the_first(struct lab *lab)
{
    lab_established(lab);
    lab_closes(lab);
    assert_sent(lab, "F. 1001:1001(0) ack 5001");
    lab_arrives(lab, ". 5001(0) ack 1002");
    assert_state(lab, TCP_FIN_WAIT_2);
    lab_arrives(lab, "F. 5001(0) ack 1002");
    assert_sent(lab, ". 1002:1002(0) ack 5002");
    assert_state(lab, TCP_TIME_WAIT);
    lab_advance(lab, 60 * SIM_SECOND);
    assert_state(lab, TCP_CLOSED);
}

static void test_figure_12_normal_close_of_the_second(struct lab *lab)
{
    lab_established(lab);
    lab_arrives(lab, "F. 5001(0) ack 1001");
    assert_state(lab, TCP_CLOSE_WAIT);
    lab_closes(lab);
    assert_sent(lab, "F. 1001:1001(0) ack 5002");
    assert_state(lab, TCP_LAST_ACK);
    lab_arrives(lab, ". 5002(0) ack 1002");
    assert_silent(lab);
    assert_state(lab, TCP_CLOSED);
}

static void test_a_half_closed_connection_still_sends(struct lab *lab)
{
    lab_in_state(lab, TCP_CLOSE_WAIT);
    assert_int_equal(lab_sends(lab, 10), SIM_OK);
    assert_sent(lab, "P. 1001:1011(10) ack 5002");
    lab_arrives(lab, ". 5002(0) ack 1011");
    assert_state(lab, TCP_CLOSE_WAIT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        lab_test(test_fin_leads_on_and_is_counted_in_every_state),
        lab_test(test_fin_while_closing_is_acknowledged_at_once),
        lab_test(test_ack_of_a_fin_in_established_may_ride_on_our_fin),
        lab_test(test_ack_of_a_fin_in_established_waits_no_longer_than_any),
        lab_test(test_fin_on_text_ends_the_stream_behind_the_text),
        lab_test(test_fin_that_acknowledges_ours_leads_from_fin_wait_1_to_time_wait),
        lab_test(test_repeated_fin_is_acknowledged_and_changes_nothing),
        lab_test(test_fin_beyond_a_gap_waits_for_the_text),
        lab_test(test_fin_on_text_beyond_a_gap_waits_with_it),
        lab_test(test_fin_that_waits_counts_once_when_it_comes_again),
        lab_test(test_fin_that_waits_counts_while_our_direction_is_closed),
        lab_test(test_fin_follows_the_last_byte),
        lab_test(test_lost_fin_comes_again_with_the_same_number),
        lab_test(test_lost_text_and_fin_come_again_together),
        lab_test(test_fin_waits_for_room_in_the_window),
        lab_test(test_fin_fits_exactly_behind_text),
        lab_test(test_fin_waits_for_the_congestion_window),
        lab_test(test_figure_12_normal_close_of_the_first),
        lab_test(test_figure_12_normal_close_of_the_second),
        lab_test(test_a_half_closed_connection_still_sends),
    };
    return cmocka_run_group_tests_name("rfc/fin", tests, NULL, NULL);
}
