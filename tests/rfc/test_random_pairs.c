/* Two tcbs back to back, joined by a pipe that loses, doubles and reorders: thousands of lives of a
 * connection, each from its own seed. What must hold in all of them:
 *
 *   what an application reads is a prefix of what the other wrote, byte for byte, by offset;
 *   where nobody gave up, all of it arrives and both ends finish;
 *   what is unacknowledged or waits has an armed timer, and the right edge does not retreat;
 *   a life ends after a bounded number of segments, and leaves no timer behind.
 *
 * A failure prints its seed; `SEED=n` in the environment runs that one alone and prints every
 * segment. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/base/common.h"
#include "sim/base/seq.h"
#include "sim/tcp/request.h"
#include "sim/tcp/tcp.h"

enum {
    SEEDS = 20000,
    SPANS = 512,
    PIPE_SEGMENTS = 512,
    STEPS_MAX = 60000,
    STORM_SEGMENTS = 400, /* segments without progress at one instant of the test's clock */
};

/* ---- chance --------------------------------------------------------------------------------- */

struct chance {
    uint64_t state;
};

static uint32_t draw(struct chance *c, uint32_t range)
{
    c->state = c->state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)(c->state >> 33) % range;
}

static bool happens(struct chance *c, uint32_t percent)
{
    return draw(c, 100) < percent;
}

/* ---- one end -------------------------------------------------------------------------------- */

struct end {
    const char *name;
    struct tcp_params params;
    struct tcb tcb;
    struct tcp_span queue[SPANS], reassembly[SPANS];
    bool open;       /* the tcb is in use */
    bool listening;  /* a SYN may make it */
    bool keep_small; /* pack half-open records between events */
    bool gave_up;    /* it aborted, was reset, or timed out */
    bool done_writing, reads_slowly;
    uint32_t iss;
    uint64_t to_write, read;
    uint32_t edge;
    bool edge_known;
};

struct flying {
    sim_time_t arrives_at;
    uint64_t ticket;
    int to;
    struct segment segment;
};

struct life {
    struct chance chance;
    struct end ends[2];
    struct flying pipe[PIPE_SEGMENTS];
    uint32_t flying;
    uint64_t tickets;
    sim_time_t now;
    uint32_t loss, doubling, jitter_ms, delay_ms;
    bool aborts;
    bool loud;
    uint64_t segments, segments_at_progress, progress;
};

static void fail_life(const struct life *l, const char *what)
{
    for (int i = 0; i < 2; i++) {
        const struct end *e = &l->ends[i];
        print_error("%s: %s una %u nxt %u max %u wnd %u rcv.nxt %u edge %u written %" PRIu64
                    " acked %" PRIu64 " read %" PRIu64 " of %" PRIu64 " error %s\n",
                    e->name, tcp_state_name(e->tcb.state), e->tcb.snd.una, e->tcb.snd.nxt,
                    e->tcb.snd.max, e->tcb.snd.wnd, e->tcb.rcv.nxt, e->tcb.rcv.edge,
                    e->tcb.snd.written, e->tcb.snd.acked, e->read, l->ends[1 - i].to_write,
                    sim_status_name(e->tcb.error));
    }
    fail_msg("%s", what);
}

#define HOLDS(l, condition) ((condition) ? (void)0 : fail_life(l, #condition))

static void tell(const struct life *l, const char *verb, int from, const struct segment *s)
{
    if (l->loud) {
        char flags[TCP_FLAGS_TEXT_MAX];
        tcp_flags_format_packetdrill(s->flags, flags);
        print_message("%.6f %s %s %s %u:%u(%u) ack %u win %u\n", (double)l->now / 1e9,
                      l->ends[from].name, verb, flags, s->seq, s->seq + s->payload.length,
                      s->payload.length, s->ack, s->window);
    }
}

/* ---- the pipe ------------------------------------------------------------------------------- */

