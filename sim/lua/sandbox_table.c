/* The table library, charged by the number of items that a call touches.
 *
 * The functions are written anew, since the work of Lua's own depends on lengths that a __len
 * metamethod may give differently each time it is asked. */
#include "sim/lua/sandbox_private.h"

#include <lauxlib.h>
#include <limits.h>
#include <lualib.h>

enum { ITEMS_PER_STEP = 1, CONCAT_STEPS = 10, STEPS_PER_TEXT = 4, STEPS_PER_NUMBER = 40 };

/* Tables, and what behaves like one. */
static void check_table_like(lua_State *L, int arg)
{
    if (lua_type(L, arg) == LUA_TTABLE) {
        return;
    }
    if (luaL_getmetafield(L, arg, "__index") == LUA_TNIL) {
        luaL_checktype(L, arg, LUA_TTABLE);
    }
    lua_pop(L, 1);
}

/* Items in first..last; 0 when empty.  Exact even where last - first overflows. */
static uint64_t span(lua_Integer first, lua_Integer last)
{
    return first > last ? 0 : (uint64_t)last - (uint64_t)first + 1;
}

static void charge_items(lua_State *L, uint64_t count)
{
    limit_charge(L, count, ITEMS_PER_STEP);
}

static int table_insert(lua_State *L)
{
    check_table_like(L, 1);
    const lua_Integer end = (lua_Integer)((lua_Unsigned)luaL_len(L, 1) + 1);
    lua_Integer position = end;
    if (lua_gettop(L) == 3) {
        position = luaL_checkinteger(L, 2);
        luaL_argcheck(L, (lua_Unsigned)position - 1u < (lua_Unsigned)end, 2,
                      "position out of bounds");
        charge_items(L, span(position, end));
        for (lua_Integer i = end; i > position; i--) {
            lua_geti(L, 1, i - 1);
            lua_seti(L, 1, i);
        }
    } else if (lua_gettop(L) != 2) {
        return luaL_error(L, "wrong number of arguments to 'insert'");
    }
    lua_seti(L, 1, position);
    return 0;
}

static int table_remove(lua_State *L)
{
    check_table_like(L, 1);
    const lua_Integer size = luaL_len(L, 1);
    lua_Integer position = luaL_optinteger(L, 2, size);
    if (position != size) {
        luaL_argcheck(L, (lua_Unsigned)position - 1u <= (lua_Unsigned)size, 2,
                      "position out of bounds");
    }
    charge_items(L, span(position, size));
    lua_geti(L, 1, position);
    for (; position < size; position++) {
        lua_geti(L, 1, position + 1);
        lua_seti(L, 1, position);
    }
    lua_pushnil(L);
    lua_seti(L, 1, position);
    return 1;
}

static int table_move(lua_State *L)
{
    const lua_Integer first = luaL_checkinteger(L, 2);
    const lua_Integer last = luaL_checkinteger(L, 3);
    const lua_Integer to = luaL_checkinteger(L, 4);
    const int target = lua_isnoneornil(L, 5) ? 1 : 5;
    check_table_like(L, 1);
    check_table_like(L, target);
    if (last >= first) {
        luaL_argcheck(L, first > 0 || last < LUA_MAXINTEGER + first, 3,
                      "too many elements to move");
        const lua_Integer count = last - first + 1;
        luaL_argcheck(L, to <= LUA_MAXINTEGER - count + 1, 4, "destination wrap around");
        charge_items(L, (uint64_t)count);
        const bool rising =
            to > last || to <= first || (target != 1 && !lua_compare(L, 1, target, LUA_OPEQ));
        for (lua_Integer i = 0; i < count; i++) {
            const lua_Integer offset = rising ? i : count - 1 - i;
            lua_geti(L, 1, first + offset);
            lua_seti(L, target, to + offset);
        }
    }
    lua_pushvalue(L, target);
    return 1;
}

static void add_item(lua_State *L, luaL_Buffer *text, lua_Integer i)
{
    lua_geti(L, 1, i);
    if (lua_type(L, -1) == LUA_TNUMBER) {
        sandbox_charge(sandbox_of(L), L, STEPS_PER_NUMBER);
        text_push_number(L, -1);
        lua_remove(L, -2);
    } else if (lua_type(L, -1) != LUA_TSTRING) {
        luaL_error(L, "invalid value (%s) at index %I in table for 'concat'", luaL_typename(L, -1),
                   (LUAI_UACINT)i);
    }
    luaL_addvalue(text);
}

static int table_concat(lua_State *L)
{
    check_table_like(L, 1);
    const lua_Integer size = luaL_len(L, 1);
    size_t separator_length;
    const char *separator = luaL_optlstring(L, 2, "", &separator_length);
    lua_Integer i = luaL_optinteger(L, 3, 1);
    const lua_Integer last = luaL_optinteger(L, 4, size);
    luaL_Buffer text;
    sandbox_charge(sandbox_of(L), L, CONCAT_STEPS);
    charge_items(L, span(i, last) * STEPS_PER_TEXT);
    luaL_buffinit(L, &text);
    for (; i < last; i++) {
        add_item(L, &text, i);
        luaL_addlstring(&text, separator, separator_length);
    }
    if (i == last) {
        add_item(L, &text, i);
    }
    luaL_pushresult(&text);
    return 1;
}

static int table_unpack(lua_State *L)
{
    const lua_Integer first = luaL_optinteger(L, 2, 1);
    const lua_Integer last = lua_isnoneornil(L, 3) ? luaL_len(L, 1) : luaL_checkinteger(L, 3);
    const uint64_t count = span(first, last);
    const bool wraps = first <= last && count == 0; /* all 2^64 integers */
    if (wraps || count >= INT_MAX || !lua_checkstack(L, (int)count)) {
        return luaL_error(L, "too many results to unpack");
    }
    charge_items(L, count);
    for (uint64_t i = 0; i < count; i++) {
        lua_geti(L, 1, (lua_Integer)((lua_Unsigned)first + i));
    }
    return (int)count;
}

void table_open(lua_State *L)
{
    static const char *const charging[] = { "pack", NULL };
    static const luaL_Reg own[] = { { "concat", table_concat },
                                    { "insert", table_insert },
                                    { "move", table_move },
                                    { "remove", table_remove },
                                    { "sort", table_sort },
                                    { "unpack", table_unpack },
                                    { NULL, NULL } };
    lua_newtable(L);
    library_push_stock(L, luaopen_table);
    library_copy_charging_arguments(L, charging);
    lua_pop(L, 1);
    luaL_setfuncs(L, own, 0);
    lua_setfield(L, -2, "table");
}
