/* The ladder diagram: every kind of row, both character sets, and that it stays within its width. */
#include "sim/observe/ladder.h"

#include "sim/observe/utf8.h"
#include "tests/support/observe_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

struct fixture {
    struct story story;
    struct ladder *ladder;
    struct page page;
};

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    if (f == NULL) {
        return -1;
    }
    f->ladder = ladder_create();
    story_open(&f->story, ladder_observe, f->ladder);
    page_open(&f->page);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    page_close(&f->page);
    ladder_destroy(f->ladder);
    story_close(&f->story);
    free(f);
    return 0;
}

static const char *draw(struct fixture *f, int columns, bool ascii, uint32_t rows_max)
{
    struct ladder_options options = { .style = { columns, false, ascii }, .rows_max = rows_max };
    assert_true(ladder_print(f->ladder, &options, f->page.file));
    return page_text(&f->page);
}

static void expect_line(const char *text, const char *line)
{
    if (strstr(text, line) == NULL) {
        print_error("no \"%s\" in:\n%s", line, text);
        fail();
    }
}

static void expect_no(const char *text, const char *part)
{
    if (strstr(text, part) != NULL) {
        print_error("unwanted \"%s\" in:\n%s", part, text);
        fail();
    }
}

/* A bit of everything, with texts that are too long for any column. */
static void tell_trouble(struct story *s)
{
    host_id c = s->client;
    host_id v = s->server;
    story_tell_stale_syn(s, story_payload(s, "TRANSFER 100", 12));
    story_note(s, MS(4000), HOST_NONE,
               "narration that goes on and on, because somebody wants to say "
               "very much about what happens in this run: 日本語");
    story_note(s, MS(4000), c, "ESTABLISHED, but the server is in SYN-RECEIVED");
    story_note(s, MS(4001), v,
               "averyveryveryveryveryveryveryverylongwordthatmustbebrokensomewhere");
    uint64_t lost = story_packet(s, c, v, TCP_ACK, 4294967295U, 4294967295U, 0);
    story_sent(s, MS(4010), c, lost);
    story_link(s, MS(4010), lost, FATE_LOST, MS(4020),
               "the last ACK of the handshake is lost here");
    uint64_t open = story_packet(s, v, c, TCP_SYN | TCP_ACK, 4294967290U, 4294967290U, 0);
    story_sent(s, MS(4020), v, open);
}

static void test_the_flagship_looks_like_this(void **state)
{
    struct fixture *f = *state;
    story_tell_stale_syn(&f->story, story_payload(&f->story, "TRANSFER 100", 12));
    assert_string_equal(
        draw(f, 80, false, 0),
        "    time           client                           server\n"
        "   0.000              │                                │·LISTEN\n"
        "   0.010     SYN-SENT·│────────── SYN 1000 ───────────▶│·ESTABLISHED\n"
        "   0.020  ESTABLISHED·│◀──── SYN,ACK 7000 ack 1001 ────│\n"
        "   0.030              │────── PSH,ACK 1001:1013 ──────▶│·\"TRANSFER 100\" → app\n"
        "   0.040              │◀────────── ACK 1013 ───────────│\n"
        "   0.050       CLOSED·│────────── RST 1013 ───────────▶│·CLOSED\n"
        "                      ┊          … 2.950 s …           ┊\n"
        "   3.000              │┄┄┄┄┄┄┄ SYN 1000 (copy) ┄┄┄┄┄┄┄▶│·ESTABLISHED, accepted\n"
        "   3.005              │┄┄ PSH,ACK 1001:1013 (copy) ┄┄┄▶│·\"TRANSFER 100\" → app\n"
        "   3.010              │◀──── SYN,ACK 9000 ack 1001 ────│\n"
        "   3.020              │────────── RST 1001 ───────────▶│·CLOSED\n"
        "✗ the transfer runs exactly once          transfers = 2   stale_syn.lua:26\n"
        "✗ no ghost connection was ever accepted   accepted = 2    stale_syn.lua:26\n"
        "✓ nothing else is wrong\n");
}

