/* Packets in flight in one direction of a link, by time of arrival.
 *
 * Most packets arrive in the order in which they entered: they form a list. One that would arrive
 * before the last of the list goes to a heap of stragglers, as do packets that are late on purpose,
 * lest everything after them became a straggler. So a hop costs O(1) however many are in flight. */
#ifndef TCPSIM_NET_FLIGHT_H
#define TCPSIM_NET_FLIGHT_H

#include "sim/core/event_queue.h"
#include "sim/net/net.h"

struct flight {
    uint32_t first, last;          /* the list: packet indices, or 0 */
    uint64_t last_order;           /* given to the packet that entered last */
    struct event_queue stragglers; /* index = packet, ticket = its order */
};

void flight_init(struct flight *flight, struct arena *arena);

/* Add a packet by its arrives_at; `is_late`: on purpose. False when there is no memory. */
bool flight_add(struct net *net, struct flight *flight, struct net_packet *p, bool is_late);

/* The packet that arrives first, of those with the same time the one that was added first; NULL
 * when nothing is in flight. */
struct net_packet *flight_first(const struct net *net, const struct flight *flight);

/* Take out what flight_first() gives, which must not be NULL. */
struct net_packet *flight_take(struct net *net, struct flight *flight);

#endif
