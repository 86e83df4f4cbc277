/* Asking about sockets and hosts: STATUS and counters. */
#include "sim/base/panic.h"
#include "sim/net/conn.h"

#include <stddef.h>

static const struct conn *conn_of(const struct sim *sim, conn_id id)
{
    const struct net *net = net_peek(sim);
    return net == NULL ? NULL : pool_get(&net->conns, id);
}

static void fill_tuple(const struct tcp_tuple *tuple, struct tcp_status *status)
{
    status->local_addr = tuple->local;
    status->remote_addr = tuple->remote;
    status->local_port = tuple->local_port;
    status->remote_port = tuple->remote_port;
}

static void conn_status(const struct conn *c, struct tcp_status *status)
{
    tcp_user_status(&c->tcb, status);
    fill_tuple(&c->entry.tuple, status);
    if (c->listener != NULL) { /* as ss shows a listener's queues */
        status->receive_queue_bytes = c->listener->accept_count;
        status->send_queue_bytes = c->listener->backlog;
        status->syn_queue = c->listener->requests;
        status->syn_queue_max = c->listener->syn_backlog;
    }
}

static void request_status(const struct net *net, const struct request *r,
                           struct tcp_status *status)
{
    struct tcb t;
    tcp_request_unpack(&r->half_open, &stack_of(net, r->host)->params, &t);
    tcp_user_status(&t, status);
    fill_tuple(&r->entry.tuple, status);
}

enum sim_status sock_status(const struct sim *sim, conn_id id, struct tcp_status *status)
{
    const struct conn *c = conn_of(sim, id);
    if (c == NULL) {
        return SIM_BAD_HANDLE;
    }
    conn_status(c, status);
    return SIM_OK;
}

enum sim_status sock_error(const struct sim *sim, conn_id id)
{
    const struct conn *c = conn_of(sim, id);
    return c == NULL ? SIM_BAD_HANDLE : c->tcb.error;
}

size_t sock_readable_bytes(const struct sim *sim, conn_id id)
{
    const struct conn *c = conn_of(sim, id);
    return c == NULL ? 0 : c->tcb.rcv.unread;
}

size_t sock_writable_bytes(const struct sim *sim, conn_id id)
{
    const struct conn *c = conn_of(sim, id);
    return c == NULL || c->listener != NULL ? 0 : (size_t)tcp_send_room(&c->tcb);
}

void host_each_socket(const struct sim *sim, host_id host, sock_visit_fn *visit, void *context)
{
    const struct net *net = net_peek(sim);
    const struct stack *stack = stack_of(net, host);
    struct tcp_status status;
    if (stack == NULL) {
        return; /* a switch or router has no sockets */
    }
    for (uint32_t i = stack->listeners; i != 0; i = conn_at(net, i)->listener->next) {
        const struct conn *listener = conn_at(net, i);
        conn_status(listener, &status);
        visit(context, conn_handle(listener), &status);
    }
    for (uint32_t ref = stack->oldest; ref != 0; ref = demux_entry_of(net, ref)->newer) {
        if (ref_is_request(ref)) {
            request_status(net, request_at(net, ref_index(ref)), &status);
            visit(context, 0, &status);
        } else {
            const struct conn *c = conn_at(net, ref_index(ref));
            conn_status(c, &status);
            visit(context, conn_handle(c), &status);
        }
    }
}

const struct host_stats *host_get_stats(const struct sim *sim, host_id host)
{
    static const struct host_stats none; /* of a switch or router */
    const struct stack *stack = stack_of(net_peek(sim), host);
    return stack == NULL ? &none : &stack->stats;
}
