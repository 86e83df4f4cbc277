#include "tests/support/world_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- observing ------------------------------------------------------------------------------ */

uint64_t world_fold(uint64_t digest, uint64_t value)
{
    digest = (digest ^ value) * UINT64_C(0x9e3779b97f4a7c15);
    return digest ^ digest >> 29;
}

static struct seen *add_fact(struct world *w)
{
    if (w->fact_count == w->fact_capacity) {
        w->fact_capacity = w->fact_capacity == 0 ? 256 : 2 * w->fact_capacity;
        w->facts = realloc(w->facts, w->fact_capacity * sizeof *w->facts);
        assert_non_null(w->facts);
    }
    struct seen *s = &w->facts[w->fact_count++];
    memset(s, 0, sizeof *s);
    return s;
}

static void see_packet(struct seen *s, const struct packet *p)
{
    s->packet = p->id;
    s->copy_of = p->copy_of;
    s->corrupted = p->corrupted;
    s->seq = p->tcp.seq;
    s->ack = p->tcp.ack;
    s->length = p->tcp.payload.length;
    s->flags = p->tcp.flags;
    s->window = p->tcp.window;
    s->source_port = p->tcp.source_port;
}

static uint64_t digest_seen(uint64_t d, const struct seen *s)
{
    d = world_fold(d, (uint64_t)s->kind << 32 | s->host);
    d = world_fold(d, (uint64_t)s->time);
    d = world_fold(d, s->conn);
    d = world_fold(d, s->packet);
    d = world_fold(d, s->copy_of);
    d = world_fold(d, (uint64_t)s->seq << 32 | s->ack);
    d = world_fold(d, (uint64_t)s->length << 32 | (uint64_t)s->flags << 16 | s->window);
    d = world_fold(d, (uint64_t)s->from << 48 | (uint64_t)s->to << 32 | s->source_port);
    d = world_fold(d, (uint64_t)s->fate << 48 | (uint64_t)s->app << 32 | (uint64_t)s->status);
    d = world_fold(d, s->bytes);
    for (uint8_t i = 0; i < s->rule_count; i++) {
        d = world_fold(d, s->rules[i]);
    }
    return d;
}

static void see(void *context, const struct sim *sim, const struct sim_fact *fact)
{
    (void)sim;
    struct world *w = context;
    struct seen *s = add_fact(w);
    s->kind = fact->kind;
    s->time = fact->time;
    s->host = fact->host;
    s->conn = fact->conn;
    s->from = fact->from;
    s->to = fact->to;
    s->fate = fact->fate;
    s->app = fact->app;
    s->status = fact->status;
    s->bytes = fact->bytes;
    for (uint8_t i = 0; i < fact->rule_count && i < 16; i++) {
        s->rules[s->rule_count++] = fact->rules[i];
    }
    if (fact->packet != NULL) {
        see_packet(s, fact->packet);
    }
    if (fact->kind == FACT_TIMEOUT) {
        snprintf(s->timer, sizeof s->timer, "%s", fact->text);
    }
    w->digest = digest_seen(w->digest, s);
    w->digest = world_fold(w->digest, (uint64_t)fact->arrives_at);
    w->digest = world_fold(w->digest, fact->payload.offset << 32 ^ fact->payload.length);
}

/* ---- building ------------------------------------------------------------------------------- */

struct world_config world_defaults(void)
{
    struct world_config config = {
        .client = { .name = "client", .tcp = tcp_params_default() },
        .server = { .name = "server", .tcp = tcp_params_default() },
        .forward = { .delay = ONE_WAY_MS * SIM_MILLISECOND },
        .backward = { .delay = ONE_WAY_MS * SIM_MILLISECOND },
    };
    config.client.iss[0] = CLIENT_ISS;
    config.client.iss_count = 1;
    config.server.iss[0] = SERVER_ISS;
    config.server.iss_count = 1;
    return config;
}

static host_id add_node(struct world *w, const char *name, enum node_kind kind)
{
    const struct host_config config = { .name = name, .kind = kind, .tcp = tcp_params_default() };
    host_id node;
    assert_int_equal(host_create(w->sim, &config, &node), SIM_OK);
    return node;
}

static link_id join(struct world *w, host_id a, host_id b, const struct world_config *config)
{
    link_id link;
    const struct link_params *forward = config == NULL ? NULL : &config->forward;
    const struct link_params *backward = config == NULL ? NULL : &config->backward;
    assert_int_equal(link_create(w->sim, a, b, forward, backward, &link), SIM_OK);
    return link;
}

