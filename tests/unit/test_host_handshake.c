/* Handshakes that go wrong: lost segments, and old ones that come back.
 *
 * Timing by RFC 6298 with an initial timeout of 1 s; old duplicates by RFC 9293 3.5. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/support/world_fixture.h"

enum { PORT = 80 };

/* ---- lost segments -------------------------------------------------------------------------- */

static void test_a_syn_that_is_lost_n_times_connects_after_the_next_try(void **state)
{
    (void)state;
    static const sim_time_t seconds[] = { 0, 1, 3, 7, 15, 31, 63 };
    for (uint32_t lost = 0; lost <= 6; lost++) {
        struct world *w = world_create(NULL);
        for (uint32_t i = 0; i < lost; i++) {
            world_drop(w, w->client, TCP_SYN, 0, 1); /* each rule counts what the others let pass */
        }
        world_listen(w, w->server, PORT, 0);
        const struct app_plan plan = { .bytes = 0 };
        struct app *client = world_client(w, PORT, &plan);
        world_run(w);
        assert_true(client->connected);
        assert_int_equal(client->connected_at,
                         seconds[lost] * SIM_SECOND + RTT_MS * SIM_MILLISECOND);
        assert_int_equal(host_get_stats(w->sim, w->client)->retransmitted_syn, lost);
        assert_int_equal(host_get_stats(w->sim, w->client)->timeouts, lost);
        /* RFC 6298 5.7: 3 s once data starts */
        assert_int_equal(world_status(w, client->conn).rto, (lost == 0 ? 1 : 3) * SIM_SECOND);
        world_destroy(w);
    }
}

static void test_a_client_gives_up_after_127_seconds(void **state)
{
    (void)state;
    struct world *w = world_create(NULL);
    link_set_up(w->sim, w->link, false);
    const struct app_plan plan = { .bytes = 5 };
    struct app *client = world_client(w, PORT, &plan);
    world_run(w);
    assert_true(client->closed);
    assert_int_equal(client->closed_at, 127 * SIM_SECOND);
    assert_int_equal(client->error, SIM_TIMED_OUT);
    static const sim_time_t seconds[] = { 0, 1, 3, 7, 15, 31, 63 };
    for (size_t i = 0; i < 7; i++) {
        assert_int_equal(world_sent(w, w->client, TCP_SYN, 0, i)->time, seconds[i] * SIM_SECOND);
        assert_int_equal(world_sent(w, w->client, TCP_SYN, 0, i)->seq, CLIENT_ISS);
    }
    assert_int_equal(world_count_sent(w, w->client, 0, 0), 7);
    assert_int_equal(host_get_stats(w->sim, w->client)->failed_attempts, 1);
    world_destroy(w);
}

static void test_a_lost_syn_ack_is_sent_again_and_one_connection_is_accepted(void **state)
{
    (void)state;
    struct world *w = world_create(NULL);
    world_drop(w, w->server, TCP_SYN | TCP_ACK, 0, 1);
    const struct app_plan plan = { .bytes = 0 };
    struct app *server = world_serve(w, w->server, PORT, &plan);
    struct app *client = world_client(w, PORT, &plan);
    world_run(w);
    assert_true(client->connected);
    assert_int_equal(server->accepted, 1);
    assert_true(client->connected_at < 2 * SIM_SECOND);
    assert_int_equal(world_count_entered(w, w->server, TCP_SYN_RECEIVED), 1);
    world_destroy(w);
}

