/* Did you mean? */
#ifndef TCPSIM_LUA_LUA_SUGGEST_H
#define TCPSIM_LUA_LUA_SUGGEST_H

#include <lua.h>

/* Push " (did you mean 'backlog'?)", or else " (<title>: a, b, c)", for use at the end of an error
 * message. */
const char *suggest_push(lua_State *L, const char *typed, const char *title,
                         const char *const *words);

/* Push "a, b, c". */
const char *suggest_push_list(lua_State *L, const char *const *words);

#endif
