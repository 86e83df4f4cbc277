/* The base functions that a script sees: those of Lua that are safe, and ours for those that are not.
 *
 * Gone: load, loadfile, dofile (text becomes code only through require), collectgarbage, warn.
 * xpcall differs from Lua's: the message handler runs after the stack is unwound, as an ordinary
 * protected call, since at the place of the error the instruction hook may be off and a handler that
 * loops would hang the process. */
#include "sim/lua/sandbox_private.h"

#include <lauxlib.h>
#include <lualib.h>

const char registry_serials = 0;

/* What a call costs beyond its instruction, in steps. */
enum {
    INTEGER_TEXT_STEPS = 20,
    FLOAT_TEXT_STEPS = 50,
    NAME_STEPS = 30,
    FIRST_NAME_STEPS = 60,
    PRINT_STEPS = 10,
    METATABLE_STEPS = 10,
    PROTECTED_STEPS = 8
};

/* -- Text ------------------------------------------------------------------------------------ */

/* Push the serial number of an object: given at first use, so the same in every run. */
static void push_serial(lua_State *L, int index)
{
    lua_rawgetp(L, LUA_REGISTRYINDEX, &registry_serials);
    lua_pushvalue(L, index);
    if (lua_rawget(L, -2) == LUA_TNIL) {
        sandbox_charge(sandbox_of(L), L, FIRST_NAME_STEPS);
        lua_pop(L, 1);
        lua_pushinteger(L, ++sandbox_of(L)->serials[lua_type(L, index)]);
        lua_pushvalue(L, index);
        lua_pushvalue(L, -2);
        lua_rawset(L, -4);
    }
    lua_remove(L, -2);
}

static void push_serial_name(lua_State *L, int index)
{
    const int name_type = luaL_getmetafield(L, index, "__name");
    const char *name = name_type == LUA_TSTRING ? lua_tostring(L, -1) : luaL_typename(L, index);
    push_serial(L, index);
    lua_pushfstring(L, "%s: %I", name, (LUAI_UACINT)lua_tointeger(L, -1));
    lua_remove(L, -2);
    if (name_type != LUA_TNIL) {
        lua_remove(L, -2);
    }
}

static void push_plain_text(lua_State *L, int index)
{
    switch (lua_type(L, index)) {
    case LUA_TNUMBER:
        sandbox_charge(sandbox_of(L), L,
                       lua_isinteger(L, index) ? INTEGER_TEXT_STEPS : FLOAT_TEXT_STEPS);
        text_push_number(L, index);
        break;
    case LUA_TSTRING:
        lua_pushvalue(L, index);
        break;
    case LUA_TBOOLEAN:
        lua_pushstring(L, lua_toboolean(L, index) ? "true" : "false");
        break;
    case LUA_TNIL:
        lua_pushliteral(L, "nil");
        break;
    default:
        sandbox_charge(sandbox_of(L), L, NAME_STEPS);
        push_serial_name(L, index);
        break;
    }
}

const char *sandbox_tostring(lua_State *L, int index, size_t *length)
{
    index = lua_absindex(L, index);
    luaL_checkstack(L, 6, NULL);
    if (luaL_callmeta(L, index, "__tostring")) {
        if (!lua_isstring(L, -1)) {
            luaL_error(L, "'__tostring' must return a string");
        }
    } else {
        push_plain_text(L, index);
    }
    return lua_tolstring(L, -1, length);
}

int base_tostring(lua_State *L)
{
    luaL_checkany(L, 1);
    sandbox_tostring(L, 1, NULL);
    return 1;
}

static int base_print(lua_State *L)
{
    const struct sandbox *box = sandbox_of(L);
    const int count = lua_gettop(L);
    luaL_Buffer line;
    luaL_buffinit(L, &line);
    for (int i = 1; i <= count; i++) {
        if (i > 1) {
            luaL_addchar(&line, '\t');
        }
        sandbox_tostring(L, i, NULL);
        luaL_addvalue(&line);
    }
    luaL_addchar(&line, '\n');
    luaL_pushresult(&line);
    size_t length;
    const char *text = lua_tolstring(L, -1, &length);
    limit_charge(L, length + 4 * PRINT_STEPS, 4);
    if (box->config.print != NULL) {
        box->config.print(box->config.context, text, length);
    }
    return 0;
}

/* -- Metatables ------------------------------------------------------------------------------ */

