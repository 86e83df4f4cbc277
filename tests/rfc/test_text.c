/* RFC 9293 3.10.7.4, seventh: the segment text; and reassembly (SHLD-31). */
#include "tests/support/tcb_fixture.h"

#include "sim/base/common.h"

static void test_text_in_order_is_readable(struct lab *lab)
{
    lab_established(lab);
    lab_arrives(lab, ". 5001(1000) ack 1001");
    assert_readable(lab, 1000);
    assert_rule(lab, RULE_TEXT_IN_ORDER);
    assert_notice(lab, TCP_NOTICE_READABLE);
    assert_int_equal(lab_rcv_nxt(lab), 6001);
}

static void test_text_is_taken_while_our_direction_is_closed(struct lab *lab)
{
    static const enum tcp_state states[] = { TCP_FIN_WAIT_1, TCP_FIN_WAIT_2 };
    for (size_t i = 0; i < COUNT_OF(states); i++) {
        lab_init(lab, lab->local_shift, lab->peer_shift);
        lab_in_state(lab, states[i]);
        lab_arrives(lab, ". 5001(100) ack 1001");
        assert_state(lab, states[i]);
        assert_readable(lab, 100);
    }
}

/* "This should not occur since a FIN has been received from the remote side. Ignore the segment
 * text." */
static void test_text_after_the_peers_fin_is_ignored(struct lab *lab)
{
    static const enum tcp_state states[] = { TCP_CLOSE_WAIT, TCP_CLOSING, TCP_LAST_ACK,
                                             TCP_TIME_WAIT };
    for (size_t i = 0; i < COUNT_OF(states); i++) {
        lab_init(lab, lab->local_shift, lab->peer_shift);
        lab_in_state(lab, states[i]);
        lab_arrives(lab, ". 5002(100) ack 1001");
        assert_state(lab, states[i]);
        assert_readable(lab, 0);
        assert_int_equal(lab_rcv_nxt(lab), 5002);
    }
}

/* ---- gaps ----------------------------------------------------------------------------------- */

static void test_text_beyond_a_gap_is_kept_and_acknowledged_at_once(struct lab *lab)
{
    lab_established(lab);
    lab_arrives(lab, ". 5101(100) ack 1001");
    assert_sent(lab, ". 1001:1001(0) ack 5001");
    assert_rule(lab, RULE_OUT_OF_ORDER);
    assert_readable(lab, 0);
}

static void test_filling_the_gap_delivers_all_and_is_acknowledged_at_once(struct lab *lab)
{
    lab_established(lab);
    lab_arrives(lab, ". 5101(100) ack 1001");
    lab_arrives(lab, ". 5001(100) ack 1001");
    assert_sent(lab, ". 1001:1001(0) ack 5201");
    assert_rule(lab, RULE_GAP_FILLED);
    assert_readable(lab, 200);
}

/* RFC 5681 4.2: "a receiver ... SHOULD send an immediate ACK when it receives a data segment that
 * fills in all or part of a gap": each of these leaves another gap behind. */
static void test_filling_one_gap_of_two_delivers_up_to_the_second(struct lab *lab)
{
    lab_established(lab);
    lab_arrives(lab, ". 5101(100) ack 1001");
    lab_arrives(lab, ". 5301(100) ack 1001");
    lab_arrives(lab, ". 5001(100) ack 1001");
    assert_sent(lab, ". 1001:1001(0) ack 5201");
    assert_readable(lab, 200);
    lab_arrives(lab, ". 5201(100) ack 1001");
    assert_sent(lab, ". 1001:1001(0) ack 5401");
    assert_readable(lab, 400);
}

static void test_text_that_arrives_backwards_is_delivered_in_order(struct lab *lab)
{
    lab_established(lab);
    for (unsigned i = 20; i-- > 1;) {
        lab_arrives(lab, ". %u(10) ack 1001", 5001 + 10 * i);
        assert_readable(lab, 0);
    }
    lab_arrives(lab, ". 5001(10) ack 1001");
    assert_readable(lab, 200);
}

/* The reassembly list is full of gaps, and the missing segment still gets through. */
static void test_most_gaps_at_once_then_the_missing_ones(struct lab *lab)
{
    lab_established(lab);
    for (unsigned i = 1; i < 60; i += 2) {
        lab_arrives(lab, ". %u(10) ack 1001", 5001 + 10 * i);
    }
    assert_int_equal(lab->tcb.rcv.reassembly.count, 30);
    for (unsigned i = 0; i < 60; i += 2) {
        lab_arrives(lab, ". %u(10) ack 1001", 5001 + 10 * i);
        assert_readable(lab, 10 * (i + 2));
    }
}

/* Every way in which a second piece can lie to a first one of [5101, 5201). What is held then is
 * found by filling the rest. */
static void test_overlapping_pieces_are_put_together_without_loss_or_doubling(struct lab *lab)
{
    static const struct {
        uint32_t seq, length;
    } second[] = {
        { 5101, 100 },                                             /* the same */
        { 5101, 50 },  { 5151, 50 },  { 5120, 20 },                /* within */
        { 5051, 100 }, { 5151, 100 }, { 5051, 50 },  { 5201, 50 }, /* over an end, beside */
        { 5051, 200 }, { 5101, 150 }, { 5051, 150 },               /* covering */
        { 5301, 50 },  { 5021, 20 },                               /* apart */
    };
    for (size_t i = 0; i < COUNT_OF(second); i++) {
        lab_init(lab, lab->local_shift, lab->peer_shift);
        lab_established(lab);
        lab_arrives(lab, ". 5101(100) ack 1001");
        lab_arrives(lab, ". %u(%u) ack 1001", second[i].seq, second[i].length);
        assert_readable(lab, 0);
        lab_arrives(lab, ". 5001(100) ack 1001");
        assert_true(lab_rcv_nxt(lab) >= 5201);
        assert_readable(lab, lab_rcv_nxt(lab) - 5001);
        lab_arrives(lab, ". 5001(400) ack 1001");
        assert_readable(lab, 400);
    }
}

