/* Sockets: the public user calls. */
#include "tcpsim/sock.h"

#include "sim/base/common.h"
#include "sim/base/panic.h"
#include "sim/net/conn.h"

/* The conn behind a handle that is still the application's; NULL otherwise. */
static struct conn *conn_of(const struct sim *sim, conn_id id)
{
    const struct net *net = net_peek(sim);
    struct conn *c = net == NULL ? NULL : pool_get(&net->conns, id);
    return c == NULL || c->handle_given_up ? NULL : c;
}

/* Likewise, and not a listener. */
static struct conn *connection_of(const struct sim *sim, conn_id id)
{
    struct conn *c = conn_of(sim, id);
    return c == NULL || c->listener != NULL ? NULL : c;
}

enum sim_status sock_set_ready(struct sim *sim, conn_id id, sock_ready_fn *ready, void *context)
{
    struct conn *c = conn_of(sim, id);
    if (c == NULL) {
        return SIM_BAD_HANDLE;
    }
    c->ready = ready;
    c->ready_context = context;
    struct net *net = net_of(sim);
    if (ready == NULL) {
        ready_forget(net, c);
    } else {
        ready_notify(sim, net, c, 0);
    }
    return SIM_OK;
}

/* ---- opening -------------------------------------------------------------------------------- */

static bool is_host(const struct net *net, host_id host)
{
    return host >= 1 && host <= net->node_count && node_at(net, host)->kind == NODE_HOST;
}

static bool port_is_listened_on(struct net *net, struct stack *stack,
                                const struct listen_config *config)
{
    for (uint32_t i = stack->listeners; i != 0; i = conn_at(net, i)->listener->next) {
        const struct tcp_tuple *bound = &conn_at(net, i)->entry.tuple;
        bool overlap = ip_addr_equal(&bound->local, &config->addr) ||
                       ip_addr_is_unspecified(&bound->local) ||
                       ip_addr_is_unspecified(&config->addr);
        if (bound->local_port == config->port && overlap) {
            return true;
        }
    }
    return false;
}

static void append_listener(struct net *net, struct stack *stack, uint32_t index)
{
    uint32_t *link = &stack->listeners;
    while (*link != 0) {
        link = &conn_at(net, *link)->listener->next;
    }
    *link = index;
}

enum sim_status sock_listen(struct sim *sim, host_id host, const struct listen_config *config,
                            conn_id *listener)
{
    enum { DEFAULT_BACKLOG = 128 };
    struct net *net = net_of(sim);
    if (net == NULL) {
        return SIM_NO_MEMORY;
    }
    if (!is_host(net, host) || config->port == 0) {
        return SIM_INVALID;
    }
    struct stack *stack = stack_of(net, host);
    if (port_is_listened_on(net, stack, config)) {
        return SIM_ADDRESS_IN_USE;
    }
    struct listener *queues = arena_allocate(&sim->arena, sizeof *queues);
    const struct tcp_tuple tuple = { .local = config->addr, .local_port = config->port };
    struct conn *c = queues == NULL ? NULL : conn_create(sim, net, stack, &tuple, queues);
    if (c == NULL) {
        return SIM_NO_MEMORY;
    }
    uint32_t backlog = config->backlog != 0 ? config->backlog : DEFAULT_BACKLOG;
    *queues = (struct listener){
        .backlog = backlog,
        .syn_backlog = config->syn_backlog != 0 ? config->syn_backlog : backlog,
    };
    tcb_init(&c->tcb, &stack->params, 0);
    c->tcb.state = TCP_LISTEN;
    append_listener(net, stack, c->index);
    *listener = conn_handle(c);
    stack_tell_app(sim, stack, *listener, (struct sim_fact){ .app = APP_LISTEN });
    return SIM_OK;
}

