/* sim.options: defaults, settings, choices, bounds; and what the command line is told of them. */
#include "tests/unit/test_script_fixture.h"

static const char options[] =
    SIM "local opt = sim.options {\n"
        "  handshake = { 'three-way', 'two-way', help = 'rule of the passive side' },\n"
        "  cookies = false, backlog = { 8, min = 1, max = 1024 }, loss = { 0.0, max = 0.5 },\n"
        "  delay = { '40ms', min = '1ms' }, name = 'bob', speed = { 1, 10, 100 },\n"
        "}\n"
        "print(opt.handshake, opt.cookies, opt.backlog, opt.loss, opt.delay, opt.name, "
        "opt.speed)\n";

static enum script_outcome run_with(const char *text, const char *name, const char *value)
{
    const struct script_setting settings[] = { { name, value } };
    fixture_begin();
    fixture_write(text);
    fixture.config.settings = settings;
    fixture.config.setting_count = 1;
    return fixture_run();
}

static void test_the_first_value_is_the_default(void **state)
{
    (void)state;
    assert_prints(options, "three-way\tfalse\t8\t0.0\t40ms\tbob\t1\n");
}

static void test_settings_replace_defaults(void **state)
{
    static const struct {
        const char *name, *value, *output;
    } cases[] = {
        { "handshake", "two-way", "two-way\tfalse\t8\t0.0\t40ms\tbob\t1\n" },
        { "cookies", "true", "three-way\ttrue\t8\t0.0\t40ms\tbob\t1\n" },
        { "cookies", "on", "three-way\ttrue\t8\t0.0\t40ms\tbob\t1\n" },
        { "cookies", "no", "three-way\tfalse\t8\t0.0\t40ms\tbob\t1\n" },
        { "backlog", "1024", "three-way\tfalse\t1024\t0.0\t40ms\tbob\t1\n" },
        { "loss", "0.5", "three-way\tfalse\t8\t0.5\t40ms\tbob\t1\n" },
        { "delay", "1.5min", "three-way\tfalse\t8\t0.0\t1.5min\tbob\t1\n" },
        { "name", "a b", "three-way\tfalse\t8\t0.0\t40ms\ta b\t1\n" },
        { "speed", "100", "three-way\tfalse\t8\t0.0\t40ms\tbob\t100\n" },
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_int_equal(run_with(options, cases[i].name, cases[i].value), SCRIPT_OK);
        assert_string_equal(fixture.output, cases[i].output);
        fixture_end();
    }
}

static void test_bad_settings_are_the_users_error(void **state)
{
    static const struct {
        const char *name, *value, *message;
    } cases[] = {
        { "handshke", "two-way",
          "t.lua: there is no option 'handshke' (did you mean 'handshake'?)\n" },
        { "colour", "red",
          "t.lua: there is no option 'colour' (it has: backlog, cookies, delay, handshake, loss, "
          "name, speed)\n" },
        { "handshake", "to-way",
          "t.lua: option 'handshake' must be one of three-way, two-way, not 'to-way'\n" },
        { "cookies", "maybe", "t.lua: option 'cookies' must be true or false, not 'maybe'\n" },
        { "backlog", "0", "t.lua: option 'backlog' must be in 1 .. 1024, not '0'\n" },
        { "backlog", "2.5", "t.lua: option 'backlog' must be a whole number, not '2.5'\n" },
        { "backlog", "", "t.lua: option 'backlog' must be a whole number, not ''\n" },
        { "loss", "0.6", "t.lua: option 'loss' must be at most 0.5, not '0.6'\n" },
        { "loss", "much", "t.lua: option 'loss' must be a number, not 'much'\n" },
        { "delay", "soon",
          "t.lua: option 'delay' must be a duration such as \"40ms\", not "
          "'soon'\n" },
        { "delay", "1us", "t.lua: option 'delay' must be at least 1ms, not '1us'\n" },
        { "speed", "11", "t.lua: option 'speed' must be one of 1, 10, 100, not '11'\n" },
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_int_equal(run_with(options, cases[i].name, cases[i].value), SCRIPT_USAGE);
        assert_string_equal(fixture.message, cases[i].message);
        fixture_end();
    }
}

