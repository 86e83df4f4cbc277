/* Initial sequence numbers (RFC 6528) and the port offset (RFC 6056). */
#ifndef TCPSIM_TCP_ISN_H
#define TCPSIM_TCP_ISN_H

#include "tcpsim/packet.h"
#include "tcpsim/time.h"

#include <stdint.h>

/* The four numbers that name a connection, seen from one end. */
struct tcp_tuple {
    struct ip_addr local, remote;
    uint16_t local_port, remote_port;
};

/* ISN = M + F(localip, localport, remoteip, remoteport, secretkey), with M a clock that ticks every
 * 4 microseconds. Source: RFC 6528 section 3. */
uint32_t tcp_isn(const uint8_t secret[16], const struct tcp_tuple *tuple, sim_time_t now);

/* F(localip, remoteip, remoteport, secretkey): where the search for an ephemeral port begins.
 * Source: RFC 6056 3.3.3, algorithm 3. */
uint32_t tcp_port_offset(const uint8_t secret[16], const struct tcp_tuple *tuple);

#endif
