/* The user calls: RFC 9293 3.10.1 to 3.10.6. Each branches by state as the RFC does. */
#include "sim/base/panic.h"
#include "sim/base/seq.h"
#include "sim/tcp/congestion.h"
#include "sim/tcp/output.h"
#include "sim/tcp/tcp.h"
#include "sim/tcp/window.h"

#include <stddef.h>

/* 3.10.1 OPEN: "An initial send sequence number (ISS) is selected. A SYN segment of the form
 * <SEQ=ISS><CTL=SYN> is sent. Set SND.UNA to ISS, SND.NXT to ISS+1, enter SYN-SENT." */
void tcp_user_open(struct tcb *t, uint32_t iss, uint32_t stream, sim_time_t now,
                   struct tcp_out *out)
{
    SIM_ASSERT(t->state == TCP_CLOSED);
    t->snd.iss = iss;
    t->snd.una = iss;
    t->snd.nxt = iss;
    t->snd.max = iss;
    t->snd.stream = stream;
    tcb_set_state(t, TCP_SYN_SENT, RULE_ACTIVE_OPEN, out);
    output_syn(t, RULE_ACTIVE_OPEN, now, out);
    tcb_check(t);
}

/* Whether the application may still write, by state (3.10.2). */
static enum sim_status may_send(const struct tcb *t)
{
    switch (t->state) {
    case TCP_CLOSED:
    case TCP_LISTEN:
        return t->error != SIM_OK ? t->error : SIM_NOT_CONNECTED;
    case TCP_SYN_SENT:
    case TCP_SYN_RECEIVED:
    case TCP_ESTABLISHED:
    case TCP_CLOSE_WAIT:
        return t->snd.fin ? SIM_CLOSING : SIM_OK;
    case TCP_FIN_WAIT_1:
    case TCP_FIN_WAIT_2:
    case TCP_CLOSING:
    case TCP_LAST_ACK:
    case TCP_TIME_WAIT:
        return SIM_CLOSING;
    case TCP_STATE_COUNT:
        break;
    }
    return SIM_INVALID;
}

enum sim_status tcp_user_send(struct tcb *t, uint64_t length, sim_time_t now, struct tcp_out *out)
{
    enum sim_status status = may_send(t);
    if (status == SIM_OK) {
        t->snd.written += length;
        if (tcb_is_synchronized(t)) {
            tcp_output(t, now, out);
        }
        tcb_check(t);
    }
    return status;
}

uint64_t tcp_send_room(const struct tcb *t)
{
    uint64_t queued = t->snd.written - t->snd.acked;
    uint64_t buffer = t->params->send_buffer_bytes;
    return may_send(t) == SIM_OK && queued < buffer ? buffer - queued : 0;
}

void tcp_user_received(struct tcb *t, uint32_t length, sim_time_t now, struct tcp_out *out)
{
    SIM_ASSERT(length <= t->rcv.unread);
    t->rcv.unread -= length;
    bool peer_may_send =
        t->state == TCP_ESTABLISHED || t->state == TCP_FIN_WAIT_1 || t->state == TCP_FIN_WAIT_2;
    if (peer_may_send && window_deserves_update(t)) {
        tcp_fire(out, RULE_TELL_WINDOW);
        output_want_ack(t, RULE_TELL_WINDOW);
        tcp_output(t, now, out);
    }
    tcb_check(t);
}

/* 3.10.4 CLOSE. The FIN waits its turn behind what was written; it is sent by tcp_output(). */
enum sim_status tcp_user_close(struct tcb *t, sim_time_t now, struct tcp_out *out)
{
    enum sim_status status = may_send(t);
    if (status != SIM_OK) {
        return status;
    }
    switch (t->state) {
    case TCP_SYN_SENT: /* "delete the TCB" */
        tcb_close(t, SIM_ABORTED, RULE_CLOSE_BEFORE_OPEN, out);
        return SIM_OK;
    case TCP_SYN_RECEIVED: /* "form a FIN segment and send it, and enter FIN-WAIT-1" */
        t->snd.fin = true;
        if (t->snd.written > 0) { /* "otherwise, queue for processing after ... ESTABLISHED" */
            return SIM_OK;
        }
        congestion_init(t);
        tcb_set_state(t, TCP_FIN_WAIT_1, RULE_USER_CLOSE, out);
        break;
    case TCP_ESTABLISHED:
        t->snd.fin = true;
        tcb_set_state(t, TCP_FIN_WAIT_1, RULE_USER_CLOSE, out);
        break;
    case TCP_CLOSE_WAIT:
        t->snd.fin = true;
        tcb_set_state(t, TCP_LAST_ACK, RULE_USER_CLOSE, out);
        break;
    case TCP_CLOSED:
    case TCP_LISTEN:
    case TCP_FIN_WAIT_1:
    case TCP_FIN_WAIT_2:
    case TCP_CLOSING:
    case TCP_LAST_ACK:
    case TCP_TIME_WAIT:
    case TCP_STATE_COUNT:
        SIM_UNREACHABLE("may_send() refused these");
    }
    tcp_output(t, now, out);
    tcb_check(t);
    return SIM_OK;
}

