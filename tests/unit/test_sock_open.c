/* OPEN: listening, connecting, accepting, the two queues of a listener, ports and ISNs. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/support/world_fixture.h"

enum { PORT = 80, ANY_PORT = 0 };

/* ---- sock_listen ---------------------------------------------------------------------------- */

static enum sim_status listen_at(struct world *w, host_id host, struct ip_addr addr, uint16_t port)
{
    const struct listen_config config = { .addr = addr, .port = port };
    conn_id listener;
    return sock_listen(w->sim, host, &config, &listener);
}

static void test_a_port_is_listened_on_once(void **state)
{
    (void)state;
    struct world *w = world_create(NULL);
    const struct ip_addr any = { { 0 } };
    const struct ip_addr v4 = *host_address(w->sim, w->server, 0);
    const struct ip_addr v6 = *host_address(w->sim, w->server, 1);
    assert_int_equal(listen_at(w, w->server, any, 80), SIM_OK);
    assert_int_equal(listen_at(w, w->server, any, 80), SIM_ADDRESS_IN_USE);
    assert_int_equal(listen_at(w, w->server, v4, 80), SIM_ADDRESS_IN_USE);
    assert_int_equal(listen_at(w, w->server, v4, 81), SIM_OK);
    assert_int_equal(listen_at(w, w->server, v6, 81), SIM_OK);
    assert_int_equal(listen_at(w, w->server, v4, 81), SIM_ADDRESS_IN_USE);
    assert_int_equal(listen_at(w, w->server, any, 81), SIM_ADDRESS_IN_USE);
    assert_int_equal(listen_at(w, w->client, any, 80), SIM_OK); /* another host */
    world_destroy(w);
}

static void test_listening_refuses_what_makes_no_sense(void **state)
{
    (void)state;
    struct world_config config = world_defaults();
    config.path = PATH_SWITCH;
    struct world *w = world_create(&config);
    const struct ip_addr any = { { 0 } };
    assert_int_equal(listen_at(w, w->server, any, 0), SIM_INVALID);
    assert_int_equal(listen_at(w, HOST_NONE, any, 80), SIM_INVALID);
    assert_int_equal(listen_at(w, 99, any, 80), SIM_INVALID);
    assert_int_equal(listen_at(w, host_by_name(w->sim, "switch"), any, 80), SIM_INVALID);
    world_destroy(w);
}

static void test_a_listener_takes_connections_of_its_address_only(void **state)
{
    (void)state;
    struct world *w = world_create(NULL);
    const struct listen_config v6_only = { .addr = *host_address(w->sim, w->server, 1),
                                           .port = PORT };
    conn_id listener, conn;
    assert_int_equal(sock_listen(w->sim, w->server, &v6_only, &listener), SIM_OK);
    conn_id over_v4 = world_connect(w, PORT, ANY_PORT);
    w->ipv6 = true;
    conn_id over_v6 = world_connect(w, PORT, ANY_PORT);
    world_run_for(w, SIM_SECOND);
    assert_int_equal(sock_error(w->sim, over_v4), SIM_REFUSED);
    world_expect_state(w, over_v6, TCP_ESTABLISHED);
    assert_int_equal(sock_accept(w->sim, listener, &conn), SIM_OK);
    assert_int_equal(sock_accept(w->sim, listener, &conn), SIM_AGAIN);
    world_destroy(w);
}

/* ---- sock_connect --------------------------------------------------------------------------- */

static enum sim_status connect_to(struct world *w, struct connect_config config)
{
    conn_id conn;
    return sock_connect(w->sim, w->client, &config, &conn);
}

static void test_connecting_refuses_what_makes_no_sense(void **state)
{
    (void)state;
    struct world_config world = world_defaults();
    world.path = PATH_SWITCH;
    struct world *w = world_create(&world);
    struct ip_addr server = world_address(w, w->server);
    struct ip_addr own = world_address(w, w->client);
    conn_id conn;
    const struct connect_config fine = { .destination = server, .port = PORT };
    assert_int_equal(connect_to(w, (struct connect_config){ .destination = server }), SIM_INVALID);
    assert_int_equal(sock_connect(w->sim, HOST_NONE, &fine, &conn), SIM_INVALID);
    assert_int_equal(sock_connect(w->sim, 99, &fine, &conn), SIM_INVALID);
    assert_int_equal(sock_connect(w->sim, host_by_name(w->sim, "switch"), &fine, &conn),
                     SIM_INVALID);
    assert_int_equal(connect_to(w, (struct connect_config){ .destination = ip_addr_v4(192, 0, 2, 1),
                                                            .port = 1 }),
                     SIM_NO_ROUTE);
    assert_int_equal(connect_to(w, (struct connect_config){ .destination = own, .port = 1 }),
                     SIM_NO_ROUTE);
    assert_int_equal(host_get_stats(w->sim, w->client)->active_opens, 0);
    assert_int_equal(world_count_all_sockets(w, w->client), 0);
    world_destroy(w);
}

