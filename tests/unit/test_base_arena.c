/* The arena: blocks, their reuse, growth, and the limit. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "sim/base/arena.h"
#include "sim/base/common.h"

enum { PLENTY = 1 << 26 };

static void test_blocks_are_aligned_to_16_and_apart(void **state)
{
    struct arena arena;
    (void)state;
    arena_init(&arena, PLENTY);
    char *before = NULL;
    for (size_t size = 1; size < 300; size++) {
        char *block = arena_allocate(&arena, size);
        assert_non_null(block);
        assert_int_equal((uintptr_t)block % 16, 0);
        memset(block, (int)size, size);
        assert_true(before == NULL || before[0] == (char)(size - 1));
        before = block;
    }
    arena_destroy(&arena);
}

static void test_blocks_keep_their_bytes_over_many_chunks(void **state)
{
    enum { BLOCKS = 2000, BYTES = 1000 };
    static unsigned char *blocks[BLOCKS];
    struct arena arena;
    (void)state;
    arena_init(&arena, PLENTY);
    for (size_t i = 0; i < BLOCKS; i++) {
        blocks[i] = arena_allocate(&arena, BYTES);
        assert_non_null(blocks[i]);
        memset(blocks[i], (int)(i % 251), BYTES);
    }
    for (size_t i = 0; i < BLOCKS; i++) {
        assert_int_equal(blocks[i][0], i % 251);
        assert_int_equal(blocks[i][BYTES - 1], i % 251);
    }
    arena_destroy(&arena);
}

static void test_released_block_is_the_next_of_its_class(void **state)
{
    struct arena arena;
    (void)state;
    arena_init(&arena, PLENTY);
    void *block = arena_allocate(&arena, 100);
    arena_release(&arena, block, 100);
    assert_ptr_not_equal(arena_allocate(&arena, 64), block);
    assert_ptr_equal(arena_allocate(&arena, 128), block);
    arena_destroy(&arena);
}

static void test_steady_state_takes_nothing_from_the_system(void **state)
{
    struct arena arena;
    (void)state;
    arena_init(&arena, PLENTY);
    void *first = arena_allocate(&arena, 1000);
    size_t total = arena.total_bytes;
    for (int i = 0; i < 100000; i++) {
        arena_release(&arena, first, 1000);
        first = arena_allocate(&arena, 1000);
    }
    assert_int_equal(arena.total_bytes, total);
    arena_destroy(&arena);
}

static void test_limit_is_kept_and_met_by_null(void **state)
{
    struct arena arena;
    (void)state;
    arena_init(&arena, 100000);
    size_t count = 0;
    while (arena_allocate(&arena, 1000) != NULL) {
        count++;
        assert_true(arena.total_bytes <= 100000);
    }
    assert_true(count >= 60); /* headers and the rest of a chunk are all that is wasted */
    assert_null(arena_allocate(&arena, 1000));
    arena_destroy(&arena);
}

static void test_limit_of_nothing_gives_nothing(void **state)
{
    struct arena arena;
    (void)state;
    arena_init(&arena, 0);
    assert_null(arena_allocate(&arena, 1));
    arena_destroy(&arena);
}

static void test_absurd_size_gives_null(void **state)
{
    static const size_t sizes[] = { SIZE_MAX, SIZE_MAX / 2, SIZE_MAX / 4 + 1, PLENTY };
    struct arena arena;
    (void)state;
    arena_init(&arena, PLENTY);
    for (size_t i = 0; i < COUNT_OF(sizes); i++) {
        assert_null(arena_allocate(&arena, sizes[i]));
    }
    arena_destroy(&arena);
}

static void test_growing_keeps_the_bytes_and_frees_the_old_block(void **state)
{
    struct arena arena;
    (void)state;
    arena_init(&arena, PLENTY);
    char *small = arena_allocate(&arena, 16);
    memcpy(small, "fifteen letters", 16);
    char *big = arena_grow(&arena, small, 16, 5000);
    assert_string_equal(big, "fifteen letters");
    assert_ptr_equal(arena_allocate(&arena, 16), small);
    arena_destroy(&arena);
}

static void test_growing_from_nothing_is_allocating(void **state)
{
    struct arena arena;
    (void)state;
    arena_init(&arena, PLENTY);
    assert_non_null(arena_grow(&arena, NULL, 0, 100));
    arena_destroy(&arena);
}

static void test_growing_at_the_limit_leaves_the_block_alone(void **state)
{
    struct arena arena;
    (void)state;
    arena_init(&arena, 20000);
    char *block = arena_allocate(&arena, 100);
    memcpy(block, "safe", 5);
    assert_null(arena_grow(&arena, block, 100, 100000));
    assert_string_equal(block, "safe");
    assert_ptr_not_equal(arena_allocate(&arena, 100), block);
    arena_destroy(&arena);
}

static void test_releasing_null_is_ignored(void **state)
{
    struct arena arena;
    (void)state;
    arena_init(&arena, PLENTY);
    arena_release(&arena, NULL, 100);
    assert_non_null(arena_allocate(&arena, 100));
    arena_destroy(&arena);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_blocks_are_aligned_to_16_and_apart),
        cmocka_unit_test(test_blocks_keep_their_bytes_over_many_chunks),
        cmocka_unit_test(test_released_block_is_the_next_of_its_class),
        cmocka_unit_test(test_steady_state_takes_nothing_from_the_system),
        cmocka_unit_test(test_limit_is_kept_and_met_by_null),
        cmocka_unit_test(test_limit_of_nothing_gives_nothing),
        cmocka_unit_test(test_absurd_size_gives_null),
        cmocka_unit_test(test_growing_keeps_the_bytes_and_frees_the_old_block),
        cmocka_unit_test(test_growing_from_nothing_is_allocating),
        cmocka_unit_test(test_growing_at_the_limit_leaves_the_block_alone),
        cmocka_unit_test(test_releasing_null_is_ignored),
    };
    return cmocka_run_group_tests_name("base/arena", tests, NULL, NULL);
}