static void lay_path(struct world *w, const struct world_config *config)
{
    host_id left = w->client, right = w->server;
    if (config->path == PATH_SWITCH) {
        right = add_node(w, "switch", NODE_SWITCH);
        join(w, right, w->server, NULL);
    } else if (config->path == PATH_ROUTERS) {
        left = add_node(w, "near", NODE_ROUTER);
        right = add_node(w, "far", NODE_ROUTER);
        join(w, w->client, left, NULL);
        join(w, right, w->server, NULL);
    }
    w->link = join(w, left, right, config);
}

struct world *world_create(const struct world_config *config)
{
    const struct world_config defaults = world_defaults();
    if (config == NULL) {
        config = &defaults;
    }
    struct world *w = calloc(1, sizeof *w);
    assert_non_null(w);
    w->sim = sim_create(&config->sim);
    assert_non_null(w->sim);
    w->ipv6 = config->ipv6;
    w->digest = 1;
    if (!config->unobserved) {
        assert_int_equal(sim_observe(w->sim, see, w), SIM_OK);
    }
    assert_int_equal(host_create(w->sim, &config->client, &w->client), SIM_OK);
    assert_int_equal(host_create(w->sim, &config->server, &w->server), SIM_OK);
    lay_path(w, config);
    return w;
}

void world_destroy(struct world *w)
{
    sim_destroy(w->sim);
    for (size_t i = 0; i < w->app_count; i++) {
        free(w->apps[i]);
    }
    free(w->apps);
    free(w->facts);
    free(w);
}

void world_run(struct world *w)
{
    const struct sim_limits limits = { .max_events = 1000000 };
    assert_int_equal(sim_run(w->sim, &limits), SIM_OK);
}

void world_run_until(struct world *w, sim_time_t until)
{
    const struct sim_limits limits = { .max_events = 1000000, .until = until };
    assert_int_equal(sim_run(w->sim, &limits), SIM_OK);
}

static void tick(struct sim *sim, void *context, uint64_t argument)
{
    (void)sim;
    (void)context;
    (void)argument;
}

/* The clock stops at the last event; a call at the end takes it all the way. */
void world_run_for(struct world *w, sim_time_t duration)
{
    sim_time_t until = sim_now(w->sim) + duration;
    assert_true(sim_call_at(w->sim, until, tick, NULL, 0) != 0);
    world_run_until(w, until);
}

struct ip_addr world_address(const struct world *w, host_id host)
{
    return *host_address(w->sim, host, w->ipv6 ? 1 : 0);
}

/* ---- bare sockets --------------------------------------------------------------------------- */

conn_id world_listen(struct world *w, host_id host, uint16_t port, uint32_t backlog)
{
    const struct listen_config config = { .port = port, .backlog = backlog };
    conn_id listener;
    assert_int_equal(sock_listen(w->sim, host, &config, &listener), SIM_OK);
    return listener;
}

conn_id world_connect(struct world *w, uint16_t port, uint16_t local_port)
{
    const struct connect_config config = { .destination = world_address(w, w->server),
                                           .port = port,
                                           .local_port = local_port };
    conn_id conn;
    assert_int_equal(sock_connect(w->sim, w->client, &config, &conn), SIM_OK);
    return conn;
}

conn_id world_accept(struct world *w, conn_id listener)
{
    conn_id conn = 0;
    assert_int_equal(sock_accept(w->sim, listener, &conn), SIM_OK);
    return conn;
}

struct pair world_pair(struct world *w, uint16_t port)
{
    struct pair pair = { .listener = world_listen(w, w->server, port, 0) };
    pair.client = world_connect(w, port, 0);
    world_run_for(w, 30 * SIM_MILLISECOND);
    pair.server = world_accept(w, pair.listener);
    world_expect_state(w, pair.client, TCP_ESTABLISHED);
    world_expect_state(w, pair.server, TCP_ESTABLISHED);
    return pair;
}

struct tcp_status world_status(const struct world *w, conn_id conn)
{
    struct tcp_status status;
    assert_int_equal(sock_status(w->sim, conn, &status), SIM_OK);
    return status;
}

