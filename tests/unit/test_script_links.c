/* Links, switches, routers, and rules for packets in scenarios. */
#include "tests/unit/test_script_fixture.h"

/* ---- nodes and links ------------------------------------------------------------------------ */

static void test_link_parameters_reach_both_directions(void **state)
{
    (void)state;
    run_text(SIM
             "local a, b = sim.host 'a', sim.host 'b'\n"
             "sim.link(a, b, { delay = '7ms', rate = '1Mbit', jitter = '1ms', mtu = 576,\n"
             "  jitter_keeps_order = true, loss_every = 3, duplicate = '2%', reorder = 0.5,\n"
             "  duplicate_delay = '3ms', reorder_delay = '4ms', corrupt = '1%',\n"
             "  burst = { to_bad = 0.1, to_good = 0.2, good_loss = 0.01 },\n"
             "  forward = { delay = '9ms' }, backward = { loss = 1, queue = '5 packets' } })\n");
    assert_string_equal(fixture.message, "");
    const struct link_params *forward = link_get_params(script_world(fixture.script), 1, 0);
    const struct link_params *backward = link_get_params(script_world(fixture.script), 1, 1);
    assert_int_equal(forward->delay, 9 * SIM_MILLISECOND);
    assert_int_equal(backward->delay, 7 * SIM_MILLISECOND);
    assert_int_equal(forward->loss_ppm, 0);
    assert_int_equal(backward->loss_ppm, 1000000);
    assert_int_equal(forward->queue_packets, 0);
    assert_int_equal(backward->queue_packets, 5);
    for (int i = 0; i < 2; i++) {
        const struct link_params *p = i == 0 ? forward : backward;
        assert_int_equal(p->rate_bps, 1000000);
        assert_int_equal(p->jitter, SIM_MILLISECOND);
        assert_true(p->jitter_keeps_order);
        assert_int_equal(p->loss_every, 3);
        assert_int_equal(p->duplicate_ppm, 20000);
        assert_int_equal(p->duplicate_delay, 3 * SIM_MILLISECOND);
        assert_int_equal(p->reorder_ppm, 500000);
        assert_int_equal(p->reorder_delay, 4 * SIM_MILLISECOND);
        assert_int_equal(p->corrupt_ppm, 10000);
        assert_int_equal(p->mtu, 576);
        assert_int_equal(p->burst.to_bad_ppm, 100000);
        assert_int_equal(p->burst.to_good_ppm, 200000);
        assert_int_equal(p->burst.bad_loss_ppm, 1000000);
        assert_int_equal(p->burst.good_loss_ppm, 10000);
    }
    fixture_end();
}

static void test_set_changes_only_what_it_names(void **state)
{
    (void)state;
    run_text(PAIR "wire:set { loss = 0.5 }:set { backward = { delay = '1s' } }");
    assert_string_equal(fixture.message, "");
    const struct link_params *forward = link_get_params(script_world(fixture.script), 1, 0);
    const struct link_params *backward = link_get_params(script_world(fixture.script), 1, 1);
    assert_int_equal(forward->loss_ppm, 500000);
    assert_int_equal(backward->loss_ppm, 500000);
    assert_int_equal(forward->delay, 10 * SIM_MILLISECOND);
    assert_int_equal(backward->delay, SIM_SECOND);
    fixture_end();
    assert_error(
        PAIR "wire:set { burst = { to_bad = 0.1 } }",
        "t.lua:2: burst options need to_bad and to_good: the chances to change per packet");
}