static void test_data_completes_a_handshake_whose_last_ack_is_lost(void **state)
{
    (void)state;
    struct world *w = world_create(NULL);
    world_drop(w, w->client, TCP_ACK, TCP_SYN | TCP_PSH, 1);
    const struct app_plan server_plan = { .close_at_eof = true };
    const struct app_plan plan = { .bytes = 100, .end = END_CLOSE };
    world_serve(w, w->server, PORT, &server_plan);
    world_client(w, PORT, &plan);
    world_run(w);
    struct app *server = world_accepted(w, w->server, 0);
    assert_int_equal(server->read, 100);
    assert_int_equal(world_entered(w, w->server, TCP_ESTABLISHED, 0)->time,
                     3 * ONE_WAY_MS * SIM_MILLISECOND); /* no time was lost */
    assert_int_equal(host_get_stats(w->sim, w->server)->retransmitted_syn_ack, 0);
    world_destroy(w);
}

static void test_a_silent_client_whose_last_ack_is_lost_is_heard_after_the_syn_ack_timer(
    void **state)
{
    (void)state;
    struct world *w = world_create(NULL);
    world_drop(w, w->client, TCP_ACK, TCP_SYN, 1);
    const struct app_plan server_plan = { .bytes = 50, .end = END_CLOSE };
    const struct app_plan plan = { .close_at_eof = true };
    world_serve(w, w->server, PORT, &server_plan);
    struct app *client = world_client(w, PORT, &plan);
    world_run(w);
    assert_int_equal(client->read, 50);
    assert_int_equal(world_entered(w, w->server, TCP_ESTABLISHED, 0)->time,
                     SIM_SECOND + 3 * ONE_WAY_MS * SIM_MILLISECOND);
    assert_int_equal(host_get_stats(w->sim, w->server)->retransmitted_syn_ack, 1);
    world_destroy(w);
}

static void test_a_server_that_gave_up_resets_the_client_that_speaks_late(void **state)
{
    (void)state;
    struct world *w = world_create(NULL);
    world_drop(w, w->client, TCP_ACK, TCP_SYN | TCP_PSH, 0); /* every bare ACK */
    world_listen(w, w->server, PORT, 0);
    conn_id client = world_connect(w, PORT, 0);
    world_run_until(w, 64 * SIM_SECOND);
    world_expect_state(w, client, TCP_ESTABLISHED);
    assert_int_equal(world_count_sent(w, w->server, TCP_SYN | TCP_ACK, 0), 6);
    assert_int_equal(world_count_sockets(w, w->server, TCP_SYN_RECEIVED), 0);
    assert_int_equal(world_count_sent(w, w->server, TCP_RST, 0), 0);
    world_send(w, client, "too late");
    world_run_for(w, SIM_SECOND);
    assert_int_equal(sock_error(w->sim, client), SIM_RESET);
    world_destroy(w);
}

static void test_a_fin_may_complete_the_handshake(void **state)
{
    (void)state;
    struct world *w = world_create(NULL);
    world_drop(w, w->client, TCP_ACK, TCP_SYN | TCP_FIN, 1);
    const struct app_plan server_plan = { .close_at_eof = true };
    const struct app_plan plan = { .end = END_CLOSE };
    world_serve(w, w->server, PORT, &server_plan);
    world_client(w, PORT, &plan);
    world_run(w);
    assert_true(world_accepted(w, w->server, 0)->eof);
    assert_int_equal(world_count_sent(w, w->server, TCP_RST, 0), 0);
    assert_int_equal(world_count_all_sockets(w, w->server), 1);
    world_destroy(w);
}

static void test_data_is_given_up_after_its_retries(void **state)
{
    (void)state;
    struct world_config config = world_defaults();
    config.client.tcp.data_retries = 3;
    struct world *w = world_create(&config);
    struct pair p = world_pair(w, PORT);
    sim_time_t start = sim_now(w->sim);
    link_set_up(w->sim, w->link, false);
    world_send(w, p.client, "hello?");
    world_run(w);
    assert_int_equal(sock_error(w->sim, p.client), SIM_TIMED_OUT);
    assert_int_equal(world_entered(w, w->client, TCP_CLOSED, 0)->time - start, 15 * SIM_SECOND);
    assert_int_equal(host_get_stats(w->sim, w->client)->retransmitted_data, 3);
    assert_int_equal(host_get_stats(w->sim, w->client)->established_resets, 1);
    world_destroy(w);
}

