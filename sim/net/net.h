/* The network of one world: nodes, links, packets. Private to sim/net.
 *
 * A packet is allocated once, handed from owner to owner (host, link, node) and released by whoever
 * ends its life. Whoever decides about a packet tells the observers. */
#ifndef TCPSIM_NET_NET_H
#define TCPSIM_NET_NET_H

#include "sim/base/pool.h"
#include "sim/core/world.h"
#include "tcpsim/net.h"

struct stack; /* sim/net/stack.h: the TCP/IP of a host */
struct link;  /* sim/net/link.h */

enum { NET_FLIPS_MAX = 4 };

/* A packet somewhere in the network. */
struct net_packet {
    struct pool_slot slot;
    uint32_t next;         /* in the list of its owner: packet index, or 0 */
    uint32_t index;        /* its own */
    host_id node;          /* where it is, or last was: set by node_send and node_receive */
    uint32_t size_bytes;   /* set by node_send */
    sim_time_t starts_at;  /* link: when its first bit leaves */
    sim_time_t arrives_at; /* link: when its last bit is at the other end */
    uint64_t order;        /* link: which of those that arrive at the same time comes first */
    match_id held_by;      /* the rule that holds it, or 0 */
    uint16_t hops;         /* switches passed */
    uint8_t direction;     /* of the link that it is on */
    bool reordered;        /* on this link it overtook or was overtaken on purpose */
    bool checksum_bad;     /* the receiver will throw it away */
    uint8_t flip_count;
    uint32_t flips[NET_FLIPS_MAX]; /* bits that differ on the wire from what `packet` encodes to */
    struct packet packet;
};

/* One end of a link, as its node sees it. */
struct attachment {
    link_id link;
    uint8_t direction; /* the direction that leads away from the node */
};

struct route {
    struct ip_prefix prefix;
    struct attachment via;
};

/* A host, switch or router. */
struct node {
    char name[NET_NAME_MAX];
    enum node_kind kind;
    struct ip_addr addresses[HOST_ADDRESSES_MAX];
    uint32_t address_count;
    struct attachment *attachments; /* in order of creation */
    uint32_t attachment_count, attachment_capacity;
    struct route *routes; /* the scenario's, longest prefix first; none: shortest ways */
    uint32_t route_count, route_capacity;
    struct attachment *next_hops; /* by destination node, 1-based; link 0 = unreachable */
    uint32_t next_hop_count;      /* nodes that the table knows */
    uint32_t next_hops_topology;  /* net.topology that the table was made for */
    struct stack *stack;          /* NODE_HOST only */
};

/* Who has a name or an address: open addressing, at most half full. */
struct directory {
    struct directory_slot *slots; /* sim/net/directory.c */
    uint32_t count, capacity;
};

struct net {
    struct node **nodes; /* 1-based */
    uint32_t node_count, node_capacity;
    struct link **links; /* 1-based */
    uint32_t link_count, link_capacity;
    uint32_t topology; /* counts links; tables of next hops made for another count are stale */
    struct directory directory;
    struct pool packets;
    uint64_t last_packet_id;
    struct pool matches;  /* struct match of sim/net/match.h */
    struct pool conns;    /* struct conn of sim/net/conn.h */
    struct pool requests; /* struct request of sim/net/request.h */
};

/* The network of the world, made on first use; NULL when there is no memory. */
struct net *net_of(struct sim *sim);
const struct net *net_peek(const struct sim *sim); /* NULL when there is none yet */

/* ---- packets: packet.c ---------------------------------------------------------------------- */

/* A new packet, all zero but for its id; NULL (and noted) when there is no memory. */
struct net_packet *net_packet_create(struct sim *sim, struct net *net);
/* The same packet again, with an id of its own and copy_of set. */
struct net_packet *net_packet_copy(struct sim *sim, struct net *net, const struct net_packet *p);
void net_packet_release(struct net *net, struct net_packet *p);
struct net_packet *net_packet_at(const struct net *net, uint32_t index);

/* ---- nodes and routes: node.c, route.c ------------------------------------------------------ */

struct node *node_at(const struct net *net, host_id id); /* asserts 1..node_count */
bool node_has_address(const struct node *node, const struct ip_addr *addr);

/* Where a packet for `destination` leaves the node; link LINK_NONE when nowhere. A node never sends
 * to itself. */
struct attachment route_lookup(struct sim *sim, struct net *net, host_id node,
                               const struct ip_addr *destination);

/* Send the packet on its way from `node`; takes the packet over. Without a route it ends here. */
void node_send(struct sim *sim, struct net *net, host_id node, struct net_packet *p);

/* The packet came out of a link at `node`: hosts take it in, others pass it on. Takes it over. */
void node_receive(struct sim *sim, struct net *net, host_id node, struct net_packet *p);

/* ---- links: link.c -------------------------------------------------------------------------- */

/* Put the packet into one direction of a link; takes the packet over. */
void link_enter(struct sim *sim, struct net *net, struct attachment via, struct net_packet *p);

/* Called by net_of(): register the event handlers of ACTOR_LINK. */
void link_register(struct sim *sim);

/* Tell observers what became of a packet at a link (LINK_NONE: at the node itself). The fact's host
 * is the node that it was at, or that sent it into the link. */
void net_tell_fate(struct sim *sim, struct attachment at, const struct net_packet *p,
                   enum packet_fate fate, const char *label);

#endif
