/* One test for every known way in which stock Lua differs from run to run. */
#include "tests/unit/test_sandbox_fixture.h"

#include <lauxlib.h>

#define CLAIM(name, script, expected)    \
    static void name(void **state)       \
    {                                    \
        (void)state;                     \
        assert_prints(script, expected); \
    }

#define REFUSAL(name, script, fragment) \
    static void name(void **state)      \
    {                                   \
        (void)state;                    \
        assert_fails(script, fragment); \
    }

/* -- pairs and next -------------------------------------------------------------------------- */

CLAIM(test_pairs_visits_string_keys_in_order,
      "for k in pairs{pear=1, fig=1, apple=1, kiwi=1, ['']=1, Zoo=1, ['fi']=1, quince=1} do "
      "print(k) end",
      "\nZoo\napple\nfi\nfig\nkiwi\npear\nquince\n")

CLAIM(test_pairs_visits_numbers_then_strings_then_booleans,
      "local t = {[true]=1, [false]=1, b=1, a=1, [3]=1, [1]=1, [-7]=1, [2.5]=1, [1e300]=1,"
      "[math.maxinteger]=1, [-math.huge]=1}\n"
      "for k in pairs(t) do print(k) end",
      "-inf\n-7\n1\n2.5\n3\n9223372036854775807\n1e+300\na\nb\nfalse\ntrue\n")

CLAIM(test_pairs_compares_integers_with_floats_exactly,
      "local t = {[math.maxinteger]=1, [2.0^63]=2, [math.maxinteger-1]=3, [0.5]=4}\n"
      "for k, v in pairs(t) do print(v) end",
      "4\n3\n1\n2\n")

CLAIM(test_pairs_gives_keys_with_their_values_for_a_thousand_keys,
      "local t, last, n = {}, '', 0\n"
      "for i = 1, 1000 do t['k' .. i * 7919 % 1000] = i * 7919 % 1000 end\n"
      "for k, v in pairs(t) do assert(k > last and k == 'k' .. v); last = k; n = n + 1 end\n"
      "print(n)",
      "1000\n")

CLAIM(test_pairs_skips_keys_removed_meanwhile_and_misses_added_ones,
      "local t = {a=1, b=2, c=3}\n"
      "for k in pairs(t) do print(k); t.b = nil; t.zz = 1 end",
      "a\nc\n")

CLAIM(test_pairs_lets_values_be_cleared_while_it_walks,
      "local t = {a=1, b=2, c=3}\nfor k in pairs(t) do t[k] = nil end\nprint(next(t))", "nil\n")

CLAIM(test_pairs_honours_its_metamethod,
      "local t = setmetatable({}, {__pairs = function(t) return function(_, k) "
      "if not k then return 1, 2 end end, t, nil end})\n"
      "for k, v in pairs(t) do print(k, v) end",
      "1\t2\n")

CLAIM(
    test_pairs_metamethod_may_yield,
    "local t = setmetatable({}, {__pairs = function(t) coroutine.yield('y') return next, {a=1} end})"
    "local co = coroutine.wrap(function() for k, v in pairs(t) do print(k, v) end end)\n"
    "print(co()) co()",
    "y\na\t1\n")

REFUSAL(test_pairs_refuses_table_keys, "for k in pairs{[{}]=1} do end", "a table is a key")
REFUSAL(test_pairs_refuses_function_keys, "for k in pairs{[print]=1} do end", "a function is a key")
REFUSAL(test_pairs_of_no_table_says_so, "for k in pairs(nil) do end",
        "bad argument #1 to 'pairs' (table expected, got nil)")

CLAIM(test_pairs_orders_objects_by_their_order_metafield,
      "local M = {__order = function(o) return o.id end}\n"
      "local function new(id) return setmetatable({id = id}, M) end\n"
      "local t = {[new(3)]='c', [new(1)]='a', x=0, [new(2)]='b'}\n"
      "for _, v in pairs(t) do print(v) end",
      "0\na\nb\nc\n")

REFUSAL(test_pairs_refuses_two_objects_of_one_order,
        "local M = {__order = 5}\n"
        "for _ in pairs{[setmetatable({}, M)]=1, [setmetatable({}, M)]=2} do end",
        "two keys of this table have the same '__order'")

