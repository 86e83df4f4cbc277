/* RFC 9293 3.10.1 to 3.10.6: the user calls, by state. */
#include "tests/support/tcb_fixture.h"

#include "sim/base/common.h"

/* ---- 3.10.1 OPEN ---------------------------------------------------------------------------- */

static void test_active_open_sends_syn_and_enters_syn_sent(struct lab *lab)
{
    lab_opens(lab);
    assert_sent(lab, "S 1000:1000(0) win 65535 <mss 1460>");
    assert_state(lab, TCP_SYN_SENT);
    assert_rule(lab, RULE_ACTIVE_OPEN);
    assert_int_equal(lab_snd_una(lab), 1000);
    assert_int_equal(lab_snd_nxt(lab), 1001);
    assert_armed(lab, TCP_TIMER_REXMT, lab->now + SIM_SECOND);
}

/* ---- 3.10.2 SEND, and 3.10.4 CLOSE: what each state answers --------------------------------- */

static const struct {
    enum tcp_state state;
    enum sim_status may_send;
    enum tcp_state after_close;
} by_state[] = {
    { TCP_CLOSED, SIM_NOT_CONNECTED, TCP_CLOSED },
    { TCP_LISTEN, SIM_NOT_CONNECTED, TCP_LISTEN },
    { TCP_SYN_SENT, SIM_OK, TCP_CLOSED },
    { TCP_SYN_RECEIVED, SIM_OK, TCP_FIN_WAIT_1 },
    { TCP_ESTABLISHED, SIM_OK, TCP_FIN_WAIT_1 },
    { TCP_FIN_WAIT_1, SIM_CLOSING, TCP_FIN_WAIT_1 },
    { TCP_FIN_WAIT_2, SIM_CLOSING, TCP_FIN_WAIT_2 },
    { TCP_CLOSE_WAIT, SIM_OK, TCP_LAST_ACK },
    { TCP_CLOSING, SIM_CLOSING, TCP_CLOSING },
    { TCP_LAST_ACK, SIM_CLOSING, TCP_LAST_ACK },
    { TCP_TIME_WAIT, SIM_CLOSING, TCP_TIME_WAIT },
};

static void test_send_is_answered_by_state(struct lab *lab)
{
    for (size_t i = 0; i < COUNT_OF(by_state); i++) {
        lab_init(lab, lab->local_shift, lab->peer_shift);
        lab_in_state(lab, by_state[i].state);
        assert_int_equal(lab_sends(lab, 10), by_state[i].may_send);
        assert_int_equal(lab->tcb.snd.written, by_state[i].may_send == SIM_OK ? 10 : 0);
        assert_state(lab, by_state[i].state);
    }
}

static void test_close_is_answered_by_state(struct lab *lab)
{
    for (size_t i = 0; i < COUNT_OF(by_state); i++) {
        lab_init(lab, lab->local_shift, lab->peer_shift);
        lab_in_state(lab, by_state[i].state);
        assert_int_equal(lab_closes(lab), by_state[i].may_send);
        assert_state(lab, by_state[i].after_close);
    }
}

/* "as long as a second FIN is not emitted" */
static void test_second_close_sends_no_second_fin(struct lab *lab)
{
    static const enum tcp_state states[] = { TCP_FIN_WAIT_1, TCP_FIN_WAIT_2, TCP_CLOSING,
                                             TCP_LAST_ACK, TCP_TIME_WAIT };
    for (size_t i = 0; i < COUNT_OF(states); i++) {
        lab_init(lab, lab->local_shift, lab->peer_shift);
        lab_in_state(lab, states[i]);
        assert_int_equal(lab_closes(lab), SIM_CLOSING);
        assert_silent(lab);
    }
}

static void test_send_after_a_reset_says_what_happened(struct lab *lab)
{
    lab_established(lab);
    lab_arrives(lab, "R 5001(0)");
    assert_int_equal(lab_sends(lab, 10), SIM_RESET);
}

static void test_send_is_segmentized_with_push_on_the_last(struct lab *lab)
{
    lab_established(lab);
    lab_sends(lab, 2 * LAB_MSS);
    assert_sent(lab, ". 1001:2461(1460) ack 5001", "P. 2461:3921(1460) ack 5001");
    assert_rule(lab, RULE_SEND_TEXT);
}

