/* The bounded matcher and the rewritten string and table functions against those of stock Lua: the
 * same calls in both must give the same results, or the same error. */
#include "tests/unit/test_sandbox_fixture.h"

#include "sim/base/common.h"

#include <lauxlib.h>
#include <lualib.h>

enum { RANDOM_CASES = 8000, TEXT_SIZE = 64, OUTCOME_SIZE = 16384 };

struct states {
    lua_State *stock, *ours;
    struct fixture f;
    uint64_t random;
};

static struct states states;

static int set_up(void **state)
{
    (void)state;
    fixture_open(&states.f, UINT64_C(1) << 40, 0);
    states.ours = sandbox_state(states.f.box);
    states.stock = luaL_newstate();
    luaL_openlibs(states.stock);
    states.random = 20240229;
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    lua_close(states.stock);
    fixture_close(&states.f);
    return 0;
}

static unsigned draw(unsigned below)
{
    states.random = states.random * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (unsigned)(states.random >> 33) % below;
}

/* -- Comparing ------------------------------------------------------------------------------- */

/* Run a chunk that returns a function, call it on the arguments, and write down what comes out. */
static void outcome(lua_State *L, const char *chunk, const char *subject, size_t length,
                    const char *pattern, char *text)
{
    const int base = lua_gettop(L);
    size_t used = 0;
    assert_int_equal(luaL_loadstring(L, chunk), LUA_OK);
    lua_pushlstring(L, subject, length);
    lua_pushstring(L, pattern);
    const int status = lua_pcall(L, 2, LUA_MULTRET, 0);
    used += (size_t)snprintf(text, OUTCOME_SIZE, "%s", status == LUA_OK ? "ok" : "error");
    for (int i = base + 1; i <= lua_gettop(L); i++) {
        size_t item_length;
        const char *item = luaL_tolstring(L, i, &item_length);
        used += (size_t)snprintf(text + used, OUTCOME_SIZE - used, "|%s:%zu:%s",
                                 luaL_typename(L, i), item_length, item);
        assert_true(used < OUTCOME_SIZE);
        lua_pop(L, 1);
    }
    lua_settop(L, base);
}

static void assert_same(const char *chunk, const char *subject, size_t length, const char *pattern)
{
    static char theirs[OUTCOME_SIZE], ours[OUTCOME_SIZE];
    outcome(states.stock, chunk, subject, length, pattern, theirs);
    outcome(states.ours, chunk, subject, length, pattern, ours);
    if (strcmp(theirs, ours) != 0) {
        fail_msg("%s\n subject '%s' pattern '%s'\n stock %s\n ours  %s", chunk, subject, pattern,
                 theirs, ours);
    }
}

static const char *const functions[] = {
    "return string.find(...)",
    "return string.match(...)",
    "local s, p = ... return string.find(s, p, 3)",
    "local s, p = ... return string.match(s, p, -2)",
    "local s, p = ... return string.find(s, p, 1, true)",
    "local s, p = ... return string.gsub(s, p, '<%0>')",
    "local s, p = ... return string.gsub(s, p, '%1%%', 2)",
    "local s, p = ... return string.gsub(s, p, {a = 'A', b = 1, c = false})",
    "local s, p = ... return string.gsub(s, p, function(...) return select('#', ...) .. (...) end)",
    "local s, p = ... local t = {} for a, b in string.gmatch(s, p) do "
    "t[#t + 1] = tostring(a) .. ',' .. tostring(b) end return table.concat(t, ';')",
    "local s, p = ... local t = {} for a in string.gmatch(s, p, 2) do t[#t + 1] = a end "
    "return table.concat(t, ';')",
};

static void assert_all_same(const char *subject, size_t length, const char *pattern)
{
    for (size_t i = 0; i < COUNT_OF(functions); i++) {
        assert_same(functions[i], subject, length, pattern);
    }
}

/* -- Cases ----------------------------------------------------------------------------------- */

