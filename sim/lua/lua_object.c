/* Objects of a scenario as Lua userdata. Read lua_object.h first.
 *
 * The metatable of a class lies in the registry under the class's name, the table of kept objects
 * under the class's address. */
#include "sim/lua/lua_object.h"

#include "sim/lua/lua_suggest.h"

#include <string.h>

enum { NAMES_MAX = 64 };

/* ---- metamethods ---------------------------------------------------------------------------- */

static lua_CFunction find_function(const luaL_Reg *list, const char *name)
{
    for (; list->name != NULL; list++) {
        if (strcmp(list->name, name) == 0) {
            return list->func;
        }
    }
    return NULL;
}

static size_t add_names(const char **names, size_t count, const luaL_Reg *list)
{
    for (; list->name != NULL && count + 1 < NAMES_MAX; list++) {
        names[count++] = list->name;
    }
    names[count] = NULL;
    return count;
}

static const struct object_class *class_of(lua_State *L)
{
    return lua_touserdata(L, lua_upvalueindex(1));
}

static int raise_unknown(lua_State *L, const struct object_class *class)
{
    const char *names[NAMES_MAX];
    add_names(names, add_names(names, 0, class->methods), class->fields);
    if (lua_type(L, 2) != LUA_TSTRING) {
        return luaL_error(L, "a %s has no field of type %s", class->name, luaL_typename(L, 2));
    }
    const char *name = lua_tostring(L, 2);
    const char *hint = suggest_push(L, name, "it has", names);
    return luaL_error(L, "a %s has no '%s'%s", class->name, name, hint);
}

static int object_index(lua_State *L)
{
    const struct object_class *class = class_of(L);
    const char *name = lua_type(L, 2) == LUA_TSTRING ? lua_tostring(L, 2) : "";
    const lua_CFunction method = find_function(class->methods, name);
    if (method != NULL) {
        lua_pushcfunction(L, method);
        return 1;
    }
    const lua_CFunction field = find_function(class->fields, name);
    if (field == NULL) {
        return raise_unknown(L, class);
    }
    lua_settop(L, 1);
    return field(L);
}

static int object_newindex(lua_State *L)
{
    const struct object_class *class = class_of(L);
    const char *name = lua_type(L, 2) == LUA_TSTRING ? lua_tostring(L, 2) : luaL_typename(L, 2);
    return luaL_error(L, "the fields of a %s cannot be set (%s)", class->name, name);
}

static int object_order(lua_State *L)
{
    const struct object *object = lua_touserdata(L, 1);
    lua_pushinteger(L, object->number);
    return 1;
}

/* ---- classes -------------------------------------------------------------------------------- */

void object_open_class(lua_State *L, const struct object_class *class)
{
    luaL_newmetatable(L, class->name);
    lua_pushlightuserdata(L, (void *)class);
    lua_pushcclosure(L, object_index, 1);
    lua_setfield(L, -2, "__index");
    lua_pushlightuserdata(L, (void *)class);
    lua_pushcclosure(L, object_newindex, 1);
    lua_setfield(L, -2, "__newindex");
    lua_pushcfunction(L, object_order);
    lua_setfield(L, -2, "__order");
    lua_pushstring(L, class->name);
    lua_setfield(L, -2, "__metatable"); /* what getmetatable returns */
    if (class->metamethods != NULL) {
        luaL_setfuncs(L, class->metamethods, 0);
    }
    lua_pop(L, 1);
    lua_newtable(L);
    lua_rawsetp(L, LUA_REGISTRYINDEX, class);
}

void *object_push_new(lua_State *L, const struct object_class *class, size_t size, int64_t number)
{
    struct object *object = lua_newuserdatauv(L, size, 1);
    memset(object, 0, size);
    object->number = number;
    luaL_setmetatable(L, class->name);
    return object;
}

void *object_check(lua_State *L, int index, const struct object_class *class)
{
    return luaL_checkudata(L, index, class->name);
}

void *object_test(lua_State *L, int index, const struct object_class *class)
{
    return luaL_testudata(L, index, class->name);
}

/* ---- one object per key --------------------------------------------------------------------- */

void object_keep(lua_State *L, const struct object_class *class, int64_t key)
{
    lua_rawgetp(L, LUA_REGISTRYINDEX, class);
    lua_pushvalue(L, -2);
    lua_rawseti(L, -2, key);
    lua_pop(L, 1);
}

void *object_push_kept(lua_State *L, const struct object_class *class, int64_t key)
{
    lua_rawgetp(L, LUA_REGISTRYINDEX, class);
    lua_rawgeti(L, -1, key);
    lua_remove(L, -2);
    void *object = lua_touserdata(L, -1);
    if (object == NULL) {
        lua_pop(L, 1);
    }
    return object;
}

void object_drop(lua_State *L, const struct object_class *class, int64_t key)
{
    lua_rawgetp(L, LUA_REGISTRYINDEX, class);
    if (lua_rawgeti(L, -1, key) != LUA_TNIL) {
        lua_pushnil(L);
        lua_rawseti(L, -3, key);
    }
    lua_pop(L, 2);
}
