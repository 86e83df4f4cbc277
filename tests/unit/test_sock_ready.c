/* Being told: ready functions run as events of their own, and may do anything. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/support/world_fixture.h"

enum { PORT = 80, TOLD_MAX = 64 };

/* What a socket was told, in order. */
struct log {
    struct {
        conn_id conn;
        unsigned events;
        sim_time_t time;
    } told[TOLD_MAX];
    size_t count;
    unsigned all;
};

static void keep(struct sim *sim, void *context, conn_id conn, unsigned events)
{
    struct log *log = context;
    assert_true(log->count < TOLD_MAX);
    assert_int_not_equal(events, 0);
    log->told[log->count].conn = conn;
    log->told[log->count].events = events;
    log->told[log->count].time = sim_now(sim);
    log->count++;
    log->all |= events;
}

static void listen_to(struct world *w, conn_id conn, struct log *log)
{
    assert_int_equal(sock_set_ready(w->sim, conn, keep, log), SIM_OK);
}

static void test_each_event_is_told_when_it_happens(void **state)
{
    (void)state;
    struct world *w = world_create(NULL);
    struct log client = { .count = 0 }, listener = { .count = 0 }, server = { .count = 0 };
    conn_id at = world_listen(w, w->server, PORT, 0);
    listen_to(w, at, &listener);
    conn_id conn = world_connect(w, PORT, 0);
    listen_to(w, conn, &client);
    world_run_until(w, 25 * SIM_MILLISECOND);
    assert_int_equal(client.count, 1);
    assert_int_equal(client.told[0].events, SOCK_CONNECTED);
    assert_int_equal(client.told[0].time, 20 * SIM_MILLISECOND);
    world_run_until(w, 100 * SIM_MILLISECOND);
    assert_int_equal(listener.count, 1);
    assert_int_equal(listener.told[0].events, SOCK_ACCEPTABLE);
    assert_int_equal(listener.told[0].time, 30 * SIM_MILLISECOND);
    assert_true(listener.told[0].conn == at);
    conn_id accepted = world_accept(w, at);
    listen_to(w, accepted, &server);
    world_send(w, conn, "x");
    world_run_for(w, SIM_SECOND);
    assert_int_equal(server.count, 1);
    assert_int_equal(server.told[0].events, SOCK_READABLE);
    assert_int_equal(client.count, 2);
    assert_int_equal(client.told[1].events, SOCK_DRAINED);
    world_expect_text(w, accepted, "x");
    assert_int_equal(sock_shutdown(w->sim, conn), SIM_OK);
    world_run_for(w, SIM_SECOND);
    assert_int_equal(server.told[1].events, SOCK_READABLE);
    assert_int_equal(sock_shutdown(w->sim, accepted), SIM_OK);
    world_run_for(w, SIM_SECOND);
    assert_int_equal(server.told[2].events, SOCK_CLOSED);
    assert_int_equal(client.told[2].events, SOCK_READABLE | SOCK_CLOSED);
    world_run(w);
    assert_int_equal(server.count, 3);
    world_destroy(w);
}

static void test_nothing_is_told_from_inside_a_call(void **state)
{
    (void)state;
    struct world_config config = world_defaults();
    config.forward.delay = config.backward.delay = 0;
    struct world *w = world_create(&config);
    struct log client = { .count = 0 };
    world_listen(w, w->server, PORT, 0);
    conn_id conn = world_connect(w, PORT, 0);
    world_run(w);
    listen_to(w, conn,
              &client); /* CONNECTED came before, but sock_set_ready tells nothing itself */
    assert_int_equal(client.count, 0);
    world_run(w);
    assert_int_equal(client.count, 1);
    assert_int_equal(client.told[0].events, SOCK_CONNECTED);
    assert_int_equal(client.told[0].time, 0);
    world_destroy(w);
}

