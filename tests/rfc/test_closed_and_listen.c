/* RFC 9293 3.10.7.1 (CLOSED) and 3.10.7.2 (LISTEN), and 3.5.2, reset generation. */
#include "tests/support/tcb_fixture.h"

#include "sim/base/common.h"

/* ---- CLOSED --------------------------------------------------------------------------------- */

/* "If the ACK bit is off, sequence number zero is used, <SEQ=0><ACK=SEG.SEQ+SEG.LEN><CTL=RST,ACK>" */
static void test_closed_answers_segment_without_ack_by_rst_ack_from_zero(struct lab *lab)
{
    static const struct {
        const char *segment, *answer;
    } rows[] = {
        { "S 7000(0)", "R. 0:0(0) ack 7001" },   { "S 7000(10)", "R. 0:0(0) ack 7011" },
        { "SF 7000(10)", "R. 0:0(0) ack 7012" }, { "F 7000(0)", "R. 0:0(0) ack 7001" },
        { "P 7000(5)", "R. 0:0(0) ack 7005" },   { "S 4294967295(0)", "R. 0:0(0) ack 0" },
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        lab_arrives(lab, "%s", rows[i].segment);
        assert_sent(lab, rows[i].answer);
        assert_state(lab, TCP_CLOSED);
        assert_rule(lab, RULE_CLOSED_SENDS_RST);
    }
}

/* "If the ACK bit is on, <SEQ=SEG.ACK><CTL=RST>" */
static void test_closed_answers_segment_with_ack_by_rst_at_that_ack(struct lab *lab)
{
    static const char *const segments[] = { ". 7000(0) ack 900", "S. 7000(0) ack 900",
                                            "FP. 7000(20) ack 900" };
    for (size_t i = 0; i < COUNT_OF(segments); i++) {
        lab_arrives(lab, "%s", segments[i]);
        assert_sent(lab, "R 900:900(0)");
        assert_rule(lab, RULE_CLOSED_SENDS_RST);
    }
}

static void test_closed_never_answers_rst(struct lab *lab)
{
    static const char *const segments[] = { "R 7000(0)", "R. 7000(0) ack 900", "SR 7000(0)" };
    for (size_t i = 0; i < COUNT_OF(segments); i++) {
        lab_arrives(lab, "%s", segments[i]);
        assert_silent(lab);
        assert_rule(lab, RULE_RST_IGNORED_WHEN_CLOSED);
    }
}

static void test_without_the_rule_closed_is_mute(struct lab *lab)
{
    lab_without(lab, RULE_CLOSED_SENDS_RST);
    lab_arrives(lab, "S 7000(0)");
    assert_silent(lab);
}

/* ---- LISTEN --------------------------------------------------------------------------------- */

static void test_listen_ignores_rst(struct lab *lab)
{
    static const char *const segments[] = { "R 5000(0)", "R. 5000(0) ack 9", "SR 5000(0)" };
    lab_in_state(lab, TCP_LISTEN);
    for (size_t i = 0; i < COUNT_OF(segments); i++) {
        lab_arrives(lab, "%s", segments[i]);
        assert_silent(lab);
        assert_state(lab, TCP_LISTEN);
        assert_rule(lab, RULE_LISTEN_IGNORES_RST);
    }
}

static void test_listen_answers_any_ack_with_rst_at_that_ack(struct lab *lab)
{
    static const char *const segments[] = { ". 5000(0) ack 900", "S. 5000(0) ack 900",
                                            "FP. 5000(7) ack 900" };
    lab_in_state(lab, TCP_LISTEN);
    for (size_t i = 0; i < COUNT_OF(segments); i++) {
        lab_arrives(lab, "%s", segments[i]);
        assert_sent(lab, "R 900:900(0)");
        assert_state(lab, TCP_LISTEN);
        assert_rule(lab, RULE_LISTEN_REFUSES_ACK);
    }
}

static void test_listen_drops_what_has_neither_rst_ack_nor_syn(struct lab *lab)
{
    static const char *const segments[] = { "F 5000(0)", "P 5000(7)", "U 5000(0)" };
    lab_in_state(lab, TCP_LISTEN);
    for (size_t i = 0; i < COUNT_OF(segments); i++) {
        lab_arrives(lab, "%s", segments[i]);
        assert_silent(lab);
        assert_state(lab, TCP_LISTEN);
        assert_rule(lab, RULE_LISTEN_DROPS);
    }
}

