/* TCP options: parsed from any bytes, and built. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sim/base/common.h"
#include "sim/wire/options.h"
#include "tests/unit/wire_samples.h"

static struct tcp_options parsed(const char *hex)
{
    struct tcp_options options;
    struct segment s = with_options(hex);
    memset(&options, 0xee, sizeof(options)); /* parsing sets every field */
    tcp_options_parse(&s, &options);
    return options;
}

/* Whether parsing found nothing at all, good or bad. */
static bool is_empty(const struct tcp_options *o)
{
    return !o->has_mss && !o->has_window_scale && !o->sack_permitted && !o->has_timestamps &&
           !o->malformed && o->sack_count == 0 && !o->has_fast_open;
}

/* ---- parse ---------------------------------------------------------------------------------- */

static void test_segment_without_options_has_none(void **state)
{
    struct tcp_options o = parsed("");
    (void)state;
    assert_true(is_empty(&o));
    assert_int_equal(o.mss + o.window_scale + o.ts_value + o.ts_echo + o.fast_open_length, 0);
}

static void test_options_of_a_linux_syn_are_read(void **state)
{
    struct tcp_options o = parsed("020405b40402080a000000010000000001030307");
    (void)state;
    assert_true(o.has_mss);
    assert_int_equal(o.mss, 1460);
    assert_true(o.sack_permitted);
    assert_true(o.has_timestamps);
    assert_int_equal(o.ts_value, 1);
    assert_int_equal(o.ts_echo, 0);
    assert_true(o.has_window_scale);
    assert_int_equal(o.window_scale, 7);
    assert_false(o.malformed || o.has_fast_open);
    assert_int_equal(o.sack_count, 0);
}

static void test_timestamps_are_read_wherever_they_stand(void **state)
{
    static const char *const layouts[] = {
        "0101080a89abcdef01234567",         /* the usual layout, read by the short way */
        "080a89abcdef012345670101",         /* the same length, another order */
        "01080a89abcdef0123456701",         /* not on a word boundary: MUST-64 */
        "080a89abcdef0123456700000101",     /* not the usual length */
        "0101080a89abcdef0123456701010101", /* longer than the usual */
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(layouts); i++) {
        struct tcp_options o = parsed(layouts[i]);
        assert_true(o.has_timestamps);
        assert_int_equal(o.ts_value, 0x89abcdef);
        assert_int_equal(o.ts_echo, 0x01234567);
        assert_false(o.malformed || o.has_mss);
    }
}

static void test_options_behind_the_usual_timestamps_are_read(void **state)
{
    struct tcp_options o = parsed("0101080a89abcdef01234567"
                                  "0101050a0000000100000002");
    (void)state;
    assert_true(o.has_timestamps);
    assert_int_equal(o.sack_count, 1);
    assert_int_equal(o.sack[0].right, 2);
}

static void test_usual_timestamps_cut_short_are_malformed(void **state)
{
    struct tcp_options o = parsed("0101080a89abcdef");
    (void)state;
    assert_true(o.malformed);
    assert_false(o.has_timestamps);
}

static void test_sack_blocks_keep_their_order(void **state)
{
    struct tcp_options o = parsed("01010522"
                                  "0000000700000008000000050000000600000003000000040000000100000002"
                                  "0101");
    (void)state;
    assert_int_equal(o.sack_count, 4);
    for (uint32_t i = 0; i < 4; i++) {
        assert_int_equal(o.sack[i].left, 7 - 2 * i);
        assert_int_equal(o.sack[i].right, 8 - 2 * i);
    }
}

static void test_fast_open_cookie_is_read_and_a_request_is_empty(void **state)
{
    struct tcp_options o = parsed("220a0102030405060708");
    (void)state;
    assert_true(o.has_fast_open);
    assert_int_equal(o.fast_open_length, 8);
    assert_memory_equal(o.fast_open_cookie, "\1\2\3\4\5\6\7\10\0\0\0\0\0\0\0\0", 16);

    o = parsed("2202");
    assert_true(o.has_fast_open);
    assert_int_equal(o.fast_open_length, 0);
}

/* MUST-6: ignored without error; what follows is read. */
static void test_unknown_options_are_skipped(void **state)
{
    struct tcp_options o = parsed("fd020604aaaaff050102031302020405b4");
    (void)state;
    assert_true(o.has_mss);
    assert_int_equal(o.mss, 1460);
    assert_false(o.malformed);
}

