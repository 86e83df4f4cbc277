/* Addresses and prefixes as text: RFC 4291 2.2 is accepted, RFC 5952 is produced. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "sim/base/common.h"
#include "tcpsim/packet.h"

static struct ip_addr parsed(const char *text)
{
    struct ip_addr addr;
    if (!ip_addr_parse(text, &addr)) {
        fail_msg("\"%s\" is refused", text);
    }
    return addr;
}

static void assert_formats_as(const char *text, const char *expected)
{
    char formatted[IP_ADDR_TEXT_MAX];
    struct ip_addr addr = parsed(text);
    assert_string_equal(ip_addr_format(&addr, formatted), expected);
}

struct text_pair {
    const char *from, *to;
};

static void assert_all_format(const struct text_pair *pairs, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        assert_formats_as(pairs[i].from, pairs[i].to);
        assert_formats_as(pairs[i].to, pairs[i].to);
    }
}

static void test_ipv4_text_is_its_own_canonical_form(void **state)
{
    static const struct text_pair pairs[] = {
        { "0.0.0.0", "0.0.0.0" },
        { "10.0.0.1", "10.0.0.1" },
        { "100.20.3.40", "100.20.3.40" },
        { "255.255.255.255", "255.255.255.255" },
        { "::ffff:192.0.2.1", "192.0.2.1" },
        { "::FFFF:c000:0201", "192.0.2.1" },
    };
    (void)state;
    assert_all_format(pairs, COUNT_OF(pairs));
}

/* The examples of RFC 5952 1, 2 and 4, and of RFC 4291 2.2. */
static void test_ipv6_text_follows_rfc_5952(void **state)
{
    static const struct text_pair pairs[] = {
        { "2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1" },
        { "2001:0db8:0:0:1:0:0:1", "2001:db8::1:0:0:1" },
        { "2001:DB8:0:0:1::1", "2001:db8::1:0:0:1" },
        { "2001:db8:0000:0:1::1", "2001:db8::1:0:0:1" },
        { "2001:db8:aaaa:bbbb:cccc:dddd:eeee:0001", "2001:db8:aaaa:bbbb:cccc:dddd:eeee:1" },
        { "2001:db8:0:0:0::1", "2001:db8::1" },
        { "2001:db8:0:0:0:0:2:1", "2001:db8::2:1" },
        { "2001:db8::1:1:1:1:1", "2001:db8:0:1:1:1:1:1" },
        { "2001:0:0:1:0:0:0:1", "2001:0:0:1::1" },
        { "2001:db8:0:0:AAAA::", "2001:db8:0:0:aaaa::" },
        { "FF01:0:0:0:0:0:0:101", "ff01::101" },
        { "0:0:0:0:0:0:0:1", "::1" },
        { "0:0:0:0:0:0:0:0", "::" },
        { "1:0:0:0:0:0:0:0", "1::" },
        { "0:1:0:1:0:1:0:1", "0:1:0:1:0:1:0:1" },
        { "0:0:1:1:1:1:0:0", "::1:1:1:1:0:0" },
        { "::13.1.68.3", "::d01:4403" },
        { "64:ff9b::192.0.2.33", "64:ff9b::c000:221" },
        { "1:2:3:4:5:6:1.2.3.4", "1:2:3:4:5:6:102:304" },
        { "1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0" },
        { "::2:3:4:5:6:7:8", "0:2:3:4:5:6:7:8" },
        { "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff" },
    };
    (void)state;
    assert_all_format(pairs, COUNT_OF(pairs));
}

