/* Values with a unit: durations, rates, sizes, fractions and addresses in scenarios. */
#include "tests/unit/test_script_fixture.h"

#include "sim/lua/lua_units.h"

/* ---- durations ------------------------------------------------------------------------------ */

static void test_duration_texts_are_exact_nanoseconds(void **state)
{
    static const struct {
        const char *text;
        sim_time_t wanted;
    } cases[] = {
        { "0", 0 },
        { "0s", 0 },
        { "1ns", 1 },
        { "40ms", 40000000 },
        { "40 ms", 40000000 },
        { "3.005s", 3005000000 },
        { "0.1s", 100000000 },
        { ".5s", 500000000 },
        { "1.000000001s", 1000000001 },
        { "2min", 120000000000 },
        { "0.5min", 30000000000 },
        { "1h", 3600000000000 },
        { "250us", 250000 },
        { "250\xC2\xB5s", 250000 },
        { "1.50000000000000s", 1500000000 },
        { "277777h", 999997200000000000 },
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        sim_time_t got = -1;
        assert_true(unit_parse_duration(cases[i].text, &got));
        assert_int_equal(got, cases[i].wanted);
    }
}

static void test_what_is_no_duration_is_refused(void **state)
{
    static const char *const cases[] = {
        "",
        "ms",
        "40",
        "40 parsecs",
        "-1ms",
        "1ms2",
        "0x10ms",
        "1e3ms",
        "1..2s",
        "0.1ns",
        "1.0000000001s",
        "277778h",
        "100000000000000h",
        "4 s 1",
        "inf",
        "nan",
        "1,5s",
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        sim_time_t got = -1;
        if (unit_parse_duration(cases[i], &got)) {
            fail_msg("'%s' was taken as %lld ns", cases[i], (long long)got);
        }
        assert_int_equal(got, -1);
    }
}

static void test_numbers_are_seconds_rounded_to_nanoseconds(void **state)
{
    (void)state;
    assert_prints(SIM
                  "for _, s in ipairs { 0, 1, 1.5, 0.02, 0.000000001, 0.0000000014, 1/3, 3.005, "
                  "1e9 } do io_ = string.format('%.9f', sim.duration(s)) print(io_) end",
                  "0.000000000\n1.000000000\n1.500000000\n0.020000000\n0.000000001\n0.000000001\n"
                  "0.333333333\n3.005000000\n1000000000.000000000\n");
}

static void test_bad_durations_say_what_is_wrong(void **state)
{
    (void)state;
#define BAD(value) "local sim = require 'tcpsim'\nsim.duration(" value ")"
    assert_error(BAD("'soon'"), "t.lua:2: bad duration 'soon' for the value of sim.duration: use "
                                "ns, us, ms, s, min or h, such as \"40ms\"");
    assert_error(BAD("'40'"),
                 "t.lua:2: bad duration '40' for the value of sim.duration: the unit is missing: "
                 "use ns, us, ms, s, min or h, such as \"40ms\"");
    assert_error(BAD("'40 parsecs'"),
                 "t.lua:2: bad duration '40 parsecs' for the value of sim.duration: the unit is "
                 "unknown: use ns, us, ms, s, min or h, such as \"40ms\"");
    assert_error(BAD("-1"), "t.lua:2: bad duration '-1' for the value of sim.duration: it must not "
                            "be negative");
    assert_error(BAD("'-1s'"), "t.lua:2: bad duration '-1s' for the value of sim.duration: it must "
                               "not be negative");
    assert_error(BAD("'0.1ns'"), "t.lua:2: bad duration '0.1ns' for the value of sim.duration: it "
                                 "is finer than a nanosecond");
    assert_error(BAD("1e-12"), "t.lua:2: bad duration '1e-12' for the value of sim.duration: it is "
                               "finer than a nanosecond");
    assert_error(BAD("math.huge"), "t.lua:2: bad duration 'inf' for the value of sim.duration: it "
                                   "is too large");
    assert_error(BAD("0/0"), "t.lua:2: bad duration 'nan' for the value of sim.duration: use ns, "
                             "us, ms, s, min or h, such as \"40ms\"");
    assert_error(BAD("'9999999999h'"), "t.lua:2: bad duration '9999999999h' for the value of "
                                       "sim.duration: it is too large");
    assert_error(BAD("{}"), "t.lua:2: the value of sim.duration must be a duration, not a table: "
                            "use ns, us, ms, s, min or h, such as \"40ms\"");
    assert_error(BAD(""), "t.lua:2: the value of sim.duration must be a duration, not nil: "
                          "use ns, us, ms, s, min or h, such as \"40ms\"");
#undef BAD
}

/* ---- rates, sizes, fractions ---------------------------------------------------------------- */

#define LINK(options)                               \
    SIM "local a, b = sim.host 'a', sim.host 'b'\n" \
        "local wire = sim.link(a, b, { " options " })"

static const struct link_params *link_of(const char *text)
{
    run_text(text);
    if (fixture.outcome != SCRIPT_OK) {
        fail_msg("%s", fixture.message);
    }
    return link_get_params(script_world(fixture.script), 1, 0);
}

