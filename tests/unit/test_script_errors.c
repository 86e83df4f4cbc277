/* What people are told when a scenario is wrong: each kind of bad input, with its exact words. */
#include "tests/unit/test_script_fixture.h"

#include <sys/stat.h>

/* ---- the file ------------------------------------------------------------------------------- */

static void test_a_missing_file_is_unreadable(void **state)
{
    (void)state;
    fixture_begin();
    assert_int_equal(fixture_run(), SCRIPT_UNREADABLE);
    assert_string_equal(fixture.message, "t.lua: there is no such file\n");
    assert_string_equal(script_description(fixture.script), "");
    fixture_end();
}

static void test_a_directory_is_unreadable(void **state)
{
    (void)state;
    fixture_begin();
    assert_int_equal(mkdir(fixture.path, 0700), 0);
    assert_int_equal(fixture_run(), SCRIPT_UNREADABLE);
    assert_string_equal(fixture.message, "t.lua: this is a directory, not a script\n");
    rmdir(fixture.path);
    fixture_end();
}

static void test_a_syntax_error_has_line_and_caret(void **state)
{
    (void)state;
    assert_message("local sim = require 'tcpsim'\nlocal x = = 3\n",
                   "t.lua:2: unexpected symbol near '='\n"
                   "    2 | local x = = 3\n"
                   "      |         ^\n");
}

/* ---- run time ------------------------------------------------------------------------------- */

static void test_a_runtime_error_has_line_and_caret(void **state)
{
    (void)state;
    assert_message("local t = nil\nprint(t.x)\n",
                   "t.lua:2: attempt to index a nil value (local 't')\n"
                   "    2 | print(t.x)\n"
                   "      |       ^\n");
}

static void test_an_error_in_an_application_names_its_host_and_time(void **state)
{
    (void)state;
    assert_message(PAIR "local function helper() error('no way') end\n"
                        "a:at('2s', function()\n"
                        "  helper()\n"
                        "end)\n",
                   "t.lua:2: no way\n"
                   "    2 | local function helper() error('no way') end\n"
                   "      | ^\n"
                   "  t.lua:2: in function 'helper'\n"
                   "  t.lua:4: in the function at line 3\n"
                   "  in an application of a, at 2 s\n");
}

static void test_an_unchecked_failure_is_named_as_the_cause(void **state)
{
    (void)state;
    assert_message(PAIR "a:spawn(function()\n"
                        "  local conn = a:connect(b, 80)\n"
                        "  conn:send 'x'\n"
                        "end)\n",
                   "t.lua:4: attempt to index a nil value (local 'conn')\n"
                   "    4 |   conn:send 'x'\n"
                   "      |   ^\n"
                   "  in an application of a, at 0.02 s\n"
                   "  note: host:connect returned nil: connection refused\n");
}

static void test_an_error_stops_the_world_at_once(void **state)
{
    (void)state;
    run_text(PAIR "sim.at(1, function() error 'stop' end)\n"
                  "sim.at(2, function() print 'too late' end)\n");
    assert_int_equal(fixture.outcome, SCRIPT_ERROR);
    assert_string_equal(fixture.output, "");
    assert_int_equal(sim_now(script_world(fixture.script)), SIM_SECOND);
    fixture_end();
}

/* ---- misuse of the API ---------------------------------------------------------------------- */