static void test_send_carries_an_owed_ack(struct lab *lab)
{
    lab_established(lab);
    lab_arrives(lab, "P. 5001(10) ack 1001");
    assert_silent(lab);
    lab_sends(lab, 10);
    assert_sent(lab, "P. 1001:1011(10) ack 5011");
    assert_not_armed(lab, TCP_TIMER_DELACK);
}

static void test_send_before_established_is_queued(struct lab *lab)
{
    lab_in_state(lab, TCP_SYN_RECEIVED);
    lab_sends(lab, 10);
    assert_silent(lab);
    lab_arrives(lab, ". 5001(0) ack 1001");
    assert_sent(lab, "P. 1001:1011(10) ack 5001");
}

static void test_send_goes_no_farther_than_the_peers_window(struct lab *lab)
{
    lab_in_state(lab, TCP_SYN_SENT);
    lab_arrives(lab, "S. 5000(0) ack 1001 win 2000 <mss 1000>");
    lab_sends(lab, 5000);
    assert_sent(lab, ". 1001:2001(1000) ack 5001", ". 2001:3001(1000) ack 5001");
    lab_arrives(lab, ". 5001(0) ack 2001 win 2000");
    assert_sent(lab, ". 3001:4001(1000) ack 5001");
}

static void test_send_room_is_what_the_buffer_leaves(struct lab *lab)
{
    lab->params.send_buffer_bytes = 1000;
    lab_established(lab);
    assert_int_equal(tcp_send_room(&lab->tcb), 1000);
    lab_sends(lab, 600);
    assert_int_equal(tcp_send_room(&lab->tcb), 400);
    lab_arrives(lab, ". 5001(0) ack 1101");
    assert_int_equal(tcp_send_room(&lab->tcb), 500);
    lab_closes(lab);
    assert_int_equal(tcp_send_room(&lab->tcb), 0);
}

/* ---- 3.10.4 CLOSE --------------------------------------------------------------------------- */

static void test_close_in_syn_sent_forgets_without_a_word(struct lab *lab)
{
    lab_in_state(lab, TCP_SYN_SENT);
    lab_closes(lab);
    assert_silent(lab);
    assert_state(lab, TCP_CLOSED);
    assert_rule(lab, RULE_CLOSE_BEFORE_OPEN);
    assert_no_timer(lab);
}

/* "If no SENDs have been issued and there is no pending data to send, then form a FIN segment and
 * send it, and enter FIN-WAIT-1 state". */
static void test_close_in_syn_received_sends_fin(struct lab *lab)
{
    lab_in_state(lab, TCP_SYN_RECEIVED);
    lab_closes(lab);
    assert_sent(lab, "F. 1001:1001(0) ack 5001");
    assert_state(lab, TCP_FIN_WAIT_1);
    assert_rule(lab, RULE_USER_CLOSE);
    lab_arrives(lab, ". 5001(0) ack 1002");
    assert_state(lab, TCP_FIN_WAIT_2);
}

/* "otherwise, queue for processing after entering ESTABLISHED state." */
static void test_close_in_syn_received_with_data_waits_for_established(struct lab *lab)
{
    lab_crossed(lab);
    lab_sends(lab, 10);
    assert_int_equal(lab_closes(lab), SIM_OK);
    assert_silent(lab);
    assert_state(lab, TCP_SYN_RECEIVED);
    assert_int_equal(lab_closes(lab), SIM_CLOSING);
    lab_arrives(lab, ". 5001(0) ack 1001");
    assert_sent(lab, "FP. 1001:1011(10) ack 5001");
    assert_state(lab, TCP_FIN_WAIT_1);
    assert_rule(lab, RULE_USER_CLOSE);
}

static void test_fin_on_the_ack_that_ends_a_queued_close_crosses(struct lab *lab)
{
    lab_crossed(lab);
    lab_sends(lab, 10);
    lab_closes(lab);
    lab_arrives(lab, "F. 5001(0) ack 1001");
    assert_sent(lab, "FP. 1001:1011(10) ack 5002");
    assert_state(lab, TCP_CLOSING);
}

/* The SYN-ACK was lost, and a CLOSE came meanwhile: both come again, one after the other. */
static void test_close_in_syn_received_survives_a_lost_syn_ack(struct lab *lab)
{
    lab_in_state(lab, TCP_SYN_RECEIVED);
    lab_closes(lab);
    lab_advance(lab, SIM_SECOND);
    assert_sent(lab, "S. 1000:1000(0) ack 5001 win 65535 <mss 1460>", "F. 1001:1001(0) ack 5001");
    lab_arrives(lab, ". 5001(0) ack 1001");
    assert_silent(lab);
    assert_state(lab, TCP_FIN_WAIT_1);
    lab_arrives(lab, ". 5001(0) ack 1002");
    assert_state(lab, TCP_FIN_WAIT_2);
}

