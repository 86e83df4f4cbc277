/* SEND and RECEIVE: every byte arrives once and in order, whatever the network does to packets, and
 * buffers and windows push back. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/support/world_fixture.h"

#include <stdio.h>
#include <string.h>

enum { PORT = 80, SEEDS = 12 };

static const struct app_plan reader = { .close_at_eof = true };

/* The plan of a client that writes so much, ends, and reads what comes back. */
static struct app_plan writer(uint64_t bytes)
{
    return (struct app_plan){ .bytes = bytes, .end = END_SHUTDOWN, .close_at_eof = true };
}

/* ---- plain ---------------------------------------------------------------------------------- */

static void test_bytes_written_are_read_at_the_other_end(void **state)
{
    (void)state;
    struct world *w = world_create(NULL);
    struct pair p = world_pair(w, PORT);
    world_send(w, p.client, "over there");
    world_run_for(w, SIM_SECOND);
    assert_int_equal(sock_readable_bytes(w->sim, p.server), 10);
    world_expect_text(w, p.server, "over there");
    world_expect_nothing(w, p.server, SIM_AGAIN);
    world_send(w, p.server, "and ");
    world_send(w, p.server, "back");
    world_run_for(w, SIM_SECOND);
    world_expect_text(w, p.client, "and back");
    assert_int_equal(sock_readable_bytes(w->sim, p.client), 0);
    world_destroy(w);
}

static void test_a_read_takes_no_more_than_it_has_room_for(void **state)
{
    (void)state;
    struct world *w = world_create(NULL);
    struct pair p = world_pair(w, PORT);
    world_send(w, p.client, "abcdefgh");
    world_run_for(w, SIM_SECOND);
    char buffer[8];
    size_t received;
    assert_int_equal(sock_receive(w->sim, p.server, buffer, 3, &received), SIM_OK);
    assert_int_equal(received, 3);
    assert_memory_equal(buffer, "abc", 3);
    assert_int_equal(sock_receive(w->sim, p.server, NULL, 2, &received), SIM_OK);
    assert_int_equal(received, 2);
    world_expect_text(w, p.server, "fgh");
    world_destroy(w);
}

static void test_generated_bytes_arrive_as_they_are_told_to_observers(void **state)
{
    (void)state;
    struct world *w = world_create(NULL);
    struct pair p = world_pair(w, PORT);
    uint64_t accepted;
    assert_int_equal(sock_send_generated(w->sim, p.client, 30, &accepted), SIM_OK);
    assert_int_equal(accepted, 30);
    world_run_for(w, SIM_SECOND);
    char buffer[31] = "";
    size_t received;
    assert_int_equal(sock_receive(w->sim, p.server, buffer, 30, &received), SIM_OK);
    assert_int_equal(received, 30);
    for (int i = 1; i < 30; i++) { /* letters that follow each other round the alphabet */
        assert_int_equal((buffer[i] - buffer[i - 1] + 26) % 26, 1);
    }
    world_destroy(w);
}

static void test_generated_and_literal_bytes_mix_in_one_stream(void **state)
{
    (void)state;
    struct world *w = world_create(NULL);
    struct pair p = world_pair(w, PORT);
    uint64_t accepted;
    world_send(w, p.client, "<");
    assert_int_equal(sock_send_generated(w->sim, p.client, 5000, &accepted), SIM_OK);
    world_send(w, p.client, ">");
    world_run_for(w, SIM_SECOND);
    char buffer[6000];
    size_t received;
    assert_int_equal(sock_receive(w->sim, p.server, buffer, sizeof buffer, &received), SIM_OK);
    assert_int_equal(received, 5002);
    assert_int_equal(buffer[0], '<');
    assert_int_equal(buffer[5001], '>');
    assert_true(buffer[5000] >= 'a' && buffer[5000] <= 'z');
    world_destroy(w);
}

static void test_bytes_written_before_the_handshake_is_over_follow_it(void **state)
{
    (void)state;
    struct world *w = world_create(NULL);
    conn_id listener = world_listen(w, w->server, PORT, 0);
    conn_id client = world_connect(w, PORT, 0);
    world_send(w, client, "early");
    assert_int_equal(world_count_sent(w, w->client, 0, 0), 1); /* the SYN carries none of it */
    world_run_for(w, SIM_SECOND);
    world_expect_text(w, world_accept(w, listener), "early");
    world_destroy(w);
}

