/* Timeouts: RFC 9293 3.10.8, RFC 6298 section 5. */
#include "sim/base/common.h"
#include "sim/base/panic.h"
#include "sim/base/seq.h"
#include "sim/tcp/congestion.h"
#include "sim/tcp/output.h"
#include "sim/tcp/rto.h"
#include "sim/tcp/tcp.h"

/* How often the oldest segment may be sent again before the connection is given up. */
static uint8_t retry_limit(const struct tcb *t)
{
    switch (t->state) {
    case TCP_SYN_SENT:
        return t->params->syn_retries;
    case TCP_SYN_RECEIVED:
        return t->passive ? t->params->syn_ack_retries : t->params->syn_retries;
    case TCP_CLOSED:
    case TCP_LISTEN:
    case TCP_ESTABLISHED:
    case TCP_FIN_WAIT_1:
    case TCP_FIN_WAIT_2:
    case TCP_CLOSE_WAIT:
    case TCP_CLOSING:
    case TCP_LAST_ACK:
    case TCP_TIME_WAIT:
    case TCP_STATE_COUNT:
        break;
    }
    return tcb_syn_is_acked(t) ? t->params->data_retries : t->params->syn_ack_retries;
}

static void give_up(struct tcb *t, struct tcp_out *out)
{
    if (t->state == TCP_SYN_RECEIVED && t->passive) {
        tcb_return_to_listen(t, RULE_GIVE_UP, out);
    } else {
        tcb_close(t, SIM_TIMED_OUT, RULE_GIVE_UP, out);
    }
}

/* RFC 6298 5.4 to 5.6. Everything that is not acknowledged is taken as lost: sending goes on from
 * snd.una, by slow start. */
static void rexmt_expired(struct tcb *t, sim_time_t now, struct tcp_out *out)
{
    if (t->rtt.backoff >= retry_limit(t)) {
        give_up(t, out);
        return;
    }
    tcp_fire(out, RULE_RETRANSMIT);
    if (tcb_is_synchronized(t)) {
        congestion_on_timeout(t, t->snd.nxt - t->snd.una, out);
    }
    t->rtt.backoff++;
    rto_back_off(t, out);
    rto_stop_timing(t);
    tcb_arm(t, TCP_TIMER_REXMT, now + t->rtt.rto);
    t->snd.nxt = t->snd.una;
    if (!tcb_syn_is_acked(t)) {
        t->rtt.syn_was_lost = true;
        output_syn(t, RULE_RETRANSMIT, now, out);
    } else { /* what was sent before even if the window has shrunk, but no byte more than it takes */
        uint32_t limit = max_u32(t->snd.max - t->snd.una, t->snd.wnd);
        output_forced(t, limit, RULE_RETRANSMIT, now, out);
    }
}

/* The RTO, doubled for every probe that went out, up to a limit. */
static sim_time_t probe_interval(const struct tcb *t)
{
    sim_time_t interval = t->rtt.rto;
    unsigned doublings = tcb_rule_on(t, RULE_PERSIST_BACKOFF) ? t->rtt.backoff : 0;
    while (doublings > 0 && interval < t->params->persist_max) {
        interval *= 2;
        doublings--;
    }
    return min_i64(interval, t->params->persist_max);
}

/* RFC 9293 3.8.6.1: send a probe, at exponentially longer intervals. Where the window is not closed
 * but small this is the override timeout of 3.8.6.2.1: send what fits. */
static void persist_expired(struct tcb *t, sim_time_t now, struct tcp_out *out)
{
    if (t->rtt.unanswered >= t->params->data_retries) {
        give_up(t, out); /* not one ACK came back */
        return;
    }
    tcp_fire(out, RULE_PERSIST);
    if (t->snd.wnd > 0) {
        t->rtt.backoff = 0; /* probes are over */
        output_forced(t, t->snd.wnd, RULE_SWS_OVERRIDE, now, out);
        return;
    }
    output_forced(t, 1, RULE_PERSIST, now, out);
    t->snd.nxt = t->snd.una;
    tcb_disarm(t, TCP_TIMER_REXMT);
    rto_stop_timing(t);
    t->rtt.unanswered++;
    if (t->rtt.backoff < UINT8_MAX) {
        t->rtt.backoff++;
    }
    tcb_arm(t, TCP_TIMER_PERSIST, now + probe_interval(t));
}

static void timer_expired(struct tcb *t, enum tcp_timer timer, sim_time_t now, struct tcp_out *out)
{
    tcb_disarm(t, timer);
    switch (timer) {
    case TCP_TIMER_REXMT:
        rexmt_expired(t, now, out);
        break;
    case TCP_TIMER_PERSIST:
        persist_expired(t, now, out);
        break;
    case TCP_TIMER_DELACK:
        if (t->ack_delayed) {
            tcp_fire(out, RULE_DELAYED_ACK);
            output_want_ack(t, RULE_DELAYED_ACK);
        }
        break;
    case TCP_TIMER_TIME_WAIT:
        tcb_close(t, SIM_OK, RULE_TIME_WAIT_OVER, out);
        break;
    case TCP_TIMER_FIN_WAIT_2:
        tcb_close(t, SIM_TIMED_OUT, RULE_FIN_WAIT_2_TIMEOUT, out);
        break;
    case TCP_TIMER_USER:
        tcb_close(t, SIM_TIMED_OUT, RULE_USER_TIMEOUT, out);
        break;
    case TCP_TIMER_COUNT:
        SIM_UNREACHABLE("no such timer");
    }
}

void tcp_timeout(struct tcb *t, sim_time_t now, struct tcp_out *out)
{
    for (int timer = 0; timer < TCP_TIMER_COUNT && t->state > TCP_LISTEN; timer++) {
        if (t->deadline[timer] <= now) {
            timer_expired(t, (enum tcp_timer)timer, now, out);
        }
    }
    tcp_output(t, now, out);
    tcb_check(t);
}
