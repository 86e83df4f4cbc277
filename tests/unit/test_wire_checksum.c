/* The Internet checksum against RFC 1071 and against a sum taken byte by byte. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "sim/wire/bytes.h"
#include "sim/wire/checksum.h"

enum { SAMPLE_BYTES = 600 };

/* As RFC 1071 1 words it, 16 bits at a time: slow, and with nothing to get wrong. */
static uint16_t plain_checksum(const uint8_t *bytes, size_t length)
{
    uint32_t sum = 0;
    for (size_t i = 0; i < length; i++) {
        sum += i % 2 == 0 ? (uint32_t)bytes[i] << 8 : bytes[i];
        sum = (sum & 0xffff) + (sum >> 16);
    }
    return (uint16_t)~sum;
}

static uint16_t checksum_of(const uint8_t *bytes, size_t length)
{
    struct checksum sum = checksum_begin();
    checksum_add(&sum, bytes, length);
    return checksum_finish(&sum);
}

static void fill_sample(uint8_t *bytes, size_t length, uint32_t seed)
{
    for (size_t i = 0; i < length; i++) {
        seed = seed * 1664525u + 1013904223u;
        bytes[i] = (uint8_t)(seed >> 24);
    }
}

static void test_rfc_1071_example_sums_to_ddf2(void **state)
{
    static const uint8_t example[] = { 0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7 };
    (void)state;
    assert_int_equal(checksum_of(example, sizeof(example)), (uint16_t)~0xddf2);
}

static void test_empty_data_has_checksum_ffff(void **state)
{
    (void)state;
    assert_int_equal(checksum_of(NULL, 0), 0xffff);
}

static void test_odd_payload_is_summed_as_if_padded(void **state)
{
    static const uint8_t padded[] = { 0x12, 0x34, 0x56, 0x00 };
    (void)state;
    assert_int_equal(checksum_of(padded, 3), checksum_of(padded, 4));
    assert_int_equal(checksum_of(padded, 3), (uint16_t) ~(0x1234 + 0x5600));
}

static void test_every_length_and_alignment_gives_the_plain_sum(void **state)
{
    uint8_t sample[SAMPLE_BYTES];
    (void)state;
    fill_sample(sample, sizeof(sample), 1);
    for (size_t start = 0; start < 9; start++) {
        for (size_t length = 0; start + length <= sizeof(sample); length++) {
            assert_int_equal(checksum_of(sample + start, length),
                             plain_checksum(sample + start, length));
        }
    }
}

static void test_carries_are_never_lost(void **state)
{
    uint8_t *ones = malloc(1 << 20);
    (void)state;
    assert_non_null(ones);
    memset(ones, 0xff, 1 << 20);
    assert_int_equal(checksum_of(ones, 1 << 20), 0); /* ones' complement: -0 however many */
    assert_int_equal(checksum_of(ones, (1 << 20) - 1), 0x00ff);
    free(ones);
}

static void test_chunks_of_any_lengths_sum_as_one(void **state)
{
    uint8_t sample[SAMPLE_BYTES];
    (void)state;
    fill_sample(sample, sizeof(sample), 2);
    uint16_t whole = plain_checksum(sample, sizeof(sample));
    for (uint32_t round = 1; round <= 2000; round++) {
        struct checksum sum = checksum_begin();
        uint32_t random = round;
        for (size_t at = 0; at < sizeof(sample);) {
            random = random * 1664525u + 1013904223u;
            size_t length = random >> 16 & 0x1f; /* odd, even and empty chunks */
            length = length < sizeof(sample) - at ? length : sizeof(sample) - at;
            checksum_add(&sum, sample + at, length);
            at += length;
        }
        assert_int_equal(checksum_finish(&sum), whole);
    }
}

static void test_data_with_its_own_checksum_sums_to_zero(void **state)
{
    uint8_t sample[SAMPLE_BYTES];
    (void)state;
    for (uint32_t seed = 0; seed < 500; seed++) {
        fill_sample(sample, sizeof(sample), seed);
        bytes_put_u16(sample + 10, 0);
        bytes_put_u16(sample + 10, checksum_of(sample, sizeof(sample)));
        assert_int_equal(checksum_of(sample, sizeof(sample)), 0);
    }
}

/* ---- pseudo-headers: the figures written out as bytes --------------------------------------- */

static uint16_t checksum_of_pseudo_header(const struct packet *p, uint32_t length)
{
    struct checksum sum = checksum_begin();
    checksum_add_pseudo_header(&sum, p, length);
    return checksum_finish(&sum);
}

static void test_ipv4_pseudo_header_is_figure_2_of_rfc_9293(void **state)
{
    static const uint8_t figure[] = { 192, 0, 2, 1, 198, 51, 100, 2, 0, 6, 0x12, 0x34 };
    struct packet p = { .version = 4,
                        .protocol = IP_TCP,
                        .source = ip_addr_v4(192, 0, 2, 1),
                        .destination = ip_addr_v4(198, 51, 100, 2) };
    (void)state;
    assert_int_equal(checksum_of_pseudo_header(&p, 0x1234), plain_checksum(figure, sizeof(figure)));
}

static void test_ipv6_pseudo_header_has_a_32_bit_length(void **state)
{
    uint8_t figure[40] = { 0 };
    struct packet p = { .version = 6, .protocol = IP_TCP };
    (void)state;
    fill_sample(p.source.bytes, 16, 3);
    fill_sample(p.destination.bytes, 16, 4);
    memcpy(figure, p.source.bytes, 16);
    memcpy(figure + 16, p.destination.bytes, 16);
    bytes_put_u32(figure + 32, 0x1fffe);
    figure[39] = IP_TCP;
    assert_int_equal(checksum_of_pseudo_header(&p, 0x1fffe),
                     plain_checksum(figure, sizeof(figure)));
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rfc_1071_example_sums_to_ddf2),
        cmocka_unit_test(test_empty_data_has_checksum_ffff),
        cmocka_unit_test(test_odd_payload_is_summed_as_if_padded),
        cmocka_unit_test(test_every_length_and_alignment_gives_the_plain_sum),
        cmocka_unit_test(test_carries_are_never_lost),
        cmocka_unit_test(test_chunks_of_any_lengths_sum_as_one),
        cmocka_unit_test(test_data_with_its_own_checksum_sums_to_zero),
        cmocka_unit_test(test_ipv4_pseudo_header_is_figure_2_of_rfc_9293),
        cmocka_unit_test(test_ipv6_pseudo_header_has_a_32_bit_length),
    };
    return cmocka_run_group_tests_name("wire/checksum", tests, NULL, NULL);
}
