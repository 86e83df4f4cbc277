/* The worlds whose digests must be the same on every processor (`make determinism-cross`).
 *
 * Prints a line for each world and seed:
 *     NAME seed=N digest=<16 hex digits> events=.. end_ns=..
 * Needs nothing but base, core, wire, tcp, net and observe. */
#include "sim/observe/digest.h"
#include "tcpsim/tcpsim.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PORT = 80, SEEDS = 4, CONNECTIONS = 40 };

#define MUST(call) must((call), #call)

static void must(enum sim_status status, const char *what)
{
    if (status != SIM_OK) {
        fprintf(stderr, "worlds: %s: %s\n", what, sim_status_text(status));
        exit(1);
    }
}

/* ---- a small town --------------------------------------------------------------------------- */

struct town {
    struct sim *sim;
    host_id client, server;
    link_id link;
    struct tcp_params client_tcp, server_tcp;
    struct link_params forward, backward;
    int address; /* 0: IPv4; 1: IPv6 */
    uint64_t answer_bytes;
    uint64_t bytes;
    bool clients_abort;
    bool wire;
};

static host_id add_node(struct town *t, const char *name, enum node_kind kind,
                        const struct tcp_params *tcp)
{
    const struct host_config config = { .name = name, .kind = kind, .tcp = *tcp };
    host_id host;
    MUST(host_create(t->sim, &config, &host));
    return host;
}

static void add_hosts(struct town *t)
{
    t->client = add_node(t, "client", NODE_HOST, &t->client_tcp);
    t->server = add_node(t, "server", NODE_HOST, &t->server_tcp);
}

static link_id join(struct town *t, host_id a, host_id b)
{
    link_id link;
    MUST(link_create(t->sim, a, b, &t->forward, &t->backward, &link));
    return link;
}

static void add_pair(struct town *t)
{
    add_hosts(t);
    t->link = join(t, t->client, t->server);
}

/* ---- applications --------------------------------------------------------------------------- */

/* Answer with answer_bytes, and close when the peer closed. */
static void serve(struct sim *sim, void *context, conn_id conn, unsigned events)
{
    uint8_t bytes[2048];
    size_t count;
    enum sim_status status;
    (void)context;
    while ((status = sock_receive(sim, conn, bytes, sizeof bytes, &count)) == SIM_OK) {
    }
    if (status == SIM_EOF || (events & SOCK_CLOSED) != 0) {
        (void)sock_close(sim, conn);
    }
}

static void accept_all(struct sim *sim, void *context, conn_id listener, unsigned events)
{
    struct town *t = context;
    conn_id conn;
    uint64_t accepted;
    (void)events;
    while (sock_accept(sim, listener, &conn) == SIM_OK) {
        if (t->answer_bytes > 0) {
            (void)sock_send_generated(sim, conn, t->answer_bytes, &accepted);
        }
        MUST(sock_set_ready(sim, conn, serve, t));
    }
}

static void listen_at(struct town *t, uint32_t backlog)
{
    const struct listen_config config = { .port = PORT, .backlog = backlog };
    conn_id listener;
    MUST(sock_listen(t->sim, t->server, &config, &listener));
    MUST(sock_set_ready(t->sim, listener, accept_all, t));
}

static void speak(struct sim *sim, void *context, conn_id conn, unsigned events)
{
    const struct town *t = context;
    if ((events & SOCK_CONNECTED) != 0) {
        const char greeting[] = "good morning";
        size_t count;
        uint64_t accepted;
        (void)sock_send(sim, conn, greeting, strlen(greeting), &count);
        (void)sock_send_generated(sim, conn, t->bytes, &accepted);
        (void)(t->clients_abort ? sock_abort(sim, conn) : sock_shutdown(sim, conn));
    }
    serve(sim, context, conn, events);
}

static conn_id connect_from(struct town *t, uint16_t local_port)
{
    const struct connect_config config = {
        .destination = *host_address(t->sim, t->server, (uint32_t)t->address),
        .port = PORT,
        .local_port = local_port,
    };
    conn_id conn;
    MUST(sock_connect(t->sim, t->client, &config, &conn));
    MUST(sock_set_ready(t->sim, conn, speak, t));
    return conn;
}

static void connect_later(struct sim *sim, void *context, uint64_t argument)
{
    (void)sim;
    connect_from(context, (uint16_t)argument);
}

/* ---- worlds --------------------------------------------------------------------------------- */

