/* Limits hold against hostile scripts: each test is one known escape. */
#include "tests/unit/test_sandbox_fixture.h"

#include "sim/base/common.h"

#include <lauxlib.h>

#define HITS(name, kind, script)   \
    static void name(void **state) \
    {                              \
        (void)state;               \
        assert_hits(script, kind); \
    }

#define BUDGET SANDBOX_KIND_BUDGET
#define MEMORY SANDBOX_KIND_MEMORY
#define STACK  SANDBOX_KIND_STACK

/* -- The budget ------------------------------------------------------------------------------ */

HITS(test_an_endless_loop_ends, BUDGET, "while true do end")
HITS(test_an_endless_goto_ends, BUDGET, "::again:: goto again")
HITS(test_pcall_cannot_swallow_the_budget, BUDGET,
     "while true do pcall(function() while true do end end) end")
HITS(test_a_message_handler_cannot_swallow_the_budget, BUDGET,
     "xpcall(function() while true do end end, function() while true do end end)")
HITS(test_a_message_handler_that_loops_ends, BUDGET,
     "xpcall(error, function() while true do end end)")
HITS(test_coroutine_resume_cannot_swallow_the_budget, BUDGET,
     "while true do coroutine.resume(coroutine.create(function() while true do end end)) end")
HITS(test_coroutine_wrap_cannot_swallow_the_budget, BUDGET,
     "while true do pcall(coroutine.wrap(function() while true do end end)) end")
HITS(test_pcall_across_a_yield_cannot_swallow_the_budget, BUDGET,
     "local co = coroutine.wrap(function() while true do pcall(function() coroutine.yield() "
     "while true do end end) end end)\nco() while true do pcall(co) end")
HITS(test_short_coroutines_are_charged, BUDGET,
     "while true do coroutine.wrap(function() local x = 1 end)() end")
HITS(test_close_handlers_cannot_run_on_after_the_budget, BUDGET,
     "local function trap() return setmetatable({}, {__close = function() while true do end end}) "
     "end\npcall(function() local x <close> = trap() while true do end end)")
HITS(test_close_handlers_of_a_dead_coroutine_do_not_run, BUDGET,
     "local function trap() return setmetatable({}, {__close = function() while true do end end}) "
     "end\npcall(coroutine.wrap(function() local x <close> = trap() while true do end end))")
HITS(
    test_a_close_handler_that_loops_ends, BUDGET,
    "local co = coroutine.create(function() local x <close> = setmetatable({}, {__close = function() "
    "while true do end end}) coroutine.yield() end)\ncoroutine.resume(co) coroutine.close(co)")
HITS(test_a_close_handler_cannot_replace_the_error, BUDGET,
     "while true do pcall(function() local x <close> = setmetatable({}, {__close = function() "
     "error('other') end}) while true do end end) end")
HITS(test_metamethods_are_counted, BUDGET,
     "local t = setmetatable({}, {__index = function() while true do end end}) return t.x")
HITS(test_sort_with_an_endless_comparison_ends, BUDGET,
     "table.sort({2, 1}, function() while true do end end)")
HITS(test_gsub_with_an_endless_callback_ends, BUDGET,
     "string.gsub('x', 'x', function() while true do end end)")
HITS(test_an_endless_tostring_of_an_error_ends, BUDGET,
     "error(setmetatable({}, {__tostring = function() while true do end end}))")

/* -- Work in C that the hook does not see ---------------------------------------------------- */

HITS(test_optional_items_times_n_are_bounded, BUDGET,
     "local n = 40\nprint(string.find(('a'):rep(n), ('a?'):rep(n) .. ('a'):rep(n)))")
HITS(test_nested_lazy_items_are_bounded, BUDGET, "string.find(('a'):rep(4000), '.-.-.-.-b')")
HITS(test_gsub_of_a_bad_pattern_is_bounded, BUDGET, "string.gsub(('a'):rep(4000), '.-.-.-.-b', '')")
HITS(test_gmatch_of_a_bad_pattern_is_bounded, BUDGET,
     "for _ in string.gmatch(('a'):rep(4000), '.-.-.-.-b') do end")
HITS(test_large_sets_are_bounded, BUDGET,
     "string.find(('a'):rep(100000), '[' .. ('b'):rep(100000) .. ']')")
