/* Connections, half-open records and listeners of a host. Private to sim/net.
 *
 * Invariants: a conn that is not CLOSED and not a listener is in its host's demultiplexing table
 * and list; a conn in an accept queue is ESTABLISHED or beyond and nobody else's; a conn whose tcb
 * is CLOSED and whose application gave the handle up is released. */
#ifndef TCPSIM_NET_CONN_H
#define TCPSIM_NET_CONN_H

#include "sim/net/net.h"
#include "sim/tcp/isn.h"
#include "sim/tcp/request.h"
#include "sim/tcp/tcp.h"
#include "tcpsim/sock.h"

/* Links of the demultiplexing table and of the host's list; refs are conn_ref / request_ref. */
struct demux_entry {
    struct tcp_tuple tuple;
    uint64_t hash;
    uint32_t chain;        /* next ref in the bucket */
    uint32_t older, newer; /* neighbours in the host's list */
};

struct listener {
    uint32_t backlog, syn_backlog;
    uint32_t requests;                 /* half-open records that name this listener */
    uint32_t accept_head, accept_tail; /* conn indices; 0 = none */
    uint32_t accept_count;
    uint32_t next; /* next listener of the host: conn index */
};

struct conn {
    struct pool_slot slot;
    struct actor actor;
    struct tcb tcb;
    struct demux_entry entry;
    host_id host;
    uint32_t index;
    uint64_t heard;            /* stream whose bytes it was given first; 0 = none */
    struct listener *listener; /* what it listens with, or NULL for a connection */
    uint32_t queued_at;        /* conn index of the listener in whose accept queue it waits */
    uint32_t accept_next;
    sock_ready_fn *ready;
    void *ready_context;
    unsigned events; /* enum sock_event, not told yet */
    uint32_t ready_next;
    bool in_ready_list;
    bool in_table;        /* of the host's demultiplexing, and in its list */
    bool buffer_was_full; /* sending found no room, or left none: tell when there is some */
    bool handle_given_up;
    bool was_established;
};

struct request {
    struct pool_slot slot;
    struct actor actor;
    struct demux_entry entry;
    struct tcp_request half_open;
    host_id host;
    uint32_t index;
    uint32_t listener; /* conn index */
};

/* A conn or a request, in tables: the index, with the lowest bit telling which. 0 is none. */
static inline uint32_t conn_ref(uint32_t index)
{
    return index << 1;
}

static inline uint32_t request_ref(uint32_t index)
{
    return index << 1 | 1;
}

static inline bool ref_is_request(uint32_t ref)
{
    return (ref & 1) != 0;
}

static inline uint32_t ref_index(uint32_t ref)
{
    return ref >> 1;
}

static inline struct conn *conn_at(const struct net *net, uint32_t index)
{
    return pool_at(&net->conns, index);
}

static inline struct request *request_at(const struct net *net, uint32_t index)
{
    return pool_at(&net->requests, index);
}

static inline conn_id conn_handle(const struct conn *c)
{
    return pool_handle(&c->slot, c->index);
}

/* ---- the stack of a host -------------------------------------------------------------------- */

struct demux {
    uint32_t *buckets; /* refs */
    uint32_t bucket_count, used;
    uint64_t key[2];
};

struct stack {
    host_id host;
    struct tcp_params params;
    struct host_stats stats;
    struct demux demux;
    uint32_t listeners;      /* first conn index; oldest listener first */
    uint32_t oldest, newest; /* refs of conns and requests in order of creation */
    uint32_t time_waits;     /* conns in TIME-WAIT */
    uint32_t iss[HOST_ISS_MAX];
    uint32_t iss_count, iss_used;
    uint16_t ephemeral_first, ephemeral_last;
    uint32_t next_ephemeral; /* RFC 6056 algorithm 3 */
    tape_lane lane;
    bool has_secret;
    uint8_t secret[16];
    struct actor app;                /* its event tells sockets that became ready */
    uint32_t ready_head, ready_tail; /* conn indices */
};

static inline struct stack *stack_of(const struct net *net, host_id host)
{
    return node_at(net, host)->stack;
}

/* ---- demux.c -------------------------------------------------------------------------------- */

/* The ref of the connection or record with this tuple, or 0. */
uint32_t demux_find(const struct net *net, const struct stack *stack,
                    const struct tcp_tuple *tuple);

/* Enter into the table and at the end of the host's list; false when there is no memory. */
bool demux_insert(struct sim *sim, struct net *net, struct stack *stack, uint32_t ref);
void demux_remove(struct net *net, struct stack *stack, uint32_t ref);
struct demux_entry *demux_entry_of(const struct net *net, uint32_t ref);

