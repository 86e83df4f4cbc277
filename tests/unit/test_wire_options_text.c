/* TCP options told in packetdrill notation. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "sim/base/common.h"
#include "sim/wire/options.h"
#include "tests/unit/wire_samples.h"

static void assert_told_as(const struct segment *s, const char *expected)
{
    char text[TCP_OPTIONS_TEXT_MAX];
    assert_int_equal(tcp_options_format(s, text, sizeof(text)), strlen(expected));
    assert_string_equal(text, expected);
}

struct told {
    const char *hex;
    const char *text;
};

static void test_options_are_told_in_packetdrill_notation(void **state)
{
    static const struct told cases[] = {
        { "", "" },
        { "020405b401030307"
          "0402"
          "080a0000000100000000",
          "mss 1460,nop,wscale 7,sackOK,TS val 1 ecr 0" },
        { "0101"
          "0512"
          "00000001000000020000000300000004",
          "nop,nop,sack 1:2 3:4" },
        { "0101"
          "050a"
          "fffffffe00000000",
          "nop,nop,sack 4294967294:0" },
        { "020405b40000", "mss 1460,eol,eol" },
        { "2202", "FO" },
        { "220aa1b2c3d4e5f60718", "FO a1b2c3d4e5f60718" },
        { "fe04f989", "FOEXP" },
        { "fe08f98901020304", "FOEXP 01020304" },
        { "1312"
          "000102030405060708090a0b0c0d0e0f",
          "md5 000102030405060708090a0b0c0d0e0f" },
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct segment s = with_options(cases[i].hex);
        assert_told_as(&s, cases[i].text);
    }
}

static void test_odd_options_are_told_in_hex(void **state)
{
    static const struct told cases[] = {
        { "fd02", "gen-253" },
        { "fd05010203", "gen-253 010203" },
        { "fe041234", "gen-254 1234" },
        { "0203ff", "gen-2 ff" },
        { "0502", "gen-5" },
        { "05060000000a", "gen-5 0000000a" },
        { "040300", "gen-4 00" },
        { "01"
          "0300"
          "0402",
          "nop,0x03000402" },
        { "01"
          "03",
          "nop,0x03" },
        { "0402"
          "0009"
          "0402",
          "sackOK,0x00090402" },
        { "0402"
          "0000"
          "0001",
          "sackOK,0x00000001" },
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct segment s = with_options(cases[i].hex);
        assert_told_as(&s, cases[i].text);
    }
}

static void test_longest_text_fits(void **state)
{
    struct segment s = { .options_length = TCP_OPTIONS_MAX };
    char text[2 * TCP_OPTIONS_TEXT_MAX];
    (void)state;
    memset(s.options, TCP_OPTION_NOP, sizeof(s.options));
    s.options[39] = TCP_OPTION_SACK;
    assert_int_equal(tcp_options_format(&s, text, sizeof(text)), 39 * 4 + 4);
    assert_true(39 * 4 + 4 < TCP_OPTIONS_TEXT_MAX);
}

static void test_text_is_cut_off_where_the_buffer_ends(void **state)
{
    static const char whole[] = "mss 1460,nop,wscale 7";
    struct segment s = with_options("020405b401030307");
    char text[sizeof(whole) + 1];
    (void)state;
    for (size_t capacity = 1; capacity <= sizeof(whole); capacity++) {
        memset(text, '#', sizeof(text));
        assert_int_equal(tcp_options_format(&s, text, capacity), capacity - 1);
        assert_memory_equal(text, whole, capacity - 1);
        assert_int_equal(text[capacity - 1], '\0');
        assert_int_equal(text[capacity], '#');
    }
    assert_int_equal(tcp_options_format(&s, NULL, 0), 0);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_options_are_told_in_packetdrill_notation),
        cmocka_unit_test(test_odd_options_are_told_in_hex),
        cmocka_unit_test(test_longest_text_fits),
        cmocka_unit_test(test_text_is_cut_off_where_the_buffer_ends),
    };
    return cmocka_run_group_tests_name("wire/options_text", tests, NULL, NULL);
}
