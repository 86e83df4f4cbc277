/* Ways through routers and switches: shortest ones, and routes of the scenario. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/support/net_lab.h"

static struct ip_prefix prefix(const char *text)
{
    struct ip_prefix parsed;
    assert_true(ip_prefix_parse(text, &parsed));
    return parsed;
}

static enum sim_status add_route(struct net_lab *lab, host_id node, const char *text, link_id link)
{
    struct ip_prefix parsed = prefix(text);
    return route_add(lab->sim, node, &parsed, link);
}

static bool has_route(struct net_lab *lab, host_id from, host_id to)
{
    struct ip_addr addr = net_lab_address(lab->version, to);
    return host_has_route(lab->sim, from, &addr);
}

/* The links that a packet takes, as decimal digits in their order. */
static uint32_t way(struct net_lab *lab, host_id from, host_id to)
{
    uint32_t links = 0;
    size_t before = lab->fact_count;
    net_lab_send(lab, from, to, 1, 100);
    net_lab_run(lab);
    for (size_t i = before; i < lab->fact_count; i++) {
        links = lab->facts[i].link == LINK_NONE ? links : 10 * links + lab->facts[i].link;
    }
    return links;
}

/* Nodes of one kind, 1 to count, each joined to the next: link n from node n to node n + 1. */
static struct net_lab *chain(enum node_kind kind, uint32_t count)
{
    struct net_lab *lab = net_lab_create(NULL);
    for (uint32_t i = 1; i <= count; i++) {
        net_lab_node(lab, kind);
        if (i > 1) {
            net_lab_join(lab, i - 1, i, NULL);
        }
    }
    return lab;
}

/* ---- shortest ways -------------------------------------------------------------------------- */

static void test_a_packet_crosses_a_chain_of_routers(void **state)
{
    (void)state;
    for (uint8_t version = 4; version <= 6; version = (uint8_t)(version + 2)) {
        struct net_lab *lab = chain(NODE_ROUTER, 5);
        lab->version = version;
        assert_int_equal(way(lab, 1, 5), 1234);
        assert_int_equal(way(lab, 5, 1), 4321);
        assert_int_equal(way(lab, 2, 4), 23);
        assert_int_equal(net_lab_arrivals(lab), 3);
        net_lab_destroy(lab);
    }
}

static void test_each_router_lowers_the_hop_limit_and_no_switch_does(void **state)
{
    (void)state;
    struct net_lab *routers = chain(NODE_ROUTER, 5), *switches = chain(NODE_SWITCH, 5);
    way(routers, 1, 5);
    way(switches, 1, 5);
    assert_int_equal(net_lab_arrival(routers, 0)->packet.hop_limit, 64 - 3);
    assert_int_equal(net_lab_arrival(switches, 0)->packet.hop_limit, 64);
    net_lab_destroy(routers);
    net_lab_destroy(switches);
}

static void test_a_packet_ends_at_the_router_where_its_hop_limit_is_used_up(void **state)
{
    (void)state;
    struct net_lab *lab = chain(NODE_ROUTER, 5);
    struct packet p = { .version = 6,
                        .protocol = IP_TCP,
                        .hop_limit = 2,
                        .source = net_lab_address(6, 1),
                        .destination = net_lab_address(6, 5),
                        .tcp = { .flags = TCP_SYN } };
    assert_int_equal(host_inject(lab->sim, 1, &p, NULL, 0), SIM_OK);
    net_lab_run(lab);
    assert_int_equal(net_lab_hops(lab), 3);
    assert_int_equal(net_lab_hop(lab, 2)->fate, FATE_HOPS_EXCEEDED);
    assert_int_equal(net_lab_hop(lab, 2)->host, 3);
    assert_int_equal(net_lab_hop(lab, 2)->link, LINK_NONE);
    p.hop_limit = 4;
    assert_int_equal(host_inject(lab->sim, 1, &p, NULL, 0), SIM_OK);
    net_lab_run(lab);
    assert_int_equal(net_lab_arrivals(lab), 1);
    net_lab_destroy(lab);
}