static void test_host_parameters_reach_tcp(void **state)
{
    (void)state;
    run_text(SIM "sim.host('a', { handshake = 'four-way', msl = '5s', rto_initial = 3, rto_min = "
                 "'200ms', rto_max = '1min', delayed_ack = false, nagle = false, mss = 536,\n"
                 "rcvbuf = '8KiB', sndbuf = 9000, syn_retries = 1, syn_ack_retries = 2, "
                 "data_retries = 3, fin_wait_2_timeout = 4, user_timeout = 5, persist_max = 6,\n"
                 "clock_granularity = '10ms', initial_window = 2, abort_on_overflow = true, "
                 "rules = { time_wait = false } })\n"
                 "sim.host('b', { delayed_ack = '200ms' })\n");
    assert_string_equal(fixture.message, "");
    const struct sim *sim = script_world(fixture.script);
    const struct tcp_params *p = host_tcp_params(sim, 1);
    assert_int_equal(p->handshake, TCP_FOUR_WAY);
    assert_int_equal(p->msl, 5 * SIM_SECOND);
    assert_int_equal(p->rto_initial, 3 * SIM_SECOND);
    assert_int_equal(p->rto_min, 200 * SIM_MILLISECOND);
    assert_int_equal(p->rto_max, SIM_MINUTE);
    assert_int_equal(p->delayed_ack, 0);
    assert_false(p->nagle);
    assert_int_equal(p->mss, 536);
    assert_int_equal(p->receive_buffer_bytes, 8192);
    assert_int_equal(p->send_buffer_bytes, 9000);
    assert_int_equal(p->syn_retries, 1);
    assert_int_equal(p->syn_ack_retries, 2);
    assert_int_equal(p->data_retries, 3);
    assert_int_equal(p->fin_wait_2_timeout, 4 * SIM_SECOND);
    assert_int_equal(p->user_timeout, 5 * SIM_SECOND);
    assert_int_equal(p->persist_max, 6 * SIM_SECOND);
    assert_int_equal(p->clock_granularity, 10 * SIM_MILLISECOND);
    assert_int_equal(p->initial_window_segments, 2);
    assert_true(p->abort_on_overflow);
    assert_true(rule_set_has(&p->rules_off, rule_find("time_wait")));
    assert_int_equal(host_tcp_params(sim, 2)->delayed_ack, 200 * SIM_MILLISECOND);
    fixture_end();
}

static void test_a_switch_is_a_star(void **state)
{
    (void)state;
    assert_prints(SIM "local a, b, c = sim.host 'a', sim.host 'b', sim.host 'c'\n"
                      "local s = sim.switch { a, b, c, delay = '5ms' }\n"
                      "local s2 = sim.switch { a, name = 'lan' }\n"
                      "print(s, s2, s:link(b), s:link(b).a, s:link(b).b)\n"
                      "b:listen(80, print)\n"
                      "for _, h in ipairs { a, c } do\n"
                      "  h:spawn(function() h:connect(b, 80) print(h, sim.now()) end) end\n",
                  "switch\tlan\tlink b-switch\tb\tswitch\na\t0.02\nc\t0.02\nconn #4 of b\nconn #5 "
                  "of b\n");
    assert_error(SIM "\nsim.switch { delay = 1 }",
                 "t.lua:2: a switch needs hosts: sim.switch { a, b, delay = \"5ms\" }");
    assert_error(PAIR "local s = sim.switch { a }\ns:link(b)",
                 "t.lua:3: b is not plugged into switch");
}

static void test_routers_forward_by_prefix(void **state)
{
    (void)state;
    assert_prints(SIM "local a, b = sim.host('a', { ip = '10.1.0.1' }), sim.host('b', { ip = "
                      "'10.2.0.1' })\n"
                      "local r = sim.router 'r'\n"
                      "local la, lb = sim.link(a, r), sim.link(r, b)\n"
                      "r:route('10.1.0.0/16', la) r:route('10.2.0.0/16', lb)\n"
                      "lb:on_packet(function(p) if p.to == b then print(p.ttl) end end)\n"
                      "b:listen(80, print)\n"
                      "a:spawn(function() print(r.name, a:connect(b, 80)) end)\n",
                  "63\n63\nr\tconn #3 of a\nconn #4 of b\n");
    assert_error(PAIR "local r = sim.router 'r' r:route('10.0.0.0/8', wire)",
                 "t.lua:2: the link between a and b does not begin at r");
}

