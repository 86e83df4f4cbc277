/* table.sort: a stable merge sort, so that ties and the number of comparisons do not depend on the
 * run.  It sorts a copy: a comparison that fails leaves the table as it was, and one that
 * contradicts itself gives some order, never an error. */
#include "sim/lua/sandbox_private.h"

#include <lauxlib.h>
#include <limits.h>

enum { STEPS_PER_MOVE = 4 }; /* with the comparison, if it is Lua's own */

enum { SORT_TABLE = 1, SORT_LESS, SORT_FROM, SORT_TO };

/* Whether from[a] < from[b] by the script's function or by `<`. */
static bool is_less(lua_State *L, int from, lua_Integer a, lua_Integer b)
{
    if (lua_isnil(L, SORT_LESS)) {
        lua_rawgeti(L, from, a);
        lua_rawgeti(L, from, b);
        const bool less = lua_compare(L, -2, -1, LUA_OPLT);
        lua_pop(L, 2);
        return less;
    }
    lua_pushvalue(L, SORT_LESS);
    lua_rawgeti(L, from, a);
    lua_rawgeti(L, from, b);
    lua_call(L, 2, 1);
    const bool less = lua_toboolean(L, -1);
    lua_pop(L, 1);
    return less;
}

static void move_item(lua_State *L, int from, lua_Integer source, int to, lua_Integer target)
{
    lua_rawgeti(L, from, source);
    lua_rawseti(L, to, target);
}

/* Merge from[start..middle) and from[middle..end) to the same places of `to`. */
static void merge(lua_State *L, int from, int to, lua_Integer start, lua_Integer middle,
                  lua_Integer end)
{
    lua_Integer left = start, right = middle;
    const bool in_order = middle >= end || !is_less(L, from, middle, middle - 1);
    for (lua_Integer i = start; i < end; i++) {
        const bool take_right =
            left >= middle || (right < end && !in_order && is_less(L, from, right, left));
        if (take_right) {
            move_item(L, from, right++, to, i);
        } else {
            move_item(L, from, left++, to, i);
        }
    }
}

static lua_Integer at_most(lua_Integer value, lua_Integer bound)
{
    return value < bound ? value : bound;
}

/* Sort the array SORT_FROM; return the index of the array that then holds the result. */
static int merge_sort(lua_State *L, lua_Integer count)
{
    int from = SORT_FROM, to = SORT_TO;
    for (lua_Integer run = 1; run < count; run *= 2) {
        limit_charge(L, (uint64_t)count * STEPS_PER_MOVE, 1);
        for (lua_Integer start = 1; start <= count; start += 2 * run) {
            merge(L, from, to, start, at_most(start + run, count + 1),
                  at_most(start + 2 * run, count + 1));
        }
        const int swap = from;
        from = to;
        to = swap;
    }
    return from;
}

int table_sort(lua_State *L)
{
    luaL_checktype(L, SORT_TABLE, LUA_TTABLE);
    const lua_Integer count = luaL_len(L, SORT_TABLE);
    if (count < 2) {
        return 0;
    }
    luaL_argcheck(L, count < INT_MAX, SORT_TABLE, "array too big");
    if (!lua_isnoneornil(L, SORT_LESS)) {
        luaL_checktype(L, SORT_LESS, LUA_TFUNCTION);
    }
    limit_charge(L, (uint64_t)count * 2, 1);
    lua_settop(L, SORT_LESS);
    lua_createtable(L, (int)count, 0);
    lua_createtable(L, (int)count, 0);
    for (lua_Integer i = 1; i <= count; i++) {
        lua_geti(L, SORT_TABLE, i);
        lua_rawseti(L, SORT_FROM, i);
    }
    const int sorted = merge_sort(L, count);
    for (lua_Integer i = 1; i <= count; i++) {
        lua_rawgeti(L, sorted, i);
        lua_seti(L, SORT_TABLE, i);
    }
    return 0;
}