static void test_a_piece_over_many_others_replaces_them(struct lab *lab)
{
    lab_established(lab);
    lab_arrives(lab, ". 5101(10) ack 1001");
    lab_arrives(lab, ". 5201(10) ack 1001");
    lab_arrives(lab, ". 5301(10) ack 1001");
    lab_arrives(lab, ". 5051(300) ack 1001");
    assert_int_equal(lab->tcb.rcv.reassembly.count, 1);
    lab_arrives(lab, ". 5001(50) ack 1001");
    assert_readable(lab, 350);
}

static void test_in_order_text_over_held_pieces_is_not_doubled(struct lab *lab)
{
    lab_established(lab);
    lab_arrives(lab, ". 5051(50) ack 1001");
    lab_arrives(lab, ". 5151(50) ack 1001");
    lab_arrives(lab, ". 5001(175) ack 1001");
    assert_readable(lab, 200);
    assert_int_equal(lab->tcb.rcv.reassembly.count, 0);
}

/* Which bytes win where two incarnations overlap: those that came first. */
static void test_bytes_that_came_first_stay(struct lab *lab)
{
    lab_established(lab);
    lab_arrives(lab, ". 5051(50) ack 1001");
    struct segment foreign = lab_parse(lab, ". 5001(75) ack 1001");
    foreign.payload.stream = 9;
    lab_segment_arrives(lab, &foreign);
    const struct tcp_spans *queue = &lab->tcb.rcv.queue;
    assert_int_equal(queue->count, 2);
    assert_int_equal(queue->spans[queue->first].payload.stream, 9);
    assert_int_equal(queue->spans[queue->first + 1].payload.stream, LAB_PEER_STREAM);
    assert_int_equal(queue->spans[queue->first + 1].payload.length, 25);
}

static void test_out_of_order_text_does_not_count_against_the_window(struct lab *lab)
{
    lab->params.receive_buffer_bytes = 1000;
    lab_established(lab);
    lab_arrives(lab, ". 5501(500) ack 1001");
    assert_sent(lab, ". 1001:1001(0) ack 5001 win 1000");
    lab_arrives(lab, ". 5001(500) ack 1001");
    assert_sent(lab, ". 1001:1001(0) ack 6001 win 0");
    assert_readable(lab, 1000);
}

/* ---- text for an application that is gone --------------------------------------------------- */

/* RFC 9293 3.6.1: "the TCP implementation ... SHOULD send a RST to show that data was lost". */
static void test_text_after_close_of_both_directions_is_answered_with_rst(struct lab *lab)
{
    lab_established(lab);
    lab_detaches(lab);
    lab_arrives(lab, ". 5001(0) ack 1002");
    assert_state(lab, TCP_FIN_WAIT_2);
    lab_arrives(lab, "P. 5001(10) ack 1002");
    assert_sent(lab, "R 1002:1002(0)");
    assert_state(lab, TCP_CLOSED);
    assert_rule(lab, RULE_DATA_AFTER_CLOSE);
}

/* SND.NXT of the RFC never goes back; after a timeout ours does. */
static void test_that_rst_lies_behind_everything_sent(struct lab *lab)
{
    lab_established(lab);
    lab_sends(lab, 5000);
    lab_detaches(lab);
    lab_advance(lab, SIM_SECOND);
    lab_arrives(lab, "P. 5001(10) ack 1001");
    assert_sent(lab, "R 6002:6002(0)");
}

static void test_without_the_rule_late_text_is_swallowed(struct lab *lab)
{
    lab_without(lab, RULE_DATA_AFTER_CLOSE);
    lab_established(lab);
    lab_detaches(lab);
    lab_arrives(lab, "P. 5001(10) ack 1002");
    assert_state(lab, TCP_FIN_WAIT_2);
}

static void test_fin_after_close_of_both_directions_is_no_lost_data(struct lab *lab)
{
    lab_established(lab);
    lab_detaches(lab);
    lab_arrives(lab, "F. 5001(0) ack 1002");
    assert_sent(lab, ". 1002:1002(0) ack 5002");
    assert_state(lab, TCP_TIME_WAIT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        lab_test(test_text_in_order_is_readable),
        lab_test(test_text_is_taken_while_our_direction_is_closed),
        lab_test(test_text_after_the_peers_fin_is_ignored),
        lab_test(test_text_beyond_a_gap_is_kept_and_acknowledged_at_once),
        lab_test(test_filling_the_gap_delivers_all_and_is_acknowledged_at_once),
        lab_test(test_filling_one_gap_of_two_delivers_up_to_the_second),
        lab_test(test_text_that_arrives_backwards_is_delivered_in_order),
        lab_test(test_most_gaps_at_once_then_the_missing_ones),
        lab_test(test_overlapping_pieces_are_put_together_without_loss_or_doubling),
        lab_test(test_a_piece_over_many_others_replaces_them),
        lab_test(test_in_order_text_over_held_pieces_is_not_doubled),
        lab_test(test_bytes_that_came_first_stay),
        lab_test(test_out_of_order_text_does_not_count_against_the_window),
        lab_test(test_text_after_close_of_both_directions_is_answered_with_rst),
        lab_test(test_that_rst_lies_behind_everything_sent),
        lab_test(test_without_the_rule_late_text_is_swallowed),
        lab_test(test_fin_after_close_of_both_directions_is_no_lost_data),
    };
    return cmocka_run_group_tests_name("rfc/text", tests, NULL, NULL);
}