static void test_link_statistics_count_packets(void **state)
{
    (void)state;
    assert_prints(PAIR "wire:match({ flags = 'S' }):drop()\n"
                       "a:spawn(function() a:connect(b, 80, { timeout = '2s' }) end)\n"
                       "sim.expect('x', function() local s = wire.stats\n"
                       "  print(s.forward.entered, s.forward.dropped, s.backward.entered)\n"
                       "  return true end)\n",
                  "2\t2\t0\n");
}

/* ---- matching ------------------------------------------------------------------------------- */

/* Which packets of a short exchange a match is about: their numbers. Both sides say three bytes. */
#define EXCHANGE(match)                                                               \
    PAIR "local n = 0\n"                                                              \
         "wire:match " match ":call(function(p) print(p.from, p.flags, p.len) end)\n" \
         "b:listen(80, function(c) c:recv(3) c:send 'xyz' c:close() end)\n"           \
         "a:spawn(function() local c = a:connect(b, 80, { local_port = 5000 })\n"     \
         "  c:send 'abc' c:recv_all() c:close() end)\n"

static void test_matches_choose_packets(void **state)
{
    static const struct {
        const char *script, *output;
    } cases[] = {
        { EXCHANGE("{ flags = 'S' }"), "a\tS\t0\n" },
        { EXCHANGE("{ flags = 'SYN' }"), "a\tS\t0\n" },
        { EXCHANGE("{ flags = 'S.' }"), "b\tS.\t0\n" },
        { EXCHANGE("{ flags = 'SYN,ACK' }"), "b\tS.\t0\n" },
        { EXCHANGE("{ flags = 'S*' }"), "a\tS\t0\nb\tS.\t0\n" },
        { EXCHANGE("{ flags = '.', nth = 1 }"), "a\t.\t0\n" },
        { EXCHANGE("{ flags = 'FIN*' }"), "b\tF.\t0\na\tF.\t0\n" },
        { EXCHANGE("{ len = '>0' }"), "a\tP.\t3\nb\tP.\t3\n" },
        { EXCHANGE("{ len = 3, from = b }"), "b\tP.\t3\n" },
        { EXCHANGE("{ len = '1..2' }"), "" },
        { EXCHANGE("{ len = '>=3', nth = 1 }"), "a\tP.\t3\n" },
        { EXCHANGE("{ len = '<4', flags = 'P*' }"), "a\tP.\t3\nb\tP.\t3\n" },
        { EXCHANGE("{ seq = 1000 }"), "a\tS\t0\n" },
        { EXCHANGE("{ ack = 1001, flags = 'S*' }"), "b\tS.\t0\n" },
        { EXCHANGE("{ sport = 80, flags = 'P*' }"), "b\tP.\t3\n" },
        { EXCHANGE("{ dport = 80, flags = 'P*' }"), "a\tP.\t3\n" },
        { EXCHANGE("{ src = b, len = '>0' }"), "b\tP.\t3\n" },
        { EXCHANGE("{ dst = '10.0.0.2/32', len = '>0' }"), "a\tP.\t3\n" },
        { EXCHANGE("{ after = '15ms', flags = 'P*' }"), "a\tP.\t3\nb\tP.\t3\n" },
        { EXCHANGE("{ before = '5ms' }"), "a\tS\t0\n" },
        { EXCHANGE("{ every = 2, len = '>0' }"), "b\tP.\t3\n" },
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_prints(cases[i].script, cases[i].output);
    }
}

static void test_bad_matches_say_what_is_wrong(void **state)
{
    (void)state;
    assert_error(PAIR "wire:match { flags = 'SX' }",
                 "t.lua:2: bad flags 'SX' for 'flags' in match options: use letters (F S R P . U E "
                 "W, where . is ACK) such as \"S.\", or names such as \"SYN,ACK\"");
    assert_error(PAIR "wire:match { len = '=>3' }",
                 "t.lua:2: bad length '=>3' for 'len' in match options: use a number, or a text "
                 "such as \">0\", \"<=100\" or \"1..100\"");
    assert_error(PAIR "local c = sim.host 'c' wire:match { from = c }",
                 "t.lua:2: 'from' in match options is c, but the ends of this link are a and b");
}

