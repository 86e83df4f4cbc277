/* Expectations, checks and measures: what passes, what fails, and what the detail says. */
#include "tests/unit/test_script_fixture.h"

static void test_only_true_and_equal_pairs_pass(void **state)
{
    static const struct {
        const char *body, *verdict;
    } cases[] = {
        { "return true", "passed t.lua:2 x\n" },
        { "return 3, 3", "passed t.lua:2 x\n" },
        { "return 3, 3.0", "passed t.lua:2 x\n" },
        { "return true, true", "passed t.lua:2 x\n" },
        { "return { 1, { y = 2 } }, { 1, { y = 2 } }", "passed t.lua:2 x\n" },
        { "return true, 'as it should be'", "passed t.lua:2 x: as it should be\n" },
        { "return false", "FAILED t.lua:2 x: it returned false\n" },
        { "return", "FAILED t.lua:2 x: it returned nil\n" },
        { "return 1", "FAILED t.lua:2 x: it returned 1, which is neither true nor false\n" },
        { "return 3, 4", "FAILED t.lua:2 x: got 3, want 4\n" },
        { "return nil, 4", "FAILED t.lua:2 x: got nil, want 4\n" },
        { "return 'a', 'b'", "FAILED t.lua:2 x: got \"a\", want \"b\"\n" },
        { "return true, false", "FAILED t.lua:2 x: got true, want false\n" },
        { "return false, 'a reason'", "FAILED t.lua:2 x: a reason\n" },
        { "return { 1, 2, y = 3 }, { 1, 2 }",
          "FAILED t.lua:2 x: got { 1, 2, y = 3 }, want { 1, 2 }\n" },
        { "return { 1 }, { 1, 2 }", "FAILED t.lua:2 x: got { 1 }, want { 1, 2 }\n" },
        { "error 'oh'", "FAILED t.lua:2 x: error at t.lua:2: oh\n" },
        { "sim.sleep(1)",
          "FAILED t.lua:2 x: error at t.lua:2: sim.sleep waits, but the run is over "
          "when expectations are checked\n" },
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char script[512];
        snprintf(script, sizeof script, PAIR "sim.expect('x', function() %s end)\n", cases[i].body);
        assert_verdicts(script, cases[i].verdict);
    }
}

static void test_a_failure_shows_the_variables_it_looked_at(void **state)
{
    (void)state;
    assert_verdicts(PAIR "local transfers, name, seen = 2, 'bob', {}\n"
                         "sim.expect('once', function() return transfers == 1 end)\n"
                         "sim.expect('alice', function() return name == 'alice' and #seen == 0 "
                         "end)\n",
                    "FAILED t.lua:3 once: transfers = 2\n"
                    "FAILED t.lua:4 alice: name = \"bob\"\n");
}

static void test_a_failure_shows_the_counters_and_states_it_read(void **state)
{
    (void)state;
    assert_verdicts(PAIR "sim.expect('x', function() return a.stats.accepted == 1 end)\n"
                         "sim.expect('y', function() return a.stats.retransmits.syn == 0 and "
                         "b.stats.accepted == 1 end)\n"
                         "sim.expect('z', function() return b:state(80) == 'LISTEN' end)\n"
                         "sim.expect('w', function() return b.stats.accepted == b.stats.accepted "
                         "+ 1 end)\n",
                    "FAILED t.lua:2 x: accepted = 0\n"
                    "FAILED t.lua:3 y: a retransmits.syn = 0, b accepted = 0\n"
                    "FAILED t.lua:4 z: state = CLOSED\n"
                    "FAILED t.lua:5 w: accepted = 0\n");
}

static void test_expectations_are_checked_in_order_at_the_end(void **state)
{
    (void)state;
    assert_verdicts(PAIR "sim.expect('first', function() return sim.now() == 3 end)\n"
                         "sim.at(3, function() sim.expect('late', function() return true end) "
                         "end)\n",
                    "passed t.lua:2 first\npassed t.lua:3 late\n");
    assert_ends(PAIR "sim.expect('x', function() return false end)", SCRIPT_FAILED, "");
}