static void test_data_is_there_before_the_connection_is_accepted(void **state)
{
    (void)state;
    struct world *w = world_create(NULL);
    conn_id listener = world_listen(w, w->server, PORT, 0);
    conn_id client = world_connect(w, PORT, 0);
    world_send(w, client, "patience");
    world_run_for(w, SIM_SECOND);
    assert_int_equal(host_get_stats(w->sim, w->server)->bytes_delivered, 8);
    world_expect_text(w, world_accept(w, listener), "patience");
    world_destroy(w);
}

/* ---- whatever the network does -------------------------------------------------------------- */

struct weather {
    const char *name;
    struct link_params link;
};

static const struct weather weathers[] = {
    { "fair", { .delay = 5 * SIM_MILLISECOND } },
    { "loss", { .delay = 5 * SIM_MILLISECOND, .loss_ppm = 100000 } },
    { "duplicates",
      { .delay = 5 * SIM_MILLISECOND,
        .duplicate_ppm = 300000,
        .duplicate_delay = 40 * SIM_MILLISECOND } },
    { "reordering",
      { .delay = 5 * SIM_MILLISECOND,
        .reorder_ppm = 200000,
        .reorder_delay = 15 * SIM_MILLISECOND } },
    { "jitter", { .delay = 5 * SIM_MILLISECOND, .jitter = 50 * SIM_MILLISECOND } },
    { "corruption", { .delay = 5 * SIM_MILLISECOND, .corrupt_ppm = 100000 } },
    { "bursts",
      { .delay = 5 * SIM_MILLISECOND,
        .burst = { .to_bad_ppm = 20000, .to_good_ppm = 200000, .bad_loss_ppm = 800000 } } },
    { "narrow", { .delay = 5 * SIM_MILLISECOND, .rate_bps = 2000000, .queue_packets = 5 } },
    { "small", { .delay = 5 * SIM_MILLISECOND, .mtu = 296, .loss_ppm = 30000 } },
    { "storm",
      { .delay = 5 * SIM_MILLISECOND,
        .rate_bps = 50000000,
        .jitter = 10 * SIM_MILLISECOND,
        .loss_ppm = 50000,
        .duplicate_ppm = 100000,
        .duplicate_delay = 100 * SIM_MILLISECOND,
        .reorder_ppm = 50000,
        .reorder_delay = 30 * SIM_MILLISECOND,
        .corrupt_ppm = 30000,
        .queue_packets = 20 } },
};

/* Both ends write at the same time. */
static void expect_intact(const struct weather *weather, uint64_t seed, enum world_path path,
                          bool ipv6)
{
    struct world_config config = world_defaults();
    config.sim.seed = seed;
    config.forward = weather->link;
    config.backward = weather->link;
    config.path = path;
    config.ipv6 = ipv6;
    config.unobserved = true;
    struct world *w = world_create(&config);
    const uint64_t there = 60000 + 1111 * seed, back = 20000 + 777 * seed;
    struct app_plan server_plan = writer(back), client_plan = writer(there);
    world_serve(w, w->server, PORT, &server_plan);
    struct app *client = world_client(w, PORT, &client_plan);
    world_run(w);
    struct app *server = world_accepted(w, w->server, 0);
    bool fine = server->read == there && client->read == back && server->wrong_bytes == 0 &&
                client->wrong_bytes == 0 && server->eof && client->eof;
    if (!fine) {
        print_error("%s, seed %d, path %d, ipv6 %d\n", weather->name, (int)seed, (int)path, ipv6);
    }
    assert_true(fine);
    assert_int_equal(client->error, SIM_OK);
    assert_int_equal(server->error, SIM_OK);
    assert_int_equal(host_get_stats(w->sim, w->server)->bytes_delivered, there);
    assert_int_equal(host_get_stats(w->sim, w->client)->bytes_delivered, back);
    assert_int_equal(host_get_stats(w->sim, w->server)->foreign_bytes_delivered, 0);
    assert_int_equal(world_count_all_sockets(w, w->client), 0);
    assert_int_equal(world_count_all_sockets(w, w->server), 1);
    world_destroy(w);
}