/* ---- acting --------------------------------------------------------------------------------- */

#define CONNECT \
    "a:spawn(function() print(a:connect(b, 80, { timeout = '9s' }) ~= nil, sim.now()) end)\n"

static void test_rules_act_on_packets(void **state)
{
    static const struct {
        const char *script, *output;
    } cases[] = {
        { PAIR "b:listen(80, function() end)\n"
               "local r = wire:match({ flags = 'S', limit = 1 }):drop 'no'\n" CONNECT
               "sim.at('8s', function() print(r.hits, r.link) end)",
          "true\t1.02\n1\tlink a-b\n" },
        { PAIR "b:listen(80, function() end)\n"
               "wire:match({ flags = 'S', limit = 1 }):delay '100ms'\n" CONNECT,
          "true\t0.12\n" },
        { PAIR "b:listen(80, function() end)\n"
               "wire:match({ flags = 'S', limit = 1 }):delay { arrive_at = '0.5s' }\n" CONNECT,
          "true\t0.51\n" },
        { PAIR "local n = 0 b:listen(80, function() end)\n"
               "wire:match({ flags = 'S' }):copy { by = '1ms', copies = 3 }\n" CONNECT
               "sim.at('8s', function() print(b.stats.syn_received) end)",
          "true\t0.02\n4\n" },
        { PAIR "b:listen(80, function() end)\n"
               "local r = wire:match({ flags = 'S' }):hold()\n" CONNECT
               "sim.at('0.3s', function() print(r:release()) r:remove() end)",
          "1\ntrue\t0.32\n" },
        { PAIR "b:listen(80, function() end)\n"
               "wire:match({ flags = 'S', nth = 1 }):corrupt { bit = 200 }\n" CONNECT
               "sim.at('8s', function() print(b.stats.checksum_errors) end)",
          "true\t1.02\n1\n" },
        { PAIR "b:listen(80, function() end)\n"
               "local r = wire:match({ flags = 'S' }):drop()\n" CONNECT
               "sim.at('2s', function() r:remove() end)",
          "true\t3.02\n" },
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_prints(cases[i].script, cases[i].output);
    }
}

static void test_a_rule_has_one_action(void **state)
{
    (void)state;
    assert_error(PAIR "local r = wire:match {}\nr:drop()\nr:hold()",
                 "t.lua:4: this rule has an action already (drop): make another one with "
                 "link:match");
    assert_error(PAIR "print((wire:match {}).hits)",
                 "t.lua:2: this rule has no action yet: add :drop(), :copy { ... } or another");
    assert_error(PAIR "wire:match({}):delay {}",
                 "t.lua:2: delay options need 'by' or 'arrive_at', such as { by = \"1s\" }");
    assert_error(PAIR "wire:match({}):copy { by = 1, arrive_at = 2 }",
                 "t.lua:2: copy options: give 'arrive_at' (a time of the run) or 'by' (later than "
                 "usual)");
}

/* ---- callbacks ------------------------------------------------------------------------------ */

static void test_a_callback_decides(void **state)
{
    static const struct {
        const char *answer, *output;
    } cases[] = {
        { "return", "true\t0.02\n" },
        { "return 'pass'", "true\t0.02\n" },
        { "return 'drop'", "true\t1.02\n" },
        { "return 'corrupt'", "true\t1.02\n" },
        { "return { delay = '0.1s' }", "true\t0.12\n" },
        { "return { arrive_at = '0.5s' }", "true\t0.51\n" },
        { "return { copy = '1ms' }", "true\t0.02\n" },
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char script[1024];
        snprintf(script, sizeof script,
                 PAIR "b:listen(80, function() end)\n"
                      "wire:match({ flags = 'S', nth = 1 }):call(function(p) %s end)\n" CONNECT,
                 cases[i].answer);
        assert_prints(script, cases[i].output);
    }
    assert_error(PAIR "wire:on_packet(function()\n  return 'dorp'\nend)\n" CONNECT,
                 "t.lua:2: bad answer 'dorp' of a packet callback: return \"pass\", \"drop\", "
                 "\"hold\", \"corrupt\", { delay = d }, { arrive_at = t } or { copy = d }");
}

