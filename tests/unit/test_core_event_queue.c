/* The event queue: total order by (time, ticket). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "sim/core/event_queue.h"

static uint32_t next_random(uint32_t *state)
{
    *state = *state * 1664525u + 1013904223u;
    return *state >> 8;
}

static void test_events_come_in_order_of_time(void **state)
{
    enum { EVENTS = 3000 };
    struct arena arena;
    struct event_queue queue;
    uint32_t random = 1;
    (void)state;
    arena_init(&arena, 1 << 24);
    event_queue_init(&queue, &arena);
    for (uint64_t ticket = 1; ticket <= EVENTS; ticket++) {
        struct event event = { next_random(&random) % 500, ticket, 0, 0 };
        assert_true(event_queue_push(&queue, event));
    }
    struct event before = { -1, 0, 0, 0 };
    for (int i = 0; i < EVENTS; i++) {
        assert_true(event_queue_peek(&queue)->time >= before.time);
        struct event event = event_queue_pop(&queue);
        assert_true(event.time > before.time ||
                    (event.time == before.time && event.ticket > before.ticket));
        before = event;
    }
    assert_null(event_queue_peek(&queue));
    arena_destroy(&arena);
}

static void test_ties_come_in_order_of_tickets_however_they_went_in(void **state)
{
    enum { EVENTS = 257 };
    struct arena arena;
    struct event_queue queue;
    (void)state;
    arena_init(&arena, 1 << 20);
    event_queue_init(&queue, &arena);
    for (uint64_t i = 0; i < EVENTS; i++) {
        struct event event = { 5, (i * 101) % EVENTS, 0, (uint32_t)i };
        assert_true(event_queue_push(&queue, event));
    }
    for (uint64_t i = 0; i < EVENTS; i++) {
        assert_int_equal(event_queue_pop(&queue).ticket, i);
    }
    arena_destroy(&arena);
}

static void test_pushes_between_pops_keep_the_order(void **state)
{
    struct arena arena;
    struct event_queue queue;
    uint32_t random = 9;
    uint64_t ticket = 0;
    sim_time_t now = 0;
    (void)state;
    arena_init(&arena, 1 << 20);
    event_queue_init(&queue, &arena);
    for (int round = 0; round < 20000; round++) {
        if (next_random(&random) % 5 < 3 || event_queue_peek(&queue) == NULL) {
            struct event event = { now + (sim_time_t)(next_random(&random) % 100), ++ticket, 0, 0 };
            assert_true(event_queue_push(&queue, event));
        } else {
            struct event event = event_queue_pop(&queue);
            assert_true(event.time >= now);
            now = event.time;
        }
    }
    arena_destroy(&arena);
}

static void test_entry_keeps_who_is_to_be_woken(void **state)
{
    struct arena arena;
    struct event_queue queue;
    (void)state;
    arena_init(&arena, 1 << 20);
    event_queue_init(&queue, &arena);
    assert_true(event_queue_push(&queue, (struct event){ 2, 1, 3, 4 }));
    assert_true(event_queue_push(&queue, (struct event){ 1, 2, 5, 6 }));
    struct event event = event_queue_pop(&queue);
    assert_int_equal(event.kind, 5);
    assert_int_equal(event.index, 6);
    arena_destroy(&arena);
}

static void test_no_memory_is_told_and_nothing_is_lost(void **state)
{
    struct arena arena;
    struct event_queue queue;
    (void)state;
    arena_init(&arena, 10000);
    event_queue_init(&queue, &arena);
    uint64_t pushed = 0;
    while (event_queue_push(&queue, (struct event){ 1, pushed + 1, 0, 0 })) {
        pushed++;
    }
    assert_true(pushed >= 64);
    for (uint64_t i = 1; i <= pushed; i++) {
        assert_int_equal(event_queue_pop(&queue).ticket, i);
    }
    assert_null(event_queue_peek(&queue));
    arena_destroy(&arena);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_events_come_in_order_of_time),
        cmocka_unit_test(test_ties_come_in_order_of_tickets_however_they_went_in),
        cmocka_unit_test(test_pushes_between_pops_keep_the_order),
        cmocka_unit_test(test_entry_keeps_who_is_to_be_woken),
        cmocka_unit_test(test_no_memory_is_told_and_nothing_is_lost),
    };
    return cmocka_run_group_tests_name("core/event_queue", tests, NULL, NULL);
}