void world_expect_state(const struct world *w, conn_id conn, enum tcp_state state)
{
    assert_string_equal(tcp_state_name(world_status(w, conn).state), tcp_state_name(state));
}

void world_send(struct world *w, conn_id conn, const char *text)
{
    size_t accepted;
    assert_int_equal(sock_send(w->sim, conn, text, strlen(text), &accepted), SIM_OK);
    assert_int_equal(accepted, strlen(text));
}

void world_expect_text(struct world *w, conn_id conn, const char *text)
{
    char buffer[4096];
    size_t received;
    assert_int_equal(sock_receive(w->sim, conn, buffer, sizeof buffer - 1, &received), SIM_OK);
    buffer[received] = '\0';
    assert_string_equal(buffer, text);
}

void world_expect_nothing(struct world *w, conn_id conn, enum sim_status why)
{
    char byte;
    size_t received = 99;
    enum sim_status status = sock_receive(w->sim, conn, &byte, 1, &received);
    assert_string_equal(sim_status_name(status), sim_status_name(why));
    assert_int_equal(received, 0);
}

struct census {
    enum tcp_state state;
    size_t in_state, all;
};

static void count_socket(void *context, conn_id conn, const struct tcp_status *status)
{
    (void)conn;
    struct census *census = context;
    census->all++;
    census->in_state += status->state == census->state;
}

size_t world_count_sockets(const struct world *w, host_id host, enum tcp_state state)
{
    struct census census = { .state = state };
    host_each_socket(w->sim, host, count_socket, &census);
    return census.in_state;
}

size_t world_count_all_sockets(const struct world *w, host_id host)
{
    struct census census = { .state = TCP_CLOSED };
    host_each_socket(w->sim, host, count_socket, &census);
    return census.all;
}

/* ---- rules about packets -------------------------------------------------------------------- */

static match_id add_rule(struct world *w, host_id from, uint16_t flags_set, uint16_t flags_clear,
                         uint32_t nth, const struct packet_action *action)
{
    struct packet_match match = packet_match_any();
    match.from = from;
    match.flags_set = flags_set;
    match.flags_clear = flags_clear;
    match.nth = nth;
    match_id rule;
    assert_int_equal(link_add_rule(w->sim, w->link, &match, action, NULL, &rule), SIM_OK);
    return rule;
}

match_id world_drop(struct world *w, host_id from, uint16_t flags_set, uint16_t flags_clear,
                    uint32_t nth)
{
    const struct packet_action drop = { .kind = ACTION_DROP };
    return add_rule(w, from, flags_set, flags_clear, nth, &drop);
}

match_id world_copy(struct world *w, host_id from, uint16_t flags_set, uint16_t flags_clear,
                    uint32_t nth, sim_time_t by)
{
    const struct packet_action copy = { .kind = ACTION_COPY, .by = by };
    return add_rule(w, from, flags_set, flags_clear, nth, &copy);
}

void world_inject(struct world *w, host_id from, struct ip_addr source, uint16_t source_port,
                  host_id to, uint16_t port, uint16_t flags, uint32_t seq, uint32_t ack)
{
    const struct packet packet = {
        .version = w->ipv6 ? 6 : 4,
        .protocol = IP_TCP,
        .hop_limit = 64,
        .source = source,
        .destination = world_address(w, to),
        .tcp = { .source_port = source_port,
                 .destination_port = port,
                 .seq = seq,
                 .ack = ack,
                 .flags = flags,
                 .window = 65535 },
    };
    assert_int_equal(host_inject(w->sim, from, &packet, NULL, 0), SIM_OK);
}

/* ---- what was seen -------------------------------------------------------------------------- */

static bool is_sent(const struct seen *s, host_id host, uint16_t flags_set, uint16_t flags_clear)
{
    return s->kind == FACT_SENT && s->host == host && (s->flags & flags_set) == flags_set &&
           (s->flags & flags_clear) == 0;
}

const struct seen *world_sent(const struct world *w, host_id host, uint16_t flags_set,
                              uint16_t flags_clear, size_t nth)
{
    for (size_t i = 0; i < w->fact_count; i++) {
        if (is_sent(&w->facts[i], host, flags_set, flags_clear) && nth-- == 0) {
            return &w->facts[i];
        }
    }
    return NULL;
}

size_t world_count_sent(const struct world *w, host_id host, uint16_t flags_set,
                        uint16_t flags_clear)
{
    size_t count = 0;
    for (size_t i = 0; i < w->fact_count; i++) {
        count += is_sent(&w->facts[i], host, flags_set, flags_clear);
    }
    return count;
}

