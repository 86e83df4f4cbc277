/* A half-open connection as a small record.
 *
 * A listener keeps SYN-RECEIVED connections in this form, so that a SYN costs little. For every
 * event the record becomes a tcb, goes through the same functions as any other, and is packed again
 * if it is still half-open: there is one implementation of SYN-RECEIVED. */
#ifndef TCPSIM_TCP_REQUEST_H
#define TCPSIM_TCP_REQUEST_H

#include "sim/tcp/tcb.h"

struct tcp_request {
    uint32_t iss, irs;
    uint32_t edge;       /* rcv.edge */
    sim_time_t deadline; /* of the SYN-ACK's retransmission */
    sim_time_t rto;
    sim_time_t sent_at; /* of the SYN-ACK, while it is being timed; else SIM_NEVER */
    sim_time_t throttled_until;
    uint16_t window; /* of the SYN */
    uint16_t mss, our_mss;
    uint8_t backoff;
};

/* Pack a passive tcb in SYN-RECEIVED. */
void tcp_request_pack(struct tcp_request *request, const struct tcb *t);

/* The tcb that was packed. */
void tcp_request_unpack(const struct tcp_request *request, const struct tcp_params *params,
                        struct tcb *t);

#endif
