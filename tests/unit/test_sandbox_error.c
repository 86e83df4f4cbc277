/* What people are told, and where scripts come from: files, require, error reports. */
#include "tests/unit/test_sandbox_fixture.h"

#include "sim/base/common.h"

#include <lauxlib.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

/* -- A folder of scripts --------------------------------------------------------------------- */

static char folder[64];

static const char *path_of(const char *name)
{
    static char path[128];
    snprintf(path, sizeof(path), "%s/%s", folder, name);
    return path;
}

static void write_bytes(const char *name, const char *bytes, size_t length)
{
    FILE *file = fopen(path_of(name), "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, length, file), length);
    fclose(file);
}

static void write_file(const char *name, const char *text)
{
    write_bytes(name, text, strlen(text));
}

static int make_folder(void **state)
{
    (void)state;
    snprintf(folder, sizeof(folder), "/tmp/test_sandbox_XXXXXX");
    return mkdtemp(folder) == NULL;
}

static int remove_folder(void **state)
{
    (void)state;
    static const char *const names[] = { "main.lua", "util.lua", "a.lua",
                                         "b.lua",    "bad.lua",  "empty.lua" };
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        unlink(path_of(names[i]));
    }
    rmdir(path_of("sub"));
    return rmdir(folder);
}

static struct fixture f;
static char report[8192];

/* Load main.lua from the folder, and run it. */
static enum sandbox_result run_main(void)
{
    fixture_open(&f, 0, 0);
    enum sandbox_result result = sandbox_load_file(f.box, path_of("main.lua"));
    if (result == SANDBOX_OK) {
        result = sandbox_call(f.box, sandbox_state(f.box), 0, 0);
    }
    sandbox_error_format(f.box, report, sizeof(report));
    return result;
}

static void assert_main_prints(const char *expected)
{
    if (run_main() != SANDBOX_OK) {
        fail_msg("%s", report);
    }
    assert_string_equal(f.output, expected);
    fixture_close(&f);
}

static void assert_main_fails(enum sandbox_result result, enum sandbox_error_kind kind,
                              const char *fragment)
{
    assert_int_equal(run_main(), result);
    assert_int_equal(sandbox_last_error(f.box)->kind, kind);
    if (strstr(report, fragment) == NULL) {
        fail_msg("'%s' is not in: %s", fragment, report);
    }
    fixture_close(&f);
}

/* -- Files ----------------------------------------------------------------------------------- */

static void test_a_script_file_runs(void **state)
{
    (void)state;
    write_file("main.lua", "print('hello')");
    assert_main_prints("hello\n");
}

static void test_a_byte_order_mark_and_a_hash_line_are_skipped(void **state)
{
    (void)state;
    write_file("main.lua", "\xEF\xBB\xBF#!/usr/bin/env tcpsim\nprint('hello')");
    assert_main_prints("hello\n");
    write_file("main.lua", "#!/usr/bin/env tcpsim\nprint(");
    assert_main_fails(SANDBOX_ERROR, SANDBOX_KIND_SYNTAX,
                      "main.lua:2: unexpected symbol near <eof>");
    write_file("main.lua", "#!/usr/bin/env tcpsim");
    assert_main_prints("");
}

static void test_a_missing_file_is_told_apart(void **state)
{
    (void)state;
    unlink(path_of("main.lua"));
    assert_main_fails(SANDBOX_IO, SANDBOX_KIND_MISSING, "main.lua: there is no such file");
}

static void test_a_directory_is_told_apart(void **state)
{
    (void)state;
    mkdir(path_of("sub"), 0700);
    fixture_open(&f, 0, 0);
    assert_int_equal(sandbox_load_file(f.box, path_of("sub")), SANDBOX_IO);
    assert_int_equal(sandbox_last_error(f.box)->kind, SANDBOX_KIND_DIRECTORY);
    fixture_close(&f);
}

/* Even root cannot open a name that is too long. */
static void test_an_unreadable_file_is_told_apart(void **state)
{
    (void)state;
    char name[1000];
    memset(name, 'n', sizeof(name) - 1);
    name[sizeof(name) - 1] = '\0';
    fixture_open(&f, 0, 0);
    assert_int_equal(sandbox_load_file(f.box, name), SANDBOX_IO);
    assert_int_equal(sandbox_last_error(f.box)->kind, SANDBOX_KIND_UNREADABLE);
    fixture_close(&f);
}