HITS(test_balance_is_bounded, BUDGET, "string.find(('('):rep(100000), '%b()')")
HITS(test_back_references_are_bounded, BUDGET, "string.find(('a'):rep(100000), '(a*)%1%1b')")
HITS(test_plain_find_is_bounded, BUDGET,
     "string.find(('a'):rep(4000000), ('a'):rep(2000000) .. 'b', 1, true)")
HITS(test_table_move_is_bounded, BUDGET, "table.move({}, 1, 1e8, 2)")
HITS(test_table_insert_with_a_lying_length_is_bounded, BUDGET,
     "table.insert(setmetatable({}, {__len = function() return 1 << 40 end}), 1, 0)")
HITS(test_table_remove_with_a_lying_length_is_bounded, BUDGET,
     "table.remove(setmetatable({}, {__len = function() return 1 << 40 end}), 1)")
HITS(test_table_concat_with_a_lying_length_is_bounded, BUDGET,
     "table.concat(setmetatable({}, {__index = function() return '' end}), '', 1, 1 << 40)")
HITS(test_unpack_in_a_loop_is_bounded, BUDGET,
     "while true do select('#', table.unpack({}, 1, 100000)) end")
HITS(test_rep_in_a_loop_is_bounded, BUDGET, "while true do string.rep('x', 1000000) end")
HITS(test_rep_of_nothing_is_fast, BUDGET, "string.rep('', 1 << 62) while true do end")
HITS(test_next_in_a_loop_is_bounded, BUDGET,
     "local t = {}\nfor i = 1, 10000 do t[i] = i end\nwhile true do next(t, 9999) end")
HITS(test_pairs_in_a_loop_is_bounded, BUDGET,
     "local t = {}\nfor i = 1, 10000 do t['k' .. i] = i end\nwhile true do pairs(t) end")
HITS(test_tonumber_in_a_loop_is_bounded, BUDGET,
     "local s = ('1'):rep(1000000)\nwhile true do tonumber(s, 10) end")
HITS(test_string_arithmetic_in_a_loop_is_bounded, BUDGET,
     "local s = ('1'):rep(1000000)\nwhile true do local x = s + 1 end")
HITS(test_utf8_len_in_a_loop_is_bounded, BUDGET,
     "local s = ('1'):rep(1000000)\nwhile true do utf8.len(s) end")
HITS(test_concatenation_in_a_loop_is_bounded, BUDGET,
     "local s = ('x'):rep(1000000)\nwhile true do local x = s .. 'y' end")
HITS(test_format_in_a_loop_is_bounded, BUDGET,
     "local s = ('x'):rep(1000000)\nwhile true do string.format('%s', s) end")
HITS(test_print_in_a_loop_is_bounded, BUDGET,
     "local s = ('x'):rep(1000000)\nwhile true do print(s) end")

/* A script that does little in instructions and much in C is charged at least so much. */
static void test_work_in_c_is_charged(void **state)
{
    (void)state;
    static const struct {
        const char *script;
        uint64_t least;
    } cases[] = {
        { "string.match(('a'):rep(100000), 'a*')", 150000 },
        { "string.find(('a'):rep(1000), '[' .. ('b'):rep(40000) .. ']')", 18000000 },
        { "string.rep('x', 10000000)", 5000000 },
        { "local t = table.pack(('x'):rep(100000):byte(1, -1))\n"
          "for i = 1, 10 do table.concat(t) end",
          44000000 },
        { "local t = {('x'):rep(100000):byte(1, -1)}\nfor i = 1, 10 do pairs(t) end", 8000000 },
        { "for i = 1, 10 do select('#', table.unpack({}, 1, 100000)) end", 1000000 },
        { "for i = 1, 1000 do coroutine.create(print) end", 200000 },
        { "local t = {} for i = 1, 1000 do t['k' .. i] = 1 end for i = 1, 100 do pairs(t) end",
          3000000 },
        { "local t = {} for i = 1, 1000 do t[i] = -i end table.sort(t)", 40000 },
        { "for i = 1, 1000 do local t = {} end", 15000 },
        { "for i = 1, 1000 do local f = function() return i end end", 12000 },
        { "for i = 1, 1000 do pcall(error, 'x') end", 88000 },
        { "for i = 1, 1000 do xpcall(error, type, 'x') end", 88000 },
        { "for i = 1, 1000 do pcall(coroutine.wrap(error)) end", 290000 },
        { "for i = 1, 1000 do tostring({}) end", 100000 },
        { "for i = 1, 1000 do tostring(1.5) end", 50000 },
        { "for i = 1, 1000 do string.format('%s', {}) end", 130000 },
        { "for i = 1, 1000 do string.format('%99.99f', 1e308) end", 1200000 },
        { "for i = 1, 1000 do table.concat({1.5}) end", 65000 },
        { "for i = 1, 1000 do setmetatable({}, {}) end", 40000 },
        { "for i = 1, 1000 do for _ in pairs({}) do end end", 50000 },
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        static struct fixture f;
        fixture_open(&f, 0, 0);
        assert_int_equal(fixture_run(&f, cases[i].script), SANDBOX_OK);
        assert_in_range(sandbox_steps(f.box), cases[i].least, cases[i].least * 4);
        fixture_close(&f);
    }
}