static const char *const known_patterns[] = {
    "",
    "^",
    "$",
    "^$",
    ".",
    ".*",
    ".-",
    ".+",
    "a*",
    "a-b",
    "a+b?",
    "^a",
    "^a*$",
    "(a)(b)",
    "(a*(.)%2)",
    "()a()",
    "(())",
    "%a+",
    "%A",
    "%d",
    "%D*",
    "%s-%S",
    "%w+",
    "%x",
    "%p",
    "%c",
    "%g+",
    "%l",
    "%u",
    "[abc]",
    "[^abc]+",
    "[a-c]*",
    "[]]",
    "[^]]",
    "[a-]",
    "[-a]",
    "[%a-z]",
    "[%]]",
    "[a%-c]",
    "[]-a]",
    "%f[%w]%w+",
    "%f[^%w]",
    "%f[a]",
    "%b()",
    "%bab",
    "%baa",
    "(%a)%1",
    "(a)(b)%2%1",
    "x*",
    "(x?)a",
    "%%",
    "%.",
    "a.b",
    "a$b",
    "a^b",
    "$a",
    "(a",
    "a)",
    "%",
    "[",
    "[a",
    "[^",
    "[]",
    "[%",
    "%b",
    "%bx",
    "%f",
    "%fa",
    "%1",
    "(a)%2",
    "(a%1)",
    "%0",
    "((((((((((a))))))))))",
    "a?a?a?aaa",
    "(.-)%s*$",
    "^(.-)=(.*)$",
    "[\x80-\xff]+",
    "\xe9",
    "(a)(b)(c)(d)(e)(f)(g)(h)(i)(j)",
    ".-.-b",
    "a**",
    "a+-",
    "*a",
    "+",
    "-",
    "?",
    "()",
    "()()",
    "(()",
    "[[]",
    "[a-c-e]",
    "[%d%s]",
    "%S+",
    "[%S]",
    "[%w_]+",
    "(%w+) (%w+)",
};

static const char *const known_subjects[] = {
    "",
    "a",
    "b",
    "ab",
    "aab",
    "abab",
    "hello world",
    "  trim me  ",
    "key=value",
    "f(a(b)c)d)",
    "aaa",
    "abc123XYZ_",
    "tab\tnew\nline",
    "THE (quick) fox",
    "x]y",
    "a-b-c",
    "100%",
    "a.b$c^d",
    "\x80\xe9\xff",
    "aabb aabb",
    "abcdefghij",
    "[[x]]",
};

static void test_known_patterns_match_as_in_stock_lua(void **state)
{
    (void)state;
    for (size_t p = 0; p < COUNT_OF(known_patterns); p++) {
        for (size_t s = 0; s < COUNT_OF(known_subjects); s++) {
            assert_all_same(known_subjects[s], strlen(known_subjects[s]), known_patterns[p]);
        }
    }
}

static void test_random_patterns_match_as_in_stock_lua(void **state)
{
    (void)state;
    static const char *const pieces[] = {
        "a",    "b",    "c",       ".",    "%a",    "%d",     "%w", "%s", "%l", "%U",
        "[ab]", "[^a]", "[a-c%d]", "(",    ")",     "()",     "*",  "+",  "-",  "?",
        "^",    "$",    "%b()",    "%bab", "%f[a]", "%f[%W]", "%1", "%2", "[]", "%",
        "1",    " ",    "[^%s]",   "(a*)", "(.-)",  "%%",     "]",  "[%",
    };
    static const char letters[] = "aaaabbbcc1 ()%]-";
    for (int i = 0; i < RANDOM_CASES; i++) {
        char subject[TEXT_SIZE], pattern[TEXT_SIZE] = "";
        const unsigned length = draw(14);
        for (unsigned k = 0; k < length; k++) {
            subject[k] = letters[draw(sizeof(letters) - 1)];
        }
        subject[length] = '\0';
        for (unsigned k = 1 + draw(6); k > 0; k--) {
            strcat(pattern, pieces[draw(COUNT_OF(pieces))]);
        }
        assert_same(functions[draw(COUNT_OF(functions))], subject, length, pattern);
    }
}