static void test_both_streams_arrive_intact_in_any_weather(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof weathers / sizeof weathers[0]; i++) {
        for (uint64_t seed = 1; seed <= SEEDS; seed++) {
            expect_intact(&weathers[i], seed, PATH_LINK, false);
        }
    }
}

static void test_both_streams_arrive_intact_over_ipv6(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof weathers / sizeof weathers[0]; i++) {
        for (uint64_t seed = 1; seed <= SEEDS / 2; seed++) {
            expect_intact(&weathers[i], seed, PATH_LINK, true);
        }
    }
}

static void test_both_streams_arrive_intact_through_switches_and_routers(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof weathers / sizeof weathers[0]; i++) {
        bool narrow = weathers[i].link.mtu != 0; /* nobody tells a host of a small MTU further on */
        for (uint64_t seed = 1; seed <= SEEDS / 2 && !narrow; seed++) {
            expect_intact(&weathers[i], seed, PATH_SWITCH, seed % 2 == 0);
            expect_intact(&weathers[i], seed, PATH_ROUTERS, seed % 2 == 0);
        }
    }
}

static void test_many_connections_at_once_do_not_mix_their_bytes(void **state)
{
    (void)state;
    enum { CONNECTIONS = 60 };
    struct world_config config = world_defaults();
    config.forward = weathers[9].link;
    config.backward = weathers[9].link;
    config.unobserved = true;
    struct world *w = world_create(&config);
    struct app *clients[CONNECTIONS];
    const struct app_plan echo = { .echo = true, .end = END_CLOSE };
    world_serve(w, w->server, PORT, &echo);
    for (uint32_t i = 0; i < CONNECTIONS; i++) {
        const struct app_plan plan = writer(500 + 333 * i);
        clients[i] = world_client(w, PORT, &plan);
    }
    world_run(w);
    for (uint32_t i = 0; i < CONNECTIONS; i++) {
        assert_int_equal(clients[i]->read, 500 + 333 * i);
        assert_int_equal(clients[i]->wrong_bytes, 0);
        assert_int_equal(world_accepted(w, w->server, i)->wrong_bytes, 0);
    }
    assert_int_equal(host_get_stats(w->sim, w->server)->accepted, CONNECTIONS);
    world_destroy(w);
}

/* ---- buffers and windows -------------------------------------------------------------------- */

static void test_a_full_send_buffer_takes_no_more_until_it_is_writable_again(void **state)
{
    (void)state;
    struct world_config config = world_defaults();
    config.client.tcp.send_buffer_bytes = 5000;
    struct world *w = world_create(&config);
    struct pair p = world_pair(w, PORT);
    static const char data[8000];
    size_t accepted;
    assert_int_equal(sock_writable_bytes(w->sim, p.client), 5000);
    assert_int_equal(sock_send(w->sim, p.client, data, 3000, &accepted), SIM_OK);
    assert_int_equal(accepted, 3000);
    assert_int_equal(sock_writable_bytes(w->sim, p.client), 2000);
    assert_int_equal(sock_send(w->sim, p.client, data, sizeof data, &accepted), SIM_OK);
    assert_int_equal(accepted, 2000);
    assert_int_equal(sock_send(w->sim, p.client, data, 1, &accepted), SIM_AGAIN);
    assert_int_equal(accepted, 0);
    uint64_t generated = 99;
    assert_int_equal(sock_send_generated(w->sim, p.client, 1, &generated), SIM_AGAIN);
    assert_int_equal(generated, 0);
    assert_int_equal(world_status(w, p.client).send_queue_bytes, 5000);
    world_run_for(w, SIM_SECOND);
    assert_int_equal(sock_writable_bytes(w->sim, p.client), 5000);
    assert_int_equal(sock_readable_bytes(w->sim, p.server), 5000);
    world_destroy(w);
}

static void test_a_writer_that_waits_for_room_writes_everything(void **state)
{
    (void)state;
    struct world_config config = world_defaults();
    config.client.tcp.send_buffer_bytes = 4096;
    struct world *w = world_create(&config);
    const struct app_plan plan = writer(100000);
    world_serve(w, w->server, PORT, &reader);
    struct app *client = world_client(w, PORT, &plan);
    world_run(w);
    assert_int_equal(world_accepted(w, w->server, 0)->read, 100000);
    assert_true(client->full > 10);
    assert_true((client->events & SOCK_WRITABLE) != 0);
    assert_true((client->events & SOCK_DRAINED) != 0);
    world_destroy(w);
}

