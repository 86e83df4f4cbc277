/* Objects of a scenario (hosts, links, connections, ...) as Lua userdata.
 *
 * A class is two lists of functions: methods, called as object:method(...), and fields, called with
 * the object alone when a script reads object.field. A name in neither list is an error that says
 * what was meant. Objects are numbered, so that pairs() can order tables that have them as keys. */
#ifndef TCPSIM_LUA_LUA_OBJECT_H
#define TCPSIM_LUA_LUA_OBJECT_H

#include <lauxlib.h>
#include <stdint.h>

/* The head of every object's memory. */
struct object {
    int64_t number; /* unique within the class */
};

struct object_class {
    const char *name; /* "host": what type errors and tostring say */
    const luaL_Reg *methods;
    const luaL_Reg *fields;
    const luaL_Reg *metamethods; /* beyond __index, __newindex and __order; or NULL */
};

/* Make the class known to L; once. */
void object_open_class(lua_State *L, const struct object_class *class);

/* Push a new object of `size` zero bytes with its number set. */
void *object_push_new(lua_State *L, const struct object_class *class, size_t size, int64_t number);

/* The object at `index`; raises unless it is one of the class. object_test returns NULL instead. */
void *object_check(lua_State *L, int index, const struct object_class *class);
void *object_test(lua_State *L, int index, const struct object_class *class);

/* One object per key: object_keep stores the object on top, object_push_kept pushes the object of a
 * key (or returns NULL and pushes nothing), object_drop forgets it. push_kept and drop allocate
 * nothing. */
void object_keep(lua_State *L, const struct object_class *class, int64_t key);
void *object_push_kept(lua_State *L, const struct object_class *class, int64_t key);
void object_drop(lua_State *L, const struct object_class *class, int64_t key);

#endif