static void test_zeros_in_texts_are_ordinary_bytes(void **state)
{
    (void)state;
    assert_same(
        "local s = ... return s:find('%z'), s:find('\\0b'), s:match('[\\0]b'), "
        "s:gsub('\\0', '0'), s:find('[^\\0]*'), s:find('%f[\\0]'), s:find('a\\0b', 1, true)",
        "a\0b\0", 4, "");
}

static void test_deep_patterns_are_too_complex_just_when_stock_says_so(void **state)
{
    (void)state;
    assert_same("return string.find(('a'):rep(300), ('a?'):rep(190))", "", 0, "");
    assert_same("return string.find(('a'):rep(300), ('a?'):rep(205))", "", 0, "");
    assert_same("return string.find('b', ('a?'):rep(250) .. 'b')", "", 0, "");
    assert_same("return string.find('b', ('a*'):rep(250) .. 'b')", "", 0, "");
    assert_same("return string.find('b', ('a-'):rep(250) .. 'b')", "", 0, "");
    assert_same("return string.find('b', ('(b'):rep(40))", "", 0, "");
    assert_same("return string.find(('b'):rep(40), ('(b)'):rep(32))", "", 0, "");
    assert_same("return #string.match(('a'):rep(100000), '.-b?$')", "", 0, "");
}

/* -- Calls with odd arguments ---------------------------------------------------------------- */