static void test_a_connection_speaks_from_an_address_of_its_host(void **state)
{
    (void)state;
    struct world *w = world_create(NULL);
    const struct ip_addr v4 = *host_address(w->sim, w->client, 0);
    const struct ip_addr v6 = *host_address(w->sim, w->client, 1);
    struct connect_config config = { .destination = world_address(w, w->server), .port = PORT };
    config.local_addr = v4;
    assert_int_equal(connect_to(w, config), SIM_OK);
    config.local_addr = v6; /* the other family */
    assert_int_equal(connect_to(w, config), SIM_INVALID);
    config.local_addr = ip_addr_v4(198, 51, 100, 1); /* somebody else's */
    assert_int_equal(connect_to(w, config), SIM_INVALID);
    world_destroy(w);
}

static void test_a_host_without_an_address_of_the_family_has_no_route(void **state)
{
    (void)state;
    struct world_config config = world_defaults();
    config.client.addresses[0] = ip_addr_v4(10, 0, 0, 1);
    config.client.address_count = 1;
    struct world *w = world_create(&config);
    const struct connect_config v6 = { .destination = *host_address(w->sim, w->server, 1),
                                       .port = PORT };
    assert_int_equal(connect_to(w, v6), SIM_NO_ROUTE);
    world_destroy(w);
}

static void test_the_same_four_numbers_are_one_connection(void **state)
{
    (void)state;
    struct world *w = world_create(NULL);
    world_connect(w, PORT, 5555);
    struct connect_config config = { .destination = world_address(w, w->server),
                                     .port = PORT,
                                     .local_port = 5555 };
    assert_int_equal(connect_to(w, config), SIM_ADDRESS_IN_USE);
    config.port = PORT + 1;
    assert_int_equal(connect_to(w, config), SIM_OK);
    world_destroy(w);
}

static void test_nobody_listening_means_refused(void **state)
{
    (void)state;
    struct world *w = world_create(NULL);
    const struct app_plan plan = { .bytes = 10 };
    struct app *client = world_client(w, PORT, &plan);
    world_run(w);
    assert_true(client->closed);
    assert_false(client->connected);
    assert_int_equal(client->error, SIM_REFUSED);
    assert_int_equal(client->closed_at, RTT_MS * SIM_MILLISECOND);
    world_destroy(w);
}

static void test_a_refused_connection_says_so_to_every_call(void **state)
{
    (void)state;
    struct world *w = world_create(NULL);
    conn_id conn = world_connect(w, PORT, ANY_PORT);
    world_run_for(w, SIM_SECOND);
    size_t accepted;
    world_expect_state(w, conn, TCP_CLOSED);
    assert_int_equal(sock_error(w->sim, conn), SIM_REFUSED);
    assert_int_equal(sock_send(w->sim, conn, "x", 1, &accepted), SIM_REFUSED);
    world_expect_nothing(w, conn, SIM_REFUSED);
    assert_int_equal(sock_shutdown(w->sim, conn), SIM_REFUSED);
    assert_int_equal(world_count_all_sockets(w, w->client), 0);
    assert_int_equal(sock_close(w->sim, conn), SIM_OK);
    assert_int_equal(sock_close(w->sim, conn), SIM_BAD_HANDLE);
    world_destroy(w);
}

static void test_a_handshake_takes_one_round_trip_and_shows_both_isns(void **state)
{
    (void)state;
    struct world *w = world_create(NULL);
    const struct app_plan plan = { .bytes = 0 };
    world_serve(w, w->server, PORT, &plan);
    struct app *client = world_client(w, PORT, &plan);
    world_run(w);
    assert_int_equal(client->connected_at, RTT_MS * SIM_MILLISECOND);
    struct tcp_status ours = world_status(w, client->conn);
    struct tcp_status theirs = world_status(w, world_accepted(w, w->server, 0)->conn);
    assert_int_equal(ours.iss, CLIENT_ISS);
    assert_int_equal(ours.irs, SERVER_ISS);
    assert_int_equal(theirs.iss, SERVER_ISS);
    assert_int_equal(theirs.irs, CLIENT_ISS);
    assert_int_equal(ours.local_port, theirs.remote_port);
    assert_int_equal(ours.remote_port, PORT);
    assert_true(ip_addr_equal(&ours.remote_addr, &theirs.local_addr));
    assert_int_equal(ours.srtt, RTT_MS * SIM_MILLISECOND);
    assert_int_equal(theirs.srtt, RTT_MS * SIM_MILLISECOND);
    assert_int_equal(world_count_sent(w, w->client, 0, 0), 2);
    assert_int_equal(world_count_sent(w, w->server, 0, 0), 1);
    world_destroy(w);
}

