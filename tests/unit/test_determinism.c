/* A run is a function of its scenario, its options and its seed, and of nothing else. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/support/world_fixture.h"

#include <stdlib.h>
#include <string.h>

enum { PORT = 80, CLIENTS = 6 };

/* ---- a world with a bit of everything ------------------------------------------------------- */

static void crash_client(struct sim *sim, void *context, uint64_t argument)
{
    const struct world *w = context;
    (void)argument;
    host_crash(sim, w->client);
}

static struct world *busy_world(const struct sim_config *sim, bool unobserved)
{
    struct world_config config = world_defaults();
    config.sim = *sim;
    config.unobserved = unobserved;
    config.path = PATH_ROUTERS;
    config.forward = config.backward =
        (struct link_params){ .delay = 4 * SIM_MILLISECOND,
                              .jitter = 3 * SIM_MILLISECOND,
                              .rate_bps = 20000000,
                              .loss_ppm = 30000,
                              .corrupt_ppm = 20000,
                              .duplicate_ppm = 30000,
                              .duplicate_delay = 20 * SIM_MILLISECOND,
                              .reorder_ppm = 30000,
                              .reorder_delay = 9 * SIM_MILLISECOND,
                              .queue_packets = 30 };
    config.client.iss_count = 0;
    config.server.iss_count = 0;
    struct world *w = world_create(&config);
    const struct app_plan echo = { .echo = true, .end = END_CLOSE };
    world_serve(w, w->server, PORT, &echo);
    for (uint32_t i = 0; i < CLIENTS; i++) {
        w->ipv6 = i % 2 == 0;
        const struct app_plan plan = { .bytes = 9000 + 4000 * i,
                                       .end = i % 3 == 2 ? END_ABORT : END_SHUTDOWN,
                                       .close_at_eof = true };
        world_client(w, PORT, &plan);
    }
    sim_call_at(w->sim, 400 * SIM_MILLISECOND, crash_client, w, 0);
    return w;
}

/* What a run came to. */
struct outcome {
    uint64_t digest, events;
    sim_time_t end;
    size_t facts;
    struct host_stats client, server;
};

static struct outcome outcome_of(const struct world *w)
{
    return (struct outcome){ .digest = w->digest,
                             .events = sim_event_count(w->sim),
                             .end = sim_now(w->sim),
                             .facts = w->fact_count,
                             .client = *host_get_stats(w->sim, w->client),
                             .server = *host_get_stats(w->sim, w->server) };
}

/* Every client that waits for an answer from before the crash is stale; the server gives up. */
static struct outcome run_busy(const struct sim_config *sim, bool unobserved)
{
    struct world *w = busy_world(sim, unobserved);
    world_run(w);
    struct outcome outcome = outcome_of(w);
    world_destroy(w);
    return outcome;
}

static void expect_same_run(const struct outcome *a, const struct outcome *b)
{
    assert_int_equal(a->events, b->events);
    assert_int_equal(a->end, b->end);
    assert_memory_equal(&a->client, &b->client, sizeof a->client);
    assert_memory_equal(&a->server, &b->server, sizeof a->server);
}

static void test_the_same_seed_tells_the_same_facts(void **state)
{
    (void)state;
    for (uint64_t seed = 0; seed < 20; seed++) {
        const struct sim_config config = { .seed = seed };
        struct outcome first = run_busy(&config, false), again = run_busy(&config, false);
        expect_same_run(&first, &again);
        assert_true(first.facts > 500);
        assert_int_equal(first.facts, again.facts);
        assert_true(first.digest == again.digest);
    }
}

static void test_another_seed_tells_other_facts(void **state)
{
    (void)state;
    uint64_t before = 0;
    for (uint64_t seed = 0; seed < 20; seed++) {
        const struct sim_config config = { .seed = seed };
        struct outcome outcome = run_busy(&config, false);
        assert_true(outcome.digest != before);
        before = outcome.digest;
    }
}

static void look_away(void *context, const struct sim *sim, const struct sim_fact *fact)
{
    (void)sim;
    (void)fact;
    (*(uint64_t *)context)++;
}