enum sim_status sock_accept(struct sim *sim, conn_id listener, conn_id *conn)
{
    struct net *net = net_of(sim);
    struct conn *at = conn_of(sim, listener);
    if (at == NULL) {
        return SIM_BAD_HANDLE;
    }
    if (at->listener == NULL) {
        return SIM_INVALID;
    }
    if (at->listener->accept_head == 0) {
        return SIM_AGAIN;
    }
    struct conn *c = conn_at(net, at->listener->accept_head);
    at->listener->accept_head = c->accept_next;
    if (at->listener->accept_head == 0) {
        at->listener->accept_tail = 0;
    }
    at->listener->accept_count--;
    c->queued_at = 0;
    struct stack *stack = stack_of(net, c->host);
    stack->stats.accepted++;
    *conn = conn_handle(c);
    stack_tell_app(sim, stack, *conn, (struct sim_fact){ .app = APP_ACCEPTED });
    return SIM_OK;
}

/* The address that the host speaks from: its first of the destination's family. */
static bool choose_source(const struct sim *sim, host_id host, const struct connect_config *config,
                          struct ip_addr *source)
{
    if (!ip_addr_is_unspecified(&config->local_addr)) {
        *source = config->local_addr;
        return true;
    }
    for (uint32_t i = 0; i < host_address_count(sim, host); i++) {
        const struct ip_addr *addr = host_address(sim, host, i);
        if (ip_addr_is_v4(addr) == ip_addr_is_v4(&config->destination)) {
            *source = *addr;
            return true;
        }
    }
    return false;
}

/* An address to speak from must be the host's, and of the destination's family. */
static bool source_is_sensible(const struct net *net, host_id host,
                               const struct connect_config *config)
{
    const struct ip_addr *local = &config->local_addr;
    return ip_addr_is_unspecified(local) ||
           (node_has_address(node_at(net, host), local) &&
            ip_addr_is_v4(local) == ip_addr_is_v4(&config->destination));
}

/* Fill in the tuple of an active OPEN. */
static enum sim_status choose_tuple(struct sim *sim, struct net *net, struct stack *stack,
                                    const struct connect_config *config, struct tcp_tuple *tuple)
{
    if (config->port == 0 || !source_is_sensible(net, stack->host, config)) {
        return SIM_INVALID;
    }
    *tuple = (struct tcp_tuple){ .remote = config->destination,
                                 .remote_port = config->port,
                                 .local_port = config->local_port };
    if (!choose_source(sim, stack->host, config, &tuple->local) ||
        !host_has_route(sim, stack->host, &config->destination)) {
        return SIM_NO_ROUTE;
    }
    if (tuple->local_port == 0) {
        tuple->local_port = port_pick(sim, net, stack, *tuple);
        return tuple->local_port == 0 ? SIM_NO_PORTS : SIM_OK;
    }
    return demux_find(net, stack, tuple) != 0 ? SIM_ADDRESS_IN_USE : SIM_OK;
}

enum sim_status sock_connect(struct sim *sim, host_id host, const struct connect_config *config,
                             conn_id *conn)
{
    struct net *net = net_of(sim);
    if (net == NULL) {
        return SIM_NO_MEMORY;
    }
    if (!is_host(net, host)) {
        return SIM_INVALID;
    }
    struct stack *stack = stack_of(net, host);
    struct tcp_tuple tuple;
    enum sim_status status = choose_tuple(sim, net, stack, config, &tuple);
    if (status != SIM_OK) {
        return status;
    }
    struct conn *c = conn_create(sim, net, stack, &tuple, NULL);
    if (c == NULL) {
        return SIM_NO_MEMORY;
    }
    uint32_t stream = stream_create(&sim->streams, host, conn_handle(c));
    if (stream == 0) {
        conn_release(sim, net, c);
        sim_out_of_memory(sim);
        return SIM_NO_MEMORY;
    }
    tcb_init(&c->tcb, &stack->params, stack_our_mss(sim, net, stack, &tuple.remote));
    stack->stats.active_opens++;
    *conn = conn_handle(c);
    stack_tell_app(sim, stack, *conn, (struct sim_fact){ .app = APP_OPEN });
    struct tcp_out out;
    tcp_out_init(&out);
    tcp_user_open(&c->tcb, stack_next_iss(sim, stack, &tuple), stream, sim->now, &out);
    conn_apply(sim, net, c, &out);
    return SIM_OK;
}

