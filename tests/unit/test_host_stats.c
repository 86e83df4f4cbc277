/* Counters and lists of a host: each number is recounted from the facts. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/support/world_fixture.h"

#include <string.h>

enum { PORT = 80 };

/* ---- counters ------------------------------------------------------------------------------- */

/* What the facts say about a host, named as in struct host_stats. */
struct recount {
    uint64_t sent, received, data_sent, data_received, syn_sent, syn_received, rst_sent,
        rst_received, established, time_waits, accepted, active_opens, bytes_delivered, timeouts,
        checksum_errors;
};

static struct recount recount(const struct world *w, host_id host)
{
    struct recount r = { 0 };
    for (size_t i = 0; i < w->fact_count; i++) {
        const struct seen *s = &w->facts[i];
        if (s->host != host) {
            continue;
        }
        bool sent = s->kind == FACT_SENT, received = s->kind == FACT_ARRIVED;
        assert_false(received && s->corrupted); /* the checksum finds every single bit */
        r.sent += sent;
        r.received += received;
        r.data_sent += sent && s->length > 0;
        r.data_received += received && s->length > 0;
        r.syn_sent += sent && (s->flags & TCP_SYN) != 0;
        r.syn_received += received && (s->flags & TCP_SYN) != 0;
        r.rst_sent += sent && (s->flags & TCP_RST) != 0;
        r.rst_received += received && (s->flags & TCP_RST) != 0;
        r.established += s->kind == FACT_STATE && s->to == TCP_ESTABLISHED;
        r.time_waits += s->kind == FACT_STATE && s->to == TCP_TIME_WAIT;
        r.accepted += s->kind == FACT_APP && s->app == APP_ACCEPTED;
        r.active_opens += s->kind == FACT_APP && s->app == APP_OPEN;
        r.bytes_delivered += s->kind == FACT_APP && s->app == APP_DELIVERED ? s->bytes : 0;
        r.timeouts += s->kind == FACT_TIMEOUT && strcmp(s->timer, "on") == 0 && s->conn != 0;
        r.checksum_errors += s->kind == FACT_LINK && s->fate == FATE_CHECKSUM_BAD;
    }
    return r;
}

static void expect_counters(const struct world *w, host_id host)
{
    const struct host_stats *s = host_get_stats(w->sim, host);
    struct recount r = recount(w, host);
    assert_int_equal(s->segments_sent, r.sent);
    assert_int_equal(s->packets_sent, r.sent);
    assert_int_equal(s->segments_received, r.received);
    assert_int_equal(s->packets_received, r.received + r.checksum_errors);
    assert_int_equal(s->data_segments_sent, r.data_sent);
    assert_int_equal(s->data_segments_received, r.data_received);
    assert_int_equal(s->syn_sent, r.syn_sent);
    assert_int_equal(s->syn_received, r.syn_received);
    assert_int_equal(s->rst_sent, r.rst_sent);
    assert_int_equal(s->rst_received, r.rst_received);
    assert_int_equal(s->established, r.established);
    assert_int_equal(s->time_waits, r.time_waits);
    assert_int_equal(s->accepted, r.accepted);
    assert_int_equal(s->active_opens, r.active_opens);
    assert_int_equal(s->bytes_delivered, r.bytes_delivered);
    assert_int_equal(s->timeouts, r.timeouts);
    assert_int_equal(s->checksum_errors, r.checksum_errors);
    assert_int_equal(s->foreign_bytes_delivered, 0);
}

static void test_counters_agree_with_the_facts_in_a_busy_world(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 10; seed++) {
        struct world_config config = world_defaults();
        config.sim.seed = seed;
        config.forward.loss_ppm = config.backward.loss_ppm = 50000;
        config.forward.corrupt_ppm = config.backward.corrupt_ppm = 20000;
        config.forward.duplicate_ppm = 20000;
        config.forward.jitter = 3 * SIM_MILLISECOND;
        struct world *w = world_create(&config);
        const struct app_plan server = { .bytes = 30000,
                                         .end = END_SHUTDOWN,
                                         .close_at_eof = true };
        world_serve(w, w->server, PORT, &server);
        for (uint32_t i = 0; i < 10; i++) {
            const struct app_plan client = { .bytes = 3000 * i,
                                             .end = i % 4 == 3 ? END_ABORT : END_SHUTDOWN,
                                             .close_at_eof = true };
            world_client(w, (uint16_t)(i == 5 ? PORT + 1 : PORT), &client);
        }
        world_run(w);
        expect_counters(w, w->client);
        expect_counters(w, w->server);
        const struct host_stats *c = host_get_stats(w->sim, w->client);
        assert_int_equal(c->active_opens, 10);
        assert_int_equal(c->failed_attempts, 10 - c->established);
        assert_true(c->retransmitted_syn + c->retransmitted_data + c->retransmitted_fin <=
                    c->segments_retransmitted + c->retransmitted_fin); /* data with FIN: both */
        world_destroy(w);
    }
}