/* print is a C function: no instruction comes between the hit and a handler that is not asked. */
static void test_a_handler_in_c_is_not_called_after_the_hit(void **state)
{
    (void)state;
    static struct fixture f;
    fixture_open(&f, 100000, 0);
    assert_int_equal(fixture_run(&f, "xpcall(function() while true do end end, print)"),
                     SANDBOX_LIMIT);
    assert_string_equal(f.output, "");
    fixture_close(&f);
}

/* -- Memory ---------------------------------------------------------------------------------- */

HITS(test_rep_beyond_memory_is_refused, MEMORY, "string.rep('x', 1 << 40)")
HITS(test_rep_with_a_separator_beyond_memory_is_refused, MEMORY,
     "string.rep('', math.maxinteger, 'ab')")
HITS(test_pcall_cannot_swallow_the_lack_of_memory, MEMORY,
     "while true do pcall(string.rep, 'x', 1 << 40) end")
HITS(test_doubling_concatenation_ends, MEMORY, "local s = 'x' while true do s = s .. s end")
HITS(
    test_pcall_cannot_swallow_a_full_heap, MEMORY,
    "local t = {}\nwhile true do pcall(function() for i = #t + 1, math.huge do t[i] = {} end end) end")
HITS(test_a_close_handler_cannot_replace_the_lack_of_memory, MEMORY,
     "while true do pcall(function() local x <close> = setmetatable({}, {__close = function() "
     "error('other') end}) local s = 'x' while true do s = s .. s end end) end")
HITS(test_a_coroutine_cannot_swallow_the_lack_of_memory, MEMORY,
     "while true do coroutine.resume(coroutine.create(function() local s = 'x' "
     "while true do s = s .. s end end)) end")
HITS(test_keeping_all_tables_ends, MEMORY, "local t = {} while true do t = {t} end")
HITS(test_keeping_all_coroutines_ends, MEMORY,
     "local t = {} while true do t[#t + 1] = coroutine.create(print) end")

HITS(test_a_buffer_beyond_memory_is_a_limit, MEMORY,
     "string.gsub(('x'):rep(40), 'x', ('y'):rep(1 << 20))")
HITS(test_pcall_cannot_swallow_a_buffer_beyond_memory, MEMORY,
     "pcall(string.gsub, ('x'):rep(40), 'x', ('y'):rep(1 << 20))")
HITS(test_a_heap_that_stays_full_ends, BUDGET,
     "local keep = {} for i = 1, 20 do keep[i] = ('x'):rep(1 << 20) .. i end\n"
     "local fill = {} for i = 1, 8 do fill[i] = ('y'):rep(1 << 20) .. i end\n"
     "while true do local s = keep[1] .. 'z' end")

/* Each script fits beside its garbage only if that is collected in time. */
static void test_garbage_gives_way_in_time(void **state)
{
    (void)state;
    static const struct {
        const char *script;
        size_t memory;
    } cases[] = {
        { "for i = 1, 6 do local s = ('x'):rep(10 << 20) end", 32 << 20 },
        { "local s = ('x'):rep(1 << 20) for i = 1, 25 do local t = s .. i .. s end", 16 << 20 },
        { "for i = 1, 60000 do tostring({}) end", 4 << 20 },
        { "local keep = {} for i = 1, 28 do keep[i] = ('x'):rep(1 << 20) .. i end\n"
          "for i = 1, 12 do for j = 1, 9000 + i do local t = {j} end\n"
          "local s = ('y'):rep(1 << 20) end",
          32 << 20 },
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        static struct fixture f;
        fixture_open(&f, 0, cases[i].memory);
        if (fixture_run(&f, cases[i].script) != SANDBOX_OK) {
            fail_msg("%s: %s", cases[i].script, sandbox_last_error(f.box)->message);
        }
        fixture_close(&f);
    }
}