static void test_the_user_timeout_ends_a_connection_that_makes_no_progress(void **state)
{
    (void)state;
    struct world_config config = world_defaults();
    config.client.tcp.user_timeout = 10 * SIM_SECOND;
    struct world *w = world_create(&config);
    struct pair p = world_pair(w, PORT);
    sim_time_t start = sim_now(w->sim);
    link_set_up(w->sim, w->link, false);
    world_send(w, p.client, "hello?");
    world_run(w);
    assert_int_equal(sock_error(w->sim, p.client), SIM_TIMED_OUT);
    assert_int_equal(world_entered(w, w->client, TCP_CLOSED, 0)->time - start, 10 * SIM_SECOND);
    world_destroy(w);
}

/* ---- old duplicates ------------------------------------------------------------------------- */

/* A client opens, says something, is heard, and aborts. Copies of its SYN and of its data arrive
 * three seconds later. ISNs 7000 and 9000 at the server. */
static struct world *haunted_world(enum tcp_handshake handshake, bool with_data, bool rst_is_lost)
{
    struct world_config config = world_defaults();
    config.server.tcp.handshake = handshake;
    config.server.iss[1] = 9000;
    config.server.iss_count = 2;
    struct world *w = world_create(&config);
    world_copy(w, w->client, TCP_SYN, 0, 1, 3 * SIM_SECOND);
    if (with_data) {
        world_copy(w, w->client, TCP_PSH, 0, 1, 3 * SIM_SECOND);
    }
    const struct app_plan server = { .close_at_eof = true };
    world_serve(w, w->server, PORT, &server);
    conn_id client = world_connect(w, PORT, 1234);
    const struct app_plan plan = { .bytes = 12 };
    struct app *app = world_adopt(w, w->client, client, &plan);
    world_run_for(w, SIM_SECOND);
    assert_int_equal(world_accepted(w, w->server, 0)->read, 12);
    assert_int_equal(sock_abort(w->sim, app->conn), SIM_OK);
    app->conn = 0;
    world_run_for(w, SIM_SECOND);
    assert_int_equal(world_count_all_sockets(w, w->server), 1);
    if (rst_is_lost) {
        world_drop(w, w->client, TCP_RST, 0, 0);
    }
    world_run_for(w, 10 * SIM_SECOND);
    return w;
}

static void test_a_three_way_handshake_tells_an_old_syn_from_a_new_one(void **state)
{
    (void)state;
    struct world *w = haunted_world(TCP_THREE_WAY, false, false);
    assert_int_equal(world_count_entered(w, w->server, TCP_SYN_RECEIVED), 2);
    assert_int_equal(host_get_stats(w->sim, w->server)->accepted, 1);
    assert_int_equal(world_count_all_sockets(w, w->server), 1);
    sim_time_t born = world_entered(w, w->server, TCP_SYN_RECEIVED, 1)->time;
    sim_time_t died = world_entered(w, w->server, TCP_LISTEN, 0)->time;
    assert_int_equal(died - born, RTT_MS * SIM_MILLISECOND);
    world_destroy(w);
}

static void test_a_two_way_handshake_believes_an_old_syn(void **state)
{
    (void)state;
    struct world *w = haunted_world(TCP_TWO_WAY, false, false);
    assert_int_equal(host_get_stats(w->sim, w->server)->accepted, 2);
    assert_int_equal(world_accepted(w, w->server, 1)->error, SIM_RESET); /* a phantom */
    world_destroy(w);
}

static void test_a_phantom_lives_on_when_nobody_contradicts(void **state)
{
    (void)state;
    struct world *w = haunted_world(TCP_TWO_WAY, false, true);
    assert_int_equal(world_count_sockets(w, w->server, TCP_ESTABLISHED), 1);
    world_destroy(w);
}