static void test_unknown_keys_are_refused_with_what_was_meant(void **state)
{
    (void)state;
    assert_error(PAIR "b:listen(80, { bakclog = 3 }, print)",
                 "t.lua:2: unknown key 'bakclog' in listen options (did you mean 'backlog'?)");
    assert_error(PAIR "b:listen(80, { zzz = 3 }, print)",
                 "t.lua:2: unknown key 'zzz' in listen options (known keys: accept, backlog, ip, "
                 "syn_backlog)");
    assert_error(SIM "\nsim.host('a', { delayed_acks = 1 })",
                 "t.lua:2: unknown key 'delayed_acks' in host options (did you mean "
                 "'delayed_ack'?)");
    assert_error(PAIR "sim.link(a, b, { dealy = 1 })",
                 "t.lua:2: unknown key 'dealy' in link options (did you mean 'delay'?)");
    assert_error(PAIR "sim.link(a, b, { forward = { los = 1 } })",
                 "t.lua:2: unknown key 'los' in 'forward' of link options (did you mean 'loss'?)");
    assert_error(PAIR "wire:match { form = a }",
                 "t.lua:2: unknown key 'form' in match options (did you mean 'from'?)");
    assert_error(PAIR "a:inject { flag = 'S' }",
                 "t.lua:2: unknown key 'flag' in inject options (did you mean 'flags'?)");
    assert_error(PAIR "b:listen(80, { 3 }, print)",
                 "t.lua:2: listen options take named values, such as { accept = ... }, and no [1]");
}

static void test_unknown_names_are_refused_with_what_was_meant(void **state)
{
    (void)state;
    assert_error(PAIR "a:conect(b, 80)",
                 "t.lua:2: a host has no 'conect' (did you mean 'connect'?)");
    assert_error(PAIR "wire:mach {}", "t.lua:2: a link has no 'mach' (did you mean 'match'?)");
    assert_error(PAIR "print(a.stats.establishd)",
                 "t.lua:2: there is no counter 'establishd' (did you mean 'established'?)");
    assert_error(PAIR "sim.hots 'c'", "t.lua:2: there is no sim.hots (did you mean 'host'?)");
    assert_error(PAIR "a.ip = '10.0.0.9'", "t.lua:2: the fields of a host cannot be set (ip)");
    assert_error(PAIR "a.stats.accepted = 1", "t.lua:2: counters cannot be set");
}

static void test_values_of_the_wrong_type_are_refused(void **state)
{
    (void)state;
    assert_error(PAIR "b:listen(80, { backlog = '3' }, print)",
                 "t.lua:2: 'backlog' in listen options must be a whole number, not 3");
    assert_error(PAIR "b:listen(80, { backlog = 2.5 }, print)",
                 "t.lua:2: 'backlog' in listen options must be a whole number, not 2.5");
    assert_error(PAIR "b:listen(80, { backlog = 0 }, print)",
                 "t.lua:2: 'backlog' in listen options must be in 1 .. 1048576, not 0");
    assert_error(PAIR "b:listen(70000, print)",
                 "t.lua:2: the port of host:listen must be in 1 .. 65535, not 70000");
    assert_error(SIM "\nsim.host('a', { nagle = 1 })",
                 "t.lua:2: 'nagle' in host options must be true or false, not a number");
    assert_error(SIM "\nsim.host('a', 5)", "t.lua:2: host options must be a table, not a number");
    assert_error(SIM "\nsim.host()", "t.lua:2: sim.host needs a name: sim.host(\"client\")");
    assert_error(SIM "\nsim.link('a', 'b')", "t.lua:2: the first end of sim.link must be a host, "
                                             "router or switch, not a string");
    assert_error(SIM "\nsim.host('a', { handshake = 'to-way' })",
                 "t.lua:2: bad value 'to-way' for 'handshake' in host options (did you mean "
                 "'two-way'?)");
}

static void test_names_and_addresses_are_unique(void **state)
{
    (void)state;
    assert_error(SIM "sim.host 'a'\nsim.host 'a'", "t.lua:2: there is a node called 'a' already");
    assert_error(SIM "sim.host('a', { ip = '10.0.0.7' })\nsim.host('b', { ip = '10.0.0.7' })",
                 "t.lua:2: a has the address 10.0.0.7 already");
    assert_error(SIM "\nsim.host ''", "t.lua:2: bad name '': use 1 to 31 characters");
    assert_error(PAIR "sim.link(a, a)", "t.lua:2: a link needs two different ends, not a twice");
}