CLAIM(test_next_walks_in_the_order_of_pairs,
      "local t, k, v = {b=2, a=1, [1]=0, [true]=3}, nil, nil\n"
      "repeat k, v = next(t, k) print(k, v) until k == nil",
      "1\t0\na\t1\nb\t2\ntrue\t3\nnil\tnil\n")

CLAIM(test_next_ignores_extra_arguments, "print(next({}, nil, 'x'))", "nil\n")

static void test_sorted_keys_serve_the_host(void **state)
{
    (void)state;
    static struct fixture f;
    fixture_open(&f, 0, 0);
    lua_State *L = sandbox_state(f.box);
    lua_newtable(L);
    lua_pushboolean(L, 1);
    lua_setfield(L, -2, "b");
    lua_pushboolean(L, 1);
    lua_setfield(L, -2, "a");
    assert_int_equal(sandbox_push_sorted_keys(L, -1), 2);
    lua_rawgeti(L, -1, 1);
    assert_string_equal(lua_tostring(L, -1), "a");
    fixture_close(&f);
}

/* -- sort ------------------------------------------------------------------------------------ */

CLAIM(test_sort_keeps_ties_in_order,
      "local t = {}\nfor i = 1, 500 do t[i] = {key = i % 7, i = i} end\n"
      "table.sort(t, function(a, b) return a.key < b.key end)\n"
      "for i = 2, 500 do local a, b = t[i - 1], t[i]\n"
      "assert(a.key < b.key or (a.key == b.key and a.i < b.i)) end print('ok')",
      "ok\n")

CLAIM(test_sort_compares_equally_often_in_each_run,
      "local t, n = {}, 0\nfor i = 1, 3000 do t[i] = i * 7919 % 3001 end\n"
      "table.sort(t, function(a, b) n = n + 1 return a < b end)\n"
      "for i = 2, 3000 do assert(t[i - 1] <= t[i]) end print(n)",
      "34210\n")

CLAIM(test_sort_sorts_every_small_size,
      "for n = 0, 40 do local t = {}\nfor i = 1, n do t[i] = (i * 17 + n) % 23 end\n"
      "table.sort(t) for i = 2, n do assert(t[i - 1] <= t[i]) end assert(#t == n) end print('ok')",
      "ok\n")

CLAIM(test_sort_survives_a_comparison_that_contradicts_itself,
      "local t = {5, 3, 1, 4, 2}\ntable.sort(t, function() return true end)\nprint(#t)", "5\n")

CLAIM(test_sort_that_fails_leaves_the_table_alone,
      "local t = {3, 2, 'x', 1}\nprint((pcall(table.sort, t)), t[1], t[2], t[3], t[4])",
      "false\t3\t2\tx\t1\n")

/* -- Names of objects ------------------------------------------------------------------------ */

CLAIM(test_objects_have_serial_names,
      "local a, b = {}, {}\nprint(b) print(a) print(b) print(tostring(a), print)\n"
      "print(coroutine.create(print))",
      "table: 1\ntable: 2\ntable: 1\ntable: 2\tfunction: 1\nthread: 1\n")

CLAIM(test_format_shows_no_address,
      "local t = {}\nprint(string.format('%s %p %10s|', t, t, t), string.format('%p', 1))",
      "table: 1 table: 1   table: 1|\t1\n")

CLAIM(test_a_new_object_never_inherits_a_name,
      "local last = 0\nfor i = 1, 20000 do local n = tonumber(tostring({}):match('%d+'))\n"
      "assert(n == last + 1) last = n end print(last)",
      "20000\n")

CLAIM(test_name_and_tostring_metafields_count,
      "print(setmetatable({}, {__name = 'point'}), setmetatable({}, {__tostring = function() "
      "return 'me' end}))",
      "point: 1\tme\n")

/* -- Numbers --------------------------------------------------------------------------------- */

CLAIM(
    test_nan_has_no_sign,
    "local nan = 0/0\nprint(nan, -nan) print(tostring(-nan), string.format('%g %f|%5.1f|%-5g|%+g', "
    "nan, -nan, -nan, nan, nan), table.concat{nan, -nan}, ('%s'):format(-nan))\n"
    "print(string.len(-nan), string.upper(nan), string.rep(-nan, 2), string.find(-nan, 'n'))\n"
    "print((string.gsub('x', 'x', function() return -nan end)))",
    "nan\tnan\nnan\tnan nan|  nan|nan  |nan\tnannan\tnan\n3\tNAN\tnannan\t1\t1\nnan\n")

