/* Applications: when they run, how they wait, and what a scenario does at a time. */
#include "tests/unit/test_script_fixture.h"

static void test_a_spawned_application_runs_when_the_world_does(void **state)
{
    (void)state;
    assert_prints(PAIR "a:spawn(function(x, y) print('one', x, y) end, 1, 2)\n"
                       "sim.spawn(function() print 'two' end)\n"
                       "print 'main'\n",
                  "main\none\t1\t2\ntwo\n");
}

static void test_sleep_takes_virtual_time(void **state)
{
    (void)state;
    assert_prints(PAIR "a:spawn(function()\n"
                       "  for _, d in ipairs { '40ms', 1.5, '2min' } do\n"
                       "    sim.sleep(d)\n"
                       "    print(sim.now())\n"
                       "  end\n"
                       "end)\n",
                  "0.04\n1.54\n121.54\n");
}

static void test_applications_at_one_time_run_in_order_of_waiting(void **state)
{
    (void)state;
    assert_prints(PAIR "for i = 1, 4 do sim.spawn(function()\n"
                       "  sim.sleep '1s' print(i) sim.sleep((5 - i) / 10) print(i) end) end\n",
                  "1\n2\n3\n4\n4\n3\n2\n1\n");
}

static void test_at_after_and_every_fire_at_their_times(void **state)
{
    (void)state;
    assert_prints(PAIR "sim.at('2s', function() print('at', sim.now()) end)\n"
                       "a:at('1s', function()\n"
                       "  a:after('0.5s', function() print('after', sim.now()) end)\n"
                       "end)\n"
                       "local t\n"
                       "t = a:every('0.4s', function(i)\n"
                       "  print(i, sim.now())\n"
                       "  if i == 3 then t:cancel() end\n"
                       "end)\n"
                       "sim.at('3s', function() print(t.pending, t.fired) end)\n",
                  "1\t0.4\n2\t0.8\n3\t1.2\nafter\t1.5\nat\t2\nfalse\t3\n");
}

static void test_every_keeps_to_its_bounds(void **state)
{
    (void)state;
    assert_prints(PAIR "sim.every('1s', { start = 0, times = 2 }, function(i) print('a', i, "
                       "sim.now()) end)\n"
                       "sim.every('1s', { start = '5s', stop = '7s' }, function(i) print('b', i, "
                       "sim.now()) end)\n",
                  "a\t1\t0\na\t2\t1\nb\t1\t5\nb\t2\t6\n");
    assert_error(PAIR "sim.every(0, print)", "t.lua:2: the interval of 'every' must not be 0");
}

static void test_a_timer_that_fires_may_wait(void **state)
{
    (void)state;
    assert_prints(PAIR "sim.every('1s', { times = 2 }, function(i)\n"
                       "  sim.sleep '1500ms' print(i, sim.now()) end)\n",
                  "1\t2.5\n2\t3.5\n");
}

static void test_a_cancelled_timer_never_fires(void **state)
{
    (void)state;
    assert_prints(PAIR "local t = sim.at('1s', function() print 'no' end)\n"
                       "print(t.pending) t:cancel() t:cancel() print(t.pending)\n",
                  "true\nfalse\n");
}

static void test_the_past_cannot_be_scheduled(void **state)
{
    (void)state;
    assert_error(PAIR "sim.at('2s', function()\n  sim.at('1s', print)\nend)",
                 "t.lua:3: 1 s is in the past: it is 2 s now");
}

static void test_those_who_wait_for_ever_are_named_at_the_end(void **state)
{
    (void)state;
    assert_notes(PAIR "b:listen(80, function(conn)\n"
                      "  conn:recv(10)\n"
                      "end)\n"
                      "local l = b:listen(81)\n"
                      "b:spawn(function() l:accept() end)\n"
                      "a:spawn(function()\n"
                      "  local conn = a:connect(b, 80)\n"
                      "  conn:recv_line()\n"
                      "end)\n",
                 "0.03 a: still waiting at the end in conn:recv_line (t.lua:9)\n"
                 "0.03 b: still waiting at the end in conn:recv (t.lua:3)\n");
}

static void test_who_waits_when_the_script_stops_is_not_named(void **state)
{
    (void)state;
    assert_notes(PAIR "a:spawn(function() sim.sleep '1h' end) sim.stop_at '1s'", "");
    assert_notes(PAIR "a:spawn(function() sim.sleep '1h' end) sim.at(1, sim.stop)", "");
}

static void test_stop_ends_the_run(void **state)
{
    (void)state;
    assert_prints(PAIR "sim.every('1s', function(i) print(i) if i == 3 then sim.stop() end end)\n"
                       "sim.expect('x', function() print(sim.now()) return true end)\n",
                  "1\n2\n3\n3\n");
    assert_prints(PAIR "sim.every('1s', function(i) print(i) end) sim.stop_at '3s'\n"
                       "sim.expect('x', function() print(sim.now()) return true end)\n",
                  "1\n2\n3\n3\n");
}

