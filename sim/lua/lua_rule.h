/* Packet rules between their two files: what to match, and what to do then. */
#ifndef TCPSIM_LUA_LUA_RULE_H
#define TCPSIM_LUA_LUA_RULE_H

#include "sim/lua/lua_object.h"
#include "tcpsim/net.h"

/* Push a rule that has no action yet. */
void rule_push_new(lua_State *L, link_id link, const struct packet_match *match);

/* Give the rule on top the action `call` with the function at `function`. */
void rule_act_by_call(lua_State *L, int function);

/* Push the view of `packet`, for the time of a callback; returns what it showed before, to be put
 * back by the same function. */
const struct packet *packet_view_show(lua_State *L, const struct packet *packet);
void packet_view_push(lua_State *L);

#endif
