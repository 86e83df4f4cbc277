/* Connections and listeners in scenarios: opening, sending, reading, closing, asking. */
#include "tests/unit/test_script_fixture.h"

/* A server at b:80 with the body given, and a client's body with `conn` open. */
#define TALK(server, client)                             \
    PAIR "b:listen(80, function(conn) " server " end)\n" \
         "a:spawn(function() local conn = a:connect(b, 80)\n" client " end)\n"

/* ---- opening -------------------------------------------------------------------------------- */

static void test_connect_takes_one_round_trip(void **state)
{
    (void)state;
    assert_prints(TALK("", "print(sim.now(), conn:state(), b:state(80))"),
                  "0.02\tESTABLISHED\tSYN-RECEIVED\n");
}

static void test_a_refused_connection_is_told(void **state)
{
    (void)state;
    assert_prints(PAIR "a:spawn(function() print(a:connect(b, 81)) print(sim.now()) end)",
                  "nil\tconnection refused\tECONNREFUSED\n0.02\n");
}

static void test_connect_gives_up_after_its_timeout(void **state)
{
    (void)state;
    assert_prints(PAIR "wire:down() a:spawn(function()\n"
                       "  print(a:connect(b, 80, { timeout = '2s', local_port = 5000 }))\n"
                       "  print(sim.now(), a:state(5000))\n"
                       "end)",
                  "nil\tconnection timed out\tETIMEDOUT\n2\tCLOSED\n");
}

static void test_connect_gives_up_when_tcp_does(void **state)
{
    (void)state;
    assert_prints(PAIR "wire:down() a:spawn(function() print(a:connect(b, 80)) print(sim.now()) "
                       "end)",
                  "nil\tconnection timed out\tETIMEDOUT\n127\n");
}

static void test_local_address_and_port_can_be_chosen(void **state)
{
    (void)state;
    assert_prints(
        SIM "local a = sim.host('a', { ips = { '10.0.0.1', '10.0.0.9', 'fd00::9' } })\n"
            "local b = sim.host('b', { ips = { '10.0.0.2', 'fd00::2' } })\n"
            "sim.link(a, b)\n"
            "b:listen(80, function(c) print(c.remote_ip, c.remote_port == 5000, c.local_ip) end)\n"
            "a:spawn(function()\n"
            "  local c = a:connect(b, 80, { local_port = 5000, ip = '10.0.0.9' })\n"
            "  print(c.host, c.local_ip, c.local_port, c.remote_port)\n"
            "  c = a:connect('fd00::2', 80)\n"
            "  print(c.local_ip)\n"
            "end)\n",
        "a\t10.0.0.9\t5000\t80\n10.0.0.9\ttrue\t10.0.0.2\nfd00::9\nfd00::9\tfalse\t"
        "fd00::2\n");
}

static void test_ephemeral_ports_run_out(void **state)
{
    (void)state;
    assert_prints(SIM "local a = sim.host('a', { ports = { 50000, 50001 } })\n"
                      "local b = sim.host('b')\n"
                      "sim.link(a, b) b:listen(80, function() end)\n"
                      "a:spawn(function() local p = {}\n"
                      "  for i = 1, 2 do p[i] = a:connect(b, 80).local_port end\n"
                      "  table.sort(p) print(p[1], p[2])\n"
                      "  print(a:connect(b, 80))\n"
                      "end)\n",
                  "50000\t50001\nnil\tno free local port\tEADDRNOTAVAIL\n");
}

/* ---- listeners ------------------------------------------------------------------------------ */

static void test_a_listener_without_a_function_is_asked(void **state)
{
    (void)state;
    assert_prints(PAIR "local l = b:listen(80)\n"
                       "print(l, l.port, l.host)\n"
                       "b:spawn(function()\n"
                       "  print(l:accept({ timeout = '1ms' }))\n"
                       "  local conn = l:accept() print(sim.now(), conn:recv_line())\n"
                       "  sim.sleep(1) print(l.waiting) l:close() l:close() print(b:state(80))\n"
                       "end)\n"
                       "a:spawn(function() a:connect(b, 80):send 'hi\\n' a:connect(b, 80) end)\n",
                  "listener b:80\t80\tb\nnil\ttimed out\tEAGAIN\n0.03\thi\n1\nESTABLISHED\n");
}

static void test_who_waits_at_a_listener_is_told_of_its_close(void **state)
{
    (void)state;
    assert_prints(PAIR "local l = b:listen(80)\n"
                       "b:spawn(function() print(l:accept()) end)\n"
                       "sim.at(1, function() l:close() end)\n",
                  "nil\tthe listener is closed\tEBADF\n");
}

