/* Which segments were sent before: a table of flows with the highest sequence number of each. */
#ifndef TCPSIM_OBSERVE_LADDER_FLOWS_H
#define TCPSIM_OBSERVE_LADDER_FLOWS_H

#include "tcpsim/net.h"
#include "tcpsim/packet.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* One direction of one pair of sockets, as one host sends it. */
struct flow {
    host_id host; /* HOST_NONE: free slot */
    struct ip_addr source, destination;
    uint16_t source_port, destination_port;
    uint32_t iss;  /* of the last SYN; valid when has_iss */
    uint32_t next; /* one past the highest sequence number sent */
    bool has_iss;
    bool syn_had_ack;
};

/* All zeros is an empty table. */
struct flows {
    struct flow *slots;
    size_t capacity, count; /* capacity: 0 or a power of two */
    bool failed;            /* no memory: some answers were "no" */
};

/* Note that `host` sends the packet. Returns whether it carries (some) sequence numbers that the
 * host has sent before in this incarnation: a retransmission. */
bool flows_sent_again(struct flows *flows, host_id host, const struct packet *packet);

void flows_free(struct flows *flows);

#endif