static void bulk(struct town *t)
{
    t->forward = (struct link_params){ .delay = 7 * SIM_MILLISECOND, .rate_bps = 8000000 };
    t->backward = t->forward;
    t->bytes = 200000;
    add_pair(t);
    listen_at(t, 0);
    connect_from(t, 0);
}

static void lossy(struct town *t)
{
    t->forward = (struct link_params){ .delay = 5 * SIM_MILLISECOND, .loss_ppm = 80000 };
    t->backward = (struct link_params){
        .delay = 5 * SIM_MILLISECOND,
        .burst = { .to_bad_ppm = 30000, .to_good_ppm = 300000, .bad_loss_ppm = 700000 }
    };
    t->bytes = 80000;
    t->answer_bytes = 30000;
    add_pair(t);
    listen_at(t, 0);
    connect_from(t, 0);
    connect_from(t, 0);
}

static const struct link_params storm = { .delay = 5 * SIM_MILLISECOND,
                                          .rate_bps = 33333333,
                                          .jitter = 7 * SIM_MILLISECOND,
                                          .duplicate_ppm = 100000,
                                          .duplicate_delay = 50 * SIM_MILLISECOND,
                                          .reorder_ppm = 100000,
                                          .reorder_delay = 11 * SIM_MILLISECOND,
                                          .corrupt_ppm = 50000,
                                          .queue_bytes = 30000 };

static void stormy(struct town *t)
{
    t->forward = t->backward = storm;
    t->bytes = 60000;
    t->answer_bytes = 60000;
    add_pair(t);
    listen_at(t, 0);
    connect_from(t, 0);
}

static void ipv6(struct town *t)
{
    t->address = 1;
    stormy(t);
}

static void on_the_wire(struct town *t)
{
    stormy(t);
}

static void routers(struct town *t)
{
    const struct tcp_params tcp = tcp_params_default();
    t->forward = (struct link_params){ .delay = 3 * SIM_MILLISECOND, .loss_ppm = 20000 };
    t->backward = t->forward;
    t->bytes = 50000;
    t->answer_bytes = 5000;
    add_hosts(t);
    host_id chain[5];
    static const char *const names[5] = { "r1", "s1", "r2", "s2", "r3" };
    for (int i = 0; i < 5; i++) {
        chain[i] = add_node(t, names[i], i % 2 == 0 ? NODE_ROUTER : NODE_SWITCH, &tcp);
    }
    join(t, t->client, chain[0]);
    for (int i = 0; i < 4; i++) {
        t->link = join(t, chain[i], chain[i + 1]);
    }
    join(t, chain[4], t->server);
    join(t, chain[0], chain[4]); /* a short cut */
    listen_at(t, 0);
    for (int i = 0; i < 3; i++) {
        connect_from(t, 0);
    }
}

static void crowd(struct town *t)
{
    t->forward = t->backward = storm;
    t->bytes = 2000;
    t->answer_bytes = 3000;
    add_pair(t);
    listen_at(t, 8);
    for (uint64_t i = 0; i < CONNECTIONS; i++) {
        sim_call_at(t->sim, (sim_time_t)(i * i) * SIM_MILLISECOND, connect_later, t, 0);
    }
}

static void meet(struct town *t, host_id from, host_id to, bool abort)
{
    const struct connect_config config = { .destination = *host_address(t->sim, to, 0),
                                           .port = 4000,
                                           .local_port = 4000 };
    conn_id conn;
    t->clients_abort = abort;
    MUST(sock_connect(t->sim, from, &config, &conn));
    MUST(sock_set_ready(t->sim, conn, speak, t));
}

static void simultaneous(struct town *t)
{
    t->forward = t->backward =
        (struct link_params){ .delay = 10 * SIM_MILLISECOND, .loss_ppm = 100000 };
    t->bytes = 1000;
    add_pair(t);
    meet(t, t->client, t->server, false);
    meet(t, t->server, t->client, false);
}

static void aborting(struct town *t)
{
    t->clients_abort = true;
    lossy(t);
}

static void copy_late(struct town *t, uint16_t flags)
{
    struct packet_match match = packet_match_any();
    match.from = t->client;
    match.flags_set = flags;
    match.nth = 1;
    const struct packet_action copy = { .kind = ACTION_COPY, .by = 90 * SIM_SECOND };
    match_id rule;
    MUST(link_add_rule(t->sim, t->link, &match, &copy, "late", &rule));
}

