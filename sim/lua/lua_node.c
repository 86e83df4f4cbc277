/* Nodes: what hosts, routers and switches have in common, and routers and switches themselves. */
#include "sim/lua/lua_api.h"
#include "sim/lua/lua_args.h"
#include "sim/lua/lua_host.h"
#include "sim/lua/lua_link.h"
#include "sim/lua/lua_units.h"

#include <stdio.h>
#include <string.h>

static const struct object_class router_class, switch_class;

static const struct object_class *class_of_kind(enum node_kind kind)
{
    switch (kind) {
    case NODE_HOST:
        return &host_class;
    case NODE_SWITCH:
        return &switch_class;
    case NODE_ROUTER:
        return &router_class;
    }
    return &host_class;
}

/* ---- objects -------------------------------------------------------------------------------- */

void api_push_node(lua_State *L, host_id node)
{
    const struct script *script = script_of(L);
    const struct object_class *class = class_of_kind(host_kind(script->sim, node));
    if (object_push_kept(L, class, node) == NULL) {
        lua_pushnil(L);
    }
}

static host_id test_node(lua_State *L, int index)
{
    static const struct object_class *const classes[] = { &host_class, &router_class,
                                                          &switch_class };
    for (size_t i = 0; i < sizeof classes / sizeof classes[0]; i++) {
        const struct object *object = object_test(L, index, classes[i]);
        if (object != NULL) {
            return (host_id)object->number;
        }
    }
    return HOST_NONE;
}

host_id api_check_node(lua_State *L, int index, const char *what)
{
    const host_id node = test_node(L, index);
    if (node == HOST_NONE) {
        luaL_error(L, "%s must be a host, router or switch, not %s", what,
                   unit_type_text(L, index));
    }
    return node;
}

static int raise_creation(lua_State *L, const struct host_config *config, enum sim_status status)
{
    const struct sim *sim = script_of(L)->sim;
    if (status == SIM_INVALID) {
        return luaL_error(L, "bad name '%s': use 1 to %d characters", config->name,
                          NET_NAME_MAX - 1);
    }
    if (status != SIM_ADDRESS_IN_USE) {
        return script_raise_status(L, "sim.host", status);
    }
    if (host_by_name(sim, config->name) != HOST_NONE) {
        return luaL_error(L, "there is a node called '%s' already", config->name);
    }
    for (uint32_t i = 0; i < config->address_count; i++) {
        const host_id owner = host_by_address(sim, &config->addresses[i]);
        char text[IP_ADDR_TEXT_MAX];
        if (owner != HOST_NONE) {
            return luaL_error(L, "%s has the address %s already", host_name(sim, owner),
                              ip_addr_format(&config->addresses[i], text));
        }
    }
    return luaL_error(L, "an address of '%s' is taken, or given twice", config->name);
}

host_id api_push_new_node(lua_State *L, const struct host_config *config)
{
    host_id node;
    const enum sim_status status = host_create(script_of(L)->sim, config, &node);
    if (status != SIM_OK) {
        raise_creation(L, config, status);
    }
    const struct object_class *class = class_of_kind(config->kind);
    object_push_new(L, class, sizeof(struct object), node);
    object_keep(L, class, node);
    return node;
}

/* ---- addresses ------------------------------------------------------------------------------ */

static bool has_family(const struct sim *sim, host_id host, bool v4)
{
    for (uint32_t i = 0; i < host_address_count(sim, host); i++) {
        if (ip_addr_is_v4(host_address(sim, host, i)) == v4) {
            return true;
        }
    }
    return false;
}

struct ip_addr api_check_address(lua_State *L, int index, const char *what, host_id from)
{
    const struct sim *sim = script_of(L)->sim;
    const host_id node = test_node(L, index);
    if (node == HOST_NONE && lua_type(L, index) == LUA_TSTRING) {
        return unit_check_address(L, index, what);
    }
    if (node == HOST_NONE) {
        luaL_error(L, "%s must be a host or an address, not %s", what, unit_type_text(L, index));
    }
    for (uint32_t i = 0; i < host_address_count(sim, node); i++) {
        const struct ip_addr *addr = host_address(sim, node, i);
        if (has_family(sim, from, ip_addr_is_v4(addr))) {
            return *addr;
        }
    }
    luaL_error(L, "%s has no address that %s could use", host_name(sim, node),
               host_name(sim, from));
    return ip_addr_v4(0, 0, 0, 0);
}

