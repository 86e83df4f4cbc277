/* RFC 9293 3.8.6.3 and RFC 5681 4.2: when to send an ACK. */
#include "tests/support/tcb_fixture.h"

static void test_ack_of_one_segment_waits_40_ms(struct lab *lab)
{
    lab_established(lab);
    lab_arrives(lab, "P. 5001(10) ack 1001");
    assert_silent(lab);
    assert_rule(lab, RULE_DELAYED_ACK);
    lab_advance(lab, 40 * SIM_MILLISECOND - 1);
    assert_silent(lab);
    lab_advance(lab, 1);
    assert_sent(lab, ". 1001:1001(0) ack 5011");
    assert_rule(lab, RULE_DELAYED_ACK);
    assert_no_timer(lab);
}

static void test_second_segment_is_acknowledged_at_once(struct lab *lab)
{
    lab_established(lab);
    lab_arrives(lab, ". 5001(1460) ack 1001");
    assert_silent(lab);
    lab_arrives(lab, ". 6461(1460) ack 1001");
    assert_sent(lab, ". 1001:1001(0) ack 7921");
    assert_rule(lab, RULE_ACK_EVERY_SECOND);
    assert_no_timer(lab);
}

static void test_third_segment_waits_again(struct lab *lab)
{
    lab_established(lab);
    lab_arrives(lab, ". 5001(1460) ack 1001");
    lab_arrives(lab, ". 6461(1460) ack 1001");
    lab_advance(lab, 30 * SIM_MILLISECOND);
    lab_arrives(lab, ". 7921(1460) ack 1001");
    assert_silent(lab);
    assert_armed(lab, TCP_TIMER_DELACK, lab->now + 40 * SIM_MILLISECOND);
}

static void test_delay_counts_from_the_first_segment_that_is_owed(struct lab *lab)
{
    lab->params.delayed_ack = 200 * SIM_MILLISECOND;
    lab_established(lab);
    lab_arrives(lab, "P. 5001(10) ack 1001");
    assert_armed(lab, TCP_TIMER_DELACK, lab->now + 200 * SIM_MILLISECOND);
}

static void test_segment_without_text_is_not_acknowledged(struct lab *lab)
{
    lab_established(lab);
    lab_arrives(lab, ". 5001(0) ack 1001");
    assert_silent(lab);
    assert_no_timer(lab);
}

static void test_data_of_ours_carries_the_ack(struct lab *lab)
{
    lab_established(lab);
    lab_arrives(lab, "P. 5001(10) ack 1001");
    lab_sends(lab, 10);
    assert_sent(lab, "P. 1001:1011(10) ack 5011");
    assert_not_armed(lab, TCP_TIMER_DELACK);
    lab_arrives(lab, "P. 5011(10) ack 1011");
    assert_silent(lab);
}

static void test_no_delay_means_every_segment_is_acknowledged_at_once(struct lab *lab)
{
    lab->params.delayed_ack = 0;
    lab_established(lab);
    lab_arrives(lab, "P. 5001(10) ack 1001");
    assert_sent(lab, ". 1001:1001(0) ack 5011");
    assert_rule(lab, RULE_ACK_AT_ONCE);
}

static void test_without_the_rule_every_segment_is_acknowledged_at_once(struct lab *lab)
{
    lab_without(lab, RULE_DELAYED_ACK);
    lab_established(lab);
    lab_arrives(lab, "P. 5001(10) ack 1001");
    assert_sent(lab, ". 1001:1001(0) ack 5011");
}

/* RFC 5681 4.2: "Out-of-order data segments SHOULD be acknowledged immediately". */
static void test_every_segment_beyond_a_gap_is_acknowledged_at_once(struct lab *lab)
{
    lab_established(lab);
    for (unsigned i = 1; i <= 4; i++) {
        lab_arrives(lab, ". %u(1460) ack 1001", 5001 + i * 1460);
        assert_sent(lab, ". 1001:1001(0) ack 5001");
    }
}

static void test_repeated_text_is_acknowledged_at_once(struct lab *lab)
{
    lab_established(lab);
    lab_arrives(lab, "P. 5001(10) ack 1001");
    lab_arrives(lab, "P. 5001(10) ack 1001");
    assert_sent(lab, ". 1001:1001(0) ack 5011");
    assert_not_armed(lab, TCP_TIMER_DELACK);
}

static void test_one_ack_pays_for_all_that_is_owed(struct lab *lab)
{
    lab_established(lab);
    lab_arrives(lab, "P. 5001(10) ack 1001");
    lab_arrives(lab, "S 5011(0)");
    assert_sent(lab, ". 1001:1001(0) ack 5011");
    lab_advance(lab, SIM_SECOND);
    assert_silent(lab);
}

static void test_an_owed_ack_dies_with_the_connection(struct lab *lab)
{
    lab_established(lab);
    lab_arrives(lab, "P. 5001(10) ack 1001");
    lab_arrives(lab, "R 5011(0)");
    lab_advance(lab, SIM_SECOND);
    assert_silent(lab);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        lab_test(test_ack_of_one_segment_waits_40_ms),
        lab_test(test_second_segment_is_acknowledged_at_once),
        lab_test(test_third_segment_waits_again),
        lab_test(test_delay_counts_from_the_first_segment_that_is_owed),
        lab_test(test_segment_without_text_is_not_acknowledged),
        lab_test(test_data_of_ours_carries_the_ack),
        lab_test(test_no_delay_means_every_segment_is_acknowledged_at_once),
        lab_test(test_without_the_rule_every_segment_is_acknowledged_at_once),
        lab_test(test_every_segment_beyond_a_gap_is_acknowledged_at_once),
        lab_test(test_repeated_text_is_acknowledged_at_once),
        lab_test(test_one_ack_pays_for_all_that_is_owed),
        lab_test(test_an_owed_ack_dies_with_the_connection),
    };
    return cmocka_run_group_tests_name("rfc/delayed_ack", tests, NULL, NULL);
}