/* RFC 9293 3.6.1 (from RFC 1122 4.2.2.13): "If such a host issues a CLOSE call while received data
 * is still pending ... its TCP SHOULD send a RST to show that data was lost." */
void tcp_user_detach(struct tcb *t, sim_time_t now, struct tcp_out *out)
{
    t->detached = true;
    if (t->state == TCP_CLOSED || t->state == TCP_TIME_WAIT) {
        return;
    }
    bool lost = t->rcv.unread > 0 || t->rcv.reassembly.count > 0;
    if (lost && tcb_is_synchronized(t) && tcb_rule_on(t, RULE_CLOSE_UNREAD)) {
        output_rst(t, tcb_seq_behind(t), true, RULE_CLOSE_UNREAD, out);
        tcb_close(t, SIM_ABORTED, RULE_CLOSE_UNREAD, out);
        return;
    }
    (void)tcp_user_close(t, now, out);
    if (t->state == TCP_FIN_WAIT_2 && t->params->fin_wait_2_timeout != 0) {
        tcb_arm(t, TCP_TIMER_FIN_WAIT_2, now + t->params->fin_wait_2_timeout);
    }
}

/* 3.10.5 ABORT: "<SEQ=SND.NXT><CTL=RST>" where the peer knows of the connection. */
void tcp_user_abort(struct tcb *t, sim_time_t now, struct tcp_out *out)
{
    (void)now;
    switch (t->state) {
    case TCP_CLOSED:
    case TCP_LISTEN:
        return;
    case TCP_SYN_RECEIVED:
    case TCP_ESTABLISHED:
    case TCP_FIN_WAIT_1:
    case TCP_FIN_WAIT_2:
    case TCP_CLOSE_WAIT:
        output_rst(t, tcb_seq_behind(t), false, RULE_USER_ABORT, out);
        break;
    case TCP_SYN_SENT:
    case TCP_CLOSING:
    case TCP_LAST_ACK:
    case TCP_TIME_WAIT:
        break;
    case TCP_STATE_COUNT:
        SIM_UNREACHABLE("no such state");
    }
    tcb_close(t, SIM_ABORTED, RULE_USER_ABORT, out);
}

/* 3.10.6 STATUS. */
void tcp_user_status(const struct tcb *t, struct tcp_status *status)
{
    *status = (struct tcp_status){
        .state = t->state,
        .iss = t->snd.iss,
        .irs = t->rcv.irs,
        .snd_una = t->snd.una,
        .snd_nxt = t->snd.nxt,
        .snd_wnd = t->snd.wnd,
        .rcv_nxt = t->rcv.nxt,
        .rcv_wnd = window_receive(t),
        .mss = t->mss,
        .cwnd_bytes = t->cc.cwnd,
        .ssthresh_bytes = t->cc.ssthresh,
        .bytes_sent = t->bytes_sent,
        .bytes_acked = t->snd.acked,
        .bytes_received = t->rcv.received,
        .send_queue_bytes = t->snd.written - t->snd.acked,
        .receive_queue_bytes = t->rcv.unread,
        .srtt = t->rtt.srtt,
        .rttvar = t->rtt.rttvar,
        .rto = t->rtt.rto,
        .retransmits = t->retransmits,
        .backoff = t->rtt.backoff,
        .error = t->error,
    };
    enum tcp_timer timer = TCP_TIMER_REXMT;
    status->timer_expires = tcb_next_deadline(t, &timer);
    status->timer = status->timer_expires == SIM_NEVER ? NULL : tcp_timer_name(timer);
}
