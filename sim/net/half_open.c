/* The listening side: SYN queue and accept queue.
 *
 * A half-open connection is a small record. For every event it is unpacked into a tcb, goes through
 * sim/tcp like any other, and is packed again; when its handshake completes it becomes a conn in the
 * accept queue. Source: RFC 9293 3.10.7.2 and 3.10.7.4; the two queues as in RFC 4987. */
#include "sim/net/conn.h"

/* ---- the accept queue ----------------------------------------------------------------------- */

static bool accept_queue_is_full(const struct listener *listener)
{
    return listener->accept_count >= listener->backlog;
}

static void enqueue(struct sim *sim, struct net *net, struct conn *at, struct conn *c)
{
    struct listener *listener = at->listener;
    struct host_stats *stats = &stack_of(net, at->host)->stats;
    c->queued_at = at->index;
    c->accept_next = 0;
    if (listener->accept_tail != 0) {
        conn_at(net, listener->accept_tail)->accept_next = c->index;
    } else {
        listener->accept_head = c->index;
    }
    listener->accept_tail = c->index;
    listener->accept_count++;
    if (listener->accept_count > stats->accept_queue_max) {
        stats->accept_queue_max = listener->accept_count;
    }
    ready_notify(sim, net, at, SOCK_ACCEPTABLE);
}

/* A tcb whose handshake is complete becomes a conn. NULL when there is no memory. */
static struct conn *promote(struct sim *sim, struct net *net, struct conn *at, const struct tcb *t,
                            const struct tcp_tuple *tuple)
{
    struct stack *stack = stack_of(net, at->host);
    struct conn *c = conn_create(sim, net, stack, tuple, NULL);
    if (c == NULL) {
        return NULL;
    }
    c->tcb = *t;
    c->tcb.snd.stream = stream_create(&sim->streams, at->host, conn_handle(c));
    if (c->tcb.snd.stream == 0) {
        sim_out_of_memory(sim);
    }
    stack->stats.passive_opens++;
    return c;
}

/* ---- half-open records ---------------------------------------------------------------------- */

static void forget_request(struct net *net, struct request *r)
{
    conn_at(net, r->listener)->listener->requests--;
    demux_remove(net, stack_of(net, r->host), request_ref(r->index));
    pool_release(&net->requests, r->index);
}

static void pack(struct sim *sim, struct request *r, const struct tcb *t)
{
    tcp_request_pack(&r->half_open, t);
    actor_arm(sim, &r->actor, ACTOR_CONN, request_ref(r->index), r->half_open.deadline);
}

static struct request *create_request(struct sim *sim, struct net *net, struct conn *at,
                                      const struct tcp_tuple *tuple)
{
    struct stack *stack = stack_of(net, at->host);
    uint32_t index;
    struct request *r = pool_allocate(&net->requests, &index);
    if (r == NULL) {
        sim_out_of_memory(sim);
        return NULL;
    }
    r->index = index;
    r->host = at->host;
    r->listener = at->index;
    r->entry.tuple = *tuple;
    actor_init(&r->actor);
    if (!demux_insert(sim, net, stack, request_ref(index))) {
        pool_release(&net->requests, index);
        return NULL;
    }
    at->listener->requests++;
    if (at->listener->requests > stack->stats.syn_queue_max) {
        stack->stats.syn_queue_max = at->listener->requests;
    }
    return r;
}

/* ---- a segment for LISTEN ------------------------------------------------------------------- */

/* Whether the SYN must be dropped for want of room in the SYN queue; or in the accept queue, where it
 * would go at once under a two-way handshake. A three-way handshake may begin while the accept queue
 * is full: there may be room when it is done. */
static bool has_no_room(struct stack *stack, const struct listener *listener, struct tcp_out *out)
{
    if (listener->requests >= listener->syn_backlog) {
        stack->stats.listen_drops++;
        tcp_fire(out, RULE_SYN_QUEUE_FULL);
        return true;
    }
    if (stack->params.handshake == TCP_TWO_WAY && accept_queue_is_full(listener)) {
        stack->stats.listen_overflows++;
        tcp_fire(out, RULE_ACCEPT_QUEUE_FULL);
        return true;
    }
    return false;
}

