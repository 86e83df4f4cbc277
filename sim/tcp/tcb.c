#include "sim/tcp/tcb.h"

#include "sim/base/panic.h"
#include "sim/base/seq.h"
#include "sim/tcp/output.h"
#include "sim/tcp/rto.h"
#include "sim/tcp/window.h"

#include <stddef.h>

void tcb_init(struct tcb *t, const struct tcp_params *params, uint16_t our_mss)
{
    *t = (struct tcb){ .params = params, .state = TCP_CLOSED, .our_mss = our_mss };
    t->rcv.buffer = params->receive_buffer_bytes;
    for (int timer = 0; timer < TCP_TIMER_COUNT; timer++) {
        t->deadline[timer] = SIM_NEVER;
    }
    rto_init(t);
}

const char *tcp_timer_name(enum tcp_timer timer)
{
    switch (timer) {
    case TCP_TIMER_REXMT:
        return "on";
    case TCP_TIMER_PERSIST:
        return "persist";
    case TCP_TIMER_DELACK:
        return "delack";
    case TCP_TIMER_TIME_WAIT:
        return "timewait";
    case TCP_TIMER_FIN_WAIT_2:
        return "finwait2";
    case TCP_TIMER_USER:
        return "user";
    case TCP_TIMER_COUNT:
        break;
    }
    return NULL;
}

sim_time_t tcb_next_deadline(const struct tcb *t, enum tcp_timer *timer)
{
    sim_time_t earliest = SIM_NEVER;
    for (int i = 0; i < TCP_TIMER_COUNT; i++) {
        if (t->deadline[i] < earliest) {
            earliest = t->deadline[i];
            *timer = (enum tcp_timer)i;
        }
    }
    return earliest;
}

#define BIT(state) (1u << (state))

/* RFC 9293 figure 5, with its notes: RST and ABORT lead to CLOSED from everywhere, a RST takes a
 * passive SYN-RECEIVED back to LISTEN (here: the record ends, the listener stays). ESTABLISHED
 * straight from LISTEN is the two-way handshake. */
static const unsigned allowed_from[TCP_STATE_COUNT] = {
    [TCP_CLOSED] = BIT(TCP_SYN_SENT),
    [TCP_LISTEN] = BIT(TCP_SYN_RECEIVED) | BIT(TCP_ESTABLISHED),
    [TCP_SYN_SENT] = BIT(TCP_ESTABLISHED) | BIT(TCP_SYN_RECEIVED) | BIT(TCP_CLOSED),
    [TCP_SYN_RECEIVED] =
        BIT(TCP_ESTABLISHED) | BIT(TCP_FIN_WAIT_1) | BIT(TCP_LISTEN) | BIT(TCP_CLOSED),
    [TCP_ESTABLISHED] = BIT(TCP_FIN_WAIT_1) | BIT(TCP_CLOSE_WAIT) | BIT(TCP_CLOSED),
    [TCP_FIN_WAIT_1] =
        BIT(TCP_FIN_WAIT_2) | BIT(TCP_CLOSING) | BIT(TCP_TIME_WAIT) | BIT(TCP_CLOSED),
    [TCP_FIN_WAIT_2] = BIT(TCP_TIME_WAIT) | BIT(TCP_CLOSED),
    [TCP_CLOSE_WAIT] = BIT(TCP_LAST_ACK) | BIT(TCP_CLOSED),
    [TCP_CLOSING] = BIT(TCP_TIME_WAIT) | BIT(TCP_CLOSED),
    [TCP_LAST_ACK] = BIT(TCP_CLOSED),
    [TCP_TIME_WAIT] = BIT(TCP_CLOSED),
};

void tcb_set_state(struct tcb *t, enum tcp_state state, enum rule rule, struct tcp_out *out)
{
    SIM_ASSERT((allowed_from[t->state] & BIT(state)) != 0);
    SIM_ASSERT(out->change_count < TCP_OUT_CHANGES);
    out->changes[out->change_count++] = (struct tcp_change){ t->state, state, (rule_id)rule };
    tcp_fire(out, rule);
    t->state = state;
}

