/* Streams: bytes that know where they come from. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "sim/base/stream.h"

struct library {
    struct arena arena;
    struct stream_table table;
};

static void open_library(struct library *library, size_t limit)
{
    arena_init(&library->arena, limit);
    stream_table_init(&library->table, &library->arena);
}

static void read_as(const struct library *library, uint32_t stream, uint64_t offset,
                    uint32_t length, const char *wanted)
{
    char bytes[64];
    struct payload payload = { offset, stream, length };
    stream_read(&library->table, payload, (uint8_t *)bytes);
    assert_int_equal(length, strlen(wanted));
    assert_memory_equal(bytes, wanted, length);
}

static void test_streams_count_from_one_and_know_their_writer(void **state)
{
    struct library library;
    uint32_t host;
    uint64_t conn;
    (void)state;
    open_library(&library, 1 << 20);
    assert_int_equal(stream_create(&library.table, 7, 77), 1);
    assert_int_equal(stream_create(&library.table, 8, 88), 2);
    stream_origin(&library.table, 1, &host, &conn);
    assert_int_equal(host, 7);
    assert_int_equal(conn, 77);
    arena_destroy(&library.arena);
}

static void test_literal_bytes_are_read_back_across_appends(void **state)
{
    struct library library;
    (void)state;
    open_library(&library, 1 << 20);
    uint32_t s = stream_create(&library.table, 1, 0);
    assert_true(stream_append(&library.table, s, "hello, ", 7));
    assert_true(stream_append(&library.table, s, "world", 5));
    assert_int_equal(stream_length(&library.table, s), 12);
    read_as(&library, s, 0, 12, "hello, world");
    read_as(&library, s, 5, 4, ", wo");
    read_as(&library, s, 11, 1, "d");
    arena_destroy(&library.arena);
}

static void test_many_small_appends_read_as_one(void **state)
{
    struct library library;
    uint8_t bytes[5000];
    (void)state;
    open_library(&library, 1 << 20);
    uint32_t s = stream_create(&library.table, 1, 0);
    for (unsigned i = 0; i < sizeof bytes; i++) {
        uint8_t byte = (uint8_t)(i * 7);
        assert_true(stream_append(&library.table, s, &byte, 1));
    }
    struct payload all = { 0, s, sizeof bytes };
    stream_read(&library.table, all, bytes);
    for (unsigned i = 0; i < sizeof bytes; i++) {
        assert_int_equal(bytes[i], (uint8_t)(i * 7));
    }
    arena_destroy(&library.arena);
}

static void test_generated_bytes_are_letters_by_offset(void **state)
{
    struct library library;
    (void)state;
    open_library(&library, 1 << 20);
    uint32_t s = stream_create(&library.table, 1, 0);
    assert_int_equal(s, 1);
    assert_true(stream_append_generated(&library.table, s, 100));
    read_as(&library, s, 0, 3, "bcd");
    read_as(&library, s, 24, 4, "zabc");
    arena_destroy(&library.arena);
}

static void test_generated_bytes_take_no_memory(void **state)
{
    struct library library;
    (void)state;
    open_library(&library, 1 << 20);
    uint32_t s = stream_create(&library.table, 1, 0);
    assert_true(stream_append_generated(&library.table, s, 1));
    size_t total = library.arena.total_bytes;
    assert_true(stream_append_generated(&library.table, s, (uint64_t)1 << 50));
    assert_int_equal(library.arena.total_bytes, total);
    read_as(&library, s, ((uint64_t)1 << 50) - 3, 2,
            (char[]){ (char)('a' + ((1ull << 50) - 2) % 26), (char)('a' + ((1ull << 50) - 1) % 26),
                      '\0' });
    arena_destroy(&library.arena);
}

static void test_literal_and_generated_bytes_mix(void **state)
{
    struct library library;
    (void)state;
    open_library(&library, 1 << 20);
    uint32_t s = stream_create(&library.table, 1, 0);
    assert_true(stream_append(&library.table, s, "<<", 2));
    assert_true(stream_append_generated(&library.table, s, 3));
    assert_true(stream_append(&library.table, s, ">>", 2));
    assert_true(stream_append_generated(&library.table, s, 1));
    read_as(&library, s, 0, 8, "<<def>>i");
    read_as(&library, s, 1, 5, "<def>");
    read_as(&library, s, 3, 2, "ef");
    arena_destroy(&library.arena);
}

static void test_empty_payload_reads_nothing_even_of_stream_zero(void **state)
{
    struct library library;
    (void)state;
    open_library(&library, 1 << 20);
    stream_read(&library.table, (struct payload){ 0, 0, 0 }, NULL);
    arena_destroy(&library.arena);
}

static void test_first_reader_claims_a_stream(void **state)
{
    struct library library;
    (void)state;
    open_library(&library, 1 << 20);
    uint32_t s = stream_create(&library.table, 1, 0);
    assert_true(stream_claim(&library.table, s, 5));
    assert_true(stream_claim(&library.table, s, 5));
    assert_false(stream_claim(&library.table, s, 6));
    arena_destroy(&library.arena);
}

static void test_append_without_memory_changes_nothing(void **state)
{
    struct library library;
    static const char bytes[50000];
    (void)state;
    open_library(&library, 40000);
    uint32_t s = stream_create(&library.table, 1, 0);
    assert_true(stream_append(&library.table, s, "ok", 2));
    assert_false(stream_append(&library.table, s, bytes, sizeof bytes));
    assert_int_equal(stream_length(&library.table, s), 2);
    assert_true(stream_append(&library.table, s, "!", 1));
    read_as(&library, s, 0, 3, "ok!");
    arena_destroy(&library.arena);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_streams_count_from_one_and_know_their_writer),
        cmocka_unit_test(test_literal_bytes_are_read_back_across_appends),
        cmocka_unit_test(test_many_small_appends_read_as_one),
        cmocka_unit_test(test_generated_bytes_are_letters_by_offset),
        cmocka_unit_test(test_generated_bytes_take_no_memory),
        cmocka_unit_test(test_literal_and_generated_bytes_mix),
        cmocka_unit_test(test_empty_payload_reads_nothing_even_of_stream_zero),
        cmocka_unit_test(test_first_reader_claims_a_stream),
        cmocka_unit_test(test_append_without_memory_changes_nothing),
    };
    return cmocka_run_group_tests_name("base/stream", tests, NULL, NULL);
}