static void test_two_way_delivers_old_data_twice(void **state)
{
    (void)state;
    struct world *w = haunted_world(TCP_TWO_WAY, true, false);
    const struct host_stats *stats = host_get_stats(w->sim, w->server);
    assert_int_equal(stats->bytes_delivered, 24);
    assert_int_equal(stats->foreign_bytes_delivered, 12);
    assert_int_equal(world_accepted(w, w->server, 1)->read, 12);
    world_destroy(w);
}

static void test_three_way_delivers_no_old_data(void **state)
{
    (void)state;
    struct world *w = haunted_world(TCP_THREE_WAY, true, false);
    const struct host_stats *stats = host_get_stats(w->sim, w->server);
    assert_int_equal(stats->bytes_delivered, 12);
    assert_int_equal(stats->foreign_bytes_delivered, 0);
    assert_int_equal(stats->accepted, 1);
    assert_int_equal(world_count_rule(w, w->server, "wrong_handshake_ack"), 1);
    assert_int_equal(world_count_all_sockets(w, w->server), 1);
    world_destroy(w);
}

static void test_four_way_delivers_no_old_data(void **state)
{
    (void)state;
    struct world_config config = world_defaults();
    config.client.tcp.handshake = config.server.tcp.handshake = TCP_FOUR_WAY;
    struct world *w = world_create(&config);
    struct pair p = world_pair(w, PORT);
    assert_int_equal(sock_abort(w->sim, p.client), SIM_OK);
    world_run_for(w, SIM_SECOND);
    uint16_t port = world_sent(w, w->client, TCP_SYN, 0, 0)->source_port;
    world_inject(w, w->client, world_address(w, w->client), port, w->server, PORT, TCP_SYN,
                 CLIENT_ISS, 0);
    world_run_for(w, SIM_SECOND);
    assert_int_equal(world_count_all_sockets(w, w->server), 1);
    assert_int_equal(host_get_stats(w->sim, w->server)->established, 1);
    world_destroy(w);
}

/* RFC 9293 3.5 figure 8. */
static void test_an_old_syn_that_overtakes_a_new_one_only_costs_a_reset(void **state)
{
    (void)state;
    struct world *w = world_create(NULL);
    world_listen(w, w->server, PORT, 0);
    world_inject(w, w->client, world_address(w, w->client), 1234, w->server, PORT, TCP_SYN, 90, 0);
    conn_id client = world_connect(w, PORT, 1234);
    world_run_for(w, 10 * SIM_SECOND);
    world_expect_state(w, client, TCP_ESTABLISHED);
    assert_int_equal(world_sent(w, w->client, TCP_RST, 0, 0)->seq, 91);
    assert_int_equal(world_count_entered(w, w->client, TCP_SYN_SENT), 1);
    assert_int_equal(host_get_stats(w->sim, w->server)->established, 1);
    world_destroy(w);
}

/* ---- old segments of the same four numbers -------------------------------------------------- */

/* Two incarnations of one connection; data of the first comes 5 s late, inside the second's window.
 * What stands between is TIME-WAIT. */
static struct world *reincarnated_world(bool time_wait)
{
    struct world_config config = world_defaults();
    config.client.iss[1] = CLIENT_ISS; /* the worst case: the same sequence numbers again */
    config.client.iss_count = 2;
    config.server.iss[1] = SERVER_ISS;
    config.server.iss_count = 2;
    if (!time_wait) {
        rule_set_add(&config.client.tcp.rules_off, rule_find("time_wait"));
    }
    struct world *w = world_create(&config);
    world_copy(w, w->client, TCP_PSH, 0, 1, 5 * SIM_SECOND);
    const struct app_plan server = { .close_at_eof = true };
    const struct app_plan client = { .bytes = 100, .end = END_CLOSE };
    const struct connect_config tuple = { .destination = world_address(w, w->server),
                                          .port = PORT,
                                          .local_port = 1234 };
    world_serve(w, w->server, PORT, &server);
    world_start(w, w->client, &tuple, &client);
    world_run_for(w, time_wait ? 62 * SIM_SECOND : SIM_SECOND);
    conn_id again;
    assert_int_equal(sock_connect(w->sim, w->client, &tuple, &again), SIM_OK);
    world_run_for(w, 10 * SIM_SECOND);
    world_send(w, again, "new");
    world_run_for(w, 10 * SIM_SECOND);
    return w;
}

