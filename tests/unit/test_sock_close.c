/* CLOSE and ABORT: half-closes, simultaneous closes, lost FINs, TIME-WAIT, stale handles. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/support/world_fixture.h"

enum { PORT = 80 };

/* ---- the ordinary close --------------------------------------------------------------------- */

static void test_the_end_that_closes_first_waits_and_the_other_does_not(void **state)
{
    (void)state;
    struct world *w = world_create(NULL);
    struct pair p = world_pair(w, PORT);
    sim_time_t start = sim_now(w->sim);
    assert_int_equal(sock_shutdown(w->sim, p.client), SIM_OK);
    world_expect_state(w, p.client, TCP_FIN_WAIT_1);
    world_run_for(w, SIM_SECOND);
    world_expect_state(w, p.client, TCP_FIN_WAIT_2);
    world_expect_state(w, p.server, TCP_CLOSE_WAIT);
    world_expect_nothing(w, p.server, SIM_EOF);
    assert_int_equal(sock_shutdown(w->sim, p.server), SIM_OK);
    world_expect_state(w, p.server, TCP_LAST_ACK);
    world_run_for(w, SIM_SECOND);
    world_expect_state(w, p.client, TCP_TIME_WAIT);
    world_expect_state(w, p.server, TCP_CLOSED);
    world_expect_nothing(w, p.client, SIM_EOF);
    assert_int_equal(sock_error(w->sim, p.client), SIM_OK);
    assert_int_equal(sock_error(w->sim, p.server), SIM_OK);
    world_run(w);
    world_expect_state(w, p.client, TCP_CLOSED);
    sim_time_t entered = world_entered(w, w->client, TCP_TIME_WAIT, 0)->time;
    assert_int_equal(entered, start + SIM_SECOND + ONE_WAY_MS * SIM_MILLISECOND);
    assert_int_equal(world_entered(w, w->client, TCP_CLOSED, 0)->time, entered + 60 * SIM_SECOND);
    assert_int_equal(world_count_entered(w, w->server, TCP_TIME_WAIT), 0);
    world_destroy(w);
}

static void test_time_wait_is_no_time_at_all_when_its_rule_is_off(void **state)
{
    (void)state;
    struct world_config config = world_defaults();
    rule_set_add(&config.client.tcp.rules_off, rule_find("time_wait"));
    struct world *w = world_create(&config);
    struct pair p = world_pair(w, PORT);
    assert_int_equal(sock_close(w->sim, p.client), SIM_OK);
    world_run_for(w, SIM_SECOND);
    assert_int_equal(sock_close(w->sim, p.server), SIM_OK);
    world_run_for(w, SIM_SECOND);
    assert_int_equal(world_count_all_sockets(w, w->client), 0);
    assert_int_equal(host_get_stats(w->sim, w->client)->time_waits, 1);
    assert_int_equal(world_count_all_sockets(w, w->server), 1);
    world_destroy(w);
}

static void test_half_closed_means_that_the_other_direction_goes_on(void **state)
{
    (void)state;
    struct world *w = world_create(NULL);
    const struct app_plan server = { .bytes = 1000000, .end = END_CLOSE };
    const struct app_plan client = { .bytes = 1, .end = END_SHUTDOWN, .close_at_eof = true };
    world_serve(w, w->server, PORT, &server);
    struct app *app = world_client(w, PORT, &client);
    world_run_for(w, 100 * SIM_MILLISECOND);
    world_expect_state(w, app->conn, TCP_FIN_WAIT_2);
    world_run(w);
    assert_int_equal(app->read, 1000000);
    assert_int_equal(app->wrong_bytes, 0);
    assert_true(app->eof);
    assert_int_equal(world_count_sent(w, w->client, TCP_RST, 0), 0);
    world_destroy(w);
}

static void test_what_was_written_goes_before_the_fin(void **state)
{
    (void)state;
    struct world *w = world_create(NULL);
    struct pair p = world_pair(w, PORT);
    world_send(w, p.client, "first this");
    assert_int_equal(sock_close(w->sim, p.client), SIM_OK);
    world_run_for(w, SIM_SECOND);
    world_expect_text(w, p.server, "first this");
    world_expect_nothing(w, p.server, SIM_EOF);
    world_destroy(w);
}