static void stop(struct tcb *t)
{
    for (int timer = 0; timer < TCP_TIMER_COUNT; timer++) {
        t->deadline[timer] = SIM_NEVER;
    }
    t->ack_now = false;
    t->ack_delayed = false;
}

void tcb_return_to_listen(struct tcb *t, enum rule rule, struct tcp_out *out)
{
    SIM_ASSERT(t->state == TCP_SYN_RECEIVED && t->passive);
    stop(t);
    tcb_set_state(t, TCP_LISTEN, rule, out);
}

void tcb_close(struct tcb *t, enum sim_status error, enum rule rule, struct tcp_out *out)
{
    stop(t);
    if (error != SIM_OK) {
        t->error = error;
    }
    out->notices |= TCP_NOTICE_CLOSED;
    tcb_set_state(t, TCP_CLOSED, rule, out);
}

static void check_reassembly(const struct tcb *t)
{
    uint32_t after = t->rcv.nxt;
    for (uint32_t i = 0; i < t->rcv.reassembly.count; i++) {
        const struct tcp_span *span = &t->rcv.reassembly.spans[t->rcv.reassembly.first + i];
        SIM_ASSERT(seq_gt(span->seq, after) || (i > 0 && span->seq == after));
        SIM_ASSERT(span->payload.length > 0);
        after = span->seq + span->payload.length;
    }
}

void tcb_check(const struct tcb *t)
{
    if (t->state == TCP_CLOSED || t->state == TCP_LISTEN) {
        return;
    }
    SIM_ASSERT(seq_leq(t->snd.una, t->snd.nxt));
    SIM_ASSERT(seq_leq(t->snd.nxt, t->snd.max));
    SIM_ASSERT(t->snd.acked <= t->snd.written);
    SIM_ASSERT(t->rcv.unread <= t->rcv.received);
    bool in_flight = t->snd.una != t->snd.max;
    if (in_flight && tcb_rule_on(t, RULE_RETRANSMIT) && tcb_rule_on(t, RULE_PERSIST)) {
        SIM_ASSERT(tcb_is_armed(t, TCP_TIMER_REXMT) || tcb_is_armed(t, TCP_TIMER_PERSIST));
    }
    if (t->state == TCP_TIME_WAIT) {
        SIM_ASSERT(tcb_is_armed(t, TCP_TIMER_TIME_WAIT));
    }
    check_reassembly(t);
}

/* ---- names ---------------------------------------------------------------------------------- */

struct state_names {
    const char *rfc, *netstat, *ss;
};

static const struct state_names names[TCP_STATE_COUNT] = {
    [TCP_CLOSED] = { "CLOSED", "CLOSE", "UNCONN" },
    [TCP_LISTEN] = { "LISTEN", "LISTEN", "LISTEN" },
    [TCP_SYN_SENT] = { "SYN-SENT", "SYN_SENT", "SYN-SENT" },
    [TCP_SYN_RECEIVED] = { "SYN-RECEIVED", "SYN_RECV", "SYN-RECV" },
    [TCP_ESTABLISHED] = { "ESTABLISHED", "ESTABLISHED", "ESTAB" },
    [TCP_FIN_WAIT_1] = { "FIN-WAIT-1", "FIN_WAIT1", "FIN-WAIT-1" },
    [TCP_FIN_WAIT_2] = { "FIN-WAIT-2", "FIN_WAIT2", "FIN-WAIT-2" },
    [TCP_CLOSE_WAIT] = { "CLOSE-WAIT", "CLOSE_WAIT", "CLOSE-WAIT" },
    [TCP_CLOSING] = { "CLOSING", "CLOSING", "CLOSING" },
    [TCP_LAST_ACK] = { "LAST-ACK", "LAST_ACK", "LAST-ACK" },
    [TCP_TIME_WAIT] = { "TIME-WAIT", "TIME_WAIT", "TIME-WAIT" },
};

const char *tcp_state_name(enum tcp_state state)
{
    return names[state].rfc;
}

const char *tcp_state_netstat_name(enum tcp_state state)
{
    return names[state].netstat;
}

const char *tcp_state_ss_name(enum tcp_state state)
{
    return names[state].ss;
}
