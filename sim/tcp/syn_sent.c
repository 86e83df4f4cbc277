/* SYN-SENT: RFC 9293 3.10.7.3, whose steps have an order of their own. */
#include "sim/base/common.h"
#include "sim/base/seq.h"
#include "sim/tcp/arrival.h"
#include "sim/tcp/output.h"
#include "sim/tcp/rto.h"

static void take_syn_ack(struct tcb *t, struct arrival *a);
static void open_simultaneously(struct tcb *t, struct arrival *a);

/* "If SEG.ACK =< ISS or SEG.ACK > SND.NXT, send a reset." SND.UNA is ISS here, but in a four-message
 * open whose first message, the ACK of our SYN, came already. */
static bool ack_is_acceptable(const struct tcb *t, const struct arrival *a)
{
    return seq_lt(t->snd.iss, a->ack) && seq_leq(a->ack, t->snd.max);
}

/* First, check the ACK bit. */
static enum step check_ack(struct tcb *t, struct arrival *a)
{
    if ((a->flags & TCP_ACK) == 0 || ack_is_acceptable(t, a)) {
        return STEP_GO_ON;
    }
    tcp_fire(a->out, RULE_SYN_SENT_REFUSES_ACK);
    if ((a->flags & TCP_RST) == 0) {
        output_rst(t, a->ack, false, RULE_SYN_SENT_REFUSES_ACK, a->out);
    }
    return STEP_DROP;
}

/* Second, check the RST bit: only one that acknowledges our SYN counts. */
static enum step check_rst(struct tcb *t, struct arrival *a)
{
    if ((a->flags & TCP_RST) == 0) {
        return STEP_GO_ON;
    }
    if ((a->flags & TCP_ACK) != 0) {
        tcb_close(t, SIM_REFUSED, RULE_RST_REFUSES, a->out);
    } else {
        tcp_fire(a->out, RULE_SYN_SENT_IGNORES_RST);
    }
    return STEP_DROP;
}

/* The four-message open: the ACK of our SYN comes ahead of the peer's SYN. */
static bool is_early_ack(const struct tcb *t, const struct arrival *a)
{
    return t->params->handshake == TCP_FOUR_WAY && (a->flags & TCP_ACK) != 0 &&
           (a->flags & TCP_SYN) == 0;
}

void syn_sent_segment_arrives(struct tcb *t, struct arrival *a)
{
    if (check_ack(t, a) == STEP_DROP || check_rst(t, a) == STEP_DROP) {
        return;
    }
    if (is_early_ack(t, a)) {
        tcp_fire(a->out, RULE_FOUR_WAY);
        arrival_advance_una(t, a);
        /* Our SYN needs no repeating, the peer's comes by its own timer; but not for ever. */
        tcb_arm(t, TCP_TIMER_REXMT, a->now + t->rtt.rto);
        return;
    }
    if ((a->flags & TCP_SYN) == 0) { /* fifth: "drop the segment and return" */
        tcp_fire(a->out, RULE_SYN_SENT_DROPS);
        return;
    }
    if ((a->flags & TCP_ACK) != 0 || tcb_syn_is_acked(t)) { /* fourth, check the SYN bit */
        take_syn_ack(t, a);
    } else {
        open_simultaneously(t, a);
    }
}

/* Text behind the SYN counts as far as the window that our own SYN offered. */
static void trim_to_offer(const struct tcb *t, struct arrival *a)
{
    uint32_t offered = min_u32(t->rcv.buffer, UINT16_MAX);
    if (a->payload.length >= offered) {
        a->payload.length = offered;
        a->flags &= (uint16_t)~TCP_FIN;
    }
}

/* "If SND.UNA > ISS (our SYN has been ACKed), change the connection state to ESTABLISHED, form an
 * ACK segment <SEQ=SND.NXT><ACK=RCV.NXT><CTL=ACK> and send it." Then "continue processing at the
 * sixth step": text and FIN behind the SYN. */
static void take_syn_ack(struct tcb *t, struct arrival *a)
{
    arrival_take_syn(t, a->segment);
    if ((a->flags & TCP_ACK) != 0) {
        arrival_advance_una(t, a);
    } else {
        a->ack = t->snd.una;
        t->rtt.backoff = 0;
        tcb_disarm(t, TCP_TIMER_REXMT);
    }
    arrival_establish(t, a, RULE_SYN_ACK_ESTABLISHES);
    output_want_ack(t, RULE_SYN_ACK_ESTABLISHES);
    a->flags &= (uint16_t)~TCP_SYN;
    a->seq++;
    trim_to_offer(t, a);
    if (a->payload.length > 0 || (a->flags & TCP_FIN) != 0) {
        (void)seventh_process_text(t, a);
        (void)eighth_check_fin(t, a);
    }
}

/* "Otherwise, enter SYN-RECEIVED, form a SYN,ACK segment <SEQ=ISS><ACK=RCV.NXT><CTL=SYN,ACK> and
 * send it." Text on such a SYN comes again. */
static void open_simultaneously(struct tcb *t, struct arrival *a)
{
    arrival_take_syn(t, a->segment);
    t->snd.wl2 = t->snd.iss;
    tcb_set_state(t, TCP_SYN_RECEIVED, RULE_SIMULTANEOUS_OPEN, a->out);
    t->snd.nxt = t->snd.iss;
    output_syn(t, RULE_SIMULTANEOUS_OPEN, a->now, a->out);
    rto_stop_timing(t); /* nobody will know which of the two was acknowledged */
}
