/* Corruption, and packets that become bytes and back on every link. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "sim/wire/codec.h"
#include "tests/support/net_lab.h"

enum { PPM = 1000000, SIZE = 100 };

static void flip_bit(struct net_lab *lab, link_id link, uint32_t bit)
{
    struct packet_match any = packet_match_any();
    struct packet_action corrupt = { .kind = ACTION_CORRUPT, .bit = bit };
    match_id rule;
    assert_int_equal(link_add_rule(lab->sim, link, &any, &corrupt, NULL, &rule), SIM_OK);
}

/* What the bytes of a packet are worth at the time when it is told about. */
struct inspector {
    uint8_t bytes[1500];
    size_t length;
    struct packet packet, decoded;
    enum wire_verdict verdict;
};

static void inspect(void *context, const struct sim *sim, const struct sim_fact *fact)
{
    struct inspector *inspector = context;
    const uint8_t *payload;
    if (fact->kind == FACT_LINK) {
        inspector->packet = *fact->packet;
        inspector->length =
            sim_encode_packet(sim, fact->packet, inspector->bytes, sizeof inspector->bytes);
        inspector->verdict =
            wire_decode_packet(inspector->bytes, inspector->length, &inspector->decoded, &payload);
    }
}

/* One packet from node 1 to node 2, with one bit flipped. */
static struct inspector inspect_flip(uint8_t version, uint32_t bit)
{
    struct inspector inspector = { .length = 0 };
    struct net_lab *lab = net_lab_pair(NULL, NULL);
    assert_int_equal(sim_observe(lab->sim, inspect, &inspector), SIM_OK);
    lab->version = version;
    flip_bit(lab, 1, bit);
    assert_int_equal(net_lab_send(lab, 1, 2, 1, SIZE), SIM_OK);
    net_lab_destroy(lab);
    return inspector;
}

/* ---- one bit -------------------------------------------------------------------------------- */

static void test_checksums_notice_every_single_bit_of_an_ipv4_packet(void **state)
{
    (void)state;
    for (uint32_t bit = 0; bit < 8 * SIZE; bit++) {
        struct inspector seen = inspect_flip(4, bit);
        assert_true(seen.packet.corrupted);
        assert_int_equal(seen.length, SIZE);
        assert_int_not_equal(seen.verdict, WIRE_OK);
    }
}

/* RFC 8200 has no header checksum: version 6 leaves the traffic class and the flow label (bits 4 to
 * 31) and the hop limit (bits 56 to 63) to themselves. */
static bool is_covered_in_ipv6(uint32_t bit)
{
    return !((bit >= 4 && bit < 32) || (bit >= 56 && bit < 64));
}

static void test_checksums_notice_what_they_cover_in_ipv6(void **state)
{
    (void)state;
    for (uint32_t bit = 0; bit < 8 * SIZE; bit++) {
        struct inspector seen = inspect_flip(6, bit);
        assert_true(seen.packet.corrupted);
        assert_int_equal(seen.verdict != WIRE_OK, is_covered_in_ipv6(bit));
    }
}

static void test_a_flip_that_nothing_notices_changes_the_packet(void **state)
{
    (void)state;
    assert_int_equal(inspect_flip(6, 63).packet.hop_limit, 65);
    assert_int_equal(inspect_flip(6, 63).decoded.hop_limit, 65);
    assert_int_equal(inspect_flip(6, 31).packet.flow_label, 1);
    assert_int_equal(inspect_flip(6, 4).packet.traffic_class, 0x80);
    assert_int_equal(inspect_flip(6, 63).packet.tcp.payload.length, SIZE - 60);
    assert_int_equal(inspect_flip(6, 63).packet.tcp.seq, 1);
}

static void test_a_flip_that_is_noticed_leaves_the_parsed_packet(void **state)
{
    (void)state;
    struct inspector seen = inspect_flip(4, 8 * 24 + 31); /* lowest bit of SEG.SEQ */
    assert_int_equal(seen.packet.tcp.seq, 1);
    assert_int_equal(seen.bytes[27], 0);
    assert_int_equal(seen.verdict, WIRE_TCP_CHECKSUM_BAD);
}

