/* Expected failures.
 *
 * A public function that can fail for a reason the caller may cause returns one of these. A
 * programmer error asserts instead; a protocol event is a rule and an output, never a status. */
#ifndef TCPSIM_STATUS_H
#define TCPSIM_STATUS_H

enum sim_status {
    SIM_OK = 0,
    SIM_AGAIN,          /* nothing to read, no room to write, or nobody to accept yet */
    SIM_EOF,            /* the peer closed its direction and every byte was read */
    SIM_CLOSING,        /* "connection closing" (RFC 9293 3.10): our side was already closed */
    SIM_NOT_CONNECTED,  /* "connection does not exist" (RFC 9293 3.10) */
    SIM_REFUSED,        /* "connection refused": the peer answered our SYN with RST */
    SIM_RESET,          /* "connection reset": the peer sent RST */
    SIM_TIMED_OUT,      /* "connection aborted due to user timeout" or too many retransmissions */
    SIM_ABORTED,        /* the local application called ABORT */
    SIM_NO_ROUTE,       /* no link leads to the destination */
    SIM_ADDRESS_IN_USE, /* a listener or connection holds the address and port already */
    SIM_NO_PORTS,       /* every ephemeral port is taken for this destination */
    SIM_NO_MEMORY,      /* the world's memory limit is reached */
    SIM_BAD_HANDLE,     /* the handle's object is gone */
    SIM_INVALID,        /* an argument is outside its range */
    SIM_LIMIT,          /* the run reached its limit on events */
    SIM_DIVERGED,       /* a replay met another choice than the recorded one */
    SIM_STATUS_COUNT
};

/* "SIM_RESET". */
const char *sim_status_name(enum sim_status status);

/* "connection reset by peer": one sentence for people, without a full stop. */
const char *sim_status_text(enum sim_status status);

/* "ECONNRESET": the errno name that a BSD socket would report; "0" for SIM_OK. */
const char *sim_status_errno_name(enum sim_status status);

#endif