static void test_writable_is_told_only_after_a_full_buffer(void **state)
{
    (void)state;
    struct world *w = world_create(NULL);
    const struct app_plan plan = { .bytes = 5000 };
    world_serve(w, w->server, PORT, &reader);
    struct app *client = world_client(w, PORT, &plan);
    world_run(w);
    assert_int_equal(client->full, 0);
    assert_true((client->events & SOCK_DRAINED) != 0);
    assert_int_equal(client->events & SOCK_WRITABLE, 0);
    world_destroy(w);
}

static void test_a_reader_that_sleeps_closes_the_window_and_opens_it_again(void **state)
{
    (void)state;
    struct world_config config = world_defaults();
    config.server.tcp.receive_buffer_bytes = 10000;
    struct world *w = world_create(&config);
    struct pair p = world_pair(w, PORT);
    uint64_t accepted;
    assert_int_equal(sock_send_generated(w->sim, p.client, 30000, &accepted), SIM_OK);
    world_run_for(w, 100 * SIM_SECOND);
    assert_int_equal(sock_readable_bytes(w->sim, p.server), 10000);
    assert_int_equal(world_status(w, p.client).snd_wnd, 0);
    assert_string_equal(world_status(w, p.client).timer, "persist");
    size_t got, all = 0;
    while (all < 30000) { /* its reading lets the writer go on at once */
        assert_int_equal(sock_receive(w->sim, p.server, NULL, 100000, &got), SIM_OK);
        all += got;
        world_run_for(w, 5 * RTT_MS * SIM_MILLISECOND);
    }
    assert_int_equal(world_status(w, p.client).send_queue_bytes, 0);
    assert_int_equal(host_get_stats(w->sim, w->server)->bytes_delivered, 30000);
    world_destroy(w);
}

static void test_a_slow_reader_gets_everything(void **state)
{
    (void)state;
    struct world_config config = world_defaults();
    config.server.tcp.receive_buffer_bytes = 4000;
    struct world *w = world_create(&config);
    const struct app_plan slow = { .read_size = 700,
                                   .read_every = 300 * SIM_MILLISECOND,
                                   .close_at_eof = true };
    const struct app_plan plan = writer(50000);
    world_serve(w, w->server, PORT, &slow);
    struct app *client = world_client(w, PORT, &plan);
    world_run(w);
    struct app *server = world_accepted(w, w->server, 0);
    assert_int_equal(server->read, 50000);
    assert_int_equal(server->wrong_bytes, 0);
    assert_true(server->eof);
    assert_int_equal(client->error, SIM_OK);
    world_destroy(w);
}

static void test_a_lost_window_update_does_not_stall_for_ever(void **state)
{
    (void)state;
    struct world_config config = world_defaults();
    config.server.tcp.receive_buffer_bytes = 4000;
    struct world *w = world_create(&config);
    struct pair p = world_pair(w, PORT);
    uint64_t accepted;
    assert_int_equal(sock_send_generated(w->sim, p.client, 6000, &accepted), SIM_OK);
    world_run_for(w, 5 * SIM_SECOND);
    assert_int_equal(world_status(w, p.client).snd_wnd, 0);
    match_id lost = world_drop(w, w->server, TCP_ACK, 0, 1);
    size_t got;
    assert_int_equal(sock_receive(w->sim, p.server, NULL, 100000, &got), SIM_OK);
    world_run_for(w, 20 * SIM_SECOND);
    assert_int_equal(link_rule_hits(w->sim, lost), 1);
    assert_int_equal(got + sock_readable_bytes(w->sim, p.server), 6000);
    world_destroy(w);
}