static void test_the_shorter_way_wins(void **state)
{
    (void)state;
    struct net_lab *lab = chain(NODE_ROUTER, 4);
    assert_int_equal(way(lab, 1, 4), 123);
    net_lab_join(lab, 1, 4, NULL); /* found at once, although a way was known */
    assert_int_equal(way(lab, 1, 4), 4);
    assert_int_equal(way(lab, 1, 3), 12);
    assert_int_equal(way(lab, 3, 1), 21);
    net_lab_destroy(lab);
}

static void test_of_equal_ways_the_one_over_the_older_link_wins(void **state)
{
    (void)state;
    struct net_lab *lab = net_lab_create(NULL);
    for (int i = 0; i < 4; i++) {
        net_lab_node(lab, NODE_ROUTER);
    }
    net_lab_join(lab, 1, 3, NULL); /* 1: the upper way is 1, 4 */
    net_lab_join(lab, 1, 2, NULL); /* 2: the lower way is 2, 3 */
    net_lab_join(lab, 2, 4, NULL);
    net_lab_join(lab, 3, 4, NULL);
    net_lab_join(lab, 1, 3, NULL); /* 5: beside link 1 */
    assert_int_equal(way(lab, 1, 4), 14);
    assert_int_equal(way(lab, 4, 1), 32);
    assert_int_equal(way(lab, 1, 3), 1);
    net_lab_destroy(lab);
}

static void test_hosts_do_not_forward(void **state)
{
    (void)state;
    struct net_lab *lab = net_lab_create(NULL);
    net_lab_node(lab, NODE_ROUTER);
    net_lab_node(lab, NODE_HOST);
    net_lab_node(lab, NODE_ROUTER);
    net_lab_join(lab, 1, 2, NULL);
    net_lab_join(lab, 2, 3, NULL);
    assert_true(has_route(lab, 1, 2));
    assert_true(has_route(lab, 2, 3));
    assert_false(has_route(lab, 1, 3));
    net_lab_join(lab, net_lab_node(lab, NODE_ROUTER), 1, NULL);
    assert_false(has_route(lab, 1, 3)); /* now that node 1 has two links to choose from */
    assert_true(has_route(lab, 2, 4));
    assert_false(has_route(lab, 4, 3));
    assert_int_equal(net_lab_send(lab, 1, 3, 1, 100), SIM_NO_ROUTE);
    assert_int_equal(net_lab_hops(lab), 0);
    net_lab_destroy(lab);
}

static void test_nothing_leads_to_strangers_islands_or_oneself(void **state)
{
    (void)state;
    struct net_lab *lab = chain(NODE_ROUTER, 3);
    struct ip_addr stranger = ip_addr_v4(198, 51, 100, 1);
    assert_true(has_route(lab, 2, 3)); /* the island comes after this has been found out */
    host_id island = net_lab_node(lab, NODE_ROUTER);
    for (host_id node = 1; node <= 3; node++) {
        assert_false(host_has_route(lab->sim, node, &stranger));
        assert_false(has_route(lab, node, island));
        assert_false(has_route(lab, node, node));
    }
    assert_false(has_route(lab, island, 1));
    net_lab_join(lab, 3, island, NULL);
    assert_true(has_route(lab, 1, island));
    net_lab_destroy(lab);
}

static void test_thousands_of_hosts_share_a_switch(void **state)
{
    enum { HOSTS = 3000 };
    (void)state;
    struct net_lab *lab = net_lab_create(NULL);
    host_id hub = net_lab_node(lab, NODE_SWITCH);
    for (uint32_t i = 0; i < HOSTS; i++) {
        net_lab_join(lab, net_lab_node(lab, NODE_ROUTER), hub, NULL);
    }
    for (host_id node = 2; node < HOSTS; node++) {
        assert_int_equal(net_lab_send(lab, node, node + 1, node, 100), SIM_OK);
        struct ip_addr addr = net_lab_address(6, node);
        assert_int_equal(host_by_address(lab->sim, &addr), node);
        assert_int_equal(host_by_name(lab->sim, host_name(lab->sim, node)), node);
    }
    net_lab_run(lab);
    assert_int_equal(net_lab_arrivals(lab), HOSTS - 2);
    net_lab_destroy(lab);
}

