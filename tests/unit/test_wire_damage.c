/* Damaged, cut off, contradictory and random packets: each is refused for the right reason, and
 * none is read beyond its end. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "sim/base/common.h"
#include "sim/wire/bytes.h"
#include "sim/wire/checksum.h"
#include "sim/wire/codec.h"
#include "tests/unit/wire_samples.h"

/* ---- damage --------------------------------------------------------------------------------- */

static void assert_every_bit_flip_is_caught(const char *hex)
{
    uint8_t bytes[PACKET_MAX];
    size_t size = from_hex(hex, bytes);
    for (size_t bit = 0; bit < 8 * size; bit++) {
        bytes[bit / 8] ^= (uint8_t)(0x80 >> bit % 8);
        if (verdict_on(bytes, size) == WIRE_OK) {
            fail_msg("bit %zu of byte %zu flips unseen", bit % 8, bit / 8);
        }
        bytes[bit / 8] ^= (uint8_t)(0x80 >> bit % 8);
    }
    assert_int_equal(verdict_on(bytes, size), WIRE_OK);
}

static void test_every_bit_flip_of_an_ipv4_packet_is_caught(void **state)
{
    (void)state;
    assert_every_bit_flip_is_caught(syn_hex);
    assert_every_bit_flip_is_caught(data_hex);
    assert_every_bit_flip_is_caught(ip_options_hex);
}

static void test_bit_flip_behind_the_ip_header_fails_the_tcp_checksum(void **state)
{
    uint8_t bytes[PACKET_MAX];
    size_t size = from_hex(data_hex, bytes);
    (void)state;
    for (size_t bit = 8 * IPV4_HEADER_BYTES; bit < 8 * size; bit++) {
        bytes[bit / 8] ^= (uint8_t)(0x80 >> bit % 8);
        assert_int_equal(verdict_on(bytes, size), WIRE_TCP_CHECKSUM_BAD);
        bytes[bit / 8] ^= (uint8_t)(0x80 >> bit % 8);
    }
}

/* IPv6 has no header checksum: its addresses are in the pseudo-header, and so is the length. */
static void test_bit_flip_of_an_ipv6_address_fails_the_tcp_checksum(void **state)
{
    uint8_t bytes[PACKET_MAX];
    size_t size = from_hex(ipv6_hex, bytes);
    (void)state;
    for (size_t bit = 64; bit < 8 * size; bit++) {
        bytes[bit / 8] ^= (uint8_t)(0x80 >> bit % 8);
        assert_int_equal(verdict_on(bytes, size), WIRE_TCP_CHECKSUM_BAD);
        bytes[bit / 8] ^= (uint8_t)(0x80 >> bit % 8);
    }
}

static void test_damaged_segment_still_shows_its_fields(void **state)
{
    uint8_t bytes[PACKET_MAX];
    struct packet p;
    size_t offset;
    size_t size = from_hex(data_hex, bytes);
    (void)state;
    bytes[size - 1] ^= 1;
    assert_int_equal(decode(bytes, size, &p, &offset), WIRE_TCP_CHECKSUM_BAD);
    assert_int_equal(p.tcp.seq, 1001);
    assert_int_equal(p.tcp.payload.length, 5);
}

static void test_every_truncation_is_caught(void **state)
{
    static const char *const packets[] = { syn_hex, data_hex, ip_options_hex, ipv6_hex };
    uint8_t bytes[PACKET_MAX];
    (void)state;
    for (size_t i = 0; i < COUNT_OF(packets); i++) {
        size_t size = from_hex(packets[i], bytes);
        for (size_t length = 0; length < size; length++) {
            assert_int_equal(verdict_on(bytes, length), WIRE_TRUNCATED);
        }
    }
}

/* ---- headers whose checksums are right and whose contents are not --------------------------- */

static void fix_ipv4_checksum(uint8_t *header)
{
    size_t header_bytes = 4 * (size_t)(header[0] & 0xf);
    struct checksum sum = checksum_begin();
    bytes_put_u16(header + 10, 0);
    checksum_add(&sum, header, header_bytes);
    bytes_put_u16(header + 10, checksum_finish(&sum));
}

/* Keeps the TCP checksum good when the 16-bit word at `word` gets another value (RFC 1624). */
static void replace_tcp_word(uint8_t *tcp, uint8_t *word, uint16_t value)
{
    struct checksum sum = checksum_begin();
    uint8_t terms[6];
    bytes_put_u16(terms, (uint16_t)~bytes_get_u16(tcp + 16));
    bytes_put_u16(terms + 2, (uint16_t)~bytes_get_u16(word));
    bytes_put_u16(terms + 4, value);
    checksum_add(&sum, terms, sizeof(terms));
    bytes_put_u16(tcp + 16, checksum_finish(&sum));
    bytes_put_u16(word, value);
}

static void test_version_other_than_4_and_6_is_refused(void **state)
{
    uint8_t bytes[PACKET_MAX];
    size_t size = from_hex(syn_hex, bytes);
    (void)state;
    for (unsigned version = 0; version < 16; version++) {
        bytes[0] = (uint8_t)(version << 4 | 5);
        if (version != 4 && version != 6) {
            assert_int_equal(verdict_on(bytes, size), WIRE_BAD_VERSION);
        }
    }
}

static void test_ipv4_header_below_five_words_is_bad(void **state)
{
    uint8_t bytes[PACKET_MAX];
    size_t size = from_hex(syn_hex, bytes);
    (void)state;
    for (uint8_t words = 0; words < 5; words++) {
        bytes[0] = (uint8_t)(0x40 | words);
        assert_int_equal(verdict_on(bytes, size), WIRE_BAD_HEADER);
    }
}