static void put(struct life *l, int from, const struct segment *s)
{
    sim_time_t delay = (sim_time_t)(l->delay_ms + draw(&l->chance, l->jitter_ms + 1));
    if (l->flying < PIPE_SEGMENTS) {
        l->pipe[l->flying++] =
            (struct flying){ l->now + delay * SIM_MILLISECOND, l->tickets++, 1 - from, *s };
    }
}

static void transmit(struct life *l, int from, const struct segment *s)
{
    l->segments++;
    if (happens(&l->chance, l->loss)) {
        tell(l, "loses", from, s);
        return;
    }
    tell(l, ">", from, s);
    put(l, from, s);
    if (happens(&l->chance, l->doubling)) {
        put(l, from, s);
    }
}

static uint32_t earliest(const struct life *l)
{
    uint32_t first = 0;
    for (uint32_t i = 1; i < l->flying; i++) {
        const struct flying *a = &l->pipe[i], *b = &l->pipe[first];
        if (a->arrives_at < b->arrives_at ||
            (a->arrives_at == b->arrives_at && a->ticket < b->ticket)) {
            first = i;
        }
    }
    return first;
}

/* ---- applying ------------------------------------------------------------------------------- */

static void check_segment(struct life *l, int from, const struct segment *s)
{
    struct end *e = &l->ends[from];
    if (s->payload.length > 0) {
        HOLDS(l, s->payload.stream == (uint32_t)from + 1);
        HOLDS(l, s->payload.offset + s->payload.length <= e->tcb.snd.written);
        HOLDS(l, (uint32_t)s->payload.offset == s->seq - e->iss - 1);
    }
    if ((s->flags & TCP_ACK) != 0 && (s->flags & TCP_RST) == 0 && e->open) {
        uint32_t edge = s->ack + s->window;
        HOLDS(l, !e->edge_known || seq_geq(edge, e->edge));
        e->edge = edge;
        e->edge_known = true;
    }
}

static void check_end(struct life *l, const struct end *e)
{
    const struct tcb *t = &e->tcb;
    if (!e->open || t->state <= TCP_LISTEN) {
        return;
    }
    tcb_check(t);
    bool in_flight = t->snd.una != t->snd.max;
    bool waiting = tcb_is_synchronized(t) && t->snd.acked != t->snd.written;
    bool watched = tcb_is_armed(t, TCP_TIMER_REXMT) || tcb_is_armed(t, TCP_TIMER_PERSIST);
    HOLDS(l, watched || !(in_flight || waiting));
    HOLDS(l, t->snd.acked + (uint64_t)tcb_in_flight(t) <= t->snd.written + 2);
    HOLDS(l, t->cc.cwnd > 0 || !tcb_is_synchronized(t));
}

/* Read what there is, or at a slow reader's whim some of it. */
static void application_reads(struct life *l, int which, struct tcp_out *out)
{
    struct end *e = &l->ends[which];
    struct tcp_spans *queue = &e->tcb.rcv.queue;
    uint32_t limit = e->tcb.rcv.unread;
    if (e->reads_slowly && limit > 0) {
        limit = draw(&l->chance, limit + 1);
    }
    uint32_t taken = 0;
    while (taken < limit) {
        struct tcp_span *span = &queue->spans[queue->first];
        uint32_t part = min_u32(span->payload.length, limit - taken);
        HOLDS(l, span->payload.stream == (uint32_t)(1 - which) + 1);
        HOLDS(l, span->payload.offset == e->read);
        e->read += part;
        taken += part;
        span->seq += part;
        span->payload.offset += part;
        span->payload.length -= part;
        if (span->payload.length == 0) {
            queue->first++;
            queue->count--;
        }
    }
    if (taken > 0) {
        l->progress++;
        tcp_user_received(&e->tcb, taken, l->now, out);
    }
}

static void finish(struct life *l, int which, struct tcp_out *out)
{
    struct end *e = &l->ends[which];
    for (;;) {
        for (uint32_t i = 0; i < out->segment_count; i++) {
            check_segment(l, which, &out->segments[i].segment);
            transmit(l, which, &out->segments[i].segment);
        }
        if (!out->more) {
            break;
        }
        tcp_out_init(out);
        tcp_output(&e->tcb, l->now, out);
    }
    l->progress += out->change_count;
    check_end(l, e);
    if (e->open && e->tcb.state == TCP_LISTEN) {
        e->open = false;
        e->listening = true;
        e->edge_known = false;
    }
    if (e->open && e->tcb.error != SIM_OK) {
        e->gave_up = true;
    }
}