static void test_a_listener_that_never_accepts_fills_its_queue(void **state)
{
    (void)state;
    assert_prints(PAIR "local l = b:listen(80, { accept = false, backlog = 2 })\n"
                       "for i = 1, 4 do a:spawn(function() a:connect(b, 80) end) end\n"
                       "sim.at('0.5s', function()\n"
                       "  print(l.waiting, b.stats.accepted, b.stats.accept_queue_max) end)\n"
                       "sim.stop_at(1)\n",
                  "2\t0\t2\n");
}

static void test_each_connection_has_an_application_of_its_own(void **state)
{
    (void)state;
    assert_prints(PAIR "b:listen(80, function(conn) local name = conn:recv_line()\n"
                       "  sim.sleep '1s' conn:send('%s at %s\\n', name, sim.now()) end)\n"
                       "for i = 1, 3 do a:spawn(function() local conn = a:connect(b, 80)\n"
                       "  conn:send('no %d\\n', i) print(conn:recv_line()) end) end\n",
                  "no 1 at 1.03\nno 2 at 1.03\nno 3 at 1.03\n");
}

/* ---- sending -------------------------------------------------------------------------------- */

static void test_send_formats_only_with_further_arguments(void **state)
{
    (void)state;
    assert_prints(TALK("for line in conn:lines() do print(line) end",
                       "conn:send '100%\\n' conn:send('%d%%\\n', 5) conn:close()"),
                  "100%\n5%\n");
}

static void test_send_waits_while_the_buffer_is_full(void **state)
{
    (void)state;
    assert_prints(SIM "local a, b = sim.host('a', { sndbuf = 1000 }), sim.host('b')\n"
                      "sim.link(a, b, { delay = '10ms' })\n"
                      "b:listen(80, function(c) local n = #c:recv_all() print(n) end)\n"
                      "a:spawn(function() local c = a:connect(b, 80)\n"
                      "  print(c:send(('x'):rep(5000)), sim.now() > 0.05)\n"
                      "  c:close()\n"
                      "end)\n",
                  "true\ttrue\n5000\n");
}

static void test_send_times_out_with_the_count_that_went(void **state)
{
    (void)state;
    assert_prints(SIM "local a, b = sim.host('a', { sndbuf = 1000 }), sim.host('b')\n"
                      "local wire = sim.link(a, b, { delay = '10ms' })\n"
                      "b:listen(80, function(c) end)\n"
                      "a:spawn(function() local c = a:connect(b, 80) wire:down()\n"
                      "  print(c:send(('x'):rep(5000), { timeout = '1s' }))\n"
                      "  print(c:send_bytes(5000, { timeout = '1s' }))\n"
                      "end)\n"
                      "sim.stop_at '5s'\n",
                  "nil\ttimed out\tEAGAIN\t1000\nnil\ttimed out\tEAGAIN\t0\n");
}

static void test_generated_bytes_arrive(void **state)
{
    (void)state;
    assert_prints(TALK("print(conn:skip())", "conn:send_bytes '1MB' conn:close()"), "1000000\n");
}

static void test_drain_waits_until_all_is_acknowledged(void **state)
{
    (void)state;
    assert_prints(TALK("", "conn:send 'abc' print(conn:status().send_queue_bytes) "
                           "print(conn:drain(), sim.now(), conn:status().send_queue_bytes)"),
                  "3\ntrue\t0.08\t0\n");
}

static void test_drain_tells_of_a_reset(void **state)
{
    (void)state;
    assert_prints(
        TALK("sim.sleep '5ms' conn:abort()",
             "wire:match { from = a, len = '>0' }:drop() conn:send 'abc' "
             "print(conn:drain()) print(conn:error()) print(conn:send 'x')"),
        "nil\tconnection reset by peer\tECONNRESET\nconnection reset by peer\tECONNRESET\n"
        "nil\tconnection reset by peer\tECONNRESET\t0\n");
}

/* ---- reading -------------------------------------------------------------------------------- */

static void test_recv_waits_for_exactly_so_many_bytes(void **state)
{
    (void)state;
    assert_prints(TALK("for _, n in ipairs { 3, 4, 0, 100 } do print(conn:recv(n)) end "
                       "print(conn:recv(1))",
                       "conn:send 'abcd' sim.sleep(1) conn:send 'efgXYZ' conn:close()"),
                  "abc\ndefg\n\nXYZ\nnil\tend of the stream: the peer closed its direction\tEOF\n");
}

static void test_recv_takes_no_more_than_asked_for_from_the_socket(void **state)
{
    (void)state;
    assert_prints(TALK("sim.sleep '1s' print(conn:recv(2), conn:status().receive_queue_bytes)",
                       "conn:send 'abcdef'"),
                  "ab\t4\n");
}

