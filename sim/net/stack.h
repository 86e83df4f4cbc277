/* The TCP/IP of one host: demultiplexing, sockets, ports, counters. */
#ifndef TCPSIM_NET_STACK_H
#define TCPSIM_NET_STACK_H

#include "sim/net/net.h"

struct stack;

/* Give a new host node its stack; NULL when there is no memory. */
struct stack *stack_create(struct sim *sim, struct net *net, host_id host,
                           const struct host_config *config);

/* Called by net_of(): register the event handlers of ACTOR_CONN and ACTOR_APP. */
void stack_register(struct sim *sim);

/* A packet arrived for this host (any of its addresses, or not): check, demultiplex, process.
 * Tells FACT_ARRIVED (or why not) and releases the packet. */
void stack_receive(struct sim *sim, struct net *net, host_id host, struct net_packet *p);

#endif