static void test_text_that_others_read_differently_is_refused(void **state)
{
    static const char *const bad[] = {
        "",
        " ",
        "1",
        "1.2.3",
        "1.2.3.4.5",
        "1.2.3.",
        ".1.2.3",
        "1..2.3",
        "1.2.3.4 ",
        " 1.2.3.4",
        "256.1.1.1",
        "1.2.3.256",
        "010.0.0.1",
        "1.2.3.04",
        "00.0.0.0",
        "0x1.2.3.4",
        "1.2.3.0000",
        "1.2.3.-4",
        "a.1.1.1",
        "1.2.3.4a",
        ":",
        ":::",
        "1:",
        ":1",
        ":1::",
        "1:::2",
        "1::2::3",
        "::1::",
        "1:2:3:4:5:6:7",
        "12345::",
        "g::",
        "::1%eth0",
        "fe80::1%1",
        "::00001",
        "1::2:",
        "1:2",
        "::1.2.3",
        "::1.2.3.256",
        "::1.2.3.04",
        "::1.2.3.4:5",
        "1.2.3.4::",
        "::1.2.3.4::",
        "[::1]",
        "::1/128",
        "::ffff:",
        "1.2.3.4:80",
        "::a.1.1.1",
        "1::.2.3.4",
        "1:2:3:4:5:6:7:8:9",
        "1:2:3:4:5:6:7:8:8",
        "1:2:3:4:5:6:7:1.2.3.4",
        "1:2:3:4:5:6:7:8::",
        "::1:2:3:4:5:6:7:8",
        "1:2:3:4::5:6:7:8",
        "1:2:3:4:5:6:7:8:",
        "1:2:3:4:5:6::1.2.3.4",
        "4294967297.1.1.1",
    };
    struct ip_addr before = ip_addr_v4(9, 9, 9, 9);
    (void)state;
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        struct ip_addr addr = before;
        if (ip_addr_parse(bad[i], &addr)) {
            fail_msg("\"%s\" is accepted", bad[i]);
        }
        assert_true(ip_addr_equal(&addr, &before));
    }
}

/* Shapes of all kinds: every subset of the eight groups is zero. */
static void test_every_zero_pattern_survives_a_round_trip(void **state)
{
    (void)state;
    for (unsigned pattern = 0; pattern < 256; pattern++) {
        struct ip_addr addr = { { 0 } };
        for (unsigned group = 0; group < 8; group++) {
            addr.bytes[2 * group + 1] = (pattern >> group & 1) != 0 ? (uint8_t)(group + 1) : 0;
        }
        char text[IP_ADDR_TEXT_MAX];
        struct ip_addr again = parsed(ip_addr_format(&addr, text));
        assert_true(ip_addr_equal(&addr, &again));
    }
}

static void test_only_mapped_addresses_are_ipv4(void **state)
{
    struct ip_addr v4 = parsed("1.2.3.4");
    struct ip_addr compatible = parsed("::1.2.3.4");
    struct ip_addr built = ip_addr_v4(1, 2, 3, 4);
    (void)state;
    assert_true(ip_addr_is_v4(&v4));
    assert_true(ip_addr_equal(&v4, &built));
    assert_false(ip_addr_is_v4(&compatible));
    assert_false(ip_addr_equal(&v4, &compatible));
}

static void test_both_families_have_an_unspecified_address(void **state)
{
    static const char *const specified[] = { "0.0.0.1", "1.0.0.0", "::1", "1::", "::fffe:0:0" };
    struct ip_addr any4 = parsed("0.0.0.0");
    struct ip_addr any6 = parsed("::");
    (void)state;
    assert_true(ip_addr_is_unspecified(&any4));
    assert_true(ip_addr_is_unspecified(&any6));
    for (size_t i = 0; i < COUNT_OF(specified); i++) {
        struct ip_addr addr = parsed(specified[i]);
        assert_false(ip_addr_is_unspecified(&addr));
    }
}

/* ---- prefixes ------------------------------------------------------------------------------- */

static struct ip_prefix parsed_prefix(const char *text)
{
    struct ip_prefix prefix;
    if (!ip_prefix_parse(text, &prefix)) {
        fail_msg("\"%s\" is refused", text);
    }
    return prefix;
}

static void test_bare_address_is_a_prefix_of_full_length(void **state)
{
    (void)state;
    assert_int_equal(parsed_prefix("10.0.0.1").length, 32);
    assert_int_equal(parsed_prefix("2001:db8::").length, 128);
    assert_int_equal(parsed_prefix("0.0.0.0/0").length, 0);
    assert_int_equal(parsed_prefix("2001:db8::/128").length, 128);
}

static void test_malformed_prefixes_are_refused(void **state)
{
    static const char *const bad[] = {
        "",
        "/8",
        "10.0.0.0/",
        "10.0.0.0/33",
        "10.0.0.0/08",
        "10.0.0.0/8 ",
        "::/129",
        "::/256",
        "::/-1",
        "10.0.0/8",
        "::/1000",
        "10.0.0.0/8/8",
        "10.0.0.0/a",
        "10.0.0.0//8",
        "::/4294967304",
        "10.0.0.0 /8",
        "::/",
        "::ffff:10.0.0.0/104", /* an IPv4 address, whose prefixes have at most 32 bits */
    };
    struct ip_prefix before = parsed_prefix("9.9.9.9/9");
    (void)state;
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        struct ip_prefix prefix = before;
        if (ip_prefix_parse(bad[i], &prefix)) {
            fail_msg("\"%s\" is accepted", bad[i]);
        }
        assert_true(ip_addr_equal(&prefix.addr, &before.addr));
        assert_int_equal(prefix.length, before.length);
    }
}

