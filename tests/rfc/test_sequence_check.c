/* RFC 9293 3.10.7.4, first: the sequence number, table 6, in every synchronized state and
 * SYN-RECEIVED. */
#include "tests/support/tcb_fixture.h"

#include "sim/base/common.h"

static const enum tcp_state states[] = {
    TCP_SYN_RECEIVED, TCP_ESTABLISHED, TCP_FIN_WAIT_1, TCP_FIN_WAIT_2,
    TCP_CLOSE_WAIT,   TCP_CLOSING,     TCP_LAST_ACK,   TCP_TIME_WAIT,
};

/* Where a segment begins, from RCV.NXT or from the right edge, with a window of 1000. */
enum from { NXT, EDGE };

static const struct placing {
    enum from from;
    int32_t at;
    uint32_t length;
    bool acceptable;
} placings[] = {
    /* no sequence space: RCV.NXT =< SEG.SEQ < RCV.NXT+RCV.WND */
    { NXT, -1, 0, false },
    { NXT, 0, 0, true },
    { NXT, 1, 0, true },
    { EDGE, -1, 0, true },
    { EDGE, 0, 0, true }, /* RFC 9293 A.2: see test_ack_at_the_right_edge_counts */
    { EDGE, 1, 0, false },
    { NXT, INT32_MIN, 0, false },
    { NXT, -100000, 0, false },
    /* or the last number within */
    { NXT, -1, 1, false },
    { NXT, -1, 2, true },
    { NXT, -10, 10, false },
    { NXT, -10, 11, true },
    { NXT, 0, 1, true },
    { NXT, 500, 100, true },
    { EDGE, -1, 1, true },
    { EDGE, -1, 10, true },
    { EDGE, 0, 1, false },
    { EDGE, 10, 10, false },
    { NXT, -100000, 1460, false },
};

enum { WINDOW = 1000 };

static void in_state(struct lab *lab, enum tcp_state state)
{
    lab_init(lab, lab->local_shift, lab->peer_shift);
    lab->params.receive_buffer_bytes = WINDOW;
    lab_in_state(lab, state);
    /* The peer's FIN has moved RCV.NXT, not the edge; count from what was advertised. */
    assert_true(lab_rcv_edge(lab) - lab_rcv_nxt(lab) >= WINDOW - 1);
}

static uint32_t place(const struct lab *lab, const struct placing *p)
{
    return (p->from == NXT ? lab_rcv_nxt(lab) : lab_rcv_edge(lab)) + (uint32_t)p->at;
}

/* An ACK that was seen before disturbs no state but SYN-RECEIVED, where it is the handshake's. */
static void arrives_at(struct lab *lab, const struct placing *p)
{
    uint32_t ack = lab->tcb.state == TCP_SYN_RECEIVED ? 1001 : lab_snd_una(lab);
    lab_arrives(lab, ". %u(%u) ack %u", place(lab, p), p->length, ack);
}

static void test_unacceptable_segment_is_answered_by_ack_and_dropped_in_every_state(struct lab *lab)
{
    for (size_t i = 0; i < COUNT_OF(states); i++) {
        for (size_t k = 0; k < COUNT_OF(placings); k++) {
            if (placings[k].acceptable) {
                continue;
            }
            in_state(lab, states[i]);
            arrives_at(lab, &placings[k]);
            assert_sent_ack(lab);
            assert_state(lab, states[i]);
            assert_rule(lab, RULE_UNACCEPTABLE_GETS_ACK);
            assert_readable(lab, 0);
        }
    }
}

static void test_acceptable_segment_passes_in_every_state(struct lab *lab)
{
    for (size_t i = 0; i < COUNT_OF(states); i++) {
        for (size_t k = 0; k < COUNT_OF(placings); k++) {
            if (!placings[k].acceptable) {
                continue;
            }
            in_state(lab, states[i]);
            arrives_at(lab, &placings[k]);
            assert_no_rule(lab, RULE_UNACCEPTABLE_GETS_ACK);
            assert_state(lab, states[i] == TCP_SYN_RECEIVED ? TCP_ESTABLISHED : states[i]);
        }
    }
}

/* ---- a window of zero ----------------------------------------------------------------------- */

static void close_the_window(struct lab *lab)
{
    lab_init(lab, lab->local_shift, lab->peer_shift);
    lab->params.receive_buffer_bytes = 100;
    lab_established(lab);
    lab_arrives(lab, "P. 5001(100) ack 1001");
    lab_advance(lab, SIM_SECOND);
    assert_sent(lab, ". 1001:1001(0) ack 5101 win 0");
}