static void test_each_kind_of_retransmission_has_its_counter(void **state)
{
    (void)state;
    struct world *w = world_create(NULL);
    world_drop(w, w->client, TCP_SYN, 0, 1);
    world_drop(w, w->server, TCP_SYN, 0, 1);
    world_drop(w, w->client, TCP_PSH, 0, 1);
    world_drop(w, w->client, TCP_FIN, TCP_PSH, 1);
    const struct app_plan server = { .close_at_eof = true }, client = { .bytes = 0 };
    world_serve(w, w->server, PORT, &server);
    struct app *app = world_client(w, PORT, &client);
    world_run(w);
    world_send(w, app->conn, "lost at first");
    world_run(w);
    assert_int_equal(sock_close(w->sim, app->conn), SIM_OK);
    app->conn = 0;
    world_run(w);
    const struct host_stats *c = host_get_stats(w->sim, w->client);
    const struct host_stats *s = host_get_stats(w->sim, w->server);
    /* The client's timer and the server's are due together; either may be the first. */
    assert_true(c->retransmitted_syn >= 1 && c->retransmitted_syn <= 2);
    assert_int_equal(s->retransmitted_syn_ack, 1);
    assert_int_equal(c->retransmitted_data, 1);
    assert_int_equal(c->retransmitted_fin, 1);
    assert_int_equal(c->segments_retransmitted, c->retransmitted_syn + 2);
    assert_int_equal(s->segments_retransmitted, 1);
    assert_int_equal(c->retransmitted_syn_ack, 0);
    assert_int_equal(s->retransmitted_syn + s->retransmitted_data + s->retransmitted_fin, 0);
    world_destroy(w);
}

static void test_opens_and_their_failures_are_counted_at_both_ends(void **state)
{
    (void)state;
    struct world *w = world_create(NULL);
    struct pair p = world_pair(w, PORT);
    world_connect(w, PORT + 1, 0); /* refused */
    assert_int_equal(sock_abort(w->sim, world_connect(w, PORT, 0)), SIM_OK);
    world_run_for(w, SIM_SECOND);
    const struct host_stats *c = host_get_stats(w->sim, w->client);
    const struct host_stats *s = host_get_stats(w->sim, w->server);
    assert_int_equal(c->active_opens, 3);
    assert_int_equal(c->failed_attempts, 2);
    assert_int_equal(c->established, 1);
    assert_int_equal(s->passive_opens, 1); /* those that were completed */
    assert_int_equal(s->established, 1);
    assert_int_equal(s->accepted, 1);
    assert_int_equal(s->failed_attempts, 1);
    assert_int_equal(s->no_port, 1);
    assert_int_equal(c->no_port, 1); /* the SYN-ACK for the aborted one */
    assert_int_equal(c->established_resets + s->established_resets, 0);
    assert_int_equal(sock_abort(w->sim, p.server), SIM_OK);
    world_run_for(w, SIM_SECOND);
    assert_int_equal(c->established_resets, 1);
    world_destroy(w);
}

static void test_the_high_water_marks_of_the_queues_stay(void **state)
{
    (void)state;
    struct world *w = world_create(NULL);
    conn_id listener = world_listen(w, w->server, PORT, 0);
    for (int i = 0; i < 7; i++) {
        world_connect(w, PORT, 0);
    }
    world_run_for(w, 15 * SIM_MILLISECOND);
    const struct host_stats *s = host_get_stats(w->sim, w->server);
    assert_int_equal(s->syn_queue_max, 7);
    assert_int_equal(s->accept_queue_max, 0);
    world_run_for(w, SIM_SECOND);
    assert_int_equal(s->accept_queue_max, 7);
    for (int i = 0; i < 7; i++) {
        assert_int_equal(sock_close(w->sim, world_accept(w, listener)), SIM_OK);
    }
    world_connect(w, PORT, 0);
    world_run_for(w, SIM_SECOND);
    assert_int_equal(s->syn_queue_max, 7);
    assert_int_equal(s->accept_queue_max, 7);
    assert_int_equal(world_status(w, listener).receive_queue_bytes, 1);
    world_destroy(w);
}

