/* Scripted rules: which packets they are about, and what they do with them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/support/net_lab.h"

static match_id add_rule(struct net_lab *lab, struct packet_match match,
                         struct packet_action action)
{
    match_id rule = 0;
    assert_int_equal(link_add_rule(lab->sim, 1, &match, &action, "because", &rule), SIM_OK);
    assert_int_not_equal(rule, 0);
    return rule;
}

static match_id drop_if(struct net_lab *lab, struct packet_match match)
{
    return add_rule(lab, match, (struct packet_action){ .kind = ACTION_DROP });
}

static struct net_lab *pair_with_delay(sim_time_t delay)
{
    struct link_params params = { .delay = delay };
    return net_lab_pair(NULL, &params);
}

static void send_each(struct net_lab *lab, uint32_t count)
{
    for (uint32_t i = 1; i <= count; i++) {
        assert_int_equal(net_lab_send(lab, 1, 2, i, 100), SIM_OK);
    }
}

/* ---- conditions ----------------------------------------------------------------------------- */

struct condition {
    const char *name;
    struct packet_match match;
    bool fits;
};

#define ANY .length_max = UINT32_MAX

/* Against: node 1 to 2, from port 1000 to 80, SYN, seq 5, ack 0, 60 payload bytes, at time 100. */
static const struct condition conditions[] = {
    { "any", { ANY }, true },
    { "from the sender", { ANY, .from = 1 }, true },
    { "from the receiver", { ANY, .from = 2 }, false },
    { "flag set", { ANY, .flags_set = TCP_SYN }, true },
    { "one of two flags set", { ANY, .flags_set = TCP_SYN | TCP_ACK }, false },
    { "flag clear", { ANY, .flags_clear = TCP_ACK | TCP_RST }, true },
    { "set flag clear", { ANY, .flags_clear = TCP_SYN | TCP_ACK }, false },
    { "seq", { ANY, .has_seq = true, .seq = 5 }, true },
    { "another seq", { ANY, .has_seq = true, .seq = 6 }, false },
    { "a seq that is not asked for", { ANY, .seq = 6 }, true },
    { "ack", { ANY, .has_ack = true, .ack = 0 }, true },
    { "another ack", { ANY, .has_ack = true, .ack = 5 }, false },
    { "length", { .length_min = 60, .length_max = 60 }, true },
    { "longer", { ANY, .length_min = 61 }, false },
    { "shorter", { .length_max = 59 }, false },
    { "ports", { ANY, .source_port = 1000, .destination_port = 80 }, true },
    { "another source port", { ANY, .source_port = 80 }, false },
    { "another destination port", { ANY, .destination_port = 1000 }, false },
    { "after", { ANY, .after = 100 }, true },
    { "not yet", { ANY, .after = 101 }, false },
    { "before", { ANY, .before = 101 }, true },
    { "no more", { ANY, .before = 100 }, false },
    { "another stream", { ANY, .stream = 1000 }, false },
    { "the stream", { ANY, .stream = 1 }, true },
};

static void test_each_condition_decides_by_itself(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof conditions / sizeof conditions[0]; i++) {
        struct net_lab *lab = pair_with_delay(1);
        lab->flags = TCP_SYN;
        match_id rule = drop_if(lab, conditions[i].match);
        net_lab_send_at(lab, 100, 5, 100);
        net_lab_run(lab);
        if ((link_rule_hits(lab->sim, rule) == 1) != conditions[i].fits) {
            fail_msg("%s", conditions[i].name);
        }
        assert_int_equal(net_lab_count_fate(lab, FATE_LOST), conditions[i].fits);
        net_lab_destroy(lab);
    }
}

struct prefix_case {
    const char *source, *destination;
    bool fits;
};

