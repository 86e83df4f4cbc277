/* Corruption: bits that change on the way.
 *
 * A packet is encoded, a bit of it is flipped, and it is decoded again. When a checksum or a check
 * of the headers notices, the packet keeps its parsed form, remembers which bits differ on the wire
 * and is marked checksum_bad: it travels on to where it was going, as if routers did not look, and
 * the host there throws it away. When nothing notices (RFC 8200 leaves the hop limit, the traffic
 * class and the flow label without a checksum), the packet becomes what was decoded. */
#ifndef TCPSIM_NET_CORRUPT_H
#define TCPSIM_NET_CORRUPT_H

#include "sim/net/net.h"

/* Flip a bit, counted from the first (most significant) of the IP header. A bit beyond the packet's
 * last is nobody's: then nothing happens. */
void corrupt_flip_bit(struct sim *sim, struct net_packet *p, uint32_t bit);

/* Flip in `bytes`, which encode `packet`, the bits that it has flipped on the wire. Only a packet
 * that still lives in the network is known to have any. */
void corrupt_apply_flips(const struct sim *sim, const struct packet *packet, uint8_t *bytes,
                         size_t length);

#endif