static void test_only_a_syn_alone_begins_a_connection(struct lab *lab)
{
    static const struct {
        uint16_t flags;
        bool begins;
    } rows[] = {
        { TCP_SYN, true },
        { TCP_SYN | TCP_ECE | TCP_CWR, true },
        { TCP_SYN | TCP_FIN, true },
        { TCP_SYN | TCP_ACK, false },
        { TCP_SYN | TCP_RST, false },
        { TCP_ACK, false },
        { TCP_FIN, false },
        { 0, false },
    };
    (void)lab;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct segment s = { .flags = rows[i].flags };
        assert_int_equal(tcp_listen_accepts(&s), rows[i].begins);
    }
}

static void test_syn_at_listener_gets_syn_ack_and_leads_to_syn_received(struct lab *lab)
{
    lab_in_state(lab, TCP_LISTEN);
    lab_arrives(lab, "S 5000(0) win 4000 <mss 1000>");
    assert_sent(lab, "S. 1000:1000(0) ack 5001 win 65535 <mss 1460>");
    assert_state(lab, TCP_SYN_RECEIVED);
    assert_rule(lab, RULE_SYN_RECEIVED);
    assert_int_equal(lab->change_count, 1);
    assert_int_equal(lab->changes[0].from, TCP_LISTEN);
}

static void test_syn_sets_the_variables_of_the_child(struct lab *lab)
{
    lab_in_state(lab, TCP_LISTEN);
    lab_arrives(lab, "S 5000(0) win 4000 <mss 1000>");
    const struct tcb *t = &lab->tcb;
    assert_int_equal(t->rcv.irs - lab->peer_shift, 5000);
    assert_int_equal(lab_rcv_nxt(lab), 5001);
    assert_int_equal(lab_snd_una(lab), 1000);
    assert_int_equal(lab_snd_nxt(lab), 1001);
    assert_int_equal(t->snd.wnd, 4000);
    assert_int_equal(t->mss, 1000);
    assert_true(t->passive);
    assert_armed(lab, TCP_TIMER_REXMT, lab->now + SIM_SECOND);
}

/* RFC 9293 3.7.1, MUST-15: "If an MSS Option is not received at connection setup, TCP
 * implementations MUST assume a default send MSS of 536". */
static void test_syn_without_mss_means_536(struct lab *lab)
{
    lab_in_state(lab, TCP_LISTEN);
    lab_arrives(lab, "S 5000(0)");
    assert_int_equal(lab->tcb.mss, 536);
}

static void test_mss_of_the_peer_never_raises_ours(struct lab *lab)
{
    lab_in_state(lab, TCP_LISTEN);
    lab_arrives(lab, "S 5000(0) <mss 9000>");
    assert_int_equal(lab->tcb.mss, LAB_MSS);
}

/* A peer that asks for segments of no bytes would never get its data. */
static void test_mss_of_zero_is_taken_as_one(struct lab *lab)
{
    lab_in_state(lab, TCP_LISTEN);
    lab_arrives(lab, "S 5000(0) <mss 0>");
    assert_int_equal(lab->tcb.mss, 1);
}

/* "any other control or text should be queued for processing later": the choice here is not to
 * acknowledge it, so that it comes again. */
static void test_text_on_a_syn_is_not_acknowledged_and_comes_again(struct lab *lab)
{
    lab_in_state(lab, TCP_LISTEN);
    lab_arrives(lab, "S 5000(100)");
    assert_sent(lab, "S. 1000:1000(0) ack 5001 win 65535 <mss 1460>");
    lab_arrives(lab, "P. 5001(100) ack 1001");
    assert_state(lab, TCP_ESTABLISHED);
    assert_readable(lab, 100);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        lab_test_plain(test_closed_answers_segment_without_ack_by_rst_ack_from_zero),
        lab_test(test_closed_answers_segment_with_ack_by_rst_at_that_ack),
        lab_test(test_closed_never_answers_rst),
        lab_test(test_without_the_rule_closed_is_mute),
        lab_test(test_listen_ignores_rst),
        lab_test(test_listen_answers_any_ack_with_rst_at_that_ack),
        lab_test(test_listen_drops_what_has_neither_rst_ack_nor_syn),
        lab_test(test_only_a_syn_alone_begins_a_connection),
        lab_test(test_syn_at_listener_gets_syn_ack_and_leads_to_syn_received),
        lab_test(test_syn_sets_the_variables_of_the_child),
        lab_test(test_syn_without_mss_means_536),
        lab_test(test_mss_of_the_peer_never_raises_ours),
        lab_test(test_mss_of_zero_is_taken_as_one),
        lab_test(test_text_on_a_syn_is_not_acknowledged_and_comes_again),
    };
    return cmocka_run_group_tests_name("rfc/closed_and_listen", tests, NULL, NULL);
}