static void test_prefixes_choose_by_address_and_family(void **state)
{
    static const struct prefix_case cases[] = {
        { "192.0.2.1", "192.0.2.2", true },  { "192.0.2.0/24", "0.0.0.0/0", true },
        { "192.0.2.2", "0.0.0.0/0", false }, { "0.0.0.0/0", "192.0.3.0/24", false },
        { "2001:db8::/32", "::/0", false },
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct net_lab *lab = pair_with_delay(1);
        struct packet_match match = packet_match_any();
        assert_true(ip_prefix_parse(cases[i].source, &match.source));
        assert_true(ip_prefix_parse(cases[i].destination, &match.destination));
        match_id rule = drop_if(lab, match);
        send_each(lab, 1);
        assert_int_equal(link_rule_hits(lab->sim, rule), cases[i].fits);
        net_lab_destroy(lab);
    }
}

static void test_a_rule_sees_both_directions_unless_told(void **state)
{
    (void)state;
    struct net_lab *lab = pair_with_delay(1);
    struct packet_match back = packet_match_any();
    back.from = 2;
    match_id rule = drop_if(lab, back);
    net_lab_send(lab, 1, 2, 1, 100);
    net_lab_send(lab, 2, 1, 2, 100);
    net_lab_expect_hop(lab, 0, 1, FATE_FORWARDED);
    net_lab_expect_hop(lab, 1, 2, FATE_LOST);
    assert_int_equal(link_rule_hits(lab->sim, rule), 1);
    net_lab_destroy(lab);
}

struct turn {
    uint32_t nth, every, limit;
    uint32_t lost; /* bit i: packet i of 1..8 */
};

static void test_nth_every_and_limit_count_what_fits(void **state)
{
    static const struct turn turns[] = {
        { 1, 0, 0, 0x002 }, { 3, 0, 0, 0x008 }, { 0, 3, 0, 0x048 }, { 0, 1, 2, 0x006 },
        { 0, 2, 3, 0x054 }, { 0, 0, 1, 0x002 }, { 4, 2, 0, 0x010 }, { 3, 2, 0, 0x000 },
    };
    (void)state;
    for (size_t i = 0; i < sizeof turns / sizeof turns[0]; i++) {
        struct net_lab *lab = pair_with_delay(1);
        struct packet_match match = packet_match_any();
        match.nth = turns[i].nth;
        match.every = turns[i].every;
        match.limit = turns[i].limit;
        match.flags_set = TCP_ACK;
        drop_if(lab, match);
        lab->flags = TCP_SYN;
        net_lab_send(lab, 1, 2, 0, 100); /* does not fit, and does not count */
        lab->flags = TCP_ACK;
        send_each(lab, 8);
        uint32_t lost = 0;
        for (size_t n = 0; n < net_lab_hops(lab); n++) {
            const struct net_lab_fact *hop = net_lab_hop(lab, n);
            lost |= (uint32_t)(hop->fate == FATE_LOST) << hop->packet.tcp.seq;
        }
        assert_int_equal(lost, turns[i].lost);
        net_lab_destroy(lab);
    }
}

static void test_copies_are_left_alone_unless_included(void **state)
{
    (void)state;
    for (int include = 0; include < 2; include++) {
        struct net_lab *lab = net_lab_pair(NULL, NULL);
        host_id third = net_lab_node(lab, NODE_ROUTER);
        link_id second_link = net_lab_join(lab, 2, third, NULL);
        add_rule(lab, packet_match_any(), (struct packet_action){ .kind = ACTION_COPY, .by = 5 });
        struct packet_match match = packet_match_any();
        struct packet_action drop = { .kind = ACTION_DROP };
        match_id rule;
        match.include_copies = include == 1;
        assert_int_equal(link_add_rule(lab->sim, second_link, &match, &drop, NULL, &rule), SIM_OK);
        net_lab_send(lab, 1, third, 1, 100);
        net_lab_run(lab);
        assert_int_equal(link_rule_hits(lab->sim, rule), 1 + include);
        net_lab_destroy(lab);
    }
}

/* ---- order of rules ------------------------------------------------------------------------- */

