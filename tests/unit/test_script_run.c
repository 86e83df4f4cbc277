/* A script's run as the command line sees it: its parts, limits, description; and that it is the
 * same every time. */
#include "tests/unit/test_script_fixture.h"

static void begin_text(const char *text)
{
    fixture_begin();
    fixture_write(text);
    fixture.script = script_create(&fixture.config);
    assert_non_null(fixture.script);
    assert_int_equal(script_begin(fixture.script), SCRIPT_OK);
}

static void test_a_run_may_be_advanced_in_slices(void **state)
{
    struct sim_limits limits = { .until = 1500 * SIM_MILLISECOND };
    (void)state;
    begin_text(PAIR "sim.every('1s', { times = 3 }, print)");
    const struct sim *sim = script_world(fixture.script);
    assert_string_equal(fixture.output, "");
    assert_int_equal(script_advance(fixture.script, &limits), SCRIPT_OK);
    assert_string_equal(fixture.output, "1\n");
    assert_int_equal(sim_now(sim), limits.until);
    assert_false(script_is_over(fixture.script));
    limits.until = 10 * SIM_SECOND;
    assert_int_equal(script_advance(fixture.script, &limits), SCRIPT_OK);
    assert_string_equal(fixture.output, "1\n2\n3\n");
    assert_int_equal(sim_now(sim), 3 * SIM_SECOND);
    assert_true(script_is_over(fixture.script));
    assert_int_equal(script_finish(fixture.script), SCRIPT_OK);
    fixture_end();
}

static void test_the_scripts_own_end_comes_first_if_it_is_earlier(void **state)
{
    struct sim_limits limits = { .until = 4 * SIM_SECOND };
    (void)state;
    begin_text(PAIR "sim.every('1s', print) sim.stop_at '2500ms'");
    assert_int_equal(script_advance(fixture.script, &limits), SCRIPT_OK);
    assert_string_equal(fixture.output, "1\n2\n");
    assert_int_equal(sim_now(script_world(fixture.script)), 2500 * SIM_MILLISECOND);
    assert_true(script_is_over(fixture.script));
    assert_int_equal(script_advance(fixture.script, &limits), SCRIPT_OK);
    assert_string_equal(fixture.output, "1\n2\n");
    fixture_end();
}

static void test_the_callers_end_comes_first_if_it_is_earlier(void **state)
{
    (void)state;
    fixture_begin();
    fixture_write(PAIR "sim.every('1s', print) sim.stop_at '1h'\n"
                       "sim.expect('x', function() return sim.now(), 3.5 end)");
    fixture.limits.until = 3500 * SIM_MILLISECOND;
    assert_int_equal(fixture_run(), SCRIPT_OK);
    assert_string_equal(fixture.output, "1\n2\n3\n");
    assert_string_equal(fixture.verdicts, "passed t.lua:3 x\n");
    fixture_end();
}

static void test_a_slice_of_many_events_is_a_limit(void **state)
{
    const struct sim_limits limits = { .max_events = 5 };
    (void)state;
    begin_text(PAIR "sim.every('1s', print)");
    assert_int_equal(script_advance(fixture.script, &limits), SCRIPT_LIMIT);
    assert_string_equal(fixture.output, "1\n2\n3\n4\n5\n");
    fixture_end();
}

static void test_the_head_comment_is_the_description(void **state)
{
    static const struct {
        const char *text, *wanted;
    } cases[] = {
        { "--- One line.\nlocal x\n", "One line." },
        { "#!/usr/bin/env tcpsim\n-- First.\n--\n--   Second.\n\n-- Not this.\n",
          "First.\n\n  Second." },
        { "local x -- no\n", "" },
        { "--[[ long ]]\n", "" },
        { "", "" },
        { "--- Last line without its end", "Last line without its end" },
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        run_text(cases[i].text);
        assert_int_equal(fixture.outcome, SCRIPT_OK);
        assert_string_equal(script_description(fixture.script), cases[i].wanted);
        fixture_end();
    }
}