static void give_spans(struct end *e)
{
    e->tcb.rcv.queue = (struct tcp_spans){ e->queue, 0, 0, SPANS };
    e->tcb.rcv.reassembly = (struct tcp_spans){ e->reassembly, 0, 0, SPANS };
}

static void pack_and_unpack(struct end *e, int which)
{
    struct tcp_request request;
    if (e->open && e->keep_small && e->tcb.state == TCP_SYN_RECEIVED && e->tcb.passive &&
        e->tcb.snd.written == 0) {
        tcp_request_pack(&request, &e->tcb);
        tcp_request_unpack(&request, &e->params, &e->tcb);
        e->tcb.snd.stream = (uint32_t)which + 1;
        give_spans(e);
    }
}

/* ---- events --------------------------------------------------------------------------------- */

static void open_actively(struct life *l, int which)
{
    struct end *e = &l->ends[which];
    struct tcp_out out;
    tcp_out_init(&out);
    tcb_init(&e->tcb, &e->params, 1000);
    give_spans(e);
    e->open = true;
    tcp_user_open(&e->tcb, e->iss, (uint32_t)which + 1, l->now, &out);
    finish(l, which, &out);
}

static void arrive(struct life *l, int which, const struct segment *s)
{
    struct end *e = &l->ends[which];
    struct tcp_out out;
    tcp_out_init(&out);
    tell(l, "<", which, s);
    if (e->open && e->tcb.state > TCP_LISTEN) {
        uint64_t received = e->tcb.rcv.received, acked = e->tcb.snd.acked;
        tcp_segment_arrives(&e->tcb, s, l->now, &out);
        l->progress += e->tcb.rcv.received != received || e->tcb.snd.acked != acked;
    } else if (e->listening && !e->open) {
        struct tcb child;
        tcp_listen_segment_arrives(&child, &e->params, 1000, s, e->iss, l->now, &out);
        if (tcp_listen_accepts(s)) {
            e->tcb = child;
            e->tcb.snd.stream = (uint32_t)which + 1;
            e->open = true;
            give_spans(e);
        }
    } else {
        tcp_closed_segment_arrives(&e->params, s, &out);
    }
    finish(l, which, &out);
    pack_and_unpack(e, which);
}

static void expire(struct life *l, int which)
{
    struct tcp_out out;
    tcp_out_init(&out);
    tcp_timeout(&l->ends[which].tcb, l->now, &out);
    finish(l, which, &out);
    pack_and_unpack(&l->ends[which], which);
}

/* The application looks at its connection: writes some, reads, closes when all is written. */
static void work(struct life *l, int which)
{
    struct end *e = &l->ends[which];
    struct tcp_out out;
    if (!e->open || e->tcb.state < TCP_SYN_SENT) {
        return;
    }
    bool half_open = e->tcb.passive && e->tcb.state == TCP_SYN_RECEIVED;
    if (l->aborts && happens(&l->chance, 1) && !half_open) {
        tcp_out_init(&out);
        tcp_user_abort(&e->tcb, l->now, &out);
        e->gave_up = true;
        finish(l, which, &out);
        return;
    }
    tcp_out_init(&out);
    application_reads(l, which, &out);
    finish(l, which, &out);
    uint64_t left = e->to_write - e->tcb.snd.written;
    uint64_t room = tcp_send_room(&e->tcb);
    tcp_out_init(&out);
    if (half_open || e->done_writing) {
        return;
    }
    if (left > 0 && room > 0) {
        uint64_t most = min_u64(left, room);
        uint64_t length = 1 + draw(&l->chance, (uint32_t)most);
        (void)tcp_user_send(&e->tcb, length, l->now, &out);
        l->progress++;
    } else if (left == 0 && e->tcb.state != TCP_SYN_SENT) {
        e->done_writing = tcp_user_close(&e->tcb, l->now, &out) == SIM_OK;
        l->progress++;
    }
    finish(l, which, &out);
}

