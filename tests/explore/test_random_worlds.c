/* Random worlds: whatever the network and the applications do, some things must hold.
 *
 * Parameters come from a generator of this file's own, so that a world is known by its number:
 * RANDOM_WORLD=<number> runs one alone, RANDOM_FIRST=<number> RANDOM_WORLDS=<number> a range.
 *
 *   - a reader gets a prefix of what the writer of its own incarnation wrote, byte for byte;
 *   - links lose no packet unaccounted for;
 *   - queues are no longer than their limits, and their high-water marks no lower than what is seen;
 *   - data that waits for an acknowledgment has a timer;
 *   - once faults stop, everything settles, and nothing is left but listeners;
 *   - where nobody aborts or crashes, every byte arrives, and both ends end well. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>

#include "tests/support/world_fixture.h"

enum {
    PORT = 80,
    PEERS_MAX = 8,
    FAULTS_END_S = 20,
#ifdef __SANITIZE_ADDRESS__
    WORLDS = 1200,
#else
    WORLDS = 3000,
#endif
    EVENTS_MAX = 400000,
};

/* ---- chance --------------------------------------------------------------------------------- */

struct dice {
    uint64_t state;
};

static uint64_t roll(struct dice *dice, uint64_t count)
{
    dice->state = dice->state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (dice->state >> 33) % count;
}

static bool one_in(struct dice *dice, uint64_t count)
{
    return roll(dice, count) == 0;
}

static sim_time_t up_to_ms(struct dice *dice, uint64_t ms)
{
    return (sim_time_t)roll(dice, ms + 1) * SIM_MILLISECOND;
}

/* ---- a world -------------------------------------------------------------------------------- */

struct peer {
    struct app_plan plan;
    bool from_server; /* opens from the server's host to the client's */
    uint16_t local_port;
    struct app *app;
    struct play *play;
};

struct play {
    struct dice dice;
    struct world_config config;
    struct world *w;
    struct app *listeners[2];
    struct peer peers[PEERS_MAX];
    uint32_t peer_count;
    uint32_t backlog;
    bool gentle; /* nobody aborts, crashes or fails to read */
    bool reuses; /* connections follow each other on the same ports */
};

static struct link_params random_link(struct dice *d)
{
    struct link_params p = { .delay = up_to_ms(d, one_in(d, 4) ? 0 : 60) };
    if (one_in(d, 2)) {
        p.loss_ppm = (uint32_t)roll(d, 200000);
    }
    if (one_in(d, 4)) {
        p.burst.to_bad_ppm = (uint32_t)roll(d, 50000);
        p.burst.to_good_ppm = 100000 + (uint32_t)roll(d, 500000);
        p.burst.bad_loss_ppm = 900000;
    }
    if (one_in(d, 3)) {
        p.jitter = up_to_ms(d, 50);
        p.jitter_keeps_order = one_in(d, 3);
    }
    if (one_in(d, 3)) {
        p.duplicate_ppm = (uint32_t)roll(d, 200000);
        p.duplicate_delay = up_to_ms(d, 100);
    }
    if (one_in(d, 3)) {
        p.reorder_ppm = (uint32_t)roll(d, 200000);
        p.reorder_delay = up_to_ms(d, 60);
    }
    p.corrupt_ppm = one_in(d, 4) ? (uint32_t)roll(d, 100000) : 0;
    p.rate_bps = one_in(d, 3) ? 300000 + roll(d, 20000000) : 0;
    p.queue_packets = one_in(d, 4) ? 3 + (uint32_t)roll(d, 30) : 0;
    p.queue_bytes = one_in(d, 6) ? 5000 + roll(d, 50000) : 0;
    p.loss_every = one_in(d, 10) ? 3 + (uint32_t)roll(d, 20) : 0;
    return p;
}

static struct tcp_params random_tcp(struct play *play)
{
    struct dice *d = &play->dice;
    struct tcp_params p = tcp_params_default();
    p.msl = (1 + (sim_time_t)roll(d, 30)) * SIM_SECOND;
    p.delayed_ack = one_in(d, 3) ? 0 : p.delayed_ack;
    p.nagle = !one_in(d, 3);
    p.mss = one_in(d, 4) ? (uint16_t)(64 + roll(d, 1300)) : 0;
    p.receive_buffer_bytes = one_in(d, 3) ? 500 + (uint32_t)roll(d, 8000) : 65535;
    p.send_buffer_bytes = one_in(d, 3) ? 500 + (uint32_t)roll(d, 8000) : 262144;
    p.initial_window_segments = 1 + (uint32_t)roll(d, 10);
    p.abort_on_overflow = !play->gentle && one_in(d, 4);
    p.fin_wait_2_timeout = play->gentle ? 0 : SIM_MINUTE;
    p.rto_min = one_in(d, 4) ? 200 * SIM_MILLISECOND : p.rto_min;
    return p;
}