static void test_garbage_is_collected_while_a_script_runs(void **state)
{
    (void)state;
    static struct fixture f;
    fixture_open(&f, 0, 0);
    assert_int_equal(fixture_run(&f, "for i = 1, 250000 do local t = {i} end"), SANDBOX_OK);
    assert_in_range(sandbox_memory_bytes(f.box), 0, 12 << 20);
    fixture_close(&f);
}

static void test_garbage_beyond_the_limit_is_collected(void **state)
{
    (void)state;
    static struct fixture f;
    fixture_open(&f, 0, 16 << 20);
    assert_int_equal(fixture_run(&f, "local t\nfor i = 1, 400000 do t = {i, i, i} end\n"
                                     "local s\nfor i = 1, 30 do s = ('x'):rep(1000000) .. i end\n"
                                     "print('done')"),
                     SANDBOX_OK);
    assert_string_equal(f.output, "done\n");
    fixture_close(&f);
}

static void test_a_limit_too_small_for_the_libraries_gives_no_sandbox(void **state)
{
    (void)state;
    struct sandbox *box = NULL;
    size_t bytes = 0;
    while (box == NULL && bytes < 1 << 20) {
        const struct sandbox_config config = { .memory_limit_bytes = bytes += 501 };
        box = sandbox_create(&config);
    }
    assert_non_null(box);
    assert_in_range(bytes, 10000, 40000);
    sandbox_destroy(box);
}

/* -- The stack ------------------------------------------------------------------------------- */

HITS(test_endless_recursion_ends, STACK, "local function f() return 1 + f() end f()")
HITS(test_recursion_through_gsub_ends, STACK, "local function f() string.gsub('x', 'x', f) end f()")
HITS(test_recursion_through_sort_ends, STACK, "local function f() table.sort({2, 1}, f) end f()")
HITS(test_recursion_through_pcall_ends, STACK, "local function f() assert(pcall(f)) end f()")
/* Wide frames fill the stack in few calls. */
#define WIDE_F "local function f(...) return 1 + f(...) end "

HITS(test_pcall_cannot_swallow_a_full_stack, STACK, "local function f() pcall(f) end f()")
HITS(test_pcall_cannot_swallow_a_full_stack_of_lua, STACK,
     WIDE_F "pcall(f, table.unpack({}, 1, 200))")
HITS(test_xpcall_cannot_swallow_a_full_stack, STACK,
     WIDE_F "xpcall(f, print, table.unpack({}, 1, 200))")
HITS(test_a_coroutine_cannot_swallow_a_full_stack, STACK,
     WIDE_F "coroutine.resume(coroutine.create(f), table.unpack({}, 1, 200))")
HITS(test_coroutine_wrap_cannot_swallow_a_full_stack, STACK,
     "local function f() pcall(coroutine.wrap(f)) end f()")
HITS(test_a_close_handler_cannot_replace_a_full_stack, STACK,
     WIDE_F "pcall(function() local x <close> = setmetatable({}, {__close = function() "
            "error('other') end}) f(table.unpack({}, 1, 200)) end)")
HITS(test_coroutines_in_coroutines_end, STACK, "local function f() coroutine.wrap(f)() end f()")
HITS(test_recursion_through_tostring_ends, STACK,
     "local t t = setmetatable({}, {__tostring = function() return tostring(t) end}) tostring(t)")
HITS(test_recursion_through_an_error_object_ends, STACK,
     "local M = {} M.__index = function(t, k) return t[k] .. '' end\n"
     "local t = setmetatable({}, M) return t.x")

/* Lua does not count the C stack of closing a coroutine: a chain of closings must not crash. */
static void test_a_chain_of_closings_does_not_crash(void **state)
{
    (void)state;
    assert_prints("local first, previous\n"
                  "for i = 1, 20000 do\n"
                  "  local inner = previous\n"
                  "  local co = coroutine.create(function()\n"
                  "    local x <close> = setmetatable({}, {__close = function()\n"
                  "      if inner then coroutine.close(inner) end end})\n"
                  "    coroutine.yield() end)\n"
                  "  coroutine.resume(co) previous = co\n"
                  "end\n"
                  "print(coroutine.close(previous))",
                  "true\n");
}

