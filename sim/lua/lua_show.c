/* Values in the messages of expectations. Read lua_show.h first. */
#include "sim/lua/lua_show.h"

#include "sim/lua/sandbox.h"

#include <lauxlib.h>
#include <string.h>

enum { TEXT_SHOWN = 48, ITEMS_SHOWN = 8, DEPTH_SHOWN = 2, DEPTH_COMPARED = 16 };

/* ---- showing -------------------------------------------------------------------------------- */

static void push_quoted(lua_State *L, const char *text, size_t length)
{
    luaL_Buffer out;
    luaL_buffinit(L, &out);
    luaL_addchar(&out, '"');
    for (size_t i = 0; i < length && i < TEXT_SHOWN; i++) {
        const char c = text[i];
        if (c == '\n' || c == '\r') {
            luaL_addstring(&out, c == '\n' ? "\\n" : "\\r");
        } else if (c == '"' || c == '\\') {
            luaL_addchar(&out, '\\');
            luaL_addchar(&out, c);
        } else {
            luaL_addchar(&out, (unsigned char)c < ' ' || c == 0x7f ? '?' : c);
        }
    }
    luaL_addstring(&out, length > TEXT_SHOWN ? "...\"" : "\"");
    luaL_pushresult(&out);
    if (length > TEXT_SHOWN) {
        lua_pushfstring(L, "%s (%I bytes)", lua_tostring(L, -1), (LUAI_UACINT)length);
        lua_replace(L, -2);
    }
}

static void push_value(lua_State *L, int index, int depth);

/* Push "name = " for a key that is no position in the list. */
static void push_key(lua_State *L, int key, lua_Integer position)
{
    if (lua_isinteger(L, key) && lua_tointeger(L, key) == position) {
        lua_pushliteral(L, "");
    } else if (lua_type(L, key) == LUA_TSTRING) {
        lua_pushfstring(L, "%s = ", lua_tostring(L, key));
    } else {
        lua_pushfstring(L, "[%s] = ", sandbox_tostring(L, key, NULL));
        lua_remove(L, -2);
    }
}

/* Push "{ 1, 2, x = 3 }". */
static void push_table(lua_State *L, int table, int depth)
{
    const lua_Integer count = sandbox_push_sorted_keys(L, table);
    const int keys = lua_gettop(L);
    lua_pushliteral(L, "{");
    for (lua_Integer i = 1; i <= count && i <= ITEMS_SHOWN; i++) {
        lua_pushstring(L, i > 1 ? ", " : " ");
        lua_rawgeti(L, keys, i);
        push_key(L, lua_gettop(L), i);
        lua_insert(L, -2);
        lua_rawget(L, table);
        push_value(L, lua_gettop(L), depth + 1);
        lua_remove(L, -2);
        lua_concat(L, 4);
    }
    lua_pushstring(L, count > ITEMS_SHOWN ? ", ... }" : count > 0 ? " }" : "}");
    lua_concat(L, 2);
    lua_remove(L, keys);
}

static void push_value(lua_State *L, int index, int depth)
{
    luaL_checkstack(L, 12, NULL);
    if (lua_type(L, index) == LUA_TSTRING) {
        size_t length;
        const char *text = lua_tolstring(L, index, &length);
        push_quoted(L, text, length);
    } else if (lua_istable(L, index) && depth < DEPTH_SHOWN) {
        push_table(L, index, depth);
    } else {
        sandbox_tostring(L, index, NULL);
    }
}

const char *show_push(lua_State *L, int index)
{
    push_value(L, lua_absindex(L, index), 0);
    return lua_tostring(L, -1);
}

/* ---- comparing ------------------------------------------------------------------------------ */

static bool equal(lua_State *L, int a, int b, int depth);

/* Whether table `b` has, for each key of `a`, an equal value. */
static bool contains(lua_State *L, int a, int b, int depth, size_t *count)
{
    bool same = true;
    const int top = lua_gettop(L);
    *count = 0;
    lua_pushnil(L);
    while (same && lua_next(L, a) != 0) {
        lua_pushvalue(L, -2);
        lua_rawget(L, b);
        same = equal(L, top + 2, top + 3, depth + 1);
        lua_settop(L, top + 1);
        ++*count;
    }
    lua_settop(L, top);
    return same;
}

static size_t count_keys(lua_State *L, int table)
{
    size_t count = 0;
    for (lua_pushnil(L); lua_next(L, table) != 0; lua_pop(L, 1)) {
        count++;
    }
    return count;
}

static bool equal(lua_State *L, int a, int b, int depth)
{
    size_t count;
    luaL_checkstack(L, 8, NULL);
    if (lua_compare(L, a, b, LUA_OPEQ)) {
        return true;
    }
    return lua_istable(L, a) && lua_istable(L, b) && depth < DEPTH_COMPARED &&
           contains(L, a, b, depth, &count) && count_keys(L, b) == count;
}

bool show_equal(lua_State *L, int a, int b)
{
    return equal(L, lua_absindex(L, a), lua_absindex(L, b), 0);
}
