/* Pools: handles, generations, reuse. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "sim/base/pool.h"

struct thing {
    struct pool_slot slot;
    uint64_t number;
    char rest[20];
};

struct shelf {
    struct arena arena;
    struct pool pool;
};

static struct shelf shelf_with(size_t limit)
{
    struct shelf shelf;
    arena_init(&shelf.arena, limit);
    return shelf;
}

static void open_shelf(struct shelf *shelf)
{
    pool_init(&shelf->pool, &shelf->arena, sizeof(struct thing));
}

static uint64_t add(struct shelf *shelf, uint64_t number)
{
    uint32_t index;
    struct thing *thing = pool_allocate(&shelf->pool, &index);
    assert_non_null(thing);
    thing->number = number;
    return pool_handle(&thing->slot, index);
}

static void test_indices_count_from_one(void **state)
{
    struct shelf shelf = shelf_with(1 << 20);
    (void)state;
    open_shelf(&shelf);
    for (uint32_t i = 1; i <= 100; i++) {
        assert_int_equal(pool_handle_index(add(&shelf, i)), i);
    }
    assert_int_equal(shelf.pool.live, 100);
    arena_destroy(&shelf.arena);
}

static void test_objects_never_move(void **state)
{
    enum { THINGS = 5000 };
    static struct thing *things[THINGS];
    struct shelf shelf = shelf_with(1 << 24);
    (void)state;
    open_shelf(&shelf);
    for (uint32_t i = 0; i < THINGS; i++) {
        things[i] = pool_get(&shelf.pool, add(&shelf, i));
    }
    for (uint32_t i = 0; i < THINGS; i++) {
        assert_ptr_equal(pool_at(&shelf.pool, i + 1), things[i]);
        assert_int_equal(things[i]->number, i);
    }
    arena_destroy(&shelf.arena);
}

static void test_stale_handle_is_noticed(void **state)
{
    struct shelf shelf = shelf_with(1 << 20);
    (void)state;
    open_shelf(&shelf);
    uint64_t first = add(&shelf, 1);
    assert_non_null(pool_get(&shelf.pool, first));
    pool_release(&shelf.pool, pool_handle_index(first));
    assert_null(pool_get(&shelf.pool, first));
    uint64_t second = add(&shelf, 2);
    assert_int_equal(pool_handle_index(second), pool_handle_index(first));
    assert_null(pool_get(&shelf.pool, first));
    assert_non_null(pool_get(&shelf.pool, second));
    arena_destroy(&shelf.arena);
}

static void test_nonsense_handles_are_noticed(void **state)
{
    struct shelf shelf = shelf_with(1 << 20);
    (void)state;
    open_shelf(&shelf);
    uint64_t handle = add(&shelf, 1);
    assert_null(pool_get(&shelf.pool, 0));
    assert_null(pool_get(&shelf.pool, handle + 1));
    assert_null(pool_get(&shelf.pool, UINT64_MAX));
    assert_null(pool_get(&shelf.pool, handle + ((uint64_t)1 << 32)));
    arena_destroy(&shelf.arena);
}

static void test_reused_object_is_all_zero(void **state)
{
    struct shelf shelf = shelf_with(1 << 20);
    uint32_t index;
    (void)state;
    open_shelf(&shelf);
    struct thing *thing = pool_allocate(&shelf.pool, &index);
    memset(thing->rest, 7, sizeof thing->rest);
    thing->number = 7;
    pool_release(&shelf.pool, index);
    thing = pool_allocate(&shelf.pool, &index);
    static const char zeros[sizeof thing->rest];
    assert_int_equal(thing->number, 0);
    assert_memory_equal(thing->rest, zeros, sizeof zeros);
    arena_destroy(&shelf.arena);
}

static void test_live_counts_and_tells_objects_that_live(void **state)
{
    struct shelf shelf = shelf_with(1 << 20);
    (void)state;
    open_shelf(&shelf);
    add(&shelf, 1);
    add(&shelf, 2);
    pool_release(&shelf.pool, 1);
    assert_int_equal(shelf.pool.live, 1);
    assert_false(pool_is_live(&shelf.pool, 1));
    assert_true(pool_is_live(&shelf.pool, 2));
    arena_destroy(&shelf.arena);
}

static void test_last_freed_is_used_first(void **state)
{
    struct shelf shelf = shelf_with(1 << 20);
    (void)state;
    open_shelf(&shelf);
    for (uint64_t i = 0; i < 3; i++) {
        add(&shelf, i);
    }
    pool_release(&shelf.pool, 1);
    pool_release(&shelf.pool, 3);
    assert_int_equal(pool_handle_index(add(&shelf, 0)), 3);
    assert_int_equal(pool_handle_index(add(&shelf, 0)), 1);
    assert_int_equal(pool_handle_index(add(&shelf, 0)), 4);
    arena_destroy(&shelf.arena);
}

static void test_full_arena_gives_null_and_keeps_the_rest(void **state)
{
    struct shelf shelf = shelf_with(20000);
    (void)state;
    open_shelf(&shelf);
    uint64_t first = add(&shelf, 42);
    uint32_t index;
    while (pool_allocate(&shelf.pool, &index) != NULL) {
    }
    struct thing *thing = pool_get(&shelf.pool, first);
    assert_int_equal(thing->number, 42);
    pool_release(&shelf.pool, pool_handle_index(first));
    assert_non_null(pool_allocate(&shelf.pool, &index));
    arena_destroy(&shelf.arena);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_indices_count_from_one),
        cmocka_unit_test(test_objects_never_move),
        cmocka_unit_test(test_stale_handle_is_noticed),
        cmocka_unit_test(test_nonsense_handles_are_noticed),
        cmocka_unit_test(test_reused_object_is_all_zero),
        cmocka_unit_test(test_live_counts_and_tells_objects_that_live),
        cmocka_unit_test(test_last_freed_is_used_first),
        cmocka_unit_test(test_full_arena_gives_null_and_keeps_the_rest),
    };
    return cmocka_run_group_tests_name("base/pool", tests, NULL, NULL);
}