static struct app_plan random_plan(struct play *play)
{
    struct dice *d = &play->dice;
    struct app_plan plan = { .close_at_eof = true, .end = END_SHUTDOWN };
    plan.bytes = one_in(d, 4) ? 0 : roll(d, 30000);
    plan.write_size = 50 + (size_t)roll(d, 4000);
    if (one_in(d, 5)) {
        plan.read_size = 100 + (size_t)roll(d, 3000);
        plan.read_every = 1 + up_to_ms(d, 300);
    }
    if (!play->gentle) {
        static const enum app_end ends[] = { END_SHUTDOWN, END_CLOSE, END_ABORT, END_STAY };
        plan.end = ends[roll(d, 4)];
        plan.deaf = one_in(d, 12);
        plan.close_at_eof = !one_in(d, 5);
    }
    return plan;
}

static void build(struct play *play, uint64_t number)
{
    struct dice *d = &play->dice;
    *play = (struct play){ .dice = { number * UINT64_C(0x9e3779b97f4a7c15) + 1 } };
    (void)roll(d, 2);
    play->gentle = one_in(d, 2);
    play->reuses = one_in(d, 5);
    struct world_config *config = &play->config;
    *config = world_defaults();
    config->sim.seed = number;
    config->sim.wire = one_in(d, 8);
    config->ipv6 = one_in(d, 3);
    config->unobserved = !one_in(d, 16) && getenv("RANDOM_WORLD") == NULL;
    config->path = (enum world_path)roll(d, 3);
    config->forward = random_link(d);
    config->backward = random_link(d);
    config->client.tcp = random_tcp(play);
    config->server.tcp = random_tcp(play);
    config->client.iss_count = one_in(d, 4);
    config->client.iss[0] = (uint32_t)roll(d, UINT32_MAX) + (one_in(d, 2) ? UINT32_MAX / 2 : 0);
    config->server.iss_count = 0;
    if (one_in(d, 10)) {
        config->client.tcp.handshake = config->server.tcp.handshake = TCP_FOUR_WAY;
    }
    play->peer_count = 1 + (uint32_t)roll(d, PEERS_MAX);
    play->backlog = one_in(d, 4) ? 1 + (uint32_t)roll(d, 3) : 128;
}

/* ---- what goes on --------------------------------------------------------------------------- */

static void open_peer(struct sim *sim, void *context, uint64_t argument)
{
    struct peer *peer = context;
    struct world *w = peer->play->w;
    (void)argument;
    host_id from = peer->from_server ? w->server : w->client;
    host_id to = peer->from_server ? w->client : w->server;
    const struct connect_config config = { .destination = world_address(w, to),
                                           .port = PORT,
                                           .local_port = peer->local_port };
    conn_id conn;
    if (sock_connect(sim, from, &config, &conn) == SIM_OK) {
        peer->app = world_adopt(w, from, conn, &peer->plan);
    }
}

static void crash_host(struct sim *sim, void *context, uint64_t argument)
{
    (void)context;
    host_crash(sim, (host_id)argument);
}

static void switch_link(struct sim *sim, void *context, uint64_t argument)
{
    const struct play *play = context;
    link_set_up(sim, play->w->link, argument != 0);
}

static void abort_peer(struct sim *sim, void *context, uint64_t argument)
{
    struct peer *peer = context;
    (void)argument;
    if (peer->app != NULL && peer->app->conn != 0) {
        (void)sock_abort(sim, peer->app->conn);
        peer->app->conn = 0;
    }
}

/* From here on the network is perfect, but for its delay. */
static void end_faults(struct sim *sim, void *context, uint64_t argument)
{
    const struct play *play = context;
    (void)argument;
    link_set_up(sim, play->w->link, true);
    for (uint8_t direction = 0; direction < 2; direction++) {
        const struct link_params *now = link_get_params(sim, play->w->link, direction);
        const struct link_params clean = { .delay = now->delay, .mtu = now->mtu };
        assert_int_equal(link_set_params(sim, play->w->link, direction, &clean), SIM_OK);
    }
}

/* ---- what must hold at any time ------------------------------------------------------------- */

struct survey {
    const struct play *play;
    uint64_t half_open, time_waits, waiting;
};

static bool is_before(uint32_t a, uint32_t b)
{
    return (int32_t)(a - b) < 0;
}