static void test_a_close_behind_a_closed_window_is_patient(void **state)
{
    (void)state;
    struct world_config config = world_defaults();
    config.server.tcp.receive_buffer_bytes = 3000;
    struct world *w = world_create(&config);
    struct pair p = world_pair(w, PORT);
    uint64_t accepted;
    assert_int_equal(sock_send_generated(w->sim, p.client, 3000, &accepted), SIM_OK);
    assert_int_equal(sock_close(w->sim, p.client), SIM_OK);
    world_run_for(w, 300 * SIM_SECOND);
    world_expect_state(w, p.server, TCP_ESTABLISHED);
    assert_int_equal(sock_readable_bytes(w->sim, p.server), 3000);
    size_t got;
    assert_int_equal(sock_receive(w->sim, p.server, NULL, 3000, &got), SIM_OK);
    world_run_for(w, SIM_SECOND);
    world_expect_nothing(w, p.server, SIM_EOF);
    world_destroy(w);
}

static void test_a_fin_behind_a_closed_window_probes_it(void **state)
{
    (void)state;
    struct world_config config = world_defaults();
    config.server.tcp.receive_buffer_bytes = 3000;
    struct world *w = world_create(&config);
    struct pair p = world_pair(w, PORT);
    uint64_t accepted;
    assert_int_equal(sock_send_generated(w->sim, p.client, 3000, &accepted), SIM_OK);
    world_run_for(w, 10 * SIM_SECOND);
    assert_int_equal(world_status(w, p.client).snd_wnd, 0);
    assert_int_equal(sock_close(w->sim, p.client), SIM_OK);
    match_id lost = world_drop(w, w->server, TCP_ACK, 0, 1);
    size_t got;
    assert_int_equal(sock_receive(w->sim, p.server, NULL, 3000, &got), SIM_OK);
    world_run_for(w, 100 * SIM_SECOND);
    assert_int_equal(link_rule_hits(w->sim, lost), 1); /* the news of the open window */
    world_expect_nothing(w, p.server, SIM_EOF);
    world_destroy(w);
}

/* ---- crossing and losing -------------------------------------------------------------------- */

static void test_closes_that_cross_lead_through_closing_to_two_time_waits(void **state)
{
    (void)state;
    struct world *w = world_create(NULL);
    struct pair p = world_pair(w, PORT);
    assert_int_equal(sock_close(w->sim, p.client), SIM_OK);
    assert_int_equal(sock_close(w->sim, p.server), SIM_OK);
    world_run(w);
    for (host_id host = w->client; host <= w->server; host++) {
        assert_int_equal(world_count_entered(w, host, TCP_CLOSING), 1);
        assert_int_equal(world_count_entered(w, host, TCP_TIME_WAIT), 1);
        assert_int_equal(host_get_stats(w->sim, host)->time_waits, 1);
        assert_int_equal(world_count_sent(w, host, TCP_RST, 0), 0);
    }
    assert_int_equal(world_count_all_sockets(w, w->client), 0);
    assert_int_equal(world_count_all_sockets(w, w->server), 1);
    world_destroy(w);
}

/* Lose the nth segment of one end after both closed in turn. */
static void test_a_close_survives_the_loss_of_any_segment(void **state)
{
    (void)state;
    for (int crossed = 0; crossed < 2; crossed++) {
        for (uint32_t lost = 1; lost <= 3; lost++) {
            for (int side = 0; side < 2; side++) {
                struct world *w = world_create(NULL);
                struct pair p = world_pair(w, PORT);
                world_drop(w, side == 0 ? w->client : w->server, 0, 0, lost);
                assert_int_equal(sock_shutdown(w->sim, p.client), SIM_OK);
                world_run_for(w, (crossed ? 1 : 5000) * SIM_MILLISECOND);
                assert_int_equal(sock_shutdown(w->sim, p.server), SIM_OK);
                world_run(w);
                world_expect_state(w, p.client, TCP_CLOSED);
                world_expect_state(w, p.server, TCP_CLOSED);
                assert_int_equal(sock_error(w->sim, p.client), SIM_OK);
                assert_int_equal(sock_error(w->sim, p.server), SIM_OK);
                assert_int_equal(world_count_sent(w, w->client, TCP_RST, 0), 0);
                assert_int_equal(world_count_sent(w, w->server, TCP_RST, 0), 0);
                world_destroy(w);
            }
        }
    }
}