static void test_observers_are_told_after_the_file_is_loaded(void **state)
{
    (void)state;
    run_text("local sim = = 3");
    assert_int_equal(fixture.outcome, SCRIPT_ERROR);
    assert_string_equal(fixture.notes, "");
    fixture_end();
    assert_notes(SIM "sim.note 'from the main chunk'", "0 -: from the main chunk\n");
}

static void test_a_script_need_not_load_the_module(void **state)
{
    (void)state;
    assert_prints("print 'hello'", "hello\n");
}

/* ---- the same every time -------------------------------------------------------------------- */

static const char busy[] =
    PAIR "wire:set { loss = 0.2, jitter = '5ms', duplicate = 0.1, duplicate_delay = '30ms' }\n"
         "for i = 1, 5 do\n"
         "  b:listen(80 + i, function(c) for line in c:lines() do\n"
         "    sim.note(b, line) c:send(line .. '\\n') end c:close() end)\n"
         "  a:at(sim.random(1000) / 1000, function()\n"
         "    local c <close> = a:connect(b, 80 + i, { timeout = '1min' })\n"
         "    if not c then return end\n"
         "    for k = 1, 10 do c:send('%d %d\\n', i, k) c:recv_line { timeout = '10s' } end\n"
         "  end)\n"
         "end\n";

static void test_a_run_is_a_function_of_script_and_seed(void **state)
{
    char notes[FIXTURE_TEXT], packets[FIXTURE_TEXT];
    (void)state;
    for (int round = 0; round < 4; round++) {
        fixture_begin();
        fixture_write(busy);
        fixture.config.world.seed = round == 3 ? 99 : 12;
        fixture.config.world.wire = round == 2;
        assert_int_equal(fixture_run(), SCRIPT_OK);
        assert_true(strlen(fixture.notes) > 100);
        if (round == 0) {
            strcpy(notes, fixture.notes);
            strcpy(packets, fixture.packets);
        }
        assert_int_equal(strcmp(notes, fixture.notes) == 0, round < 3);
        assert_int_equal(strcmp(packets, fixture.packets) == 0, round < 3);
        fixture_end();
    }
}

static void test_two_scripts_live_side_by_side(void **state)
{
    (void)state;
    fixture_begin();
    fixture_write(PAIR "sim.every('1s', { times = 2 }, print)");
    struct script *one = script_create(&fixture.config), *two = script_create(&fixture.config);
    const struct sim_limits limits = { .until = 1 * SIM_SECOND };
    assert_int_equal(script_begin(one), SCRIPT_OK);
    assert_int_equal(script_begin(two), SCRIPT_OK);
    assert_int_equal(script_advance(one, &limits), SCRIPT_OK);
    assert_int_equal(script_advance(two, &limits), SCRIPT_OK);
    assert_int_equal(script_advance(one, NULL), SCRIPT_OK);
    assert_string_equal(fixture.output, "1\n1\n2\n");
    script_destroy(one);
    script_destroy(two);
    fixture_end();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_run_may_be_advanced_in_slices),
        cmocka_unit_test(test_the_scripts_own_end_comes_first_if_it_is_earlier),
        cmocka_unit_test(test_the_callers_end_comes_first_if_it_is_earlier),
        cmocka_unit_test(test_a_slice_of_many_events_is_a_limit),
        cmocka_unit_test(test_the_head_comment_is_the_description),
        cmocka_unit_test(test_observers_are_told_after_the_file_is_loaded),
        cmocka_unit_test(test_a_script_need_not_load_the_module),
        cmocka_unit_test(test_a_run_is_a_function_of_script_and_seed),
        cmocka_unit_test(test_two_scripts_live_side_by_side),
    };
    return cmocka_run_group_tests_name("script run", tests, NULL, NULL);
}
