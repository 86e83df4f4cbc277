/* Fifth, check the ACK field (RFC 9293 3.10.7.4). */
#include "sim/base/common.h"
#include "sim/base/panic.h"
#include "sim/base/seq.h"
#include "sim/tcp/arrival.h"
#include "sim/tcp/congestion.h"
#include "sim/tcp/output.h"
#include "sim/tcp/rto.h"

static enum step ack_in_syn_received(struct tcb *t, struct arrival *a);
static enum step ack_in_synchronized(struct tcb *t, struct arrival *a);
static enum step ack_closes(struct tcb *t, struct arrival *a);

/* RFC 5961 5.2: SND.UNA - MAX.SND.WND <= SEG.ACK <= SND.NXT, or the segment is a forgery. */
static bool is_too_old(const struct tcb *t, const struct arrival *a)
{
    return seq_lt(a->ack, t->snd.una - max_u32(t->snd.max_wnd, 1));
}

enum step fifth_check_ack(struct tcb *t, struct arrival *a)
{
    if ((a->flags & TCP_ACK) == 0) {
        tcp_fire(a->out, RULE_ACK_REQUIRED);
        return STEP_DROP;
    }
    if (t->state == TCP_SYN_RECEIVED && ack_in_syn_received(t, a) == STEP_DROP) {
        return STEP_DROP;
    }
    if (is_too_old(t, a) && tcb_rule_on(t, RULE_ACK_TOO_OLD)) {
        output_want_ack(t, RULE_ACK_TOO_OLD);
        tcp_fire(a->out, RULE_ACK_TOO_OLD);
        return STEP_DROP;
    }
    if (ack_in_synchronized(t, a) == STEP_DROP) {
        return STEP_DROP;
    }
    return ack_closes(t, a);
}

/* "If SND.UNA < SEG.ACK =< SND.NXT, then enter ESTABLISHED state ... If the segment acknowledgment
 * is not acceptable, form a reset segment <SEQ=SEG.ACK><CTL=RST> and send it." */
static enum step ack_in_syn_received(struct tcb *t, struct arrival *a)
{
    bool acceptable = seq_lt(t->snd.una, a->ack) && seq_leq(a->ack, t->snd.max);
    if (!acceptable && tcb_rule_on(t, RULE_HANDSHAKE_ACK)) {
        output_rst(t, a->ack, false, RULE_WRONG_HANDSHAKE_ACK, a->out);
        tcp_fire(a->out, RULE_WRONG_HANDSHAKE_ACK);
        return STEP_DROP;
    }
    if (t->accept_blocked) {
        tcp_fire(a->out, RULE_ACCEPT_QUEUE_FULL);
        if (t->params->abort_on_overflow) {
            output_rst(t, a->ack, false, RULE_ACCEPT_QUEUE_FULL, a->out);
            tcb_close(t, SIM_REFUSED, RULE_ACCEPT_QUEUE_FULL, a->out);
        }
        return STEP_DROP;
    }
    arrival_establish(t, a, RULE_HANDSHAKE_ACK);
    return STEP_GO_ON;
}

void arrival_establish(struct tcb *t, const struct arrival *a, enum rule why)
{
    tcb_set_state(t, TCP_ESTABLISHED, why, a->out);
    t->snd.wnd = a->window;
    t->snd.max_wnd = max_u32(t->snd.max_wnd, a->window);
    t->snd.wl1 = a->seq;
    t->snd.wl2 = a->ack;
    congestion_init(t);
    rto_handshake_done(t, a->out);
    if (!t->passive) {
        a->out->notices |= TCP_NOTICE_CONNECTED;
    }
    if (t->snd.fin) { /* 3.10.4: a CLOSE in SYN-RECEIVED, with data to send, was queued until now */
        tcb_set_state(t, TCP_FIN_WAIT_1, RULE_USER_CLOSE, a->out);
    }
}

void arrival_take_window(struct tcb *t, const struct arrival *a)
{
    t->snd.wnd = a->window;
    t->snd.max_wnd = max_u32(t->snd.max_wnd, a->window);
    t->snd.wl1 = a->seq;
    t->snd.wl2 = a->ack;
}

