/* What a ladder has collected, shared by the files ladder*.c only.
 *
 * Packets, events and hosts are arrays that only grow; they refer to each other by index.
 * Invariants: packets[p].id is unique; events of a list are in the order in which they happened;
 * an event belongs to exactly one of: a packet's sender list, its receiver list, or no packet. */
#ifndef TCPSIM_OBSERVE_LADDER_PRIVATE_H
#define TCPSIM_OBSERVE_LADDER_PRIVATE_H

#include "sim/observe/canvas.h"
#include "sim/observe/ladder.h"
#include "sim/observe/ladder_flows.h"
#include "sim/observe/text.h"
#include "sim/observe/verdicts.h"

#define LADDER_NONE UINT32_MAX

enum journey {
    JOURNEY_UNDERWAY, /* neither lost nor arrived when the ladder is drawn */
    JOURNEY_ARRIVED,
    JOURNEY_LOST,
    JOURNEY_REFUSED, /* reached the host, which threw it away: bad checksum, wrong address */
};

/* Events of one end of a packet, or of one row: a list through ladder_event.next. */
struct event_list {
    uint32_t first, last; /* LADDER_NONE: empty */
};

struct ladder_packet {
    sim_time_t sent_at, ended_at;     /* ended: arrived, refused or lost */
    uint64_t sent_order, ended_order; /* number of the fact that told so */
    sim_time_t late_by;               /* beyond what the links usually take */
    sim_time_t held_at;               /* SIM_NEVER: was not held */
    host_id from, to;
    enum journey journey;
    enum packet_fate fate; /* of a packet lost or refused */
    uint32_t why;          /* offset of the scripted rule's label in ladder.strings, or NONE */
    struct event_list at_sender, at_receiver;
    struct ip_addr source;
    uint32_t seq, ack, length;
    uint16_t flags, window;
    rule_id rule; /* the last that handled it */
    bool copy, again, corrupted, spoofed;
};

enum event_kind { EVENT_STATE, EVENT_APP, EVENT_ERROR, EVENT_NOTE };

struct ladder_event {
    sim_time_t time;
    uint64_t order;
    host_id host;
    conn_id conn;
    uint32_t text; /* offset in ladder.strings */
    uint32_t next; /* in its list */
    enum event_kind kind;
    enum tcp_state from, to;
    bool placed; /* belongs to a packet */
};

struct ladder_host {
    char name[NET_NAME_MAX];
    enum node_kind kind;
    bool seen;        /* takes part in what is drawn */
    uint32_t arrival; /* the packet that arrived last, or LADDER_NONE */
};

/* What STATE facts may be put down to: a packet that `host` got or sent at `time`. */
struct cause {
    host_id host; /* HOST_NONE: nothing */
    sim_time_t time;
    conn_id conn;
    uint32_t packet;
};

struct ladder {
    struct ladder_packet *packets;
    uint32_t packet_count;
    size_t packet_capacity;
    uint32_t *packet_of_id; /* by packet id: index + 1; 0 = unknown */
    size_t id_capacity;
    struct ladder_event *events;
    uint32_t event_count;
    size_t event_capacity;
    struct ladder_host *hosts; /* hosts[id - 1] */
    uint32_t host_count;
    size_t host_capacity;
    struct text strings; /* NUL-terminated, one after another */
    struct flows flows;
    struct verdicts verdicts;
    struct cause got, sent; /* the latest */
    uint32_t pending;       /* first event that may still turn out to come with a packet sent now */
    uint64_t fact_count;
    bool failed; /* no memory at some time: the ladder has holes */
};

static inline const char *ladder_string(const struct ladder *ladder, uint32_t offset)
{
    return offset == LADDER_NONE ? "" : text_string(&ladder->strings) + offset;
}

static inline const char *ladder_host_name(const struct ladder *ladder, host_id host)
{
    return host == HOST_NONE || host > ladder->host_count ? "-" : ladder->hosts[host - 1].name;
}

/* ---- layout --------------------------------------------------------------------------------- */

enum row_kind {
    ROW_PACKET,    /* the packet's end */
    ROW_DEPARTURE, /* its beginning, where the end is far below or never came */
    ROW_EVENTS,    /* something that happened without a packet */
    ROW_GAP,       /* nothing happens for `length` */
    ROW_OMITTED,   /* `count` packets between `time` and `time + length` are not shown */
};

struct ladder_row {
    enum row_kind kind;
    sim_time_t time;
    uint64_t order;
    sim_time_t length;
    uint64_t count;
    uint32_t packet;
    struct event_list events; /* ROW_EVENTS */
    bool split;               /* ROW_PACKET: its sender's events stand on a departure row above */
};

struct ladder_rows {
    struct ladder_row *items;
    size_t count, capacity;
};

/* The rows of what was collected, in order of time, at most rows_max and the gaps between them.
 * False when there is no memory. The caller frees rows->items. */
bool ladder_layout(struct ladder *ladder, uint32_t rows_max, struct ladder_rows *rows);

/* ---- labels --------------------------------------------------------------------------------- */

/* "PSH,ACK 1001:1013" */
void ladder_add_label(struct text *text, const struct ladder_packet *packet);

/* "(copy)", "(again)", "(3.000 s late)", "from 203.0.113.1": what is special about it, or "". */
void ladder_add_mark(struct text *text, const struct ladder_packet *packet);

/* Why it was lost or refused: the rule's label, or the fate's name. */
void ladder_add_why(struct text *text, const struct ladder *ladder,
                    const struct ladder_packet *packet, bool ascii);

/* ---- drawing -------------------------------------------------------------------------------- */

enum { LADDER_COLUMNS_MAX = 8 }; /* hosts side by side; more become a list */

/* Where things stand on a line. With one or two hosts, the first one's events stand left of its
 * line; with more, all events stand at the right, with the host's name. */
struct ladder_frame {
    int time_width; /* times are right-aligned in [0, time_width) */
    int left, left_width;
    int bar_count; /* 0: a list */
    host_id host[LADDER_COLUMNS_MAX];
    int bar[LADDER_COLUMNS_MAX];
    int right;      /* first column of the right-hand texts */
    int name_width; /* list: of the longest name */
};

struct ladder_pen {
    const struct ladder *ladder;
    const struct ladder_options *options;
    struct ladder_frame frame;
    struct canvas canvas;
    /* The row being drawn: */
    struct text left; /* what the left host's events say so far */
    enum ink left_ink;
    int line, column, margin; /* where the next right-hand word goes; where lines begin */
    host_id host;             /* whose text stands there last */
    bool has_right;           /* some text stands there */
    bool failed;              /* no memory */
};

/* Choose the frame for these rows. */
void ladder_measure(struct ladder_pen *pen, const struct ladder_rows *rows);

/* The arrow of a row between two bars with its label, or a list entry
 * ("client → server  SYN 1000") where there are no bars. */
void ladder_draw_arrow(struct ladder_pen *pen, const struct ladder_row *row);

/* What a row says about a host: beside the host's line, or else at the right with its name. */
void ladder_draw_text(struct ladder_pen *pen, host_id host, const char *text, enum ink ink);

/* The next event that a row shows after `event` (LADDER_NONE: the first), or LADDER_NONE. */
uint32_t ladder_next_event(const struct ladder *ladder, const struct ladder_row *row,
                           uint32_t event);

#endif
