/* The --wire mode: packets become bytes and back on every link. Private to sim/net. */
#ifndef TCPSIM_NET_WIRE_CHECK_H
#define TCPSIM_NET_WIRE_CHECK_H

#include "sim/net/net.h"

/* Encode the packet, decode the bytes and assert that nothing has changed; what was decoded travels
 * on, with the payload's reference. */
void wire_check_packet(const struct sim *sim, struct net_packet *p);

#endif
