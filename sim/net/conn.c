/* Connections: from what sim/tcp says to packets, facts and applications. */
#include "sim/net/conn.h"

#include "sim/base/common.h"
#include "sim/base/panic.h"

#include <string.h>

struct conn *conn_create(struct sim *sim, struct net *net, struct stack *stack,
                         const struct tcp_tuple *tuple, struct listener *listener)
{
    uint32_t index;
    struct conn *c = pool_allocate(&net->conns, &index);
    if (c == NULL) {
        sim_out_of_memory(sim);
        return NULL;
    }
    c->index = index;
    c->host = stack->host;
    c->listener = listener;
    c->entry.tuple = *tuple;
    actor_init(&c->actor);
    if (listener == NULL) {
        c->in_table = demux_insert(sim, net, stack, conn_ref(index));
        if (!c->in_table) {
            pool_release(&net->conns, index);
            return NULL;
        }
    }
    return c;
}

static void leave_table(struct net *net, struct conn *c)
{
    if (c->in_table) {
        demux_remove(net, stack_of(net, c->host), conn_ref(c->index));
        c->in_table = false;
    }
}

static void free_spans(struct sim *sim, struct tcp_spans *list)
{
    arena_release(&sim->arena, list->spans, list->capacity * sizeof *list->spans);
    *list = (struct tcp_spans){ 0 };
}

void conn_free_spans(struct sim *sim, struct tcb *t)
{
    free_spans(sim, &t->rcv.queue);
    free_spans(sim, &t->rcv.reassembly);
}

/* A connection that dies while it waits to be accepted leaves the queue. */
static void leave_accept_queue(struct net *net, struct conn *c)
{
    if (c->queued_at == 0) {
        return;
    }
    struct listener *listener = conn_at(net, c->queued_at)->listener;
    uint32_t before = 0;
    for (uint32_t i = listener->accept_head; i != c->index; i = conn_at(net, i)->accept_next) {
        before = i;
    }
    if (before == 0) {
        listener->accept_head = c->accept_next;
    } else {
        conn_at(net, before)->accept_next = c->accept_next;
    }
    if (listener->accept_tail == c->index) {
        listener->accept_tail = before;
    }
    listener->accept_count--;
    c->queued_at = 0;
}

void conn_release(struct sim *sim, struct net *net, struct conn *c)
{
    leave_accept_queue(net, c);
    ready_forget(net, c);
    leave_table(net, c);
    conn_free_spans(sim, &c->tcb);
    pool_release(&net->conns, c->index);
}

/* ---- room for spans ------------------------------------------------------------------------- */

static bool reserve(struct sim *sim, struct tcp_spans *list, uint32_t count)
{
    if (list->capacity >= count) {
        return true;
    }
    uint32_t capacity = max_u32(max_u32(4, 2 * list->capacity), count);
    struct tcp_span *bigger =
        arena_grow(&sim->arena, list->spans, list->capacity * sizeof *list->spans,
                   capacity * sizeof *list->spans);
    if (bigger == NULL) {
        sim_out_of_memory(sim);
        return false;
    }
    list->spans = bigger;
    list->capacity = capacity;
    return true;
}

bool conn_reserve_spans(struct sim *sim, struct tcb *t)
{
    struct tcp_spans *queue = &t->rcv.queue;
    struct tcp_spans *reassembly = &t->rcv.reassembly;
    return reserve(sim, reassembly, reassembly->count + 1) &&
           reserve(sim, queue, queue->count + reassembly->count + 1);
}

/* ---- applying ------------------------------------------------------------------------------- */

/* What the segment brought in order lies at the end of the queue: `bytes` of it. Tell observers,
 * and notice bytes that another incarnation wrote. */
void conn_tell_delivered(struct sim *sim, struct net *net, struct conn *c, uint64_t bytes)
{
    struct stack *stack = stack_of(net, c->host);
    const struct tcp_spans *queue = &c->tcb.rcv.queue;
    uint32_t first = queue->count;
    uint64_t covered = 0;
    while (covered < bytes) {
        covered += queue->spans[queue->first + --first].payload.length;
    }
    uint64_t skip = covered - bytes;
    for (uint32_t i = first; i < queue->count; i++) {
        struct payload part = queue->spans[queue->first + i].payload;
        part.offset += skip;
        part.length -= (uint32_t)skip;
        skip = 0;
        bool own = stream_claim(&sim->streams, part.stream, conn_handle(c));
        c->heard = c->heard == 0 ? part.stream : c->heard;
        if (!own || c->heard != part.stream) {
            stack->stats.foreign_bytes_delivered += part.length;
        }
        stack_tell_app(
            sim, stack, conn_handle(c),
            (struct sim_fact){ .app = APP_DELIVERED, .bytes = part.length, .payload = part });
    }
    stack->stats.bytes_delivered += bytes;
}

static bool is_open(enum tcp_state state)
{
    return state == TCP_ESTABLISHED || state == TCP_CLOSE_WAIT;
}

/* Counters that follow from state changes (RFC 4022). */
static void count_changes(struct stack *stack, struct conn *c, const struct tcp_out *out)
{
    for (uint32_t i = 0; i < out->change_count; i++) {
        const struct tcp_change *change = &out->changes[i];
        bool was_opening = change->from == TCP_SYN_SENT || change->from == TCP_SYN_RECEIVED;
        if (!c->was_established && change->to == TCP_ESTABLISHED) {
            stack->stats.established++;
            c->was_established = true;
        }
        if (change->to == TCP_CLOSED) {
            stack->stats.failed_attempts += was_opening;
            stack->stats.established_resets += is_open(change->from);
            stack->time_waits -= change->from == TCP_TIME_WAIT;
        }
        if (change->to == TCP_TIME_WAIT) {
            stack->time_waits++;
            stack->stats.time_waits++;
            stack->stats.time_wait_max = stack->time_waits > stack->stats.time_wait_max
                                             ? stack->time_waits
                                             : stack->stats.time_wait_max;
        }
    }
}

