/* JSON: whatever the strings hold, the output is valid, and its shape is the documented one. */
#include "sim/observe/json.h"
#include "sim/observe/jsonl.h"
#include "sim/observe/summary.h"

#include "sim/observe/utf8.h"
#include "tests/support/observe_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

/* ---- a tiny checker (RFC 8259): each function returns what follows, or NULL ------------------ */

static const char *skip_value(const char *at);

static const char *skip_blank(const char *at)
{
    return at + strspn(at, " \t\r\n");
}

static const char *skip_string(const char *at)
{
    if (*at++ != '"') {
        return NULL;
    }
    while (*at != '"') {
        size_t used = 0;
        uint32_t code_point = utf8_decode(at, strlen(at) + 1, &used);
        if (code_point == UTF8_BAD || code_point < 0x20) {
            return NULL;
        }
        if (*at == '\\') {
            used = 2;
            if (at[1] == 'u') {
                used = strspn(at + 2, "0123456789abcdef") >= 4 ? 6 : 0;
            } else if (at[1] == '\0' || strchr("\"\\/bfnrt", at[1]) == NULL) {
                used = 0;
            }
        }
        if (used == 0) {
            return NULL;
        }
        at += used;
    }
    return at + 1;
}

static const char *skip_number(const char *at)
{
    at += *at == '-';
    size_t digits = strspn(at, "0123456789");
    return digits == 0 || (digits > 1 && *at == '0') ? NULL : at + digits;
}

/* Members of an object (keyed) or an array. */
static const char *skip_members(const char *at, char close, bool keyed)
{
    at = skip_blank(at + 1);
    if (*at == close) {
        return at + 1;
    }
    for (;;) {
        if (keyed) {
            at = skip_string(skip_blank(at));
            if (at == NULL || *skip_blank(at) != ':') {
                return NULL;
            }
            at = skip_blank(at) + 1;
        }
        at = skip_value(skip_blank(at));
        if (at == NULL) {
            return NULL;
        }
        at = skip_blank(at);
        if (*at == close) {
            return at + 1;
        }
        if (*at++ != ',') {
            return NULL;
        }
    }
}

static const char *skip_value(const char *at)
{
    static const char *const words[] = { "true", "false", "null" };
    for (size_t i = 0; i < 3; i++) {
        if (strncmp(at, words[i], strlen(words[i])) == 0) {
            return at + strlen(words[i]);
        }
    }
    if (*at == '{') {
        return skip_members(at, '}', true);
    }
    if (*at == '[') {
        return skip_members(at, ']', false);
    }
    return *at == '"' ? skip_string(at) : skip_number(at);
}

static void assert_json(const char *text)
{
    const char *end = skip_value(text);
    if (end == NULL || *skip_blank(end) != '\0') {
        fail_msg("not JSON: %s", text);
    }
}

static void test_the_checker_refuses_what_is_not_json(void **state)
{
    (void)state;
    static const char *const bad[] = { "{",        "[1,]",  "{\"a\"}", "\"\n\"",   "\"\\x41\"",
                                       "\"\xff\"", "[1 2]", "01",      "{\"a\":}", "nul" };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        const char *end = skip_value(bad[i]);
        assert_true(end == NULL || *end != '\0');
    }
    assert_json("{\"a\": [1, -2, {}, [], \"\\u00e9\", null, true]}");
}

/* ---- the writer ----------------------------------------------------------------------------- */

static void assert_written(const char *string, const char *wanted)
{
    struct page page;
    page_open(&page);
    struct json json = json_open(page.file, false);
    json_string(&json, string);
    assert_string_equal(page_text(&page), wanted);
    assert_json(page.text);
    page_close(&page);
}

static void test_strings_are_escaped(void **state)
{
    (void)state;
    assert_written("plain", "\"plain\"");
    assert_written("a\"b\\c\n\r\t\b\f", "\"a\\\"b\\\\c\\n\\r\\t\\b\\f\"");
    assert_written("\x01\x7f", "\"\\u0001\\u007f\"");
    assert_written("é → 日", "\"é → 日\"");
    assert_written("\xff"
                   "a\xc3",
                   "\"\\ufffda\\ufffd\"");
    assert_written("</script>", "\"<\\/script>\"");
    assert_written("\xe2\x80\xa8", "\"\\u2028\"");
    assert_written(NULL, "null");
}

static void test_every_string_of_two_bytes_is_valid(void **state)
{
    (void)state;
    struct page page;
    page_open(&page);
    struct json json = json_open(page.file, false);
    json_begin_array(&json);
    for (int a = 1; a < 256; a++) {
        for (int b = 1; b < 256; b++) {
            char string[3] = { (char)a, (char)b, '\0' };
            json_string(&json, string);
        }
    }
    json_end_array(&json);
    assert_json(page_text(&page));
    page_close(&page);
}