/* Errors that only speak of a stack are the script's own. */
static void test_words_about_a_stack_are_ordinary_errors(void **state)
{
    (void)state;
    assert_prints("print(pcall(error, 'my stack overflow', 0))\n"
                  "print(pcall(error, 'stack overflows', 0))\n"
                  "print(pcall(error, 'x: stack overflow', 0))\n"
                  "print((pcall(error, {'stack overflow'})))",
                  "false\tmy stack overflow\nfalse\tstack overflows\nfalse\tx: stack overflow\n"
                  "false\n");
}

static void test_a_full_stack_names_its_place_and_is_for_ever(void **state)
{
    (void)state;
    static struct fixture f;
    fixture_open(&f, 0, 0);
    assert_int_equal(fixture_run(&f, "local function f()\n  return 1 + f()\nend\npcall(f)\n"
                                     "print('alive')"),
                     SANDBOX_LIMIT);
    assert_int_equal(sandbox_last_error(f.box)->kind, SANDBOX_KIND_STACK);
    assert_int_equal(sandbox_last_error(f.box)->line, 2);
    assert_int_equal(fixture_run(&f, "print('alive')"), SANDBOX_LIMIT);
    assert_string_equal(f.output, "");
    fixture_close(&f);
}

/* -- Sticky, and prompt ---------------------------------------------------------------------- */

static int do_nothing(lua_State *L)
{
    (void)L;
    return 0;
}

static void test_a_hit_is_for_ever(void **state)
{
    (void)state;
    static struct fixture f;
    fixture_open(&f, 100000, 0);
    assert_int_equal(fixture_run(&f, "while true do end"), SANDBOX_LIMIT);
    assert_int_equal(fixture_run(&f, "print('alive')"), SANDBOX_LIMIT);
    lua_State *L = sandbox_state(f.box);
    lua_settop(L, 0);
    lua_pushcfunction(L, do_nothing);
    assert_int_equal(sandbox_call(f.box, L, 0, 1), SANDBOX_LIMIT);
    assert_int_equal(lua_gettop(L), 0);
    assert_string_equal(f.output, "");
    assert_int_equal(sandbox_last_error(f.box)->kind, SANDBOX_KIND_BUDGET);
    fixture_close(&f);
}

static void test_the_hit_names_its_place(void **state)
{
    (void)state;
    static struct fixture f;
    fixture_open(&f, 100000, 0);
    fixture_run(&f, "local function spin()\n  while true do end\nend\nspin()");
    assert_int_equal(sandbox_last_error(f.box)->line, 2);
    assert_string_equal(sandbox_last_error(f.box)->file, "test.lua");
    assert_string_equal(sandbox_last_error(f.box)->trace,
                        "test.lua:2: in function 'spin'\ntest.lua:4: in main chunk\n");
    fixture_close(&f);
}

static void test_the_lack_of_memory_names_its_place(void **state)
{
    (void)state;
    static struct fixture f;
    fixture_open(&f, 0, 4 << 20);
    fixture_run(&f, "local s = 'x'\nlocal function double()\n  s = s .. s\nend\n"
                    "while true do\n  double()\nend");
    assert_int_equal(sandbox_last_error(f.box)->kind, SANDBOX_KIND_MEMORY);
    assert_int_equal(sandbox_last_error(f.box)->line, 3);
    fixture_close(&f);
}

static void test_the_budget_is_hit_at_the_same_step_in_each_run(void **state)
{
    (void)state;
    static const char script[] =
        "local t, n = {}, 0\nwhile true do n = n + 1 t['k' .. n % 50] = {n} print(n) end";
    static struct fixture first, second;
    fixture_open(&first, 100000, 0);
    fixture_open(&second, 100000, 0);
    fixture_run(&first, script);
    fixture_run(&second, script);
    assert_string_equal(first.output, second.output);
    fixture_close(&first);
    fixture_close(&second);
}

