/* Whole worlds through the public API: a client, a server, what lies between them, and small
 * applications that check every byte they are given.
 *
 * An application writes a pattern that depends on the initial sequence number of its connection and
 * on the position in the stream, so a reader knows what must come next, and a byte of another
 * incarnation is a wrong byte. */
#ifndef TCPSIM_TESTS_WORLD_FIXTURE_H
#define TCPSIM_TESTS_WORLD_FIXTURE_H

#include "tcpsim/tcpsim.h"

/* ---- facts ---------------------------------------------------------------------------------- */

/* What is kept of a fact. */
struct seen {
    enum sim_fact_kind kind;
    sim_time_t time;
    host_id host;
    conn_id conn;
    uint64_t packet, copy_of;
    uint32_t seq, ack, length;
    uint16_t flags, window, source_port;
    enum tcp_state from, to;
    enum packet_fate fate;
    enum app_event app;
    enum sim_status status;
    uint64_t bytes;
    char timer[12];    /* FACT_TIMEOUT */
    rule_id rules[16]; /* those that fired */
    uint8_t rule_count;
    bool corrupted; /* the packet was, on its way */
};

/* ---- worlds --------------------------------------------------------------------------------- */

enum world_path {
    PATH_LINK,    /* client - server */
    PATH_SWITCH,  /* client - switch - server */
    PATH_ROUTERS, /* client - router - router - server; the impairments are in the middle */
};

struct world_config {
    struct sim_config sim;
    struct host_config client, server;
    struct link_params forward, backward; /* client to server, and back */
    enum world_path path;
    bool ipv6;
    bool unobserved; /* keep no facts */
};

struct app;

struct world {
    struct sim *sim;
    host_id client, server;
    link_id link; /* the one with the impairments */
    bool ipv6;
    struct seen *facts;
    size_t fact_count, fact_capacity;
    uint64_t digest; /* of every fact so far */
    struct app **apps;
    size_t app_count, app_capacity;
};

enum { CLIENT_ISS = 1000, SERVER_ISS = 7000, ONE_WAY_MS = 10, RTT_MS = 20 };

/* Defaults of the standards, 10 ms each way, no faults, ISNs 1000 and 7000 for the first
 * connection. */
struct world_config world_defaults(void);
struct world *world_create(const struct world_config *config); /* NULL: the defaults */
void world_destroy(struct world *w);

/* Run until nothing is left to do, at most a million events; asserts SIM_OK. */
void world_run(struct world *w);
void world_run_for(struct world *w, sim_time_t duration);
void world_run_until(struct world *w, sim_time_t until);

struct ip_addr world_address(const struct world *w, host_id host);

/* ---- bare sockets --------------------------------------------------------------------------- */

conn_id world_listen(struct world *w, host_id host, uint16_t port, uint32_t backlog);
/* From the client to the server's port; local_port 0 is ephemeral. */
conn_id world_connect(struct world *w, uint16_t port, uint16_t local_port);
conn_id world_accept(struct world *w, conn_id listener);

/* Listener, connection, accepted connection: established at both ends when 30 ms are over. */
struct pair {
    conn_id listener, client, server;
};
struct pair world_pair(struct world *w, uint16_t port);

void world_expect_state(const struct world *w, conn_id conn, enum tcp_state state);
void world_send(struct world *w, conn_id conn, const char *text); /* all of it is accepted */
/* Read once: exactly this text comes. */
void world_expect_text(struct world *w, conn_id conn, const char *text);
/* Reading gives nothing but this status. */
void world_expect_nothing(struct world *w, conn_id conn, enum sim_status why);

struct tcp_status world_status(const struct world *w, conn_id conn);

/* How many records a host has in this state (listeners included). */
size_t world_count_sockets(const struct world *w, host_id host, enum tcp_state state);
size_t world_count_all_sockets(const struct world *w, host_id host);

/* ---- rules about packets -------------------------------------------------------------------- */