static void test_what_came_before_is_told_to_whoever_asks_late(void **state)
{
    (void)state;
    struct world *w = world_create(NULL);
    struct pair p = world_pair(w, PORT);
    world_send(w, p.client, "early");
    assert_int_equal(sock_close(w->sim, p.client), SIM_OK);
    world_run_for(w, SIM_SECOND);
    struct log server = { .count = 0 };
    listen_to(w, p.server, &server);
    world_run_for(w, 0);
    assert_int_equal(server.count, 1);
    assert_int_equal(server.told[0].events, SOCK_READABLE);
    listen_to(w, p.server, &server); /* told once */
    world_run_for(w, SIM_SECOND);
    assert_int_equal(server.count, 1);
    world_destroy(w);
}

static void test_nobody_is_told_after_ready_was_taken_away(void **state)
{
    (void)state;
    struct world *w = world_create(NULL);
    struct pair p = world_pair(w, PORT);
    struct log server = { .count = 0 }, other = { .count = 0 };
    listen_to(w, p.server, &server);
    world_send(w, p.client, "x");
    const struct sim_limits limits = { .max_events = 1 };
    while (sock_readable_bytes(w->sim, p.server) == 0) {
        (void)sim_run(w->sim, &limits);
    }
    assert_int_equal(server.count, 0); /* it would be told by the next event */
    assert_int_equal(sock_set_ready(w->sim, p.server, NULL, NULL), SIM_OK);
    world_run_for(w, SIM_SECOND);
    assert_int_equal(server.count, 0);
    listen_to(w, p.server, &other);
    world_run_for(w, SIM_SECOND);
    assert_int_equal(other.count, 1);
    assert_int_equal(other.told[0].events, SOCK_READABLE);
    world_destroy(w);
}

static void test_an_accepted_connection_starts_with_nobody_to_tell(void **state)
{
    (void)state;
    struct world *w = world_create(NULL);
    struct pair p = world_pair(w, PORT);
    struct log listener = { .count = 0 };
    listen_to(w, p.listener, &listener);
    world_send(w, p.client, "x");
    world_run_for(w, SIM_SECOND);
    listener.all &= ~(unsigned)SOCK_ACCEPTABLE;
    assert_int_equal(listener.all, 0);
    world_destroy(w);
}

static void test_a_closed_handle_is_told_nothing(void **state)
{
    (void)state;
    struct world *w = world_create(NULL);
    struct pair p = world_pair(w, PORT);
    struct log client = { .count = 0 };
    world_run_for(w, SIM_SECOND);
    listen_to(w, p.client, &client);
    world_run_for(w, 0);
    client.count = 0;
    assert_int_equal(sock_close(w->sim, p.client), SIM_OK);
    assert_int_equal(sock_abort(w->sim, p.server), SIM_OK);
    world_run(w);
    assert_int_equal(client.count, 0);
    world_destroy(w);
}

static void test_the_reason_comes_with_closed(void **state)
{
    (void)state;
    struct world *w = world_create(NULL);
    struct pair p = world_pair(w, PORT);
    const struct app_plan plan = { .bytes = 0 };
    struct app *client = world_adopt(w, w->client, p.client, &plan);
    assert_int_equal(sock_abort(w->sim, p.server), SIM_OK);
    world_run(w);
    assert_true(client->closed);
    assert_int_equal(client->error, SIM_RESET);
    assert_int_equal(world_count_app(w, w->client, APP_ERROR), 1);
    world_destroy(w);
}

/* ---- ready functions that act --------------------------------------------------------------- */

enum { MANY = 8 };

struct gang {
    struct world *w;
    conn_id conns[MANY];
    int told[MANY];
    int victim_offset; /* when told, end the conn this far behind */
    bool abort;
};

static void end_another(struct sim *sim, void *context, conn_id conn, unsigned events)
{
    (void)events;
    struct gang *gang = context;
    for (int i = 0; i < MANY; i++) {
        if (gang->conns[i] == conn) {
            gang->told[i]++;
            int victim = (i + gang->victim_offset) % MANY;
            conn_id other = gang->conns[victim];
            gang->conns[victim] = 0;
            if (other != 0 && gang->abort) {
                assert_int_equal(sock_abort(sim, other), SIM_OK);
            } else if (other != 0) {
                assert_int_equal(sock_close(sim, other), SIM_OK);
            }
            return;
        }
    }
    fail_msg("a socket was told after its handle was given up");
}

