/* SEGMENT ARRIVES: RFC 9293 3.10.7, the synchronized states and SYN-RECEIVED (3.10.7.4).
 *
 * One function per numbered step, in the RFC's order. Read tcb.h and arrival.h before. CLOSED and
 * LISTEN are in listen.c, SYN-SENT in syn_sent.c; step 5 is in ack.c, steps 7 and 8 in text.c. */
#include "sim/base/panic.h"
#include "sim/base/seq.h"
#include "sim/tcp/arrival.h"
#include "sim/tcp/output.h"
#include "sim/tcp/tcp.h"
#include "sim/tcp/window.h"

static enum step first_check_sequence(struct tcb *t, struct arrival *a);
static enum step second_check_rst(struct tcb *t, struct arrival *a);
static enum step fourth_check_syn(struct tcb *t, struct arrival *a);

static void synchronized_segment_arrives(struct tcb *t, struct arrival *a)
{
    /* The third step, security, and the sixth, urgent data, have nothing to decide yet. */
    if (first_check_sequence(t, a) == STEP_DROP || second_check_rst(t, a) == STEP_DROP ||
        fourth_check_syn(t, a) == STEP_DROP || fifth_check_ack(t, a) == STEP_DROP ||
        seventh_process_text(t, a) == STEP_DROP) {
        return;
    }
    eighth_check_fin(t, a);
}

void tcp_segment_arrives(struct tcb *t, const struct segment *s, sim_time_t now,
                         struct tcp_out *out)
{
    SIM_ASSERT(t->state != TCP_CLOSED && t->state != TCP_LISTEN);
    struct arrival a = { .segment = s,
                         .seq = s->seq,
                         .ack = s->ack,
                         .window = s->window,
                         .flags = s->flags,
                         .payload = s->payload,
                         .now = now,
                         .out = out };
    if (t->state == TCP_SYN_SENT) {
        syn_sent_segment_arrives(t, &a);
    } else {
        synchronized_segment_arrives(t, &a);
    }
    tcp_output(t, now, out);
    tcb_check(t);
}

/* ---- first, check sequence number ----------------------------------------------------------- */

/* A peer that filled our window places its ACKs at the right edge, which table 6 leaves out. While
 * what it sent is lost they must count all the same: two such ends would answer each other's ACKs
 * for ever. RFC 9293 A.2 warns of the kind, and the common stacks all let this one in. */
static bool takes_right_edge(const struct arrival *a)
{
    return (a->flags & (TCP_ACK | TCP_RST)) == TCP_ACK;
}

/* The four cases of RFC 9293 3.10.7.4, table 6. RFC 5961 3.2 looks at the sequence number of a RST
 * alone: text behind it must neither pull it into the window nor keep it out of one of zero. */
static bool is_acceptable(const struct tcb *t, const struct arrival *a)
{
    uint32_t length = (a->flags & TCP_RST) != 0 ? 0 : arrival_length(a);
    uint32_t window = window_receive(t);
    if (length == 0) { /* RCV.NXT itself also where the window is zero */
        uint32_t reach = takes_right_edge(a) || window == 0 ? window + 1 : window;
        return seq_in_window(a->seq, t->rcv.nxt, reach);
    }
    return window > 0 && (seq_in_window(a->seq, t->rcv.nxt, window) ||
                          seq_in_window(a->seq + length - 1, t->rcv.nxt, window));
}

/* Cut `count` from the front: the SYN has the first sequence number, then comes the text. */
static void trim_front(struct arrival *a, uint32_t count)
{
    if (count > 0 && (a->flags & TCP_SYN) != 0) {
        a->flags &= (uint16_t)~TCP_SYN;
        a->seq++;
        count--;
    }
    uint32_t text = count < a->payload.length ? count : a->payload.length;
    a->payload.offset += text;
    a->payload.length -= text;
    a->seq += text;
}

/* Cut what lies beyond the right edge: the FIN has the last sequence number. */
static void trim_back(struct arrival *a, uint32_t edge)
{
    uint32_t end = a->seq + arrival_length(a);
    if (!seq_gt(end, edge)) {
        return;
    }
    uint32_t surplus = end - edge;
    if ((a->flags & TCP_FIN) != 0) {
        a->flags &= (uint16_t)~TCP_FIN;
        surplus--;
    }
    a->payload.length -= surplus < a->payload.length ? surplus : a->payload.length;
}

/* "The only thing that can arrive in this state is a retransmission of the remote FIN. Acknowledge
 * it, and restart the 2 MSL timeout." The old FIN is left of the window, so the place is here. */
static void time_wait_again(struct tcb *t, struct arrival *a)
{
    if (t->state == TCP_TIME_WAIT && (a->flags & TCP_FIN) != 0 &&
        tcb_rule_on(t, RULE_TIME_WAIT_RESTART)) {
        tcb_arm(t, TCP_TIMER_TIME_WAIT, a->now + tcb_time_wait_length(t));
        tcp_fire(a->out, RULE_TIME_WAIT_RESTART);
    }
}

/* Figure 7: in a simultaneous open the peer's SYN comes again, now with the ACK of ours. What is
 * new in it begins behind the SYN. */
static bool is_simultaneous_syn_ack(const struct tcb *t, const struct arrival *a)
{
    const uint16_t relevant = TCP_SYN | TCP_ACK | TCP_RST;
    return t->state == TCP_SYN_RECEIVED && !t->passive &&
           (a->flags & relevant) == (TCP_SYN | TCP_ACK) && a->seq == t->rcv.irs;
}

/* A window of zero: "special allowance should be made to accept valid ACKs, URGs, and RSTs". A
 * probe's text is refused, its ACK counts. */