static void test_a_fin_that_comes_again_restarts_time_wait(void **state)
{
    (void)state;
    struct world *w = world_create(NULL);
    struct pair p = world_pair(w, PORT);
    assert_int_equal(sock_close(w->sim, p.client), SIM_OK);
    world_run_for(w, SIM_SECOND);
    world_drop(w, w->client, TCP_ACK, 0, 1); /* the last ACK */
    assert_int_equal(sock_close(w->sim, p.server), SIM_OK);
    world_run(w);
    assert_int_equal(host_get_stats(w->sim, w->server)->retransmitted_fin, 1);
    assert_int_equal(world_count_rule(w, w->client, "time_wait_restart"), 1);
    assert_int_equal(world_count_sent(w, w->client, TCP_ACK, TCP_FIN | TCP_SYN), 3);
    sim_time_t entered = world_entered(w, w->client, TCP_TIME_WAIT, 0)->time;
    assert_int_equal(world_entered(w, w->client, TCP_CLOSED, 0)->time, entered + 61 * SIM_SECOND);
    assert_int_equal(world_count_sent(w, w->client, TCP_RST, 0), 0);
    world_destroy(w);
}

static void test_without_time_wait_a_lost_last_ack_ends_in_a_reset(void **state)
{
    (void)state;
    struct world_config config = world_defaults();
    rule_set_add(&config.client.tcp.rules_off, rule_find("time_wait"));
    struct world *w = world_create(&config);
    struct pair p = world_pair(w, PORT);
    assert_int_equal(sock_close(w->sim, p.client), SIM_OK);
    world_run_for(w, SIM_SECOND);
    world_drop(w, w->client, TCP_ACK, 0, 1);
    assert_int_equal(sock_shutdown(w->sim, p.server), SIM_OK);
    world_run(w);
    assert_int_equal(world_count_sent(w, w->client, TCP_RST, 0), 1);
    assert_int_equal(host_get_stats(w->sim, w->server)->rst_received, 1);
    world_expect_state(w, p.server, TCP_CLOSED);
    world_destroy(w);
}

static void test_a_peer_that_vanished_is_given_up_while_closing(void **state)
{
    (void)state;
    struct world *w = world_create(NULL);
    struct pair p = world_pair(w, PORT);
    link_set_up(w->sim, w->link, false);
    assert_int_equal(sock_shutdown(w->sim, p.client), SIM_OK);
    world_run(w);
    world_expect_state(w, p.client, TCP_CLOSED);
    assert_int_equal(sock_error(w->sim, p.client), SIM_TIMED_OUT);
    assert_int_equal(host_get_stats(w->sim, w->client)->retransmitted_fin, 15);
    world_expect_state(w, p.server, TCP_ESTABLISHED); /* nothing to send, nothing to notice */
    world_destroy(w);
}

static void test_a_closed_socket_may_wait_for_the_peer_for_a_limited_time_only(void **state)
{
    (void)state;
    struct world_config config = world_defaults();
    config.client.tcp.fin_wait_2_timeout = 20 * SIM_SECOND;
    struct world *w = world_create(&config);
    struct pair p = world_pair(w, PORT);
    assert_int_equal(sock_close(w->sim, p.client), SIM_OK);
    world_run(w);
    assert_int_equal(world_count_all_sockets(w, w->client), 0);
    assert_int_equal(world_count_rule(w, w->client, "fin_wait_2_timeout"), 1);
    world_expect_state(w, p.server, TCP_CLOSE_WAIT);
    world_destroy(w);
}

static void test_a_half_closed_socket_may_wait_for_ever(void **state)
{
    (void)state;
    struct world_config config = world_defaults();
    config.client.tcp.fin_wait_2_timeout = 20 * SIM_SECOND;
    struct world *w = world_create(&config);
    struct pair p = world_pair(w, PORT);
    assert_int_equal(sock_shutdown(w->sim, p.client), SIM_OK);
    world_run_for(w, 3600 * SIM_SECOND);
    world_expect_state(w, p.client, TCP_FIN_WAIT_2);
    assert_int_equal(sock_close(w->sim, p.client), SIM_OK); /* now nobody reads any more */
    world_run_for(w, 21 * SIM_SECOND);
    assert_int_equal(world_count_all_sockets(w, w->client), 0);
    (void)p;
    world_destroy(w);
}

/* ---- closing what nobody reads -------------------------------------------------------------- */