/* ---- routes of the scenario ----------------------------------------------------------------- */

/* Node 1 in the middle of 2, 3 and 4: links 1, 2 and 3. */
static struct net_lab *star(void)
{
    struct net_lab *lab = net_lab_create(NULL);
    net_lab_node(lab, NODE_ROUTER);
    for (host_id node = 2; node <= 4; node++) {
        net_lab_node(lab, NODE_ROUTER);
        net_lab_join(lab, 1, node, NULL);
    }
    return lab;
}

/* The link by which node 1 sends to an address, or 0. */
static link_id first_link(struct net_lab *lab, const char *text)
{
    struct packet p = {
        .version = 4, .protocol = IP_TCP, .hop_limit = 1, .source = net_lab_address(4, 1)
    };
    assert_true(ip_addr_parse(text, &p.destination));
    if (!ip_addr_is_v4(&p.destination)) {
        p.version = 6;
    }
    size_t before = lab->fact_count;
    if (host_inject(lab->sim, 1, &p, NULL, 0) == SIM_NO_ROUTE) {
        return LINK_NONE;
    }
    return lab->facts[before].link;
}

static void test_the_longest_prefix_wins_in_whatever_order_they_came(void **state)
{
    (void)state;
    static const char *const prefixes[] = { "0.0.0.0/0", "10.0.0.0/8", "10.1.0.0/16" };
    static const int orders[][3] = { { 0, 1, 2 }, { 2, 1, 0 }, { 1, 2, 0 } };
    for (size_t i = 0; i < 3; i++) {
        struct net_lab *lab = star();
        for (size_t j = 0; j < 3; j++) {
            int which = orders[i][j];
            assert_int_equal(add_route(lab, 1, prefixes[which], (link_id)which + 1), SIM_OK);
        }
        assert_int_equal(first_link(lab, "10.1.2.3"), 3);
        assert_int_equal(first_link(lab, "10.2.2.3"), 2);
        assert_int_equal(first_link(lab, "11.1.2.3"), 1);
        net_lab_destroy(lab);
    }
}

static void test_families_do_not_share_routes(void **state)
{
    (void)state;
    struct net_lab *lab = star();
    add_route(lab, 1, "::/0", 1);
    add_route(lab, 1, "2001:db8:1::/48", 2);
    assert_int_equal(first_link(lab, "10.0.0.1"), LINK_NONE);
    assert_int_equal(first_link(lab, "2001:db8:1::9"), 2);
    assert_int_equal(first_link(lab, "2001:db8:2::9"), 1);
    add_route(lab, 1, "0.0.0.0/0", 3);
    assert_int_equal(first_link(lab, "10.0.0.1"), 3);
    net_lab_destroy(lab);
}

static void test_a_node_with_routes_uses_only_those(void **state)
{
    (void)state;
    struct net_lab *lab = star();
    assert_int_equal(first_link(lab, "192.0.2.2"), 1);
    add_route(lab, 1, "192.0.2.3", 3); /* the wrong way, but what the scenario wants */
    assert_int_equal(first_link(lab, "192.0.2.2"), LINK_NONE);
    assert_int_equal(first_link(lab, "192.0.2.3"), 3);
    assert_int_equal(way(lab, 3, 1), 2); /* others find their ways as before */
    net_lab_destroy(lab);
}

static void test_the_same_prefix_again_replaces_its_link(void **state)
{
    (void)state;
    struct net_lab *lab = star();
    for (link_id link = 1; link <= 3; link++) {
        for (int i = 0; i < 10; i++) {
            assert_int_equal(add_route(lab, 1, "10.0.0.0/8", link), SIM_OK);
            assert_int_equal(first_link(lab, "10.9.9.9"), link);
        }
    }
    net_lab_destroy(lab);
}

