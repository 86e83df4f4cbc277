/* The retransmission timer (RFC 6298). Private to sim/tcp. */
#ifndef TCPSIM_TCP_RTO_H
#define TCPSIM_TCP_RTO_H

#include "sim/tcp/tcb.h"

/* 2.1: before the first sample. */
void rto_init(struct tcb *t);

/* Time the segment that ends at `seq`, unless one is being timed already. */
void rto_start_timing(struct tcb *t, uint32_t seq, sim_time_t now);

/* Karn's algorithm: a retransmitted segment is not timed. */
void rto_stop_timing(struct tcb *t);

/* `ack` is new: take the sample if it covers the timed segment (2.2, 2.3). */
void rto_sample(struct tcb *t, uint32_t ack, sim_time_t now, struct tcp_out *out);

/* 5.5: back off. */
void rto_back_off(struct tcb *t, struct tcp_out *out);

/* 5.7: the handshake is done; if its SYN was retransmitted begin with 3 s. */
void rto_handshake_done(struct tcb *t, struct tcp_out *out);

#endif