static void test_the_first_rule_that_fits_acts_and_only_it(void **state)
{
    (void)state;
    struct net_lab *lab = pair_with_delay(10);
    struct packet_match second_packet = packet_match_any();
    second_packet.has_seq = true;
    second_packet.seq = 2;
    match_id delay =
        add_rule(lab, second_packet, (struct packet_action){ .kind = ACTION_DELAY, .by = 5 });
    match_id drop = drop_if(lab, packet_match_any());
    send_each(lab, 2);
    net_lab_run(lab);
    net_lab_expect_hop(lab, 0, 1, FATE_LOST);
    assert_string_equal(net_lab_hop(lab, 0)->label, "because");
    net_lab_expect_arrival(lab, 0, 2, 15);
    assert_int_equal(link_rule_hits(lab->sim, delay), 1);
    assert_int_equal(link_rule_hits(lab->sim, drop), 1);
    net_lab_destroy(lab);
}

static void test_a_removed_rule_keeps_its_hits_and_acts_no_more(void **state)
{
    (void)state;
    struct net_lab *lab = pair_with_delay(1);
    match_id rules[3];
    for (int i = 0; i < 3; i++) {
        struct packet_match match = packet_match_any();
        match.limit = 1;
        rules[i] = drop_if(lab, match);
    }
    send_each(lab, 1);
    link_remove_rule(lab->sim, rules[0]);
    link_remove_rule(lab->sim, rules[2]);
    link_remove_rule(lab->sim, rules[2]);
    send_each(lab, 2);
    assert_int_equal(net_lab_count_fate(lab, FATE_LOST), 2);
    assert_int_equal(link_rule_hits(lab->sim, rules[0]), 1);
    assert_int_equal(link_rule_hits(lab->sim, rules[1]), 1);
    assert_int_equal(link_rule_hits(lab->sim, rules[2]), 0);
    rules[0] = drop_if(lab, packet_match_any());
    send_each(lab, 1);
    assert_int_equal(link_rule_hits(lab->sim, rules[0]), 1);
    net_lab_destroy(lab);
}

static void test_a_link_that_is_down_asks_no_rules(void **state)
{
    (void)state;
    struct net_lab *lab = pair_with_delay(1);
    match_id rule = drop_if(lab, packet_match_any());
    link_set_up(lab->sim, 1, false);
    send_each(lab, 1);
    net_lab_expect_hop(lab, 0, 1, FATE_LINK_DOWN);
    assert_int_equal(link_rule_hits(lab->sim, rule), 0);
    net_lab_destroy(lab);
}

/* ---- actions -------------------------------------------------------------------------------- */

static void test_a_copy_arrives_later_and_does_not_hold_up_later_packets(void **state)
{
    (void)state;
    struct net_lab *lab = pair_with_delay(10);
    struct packet_match first = packet_match_any();
    first.limit = 1;
    add_rule(lab, first, (struct packet_action){ .kind = ACTION_COPY, .arrive_at = SIM_SECOND });
    send_each(lab, 2);
    net_lab_run(lab);
    net_lab_expect_arrival(lab, 0, 1, 10);
    net_lab_expect_arrival(lab, 1, 2, 10);
    net_lab_expect_arrival(lab, 2, 1, SIM_SECOND);
    assert_int_equal(net_lab_arrival(lab, 2)->packet.copy_of, net_lab_arrival(lab, 0)->packet.id);
    assert_true(net_lab_hop(lab, 1)->reordered);
    net_lab_destroy(lab);
}

static void test_several_copies_come_one_interval_apart(void **state)
{
    (void)state;
    struct net_lab *lab = pair_with_delay(10);
    add_rule(lab, packet_match_any(),
             (struct packet_action){ .kind = ACTION_COPY, .by = 7, .copies = 3 });
    send_each(lab, 1);
    net_lab_run(lab);
    for (uint32_t i = 0; i < 4; i++) {
        net_lab_expect_arrival(lab, i, 1, 10 + 7 * i);
    }
    assert_int_equal(net_lab_arrivals(lab), 4);
    assert_int_equal(link_get_stats(lab->sim, 1, 0).copied, 3);
    net_lab_destroy(lab);
}