static void test_known_options_of_wrong_length_are_skipped(void **state)
{
    static const char *const wrong[] = {
        "0203ff01",                 /* MSS of 1 byte */
        "020500010101",             /* MSS of 3 */
        "030207",                   /* window scale without its shift; the 07 is a bad option */
        "03040707",                 /* window scale of 2 */
        "040300",                   /* SACK permitted with data */
        "0809000000010000000101",   /* timestamps of 7 bytes */
        "080b00000001000000020001", /* timestamps of 9 bytes */
        "0502",                     /* SACK without a block */
        "0506000000010000",         /* half a block, at the least */
        "050b000000010000000200",   /* a block and a byte */
        "2203aa",                   /* cookies of 1, 2, 5 and 18 bytes (RFC 7413 4.1.1) */
        "2204aaaa",
        "2207aaaaaaaaaa",
        "2214aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(wrong); i++) {
        struct tcp_options o = parsed(wrong[i]);
        o.malformed = false;
        if (!is_empty(&o)) {
            fail_msg("an option is read from %s", wrong[i]);
        }
    }
}

/* MUST-7. */
static void test_illegal_length_stops_parsing_after_what_was_valid(void **state)
{
    static const char *const illegal[] = {
        "020405b4"
        "03000402", /* zero */
        "020405b4"
        "03010402", /* one */
        "020405b4"
        "0305"
        "0402", /* beyond the end */
        "020405b4"
        "ff08"
        "0402", /* beyond the end, kind unknown */
        "020405b4"
        "03ff"
        "0402",
        "020405b4"
        "08", /* no length at all */
        "020405b4"
        "fd",
        "020405b4"
        "0101"
        "04",
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(illegal); i++) {
        struct tcp_options o = parsed(illegal[i]);
        assert_true(o.malformed);
        assert_true(o.has_mss);
        assert_false(o.sack_permitted || o.has_window_scale);
    }
}

static void test_nothing_is_read_behind_the_end_of_the_list(void **state)
{
    struct tcp_options o = parsed("0402"
                                  "00"
                                  "020405b4"
                                  "03");
    (void)state;
    assert_true(o.sack_permitted);
    assert_false(o.has_mss || o.malformed);
}

static void test_later_of_two_options_counts(void **state)
{
    (void)state;
    assert_int_equal(parsed("020405b402040218").mss, 536);
    assert_int_equal(parsed("0512"
                            "0000000100000002"
                            "0000000300000004"
                            "050a"
                            "0000000500000006")
                         .sack_count,
                     1);
}

static void test_option_of_wrong_length_does_not_undo_a_good_one(void **state)
{
    (void)state;
    assert_int_equal(parsed("050a00000001000000020502").sack_count, 1);
    assert_int_equal(parsed("020405b40203ff").mss, 1460);
}

static void test_every_pair_of_kind_and_length_is_safe(void **state)
{
    struct tcp_options o;
    char text[TCP_OPTIONS_TEXT_MAX];
    (void)state;
    for (unsigned kind = 0; kind < 256; kind++) {
        for (unsigned length = 0; length < 256; length++) {
            struct segment s = { .options_length = TCP_OPTIONS_MAX };
            memset(s.options, 1, sizeof(s.options));
            s.options[0] = (uint8_t)kind;
            s.options[1] = (uint8_t)length;
            tcp_options_parse(&s, &o);
            bool has_length = kind > TCP_OPTION_NOP;
            bool legal = length >= 2 && length <= TCP_OPTIONS_MAX;
            if (kind != TCP_OPTION_NOP) { /* then `length` is a kind */
                assert_int_equal(o.malformed, has_length && !legal);
            }
            tcp_options_format(&s, text, sizeof(text));
        }
    }
}

static void test_random_options_are_parsed_and_told_in_bounds(void **state)
{
    uint32_t random = 1;
    (void)state;
    for (int i = 0; i < 200000; i++) {
        struct segment s = { .options_length = 0 };
        struct tcp_options o;
        char text[TCP_OPTIONS_TEXT_MAX + 64];
        random = random * 1664525u + 1013904223u;
        s.options_length = (uint8_t)((random >> 16) % (TCP_OPTIONS_MAX + 1));
        for (size_t j = 0; j < s.options_length; j++) {
            random = random * 1664525u + 1013904223u;
            /* small values, so that many are kinds and lengths */
            s.options[j] = (uint8_t)(random >> 24 & (random >> 20 & 1 ? 0xff : 0x0f));
        }
        tcp_options_parse(&s, &o);
        assert_true(o.sack_count <= TCP_SACK_BLOCKS_MAX);
        assert_true(o.fast_open_length <= TCP_FAST_OPEN_COOKIE_MAX);
        assert_true(tcp_options_format(&s, text, sizeof(text)) < TCP_OPTIONS_TEXT_MAX);
    }
}

/* ---- build ---------------------------------------------------------------------------------- */

