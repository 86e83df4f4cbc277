/* Values in the messages of expectations: how they look, and whether they are equal. */
#ifndef TCPSIM_LUA_LUA_SHOW_H
#define TCPSIM_LUA_LUA_SHOW_H

#include <lua.h>
#include <stdbool.h>

/* Push the value at `index` as it would be written in Lua, shortened: 3, "abc", { 1, 2 }. */
const char *show_push(lua_State *L, int index);

/* Equal as `==` has it, but tables are equal when their contents are. */
bool show_equal(lua_State *L, int a, int b);

#endif