/* All become ready at once, and each ends another (or itself) that waits to be told. */
static void test_a_ready_function_may_end_sockets_that_are_about_to_be_told(void **state)
{
    (void)state;
    for (int offset = 0; offset < MANY; offset++) {
        for (int abort = 0; abort < 2; abort++) {
            struct world *w = world_create(NULL);
            struct gang gang = { .w = w, .victim_offset = offset, .abort = abort };
            conn_id listener = world_listen(w, w->server, PORT, 0);
            for (int i = 0; i < MANY; i++) {
                gang.conns[i] = world_connect(w, PORT, 0);
                assert_int_equal(sock_set_ready(w->sim, gang.conns[i], end_another, &gang), SIM_OK);
            }
            world_run_for(w, 25 * SIM_MILLISECOND);
            int told = 0;
            for (int i = 0; i < MANY; i++) {
                told += gang.told[i];
                assert_true(gang.told[i] <= 1);
            }
            /* Whoever was told ended one that was not told yet, or itself; by the end of the ring
             * some had ended those that were told already. */
            assert_int_equal(gang.told[0], 1);
            assert_true(told >= MANY / 2 && told <= MANY);
            world_run_for(w, SIM_SECOND);
            assert_int_equal(sock_close(w->sim, listener), SIM_OK);
            world_run(w);
            world_destroy(w);
        }
    }
}

static void crash_own_host(struct sim *sim, void *context, conn_id conn, unsigned events)
{
    struct world *w = context;
    (void)conn;
    (void)events;
    host_crash(sim, w->client);
}

static void test_a_ready_function_may_crash_its_own_host(void **state)
{
    (void)state;
    struct world *w = world_create(NULL);
    world_listen(w, w->server, PORT, 0);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(sock_set_ready(w->sim, world_connect(w, PORT, 0), crash_own_host, w),
                         SIM_OK);
    }
    world_run(w);
    assert_int_equal(world_count_all_sockets(w, w->client), 0);
    world_destroy(w);
}

static void close_listener(struct sim *sim, void *context, conn_id listener, unsigned events)
{
    conn_id *accepted = context;
    (void)events;
    assert_int_equal(sock_accept(sim, listener, accepted), SIM_OK);
    assert_int_equal(sock_close(sim, listener), SIM_OK);
}

static void test_a_listener_may_close_itself_when_told(void **state)
{
    (void)state;
    struct world *w = world_create(NULL);
    conn_id listener = world_listen(w, w->server, PORT, 0), accepted = 0;
    assert_int_equal(sock_set_ready(w->sim, listener, close_listener, &accepted), SIM_OK);
    conn_id first = world_connect(w, PORT, 0), second = world_connect(w, PORT, 0);
    world_run_for(w, 5 * SIM_SECOND);
    world_expect_state(w, first, TCP_ESTABLISHED);
    world_expect_state(w, accepted, TCP_ESTABLISHED);
    world_expect_state(w, second, TCP_CLOSED);
    world_destroy(w);
}

struct chain {
    struct world *w;
    int left;
};

static void connect_again(struct sim *sim, void *context, conn_id conn, unsigned events)
{
    struct chain *chain = context;
    assert_int_equal(events, SOCK_CLOSED);
    assert_int_equal(sock_error(sim, conn), SIM_REFUSED);
    assert_int_equal(sock_close(sim, conn), SIM_OK);
    if (--chain->left > 0) {
        conn_id next = world_connect(chain->w, PORT, 0);
        assert_int_equal(sock_set_ready(sim, next, connect_again, chain), SIM_OK);
    }
}

static void test_a_ready_function_may_open_the_next_connection(void **state)
{
    (void)state;
    struct world *w = world_create(NULL);
    struct chain chain = { w, 50 };
    conn_id first = world_connect(w, PORT, 0);
    assert_int_equal(sock_set_ready(w->sim, first, connect_again, &chain), SIM_OK);
    world_run(w);
    assert_int_equal(chain.left, 0);
    assert_int_equal(sim_now(w->sim), 50 * RTT_MS * SIM_MILLISECOND);
    world_destroy(w);
}