static void test_closing_with_unread_bytes_resets_the_peer(void **state)
{
    (void)state;
    struct world *w = world_create(NULL);
    struct pair p = world_pair(w, PORT);
    world_send(w, p.client, "never read");
    world_run_for(w, SIM_SECOND);
    assert_int_equal(sock_close(w->sim, p.server), SIM_OK);
    world_run_for(w, SIM_SECOND);
    assert_int_equal(sock_error(w->sim, p.client), SIM_RESET);
    assert_int_equal(world_count_sent(w, w->server, TCP_RST, 0), 1);
    assert_int_equal(world_count_all_sockets(w, w->server), 1);
    world_destroy(w);
}

static void test_data_for_a_closed_socket_is_answered_with_a_reset(void **state)
{
    (void)state;
    struct world *w = world_create(NULL);
    struct pair p = world_pair(w, PORT);
    assert_int_equal(sock_close(w->sim, p.server), SIM_OK);
    world_run_for(w, SIM_SECOND);
    world_expect_state(w, p.client, TCP_CLOSE_WAIT);
    world_send(w, p.client, "anybody?");
    world_run_for(w, SIM_SECOND);
    assert_int_equal(sock_error(w->sim, p.client), SIM_RESET);
    assert_int_equal(world_count_all_sockets(w, w->server), 1);
    assert_int_equal(host_get_stats(w->sim, w->server)->bytes_delivered, 0);
    world_destroy(w);
}

/* ---- abort ---------------------------------------------------------------------------------- */

static void test_an_abort_resets_the_peer_and_gives_the_handle_up(void **state)
{
    (void)state;
    struct world *w = world_create(NULL);
    struct pair p = world_pair(w, PORT);
    world_send(w, p.client, "lost with it");
    assert_int_equal(sock_abort(w->sim, p.client), SIM_OK);
    assert_int_equal(world_count_all_sockets(w, w->client), 0);
    assert_int_equal(sock_abort(w->sim, p.client), SIM_BAD_HANDLE);
    world_run_for(w, SIM_SECOND);
    assert_int_equal(sock_error(w->sim, p.server), SIM_RESET);
    assert_int_equal(world_count_sent(w, w->client, TCP_RST, 0), 1);
    world_destroy(w);
}

static void test_aborting_a_syn_says_nothing_until_the_answer_comes(void **state)
{
    (void)state;
    struct world *w = world_create(NULL);
    conn_id listener = world_listen(w, w->server, PORT, 0), conn;
    assert_int_equal(sock_abort(w->sim, world_connect(w, PORT, 0)), SIM_OK);
    assert_int_equal(sock_close(w->sim, world_connect(w, PORT, 0)), SIM_OK);
    assert_int_equal(world_count_sent(w, w->client, 0, 0), 2);
    world_run_for(w, SIM_SECOND);
    assert_int_equal(world_count_sent(w, w->client, TCP_RST, 0), 2); /* SYN-ACKs for nobody */
    assert_int_equal(sock_accept(w->sim, listener, &conn), SIM_AGAIN);
    assert_int_equal(world_count_all_sockets(w, w->server), 1);
    assert_int_equal(host_get_stats(w->sim, w->client)->failed_attempts, 2);
    assert_int_equal(host_get_stats(w->sim, w->server)->failed_attempts, 2);
    world_destroy(w);
}

/* The probe that was refused lies beyond the window; the RST must not. */
static void test_an_abort_behind_a_closed_window_reaches_the_peer(void **state)
{
    (void)state;
    struct world_config config = world_defaults();
    config.server.tcp.receive_buffer_bytes = 3000;
    struct world *w = world_create(&config);
    struct pair p = world_pair(w, PORT);
    uint64_t accepted;
    assert_int_equal(sock_send_generated(w->sim, p.client, 9000, &accepted), SIM_OK);
    world_run_for(w, 30 * SIM_SECOND);
    assert_int_equal(world_status(w, p.client).snd_wnd, 0);
    assert_int_equal(sock_abort(w->sim, p.client), SIM_OK);
    world_run_for(w, SIM_SECOND);
    assert_int_equal(sock_error(w->sim, p.server), SIM_RESET);
    world_destroy(w);
}