static void test_numbers_keep_all_their_digits(void **state)
{
    (void)state;
    struct page page;
    page_open(&page);
    struct json json = json_open(page.file, false);
    json_begin_array(&json);
    json_uint(&json, UINT64_MAX);
    json_int(&json, INT64_MIN);
    json_end_array(&json);
    assert_string_equal(page_text(&page), "[18446744073709551615,-9223372036854775808]");
    page_close(&page);
}

static void test_pretty_output_is_indented(void **state)
{
    (void)state;
    struct page page;
    page_open(&page);
    struct json json = json_open(page.file, true);
    json_begin_object(&json);
    json_member_uint(&json, "a", 1);
    json_key(&json, "b");
    json_begin_array(&json);
    json_end_array(&json);
    json_end_object(&json);
    assert_string_equal(page_text(&page), "{\n  \"a\": 1,\n  \"b\": []\n}");
    page_close(&page);
}

static void assert_begins(const char *text, const char *beginning)
{
    if (strncmp(text, beginning, strlen(beginning)) != 0) {
        fail_msg("does not begin with %s: %s", beginning, text);
    }
}

/* ---- JSON lines, summary -------------------------------------------------------------------- */

static void test_every_line_of_a_trace_is_one_object(void **state)
{
    (void)state;
    struct page page;
    struct story story;
    page_open(&page);
    struct jsonl *jsonl = jsonl_create(page.file);
    story_open(&story, jsonl_observe, jsonl);
    assert_int_equal(jsonl_attach(jsonl, story.sim), SIM_OK);
    story_tell_stale_syn(&story, (struct payload){ 0, 0, 0 });
    story_note(&story, MS(4000), story.client, "\"\xff\n");
    assert_true(jsonl_finish(jsonl));
    char *text = page.text;
    size_t lines = 0;
    assert_begins(text, "{\"schema\":\"tcpsim/1\",\"kind\":\"trace\",\"seed\":0}\n");
    assert_non_null(strstr(text, "{\"t_ns\":10000000,\"kind\":\"arrived\",\"host\":\"server\""));
    for (char *end; (end = strchr(text, '\n')) != NULL; text = end + 1) {
        *end = '\0';
        assert_int_equal(*text, '{');
        assert_json(text);
        lines++;
        if (end[1] == '\0') {
            assert_non_null(strstr(text, "{\"kind\":\"end\",\"facts\":"));
        }
    }
    assert_true(lines > 40);
    jsonl_destroy(jsonl);
    story_close(&story);
    page_close(&page);
}

static void test_the_summary_is_one_document(void **state)
{
    (void)state;
    struct page page;
    struct story story;
    page_open(&page);
    struct summary *summary = summary_create();
    story_open(&story, summary_observe, summary);
    story_tell_stale_syn(&story, (struct payload){ 0, 0, 0 });
    const struct summary_measure measure = { "page load", "0.36" };
    struct summary_run run = { .scenario = "stale_syn",
                               .outcome = "error",
                               .error = "s.lua:1: \"what\"",
                               .digest = 0xabc,
                               .has_digest = true,
                               .measures = &measure,
                               .measure_count = 1 };
    assert_true(summary_print(summary, story.sim, &run, page.file));
    const char *text = page_text(&page);
    assert_json(text);
    assert_begins(text, "{\n  \"schema\": \"tcpsim/1\",\n  \"kind\": \"summary\",\n");
    assert_non_null(strstr(text, "\"digest\": \"0000000000000abc\""));
    assert_non_null(strstr(text, "\"text\": \"the transfer runs exactly once\""));
    assert_non_null(strstr(text, "\"end_ns\": 0"));
    assert_non_null(strstr(text, "\"outcome\": \"error\""));
    assert_non_null(strstr(text, "\"error\": \"s.lua:1: \\\"what\\\"\""));
    assert_non_null(strstr(text, "\"status\": null"));
    assert_non_null(strstr(text, "\"name\": \"page load\""));
    assert_non_null(strstr(text, "\"text\": \"0.36\""));
    assert_non_null(strstr(text, "\"addresses\": [\n        \"10.0.0.2\""));
    summary_destroy(summary);
    story_close(&story);
    page_close(&page);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_checker_refuses_what_is_not_json),
        cmocka_unit_test(test_strings_are_escaped),
        cmocka_unit_test(test_every_string_of_two_bytes_is_valid),
        cmocka_unit_test(test_numbers_keep_all_their_digits),
        cmocka_unit_test(test_pretty_output_is_indented),
        cmocka_unit_test(test_every_line_of_a_trace_is_one_object),
        cmocka_unit_test(test_the_summary_is_one_document),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