static void test_the_same_bit_flipped_twice_is_good_again(void **state)
{
    (void)state;
    struct inspector seen = { .length = 0 };
    struct net_lab *lab = net_lab_pair(NULL, NULL);
    host_id third = net_lab_node(lab, NODE_SWITCH);
    link_id second_link = net_lab_join(lab, 2, third, NULL);
    assert_int_equal(sim_observe(lab->sim, inspect, &seen), SIM_OK);
    lab->version = 6;
    flip_bit(lab, 1, 700);
    flip_bit(lab, second_link, 700);
    assert_int_equal(net_lab_send(lab, 1, third, 1, SIZE), SIM_OK);
    assert_int_not_equal(seen.verdict, WIRE_OK);
    net_lab_run(lab);
    assert_true(seen.packet.corrupted);
    assert_int_equal(seen.verdict, WIRE_OK);
    net_lab_destroy(lab);
}

/* Bytes 40 and 42 both weigh alike in the sum: swapping them needs a flip of each. */
static void test_two_flips_that_cancel_out_give_bytes_that_nobody_wrote(void **state)
{
    (void)state;
    struct inspector seen = { .length = 0 };
    struct net_lab *lab = net_lab_pair(NULL, NULL);
    host_id third = net_lab_node(lab, NODE_SWITCH);
    link_id second_link = net_lab_join(lab, 2, third, NULL);
    assert_int_equal(sim_observe(lab->sim, inspect, &seen), SIM_OK);
    flip_bit(lab, 1, 8 * 40 + 7);
    flip_bit(lab, second_link, 8 * 42 + 7);
    struct packet p = { .version = 4,
                        .protocol = IP_TCP,
                        .hop_limit = 64,
                        .source = net_lab_address(4, 1),
                        .destination = net_lab_address(4, third) };
    assert_int_equal(host_inject(lab->sim, 1, &p, "a.b.", 4), SIM_OK);
    uint32_t written = seen.packet.tcp.payload.stream;
    /* 'a' loses its lowest bit and 'b' gains it; the router between them lowers the hop limit. */
    net_lab_run(lab);
    assert_int_equal(seen.verdict, WIRE_OK);
    assert_int_not_equal(seen.packet.tcp.payload.stream, written);
    uint8_t bytes[4];
    sim_read_payload(lab->sim, seen.packet.tcp.payload, bytes);
    assert_memory_equal(bytes, "`.c.", 4);
    host_id writer;
    uint64_t conn;
    sim_stream_origin(lab->sim, seen.packet.tcp.payload.stream, &writer, &conn);
    assert_int_equal(writer, HOST_NONE);
    net_lab_destroy(lab);
}

static void test_a_bit_beyond_the_packet_is_nobodys(void **state)
{
    (void)state;
    assert_true(inspect_flip(4, 8 * SIZE - 1).packet.corrupted);
    struct inspector seen = inspect_flip(4, 8 * SIZE);
    assert_false(seen.packet.corrupted);
    assert_int_equal(seen.verdict, WIRE_OK);
}

static void test_the_tape_chooses_the_bit_when_the_rule_does_not(void **state)
{
    (void)state;
    struct net_lab *lab = net_lab_pair(&(struct sim_config){ .record_tape = true }, NULL);
    flip_bit(lab, 1, UINT32_MAX);
    net_lab_send(lab, 1, 2, 1, SIZE);
    size_t count;
    const struct tape_entry *entries = tape_recorded(lab->sim, &count);
    assert_int_equal(count, 1);
    assert_int_equal(entries[0].max, 8 * SIZE);
    assert_true(net_lab_hop(lab, 0)->packet.corrupted);
    net_lab_destroy(lab);
}

/* ---- by chance ------------------------------------------------------------------------------ */