/* ---- data ----------------------------------------------------------------------------------- */

/* How much of `length` SEND would take now, or why none. */
static enum sim_status room_for(const struct conn *c, uint64_t length, uint64_t *accepted)
{
    *accepted = min_u64(length, tcp_send_room(&c->tcb));
    if (*accepted > 0 || length == 0) {
        return SIM_OK;
    }
    if (c->tcb.state == TCP_CLOSED) {
        return c->tcb.error != SIM_OK ? c->tcb.error : SIM_NOT_CONNECTED;
    }
    bool closing = c->tcb.snd.fin || c->tcb.state == TCP_TIME_WAIT;
    return closing ? SIM_CLOSING : SIM_AGAIN;
}

static void written(struct sim *sim, struct conn *c, uint64_t length)
{
    struct net *net = net_of(sim);
    struct stack *stack = stack_of(net, c->host);
    const struct payload payload = { c->tcb.snd.written, c->tcb.snd.stream,
                                     (uint32_t)min_u64(length, UINT32_MAX) };
    stack_tell_app(sim, stack, conn_handle(c),
                   (struct sim_fact){ .app = APP_SEND, .bytes = length, .payload = payload });
    struct tcp_out out;
    tcp_out_init(&out);
    enum sim_status status = tcp_user_send(&c->tcb, length, sim->now, &out);
    SIM_ASSERT(status == SIM_OK);
    c->buffer_was_full |= tcp_send_room(&c->tcb) == 0;
    conn_apply(sim, net, c, &out);
}

enum sim_status sock_send(struct sim *sim, conn_id id, const void *data, size_t length,
                          size_t *accepted)
{
    struct conn *c = connection_of(sim, id);
    *accepted = 0;
    if (c == NULL) {
        return SIM_BAD_HANDLE;
    }
    uint64_t room;
    enum sim_status status = room_for(c, length, &room);
    if (status != SIM_OK || length == 0) {
        return status;
    }
    if (!stream_append(&sim->streams, c->tcb.snd.stream, data, (size_t)room)) {
        sim_out_of_memory(sim);
        return SIM_NO_MEMORY;
    }
    *accepted = (size_t)room;
    written(sim, c, room);
    return SIM_OK;
}

enum sim_status sock_send_generated(struct sim *sim, conn_id id, uint64_t length,
                                    uint64_t *accepted)
{
    struct conn *c = connection_of(sim, id);
    *accepted = 0;
    if (c == NULL) {
        return SIM_BAD_HANDLE;
    }
    enum sim_status status = room_for(c, length, accepted);
    if (status != SIM_OK || length == 0) {
        return status;
    }
    if (!stream_append_generated(&sim->streams, c->tcb.snd.stream, *accepted)) {
        *accepted = 0;
        sim_out_of_memory(sim);
        return SIM_NO_MEMORY;
    }
    written(sim, c, *accepted);
    return SIM_OK;
}

/* Take up to `capacity` bytes off the queue. */
static size_t take(struct sim *sim, struct tcb *t, uint8_t *buffer, size_t capacity)
{
    struct tcp_spans *queue = &t->rcv.queue;
    size_t taken = 0;
    while (taken < capacity && queue->count > 0) {
        struct tcp_span *span = &queue->spans[queue->first];
        struct payload part = span->payload;
        part.length = (uint32_t)min_u64(part.length, capacity - taken);
        if (buffer != NULL) {
            stream_read(&sim->streams, part, buffer + taken);
        }
        taken += part.length;
        span->seq += part.length;
        span->payload.offset += part.length;
        span->payload.length -= part.length;
        if (span->payload.length == 0) {
            queue->count--;
            queue->first = queue->count == 0 ? 0 : queue->first + 1;
        }
    }
    return taken;
}

