/* math: random numbers come from the simulator's tape, and what C libraries disagree on is left out.
 *
 * sin, cos, tan, asin, acos, atan, exp and log differ in the last bit between C libraries; sqrt and
 * fmod are exact everywhere.  The operator ^ calls pow() and cannot be closed: x^2 and x^0.5 are
 * safe, others may differ between platforms (never between runs on one). */
#include "sim/lua/sandbox_private.h"

#include <lauxlib.h>
#include <lualib.h>

enum { FLOAT_BITS = 53 };

static uint64_t outcome(lua_State *L, uint64_t max)
{
    const struct sandbox *box = sandbox_of(L);
    if (box->config.random_outcome == NULL) {
        luaL_error(L, "math.random has no source of randomness here");
        return 0; /* not reached */
    }
    return box->config.random_outcome(box->config.context, max);
}

static int random_in_range(lua_State *L, lua_Integer low, lua_Integer high)
{
    luaL_argcheck(L, low <= high, lua_gettop(L), "interval is empty");
    const uint64_t width = (uint64_t)high - (uint64_t)low;
    const uint64_t chosen = (uint64_t)low + outcome(L, width); /* modulo 2^64 */
    lua_pushinteger(L, (lua_Integer)chosen);
    return 1;
}

static int math_random(lua_State *L)
{
    switch (lua_gettop(L)) {
    case 0:
        lua_pushnumber(L, (lua_Number)outcome(L, (UINT64_C(1) << FLOAT_BITS) - 1) /
                              (lua_Number)(UINT64_C(1) << FLOAT_BITS));
        return 1;
    case 1:
        if (luaL_checkinteger(L, 1) == 0) {
            lua_pushinteger(L, (lua_Integer)outcome(L, UINT64_MAX));
            return 1;
        }
        return random_in_range(L, 1, luaL_checkinteger(L, 1));
    case 2:
        return random_in_range(L, luaL_checkinteger(L, 1), luaL_checkinteger(L, 2));
    default:
        return luaL_error(L, "wrong number of arguments");
    }
}

static int math_randomseed(lua_State *L)
{
    return luaL_error(L, "math.randomseed is not available: math.random draws from the run's own "
                         "seed, which --seed sets");
}

void math_open(lua_State *L)
{
    static const char *const stock[] = { "abs",  "ceil",       "floor",      "fmod", "max", "min",
                                         "modf", "sqrt",       "tointeger",  "type", "ult", "huge",
                                         "pi",   "maxinteger", "mininteger", NULL };
    static const luaL_Reg own[] = { { "random", math_random },
                                    { "randomseed", math_randomseed },
                                    { NULL, NULL } };
    lua_newtable(L);
    library_push_stock(L, luaopen_math);
    library_copy(L, stock);
    lua_pop(L, 1);
    luaL_setfuncs(L, own, 0);
    lua_setfield(L, -2, "math");
}

/* -- utf8 ------------------------------------------------------------------------------------ */

/* utf8.offset walks at most as many characters as it is told to. */
static int utf8_offset(lua_State *L)
{
    const lua_Integer count = luaL_checkinteger(L, 2);
    const uint64_t steps = count < 0 ? 0 - (uint64_t)count : (uint64_t)count;
    const uint64_t length = lua_rawlen(L, 1);
    limit_charge(L, steps < length ? steps : length, 1);
    return lua_tocfunction(L, lua_upvalueindex(1))(L);
}

void utf8_open(lua_State *L)
{
    static const char *const stock[] = { "charpattern", "codes", NULL };
    static const char *const charging[] = { "char", "len", NULL };
    static const char *const charging_results[] = { "codepoint", NULL };
    lua_newtable(L);
    library_push_stock(L, luaopen_utf8);
    library_copy(L, stock);
    library_copy_charging_arguments(L, charging);
    library_copy_charging_results(L, charging_results, true);
    lua_getfield(L, -1, "offset");
    lua_pushcclosure(L, utf8_offset, 1);
    lua_setfield(L, -3, "offset");
    lua_pop(L, 1);
    lua_setfield(L, -2, "utf8");
}
