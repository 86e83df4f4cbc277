#include "sim/net/flight.h"

void flight_init(struct flight *flight, struct arena *arena)
{
    *flight = (struct flight){ .first = 0 };
    event_queue_init(&flight->stragglers, arena);
}

static bool add_straggler(struct flight *flight, const struct net_packet *p)
{
    struct event entry = { .time = p->arrives_at, .ticket = p->order, .index = p->index };
    return event_queue_push(&flight->stragglers, entry);
}

static void append(struct net *net, struct flight *flight, struct net_packet *p)
{
    p->next = 0;
    if (flight->last == 0) {
        flight->first = p->index;
    } else {
        net_packet_at(net, flight->last)->next = p->index;
    }
    flight->last = p->index;
}

bool flight_add(struct net *net, struct flight *flight, struct net_packet *p, bool is_late)
{
    p->order = ++flight->last_order;
    bool overtakes =
        flight->last != 0 && p->arrives_at < net_packet_at(net, flight->last)->arrives_at;
    if (is_late || overtakes) {
        return add_straggler(flight, p);
    }
    append(net, flight, p);
    return true;
}

static bool arrives_before(const struct event *straggler, const struct net_packet *p)
{
    return straggler->time < p->arrives_at ||
           (straggler->time == p->arrives_at && straggler->ticket < p->order);
}

/* Whether the first to arrive is a straggler. */
static bool straggler_is_first(const struct net *net, const struct flight *flight)
{
    const struct event *straggler = event_queue_peek(&flight->stragglers);
    if (straggler == NULL) {
        return false;
    }
    return flight->first == 0 || arrives_before(straggler, net_packet_at(net, flight->first));
}

struct net_packet *flight_first(const struct net *net, const struct flight *flight)
{
    if (straggler_is_first(net, flight)) {
        return net_packet_at(net, event_queue_peek(&flight->stragglers)->index);
    }
    return flight->first == 0 ? NULL : net_packet_at(net, flight->first);
}

struct net_packet *flight_take(struct net *net, struct flight *flight)
{
    if (straggler_is_first(net, flight)) {
        return net_packet_at(net, event_queue_pop(&flight->stragglers).index);
    }
    SIM_ASSERT(flight->first != 0);
    struct net_packet *p = net_packet_at(net, flight->first);
    flight->first = p->next;
    if (flight->first == 0) {
        flight->last = 0;
    }
    p->next = 0;
    return p;
}