static void test_time_wait_is_counted_in_all_and_at_most_at_a_time(void **state)
{
    (void)state;
    struct world *w = world_create(NULL);
    const struct app_plan server = { .close_at_eof = true }, client = { .end = END_CLOSE };
    world_serve(w, w->server, PORT, &server);
    world_client(w, PORT, &client);
    world_client(w, PORT, &client);
    world_run_for(w, 40 * SIM_SECOND);
    world_client(w, PORT, &client); /* three at a time until 60 s */
    world_run(w);
    world_client(w, PORT, &client);
    world_run_for(w, SIM_SECOND);
    const struct host_stats *c = host_get_stats(w->sim, w->client);
    assert_int_equal(c->time_waits, 4);
    assert_int_equal(c->time_wait_max, 3);
    assert_int_equal(host_get_stats(w->sim, w->server)->time_waits, 0);
    host_crash(w->sim, w->client); /* forgets the one that waits */
    for (int i = 0; i < 3; i++) {
        world_client(w, PORT, &client);
    }
    world_run_for(w, SIM_SECOND);
    assert_int_equal(c->time_waits, 7);
    assert_int_equal(c->time_wait_max, 3);
    world_destroy(w);
}

static void test_an_injected_segment_counts_where_it_arrives(void **state)
{
    (void)state;
    struct world *w = world_create(NULL);
    world_inject(w, w->client, ip_addr_v4(203, 0, 113, 1), 9, w->server, PORT, TCP_SYN, 1, 0);
    world_run(w);
    assert_int_equal(host_get_stats(w->sim, w->client)->segments_sent, 0);
    assert_int_equal(host_get_stats(w->sim, w->server)->syn_received, 1);
    assert_int_equal(host_get_stats(w->sim, w->server)->rst_sent, 1);
    world_destroy(w);
}

/* ---- STATUS --------------------------------------------------------------------------------- */

static void test_status_follows_the_bytes(void **state)
{
    (void)state;
    struct world *w = world_create(NULL);
    struct pair p = world_pair(w, PORT);
    uint64_t accepted;
    assert_int_equal(sock_send_generated(w->sim, p.client, 2920, &accepted), SIM_OK);
    struct tcp_status client = world_status(w, p.client);
    assert_int_equal(client.bytes_sent, 2920);
    assert_int_equal(client.bytes_acked, 0);
    assert_int_equal(client.send_queue_bytes, 2920);
    assert_int_equal(client.snd_nxt - client.iss, 2921);
    assert_int_equal(client.mss, 1460);
    assert_string_equal(client.timer, "on");
    assert_int_equal(client.timer_expires, sim_now(w->sim) + SIM_SECOND);
    world_run_for(w, SIM_SECOND);
    client = world_status(w, p.client);
    assert_int_equal(client.bytes_acked, 2920);
    assert_int_equal(client.send_queue_bytes, 0);
    assert_null(client.timer);
    assert_int_equal(client.timer_expires, SIM_NEVER);
    struct tcp_status server = world_status(w, p.server);
    assert_int_equal(server.bytes_received, 2920);
    assert_int_equal(server.receive_queue_bytes, 2920);
    assert_int_equal(server.rcv_nxt - server.irs, 2921);
    assert_int_equal(server.error, SIM_OK);
    world_destroy(w);
}

static void test_a_listener_shows_its_backlog_and_who_waits(void **state)
{
    (void)state;
    struct world *w = world_create(NULL);
    conn_id listener = world_listen(w, w->server, PORT, 0);
    assert_int_equal(world_status(w, listener).state, TCP_LISTEN);
    assert_int_equal(world_status(w, listener).send_queue_bytes, 128);
    assert_int_equal(world_status(w, listener).remote_port, 0);
    assert_int_equal(world_status(w, listener).local_port, PORT);
    world_connect(w, PORT, 0);
    world_run_for(w, SIM_SECOND);
    assert_int_equal(world_status(w, listener).receive_queue_bytes, 1);
    world_destroy(w);
}

/* ---- lists ---------------------------------------------------------------------------------- */

struct listing {
    struct {
        conn_id conn;
        struct tcp_status status;
    } entries[16];
    size_t count;
};

static void enter(void *context, conn_id conn, const struct tcp_status *status)
{
    struct listing *listing = context;
    assert_true(listing->count < 16);
    listing->entries[listing->count].conn = conn;
    listing->entries[listing->count].status = *status;
    listing->count++;
}