/* Payload bytes among the sequence numbers una..ack: without our SYN and our FIN. */
static uint32_t payload_acked(const struct tcb *t, uint32_t ack)
{
    uint32_t count = ack - t->snd.una;
    if (!tcb_syn_is_acked(t)) {
        count--;
    }
    if (t->snd.fin && ack == tcb_fin_seq(t) + 1 && t->snd.una != ack) {
        count--;
    }
    return count;
}

static void restart_rexmt(struct tcb *t, sim_time_t now)
{
    t->rtt.backoff = 0;
    if (t->snd.una == t->snd.max) {
        tcb_disarm(t, TCP_TIMER_REXMT);
        tcb_disarm(t, TCP_TIMER_USER);
        return;
    }
    if (tcb_rule_on(t, RULE_RETRANSMIT)) {
        tcb_arm(t, TCP_TIMER_REXMT, now + t->rtt.rto);
    }
    if (t->params->user_timeout != 0) {
        tcb_arm(t, TCP_TIMER_USER, now + t->params->user_timeout);
    }
}

void arrival_advance_una(struct tcb *t, const struct arrival *a)
{
    uint32_t bytes = payload_acked(t, a->ack);
    rto_sample(t, a->ack, a->now, a->out);
    t->snd.una = a->ack;
    t->snd.nxt = seq_max(t->snd.nxt, t->snd.una);
    t->snd.acked += bytes;
    restart_rexmt(t, a->now);
    if (bytes > 0) {
        congestion_on_ack(t, bytes);
        a->out->notices |= TCP_NOTICE_WRITABLE;
        if (t->snd.acked == t->snd.written) {
            a->out->notices |= TCP_NOTICE_DRAINED;
        }
    }
}

/* "ESTABLISHED STATE", which all synchronized states share. */
static enum step ack_in_synchronized(struct tcb *t, struct arrival *a)
{
    if (seq_gt(a->ack, t->snd.max)) {
        tcp_fire(a->out, RULE_ACK_OF_UNSENT);
        output_want_ack(t, RULE_ACK_OF_UNSENT);
        return STEP_DROP;
    }
    t->rtt.unanswered = 0;
    if (seq_gt(a->ack, t->snd.una)) {
        tcp_fire(a->out, RULE_ACK_ADVANCES);
        arrival_advance_una(t, a);
    } else if (seq_lt(a->ack, t->snd.una)) {
        tcp_fire(a->out, RULE_OLD_ACK_IGNORED);
        return STEP_GO_ON;
    }
    /* "If SND.WL1 < SEG.SEQ or (SND.WL1 = SEG.SEQ and SND.WL2 =< SEG.ACK)": an old segment must not
     * bring an old window back. */
    if (seq_lt(t->snd.wl1, a->seq) || (t->snd.wl1 == a->seq && seq_leq(t->snd.wl2, a->ack))) {
        if (t->snd.wnd != a->window) {
            tcp_fire(a->out, RULE_WINDOW_UPDATE);
        }
        arrival_take_window(t, a);
    }
    return STEP_GO_ON;
}

/* What the acknowledgment of our FIN means in each state. */
static enum step ack_closes(struct tcb *t, struct arrival *a)
{
    if (!tcb_fin_is_acked(t)) {
        return STEP_GO_ON;
    }
    switch (t->state) {
    case TCP_FIN_WAIT_1:
        tcb_set_state(t, TCP_FIN_WAIT_2, RULE_FIN_ACKED, a->out);
        if (t->detached && t->params->fin_wait_2_timeout != 0) {
            tcb_arm(t, TCP_TIMER_FIN_WAIT_2, a->now + t->params->fin_wait_2_timeout);
        }
        return STEP_GO_ON;
    case TCP_CLOSING:
        arrival_enter_time_wait(t, a, RULE_FIN_ACKED);
        return STEP_DROP;
    case TCP_LAST_ACK:
        tcb_close(t, SIM_OK, RULE_FIN_ACKED, a->out);
        return STEP_DROP;
    case TCP_ESTABLISHED:
    case TCP_FIN_WAIT_2:
    case TCP_CLOSE_WAIT:
    case TCP_TIME_WAIT:
        return STEP_GO_ON;
    case TCP_CLOSED:
    case TCP_LISTEN:
    case TCP_SYN_SENT:
    case TCP_SYN_RECEIVED:
    case TCP_STATE_COUNT:
        SIM_UNREACHABLE("not a state of this step");
    }
    return STEP_GO_ON;
}
