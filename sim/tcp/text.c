/* Seventh, process the segment text, and eighth, check the FIN bit (RFC 9293 3.10.7.4).
 *
 * Text in order goes to rcv.queue, text beyond a gap to rcv.reassembly. Where two segments overlap
 * the bytes that came first stay, unless the later segment covers them whole. */
#include "sim/base/panic.h"
#include "sim/base/seq.h"
#include "sim/tcp/arrival.h"
#include "sim/tcp/output.h"
#include "sim/tcp/tcp.h"

#include <string.h>

static void append_in_order(struct tcb *t, const struct tcp_span *span, struct tcp_out *out);
static void store_out_of_order(struct tcb *t, const struct arrival *a);
static bool drain_reassembly(struct tcb *t, struct tcp_out *out);
static void schedule_ack(struct tcb *t, const struct arrival *a);

/* A FIN that came before the bytes in front of it waits for them. */
static void note_fin(struct tcb *t, const struct arrival *a)
{
    if ((a->flags & TCP_FIN) != 0 && !t->rcv.fin) {
        t->rcv.fin_waits = true;
        t->rcv.fin_seq = a->seq + a->payload.length;
    }
}

/* RFC 9293 3.6.1 and RFC 2525 2.17: data for an application that closed will never be read; the
 * peer must learn that it is lost. */
static enum step refuse_after_close(struct tcb *t, struct arrival *a)
{
    output_rst(t, tcb_seq_behind(t), false, RULE_DATA_AFTER_CLOSE, a->out);
    tcb_close(t, SIM_RESET, RULE_DATA_AFTER_CLOSE, a->out);
    return STEP_DROP;
}

enum step seventh_process_text(struct tcb *t, struct arrival *a)
{
    bool takes_text =
        t->state == TCP_ESTABLISHED || t->state == TCP_FIN_WAIT_1 || t->state == TCP_FIN_WAIT_2;
    if (!takes_text) {
        return STEP_GO_ON;
    }
    note_fin(t, a);
    if (a->payload.length == 0) {
        return STEP_GO_ON;
    }
    if (t->detached && tcb_rule_on(t, RULE_DATA_AFTER_CLOSE)) {
        return refuse_after_close(t, a);
    }
    if (a->seq != t->rcv.nxt) {
        store_out_of_order(t, a);
        tcp_fire(a->out, RULE_OUT_OF_ORDER);
        output_want_ack(t, RULE_OUT_OF_ORDER);
        return STEP_GO_ON;
    }
    const struct tcp_span span = { a->seq, a->payload };
    append_in_order(t, &span, a->out);
    tcp_fire(a->out, RULE_TEXT_IN_ORDER);
    if (t->rcv.reassembly.count > 0 && drain_reassembly(t, a->out)) {
        tcp_fire(a->out, RULE_GAP_FILLED);
        output_want_ack(t, RULE_GAP_FILLED);
    }
    schedule_ack(t, a);
    return STEP_GO_ON;
}

/* RFC 9293 3.8.6.3: at least every second segment is acknowledged at once. */
static void schedule_ack(struct tcb *t, const struct arrival *a)
{
    if (t->params->delayed_ack == 0 || !tcb_rule_on(t, RULE_DELAYED_ACK)) {
        output_want_ack(t, RULE_ACK_AT_ONCE);
    } else if (t->ack_delayed) {
        output_want_ack(t, RULE_ACK_EVERY_SECOND);
    } else if (!t->ack_now) {
        t->ack_delayed = true;
        tcb_arm(t, TCP_TIMER_DELACK, a->now + t->params->delayed_ack);
        tcp_fire(a->out, RULE_DELAYED_ACK);
    }
}

/* ---- span lists ----------------------------------------------------------------------------- */

static struct tcp_span *span_at(const struct tcp_spans *list, uint32_t index)
{
    return &list->spans[list->first + index];
}

/* Whether `b` continues `a` in sequence space and in the same stream. */
static bool continues(const struct tcp_span *a, const struct tcp_span *b)
{
    return a->seq + a->payload.length == b->seq && a->payload.stream == b->payload.stream &&
           a->payload.offset + a->payload.length == b->payload.offset &&
           a->payload.length <= UINT32_MAX - b->payload.length;
}

/* Move the list to the front of its memory when its end is reached. */
static void spans_compact(struct tcp_spans *list)
{
    if (list->first + list->count == list->capacity && list->first > 0) {
        memmove(list->spans, list->spans + list->first, list->count * sizeof *list->spans);
        list->first = 0;
    }
}

static void spans_append(struct tcp_spans *list, const struct tcp_span *span)
{
    if (list->count > 0 && continues(span_at(list, list->count - 1), span)) {
        span_at(list, list->count - 1)->payload.length += span->payload.length;
        return;
    }
    spans_compact(list);
    SIM_ASSERT(list->first + list->count < list->capacity);
    *span_at(list, list->count) = *span;
    list->count++;
}

static void spans_insert(struct tcp_spans *list, uint32_t index, const struct tcp_span *span)
{
    spans_compact(list);
    SIM_ASSERT(list->first + list->count < list->capacity);
    memmove(span_at(list, index + 1), span_at(list, index),
            (list->count - index) * sizeof *list->spans);
    *span_at(list, index) = *span;
    list->count++;
}

static void spans_remove(struct tcp_spans *list, uint32_t index)
{
    memmove(span_at(list, index), span_at(list, index + 1),
            (list->count - index - 1) * sizeof *list->spans);
    list->count--;
}