static void test_a_copy_passes_the_queue_but_is_no_faster_than_the_wire(void **state)
{
    (void)state;
    struct link_params params = { .rate_bps = 8000000, .delay = 10, .queue_packets = 1 };
    struct net_lab *lab = net_lab_pair(NULL, &params);
    struct packet_match third = packet_match_any();
    third.nth = 3;
    add_rule(lab, third, (struct packet_action){ .kind = ACTION_COPY, .arrive_at = 1 });
    send_each(lab, 3);
    net_lab_run(lab);
    net_lab_expect_hop(lab, 2, 3, FATE_QUEUE_FULL);
    net_lab_expect_hop(lab, 3, 3, FATE_FORWARDED);
    net_lab_expect_arrival(lab, 0, 1, 100010);
    net_lab_expect_arrival(lab, 1, 3, 100010);
    net_lab_expect_arrival(lab, 2, 2, 200010);
    net_lab_destroy(lab);
}

static void test_a_packet_too_big_for_the_wire_has_no_copies(void **state)
{
    (void)state;
    struct net_lab *lab = pair_with_delay(10);
    add_rule(lab, packet_match_any(), (struct packet_action){ .kind = ACTION_COPY, .by = 7 });
    net_lab_send(lab, 1, 2, 1, 1501);
    net_lab_run(lab);
    assert_int_equal(net_lab_hops(lab), 1);
    assert_int_equal(net_lab_arrivals(lab), 0);
    net_lab_destroy(lab);
}

static void test_a_delay_into_the_past_is_no_delay(void **state)
{
    (void)state;
    struct net_lab *lab = pair_with_delay(10);
    struct packet_match first = packet_match_any();
    first.nth = 1;
    add_rule(lab, first, (struct packet_action){ .kind = ACTION_DELAY, .arrive_at = 50 });
    add_rule(lab, packet_match_any(),
             (struct packet_action){ .kind = ACTION_DELAY, .arrive_at = 3 });
    send_each(lab, 2);
    net_lab_run(lab);
    net_lab_expect_arrival(lab, 0, 2, 10);
    net_lab_expect_arrival(lab, 1, 1, 50);
    net_lab_destroy(lab);
}

static void test_held_packets_wait_and_go_in_their_order(void **state)
{
    (void)state;
    struct net_lab *lab = pair_with_delay(10);
    match_id rule =
        add_rule(lab, packet_match_any(), (struct packet_action){ .kind = ACTION_HOLD });
    send_each(lab, 3);
    assert_int_equal(link_get_stats(lab->sim, 1, 0).held, 3);
    assert_int_equal(net_lab_count_fate(lab, FATE_HELD), 3);
    sim_run(lab->sim, &(struct sim_limits){ .until = 100 });
    assert_int_equal(net_lab_arrivals(lab), 0);
    link_remove_rule(lab->sim, rule);
    assert_int_equal(link_release(lab->sim, rule), 3);
    assert_int_equal(link_release(lab->sim, rule), 0);
    net_lab_run(lab);
    for (uint32_t i = 0; i < 3; i++) {
        net_lab_expect_arrival(lab, i, i + 1, sim_now(lab->sim));
    }
    assert_int_equal(link_get_stats(lab->sim, 1, 0).held, 0);
    assert_int_equal(link_get_stats(lab->sim, 1, 0).delivered, 3);
    net_lab_destroy(lab);
}

static void test_held_packets_are_released_into_their_own_direction(void **state)
{
    (void)state;
    struct net_lab *lab = pair_with_delay(10);
    match_id rule =
        add_rule(lab, packet_match_any(), (struct packet_action){ .kind = ACTION_HOLD });
    net_lab_send(lab, 1, 2, 1, 100);
    net_lab_send(lab, 2, 1, 2, 100);
    assert_int_equal(link_release(lab->sim, rule), 2);
    net_lab_run(lab);
    net_lab_expect_arrival(lab, 0, 2, 0);
    net_lab_expect_arrival(lab, 1, 1, 10);
    net_lab_destroy(lab);
}

/* ---- calls ---------------------------------------------------------------------------------- */

struct caller {
    struct net_lab *lab;
    uint32_t calls;
    match_id own, other;
};