static void tell_notices(struct sim *sim, struct net *net, struct stack *stack, struct conn *c,
                         uint32_t notices)
{
    static const struct {
        uint32_t notice;
        unsigned event;
    } map[] = {
        { TCP_NOTICE_CONNECTED, SOCK_CONNECTED },  { TCP_NOTICE_READABLE, SOCK_READABLE },
        { TCP_NOTICE_PEER_CLOSED, SOCK_READABLE }, { TCP_NOTICE_WRITABLE, SOCK_WRITABLE },
        { TCP_NOTICE_DRAINED, SOCK_DRAINED },      { TCP_NOTICE_CLOSED, SOCK_CLOSED },
    };
    conn_id id = conn_handle(c);
    if ((notices & TCP_NOTICE_CONNECTED) != 0) {
        stack_tell_app(sim, stack, id, (struct sim_fact){ .app = APP_CONNECTED });
    }
    if ((notices & TCP_NOTICE_PEER_CLOSED) != 0) {
        stack_tell_app(sim, stack, id, (struct sim_fact){ .app = APP_PEER_CLOSED });
    }
    if ((notices & TCP_NOTICE_CLOSED) != 0 && c->tcb.error != SIM_OK && !c->handle_given_up) {
        stack_tell_app(sim, stack, id,
                       (struct sim_fact){ .app = APP_ERROR, .status = c->tcb.error });
    }
    if (!c->buffer_was_full) {
        notices &= ~(uint32_t)TCP_NOTICE_WRITABLE;
    } else if ((notices & TCP_NOTICE_WRITABLE) != 0) {
        c->buffer_was_full = false;
    }
    unsigned events = 0;
    for (size_t i = 0; i < COUNT_OF(map); i++) {
        events |= (notices & map[i].notice) != 0 ? map[i].event : 0;
    }
    ready_notify(sim, net, c, events);
}

static void rearm(struct sim *sim, struct conn *c)
{
    enum tcp_timer timer = TCP_TIMER_REXMT;
    actor_arm(sim, &c->actor, ACTOR_CONN, conn_ref(c->index), tcb_next_deadline(&c->tcb, &timer));
}

/* A CLOSED connection is in no table; it is forgotten once nobody holds its handle. */
static void settle(struct sim *sim, struct net *net, struct conn *c)
{
    if (c->tcb.state != TCP_CLOSED) {
        rearm(sim, c);
        return;
    }
    leave_table(net, c);
    if (c->handle_given_up || c->queued_at != 0) {
        conn_release(sim, net, c);
    }
}

/* Several rounds where there was more to send than fits into one tcp_out. Sending may run a packet
 * rule's function, which may do anything, even end this very connection. */
void conn_apply(struct sim *sim, struct net *net, struct conn *c, struct tcp_out *out)
{
    struct stack *stack = stack_of(net, c->host);
    const conn_id id = conn_handle(c);
    const struct tcp_tuple tuple = c->entry.tuple;
    uint32_t notices = 0;
    for (;;) {
        count_changes(stack, c, out);
        stack_tell_changes(sim, stack, id, out);
        stack_send(sim, net, stack, &tuple, id, c->tcb.state, out);
        if (pool_get(&net->conns, id) == NULL) {
            return;
        }
        notices |= out->notices;
        if (!out->more) {
            break;
        }
        tcp_out_init(out);
        tcp_output(&c->tcb, sim->now, out);
    }
    tell_notices(sim, net, stack, c, notices);
    settle(sim, net, c);
}

void conn_segment_arrives(struct sim *sim, struct net *net, struct conn *c,
                          const struct net_packet *p)
{
    if (!conn_reserve_spans(sim, &c->tcb)) {
        return; /* as if lost; the run ends with SIM_NO_MEMORY */
    }
    struct stack *stack = stack_of(net, c->host);
    struct tcp_out out;
    tcp_out_init(&out);
    enum tcp_state from = c->tcb.state;
    uint64_t received = c->tcb.rcv.received;
    tcp_segment_arrives(&c->tcb, &p->packet.tcp, sim->now, &out);
    stack_tell_arrival(sim, stack, conn_handle(c), p, from, c->tcb.state, &out);
    conn_tell_delivered(sim, net, c, c->tcb.rcv.received - received);
    conn_apply(sim, net, c, &out);
}

bool conn_timeout(struct sim *sim, uint32_t index, uint64_t ticket)
{
    struct net *net = net_of(sim);
    struct conn *c = conn_at(net, index);
    if (!pool_is_live(&net->conns, index) || !actor_claim(&c->actor, ticket)) {
        return false;
    }
    enum tcp_timer timer = TCP_TIMER_REXMT;
    if (tcb_next_deadline(&c->tcb, &timer) > sim->now) {
        rearm(sim, c); /* the timer moved later, or stopped */
        return false;
    }
    struct stack *stack = stack_of(net, c->host);
    struct tcp_out out;
    tcp_out_init(&out);
    stack->stats.timeouts += timer == TCP_TIMER_REXMT;
    tcp_timeout(&c->tcb, sim->now, &out);
    stack_tell_timeout(sim, stack, conn_handle(c), timer, &out);
    conn_apply(sim, net, c, &out);
    return true;
}
