/* Links, as far as switches need to know. */
#ifndef TCPSIM_LUA_LUA_LINK_H
#define TCPSIM_LUA_LUA_LINK_H

#include "sim/lua/lua_args.h"
#include "tcpsim/net.h"

/* Make a link and push its object. */
void link_push_new(lua_State *L, host_id a, host_id b, const struct link_params *forward,
                   const struct link_params *backward);

/* Read the table at `index`: what it says for both directions, then what `forward` and `backward` in
 * it say for one. The parameters given are where it starts from. */
void link_read_options(lua_State *L, int index, struct link_params *forward,
                       struct link_params *backward);

/* The same for sim.switch, whose table has hosts and a name, too. *args stays open for the name. */
void link_read_switch_options(lua_State *L, int index, struct args *args,
                              struct link_params *forward, struct link_params *backward);

#endif
