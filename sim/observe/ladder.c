/* The ladder, part 1: collecting.
 *
 * The one question here is which packet a STATE or APP fact belongs to. Facts come in causal order
 * (tcpsim/facts.h), so:
 *   - a change after ARRIVED at the same host and time belongs to the arrival;
 *   - a change that only sending makes (SYN-SENT with a SYN, FIN-WAIT-1 with a FIN, CLOSED with an
 *     RST after a user call) belongs to the packet sent by that host at that time, which may be
 *     told before or after the change;
 *   - anything else gets a row of its own. */
#include "sim/observe/ladder_private.h"

#include "sim/observe/array.h"
#include "sim/observe/lateness.h"

#include <stdlib.h>
#include <string.h>

/* ---- life ----------------------------------------------------------------------------------- */

struct ladder *ladder_create(void)
{
    return calloc(1, sizeof(struct ladder));
}

void ladder_destroy(struct ladder *ladder)
{
    if (ladder == NULL) {
        return;
    }
    free(ladder->packets);
    free(ladder->packet_of_id);
    free(ladder->events);
    free(ladder->hosts);
    text_free(&ladder->strings);
    flows_free(&ladder->flows);
    verdicts_free(&ladder->verdicts);
    free(ladder);
}

enum sim_status ladder_attach(struct ladder *ladder, struct sim *sim)
{
    return sim_observe(sim, ladder_observe, ladder);
}

/* ---- keeping things ------------------------------------------------------------------------- */

/* Keep a string; its offset, or LADDER_NONE for NULL and when there is no memory. */
static uint32_t keep_string(struct ladder *l, const char *string)
{
    size_t offset = l->strings.length;
    if (string == NULL || offset + strlen(string) + 1 >= LADDER_NONE) {
        return LADDER_NONE;
    }
    text_add_bytes(&l->strings, string, strlen(string) + 1);
    return l->strings.failed ? LADDER_NONE : (uint32_t)offset;
}

static void learn_hosts(struct ladder *l, const struct sim *sim)
{
    uint32_t count = host_count(sim);
    if (count == l->host_count) {
        return;
    }
    struct ladder_host *hosts = array_reserve(l->hosts, &l->host_capacity, count, sizeof *l->hosts);
    if (hosts == NULL) {
        l->failed = true;
        return;
    }
    l->hosts = hosts;
    for (; l->host_count < count; l->host_count++) {
        struct ladder_host *host = &hosts[l->host_count];
        const char *name = host_name(sim, l->host_count + 1);
        size_t length = strlen(name);
        length = length < NET_NAME_MAX ? length : NET_NAME_MAX - 1;
        *host = (struct ladder_host){ .arrival = LADDER_NONE };
        memcpy(host->name, name, length);
        host->kind = host_kind(sim, l->host_count + 1);
    }
}

static void see_host(struct ladder *l, host_id host)
{
    if (host != HOST_NONE && host <= l->host_count) {
        l->hosts[host - 1].seen = true;
    }
}

static uint32_t find_packet(const struct ladder *l, uint64_t id)
{
    return id < l->id_capacity ? l->packet_of_id[id] - 1 : LADDER_NONE; /* 0 - 1 is NONE */
}

/* Remember where packet `id` is. Ids count from 1 without large holes (tcpsim/packet.h), so an
 * array serves as the index. */
static bool index_packet(struct ladder *l, uint64_t id, uint32_t index)
{
    size_t capacity = l->id_capacity;
    if (id >= LADDER_NONE) {
        return false;
    }
    uint32_t *of_id = array_reserve(l->packet_of_id, &capacity, (size_t)id + 1, sizeof *of_id);
    if (of_id == NULL) {
        return false;
    }
    if (capacity > l->id_capacity) {
        memset(of_id + l->id_capacity, 0, (capacity - l->id_capacity) * sizeof *of_id);
    }
    l->packet_of_id = of_id;
    l->id_capacity = capacity;
    of_id[id] = index + 1;
    return true;
}

static const struct event_list no_events = { LADDER_NONE, LADDER_NONE };

