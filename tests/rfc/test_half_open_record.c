/* A half-open connection as a small record: packed and unpacked it behaves as if it never was. */
#include "tests/support/tcb_fixture.h"

#include "sim/base/common.h"
#include "sim/tcp/request.h"

static void pack_and_unpack(struct lab *lab)
{
    struct tcp_request request;
    tcp_request_pack(&request, &lab->tcb);
    tcp_request_unpack(&request, &lab->params, &lab->tcb);
    lab->tcb.snd.stream = LAB_STREAM;
    lab->tcb.rcv.queue = (struct tcp_spans){ lab->queue, 0, 0, LAB_SPANS };
    lab->tcb.rcv.reassembly = (struct tcp_spans){ lab->reassembly, 0, 0, LAB_SPANS };
    tcb_check(&lab->tcb);
}

static void half_open(struct lab *lab)
{
    lab_in_state(lab, TCP_LISTEN);
    lab_arrives(lab, "S 5000(0) win 3000 <mss 1000>");
}

/* What STATUS shows of one that was packed is what it shows of one that was not. */
static void test_packed_record_keeps_what_status_shows(struct lab *lab)
{
    half_open(lab);
    struct tcp_status before, after;
    tcp_user_status(&lab->tcb, &before);
    pack_and_unpack(lab);
    tcp_user_status(&lab->tcb, &after);
    assert_memory_equal(&before, &after, sizeof before);
}

static void test_packed_record_keeps_the_variables(struct lab *lab)
{
    half_open(lab);
    const struct tcb before = lab->tcb;
    pack_and_unpack(lab);
    const struct tcb *t = &lab->tcb;
    assert_true(t->passive);
    assert_memory_equal(&t->snd, &before.snd, sizeof t->snd);
    assert_memory_equal(t->deadline, before.deadline, sizeof t->deadline);
    assert_int_equal(t->rcv.irs, before.rcv.irs);
    assert_int_equal(t->rcv.nxt, before.rcv.nxt);
    assert_int_equal(t->rcv.edge, before.rcv.edge);
    assert_int_equal(t->rcv.buffer, before.rcv.buffer);
    assert_int_equal(t->mss, before.mss);
    assert_int_equal(t->our_mss, before.our_mss);
    assert_int_equal(t->rtt.timing, before.rtt.timing);
    assert_int_equal(t->rtt.seq, before.rtt.seq);
    assert_true(t->rtt.sent_at == before.rtt.sent_at);
}

static void test_record_remembers_that_it_answered(struct lab *lab)
{
    half_open(lab);
    lab_arrives(lab, ". 4000(0) ack 1001");
    assert_sent_ack(lab);
    pack_and_unpack(lab);
    lab_arrives(lab, ". 4000(0) ack 1001");
    assert_silent(lab);
    assert_rule(lab, RULE_ACK_THROTTLE);
}

static void test_handshake_completes_from_a_record(struct lab *lab)
{
    half_open(lab);
    lab_advance(lab, 500 * SIM_MILLISECOND);
    pack_and_unpack(lab);
    lab_arrives(lab, "P. 5001(10) ack 1001");
    assert_state(lab, TCP_ESTABLISHED);
    assert_readable(lab, 10);
    assert_true(lab->tcb.rtt.srtt == 500 * SIM_MILLISECOND);
}

static void test_syn_ack_comes_again_on_time_packed_after_every_event(struct lab *lab)
{
    static const int64_t seconds[] = { 1, 3, 7, 15, 31 };
    half_open(lab);
    sim_time_t start = lab->now;
    for (size_t i = 0; i < COUNT_OF(seconds); i++) {
        pack_and_unpack(lab);
        assert_true(lab_next_deadline(lab) == start + seconds[i] * SIM_SECOND);
        lab_advance_to(lab, lab_next_deadline(lab));
        assert_sent(lab, "S. 1000:1000(0) ack 5001 win 65535 <mss 1460>");
    }
    pack_and_unpack(lab);
    lab_advance_to(lab, start + 63 * SIM_SECOND);
    assert_silent(lab);
    assert_state(lab, TCP_LISTEN);
}

static void test_record_whose_syn_ack_was_lost_is_not_timed_and_begins_with_3_s(struct lab *lab)
{
    half_open(lab);
    lab_advance(lab, SIM_SECOND);
    pack_and_unpack(lab);
    lab_arrives(lab, ". 5001(0) ack 1001");
    assert_no_rule(lab, RULE_RTT_SAMPLE);
    assert_rule(lab, RULE_RTO_AFTER_LOST_SYN);
    assert_true(lab->tcb.rtt.rto == 3 * SIM_SECOND);
}

static void test_record_answers_unacceptable_segments_and_stays(struct lab *lab)
{
    half_open(lab);
    pack_and_unpack(lab);
    lab_arrives(lab, "S 5000(0)");
    assert_sent(lab, ". 1001:1001(0) ack 5001");
    pack_and_unpack(lab);
    lab_arrives(lab, ". 5001(0) ack 1000");
    assert_sent(lab, "R 1000:1000(0)");
    pack_and_unpack(lab);
    lab_arrives(lab, ". 5001(0) ack 1001");
    assert_state(lab, TCP_ESTABLISHED);
}

static void test_rst_ends_a_record(struct lab *lab)
{
    half_open(lab);
    pack_and_unpack(lab);
    lab_arrives(lab, "R 5001(0)");
    assert_silent(lab);
    assert_state(lab, TCP_LISTEN);
}

static void test_record_is_small(struct lab *lab)
{
    (void)lab;
    assert_true(sizeof(struct tcp_request) * 4 < sizeof(struct tcb));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        lab_test(test_packed_record_keeps_what_status_shows),
        lab_test(test_packed_record_keeps_the_variables),
        lab_test(test_record_remembers_that_it_answered),
        lab_test(test_handshake_completes_from_a_record),
        lab_test(test_syn_ack_comes_again_on_time_packed_after_every_event),
        lab_test(test_record_whose_syn_ack_was_lost_is_not_timed_and_begins_with_3_s),
        lab_test(test_record_answers_unacceptable_segments_and_stays),
        lab_test(test_rst_ends_a_record),
        lab_test(test_record_is_small),
    };
    return cmocka_run_group_tests_name("rfc/half_open_record", tests, NULL, NULL);
}
