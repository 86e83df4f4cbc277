/* Telling applications: sockets that became ready wait in a list of their host, and an event at the
 * same virtual time tells them. So no application runs inside TCP. */
#include "sim/net/conn.h"

void ready_notify(struct sim *sim, struct net *net, struct conn *c, unsigned events)
{
    if (c->handle_given_up) {
        return;
    }
    c->events |= events;
    if (c->ready == NULL || c->events == 0 || c->in_ready_list) {
        return;
    }
    struct stack *stack = stack_of(net, c->host);
    c->in_ready_list = true;
    c->ready_next = 0;
    if (stack->ready_tail != 0) {
        conn_at(net, stack->ready_tail)->ready_next = c->index;
    } else {
        stack->ready_head = c->index;
    }
    stack->ready_tail = c->index;
    actor_arm(sim, &stack->app, ACTOR_APP, c->host, sim->now);
}

static struct conn *take_first(struct net *net, struct stack *stack)
{
    struct conn *c = conn_at(net, stack->ready_head);
    stack->ready_head = c->ready_next;
    if (stack->ready_head == 0) {
        stack->ready_tail = 0;
    }
    c->in_ready_list = false;
    return c;
}

/* One socket per event: what it does is seen by the next one. */
bool ready_fire(struct sim *sim, uint32_t host, uint64_t ticket)
{
    struct net *net = net_of(sim);
    struct stack *stack = stack_of(net, host);
    if (!actor_claim(&stack->app, ticket) || stack->ready_head == 0) {
        return false;
    }
    struct conn *c = take_first(net, stack);
    if (stack->ready_head != 0) {
        actor_arm(sim, &stack->app, ACTOR_APP, host, sim->now);
    }
    unsigned events = c->events;
    c->events = 0;
    c->ready(sim, c->ready_context, conn_handle(c), events);
    return true;
}

void ready_forget(struct net *net, struct conn *c)
{
    if (!c->in_ready_list) {
        return;
    }
    struct stack *stack = stack_of(net, c->host);
    uint32_t before = 0;
    for (uint32_t i = stack->ready_head; i != c->index; i = conn_at(net, i)->ready_next) {
        before = i;
    }
    if (before == 0) {
        stack->ready_head = c->ready_next;
    } else {
        conn_at(net, before)->ready_next = c->ready_next;
    }
    if (stack->ready_tail == c->index) {
        stack->ready_tail = before;
    }
    c->in_ready_list = false;
}