const struct seen *world_entered(const struct world *w, host_id host, enum tcp_state state,
                                 size_t nth)
{
    for (size_t i = 0; i < w->fact_count; i++) {
        const struct seen *s = &w->facts[i];
        if (s->kind == FACT_STATE && s->host == host && s->to == state && nth-- == 0) {
            return s;
        }
    }
    return NULL;
}

size_t world_count_entered(const struct world *w, host_id host, enum tcp_state state)
{
    size_t count = 0;
    while (world_entered(w, host, state, count) != NULL) {
        count++;
    }
    return count;
}

size_t world_count_app(const struct world *w, host_id host, enum app_event event)
{
    size_t count = 0;
    for (size_t i = 0; i < w->fact_count; i++) {
        const struct seen *s = &w->facts[i];
        count += s->kind == FACT_APP && s->host == host && s->app == event;
    }
    return count;
}

size_t world_count_rule(const struct world *w, host_id host, const char *rule)
{
    rule_id wanted = rule_find(rule);
    assert_int_not_equal(wanted, 0);
    size_t count = 0;
    for (size_t i = 0; i < w->fact_count; i++) {
        const struct seen *s = &w->facts[i];
        bool hears = s->kind == FACT_ARRIVED || s->kind == FACT_TIMEOUT;
        for (uint8_t r = 0; r < s->rule_count && hears && s->host == host; r++) {
            count += s->rules[r] == wanted;
        }
    }
    return count;
}

/* ---- applications --------------------------------------------------------------------------- */

uint8_t app_pattern(uint32_t iss, uint64_t offset)
{
    uint64_t x = offset / 8 + (uint64_t)iss * UINT64_C(0x9e3779b97f4a7c15);
    x *= UINT64_C(0xbf58476d1ce4e5b9);
    x ^= x >> 31;
    return (uint8_t)(x >> (8 * (offset % 8)));
}

static struct app *add_app(struct world *w, host_id host, const struct app_plan *plan)
{
    if (w->app_count == w->app_capacity) {
        w->app_capacity = w->app_capacity == 0 ? 16 : 2 * w->app_capacity;
        w->apps = realloc(w->apps, w->app_capacity * sizeof(struct app *));
        assert_non_null(w->apps);
    }
    struct app *app = calloc(1, sizeof *app);
    assert_non_null(app);
    app->world = w;
    app->host = host;
    app->plan = *plan;
    w->apps[w->app_count++] = app;
    return app;
}

static void read_again(struct sim *sim, void *context, uint64_t argument)
{
    (void)sim;
    (void)argument;
    struct app *app = context;
    app->pausing = false;
    app_work(app);
}

static void check_bytes(struct app *app, const uint8_t *bytes, size_t count)
{
    uint32_t irs = world_status(app->world, app->conn).irs;
    for (size_t i = 0; i < count; i++) {
        app->wrong_bytes += bytes[i] != app_pattern(irs, app->read + i);
    }
    app->read += count;
}

/* Read what is there; a slow reader takes a little and comes back. */
static void app_read(struct app *app)
{
    static const size_t whole = 16384;
    uint8_t buffer[16384];
    struct sim *sim = app->world->sim;
    enum sim_status status = SIM_OK;
    while (status == SIM_OK && !app->pausing && !app->plan.deaf && !app->eof) {
        size_t want = app->plan.read_size != 0 ? app->plan.read_size : whole;
        size_t got;
        status = sock_receive(sim, app->conn, buffer, want, &got);
        if (status == SIM_OK) {
            check_bytes(app, buffer, got);
        } else if (status == SIM_EOF) {
            app->eof = true;
            app->eof_at = sim_now(sim);
        }
        if (app->plan.read_every != 0 && status == SIM_OK) {
            app->pausing = true;
            sim_call_at(sim, sim_now(sim) + app->plan.read_every, read_again, app, 0);
        }
    }
}

static uint64_t app_goal(const struct app *app)
{
    return app->plan.echo ? app->read : app->plan.bytes;
}

