/* How times, packets and payload are written. */
#include "sim/observe/text.h"
#include "sim/observe/utf8.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>

static void expect(struct text *text, const char *wanted)
{
    assert_string_equal(text_string(text), wanted);
    text_clear(text);
}

static void test_times_have_milliseconds_and_more_only_when_needed(void **state)
{
    (void)state;
    struct text text = { 0 };
    text_add_time(&text, 0);
    expect(&text, "0.000");
    text_add_time(&text, 10 * SIM_MILLISECOND);
    expect(&text, "0.010");
    text_add_time(&text, 10250 * SIM_MICROSECOND);
    expect(&text, "0.010250");
    text_add_time(&text, 3 * SIM_SECOND + 1);
    expect(&text, "3.000000001");
    text_add_time(&text, -1500 * SIM_MILLISECOND);
    expect(&text, "-1.500");
    text_add_time(&text, INT64_MIN);
    expect(&text, "-9223372036.854775808");
    text_add_time(&text, SIM_NEVER);
    expect(&text, "never");
    text_free(&text);
}

static void test_durations_use_the_largest_unit_that_fits(void **state)
{
    (void)state;
    struct text text = { 0 };
    text_add_duration(&text, 40 * SIM_MILLISECOND);
    expect(&text, "40 ms");
    text_add_duration(&text, 2950 * SIM_MILLISECOND);
    expect(&text, "2.950 s");
    text_add_duration(&text, 12500);
    expect(&text, "12.500 us");
    text_add_duration(&text, 7);
    expect(&text, "7 ns");
    text_free(&text);
}

static void test_counts_are_grouped(void **state)
{
    (void)state;
    struct text text = { 0 };
    text_add_count(&text, 999);
    expect(&text, "999");
    text_add_count(&text, 1234567);
    expect(&text, "1,234,567");
    text_add_count(&text, UINT64_MAX);
    expect(&text, "18,446,744,073,709,551,615");
    text_free(&text);
}

static void test_segments_read_as_packetdrill_writes_them(void **state)
{
    (void)state;
    struct text text = { 0 };
    struct segment s = { .seq = 7000,
                         .ack = 1001,
                         .flags = TCP_SYN | TCP_ACK,
                         .window = 65535,
                         .options_length = 4,
                         .options = { 2, 4, 1460 >> 8, 1460 & 255 } };
    text_add_segment(&text, &s);
    expect(&text, "S. 7000:7000(0) ack 1001 win 65535 <mss 1460>");
    s = (struct segment){ .seq = UINT32_MAX, .flags = TCP_PSH, .payload = { .length = 2 } };
    text_add_segment(&text, &s);
    expect(&text, "P 4294967295:1(2) win 0");
    text_free(&text);
}

static void test_width_counts_columns_and_not_bytes(void **state)
{
    (void)state;
    assert_int_equal(utf8_width("abc"), 3);
    assert_int_equal(utf8_width("→│✗"), 3);
    assert_int_equal(utf8_width("日本"), 4);
    assert_int_equal(utf8_width("e\xcc\x81"), 1); /* e and a combining acute accent */
    assert_int_equal(utf8_width("\xff\xc0\x80"), 3);
    assert_int_equal(utf8_bytes_within("日本", 3), 3);
}

static void test_malformed_utf8_is_never_decoded(void **state)
{
    (void)state;
    static const char *const bad[] = { "\xc0\xaf",         "\xe0\x80\x80", "\xed\xa0\x80",
                                       "\xf4\x90\x80\x80", "\x80",         "\xf8",
                                       "\xe2\x82" };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        size_t used = 0;
        assert_int_equal(utf8_decode(bad[i], strlen(bad[i]), &used), UTF8_BAD);
        assert_int_equal(used, 1);
    }
}

static void quote(struct text *text, const char *bytes, int columns, bool ascii)
{
    text_add_quoted(text, (const uint8_t *)bytes, strlen(bytes), columns, ascii);
}

static void test_quoted_bytes_show_what_is_not_printable(void **state)
{
    (void)state;
    struct text text = { 0 };
    quote(&text, "TRANSFER 100", 20, false);
    expect(&text, "\"TRANSFER 100\"");
    quote(&text, "GET /\r\n", 20, false);
    expect(&text, "\"GET /\\r\\n\"");
    quote(&text, "\x1b[31m\xff\"", 30, false);
    expect(&text, "\"\\x1B[31m\\xFF\\\"\"");
    quote(&text, "é", 20, false);
    expect(&text, "\"é\"");
    quote(&text, "é", 20, true);
    expect(&text, "\"\\xC3\\xA9\"");
    text_free(&text);
}

static void test_long_quotes_are_cut_at_the_column_given(void **state)
{
    (void)state;
    struct text text = { 0 };
    quote(&text, "abcdefghij", 10, false);
    expect(&text, "\"abcdefghij\"");
    quote(&text, "abcdefghijk", 10, false);
    expect(&text, "\"abcdefghi…\"");
    quote(&text, "abcdefghijk", 10, true);
    expect(&text, "\"abcdefg...\"");
    text_free(&text);
}

static void test_foreign_text_cannot_move_the_cursor(void **state)
{
    (void)state;
    struct text text = { 0 };
    text_add_clean(&text, "a\x1b[2J\nb\xc2\x9b\xff", false);
    expect(&text, "a [2J b ?");
    text_add_clean(&text, "x → y ≠ z 日", true);
    expect(&text, "x -> y != z ?");
    text_free(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_times_have_milliseconds_and_more_only_when_needed),
        cmocka_unit_test(test_durations_use_the_largest_unit_that_fits),
        cmocka_unit_test(test_counts_are_grouped),
        cmocka_unit_test(test_segments_read_as_packetdrill_writes_them),
        cmocka_unit_test(test_width_counts_columns_and_not_bytes),
        cmocka_unit_test(test_malformed_utf8_is_never_decoded),
        cmocka_unit_test(test_quoted_bytes_show_what_is_not_printable),
        cmocka_unit_test(test_long_quotes_are_cut_at_the_column_given),
        cmocka_unit_test(test_foreign_text_cannot_move_the_cursor),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
