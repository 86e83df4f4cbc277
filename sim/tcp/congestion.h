/* Congestion control: the window that the network allows (RFC 5681). Private to sim/tcp.
 *
 * Slow start, congestion avoidance, and the collapse of the window after a timeout. Other algorithms
 * and loss recovery have their place behind these functions. */
#ifndef TCPSIM_TCP_CONGESTION_H
#define TCPSIM_TCP_CONGESTION_H

#include "sim/tcp/tcb.h"

/* The connection is established: the initial window (RFC 6928). */
void congestion_init(struct tcb *t);

/* `bytes` of new data were acknowledged (RFC 5681 3.1). */
void congestion_on_ack(struct tcb *t, uint32_t bytes);

/* The retransmission timer expired with `flight` bytes outstanding (RFC 5681 3.1, equation 4). */
void congestion_on_timeout(struct tcb *t, uint32_t flight, struct tcp_out *out);

#endif
