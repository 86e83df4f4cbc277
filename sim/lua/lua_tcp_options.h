/* TCP options written as text, for crafted packets. */
#ifndef TCPSIM_LUA_LUA_TCP_OPTIONS_H
#define TCPSIM_LUA_LUA_TCP_OPTIONS_H

#include "tcpsim/packet.h"

#include <lua.h>

/* Read the value at `index`, "mss 1460,nop,wscale 7", or a list of such texts, into the segment. An
 * item may also be raw bytes, as "0x" and hexadecimal digits. */
void tcp_options_check(lua_State *L, int index, struct segment *segment);

#endif
