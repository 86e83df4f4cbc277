/* Nodes: names, addresses, and crafted packets. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "tests/support/net_lab.h"

static enum sim_status create(struct sim *sim, const char *name, const char *address, host_id *host)
{
    struct host_config config = { .name = name, .tcp = tcp_params_default() };
    if (address != NULL) {
        assert_true(ip_addr_parse(address, &config.addresses[0]));
        config.address_count = 1;
    }
    return host_create(sim, &config, host);
}

static void assert_address(const struct sim *sim, host_id host, uint32_t index, const char *text)
{
    char buffer[IP_ADDR_TEXT_MAX];
    assert_string_equal(ip_addr_format(host_address(sim, host, index), buffer), text);
}

/* ---- names and addresses -------------------------------------------------------------------- */

static void test_an_empty_world_knows_nobody(void **state)
{
    (void)state;
    struct sim *sim = sim_create(NULL);
    struct ip_addr addr = ip_addr_v4(10, 0, 0, 1);
    assert_int_equal(host_count(sim), 0);
    assert_int_equal(link_count(sim), 0);
    assert_int_equal(host_by_name(sim, "client"), HOST_NONE);
    assert_int_equal(host_by_address(sim, &addr), HOST_NONE);
    assert_string_equal(host_name(sim, HOST_NONE), "-");
    sim_destroy(sim);
}

static void test_hosts_without_addresses_get_one_of_each_family(void **state)
{
    (void)state;
    struct sim *sim = sim_create(NULL);
    host_id host;
    assert_int_equal(create(sim, "client", NULL, &host), SIM_OK);
    assert_int_equal(host, 1);
    assert_int_equal(host_kind(sim, 1), NODE_HOST);
    assert_int_equal(host_address_count(sim, 1), 2);
    assert_address(sim, 1, 0, "10.0.0.1");
    assert_address(sim, 1, 1, "fd00::1");
    assert_int_equal(host_by_address(sim, host_address(sim, 1, 0)), 1);
    assert_int_equal(host_by_address(sim, host_address(sim, 1, 1)), 1);
    assert_int_equal(host_by_name(sim, "client"), 1);
    sim_destroy(sim);
}

static void test_default_addresses_go_on_beyond_255(void **state)
{
    (void)state;
    struct sim *sim = sim_create(NULL);
    host_id host;
    for (int i = 1; i <= 300; i++) {
        char name[8] = { 'h', (char)('0' + i / 100), (char)('0' + i / 10 % 10),
                         (char)('0' + i % 10) };
        assert_int_equal(create(sim, name, NULL, &host), SIM_OK);
    }
    assert_address(sim, 300, 0, "10.0.1.44");
    assert_address(sim, 300, 1, "fd00::12c");
    assert_int_equal(host_by_address(sim, host_address(sim, 255, 0)), 255);
    sim_destroy(sim);
}

static void test_switches_and_routers_have_no_address_unless_given(void **state)
{
    (void)state;
    struct sim *sim = sim_create(NULL);
    struct host_config config = { .name = "r", .kind = NODE_ROUTER };
    host_id host;
    assert_int_equal(host_create(sim, &config, &host), SIM_OK);
    assert_int_equal(host_address_count(sim, host), 0);
    sim_destroy(sim);
}

static void test_names_and_addresses_are_unique(void **state)
{
    (void)state;
    struct sim *sim = sim_create(NULL);
    host_id host;
    assert_int_equal(create(sim, "a", "10.0.0.3", &host), SIM_OK);
    assert_int_equal(create(sim, "a", "10.0.0.9", &host), SIM_ADDRESS_IN_USE);
    assert_int_equal(create(sim, "b", "10.0.0.3", &host), SIM_ADDRESS_IN_USE);
    assert_int_equal(host, HOST_NONE);
    assert_int_equal(create(sim, "b", NULL, &host), SIM_OK);
    assert_int_equal(create(sim, "c", NULL, &host), SIM_ADDRESS_IN_USE); /* would be 10.0.0.3 */
    assert_int_equal(host_count(sim), 2);
    struct host_config twice = { .name = "d", .kind = NODE_ROUTER, .address_count = 2 };
    twice.addresses[0] = twice.addresses[1] = ip_addr_v4(10, 9, 9, 9);
    assert_int_equal(host_create(sim, &twice, &host), SIM_ADDRESS_IN_USE);
    sim_destroy(sim);
}

static void test_hosts_refuse_nonsense(void **state)
{
    (void)state;
    struct sim *sim = sim_create(NULL);
    host_id host;
    assert_int_equal(create(sim, NULL, NULL, &host), SIM_INVALID);
    assert_int_equal(create(sim, "", NULL, &host), SIM_INVALID);
    assert_int_equal(create(sim, "12345678901234567890123456789012", NULL, &host), SIM_INVALID);
    assert_int_equal(create(sim, "a", "0.0.0.0", &host), SIM_INVALID);
    assert_int_equal(create(sim, "1234567890123456789012345678901", NULL, &host), SIM_OK);
    sim_destroy(sim);
}

/* ---- crafted packets ------------------------------------------------------------------------ */