static void test_rules_that_are_unknown_or_vital_are_refused(void **state)
{
    (void)state;
    assert_error(SIM "\nsim.host('a', { rules = { time_wiat = false } })",
                 "t.lua:2: there is no rule 'time_wiat' (did you mean 'time_wait'?)");
    assert_error(SIM "\nsim.host('a', { rules = { user_close = false } })",
                 "t.lua:2: the rule 'user_close' cannot be switched off, since nothing would work "
                 "without: CLOSE queues a FIN behind all data and leaves the receiving direction "
                 "open.");
    assert_error(SIM "\nsim.host('a', { rules = { 'time_wait' } })",
                 "t.lua:2: 'rules' in host options must be like { time_wait = false }");
}

static void test_a_port_has_one_listener(void **state)
{
    (void)state;
    assert_error(PAIR "b:listen(80, print)\nb:listen(80, print)",
                 "t.lua:3: port 80 of b has a listener already");
}

static void test_a_host_without_a_link_is_told_so(void **state)
{
    (void)state;
    assert_message(PAIR "local c = sim.host 'c'\n"
                        "c:spawn(function() c:connect(b, 80) end)\n",
                   "t.lua:3: c has no route to 10.0.0.2 (b): join them with sim.link or "
                   "sim.switch\n"
                   "    3 | c:spawn(function() c:connect(b, 80) end)\n"
                   "      | ^\n"
                   "  in an application of c, at 0 s\n");
    assert_error(PAIR "a:spawn(function() a:connect('192.0.2.1', 80) end)",
                 "t.lua:2: a has no route to 192.0.2.1 (no host of this scenario): join them with "
                 "sim.link or sim.switch");
}

/* ---- waiting where nobody can wait ---------------------------------------------------------- */

static void test_waiting_outside_an_application_says_where_to_put_it(void **state)
{
    (void)state;
    assert_error(PAIR "a:connect(b, 80)",
                 "t.lua:2: host:connect waits, so it must run inside an application: wrap it in "
                 "host:spawn(function() ... end)");
    assert_error(PAIR "sim.sleep '1s'",
                 "t.lua:2: sim.sleep waits, so it must run inside an application: wrap it in "
                 "host:spawn(function() ... end)");
    assert_error(PAIR "wire:on_packet(function() sim.sleep '1s' end)\n"
                      "a:inject { dst = b, sport = 1, dport = 2, flags = 'S' }",
                 "t.lua:2: sim.sleep waits, but a packet callback must decide at once");
}

static void test_waiting_in_a_coroutine_of_ones_own_is_refused(void **state)
{
    (void)state;
    assert_error(PAIR "a:spawn(coroutine.wrap(function()\n  sim.sleep '1s'\nend))",
                 "t.lua:3: sim.sleep cannot wait inside a coroutine of your own: use sim.spawn to "
                 "do things side by side");
    assert_error(PAIR "a:spawn(function()\n  coroutine.yield()\nend)",
                 "t.lua:3: a coroutine.yield in an application would never be continued; to let "
                 "time pass, use sim.sleep(duration)");
    assert_error(PAIR "a:spawn(function()\n"
                      "  string.gsub('x', 'x', function() sim.sleep '1s' end)\nend)",
                 "t.lua:3: sim.sleep cannot wait here: it is inside a metamethod or a callback of "
                 "a library");
}

/* ---- limits --------------------------------------------------------------------------------- */

static void assert_limit(const char *text, uint64_t budget, const char *line)
{
    fixture_begin();
    fixture_write(text);
    fixture.config.instruction_budget = budget;
    fixture.config.memory_limit_bytes = 4 << 20;
    fixture.config.world.memory_limit_bytes = 16 << 20;
    fixture.limits.max_events = 20000;
    assert_int_equal(fixture_run(), SCRIPT_LIMIT);
    fixture.message[strcspn(fixture.message, "\n")] = '\0';
    assert_string_equal(fixture.message, line);
    assert_string_equal(fixture.verdicts, "");
    fixture_end();
}