static const char *const calls[] = {
    "return string.find('abc', 'b', 10)",
    "return string.find('abc', '', 4), string.find('abc', '', 5)",
    "return string.find('abc', 'b', -10), string.find('abc', 'b', math.mininteger)",
    "return string.find(123, 2), string.match(1.5, '%.'), string.gsub(10, 0, 1)",
    "return string.find('a')",
    "return string.find({}, 'a')",
    "return string.gsub('abc', 'b')",
    "return string.gsub('abc', 'b', true)",
    "return string.gsub('abc', 'b', '%2')",
    "return string.gsub('abc', 'b', '%x')",
    "return string.gsub('abc', 'b', '%')",
    "return string.gsub('abc', '(b)()', '%2%1')",
    "return string.gsub('abc', '.', function() return {} end)",
    "return string.gsub('abc', '.', {b = {}})",
    "return string.gsub('abc', '.', {a = 1.5, b = false})",
    "return string.gsub('abc', '', '-')",
    "return string.gsub('abc', '', '-', 2), string.gsub('abc', '.', 'x', -1)",
    "return string.gsub('abc', '^a', 'x'), string.gsub('aaa', '^a', 'x')",
    "for k in string.gmatch('a,b', '^a') do return k end",
    "return string.rep('ab', 3), string.rep('ab', 3, '-'), string.rep('ab', 0), string.rep('', 9)",
    "return string.rep('a', -1, 'b'), string.rep('a', 1, 'bcd'), string.rep('', 3, ',')",
    "return string.upper('aZ{@1'), string.lower('aZ[@1'), string.reverse('abc'), #string.reverse('')",
    "return string.sub('hello', 2, -2), string.sub('hello', -100, 100), string.byte('abc', 1, -1)",
    "return string.char(104, 105)",
    "return string.char(256)",
    "return string.len('abc'), string.byte('', 1), string.byte('a', 0)",
    "return table.concat({1, 2.5, 'x'}, ', '), table.concat({}, 'x'), table.concat({1,2,3}, '-', 2, 3)",
    "return table.concat({1, {}, 3})",
    "return table.concat({1, 2, 3}, '-', 5, 3), table.concat({1}, '-', 1, 2)",
    "local t = {1, 2, 3} table.insert(t, 4) table.insert(t, 1, 0) return table.unpack(t)",
    "return table.insert({}, 5, 1)",
    "return table.insert({}, 1, 2, 3)",
    "return table.insert({})",
    "return table.insert(nil, 1)",
    "local t = {1, 2, 3} return table.remove(t), table.remove(t, 1), #t, table.remove({}), "
    "table.remove({}, 0)",
    "local t = {} return table.remove(t, #t)",
    "local t = {n = 0, [0] = 'z'} return table.remove(t, 0), t[0]",
    "return table.unpack({1, 2, 3}, 2), table.unpack({1, 2, 3}, -1, 1)",
    "return table.unpack({}, 1, 1e7)",
    "return table.unpack({}, math.mininteger, math.maxinteger)",
    "return table.unpack({}, math.maxinteger, math.maxinteger)",
    "return select('#', table.unpack({}, 1, 100))",
    "return table.unpack(table.move({1, 2, 3}, 1, 3, 2))",
    "return table.unpack(table.move({1, 2, 3}, 2, 3, 1))",
    "return table.unpack(table.move({1, 2, 3}, 1, 3, 1, {9}))",
    "return table.move({}, 1, math.maxinteger, 2)",
    "return table.move({}, 0, math.maxinteger, 2)",
    "return #table.move({1}, 1, 0, 5)",
    "return table.pack(1, nil, 3).n",
    "local t = {3, 1, 2} table.sort(t) return table.unpack(t)",
    "local t = {3, 1, 2} table.sort(t, function(a, b) return a > b end) return table.unpack(t)",
    "return table.sort({1, 'a'})",
    "return table.sort({1, 2}, 5)",
    "return select(-1, 1, 2, 3), select(2, 'a', 'b'), select('#')",
    "return select(0)",
    "return tonumber('0x10'), tonumber('z', 36), tonumber('  5  '), tonumber('1e1'), tonumber(0.1)",
    "return tonumber('nan'), tonumber({}), tonumber('8', 8)",
    "return tostring(1), tostring(1.0), tostring(-0.0), tostring(1e15), tostring(2^53), tostring(nil)",
    "return tostring()",
    "return pcall(error), pcall(error, nil), pcall(error, 'x', 0), select('#', pcall(error))",
    "return pcall(pcall), pcall(pcall, error, 1)",
    "return xpcall(function(...) return select('#', ...), ... end, print, 1, nil, 3)",
    "return xpcall(error, function(e) return e .. '!' end, 'x')",
    "return xpcall(function() error('a', 0) end, function(e) return e, 2 end)",
    "return xpcall()",
    "return xpcall(print)",
    "return setmetatable({}, 1)",
    "return setmetatable({})",
    "return pcall(setmetatable, setmetatable({}, {__metatable = 1}), {})",
    "return getmetatable(setmetatable({}, {__metatable = 'locked'}))",
    "local co = coroutine.wrap(function(a) local b = coroutine.yield(a + 1) return b * 2 end) "
    "return co(1), co(10), pcall(co)",
    "local co = coroutine.create(function() error('x', 0) end) return coroutine.resume(co), "
    "coroutine.status(co), coroutine.resume(co)",
    "local co = coroutine.create(function() error({}) end) return (coroutine.resume(co)), "
    "coroutine.status(co), (coroutine.close(co))",
    "return coroutine.resume(coroutine.running())",
    "return pcall(coroutine.close, coroutine.running())",
    "local co co = coroutine.create(function() return coroutine.resume(co) end) "
    "return coroutine.resume(co)",
    "local co = coroutine.create(function() coroutine.yield() end) coroutine.resume(co) "
    "return coroutine.close(co), coroutine.status(co)",
    "return coroutine.isyieldable(), coroutine.status(coroutine.create(print))",
    "return coroutine.wrap(function() return pcall(function() coroutine.yield(1) error('e', 0) end) "
    "end)()",
    "local co = coroutine.wrap(function() return pcall(function() coroutine.yield(1) error('e', 0) "
    "end) end) co() return co()",
    "local co = coroutine.wrap(function() return xpcall(function() coroutine.yield(1) error('e', 0) "
    "end, function(m) return m .. '?' end) end) co() return co()",
    "return coroutine.resume(1)",
    "return coroutine.create(1)",
    "return math.floor(2.7), math.max(1, 2.5), math.fmod(-7, 3), math.ult(1, -1), math.type(1)",
    "return utf8.char(228, 8364), utf8.len('äö'), utf8.codepoint('äö', 1, -1), utf8.offset('äö', 2)",
    "return utf8.len('\\xff'), utf8.offset('abc', -1), utf8.offset('abc', 9)",
    "local n = 0 for p, c in utf8.codes('aä€') do n = n * 1000 + c end return n",
    "local t = {} for i, v in ipairs({1, 2, nil, 4}) do t[#t + 1] = v end return #t",
    "return string.pack('<i4', 100):byte(1, -1)",
    "return string.unpack('<i4', string.pack('<i4', -2)), string.packsize('<i4i8'), "
    "string.pack('>s2', 'ab'), string.unpack('z', 'hi\\0x')",
    "return string.pack('i17', 1)",
    "return '10' + 5, '3' * '4', 10 .. 20, -'2', '7' // 2, '7' % '4', '2' ^ 2",
    "return 'a' + 1",
    "goto done do return 1 end ::done:: return 7 // 2, 7 / 2, 1 << 4, 3 & 6, ~0, 5 ~ 3",
};