CLAIM(test_the_bits_of_nan_are_hidden,
      "local nan = 0/0\nprint(string.pack('d', nan) == string.pack('d', -nan))", "true\n")

CLAIM(test_infinities_have_one_spelling,
      "print(1/0, -1/0, string.format('%f %5.2f|%+g %e', 1/0, -1/0, 1/0, -1/0))",
      "inf\t-inf\tinf  -inf|+inf -inf\n")

CLAIM(test_pack_is_little_endian_with_fixed_sizes,
      "print(string.pack('I4', 1):byte(1, -1)) print(string.pack('=I2', 1):byte(1, -1))\n"
      "print(string.packsize('lLTj'), #string.pack('s', 'abc'), string.unpack('>I2', '\\1\\2'))",
      "1\t0\t0\t0\n1\t0\n32\t11\t258\t3\n")

CLAIM(test_random_numbers_come_from_the_tape,
      "print(math.random(6), math.random(6), math.random(10, 20), math.random(0))\n"
      "print(math.random() < 1e-14)",
      "1\t2\t12\t3\ntrue\n")

CLAIM(test_random_covers_the_widest_range,
      "print(math.random(math.mininteger, math.maxinteger) == math.mininteger)", "true\n")

REFUSAL(test_random_refuses_an_empty_interval, "math.random(3, 2)", "interval is empty")
REFUSAL(test_randomseed_points_to_the_seed_option, "math.randomseed(1)", "--seed")

CLAIM(test_functions_that_libms_disagree_on_are_gone,
      "print(math.sin, math.cos, math.tan, math.asin, math.acos, math.atan, math.exp, math.log, "
      "math.pow)\nprint(math.sqrt(2) == 1.4142135623730951, math.fmod(7, 3))",
      "nil\tnil\tnil\tnil\tnil\tnil\tnil\tnil\tnil\ntrue\t1\n")

/* -- Garbage --------------------------------------------------------------------------------- */

REFUSAL(test_finalizers_are_refused, "setmetatable({}, {__gc = function() end})",
        "'__gc' is not available")
REFUSAL(test_weak_tables_are_refused, "setmetatable({}, {__mode = 'k'})",
        "'__mode' is not available")

/* The weakness that setmetatable does not see must have no effect either. */
CLAIM(test_a_table_made_weak_later_stays_whole,
      "local mt = {}\nlocal weak = setmetatable({}, mt)\nmt.__mode = 'kv'\n"
      "for i = 1, 100 do weak[i] = {} end\n"
      "local junk\nfor i = 1, 400000 do junk = {i, i, i, i} end\n"
      "local n = 0\nfor i = 1, 100 do n = n + (weak[i] and 1 or 0) end\nprint(n, mt.__mode)",
      "100\tkv\n")

CLAIM(
    test_a_finalizer_added_later_never_runs,
    "local mt = {}\nfor i = 1, 100 do setmetatable({}, mt) end\nmt.__gc = function() print 'gc' end\n"
    "local junk\nfor i = 1, 400000 do junk = {i, i, i, i} end print('end')",
    "end\n")

/* -- The environment ------------------------------------------------------------------------- */

CLAIM(
    test_the_environment_is_what_it_should_be,
    "local function list(t) local n = {}\nfor k in pairs(t) do n[#n + 1] = k end\n"
    "return table.concat(n, ' ') end\nprint(list(_G)) print(list(string)) print(list(table))\n"
    "print(list(math)) print(list(coroutine)) print(list(utf8)) print(_G == _G._G, _VERSION)",
    "_G _VERSION assert coroutine error getmetatable ipairs math next pairs pcall print rawequal "
    "rawget rawlen rawset require select setmetatable string table tonumber tostring type utf8 "
    "xpcall\n"
    "byte char find format gmatch gsub len lower match pack packsize rep reverse sub unpack upper\n"
    "concat insert move pack remove sort unpack\n"
    "abs ceil floor fmod huge max maxinteger min mininteger modf pi random randomseed sqrt "
    "tointeger type ult\n"
    "close create isyieldable resume running status wrap yield\n"
    "char charpattern codepoint codes len offset\n"
    "true\tLua 5.4\n")