static void test_without_time_wait_old_data_enters_the_next_incarnation(void **state)
{
    (void)state;
    struct world *w = reincarnated_world(false);
    assert_true(host_get_stats(w->sim, w->server)->foreign_bytes_delivered >= 100);
    world_destroy(w);
}

static void test_after_2_msl_no_old_data_is_left(void **state)
{
    (void)state;
    struct world *w = reincarnated_world(true);
    assert_int_equal(host_get_stats(w->sim, w->server)->foreign_bytes_delivered, 0);
    assert_int_equal(host_get_stats(w->sim, w->server)->bytes_delivered, 103);
    world_destroy(w);
}

/* I8: the server's SYN-RECEIVED and the client's TIME-WAIT each find the other's ACK outside the
 * window, and must not answer each other for ever. */
static void test_an_old_syn_and_time_wait_do_not_storm(void **state)
{
    (void)state;
    struct world *w = world_create(NULL);
    world_copy(w, w->client, TCP_SYN, TCP_ACK, 1, 5 * SIM_SECOND);
    world_serve(w, w->server, 80, &(struct app_plan){ .close_at_eof = true });
    world_client(w, 80, &(struct app_plan){ .bytes = 100000, .end = END_SHUTDOWN });
    world_run_until(w, 4 * SIM_SECOND);
    assert_int_equal(world_count_entered(w, w->client, TCP_TIME_WAIT), 1);
    uint64_t before = host_get_stats(w->sim, w->client)->segments_sent;
    world_run(w);
    uint64_t after = host_get_stats(w->sim, w->client)->segments_sent;
    assert_true(after - before > 0);
    assert_true(after - before < 200); /* 55 s of TIME-WAIT, two a second */
    world_destroy(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_syn_that_is_lost_n_times_connects_after_the_next_try),
        cmocka_unit_test(test_a_client_gives_up_after_127_seconds),
        cmocka_unit_test(test_a_lost_syn_ack_is_sent_again_and_one_connection_is_accepted),
        cmocka_unit_test(test_data_completes_a_handshake_whose_last_ack_is_lost),
        cmocka_unit_test(
            test_a_silent_client_whose_last_ack_is_lost_is_heard_after_the_syn_ack_timer),
        cmocka_unit_test(test_a_server_that_gave_up_resets_the_client_that_speaks_late),
        cmocka_unit_test(test_a_fin_may_complete_the_handshake),
        cmocka_unit_test(test_data_is_given_up_after_its_retries),
        cmocka_unit_test(test_the_user_timeout_ends_a_connection_that_makes_no_progress),
        cmocka_unit_test(test_a_three_way_handshake_tells_an_old_syn_from_a_new_one),
        cmocka_unit_test(test_a_two_way_handshake_believes_an_old_syn),
        cmocka_unit_test(test_a_phantom_lives_on_when_nobody_contradicts),
        cmocka_unit_test(test_two_way_delivers_old_data_twice),
        cmocka_unit_test(test_three_way_delivers_no_old_data),
        cmocka_unit_test(test_four_way_delivers_no_old_data),
        cmocka_unit_test(test_an_old_syn_that_overtakes_a_new_one_only_costs_a_reset),
        cmocka_unit_test(test_without_time_wait_old_data_enters_the_next_incarnation),
        cmocka_unit_test(test_after_2_msl_no_old_data_is_left),
        cmocka_unit_test(test_an_old_syn_and_time_wait_do_not_storm),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