static void test_an_endless_file_is_told_apart(void **state)
{
    (void)state;
    fixture_open(&f, 0, 0);
    assert_int_equal(sandbox_load_file(f.box, "/dev/zero"), SANDBOX_IO);
    assert_int_equal(sandbox_last_error(f.box)->kind, SANDBOX_KIND_TOO_LARGE);
    fixture_close(&f);
}

static void test_bytecode_and_binaries_are_refused(void **state)
{
    (void)state;
    write_file("main.lua", "\x1bLua");
    assert_main_fails(SANDBOX_ERROR, SANDBOX_KIND_BINARY, "this is compiled Lua");
    write_file("main.lua", "\xEF\xBB\xBF\x1bLua");
    assert_main_fails(SANDBOX_ERROR, SANDBOX_KIND_SYNTAX, "attempt to load a binary chunk");
    write_bytes("main.lua",
                "\x7f"
                "ELF\0\0\0",
                7);
    assert_main_fails(SANDBOX_ERROR, SANDBOX_KIND_BINARY, "this is a binary file");
}

/* -- require --------------------------------------------------------------------------------- */

static int open_tcpsim(lua_State *L)
{
    lua_newtable(L);
    lua_pushinteger(L, 7);
    lua_setfield(L, -2, "answer");
    return 1;
}

static void test_require_finds_the_host_module_once(void **state)
{
    (void)state;
    fixture_open(&f, 0, 0);
    sandbox_register_module(f.box, "tcpsim", open_tcpsim);
    assert_int_equal(fixture_run(&f, "print(require('tcpsim').answer, require 'tcpsim' == require "
                                     "'tcpsim')"),
                     SANDBOX_OK);
    assert_string_equal(f.output, "7\ttrue\n");
    fixture_close(&f);
}

static void test_require_loads_a_sibling_once(void **state)
{
    (void)state;
    write_file("util.lua", "print('loading', ...)\nreturn {x = 1}");
    write_file("main.lua", "print(require('util').x, require('util') == require('util'))");
    char expected[256];
    snprintf(expected, sizeof(expected), "loading\tutil\t%s/util.lua\n1\ttrue\n", folder);
    assert_main_prints(expected);
}

static void test_require_of_a_module_without_value_gives_true(void **state)
{
    (void)state;
    write_file("empty.lua", "");
    write_file("main.lua", "print(require('empty'))");
    assert_main_prints("true\n");
}

static void test_require_of_an_unknown_name_says_so(void **state)
{
    (void)state;
    write_file("main.lua", "\nrequire 'nothing'");
    assert_main_fails(SANDBOX_ERROR, SANDBOX_KIND_RUNTIME,
                      "main.lua:2: module 'nothing' not found");
}

static void test_require_cannot_leave_the_folder(void **state)
{
    (void)state;
    static const char *const names[] = { "../util", "sub/util", "/etc/passwd", "..",
                                         ".",       "",         "a.b",         "util\\0x" };
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        char script[128];
        snprintf(script, sizeof(script), "require '%s'", names[i]);
        write_file("main.lua", script);
        assert_main_fails(SANDBOX_ERROR, SANDBOX_KIND_RUNTIME, "require finds only files beside");
    }
}

static void test_a_circle_of_modules_is_named(void **state)
{
    (void)state;
    write_file("a.lua", "require 'b'");
    write_file("b.lua", "require 'a'");
    write_file("main.lua", "require 'a'");
    assert_main_fails(SANDBOX_ERROR, SANDBOX_KIND_RUNTIME,
                      "modules require each other in a circle: a -> b -> a");
}

static void test_a_module_that_failed_may_be_required_again(void **state)
{
    (void)state;
    write_file("bad.lua", "error('broken')");
    write_file("main.lua", "for i = 1, 2 do print(pcall(require, 'bad')) end");
    char expected[256];
    snprintf(expected, sizeof(expected), "false\t%s/bad.lua:1: broken\n", folder);
    const size_t length = strlen(expected);
    memcpy(expected + length, expected, length);
    expected[2 * length] = '\0';
    assert_main_prints(expected);
}

static void test_an_error_in_a_sibling_names_the_sibling(void **state)
{
    (void)state;
    write_file("bad.lua", "local x = 1\nlocal y = = 2\n");
    write_file("main.lua", "require 'bad'");
    assert_main_fails(SANDBOX_ERROR, SANDBOX_KIND_RUNTIME, "bad.lua:2: unexpected symbol near '='");
    assert_non_null(strstr(report, "    2 | local y = = 2\n      |         ^\n"));
}