static void test_zero_window_takes_no_text_but_answers(struct lab *lab)
{
    static const struct {
        uint32_t seq, length;
        enum rule rule;
    } rows[] = {
        { 5100, 1, RULE_UNACCEPTABLE_GETS_ACK },   { 5101, 1, RULE_ZERO_WINDOW_REFUSES },
        { 5101, 50, RULE_ZERO_WINDOW_REFUSES },    { 5102, 1, RULE_UNACCEPTABLE_GETS_ACK },
        { 5001, 100, RULE_UNACCEPTABLE_GETS_ACK }, { 5091, 20, RULE_UNACCEPTABLE_GETS_ACK },
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        close_the_window(lab);
        lab_arrives(lab, ". %u(%u) ack 1001", rows[i].seq, rows[i].length);
        assert_sent(lab, ". 1001:1001(0) ack 5101 win 0");
        assert_readable(lab, 100);
        assert_rule(lab, rows[i].rule);
    }
}

static void test_zero_window_accepts_an_empty_segment_at_rcv_nxt_only(struct lab *lab)
{
    close_the_window(lab);
    lab_arrives(lab, ". 5101(0) ack 1001");
    assert_silent(lab);
    lab_arrives(lab, ". 5102(0) ack 1001");
    assert_sent_ack(lab);
    lab_advance(lab, 500 * SIM_MILLISECOND);
    lab_arrives(lab, ". 5100(0) ack 1001");
    assert_sent_ack(lab);
}

/* RFC 5961 7. */
static void test_empty_segments_outside_the_window_get_one_ack_in_500_ms(struct lab *lab)
{
    lab_established(lab);
    lab_arrives(lab, ". 4000(0) ack 1001");
    assert_sent_ack(lab);
    lab_advance(lab, 499 * SIM_MILLISECOND);
    lab_arrives(lab, ". 4000(0) ack 1001");
    assert_silent(lab);
    assert_rule(lab, RULE_ACK_THROTTLE);
    lab_arrives(lab, "P. 4000(10) ack 1001"); /* text is always answered: it may be a repetition */
    assert_sent_ack(lab);
    lab_advance(lab, SIM_MILLISECOND);
    lab_arrives(lab, ". 4000(0) ack 1001");
    assert_sent_ack(lab);
}

static void test_ack_field_of_a_window_probe_counts(struct lab *lab)
{
    close_the_window(lab);
    lab_sends(lab, 10);
    lab_arrives(lab, ". 5101(1) ack 1011 win 777");
    assert_int_equal(lab_snd_una(lab), 1011);
    assert_int_equal(lab->tcb.snd.wnd, 777);
    assert_sent(lab, ". 1011:1011(0) ack 5101 win 0");
}

static void test_fin_does_not_pass_a_zero_window(struct lab *lab)
{
    close_the_window(lab);
    lab_arrives(lab, "F. 5101(0) ack 1001");
    assert_sent(lab, ". 1001:1001(0) ack 5101 win 0");
    assert_state(lab, TCP_ESTABLISHED);
}

/* ---- trimming ------------------------------------------------------------------------------- */

static void test_text_before_rcv_nxt_is_trimmed_and_the_rest_taken(struct lab *lab)
{
    lab_established(lab);
    lab_arrives(lab, ". 5001(100) ack 1001");
    lab_arrives(lab, "P. 5051(100) ack 1001");
    assert_readable(lab, 150);
    assert_int_equal(lab_rcv_nxt(lab), 5151);
    assert_rule(lab, RULE_TRIM_LEFT);
}

static void test_text_beyond_the_right_edge_is_trimmed(struct lab *lab)
{
    lab->params.receive_buffer_bytes = WINDOW;
    lab_established(lab);
    lab_arrives(lab, "P. 5001(1200) ack 1001");
    assert_readable(lab, WINDOW);
    assert_int_equal(lab_rcv_nxt(lab), 6001);
}

/* Table 6 asks for the first or the last number within the window. A segment that covers the whole
 * window and more on both sides has neither: by the letter it is not acceptable. */
static void test_segment_beyond_the_window_on_both_sides_is_unacceptable(struct lab *lab)
{
    lab->params.receive_buffer_bytes = WINDOW;
    lab_established(lab);
    lab_arrives(lab, ". 5001(10) ack 1001");
    lab_arrives(lab, ". 5006(1400) ack 1001");
    assert_sent_ack(lab);
    assert_readable(lab, 10);
}

static void test_fin_beyond_the_right_edge_is_trimmed(struct lab *lab)
{
    lab->params.receive_buffer_bytes = WINDOW;
    lab_established(lab);
    lab_arrives(lab, "FP. 5001(1000) ack 1001");
    assert_state(lab, TCP_ESTABLISHED);
    assert_int_equal(lab_rcv_nxt(lab), 6001);
    assert_readable(lab, WINDOW);
}

