/* A segment on its way through SEGMENT ARRIVES (RFC 9293 3.10.7.4). Private to sim/tcp.
 *
 * The RFC's "idealized segment" begins at RCV.NXT and ends within the window: step 1 trims what
 * lies outside, so seq, flags and payload here may differ from the segment's own. */
#ifndef TCPSIM_TCP_ARRIVAL_H
#define TCPSIM_TCP_ARRIVAL_H

#include "sim/tcp/tcb.h"

struct arrival {
    const struct segment *segment; /* as it came */
    uint32_t seq;                  /* SEG.SEQ, trimmed */
    uint32_t ack;                  /* SEG.ACK */
    uint32_t window;               /* SEG.WND, in bytes */
    uint16_t flags;                /* trimmed: SYN and FIN outside the window are gone */
    struct payload payload;        /* trimmed */
    sim_time_t now;
    struct tcp_out *out;
};

/* What a step says: whether the next one is to look at the segment at all. */
enum step { STEP_GO_ON, STEP_DROP };

static inline uint32_t arrival_length(const struct arrival *a)
{
    return a->payload.length + ((a->flags & TCP_SYN) != 0) + ((a->flags & TCP_FIN) != 0);
}

/* Fifth, check the ACK field: ack.c. */
enum step fifth_check_ack(struct tcb *t, struct arrival *a);

/* Seventh, process the segment text, and eighth, check the FIN bit: text.c. */
enum step seventh_process_text(struct tcb *t, struct arrival *a);
enum step eighth_check_fin(struct tcb *t, struct arrival *a);

/* SYN-SENT has an order of its own (3.10.7.3): syn_sent.c. */
void syn_sent_segment_arrives(struct tcb *t, struct arrival *a);

/* The handshake is complete: the windows start from this segment. ack.c. */
void arrival_establish(struct tcb *t, const struct arrival *a, enum rule why);

/* SND.UNA moves to the segment's ACK: ack.c. */
void arrival_advance_una(struct tcb *t, const struct arrival *a);

/* Take SND.WND from the segment: ack.c. */
void arrival_take_window(struct tcb *t, const struct arrival *a);

/* Both FINs are exchanged: wait for 2MSL (RFC 9293 3.6.1). text.c. */
void arrival_enter_time_wait(struct tcb *t, const struct arrival *a, enum rule why);

/* Learn IRS, and the largest segment that the peer takes, from its SYN: listen.c. */
void arrival_take_syn(struct tcb *t, const struct segment *s);

#endif