/* ---- ISNs and ports ------------------------------------------------------------------------- */

static void test_isns_come_from_the_list_and_then_grow_with_the_clock(void **state)
{
    (void)state;
    struct world_config config = world_defaults();
    config.client.iss[0] = 11;
    config.client.iss[1] = 22;
    config.client.iss_count = 2;
    struct world *w = world_create(&config);
    conn_id first = world_connect(w, PORT, 1), second = world_connect(w, PORT, 2);
    conn_id third = world_connect(w, PORT, 3), other = world_connect(w, PORT, 4);
    assert_int_equal(world_status(w, first).iss, 11);
    assert_int_equal(world_status(w, second).iss, 22);
    uint32_t iss = world_status(w, third).iss;
    assert_int_not_equal(world_status(w, other).iss,
                         iss); /* another tuple, another secret offset */
    assert_int_equal(sock_abort(w->sim, third), SIM_OK);
    world_run_for(w, SIM_SECOND);
    third = world_connect(w, PORT, 3); /* RFC 6528: the same tuple, a clock of 4 us later */
    assert_int_equal(world_status(w, third).iss - iss, 250000);
    world_destroy(w);
}

static uint32_t first_free_isn(uint64_t seed)
{
    struct world_config config = world_defaults();
    config.sim.seed = seed;
    config.client.iss_count = 0;
    struct world *w = world_create(&config);
    uint32_t iss = world_status(w, world_connect(w, PORT, 1)).iss;
    world_destroy(w);
    return iss;
}

static void test_isns_depend_on_the_seed(void **state)
{
    (void)state;
    assert_int_equal(first_free_isn(1), first_free_isn(1));
    assert_int_not_equal(first_free_isn(1), first_free_isn(2));
}

static void test_every_ephemeral_port_is_used_before_there_are_none(void **state)
{
    (void)state;
    struct world_config config = world_defaults();
    config.client.ephemeral_first = 60000;
    config.client.ephemeral_last = 60009;
    struct world *w = world_create(&config);
    bool used[10] = { false };
    conn_id some = 0;
    for (int i = 0; i < 10; i++) {
        some = world_connect(w, PORT, ANY_PORT);
        uint16_t port = world_status(w, some).local_port;
        assert_true(port >= 60000 && port <= 60009 && !used[port - 60000]);
        used[port - 60000] = true;
    }
    struct connect_config again = { .destination = world_address(w, w->server), .port = PORT };
    assert_int_equal(connect_to(w, again), SIM_NO_PORTS);
    again.port = PORT + 1; /* another destination */
    assert_int_equal(connect_to(w, again), SIM_OK);
    uint16_t freed = world_status(w, some).local_port;
    assert_int_equal(sock_abort(w->sim, some), SIM_OK);
    assert_int_equal(world_status(w, world_connect(w, PORT, ANY_PORT)).local_port, freed);
    world_destroy(w);
}

static void test_one_ephemeral_port_is_enough_for_one_connection(void **state)
{
    (void)state;
    struct world_config config = world_defaults();
    config.client.ephemeral_first = config.client.ephemeral_last = 65535;
    struct world *w = world_create(&config);
    assert_int_equal(world_status(w, world_connect(w, PORT, ANY_PORT)).local_port, 65535);
    world_destroy(w);
}

static void test_a_range_of_ports_that_ends_before_it_begins_is_refused(void **state)
{
    (void)state;
    struct world *w = world_create(NULL);
    struct host_config config = { .name = "odd", .tcp = tcp_params_default() };
    host_id host;
    config.ephemeral_first = 2000;
    config.ephemeral_last = 1999;
    assert_int_equal(host_create(w->sim, &config, &host), SIM_INVALID);
    config.ephemeral_first = 0; /* 49152 */
    assert_int_equal(host_create(w->sim, &config, &host), SIM_INVALID);
    config.ephemeral_first = 2000;
    config.ephemeral_last = 0; /* 65535 */
    assert_int_equal(host_create(w->sim, &config, &host), SIM_OK);
    world_destroy(w);
}

static void test_time_wait_keeps_a_port_for_2_msl(void **state)
{
    (void)state;
    struct world_config config = world_defaults();
    config.client.ephemeral_first = 60000;
    config.client.ephemeral_last = 60001;
    struct world *w = world_create(&config);
    const struct app_plan server = { .close_at_eof = true },
                          client = { .bytes = 10, .end = END_CLOSE };
    world_serve(w, w->server, PORT, &server);
    world_client(w, PORT, &client);
    world_client(w, PORT, &client);
    const struct connect_config again = { .destination = world_address(w, w->server),
                                          .port = PORT };
    world_run_for(w, 60 * SIM_SECOND);
    assert_int_equal(world_count_sockets(w, w->client, TCP_TIME_WAIT), 2);
    assert_int_equal(connect_to(w, again), SIM_NO_PORTS);
    world_run_for(w, SIM_SECOND);
    assert_int_equal(connect_to(w, again), SIM_OK);
    world_destroy(w);
}

