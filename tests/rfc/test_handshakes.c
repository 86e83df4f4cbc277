/* RFC 9293 3.5: establishing a connection, by three messages, and by two and four. */
#include "tests/support/tcb_fixture.h"

#include "sim/base/common.h"

/* ---- three ---------------------------------------------------------------------------------- */

static void test_figure_6_from_the_active_side(struct lab *lab)
{
    lab_opens(lab);
    assert_sent(lab, "S 1000:1000(0) win 65535 <mss 1460>");
    assert_state(lab, TCP_SYN_SENT);
    lab_arrives(lab, "S. 5000(0) ack 1001 <mss 1460>");
    assert_sent(lab, ". 1001:1001(0) ack 5001");
    assert_state(lab, TCP_ESTABLISHED);
}

static void test_figure_6_from_the_passive_side(struct lab *lab)
{
    lab_in_state(lab, TCP_LISTEN);
    lab_arrives(lab, "S 5000(0) <mss 1460>");
    assert_sent(lab, "S. 1000:1000(0) ack 5001");
    assert_state(lab, TCP_SYN_RECEIVED);
    lab_arrives(lab, ". 5001(0) ack 1001");
    assert_silent(lab);
    assert_state(lab, TCP_ESTABLISHED);
}

/* Figure 8: an old SYN reaches the listener; the peer refuses our answer, and its real SYN then
 * finds a listener again. */
static void test_old_duplicate_syn_makes_no_connection(struct lab *lab)
{
    lab_in_state(lab, TCP_LISTEN);
    lab_arrives(lab, "S 4000(0)");
    assert_sent(lab, "S. 1000:1000(0) ack 4001");
    lab_arrives(lab, "R 4001(0)");
    assert_silent(lab);
    assert_state(lab, TCP_LISTEN);
    lab_arrives(lab, "S 5000(0)");
    assert_sent(lab, "S. 1000:1000(0) ack 5001");
}

static void test_a_connection_is_told_of_only_when_our_syn_is_acknowledged(struct lab *lab)
{
    lab_opens(lab);
    assert_no_notice(lab, TCP_NOTICE_CONNECTED);
    lab_arrives(lab, "S. 5000(0) ack 1001");
    assert_notice(lab, TCP_NOTICE_CONNECTED);
}

static void test_passive_side_hears_no_connected(struct lab *lab)
{
    lab_accepted(lab);
    assert_no_notice(lab, TCP_NOTICE_CONNECTED);
}

/* ---- two ------------------------------------------------------------------------------------ */

static void listen_two_way(struct lab *lab)
{
    lab->params.handshake = TCP_TWO_WAY;
    lab_in_state(lab, TCP_LISTEN);
}

static void test_two_way_believes_the_first_syn(struct lab *lab)
{
    listen_two_way(lab);
    lab_arrives(lab, "S 5000(0)");
    assert_sent(lab, "S. 1000:1000(0) ack 5001 win 65535 <mss 1460>");
    assert_state(lab, TCP_ESTABLISHED);
    assert_rule(lab, RULE_TWO_WAY);
}

static void test_two_way_takes_data_without_an_ack_of_our_syn(struct lab *lab)
{
    listen_two_way(lab);
    lab_arrives(lab, "S 5000(0)");
    lab_arrives(lab, "P. 5001(10) ack 1000");
    assert_readable(lab, 10);
}

static void test_two_way_repeats_a_lost_syn_ack(struct lab *lab)
{
    listen_two_way(lab);
    lab_arrives(lab, "S 5000(0)");
    lab_advance(lab, SIM_SECOND);
    assert_sent(lab, "S. 1000:1000(0) ack 5001 win 65535 <mss 1460>");
    lab_arrives(lab, ". 5001(0) ack 1001");
    assert_no_timer(lab);
}