static void test_an_abort_in_any_state_leaves_nothing_behind(void **state)
{
    (void)state;
    for (int close_client = 0; close_client < 2; close_client++) {
        for (int close_server = 0; close_server < 2; close_server++) {
            for (sim_time_t after = 0; after <= 100; after += 5) {
                struct world *w = world_create(NULL);
                struct pair p = world_pair(w, PORT);
                if (close_client) {
                    assert_int_equal(sock_shutdown(w->sim, p.client), SIM_OK);
                }
                if (close_server) {
                    assert_int_equal(sock_shutdown(w->sim, p.server), SIM_OK);
                }
                world_run_for(w, after * SIM_MILLISECOND);
                assert_int_equal(sock_abort(w->sim, p.client), SIM_OK);
                assert_int_equal(world_count_all_sockets(w, w->client), 0);
                world_run_for(w, SIM_SECOND);
                bool at_once = !(close_client && close_server);
                if (at_once) {
                    world_expect_state(w, p.server, TCP_CLOSED);
                }
                world_run(w);
                assert_int_equal(sock_close(w->sim, p.server), SIM_OK);
                assert_int_equal(world_count_all_sockets(w, w->server), 1);
                world_destroy(w);
            }
        }
    }
}

/* ---- statuses ------------------------------------------------------------------------------- */

static void test_closing_twice_is_closing(void **state)
{
    (void)state;
    struct world *w = world_create(NULL);
    struct pair p = world_pair(w, PORT);
    size_t accepted;
    assert_int_equal(sock_shutdown(w->sim, p.client), SIM_OK);
    assert_int_equal(sock_shutdown(w->sim, p.client), SIM_CLOSING);
    assert_int_equal(sock_send(w->sim, p.client, "x", 1, &accepted), SIM_CLOSING);
    assert_int_equal(sock_writable_bytes(w->sim, p.client), 0);
    world_run_for(w, SIM_SECOND);
    assert_int_equal(sock_shutdown(w->sim, p.client), SIM_CLOSING);
    assert_int_equal(sock_shutdown(w->sim, p.server), SIM_OK);
    world_run_for(w, SIM_SECOND);
    world_expect_state(w, p.client, TCP_TIME_WAIT);
    assert_int_equal(sock_shutdown(w->sim, p.client), SIM_CLOSING);
    assert_int_equal(sock_send(w->sim, p.client, "x", 1, &accepted), SIM_CLOSING);
    world_expect_state(w, p.server, TCP_CLOSED);
    assert_int_equal(sock_shutdown(w->sim, p.server), SIM_NOT_CONNECTED);
    assert_int_equal(sock_send(w->sim, p.server, "x", 1, &accepted), SIM_NOT_CONNECTED);
    world_destroy(w);
}

static void expect_stale(struct world *w, conn_id conn)
{
    char byte;
    size_t count;
    uint64_t generated;
    assert_int_equal(sock_send(w->sim, conn, "x", 1, &count), SIM_BAD_HANDLE);
    assert_int_equal(sock_send_generated(w->sim, conn, 1, &generated), SIM_BAD_HANDLE);
    assert_int_equal(sock_receive(w->sim, conn, &byte, 1, &count), SIM_BAD_HANDLE);
    assert_int_equal(sock_shutdown(w->sim, conn), SIM_BAD_HANDLE);
    assert_int_equal(sock_close(w->sim, conn), SIM_BAD_HANDLE);
    assert_int_equal(sock_abort(w->sim, conn), SIM_BAD_HANDLE);
    assert_int_equal(sock_set_ready(w->sim, conn, NULL, NULL), SIM_BAD_HANDLE);
}

static void test_a_handle_is_stale_once_it_was_given_up(void **state)
{
    (void)state;
    struct world *w = world_create(NULL);
    struct pair p = world_pair(w, PORT);
    assert_int_equal(sock_close(w->sim, p.client), SIM_OK);
    expect_stale(w, p.client); /* though the connection lives on */
    assert_int_equal(world_count_sockets(w, w->client, TCP_FIN_WAIT_1), 1);
    assert_int_equal(sock_close(w->sim, p.server), SIM_OK);
    world_run(w);
    expect_stale(w, p.client);
    struct tcp_status status;
    assert_int_equal(sock_status(w->sim, p.client, &status), SIM_BAD_HANDLE);
    assert_int_equal(sock_error(w->sim, p.client), SIM_BAD_HANDLE);
    world_destroy(w);
}

static void test_a_stale_handle_is_not_the_next_connection_in_its_place(void **state)
{
    (void)state;
    struct world *w = world_create(NULL);
    conn_id first = world_connect(w, PORT, 0);
    assert_int_equal(sock_abort(w->sim, first), SIM_OK);
    conn_id second = world_connect(w, PORT, 0);
    assert_int_equal((uint32_t)first, (uint32_t)second); /* the same slot */
    expect_stale(w, first);
    assert_int_equal(sock_error(w->sim, second), SIM_OK);
    world_destroy(w);
}

