/* Making segments, and deciding what to send (RFC 9293 3.8).
 *
 * tcp_output() is the only place that sends text, FINs and the ACKs that the arrival steps asked
 * for, so that an ACK rides on data where there is some. */
#include "sim/tcp/output.h"

#include "sim/base/common.h"
#include "sim/base/panic.h"
#include "sim/base/seq.h"
#include "sim/tcp/rto.h"
#include "sim/tcp/tcp.h"
#include "sim/tcp/window.h"
#include "sim/wire/options.h"

/* ---- segments ------------------------------------------------------------------------------- */

static bool has_room(const struct tcp_out *out)
{
    return out->segment_count < TCP_OUT_SEGMENTS;
}

static struct segment *add_segment(struct tcp_out *out, uint32_t seq, uint16_t flags, rule_id why)
{
    SIM_ASSERT(has_room(out));
    struct tcp_out_segment *added = &out->segments[out->segment_count++];
    added->why = why;
    added->retransmission = false;
    added->segment = (struct segment){ .seq = seq, .flags = flags };
    return &added->segment;
}

/* Every segment with ACK tells all that we have: what was owed is paid. */
static void fill_ack(struct tcb *t, struct segment *s)
{
    s->flags |= TCP_ACK;
    s->ack = t->rcv.nxt;
    s->window = (uint16_t)window_advertise(t);
    t->ack_now = false;
    t->ack_delayed = false;
    tcb_disarm(t, TCP_TIMER_DELACK);
}

void output_want_ack(struct tcb *t, enum rule why)
{
    if (!t->ack_now) {
        t->ack_now = true;
        t->ack_why = (rule_id)why;
    }
}

void output_ack(struct tcb *t, uint32_t seq, enum rule why, struct tcp_out *out)
{
    struct segment *s = add_segment(out, seq, 0, (rule_id)why);
    s->payload.stream = t->snd.stream;
    fill_ack(t, s);
}

void output_rst(struct tcb *t, uint32_t seq, bool with_ack, enum rule why, struct tcp_out *out)
{
    if (!has_room(out)) {
        return; /* as if the network had lost it */
    }
    struct segment *s = add_segment(out, seq, TCP_RST, (rule_id)why);
    if (with_ack) {
        s->flags |= TCP_ACK;
        s->ack = t->rcv.nxt;
    }
}

void output_rst_for(const struct segment *s, enum rule why, struct tcp_out *out)
{
    if ((s->flags & TCP_ACK) != 0) {
        add_segment(out, s->ack, TCP_RST, (rule_id)why);
    } else {
        struct segment *rst = add_segment(out, 0, TCP_RST | TCP_ACK, (rule_id)why);
        rst->ack = s->seq + segment_length(s);
    }
}

/* Sequence numbers up to `end` were sent: the timers that watch over them. */
static void note_sent(struct tcb *t, uint32_t end, bool retransmission, sim_time_t now)
{
    bool was_idle = t->snd.una == t->snd.max && !retransmission;
    if (was_idle && t->params->user_timeout != 0) {
        tcb_arm(t, TCP_TIMER_USER, now + t->params->user_timeout);
    }
    t->snd.nxt = end;
    t->snd.max = seq_max(t->snd.max, end);
    if (retransmission) {
        t->retransmits++;
        rto_stop_timing(t);
    } else {
        rto_start_timing(t, end, now);
    }
    if (!tcb_is_armed(t, TCP_TIMER_REXMT) && tcb_rule_on(t, RULE_RETRANSMIT)) {
        tcb_arm(t, TCP_TIMER_REXMT, now + t->rtt.rto);
    }
}

void output_syn(struct tcb *t, enum rule why, sim_time_t now, struct tcp_out *out)
{
    struct segment *s = add_segment(out, t->snd.iss, TCP_SYN, (rule_id)why);
    /* The SYN,ACK of a simultaneous open has the number of our SYN, and something new to say. */
    bool retransmission = t->snd.max != t->snd.iss && why != RULE_SIMULTANEOUS_OPEN;
    bool with_ack = t->state != TCP_SYN_SENT &&
                    (t->params->handshake != TCP_FOUR_WAY || !t->passive || retransmission);
    if (with_ack) {
        fill_ack(t, s);
    } else {
        s->window = (uint16_t)window_advertise(t);
    }
    s->payload.stream = t->snd.stream;
    options_add_mss(s, t->our_mss);
    out->segments[out->segment_count - 1].retransmission = retransmission;
    note_sent(t, t->snd.iss + 1, retransmission, now);
}

/* ---- text and FIN --------------------------------------------------------------------------- */

/* Offset in the stream of the byte at snd.nxt. */
static uint64_t next_offset(const struct tcb *t)
{
    uint32_t first_unacked = tcb_syn_is_acked(t) ? t->snd.una : t->snd.iss + 1;
    return t->snd.acked + (t->snd.nxt - first_unacked);
}

static bool fin_is_sent(const struct tcb *t)
{
    return t->snd.fin && t->snd.nxt == tcb_fin_seq(t) + 1;
}

/* Bytes written from snd.nxt on. */
static uint64_t bytes_waiting(const struct tcb *t)
{
    return fin_is_sent(t) || tcb_fin_is_acked(t) ? 0 : t->snd.written - next_offset(t);
}

uint64_t output_unsent(const struct tcb *t)
{
    if (!tcb_is_synchronized(t) || fin_is_sent(t)) {
        return 0;
    }
    return bytes_waiting(t) + (t->snd.fin ? 1 : 0);
}

/* What the peer's window leaves beyond snd.nxt. */
static uint32_t usable_window(const struct tcb *t)
{
    uint32_t edge = t->snd.una + t->snd.wnd;
    return seq_gt(edge, t->snd.nxt) ? edge - t->snd.nxt : 0;
}

