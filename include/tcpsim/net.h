/* The network: hosts, switches and routers, joined by links that delay, lose, copy, reorder and
 * corrupt. */
#ifndef TCPSIM_NET_H
#define TCPSIM_NET_H

#include "tcpsim/packet.h"
#include "tcpsim/sim.h"
#include "tcpsim/tcp_types.h"

/* A host, switch or router of one world, numbered from 1 in order of creation. */
typedef uint32_t host_id;
#define HOST_NONE ((host_id)0)

/* A link of one world, numbered from 1 in order of creation. */
typedef uint32_t link_id;
#define LINK_NONE ((link_id)0)

enum { NET_NAME_MAX = 32 }; /* bytes of a name, with its NUL */

/* ---- nodes ---------------------------------------------------------------------------------- */

enum node_kind {
    NODE_HOST,   /* has sockets and addresses */
    NODE_SWITCH, /* forwards by address; invisible to packets */
    NODE_ROUTER, /* forwards by longest prefix; lowers the hop limit */
};

enum { HOST_ADDRESSES_MAX = 4, HOST_ISS_MAX = 16 };

struct host_config {
    const char *name; /* unique in the world, 1..31 bytes, no control characters */
    enum node_kind kind;
    struct tcp_params tcp;
    struct ip_addr addresses[HOST_ADDRESSES_MAX]; /* none: 10.0.0.<number> and fd00::<number> */
    uint32_t address_count;
    uint32_t iss[HOST_ISS_MAX]; /* ISNs of the first connections, in order; then RFC 6528's */
    uint32_t iss_count;
    uint16_t ephemeral_first, ephemeral_last; /* 0 = 49152..65535 (RFC 6335) */
};

/* Errors: SIM_INVALID (a bad name, times beyond SIM_DURATION_MAX, ports that end before they begin),
 * SIM_ADDRESS_IN_USE (name or address), SIM_NO_MEMORY. */
enum sim_status host_create(struct sim *sim, const struct host_config *config, host_id *host);

uint32_t host_count(const struct sim *sim);
const char *host_name(const struct sim *sim, host_id host); /* "-" for HOST_NONE */
enum node_kind host_kind(const struct sim *sim, host_id host);
uint32_t host_address_count(const struct sim *sim, host_id host);
const struct ip_addr *host_address(const struct sim *sim, host_id host, uint32_t index);
const struct tcp_params *host_tcp_params(const struct sim *sim, host_id host);

/* The host that has the address, or HOST_NONE. */
host_id host_by_address(const struct sim *sim, const struct ip_addr *addr);
host_id host_by_name(const struct sim *sim, const char *name);

/* Forget every connection, listener and timer, silently, as a power failure does. Sockets of the
 * host become stale. */
void host_crash(struct sim *sim, host_id host);

/* Whether a link leads from `host` towards `addr`. */
bool host_has_route(struct sim *sim, host_id host, const struct ip_addr *addr);

/* Send a crafted packet from the host, as a raw socket does: the source address may be anybody's.
 * The packet gets an id; `data` (may be NULL) becomes its payload.
 * Errors: SIM_NO_ROUTE, SIM_NO_MEMORY, SIM_INVALID. */
enum sim_status host_inject(struct sim *sim, host_id host, const struct packet *packet,
                            const void *data, size_t length);