/* ---- conn.c --------------------------------------------------------------------------------- */

/* A conn of the host with its tuple, entered into the table unless `listener`; NULL when there is
 * no memory. Its tcb is not initialised. */
struct conn *conn_create(struct sim *sim, struct net *net, struct stack *stack,
                         const struct tcp_tuple *tuple, struct listener *listener);

/* Take it out of every list and forget it. */
void conn_release(struct sim *sim, struct net *net, struct conn *c);

/* Make room for one more segment in the span lists; false when there is no memory. */
bool conn_reserve_spans(struct sim *sim, struct tcb *t);
void conn_free_spans(struct sim *sim, struct tcb *t);

/* Tell of the last `bytes` of rcv.queue, which a segment just brought. */
void conn_tell_delivered(struct sim *sim, struct net *net, struct conn *c, uint64_t bytes);

/* Something happened to the tcb, and `out` says what: tell observers, send segments, tell the
 * application, look after timers, and release the conn if nothing needs it any more. */
void conn_apply(struct sim *sim, struct net *net, struct conn *c, struct tcp_out *out);

/* The earliest timer of the conn. Returns whether it was due. */
bool conn_timeout(struct sim *sim, uint32_t index, uint64_t ticket);

/* A segment for this conn. */
void conn_segment_arrives(struct sim *sim, struct net *net, struct conn *c,
                          const struct net_packet *p);

/* ---- half_open.c ---------------------------------------------------------------------------- */

/* A segment for a listener, or for one of its half-open records. */
void listener_segment_arrives(struct sim *sim, struct net *net, struct conn *listener,
                              const struct tcp_tuple *tuple, const struct net_packet *p);
void request_segment_arrives(struct sim *sim, struct net *net, struct request *r,
                             const struct net_packet *p);

/* The record's SYN-ACK timer. Returns whether it was due. */
bool request_timeout(struct sim *sim, uint32_t index, uint64_t ticket);

/* Close a listener: half-open records vanish, connections that wait to be accepted are reset. */
void listener_close(struct sim *sim, struct net *net, struct conn *listener);

/* ---- ports.c -------------------------------------------------------------------------------- */

/* The range of ephemeral ports that a configuration means. */
uint16_t port_range_first(const struct host_config *config);
uint16_t port_range_last(const struct host_config *config);

/* An ephemeral port for the tuple (RFC 6056, algorithm 3), or 0 when all are taken. */
uint16_t port_pick(struct sim *sim, struct net *net, struct stack *stack, struct tcp_tuple tuple);

/* ---- ready.c -------------------------------------------------------------------------------- */

/* Tell the application of `events` (enum sock_event) in an event of its own. */
void ready_notify(struct sim *sim, struct net *net, struct conn *c, unsigned events);
bool ready_fire(struct sim *sim, uint32_t host, uint64_t ticket);
void ready_forget(struct net *net, struct conn *c);

/* ---- stack.c -------------------------------------------------------------------------------- */

/* The next initial sequence number: the scenario's, or RFC 6528's. */
uint32_t stack_next_iss(struct sim *sim, struct stack *stack, const struct tcp_tuple *tuple);

/* The host's secret for RFC 6528 and 6056; chosen from the tape when first needed. */
const uint8_t *stack_secret(struct sim *sim, struct stack *stack);

/* Largest segment that the host takes from this peer: by parameter, or by the MTU on the way. */
uint16_t stack_our_mss(struct sim *sim, struct net *net, struct stack *stack,
                       const struct ip_addr *remote);

/* Send the segments of `out` from this tuple. */
void stack_send(struct sim *sim, struct net *net, struct stack *stack,
                const struct tcp_tuple *tuple, conn_id conn, enum tcp_state state,
                struct tcp_out *out);

/* Tell observers that a packet was processed, and the state changes. */
void stack_tell_arrival(struct sim *sim, struct stack *stack, conn_id conn,
                        const struct net_packet *p, enum tcp_state from, enum tcp_state to,
                        const struct tcp_out *out);
void stack_tell_changes(struct sim *sim, struct stack *stack, conn_id conn,
                        const struct tcp_out *out);
void stack_tell_timeout(struct sim *sim, struct stack *stack, conn_id conn, enum tcp_timer timer,
                        const struct tcp_out *out);
void stack_tell_app(struct sim *sim, struct stack *stack, conn_id conn, struct sim_fact fact);

#endif