/* -- Reports --------------------------------------------------------------------------------- */

static void assert_report(const char *script, const char *expected)
{
    fixture_open(&f, 10 * 1000 * 1000, 0);
    assert_int_not_equal(fixture_run(&f, script), SANDBOX_OK);
    sandbox_error_format(f.box, report, sizeof(report));
    assert_string_equal(report, expected);
    fixture_close(&f);
}

static void test_a_runtime_error_shows_line_caret_and_trace(void **state)
{
    (void)state;
    assert_report("local server = {}\nlocal function start()\n\tserver:lisen(80)\nend\nstart()\n",
                  "test.lua:3: attempt to call a nil value (method 'lisen')\n"
                  "    3 |  server:lisen(80)\n"
                  "      |         ^\n"
                  "  test.lua:3: in function 'start'\n"
                  "  test.lua:5: in main chunk\n");
}

static void test_a_syntax_error_points_to_its_token(void **state)
{
    (void)state;
    assert_report("x = 1\nlocal y = x + then\n", "test.lua:2: unexpected symbol near 'then'\n"
                                                 "    2 | local y = x + then\n"
                                                 "      |               ^\n");
}

static void test_an_error_without_token_points_to_the_line(void **state)
{
    (void)state;
    assert_report("if true then\n  error('boom')\nend", "test.lua:2: boom\n"
                                                        "    2 |   error('boom')\n"
                                                        "      |   ^\n");
}

static void test_columns_count_characters_not_bytes(void **state)
{
    (void)state;
    assert_report("local s = 'ä€' .. nothing\n",
                  "test.lua:1: attempt to concatenate a nil value (global 'nothing')\n"
                  "    1 | local s = 'ä€' .. nothing\n"
                  "      |                   ^\n");
}

static void test_control_bytes_do_not_reach_the_terminal(void **state)
{
    (void)state;
    assert_report("error('x') -- \x1b[2J", "test.lua:1: x\n"
                                           "    1 | error('x') -- ?[2J\n"
                                           "      | ^\n");
}

static void test_a_removed_library_is_explained(void **state)
{
    (void)state;
    assert_report("local t = os.time()",
                  "test.lua:1: attempt to index a nil value (global 'os')\n"
                  "    1 | local t = os.time()\n"
                  "      |           ^\n"
                  "  note: there is no os library: a run has only its virtual clock\n");
}

static void test_a_limit_is_reported_like_an_error(void **state)
{
    (void)state;
    assert_report("while true do\nend",
                  "test.lua:1: the script used up its instruction budget (an endless loop?)\n"
                  "    1 | while true do\n"
                  "      | ^\n");
}

static void test_error_objects_print_sensibly(void **state)
{
    (void)state;
    static const struct {
        const char *script, *message;
    } cases[] = {
        { "error({code = 2, reason = 'x', [1] = 3})", "an error object { code = 2, reason = x }" },
        { "error({})", "an error object { }" },
        { "error({message = 'no route'})", "no route" },
        { "error(setmetatable({}, {__tostring = function() return 'mine' end}))", "mine" },
        { "error(setmetatable({}, {__tostring = function() error('x') end}))",
          "an error object whose text cannot be made" },
        { "error(setmetatable({}, {__tostring = function() return {} end}))",
          "an error object whose text cannot be made" },
        { "error({[{}] = 1})", "an error object whose text cannot be made" },
        { "error(nil)", "error(nil): no message was given" },
        { "error()", "error(nil): no message was given" },
        { "error(42)", "42" },
        { "error(0/0)", "nan" },
        { "error(true)", "true" },
        { "error(print)", "function: 1" },
        { "error('plain', 0)", "plain" },
        { "error('a\\0b', 0)", "a?b" },
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        fixture_open(&f, 0, 0);
        assert_int_equal(fixture_run(&f, cases[i].script), SANDBOX_ERROR);
        assert_string_equal(sandbox_last_error(f.box)->message, cases[i].message);
        assert_int_equal(sandbox_last_error(f.box)->line, 1);
        fixture_close(&f);
    }
}

