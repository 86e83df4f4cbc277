/* Links: creating, changing, taking down. Rules for packets are in lua_match.c and lua_rule.c. */
#include "sim/lua/lua_link.h"

#include "sim/lua/lua_api.h"

static const struct object_class link_class;

/* ---- creating ------------------------------------------------------------------------------- */

void link_push_new(lua_State *L, host_id a, host_id b, const struct link_params *forward,
                   const struct link_params *backward)
{
    struct sim *sim = script_of(L)->sim;
    link_id link;
    const enum sim_status status = link_create(sim, a, b, forward, backward, &link);
    if (status == SIM_INVALID && a == b) {
        luaL_error(L, "a link needs two different ends, not %s twice", host_name(sim, a));
    }
    if (status != SIM_OK) {
        script_raise_status(L, "sim.link", status);
    }
    object_push_new(L, &link_class, sizeof(struct object), link);
    object_keep(L, &link_class, link);
}

int api_link(lua_State *L)
{
    struct link_params forward = { 0 }, backward = { 0 };
    const host_id a = api_check_node(L, 1, "the first end of sim.link");
    const host_id b = api_check_node(L, 2, "the second end of sim.link");
    link_read_options(L, 3, &forward, &backward);
    link_push_new(L, a, b, &forward, &backward);
    return 1;
}

void api_push_link(lua_State *L, link_id link)
{
    if (object_push_kept(L, &link_class, link) == NULL) {
        lua_pushnil(L);
    }
}

link_id api_check_link(lua_State *L, int index)
{
    const struct object *link = object_check(L, index, &link_class);
    return (link_id)link->number;
}

/* ---- changing ------------------------------------------------------------------------------- */

static int link_set(lua_State *L)
{
    struct sim *sim = script_of(L)->sim;
    const link_id link = api_check_link(L, 1);
    struct link_params forward = *link_get_params(sim, link, 0);
    struct link_params backward = *link_get_params(sim, link, 1);
    luaL_checktype(L, 2, LUA_TTABLE);
    link_read_options(L, 2, &forward, &backward);
    enum sim_status status = link_set_params(sim, link, 0, &forward);
    if (status == SIM_OK) {
        status = link_set_params(sim, link, 1, &backward);
    }
    if (status != SIM_OK) {
        return script_raise_status(L, "link:set", status);
    }
    lua_settop(L, 1);
    return 1;
}

static int link_down(lua_State *L)
{
    link_set_up(script_of(L)->sim, api_check_link(L, 1), false);
    return 0;
}

static int link_up(lua_State *L)
{
    link_set_up(script_of(L)->sim, api_check_link(L, 1), true);
    return 0;
}

/* ---- asking --------------------------------------------------------------------------------- */

/* The nodes at both ends: link.a, link.b */
static int push_end(lua_State *L, bool second)
{
    host_id a, b;
    link_ends(script_of(L)->sim, api_check_link(L, 1), &a, &b);
    api_push_node(L, second ? b : a);
    return 1;
}

static int link_a(lua_State *L)
{
    return push_end(L, false);
}

static int link_b(lua_State *L)
{
    return push_end(L, true);
}

static int link_stats(lua_State *L)
{
    return api_link_stats(L, api_check_link(L, 1));
}

static int link_tostring(lua_State *L)
{
    const struct sim *sim = script_of(L)->sim;
    host_id a, b;
    link_ends(sim, api_check_link(L, 1), &a, &b);
    lua_pushfstring(L, "link %s-%s", host_name(sim, a), host_name(sim, b));
    return 1;
}

static const luaL_Reg link_methods[] = {
    { "down", link_down }, { "match", api_link_match }, { "on_packet", api_link_on_packet },
    { "set", link_set },   { "up", link_up },           { NULL, NULL },
};

static const luaL_Reg link_fields[] = {
    { "a", link_a },
    { "b", link_b },
    { "stats", link_stats },
    { NULL, NULL },
};

static const luaL_Reg link_metamethods[] = {
    { "__tostring", link_tostring },
    { NULL, NULL },
};

static const struct object_class link_class = { "link", link_methods, link_fields,
                                                link_metamethods };

void api_open_link(lua_State *L)
{
    object_open_class(L, &link_class);
}