/* Tables whose keys come and go grow at other times in each run; what is charged must not. */
static void test_the_steps_are_the_same_in_each_run(void **state)
{
    (void)state;
    static const char script[] =
        "local t = {}\nfor i = 1, 20000 do t['k' .. i % 700] = {i} t['k' .. (i * 7) % 900] = nil "
        "t[i % 50 + 3] = i t[i % 37 + 3] = nil\n"
        "if i % 500 == 0 then for k in pairs(t) do tostring({k}) pcall(error, k) end end end";
    uint64_t steps[4];
    for (size_t i = 0; i < COUNT_OF(steps); i++) {
        static struct fixture f;
        fixture_open(&f, 0, i < 2 ? 0 : 4 << 20); /* with a little memory it collects often */
        assert_int_equal(fixture_run(&f, script), SANDBOX_OK);
        steps[i] = sandbox_steps(f.box);
        fixture_close(&f);
        assert_true(steps[i] == steps[0]);
    }
}

static void test_new_strings_have_a_budget(void **state)
{
    (void)state;
    static struct fixture f;
    fixture_open(&f, 1000000, 0);
    assert_int_equal(fixture_run(&f, "for i = 1, math.huge do\n"
                                     "if i > 50000 then print('late') return end\n"
                                     "local s = 'a' .. i end"),
                     SANDBOX_LIMIT);
    assert_int_equal(sandbox_last_error(f.box)->kind, SANDBOX_KIND_BUDGET);
    assert_true(sandbox_steps(f.box) < 900000);
    fixture_close(&f);
}

static void test_an_interrupt_stops_the_script(void **state)
{
    (void)state;
    static struct fixture f;
    fixture_open(&f, 0, 0);
    sandbox_interrupt(f.box);
    assert_int_equal(fixture_run(&f, "while true do pcall(function() while true do end end) end"),
                     SANDBOX_LIMIT);
    assert_int_equal(sandbox_last_error(f.box)->kind, SANDBOX_KIND_INTERRUPT);
    fixture_close(&f);
}

/* -- Calls from the host --------------------------------------------------------------------- */

static int call_back(lua_State *L)
{
    struct sandbox *box = sandbox_of(L);
    lua_settop(L, 1);
    if (sandbox_call(box, L, 0, 1) != SANDBOX_OK) {
        return sandbox_rethrow(box, L);
    }
    return 1;
}

static void test_a_nested_call_hands_its_error_on(void **state)
{
    (void)state;
    static struct fixture f;
    fixture_open(&f, 1000000, 0);
    lua_State *L = sandbox_state(f.box);
    lua_pushcfunction(L, call_back);
    lua_setglobal(L, "call_back");
    assert_int_equal(fixture_run(&f, "print(call_back(function() return 7 end))\n"
                                     "print(pcall(call_back, function() error('inner') end))"),
                     SANDBOX_OK);
    assert_string_equal(f.output, "7\nfalse\ttest.lua:2: inner\n");
    assert_int_equal(
        fixture_run(&f, "while true do pcall(call_back, function() while true do end end) end"),
        SANDBOX_LIMIT);
    fixture_close(&f);
}

static void test_recursion_through_the_host_ends(void **state)
{
    (void)state;
    static struct fixture f;
    fixture_open(&f, 0, 0);
    lua_State *L = sandbox_state(f.box);
    lua_pushcfunction(L, call_back);
    lua_setglobal(L, "call_back");
    assert_int_equal(fixture_run(&f, "local function f() call_back(f) end f()"), SANDBOX_LIMIT);
    assert_int_equal(sandbox_last_error(f.box)->kind, SANDBOX_KIND_STACK);

    fixture_close(&f);
}

static lua_State *application(struct fixture *f, const char *script)
{
    lua_State *L = sandbox_state(f->box);
    lua_State *co = lua_newthread(L);
    assert_int_equal(sandbox_load_text(f->box, "test.lua", script, strlen(script)), SANDBOX_OK);
    lua_xmove(L, co, 1);
    return co;
}

static void test_an_application_yields_and_ends(void **state)
{
    (void)state;
    static struct fixture f;
    int results;
    fixture_open(&f, 0, 0);
    lua_State *co = application(&f, "local got = coroutine.yield(1, 2) return got + 1");
    assert_int_equal(sandbox_resume(f.box, co, 0, &results), SANDBOX_YIELD);
    assert_int_equal(results, 2);
    lua_pop(co, results);
    lua_pushinteger(co, 41);
    assert_int_equal(sandbox_resume(f.box, co, 1, &results), SANDBOX_OK);
    assert_int_equal(lua_tointeger(co, -1), 42);
    fixture_close(&f);
}

