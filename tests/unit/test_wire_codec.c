/* Packets to bytes and back: captured packets, round trips, and what has no wire form. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "sim/base/common.h"
#include "sim/wire/codec.h"
#include "tests/unit/wire_samples.h"

static enum wire_verdict verdict_on_hex(const char *hex, struct packet *p)
{
    uint8_t bytes[PACKET_MAX];
    size_t offset;
    return decode(bytes, from_hex(hex, bytes), p, &offset);
}

/* Decoding and encoding again must give the same bytes. */
static void assert_encodes_back(const char *hex)
{
    uint8_t bytes[PACKET_MAX];
    uint8_t again[PACKET_MAX];
    struct packet p;
    const uint8_t *payload;
    size_t size = from_hex(hex, bytes);
    assert_int_equal(wire_decode_packet(bytes, size, &p, &payload), WIRE_OK);
    assert_int_equal(packet_size_bytes(&p), size);
    assert_int_equal(wire_encode_packet(&p, payload, again, sizeof(again)), size);
    assert_memory_equal(again, bytes, size);
}

static void test_captured_syn_has_its_fields(void **state)
{
    struct packet p;
    struct ip_addr source = ip_addr_v4(192, 0, 2, 1);
    struct ip_addr destination = ip_addr_v4(198, 51, 100, 2);
    (void)state;
    assert_int_equal(verdict_on_hex(syn_hex, &p), WIRE_OK);
    assert_int_equal(p.version, 4);
    assert_int_equal(p.protocol, IP_TCP);
    assert_int_equal(p.hop_limit, 64);
    assert_int_equal(p.traffic_class, 0);
    assert_int_equal(p.identification, 0x1c46);
    assert_true(p.dont_fragment);
    assert_true(ip_addr_equal(&p.source, &source));
    assert_true(ip_addr_equal(&p.destination, &destination));
    assert_int_equal(p.tcp.source_port, 49152);
    assert_int_equal(p.tcp.destination_port, 80);
    assert_int_equal(p.tcp.seq, 0xdeadbeef);
    assert_int_equal(p.tcp.ack, 0);
    assert_int_equal(p.tcp.flags, TCP_SYN);
    assert_int_equal(p.tcp.window, 64240);
    assert_int_equal(p.tcp.options_length, 20);
    assert_int_equal(p.tcp.payload.length, 0);
    assert_encodes_back(syn_hex);
}

static void test_captured_data_segment_has_its_payload(void **state)
{
    uint8_t bytes[PACKET_MAX];
    struct packet p;
    size_t offset;
    size_t size = from_hex(data_hex, bytes);
    (void)state;
    assert_int_equal(decode(bytes, size, &p, &offset), WIRE_OK);
    assert_int_equal(p.traffic_class, 2);
    assert_int_equal(p.hop_limit, 63);
    assert_false(p.dont_fragment);
    assert_int_equal(p.tcp.seq, 1001);
    assert_int_equal(p.tcp.ack, 7001);
    assert_int_equal(p.tcp.flags, TCP_PSH | TCP_ACK);
    assert_int_equal(p.tcp.payload.length, 5);
    assert_int_equal(p.tcp.payload.stream, 0);
    assert_memory_equal(bytes + offset, "hello", 5);
    assert_encodes_back(data_hex);
}

static void test_ipv4_options_are_skipped(void **state)
{
    uint8_t bytes[PACKET_MAX];
    struct packet p;
    size_t offset;
    size_t size = from_hex(ip_options_hex, bytes);
    (void)state;
    assert_int_equal(decode(bytes, size, &p, &offset), WIRE_OK);
    assert_int_equal(p.tcp.source_port, 80);
    assert_int_equal(p.tcp.options_length, 0);
    assert_int_equal(p.tcp.payload.length, 2);
    assert_memory_equal(bytes + offset, "ab", 2);
}

static void test_captured_ipv6_segment_has_its_fields(void **state)
{
    struct packet p;
    struct ip_addr source;
    (void)state;
    assert_true(ip_addr_parse("2001:db8::1", &source));
    assert_int_equal(verdict_on_hex(ipv6_hex, &p), WIRE_OK);
    assert_int_equal(p.version, 6);
    assert_int_equal(p.traffic_class, 0xb9);
    assert_int_equal(p.flow_label, 0xabcde);
    assert_int_equal(p.hop_limit, 255);
    assert_true(ip_addr_equal(&p.source, &source));
    assert_int_equal(p.tcp.flags, TCP_AE | TCP_CWR | TCP_ECE | TCP_ACK | TCP_FIN);
    assert_int_equal(p.tcp.urgent, 3);
    assert_int_equal(p.tcp.options_length, 20);
    assert_int_equal(p.tcp.payload.length, 3);
    assert_encodes_back(ipv6_hex);
}