/* Keep what tcp_listen_segment_arrives() began, and send its answer. */
static void begin(struct sim *sim, struct net *net, struct conn *at, const struct tcp_tuple *tuple,
                  const struct tcb *child, struct tcp_out *out)
{
    struct stack *stack = stack_of(net, at->host);
    if (child->state == TCP_SYN_RECEIVED) {
        struct request *r = create_request(sim, net, at, tuple);
        if (r != NULL) {
            pack(sim, r, child);
            stack_tell_changes(sim, stack, 0, out);
            stack_send(sim, net, stack, tuple, 0, TCP_SYN_RECEIVED, out);
        }
        return;
    }
    struct conn *c = promote(sim, net, at, child, tuple);
    if (c != NULL) {
        enqueue(sim, net, at, c);
        conn_apply(sim, net, c, out);
    }
}

void listener_segment_arrives(struct sim *sim, struct net *net, struct conn *listener,
                              const struct tcp_tuple *tuple, const struct net_packet *p)
{
    struct stack *stack = stack_of(net, listener->host);
    const struct segment *s = &p->packet.tcp;
    struct tcp_out out;
    tcp_out_init(&out);
    struct tcb child;
    child.state = TCP_LISTEN;
    bool accepts = tcp_listen_accepts(s);
    if (!accepts) {
        tcp_listen_segment_arrives(&child, &stack->params, 0, s, 0, sim->now, &out);
    } else if (!has_no_room(stack, listener->listener, &out)) {
        uint32_t iss = stack_next_iss(sim, stack, tuple);
        uint16_t our_mss = stack_our_mss(sim, net, stack, &tuple->remote);
        tcp_listen_segment_arrives(&child, &stack->params, our_mss, s, iss, sim->now, &out);
    }
    stack_tell_arrival(sim, stack, 0, p, TCP_LISTEN, child.state, &out);
    if (child.state == TCP_LISTEN) {
        stack_send(sim, net, stack, tuple, 0, TCP_LISTEN, &out);
    } else {
        begin(sim, net, listener, tuple, &child, &out);
    }
}

/* ---- a segment or a timeout for SYN-RECEIVED ------------------------------------------------ */

static void tell_arrival(struct sim *sim, struct stack *stack, conn_id conn,
                         const struct net_packet *p, const struct tcb *t, const struct tcp_out *out)
{
    if (p != NULL) {
        stack_tell_arrival(sim, stack, conn, p, TCP_SYN_RECEIVED, t->state, out);
    }
}

/* The handshake is complete: the record becomes a conn in the accept queue. */
static void complete(struct sim *sim, struct net *net, struct request *r, const struct tcb *t,
                     const struct net_packet *p, struct tcp_out *out)
{
    struct conn *at = conn_at(net, r->listener);
    struct tcp_tuple tuple = r->entry.tuple;
    forget_request(net, r);
    struct conn *c = promote(sim, net, at, t, &tuple);
    if (c == NULL) {
        return;
    }
    tell_arrival(sim, stack_of(net, at->host), conn_handle(c), p, t, out);
    conn_tell_delivered(sim, net, c, t->rcv.received);
    enqueue(sim, net, at, c);
    conn_apply(sim, net, c, out);
}

/* The record after its tcb went through sim/tcp, with segment `p` or (NULL) by a timeout. */
static void settle(struct sim *sim, struct net *net, struct request *r, struct tcb *t,
                   const struct net_packet *p, struct tcp_out *out)
{
    if (tcb_is_synchronized(t)) {
        complete(sim, net, r, t, p, out);
        return;
    }
    struct stack *stack = stack_of(net, r->host);
    struct tcp_tuple tuple = r->entry.tuple;
    conn_free_spans(sim, t);
    tell_arrival(sim, stack, 0, p, t, out);
    if (t->state == TCP_SYN_RECEIVED) {
        pack(sim, r, t);
    } else {
        stack->stats.failed_attempts++;
        forget_request(net, r);
    }
    stack_tell_changes(sim, stack, 0, out);
    stack_send(sim, net, stack, &tuple, 0, t->state, out);
}

