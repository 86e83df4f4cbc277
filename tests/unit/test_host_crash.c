/* Power failures: a host forgets everything, and its peers find out (RFC 9293 3.5.1). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/support/world_fixture.h"

enum { PORT = 80 };

static void test_a_crash_forgets_everything_and_says_nothing(void **state)
{
    (void)state;
    struct world *w = world_create(NULL);
    struct pair p = world_pair(w, PORT);
    conn_id half_open = world_connect(w, PORT, 0);
    world_run_for(w, 12 * SIM_MILLISECOND);
    assert_int_equal(world_count_all_sockets(w, w->server), 3);
    size_t sent = world_count_sent(w, w->server, 0, 0);
    host_crash(w->sim, w->server);
    assert_int_equal(world_count_all_sockets(w, w->server), 0);
    assert_int_equal(sock_close(w->sim, p.server), SIM_BAD_HANDLE);
    assert_int_equal(sock_close(w->sim, p.listener), SIM_BAD_HANDLE);
    assert_int_equal(world_count_sent(w, w->server, 0, 0), sent);
    world_run_for(w, 5 * SIM_SECOND);
    world_expect_state(w, p.client, TCP_ESTABLISHED); /* it has nothing to say, and knows nothing */
    assert_int_equal(sock_error(w->sim, half_open), SIM_RESET);
    (void)world_listen(w, w->server, PORT, 0); /* the port is free */
    world_destroy(w);
}

static void test_sockets_that_had_ended_are_stale_too(void **state)
{
    (void)state;
    struct world *w = world_create(NULL);
    struct pair p = world_pair(w, PORT);
    assert_int_equal(sock_abort(w->sim, p.server), SIM_OK);
    world_run_for(w, SIM_SECOND);
    world_expect_state(w, p.client, TCP_CLOSED);
    host_crash(w->sim, w->client);
    assert_int_equal(sock_close(w->sim, p.client), SIM_BAD_HANDLE);
    world_destroy(w);
}

static void never(struct sim *sim, void *context, conn_id conn, unsigned events)
{
    (void)sim;
    (void)context;
    (void)conn;
    (void)events;
    fail_msg("an application outlived its host");
}

static void test_nobody_is_told_anything_after_a_crash(void **state)
{
    (void)state;
    struct world *w = world_create(NULL);
    struct pair p = world_pair(w, PORT);
    assert_int_equal(sock_set_ready(w->sim, p.client, NULL, NULL), SIM_OK);
    assert_int_equal(sock_abort(w->sim, p.server), SIM_OK);
    world_run_for(w, SIM_SECOND);
    assert_int_equal(sock_set_ready(w->sim, p.client, never, NULL), SIM_OK); /* CLOSED is pending */
    host_crash(w->sim, w->client);
    world_run(w);
    world_destroy(w);
}

static void test_a_peer_that_speaks_to_a_crashed_host_is_reset(void **state)
{
    (void)state;
    struct world *w = world_create(NULL);
    struct pair p = world_pair(w, PORT);
    host_crash(w->sim, w->server);
    world_send(w, p.client, "are you there?");
    world_run_for(w, SIM_SECOND);
    assert_int_equal(sock_error(w->sim, p.client), SIM_RESET);
    assert_int_equal(host_get_stats(w->sim, w->server)->no_port, 1);
    assert_int_equal(host_get_stats(w->sim, w->client)->established_resets, 1);
    world_destroy(w);
}