static void test_observers_change_nothing(void **state)
{
    (void)state;
    for (uint64_t seed = 0; seed < 10; seed++) {
        const struct sim_config config = { .seed = seed };
        struct outcome seen = run_busy(&config, false), unseen = run_busy(&config, true);
        expect_same_run(&seen, &unseen);
        assert_int_equal(unseen.facts, 0);
        struct world *w = busy_world(&config, false);
        uint64_t facts[3] = { 0 };
        for (int i = 0; i < 3; i++) {
            assert_int_equal(sim_observe(w->sim, look_away, &facts[i]), SIM_OK);
        }
        world_run(w);
        struct outcome crowded = outcome_of(w);
        expect_same_run(&seen, &crowded);
        assert_true(seen.digest == crowded.digest);
        assert_int_equal(facts[0], facts[2]);
        world_destroy(w);
    }
}

static void test_the_wire_form_changes_nothing(void **state)
{
    (void)state;
    for (uint64_t seed = 0; seed < 10; seed++) {
        const struct sim_config config = { .seed = seed };
        const struct sim_config wire = { .seed = seed, .wire = true };
        struct outcome parsed = run_busy(&config, false), encoded = run_busy(&wire, false);
        expect_same_run(&parsed, &encoded);
        assert_true(parsed.digest == encoded.digest);
    }
}

static void test_a_run_in_small_steps_is_the_same_run(void **state)
{
    (void)state;
    const struct sim_config config = { .seed = 5 };
    struct outcome whole = run_busy(&config, false);
    struct world *w = busy_world(&config, false);
    const struct sim_limits one = { .max_events = 1 };
    while (sim_run(w->sim, &one) == SIM_LIMIT) {
    }
    struct outcome steps = outcome_of(w);
    expect_same_run(&whole, &steps);
    assert_true(whole.digest == steps.digest);
    world_destroy(w);
    w = busy_world(&config, false);
    for (sim_time_t t = SIM_MILLISECOND; t < 5 * SIM_SECOND; t += 7 * SIM_MILLISECOND) {
        world_run_until(w, t);
    }
    world_run(w);
    struct outcome slices = outcome_of(w);
    slices.end = whole.end; /* the clock shows where the last slice ended */
    expect_same_run(&whole, &slices);
    assert_true(whole.digest == slices.digest);
    world_destroy(w);
}

/* ---- the tape ------------------------------------------------------------------------------- */

static void test_a_recorded_tape_replays_the_run(void **state)
{
    (void)state;
    for (uint64_t seed = 0; seed < 10; seed++) {
        const struct sim_config recording = { .seed = seed, .record_tape = true };
        struct world *w = busy_world(&recording, false);
        world_run(w);
        struct outcome recorded = outcome_of(w);
        size_t count;
        const struct tape_entry *tape = tape_recorded(w->sim, &count);
        assert_true(count > 100);
        /* Another seed: every outcome comes from the tape. */
        const struct sim_config replaying = {
            .seed = seed + 1000, .tape_mode = TAPE_REPLAY, .feed = tape, .feed_count = count
        };
        struct world *r = busy_world(&replaying, false);
        world_run(r);
        struct outcome replayed = outcome_of(r);
        expect_same_run(&recorded, &replayed);
        assert_true(recorded.digest == replayed.digest);
        assert_true(tape_divergence(r->sim) == SIZE_MAX);
        world_destroy(r);
        world_destroy(w);
    }
}

static void test_recording_changes_nothing(void **state)
{
    (void)state;
    const struct sim_config config = { .seed = 3 }, recording = { .seed = 3, .record_tape = true };
    struct outcome plain = run_busy(&config, false), recorded = run_busy(&recording, false);
    expect_same_run(&plain, &recorded);
    assert_true(plain.digest == recorded.digest);
}

static void test_a_tape_of_another_run_is_noticed(void **state)
{
    (void)state;
    const struct sim_config recording = { .seed = 1, .record_tape = true };
    struct world *w = busy_world(&recording, false);
    world_run(w);
    size_t count;
    const struct tape_entry *tape = tape_recorded(w->sim, &count);
    struct tape_entry *edited = malloc(count * sizeof *edited);
    assert_non_null(edited);
    memcpy(edited, tape, count * sizeof *edited);
    edited[count / 2].max++;
    const struct sim_config replaying = { .tape_mode = TAPE_REPLAY,
                                          .feed = edited,
                                          .feed_count = count };
    struct world *r = busy_world(&replaying, false);
    assert_int_equal(sim_run(r->sim, NULL), SIM_DIVERGED);
    assert_int_equal(tape_divergence(r->sim), count / 2);
    assert_int_equal(sim_run(r->sim, NULL), SIM_DIVERGED);
    world_destroy(r);
    free(edited);
    world_destroy(w);
}

