/* What the rest of the house calls: user calls, SEGMENT ARRIVES, timeouts (RFC 9293 3.10).
 *
 * Read tcb.h first. Every function that takes `out` adds to it; tcp_out_init() comes first. */
#ifndef TCPSIM_TCP_TCP_H
#define TCPSIM_TCP_TCP_H

#include "sim/tcp/tcb.h"

/* ---- user calls: user_calls.c --------------------------------------------------------------- */

/* 3.10.1 OPEN, active: from CLOSED to SYN-SENT. `stream` is what the application will write to. */
void tcp_user_open(struct tcb *t, uint32_t iss, uint32_t stream, sim_time_t now,
                   struct tcp_out *out);

/* 3.10.2 SEND: `length` bytes were appended to the stream. Errors: SIM_CLOSING, SIM_NOT_CONNECTED */
enum sim_status tcp_user_send(struct tcb *t, uint64_t length, sim_time_t now, struct tcp_out *out);

/* How many bytes SEND would take now. */
uint64_t tcp_send_room(const struct tcb *t);

/* 3.10.3 RECEIVE: the application took `length` bytes out of rcv.queue. */
void tcp_user_received(struct tcb *t, uint32_t length, sim_time_t now, struct tcp_out *out);

/* 3.10.4 CLOSE: no more SENDs; a FIN follows what was written. Errors: SIM_CLOSING,
 * SIM_NOT_CONNECTED */
enum sim_status tcp_user_close(struct tcb *t, sim_time_t now, struct tcp_out *out);

/* The application gives the handle up (a socket's close()): nobody will read any more. */
void tcp_user_detach(struct tcb *t, sim_time_t now, struct tcp_out *out);

/* 3.10.5 ABORT: RST to the peer where it knows of us, and CLOSED. */
void tcp_user_abort(struct tcb *t, sim_time_t now, struct tcp_out *out);

/* 3.10.6 STATUS: everything but addresses and ports. */
void tcp_user_status(const struct tcb *t, struct tcp_status *status);

/* ---- 3.10.7 SEGMENT ARRIVES ----------------------------------------------------------------- */

/* For a connection in any state but CLOSED and LISTEN. The caller made room in the span lists. */
void tcp_segment_arrives(struct tcb *t, const struct segment *s, sim_time_t now,
                         struct tcp_out *out);

/* 3.10.7.1: nobody knows this connection. */
void tcp_closed_segment_arrives(const struct tcp_params *params, const struct segment *s,
                                struct tcp_out *out);

/* 3.10.7.2: whether a listener would begin a connection for it (and needs an ISN). */
bool tcp_listen_accepts(const struct segment *s);

/* 3.10.7.2: fills `child` when tcp_listen_accepts(), else answers or stays silent. The child is in
 * SYN-RECEIVED (or ESTABLISHED under a two-way handshake). */
void tcp_listen_segment_arrives(struct tcb *child, const struct tcp_params *params,
                                uint16_t our_mss, const struct segment *s, uint32_t iss,
                                sim_time_t now, struct tcp_out *out);

/* ---- 3.10.8 timeouts ------------------------------------------------------------------------ */

/* Handle every timer whose deadline is not later than `now`. */
void tcp_timeout(struct tcb *t, sim_time_t now, struct tcp_out *out);

/* ---- sending -------------------------------------------------------------------------------- */

/* Send what may be sent. Called by all of the above; by the caller only to go on after out->more. */
void tcp_output(struct tcb *t, sim_time_t now, struct tcp_out *out);

#endif
