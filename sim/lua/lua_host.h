/* Hosts, as far as the other nodes need to know. */
#ifndef TCPSIM_LUA_LUA_HOST_H
#define TCPSIM_LUA_LUA_HOST_H

#include "sim/lua/lua_object.h"
#include "tcpsim/net.h"

extern const struct object_class host_class;

/* Read the table at `index` into *config, which has its defaults. */
void host_read_options(lua_State *L, int index, struct host_config *config);

/* Methods and fields of every node. */
int node_name(lua_State *L);
int node_route(lua_State *L);

#endif
