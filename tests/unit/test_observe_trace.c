/* The trace: one line per fact, the same text for the same facts. */
#include "sim/observe/trace.h"

#include "tests/support/observe_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

struct fixture {
    struct story story;
    struct trace *trace;
    struct page page;
};

static void open_fixture(struct fixture *f, struct trace_options options)
{
    page_open(&f->page);
    f->trace = trace_create(&options, f->page.file);
    story_open(&f->story, trace_observe, f->trace);
}

static void close_fixture(struct fixture *f)
{
    trace_destroy(f->trace);
    story_close(&f->story);
    page_close(&f->page);
}

static void test_the_handshake_reads_like_this(void **state)
{
    (void)state;
    struct fixture f;
    open_fixture(&f, (struct trace_options){ .rules = TRACE_RULES_NONE });
    struct story *s = &f.story;
    story_state(s, 0, s->client, TCP_CLOSED, TCP_SYN_SENT);
    uint64_t syn = story_send(s, 0, s->client, s->server, TCP_SYN, 1000, 0, 0);
    uint64_t copy = story_copy(s, MS(10), syn, MS(3000));
    uint64_t lost = story_packet(s, s->server, s->client, TCP_SYN | TCP_ACK, 7000, 1001, 0);
    story_sent(s, MS(10), s->server, lost);
    story_link(s, MS(10), lost, FATE_LOST, MS(20), "the first SYN-ACK");
    story_tell(s,
               (struct sim_fact){
                   .kind = FACT_TIMEOUT, .time = MS(1010), .host = s->server, .text = "rexmit" });
    story_link(s, MS(1010), lost, FATE_FORWARDED, MS(1020), "in time"); /* not worth a line */
    story_link(s, MS(1010), lost, FATE_FORWARDED, MS(1021), "slow");
    story_link(s, MS(1010), lost, FATE_QUEUE_FULL, MS(20), NULL);
    story_note(s, MS(1010), s->server, "again");
    story_arrived(s, MS(3000), s->server, copy);
    story_verdict(s, false, "it works", "it does not");
    assert_true(trace_finish(f.trace));
    assert_string_equal(
        page_text(&f.page),
        "   0.000 client   = CLOSED -> SYN-SENT\n"
        "   0.000 client   > S 1000:1000(0) win 65535\n"
        "   0.010 server   < S 1000:1000(0) win 65535\n"
        "   0.010 network  + S 1000:1000(0) win 65535 (copy), arrives at 3.000\n"
        "   0.010 server   > S. 7000:7000(0) ack 1001 win 65535\n"
        "   0.010 network  x S. 7000:7000(0) ack 1001 win 65535, lost: the first SYN-ACK\n"
        "   1.010 server   ! rexmit timer\n"
        "   1.010 network  ~ S. 7000:7000(0) ack 1001 win 65535, arrives at 1.021: slow\n"
        "   1.010 network  x S. 7000:7000(0) ack 1001 win 65535, queue full\n"
        "   1.010 server   # again\n"
        "   3.000 server   < S 1000:1000(0) win 65535 (copy)\n"
        "   0.000 -        ? FAILED: it works: it does not\n");
    close_fixture(&f);
}

static void tell_arrival_with_rules(struct story *s)
{
    static const rule_id rules[] = { 1, 2 };
    uint64_t id = story_packet(s, s->client, s->server, TCP_SYN, 1000, 0, 0);
    story_tell(s, (struct sim_fact){ .kind = FACT_ARRIVED,
                                     .host = s->server,
                                     .packet = story_get(s, id),
                                     .rules = rules,
                                     .rule_count = 2 });
}

static void test_each_rule_stands_in_one_column_with_its_source(void **state)
{
    (void)state;
    struct fixture f;
    open_fixture(&f, (struct trace_options){ .rules = TRACE_RULES_FULL });
    tell_arrival_with_rules(&f.story);
    const char *text = page_text(&f.page);
    for (rule_id rule = 1; rule <= 2; rule++) {
        char wanted[512];
        const struct rule_info *info = rule_get(rule);
        (void)snprintf(wanted, sizeof wanted, "  # %s (%s %s): %s\n", info->name, info->source,
                       info->section, info->sentence);
        const char *found = strstr(text, wanted);
        assert_non_null(found);
        const char *line = found;
        while (line > text && line[-1] != '\n') {
            line--;
        }
        assert_int_equal(found - line, 72);
    }
    close_fixture(&f);
}

static void test_rules_can_be_shown_by_name_only(void **state)
{
    (void)state;
    struct fixture f;
    char wanted[256];
    open_fixture(&f, (struct trace_options){ .rules = TRACE_RULES_NAMES });
    tell_arrival_with_rules(&f.story);
    (void)snprintf(wanted, sizeof wanted, "  # %s, %s\n", rule_get(1)->name, rule_get(2)->name);
    assert_non_null(strstr(page_text(&f.page), wanted));
    close_fixture(&f);
}

static void test_ports_and_spoofed_sources_are_told(void **state)
{
    (void)state;
    struct fixture f;
    open_fixture(&f, (struct trace_options){ .rules = TRACE_RULES_NONE, .ports = true });
    struct story *s = &f.story;
    uint64_t id = story_packet(s, s->client, s->server, TCP_SYN, 1, 0, 0);
    story_get(s, id)->source = ip_addr_v4(203, 0, 113, 1);
    story_sent(s, 0, s->client, id);
    assert_string_equal(page_text(&f.page), "   0.000 client   > [49152 > 80] S 1:1(0) win 65535 "
                                            "(from 203.0.113.1)\n");
    close_fixture(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_handshake_reads_like_this),
        cmocka_unit_test(test_each_rule_stands_in_one_column_with_its_source),
        cmocka_unit_test(test_rules_can_be_shown_by_name_only),
        cmocka_unit_test(test_ports_and_spoofed_sources_are_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