static void test_an_application_that_fails_tells_where_and_closes_its_variables(void **state)
{
    (void)state;
    static struct fixture f;
    int results;
    fixture_open(&f, 0, 0);
    lua_State *co = application(&f, "local x <close> = setmetatable({}, {__close = function() "
                                    "print('closed') end})\nlocal function f()\n error('boom')\n"
                                    "end\ncoroutine.yield()\nf()");
    assert_int_equal(sandbox_resume(f.box, co, 0, &results), SANDBOX_YIELD);
    assert_int_equal(sandbox_resume(f.box, co, 0, &results), SANDBOX_ERROR);
    assert_string_equal(sandbox_last_error(f.box)->message, "boom");
    assert_int_equal(sandbox_last_error(f.box)->line, 3);
    assert_string_equal(sandbox_last_error(f.box)->trace,
                        "test.lua:3: in function 'f'\ntest.lua:6: in main chunk\n");
    assert_string_equal(f.output, "closed\n");
    fixture_close(&f);
}

static void test_an_application_that_loops_is_stopped(void **state)
{
    (void)state;
    static struct fixture f;
    int results;
    fixture_open(&f, 1000000, 0);
    lua_State *co = application(&f, "local x <close> = setmetatable({}, {__close = function() "
                                    "while true do end end})\nwhile true do end");
    assert_int_equal(sandbox_resume(f.box, co, 0, &results), SANDBOX_LIMIT);
    fixture_close(&f);
}

static int make_garbage(lua_State *L)
{
    lua_createtable(L, 100, 0);
    return 0;
}