/* ---- the accept queue ----------------------------------------------------------------------- */

static void test_connections_are_accepted_in_the_order_in_which_they_completed(void **state)
{
    (void)state;
    struct world *w = world_create(NULL);
    conn_id listener = world_listen(w, w->server, PORT, 0);
    world_drop(w, w->client, TCP_SYN, 0, 1); /* the first comes last */
    for (uint16_t port = 1001; port <= 1004; port++) {
        world_connect(w, PORT, port);
    }
    world_run_for(w, 2 * SIM_SECOND);
    static const uint16_t order[] = { 1002, 1003, 1004, 1001 };
    for (int i = 0; i < 4; i++) {
        assert_int_equal(world_status(w, world_accept(w, listener)).remote_port, order[i]);
    }
    conn_id none;
    assert_int_equal(sock_accept(w->sim, listener, &none), SIM_AGAIN);
    world_destroy(w);
}

static void test_accepting_from_a_connection_is_invalid(void **state)
{
    (void)state;
    struct world *w = world_create(NULL);
    struct pair p = world_pair(w, PORT);
    conn_id conn;
    assert_int_equal(sock_accept(w->sim, p.client, &conn), SIM_INVALID);
    assert_int_equal(sock_accept(w->sim, 77, &conn), SIM_BAD_HANDLE);
    assert_int_equal(sock_close(w->sim, p.listener), SIM_OK);
    assert_int_equal(sock_accept(w->sim, p.listener, &conn), SIM_BAD_HANDLE);
    world_destroy(w);
}

/* One place in the accept queue; the first connection takes it, the second must wait. */
struct crowd {
    struct world *w;
    conn_id listener, first, second;
};

static struct crowd crowd_create(bool abort_on_overflow)
{
    struct world_config config = world_defaults();
    config.server.tcp.abort_on_overflow = abort_on_overflow;
    struct crowd crowd = { .w = world_create(&config) };
    const struct listen_config listen = { .port = PORT, .backlog = 1, .syn_backlog = 10 };
    assert_int_equal(sock_listen(crowd.w->sim, crowd.w->server, &listen, &crowd.listener), SIM_OK);
    crowd.first = world_connect(crowd.w, PORT, 1001);
    crowd.second = world_connect(crowd.w, PORT, 1002); /* both SYNs find room */
    world_run_for(crowd.w, 100 * SIM_MILLISECOND);
    return crowd;
}

static void test_a_full_accept_queue_leaves_the_client_established_and_the_server_half_open(
    void **state)
{
    (void)state;
    struct crowd crowd = crowd_create(false);
    struct world *w = crowd.w;
    world_expect_state(w, crowd.first, TCP_ESTABLISHED);
    world_expect_state(w, crowd.second, TCP_ESTABLISHED);
    assert_int_equal(world_count_sockets(w, w->server, TCP_ESTABLISHED), 1);
    assert_int_equal(world_count_sockets(w, w->server, TCP_SYN_RECEIVED), 1);
    assert_int_equal(host_get_stats(w->sim, w->server)->listen_overflows, 1);
    assert_int_equal(world_count_rule(w, w->server, "accept_queue_full"), 1);
    world_run_for(w, SIM_SECOND); /* the SYN-ACK comes again, and its ACK is refused again */
    assert_int_equal(world_count_sent(w, w->server, TCP_SYN | TCP_ACK, 0), 3);
    assert_int_equal(host_get_stats(w->sim, w->server)->listen_overflows, 2);
    assert_int_equal(host_get_stats(w->sim, w->server)->retransmitted_syn_ack, 1);
    assert_int_equal(world_count_sent(w, w->server, TCP_RST, 0), 0);
    world_destroy(w);
}

static void test_data_for_a_full_accept_queue_is_delivered_once_there_is_room(void **state)
{
    (void)state;
    struct crowd crowd = crowd_create(false);
    struct world *w = crowd.w;
    world_send(w, crowd.second, "here I am");
    world_run_for(w, 500 * SIM_MILLISECOND);
    assert_int_equal(world_status(w, world_accept(w, crowd.listener)).remote_port, 1001);
    world_run_for(w, 3 * SIM_SECOND);
    conn_id second = world_accept(w, crowd.listener);
    assert_int_equal(world_status(w, second).remote_port, 1002);
    world_expect_text(w, second, "here I am");
    assert_int_equal(world_count_sent(w, w->server, TCP_RST, 0), 0);
    world_destroy(w);
}