static void test_built_options_have_the_bytes_of_the_wire(void **state)
{
    struct segment s = { .options_length = 0 };
    struct segment expected = with_options("020405b40402080a0000000200000001010303070122060a0b0c0d"
                                           "000000");
    (void)state;
    options_add_mss(&s, 1460);
    options_add_sack_permitted(&s);
    options_add_timestamps(&s, 2, 1);
    options_add_nop(&s);
    options_add_window_scale(&s, 7);
    options_add_raw(&s, (const uint8_t *)"\1", 1);
    options_add_fast_open(&s, (const uint8_t *)"\n\v\f\r", 4);
    options_add_eol(&s);
    options_pad(&s);
    assert_int_equal(s.options_length, 28);
    assert_int_equal(options_room(&s), 12);
    expected.options_length = 28;
    assert_memory_equal(s.options, expected.options, 28);
}

static void test_built_options_are_parsed_back(void **state)
{
    static const struct tcp_sack_block blocks[] = { { 100, 200 },
                                                    { 0xfffffff0, 16 },
                                                    { 300, 400 } };
    struct segment s = { .options_length = 0 };
    struct tcp_options o;
    (void)state;
    options_add_timestamps(&s, 0xffffffff, 0x80000000);
    options_add_nop(&s);
    options_add_nop(&s);
    options_add_sack(&s, blocks, 3);
    tcp_options_parse(&s, &o);
    assert_int_equal(s.options_length, 38);
    assert_true(o.has_timestamps);
    assert_int_equal(o.ts_value, 0xffffffff);
    assert_int_equal(o.ts_echo, 0x80000000);
    assert_int_equal(o.sack_count, 3);
    assert_memory_equal(o.sack, blocks, sizeof(blocks));
    options_pad(&s);
    assert_int_equal(s.options_length, 40);
    options_pad(&s);
    assert_int_equal(s.options_length, 40);
}

static void add_a_41st_byte(void)
{
    struct segment s = { .options_length = TCP_OPTIONS_MAX };
    options_add_nop(&s);
}

static void add_timestamps_where_nine_bytes_are_left(void)
{
    struct segment s = { .options_length = TCP_OPTIONS_MAX - 9 };
    options_add_timestamps(&s, 1, 2);
}

static void add_five_sack_blocks(void)
{
    static const struct tcp_sack_block blocks[5];
    struct segment s = { .options_length = 0 };
    options_add_sack(&s, blocks, 5);
}

static void add_no_sack_block(void)
{
    struct segment s = { .options_length = 0 };
    options_add_sack(&s, NULL, 0);
}

static void add_a_cookie_of_five_bytes(void)
{
    struct segment s = { .options_length = 0 };
    options_add_fast_open(&s, (const uint8_t *)"12345", 5);
}

static void assert_aborts(void (*act)(void))
{
    int status = 0;
    fflush(NULL);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        signal(SIGABRT, SIG_DFL); /* not cmocka's handler */
        if (freopen("/dev/null", "w", stderr) != NULL) {
            act();
        }
        _exit(0);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
}

static void test_building_beyond_the_room_is_a_programmer_error(void **state)
{
    (void)state;
    assert_aborts(add_a_41st_byte);
    assert_aborts(add_timestamps_where_nine_bytes_are_left);
    assert_aborts(add_five_sack_blocks);
    assert_aborts(add_no_sack_block);
    assert_aborts(add_a_cookie_of_five_bytes);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_segment_without_options_has_none),
        cmocka_unit_test(test_options_of_a_linux_syn_are_read),
        cmocka_unit_test(test_timestamps_are_read_wherever_they_stand),
        cmocka_unit_test(test_options_behind_the_usual_timestamps_are_read),
        cmocka_unit_test(test_usual_timestamps_cut_short_are_malformed),
        cmocka_unit_test(test_sack_blocks_keep_their_order),
        cmocka_unit_test(test_option_of_wrong_length_does_not_undo_a_good_one),
        cmocka_unit_test(test_fast_open_cookie_is_read_and_a_request_is_empty),
        cmocka_unit_test(test_unknown_options_are_skipped),
        cmocka_unit_test(test_known_options_of_wrong_length_are_skipped),
        cmocka_unit_test(test_illegal_length_stops_parsing_after_what_was_valid),
        cmocka_unit_test(test_nothing_is_read_behind_the_end_of_the_list),
        cmocka_unit_test(test_later_of_two_options_counts),
        cmocka_unit_test(test_every_pair_of_kind_and_length_is_safe),
        cmocka_unit_test(test_random_options_are_parsed_and_told_in_bounds),
        cmocka_unit_test(test_built_options_have_the_bytes_of_the_wire),
        cmocka_unit_test(test_built_options_are_parsed_back),
        cmocka_unit_test(test_building_beyond_the_room_is_a_programmer_error),
    };
    return cmocka_run_group_tests_name("wire/options", tests, NULL, NULL);
}