static void test_ready_functions_of_one_host_run_in_the_order_of_what_happened(void **state)
{
    (void)state;
    struct world *w = world_create(NULL);
    struct log log = { .count = 0 };
    conn_id listener = world_listen(w, w->server, PORT, 0), conns[5];
    for (int i = 0; i < 5; i++) {
        conns[i] = world_connect(w, PORT, 0);
    }
    world_run_for(w, SIM_SECOND);
    for (int i = 0; i < 5; i++) {
        assert_int_equal(sock_set_ready(w->sim, conns[i], keep, &log), SIM_OK);
    }
    world_run_for(w, 0);
    assert_int_equal(log.count, 5);
    log.count = 0;
    static const int order[] = { 3, 0, 4, 1, 2 };
    conn_id servers[5];
    for (int i = 0; i < 5; i++) {
        servers[i] = world_accept(w, listener);
    }
    for (int i = 0; i < 5; i++) {
        world_send(w, servers[order[i]], "x");
    }
    world_run_for(w, SIM_SECOND);
    assert_int_equal(log.count, 5);
    for (int i = 0; i < 5; i++) {
        assert_true(log.told[i].conn == conns[order[i]]);
    }
    world_destroy(w);
}

/* ---- packet rules that act ------------------------------------------------------------------ */

struct saboteur {
    struct world *w;
    conn_id victim; /* ended when the first data segment enters the link */
    int how;        /* 0: abort, 1: close, 2: crash the host */
    int acted;
};

static bool sabotage(struct sim *sim, void *context, const struct packet *packet,
                     struct packet_action *action)
{
    struct saboteur *saboteur = context;
    (void)action;
    if (packet->tcp.payload.length > 0 && saboteur->acted++ == 0) {
        if (saboteur->how == 0) {
            assert_int_equal(sock_abort(sim, saboteur->victim), SIM_OK);
        } else if (saboteur->how == 1) {
            assert_int_equal(sock_close(sim, saboteur->victim), SIM_OK);
        } else {
            host_crash(sim, saboteur->w->client);
        }
    }
    return false;
}

/* The rule's function runs while the connection sends: it must not pull the floor away. */
static void test_a_packet_rule_may_end_the_connection_that_is_sending(void **state)
{
    (void)state;
    for (int how = 0; how < 3; how++) {
        struct world *w = world_create(NULL);
        struct pair p = world_pair(w, PORT);
        struct saboteur saboteur = { .w = w, .victim = p.client, .how = how };
        const struct packet_match any = packet_match_any();
        const struct packet_action call = { .kind = ACTION_CALL,
                                            .call = sabotage,
                                            .context = &saboteur };
        match_id rule;
        assert_int_equal(link_add_rule(w->sim, w->link, &any, &call, NULL, &rule), SIM_OK);
        uint64_t accepted;
        (void)sock_send_generated(w->sim, p.client, 50000, &accepted);
        world_run_for(w, SIM_SECOND);
        assert_true(saboteur.acted >= 1);
        assert_int_equal(sock_close(w->sim, p.client), SIM_BAD_HANDLE);
        (void)sock_abort(w->sim, p.server);
        world_run(w);
        assert_int_equal(world_count_all_sockets(w, w->client), 0);
        world_destroy(w);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_event_is_told_when_it_happens),
        cmocka_unit_test(test_nothing_is_told_from_inside_a_call),
        cmocka_unit_test(test_what_came_before_is_told_to_whoever_asks_late),
        cmocka_unit_test(test_nobody_is_told_after_ready_was_taken_away),
        cmocka_unit_test(test_an_accepted_connection_starts_with_nobody_to_tell),
        cmocka_unit_test(test_a_closed_handle_is_told_nothing),
        cmocka_unit_test(test_the_reason_comes_with_closed),
        cmocka_unit_test(test_a_ready_function_may_end_sockets_that_are_about_to_be_told),
        cmocka_unit_test(test_a_ready_function_may_crash_its_own_host),
        cmocka_unit_test(test_a_listener_may_close_itself_when_told),
        cmocka_unit_test(test_a_ready_function_may_open_the_next_connection),
        cmocka_unit_test(test_ready_functions_of_one_host_run_in_the_order_of_what_happened),
        cmocka_unit_test(test_a_packet_rule_may_end_the_connection_that_is_sending),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
