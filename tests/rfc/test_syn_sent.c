/* RFC 9293 3.10.7.3: SYN-SENT. */
#include "tests/support/tcb_fixture.h"

#include <stdio.h>

#include "sim/base/common.h"

/* ---- first, check the ACK bit --------------------------------------------------------------- */

static void test_ack_of_anything_but_our_syn_is_answered_with_rst(struct lab *lab)
{
    static const uint32_t acks[] = { 1000, 999, 1002, 1000u + 0x7fffffffu };
    lab_in_state(lab, TCP_SYN_SENT);
    for (size_t i = 0; i < COUNT_OF(acks); i++) {
        lab_arrives(lab, "S. 5000(0) ack %u", acks[i]);
        char rst[64];
        (void)snprintf(rst, sizeof rst, "R %u:%u(0)", acks[i], acks[i]);
        assert_sent(lab, rst);
        assert_state(lab, TCP_SYN_SENT);
        assert_rule(lab, RULE_SYN_SENT_REFUSES_ACK);
    }
}

/* Figure 9: an old connection of the peer's answers our SYN. */
static void test_ack_from_an_old_connection_is_reset_without_harm(struct lab *lab)
{
    lab_in_state(lab, TCP_SYN_SENT);
    lab_arrives(lab, ". 300(0) ack 100");
    assert_sent(lab, "R 100:100(0)");
    assert_state(lab, TCP_SYN_SENT);
    assert_armed(lab, TCP_TIMER_REXMT, lab->now + SIM_SECOND);
}

static void test_rst_with_wrong_ack_is_dropped_silently(struct lab *lab)
{
    static const uint32_t acks[] = { 1000, 1002 };
    lab_in_state(lab, TCP_SYN_SENT);
    for (size_t i = 0; i < COUNT_OF(acks); i++) {
        lab_arrives(lab, "R. 5000(0) ack %u", acks[i]);
        assert_silent(lab);
        assert_state(lab, TCP_SYN_SENT);
    }
}

/* ---- second, check the RST bit -------------------------------------------------------------- */

static void test_rst_that_acknowledges_our_syn_refuses(struct lab *lab)
{
    lab_in_state(lab, TCP_SYN_SENT);
    lab_arrives(lab, "R. 0(0) ack 1001");
    assert_silent(lab);
    assert_state(lab, TCP_CLOSED);
    assert_rule(lab, RULE_RST_REFUSES);
    assert_int_equal(lab->tcb.error, SIM_REFUSED);
    assert_notice(lab, TCP_NOTICE_CLOSED);
    assert_no_timer(lab);
}

static void test_rst_without_ack_is_dropped_silently(struct lab *lab)
{
    lab_in_state(lab, TCP_SYN_SENT);
    lab_arrives(lab, "R 5000(0)");
    assert_silent(lab);
    assert_state(lab, TCP_SYN_SENT);
    assert_rule(lab, RULE_SYN_SENT_IGNORES_RST);
}

static void test_rst_counts_before_the_syn_bit(struct lab *lab)
{
    lab_in_state(lab, TCP_SYN_SENT);
    lab_arrives(lab, "SR. 5000(0) ack 1001");
    assert_silent(lab);
    assert_state(lab, TCP_CLOSED);
}

/* ---- fourth, check the SYN bit -------------------------------------------------------------- */

static void test_syn_ack_is_acknowledged_and_establishes(struct lab *lab)
{
    lab_in_state(lab, TCP_SYN_SENT);
    lab_arrives(lab, "S. 5000(0) ack 1001 win 3000 <mss 1000>");
    assert_sent(lab, ". 1001:1001(0) ack 5001 win 65535");
    assert_state(lab, TCP_ESTABLISHED);
    assert_rule(lab, RULE_SYN_ACK_ESTABLISHES);
    assert_notice(lab, TCP_NOTICE_CONNECTED);
    assert_no_timer(lab);
}