static void test_a_default_route_carries_packets_for_strangers_to_where_none_is(void **state)
{
    (void)state;
    struct net_lab *lab = star();
    add_route(lab, 1, "0.0.0.0/0", 1);
    assert_int_equal(first_link(lab, "198.51.100.1"), 1);
    net_lab_run(lab);
    assert_int_equal(net_lab_hop(lab, 1)->fate, FATE_HOPS_EXCEEDED);
    lab->version = 4;
    struct packet p = { .version = 4,
                        .protocol = IP_TCP,
                        .hop_limit = 9,
                        .source = net_lab_address(4, 1),
                        .destination = ip_addr_v4(198, 51, 100, 1) };
    host_inject(lab->sim, 1, &p, NULL, 0);
    net_lab_run(lab);
    assert_int_equal(net_lab_hop(lab, 3)->fate, FATE_NO_ROUTE);
    assert_int_equal(net_lab_hop(lab, 3)->host, 2);
    net_lab_destroy(lab);
}

static void test_a_ring_of_switches_does_not_turn_for_ever(void **state)
{
    (void)state;
    struct net_lab *lab = net_lab_create(NULL);
    for (int i = 0; i < 3; i++) {
        net_lab_node(lab, NODE_SWITCH);
    }
    for (host_id node = 1; node <= 3; node++) {
        link_id link = net_lab_join(lab, node, node % 3 + 1, NULL);
        add_route(lab, node, "0.0.0.0/0", link);
    }
    struct packet p = { .version = 4,
                        .protocol = IP_TCP,
                        .hop_limit = 64,
                        .source = net_lab_address(4, 1),
                        .destination = ip_addr_v4(198, 51, 100, 1) };
    assert_int_equal(host_inject(lab->sim, 1, &p, NULL, 0), SIM_OK);
    assert_int_equal(sim_run(lab->sim, &(struct sim_limits){ .max_events = 1000 }), SIM_OK);
    assert_int_equal(net_lab_count_fate(lab, FATE_HOPS_EXCEEDED), 1);
    net_lab_destroy(lab);
}

static void test_routes_need_a_link_of_the_node_and_a_prefix(void **state)
{
    (void)state;
    struct net_lab *lab = star();
    struct ip_prefix too_long = { ip_addr_v4(10, 0, 0, 0), 33 };
    assert_int_equal(add_route(lab, 2, "10.0.0.0/8", 2), SIM_INVALID);
    assert_int_equal(add_route(lab, 1, "10.0.0.0/8", 0), SIM_INVALID);
    assert_int_equal(add_route(lab, 1, "10.0.0.0/8", 4), SIM_INVALID);
    assert_int_equal(add_route(lab, 0, "10.0.0.0/8", 1), SIM_INVALID);
    assert_int_equal(add_route(lab, 5, "10.0.0.0/8", 1), SIM_INVALID);
    assert_int_equal(route_add(lab->sim, 1, &too_long, 1), SIM_INVALID);
    assert_true(has_route(lab, 1, 2)); /* none was added */
    net_lab_destroy(lab);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_packet_crosses_a_chain_of_routers),
        cmocka_unit_test(test_each_router_lowers_the_hop_limit_and_no_switch_does),
        cmocka_unit_test(test_a_packet_ends_at_the_router_where_its_hop_limit_is_used_up),
        cmocka_unit_test(test_the_shorter_way_wins),
        cmocka_unit_test(test_of_equal_ways_the_one_over_the_older_link_wins),
        cmocka_unit_test(test_hosts_do_not_forward),
        cmocka_unit_test(test_nothing_leads_to_strangers_islands_or_oneself),
        cmocka_unit_test(test_thousands_of_hosts_share_a_switch),
        cmocka_unit_test(test_the_longest_prefix_wins_in_whatever_order_they_came),
        cmocka_unit_test(test_families_do_not_share_routes),
        cmocka_unit_test(test_a_node_with_routes_uses_only_those),
        cmocka_unit_test(test_the_same_prefix_again_replaces_its_link),
        cmocka_unit_test(test_a_default_route_carries_packets_for_strangers_to_where_none_is),
        cmocka_unit_test(test_a_ring_of_switches_does_not_turn_for_ever),
        cmocka_unit_test(test_routes_need_a_link_of_the_node_and_a_prefix),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