static void test_two_way_sends_data_beside_its_syn_ack_and_repeats_both(struct lab *lab)
{
    listen_two_way(lab);
    lab_arrives(lab, "S 5000(0)");
    lab_sends(lab, 2 * lab->tcb.mss);
    lab_advance(lab, 60 * SIM_SECOND);
    assert_state(lab, TCP_ESTABLISHED);
    lab_arrives(lab, ". 5001(0) ack 1001");
    lab_advance(lab, 1000 * SIM_SECOND);
    assert_true(lab->sent_count > 0);
    lab_arrives(lab, ". 5001(0) ack %u", 1001 + 2u * lab->tcb.mss);
    assert_no_timer(lab);
    assert_int_equal(lab->tcb.snd.acked, lab->tcb.snd.written);
}

static void test_two_way_gives_an_unanswered_syn_ack_up_like_any(struct lab *lab)
{
    listen_two_way(lab);
    lab_arrives(lab, "S 5000(0)");
    lab_advance(lab, 63 * SIM_SECOND);
    assert_sent_at_ms(lab, 1000, 3000, 7000, 15000, 31000);
    assert_state(lab, TCP_CLOSED);
}

/* ---- four ----------------------------------------------------------------------------------- */

static void test_four_way_answers_with_ack_and_syn_apart(struct lab *lab)
{
    lab->params.handshake = TCP_FOUR_WAY;
    lab_in_state(lab, TCP_LISTEN);
    lab_arrives(lab, "S 5000(0)");
    assert_sent(lab, ". 1000:1000(0) ack 5001", "S 1000:1000(0) win 65535 <mss 1460>");
    assert_state(lab, TCP_SYN_RECEIVED);
    assert_rule(lab, RULE_FOUR_WAY);
    lab_arrives(lab, ". 5001(0) ack 1001");
    assert_state(lab, TCP_ESTABLISHED);
}

static void open_four_way(struct lab *lab)
{
    lab->params.handshake = TCP_FOUR_WAY;
    lab_opens(lab);
    lab_arrives(lab, ". 5000(0) ack 1001");
    assert_silent(lab);
    assert_state(lab, TCP_SYN_SENT);
    assert_rule(lab, RULE_FOUR_WAY);
}

static void test_four_way_opener_waits_for_the_peers_syn(struct lab *lab)
{
    open_four_way(lab);
    lab_arrives(lab, "S 5000(0) win 3000 <mss 1000>");
    assert_sent(lab, ". 1001:1001(0) ack 5001");
    assert_state(lab, TCP_ESTABLISHED);
    assert_notice(lab, TCP_NOTICE_CONNECTED);
    assert_int_equal(lab->tcb.snd.wnd, 3000);
    assert_int_equal(lab->tcb.mss, 1000);
}

/* The peer's SYN was lost; its second copy carries the ACK, which is not new and not wrong. */
static void test_four_way_opener_takes_a_syn_ack_after_the_early_ack(struct lab *lab)
{
    open_four_way(lab);
    lab_arrives(lab, "S. 5000(0) ack 1001");
    assert_sent(lab, ". 1001:1001(0) ack 5001");
    assert_state(lab, TCP_ESTABLISHED);
}

static void test_four_way_opener_takes_the_early_ack_twice(struct lab *lab)
{
    open_four_way(lab);
    lab_arrives(lab, ". 5000(0) ack 1001");
    assert_silent(lab);
    assert_state(lab, TCP_SYN_SENT);
}

static void test_four_way_opener_still_refuses_a_wrong_ack(struct lab *lab)
{
    open_four_way(lab);
    lab_arrives(lab, "S. 5000(0) ack 1000");
    assert_sent(lab, "R 1000:1000(0)");
    lab_arrives(lab, "S. 5000(0) ack 1002");
    assert_sent(lab, "R 1002:1002(0)");
}

static void test_four_way_opener_is_refused_by_rst_after_the_early_ack(struct lab *lab)
{
    open_four_way(lab);
    lab_arrives(lab, "R. 5001(0) ack 1001");
    assert_state(lab, TCP_CLOSED);
    assert_int_equal(lab->tcb.error, SIM_REFUSED);
}