static void test_syn_ack_sets_the_variables(struct lab *lab)
{
    lab_in_state(lab, TCP_SYN_SENT);
    lab_arrives(lab, "S. 5000(0) ack 1001 win 3000 <mss 1000>");
    const struct tcb *t = &lab->tcb;
    assert_int_equal(t->rcv.irs - lab->peer_shift, 5000);
    assert_int_equal(lab_rcv_nxt(lab), 5001);
    assert_int_equal(lab_snd_una(lab), 1001);
    assert_int_equal(t->snd.wnd, 3000);
    assert_int_equal(t->snd.wl1 - lab->peer_shift, 5000);
    assert_int_equal(t->snd.wl2 - lab->local_shift, 1001);
    assert_int_equal(t->mss, 1000);
}

static void test_data_queued_before_rides_on_the_last_ack_of_the_handshake(struct lab *lab)
{
    lab_in_state(lab, TCP_SYN_SENT);
    assert_int_equal(lab_sends(lab, 200), SIM_OK);
    assert_silent(lab);
    lab_arrives(lab, "S. 5000(0) ack 1001 win 65535 <mss 1460>");
    assert_sent(lab, "P. 1001:1201(200) ack 5001 win 65535");
}

static void test_text_on_the_syn_ack_is_taken(struct lab *lab)
{
    lab_in_state(lab, TCP_SYN_SENT);
    lab_arrives(lab, "SP. 5000(50) ack 1001");
    assert_sent(lab, ". 1001:1001(0) ack 5051");
    assert_state(lab, TCP_ESTABLISHED);
    assert_readable(lab, 50);
}

static void test_fin_on_the_syn_ack_leads_to_close_wait(struct lab *lab)
{
    lab_in_state(lab, TCP_SYN_SENT);
    lab_arrives(lab, "SF. 5000(50) ack 1001");
    assert_sent(lab, ". 1001:1001(0) ack 5052");
    assert_state(lab, TCP_CLOSE_WAIT);
    assert_readable(lab, 50);
    assert_notice(lab, TCP_NOTICE_PEER_CLOSED);
}

static void test_syn_without_ack_leads_to_syn_received(struct lab *lab)
{
    lab_in_state(lab, TCP_SYN_SENT);
    lab_arrives(lab, "S 5000(0)");
    assert_sent(lab, "S. 1000:1000(0) ack 5001 win 65535 <mss 1460>");
    assert_state(lab, TCP_SYN_RECEIVED);
    assert_rule(lab, RULE_SIMULTANEOUS_OPEN);
    assert_no_notice(lab, TCP_NOTICE_CONNECTED);
}

/* ---- fifth ---------------------------------------------------------------------------------- */

static void test_segment_with_neither_syn_nor_rst_is_dropped(struct lab *lab)
{
    static const char *const segments[] = { ". 5000(0) ack 1001", "FP. 5000(10) ack 1001",
                                            "P 5000(10)", "F 5000(0)" };
    lab_in_state(lab, TCP_SYN_SENT);
    for (size_t i = 0; i < COUNT_OF(segments); i++) {
        lab_arrives(lab, "%s", segments[i]);
        assert_silent(lab);
        assert_state(lab, TCP_SYN_SENT);
        assert_rule(lab, RULE_SYN_SENT_DROPS);
        assert_int_equal(lab_snd_una(lab), 1000);
        assert_armed(lab, TCP_TIMER_REXMT, lab->now + SIM_SECOND);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        lab_test(test_ack_of_anything_but_our_syn_is_answered_with_rst),
        lab_test(test_ack_from_an_old_connection_is_reset_without_harm),
        lab_test(test_rst_with_wrong_ack_is_dropped_silently),
        lab_test(test_rst_that_acknowledges_our_syn_refuses),
        lab_test(test_rst_without_ack_is_dropped_silently),
        lab_test(test_rst_counts_before_the_syn_bit),
        lab_test(test_syn_ack_is_acknowledged_and_establishes),
        lab_test(test_syn_ack_sets_the_variables),
        lab_test(test_data_queued_before_rides_on_the_last_ack_of_the_handshake),
        lab_test(test_text_on_the_syn_ack_is_taken),
        lab_test(test_fin_on_the_syn_ack_leads_to_close_wait),
        lab_test(test_syn_without_ack_leads_to_syn_received),
        lab_test(test_segment_with_neither_syn_nor_rst_is_dropped),
    };
    return cmocka_run_group_tests_name("rfc/syn_sent", tests, NULL, NULL);
}