/* Finalizers and weak tables would show when garbage is collected. */
static void reject_field(lua_State *L, const char *name)
{
    lua_pushstring(L, name);
    if (lua_rawget(L, 2) != LUA_TNIL) {
        luaL_error(L,
                   "setmetatable: '%s' is not available, since it would show when garbage is "
                   "collected, and that changes from run to run",
                   name);
    }
    lua_pop(L, 1);
}

static int base_setmetatable(lua_State *L)
{
    const int type = lua_type(L, 2);
    luaL_checktype(L, 1, LUA_TTABLE);
    luaL_argexpected(L, type == LUA_TNIL || type == LUA_TTABLE, 2, "nil or table");
    if (luaL_getmetafield(L, 1, "__metatable") != LUA_TNIL) {
        return luaL_error(L, "cannot change a protected metatable");
    }
    lua_settop(L, 2);
    sandbox_charge(sandbox_of(L), L, METATABLE_STEPS);
    if (type == LUA_TTABLE) {
        reject_field(L, "__gc");
        reject_field(L, "__mode");
        limit_remember_metatable(L, 2);
    }
    lua_setmetatable(L, 1);
    return 1;
}

/* -- Protected calls ------------------------------------------------------------------------- */

static int finish_pcall(lua_State *L, int status, lua_KContext extra)
{
    limit_rethrow(L, status);
    if (status != LUA_OK && status != LUA_YIELD) {
        lua_pushboolean(L, false);
        lua_pushvalue(L, -2);
        return 2;
    }
    return lua_gettop(L) - (int)extra;
}

static int base_pcall(lua_State *L)
{
    luaL_checkany(L, 1);
    sandbox_charge(sandbox_of(L), L, PROTECTED_STEPS);
    luaL_checkstack(L, 2, NULL);
    lua_pushcfunction(L, limit_watch_errors);
    lua_insert(L, 1);
    lua_pushboolean(L, true);
    lua_insert(L, 2);
    const int status = lua_pcallk(L, lua_gettop(L) - 3, LUA_MULTRET, 1, 1, finish_pcall);
    return finish_pcall(L, status, 1);
}

static int finish_handler(lua_State *L, int status, lua_KContext unused)
{
    (void)unused;
    limit_rethrow(L, status);
    lua_pushboolean(L, false);
    lua_insert(L, -2);
    return 2;
}

/* The call came back.  Stack: watcher, function, handler, true, then results or an error object. */
static int finish_xpcall(lua_State *L, int status, lua_KContext unused)
{
    limit_rethrow(L, status);
    if (status == LUA_OK || status == LUA_YIELD) {
        return lua_gettop(L) - 3;
    }
    lua_pushvalue(L, 3);
    lua_insert(L, -2);
    const int handled = lua_pcallk(L, 1, 1, 1, unused, finish_handler);
    return finish_handler(L, handled, unused);
}

static int base_xpcall(lua_State *L)
{
    const int count = lua_gettop(L);
    luaL_checktype(L, 2, LUA_TFUNCTION);
    sandbox_charge(sandbox_of(L), L, PROTECTED_STEPS);
    luaL_checkstack(L, 3, NULL);
    lua_pushcfunction(L, limit_watch_errors);
    lua_insert(L, 1);
    lua_pushboolean(L, true);
    lua_pushvalue(L, 2);
    lua_rotate(L, 4, 2);
    const int status = lua_pcallk(L, count - 2, LUA_MULTRET, 1, 0, finish_xpcall);
    return finish_xpcall(L, status, 0);
}

/* -- The table ------------------------------------------------------------------------------- */

void base_open(lua_State *L)
{
    static const char *const stock[] = { "assert", "error",  "getmetatable", "ipairs", "rawequal",
                                         "rawget", "rawlen", "rawset",       "type",   NULL };
    static const char *const charging[] = { "select", "tonumber", NULL };
    static const luaL_Reg own[] = { { "next", base_next },
                                    { "pairs", base_pairs },
                                    { "pcall", base_pcall },
                                    { "print", base_print },
                                    { "setmetatable", base_setmetatable },
                                    { "tostring", base_tostring },
                                    { "xpcall", base_xpcall },
                                    { NULL, NULL } };
    library_push_stock(L, luaopen_base);
    library_copy(L, stock);
    library_copy_charging_arguments(L, charging);
    lua_pop(L, 1);
    luaL_setfuncs(L, own, 0);
    lua_pushliteral(L, LUA_VERSION);
    lua_setfield(L, -2, "_VERSION");
}