static void test_library_calls_do_as_in_stock_lua(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(calls); i++) {
        assert_same(calls[i], "", 0, "");
    }
}

/* -- format ---------------------------------------------------------------------------------- */

static const char *const values[] = {
    "0",
    "1",
    "-1",
    "65",
    "255",
    "3.5",
    "-0.0",
    "1e300",
    "1e-300",
    "123456.789",
    "'text'",
    "''",
    "'12'",
    "nil",
    "true",
    "2^53",
    "math.maxinteger",
    "math.mininteger",
    "'a\\0b'",
    "'quo\"te\\n'",
    "1/3",
    "('long'):rep(50)",
};

static void test_formats_are_as_in_stock_lua(void **state)
{
    (void)state;
    static const char letters[] = "aAcdeEfgGioqsuxX%zFyn";
    static const char *const flags[] = { "",  "",   "-",  "+",  "0",  " ",
                                         "#", "-+", "+0", "- ", "#0", "------" };
    static const char *const sizes[] = { "",   "",    "5",   "20",   "99",    "100", ".0",
                                         ".3", "8.3", ".99", ".100", "99.99", "." };
    for (int i = 0; i < RANDOM_CASES; i++) {
        char chunk[256];
        snprintf(chunk, sizeof(chunk),
                 "local ok, text = pcall(string.format, '<%%%s%s%c>', %s) "
                 "return ok, ok and text", /* stock checks arguments before modifiers */
                 flags[draw(COUNT_OF(flags))], sizes[draw(COUNT_OF(sizes))],
                 letters[draw(sizeof(letters) - 1)], values[draw(COUNT_OF(values))]);
        assert_same(chunk, "", 0, "");
    }
    assert_same("return string.format('%d')", "", 0, "");
    assert_same("return string.format('%')", "", 0, "");
    assert_same("return string.format('%5')", "", 0, "");
    assert_same("return string.format('%d %s', 1.5, 1)", "", 0, "");
    assert_same("return string.format('%s %s %%', 1, 2.5)", "", 0, "");
    assert_same(
        "return string.format('%s', setmetatable({}, {__tostring = function() return 1 end}))", "",
        0, "");
    assert_same(
        "return string.format('%q', 0/0), string.format('%q', 1/0), string.format('%q', {})", "", 0,
        "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_known_patterns_match_as_in_stock_lua),
        cmocka_unit_test(test_random_patterns_match_as_in_stock_lua),
        cmocka_unit_test(test_zeros_in_texts_are_ordinary_bytes),
        cmocka_unit_test(test_deep_patterns_are_too_complex_just_when_stock_says_so),
        cmocka_unit_test(test_library_calls_do_as_in_stock_lua),
        cmocka_unit_test(test_formats_are_as_in_stock_lua),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