static void test_sockets_are_listed_listeners_first_and_then_by_age(void **state)
{
    (void)state;
    struct world *w = world_create(NULL);
    conn_id first = world_listen(w, w->server, 90, 0);
    const struct connect_config out = { .destination = world_address(w, w->client), .port = 1 };
    conn_id connecting;
    assert_int_equal(sock_connect(w->sim, w->server, &out, &connecting), SIM_OK);
    conn_id second = world_listen(w, w->server, 70, 0);
    world_inject(w, w->client, ip_addr_v4(203, 0, 113, 1), 9, w->server, 70, TCP_SYN, 1, 0);
    world_run_for(w, 11 * SIM_MILLISECOND);
    struct listing listing = { .count = 0 };
    host_each_socket(w->sim, w->server, enter, &listing);
    assert_int_equal(listing.count, 4);
    assert_true(listing.entries[0].conn == first);
    assert_true(listing.entries[1].conn == second);
    assert_true(listing.entries[2].conn == connecting);
    assert_int_equal(listing.entries[2].status.state, TCP_SYN_SENT);
    assert_int_equal(listing.entries[3].conn, 0);
    assert_int_equal(listing.entries[3].status.state, TCP_SYN_RECEIVED);
    assert_int_equal(listing.entries[3].status.remote_port, 9);
    assert_int_equal(listing.entries[3].status.irs, 1);
    world_destroy(w);
}

static void test_a_list_keeps_its_order_when_some_leave(void **state)
{
    (void)state;
    struct world *w = world_create(NULL);
    conn_id conns[6];
    for (uint16_t i = 0; i < 6; i++) {
        conns[i] = world_connect(w, PORT, (uint16_t)(100 + i));
    }
    assert_int_equal(sock_abort(w->sim, conns[0]), SIM_OK); /* the oldest, */
    assert_int_equal(sock_abort(w->sim, conns[3]), SIM_OK); /* one amid the others, */
    assert_int_equal(sock_abort(w->sim, conns[5]), SIM_OK); /* and the newest */
    world_connect(w, PORT, 200); /* takes a slot that is free, but is the newest */
    struct listing listing = { .count = 0 };
    host_each_socket(w->sim, w->client, enter, &listing);
    static const uint16_t ports[] = { 101, 102, 104, 200 };
    assert_int_equal(listing.count, 4);
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(listing.entries[i].status.local_port, ports[i]);
    }
    world_destroy(w);
}

static void test_a_host_with_thousands_of_sockets_finds_each(void **state)
{
    (void)state;
    enum { THOUSANDS = 3000 };
    struct world_config config = world_defaults();
    config.unobserved = true;
    struct world *w = world_create(&config);
    const struct listen_config listen = { .port = PORT, .backlog = THOUSANDS };
    conn_id listener;
    assert_int_equal(sock_listen(w->sim, w->server, &listen, &listener), SIM_OK);
    static conn_id conns[THOUSANDS];
    for (int i = 0; i < THOUSANDS; i++) {
        conns[i] = world_connect(w, PORT, 0);
    }
    world_run_for(w, SIM_SECOND);
    assert_int_equal(world_count_sockets(w, w->client, TCP_ESTABLISHED), THOUSANDS);
    assert_int_equal(world_count_all_sockets(w, w->server), THOUSANDS + 1);
    for (int i = 0; i < THOUSANDS; i += 2) {
        assert_int_equal(sock_abort(w->sim, conns[i]), SIM_OK);
    }
    world_run_for(w, SIM_SECOND);
    assert_int_equal(world_count_all_sockets(w, w->server), THOUSANDS / 2 + 1);
    for (int i = 1; i < THOUSANDS; i += 2) {
        world_send(w, conns[i], "x");
    }
    world_run_for(w, SIM_SECOND);
    assert_int_equal(host_get_stats(w->sim, w->server)->bytes_delivered, THOUSANDS / 2);
    assert_int_equal(host_get_stats(w->sim, w->server)->rst_sent, 0);
    world_destroy(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_counters_agree_with_the_facts_in_a_busy_world),
        cmocka_unit_test(test_each_kind_of_retransmission_has_its_counter),
        cmocka_unit_test(test_opens_and_their_failures_are_counted_at_both_ends),
        cmocka_unit_test(test_the_high_water_marks_of_the_queues_stay),
        cmocka_unit_test(test_time_wait_is_counted_in_all_and_at_most_at_a_time),
        cmocka_unit_test(test_an_injected_segment_counts_where_it_arrives),
        cmocka_unit_test(test_status_follows_the_bytes),
        cmocka_unit_test(test_a_listener_shows_its_backlog_and_who_waits),
        cmocka_unit_test(test_sockets_are_listed_listeners_first_and_then_by_age),
        cmocka_unit_test(test_a_list_keeps_its_order_when_some_leave),
        cmocka_unit_test(test_a_host_with_thousands_of_sockets_finds_each),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