/* Thousands of short callbacks: no instruction of Lua runs, so the hook never does. */
static void test_garbage_of_short_callbacks_is_collected(void **state)
{
    (void)state;
    static struct fixture f;
    fixture_open(&f, 0, 0);
    lua_State *L = sandbox_state(f.box);
    for (int i = 0; i < 20000; i++) {
        lua_pushcfunction(L, make_garbage);
        assert_int_equal(sandbox_call(f.box, L, 0, 0), SANDBOX_OK);
    }
    assert_in_range(sandbox_memory_bytes(f.box), 0, 12 << 20);
    fixture_close(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_an_endless_loop_ends),
        cmocka_unit_test(test_an_endless_goto_ends),
        cmocka_unit_test(test_pcall_cannot_swallow_the_budget),
        cmocka_unit_test(test_a_message_handler_cannot_swallow_the_budget),
        cmocka_unit_test(test_a_message_handler_that_loops_ends),
        cmocka_unit_test(test_coroutine_resume_cannot_swallow_the_budget),
        cmocka_unit_test(test_coroutine_wrap_cannot_swallow_the_budget),
        cmocka_unit_test(test_pcall_across_a_yield_cannot_swallow_the_budget),
        cmocka_unit_test(test_short_coroutines_are_charged),
        cmocka_unit_test(test_close_handlers_cannot_run_on_after_the_budget),
        cmocka_unit_test(test_close_handlers_of_a_dead_coroutine_do_not_run),
        cmocka_unit_test(test_a_close_handler_that_loops_ends),
        cmocka_unit_test(test_a_close_handler_cannot_replace_the_error),
        cmocka_unit_test(test_metamethods_are_counted),
        cmocka_unit_test(test_sort_with_an_endless_comparison_ends),
        cmocka_unit_test(test_gsub_with_an_endless_callback_ends),
        cmocka_unit_test(test_an_endless_tostring_of_an_error_ends),
        cmocka_unit_test(test_optional_items_times_n_are_bounded),
        cmocka_unit_test(test_nested_lazy_items_are_bounded),
        cmocka_unit_test(test_gsub_of_a_bad_pattern_is_bounded),
        cmocka_unit_test(test_gmatch_of_a_bad_pattern_is_bounded),
        cmocka_unit_test(test_large_sets_are_bounded),
        cmocka_unit_test(test_balance_is_bounded),
        cmocka_unit_test(test_back_references_are_bounded),
        cmocka_unit_test(test_plain_find_is_bounded),
        cmocka_unit_test(test_table_move_is_bounded),
        cmocka_unit_test(test_table_insert_with_a_lying_length_is_bounded),
        cmocka_unit_test(test_table_remove_with_a_lying_length_is_bounded),
        cmocka_unit_test(test_table_concat_with_a_lying_length_is_bounded),
        cmocka_unit_test(test_unpack_in_a_loop_is_bounded),
        cmocka_unit_test(test_rep_in_a_loop_is_bounded),
        cmocka_unit_test(test_rep_of_nothing_is_fast),
        cmocka_unit_test(test_next_in_a_loop_is_bounded),
        cmocka_unit_test(test_pairs_in_a_loop_is_bounded),
        cmocka_unit_test(test_tonumber_in_a_loop_is_bounded),
        cmocka_unit_test(test_string_arithmetic_in_a_loop_is_bounded),
        cmocka_unit_test(test_utf8_len_in_a_loop_is_bounded),
        cmocka_unit_test(test_concatenation_in_a_loop_is_bounded),
        cmocka_unit_test(test_format_in_a_loop_is_bounded),
        cmocka_unit_test(test_print_in_a_loop_is_bounded),
        cmocka_unit_test(test_work_in_c_is_charged),
        cmocka_unit_test(test_a_handler_in_c_is_not_called_after_the_hit),
        cmocka_unit_test(test_rep_beyond_memory_is_refused),
        cmocka_unit_test(test_rep_with_a_separator_beyond_memory_is_refused),
        cmocka_unit_test(test_pcall_cannot_swallow_the_lack_of_memory),
        cmocka_unit_test(test_doubling_concatenation_ends),
        cmocka_unit_test(test_pcall_cannot_swallow_a_full_heap),
        cmocka_unit_test(test_a_close_handler_cannot_replace_the_lack_of_memory),
        cmocka_unit_test(test_a_coroutine_cannot_swallow_the_lack_of_memory),
        cmocka_unit_test(test_keeping_all_tables_ends),
        cmocka_unit_test(test_keeping_all_coroutines_ends),
        cmocka_unit_test(test_a_buffer_beyond_memory_is_a_limit),
        cmocka_unit_test(test_pcall_cannot_swallow_a_buffer_beyond_memory),
        cmocka_unit_test(test_a_heap_that_stays_full_ends),
        cmocka_unit_test(test_garbage_gives_way_in_time),
        cmocka_unit_test(test_garbage_is_collected_while_a_script_runs),
        cmocka_unit_test(test_garbage_beyond_the_limit_is_collected),
        cmocka_unit_test(test_a_limit_too_small_for_the_libraries_gives_no_sandbox),
        cmocka_unit_test(test_endless_recursion_ends),
        cmocka_unit_test(test_recursion_through_gsub_ends),
        cmocka_unit_test(test_recursion_through_sort_ends),
        cmocka_unit_test(test_recursion_through_pcall_ends),
        cmocka_unit_test(test_coroutines_in_coroutines_end),
        cmocka_unit_test(test_recursion_through_tostring_ends),
        cmocka_unit_test(test_recursion_through_an_error_object_ends),
        cmocka_unit_test(test_a_chain_of_closings_does_not_crash),
        cmocka_unit_test(test_pcall_cannot_swallow_a_full_stack),
        cmocka_unit_test(test_pcall_cannot_swallow_a_full_stack_of_lua),
        cmocka_unit_test(test_xpcall_cannot_swallow_a_full_stack),
        cmocka_unit_test(test_a_coroutine_cannot_swallow_a_full_stack),
        cmocka_unit_test(test_coroutine_wrap_cannot_swallow_a_full_stack),
        cmocka_unit_test(test_a_close_handler_cannot_replace_a_full_stack),
        cmocka_unit_test(test_words_about_a_stack_are_ordinary_errors),
        cmocka_unit_test(test_a_full_stack_names_its_place_and_is_for_ever),
        cmocka_unit_test(test_a_hit_is_for_ever),
        cmocka_unit_test(test_the_hit_names_its_place),
        cmocka_unit_test(test_the_lack_of_memory_names_its_place),
        cmocka_unit_test(test_the_budget_is_hit_at_the_same_step_in_each_run),
        cmocka_unit_test(test_the_steps_are_the_same_in_each_run),
        cmocka_unit_test(test_new_strings_have_a_budget),
        cmocka_unit_test(test_an_interrupt_stops_the_script),
        cmocka_unit_test(test_a_nested_call_hands_its_error_on),
        cmocka_unit_test(test_recursion_through_the_host_ends),
        cmocka_unit_test(test_an_application_yields_and_ends),
        cmocka_unit_test(test_an_application_that_fails_tells_where_and_closes_its_variables),
        cmocka_unit_test(test_an_application_that_loops_is_stopped),
        cmocka_unit_test(test_garbage_of_short_callbacks_is_collected),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