/* Counters, named as `netstat -s` and RFC 4022 name them. All count from the start of the run. */
struct host_stats {
    uint64_t packets_sent, packets_received;
    uint64_t segments_sent, segments_received, segments_retransmitted;
    uint64_t data_segments_sent, data_segments_received;
    uint64_t syn_sent, syn_received; /* segments with SYN set */
    uint64_t rst_sent, rst_received;
    uint64_t active_opens, passive_opens, failed_attempts;
    uint64_t established;        /* connections that reached ESTABLISHED */
    uint64_t accepted;           /* connections that the application took */
    uint64_t established_resets; /* ESTABLISHED or CLOSE-WAIT to CLOSED by RST or give-up */
    uint64_t checksum_errors;
    uint64_t retransmitted_syn, retransmitted_syn_ack, retransmitted_data, retransmitted_fin;
    uint64_t timeouts;         /* retransmission timer expiries */
    uint64_t listen_drops;     /* SYNs dropped because the SYN queue was full */
    uint64_t listen_overflows; /* handshakes not completed because the accept queue was full */
    uint64_t syn_queue_max;    /* most half-open records at a time */
    uint64_t accept_queue_max;
    uint64_t time_wait_max;           /* most TIME-WAIT records at a time */
    uint64_t time_waits;              /* connections that entered TIME-WAIT */
    uint64_t no_port;                 /* segments for a port where nobody listens */
    uint64_t bytes_delivered;         /* payload put in order for applications */
    uint64_t foreign_bytes_delivered; /* ... that another incarnation had written */
};

const struct host_stats *host_get_stats(const struct sim *sim, host_id host);

/* ---- links ---------------------------------------------------------------------------------- */

/* One direction of a link. All zeros: infinitely fast, no delay, no faults, no queue limit. */
struct link_params {
    uint64_t rate_bps;       /* 0 = serialization takes no time */
    sim_time_t delay;        /* propagation */
    sim_time_t jitter;       /* added to delay: uniform over 0..jitter; may reorder */
    bool jitter_keeps_order; /* a packet never overtakes an earlier one by jitter */
    uint32_t loss_ppm;       /* Bernoulli, parts per million */
    struct {                 /* Gilbert-Elliott: in the bad state bad_loss_ppm are lost */
        uint32_t to_bad_ppm, to_good_ppm; /* transitions per packet; 0 and 0 = not used */
        uint32_t bad_loss_ppm, good_loss_ppm;
    } burst;
    uint32_t loss_every; /* every nth packet is lost; 0 = none */
    uint32_t duplicate_ppm;
    sim_time_t duplicate_delay; /* the copy comes this much later: uniform over 0..it */
    uint32_t reorder_ppm; /* packets that are delayed by reorder_delay, so that others overtake */
    sim_time_t reorder_delay;
    uint32_t corrupt_ppm;   /* one bit of the packet is flipped */
    uint32_t mtu;           /* bytes; 0 = 1500 */
    uint64_t queue_bytes;   /* drop-tail limit on what waits for its turn; 0 = none */
    uint32_t queue_packets; /* likewise in packets; 0 = none */
};

/* Join two nodes. Either of forward (a to b) and backward may be NULL: all zeros.
 * Errors: SIM_INVALID (same node, parts over a million, negative times), SIM_NO_MEMORY. */
enum sim_status link_create(struct sim *sim, host_id a, host_id b,
                            const struct link_params *forward, const struct link_params *backward,
                            link_id *link);

uint32_t link_count(const struct sim *sim);
void link_ends(const struct sim *sim, link_id link, host_id *a, host_id *b);
const struct link_params *link_get_params(const struct sim *sim, link_id link, uint8_t direction);

/* Change a direction from now on; packets in flight keep their arrival times. */
enum sim_status link_set_params(struct sim *sim, link_id link, uint8_t direction,
                                const struct link_params *params);

/* A link that is down loses what enters it; what is in flight arrives. Takes effect now. */
void link_set_up(struct sim *sim, link_id link, bool up);

/* Packets for addresses within `prefix` leave `node` by `link`. A node with routes of its own uses
 * the longest that fits; one without finds shortest ways by itself. Errors: SIM_INVALID. */
enum sim_status route_add(struct sim *sim, host_id node, const struct ip_prefix *prefix,
                          link_id link);

struct link_stats {
    uint64_t entered, copied, delivered, dropped, in_flight, held;
    uint64_t bytes_entered, bytes_delivered;
    uint64_t queue_bytes_max;
    uint64_t queue_packets_max;
};
struct link_stats link_get_stats(const struct sim *sim, link_id link, uint8_t direction);