static void test_ipv4_total_length_below_its_header_is_bad(void **state)
{
    uint8_t bytes[PACKET_MAX];
    size_t size = from_hex(syn_hex, bytes);
    (void)state;
    for (uint16_t total = 0; total < 20; total++) {
        bytes_put_u16(bytes + 2, total);
        fix_ipv4_checksum(bytes);
        assert_int_equal(verdict_on(bytes, size), WIRE_BAD_HEADER);
    }
}

static void test_segment_shorter_than_a_tcp_header_is_bad(void **state)
{
    uint8_t bytes[PACKET_MAX];
    size_t size = from_hex(syn_hex, bytes);
    (void)state;
    for (uint16_t total = 20; total < 40; total++) {
        bytes_put_u16(bytes + 2, total);
        fix_ipv4_checksum(bytes);
        assert_int_equal(verdict_on(bytes, size), WIRE_BAD_HEADER);
    }
    size = from_hex(ipv6_hex, bytes);
    for (uint16_t length = 0; length < 20; length++) {
        bytes_put_u16(bytes + 4, length);
        assert_int_equal(verdict_on(bytes, size), WIRE_BAD_HEADER);
    }
}

static void test_data_offset_outside_the_segment_is_bad(void **state)
{
    (void)state;
    for (unsigned words = 0; words < 16; words++) {
        uint8_t bytes[PACKET_MAX];
        size_t size = from_hex(syn_hex, bytes); /* 10 words of TCP, no data */
        replace_tcp_word(bytes + 20, bytes + 32, (uint16_t)(words << 12 | TCP_SYN));
        assert_int_equal(verdict_on(bytes, size),
                         words >= 5 && words <= 10 ? WIRE_OK : WIRE_BAD_HEADER);
    }
}

static void test_ipv4_fragment_is_not_taken_for_a_segment(void **state)
{
    static const uint16_t fragments[] = { 0x2000, 0x0001, 0x1fff, 0x2010 };
    uint8_t bytes[PACKET_MAX];
    size_t size = from_hex(syn_hex, bytes);
    (void)state;
    for (size_t i = 0; i < COUNT_OF(fragments); i++) {
        bytes_put_u16(bytes + 6, fragments[i]);
        fix_ipv4_checksum(bytes);
        assert_int_equal(verdict_on(bytes, size), WIRE_UNKNOWN_PROTOCOL);
    }
}

static void test_protocols_other_than_tcp_are_unknown(void **state)
{
    uint8_t bytes[PACKET_MAX];
    size_t size = from_hex(ipv6_hex, bytes);
    (void)state;
    for (unsigned protocol = 0; protocol < 256; protocol++) { /* extension headers among them */
        bytes[6] = (uint8_t)protocol;
        assert_int_equal(verdict_on(bytes, size),
                         protocol == IP_TCP ? WIRE_OK : WIRE_UNKNOWN_PROTOCOL);
    }
    size = from_hex(syn_hex, bytes);
    bytes[9] = IP_UDP;
    fix_ipv4_checksum(bytes);
    assert_int_equal(verdict_on(bytes, size), WIRE_UNKNOWN_PROTOCOL);
}

/* ---- garbage: the sanitizers are the judges ------------------------------------------------- */

static void test_random_bytes_are_never_read_beyond_their_end(void **state)
{
    uint64_t random = 3;
    uint8_t bytes[160];
    (void)state;
    for (int i = 0; i < 100000; i++) {
        size_t length = next_random(&random) % sizeof(bytes);
        fill_random(&random, bytes, length);
        bytes[0] = (uint8_t)(next_random(&random) % 2 == 0 ? 0x45 : 0x60);
        verdict_on(bytes, length);
    }
}

static void test_random_damage_to_good_packets_is_harmless(void **state)
{
    static const char *const packets[] = { syn_hex, data_hex, ip_options_hex, ipv6_hex };
    uint64_t random = 4;
    uint8_t bytes[PACKET_MAX];
    (void)state;
    for (int i = 0; i < 100000; i++) {
        size_t size = from_hex(packets[next_random(&random) % COUNT_OF(packets)], bytes);
        for (uint32_t hits = 1 + next_random(&random) % 4; hits > 0; hits--) {
            bytes[next_random(&random) % size] = (uint8_t)next_random(&random);
        }
        if (bytes[0] >> 4 == 4) {
            fix_ipv4_checksum(bytes); /* or nothing would come as far as TCP */
        }
        verdict_on(bytes, size - next_random(&random) % 3);
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_bit_flip_of_an_ipv4_packet_is_caught),
        cmocka_unit_test(test_bit_flip_behind_the_ip_header_fails_the_tcp_checksum),
        cmocka_unit_test(test_bit_flip_of_an_ipv6_address_fails_the_tcp_checksum),
        cmocka_unit_test(test_damaged_segment_still_shows_its_fields),
        cmocka_unit_test(test_every_truncation_is_caught),
        cmocka_unit_test(test_version_other_than_4_and_6_is_refused),
        cmocka_unit_test(test_ipv4_header_below_five_words_is_bad),
        cmocka_unit_test(test_ipv4_total_length_below_its_header_is_bad),
        cmocka_unit_test(test_segment_shorter_than_a_tcp_header_is_bad),
        cmocka_unit_test(test_data_offset_outside_the_segment_is_bad),
        cmocka_unit_test(test_ipv4_fragment_is_not_taken_for_a_segment),
        cmocka_unit_test(test_protocols_other_than_tcp_are_unknown),
        cmocka_unit_test(test_random_bytes_are_never_read_beyond_their_end),
        cmocka_unit_test(test_random_damage_to_good_packets_is_harmless),
    };
    return cmocka_run_group_tests_name("wire/damage", tests, NULL, NULL);
}