static void test_an_empty_tape_is_a_world_where_nothing_unusual_happens(void **state)
{
    (void)state;
    const struct sim_config replaying = { .tape_mode = TAPE_REPLAY };
    struct world *w = busy_world(&replaying, false);
    world_run_until(w, 399 * SIM_MILLISECOND);
    assert_int_equal(host_get_stats(w->sim, w->client)->checksum_errors, 0);
    assert_int_equal(link_get_stats(w->sim, w->link, 0).copied, 0);
    world_destroy(w);
}

/* ---- two worlds in one process -------------------------------------------------------------- */

static void test_two_worlds_do_not_influence_each_other(void **state)
{
    (void)state;
    const struct sim_config left = { .seed = 8 }, right = { .seed = 9, .wire = true };
    struct outcome left_alone = run_busy(&left, false), right_alone = run_busy(&right, false);
    struct world *l = busy_world(&left, false), *r = busy_world(&right, false);
    const struct sim_limits few = { .max_events = 7 }, some = { .max_events = 11 };
    enum sim_status l_status = SIM_LIMIT, r_status = SIM_LIMIT;
    while (l_status == SIM_LIMIT || r_status == SIM_LIMIT) {
        l_status = sim_run(l->sim, &few);
        r_status = sim_run(r->sim, &some);
    }
    struct outcome l_outcome = outcome_of(l), r_outcome = outcome_of(r);
    expect_same_run(&left_alone, &l_outcome);
    expect_same_run(&right_alone, &r_outcome);
    assert_true(left_alone.digest == l_outcome.digest);
    assert_true(right_alone.digest == r_outcome.digest);
    world_destroy(l);
    world_destroy(r);
}

/* ---- limits --------------------------------------------------------------------------------- */

static void test_a_limit_on_events_ends_the_run_and_it_can_go_on(void **state)
{
    (void)state;
    const struct sim_config config = { .seed = 1 };
    struct world *w = busy_world(&config, true);
    const struct sim_limits limits = { .max_events = 10 };
    assert_int_equal(sim_run(w->sim, &limits), SIM_LIMIT);
    assert_int_equal(sim_event_count(w->sim), 10);
    assert_int_equal(sim_run(w->sim, &limits), SIM_LIMIT);
    assert_int_equal(sim_event_count(w->sim), 20);
    world_run(w);
    world_destroy(w);
}

static void stop_with(struct sim *sim, void *context, uint64_t argument)
{
    (void)context;
    sim_stop(sim, (enum sim_status)argument);
}

static void test_a_stopped_run_says_why_and_can_go_on(void **state)
{
    (void)state;
    const struct sim_config config = { .seed = 1 };
    struct outcome whole = run_busy(&config, false);
    struct world *w = busy_world(&config, false);
    sim_call_at(w->sim, 50 * SIM_MILLISECOND, stop_with, NULL, SIM_ABORTED);
    sim_call_at(w->sim, 50 * SIM_MILLISECOND, stop_with, NULL, SIM_OK);
    assert_int_equal(sim_run(w->sim, NULL), SIM_ABORTED);
    assert_int_equal(sim_now(w->sim), 50 * SIM_MILLISECOND);
    assert_int_equal(sim_run(w->sim, NULL), SIM_OK);
    assert_int_equal(sim_now(w->sim), 50 * SIM_MILLISECOND);
    world_run(w);
    assert_true(w->digest == whole.digest);
    world_destroy(w);
}

/* ---- out of memory -------------------------------------------------------------------------- */

static void try_everything(struct sim *sim, host_id host, struct ip_addr peer)
{
    static uint8_t bytes[3000];
    conn_id conn;
    size_t count;
    uint64_t generated;
    match_id rule;
    const struct listen_config listen = { .port = 99 };
    const struct connect_config connect = { .destination = peer, .port = PORT };
    const struct packet_match any = packet_match_any();
    const struct packet_action hold = { .kind = ACTION_HOLD };
    if (sock_listen(sim, host, &listen, &conn) == SIM_OK) {
        (void)sock_accept(sim, conn, &conn);
    }
    if (sock_connect(sim, host, &connect, &conn) == SIM_OK) {
        (void)sock_send(sim, conn, bytes, sizeof bytes, &count);
        (void)sock_send_generated(sim, conn, sizeof bytes, &generated);
        (void)sock_receive(sim, conn, bytes, sizeof bytes, &count);
        (void)sock_shutdown(sim, conn);
    }
    (void)sim_call_at(sim, sim_now(sim), stop_with, NULL, SIM_OK);
    if (link_count(sim) > 0) {
        (void)link_add_rule(sim, 1, &any, &hold, "held", &rule);
    }
}