static void append_in_order(struct tcb *t, const struct tcp_span *span, struct tcp_out *out)
{
    SIM_ASSERT(span->seq == t->rcv.nxt);
    t->rcv.nxt += span->payload.length;
    t->rcv.received += span->payload.length;
    t->rcv.unread += span->payload.length;
    spans_append(&t->rcv.queue, span);
    out->notices |= TCP_NOTICE_READABLE;
}

/* ---- reassembly ----------------------------------------------------------------------------- */

/* Take the first `count` bytes off a span. */
static void span_skip(struct tcp_span *span, uint32_t count)
{
    span->seq += count;
    span->payload.offset += count;
    span->payload.length -= count;
}

static void store_out_of_order(struct tcb *t, const struct arrival *a)
{
    struct tcp_spans *list = &t->rcv.reassembly;
    struct tcp_span new = { a->seq, a->payload };
    uint32_t end = new.seq + new.payload.length;
    uint32_t at = 0;
    while (at < list->count && seq_leq(span_at(list, at)->seq, new.seq)) {
        at++;
    }
    if (at > 0) { /* what the span before it holds already is not needed again */
        const struct tcp_span *before = span_at(list, at - 1);
        uint32_t before_end = before->seq + before->payload.length;
        if (seq_geq(before_end, end)) {
            return;
        }
        if (seq_gt(before_end, new.seq)) {
            span_skip(&new, before_end - new.seq);
        }
    }
    while (at < list->count && seq_gt(end, span_at(list, at)->seq)) {
        struct tcp_span *after = span_at(list, at);
        if (seq_lt(end, after->seq + after->payload.length)) {
            new.payload.length = after->seq - new.seq; /* keep the older bytes */
            break;
        }
        spans_remove(list, at); /* wholly covered */
    }
    if (new.payload.length == 0) {
        return; /* two neighbours held it between them */
    }
    if (at > 0 && continues(span_at(list, at - 1), &new)) {
        span_at(list, at - 1)->payload.length += new.payload.length;
    } else {
        spans_insert(list, at, &new);
    }
}

/* Move what became contiguous to the queue. Returns whether there was any. */
static bool drain_reassembly(struct tcb *t, struct tcp_out *out)
{
    struct tcp_spans *list = &t->rcv.reassembly;
    uint32_t before = t->rcv.nxt;
    while (list->count > 0) {
        struct tcp_span span = *span_at(list, 0);
        if (seq_gt(span.seq, t->rcv.nxt)) {
            break;
        }
        uint32_t known = t->rcv.nxt - span.seq;
        if (known < span.payload.length) {
            span_skip(&span, known);
            append_in_order(t, &span, out);
        }
        list->first++;
        list->count--;
    }
    return t->rcv.nxt != before;
}

/* ---- eighth, check the FIN bit -------------------------------------------------------------- */

void arrival_enter_time_wait(struct tcb *t, const struct arrival *a, enum rule why)
{
    if (!tcb_rule_on(t, RULE_TIME_WAIT)) {
        tcb_set_state(t, TCP_TIME_WAIT, why, a->out);
        tcp_output(t, a->now, a->out); /* the last ACK leaves before the connection is forgotten */
        tcb_close(t, SIM_OK, RULE_TIME_WAIT, a->out);
        return;
    }
    tcb_set_state(t, TCP_TIME_WAIT, why, a->out);
    tcp_fire(a->out, RULE_TIME_WAIT);
    for (int timer = 0; timer < TCP_TIMER_COUNT; timer++) {
        tcb_disarm(t, (enum tcp_timer)timer);
    }
    tcb_arm(t, TCP_TIMER_TIME_WAIT, a->now + tcb_time_wait_length(t));
    a->out->notices |= TCP_NOTICE_CLOSED;
}

static void fin_changes_state(struct tcb *t, struct arrival *a)
{
    switch (t->state) {
    case TCP_SYN_RECEIVED:
    case TCP_ESTABLISHED:
        tcb_set_state(t, TCP_CLOSE_WAIT, RULE_FIN_RECEIVED, a->out);
        break;
    case TCP_FIN_WAIT_1: /* our FIN is not acknowledged, or step 5 would have left this state */
        tcb_set_state(t, TCP_CLOSING, RULE_FIN_CROSSES, a->out);
        break;
    case TCP_FIN_WAIT_2:
        arrival_enter_time_wait(t, a, RULE_FIN_RECEIVED);
        break;
    case TCP_CLOSE_WAIT:
    case TCP_CLOSING:
    case TCP_LAST_ACK:
    case TCP_TIME_WAIT:
        break;
    case TCP_CLOSED:
    case TCP_LISTEN:
    case TCP_SYN_SENT:
    case TCP_STATE_COUNT:
        SIM_UNREACHABLE("not a state of this step");
    }
}

enum step eighth_check_fin(struct tcb *t, struct arrival *a)
{
    if (!t->rcv.fin_waits || t->rcv.fin_seq != t->rcv.nxt) {
        if ((a->flags & TCP_FIN) != 0 && t->rcv.fin_waits) {
            output_want_ack(t, RULE_OUT_OF_ORDER);
        }
        return STEP_GO_ON;
    }
    t->rcv.fin_waits = false;
    t->rcv.fin = true;
    t->rcv.nxt++;
    t->rcv.edge = seq_max(t->rcv.edge, t->rcv.nxt);
    a->out->notices |= TCP_NOTICE_PEER_CLOSED | TCP_NOTICE_READABLE;
    if (t->state != TCP_ESTABLISHED) {
        output_want_ack(t, RULE_FIN_RECEIVED);
    } else if (a->payload.length == 0) {
        schedule_ack(t, a); /* the application may close at once: one segment for ACK and FIN */
    }
    fin_changes_state(t, a);
    return STEP_GO_ON;
}
