/* host:inject: crafted packets in scenarios. */
#include "tests/unit/test_script_fixture.h"

/* Inject at a, and let the link say what went by. */
#define INJECT(what, show)                                                  \
    PAIR "wire:match({ from = a }):call(function(p) print(" show ") end)\n" \
         "a:inject { " what " }\n"

static void test_a_packet_is_sent_as_written(void **state)
{
    (void)state;
    assert_prints(INJECT("src = '203.0.113.7', sport = 1025, dst = b, dport = 80, flags = 'S', seq "
                         "= 4294967295, win = 10, ttl = 3",
                         "p, p.from, p.src, p.sport, p.dst, p.dport, p.ttl, p.injected"),
                  "S 4294967295:4294967295(0) win 10\tnil\t203.0.113.7\t1025\t10.0.0.2\t80\t3\ttrue"
                  "\n");
    assert_prints(INJECT("sport = 1, dst = '10.0.0.2', dport = 2, flags = 'PSH,ACK', ack = 9, data "
                         "= 'hi\\0!'",
                         "p, p.src, #p.data, p.win, p.seq"),
                  "P. 0:4(4) ack 9 win 65535\t10.0.0.1\t4\t65535\t0\n");
}

static void test_ipv6_goes_from_an_ipv6_address(void **state)
{
    (void)state;
    assert_prints(INJECT("sport = 1, dst = 'fd00::2', dport = 2, flags = 'S'", "p.src, p.dst, "
                                                                               "p.size"),
                  "fd00::1\tfd00::2\t60\n");
}

static void test_options_are_written_as_packetdrill_does(void **state)
{
    static const struct {
        const char *script, *output;
    } cases[] = {
        { INJECT("sport = 1, dst = b, dport = 2, flags = 'S', options = 'mss 1460,nop,wscale 7'",
                 "p.options"),
          "mss 1460,nop,wscale 7\n" },
        { INJECT("sport = 1, dst = b, dport = 2, flags = 'S', options = { 'mss 536', 'sackOK', "
                 "'nop', 'nop' }",
                 "p.options"),
          "mss 536,sackOK,nop,nop\n" },
        { INJECT("sport = 1, dst = b, dport = 2, flags = 'S', options = 'nop, nop, TS val 5 ecr 7'",
                 "p.options"),
          "nop,nop,TS val 5 ecr 7\n" },
        { INJECT("sport = 1, dst = b, dport = 2, flags = 'S', options = '0x020405b4'", "p.options"),
          "mss 1460\n" },
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_prints(cases[i].script, cases[i].output);
    }
}

static void test_bad_packets_say_what_is_wrong(void **state)
{
#define BASE "sport = 1, dst = b, dport = 2, flags = 'S'"
    (void)state;
    assert_error(PAIR "a:inject { sport = 1, dport = 2, flags = 'S' }",
                 "t.lua:2: 'dst' is missing in inject options: a host or an address");
    assert_error(PAIR "a:inject { dst = b, dport = 2, flags = 'S' }",
                 "t.lua:2: 'sport' is missing in inject options: a port");
    assert_error(PAIR "a:inject { dst = b, sport = 2, dport = 2 }",
                 "t.lua:2: 'flags' is missing in inject options: a text such as \"S\"");
    assert_error(PAIR "a:inject { " BASE ", seq = -1 }",
                 "t.lua:2: 'seq' in inject options must be in 0 .. 4294967295, not -1");
    assert_error(PAIR "a:inject { " BASE ", options = 'mss' }",
                 "t.lua:2: bad TCP option 'mss' in inject options: use mss N, wscale N, sackOK, TS "
                 "val N ecr N, nop, eol, or bytes such as 0x01020304, with commas between");
    assert_error(PAIR "a:inject { " BASE ", options = 'mss 70000' }",
                 "t.lua:2: bad TCP option 'mss 70000' in inject options: use mss N, wscale N, "
                 "sackOK, TS val N ecr N, nop, eol, or bytes such as 0x01020304, with commas "
                 "between");
    assert_error(PAIR "a:inject { " BASE ", options = ('0x' .. ('01'):rep(41)) }",
                 "t.lua:2: the TCP options in inject options are longer than 40 bytes");
    assert_error(PAIR "a:inject { sport = 1, dst = '192.0.2.1', dport = 2, flags = 'S' }",
                 "t.lua:2: a has no route to 192.0.2.1");
    assert_error(PAIR "a:inject { " BASE ", src = 'fd00::1' }",
                 "t.lua:2: host:inject: no such packet can be written down: are source and "
                 "destination of one family, and the data not too long?");
#undef BASE
}

static void test_a_flood_is_counted_by_the_listener(void **state)
{
    (void)state;
    assert_prints(PAIR
                  "b:listen(80, { backlog = 8 }, print)\n"
                  "a:every('10ms', { times = 50 }, function(i)\n"
                  "  a:inject { src = sim.ip('203.0.113.0/24', i), sport = 1024 + i, dst = b,\n"
                  "    dport = 80, flags = 'S' } end)\n"
                  "sim.stop_at(1)\n"
                  "sim.expect('x', function() print(b.stats.syn_received, "
                  "b.stats.syn_queue_max, b.stats.listen_drops, #b:sockets()) return true "
                  "end)\n",
                  "50\t8\t42\t9\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_packet_is_sent_as_written),
        cmocka_unit_test(test_ipv6_goes_from_an_ipv6_address),
        cmocka_unit_test(test_options_are_written_as_packetdrill_does),
        cmocka_unit_test(test_bad_packets_say_what_is_wrong),
        cmocka_unit_test(test_a_flood_is_counted_by_the_listener),
    };
    return cmocka_run_group_tests_name("script inject", tests, NULL, NULL);
}