static void test_a_handshake_may_begin_while_the_accept_queue_is_full(void **state)
{
    (void)state;
    struct crowd crowd = crowd_create(false);
    struct world *w = crowd.w;
    conn_id third = world_connect(w, PORT, 1003);
    world_run_for(w, 500 * SIM_MILLISECOND);
    world_expect_state(w, third, TCP_ESTABLISHED);
    assert_int_equal(world_count_sockets(w, w->server, TCP_SYN_RECEIVED), 2);
    assert_int_equal(host_get_stats(w->sim, w->server)->listen_overflows, 2);
    assert_int_equal(host_get_stats(w->sim, w->server)->listen_drops, 0);
    world_destroy(w);
}

static void test_a_two_way_listener_drops_syns_while_its_accept_queue_is_full(void **state)
{
    (void)state;
    struct world_config config = world_defaults();
    config.server.tcp.handshake = TCP_TWO_WAY;
    struct world *w = world_create(&config);
    conn_id listener = world_listen(w, w->server, PORT, 1);
    conn_id first = world_connect(w, PORT, 1001), second = world_connect(w, PORT, 1002);
    world_run_for(w, 500 * SIM_MILLISECOND);
    world_expect_state(w, first, TCP_ESTABLISHED);
    world_expect_state(w, second, TCP_SYN_SENT);
    assert_int_equal(host_get_stats(w->sim, w->server)->listen_overflows, 1);
    (void)world_accept(w, listener);
    world_run_for(w, SIM_SECOND); /* the SYN comes again, and there is room */
    world_expect_state(w, second, TCP_ESTABLISHED);
    world_destroy(w);
}

static void test_abort_on_overflow_resets_the_client(void **state)
{
    (void)state;
    struct crowd crowd = crowd_create(true);
    struct world *w = crowd.w;
    world_expect_state(w, crowd.first, TCP_ESTABLISHED);
    assert_int_equal(sock_error(w->sim, crowd.second), SIM_RESET);
    assert_int_equal(world_count_sockets(w, w->server, TCP_SYN_RECEIVED), 0);
    assert_int_equal(world_count_sent(w, w->server, TCP_RST, 0), 1);
    assert_int_equal(host_get_stats(w->sim, w->server)->failed_attempts, 1);
    world_destroy(w);
}

static void test_a_connection_that_is_reset_leaves_the_accept_queue(void **state)
{
    (void)state;
    for (int gone = 0; gone < 3; gone++) { /* the first, the middle, the last of three */
        struct world *w = world_create(NULL);
        conn_id listener = world_listen(w, w->server, PORT, 3);
        conn_id clients[3];
        for (int i = 0; i < 3; i++) {
            clients[i] = world_connect(w, PORT, (uint16_t)(1001 + i));
        }
        world_run_for(w, SIM_SECOND);
        assert_int_equal(world_status(w, listener).receive_queue_bytes, 3);
        assert_int_equal(sock_abort(w->sim, clients[gone]), SIM_OK);
        world_run_for(w, SIM_SECOND);
        assert_int_equal(world_status(w, listener).receive_queue_bytes, 2);
        world_connect(w, PORT, 1004); /* its place is free */
        world_run_for(w, SIM_SECOND);
        for (int i = 0; i < 4; i++) {
            if (i != gone) {
                assert_int_equal(world_status(w, world_accept(w, listener)).remote_port, 1001 + i);
            }
        }
        assert_int_equal(world_status(w, listener).receive_queue_bytes, 0);
        world_destroy(w);
    }
}

static void test_a_connection_may_have_come_and_gone_before_it_is_accepted(void **state)
{
    (void)state;
    struct world *w = world_create(NULL);
    conn_id listener = world_listen(w, w->server, PORT, 0);
    conn_id client = world_connect(w, PORT, ANY_PORT);
    world_send(w, client, "in passing");
    world_run_for(w, SIM_SECOND);
    assert_int_equal(sock_close(w->sim, client), SIM_OK);
    world_run_for(w, SIM_SECOND);
    conn_id server = world_accept(w, listener);
    world_expect_state(w, server, TCP_CLOSE_WAIT);
    world_expect_text(w, server, "in passing");
    world_expect_nothing(w, server, SIM_EOF);
    assert_int_equal(sock_close(w->sim, server), SIM_OK);
    world_run(w);
    assert_int_equal(world_count_all_sockets(w, w->server), 1);
    world_destroy(w);
}

/* ---- the SYN queue -------------------------------------------------------------------------- */

/* Addresses where nobody answers: the server's SYN-ACKs are lost on the way back. */
static struct world *silent_world(conn_id *listener, uint32_t backlog, uint32_t syn_backlog)
{
    struct world *w = world_create(NULL);
    const struct listen_config config = { .port = PORT,
                                          .backlog = backlog,
                                          .syn_backlog = syn_backlog };
    assert_int_equal(sock_listen(w->sim, w->server, &config, listener), SIM_OK);
    world_drop(w, w->server, TCP_SYN | TCP_ACK, 0, 0);
    return w;
}