/* Drop, or copy to arrive `by` later, the nth packet (0: each) from this host with these flags. */
match_id world_drop(struct world *w, host_id from, uint16_t flags_set, uint16_t flags_clear,
                    uint32_t nth);
match_id world_copy(struct world *w, host_id from, uint16_t flags_set, uint16_t flags_clear,
                    uint32_t nth, sim_time_t by);

/* Inject a bare segment at `from`, that claims to come from `source`. */
void world_inject(struct world *w, host_id from, struct ip_addr source, uint16_t source_port,
                  host_id to, uint16_t port, uint16_t flags, uint32_t seq, uint32_t ack);

/* ---- what was seen -------------------------------------------------------------------------- */

/* The nth (from 0) segment that a host sent with these flags; NULL when there were fewer. */
const struct seen *world_sent(const struct world *w, host_id host, uint16_t flags_set,
                              uint16_t flags_clear, size_t nth);
size_t world_count_sent(const struct world *w, host_id host, uint16_t flags_set,
                        uint16_t flags_clear);
/* The nth time that a connection of the host entered the state. */
const struct seen *world_entered(const struct world *w, host_id host, enum tcp_state state,
                                 size_t nth);
size_t world_count_entered(const struct world *w, host_id host, enum tcp_state state);
size_t world_count_app(const struct world *w, host_id host, enum app_event event);
/* How often an arriving segment or a timeout at the host fired the rule. */
size_t world_count_rule(const struct world *w, host_id host, const char *rule);

/* A number that two runs share only if they told the same facts. */
uint64_t world_fold(uint64_t digest, uint64_t value);

/* ---- applications --------------------------------------------------------------------------- */

enum app_end {
    END_STAY,     /* when everything is written: nothing */
    END_SHUTDOWN, /* ... sock_shutdown, reading goes on */
    END_CLOSE,    /* ... sock_close */
    END_ABORT,    /* ... sock_abort */
};

struct app_plan {
    uint64_t bytes;    /* to write */
    size_t write_size; /* per call; 0 = 1000 */
    bool deaf;         /* never reads */
    size_t read_size;  /* at most so much per `read_every`; 0 = all there is, at once */
    sim_time_t read_every;
    bool echo;         /* write as many bytes as were read */
    enum app_end end;  /* when everything is written (echo: and the peer's end was read) */
    bool close_at_eof; /* sock_close when the peer's end was read and everything is written */
};

struct app {
    struct world *world;
    struct app_plan plan;
    host_id host;
    conn_id listener; /* what it accepts from, or 0 */
    conn_id conn;     /* 0 once the handle was given up */
    conn_id first_conn;
    uint32_t iss; /* of its own stream */
    uint64_t written, read, wrong_bytes;
    unsigned events;      /* all that were told */
    uint32_t calls, full; /* ready calls; times that sock_send said SIM_AGAIN */
    bool connected, eof, ended, closed, pausing;
    enum sim_status error; /* told with SOCK_CLOSED */
    sim_time_t connected_at, eof_at, closed_at;
    sock_ready_fn *ready;  /* listener: what accepts */
    uint32_t accepted;     /* listener: so many connections */
    struct app_plan child; /* listener: what each of them does */
};

/* Byte `offset` of the stream of a connection with initial sequence number `iss`. */
uint8_t app_pattern(uint32_t iss, uint64_t offset);

/* Listen, accept everything at once, and let each connection follow the plan. */
struct app *world_serve(struct world *w, host_id host, uint16_t port, const struct app_plan *plan);
/* Connect and follow the plan. */
struct app *world_start(struct world *w, host_id host, const struct connect_config *config,
                        const struct app_plan *plan);
/* The same from the client to the server's port. */
struct app *world_client(struct world *w, uint16_t port, const struct app_plan *plan);

/* The nth (from 0) application on a connection that was accepted at the host. */
struct app *world_accepted(const struct world *w, host_id host, size_t nth);

/* Let an application take over a connection. */
struct app *world_adopt(struct world *w, host_id host, conn_id conn, const struct app_plan *plan);
/* Do what can be done now: read, write, end. */
void app_work(struct app *app);

#endif