/* A new packet record with what its header says, or LADDER_NONE without memory. */
static uint32_t add_packet(struct ladder *l, const struct sim *sim, const struct sim_fact *fact)
{
    const struct packet *packet = fact->packet;
    uint32_t index = l->packet_count;
    struct ladder_packet *packets =
        array_reserve(l->packets, &l->packet_capacity, (size_t)index + 1, sizeof *packets);
    if (packets != NULL) {
        l->packets = packets;
    }
    if (packets == NULL || !index_packet(l, packet->id, index)) {
        l->failed = true;
        return LADDER_NONE;
    }
    packets[index] = (struct ladder_packet){
        .sent_at = fact->time,
        .ended_at = fact->time,
        .sent_order = l->fact_count,
        .ended_order = l->fact_count,
        .held_at = SIM_NEVER,
        .to = host_by_address(sim, &packet->destination),
        .why = LADDER_NONE,
        .at_sender = no_events,
        .at_receiver = no_events,
        .source = packet->source,
        .seq = packet->tcp.seq,
        .ack = packet->tcp.ack,
        .length = packet->tcp.payload.length,
        .flags = packet->tcp.flags,
        .window = packet->tcp.window,
        .copy = packet->copy_of != 0,
    };
    see_host(l, packets[index].to);
    l->packet_count++;
    return index;
}

/* The record of the packet that the fact is about; made now when the packet is new: a copy, which
 * starts where its original did, or one that was under way before the ladder was attached. */
static uint32_t packet_of(struct ladder *l, const struct sim *sim, const struct sim_fact *fact)
{
    uint32_t index = find_packet(l, fact->packet->id);
    if (index != LADDER_NONE) {
        return index;
    }
    index = add_packet(l, sim, fact);
    if (index == LADDER_NONE) {
        return index;
    }
    struct ladder_packet *p = &l->packets[index];
    uint32_t original = find_packet(l, fact->packet->copy_of);
    if (original != LADDER_NONE) {
        p->from = l->packets[original].from;
        p->spoofed = l->packets[original].spoofed;
    } else {
        p->from = host_by_address(sim, &fact->packet->source);
    }
    see_host(l, p->from);
    return index;
}

static uint32_t add_event(struct ladder *l, const struct sim_fact *fact, enum event_kind kind,
                          const char *text)
{
    uint32_t index = l->event_count;
    struct ladder_event *events =
        array_reserve(l->events, &l->event_capacity, (size_t)index + 1, sizeof *events);
    if (events == NULL) {
        l->failed = true;
        return LADDER_NONE;
    }
    l->events = events;
    events[index] = (struct ladder_event){ .time = fact->time,
                                           .order = l->fact_count,
                                           .host = fact->host,
                                           .conn = fact->conn,
                                           .text = keep_string(l, text),
                                           .next = LADDER_NONE,
                                           .kind = kind,
                                           .from = fact->from,
                                           .to = fact->to };
    see_host(l, fact->host);
    l->event_count++;
    return index;
}

static void append_event(struct ladder *l, struct event_list *list, uint32_t event)
{
    if (list->last == LADDER_NONE) {
        list->first = event;
    } else {
        l->events[list->last].next = event;
    }
    list->last = event;
    l->events[event].next = LADDER_NONE; /* an early drawing may have linked it elsewhere */
    l->events[event].placed = true;
}

/* ---- packets -------------------------------------------------------------------------------- */

/* The change is what sending this segment means. */
static bool segment_explains(const struct ladder_packet *p, const struct ladder_event *event)
{
    switch (event->to) {
    case TCP_SYN_SENT:
        return (p->flags & TCP_SYN) != 0;
    case TCP_FIN_WAIT_1:
    case TCP_LAST_ACK:
        return (p->flags & TCP_FIN) != 0;
    case TCP_CLOSED:
        return (p->flags & TCP_RST) != 0;
    case TCP_LISTEN:
    case TCP_SYN_RECEIVED:
    case TCP_ESTABLISHED:
    case TCP_FIN_WAIT_2:
    case TCP_CLOSE_WAIT:
    case TCP_CLOSING:
    case TCP_TIME_WAIT:
    case TCP_STATE_COUNT:
        return false;
    }
    return false;
}

static bool is_same_conn(conn_id a, conn_id b)
{
    return a == 0 || b == 0 || a == b;
}

static bool is_now(const struct cause *cause, const struct sim_fact *fact)
{
    return cause->host == fact->host && cause->host != HOST_NONE && cause->time == fact->time;
}