/* ---- close of a socket ---------------------------------------------------------------------- */

static void test_closing_with_unread_data_resets(struct lab *lab)
{
    lab_established(lab);
    lab_arrives(lab, "P. 5001(10) ack 1001");
    lab_detaches(lab);
    assert_sent(lab, "R. 1001:1001(0) ack 5011");
    assert_state(lab, TCP_CLOSED);
    assert_rule(lab, RULE_CLOSE_UNREAD);
}

static void test_closing_with_data_beyond_a_gap_resets(struct lab *lab)
{
    lab_established(lab);
    lab_arrives(lab, "P. 5011(10) ack 1001");
    lab_detaches(lab);
    assert_sent(lab, "R. 1001:1001(0) ack 5001");
}

static void test_closing_with_all_data_read_sends_fin(struct lab *lab)
{
    lab_established(lab);
    lab_arrives(lab, "P. 5001(10) ack 1001");
    lab_reads(lab, 10);
    lab_detaches(lab);
    assert_sent(lab, "F. 1001:1001(0) ack 5011");
    assert_state(lab, TCP_FIN_WAIT_1);
}

static void test_without_the_rule_closing_with_unread_data_sends_fin(struct lab *lab)
{
    lab_without(lab, RULE_CLOSE_UNREAD);
    lab_established(lab);
    lab_arrives(lab, "P. 5001(10) ack 1001");
    lab_detaches(lab);
    assert_sent(lab, "F. 1001:1001(0) ack 5011");
}

static void test_closed_socket_waits_for_the_peers_fin_no_longer_than_is_set(struct lab *lab)
{
    lab->params.fin_wait_2_timeout = 30 * SIM_SECOND;
    lab_established(lab);
    lab_detaches(lab);
    lab_arrives(lab, ". 5001(0) ack 1002");
    assert_state(lab, TCP_FIN_WAIT_2);
    lab_advance(lab, 30 * SIM_SECOND - 1);
    assert_state(lab, TCP_FIN_WAIT_2);
    lab_advance(lab, 1);
    assert_silent(lab);
    assert_state(lab, TCP_CLOSED);
    assert_rule(lab, RULE_FIN_WAIT_2_TIMEOUT);
}

static void test_socket_closed_in_fin_wait_2_waits_from_then(struct lab *lab)
{
    lab->params.fin_wait_2_timeout = 30 * SIM_SECOND;
    lab_in_state(lab, TCP_FIN_WAIT_2);
    assert_no_timer(lab);
    lab_advance(lab, 100 * SIM_SECOND);
    lab_detaches(lab);
    assert_armed(lab, TCP_TIMER_FIN_WAIT_2, lab->now + 30 * SIM_SECOND);
}

static void test_fin_wait_2_lasts_for_ever_as_the_rfc_has_it(struct lab *lab)
{
    lab_established(lab);
    lab_detaches(lab);
    lab_arrives(lab, ". 5001(0) ack 1002");
    assert_no_timer(lab);
}

/* ---- 3.10.5 ABORT --------------------------------------------------------------------------- */

static void test_abort_sends_rst_where_the_peer_knows_of_us(struct lab *lab)
{
    static const struct {
        enum tcp_state state;
        const char *rst;
    } rows[] = {
        { TCP_SYN_RECEIVED, "R 1001:1001(0)" }, { TCP_ESTABLISHED, "R 1001:1001(0)" },
        { TCP_FIN_WAIT_1, "R 1002:1002(0)" },   { TCP_FIN_WAIT_2, "R 1002:1002(0)" },
        { TCP_CLOSE_WAIT, "R 1001:1001(0)" },
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        lab_init(lab, lab->local_shift, lab->peer_shift);
        lab_in_state(lab, rows[i].state);
        lab_aborts(lab);
        assert_sent(lab, rows[i].rst);
        assert_state(lab, TCP_CLOSED);
        assert_rule(lab, RULE_USER_ABORT);
        assert_int_equal(lab->tcb.error, SIM_ABORTED);
        assert_no_timer(lab);
    }
}