static void test_stop_at_may_be_called_while_the_world_runs(void **state)
{
    (void)state;
    assert_prints(PAIR "sim.every('1s', function(i) print(i)\n"
                       "  if i == 2 then sim.stop_at '3.5s' sim.stop_at '9s' end end)\n"
                       "sim.expect('x', function() print(sim.now()) return true end)\n",
                  "1\n2\n3\n3.5\n");
}

static void test_pcall_catches_errors_across_waits(void **state)
{
    (void)state;
    assert_prints(PAIR "a:spawn(function()\n"
                       "  print(pcall(function() sim.sleep '1s' error('late', 0) end))\n"
                       "  print(pcall(a.connect, a, b, 99999))\n"
                       "  print(sim.now())\n"
                       "end)\n",
                  "false\tlate\nfalse\tthe port of host:connect must be in 1 .. 65535, not 99999\n"
                  "1\n");
}

static void test_a_crash_ends_the_applications_of_its_host_only(void **state)
{
    (void)state;
    assert_prints(PAIR "b:listen(80, function(conn)\n"
                       "  conn:recv_line() print 'never'\n"
                       "end)\n"
                       "b:spawn(function() sim.sleep '10s' print 'never' end)\n"
                       "a:spawn(function()\n"
                       "  local conn = a:connect(b, 80)\n"
                       "  sim.sleep '3s'\n"
                       "  print(b:state(80), a:state(conn))\n"
                       "  conn:send 'x\\n'\n"
                       "  print(conn:recv_line())\n"
                       "end)\n"
                       "b:at('1s', function() b:crash() print(b:state(80)) sim.sleep '1s' "
                       "print 'the one who crashes it goes on' end)\n",
                  "CLOSED\nthe one who crashes it goes on\nCLOSED\tESTABLISHED\n"
                  "nil\tconnection reset by peer\tECONNRESET\n");
}

static void test_after_a_crash_a_host_can_listen_again(void **state)
{
    (void)state;
    assert_prints(PAIR "local function serve() b:listen(80, function(c) c:send 'hi\\n' end) end\n"
                       "serve()\n"
                       "b:at('1s', function() b:crash() serve() end)\n"
                       "a:at('2s', function() print(a:connect(b, 80):recv_line()) end)\n",
                  "hi\n");
}

static void test_random_numbers_follow_the_seed(void **state)
{
    char first[FIXTURE_TEXT];
    (void)state;
    for (int round = 0; round < 3; round++) {
        fixture_begin();
        fixture_write(SIM "for i = 1, 8 do print(sim.random(1000000), math.random()) end");
        fixture.config.world.seed = round == 2 ? 8 : 7;
        assert_int_equal(fixture_run(), SCRIPT_OK);
        if (round == 0) {
            strcpy(first, fixture.output);
        }
        assert_int_equal(strcmp(first, fixture.output) == 0, round < 2);
        fixture_end();
    }
}

static void test_hosts_and_connections_are_keys_with_an_order(void **state)
{
    (void)state;
    assert_prints(PAIR "local seen = { [b] = 'b', [a] = 'a', [wire] = 'w' }\n"
                       "b:listen(80, function(c) seen[c] = 'server' end)\n"
                       "a:spawn(function()\n"
                       "  local c = a:connect(b, 80) seen[c] = 'client' sim.sleep(1)\n"
                       "  for k, v in pairs(seen) do print(k, v) end\n"
                       "end)\n",
                  "conn #2 of a\tclient\nconn #3 of b\tserver\na\ta\nb\tb\nlink a-b\tw\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_spawned_application_runs_when_the_world_does),
        cmocka_unit_test(test_sleep_takes_virtual_time),
        cmocka_unit_test(test_applications_at_one_time_run_in_order_of_waiting),
        cmocka_unit_test(test_at_after_and_every_fire_at_their_times),
        cmocka_unit_test(test_every_keeps_to_its_bounds),
        cmocka_unit_test(test_a_timer_that_fires_may_wait),
        cmocka_unit_test(test_a_cancelled_timer_never_fires),
        cmocka_unit_test(test_the_past_cannot_be_scheduled),
        cmocka_unit_test(test_those_who_wait_for_ever_are_named_at_the_end),
        cmocka_unit_test(test_who_waits_when_the_script_stops_is_not_named),
        cmocka_unit_test(test_stop_ends_the_run),
        cmocka_unit_test(test_stop_at_may_be_called_while_the_world_runs),
        cmocka_unit_test(test_pcall_catches_errors_across_waits),
        cmocka_unit_test(test_a_crash_ends_the_applications_of_its_host_only),
        cmocka_unit_test(test_after_a_crash_a_host_can_listen_again),
        cmocka_unit_test(test_random_numbers_follow_the_seed),
        cmocka_unit_test(test_hosts_and_connections_are_keys_with_an_order),
    };
    return cmocka_run_group_tests_name("script applications", tests, NULL, NULL);
}