static void test_rates_are_bits_a_second(void **state)
{
    static const struct {
        const char *text;
        uint64_t wanted;
    } cases[] = {
        { LINK("rate = '20Mbit'"), 20000000 }, { LINK("rate = '1Gbit'"), 1000000000 },
        { LINK("rate = '9600bit'"), 9600 },    { LINK("rate = '1.5Mbit'"), 1500000 },
        { LINK("rate = '64kbit/s'"), 64000 },  { LINK("rate = '10MB/s'"), 80000000 },
        { LINK("rate = 56000"), 56000 },       { LINK("rate = 0"), 0 },
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_int_equal(link_of(cases[i].text)->rate_bps, cases[i].wanted);
        fixture_end();
    }
}

static void test_bad_rates_say_what_is_wrong(void **state)
{
    (void)state;
    assert_error(LINK("rate = -5"),
                 "t.lua:2: bad rate '-5' for 'rate' in link options: it must not be negative");
    assert_error(LINK("rate = 'fast'"),
                 "t.lua:2: bad rate 'fast' for 'rate' in link options: use bit, kbit, Mbit, Gbit "
                 "(or kB, MB, GB for bytes), such as \"20Mbit\"");
    assert_error(LINK("rate = '20'"),
                 "t.lua:2: bad rate '20' for 'rate' in link options: the unit is missing: use bit, "
                 "kbit, Mbit, Gbit (or kB, MB, GB for bytes), such as \"20Mbit\"");
}

static void test_queues_are_bytes_or_packets(void **state)
{
    (void)state;
    assert_int_equal(link_of(LINK("queue = '64kB'"))->queue_bytes, 64000);
    fixture_end();
    assert_int_equal(link_of(LINK("queue = '64KiB'"))->queue_bytes, 65536);
    fixture_end();
    assert_int_equal(link_of(LINK("queue = 3000"))->queue_bytes, 3000);
    fixture_end();
    const struct link_params *params = link_of(LINK("queue = '100 packets'"));
    assert_int_equal(params->queue_packets, 100);
    assert_int_equal(params->queue_bytes, 0);
    fixture_end();
    assert_error(LINK("queue = 'many packets'"),
                 "t.lua:2: bad queue 'many packets' in link options: use a text such as \"100 "
                 "packets\" or \"64kB\"");
}

static void test_fractions_are_parts_per_million(void **state)
{
    static const struct {
        const char *text;
        uint32_t wanted;
    } cases[] = {
        { LINK("loss = 0.01"), 10000 },  { LINK("loss = '1%'"), 10000 },
        { LINK("loss = '0.5%'"), 5000 }, { LINK("loss = 1"), 1000000 },
        { LINK("loss = 0.000001"), 1 },  { LINK("loss = '100%'"), 1000000 },
        { LINK("loss = 0.3"), 300000 },
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_int_equal(link_of(cases[i].text)->loss_ppm, cases[i].wanted);
        fixture_end();
    }
}

static void test_bad_fractions_say_what_is_wrong(void **state)
{
    (void)state;
    assert_error(LINK("loss = 1.5"),
                 "t.lua:2: bad fraction '1.5' for 'loss' in link options: it is too large");
    assert_error(LINK("loss = '0.00001%'"),
                 "t.lua:2: bad fraction '0.00001%' for 'loss' in link options: it is finer than "
                 "one in a million");
    assert_error(LINK("loss = true"),
                 "t.lua:2: 'loss' in link options must be a fraction, not a boolean: use a number "
                 "from 0 to 1, or a text such as \"1%\"");
}

/* ---- addresses ------------------------------------------------------------------------------ */

static void test_addresses_are_checked(void **state)
{
    (void)state;
    assert_error(SIM "\nsim.host('a', { ip = '10.0.0.256' })",
                 "t.lua:2: bad address '10.0.0.256' for 'ip' in host options: use IPv4 or IPv6, "
                 "such as \"10.0.0.1\"");
    assert_error(SIM "\nsim.host('a', { ip = 10 })",
                 "t.lua:2: 'ip' in host options must be an address, not a number: use a text such "
                 "as \"10.0.0.1\"");
    assert_error(SIM "\nsim.ip('10.0.0.0/33', 1)",
                 "t.lua:2: bad prefix '10.0.0.0/33' for the prefix of sim.ip: use an address and a "
                 "length, such as \"10.0.0.0/8\"");
}

static void test_sim_ip_counts_within_a_prefix(void **state)
{
    (void)state;
    assert_prints(SIM "print(sim.ip('203.0.113.0/24', 0), sim.ip('203.0.113.0/24', 255), "
                      "sim.ip('203.0.113.0/24', 257), sim.ip('2001:db8::/32', 16))",
                  "203.0.113.0\t203.0.113.255\t203.0.113.1\t2001:db8::10\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_duration_texts_are_exact_nanoseconds),
        cmocka_unit_test(test_what_is_no_duration_is_refused),
        cmocka_unit_test(test_numbers_are_seconds_rounded_to_nanoseconds),
        cmocka_unit_test(test_bad_durations_say_what_is_wrong),
        cmocka_unit_test(test_rates_are_bits_a_second),
        cmocka_unit_test(test_bad_rates_say_what_is_wrong),
        cmocka_unit_test(test_queues_are_bytes_or_packets),
        cmocka_unit_test(test_fractions_are_parts_per_million),
        cmocka_unit_test(test_bad_fractions_say_what_is_wrong),
        cmocka_unit_test(test_addresses_are_checked),
        cmocka_unit_test(test_sim_ip_counts_within_a_prefix),
    };
    return cmocka_run_group_tests_name("script units", tests, NULL, NULL);
}