static void look_at(void *context, conn_id conn, const struct tcp_status *s)
{
    struct survey *survey = context;
    if (s->state == TCP_LISTEN) {
        survey->waiting += s->receive_queue_bytes;
        assert_true(s->receive_queue_bytes <= survey->play->backlog);
        return;
    }
    survey->half_open += s->state == TCP_SYN_RECEIVED && conn == 0;
    survey->time_waits += s->state == TCP_TIME_WAIT;
    assert_true(conn != 0 || s->state == TCP_SYN_RECEIVED);
    assert_false(is_before(s->snd_nxt, s->snd_una));
    if (s->state >= TCP_ESTABLISHED && s->send_queue_bytes > 0) {
        assert_true(s->timer != NULL && s->timer_expires >= sim_now(survey->play->w->sim));
    }
    /* In a four-message open the ACK of our SYN comes alone, and then it is the peer's turn. */
    bool acked_alone = s->state == TCP_SYN_SENT && s->snd_una != s->iss;
    if (s->state == TCP_SYN_SENT || s->state == TCP_SYN_RECEIVED || s->state == TCP_TIME_WAIT) {
        assert_true(s->timer != NULL || acked_alone);
    }
}

static void expect_conservation(const struct play *play, bool at_rest)
{
    for (link_id link = 1; link <= link_count(play->w->sim); link++) {
        for (uint8_t direction = 0; direction < 2; direction++) {
            struct link_stats s = link_get_stats(play->w->sim, link, direction);
            assert_int_equal(s.entered + s.copied, s.delivered + s.dropped + s.in_flight + s.held);
            assert_true(!at_rest || s.in_flight == 0);
        }
    }
}

static void expect_sound(const struct play *play)
{
    const struct world *w = play->w;
    for (host_id host = w->client; host <= w->server; host++) {
        const struct host_stats *stats = host_get_stats(w->sim, host);
        struct survey survey = { .play = play };
        host_each_socket(w->sim, host, look_at, &survey);
        assert_true(survey.half_open <= play->backlog);
        assert_true(survey.half_open <= stats->syn_queue_max);
        assert_true(survey.waiting <= stats->accept_queue_max);
        assert_true(survey.time_waits <= stats->time_wait_max);
        assert_true(stats->accepted + survey.waiting <= stats->passive_opens);
        assert_true(stats->established <= stats->passive_opens + stats->active_opens);
    }
    expect_conservation(play, false);
}

static void inspect(struct sim *sim, void *context, uint64_t argument)
{
    struct play *play = context;
    expect_sound(play);
    if (argument > 0) {
        sim_call_at(sim, sim_now(sim) + 1 + up_to_ms(&play->dice, 900), inspect, play,
                    argument - 1);
    }
}

/* ---- a play --------------------------------------------------------------------------------- */

static struct app *serve(struct play *play, host_id host)
{
    const struct app_plan plan = random_plan(play);
    struct app *app = world_serve(play->w, host, PORT, &plan);
    if (play->backlog != 128) {
        const struct listen_config config = { .port = PORT, .backlog = play->backlog };
        sock_ready_fn *accept_all = app->ready;
        assert_int_equal(sock_close(play->w->sim, app->conn), SIM_OK);
        assert_int_equal(sock_listen(play->w->sim, host, &config, &app->conn), SIM_OK);
        assert_int_equal(sock_set_ready(play->w->sim, app->conn, accept_all, app), SIM_OK);
    }
    return app;
}

static void schedule(struct play *play)
{
    struct dice *d = &play->dice;
    struct sim *sim = play->w->sim;
    play->listeners[0] = serve(play, play->w->server);
    play->listeners[1] = serve(play, play->w->client);
    for (uint32_t i = 0; i < play->peer_count; i++) {
        struct peer *peer = &play->peers[i];
        *peer = (struct peer){ .plan = random_plan(play), .play = play };
        peer->from_server = one_in(d, 4);
        peer->local_port = play->reuses ? (uint16_t)(1000 + roll(d, 2)) : 0;
        sim_call_at(sim, up_to_ms(d, 8000), open_peer, peer, 0);
        if (!play->gentle && one_in(d, 4)) {
            sim_call_at(sim, up_to_ms(d, 12000), abort_peer, peer, 0);
        }
    }
    if (!play->gentle && one_in(d, 3)) {
        host_id victim = one_in(d, 2) ? play->w->client : play->w->server;
        sim_call_at(sim, up_to_ms(d, 9000), crash_host, play, victim);
    }
    if (one_in(d, 4)) {
        sim_time_t down = up_to_ms(d, 9000);
        sim_call_at(sim, down, switch_link, play, 0);
        sim_call_at(sim, down + up_to_ms(d, 5000), switch_link, play, 1);
    }
    sim_call_at(sim, FAULTS_END_S * SIM_SECOND, end_faults, play, 0);
    sim_call_at(sim, up_to_ms(d, 1000), inspect, play, 30);
}