static void test_checks_are_judged_at_once(void **state)
{
    (void)state;
    assert_verdicts(PAIR "a:at(2, function()\n"
                         "  sim.expect_eq(1 + 1, 2, 'sum of %d', 2)\n"
                         "  print(sim.expect_eq('a', 'b'))\n"
                         "  print(sim.check(nil, 'it is there'))\n"
                         "  print(sim.check(7))\n"
                         "end)\n",
                    "passed t.lua:3 sum of 2\n"
                    "FAILED t.lua:4 values are equal: got \"a\", want \"b\"\n"
                    "FAILED t.lua:5 it is there: got nil\n"
                    "passed t.lua:6 the condition holds\n");
}

static void test_checks_return_what_they_judged(void **state)
{
    (void)state;
    assert_prints(PAIR "print(sim.expect_eq(1, 1), sim.expect_eq(1, 2), sim.check('x'), "
                       "sim.check(false))",
                  "true\tfalse\tx\tfalse\n");
}

static void test_verdicts_are_counted(void **state)
{
    uint32_t passed, failed;
    (void)state;
    run_text(PAIR "sim.check(true) sim.check(false) sim.expect('x', function() return true end)");
    script_verdicts(fixture.script, &passed, &failed);
    assert_int_equal(passed, 2);
    assert_int_equal(failed, 1);
    assert_int_equal(fixture.outcome, SCRIPT_FAILED);
    fixture_end();
}

static void test_long_values_are_shortened(void **state)
{
    (void)state;
    assert_verdicts(PAIR "sim.expect_eq(sim.bytes(100), 'a\\n\"\\1', 'text')\n"
                         "sim.expect_eq({ 1, 2, 3, 4, 5, 6, 7, 8, 9, { { {} } } }, {}, 'list')\n",
                    "FAILED t.lua:2 text: got \"abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuv"
                    "...\" (100 bytes), want \"a\\n\\\"?\"\n"
                    "FAILED t.lua:3 list: got { 1, 2, 3, 4, 5, 6, 7, 8, ... }, want {}\n");
}

static void test_an_expectation_inside_one_is_refused(void **state)
{
    (void)state;
    assert_verdicts(PAIR "sim.expect('x', function() sim.expect('y', print) end)\n",
                    "FAILED t.lua:2 x: error at t.lua:2: sim.expect inside an expectation would "
                    "never be checked\n");
}

static void test_measures_are_kept_and_noted_at_the_end(void **state)
{
    size_t count;
    (void)state;
    run_text(PAIR "sim.at(2, function() sim.measure('load', sim.now() / 4) end)\n"
                  "sim.at(3, function() sim.measure('winner', 'alice') end)\n");
    assert_string_equal(fixture.notes, "3 -: load = 0.5\n3 -: winner = alice\n");
    const struct script_measure *measures = script_measures(fixture.script, &count);
    assert_int_equal(count, 2);
    assert_string_equal(measures[0].name, "load");
    assert_string_equal(measures[0].text, "0.5");
    assert_true(measures[0].has_number && measures[0].number == 0.5);
    assert_string_equal(measures[1].text, "alice");
    assert_false(measures[1].has_number);
    fixture_end();
}

static void test_notes_are_told_at_a_host_or_at_nobody(void **state)
{
    (void)state;
    assert_notes(PAIR "sim.note 'plain 100%'\n"
                      "a:at('1.5s', function() sim.note(a, 'at %s, %d%%', sim.now(), 5) end)\n",
                 "0 -: plain 100%\n1.5 a: at 1.5, 5%\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_only_true_and_equal_pairs_pass),
        cmocka_unit_test(test_a_failure_shows_the_variables_it_looked_at),
        cmocka_unit_test(test_a_failure_shows_the_counters_and_states_it_read),
        cmocka_unit_test(test_expectations_are_checked_in_order_at_the_end),
        cmocka_unit_test(test_checks_are_judged_at_once),
        cmocka_unit_test(test_checks_return_what_they_judged),
        cmocka_unit_test(test_verdicts_are_counted),
        cmocka_unit_test(test_long_values_are_shortened),
        cmocka_unit_test(test_an_expectation_inside_one_is_refused),
        cmocka_unit_test(test_measures_are_kept_and_noted_at_the_end),
        cmocka_unit_test(test_notes_are_told_at_a_host_or_at_nobody),
    };
    return cmocka_run_group_tests_name("script expectations", tests, NULL, NULL);
}
