/* require: the host's modules, and files beside the main script.  Nothing else can be reached.
 *
 * The registry holds three tables: openers of host modules by name, values of loaded modules by name,
 * and the list of modules that are being loaded, outermost first. */
#include "sim/lua/sandbox_private.h"

#include <lauxlib.h>
#include <string.h>

const char registry_modules = 0, registry_loaded = 0, registry_loading = 0;

/* Letters, digits, '_' and '-': no separators, no dots, nothing to climb out by. */
static bool is_plain_name(const char *name, size_t length)
{
    static const char allowed[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-";
    return length > 0 && strspn(name, allowed) == length;
}

/* -- Modules that are being loaded ----------------------------------------------------------- */

/* Push "a -> b -> a" for the modules from the first `name` on. */
static void push_cycle(lua_State *L, const char *name)
{
    luaL_Buffer text;
    bool inside = false;
    lua_rawgetp(L, LUA_REGISTRYINDEX, &registry_loading);
    const int list = lua_gettop(L);
    const lua_Integer count = (lua_Integer)lua_rawlen(L, list);
    luaL_buffinit(L, &text);
    for (lua_Integer i = 1; i <= count; i++) {
        lua_rawgeti(L, list, i);
        inside = inside || strcmp(lua_tostring(L, -1), name) == 0;
        if (inside) {
            luaL_addvalue(&text);
            luaL_addstring(&text, " -> ");
        } else {
            lua_pop(L, 1);
        }
    }
    luaL_addstring(&text, name);
    luaL_pushresult(&text);
    lua_remove(L, list);
}

static bool is_loading(lua_State *L, const char *name)
{
    bool found = false;
    lua_rawgetp(L, LUA_REGISTRYINDEX, &registry_loading);
    const lua_Integer count = (lua_Integer)lua_rawlen(L, -1);
    for (lua_Integer i = 1; i <= count; i++) {
        lua_rawgeti(L, -1, i);
        found = found || strcmp(lua_tostring(L, -1), name) == 0;
        lua_pop(L, 1);
    }
    lua_pop(L, 1);
    return found;
}

/* __close of the marker: the module's load ended, well or not. */
static int end_loading(lua_State *L)
{
    lua_rawgetp(L, LUA_REGISTRYINDEX, &registry_loading);
    lua_pushnil(L);
    lua_rawseti(L, -2, (lua_Integer)lua_rawlen(L, -2));
    return 0;
}

/* Append the name to the list, and push a marker that takes it off again when it is closed. */
static void begin_loading(lua_State *L, const char *name)
{
    lua_rawgetp(L, LUA_REGISTRYINDEX, &registry_loading);
    lua_pushstring(L, name);
    lua_rawseti(L, -2, (lua_Integer)lua_rawlen(L, -2) + 1);
    lua_pop(L, 1);
    lua_newtable(L);
    lua_createtable(L, 0, 1);
    lua_pushcfunction(L, end_loading);
    lua_setfield(L, -2, "__close");
    lua_setmetatable(L, -2);
    lua_toclose(L, -1);
}

/* -- Loading --------------------------------------------------------------------------------- */

static int raise_not_found(lua_State *L, const char *name, const char *path)
{
    return luaL_error(L, "module '%s' not found: there is no file '%s' beside the script", name,
                      path);
}

/* Push the function of the sibling at `path`. */
static void load_sibling(lua_State *L, const char *name, const char *path)
{
    struct sandbox *box = sandbox_of(L);
    const enum sandbox_result result = load_script(box, L, path);
    if (result == SANDBOX_OK) {
        return;
    }
    limit_rethrow(L, LUA_OK);
    const struct sandbox_error *error = &box->error;
    if (error->kind == SANDBOX_KIND_MISSING) {
        raise_not_found(L, name, path);
    }
    if (error->line > 0) {
        lua_pushfstring(L, "%s:%d: %s", error->file, error->line, error->message);
        lua_error(L);
    }
    luaL_error(L, "module '%s' cannot be loaded from '%s': %s", name, path, error->message);
}

/* Push the function that makes the module: the host's, or a sibling's.  *path is for messages and for
 * the module itself. */
static void push_loader(lua_State *L, const char *name, const char **path)
{
    const struct sandbox *box = sandbox_of(L);
    lua_rawgetp(L, LUA_REGISTRYINDEX, &registry_modules);
    const int type = lua_getfield(L, -1, name);
    lua_remove(L, -2);
    if (type != LUA_TNIL) {
        *path = ":built in:";
        return;
    }
    lua_pop(L, 1);
    *path = lua_pushfstring(L, "%s%s.lua", box->directory == NULL ? "" : box->directory, name);
    if (box->directory == NULL) {
        raise_not_found(L, name, *path);
    }
    load_sibling(L, name, *path);
}

static int base_require(lua_State *L)
{
    size_t length;
    const char *name = luaL_checklstring(L, 1, &length);
    lua_settop(L, 1);
    if (!is_plain_name(name, length)) {
        return luaL_error(L,
                          "require finds only files beside the script, by a name of letters, "
                          "digits, '_' and '-', not '%s'",
                          name);
    }
    lua_rawgetp(L, LUA_REGISTRYINDEX, &registry_loaded);
    if (lua_getfield(L, 2, name) != LUA_TNIL) {
        return 1;
    }
    if (is_loading(L, name)) {
        push_cycle(L, name);
        return luaL_error(L, "modules require each other in a circle: %s", lua_tostring(L, -1));
    }
    const char *path;
    begin_loading(L, name);
    push_loader(L, name, &path);
    lua_pushstring(L, name);
    lua_pushstring(L, path);
    lua_call(L, 2, 1);
    if (lua_isnil(L, -1)) {
        lua_pushboolean(L, true);
    }
    lua_pushvalue(L, -1);
    lua_setfield(L, 2, name);
    return 1; /* and the marker is closed */
}

void require_open(lua_State *L)
{
    const char *const keys[] = { &registry_modules, &registry_loaded, &registry_loading };
    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
        lua_newtable(L);
        lua_rawsetp(L, LUA_REGISTRYINDEX, keys[i]);
    }
    lua_pushcfunction(L, base_require);
    lua_setfield(L, -2, "require");
}
