/* TCP flags as texts: "S.", "SYN,ACK", "F*". */
#ifndef TCPSIM_LUA_LUA_FLAGS_H
#define TCPSIM_LUA_LUA_FLAGS_H

#include <lua.h>
#include <stdint.h>

/* The flags that the text at `index` names, exactly. */
uint16_t flags_check(lua_State *L, int index, const char *what);

/* A pattern: the flags named must be set, and the others clear, unless the text ends in `*`. The
 * flags of ECN are left open unless named. */
void flags_check_pattern(lua_State *L, int index, const char *what, uint16_t *set, uint16_t *clear);

#endif