static void test_the_ascii_flagship_looks_like_this(void **state)
{
    struct fixture *f = *state;
    story_tell_stale_syn(&f->story, story_payload(&f->story, "TRANSFER 100", 12));
    const char *text = draw(f, 80, true, 0);
    expect_line(text, "   0.010     SYN-SENT.|---------- SYN 1000 ----------->|.ESTABLISHED\n");
    expect_line(text, "   0.040              |<---------- ACK 1013 -----------|\n");
    expect_line(text, "                      :        ... 2.950 s ...         :\n");
    expect_line(text,
                "   3.000              |....... SYN 1000 (copy) .......>|.ESTABLISHED, accepted\n");
    expect_line(text, "FAILED the transfer runs exactly once");
    expect_line(text, "ok     nothing else is wrong\n");
}

/* Hands each line to the check. */
static void each_line(const char *text, void (*check)(const char *line, int columns), int columns)
{
    char line[8192];
    while (*text != '\0') {
        size_t length = strcspn(text, "\n");
        assert_true(length < sizeof line);
        memcpy(line, text, length);
        line[length] = '\0';
        check(line, columns);
        text += length + 1;
    }
}

static void check_width(const char *line, int columns)
{
    if (utf8_width(line) > columns) {
        print_error("%d columns: \"%s\"\n", columns, line);
        fail();
    }
}

static void check_ascii(const char *line, int columns)
{
    (void)columns;
    for (; *line != '\0'; line++) {
        assert_in_range(*line, 0x20, 0x7e);
    }
}

static void test_no_line_is_wider_than_the_view(void **state)
{
    struct fixture *f = *state;
    tell_trouble(&f->story);
    for (int columns = 60; columns <= 140; columns++) {
        page_close(&f->page);
        page_open(&f->page);
        each_line(draw(f, columns, columns % 2, 0), check_width, columns);
    }
}

static void test_no_line_is_wider_with_three_hosts(void **state)
{
    struct fixture *f = *state;
    host_id mallory = story_add_host(&f->story, "mallory");
    story_send(&f->story, 0, f->story.client, mallory, TCP_SYN, 4294967290U, 0, 0);
    tell_trouble(&f->story);
    for (int columns = 60; columns <= 140; columns++) {
        page_close(&f->page);
        page_open(&f->page);
        each_line(draw(f, columns, columns % 2, 0), check_width, columns);
    }
}

static void test_the_fallback_is_pure_ascii(void **state)
{
    struct fixture *f = *state;
    tell_trouble(&f->story);
    each_line(draw(f, 80, true, 0), check_ascii, 80);
}

static void test_colour_is_written_only_when_asked_for(void **state)
{
    struct fixture *f = *state;
    tell_trouble(&f->story);
    expect_no(draw(f, 80, false, 0), "\033");
    struct ladder_options options = { .style = { 80, true, false } };
    assert_true(ladder_print(f->ladder, &options, f->page.file));
    expect_line(page_text(&f->page), "\033[31m✗");
}

static void test_a_lost_packet_ends_on_the_way_and_says_why(void **state)
{
    struct fixture *f = *state;
    struct story *s = &f->story;
    uint64_t id = story_packet(s, s->client, s->server, TCP_SYN, 1000, 0, 0);
    story_sent(s, MS(5), s->client, id);
    story_link(s, MS(5), id, FATE_QUEUE_FULL, MS(15), NULL);
    id = story_packet(s, s->server, s->client, TCP_ACK, 1, 2, 0);
    story_sent(s, MS(6), s->server, id);
    story_link(s, MS(6), id, FATE_LOST, MS(16), "rule 7");
    const char *text = draw(f, 120, false, 0);
    expect_line(text, "   0.005");
    expect_line(text, "✗ queue full");
    expect_line(text, "rule 7 ✗");
    expect_no(text, "▶");
    expect_no(text, "◀");
}

