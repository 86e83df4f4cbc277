/* A laboratory for links and routes: crafted packets go in, and what observers are told is kept.
 *
 * Nodes are routers with addresses of their own, so no TCP answers: a packet that gets through ends
 * with FATE_NO_HOST at the node that it was for, which net_lab_arrivals() counts as an arrival. */
#ifndef TCPSIM_TESTS_NET_LAB_H
#define TCPSIM_TESTS_NET_LAB_H

#include "tcpsim/tcpsim.h"

/* One FACT_LINK, with the packet as it was then. */
struct net_lab_fact {
    sim_time_t time, departs_at, arrives_at;
    host_id host;
    link_id link;
    uint8_t direction;
    enum packet_fate fate;
    bool reordered;
    char label[32]; /* "" without one */
    struct packet packet;
};

struct net_lab {
    struct sim *sim;
    struct net_lab_fact *facts;
    size_t fact_count, fact_capacity;
    uint32_t node_count;
    uint16_t flags;  /* of the packets to be sent; ACK at first */
    uint8_t version; /* likewise: 4 or 6; 4 at first */
};

struct net_lab *net_lab_create(const struct sim_config *config);
void net_lab_destroy(struct net_lab *lab);

/* The n-th node gets 192.0.2.<n> and 2001:db8::<n>; beyond 255 the byte before counts on. */
host_id net_lab_node(struct net_lab *lab, enum node_kind kind);
struct ip_addr net_lab_address(uint8_t version, host_id node);

/* Two routers, joined by a link: nodes 1 and 2, link 1, `forward` from 1 to 2. */
struct net_lab *net_lab_pair(const struct sim_config *config, const struct link_params *forward);
link_id net_lab_join(struct net_lab *lab, host_id a, host_id b, const struct link_params *params);

/* Send a packet of `size` bytes on the wire (at least 40, or 60 for version 6), that is known by
 * its sequence number. */
enum sim_status net_lab_send(struct net_lab *lab, host_id from, host_id to, uint32_t seq,
                             uint32_t size);
/* The same later, from node 1 to node 2. */
void net_lab_send_at(struct net_lab *lab, sim_time_t when, uint32_t seq, uint32_t size);
void net_lab_run(struct net_lab *lab);

/* ---- what was told -------------------------------------------------------------------------- */

/* The n-th packet (from 0) that came through to the node that it was for; the fact's time is when. */
const struct net_lab_fact *net_lab_arrival(const struct net_lab *lab, size_t n);
size_t net_lab_arrivals(const struct net_lab *lab);
void net_lab_expect_arrival(const struct net_lab *lab, size_t n, uint32_t seq, sim_time_t when);

/* The n-th fact that is no such arrival: what became of a packet on a link, or where it ended. */
const struct net_lab_fact *net_lab_hop(const struct net_lab *lab, size_t n);
size_t net_lab_hops(const struct net_lab *lab);
void net_lab_expect_hop(const struct net_lab *lab, size_t n, uint32_t seq, enum packet_fate fate);

size_t net_lab_count_fate(const struct net_lab *lab, enum packet_fate fate);

/* A number that two runs share only if they told the same facts. */
uint64_t net_lab_digest(const struct net_lab *lab);

#endif
