/* Sockets: the user calls of RFC 9293 3.10 on a simulated host.
 *
 * Nothing blocks. A call returns at once; what happens later is told to the socket's application
 * through its `ready` function, as an event of its own at the same virtual time, never from inside
 * another call. */
#ifndef TCPSIM_SOCK_H
#define TCPSIM_SOCK_H

#include "tcpsim/net.h"
#include "tcpsim/packet.h"
#include "tcpsim/sim.h"
#include "tcpsim/tcp_types.h"

/* A connection or a listener: index and generation, so that a stale handle is noticed. */
typedef uint64_t conn_id;

/* ---- being told ----------------------------------------------------------------------------- */

/* Bits of `events`. They are hints: look, and expect SIM_AGAIN. */
enum sock_event {
    SOCK_CONNECTED = 1,  /* active OPEN succeeded */
    SOCK_ACCEPTABLE = 2, /* listener: a connection waits to be accepted */
    SOCK_READABLE = 4,   /* bytes or the end of the stream can be read */
    SOCK_WRITABLE = 8,   /* room in the send buffer after it was full */
    SOCK_DRAINED = 16,   /* every byte written is acknowledged */
    SOCK_CLOSED = 32,    /* the connection is CLOSED or in TIME-WAIT; sock_error says why */
};

typedef void sock_ready_fn(struct sim *sim, void *context, conn_id conn, unsigned events);

/* Whom to tell about `conn` (NULL: nobody). Events that came before are told at once.
 * A connection taken by sock_accept starts with nobody. Errors: SIM_BAD_HANDLE. */
enum sim_status sock_set_ready(struct sim *sim, conn_id conn, sock_ready_fn *ready, void *context);

/* ---- opening -------------------------------------------------------------------------------- */

struct listen_config {
    struct ip_addr addr;  /* unspecified (all zero): every address of the host */
    uint16_t port;        /* 1..65535 */
    uint32_t backlog;     /* accept queue, connections; 0 = 128 */
    uint32_t syn_backlog; /* SYN queue, half-open connections; 0 = the backlog */
};

/* Passive OPEN (RFC 9293 3.10.1). Errors: SIM_ADDRESS_IN_USE, SIM_INVALID, SIM_NO_MEMORY. */
enum sim_status sock_listen(struct sim *sim, host_id host, const struct listen_config *config,
                            conn_id *listener);

/* Take the oldest connection that completed its handshake.
 * Errors: SIM_AGAIN, SIM_BAD_HANDLE, SIM_INVALID (not a listener). */
enum sim_status sock_accept(struct sim *sim, conn_id listener, conn_id *conn);

struct connect_config {
    struct ip_addr destination;
    uint16_t port;
    struct ip_addr local_addr; /* unspecified: the host's first address of that family */
    uint16_t local_port;       /* 0 = an ephemeral port (RFC 6056, algorithm 3) */
};

/* Active OPEN (RFC 9293 3.10.1): sends a SYN.
 * Errors: SIM_NO_ROUTE, SIM_NO_PORTS, SIM_ADDRESS_IN_USE, SIM_INVALID (port 0, or a local address
 * that is not the host's), SIM_NO_MEMORY. */
enum sim_status sock_connect(struct sim *sim, host_id host, const struct connect_config *config,
                             conn_id *conn);

/* ---- data ----------------------------------------------------------------------------------- */

/* SEND: append to the stream. *accepted: 0..length, less when the send buffer is full.
 * Before the connection is established the bytes are queued. Errors: SIM_AGAIN (no room at all),
 * SIM_CLOSING, SIM_NOT_CONNECTED,
 * the connection's error, SIM_BAD_HANDLE, SIM_NO_MEMORY. */
enum sim_status sock_send(struct sim *sim, conn_id conn, const void *data, size_t length,
                          size_t *accepted);

/* SEND of `length` bytes made by a generator: they cost no memory. Errors as for sock_send. */
enum sim_status sock_send_generated(struct sim *sim, conn_id conn, uint64_t length,
                                    uint64_t *accepted);

/* RECEIVE: take up to `capacity` bytes that are in order. `buffer` NULL: throw them away.
 * Errors: SIM_AGAIN, SIM_EOF, the connection's error, SIM_BAD_HANDLE. */
enum sim_status sock_receive(struct sim *sim, conn_id conn, void *buffer, size_t capacity,
                             size_t *received);

/* ---- closing -------------------------------------------------------------------------------- */

/* CLOSE (RFC 9293 3.10.4): "I have no more data to send"; reading goes on. Errors: SIM_CLOSING,
 * SIM_NOT_CONNECTED, SIM_BAD_HANDLE. */
enum sim_status sock_shutdown(struct sim *sim, conn_id conn);

/* CLOSE, and give the handle up: nothing will be read any more. Unread or later data is answered
 * with RST (RFC 9293 3.6.1; rules close_unread and data_after_close). Closes a listener too:
 * connections that were not accepted are reset. Errors: SIM_BAD_HANDLE. */
enum sim_status sock_close(struct sim *sim, conn_id conn);

/* ABORT (RFC 9293 3.10.5): RST to the peer, the handle is given up. Errors: SIM_BAD_HANDLE. */
enum sim_status sock_abort(struct sim *sim, conn_id conn);

/* ---- asking --------------------------------------------------------------------------------- */

/* STATUS (RFC 9293 3.10.6). Errors: SIM_BAD_HANDLE. */
enum sim_status sock_status(const struct sim *sim, conn_id conn, struct tcp_status *status);

/* Why the connection ended; SIM_OK while it did not, or when it ended well. */
enum sim_status sock_error(const struct sim *sim, conn_id conn);

/* Bytes that sock_receive would give, and the room that sock_send would take. */
size_t sock_readable_bytes(const struct sim *sim, conn_id conn);
size_t sock_writable_bytes(const struct sim *sim, conn_id conn);

/* Every listener, connection, half-open and TIME-WAIT record of a host: listeners first, then the
 * others in order of creation. Calls `visit` for each; conn is 0 for records without a socket. */
typedef void sock_visit_fn(void *context, conn_id conn, const struct tcp_status *status);
void host_each_socket(const struct sim *sim, host_id host, sock_visit_fn *visit, void *context);

#endif