static void test_a_second_sending_is_marked_again(void **state)
{
    struct fixture *f = *state;
    struct story *s = &f->story;
    story_send(s, 0, s->client, s->server, TCP_SYN, 1000, 0, 0);
    story_send(s, SIM_SECOND, s->client, s->server, TCP_SYN, 1000, 0, 0);
    story_send(s, 2 * SIM_SECOND, s->client, s->server, TCP_PSH | TCP_ACK, 1001, 1, 10);
    story_send(s, 3 * SIM_SECOND, s->client, s->server, TCP_PSH | TCP_ACK, 1001, 1, 10);
    story_send(s, 4 * SIM_SECOND, s->client, s->server, TCP_ACK, 1011, 1, 0);
    story_send(s, 5 * SIM_SECOND, s->client, s->server, TCP_ACK, 1011, 1, 0);
    const char *text = draw(f, 80, false, 0);
    expect_line(text, " SYN 1000 ─");
    expect_line(text, " SYN 1000 (again) ");
    expect_line(text, " PSH,ACK 1001:1011 ─");
    expect_line(text, " PSH,ACK 1001:1011 (again) ");
    expect_no(text, "ACK 1 (again)");
}

static void test_a_new_incarnation_is_not_marked_again(void **state)
{
    struct fixture *f = *state;
    struct story *s = &f->story;
    story_send(s, 0, s->client, s->server, TCP_SYN, 5000, 0, 0);
    story_send(s, MS(20), s->client, s->server, TCP_SYN, 1000, 0, 0);
    story_send(s, MS(40), s->client, s->server, TCP_PSH | TCP_ACK, 1001, 1, 10);
    expect_no(draw(f, 80, false, 0), "(again)");
}

static void test_a_late_packet_is_shown_where_it_leaves_and_where_it_comes(void **state)
{
    struct fixture *f = *state;
    struct story *s = &f->story;
    uint64_t id = story_packet(s, s->client, s->server, TCP_SYN, 1000, 0, 0);
    story_state(s, 0, s->client, TCP_CLOSED, TCP_SYN_SENT);
    story_sent(s, 0, s->client, id);
    story_link(s, 0, id, FATE_FORWARDED, MS(3010), "slow");
    story_send(s, SIM_SECOND, s->client, s->server, TCP_SYN, 1000, 0, 0);
    story_arrived(s, MS(3010), s->server, id);
    const char *text = draw(f, 100, false, 0);
    expect_line(text, "   0.000  SYN-SENT·│─");
    expect_line(text, "SYN 1000 ───────…");
    expect_line(text, "(3.000 s late)");
}

static size_t count_of(const char *text, const char *part)
{
    size_t count = 0;
    for (const char *at = text; (at = strstr(at, part)) != NULL; at++) {
        count++;
    }
    return count;
}

static void test_a_packet_shown_twice_tells_its_senders_state_once(void **state)
{
    struct fixture *f = *state;
    struct story *s = &f->story;
    uint64_t id = story_packet(s, s->client, s->server, TCP_SYN, 1000, 0, 0);
    story_state(s, 0, s->client, TCP_CLOSED, TCP_SYN_SENT);
    story_sent(s, 0, s->client, id);
    story_link(s, 0, id, FATE_FORWARDED, MS(3010), "slow");
    story_note(s, SIM_SECOND, s->server, "nothing yet");
    story_arrived(s, MS(3010), s->server, id);
    const char *text = draw(f, 100, false, 0);
    assert_int_equal(count_of(text, "SYN 1000"), 2);
    assert_int_equal(count_of(text, "SYN-SENT"), 1);
}

/* Draws while the change stands in a row of its own, between notes, before its packet is told. */
static void draw_before_the_packet(struct fixture *f, const char *note_after)
{
    struct story *s = &f->story;
    story_note(s, 0, s->server, "one");
    story_state(s, 0, s->client, TCP_CLOSED, TCP_SYN_SENT);
    if (note_after != NULL) {
        story_note(s, 0, s->server, note_after);
    }
    (void)draw(f, 80, false, 0);
    page_close(&f->page);
    page_open(&f->page);
    story_send(s, 0, s->client, s->server, TCP_SYN, 1000, 0, 0);
    const char *text = draw(f, 80, false, 0);
    expect_line(text, note_after == NULL ? "│·one\n" : "│·one, two\n");
    expect_line(text, "   0.010  SYN-SENT·│─");
    assert_int_equal(count_of(text, "SYN-SENT"), 1);
}

static void test_a_change_drawn_early_moves_to_its_packet(void **state)
{
    draw_before_the_packet(*state, NULL);
}