static void spoofed_syn(struct world *w, uint16_t port)
{
    world_inject(w, w->client, world_address(w, w->client), port, w->server, PORT, TCP_SYN, 500, 0);
}

static void test_a_full_syn_queue_drops_syns(void **state)
{
    (void)state;
    conn_id listener;
    struct world *w = silent_world(&listener, 10, 2);
    for (uint16_t port = 1; port <= 5; port++) {
        spoofed_syn(w, port);
    }
    world_run_for(w, 100 * SIM_MILLISECOND);
    const struct host_stats *stats = host_get_stats(w->sim, w->server);
    assert_int_equal(world_count_sockets(w, w->server, TCP_SYN_RECEIVED), 2);
    assert_int_equal(stats->listen_drops, 3);
    assert_int_equal(stats->syn_queue_max, 2);
    assert_int_equal(world_count_rule(w, w->server, "syn_queue_full"), 3);
    assert_int_equal(world_count_sent(w, w->server, 0, 0), 2);
    world_destroy(w);
}

static void test_a_timeout_frees_its_place_in_the_syn_queue(void **state)
{
    (void)state;
    conn_id listener;
    struct world *w = silent_world(&listener, 10, 1);
    spoofed_syn(w, 1);
    world_run_until(w, 62 * SIM_SECOND); /* retransmissions at 1, 3, 7, 15, 31 s */
    assert_int_equal(world_count_sent(w, w->server, TCP_SYN | TCP_ACK, 0), 6);
    assert_int_equal(world_count_sockets(w, w->server, TCP_SYN_RECEIVED), 1);
    world_run_until(w, 64 * SIM_SECOND);
    assert_int_equal(world_count_sockets(w, w->server, TCP_SYN_RECEIVED), 0);
    assert_int_equal(host_get_stats(w->sim, w->server)->failed_attempts, 1);
    assert_int_equal(world_count_sent(w, w->server, TCP_RST, 0), 0);
    spoofed_syn(w, 2);
    world_run_for(w, 100 * SIM_MILLISECOND);
    assert_int_equal(world_count_sockets(w, w->server, TCP_SYN_RECEIVED), 1);
    assert_int_equal(host_get_stats(w->sim, w->server)->listen_drops, 0);
    world_destroy(w);
}

static void test_a_reset_frees_its_place_in_the_syn_queue(void **state)
{
    (void)state;
    conn_id listener;
    struct world *w = silent_world(&listener, 10, 1);
    spoofed_syn(w, 1);
    world_inject(w, w->client, world_address(w, w->client), 1, w->server, PORT, TCP_RST, 501, 0);
    spoofed_syn(w, 2);
    world_run_for(w, 100 * SIM_MILLISECOND);
    assert_int_equal(world_count_sockets(w, w->server, TCP_SYN_RECEIVED), 1);
    assert_int_equal(host_get_stats(w->sim, w->server)->listen_drops, 0);
    assert_int_equal(world_count_rule(w, w->server, "rst_returns_to_listen"), 1);
    world_destroy(w);
}

static void test_live_hosts_behind_spoofed_addresses_empty_the_syn_queue(void **state)
{
    (void)state;
    struct world *w = world_create(NULL);
    world_listen(w, w->server, PORT, 4);
    for (uint16_t port = 1; port <= 4; port++) {
        spoofed_syn(w, port); /* the client knows nothing of it, and answers with RST */
    }
    world_run_until(w, 15 * SIM_MILLISECOND);
    assert_int_equal(world_count_sockets(w, w->server, TCP_SYN_RECEIVED), 4);
    world_run_until(w, 31 * SIM_MILLISECOND);
    assert_int_equal(world_count_sockets(w, w->server, TCP_SYN_RECEIVED), 0);
    world_destroy(w);
}

static void test_a_syn_that_comes_twice_makes_one_record_and_one_connection(void **state)
{
    (void)state;
    struct world *w = world_create(NULL);
    conn_id listener = world_listen(w, w->server, PORT, 0), conn;
    world_drop(w, w->server, TCP_SYN | TCP_ACK, 0, 1);
    conn_id client = world_connect(w, PORT, ANY_PORT);
    world_run_for(w, 5 * SIM_SECOND);
    world_expect_state(w, client, TCP_ESTABLISHED);
    assert_int_equal(host_get_stats(w->sim, w->server)->syn_queue_max, 1);
    assert_int_equal(world_count_sent(w, w->server, TCP_RST, 0), 0);
    (void)world_accept(w, listener);
    assert_int_equal(sock_accept(w->sim, listener, &conn), SIM_AGAIN);
    world_destroy(w);
}

/* ---- the end of a listener ------------------------------------------------------------------ */