static void app_write(struct app *app)
{
    uint8_t buffer[16384];
    size_t size = app->plan.write_size != 0 ? app->plan.write_size : 1000;
    enum sim_status status = SIM_OK;
    while (status == SIM_OK && !app->ended && app->written < app_goal(app)) {
        uint64_t left = app_goal(app) - app->written;
        size_t want = left < size ? (size_t)left : size;
        for (size_t i = 0; i < want; i++) {
            buffer[i] = app_pattern(app->iss, app->written + i);
        }
        size_t accepted = 0;
        status = sock_send(app->world->sim, app->conn, buffer, want, &accepted);
        app->written += accepted;
        app->full += status == SIM_AGAIN;
    }
}

static void give_up(struct app *app)
{
    sock_close(app->world->sim, app->conn);
    app->conn = 0;
}

static void app_end(struct app *app)
{
    bool done = app->connected && app->written == app_goal(app) && (!app->plan.echo || app->eof);
    if (app->conn == 0 || !done || (app->ended && !app->eof)) {
        return;
    }
    if (!app->ended && app->plan.end != END_STAY) {
        app->ended = true;
        if (app->plan.end == END_SHUTDOWN) {
            sock_shutdown(app->world->sim, app->conn);
        } else if (app->plan.end == END_CLOSE) {
            give_up(app);
        } else {
            sock_abort(app->world->sim, app->conn);
            app->conn = 0;
        }
    }
    if (app->conn != 0 && app->eof && app->plan.close_at_eof) {
        give_up(app);
    }
}

void app_work(struct app *app)
{
    if (app->conn != 0) {
        app_read(app);
        app_write(app);
        app_end(app);
    }
}

static void conn_ready(struct sim *sim, void *context, conn_id conn, unsigned events)
{
    struct app *app = context;
    assert_true(conn == app->conn);
    app->events |= events;
    app->calls++;
    if ((events & SOCK_CONNECTED) != 0) {
        app->connected = true;
        app->connected_at = sim_now(sim);
    }
    if ((events & SOCK_CLOSED) != 0) {
        app->closed = true;
        app->closed_at = sim_now(sim);
        app->error = sock_error(sim, conn);
    }
    app_work(app);
    if (app->closed && app->conn != 0 && !app->pausing) {
        give_up(app);
    }
}

static void take_over(struct app *app, conn_id conn)
{
    app->conn = conn;
    app->first_conn = conn;
    app->iss = world_status(app->world, conn).iss;
    assert_int_equal(sock_set_ready(app->world->sim, conn, conn_ready, app), SIM_OK);
    app_work(app);
}

struct app *world_adopt(struct world *w, host_id host, conn_id conn, const struct app_plan *plan)
{
    struct app *app = add_app(w, host, plan);
    app->connected = world_status(w, conn).state >= TCP_ESTABLISHED;
    take_over(app, conn);
    return app;
}

struct app *world_start(struct world *w, host_id host, const struct connect_config *config,
                        const struct app_plan *plan)
{
    conn_id conn;
    assert_int_equal(sock_connect(w->sim, host, config, &conn), SIM_OK);
    return world_adopt(w, host, conn, plan);
}

struct app *world_client(struct world *w, uint16_t port, const struct app_plan *plan)
{
    const struct connect_config config = { .destination = world_address(w, w->server),
                                           .port = port };
    return world_start(w, w->client, &config, plan);
}

static void accept_all(struct sim *sim, void *context, conn_id listener, unsigned events)
{
    struct app *app = context;
    conn_id conn;
    assert_int_equal(events, SOCK_ACCEPTABLE);
    while (sock_accept(sim, listener, &conn) == SIM_OK) {
        app->accepted++;
        struct app *child = add_app(app->world, app->host, &app->child);
        child->listener = listener;
        child->connected = true;
        take_over(child, conn);
    }
}

struct app *world_serve(struct world *w, host_id host, uint16_t port, const struct app_plan *plan)
{
    const struct app_plan none = { .bytes = 0 };
    struct app *app = add_app(w, host, &none);
    app->child = *plan;
    app->ready = accept_all;
    app->conn = world_listen(w, host, port, 0);
    assert_int_equal(sock_set_ready(w->sim, app->conn, accept_all, app), SIM_OK);
    return app;
}

struct app *world_accepted(const struct world *w, host_id host, size_t nth)
{
    for (size_t i = 0; i < w->app_count; i++) {
        if (w->apps[i]->host == host && w->apps[i]->listener != 0 && nth-- == 0) {
            return w->apps[i];
        }
    }
    fail_msg("no such application");
    return NULL;
}