static bool pass_odd_drop_even(struct sim *sim, void *context, const struct packet *packet,
                               struct packet_action *action)
{
    struct caller *caller = context;
    (void)sim;
    caller->calls++;
    action->kind = ACTION_DROP;
    return packet->tcp.seq % 2 == 0;
}

static void test_a_call_decides_or_lets_the_next_rule_be_asked(void **state)
{
    (void)state;
    struct caller caller = { .lab = pair_with_delay(10) };
    struct packet_action call = { .kind = ACTION_CALL,
                                  .call = pass_odd_drop_even,
                                  .context = &caller };
    match_id rule = add_rule(caller.lab, packet_match_any(), call);
    match_id next = add_rule(caller.lab, packet_match_any(),
                             (struct packet_action){ .kind = ACTION_DELAY, .by = 1 });
    send_each(caller.lab, 4);
    assert_int_equal(caller.calls, 4);
    assert_int_equal(link_rule_hits(caller.lab->sim, rule), 2);
    assert_int_equal(link_rule_hits(caller.lab->sim, next), 2);
    assert_int_equal(net_lab_count_fate(caller.lab, FATE_LOST), 2);
    net_lab_destroy(caller.lab);
}

/* Sends a packet that fits its own rule, adds a rule, removes both others. */
static bool make_a_mess(struct sim *sim, void *context, const struct packet *packet,
                        struct packet_action *action)
{
    struct caller *caller = context;
    assert_int_equal(packet->tcp.seq, 1);
    caller->calls++;
    for (uint32_t i = 0; i < 100; i++) {
        assert_int_equal(net_lab_send(caller->lab, 1, 2, 100 + i, 100), SIM_OK);
    }
    link_remove_rule(sim, caller->own);
    link_remove_rule(sim, caller->other);
    drop_if(caller->lab, packet_match_any());
    assert_int_equal(packet->tcp.seq, 1);
    action->kind = ACTION_DELAY;
    action->by = 1000;
    return caller->calls == 2;
}

static void test_a_call_may_send_and_change_rules(void **state)
{
    (void)state;
    struct caller caller = { .lab = pair_with_delay(10) };
    struct packet_action call = { .kind = ACTION_CALL, .call = make_a_mess, .context = &caller };
    caller.own = add_rule(caller.lab, packet_match_any(), call);
    struct packet_match first = packet_match_any();
    first.has_seq = true;
    first.seq = 1;
    caller.other = drop_if(caller.lab, first);
    send_each(caller.lab, 1);
    net_lab_run(caller.lab);
    /* The packets sent meanwhile passed; so did the first, past a rule that was gone and one that
     * was made too late for it. */
    assert_int_equal(caller.calls, 1);
    assert_int_equal(net_lab_arrivals(caller.lab), 101);
    net_lab_expect_arrival(caller.lab, 0, 100, 10);
    net_lab_expect_arrival(caller.lab, 100, 1, 10);
    send_each(caller.lab, 1);
    assert_int_equal(net_lab_count_fate(caller.lab, FATE_LOST), 1);
    net_lab_destroy(caller.lab);
}

static bool add_a_rule(struct sim *sim, void *context, const struct packet *packet,
                       struct packet_action *action)
{
    struct caller *caller = context;
    (void)sim;
    (void)packet;
    (void)action;
    caller->other = drop_if(caller->lab, packet_match_any());
    return false;
}

static void test_a_rule_made_by_a_call_is_asked_from_the_next_packet_on(void **state)
{
    (void)state;
    struct caller caller = { .lab = pair_with_delay(10) };
    struct packet_action call = { .kind = ACTION_CALL, .call = add_a_rule, .context = &caller };
    struct packet_match first = packet_match_any();
    first.nth = 1;
    add_rule(caller.lab, first, call);
    send_each(caller.lab, 2);
    net_lab_expect_hop(caller.lab, 0, 1, FATE_FORWARDED);
    net_lab_expect_hop(caller.lab, 1, 2, FATE_LOST);
    assert_int_equal(link_rule_hits(caller.lab->sim, caller.other), 1);
    net_lab_destroy(caller.lab);
}