static bool is_window_probe(const struct tcb *t, const struct arrival *a)
{
    return window_receive(t) == 0 && a->seq == t->rcv.nxt && (a->flags & (TCP_RST | TCP_SYN)) == 0;
}

/* RFC 5961 7: whether this answer would be one too many. Two ends that each find the other's ACKs
 * outside the window would answer every answer. */
static bool is_throttled(struct tcb *t, const struct arrival *a)
{
    const sim_time_t pause = 500 * SIM_MILLISECOND;
    if (arrival_length(a) > 0 || !tcb_rule_on(t, RULE_ACK_THROTTLE)) {
        return false;
    }
    if (a->now < t->throttled_until) {
        return true;
    }
    t->throttled_until = a->now + pause;
    return false;
}

/* "If an incoming segment is not acceptable, an acknowledgment should be sent in reply." */
static void answer_unacceptable(struct tcb *t, struct arrival *a)
{
    if (is_throttled(t, a)) {
        tcp_fire(a->out, RULE_ACK_THROTTLE);
        return;
    }
    tcp_fire(a->out, RULE_UNACCEPTABLE_GETS_ACK);
    if (tcb_rule_on(t, RULE_UNACCEPTABLE_GETS_ACK)) {
        output_want_ack(t, RULE_UNACCEPTABLE_GETS_ACK);
    }
}

static enum step first_check_sequence(struct tcb *t, struct arrival *a)
{
    if (is_simultaneous_syn_ack(t, a)) {
        trim_front(a, 1);
        tcp_fire(a->out, RULE_SIMULTANEOUS_OPEN);
    }
    if (is_acceptable(t, a)) {
        if (seq_lt(a->seq, t->rcv.nxt)) {
            trim_front(a, t->rcv.nxt - a->seq);
            tcp_fire(a->out, RULE_TRIM_LEFT);
        }
        trim_back(a, t->rcv.edge);
        return STEP_GO_ON;
    }
    if (is_window_probe(t, a)) {
        a->payload.length = 0;
        a->flags &= (uint16_t)~TCP_FIN;
        output_want_ack(t, RULE_ZERO_WINDOW_REFUSES);
        tcp_fire(a->out, RULE_ZERO_WINDOW_REFUSES);
        return STEP_GO_ON;
    }
    if ((a->flags & TCP_RST) != 0) {
        if (!tcb_rule_on(t, RULE_RST_IN_WINDOW)) {
            return STEP_GO_ON;
        }
        tcp_fire(a->out, RULE_RST_IN_WINDOW);
        return STEP_DROP;
    }
    time_wait_again(t, a);
    answer_unacceptable(t, a);
    return STEP_DROP;
}

/* ---- second, check the RST bit -------------------------------------------------------------- */

static void rst_in_syn_received(struct tcb *t, struct arrival *a)
{
    if (t->passive) {
        tcb_return_to_listen(t, RULE_RST_RETURNS_TO_LISTEN, a->out);
    } else {
        tcb_close(t, SIM_REFUSED, RULE_RST_REFUSES, a->out);
    }
}

static enum step second_check_rst(struct tcb *t, struct arrival *a)
{
    if ((a->flags & TCP_RST) == 0) {
        return STEP_GO_ON;
    }
    if (a->seq != t->rcv.nxt && tcb_rule_on(t, RULE_RST_EXACT)) {
        output_want_ack(t, RULE_RST_EXACT);
        tcp_fire(a->out, RULE_RST_EXACT);
        return STEP_DROP;
    }
    switch (t->state) {
    case TCP_SYN_RECEIVED:
        rst_in_syn_received(t, a);
        break;
    case TCP_ESTABLISHED:
    case TCP_FIN_WAIT_1:
    case TCP_FIN_WAIT_2:
    case TCP_CLOSE_WAIT:
        tcb_close(t, SIM_RESET, RULE_RST_RESETS, a->out);
        break;
    case TCP_CLOSING:
    case TCP_LAST_ACK: /* our FIN, and perhaps data before it, was never acknowledged */
        tcb_close(t, SIM_RESET, RULE_RST_CLOSES, a->out);
        break;
    case TCP_TIME_WAIT:
        tcb_close(t, SIM_OK, RULE_RST_CLOSES, a->out);
        break;
    case TCP_CLOSED:
    case TCP_LISTEN:
    case TCP_SYN_SENT:
    case TCP_STATE_COUNT:
        SIM_UNREACHABLE("not a state of this pipeline");
    }
    return STEP_DROP;
}

/* ---- fourth, check the SYN bit -------------------------------------------------------------- */

static enum step fourth_check_syn(struct tcb *t, struct arrival *a)
{
    /* "Irrespective of the sequence number": trimming does not hide a SYN from a synchronized state. */
    const uint16_t flags = tcb_is_synchronized(t) ? a->segment->flags : a->flags;
    if ((flags & TCP_SYN) == 0) {
        return STEP_GO_ON;
    }
    if (t->state == TCP_SYN_RECEIVED && t->passive) {
        tcb_return_to_listen(t, RULE_SYN_RETURNS_TO_LISTEN, a->out);
        return STEP_DROP;
    }
    if (tcb_rule_on(t, RULE_SYN_CHALLENGE)) {
        output_want_ack(t, RULE_SYN_CHALLENGE);
        tcp_fire(a->out, RULE_SYN_CHALLENGE);
        return STEP_DROP;
    }
    /* RFC 793: "if the SYN is in the window it is an error, send a reset". */
    output_rst(t, tcb_seq_behind(t), true, RULE_SYN_IN_WINDOW_RESETS, a->out);
    tcb_close(t, SIM_RESET, RULE_SYN_IN_WINDOW_RESETS, a->out);
    return STEP_DROP;
}