static void test_an_endless_loop_is_a_limit_and_no_verdict(void **state)
{
    static const char words[] =
        "t.lua:2: the script used up its instruction budget (an endless loop?)";
    (void)state;
    assert_limit(PAIR "while true do end sim.expect('x', function() return true end)", 3000000,
                 words);
    assert_limit(PAIR "a:spawn(function() while true do end end)", 3000000, words);
    assert_limit(PAIR "a:spawn(function() pcall(function() while true do end end) end)", 3000000,
                 words);
    assert_limit(PAIR "sim.expect('x', function() while true do end end)", 3000000, words);
}

static void test_a_memory_eater_is_a_limit_and_no_verdict(void **state)
{
    (void)state;
    assert_limit(PAIR "local t = {} for i = 1, 1e6 do t[i] = ('x'):rep(9000) .. i end", 1 << 30,
                 "t.lua:2: the script reached its memory limit");
    assert_limit(PAIR "a:spawn(function() local t = {} for i = 1, 1e6 do t[i] = ('x'):rep(9000) .. "
                      "i end end)",
                 1 << 30, "t.lua:2: the script reached its memory limit");
}

static void test_too_many_events_are_a_limit_and_no_verdict(void **state)
{
    (void)state;
    assert_limit(PAIR "sim.every('1ms', function() end) sim.expect('x', function() return true "
                      "end)",
                 0, "t.lua: the run reached its limit of 20000 events, at 20 s");
}

static void test_a_full_world_is_a_limit_and_no_verdict(void **state)
{
    (void)state;
    fixture_begin();
    fixture_write(PAIR "b:listen(80, function(c) c:skip() end)\n"
                       "a:spawn(function()\n"
                       "  local c = a:connect(b, 80)\n"
                       "  while true do c:send(('x'):rep(60000)) end\n"
                       "end)\n");
    fixture.config.world.memory_limit_bytes = 4 << 20;
    assert_int_equal(fixture_run(), SCRIPT_LIMIT);
    assert_non_null(strstr(fixture.message, "the world reached its memory limit"));
    fixture_end();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_missing_file_is_unreadable),
        cmocka_unit_test(test_a_directory_is_unreadable),
        cmocka_unit_test(test_a_syntax_error_has_line_and_caret),
        cmocka_unit_test(test_a_runtime_error_has_line_and_caret),
        cmocka_unit_test(test_an_error_in_an_application_names_its_host_and_time),
        cmocka_unit_test(test_an_unchecked_failure_is_named_as_the_cause),
        cmocka_unit_test(test_an_error_stops_the_world_at_once),
        cmocka_unit_test(test_unknown_keys_are_refused_with_what_was_meant),
        cmocka_unit_test(test_unknown_names_are_refused_with_what_was_meant),
        cmocka_unit_test(test_values_of_the_wrong_type_are_refused),
        cmocka_unit_test(test_names_and_addresses_are_unique),
        cmocka_unit_test(test_rules_that_are_unknown_or_vital_are_refused),
        cmocka_unit_test(test_a_port_has_one_listener),
        cmocka_unit_test(test_a_host_without_a_link_is_told_so),
        cmocka_unit_test(test_waiting_outside_an_application_says_where_to_put_it),
        cmocka_unit_test(test_waiting_in_a_coroutine_of_ones_own_is_refused),
        cmocka_unit_test(test_an_endless_loop_is_a_limit_and_no_verdict),
        cmocka_unit_test(test_a_memory_eater_is_a_limit_and_no_verdict),
        cmocka_unit_test(test_too_many_events_are_a_limit_and_no_verdict),
        cmocka_unit_test(test_a_full_world_is_a_limit_and_no_verdict),
    };
    return cmocka_run_group_tests_name("script errors", tests, NULL, NULL);
}