static enum sim_status why_nothing_to_read(const struct conn *c)
{
    if (c->tcb.rcv.fin) {
        return SIM_EOF;
    }
    if (c->tcb.state == TCP_CLOSED) {
        return c->tcb.error != SIM_OK ? c->tcb.error : SIM_NOT_CONNECTED;
    }
    return SIM_AGAIN;
}

enum sim_status sock_receive(struct sim *sim, conn_id id, void *buffer, size_t capacity,
                             size_t *received)
{
    struct conn *c = connection_of(sim, id);
    *received = 0;
    if (c == NULL) {
        return SIM_BAD_HANDLE;
    }
    if (c->tcb.rcv.unread == 0) {
        return why_nothing_to_read(c);
    }
    *received = take(sim, &c->tcb, buffer, capacity);
    struct net *net = net_of(sim);
    stack_tell_app(sim, stack_of(net, c->host), id,
                   (struct sim_fact){ .app = APP_READ, .bytes = *received });
    struct tcp_out out;
    tcp_out_init(&out);
    tcp_user_received(&c->tcb, (uint32_t)*received, sim->now, &out);
    conn_apply(sim, net, c, &out);
    return SIM_OK;
}

/* ---- closing -------------------------------------------------------------------------------- */

enum sim_status sock_shutdown(struct sim *sim, conn_id id)
{
    struct conn *c = connection_of(sim, id);
    if (c == NULL) {
        return SIM_BAD_HANDLE;
    }
    struct tcp_out out;
    tcp_out_init(&out);
    enum sim_status status = tcp_user_close(&c->tcb, sim->now, &out);
    if (status == SIM_OK) {
        struct net *net = net_of(sim);
        stack_tell_app(sim, stack_of(net, c->host), id, (struct sim_fact){ .app = APP_CLOSE });
        conn_apply(sim, net, c, &out);
    }
    return status;
}

/* Nobody is told anything about this conn any more. */
static void give_up_handle(struct net *net, struct conn *c)
{
    ready_forget(net, c);
    c->handle_given_up = true;
    c->ready = NULL;
    c->events = 0;
}

enum sim_status sock_close(struct sim *sim, conn_id id)
{
    struct conn *c = conn_of(sim, id);
    if (c == NULL) {
        return SIM_BAD_HANDLE;
    }
    struct net *net = net_of(sim);
    if (c->listener != NULL) {
        listener_close(sim, net, c);
        return SIM_OK;
    }
    bool says_so = c->tcb.state != TCP_CLOSED && !c->tcb.snd.fin;
    give_up_handle(net, c);
    if (says_so) {
        stack_tell_app(sim, stack_of(net, c->host), id, (struct sim_fact){ .app = APP_CLOSE });
    }
    struct tcp_out out;
    tcp_out_init(&out);
    tcp_user_detach(&c->tcb, sim->now, &out);
    conn_apply(sim, net, c, &out);
    return SIM_OK;
}

enum sim_status sock_abort(struct sim *sim, conn_id id)
{
    struct conn *c = conn_of(sim, id);
    if (c == NULL) {
        return SIM_BAD_HANDLE;
    }
    struct net *net = net_of(sim);
    if (c->listener != NULL) {
        listener_close(sim, net, c);
        return SIM_OK;
    }
    give_up_handle(net, c);
    stack_tell_app(sim, stack_of(net, c->host), id, (struct sim_fact){ .app = APP_ABORT });
    struct tcp_out out;
    tcp_out_init(&out);
    tcp_user_abort(&c->tcb, sim->now, &out);
    conn_apply(sim, net, c, &out);
    return SIM_OK;
}