static void test_abort_is_silent_elsewhere(struct lab *lab)
{
    static const enum tcp_state states[] = { TCP_SYN_SENT, TCP_CLOSING, TCP_LAST_ACK,
                                             TCP_TIME_WAIT };
    for (size_t i = 0; i < COUNT_OF(states); i++) {
        lab_init(lab, lab->local_shift, lab->peer_shift);
        lab_in_state(lab, states[i]);
        lab_aborts(lab);
        assert_silent(lab);
        assert_state(lab, TCP_CLOSED);
        assert_no_timer(lab);
    }
}

static void test_abort_after_a_timeout_lies_behind_everything_sent(struct lab *lab)
{
    lab_established(lab);
    lab_sends(lab, 3 * LAB_MSS);
    lab_advance(lab, SIM_SECOND);
    lab_aborts(lab);
    assert_sent(lab, "R 5381:5381(0)");
}

static void test_abort_of_nothing_is_nothing(struct lab *lab)
{
    lab_aborts(lab);
    assert_silent(lab);
    assert_int_equal(lab->change_count, 0);
}

/* ---- 3.10.6 STATUS -------------------------------------------------------------------------- */

static void test_status_tells_the_variables(struct lab *lab)
{
    lab_established(lab);
    lab_sends(lab, 100);
    lab_arrives(lab, "P. 5001(10) ack 1041 win 500");
    struct tcp_status status;
    tcp_user_status(&lab->tcb, &status);
    assert_int_equal(status.state, TCP_ESTABLISHED);
    assert_int_equal(status.iss - lab->local_shift, 1000);
    assert_int_equal(status.irs - lab->peer_shift, 5000);
    assert_int_equal(status.snd_una - lab->local_shift, 1041);
    assert_int_equal(status.snd_nxt - lab->local_shift, 1101);
    assert_int_equal(status.snd_wnd, 500);
    assert_int_equal(status.rcv_nxt - lab->peer_shift, 5011);
    assert_int_equal(status.rcv_wnd, 65525);
    assert_int_equal(status.bytes_sent, 100);
    assert_int_equal(status.bytes_acked, 40);
    assert_int_equal(status.send_queue_bytes, 60);
    assert_int_equal(status.receive_queue_bytes, 10);
    assert_int_equal(status.bytes_received, 10);
    assert_string_equal(status.timer, "delack");
    assert_true(status.timer_expires == lab->now + 40 * SIM_MILLISECOND);
}

static void test_status_without_a_timer_says_never(struct lab *lab)
{
    lab_established(lab);
    struct tcp_status status;
    tcp_user_status(&lab->tcb, &status);
    assert_null(status.timer);
    assert_true(status.timer_expires == SIM_NEVER);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        lab_test(test_active_open_sends_syn_and_enters_syn_sent),
        lab_test(test_send_is_answered_by_state),
        lab_test(test_close_is_answered_by_state),
        lab_test(test_second_close_sends_no_second_fin),
        lab_test(test_send_after_a_reset_says_what_happened),
        lab_test(test_send_is_segmentized_with_push_on_the_last),
        lab_test(test_send_carries_an_owed_ack),
        lab_test(test_send_before_established_is_queued),
        lab_test(test_send_goes_no_farther_than_the_peers_window),
        lab_test(test_send_room_is_what_the_buffer_leaves),
        lab_test(test_close_in_syn_sent_forgets_without_a_word),
        lab_test(test_close_in_syn_received_sends_fin),
        lab_test(test_close_in_syn_received_with_data_waits_for_established),
        lab_test(test_fin_on_the_ack_that_ends_a_queued_close_crosses),
        lab_test(test_close_in_syn_received_survives_a_lost_syn_ack),
        lab_test(test_closing_with_unread_data_resets),
        lab_test(test_closing_with_data_beyond_a_gap_resets),
        lab_test(test_closing_with_all_data_read_sends_fin),
        lab_test(test_without_the_rule_closing_with_unread_data_sends_fin),
        lab_test(test_closed_socket_waits_for_the_peers_fin_no_longer_than_is_set),
        lab_test(test_socket_closed_in_fin_wait_2_waits_from_then),
        lab_test(test_fin_wait_2_lasts_for_ever_as_the_rfc_has_it),
        lab_test(test_abort_sends_rst_where_the_peer_knows_of_us),
        lab_test(test_abort_is_silent_elsewhere),
        lab_test(test_abort_after_a_timeout_lies_behind_everything_sent),
        lab_test(test_abort_of_nothing_is_nothing),
        lab_test(test_status_tells_the_variables),
        lab_test(test_status_without_a_timer_says_never),
    };
    return cmocka_run_group_tests_name("rfc/user_calls", tests, NULL, NULL);
}