static void test_a_part_of_many_packets_is_corrupted(void **state)
{
    (void)state;
    struct link_params params = { .corrupt_ppm = PPM / 10 };
    struct net_lab *lab = net_lab_pair(&(struct sim_config){ .seed = 1 }, &params);
    size_t corrupted = 0;
    for (uint32_t i = 0; i < 10000; i++) {
        net_lab_send(lab, 1, 2, i, SIZE);
    }
    for (size_t i = 0; i < lab->fact_count; i++) {
        corrupted += lab->facts[i].packet.corrupted;
    }
    assert_in_range(corrupted, 880, 1120); /* 1000, sigma 30 */
    net_lab_destroy(lab);
}

static void count_bad(void *context, const struct sim *sim, const struct sim_fact *fact)
{
    (void)sim;
    *(size_t *)context += fact->kind == FACT_LINK && fact->fate == FATE_CHECKSUM_BAD;
}

static void test_a_host_throws_corrupted_packets_away(void **state)
{
    (void)state;
    struct net_lab *lab = net_lab_create(NULL);
    size_t bad = 0;
    assert_int_equal(sim_observe(lab->sim, count_bad, &bad), SIM_OK);
    net_lab_node(lab, NODE_ROUTER);
    net_lab_node(lab, NODE_HOST);
    net_lab_join(lab, 1, 2, NULL);
    flip_bit(lab, 1, 300);
    lab->flags = TCP_RST; /* that nobody answers */
    net_lab_send(lab, 1, 2, 1, SIZE);
    net_lab_run(lab);
    assert_int_equal(bad, 1);
    net_lab_destroy(lab);
}

/* ---- bytes on every link -------------------------------------------------------------------- */

static uint64_t digest_of_a_busy_run(bool wire)
{
    struct link_params params = { .rate_bps = 100 * (uint64_t)PPM,
                                  .delay = SIM_MILLISECOND,
                                  .jitter = SIM_MILLISECOND,
                                  .loss_ppm = PPM / 20,
                                  .duplicate_ppm = PPM / 20,
                                  .corrupt_ppm = PPM / 4 };
    struct net_lab *lab = net_lab_pair(&(struct sim_config){ .wire = wire }, &params);
    host_id third = net_lab_node(lab, NODE_ROUTER);
    net_lab_join(lab, 2, third, &params);
    for (uint32_t i = 0; i < 500; i++) {
        lab->version = i % 2 == 0 ? 4 : 6;
        lab->flags = (uint16_t)(i * 37 % 0x1000);
        net_lab_send(lab, 1, third, i, 60 + 3 * (i % 480));
    }
    net_lab_run(lab);
    uint64_t digest = net_lab_digest(lab);
    assert_true(net_lab_arrivals(lab) > 300);
    net_lab_destroy(lab);
    return digest;
}

static void test_a_run_over_bytes_is_the_same_run(void **state)
{
    (void)state;
    assert_int_equal(digest_of_a_busy_run(true), digest_of_a_busy_run(false));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_checksums_notice_every_single_bit_of_an_ipv4_packet),
        cmocka_unit_test(test_checksums_notice_what_they_cover_in_ipv6),
        cmocka_unit_test(test_a_flip_that_nothing_notices_changes_the_packet),
        cmocka_unit_test(test_a_flip_that_is_noticed_leaves_the_parsed_packet),
        cmocka_unit_test(test_the_same_bit_flipped_twice_is_good_again),
        cmocka_unit_test(test_two_flips_that_cancel_out_give_bytes_that_nobody_wrote),
        cmocka_unit_test(test_a_bit_beyond_the_packet_is_nobodys),
        cmocka_unit_test(test_the_tape_chooses_the_bit_when_the_rule_does_not),
        cmocka_unit_test(test_a_part_of_many_packets_is_corrupted),
        cmocka_unit_test(test_a_host_throws_corrupted_packets_away),
        cmocka_unit_test(test_a_run_over_bytes_is_the_same_run),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
