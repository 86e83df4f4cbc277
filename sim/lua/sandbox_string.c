/* The string library: bounded, charged, without addresses and without string.dump.
 *
 * pack and unpack are little-endian with C's sizes of a 64-bit machine unless the format says
 * otherwise, so that the bytes do not depend on the machine. */
#include "sim/lua/sandbox_private.h"

#include <lauxlib.h>
#include <lualib.h>
#include <string.h>

/* -- rep ------------------------------------------------------------------------------------- */

static int string_rep(lua_State *L)
{
    size_t length, separator_length;
    const char *text = text_check(L, 1, &length);
    const lua_Integer count = luaL_checkinteger(L, 2);
    const char *separator = luaL_optlstring(L, 3, "", &separator_length);
    struct sandbox *box = sandbox_of(L);
    const size_t item = length + separator_length;
    if (count <= 0 || item == 0) {
        lua_pushliteral(L, "");
        return 1;
    }
    if ((uint64_t)count > box->config.memory_limit_bytes / item) {
        return limit_raise(box, L, SANDBOX_KIND_MEMORY);
    }
    const size_t total = item * (size_t)count - separator_length;
    limit_charge(L, total / 16 + (uint64_t)count / 2, 1);
    luaL_Buffer result;
    limit_make_room(L, total);
    char *at = luaL_buffinitsize(L, &result, total);
    for (lua_Integer i = 0; i < count; i++) {
        memcpy(at, text, length);
        at += length;
        if (i + 1 < count && separator_length > 0) {
            memcpy(at, separator, separator_length);
            at += separator_length;
        }
    }
    luaL_pushresultsize(&result, total);
    return 1;
}

/* -- Letters --------------------------------------------------------------------------------- */

/* ASCII only, whatever the locale.  `shift` leads from the letters first..first + 25 to the others. */
static int map_letters(lua_State *L, char first, int shift)
{
    size_t length;
    const char *text = text_check(L, 1, &length);
    luaL_Buffer result;
    limit_charge(L, length, 8);
    char *at = luaL_buffinitsize(L, &result, length);
    for (size_t i = 0; i < length; i++) {
        const bool is_letter = text[i] >= first && text[i] < first + 26;
        at[i] = is_letter ? (char)(text[i] + shift) : text[i];
    }
    luaL_pushresultsize(&result, length);
    return 1;
}

static int string_upper(lua_State *L)
{
    return map_letters(L, 'a', 'A' - 'a');
}

static int string_lower(lua_State *L)
{
    return map_letters(L, 'A', 'a' - 'A');
}

/* -- pack ------------------------------------------------------------------------------------ */

/* Options whose size or order is the machine's, and what they mean here. */
static const char *fixed_option(const char *option)
{
    switch (*option) {
    case '=':
        return "<";
    case 'l':
        return "i8";
    case 'L':
    case 'T':
        return "I8";
    case 's':
        return option[1] >= '0' && option[1] <= '9' ? NULL : "s8";
    default:
        return NULL;
    }
}

/* Replace the format, argument 1, by one that means the same on every machine. */
static void fix_format(lua_State *L)
{
    const char *option = luaL_checkstring(L, 1);
    luaL_Buffer fixed;
    luaL_buffinit(L, &fixed);
    luaL_addchar(&fixed, '<');
    for (; *option != '\0'; option++) {
        const char *meaning = fixed_option(option);
        if (meaning != NULL) {
            luaL_addstring(&fixed, meaning);
        } else {
            luaL_addchar(&fixed, *option);
        }
    }
    luaL_pushresult(&fixed);
    lua_replace(L, 1);
}

/* The bits of a NaN are the platform's, too. */
static void fix_nans(lua_State *L)
{
    const int top = lua_gettop(L);
    for (int arg = 2; arg <= top; arg++) {
        if (lua_type(L, arg) == LUA_TNUMBER && lua_tonumber(L, arg) != lua_tonumber(L, arg)) {
            const uint64_t bits = UINT64_C(0x7ff8000000000000);
            lua_Number nan;
            memcpy(&nan, &bits, sizeof(nan));
            lua_pushnumber(L, nan);
            lua_replace(L, arg);
        }
    }
}

/* Wraps pack, packsize and unpack; upvalue 1 is Lua's own. */
static int string_packing(lua_State *L)
{
    limit_charge(L, lua_type(L, 1) == LUA_TSTRING ? lua_rawlen(L, 1) : 1, 1);
    luaL_checkstack(L, 4, NULL);
    fix_format(L);
    fix_nans(L);
    return lua_tocfunction(L, lua_upvalueindex(1))(L);
}

/* -- The table, and the metatable of strings ------------------------------------------------- */

/* From the stock table on top to the one below. */
static void add_packing(lua_State *L)
{
    static const char *const names[] = { "pack", "packsize", "unpack" };
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        lua_getfield(L, -1, names[i]);
        lua_pushcclosure(L, string_packing, 1);
        lua_setfield(L, -3, names[i]);
    }
    lua_getfield(L, -1, "format");
    lua_pushcclosure(L, string_format, 1);
    lua_setfield(L, -3, "format");
}

/* Strings keep Lua's arithmetic ("10" + 1), find their methods in our table (on top), and hide the
 * metatable. */
static void adopt_metatable(lua_State *L)
{
    static const char *const operators[] = { "__add",  "__sub", "__mul", "__div",
                                             "__idiv", "__mod", "__pow", "__unm" };
    lua_pushliteral(L, "");
    lua_getmetatable(L, -1);
    for (size_t i = 0; i < sizeof(operators) / sizeof(operators[0]); i++) {
        lua_getfield(L, -1, operators[i]);
        library_charge_arguments(L);
        lua_setfield(L, -2, operators[i]);
    }
    lua_pushvalue(L, -3);
    lua_setfield(L, -2, "__index");
    lua_pushboolean(L, false);
    lua_setfield(L, -2, "__metatable");
    lua_pop(L, 2);
}

void string_open(lua_State *L)
{
    static const char *const stock[] = { "char", "len", NULL };
    static const char *const charging[] = { "byte", "reverse", "sub", NULL };
    static const luaL_Reg own[] = { { "find", string_find },   { "gmatch", string_gmatch },
                                    { "gsub", string_gsub },   { "lower", string_lower },
                                    { "match", string_match }, { "rep", string_rep },
                                    { "upper", string_upper }, { NULL, NULL } };
    lua_newtable(L);
    library_push_stock(L, luaopen_string);
    library_copy_charging_arguments(L, stock);
    library_copy_charging_results(L, charging, true);
    add_packing(L);
    lua_pop(L, 1);
    luaL_setfuncs(L, own, 0);
    adopt_metatable(L);
    lua_setfield(L, -2, "string");
}