static void test_long_messages_and_small_buffers_are_cut(void **state)
{
    (void)state;
    char small[32];
    fixture_open(&f, 0, 0);
    assert_int_equal(fixture_run(&f, "error(('x'):rep(100000))"), SANDBOX_ERROR);
    const char *message = sandbox_last_error(f.box)->message;
    assert_int_equal(strlen(message), sizeof(sandbox_last_error(f.box)->message) - 1);
    assert_string_equal(message + strlen(message) - 4, "x...");
    assert_int_equal(sandbox_error_format(f.box, small, sizeof(small)), 31);
    assert_int_equal(strlen(small), 31);
    fixture_close(&f);
}

static void test_a_long_source_line_is_cut_around_the_caret(void **state)
{
    (void)state;
    static char script[4000];
    memset(script, ' ', sizeof(script));
    memcpy(script + 3000, "undefined_function()", 21);
    fixture_open(&f, 0, 0);
    assert_int_equal(fixture_run(&f, script), SANDBOX_ERROR);
    const size_t length = sandbox_error_format(f.box, report, sizeof(report));
    assert_true(length < 300);
    assert_non_null(strstr(report, " undefined_function()"));
    fixture_close(&f);
}

static void test_deep_traces_are_cut(void **state)
{
    (void)state;
    fixture_open(&f, 0, 0);
    assert_int_equal(fixture_run(&f, "local function f(n)\nif n == 0 then error('x') end\n"
                                     "f(n - 1) return n end f(50)"),
                     SANDBOX_ERROR);
    const char *trace = sandbox_last_error(f.box)->trace;
    assert_non_null(strstr(trace, "\n...\n"));
    int lines = 0;
    for (const char *at = trace; (at = strchr(at, '\n')) != NULL; at++) {
        lines++;
    }
    assert_int_equal(lines, 9);
    fixture_close(&f);
}

static void test_a_long_path_is_given_whole(void **state)
{
    (void)state;
    char name[300], expected[400];
    memset(name, 'd', 200);
    memcpy(name + 200, "/x.lua", 7);
    snprintf(expected, sizeof(expected), "%s:1: boom\n", name);
    fixture_open(&f, 0, 0);
    assert_int_equal(sandbox_load_text(f.box, name, "error('boom')", 13), SANDBOX_OK);
    assert_int_equal(sandbox_call(f.box, sandbox_state(f.box), 0, 0), SANDBOX_ERROR);
    sandbox_error_format(f.box, report, sizeof(report));
    assert_memory_equal(report, expected, strlen(expected));
    fixture_close(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_script_file_runs),
        cmocka_unit_test(test_a_byte_order_mark_and_a_hash_line_are_skipped),
        cmocka_unit_test(test_a_missing_file_is_told_apart),
        cmocka_unit_test(test_a_directory_is_told_apart),
        cmocka_unit_test(test_an_unreadable_file_is_told_apart),
        cmocka_unit_test(test_an_endless_file_is_told_apart),
        cmocka_unit_test(test_bytecode_and_binaries_are_refused),
        cmocka_unit_test(test_require_finds_the_host_module_once),
        cmocka_unit_test(test_require_loads_a_sibling_once),
        cmocka_unit_test(test_require_of_a_module_without_value_gives_true),
        cmocka_unit_test(test_require_of_an_unknown_name_says_so),
        cmocka_unit_test(test_require_cannot_leave_the_folder),
        cmocka_unit_test(test_a_circle_of_modules_is_named),
        cmocka_unit_test(test_a_module_that_failed_may_be_required_again),
        cmocka_unit_test(test_an_error_in_a_sibling_names_the_sibling),
        cmocka_unit_test(test_a_runtime_error_shows_line_caret_and_trace),
        cmocka_unit_test(test_a_syntax_error_points_to_its_token),
        cmocka_unit_test(test_an_error_without_token_points_to_the_line),
        cmocka_unit_test(test_columns_count_characters_not_bytes),
        cmocka_unit_test(test_control_bytes_do_not_reach_the_terminal),
        cmocka_unit_test(test_a_removed_library_is_explained),
        cmocka_unit_test(test_a_limit_is_reported_like_an_error),
        cmocka_unit_test(test_error_objects_print_sensibly),
        cmocka_unit_test(test_long_messages_and_small_buffers_are_cut),
        cmocka_unit_test(test_a_long_source_line_is_cut_around_the_caret),
        cmocka_unit_test(test_deep_traces_are_cut),
        cmocka_unit_test(test_a_long_path_is_given_whole),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