static bool fired(const struct tcp_out *out, enum rule rule)
{
    for (uint32_t i = 0; i < out->rule_count; i++) {
        if (out->rules[i] == (rule_id)rule) {
            return true;
        }
    }
    return false;
}

void request_segment_arrives(struct sim *sim, struct net *net, struct request *r,
                             const struct net_packet *p)
{
    struct stack *stack = stack_of(net, r->host);
    struct tcb t;
    struct tcp_out out;
    tcp_out_init(&out);
    tcp_request_unpack(&r->half_open, &stack->params, &t);
    t.accept_blocked = accept_queue_is_full(conn_at(net, r->listener)->listener);
    if (!conn_reserve_spans(sim, &t)) {
        return;
    }
    tcp_segment_arrives(&t, &p->packet.tcp, sim->now, &out);
    stack->stats.listen_overflows += fired(&out, RULE_ACCEPT_QUEUE_FULL);
    settle(sim, net, r, &t, p, &out);
}

bool request_timeout(struct sim *sim, uint32_t index, uint64_t ticket)
{
    struct net *net = net_of(sim);
    struct request *r = request_at(net, index);
    if (!pool_is_live(&net->requests, index) || !actor_claim(&r->actor, ticket)) {
        return false;
    }
    if (r->half_open.deadline > sim->now) {
        actor_arm(sim, &r->actor, ACTOR_CONN, request_ref(index), r->half_open.deadline);
        return false;
    }
    struct stack *stack = stack_of(net, r->host);
    struct tcb t;
    struct tcp_out out;
    tcp_out_init(&out);
    tcp_request_unpack(&r->half_open, &stack->params, &t);
    tcp_timeout(&t, sim->now, &out);
    stack_tell_timeout(sim, stack, 0, TCP_TIMER_REXMT, &out);
    settle(sim, net, r, &t, NULL, &out);
    return true;
}

/* ---- the end of a listener ------------------------------------------------------------------ */

static void forget_requests_of(struct net *net, struct conn *listener)
{
    struct stack *stack = stack_of(net, listener->host);
    uint32_t ref = stack->oldest;
    while (ref != 0) {
        uint32_t newer = demux_entry_of(net, ref)->newer;
        if (ref_is_request(ref)) {
            struct request *r = request_at(net, ref_index(ref));
            if (r->listener == listener->index) {
                forget_request(net, r);
            }
        }
        ref = newer;
    }
}

/* Reset what waits to be accepted. False when a packet rule's function made an end of the listener
 * meanwhile. */
static bool reset_accept_queue(struct sim *sim, struct net *net, struct conn *listener)
{
    const conn_id id = conn_handle(listener);
    listener->handle_given_up = true;
    while (listener->listener->accept_head != 0) {
        struct conn *c = conn_at(net, listener->listener->accept_head);
        struct tcp_out out;
        tcp_out_init(&out);
        tcp_user_abort(&c->tcb, sim->now, &out);
        conn_apply(sim, net, c, &out); /* leaves the queue as it is released */
        if (pool_get(&net->conns, id) == NULL) {
            return false;
        }
    }
    return true;
}

void listener_close(struct sim *sim, struct net *net, struct conn *listener)
{
    struct stack *stack = stack_of(net, listener->host);
    if (!reset_accept_queue(sim, net, listener)) {
        return;
    }
    forget_requests_of(net, listener);
    uint32_t *link = &stack->listeners;
    while (*link != listener->index) {
        link = &conn_at(net, *link)->listener->next;
    }
    *link = listener->listener->next;
    struct listener *freed = listener->listener;
    conn_release(sim, net, listener);
    arena_release(&sim->arena, freed, sizeof *freed);
}