static void test_recv_some_takes_what_there_is(void **state)
{
    (void)state;
    assert_prints(TALK("print(conn:recv_some()) print(conn:recv_some(2)) print(conn:recv_some()) "
                       "print(conn:recv_some { timeout = '1ms' })",
                       "conn:send 'abc' sim.sleep(1) conn:send 'defg' sim.sleep(9)"),
                  "abc\nde\nfg\nnil\ttimed out\tEAGAIN\n");
}

static void test_lines_end_in_newlines_or_what_was_given(void **state)
{
    (void)state;
    assert_prints(TALK("print(conn:recv_line()) for x in conn:lines ';;' do print('[' .. x .. ']') "
                       "end",
                       "conn:send 'one\\r\\ntw' sim.sleep(1) conn:send 'o;;three;' sim.sleep(1) "
                       "conn:send ';\\n;;last' conn:close()"),
                  "one\n[two]\n[three]\n[\n]\n[last]\n");
}

static void test_a_loop_over_lines_ends_when_its_body_closes(void **state)
{
    (void)state;
    assert_prints(TALK("for line in conn:lines() do print(line) conn:close() end print 'end'",
                       "conn:send 'a\\nb\\n'"),
                  "a\nend\n");
}

static void test_a_timeout_loses_no_bytes(void **state)
{
    (void)state;
    assert_prints(TALK("print(conn:recv(6, { timeout = '0.5s' })) print(conn:recv_line { timeout = "
                       "'0.1s' }) print(conn:recv_all())",
                       "conn:send 'abc' sim.sleep(2) conn:send 'def' conn:close()"),
                  "nil\ttimed out\tEAGAIN\nnil\ttimed out\tEAGAIN\nabcdef\n");
}

static void test_recv_all_is_told_of_a_reset(void **state)
{
    (void)state;
    assert_prints(TALK("print(conn:recv_all())", "conn:send 'abc' sim.sleep(1) conn:abort()"),
                  "nil\tconnection reset by peer\tECONNRESET\n");
}

static void test_skip_counts_what_it_throws_away(void **state)
{
    (void)state;
    assert_prints(TALK("print(conn:recv_line(), conn:skip(3), conn:recv(1), conn:skip())",
                       "conn:send 'x\\nabcdefgh' conn:close()"),
                  "x\t3\td\t4\n");
}

static void test_large_reads_are_whole(void **state)
{
    (void)state;
    assert_prints(TALK("local all = conn:recv_all() print(#all, all == sim.bytes(300000))",
                       "conn:send(sim.bytes(300000)) conn:close()"),
                  "300000\ttrue\n");
}

/* ---- closing -------------------------------------------------------------------------------- */

static void test_shutdown_closes_one_direction(void **state)
{
    (void)state;
    assert_prints(TALK("print(conn:recv_all()) conn:send 'answer' conn:close()",
                       "conn:send 'question' print(conn:shutdown()) print(conn:recv_all()) "
                       "print(conn:state()) print(conn:wait_closed())"),
                  "true\nquestion\nanswer\nTIME-WAIT\ntrue\n");
}

static void test_wait_closed_tells_of_an_error(void **state)
{
    (void)state;
    assert_prints(TALK("sim.sleep '1s' conn:abort()",
                       "print(conn:wait_closed { timeout = '0.1s' }) "
                       "print(conn:wait_closed()) print(sim.now())"),
                  "nil\ttimed out\tEAGAIN\nnil\tconnection reset by peer\tECONNRESET\n1.04\n");
}

static void test_wait_closed_after_close_says_what_to_do(void **state)
{
    (void)state;
    assert_error(TALK("", "conn:close() conn:wait_closed()"),
                 "t.lua:4: conn:wait_closed cannot tell after conn:close(), which gives the "
                 "connection up: end it with conn:shutdown() instead");
}

static void test_a_closed_connection_refuses_to_be_used(void **state)
{
    (void)state;
    assert_error(TALK("", "conn:close() conn:close() conn:send 'x'"),
                 "t.lua:4: conn:send: the script has closed or aborted this connection");
}

static void test_close_wakes_those_who_wait(void **state)
{
    (void)state;
    assert_prints(TALK("", "a:after('1s', function() conn:close() end) print(conn:recv(3)) "
                           "print(sim.now())"),
                  "nil\tno such socket\tEBADF\n1.02\n");
}

static void test_a_variable_with_close_closes(void **state)
{
    (void)state;
    assert_prints(PAIR "b:listen(80, function(conn) print(conn:recv_all(), sim.now()) end)\n"
                       "a:spawn(function()\n"
                       "  do local conn <close> = a:connect(b, 80) conn:send 'x' end\n"
                       "  sim.sleep '1h'\n"
                       "end)\n",
                  "x\t0.03\n");
}

