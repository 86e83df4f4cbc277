/* Did you mean? The words of an error message. */
#include "sim/lua/lua_suggest.h"

#include "sim/base/suggest.h"

#include <lauxlib.h>
#include <stddef.h>

const char *suggest_push_list(lua_State *L, const char *const *words)
{
    luaL_Buffer text;
    luaL_buffinit(L, &text);
    for (size_t i = 0; words[i] != NULL; i++) {
        luaL_addstring(&text, i > 0 ? ", " : "");
        luaL_addstring(&text, words[i]);
    }
    luaL_pushresult(&text);
    return lua_tostring(L, -1);
}

const char *suggest_push(lua_State *L, const char *typed, const char *title,
                         const char *const *words)
{
    const char *nearest = suggest_name(typed, words);
    if (nearest != NULL) {
        return lua_pushfstring(L, " (did you mean '%s'?)", nearest);
    }
    const char *list = suggest_push_list(L, words);
    return lua_pushfstring(L, " (%s: %s)", title, list);
}