/* The sender's silly window avoidance (RFC 9293 3.8.6.2.1) with Nagle's condition (3.7.4). */
static bool small_segment_may_go(const struct tcb *t, uint32_t length, uint64_t waiting)
{
    bool idle = t->snd.nxt == t->snd.una;
    bool nagle_allows = idle || !t->params->nagle || !tcb_rule_on(t, RULE_NAGLE);
    if (length == waiting && nagle_allows) {
        return true; /* (2): all that was pushed fits */
    }
    if (!tcb_rule_on(t, RULE_SWS_SENDER)) {
        return true;
    }
    return nagle_allows && length >= t->snd.max_wnd / 2 && length > 0; /* (3) */
}

/* Whether the network may be given `length` more bytes. A segment is never made smaller for cwnd's
 * sake, but something may always be in flight. */
static bool cwnd_allows(const struct tcb *t, uint32_t length)
{
    uint32_t flight = t->snd.nxt - t->snd.una;
    return flight == 0 || flight + length <= t->cc.cwnd;
}

static void send_text(struct tcb *t, uint32_t length, bool fin, rule_id why, sim_time_t now,
                      struct tcp_out *out)
{
    uint64_t offset = next_offset(t);
    struct segment *s = add_segment(out, t->snd.nxt, 0, why);
    bool retransmission = seq_lt(t->snd.nxt, t->snd.max);
    out->segments[out->segment_count - 1].retransmission = retransmission;
    s->payload = (struct payload){ offset, t->snd.stream, length };
    if (length > 0 && offset + length == t->snd.written) {
        s->flags |= TCP_PSH;
    }
    if (fin) {
        s->flags |= TCP_FIN;
    }
    fill_ack(t, s);
    t->bytes_sent += length;
    note_sent(t, s->seq + segment_length(s), retransmission, now);
}

/* Send one segment if the windows and the rules let one go. */
static bool send_next(struct tcb *t, sim_time_t now, struct tcp_out *out)
{
    if (!tcb_syn_is_acked(t) &&
        t->snd.nxt == t->snd.iss) { /* a SYN-ACK is due again (two-way: in ESTABLISHED) */
        output_syn(t, RULE_RETRANSMIT, now, out);
        return true;
    }
    uint64_t waiting = bytes_waiting(t);
    uint32_t usable = usable_window(t);
    uint32_t length = (uint32_t)min_u64(min_u64(waiting, usable), t->mss);
    bool fin = t->snd.fin && !fin_is_sent(t) && !tcb_fin_is_acked(t) && length == waiting &&
               usable > length;
    if (length == 0 && !fin) {
        return false;
    }
    bool again = seq_lt(t->snd.nxt, t->snd.max);
    bool is_new =
        seq_gt(t->snd.nxt + length, t->snd.max); /* more than was sent, or probed, before */
    if (!fin && is_new && length < t->mss && !small_segment_may_go(t, length, waiting)) {
        return false;
    }
    if (!cwnd_allows(t, length)) {
        return false;
    }
    rule_id why = again ? RULE_RETRANSMIT : fin ? RULE_SEND_FIN : RULE_SEND_TEXT;
    send_text(t, length, fin, why, now, out);
    return true;
}

void output_forced(struct tcb *t, uint32_t limit, enum rule why, sim_time_t now,
                   struct tcp_out *out)
{
    uint64_t waiting = bytes_waiting(t);
    uint32_t length = (uint32_t)min_u64(min_u64(waiting, t->mss), limit);
    bool fin = t->snd.fin && !fin_is_sent(t) && length == waiting && length < limit;
    if (length > 0 || fin) {
        send_text(t, length, fin, (rule_id)why, now, out);
    }
}

/* Something waits, nothing is in flight that a timer watches over: the peer's window holds it back,
 * and only a probe can find out that it opened (RFC 9293 3.8.6.1). */
static void watch_window(struct tcb *t, sim_time_t now)
{
    bool held_back =
        t->snd.nxt == t->snd.una && output_unsent(t) > 0 && !tcb_is_armed(t, TCP_TIMER_REXMT);
    if (!held_back) {
        if (tcb_is_armed(t, TCP_TIMER_PERSIST)) {
            tcb_disarm(t, TCP_TIMER_PERSIST);
            t->rtt.backoff = 0;
        }
    } else if (!tcb_is_armed(t, TCP_TIMER_PERSIST) && tcb_rule_on(t, RULE_PERSIST)) {
        tcb_arm(t, TCP_TIMER_PERSIST, now + t->rtt.rto);
    } else if (tcb_is_armed(t, TCP_TIMER_PERSIST) && t->snd.wnd > 0) {
        /* Small, no longer closed: the override timeout is not as rare as probes have become. */
        tcb_arm(t, TCP_TIMER_PERSIST, min_i64(t->deadline[TCP_TIMER_PERSIST], now + t->rtt.rto));
    }
}

void tcp_output(struct tcb *t, sim_time_t now, struct tcp_out *out)
{
    if (t->state == TCP_CLOSED || t->state == TCP_LISTEN) {
        return;
    }
    bool may_send_text = tcb_is_synchronized(t) && t->state != TCP_TIME_WAIT;
    while (may_send_text && has_room(out) && send_next(t, now, out)) {
    }
    if (t->ack_now && has_room(out) && t->state != TCP_SYN_SENT) {
        output_ack(t, tcb_seq_behind(t), (enum rule)t->ack_why, out);
    }
    out->more = !has_room(out);
    if (may_send_text && !out->more) {
        watch_window(t, now);
    }
}