/* The direction that is free must not suffer: the ACKs of the stalled end have to count. */
static void test_a_closed_window_stalls_one_direction_only(void **state)
{
    (void)state;
    struct world_config config = world_defaults();
    config.server.tcp.receive_buffer_bytes = 4000;
    struct world *w = world_create(&config);
    struct pair p = world_pair(w, PORT);
    uint64_t accepted;
    assert_int_equal(sock_send_generated(w->sim, p.client, 20000, &accepted), SIM_OK);
    world_run_for(w, 30 * SIM_SECOND); /* window probes were sent and refused */
    assert_int_equal(world_status(w, p.client).snd_wnd, 0);
    assert_int_equal(sock_send_generated(w->sim, p.server, 20000, &accepted), SIM_OK);
    size_t got, all = 0;
    for (int i = 0; i < 20; i++) {
        world_run_for(w, 100 * SIM_MILLISECOND);
        (void)sock_receive(w->sim, p.client, NULL, 100000, &got);
        all += got;
    }
    assert_int_equal(all, 20000);
    assert_int_equal(world_status(w, p.server).send_queue_bytes, 0);
    assert_int_equal(world_status(w, p.server).retransmits, 0);
    world_destroy(w);
}

static void test_one_byte_at_a_time_arrives_in_order(void **state)
{
    (void)state;
    struct world_config config = world_defaults();
    config.client.tcp.nagle = false;
    config.forward.jitter = 30 * SIM_MILLISECOND;
    struct world *w = world_create(&config);
    struct app_plan plan = writer(2000);
    plan.write_size = 1;
    world_serve(w, w->server, PORT, &reader);
    world_client(w, PORT, &plan);
    world_run(w);
    assert_int_equal(world_accepted(w, w->server, 0)->read, 2000);
    assert_int_equal(world_accepted(w, w->server, 0)->wrong_bytes, 0);
    world_destroy(w);
}

static void test_sequence_numbers_wrap_within_a_transfer(void **state)
{
    (void)state;
    static const uint32_t isns[] = { UINT32_MAX, UINT32_MAX - 1,    UINT32_MAX - 1000,
                                     INT32_MAX,  INT32_MAX - 30000, (uint32_t)INT32_MAX + 1 };
    for (size_t i = 0; i < sizeof isns / sizeof isns[0]; i++) {
        struct world_config config = world_defaults();
        config.client.iss[0] = isns[i];
        config.server.iss[0] = isns[i];
        config.forward.loss_ppm = 50000;
        config.backward.loss_ppm = 50000;
        config.sim.seed = i;
        struct world *w = world_create(&config);
        const struct app_plan plan = writer(100000);
        world_serve(w, w->server, PORT, &plan);
        struct app *client = world_client(w, PORT, &plan);
        world_run(w);
        assert_int_equal(client->read, 100000);
        assert_int_equal(world_accepted(w, w->server, 0)->read, 100000);
        assert_int_equal(client->wrong_bytes + world_accepted(w, w->server, 0)->wrong_bytes, 0);
        world_destroy(w);
    }
}

static void test_hundreds_of_megabytes_need_little_memory_and_wrap_nothing(void **state)
{
    (void)state;
    const uint64_t bytes = (uint64_t)200 << 20;
    struct world_config config = world_defaults();
    config.sim.memory_limit_bytes = 2 << 20;
    config.client.tcp.receive_buffer_bytes = 1 << 20;
    config.client.tcp.send_buffer_bytes = 1 << 30;
    config.forward = config.backward = (struct link_params){ .delay = 100 * SIM_MICROSECOND };
    config.unobserved = true;
    struct world *w = world_create(&config);
    struct pair p = world_pair(w, PORT);
    uint64_t accepted;
    assert_int_equal(sock_send_generated(w->sim, p.client, bytes, &accepted), SIM_OK);
    assert_int_equal(accepted, bytes);
    uint64_t read = 0;
    for (enum sim_status status = SIM_LIMIT; status == SIM_LIMIT && read < bytes;) {
        size_t got;
        status = sim_run(w->sim, &(struct sim_limits){ .max_events = 20 });
        (void)sock_receive(w->sim, p.server, NULL, SIZE_MAX, &got);
        read += got;
    }
    assert_int_equal(read, bytes);
    assert_int_equal(host_get_stats(w->sim, w->server)->bytes_delivered, bytes);
    world_destroy(w);
}

/* ---- statuses ------------------------------------------------------------------------------- */

