/* The receive window (RFC 9293 3.8.6). Private to sim/tcp. */
#ifndef TCPSIM_TCP_WINDOW_H
#define TCPSIM_TCP_WINDOW_H

#include "sim/tcp/tcb.h"

/* The window to advertise now, in bytes; moves rcv.edge. */
uint32_t window_advertise(struct tcb *t);

/* RCV.WND: what the peer may still send, by what we last advertised. */
static inline uint32_t window_receive(const struct tcb *t)
{
    return t->rcv.edge - t->rcv.nxt;
}

/* Whether reading has opened the window so much that the peer should be told at once. */
bool window_deserves_update(const struct tcb *t);

#endif