static void haunted(struct town *t)
{
    t->forward = t->backward = (struct link_params){ .delay = 10 * SIM_MILLISECOND };
    t->bytes = 100;
    add_pair(t);
    copy_late(t, TCP_SYN);
    copy_late(t, TCP_PSH);
    listen_at(t, 0);
    connect_from(t, 1234);
}

static void two_way(struct town *t)
{
    t->server_tcp.handshake = TCP_TWO_WAY;
    haunted(t);
}

static void four_way(struct town *t)
{
    t->server_tcp.handshake = t->client_tcp.handshake = TCP_FOUR_WAY;
    haunted(t);
}

static void crash(struct sim *sim, void *context, uint64_t argument)
{
    (void)argument;
    const struct town *t = context;
    host_crash(sim, t->client);
}

static void crashing(struct town *t)
{
    t->server_tcp.fin_wait_2_timeout = SIM_MINUTE;
    lossy(t);
    sim_call_at(t->sim, 150 * SIM_MILLISECOND, crash, t, 0);
    sim_call_at(t->sim, 200 * SIM_MILLISECOND, connect_later, t, 1234);
    sim_call_at(t->sim, 400 * SIM_MILLISECOND, crash, t, 0);
    sim_call_at(t->sim, 450 * SIM_MILLISECOND, connect_later, t, 1234);
}

static void one_more_syn(struct sim *sim, void *context, uint64_t argument)
{
    struct town *t = context;
    const struct packet syn = {
        .version = 4,
        .protocol = IP_TCP,
        .hop_limit = 64,
        .source = ip_addr_v4(203, 0, 113, (uint8_t)argument),
        .destination = *host_address(sim, t->server, 0),
        .tcp = { .source_port = (uint16_t)(1024 + argument),
                 .destination_port = PORT,
                 .seq = (uint32_t)(argument * 2654435761u),
                 .flags = TCP_SYN,
                 .window = 65535 },
    };
    MUST(host_inject(sim, t->client, &syn, NULL, 0));
    if (argument < 500) {
        sim_call_at(sim, sim_now(sim) + 3 * SIM_MILLISECOND, one_more_syn, t, argument + 1);
    }
}

static void flood(struct town *t)
{
    t->forward = t->backward = (struct link_params){ .delay = 10 * SIM_MILLISECOND };
    t->bytes = 1000;
    add_pair(t);
    listen_at(t, 32);
    one_more_syn(t->sim, t, 1);
    sim_call_at(t->sim, 300 * SIM_MILLISECOND, connect_later, t, 0);
}

struct world {
    const char *name;
    void (*build)(struct town *t);
    bool wire;
};

static const struct world worlds[] = {
    { "bulk", bulk, false },
    { "lossy", lossy, false },
    { "stormy", stormy, false },
    { "ipv6", ipv6, false },
    { "on-the-wire", on_the_wire, true },
    { "routers", routers, false },
    { "crowd", crowd, false },
    { "simultaneous", simultaneous, false },
    { "aborting", aborting, false },
    { "haunted", haunted, false },
    { "two-way", two_way, false },
    { "four-way", four_way, true },
    { "crashing", crashing, false },
    { "flood", flood, false },
};

static void run_world(const struct world *world, uint64_t seed)
{
    const struct sim_config config = { .seed = seed, .wire = world->wire };
    const struct sim_limits limits = { .max_events = 1000000 };
    struct town t = { .sim = sim_create(&config),
                      .client_tcp = tcp_params_default(),
                      .server_tcp = tcp_params_default() };
    struct digest *digest = digest_create();
    if (t.sim == NULL || digest == NULL) {
        fprintf(stderr, "worlds: out of memory\n");
        exit(1);
    }
    MUST(digest_attach(digest, t.sim));
    world->build(&t);
    MUST(sim_run(t.sim, &limits));
    printf("%s seed=%" PRIu64 " digest=%016" PRIx64 " events=%" PRIu64 " end_ns=%" PRId64 "\n",
           world->name, seed, digest_value(digest), sim_event_count(t.sim), sim_now(t.sim));
    digest_destroy(digest);
    sim_destroy(t.sim);
}

int main(void)
{
    for (size_t i = 0; i < sizeof worlds / sizeof worlds[0]; i++) {
        for (uint64_t seed = 1; seed <= SEEDS; seed++) {
            run_world(&worlds[i], seed);
        }
    }
    return 0;
}