static void test_data_calls_refuse_listeners_and_nonsense_handles(void **state)
{
    (void)state;
    struct world *w = world_create(NULL);
    char byte = 0;
    size_t count = 99;
    uint64_t generated = 99;
    conn_id wrong[] = { 0, 12345, world_listen(w, w->server, PORT, 0) };
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        assert_int_equal(sock_send(w->sim, wrong[i], &byte, 1, &count), SIM_BAD_HANDLE);
        assert_int_equal(count, 0);
        assert_int_equal(sock_send_generated(w->sim, wrong[i], 1, &generated), SIM_BAD_HANDLE);
        assert_int_equal(generated, 0);
        assert_int_equal(sock_receive(w->sim, wrong[i], &byte, 1, &count), SIM_BAD_HANDLE);
        assert_int_equal(sock_shutdown(w->sim, wrong[i]), SIM_BAD_HANDLE);
        assert_int_equal(sock_readable_bytes(w->sim, wrong[i]), 0);
        assert_int_equal(sock_writable_bytes(w->sim, wrong[i]), 0);
    }
    world_destroy(w);
}

static void test_nothing_can_be_sent_after_the_connection_ended(void **state)
{
    (void)state;
    struct world *w = world_create(NULL);
    struct pair p = world_pair(w, PORT);
    assert_int_equal(sock_abort(w->sim, p.server), SIM_OK);
    world_run_for(w, SIM_SECOND);
    size_t accepted;
    assert_int_equal(sock_send(w->sim, p.client, "x", 1, &accepted), SIM_RESET);
    assert_int_equal(sock_error(w->sim, p.client), SIM_RESET);
    world_expect_nothing(w, p.client, SIM_RESET);
    assert_int_equal(sock_shutdown(w->sim, p.client), SIM_RESET);
    world_destroy(w);
}

static void test_bytes_that_came_before_a_reset_can_still_be_read(void **state)
{
    (void)state;
    struct world *w = world_create(NULL);
    struct pair p = world_pair(w, PORT);
    world_send(w, p.client, "last words");
    world_run_for(w, SIM_SECOND);
    assert_int_equal(sock_abort(w->sim, p.client), SIM_OK);
    world_run_for(w, SIM_SECOND);
    assert_int_equal(sock_error(w->sim, p.server), SIM_RESET);
    world_expect_text(w, p.server, "last words");
    world_expect_nothing(w, p.server, SIM_RESET);
    world_destroy(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bytes_written_are_read_at_the_other_end),
        cmocka_unit_test(test_a_read_takes_no_more_than_it_has_room_for),
        cmocka_unit_test(test_generated_bytes_arrive_as_they_are_told_to_observers),
        cmocka_unit_test(test_generated_and_literal_bytes_mix_in_one_stream),
        cmocka_unit_test(test_bytes_written_before_the_handshake_is_over_follow_it),
        cmocka_unit_test(test_data_is_there_before_the_connection_is_accepted),
        cmocka_unit_test(test_both_streams_arrive_intact_in_any_weather),
        cmocka_unit_test(test_both_streams_arrive_intact_over_ipv6),
        cmocka_unit_test(test_both_streams_arrive_intact_through_switches_and_routers),
        cmocka_unit_test(test_many_connections_at_once_do_not_mix_their_bytes),
        cmocka_unit_test(test_a_full_send_buffer_takes_no_more_until_it_is_writable_again),
        cmocka_unit_test(test_a_writer_that_waits_for_room_writes_everything),
        cmocka_unit_test(test_writable_is_told_only_after_a_full_buffer),
        cmocka_unit_test(test_a_reader_that_sleeps_closes_the_window_and_opens_it_again),
        cmocka_unit_test(test_a_slow_reader_gets_everything),
        cmocka_unit_test(test_a_lost_window_update_does_not_stall_for_ever),
        cmocka_unit_test(test_a_closed_window_stalls_one_direction_only),
        cmocka_unit_test(test_one_byte_at_a_time_arrives_in_order),
        cmocka_unit_test(test_sequence_numbers_wrap_within_a_transfer),
        cmocka_unit_test(test_hundreds_of_megabytes_need_little_memory_and_wrap_nothing),
        cmocka_unit_test(test_data_calls_refuse_listeners_and_nonsense_handles),
        cmocka_unit_test(test_nothing_can_be_sent_after_the_connection_ended),
        cmocka_unit_test(test_bytes_that_came_before_a_reset_can_still_be_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