static void test_a_change_drawn_early_leaves_its_neighbours_behind(void **state)
{
    draw_before_the_packet(*state, "two");
}

static void test_a_held_packet_is_late_by_the_time_it_was_held(void **state)
{
    struct fixture *f = *state;
    struct story *s = &f->story;
    uint64_t id = story_packet(s, s->client, s->server, TCP_SYN, 1000, 0, 0);
    story_sent(s, 0, s->client, id);
    story_link(s, 0, id, FATE_HELD, 0, "held");
    story_link(s, MS(70), id, FATE_FORWARDED, MS(80), "held");
    story_arrived(s, MS(80), s->server, id);
    expect_line(draw(f, 100, false, 0), "(70 ms late)");
}

static void test_crossing_packets_keep_each_hosts_states_in_order(void **state)
{
    struct fixture *f = *state;
    struct story *s = &f->story;
    uint64_t a = story_packet(s, s->client, s->server, TCP_SYN, 100, 0, 0);
    uint64_t b = story_packet(s, s->server, s->client, TCP_SYN, 300, 0, 0);
    story_state(s, 0, s->client, TCP_CLOSED, TCP_SYN_SENT);
    story_sent(s, 0, s->client, a);
    story_sent(s, 0, s->server, b);
    story_state(s, 0, s->server, TCP_CLOSED, TCP_SYN_SENT); /* told after the packet */
    story_arrived(s, MS(10), s->server, a);
    story_state(s, MS(10), s->server, TCP_SYN_SENT, TCP_SYN_RECEIVED);
    story_arrived(s, MS(10), s->client, b);
    story_state(s, MS(10), s->client, TCP_SYN_SENT, TCP_SYN_RECEIVED);
    const char *text = draw(f, 80, false, 0);
    const char *sent = strstr(text, "│·SYN-SENT");
    const char *received = strstr(text, "│·SYN-RECEIVED");
    assert_non_null(sent);
    assert_non_null(received);
    assert_true(sent < received);
    expect_line(text, "SYN-SENT·│─");
    expect_line(text, "SYN-RECEIVED·│◀");
}

static void test_a_close_after_an_arrival_belongs_to_the_fin(void **state)
{
    struct fixture *f = *state;
    struct story *s = &f->story;
    story_send(s, 0, s->server, s->client, TCP_ACK, 1, 2, 0);
    story_state(s, MS(10), s->client, TCP_ESTABLISHED, TCP_FIN_WAIT_1);
    story_send(s, MS(10), s->client, s->server, TCP_FIN | TCP_ACK, 2, 1, 0);
    expect_line(draw(f, 80, false, 0), "   0.020  FIN-WAIT-1·│─");
}

static void test_a_corrupted_packet_reaches_the_host_and_is_refused(void **state)
{
    struct fixture *f = *state;
    struct story *s = &f->story;
    uint64_t id = story_packet(s, s->client, s->server, TCP_ACK, 1, 2, 0);
    story_sent(s, 0, s->client, id);
    story_get(s, id)->corrupted = true;
    story_link(s, MS(10), id, FATE_CHECKSUM_BAD, 0, NULL);
    expect_line(draw(f, 80, false, 0), " (corrupted) ──────✗│·✗ checksum bad\n");
}

static void test_a_spoofed_packet_starts_at_its_true_sender(void **state)
{
    struct fixture *f = *state;
    struct story *s = &f->story;
    uint64_t id = story_packet(s, s->client, s->server, TCP_SYN, 1000, 0, 0);
    story_get(s, id)->source = ip_addr_v4(203, 0, 113, 1);
    story_sent(s, 0, s->client, id);
    story_arrived(s, MS(10), s->server, id);
    expect_line(draw(f, 100, false, 0), "│───── SYN 1000 from 203.0.113.1 ─────▶│");
}

static void test_a_run_stopped_early_shows_what_is_under_way(void **state)
{
    struct fixture *f = *state;
    struct story *s = &f->story;
    uint64_t id = story_packet(s, s->client, s->server, TCP_SYN, 1000, 0, 0);
    story_sent(s, 0, s->client, id);
    story_link(s, 0, id, FATE_FORWARDED, MS(10), NULL);
    expect_line(draw(f, 100, false, 0), "… on its way ");
}