/* ---- a life --------------------------------------------------------------------------------- */

static const uint32_t isns[] = { 0,          1000,       0x7ffffff0, 0x7fffffff,
                                 0x80000000, 0xfffffff0, 0xfffffffe, 0xffffffff };

static void birth(struct life *l, uint64_t seed)
{
    static const uint32_t buffers[] = { 100, 999, 1000, 3000, 20000, 65535 };
    memset(l, 0, sizeof *l);
    l->chance.state = seed * UINT64_C(0x9e3779b97f4a7c15) + 1;
    l->now = SIM_SECOND;
    (void)draw(&l->chance, 2);
    for (int i = 0; i < 2; i++) {
        struct end *e = &l->ends[i];
        e->name = i == 0 ? "A" : "B";
        e->params = tcp_params_default();
        e->params.receive_buffer_bytes = buffers[draw(&l->chance, COUNT_OF(buffers))];
        e->params.send_buffer_bytes = 1 + draw(&l->chance, happens(&l->chance, 20) ? 100 : 30000);
        e->params.nagle = happens(&l->chance, 60);
        e->params.delayed_ack = happens(&l->chance, 80) ? 40 * SIM_MILLISECOND : 0;
        e->params.handshake = happens(&l->chance, 15) ? TCP_FOUR_WAY : TCP_THREE_WAY;
        e->iss = isns[draw(&l->chance, COUNT_OF(isns))] - draw(&l->chance, 3000);
        uint32_t most = min_u32(30000, 40 * e->params.send_buffer_bytes); /* lives must end */
        e->to_write = happens(&l->chance, 20) ? 0 : draw(&l->chance, most);
        e->reads_slowly = happens(&l->chance, 30);
        e->keep_small = happens(&l->chance, 50);
    }
    l->loss = happens(&l->chance, 30) ? 0 : draw(&l->chance, 30);
    l->doubling = happens(&l->chance, 40) ? 0 : draw(&l->chance, 30);
    l->delay_ms = draw(&l->chance, 60);
    l->jitter_ms = happens(&l->chance, 40) ? 0 : draw(&l->chance, 200);
    l->aborts = happens(&l->chance, 10);
}

static void begin(struct life *l)
{
    open_actively(l, 0);
    if (happens(&l->chance, 25)) {
        open_actively(l, 1);
    } else {
        l->ends[1].listening = true;
    }
}

static bool is_idle(const struct end *e)
{
    enum tcp_timer timer;
    return !e->open || tcb_next_deadline(&e->tcb, &timer) == SIM_NEVER;
}

static sim_time_t next_deadline(const struct end *e)
{
    enum tcp_timer timer;
    return e->open ? tcb_next_deadline(&e->tcb, &timer) : SIM_NEVER;
}

/* The earliest of: an arrival, a timer, the applications' next look (every 7 ms or so, later and
 * later while nothing else happens). Returns false when nothing is left to happen. */
static bool step(struct life *l, sim_time_t *next_look, sim_time_t *pause)
{
    sim_time_t arrival = l->flying > 0 ? l->pipe[earliest(l)].arrives_at : SIM_NEVER;
    sim_time_t timer[2] = { next_deadline(&l->ends[0]), next_deadline(&l->ends[1]) };
    sim_time_t first = min_i64(min_i64(arrival, *next_look), min_i64(timer[0], timer[1]));
    bool over = (!l->ends[0].open || l->ends[0].tcb.state == TCP_CLOSED) &&
                (!l->ends[1].open || l->ends[1].tcb.state == TCP_CLOSED);
    if (over && l->flying == 0) {
        return false;
    }
    l->now = max_i64(l->now, first);
    if (first == arrival) {
        uint32_t i = earliest(l);
        struct flying f = l->pipe[i];
        l->pipe[i] = l->pipe[--l->flying];
        arrive(l, f.to, &f.segment);
        *pause = 7 * SIM_MILLISECOND;
    } else if (first == timer[0] || first == timer[1]) {
        expire(l, first == timer[0] ? 0 : 1);
    } else {
        uint64_t before = l->progress;
        work(l, 0);
        work(l, 1);
        *pause = l->progress != before ? 7 * SIM_MILLISECOND : min_i64(2 * *pause, SIM_MINUTE);
        *next_look = l->now + *pause;
        return true;
    }
    *next_look = min_i64(*next_look, l->now + *pause);
    return true;
}