static bool hold_it(struct sim *sim, void *context, const struct packet *packet,
                    struct packet_action *action)
{
    (void)sim;
    (void)context;
    (void)packet;
    action->kind = ACTION_HOLD;
    return true;
}

static void test_what_a_call_holds_its_rule_releases(void **state)
{
    (void)state;
    struct net_lab *lab = pair_with_delay(10);
    struct packet_action call = { .kind = ACTION_CALL, .call = hold_it };
    match_id rule = add_rule(lab, packet_match_any(), call);
    send_each(lab, 1);
    net_lab_expect_hop(lab, 0, 1, FATE_HELD);
    assert_int_equal(link_release(lab->sim, rule), 1);
    net_lab_run(lab);
    net_lab_expect_arrival(lab, 0, 1, 10);
    net_lab_destroy(lab);
}

/* ---- arguments ------------------------------------------------------------------------------ */

static void test_rules_refuse_nonsense(void **state)
{
    static const struct packet_action wrong_actions[] = {
        { .kind = ACTION_CALL },
        { .kind = ACTION_DELAY, .by = -1 },
        { .kind = ACTION_COPY, .arrive_at = -1 },
    };
    static const struct packet_match wrong_matches[] = {
        { .from = 3 },
        { .after = -1 },
        { .before = -1 },
        { .source = { .length = 129 } },
        { .destination = { { { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255, 255, 10 } }, 33 } },
    };
    (void)state;
    struct net_lab *lab = pair_with_delay(1);
    struct packet_match any = packet_match_any();
    struct packet_action drop = { .kind = ACTION_DROP };
    match_id rule;
    for (size_t i = 0; i < sizeof wrong_actions / sizeof wrong_actions[0]; i++) {
        assert_int_equal(link_add_rule(lab->sim, 1, &any, &wrong_actions[i], NULL, &rule),
                         SIM_INVALID);
    }
    for (size_t i = 0; i < sizeof wrong_matches / sizeof wrong_matches[0]; i++) {
        assert_int_equal(link_add_rule(lab->sim, 1, &wrong_matches[i], &drop, NULL, &rule),
                         SIM_INVALID);
    }
    assert_int_equal(link_add_rule(lab->sim, 2, &any, &drop, NULL, &rule), SIM_INVALID);
    assert_int_equal(link_add_rule(lab->sim, 0, &any, &drop, NULL, &rule), SIM_INVALID);
    assert_int_equal(rule, 0);
    net_lab_destroy(lab);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_condition_decides_by_itself),
        cmocka_unit_test(test_prefixes_choose_by_address_and_family),
        cmocka_unit_test(test_a_rule_sees_both_directions_unless_told),
        cmocka_unit_test(test_nth_every_and_limit_count_what_fits),
        cmocka_unit_test(test_copies_are_left_alone_unless_included),
        cmocka_unit_test(test_the_first_rule_that_fits_acts_and_only_it),
        cmocka_unit_test(test_a_removed_rule_keeps_its_hits_and_acts_no_more),
        cmocka_unit_test(test_a_link_that_is_down_asks_no_rules),
        cmocka_unit_test(test_a_copy_arrives_later_and_does_not_hold_up_later_packets),
        cmocka_unit_test(test_several_copies_come_one_interval_apart),
        cmocka_unit_test(test_a_copy_passes_the_queue_but_is_no_faster_than_the_wire),
        cmocka_unit_test(test_a_packet_too_big_for_the_wire_has_no_copies),
        cmocka_unit_test(test_a_delay_into_the_past_is_no_delay),
        cmocka_unit_test(test_held_packets_wait_and_go_in_their_order),
        cmocka_unit_test(test_held_packets_are_released_into_their_own_direction),
        cmocka_unit_test(test_a_call_decides_or_lets_the_next_rule_be_asked),
        cmocka_unit_test(test_a_call_may_send_and_change_rules),
        cmocka_unit_test(test_a_rule_made_by_a_call_is_asked_from_the_next_packet_on),
        cmocka_unit_test(test_what_a_call_holds_its_rule_releases),
        cmocka_unit_test(test_rules_refuse_nonsense),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