/* ---- round trips ---------------------------------------------------------------------------- */

static struct segment random_segment(uint64_t *random)
{
    struct segment s = { .seq = next_random(random),
                         .ack = next_random(random),
                         .source_port = (uint16_t)next_random(random),
                         .destination_port = (uint16_t)next_random(random),
                         .flags = next_random(random) & 0xfff,
                         .window = (uint16_t)next_random(random),
                         .urgent = (uint16_t)next_random(random),
                         .options_length = (uint8_t)(next_random(random) % 11 * 4) };
    fill_random(random, s.options, s.options_length);
    s.payload.length = next_random(random) % 1461;
    return s;
}

static struct packet random_packet(uint64_t *random)
{
    struct packet p = { .version = next_random(random) % 2 == 0 ? 4 : 6,
                        .protocol = IP_TCP,
                        .traffic_class = (uint8_t)next_random(random),
                        .hop_limit = (uint8_t)next_random(random),
                        .tcp = random_segment(random) };
    if (p.version == 4) {
        p.identification = (uint16_t)next_random(random);
        p.dont_fragment = next_random(random) % 2 == 0;
        p.source = ip_addr_v4(10, 0, 0, (uint8_t)next_random(random));
        p.destination = ip_addr_v4((uint8_t)next_random(random), 1, 2, 3);
    } else {
        p.flow_label = next_random(random) & 0xfffff;
        fill_random(random, p.source.bytes, 16);
        fill_random(random, p.destination.bytes, 16);
    }
    return p;
}

static void assert_same_headers(const struct packet *a, const struct packet *b)
{
    assert_int_equal(a->version, b->version);
    assert_int_equal(a->protocol, b->protocol);
    assert_int_equal(a->traffic_class, b->traffic_class);
    assert_int_equal(a->hop_limit, b->hop_limit);
    assert_int_equal(a->identification, b->identification);
    assert_int_equal(a->dont_fragment, b->dont_fragment);
    assert_int_equal(a->flow_label, b->flow_label);
    assert_true(ip_addr_equal(&a->source, &b->source));
    assert_true(ip_addr_equal(&a->destination, &b->destination));
    assert_int_equal(a->tcp.seq, b->tcp.seq);
    assert_int_equal(a->tcp.ack, b->tcp.ack);
    assert_int_equal(a->tcp.source_port, b->tcp.source_port);
    assert_int_equal(a->tcp.destination_port, b->tcp.destination_port);
    assert_int_equal(a->tcp.flags, b->tcp.flags);
    assert_int_equal(a->tcp.window, b->tcp.window);
    assert_int_equal(a->tcp.urgent, b->tcp.urgent);
    assert_int_equal(a->tcp.options_length, b->tcp.options_length);
    assert_memory_equal(a->tcp.options, b->tcp.options, TCP_OPTIONS_MAX);
    assert_int_equal(a->tcp.payload.length, b->tcp.payload.length);
}

static void test_random_packets_survive_a_round_trip(void **state)
{
    uint64_t random = 1;
    uint8_t payload[PACKET_MAX];
    uint8_t bytes[PACKET_MAX];
    (void)state;
    fill_random(&random, payload, sizeof(payload));
    for (int i = 0; i < 20000; i++) {
        struct packet p = random_packet(&random);
        struct packet decoded;
        size_t offset;
        size_t size = wire_encode_packet(&p, payload, bytes, sizeof(bytes));
        assert_int_equal(size, packet_size_bytes(&p));
        assert_int_equal(decode(bytes, size, &decoded, &offset), WIRE_OK);
        assert_same_headers(&p, &decoded);
        assert_int_equal(offset + p.tcp.payload.length, size);
        assert_memory_equal(bytes + offset, payload, p.tcp.payload.length);
        assert_int_equal(decoded.id + decoded.copy_of, 0);
        assert_false(decoded.injected || decoded.corrupted);
    }
}

static void test_options_are_padded_with_end_of_list_to_whole_words(void **state)
{
    uint64_t random = 2;
    uint8_t bytes[PACKET_MAX];
    (void)state;
    for (uint8_t length = 0; length <= TCP_OPTIONS_MAX; length++) {
        struct packet p = random_packet(&random);
        struct packet decoded;
        size_t offset;
        p.tcp.payload.length = 0;
        p.tcp.options_length = length;
        memset(p.tcp.options, 1, sizeof(p.tcp.options));
        size_t size = wire_encode_packet(&p, NULL, bytes, sizeof(bytes));
        assert_int_equal(decode(bytes, size, &decoded, &offset), WIRE_OK);
        assert_int_equal(decoded.tcp.options_length, (length + 3) / 4 * 4);
        for (uint8_t i = 0; i < decoded.tcp.options_length; i++) {
            assert_int_equal(decoded.tcp.options[i], i < length ? 1 : 0);
        }
    }
}