/* ---- what every node has -------------------------------------------------------------------- */

int node_name(lua_State *L)
{
    lua_pushstring(L, host_name(script_of(L)->sim, api_check_node(L, 1, "it")));
    return 1;
}

/* node:route(prefix, link) */
int node_route(lua_State *L)
{
    struct sim *sim = script_of(L)->sim;
    const host_id node = api_check_node(L, 1, "the node");
    const struct ip_prefix prefix = unit_check_prefix(L, 2, "the prefix of a route");
    const link_id link = api_check_link(L, 3);
    const enum sim_status status = route_add(sim, node, &prefix, link);
    if (status == SIM_INVALID) {
        host_id a, b;
        link_ends(sim, link, &a, &b);
        return luaL_error(L, "the link between %s and %s does not begin at %s", host_name(sim, a),
                          host_name(sim, b), host_name(sim, node));
    }
    return status == SIM_OK ? 0 : script_raise_status(L, "route", status);
}

/* ---- routers -------------------------------------------------------------------------------- */

int api_router(lua_State *L)
{
    const struct host_config config = { .name = luaL_checkstring(L, 1),
                                        .kind = NODE_ROUTER,
                                        .tcp = tcp_params_default() };
    api_push_new_node(L, &config);
    return 1;
}

static const luaL_Reg router_methods[] = {
    { "route", node_route },
    { NULL, NULL },
};

static const luaL_Reg router_fields[] = {
    { "name", node_name },
    { NULL, NULL },
};

static const luaL_Reg node_metamethods[] = {
    { "__tostring", node_name },
    { NULL, NULL },
};

static const struct object_class router_class = { "router", router_methods, router_fields,
                                                  node_metamethods };

/* ---- switches ------------------------------------------------------------------------------- */

/* "switch", or the first of "switch2", "switch3", ... that is free. */
static const char *push_switch_name(lua_State *L)
{
    const struct sim *sim = script_of(L)->sim;
    const char *name = "switch";
    for (int i = 2; host_by_name(sim, name) != HOST_NONE; i++) {
        name = lua_pushfstring(L, "switch%d", i);
    }
    return name;
}

/* sim.switch { a, b, ..., delay = ... }: a star, each host with a link of its own. */
int api_switch(lua_State *L)
{
    struct host_config config = { .kind = NODE_SWITCH, .tcp = tcp_params_default() };
    struct link_params forward, backward;
    struct args args;
    luaL_checktype(L, 1, LUA_TTABLE);
    link_read_switch_options(L, 1, &args, &forward, &backward);
    if (!args_text(&args, "name", &config.name)) {
        config.name = push_switch_name(L);
    }
    const host_id node = api_push_new_node(L, &config);
    const int result = lua_gettop(L);
    const lua_Integer count = (lua_Integer)lua_rawlen(L, 1);
    if (count == 0) {
        return luaL_error(L, "a switch needs hosts: sim.switch { a, b, delay = \"5ms\" }");
    }
    for (lua_Integer i = 1; i <= count; i++) {
        lua_rawgeti(L, 1, i);
        const host_id host = api_check_node(L, -1, "an item of sim.switch");
        link_push_new(L, host, node, &forward, &backward);
        lua_settop(L, result);
    }
    return 1;
}

/* switch:link(host): the link that leads to the host. */
static int switch_link(lua_State *L)
{
    const struct sim *sim = script_of(L)->sim;
    const host_id self = api_check_node(L, 1, "the switch");
    const host_id peer = api_check_node(L, 2, "the end of switch:link");
    for (link_id link = 1; link <= link_count(sim); link++) {
        host_id a, b;
        link_ends(sim, link, &a, &b);
        if ((a == peer && b == self) || (a == self && b == peer)) {
            api_push_link(L, link);
            return 1;
        }
    }
    return luaL_error(L, "%s is not plugged into %s", host_name(sim, peer), host_name(sim, self));
}

static const luaL_Reg switch_methods[] = {
    { "link", switch_link },
    { "route", node_route },
    { NULL, NULL },
};

static const luaL_Reg switch_fields[] = {
    { "name", node_name },
    { NULL, NULL },
};

static const struct object_class switch_class = { "switch", switch_methods, switch_fields,
                                                  node_metamethods };

void api_open_node(lua_State *L)
{
    object_open_class(L, &host_class);
    object_open_class(L, &router_class);
    object_open_class(L, &switch_class);
}