CLAIM(test_the_metatable_of_strings_is_hidden,
      "print(getmetatable(''), pcall(setmetatable, '', {}))",
      "false\tfalse\tbad argument #1 to '?' (table expected, got string)\n")

CLAIM(test_string_methods_are_the_safe_ones,
      "print(('x').dump, ('x').rep == string.rep, ('ab'):find('b'), ('10') + 5, -'2', '3' * '4')",
      "nil\ttrue\t2\t15\t-2\t12\n")

static void test_two_runs_print_the_same(void **state)
{
    (void)state;
    static const char script[] =
        "local t = {}\nfor i = 1, 300 do t['k' .. i * 7919 % 1009] = {} end\n"
        "for k, v in pairs(t) do print(k, v, next(t, k)) end\n"
        "print(string.format('%p %s', print, t), math.random(100), _G)";
    static struct fixture first, second;
    fixture_open(&first, 0, 0);
    fixture_open(&second, 0, 0);
    assert_int_equal(fixture_run(&first, script), SANDBOX_OK);
    assert_int_equal(fixture_run(&second, script), SANDBOX_OK);
    assert_string_equal(first.output, second.output);
    assert_int_equal(sandbox_steps(first.box), sandbox_steps(second.box));
    fixture_close(&first);
    fixture_close(&second);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pairs_visits_string_keys_in_order),
        cmocka_unit_test(test_pairs_visits_numbers_then_strings_then_booleans),
        cmocka_unit_test(test_pairs_compares_integers_with_floats_exactly),
        cmocka_unit_test(test_pairs_gives_keys_with_their_values_for_a_thousand_keys),
        cmocka_unit_test(test_pairs_skips_keys_removed_meanwhile_and_misses_added_ones),
        cmocka_unit_test(test_pairs_lets_values_be_cleared_while_it_walks),
        cmocka_unit_test(test_pairs_honours_its_metamethod),
        cmocka_unit_test(test_pairs_metamethod_may_yield),
        cmocka_unit_test(test_pairs_refuses_table_keys),
        cmocka_unit_test(test_pairs_refuses_function_keys),
        cmocka_unit_test(test_pairs_of_no_table_says_so),
        cmocka_unit_test(test_pairs_orders_objects_by_their_order_metafield),
        cmocka_unit_test(test_pairs_refuses_two_objects_of_one_order),
        cmocka_unit_test(test_next_walks_in_the_order_of_pairs),
        cmocka_unit_test(test_next_ignores_extra_arguments),
        cmocka_unit_test(test_sorted_keys_serve_the_host),
        cmocka_unit_test(test_sort_keeps_ties_in_order),
        cmocka_unit_test(test_sort_compares_equally_often_in_each_run),
        cmocka_unit_test(test_sort_sorts_every_small_size),
        cmocka_unit_test(test_sort_survives_a_comparison_that_contradicts_itself),
        cmocka_unit_test(test_sort_that_fails_leaves_the_table_alone),
        cmocka_unit_test(test_objects_have_serial_names),
        cmocka_unit_test(test_format_shows_no_address),
        cmocka_unit_test(test_a_new_object_never_inherits_a_name),
        cmocka_unit_test(test_name_and_tostring_metafields_count),
        cmocka_unit_test(test_nan_has_no_sign),
        cmocka_unit_test(test_the_bits_of_nan_are_hidden),
        cmocka_unit_test(test_infinities_have_one_spelling),
        cmocka_unit_test(test_pack_is_little_endian_with_fixed_sizes),
        cmocka_unit_test(test_random_numbers_come_from_the_tape),
        cmocka_unit_test(test_random_covers_the_widest_range),
        cmocka_unit_test(test_random_refuses_an_empty_interval),
        cmocka_unit_test(test_randomseed_points_to_the_seed_option),
        cmocka_unit_test(test_functions_that_libms_disagree_on_are_gone),
        cmocka_unit_test(test_finalizers_are_refused),
        cmocka_unit_test(test_weak_tables_are_refused),
        cmocka_unit_test(test_a_table_made_weak_later_stays_whole),
        cmocka_unit_test(test_a_finalizer_added_later_never_runs),
        cmocka_unit_test(test_the_environment_is_what_it_should_be),
        cmocka_unit_test(test_the_metatable_of_strings_is_hidden),
        cmocka_unit_test(test_string_methods_are_the_safe_ones),
        cmocka_unit_test(test_two_runs_print_the_same),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
