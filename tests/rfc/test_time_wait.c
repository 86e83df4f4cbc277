/* RFC 9293 3.6.1 and 3.10.7.4: TIME-WAIT. */
#include "tests/support/tcb_fixture.h"

#include "sim/base/common.h"

static void test_time_wait_lasts_two_msl(struct lab *lab)
{
    lab_in_state(lab, TCP_TIME_WAIT);
    assert_rule(lab, RULE_TIME_WAIT);
    assert_notice(lab, TCP_NOTICE_CLOSED);
    lab_advance(lab, 60 * SIM_SECOND - 1);
    assert_state(lab, TCP_TIME_WAIT);
    lab_advance(lab, 1);
    assert_silent(lab);
    assert_state(lab, TCP_CLOSED);
    assert_rule(lab, RULE_TIME_WAIT_OVER);
    assert_int_equal(lab->tcb.error, SIM_OK);
}

static void test_only_the_time_wait_timer_runs(struct lab *lab)
{
    lab->params.user_timeout = 10 * SIM_SECOND;
    lab_in_state(lab, TCP_TIME_WAIT);
    for (int timer = 0; timer < TCP_TIMER_COUNT; timer++) {
        assert_int_equal(tcb_is_armed(&lab->tcb, (enum tcp_timer)timer),
                         timer == TCP_TIMER_TIME_WAIT);
    }
}

static void test_wait_of_a_closed_socket_for_a_fin_does_not_cut_time_wait_short(struct lab *lab)
{
    lab->params.fin_wait_2_timeout = 10 * SIM_SECOND;
    lab_established(lab);
    lab_detaches(lab);
    lab_arrives(lab, ". 5001(0) ack 1002");
    lab_arrives(lab, "F. 5001(0) ack 1002");
    assert_not_armed(lab, TCP_TIMER_FIN_WAIT_2);
    lab_advance(lab, 60 * SIM_SECOND - 1);
    assert_state(lab, TCP_TIME_WAIT);
}

/* "If our FIN has been ACKed ... enter the TIME-WAIT state; start the time-wait timer": by way of
 * CLOSING as well. */
static void test_closing_leads_to_a_time_wait_that_ends(struct lab *lab)
{
    lab_in_state(lab, TCP_CLOSING);
    lab_arrives(lab, ". 5002(0) ack 1002");
    assert_state(lab, TCP_TIME_WAIT);
    assert_armed(lab, TCP_TIMER_TIME_WAIT, lab->now + 60 * SIM_SECOND);
    lab_advance(lab, 60 * SIM_SECOND);
    assert_state(lab, TCP_CLOSED);
}

/* "The only thing that can arrive in this state is a retransmission of the remote FIN. Acknowledge
 * it, and restart the 2 MSL timeout." */
static void test_repeated_fin_is_acknowledged_and_restarts_the_60_s(struct lab *lab)
{
    lab_in_state(lab, TCP_TIME_WAIT);
    lab_advance(lab, 50 * SIM_SECOND);
    lab_arrives(lab, "F. 5001(0) ack 1002");
    assert_sent(lab, ". 1002:1002(0) ack 5002");
    assert_rule(lab, RULE_TIME_WAIT_RESTART);
    lab_advance(lab, 60 * SIM_SECOND - 1);
    assert_state(lab, TCP_TIME_WAIT);
    lab_advance(lab, 1);
    assert_state(lab, TCP_CLOSED);
}

static void test_repeated_text_with_fin_restarts_too(struct lab *lab)
{
    lab_in_state(lab, TCP_FIN_WAIT_2);
    lab_arrives(lab, "FP. 5001(100) ack 1002");
    lab_advance(lab, 50 * SIM_SECOND);
    lab_arrives(lab, "FP. 5001(100) ack 1002");
    assert_sent(lab, ". 1002:1002(0) ack 5102");
    assert_armed(lab, TCP_TIMER_TIME_WAIT, lab->now + 60 * SIM_SECOND);
}

static void test_old_text_without_fin_is_answered_but_restarts_nothing(struct lab *lab)
{
    lab_in_state(lab, TCP_TIME_WAIT);
    sim_time_t end = lab->now + 60 * SIM_SECOND;
    lab_advance(lab, 50 * SIM_SECOND);
    lab_arrives(lab, "P. 4900(10) ack 1002");
    assert_sent(lab, ". 1002:1002(0) ack 5002");
    assert_armed(lab, TCP_TIMER_TIME_WAIT, end);
}

static void test_ack_in_time_wait_is_not_answered(struct lab *lab)
{
    lab_in_state(lab, TCP_TIME_WAIT);
    lab_arrives(lab, ". 5002(0) ack 1002");
    assert_silent(lab);
    assert_state(lab, TCP_TIME_WAIT);
}

static void test_without_restart_the_60_s_count_from_the_first_fin(struct lab *lab)
{
    lab_without(lab, RULE_TIME_WAIT_RESTART);
    lab_in_state(lab, TCP_TIME_WAIT);
    lab_advance(lab, 50 * SIM_SECOND);
    lab_arrives(lab, "F. 5001(0) ack 1002");
    assert_sent(lab, ". 1002:1002(0) ack 5002");
    lab_advance(lab, 10 * SIM_SECOND);
    assert_state(lab, TCP_CLOSED);
}

static void test_without_two_msl_it_lasts_one(struct lab *lab)
{
    lab_without(lab, RULE_TWO_MSL);
    lab_in_state(lab, TCP_TIME_WAIT);
    assert_armed(lab, TCP_TIMER_TIME_WAIT, lab->now + 30 * SIM_SECOND);
    lab_advance(lab, 20 * SIM_SECOND);
    lab_arrives(lab, "F. 5001(0) ack 1002");
    assert_armed(lab, TCP_TIMER_TIME_WAIT, lab->now + 30 * SIM_SECOND);
}

static void test_without_time_wait_the_last_ack_still_leaves(struct lab *lab)
{
    lab_without(lab, RULE_TIME_WAIT);
    lab_in_state(lab, TCP_FIN_WAIT_2);
    lab_arrives(lab, "F. 5001(0) ack 1002");
    assert_sent(lab, ". 1002:1002(0) ack 5002");
    assert_state(lab, TCP_CLOSED);
    assert_no_timer(lab);
}

static void test_without_time_wait_closing_ends_at_the_ack(struct lab *lab)
{
    lab_without(lab, RULE_TIME_WAIT);
    lab_in_state(lab, TCP_CLOSING);
    lab_arrives(lab, ". 5002(0) ack 1002");
    assert_silent(lab);
    assert_state(lab, TCP_CLOSED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        lab_test(test_time_wait_lasts_two_msl),
        lab_test(test_only_the_time_wait_timer_runs),
        lab_test(test_closing_leads_to_a_time_wait_that_ends),
        lab_test(test_repeated_fin_is_acknowledged_and_restarts_the_60_s),
        lab_test(test_repeated_text_with_fin_restarts_too),
        lab_test(test_old_text_without_fin_is_answered_but_restarts_nothing),
        lab_test(test_ack_in_time_wait_is_not_answered),
        lab_test(test_without_restart_the_60_s_count_from_the_first_fin),
        lab_test(test_without_two_msl_it_lasts_one),
        lab_test(test_without_time_wait_the_last_ack_still_leaves),
        lab_test(test_without_time_wait_closing_ends_at_the_ack),
        lab_test(test_wait_of_a_closed_socket_for_a_fin_does_not_cut_time_wait_short),
    };
    return cmocka_run_group_tests_name("rfc/time_wait", tests, NULL, NULL);
}