/* ---- scripted packet rules ------------------------------------------------------------------ */

/* Which packets a rule is about. Every condition that is set must hold; they are checked in C, for
 * each packet that enters the link. */
struct packet_match {
    host_id from;                    /* sent into the link by this end; HOST_NONE = either */
    uint16_t flags_set, flags_clear; /* TCP flags that must be 1, that must be 0 */
    bool has_seq, has_ack;
    uint32_t seq, ack;
    uint32_t length_min, length_max;        /* payload bytes; max 0xffffffff = no bound */
    uint16_t source_port, destination_port; /* 0 = any */
    struct ip_prefix source, destination;   /* length 0 = any */
    sim_time_t after, before;               /* time of entering: after <= t; t < before if not 0 */
    uint64_t stream;                        /* payload of this stream; 0 = any */
    bool include_copies;                    /* also copies made by the network */
    uint32_t nth;   /* only the nth packet that fits, from 1; 0 = all of them */
    uint32_t every; /* only each every-th packet that fits; 0 = all of them */
    uint32_t limit; /* at most this many; 0 = no limit */
};

/* A match that fits every packet but copies. */
struct packet_match packet_match_any(void);

enum packet_action_kind {
    ACTION_DROP,
    ACTION_COPY,    /* the packet goes on; a copy arrives later */
    ACTION_DELAY,   /* the packet itself arrives later */
    ACTION_HOLD,    /* kept back until link_release() */
    ACTION_CORRUPT, /* flips bit number `bit` counted from the IP header's first; UINT32_MAX: tape */
    ACTION_CALL,    /* `call` decides */
};

struct packet_action; /* below */

/* Decide about one packet: fill *action with anything but ACTION_CALL and return true, or return
 * false to let it pass (the next rules are then asked). `packet` is valid during the call only. */
typedef bool packet_call_fn(struct sim *sim, void *context, const struct packet *packet,
                            struct packet_action *action);

struct packet_action {
    enum packet_action_kind kind;
    sim_time_t arrive_at; /* COPY, DELAY: at this time of the run; 0 = use `by` */
    sim_time_t by;        /* COPY, DELAY: this much later than usual */
    uint32_t copies;      /* COPY: how many; 0 = 1. Further ones come `by` later each */
    uint32_t bit;
    packet_call_fn *call;
    void *context;
};

typedef uint32_t match_id; /* numbered from 1 per world */

/* Rules are asked in order of creation; the first that fits acts, and only it. `label` (may be
 * NULL, is copied) tells observers why. Errors: SIM_INVALID, SIM_NO_MEMORY. */
enum sim_status link_add_rule(struct sim *sim, link_id link, const struct packet_match *match,
                              const struct packet_action *action, const char *label,
                              match_id *rule);

/* How many packets the rule has acted on. */
uint64_t link_rule_hits(const struct sim *sim, match_id rule);

/* Stop asking the rule. */
void link_remove_rule(struct sim *sim, match_id rule);

/* Let packets go that the rule held, in their order, to arrive after the usual delay from now.
 * Returns how many. */
uint32_t link_release(struct sim *sim, match_id rule);

/* ---- bytes ---------------------------------------------------------------------------------- */

/* The bytes that a payload refers to, into `bytes` (payload.length of them). */
void sim_read_payload(const struct sim *sim, struct payload payload, uint8_t *bytes);

/* The packet as on the wire, from its IP header, with good checksums (a corrupted one with the
 * sums that it was sent with). Returns its size, or 0 when `capacity` is too small. */
size_t sim_encode_packet(const struct sim *sim, const struct packet *packet, uint8_t *bytes,
                         size_t capacity);

/* Who wrote the stream: its host, and the connection's id (0 for an injected segment). */
void sim_stream_origin(const struct sim *sim, uint32_t stream, host_id *host, uint64_t *conn);

#endif