static void test_drawing_early_does_not_change_the_later_drawing(void **state)
{
    struct fixture *f = *state;
    struct story *s = &f->story;
    story_note(s, 0, s->client, "one");
    story_note(s, 0, s->server, "two");
    (void)draw(f, 80, false, 0);
    page_close(&f->page);
    page_open(&f->page);
    const char *text = draw(f, 80, false, 0);
    expect_line(text, "one·│");
    expect_line(text, "│·two\n");
}

static void test_the_middle_of_a_big_run_is_summed_up(void **state)
{
    struct fixture *f = *state;
    struct story *s = &f->story;
    for (uint32_t i = 0; i < 400; i++) {
        story_send(s, MS(i), s->client, s->server, TCP_PSH | TCP_ACK, 1000 + i, 1, 1);
    }
    const char *text = draw(f, 80, false, 20);
    expect_line(text, " PSH,ACK 1000:1001 ");
    expect_line(text, "… 381 more segments, 0.020 s to 0.400 s …");
    expect_line(text, " PSH,ACK 1399:1400 ");
    expect_no(text, " PSH,ACK 1200:1201 ");
    size_t lines = 0;
    for (const char *at = text; (at = strchr(at, '\n')) != NULL; at++) {
        lines++;
    }
    assert_int_equal(lines, 21); /* 20 rows and the names */
}

static void test_a_run_without_facts_draws_nothing(void **state)
{
    struct fixture *f = *state;
    assert_string_equal(draw(f, 80, false, 0), "");
}

static void test_a_packet_to_nobody_needs_no_second_host(void **state)
{
    struct fixture *f = *state;
    struct story *s = &f->story;
    uint64_t id = story_packet(s, s->client, s->server, TCP_SYN, 1000, 0, 0);
    story_get(s, id)->destination = ip_addr_v4(192, 0, 2, 1);
    story_sent(s, 0, s->client, id);
    story_link(s, 0, id, FATE_NO_ROUTE, 0, NULL);
    expect_line(draw(f, 100, false, 0), "✗ no route");
}

static void test_a_write_error_is_reported(void **state)
{
    struct fixture *f = *state;
    FILE *full = fopen("/dev/full", "w");
    if (full == NULL) {
        skip();
    }
    assert_int_equal(setvbuf(full, NULL, _IONBF, 0), 0);
    tell_trouble(&f->story);
    struct ladder_options options = { .style = { 80, false, false } };
    assert_false(ladder_print(f->ladder, &options, full));
    (void)fclose(full);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_the_flagship_looks_like_this),
        TEST(test_the_ascii_flagship_looks_like_this),
        TEST(test_no_line_is_wider_than_the_view),
        TEST(test_no_line_is_wider_with_three_hosts),
        TEST(test_the_fallback_is_pure_ascii),
        TEST(test_colour_is_written_only_when_asked_for),
        TEST(test_a_lost_packet_ends_on_the_way_and_says_why),
        TEST(test_a_second_sending_is_marked_again),
        TEST(test_a_new_incarnation_is_not_marked_again),
        TEST(test_a_late_packet_is_shown_where_it_leaves_and_where_it_comes),
        TEST(test_a_packet_shown_twice_tells_its_senders_state_once),
        TEST(test_a_change_drawn_early_moves_to_its_packet),
        TEST(test_a_change_drawn_early_leaves_its_neighbours_behind),
        TEST(test_a_held_packet_is_late_by_the_time_it_was_held),
        TEST(test_crossing_packets_keep_each_hosts_states_in_order),
        TEST(test_a_close_after_an_arrival_belongs_to_the_fin),
        TEST(test_a_corrupted_packet_reaches_the_host_and_is_refused),
        TEST(test_a_spoofed_packet_starts_at_its_true_sender),
        TEST(test_a_run_stopped_early_shows_what_is_under_way),
        TEST(test_drawing_early_does_not_change_the_later_drawing),
        TEST(test_the_middle_of_a_big_run_is_summed_up),
        TEST(test_a_run_without_facts_draws_nothing),
        TEST(test_a_packet_to_nobody_needs_no_second_host),
        TEST(test_a_write_error_is_reported),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