/* ---- asking --------------------------------------------------------------------------------- */

static void test_states_follow_the_rfc(void **state)
{
    (void)state;
    assert_prints(TALK("sim.sleep '1s' conn:close()",
                       "print(b:state(80), a:state(conn), a:state(4)) sim.sleep '0.5s' "
                       "print(b:state(80)) conn:shutdown() sim.sleep '0.2s' "
                       "print(a:state(conn), b:state(80)) sim.sleep '1s' "
                       "print(a:state(conn), b:state(80))"),
                  "SYN-RECEIVED\tESTABLISHED\tCLOSED\nESTABLISHED\nFIN-WAIT-2\tCLOSE-WAIT\n"
                  "TIME-WAIT\tLISTEN\n");
}

static void test_status_has_the_fields_of_tcp(void **state)
{
    (void)state;
    assert_prints(TALK("", "local s = conn:status() print(s.state, s.local_addr, s.remote_port, "
                           "s.iss, s.irs, s.snd_una, s.rcv_nxt, s.srtt, s.error, s.mss)"),
                  "ESTABLISHED\t10.0.0.1\t80\t1000\t7000\t1001\t7001\t0.02\tnil\t1460\n");
}

static void test_sockets_lists_listeners_and_connections(void **state)
{
    (void)state;
    assert_prints(TALK("", "sim.sleep(1) for i, s in ipairs(b:sockets()) do print(i, s.state, "
                           "s.local_port, s.remote_port > 0, s.conn) end"),
                  "1\tLISTEN\t80\tfalse\tnil\n2\tESTABLISHED\t80\ttrue\tconn #3 of b\n");
}

static void test_counters_are_live(void **state)
{
    (void)state;
    assert_prints(TALK("", "local s = a.stats print(s.syn_sent, s.established, "
                           "s.retransmits.syn) local n = 0 for k, v in pairs(s) do n = n + v end "
                           "print(n > 3) print(s, s.retransmits)"),
                  "1\t1\t0\ntrue\nstats of a\tretransmits of a\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_connect_takes_one_round_trip),
        cmocka_unit_test(test_a_refused_connection_is_told),
        cmocka_unit_test(test_connect_gives_up_after_its_timeout),
        cmocka_unit_test(test_connect_gives_up_when_tcp_does),
        cmocka_unit_test(test_local_address_and_port_can_be_chosen),
        cmocka_unit_test(test_ephemeral_ports_run_out),
        cmocka_unit_test(test_a_listener_without_a_function_is_asked),
        cmocka_unit_test(test_who_waits_at_a_listener_is_told_of_its_close),
        cmocka_unit_test(test_a_listener_that_never_accepts_fills_its_queue),
        cmocka_unit_test(test_each_connection_has_an_application_of_its_own),
        cmocka_unit_test(test_send_formats_only_with_further_arguments),
        cmocka_unit_test(test_send_waits_while_the_buffer_is_full),
        cmocka_unit_test(test_send_times_out_with_the_count_that_went),
        cmocka_unit_test(test_generated_bytes_arrive),
        cmocka_unit_test(test_drain_waits_until_all_is_acknowledged),
        cmocka_unit_test(test_drain_tells_of_a_reset),
        cmocka_unit_test(test_recv_waits_for_exactly_so_many_bytes),
        cmocka_unit_test(test_recv_takes_no_more_than_asked_for_from_the_socket),
        cmocka_unit_test(test_recv_some_takes_what_there_is),
        cmocka_unit_test(test_lines_end_in_newlines_or_what_was_given),
        cmocka_unit_test(test_a_loop_over_lines_ends_when_its_body_closes),
        cmocka_unit_test(test_a_timeout_loses_no_bytes),
        cmocka_unit_test(test_recv_all_is_told_of_a_reset),
        cmocka_unit_test(test_skip_counts_what_it_throws_away),
        cmocka_unit_test(test_large_reads_are_whole),
        cmocka_unit_test(test_shutdown_closes_one_direction),
        cmocka_unit_test(test_wait_closed_tells_of_an_error),
        cmocka_unit_test(test_wait_closed_after_close_says_what_to_do),
        cmocka_unit_test(test_a_closed_connection_refuses_to_be_used),
        cmocka_unit_test(test_close_wakes_those_who_wait),
        cmocka_unit_test(test_a_variable_with_close_closes),
        cmocka_unit_test(test_states_follow_the_rfc),
        cmocka_unit_test(test_status_has_the_fields_of_tcp),
        cmocka_unit_test(test_sockets_lists_listeners_and_connections),
        cmocka_unit_test(test_counters_are_live),
    };
    return cmocka_run_group_tests_name("script sockets", tests, NULL, NULL);
}
