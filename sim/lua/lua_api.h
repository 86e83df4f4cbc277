/* The nouns of the scenario API, as far as they need each other. */
#ifndef TCPSIM_LUA_LUA_API_H
#define TCPSIM_LUA_LUA_API_H

#include "sim/lua/lua_object.h"
#include "sim/lua/script_private.h"
#include "tcpsim/net.h"

/* ---- nodes: lua_node.c ---------------------------------------------------------------------- */

/* Push the object of a node: a host, a router or a switch. */
void api_push_node(lua_State *L, host_id node);

/* The host, or any node, at `index`. `what` is for the message: "the second end of sim.link". */
host_id api_check_host(lua_State *L, int index);
host_id api_check_node(lua_State *L, int index, const char *what);
bool api_is_host(lua_State *L, int index);

/* The address at `index`: a text, or a host's first of a family that `from` has, too. */
struct ip_addr api_check_address(lua_State *L, int index, const char *what, host_id from);

/* Create a node from `config`, or raise, and push its object. */
host_id api_push_new_node(lua_State *L, const struct host_config *config);

/* ---- methods that live in files of their own: the object is argument 1 --------------------------- */

int api_host_connect(lua_State *L);
int api_host_listen(lua_State *L);
int api_host_inject(lua_State *L);
int api_host_state(lua_State *L);
int api_host_sockets(lua_State *L);
int api_host_stats(lua_State *L);
int api_link_match(lua_State *L);
int api_link_on_packet(lua_State *L);
int api_link_stats(lua_State *L, link_id link);

/* ---- functions of the module ------------------------------------------------------------------ */

int api_host(lua_State *L);
int api_router(lua_State *L);
int api_switch(lua_State *L);
int api_link(lua_State *L);
int api_options(lua_State *L);
int api_expect(lua_State *L);
int api_expect_eq(lua_State *L);
int api_check(lua_State *L);
int api_measure(lua_State *L);
int api_sleep(lua_State *L);

/* at, after, every and spawn, with the first of their own arguments at `first`. */
int api_at(lua_State *L, host_id host, int first);
int api_after(lua_State *L, host_id host, int first);
int api_every(lua_State *L, host_id host, int first);
int api_spawn(lua_State *L, host_id host, int first);

/* ---- helpers ---------------------------------------------------------------------------------- */

/* Replace the arguments from `first` on by one text, formatted if there is more than one. */
const char *api_format(lua_State *L, int first, size_t *length);

/* Push a link; the link at `index`. */
void api_push_link(lua_State *L, link_id link);
link_id api_check_link(lua_State *L, int index);

/* ---- opening: makes the classes known ------------------------------------------------------------ */

void api_open_node(lua_State *L);
void api_open_link(lua_State *L);
void api_open_rule(lua_State *L);
void api_open_packet(lua_State *L);
void api_open_conn(lua_State *L);
void api_open_listener(lua_State *L);
void api_open_stats(lua_State *L);
void api_open_timer(lua_State *L);

#endif
