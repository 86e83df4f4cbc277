/* Facts: what observers are told.
 *
 * Facts come in causal order. A packet's life is SENT (by a host or a script), then for each link
 * on its way one LINK fact (with its fate there), then ARRIVED at the host that it was for, or
 * nothing more when its last LINK fact was a loss. A copy made by a link has a LINK fact of its
 * own, with a new packet id and copy_of set. ARRIVED is followed by what the packet caused: bytes
 * DELIVERED, STATE changes, further SENT packets, other APP events. A user call's APP fact comes
 * before what the call causes. */
#ifndef TCPSIM_FACTS_H
#define TCPSIM_FACTS_H

#include "tcpsim/net.h"
#include "tcpsim/packet.h"
#include "tcpsim/rules.h"
#include "tcpsim/sim.h"
#include "tcpsim/sock.h"
#include "tcpsim/tcp_types.h"

enum sim_fact_kind {
    FACT_SENT,    /* host, conn, packet, rules (why it was sent), from = to = the state */
    FACT_LINK,    /* link, direction, packet, fate, arrives_at, text (a rule's label or NULL) */
    FACT_ARRIVED, /* host, conn, packet, rules (what handled it), from, to (states around it) */
    FACT_STATE,   /* host, conn, from, to, rules[0] = the rule that made the change */
    FACT_TIMEOUT, /* host, conn, text = the timer's name, rules */
    FACT_APP,     /* host, conn, app, bytes, payload, status */
    FACT_NOTE,    /* host or HOST_NONE, text */
    FACT_VERDICT, /* passed, text = the expectation, detail, file, line */
    FACT_KIND_COUNT
};

/* What becomes of a packet on one link. */
enum packet_fate {
    FATE_FORWARDED,  /* arrives at arrives_at */
    FATE_LOST,       /* random or scripted loss */
    FATE_QUEUE_FULL, /* drop-tail */
    FATE_LINK_DOWN,
    FATE_HELD,          /* held back by a scripted rule until released */
    FATE_NO_ROUTE,      /* a node on the way knows no link to the destination */
    FATE_HOPS_EXCEEDED, /* hop limit reached 0 at a router */
    FATE_TOO_BIG,       /* larger than the MTU and not to be fragmented */
    FATE_CHECKSUM_BAD,  /* told instead of ARRIVED's handling: the receiver threw it away */
    FATE_NO_HOST,       /* at a host without the address, or a switch that knows no such host */
    FATE_COUNT
};

const char *packet_fate_name(enum packet_fate fate); /* "lost", "queue full", ... */

enum app_event {
    APP_LISTEN,      /* user call: passive OPEN */
    APP_OPEN,        /* user call: active OPEN */
    APP_SEND,        /* user call; bytes accepted, payload */
    APP_CLOSE,       /* user call: CLOSE (RFC 9293 3.10.4), or a socket's close() */
    APP_ABORT,       /* user call */
    APP_CONNECTED,   /* told to the application: active OPEN succeeded */
    APP_ACCEPTED,    /* the application took a connection from the accept queue */
    APP_DELIVERED,   /* bytes put in order for the application; payload */
    APP_READ,        /* the application read bytes */
    APP_PEER_CLOSED, /* every byte before the peer's FIN is delivered */
    APP_ERROR,       /* the connection ended with status */
    APP_EVENT_COUNT
};

struct sim_fact {
    enum sim_fact_kind kind;
    sim_time_t time;
    host_id host; /* HOST_NONE where no host is concerned */
    conn_id conn; /* 0 where no connection is concerned */

    const struct packet *packet;

    const rule_id *rules; /* in the order in which they fired */
    uint8_t rule_count;
    enum tcp_state from, to;

    link_id link;
    uint8_t direction; /* 0: from the link's first node to its second; 1: back */
    enum packet_fate fate;
    sim_time_t departs_at; /* first bit on the wire */
    sim_time_t arrives_at; /* last bit at the other end; where lost: when it would have been */
    bool reordered;        /* overtook or was overtaken on purpose */

    enum app_event app;
    uint64_t bytes;
    struct payload payload;
    enum sim_status status;

    bool passed;
    const char *text;
    const char *detail;
    const char *file;
    int line;
};

/* ---- facts from outside the network --------------------------------------------------------- */

/* Tell observers a note at a host (or HOST_NONE), or the verdict on an expectation. */
void sim_note(struct sim *sim, host_id host, const char *text);
void sim_verdict(struct sim *sim, bool passed, const char *text, const char *detail,
                 const char *file, int line);

#endif