static void test_closing_a_listener_resets_what_waits_and_forgets_what_is_half_open(void **state)
{
    (void)state;
    struct world *w = world_create(NULL);
    conn_id listener = world_listen(w, w->server, PORT, 2);
    conn_id first = world_connect(w, PORT, 1001), second = world_connect(w, PORT, 1002);
    world_run_for(w, SIM_SECOND);
    conn_id kept = world_accept(w, listener);
    spoofed_syn(w, 7);
    world_run_for(w, 12 * SIM_MILLISECOND);
    assert_int_equal(world_count_sockets(w, w->server, TCP_SYN_RECEIVED), 1);
    assert_int_equal(sock_close(w->sim, listener), SIM_OK);
    assert_int_equal(world_count_all_sockets(w, w->server), 1);
    world_run_for(w, 200 * SIM_SECOND);
    world_expect_state(w, kept, TCP_ESTABLISHED);
    world_expect_state(w, first, TCP_ESTABLISHED);
    assert_int_equal(sock_error(w->sim, second), SIM_RESET);
    assert_int_equal(sock_error(w->sim, world_connect(w, PORT, 1003)), SIM_OK);
    world_run_for(w, SIM_SECOND);
    assert_int_equal(world_count_sockets(w, w->client, TCP_ESTABLISHED), 1); /* 1003 was refused */
    conn_id again = world_listen(w, w->server, PORT, 0); /* the port is free again */
    assert_true(again != listener);
    world_destroy(w);
}

static void test_closing_one_listener_leaves_the_others_alone(void **state)
{
    (void)state;
    for (int closed = 0; closed < 3; closed++) {
        struct world *w = world_create(NULL);
        conn_id listeners[3];
        for (int i = 0; i < 3; i++) {
            listeners[i] = world_listen(w, w->server, (uint16_t)(PORT + i), 0);
        }
        for (int i = 0; i < 3; i++) {
            world_connect(w, (uint16_t)(PORT + i), (uint16_t)(1001 + i));
        }
        world_run_for(w, 12 * SIM_MILLISECOND); /* half-open, all three */
        assert_int_equal(sock_close(w->sim, listeners[closed]), SIM_OK);
        world_run_for(w, SIM_SECOND);
        for (int i = 0; i < 3; i++) {
            if (i != closed) {
                assert_int_equal(world_status(w, world_accept(w, listeners[i])).remote_port,
                                 1001 + i);
            }
        }
        assert_int_equal(world_count_sockets(w, w->server, TCP_LISTEN), 2);
        world_destroy(w);
    }
}

/* ---- simultaneous open ---------------------------------------------------------------------- */

static conn_id open_from(struct world *w, host_id from, host_id to)
{
    const struct connect_config config = { .destination = world_address(w, to),
                                           .port = 4444,
                                           .local_port = 4444 };
    conn_id conn;
    assert_int_equal(sock_connect(w->sim, from, &config, &conn), SIM_OK);
    return conn;
}

static void test_two_syns_that_cross_make_one_connection(void **state)
{
    (void)state;
    struct world *w = world_create(NULL);
    conn_id ours = open_from(w, w->client, w->server);
    conn_id theirs = open_from(w, w->server, w->client);
    world_run_for(w, SIM_SECOND);
    world_expect_state(w, ours, TCP_ESTABLISHED);
    world_expect_state(w, theirs, TCP_ESTABLISHED);
    assert_int_equal(world_count_entered(w, w->client, TCP_SYN_RECEIVED), 1);
    assert_int_equal(world_count_entered(w, w->server, TCP_SYN_RECEIVED), 1);
    assert_int_equal(world_count_app(w, w->client, APP_CONNECTED), 1);
    assert_int_equal(world_count_app(w, w->server, APP_CONNECTED), 1);
    assert_int_equal(world_count_sent(w, w->client, TCP_RST, 0), 0);
    assert_int_equal(host_get_stats(w->sim, w->server)->passive_opens, 0);
    assert_int_equal(host_get_stats(w->sim, w->server)->established, 1);
    world_send(w, ours, "crossed");
    world_send(w, theirs, "too");
    world_run_for(w, SIM_SECOND);
    world_expect_text(w, theirs, "crossed");
    world_expect_text(w, ours, "too");
    world_destroy(w);
}

static void test_a_simultaneous_open_survives_losses(void **state)
{
    (void)state;
    for (uint32_t lost = 1; lost <= 2; lost++) {
        for (int side = 0; side < 2; side++) {
            struct world *w = world_create(NULL);
            world_drop(w, side == 0 ? w->client : w->server, TCP_SYN, 0, lost);
            conn_id ours = open_from(w, w->client, w->server);
            conn_id theirs = open_from(w, w->server, w->client);
            world_run_for(w, 10 * SIM_SECOND);
            world_expect_state(w, ours, TCP_ESTABLISHED);
            world_expect_state(w, theirs, TCP_ESTABLISHED);
            world_destroy(w);
        }
    }
}