static void run_out(struct play *play, sim_time_t until)
{
    const struct sim_limits limits = { .until = until, .max_events = EVENTS_MAX };
    assert_int_equal(sim_run(play->w->sim, &limits), SIM_OK);
    expect_sound(play);
    expect_conservation(play, until == 0);
}

/* Who waits for a peer that will never speak again goes home. */
static void go_home(struct play *play)
{
    for (size_t i = 0; i < play->w->app_count; i++) {
        struct app *app = play->w->apps[i];
        if (app != play->listeners[0] && app != play->listeners[1] && app->conn != 0) {
            (void)sock_abort(play->w->sim, app->conn);
            app->conn = 0;
        }
    }
}

static void expect_only_listeners(const struct play *play)
{
    const struct world *w = play->w;
    for (host_id host = w->client; host <= w->server; host++) {
        assert_int_equal(world_count_all_sockets(w, host),
                         world_count_sockets(w, host, TCP_LISTEN));
        assert_true(world_count_all_sockets(w, host) <= 1);
    }
}

/* An abort forgets without TIME-WAIT, and so does a RST that an old duplicate provokes (RFC 1337):
 * on the same ports, what is still on its way may then reach the next incarnation. */
static bool old_bytes_may_come(const struct play *play)
{
    bool copies = play->config.forward.duplicate_ppm > 0 || play->config.backward.duplicate_ppm > 0;
    return play->reuses && (!play->gentle || copies);
}

static void expect_prefixes(const struct play *play)
{
    const struct world *w = play->w;
    if (old_bytes_may_come(play)) {
        return;
    }
    for (size_t i = 0; i < w->app_count; i++) {
        assert_int_equal(w->apps[i]->wrong_bytes, 0);
    }
    assert_int_equal(host_get_stats(w->sim, w->client)->foreign_bytes_delivered, 0);
    assert_int_equal(host_get_stats(w->sim, w->server)->foreign_bytes_delivered, 0);
}

/* In a gentle world nothing that was written is missing. */
static void expect_complete(const struct play *play)
{
    const struct world *w = play->w;
    uint64_t written[2] = { 0 }, read[2] = { 0 };
    for (size_t i = 0; i < w->app_count; i++) {
        const struct app *app = w->apps[i];
        if (app == play->listeners[0] || app == play->listeners[1]) {
            continue;
        }
        assert_int_equal(app->error, SIM_OK);
        assert_true(app->eof);
        assert_true(app->connected);
        assert_int_equal(app->written, app->plan.bytes);
        written[app->host == w->server] += app->written;
        read[app->host == w->server] += app->read;
    }
    assert_int_equal(written[0], read[1]);
    assert_int_equal(written[1], read[0]);
}

struct ending {
    uint64_t events, digest;
    sim_time_t time;
};

static struct ending play_world(uint64_t number)
{
    struct play play;
    build(&play, number);
    play.w = world_create(&play.config);
    schedule(&play);
    run_out(&play, play.gentle ? 0 : 600 * SIM_SECOND); /* a deaf reader is probed for ever */
    if (play.gentle && !play.reuses) {
        expect_complete(&play);
    }
    go_home(&play);
    run_out(&play, 0);
    expect_only_listeners(&play);
    expect_prefixes(&play);
    struct ending ending = { sim_event_count(play.w->sim), play.w->digest, sim_now(play.w->sim) };
    world_destroy(play.w);
    return ending;
}

static uint64_t from_environment(const char *name, uint64_t otherwise)
{
    const char *text = getenv(name);
    return text == NULL ? otherwise : strtoull(text, NULL, 10);
}

static uint64_t current; /* for whoever reads a core or a log: the world that is being played */

static int say_which(void **state)
{
    (void)state;
    print_message("last world: RANDOM_WORLD=%llu\n", (unsigned long long)current);
    return 0;
}

static void test_random_worlds_keep_their_promises_and_come_to_rest(void **state)
{
    (void)state;
    uint64_t only = from_environment("RANDOM_WORLD", 0);
    uint64_t last = only != 0 ? only : from_environment("RANDOM_WORLDS", WORLDS);
    uint64_t first = only != 0 ? only : from_environment("RANDOM_FIRST", 1);
    for (current = first; current <= last; current++) {
        struct ending ending = play_world(current);
        if (current % 16 == 0) {
            struct ending again = play_world(current);
            assert_int_equal(ending.events, again.events);
            assert_int_equal(ending.time, again.time);
            assert_true(ending.digest == again.digest);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(test_random_worlds_keep_their_promises_and_come_to_rest,
                                  say_which),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