static void test_fin_at_the_last_number_of_the_window_counts(struct lab *lab)
{
    lab->params.receive_buffer_bytes = WINDOW;
    lab_established(lab);
    lab_arrives(lab, "FP. 5001(999) ack 1001");
    assert_state(lab, TCP_CLOSE_WAIT);
    assert_int_equal(lab_rcv_nxt(lab), 6001);
}

/* ---- others --------------------------------------------------------------------------------- */

/* The answer to a lost SYN-ACK is the ACK of table 6; the SYN-ACK itself comes by its timer. A RST
 * would kill the connection. */
static void test_duplicate_syn_in_syn_received_gets_ack_never_rst(struct lab *lab)
{
    lab_in_state(lab, TCP_SYN_RECEIVED);
    lab_arrives(lab, "S 5000(0)");
    assert_sent(lab, ". 1001:1001(0) ack 5001");
    assert_state(lab, TCP_SYN_RECEIVED);
}

static void test_an_unacceptable_segment_moves_nothing(struct lab *lab)
{
    lab_established(lab);
    lab_sends(lab, 100);
    lab_arrives(lab, ". 4900(0) ack 1101 win 5");
    assert_int_equal(lab_snd_una(lab), 1001);
    assert_int_equal(lab->tcb.snd.wnd, 65535);
}

static void test_without_the_rule_an_unacceptable_segment_is_not_answered(struct lab *lab)
{
    lab_without(lab, RULE_UNACCEPTABLE_GETS_ACK);
    lab_established(lab);
    lab_arrives(lab, ". 4900(10) ack 1001");
    assert_silent(lab);
    assert_readable(lab, 0);
}

/* RFC 9293 A.2, simultaneous window probes: a sender that waits for the window must not place its
 * ACKs behind its probe, where a peer whose window is closed as well would never look. */
static void test_ack_beside_a_probe_is_placed_where_a_closed_window_takes_it(struct lab *lab)
{
    close_the_window(lab);
    lab_arrives(lab, ". 5101(0) ack 1001 win 0");
    lab_sends(lab, 50);
    lab_advance(lab, SIM_SECOND);
    assert_sent(lab, ". 1001:1002(1) ack 5101 win 0"); /* our probe */
    lab_arrives(lab, ". 5101(1) ack 1001 win 0");      /* theirs */
    assert_sent(lab, ". 1001:1001(0) ack 5101 win 0");
}

/* A.2 again: both ends have filled the other's window, all of it is lost, and each ACK lies at the
 * right edge. Table 6 would have them answer each other for ever; other stacks let the edge in. */
static void test_ack_at_the_right_edge_counts(struct lab *lab)
{
    lab->params.receive_buffer_bytes = WINDOW;
    lab_established(lab);
    lab_sends(lab, 100);
    lab_arrives(lab, ". 6001(0) ack 1101 win 777");
    assert_silent(lab);
    assert_int_equal(lab_snd_una(lab), 1101);
    assert_int_equal(lab->tcb.snd.wnd, 777);
}

/* The same: two closed windows must not throw ACKs at each other for ever. */
static void test_answer_to_an_answer_does_not_come(struct lab *lab)
{
    close_the_window(lab);
    lab_arrives(lab, ". 5101(0) ack 1001 win 0");
    lab_sends(lab, 50);
    lab_advance(lab, SIM_SECOND);
    lab_arrives(lab, ". 5101(0) ack 1001 win 0");
    assert_silent(lab);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        lab_test(test_unacceptable_segment_is_answered_by_ack_and_dropped_in_every_state),
        lab_test(test_acceptable_segment_passes_in_every_state),
        lab_test(test_zero_window_takes_no_text_but_answers),
        lab_test(test_zero_window_accepts_an_empty_segment_at_rcv_nxt_only),
        lab_test(test_empty_segments_outside_the_window_get_one_ack_in_500_ms),
        lab_test(test_ack_field_of_a_window_probe_counts),
        lab_test(test_fin_does_not_pass_a_zero_window),
        lab_test(test_text_before_rcv_nxt_is_trimmed_and_the_rest_taken),
        lab_test(test_text_beyond_the_right_edge_is_trimmed),
        lab_test(test_segment_beyond_the_window_on_both_sides_is_unacceptable),
        lab_test(test_fin_beyond_the_right_edge_is_trimmed),
        lab_test(test_fin_at_the_last_number_of_the_window_counts),
        lab_test(test_duplicate_syn_in_syn_received_gets_ack_never_rst),
        lab_test(test_an_unacceptable_segment_moves_nothing),
        lab_test(test_without_the_rule_an_unacceptable_segment_is_not_answered),
        lab_test(test_ack_beside_a_probe_is_placed_where_a_closed_window_takes_it),
        lab_test(test_ack_at_the_right_edge_counts),
        lab_test(test_answer_to_an_answer_does_not_come),
    };
    return cmocka_run_group_tests_name("rfc/sequence_check", tests, NULL, NULL);
}
