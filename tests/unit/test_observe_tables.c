/* Tables of sockets, rendered from plain data. */
#include "sim/observe/tables.h"

#include "tests/support/observe_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

enum { FLOOD = 8, SOCKETS = FLOOD + 2 };

/* A listener, half-open connections from spoofed addresses, and one that retransmits. */
static void make_flood(struct tcp_status sockets[SOCKETS])
{
    memset(sockets, 0, SOCKETS * sizeof *sockets);
    for (int i = 0; i < SOCKETS; i++) {
        sockets[i].local_addr = ip_addr_v4(10, 0, 0, 2);
        sockets[i].local_port = 80;
        sockets[i].state = TCP_SYN_RECEIVED;
        sockets[i].remote_addr = ip_addr_v4(203, 0, 113, (uint8_t)i);
        sockets[i].remote_port = (uint16_t)(1024 + i);
        sockets[i].timer_expires = SIM_NEVER;
    }
    sockets[0].state = TCP_LISTEN;
    sockets[0].local_addr = ip_addr_v4(0, 0, 0, 0);
    sockets[0].remote_addr = ip_addr_v4(0, 0, 0, 0);
    sockets[0].remote_port = 0;
    sockets[0].send_queue_bytes = 128;
    sockets[SOCKETS - 1].state = TCP_ESTABLISHED;
    sockets[SOCKETS - 1].send_queue_bytes = 1460;
    sockets[SOCKETS - 1].timer = "on";
    sockets[SOCKETS - 1].timer_expires = 3800 * SIM_MILLISECOND;
    sockets[SOCKETS - 1].backoff = 2;
}

static void test_netstat_sums_up_a_flood(void **state)
{
    (void)state;
    struct tcp_status sockets[SOCKETS];
    struct table_options options = { .style = { 80, false, false }, .alike_max = 1 };
    struct page page;
    make_flood(sockets);
    page_open(&page);
    assert_true(tables_render_netstat(sockets, SOCKETS, &options, page.file));
    assert_string_equal(
        page_text(&page),
        "Proto Recv-Q Send-Q Local Address           Foreign Address         State\n"
        "tcp        0      0 0.0.0.0:80              0.0.0.0:*               LISTEN\n"
        "tcp        0      0 10.0.0.2:80             203.0.113.1:1025        SYN_RECV\n"
        "tcp        0   1460 10.0.0.2:80             203.0.113.9:1033        ESTABLISHED\n"
        "   … 7 more SYN_RECV (SYN queue: 8) …\n");
    page_close(&page);
}

static void test_ss_tells_the_timer(void **state)
{
    (void)state;
    struct tcp_status sockets[SOCKETS];
    struct table_options options = { .style = { 100, false, true }, .alike_max = 1 };
    struct page page;
    make_flood(sockets);
    page_open(&page);
    assert_true(tables_render_ss(sockets, SOCKETS, 3 * SIM_SECOND, &options, page.file));
    assert_string_equal(page_text(&page),
                        "State      Recv-Q Send-Q Local       Peer             Timer\n"
                        "LISTEN          0    128 0.0.0.0:80  0.0.0.0:*\n"
                        "SYN-RECV        0      0 10.0.0.2:80 203.0.113.1:1025\n"
                        "ESTAB           0   1460 10.0.0.2:80 203.0.113.9:1033 timer:(on,800ms,2)\n"
                        "   ... 7 more SYN-RECV (SYN queue: 8) ...\n");
    page_close(&page);
}

static void test_ss_fits_the_longest_timer_in_80_columns(void **state)
{
    (void)state;
    struct tcp_status socket = { .state = TCP_TIME_WAIT,
                                 .local_addr = ip_addr_v4(10, 0, 0, 1),
                                 .local_port = 49152,
                                 .remote_addr = ip_addr_v4(198, 51, 100, 1),
                                 .remote_port = 80,
                                 .timer = "timewait",
                                 .timer_expires = 59900 * SIM_MILLISECOND };
    struct table_options options = { .style = { 80, false, true } };
    struct page page;
    page_open(&page);
    assert_true(tables_render_ss(&socket, 1, 0, &options, page.file));
    assert_non_null(strstr(page_text(&page), " timer:(timewait,59sec,0)\n"));
    page_close(&page);
}

static void test_few_records_are_all_shown(void **state)
{
    (void)state;
    struct tcp_status sockets[SOCKETS];
    struct table_options options = { .style = { 80, false, false }, .alike_max = FLOOD - 1 };
    struct page page;
    make_flood(sockets);
    page_open(&page);
    assert_true(tables_render_netstat(sockets, SOCKETS, &options, page.file));
    assert_null(strstr(page_text(&page), "more"));
    page_close(&page);
}

static void test_netstat_s_leaves_out_extended_counters_that_are_zero(void **state)
{
    (void)state;
    struct host_stats stats = { .listen_drops = 142, .active_opens = 3 };
    struct table_options options = { .style = { 80, false, false } };
    struct page page;
    page_open(&page);
    assert_true(tables_render_stats(&stats, &options, page.file));
    const char *text = page_text(&page);
    assert_non_null(strstr(text, "    3 active connection openings\n"));
    assert_non_null(strstr(text, "    0 resets sent\n"));
    assert_non_null(strstr(text, "TcpExt:\n    142 SYNs to LISTEN sockets dropped\n"));
    assert_null(strstr(text, "SYNs retransmitted"));
    page_close(&page);
}

static void test_the_heading_names_time_host_and_command(void **state)
{
    (void)state;
    struct table_options options = { .style = { 80, false, false } };
    struct story story;
    struct page page;
    story_open(&story, story_catch_payload, &story);
    page_open(&page);
    assert_true(tables_print_netstat(story.sim, story.server, &options, page.file));
    const char *wanted = "-- t = 0.000 s · server · netstat -ant --\nProto ";
    assert_memory_equal(page_text(&page), wanted, strlen(wanted));
    page_close(&page);
    story_close(&story);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_netstat_sums_up_a_flood),
        cmocka_unit_test(test_ss_tells_the_timer),
        cmocka_unit_test(test_ss_fits_the_longest_timer_in_80_columns),
        cmocka_unit_test(test_few_records_are_all_shown),
        cmocka_unit_test(test_netstat_s_leaves_out_extended_counters_that_are_zero),
        cmocka_unit_test(test_the_heading_names_time_host_and_command),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
