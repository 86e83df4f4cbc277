/* How parts of the environment take over functions of the stock libraries.
 *
 * A stock function runs in the frame of its wrapper, so its messages name the right function and
 * argument.  (Where a call has no name, as in pcall(string.rep), Lua would search package.loaded for
 * one, in the order of a hash; there is none here, so the message says '?'.)  Functions whose work depends on values that only they see are written anew instead. */
#include "sim/lua/sandbox_private.h"

#include <lauxlib.h>

enum { CALL_STEPS = 4, BYTES_PER_STEP = 16, RESULTS_PER_STEP = 4 };

void library_push_stock(lua_State *L, lua_CFunction opener)
{
    lua_pushcfunction(L, opener);
    lua_call(L, 0, 1);
}

/* The sum of the lengths of string arguments, and their number. */
static uint64_t arguments_size(lua_State *L)
{
    const int count = lua_gettop(L);
    uint64_t size = (uint64_t)count;
    for (int arg = 1; arg <= count; arg++) {
        size += lua_type(L, arg) == LUA_TSTRING ? lua_rawlen(L, arg) : 0;
    }
    return size;
}

static int call_stock(lua_State *L)
{
    return lua_tocfunction(L, lua_upvalueindex(1))(L);
}

/* The subject of a string function may be a number, and a NaN must not become "-nan". */
static void make_text_of_subject(lua_State *L)
{
    if (lua_type(L, 1) == LUA_TNUMBER) {
        text_push_number(L, 1);
        lua_replace(L, 1);
    }
}

static int charging_arguments(lua_State *L)
{
    limit_charge(L, arguments_size(L) + CALL_STEPS * BYTES_PER_STEP, BYTES_PER_STEP);
    return call_stock(L);
}

static int charging_results(lua_State *L)
{
    if (lua_toboolean(L, lua_upvalueindex(2))) {
        make_text_of_subject(L);
    }
    const int results = call_stock(L);
    uint64_t size = (uint64_t)results;
    for (int i = 1; i <= results; i++) {
        size += lua_type(L, -i) == LUA_TSTRING ? lua_rawlen(L, -i) : 0;
    }
    limit_charge(L, size + CALL_STEPS * RESULTS_PER_STEP, RESULTS_PER_STEP);
    return results;
}

void library_charge_arguments(lua_State *L)
{
    lua_pushcclosure(L, charging_arguments, 1);
}

void library_copy(lua_State *L, const char *const *names)
{
    for (; *names != NULL; names++) {
        lua_getfield(L, -1, *names);
        lua_setfield(L, -3, *names);
    }
}

void library_copy_charging_arguments(lua_State *L, const char *const *names)
{
    for (; *names != NULL; names++) {
        lua_getfield(L, -1, *names);
        library_charge_arguments(L);
        lua_setfield(L, -3, *names);
    }
}

void library_copy_charging_results(lua_State *L, const char *const *names, bool subject_is_text)
{
    for (; *names != NULL; names++) {
        lua_getfield(L, -1, *names);
        lua_pushboolean(L, subject_is_text);
        lua_pushcclosure(L, charging_results, 2);
        lua_setfield(L, -3, *names);
    }
}