/* Changes that were told just before the packet which they came with. */
static void adopt_pending(struct ladder *l, const struct sim_fact *fact, uint32_t packet)
{
    for (uint32_t i = l->pending; i < l->event_count; i++) {
        struct ladder_event *event = &l->events[i];
        if (!event->placed && event->kind == EVENT_STATE && event->host == fact->host &&
            event->time == fact->time && is_same_conn(event->conn, fact->conn) &&
            segment_explains(&l->packets[packet], event)) {
            append_event(l, &l->packets[packet].at_sender, i);
        }
    }
}

static void collect_sent(struct ladder *l, const struct sim *sim, const struct sim_fact *fact)
{
    uint32_t index = add_packet(l, sim, fact);
    if (index == LADDER_NONE) {
        return;
    }
    struct ladder_packet *p = &l->packets[index];
    p->from = fact->host;
    p->spoofed = host_by_address(sim, &p->source) != fact->host;
    p->again = flows_sent_again(&l->flows, fact->host, fact->packet);
    see_host(l, fact->host);
    adopt_pending(l, fact, index);
    l->sent = (struct cause){ fact->host, fact->time, fact->conn, index };
}

static void end_journey(struct ladder *l, struct ladder_packet *p, const struct sim_fact *fact,
                        enum journey journey)
{
    p->journey = journey;
    p->fate = fact->fate;
    if (journey == JOURNEY_LOST) { /* shown where it was sent */
        p->ended_at = p->sent_at;
        p->ended_order = p->sent_order;
    } else {
        p->ended_at = fact->time;
        p->ended_order = l->fact_count;
    }
    if (fact->text != NULL) {
        p->why = keep_string(l, fact->text);
    }
}

static void collect_forwarded(const struct sim *sim, struct ladder_packet *p,
                              const struct sim_fact *fact)
{
    if (p->held_at != SIM_NEVER) {
        p->late_by += fact->time - p->held_at;
        p->held_at = SIM_NEVER;
    } else if (!p->copy) {
        p->late_by += lateness_of(sim, fact);
    }
}

static void collect_link(struct ladder *l, const struct sim *sim, const struct sim_fact *fact)
{
    uint32_t index = packet_of(l, sim, fact);
    if (index == LADDER_NONE) {
        return;
    }
    struct ladder_packet *p = &l->packets[index];
    p->corrupted = p->corrupted || fact->packet->corrupted;
    switch (fact->fate) {
    case FATE_FORWARDED:
        collect_forwarded(sim, p, fact);
        break;
    case FATE_HELD:
        p->held_at = fact->time;
        break;
    case FATE_LOST:
    case FATE_QUEUE_FULL:
    case FATE_LINK_DOWN:
    case FATE_NO_ROUTE:
    case FATE_HOPS_EXCEEDED:
    case FATE_TOO_BIG:
        end_journey(l, p, fact, JOURNEY_LOST);
        break;
    case FATE_CHECKSUM_BAD:
    case FATE_NO_HOST:
        p->to = fact->host != HOST_NONE ? fact->host : p->to;
        end_journey(l, p, fact, JOURNEY_REFUSED);
        break;
    case FATE_COUNT:
        break;
    }
}

/* The rule that says most about how a packet was handled: one that refused it, else the last. */
static rule_id telling_rule(const struct sim_fact *fact)
{
    for (uint8_t i = 0; i < fact->rule_count; i++) {
        if (rule_get(fact->rules[i])->refuses) {
            return fact->rules[i];
        }
    }
    return fact->rule_count > 0 ? fact->rules[fact->rule_count - 1] : 0;
}

static void collect_arrived(struct ladder *l, const struct sim *sim, const struct sim_fact *fact)
{
    uint32_t index = packet_of(l, sim, fact);
    if (index == LADDER_NONE) {
        return;
    }
    struct ladder_packet *p = &l->packets[index];
    end_journey(l, p, fact, JOURNEY_ARRIVED);
    p->to = fact->host;
    p->corrupted = p->corrupted || fact->packet->corrupted;
    p->rule = telling_rule(fact);
    see_host(l, fact->host);
    if (fact->host != HOST_NONE && fact->host <= l->host_count) {
        l->hosts[fact->host - 1].arrival = index;
    }
    l->got = (struct cause){ fact->host, fact->time, fact->conn, index };
    l->sent.host = HOST_NONE;
    l->pending = l->event_count;
}

/* ---- events --------------------------------------------------------------------------------- */