struct containment {
    const char *prefix, *addr;
    bool contained;
};

static void test_prefix_contains_exactly_its_addresses(void **state)
{
    static const struct containment cases[] = {
        { "10.0.0.0/8", "10.255.255.255", true },
        { "10.0.0.0/8", "11.0.0.0", false },
        { "10.0.0.0/8", "9.255.255.255", false },
        { "10.9.8.7/8", "10.1.2.3", true }, /* host bits of the prefix do not matter */
        { "192.0.2.128/25", "192.0.2.127", false },
        { "192.0.2.128/25", "192.0.2.255", true },
        { "192.0.2.4/31", "192.0.2.5", true },
        { "192.0.2.4/31", "192.0.2.6", false },
        { "192.0.2.4", "192.0.2.4", true },
        { "192.0.2.4/32", "192.0.2.5", false },
        { "0.0.0.0/0", "255.1.2.3", true },
        { "0.0.0.0/0", "::1", false }, /* families stay apart */
        { "::/0", "10.0.0.1", false },
        { "::/0", "ffff::", true },
        { "2001:db8::/32", "2001:db8:ffff::1", true },
        { "2001:db8::/32", "2001:db9::", false },
        { "2001:db8::/33", "2001:db8:7fff::", true },
        { "2001:db8::/33", "2001:db8:8000::", false },
        { "2001:db8::1", "2001:db8::1", true },
        { "2001:db8::1/127", "2001:db8::2", false },
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct ip_prefix prefix = parsed_prefix(cases[i].prefix);
        struct ip_addr addr = parsed(cases[i].addr);
        if (ip_prefix_contains(&prefix, &addr) != cases[i].contained) {
            fail_msg("%s in %s", cases[i].addr, cases[i].prefix);
        }
    }
}

struct numbered {
    const char *prefix;
    uint64_t index;
    const char *addr;
};

static void test_addresses_are_numbered_from_the_first_and_wrap(void **state)
{
    static const struct numbered cases[] = {
        { "10.0.0.0/8", 0, "10.0.0.0" },
        { "10.9.8.7/8", 1, "10.0.0.1" },
        { "10.0.0.0/8", 0xffffff, "10.255.255.255" },
        { "10.0.0.0/8", 0x1000000, "10.0.0.0" },
        { "10.0.0.0/8", 0x1000102, "10.0.1.2" },
        { "192.0.2.128/25", 127, "192.0.2.255" },
        { "192.0.2.128/25", 128, "192.0.2.128" },
        { "192.0.2.1/32", 5, "192.0.2.1" },
        { "0.0.0.0/0", 0x1ffffffffull, "255.255.255.255" },
        { "2001:db8::/32", 0xffffffffffffffffull, "2001:db8::ffff:ffff:ffff:ffff" },
        { "2001:db8::ff/125", 9, "2001:db8::f9" },
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct ip_prefix prefix = parsed_prefix(cases[i].prefix);
        struct ip_addr addr = ip_prefix_address(&prefix, cases[i].index);
        char text[IP_ADDR_TEXT_MAX];
        assert_string_equal(ip_addr_format(&addr, text), cases[i].addr);
        assert_true(ip_prefix_contains(&prefix, &addr));
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ipv4_text_is_its_own_canonical_form),
        cmocka_unit_test(test_ipv6_text_follows_rfc_5952),
        cmocka_unit_test(test_text_that_others_read_differently_is_refused),
        cmocka_unit_test(test_every_zero_pattern_survives_a_round_trip),
        cmocka_unit_test(test_only_mapped_addresses_are_ipv4),
        cmocka_unit_test(test_both_families_have_an_unspecified_address),
        cmocka_unit_test(test_bare_address_is_a_prefix_of_full_length),
        cmocka_unit_test(test_malformed_prefixes_are_refused),
        cmocka_unit_test(test_prefix_contains_exactly_its_addresses),
        cmocka_unit_test(test_addresses_are_numbered_from_the_first_and_wrap),
    };
    return cmocka_run_group_tests_name("wire/address", tests, NULL, NULL);
}
