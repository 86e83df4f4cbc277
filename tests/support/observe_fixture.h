/* A world of two hosts and a link, and facts made by hand, for tests of observers.
 *
 * Facts are handed straight to an observer, so that a test tells exactly the story that it wants;
 * the world only answers for names, addresses and payload. */
#ifndef TCPSIM_TEST_OBSERVE_FIXTURE_H
#define TCPSIM_TEST_OBSERVE_FIXTURE_H

#include "tcpsim/tcpsim.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct story {
    struct sim *sim;
    host_id client, server;
    link_id link;
    sim_observer_fn *observer;
    void *context;
    uint64_t packet_count;
    struct packet packets[512]; /* by id - 1 */
    struct payload caught;
};

static inline host_id story_add_host(struct story *story, const char *name)
{
    struct host_config config = { .name = name, .kind = NODE_HOST, .tcp = tcp_params_default() };
    host_id host = HOST_NONE;
    if (host_create(story->sim, &config, &host) != SIM_OK) {
        abort();
    }
    return host;
}

static inline void story_open(struct story *story, sim_observer_fn *observer, void *context)
{
    *story = (struct story){ .observer = observer, .context = context };
    story->sim = sim_create(NULL);
    story->client = story_add_host(story, "client");
    story->server = story_add_host(story, "server");
    struct link_params params = { .delay = 10 * SIM_MILLISECOND };
    if (link_create(story->sim, story->client, story->server, &params, &params, &story->link) !=
        SIM_OK) {
        abort();
    }
}

static inline void story_close(struct story *story)
{
    sim_destroy(story->sim);
}

static inline void story_tell(struct story *story, struct sim_fact fact)
{
    story->observer(story->context, story->sim, &fact);
}

/* ---- what was printed ----------------------------------------------------------------------- */

/* A file in memory: open, print into `file`, then page_text() until page_close(). */
struct page {
    FILE *file;
    char *text;
    size_t length;
};

static inline void page_open(struct page *page)
{
    *page = (struct page){ NULL, NULL, 0 };
    page->file = open_memstream(&page->text, &page->length);
    if (page->file == NULL) {
        abort();
    }
}

static inline const char *page_text(struct page *page)
{
    if (fflush(page->file) != 0) {
        abort();
    }
    return page->text;
}

static inline void page_close(struct page *page)
{
    if (fclose(page->file) != 0) {
        abort();
    }
    free(page->text);
}

/* ---- payload -------------------------------------------------------------------------------- */

static inline void story_catch_payload(void *context, const struct sim *sim,
                                       const struct sim_fact *fact)
{
    struct story *story = context;
    (void)sim;
    if (fact->kind == FACT_SENT) {
        story->caught = fact->packet->tcp.payload;
    }
}

/* A payload that the world can read: injected data has a stream of its own. Once per story. */
static inline struct payload story_payload(struct story *story, const void *data, size_t length)
{
    struct packet packet = { .source = *host_address(story->sim, story->client, 0),
                             .destination = *host_address(story->sim, story->server, 0),
                             .version = 4,
                             .hop_limit = 64,
                             .protocol = IP_TCP,
                             .tcp = { .flags = TCP_ACK, .source_port = 9, .destination_port = 9 } };
    if (sim_observe(story->sim, story_catch_payload, story) != SIM_OK ||
        host_inject(story->sim, story->client, &packet, data, length) != SIM_OK) {
        abort();
    }
    return story->caught;
}

/* ---- packets -------------------------------------------------------------------------------- */

/* A packet that nobody has sent yet; its id is given back and names it from now on. */
static inline uint64_t story_packet(struct story *story, host_id from, host_id to, uint16_t flags,
                                    uint32_t seq, uint32_t ack, uint32_t length)
{
    struct packet *packet = &story->packets[story->packet_count++];
    bool forward = from < to;
    *packet =
        (struct packet){ .id = story->packet_count,
                         .source = *host_address(story->sim, from, 0),
                         .destination = *host_address(story->sim, to, 0),
                         .version = 4,
                         .hop_limit = 64,
                         .protocol = IP_TCP,
                         .tcp = { .seq = seq,
                                  .ack = ack,
                                  .flags = flags,
                                  .window = 65535,
                                  .source_port = forward ? 49152 : 80,
                                  .destination_port = forward ? 80 : 49152,
                                  .payload = { .stream = length ? 1 : 0, .length = length } } };
    return packet->id;
}

static inline struct packet *story_get(struct story *story, uint64_t id)
{
    return &story->packets[id - 1];
}

static inline void story_sent(struct story *story, sim_time_t time, host_id host, uint64_t id)
{
    story_tell(story, (struct sim_fact){ .kind = FACT_SENT,
                                         .time = time,
                                         .host = host,
                                         .conn = host,
                                         .packet = story_get(story, id) });
}

static inline void story_link(struct story *story, sim_time_t time, uint64_t id,
                              enum packet_fate fate, sim_time_t arrives_at, const char *label)
{
    const struct packet *packet = story_get(story, id);
    story_tell(story, (struct sim_fact){ .kind = FACT_LINK,
                                         .time = time,
                                         .packet = packet,
                                         .link = story->link,
                                         .direction = packet->tcp.source_port == 80,
                                         .fate = fate,
                                         .departs_at = time,
                                         .arrives_at = arrives_at,
                                         .text = label });
}

static inline void story_arrived(struct story *story, sim_time_t time, host_id host, uint64_t id)
{
    story_tell(story, (struct sim_fact){ .kind = FACT_ARRIVED,
                                         .time = time,
                                         .host = host,
                                         .conn = host,
                                         .packet = story_get(story, id) });
}