/* Transitions that only a user call makes, whatever arrived at the same moment (RFC 9293 3.3.2). */
static bool is_users_doing(enum tcp_state from, enum tcp_state to)
{
    bool opens = to == TCP_SYN_SENT || (from == TCP_CLOSED && to == TCP_LISTEN);
    return opens || to == TCP_FIN_WAIT_1 || to == TCP_LAST_ACK;
}

static void collect_state(struct ladder *l, const struct sim_fact *fact)
{
    uint32_t index = add_event(l, fact, EVENT_STATE, tcp_state_name(fact->to));
    if (index == LADDER_NONE) {
        return;
    }
    if (is_now(&l->got, fact) && !is_users_doing(fact->from, fact->to)) {
        append_event(l, &l->packets[l->got.packet].at_receiver, index);
    } else if (is_now(&l->sent, fact) && is_same_conn(l->sent.conn, fact->conn) &&
               segment_explains(&l->packets[l->sent.packet], &l->events[index])) {
        append_event(l, &l->packets[l->sent.packet].at_sender, index);
    }
}

/* An event that follows from an arrival stands beside it, else in a row of its own. */
static void place_event(struct ladder *l, const struct sim_fact *fact, enum event_kind kind,
                        const char *text)
{
    uint32_t index = add_event(l, fact, kind, text);
    if (index == LADDER_NONE || fact->host == HOST_NONE || fact->host > l->host_count) {
        return;
    }
    uint32_t arrival = l->hosts[fact->host - 1].arrival;
    if (arrival != LADDER_NONE && l->packets[arrival].ended_at == fact->time) {
        append_event(l, &l->packets[arrival].at_receiver, index);
    }
}

/* A user call or a timer acts: what follows is not the last arrival's doing. */
static void forget_causes(struct ladder *l)
{
    l->got.host = HOST_NONE;
    l->sent.host = HOST_NONE;
}

enum { PAYLOAD_COLUMNS = 24, PAYLOAD_QUOTED_MAX = 200 };

/* A line of text is worth reading, the tenth full segment of a transfer is not. */
static void add_delivered(struct text *text, const struct sim *sim, struct payload payload)
{
    if (payload.length > PAYLOAD_QUOTED_MAX) {
        text_add_count(text, payload.length);
        text_add(text, " B");
    } else {
        text_add_payload(text, sim, payload, PAYLOAD_COLUMNS, false);
    }
}

static void collect_app(struct ladder *l, const struct sim *sim, const struct sim_fact *fact)
{
    struct text text = { 0 };
    switch (fact->app) {
    case APP_LISTEN:
    case APP_OPEN:
    case APP_SEND:
    case APP_CLOSE:
    case APP_ABORT:
        forget_causes(l); /* the packets that follow show the call well enough */
        break;
    case APP_ACCEPTED:
        place_event(l, fact, EVENT_APP, "accepted");
        break;
    case APP_DELIVERED:
        add_delivered(&text, sim, fact->payload);
        text_add(&text, " → app");
        place_event(l, fact, EVENT_APP, text_string(&text));
        break;
    case APP_ERROR:
        if (fact->status != SIM_OK && fact->status != SIM_ABORTED) {
            place_event(l, fact, EVENT_ERROR, sim_status_text(fact->status));
        }
        break;
    case APP_CONNECTED:   /* ESTABLISHED says it */
    case APP_PEER_CLOSED: /* CLOSE-WAIT says it */
    case APP_READ:
    case APP_EVENT_COUNT:
        break;
    }
    l->failed = l->failed || text.failed;
    text_free(&text);
}

void ladder_observe(void *context, const struct sim *sim, const struct sim_fact *fact)
{
    struct ladder *l = context;
    l->fact_count++;
    learn_hosts(l, sim);
    switch (fact->kind) {
    case FACT_SENT:
        collect_sent(l, sim, fact);
        break;
    case FACT_LINK:
        collect_link(l, sim, fact);
        break;
    case FACT_ARRIVED:
        collect_arrived(l, sim, fact);
        break;
    case FACT_STATE:
        collect_state(l, fact);
        break;
    case FACT_TIMEOUT:
        forget_causes(l);
        break;
    case FACT_APP:
        collect_app(l, sim, fact);
        break;
    case FACT_NOTE:
        place_event(l, fact, EVENT_NOTE, fact->text);
        break;
    case FACT_VERDICT:
        verdicts_add(&l->verdicts, fact);
        break;
    case FACT_KIND_COUNT:
        break;
    }
}