static void test_a_packet_shows_its_fields(void **state)
{
    (void)state;
    assert_prints(PAIR "wire:match({ len = '>0' }):call(function(p)\n"
                       "  print(p, p.from, p.to, p.src, p.dst, p.sport, p.dport, p.flags)\n"
                       "  print(p.seq, p.ack, p.len, p.size, p.win, p.data, p.ttl)\n"
                       "  print(p.id > 0, p.copy_of, p.injected, p.corrupted, '[' .. p.options .. "
                       "']')\n"
                       "end)\n"
                       "b:listen(80, function(c) c:recv(3) end)\n"
                       "a:spawn(function()\n"
                       "  a:connect(b, 80, { local_port = 5000 }):send 'abc' end)\n",
                  "P. 1001:1004(3) ack 7001 win 65535\ta\tb\t10.0.0.1\t10.0.0.2\t5000\t80\tP.\n"
                  "1001\t7001\t3\t43\t65535\tabc\t64\n"
                  "true\tnil\tfalse\tfalse\t[]\n");
}

static void test_a_kept_packet_is_gone(void **state)
{
    (void)state;
    assert_error(PAIR "local kept\n"
                      "wire:on_packet(function(p) kept = p end)\n" CONNECT
                      "sim.at(1, function()\n  print(kept.seq)\nend)\n",
                 "t.lua:6: this packet is gone: it can be looked at only inside the callback that "
                 "was given it; keep the fields that you need (packet.seq, ...) instead");
}

static void test_an_error_in_a_callback_ends_the_run(void **state)
{
    (void)state;
    run_text(PAIR "wire:on_packet(function(p)\n  error 'oh'\nend)\n" CONNECT);
    assert_int_equal(fixture.outcome, SCRIPT_ERROR);
    assert_string_equal(fixture.message, "t.lua:3: oh\n    3 |   error 'oh'\n      |   ^\n"
                                         "  in a packet callback\n");
    fixture_end();
}

static void test_a_callback_may_inject(void **state)
{
    (void)state;
    assert_prints(PAIR
                  "wire:match({ flags = 'S', from = a }):call(function(p)\n"
                  "  b:inject { dst = a, sport = 80, dport = p.sport, flags = 'R.', ack = p.seq + "
                  "1 }\n"
                  "  return 'drop' end)\n"
                  "a:spawn(function() print(a:connect(b, 80)) print(sim.now()) end)\n",
                  "nil\tconnection refused\tECONNREFUSED\n0.01\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_link_parameters_reach_both_directions),
        cmocka_unit_test(test_set_changes_only_what_it_names),
        cmocka_unit_test(test_host_parameters_reach_tcp),
        cmocka_unit_test(test_a_switch_is_a_star),
        cmocka_unit_test(test_routers_forward_by_prefix),
        cmocka_unit_test(test_link_statistics_count_packets),
        cmocka_unit_test(test_matches_choose_packets),
        cmocka_unit_test(test_bad_matches_say_what_is_wrong),
        cmocka_unit_test(test_rules_act_on_packets),
        cmocka_unit_test(test_a_rule_has_one_action),
        cmocka_unit_test(test_a_callback_decides),
        cmocka_unit_test(test_a_packet_shows_its_fields),
        cmocka_unit_test(test_a_kept_packet_is_gone),
        cmocka_unit_test(test_an_error_in_a_callback_ends_the_run),
        cmocka_unit_test(test_a_callback_may_inject),
    };
    return cmocka_run_group_tests_name("script links", tests, NULL, NULL);
}