/* ---- other handshakes ----------------------------------------------------------------------- */

static void test_a_four_message_open_makes_a_connection_that_works(void **state)
{
    (void)state;
    struct world_config config = world_defaults();
    config.client.tcp.handshake = config.server.tcp.handshake = TCP_FOUR_WAY;
    struct world *w = world_create(&config);
    struct pair p = world_pair(w, PORT);
    assert_int_equal(world_count_sent(w, w->client, 0, 0) + world_count_sent(w, w->server, 0, 0),
                     4);
    world_send(w, p.client, "one");
    world_send(w, p.server, "two");
    world_run_for(w, SIM_SECOND);
    world_expect_text(w, p.server, "one");
    world_expect_text(w, p.client, "two");
    world_destroy(w);
}

static void test_a_two_way_open_lets_the_server_speak_first_and_at_once(void **state)
{
    (void)state;
    struct world_config config = world_defaults();
    config.server.tcp.handshake = TCP_TWO_WAY;
    struct world *w = world_create(&config);
    conn_id listener = world_listen(w, w->server, PORT, 0);
    conn_id client = world_connect(w, PORT, ANY_PORT);
    world_run_for(w, 11 * SIM_MILLISECOND);
    conn_id server = world_accept(w, listener); /* after half a round trip */
    world_expect_state(w, server, TCP_ESTABLISHED);
    world_send(w, server, "hello");
    world_run_for(w, SIM_SECOND);
    world_expect_text(w, client, "hello");
    world_send(w, client, "yes?");
    world_run_for(w, SIM_SECOND);
    world_expect_text(w, server, "yes?");
    world_destroy(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_port_is_listened_on_once),
        cmocka_unit_test(test_listening_refuses_what_makes_no_sense),
        cmocka_unit_test(test_a_listener_takes_connections_of_its_address_only),
        cmocka_unit_test(test_connecting_refuses_what_makes_no_sense),
        cmocka_unit_test(test_a_connection_speaks_from_an_address_of_its_host),
        cmocka_unit_test(test_a_host_without_an_address_of_the_family_has_no_route),
        cmocka_unit_test(test_the_same_four_numbers_are_one_connection),
        cmocka_unit_test(test_nobody_listening_means_refused),
        cmocka_unit_test(test_a_refused_connection_says_so_to_every_call),
        cmocka_unit_test(test_a_handshake_takes_one_round_trip_and_shows_both_isns),
        cmocka_unit_test(test_isns_come_from_the_list_and_then_grow_with_the_clock),
        cmocka_unit_test(test_isns_depend_on_the_seed),
        cmocka_unit_test(test_every_ephemeral_port_is_used_before_there_are_none),
        cmocka_unit_test(test_one_ephemeral_port_is_enough_for_one_connection),
        cmocka_unit_test(test_a_range_of_ports_that_ends_before_it_begins_is_refused),
        cmocka_unit_test(test_time_wait_keeps_a_port_for_2_msl),
        cmocka_unit_test(test_connections_are_accepted_in_the_order_in_which_they_completed),
        cmocka_unit_test(test_accepting_from_a_connection_is_invalid),
        cmocka_unit_test(
            test_a_full_accept_queue_leaves_the_client_established_and_the_server_half_open),
        cmocka_unit_test(test_data_for_a_full_accept_queue_is_delivered_once_there_is_room),
        cmocka_unit_test(test_a_handshake_may_begin_while_the_accept_queue_is_full),
        cmocka_unit_test(test_a_two_way_listener_drops_syns_while_its_accept_queue_is_full),
        cmocka_unit_test(test_abort_on_overflow_resets_the_client),
        cmocka_unit_test(test_a_connection_that_is_reset_leaves_the_accept_queue),
        cmocka_unit_test(test_a_connection_may_have_come_and_gone_before_it_is_accepted),
        cmocka_unit_test(test_a_full_syn_queue_drops_syns),
        cmocka_unit_test(test_a_timeout_frees_its_place_in_the_syn_queue),
        cmocka_unit_test(test_a_reset_frees_its_place_in_the_syn_queue),
        cmocka_unit_test(test_live_hosts_behind_spoofed_addresses_empty_the_syn_queue),
        cmocka_unit_test(test_a_syn_that_comes_twice_makes_one_record_and_one_connection),
        cmocka_unit_test(test_closing_a_listener_resets_what_waits_and_forgets_what_is_half_open),
        cmocka_unit_test(test_closing_one_listener_leaves_the_others_alone),
        cmocka_unit_test(test_two_syns_that_cross_make_one_connection),
        cmocka_unit_test(test_a_simultaneous_open_survives_losses),
        cmocka_unit_test(test_a_four_message_open_makes_a_connection_that_works),
        cmocka_unit_test(test_a_two_way_open_lets_the_server_speak_first_and_at_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