static void test_four_way_opener_whose_early_ack_was_lost_opens_simultaneously(struct lab *lab)
{
    lab->params.handshake = TCP_FOUR_WAY;
    lab_opens(lab);
    lab_arrives(lab, "S 5000(0)");
    assert_sent(lab, "S. 1000:1000(0) ack 5001");
    assert_state(lab, TCP_SYN_RECEIVED);
    lab_arrives(lab, ". 5001(0) ack 1001");
    assert_state(lab, TCP_ESTABLISHED);
}

static void test_four_way_listener_repeats_its_syn_with_the_ack(struct lab *lab)
{
    lab->params.handshake = TCP_FOUR_WAY;
    lab_in_state(lab, TCP_LISTEN);
    lab_arrives(lab, "S 5000(0)");
    lab_advance(lab, SIM_SECOND);
    assert_sent(lab, "S. 1000:1000(0) ack 5001 win 65535 <mss 1460>");
}

/* The peer may be gone: its SYN is not waited for longer than an answer to ours would have been. */
static void test_four_way_opener_does_not_wait_for_ever(struct lab *lab)
{
    open_four_way(lab);
    lab_advance(lab, 127 * SIM_SECOND - 1);
    assert_silent(lab);
    assert_state(lab, TCP_SYN_SENT);
    lab_advance(lab, 1);
    assert_silent(lab);
    assert_state(lab, TCP_CLOSED);
    assert_int_equal(lab->tcb.error, SIM_TIMED_OUT);
}

static void test_four_way_opener_stops_waiting_when_the_syn_comes(struct lab *lab)
{
    open_four_way(lab);
    lab_advance(lab, 20 * SIM_SECOND);
    lab_arrives(lab, "S 5000(0)");
    assert_state(lab, TCP_ESTABLISHED);
    assert_no_timer(lab);
    assert_int_equal(lab->tcb.rtt.backoff, 0);
}

static void test_three_way_opener_drops_an_early_ack(struct lab *lab)
{
    lab_opens(lab);
    lab_arrives(lab, ". 5000(0) ack 1001");
    assert_silent(lab);
    assert_rule(lab, RULE_SYN_SENT_DROPS);
    assert_int_equal(lab_snd_una(lab), 1000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        lab_test(test_figure_6_from_the_active_side),
        lab_test(test_figure_6_from_the_passive_side),
        lab_test(test_old_duplicate_syn_makes_no_connection),
        lab_test(test_a_connection_is_told_of_only_when_our_syn_is_acknowledged),
        lab_test(test_passive_side_hears_no_connected),
        lab_test(test_two_way_believes_the_first_syn),
        lab_test(test_two_way_takes_data_without_an_ack_of_our_syn),
        lab_test(test_two_way_repeats_a_lost_syn_ack),
        lab_test(test_two_way_sends_data_beside_its_syn_ack_and_repeats_both),
        lab_test(test_two_way_gives_an_unanswered_syn_ack_up_like_any),
        lab_test(test_four_way_answers_with_ack_and_syn_apart),
        lab_test(test_four_way_opener_waits_for_the_peers_syn),
        lab_test(test_four_way_opener_takes_a_syn_ack_after_the_early_ack),
        lab_test(test_four_way_opener_takes_the_early_ack_twice),
        lab_test(test_four_way_opener_still_refuses_a_wrong_ack),
        lab_test(test_four_way_opener_is_refused_by_rst_after_the_early_ack),
        lab_test(test_four_way_opener_whose_early_ack_was_lost_opens_simultaneously),
        lab_test(test_four_way_listener_repeats_its_syn_with_the_ack),
        lab_test(test_three_way_opener_drops_an_early_ack),
        lab_test(test_four_way_opener_does_not_wait_for_ever),
        lab_test(test_four_way_opener_stops_waiting_when_the_syn_comes),
    };
    return cmocka_run_group_tests_name("rfc/handshakes", tests, NULL, NULL);
}