/* Sent, forwarded and arrived 10 ms later. */
static inline uint64_t story_send(struct story *story, sim_time_t time, host_id from, host_id to,
                                  uint16_t flags, uint32_t seq, uint32_t ack, uint32_t length)
{
    uint64_t id = story_packet(story, from, to, flags, seq, ack, length);
    sim_time_t arrival = time + 10 * SIM_MILLISECOND;
    story_sent(story, time, from, id);
    story_link(story, time, id, FATE_FORWARDED, arrival, NULL);
    story_arrived(story, arrival, to, id);
    return id;
}

/* The network makes a copy that arrives at `arrival`; the copy's id. */
static inline uint64_t story_copy(struct story *story, sim_time_t time, uint64_t original,
                                  sim_time_t arrival)
{
    struct packet *copy = &story->packets[story->packet_count++];
    *copy = *story_get(story, original);
    copy->id = story->packet_count;
    copy->copy_of = original;
    story_link(story, time, copy->id, FATE_FORWARDED, arrival, NULL);
    return copy->id;
}

/* ---- other facts ---------------------------------------------------------------------------- */

static inline void story_state(struct story *story, sim_time_t time, host_id host,
                               enum tcp_state from, enum tcp_state to)
{
    story_tell(
        story,
        (struct sim_fact){
            .kind = FACT_STATE, .time = time, .host = host, .conn = host, .from = from, .to = to });
}

static inline void story_app(struct story *story, sim_time_t time, host_id host, enum app_event app)
{
    story_tell(story, (struct sim_fact){
                          .kind = FACT_APP, .time = time, .host = host, .conn = host, .app = app });
}

static inline void story_note(struct story *story, sim_time_t time, host_id host, const char *text)
{
    story_tell(story,
               (struct sim_fact){ .kind = FACT_NOTE, .time = time, .host = host, .text = text });
}

static inline void story_verdict(struct story *story, bool passed, const char *text,
                                 const char *detail)
{
    story_tell(story, (struct sim_fact){ .kind = FACT_VERDICT,
                                         .passed = passed,
                                         .text = text,
                                         .detail = detail,
                                         .file = "scenarios/stale_syn.lua",
                                         .line = 26 });
}

/* ---- the flagship --------------------------------------------------------------------------- */

#define MS(n) ((n)*SIM_MILLISECOND)

/* The two-way handshake meets old copies of a SYN and of its data; `data` is 12 bytes. */
static inline void story_tell_stale_syn(struct story *s, struct payload data)
{
    host_id c = s->client;
    host_id v = s->server;
    story_state(s, 0, v, TCP_CLOSED, TCP_LISTEN);
    story_app(s, 0, c, APP_OPEN);
    story_state(s, 0, c, TCP_CLOSED, TCP_SYN_SENT);
    uint64_t syn = story_packet(s, c, v, TCP_SYN, 1000, 0, 0);
    story_sent(s, 0, c, syn);
    story_link(s, 0, syn, FATE_FORWARDED, MS(10), "old SYN");
    uint64_t old_syn = story_copy(s, 0, syn, MS(3000));
    story_arrived(s, MS(10), v, syn);
    story_state(s, MS(10), v, TCP_LISTEN, TCP_ESTABLISHED);
    uint64_t syn_ack = story_packet(s, v, c, TCP_SYN | TCP_ACK, 7000, 1001, 0);
    story_sent(s, MS(10), v, syn_ack);
    story_link(s, MS(10), syn_ack, FATE_FORWARDED, MS(20), NULL);
    story_arrived(s, MS(20), c, syn_ack);
    story_state(s, MS(20), c, TCP_SYN_SENT, TCP_ESTABLISHED);
    story_app(s, MS(20), c, APP_SEND);
    uint64_t push = story_packet(s, c, v, TCP_PSH | TCP_ACK, 1001, 7001, 12);
    story_sent(s, MS(20), c, push);
    story_link(s, MS(20), push, FATE_FORWARDED, MS(30), NULL);
    uint64_t old_push = story_copy(s, MS(20), push, MS(3005));
    struct sim_fact delivered = { .kind = FACT_APP,
                                  .time = MS(30),
                                  .host = v,
                                  .conn = v,
                                  .app = APP_DELIVERED,
                                  .bytes = 12,
                                  .payload = data };
    story_arrived(s, MS(30), v, push);
    story_tell(s, delivered);
    story_send(s, MS(30), v, c, TCP_ACK, 7001, 1013, 0);
    story_app(s, MS(40), c, APP_ABORT);
    story_state(s, MS(40), c, TCP_ESTABLISHED, TCP_CLOSED);
    story_send(s, MS(40), c, v, TCP_RST, 1013, 0, 0);
    story_state(s, MS(50), v, TCP_ESTABLISHED, TCP_CLOSED);
    story_arrived(s, MS(3000), v, old_syn);
    story_state(s, MS(3000), v, TCP_LISTEN, TCP_ESTABLISHED);
    uint64_t ghost = story_packet(s, v, c, TCP_SYN | TCP_ACK, 9000, 1001, 0);
    story_sent(s, MS(3000), v, ghost);
    story_link(s, MS(3000), ghost, FATE_FORWARDED, MS(3010), NULL);
    story_app(s, MS(3000), v, APP_ACCEPTED);
    story_arrived(s, MS(3005), v, old_push);
    delivered.time = MS(3005);
    story_tell(s, delivered);
    story_arrived(s, MS(3010), c, ghost);
    story_send(s, MS(3010), c, v, TCP_RST, 1001, 0, 0);
    story_state(s, MS(3020), v, TCP_ESTABLISHED, TCP_CLOSED);
    story_verdict(s, false, "the transfer runs exactly once", "transfers = 2");
    story_verdict(s, false, "no ghost connection was ever accepted", "accepted = 2");
    story_verdict(s, true, "nothing else is wrong", NULL);
}

#endif