static void keep_sent(void *context, const struct sim *sim, const struct sim_fact *fact)
{
    (void)sim;
    if (fact->kind == FACT_SENT) {
        assert_int_equal(fact->conn, 0);
        assert_int_equal(fact->host, 1);
        *(struct packet *)context = *fact->packet;
    }
}

static struct packet crafted(uint8_t version)
{
    return (struct packet){ .version = version,
                            .protocol = IP_TCP,
                            .hop_limit = 64,
                            .source = net_lab_address(version, 9), /* anybody's */
                            .destination = net_lab_address(version, 2),
                            .tcp = { .flags = TCP_SYN, .seq = 77 } };
}

static void test_a_crafted_packet_is_told_with_an_id_and_its_bytes(void **state)
{
    (void)state;
    struct net_lab *lab = net_lab_pair(NULL, NULL);
    struct packet sent = { .id = 0 };
    assert_int_equal(sim_observe(lab->sim, keep_sent, &sent), SIM_OK);
    struct packet p = crafted(4);
    p.id = 99;
    p.copy_of = 98;
    p.corrupted = true;
    assert_int_equal(host_inject(lab->sim, 1, &p, "hello", 5), SIM_OK);
    assert_int_equal(sent.id, 1);
    assert_int_equal(sent.copy_of, 0);
    assert_true(sent.injected);
    assert_false(sent.corrupted);
    assert_int_equal(sent.tcp.seq, 77);
    uint8_t bytes[5];
    assert_int_equal(sent.tcp.payload.length, 5);
    sim_read_payload(lab->sim, sent.tcp.payload, bytes);
    assert_memory_equal(bytes, "hello", 5);
    host_id writer;
    uint64_t conn;
    sim_stream_origin(lab->sim, sent.tcp.payload.stream, &writer, &conn);
    assert_int_equal(writer, 1);
    assert_int_equal(conn, 0);
    net_lab_destroy(lab);
}

static void test_options_are_padded_as_on_the_wire(void **state)
{
    (void)state;
    struct net_lab *lab = net_lab_pair(NULL, NULL);
    struct packet p = crafted(4);
    memset(p.tcp.options, 1, sizeof p.tcp.options);
    p.tcp.options_length = 5;
    assert_int_equal(host_inject(lab->sim, 1, &p, NULL, 0), SIM_OK);
    const struct segment *s = &net_lab_hop(lab, 0)->packet.tcp;
    assert_int_equal(s->options_length, 8);
    assert_memory_equal(s->options, "\1\1\1\1\1\0\0\0", 8);
    net_lab_destroy(lab);
}

static void test_what_has_no_wire_form_cannot_be_sent(void **state)
{
    static uint8_t big[65536];
    (void)state;
    struct net_lab *lab = net_lab_pair(NULL, NULL);
    struct packet wrong[7];
    for (size_t i = 0; i < 7; i++) {
        wrong[i] = crafted(6);
    }
    wrong[0].version = 5;
    wrong[1].version = 4; /* with addresses of version 6 */
    wrong[2].protocol = IP_UDP;
    wrong[3].tcp.flags = 0x1000;
    wrong[4].tcp.options_length = 41;
    wrong[5].flow_label = 0x100000;
    for (size_t i = 0; i < 6; i++) {
        assert_int_equal(host_inject(lab->sim, 1, &wrong[i], NULL, 0), SIM_INVALID);
    }
    assert_int_equal(host_inject(lab->sim, 1, &wrong[6], big, 65536 - 60), SIM_INVALID);
    assert_int_equal(host_inject(lab->sim, 1, &wrong[6], NULL, 1), SIM_INVALID);
    assert_int_equal(host_inject(lab->sim, 3, &wrong[6], NULL, 0), SIM_INVALID);
    assert_int_equal(host_inject(lab->sim, 1, &wrong[6], big, 65535 - 60), SIM_OK);
    assert_int_equal(net_lab_hop(lab, 0)->fate, FATE_TOO_BIG);
    wrong[6].destination = net_lab_address(6, 7);
    assert_int_equal(host_inject(lab->sim, 1, &wrong[6], NULL, 0), SIM_NO_ROUTE);
    net_lab_destroy(lab);
}

static void test_every_fate_has_a_name(void **state)
{
    (void)state;
    for (int fate = 0; fate < FATE_COUNT; fate++) {
        assert_true(strlen(packet_fate_name((enum packet_fate)fate)) > 0);
    }
    assert_string_equal(packet_fate_name(FATE_QUEUE_FULL), "queue full");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_an_empty_world_knows_nobody),
        cmocka_unit_test(test_hosts_without_addresses_get_one_of_each_family),
        cmocka_unit_test(test_default_addresses_go_on_beyond_255),
        cmocka_unit_test(test_switches_and_routers_have_no_address_unless_given),
        cmocka_unit_test(test_names_and_addresses_are_unique),
        cmocka_unit_test(test_hosts_refuse_nonsense),
        cmocka_unit_test(test_a_crafted_packet_is_told_with_an_id_and_its_bytes),
        cmocka_unit_test(test_options_are_padded_as_on_the_wire),
        cmocka_unit_test(test_what_has_no_wire_form_cannot_be_sent),
        cmocka_unit_test(test_every_fate_has_a_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