/* ---- again ---------------------------------------------------------------------------------- */

static void test_the_same_ports_can_be_used_again_after_time_wait_and_not_before(void **state)
{
    (void)state;
    struct world *w = world_create(NULL);
    const struct app_plan server = { .close_at_eof = true };
    world_serve(w, w->server, PORT, &server);
    const struct connect_config config = { .destination = world_address(w, w->server),
                                           .port = PORT,
                                           .local_port = 3333 };
    const struct app_plan client = { .bytes = 5000, .end = END_CLOSE };
    for (size_t i = 0; i < 3; i++) {
        world_start(w, w->client, &config, &client);
        world_run_for(w, SIM_SECOND);
        conn_id conn;
        assert_int_equal(sock_connect(w->sim, w->client, &config, &conn), SIM_ADDRESS_IN_USE);
        world_run(w);
        assert_int_equal(world_accepted(w, w->server, i)->read, 5000);
        assert_int_equal(world_accepted(w, w->server, i)->wrong_bytes, 0);
    }
    assert_int_equal(host_get_stats(w->sim, w->server)->foreign_bytes_delivered, 0);
    world_destroy(w);
}

static void test_the_passive_closer_is_reachable_again_at_once(void **state)
{
    (void)state;
    struct world *w = world_create(NULL);
    struct pair p = world_pair(w, PORT); /* the server closes, so the server waits */
    assert_int_equal(sock_close(w->sim, p.server), SIM_OK);
    world_run_for(w, SIM_SECOND);
    uint16_t port = world_status(w, p.client).local_port;
    assert_int_equal(sock_close(w->sim, p.client), SIM_OK);
    world_run_for(w, SIM_SECOND);
    assert_int_equal(world_count_sockets(w, w->server, TCP_TIME_WAIT), 1);
    /* RFC 9293 3.10.7.4: the SYN gets an ACK, the ACK a RST, the RST ends TIME-WAIT, and the next
     * SYN is welcome. */
    conn_id again = world_connect(w, PORT, port);
    world_run_for(w, 2 * SIM_SECOND);
    world_expect_state(w, again, TCP_ESTABLISHED);
    assert_int_equal(host_get_stats(w->sim, w->client)->retransmitted_syn, 1);
    world_destroy(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_end_that_closes_first_waits_and_the_other_does_not),
        cmocka_unit_test(test_time_wait_is_no_time_at_all_when_its_rule_is_off),
        cmocka_unit_test(test_half_closed_means_that_the_other_direction_goes_on),
        cmocka_unit_test(test_what_was_written_goes_before_the_fin),
        cmocka_unit_test(test_a_close_behind_a_closed_window_is_patient),
        cmocka_unit_test(test_a_fin_behind_a_closed_window_probes_it),
        cmocka_unit_test(test_closes_that_cross_lead_through_closing_to_two_time_waits),
        cmocka_unit_test(test_a_close_survives_the_loss_of_any_segment),
        cmocka_unit_test(test_a_fin_that_comes_again_restarts_time_wait),
        cmocka_unit_test(test_without_time_wait_a_lost_last_ack_ends_in_a_reset),
        cmocka_unit_test(test_a_peer_that_vanished_is_given_up_while_closing),
        cmocka_unit_test(test_a_closed_socket_may_wait_for_the_peer_for_a_limited_time_only),
        cmocka_unit_test(test_a_half_closed_socket_may_wait_for_ever),
        cmocka_unit_test(test_closing_with_unread_bytes_resets_the_peer),
        cmocka_unit_test(test_data_for_a_closed_socket_is_answered_with_a_reset),
        cmocka_unit_test(test_an_abort_resets_the_peer_and_gives_the_handle_up),
        cmocka_unit_test(test_aborting_a_syn_says_nothing_until_the_answer_comes),
        cmocka_unit_test(test_an_abort_behind_a_closed_window_reaches_the_peer),
        cmocka_unit_test(test_an_abort_in_any_state_leaves_nothing_behind),
        cmocka_unit_test(test_closing_twice_is_closing),
        cmocka_unit_test(test_a_handle_is_stale_once_it_was_given_up),
        cmocka_unit_test(test_a_stale_handle_is_not_the_next_connection_in_its_place),
        cmocka_unit_test(test_the_same_ports_can_be_used_again_after_time_wait_and_not_before),
        cmocka_unit_test(test_the_passive_closer_is_reachable_again_at_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
