/* Making segments. Private to sim/tcp. */
#ifndef TCPSIM_TCP_OUTPUT_H
#define TCPSIM_TCP_OUTPUT_H

#include "sim/tcp/tcb.h"

/* Ask for an ACK at the end of this call. The first rule that asks is the one that is cited. */
void output_want_ack(struct tcb *t, enum rule why);

/* The SYN of an active OPEN, or the SYN-ACK of a passive one, for the first or another time. */
void output_syn(struct tcb *t, enum rule why, sim_time_t now, struct tcp_out *out);

/* <SEQ=seq><ACK=rcv.nxt><CTL=ACK>. */
void output_ack(struct tcb *t, uint32_t seq, enum rule why, struct tcp_out *out);

/* <SEQ=seq><CTL=RST>, or with ACK = rcv.nxt. */
void output_rst(struct tcb *t, uint32_t seq, bool with_ack, enum rule why, struct tcp_out *out);

/* The RST that RFC 9293 3.10.7.1 gives to a segment for a connection that does not exist. */
void output_rst_for(const struct segment *s, enum rule why, struct tcp_out *out);

/* One segment from snd.nxt whether or not the windows allow it: a retransmission or a probe. At
 * most `limit` bytes. */
void output_forced(struct tcb *t, uint32_t limit, enum rule why, sim_time_t now,
                   struct tcp_out *out);

/* Sequence space that was written (or closed) and never sent: bytes, and one for a FIN. */
uint64_t output_unsent(const struct tcb *t);

#endif