static void take_all(struct sim *sim, void *context, conn_id listener, unsigned events)
{
    (void)context;
    (void)events;
    conn_id conn;
    size_t count;
    while (sock_accept(sim, listener, &conn) == SIM_OK) {
        (void)sock_send(sim, conn, "welcome", 7, &count);
        (void)sock_shutdown(sim, conn);
    }
}

static void expect_no_ruin(void *context, conn_id conn, const struct tcp_status *status)
{
    (void)context;
    (void)conn;
    assert_int_not_equal(status->state, TCP_CLOSED);
}

/* Build and run as far as memory goes. Returns whether it sufficed. */
static bool run_within(size_t limit_bytes)
{
    const struct sim_config config = { .seed = 1,
                                       .memory_limit_bytes = limit_bytes,
                                       .record_tape = true };
    const struct link_params rough = { .delay = SIM_MILLISECOND,
                                       .loss_ppm = 20000,
                                       .jitter = 5 * SIM_MILLISECOND };
    struct sim *sim = sim_create(&config);
    if (sim == NULL) {
        return false;
    }
    const struct host_config left = { .name = "left", .tcp = tcp_params_default() };
    const struct host_config right = { .name = "right", .tcp = tcp_params_default() };
    const struct listen_config listen = { .port = PORT };
    host_id a, b;
    link_id link;
    conn_id listener, conn;
    enum sim_status status = SIM_NO_MEMORY;
    if (host_create(sim, &left, &a) == SIM_OK && host_create(sim, &right, &b) == SIM_OK &&
        link_create(sim, a, b, &rough, &rough, &link) == SIM_OK &&
        sock_listen(sim, b, &listen, &listener) == SIM_OK) {
        (void)sock_set_ready(sim, listener, take_all, NULL);
        const struct connect_config connect = { .destination = *host_address(sim, b, 0),
                                                .port = PORT };
        uint64_t accepted;
        for (int i = 0; i < 12; i++) {
            if (sock_connect(sim, a, &connect, &conn) == SIM_OK) {
                (void)sock_send_generated(sim, conn, 20000, &accepted);
            }
        }
        const struct sim_limits limits = { .until = 20 * SIM_SECOND };
        status = sim_run(sim, &limits);
        assert_true(status == SIM_OK || status == SIM_NO_MEMORY);
        if (status == SIM_NO_MEMORY) {
            assert_int_equal(sim_run(sim, &limits), SIM_NO_MEMORY);
        }
        try_everything(sim, a, *host_address(sim, b, 0));
        host_each_socket(sim, a, expect_no_ruin, NULL);
        host_each_socket(sim, b, expect_no_ruin, NULL);
        host_crash(sim, b);
        try_everything(sim, b, *host_address(sim, a, 0));
        host_crash(sim, a);
        (void)sim_run(sim, &limits);
    }
    sim_destroy(sim);
    return status == SIM_OK;
}

static void test_running_out_of_memory_is_a_status_at_any_limit(void **state)
{
    (void)state;
    size_t sufficed = 0, failed = 0;
    for (size_t limit = 4096; limit <= 400000; limit += limit < 100000 ? 97 : 997) {
        bool enough = run_within(limit);
        sufficed += enough;
        failed += !enough;
    }
    assert_true(failed > 100);
    assert_true(sufficed > 10);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_same_seed_tells_the_same_facts),
        cmocka_unit_test(test_another_seed_tells_other_facts),
        cmocka_unit_test(test_observers_change_nothing),
        cmocka_unit_test(test_the_wire_form_changes_nothing),
        cmocka_unit_test(test_a_run_in_small_steps_is_the_same_run),
        cmocka_unit_test(test_a_recorded_tape_replays_the_run),
        cmocka_unit_test(test_recording_changes_nothing),
        cmocka_unit_test(test_a_tape_of_another_run_is_noticed),
        cmocka_unit_test(test_an_empty_tape_is_a_world_where_nothing_unusual_happens),
        cmocka_unit_test(test_two_worlds_do_not_influence_each_other),
        cmocka_unit_test(test_a_limit_on_events_ends_the_run_and_it_can_go_on),
        cmocka_unit_test(test_a_stopped_run_says_why_and_can_go_on),
        cmocka_unit_test(test_running_out_of_memory_is_a_status_at_any_limit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