static void test_a_script_without_options_takes_no_settings(void **state)
{
    (void)state;
    assert_int_equal(run_with(PAIR, "x", "1"), SCRIPT_USAGE);
    assert_string_equal(fixture.message, "t.lua: there is no option 'x' (it has none)\n");
    fixture_end();
}

static void test_the_command_line_is_told_of_options(void **state)
{
    static const struct script_option expected[] = {
        { "backlog", "8", "1 .. 1024", NULL },
        { "cookies", "false", "true, false", NULL },
        { "delay", "40ms", "at least 1ms", NULL },
        { "handshake", "three-way", "three-way, two-way", "rule of the passive side" },
        { "loss", "0.0", "at most 0.5", NULL },
        { "name", "bob", NULL, NULL },
        { "speed", "1", "1, 10, 100", NULL },
    };
    size_t count;
    (void)state;
    assert_int_equal(run_with(options, "speed", "10"), SCRIPT_OK);
    const struct script_option *got = script_options(fixture.script, &count);
    assert_int_equal(count, 7);
    for (size_t i = 0; i < count; i++) {
        assert_string_equal(got[i].name, expected[i].name);
        assert_string_equal(got[i].default_text, expected[i].default_text);
        assert_int_equal(got[i].choices_text == NULL, expected[i].choices_text == NULL);
        if (expected[i].choices_text != NULL) {
            assert_string_equal(got[i].choices_text, expected[i].choices_text);
        }
        assert_int_equal(got[i].help == NULL, expected[i].help == NULL);
    }
    assert_string_equal(got[3].help, expected[3].help);
    assert_string_equal(script_option_value(fixture.script, "speed"), "10");
    assert_string_equal(script_option_value(fixture.script, "name"), "bob");
    assert_null(script_option_value(fixture.script, "nobody"));
    fixture_end();
}

static void test_describing_stops_at_the_options(void **state)
{
    size_t count;
    (void)state;
    fixture_begin();
    fixture_write(options);
    fixture.config.describe_only = true;
    assert_int_equal(fixture_run(), SCRIPT_OK);
    assert_string_equal(fixture.output, "");
    script_options(fixture.script, &count);
    assert_int_equal(count, 7);
    fixture_end();
}

static void test_bad_declarations_are_the_scripts_error(void **state)
{
    (void)state;
    assert_error(SIM "\nsim.options { x = {} }",
                 "t.lua:2: option 'x' needs a default that is true, false, a number or a text: x = "
                 "{ 8, min = 1 }");
    assert_error(SIM "\nsim.options { x = { 1, 'a' } }",
                 "t.lua:2: the values of option 'x' must be of one type");
    assert_error(SIM "\nsim.options { x = { 9, max = 8 } }",
                 "t.lua:2: the default of option 'x' must be at most 8");
    assert_error(SIM "\nsim.options { x = { 9, mox = 8 } }",
                 "t.lua:2: unknown key 'mox' in option 'x' (did you mean 'max'?)");
    assert_error(SIM "\nsim.options { x = { 'a', min = 'b' } }",
                 "t.lua:2: option 'x': min and max are for numbers and durations");
    assert_error(SIM "\nsim.options { 'x' }",
                 "t.lua:2: sim.options takes named options: { backlog = { 8 } }");
    assert_error(SIM "sim.options { x = 1 }\nsim.options { x = 1 }",
                 "t.lua:2: option 'x' is declared twice");
}

static void test_a_misspelt_option_is_no_nil(void **state)
{
    (void)state;
    assert_error(SIM "local opt = sim.options { backlog = 8 }\nprint(opt.backlgo)",
                 "t.lua:2: there is no option 'backlgo' (did you mean 'backlog'?)");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_first_value_is_the_default),
        cmocka_unit_test(test_settings_replace_defaults),
        cmocka_unit_test(test_bad_settings_are_the_users_error),
        cmocka_unit_test(test_a_script_without_options_takes_no_settings),
        cmocka_unit_test(test_the_command_line_is_told_of_options),
        cmocka_unit_test(test_describing_stops_at_the_options),
        cmocka_unit_test(test_bad_declarations_are_the_scripts_error),
        cmocka_unit_test(test_a_misspelt_option_is_no_nil),
    };
    return cmocka_run_group_tests_name("script options", tests, NULL, NULL);
}