static void check_storm(struct life *l, uint64_t *progress_seen, sim_time_t *since)
{
    if (l->progress != *progress_seen) {
        *progress_seen = l->progress;
        l->segments_at_progress = l->segments;
        *since = l->now;
    }
    HOLDS(l, l->segments - l->segments_at_progress < STORM_SEGMENTS);
}

static void live(struct life *l)
{
    sim_time_t next_look = l->now, pause = 7 * SIM_MILLISECOND, since = l->now;
    uint64_t progress_seen = 0;
    uint32_t steps = 0;
    begin(l);
    while (step(l, &next_look, &pause)) {
        check_storm(l, &progress_seen, &since);
        /* Half-open for ever is an end, too, as is waiting for a peer that has gone without a word;
         * both have no timer. */
        bool nothing_left = l->flying == 0 && is_idle(&l->ends[0]) && is_idle(&l->ends[1]) &&
                            l->now - since > 5 * SIM_MINUTE;
        if (nothing_left) {
            break;
        }
        HOLDS(l, ++steps < STEPS_MAX);
    }
}

/* Everything that was written was read, unless somebody gave up. */
static void check_death(struct life *l)
{
    bool gave_up = l->ends[0].gave_up || l->ends[1].gave_up;
    for (int i = 0; i < 2; i++) {
        struct end *reader = &l->ends[i], *writer = &l->ends[1 - i];
        HOLDS(l, reader->read <= writer->tcb.snd.written);
        if (!gave_up) {
            struct tcp_out out;
            tcp_out_init(&out);
            reader->reads_slowly = false;
            if (reader->tcb.rcv.unread > 0) {
                application_reads(l, i, &out);
            }
            HOLDS(l, reader->open);
            HOLDS(l, reader->tcb.state == TCP_CLOSED);
            HOLDS(l, reader->read == writer->to_write);
            HOLDS(l, reader->tcb.rcv.fin);
            HOLDS(l, is_idle(reader));
        }
    }
}

static struct {
    uint64_t lives, gave_up, segments;
} census;

static void run_seed(uint64_t seed, bool loud)
{
    static struct life life;
    birth(&life, seed);
    life.loud = loud;
    live(&life);
    check_death(&life);
    census.lives++;
    census.gave_up += life.ends[0].gave_up || life.ends[1].gave_up;
    census.segments += life.segments;
}

static uint64_t running;

static void test_every_life_delivers_in_order_and_ends(void **state)
{
    (void)state;
    const char *one = getenv("SEED");
    if (one != NULL) {
        run_seed(strtoull(one, NULL, 10), true);
        return;
    }
    for (running = 1; running <= SEEDS; running++) {
        run_seed(running, false);
    }
}

static int tell_seed(void **state)
{
    (void)state;
    if (running > 0 && running <= SEEDS) {
        print_error("at SEED=%" PRIu64 "\n", running);
    }
    return 0;
}

/* A run in which everybody gives up would show nothing. */
static void test_most_lives_end_well(void **state)
{
    (void)state;
    if (getenv("SEED") == NULL) {
        assert_int_equal(census.lives, SEEDS);
        assert_true(census.gave_up * 4 < census.lives);
        assert_true(census.segments > 20 * census.lives);
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(test_every_life_delivers_in_order_and_ends, tell_seed),
        cmocka_unit_test(test_most_lives_end_well),
    };
    return cmocka_run_group_tests_name("rfc/random_pairs", tests, NULL, NULL);
}