/* Figure 9: the crashed end opens again; its SYN is answered with an ACK, which it refuses. */
static void test_a_half_open_connection_is_discovered_by_the_next_syn(void **state)
{
    (void)state;
    struct world *w = world_create(NULL);
    const struct app_plan server_plan = { .close_at_eof = true };
    struct app *listener = world_serve(w, w->server, PORT, &server_plan);
    conn_id before = world_connect(w, PORT, 1234);
    world_run_for(w, SIM_SECOND);
    host_crash(w->sim, w->client);
    assert_int_equal(sock_error(w->sim, before), SIM_BAD_HANDLE);
    conn_id after = world_connect(w, PORT, 1234);
    world_run_for(w, 5 * SIM_SECOND);
    assert_int_equal(world_count_rule(w, w->client, "syn_sent_refuses_ack"), 1);
    assert_int_equal(world_accepted(w, w->server, 0)->error, SIM_RESET);
    world_expect_state(w, after, TCP_ESTABLISHED);
    assert_int_equal(listener->accepted, 2);
    assert_int_equal(world_count_sent(w, w->client, TCP_SYN, 0), 3); /* 1 before; 1 in vain */
    world_destroy(w);
}

static void test_both_ends_may_crash(void **state)
{
    (void)state;
    struct world *w = world_create(NULL);
    struct pair p = world_pair(w, PORT);
    world_send(w, p.client, "in flight");
    host_crash(w->sim, w->client);
    host_crash(w->sim, w->server);
    host_crash(w->sim, w->server); /* once more, with nothing left to forget */
    world_run(w);
    assert_int_equal(world_count_sent(w, w->server, TCP_RST, 0), 1);
    assert_int_equal(world_count_sent(w, w->client, TCP_RST, 0), 0); /* RST does not answer RST */
    assert_int_equal(sock_close(w->sim, p.client), SIM_BAD_HANDLE);
    world_destroy(w);
}

static void crash_host(struct sim *sim, void *context, uint64_t argument)
{
    (void)context;
    host_crash(sim, (host_id)argument);
}

/* Whatever is going on, a crash leaves a world that works and comes to rest. */
static void test_a_crash_at_any_moment_of_a_connection_leaves_a_sound_world(void **state)
{
    (void)state;
    for (int victim = 1; victim <= 2; victim++) {
        for (int plan = 0; plan < 3; plan++) {
            for (sim_time_t ms = 0; ms < 140; ms += 3) {
                struct world_config config = world_defaults();
                config.client.tcp.fin_wait_2_timeout = SIM_MINUTE;
                config.server.tcp.fin_wait_2_timeout = SIM_MINUTE;
                config.unobserved = true;
                struct world *w = world_create(&config);
                const struct app_plan server = { .bytes = plan == 1 ? 20000 : 0,
                                                 .end = END_SHUTDOWN,
                                                 .close_at_eof = true };
                const struct app_plan client = { .bytes = 30000,
                                                 .end = plan == 2 ? END_CLOSE : END_SHUTDOWN,
                                                 .close_at_eof = true };
                world_serve(w, w->server, PORT, &server);
                for (int i = 0; i < 3; i++) {
                    world_client(w, PORT, &client);
                }
                sim_call_at(w->sim, ms * SIM_MILLISECOND, crash_host, NULL, (uint64_t)victim);
                world_run(w);
                for (size_t i = 0; i < w->app_count; i++) { /* who waits for the dead stops */
                    if (w->apps[i]->child.bytes == 0 && w->apps[i]->conn != 0) {
                        (void)sock_abort(w->sim, w->apps[i]->conn);
                        w->apps[i]->conn = 0;
                    }
                }
                world_run(w);
                assert_int_equal(world_count_all_sockets(w, w->client), 0);
                assert_true(world_count_all_sockets(w, w->server) <= 1);
                assert_int_equal(host_get_stats(w->sim, w->server)->foreign_bytes_delivered, 0);
                world_destroy(w);
            }
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_crash_forgets_everything_and_says_nothing),
        cmocka_unit_test(test_sockets_that_had_ended_are_stale_too),
        cmocka_unit_test(test_nobody_is_told_anything_after_a_crash),
        cmocka_unit_test(test_a_peer_that_speaks_to_a_crashed_host_is_reset),
        cmocka_unit_test(test_a_half_open_connection_is_discovered_by_the_next_syn),
        cmocka_unit_test(test_both_ends_may_crash),
        cmocka_unit_test(test_a_crash_at_any_moment_of_a_connection_leaves_a_sound_world),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