static void test_bytes_behind_the_packet_are_ignored(void **state)
{
    uint8_t bytes[PACKET_MAX] = { 0 };
    struct packet p;
    size_t offset;
    size_t size = from_hex(data_hex, bytes);
    (void)state;
    assert_int_equal(decode(bytes, size + 6, &p, &offset), WIRE_OK);
    assert_int_equal(p.tcp.payload.length, 5);
    size = from_hex(ipv6_hex, bytes);
    assert_int_equal(decode(bytes, size + 6, &p, &offset), WIRE_OK);
    assert_int_equal(p.tcp.payload.length, 3);
}

/* ---- packets without a wire form ------------------------------------------------------------ */

static struct packet good_packet(void)
{
    return (struct packet){ .version = 4,
                            .protocol = IP_TCP,
                            .source = ip_addr_v4(10, 0, 0, 1),
                            .destination = ip_addr_v4(10, 0, 0, 2),
                            .tcp = { .flags = TCP_ACK } };
}

static void assert_not_encodable(const struct packet *p, size_t capacity)
{
    static uint8_t payload[70000];
    static uint8_t bytes[70200];
    bytes[0] = 0xee;
    assert_int_equal(wire_encode_packet(p, payload, bytes, capacity), 0);
    assert_int_equal(bytes[0], 0xee);
}

static void test_packet_that_does_not_fit_is_not_encoded(void **state)
{
    struct packet p = good_packet();
    uint8_t bytes[40];
    (void)state;
    assert_not_encodable(&p, 0);
    assert_not_encodable(&p, 39);
    assert_int_equal(wire_encode_packet(&p, NULL, bytes, 40), 40);
}

static void test_packet_without_wire_form_is_not_encoded(void **state)
{
    struct packet p[] = { good_packet(), good_packet(), good_packet(), good_packet(),
                          good_packet(), good_packet(), good_packet() };
    (void)state;
    p[0].version = 5;
    p[1].protocol = IP_UDP;
    p[2].source = (struct ip_addr){ { 0x20, 1 } };
    p[3].destination = (struct ip_addr){ { 0x20, 1 } };
    p[4].tcp.flags = 0x1000;
    p[5].version = 6;
    p[5].flow_label = 0x100000;
    p[6].tcp.payload.length = 0xffffffff;
    for (size_t i = 0; i < COUNT_OF(p); i++) {
        assert_not_encodable(&p[i], 70200);
    }
}

static void test_longest_packets_have_a_length_of_65535(void **state)
{
    static uint8_t payload[65536];
    static uint8_t bytes[66000];
    struct packet p = good_packet();
    (void)state;
    p.tcp.payload.length = 65535 - 40;
    assert_int_equal(wire_encode_packet(&p, payload, bytes, sizeof(bytes)), 65535);
    assert_int_equal(verdict_on(bytes, 65535), WIRE_OK);
    p.tcp.payload.length++;
    assert_not_encodable(&p, sizeof(bytes));

    p.version = 6; /* whose length field does not count its own header */
    p.tcp.payload.length = 65535 - 20;
    assert_int_equal(wire_encode_packet(&p, payload, bytes, sizeof(bytes)), 65575);
    assert_int_equal(verdict_on(bytes, 65575), WIRE_OK);
    p.tcp.payload.length++;
    assert_not_encodable(&p, sizeof(bytes));
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_captured_syn_has_its_fields),
        cmocka_unit_test(test_captured_data_segment_has_its_payload),
        cmocka_unit_test(test_ipv4_options_are_skipped),
        cmocka_unit_test(test_captured_ipv6_segment_has_its_fields),
        cmocka_unit_test(test_random_packets_survive_a_round_trip),
        cmocka_unit_test(test_options_are_padded_with_end_of_list_to_whole_words),
        cmocka_unit_test(test_bytes_behind_the_packet_are_ignored),
        cmocka_unit_test(test_packet_that_does_not_fit_is_not_encoded),
        cmocka_unit_test(test_packet_without_wire_form_is_not_encoded),
        cmocka_unit_test(test_longest_packets_have_a_length_of_65535),
    };
    return cmocka_run_group_tests_name("wire/codec", tests, NULL, NULL);
}
