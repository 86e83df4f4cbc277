/* Hosts: creating them, and what they have that is not in a file of its own. */
#include "sim/lua/lua_host.h"

#include "sim/lua/lua_api.h"
#include "sim/lua/lua_app.h"
#include "sim/lua/lua_units.h"

host_id api_check_host(lua_State *L, int index)
{
    const struct object *host = object_check(L, index, &host_class);
    return (host_id)host->number;
}

bool api_is_host(lua_State *L, int index)
{
    return object_test(L, index, &host_class) != NULL;
}

int api_host(lua_State *L)
{
    struct host_config config = { .kind = NODE_HOST, .tcp = tcp_params_default() };
    if (lua_type(L, 1) != LUA_TSTRING) {
        return luaL_error(L, "sim.host needs a name: sim.host(\"client\")");
    }
    config.name = lua_tostring(L, 1);
    host_read_options(L, 2, &config);
    api_push_new_node(L, &config);
    return 1;
}

/* ---- addresses ------------------------------------------------------------------------------ */

static int host_ip(lua_State *L)
{
    unit_push_address(L, host_address(script_of(L)->sim, api_check_host(L, 1), 0));
    return 1;
}

static int host_ips(lua_State *L)
{
    const struct sim *sim = script_of(L)->sim;
    const host_id host = api_check_host(L, 1);
    lua_newtable(L);
    for (uint32_t i = 0; i < host_address_count(sim, host); i++) {
        unit_push_address(L, host_address(sim, host, i));
        lua_rawseti(L, -2, (lua_Integer)i + 1);
    }
    return 1;
}

/* ---- applications --------------------------------------------------------------------------- */

int api_spawn(lua_State *L, host_id host, int first)
{
    luaL_checktype(L, first, LUA_TFUNCTION);
    struct application *app = app_create(L, host, lua_gettop(L) - first);
    app_schedule(app);
    return 0;
}

static int host_spawn(lua_State *L)
{
    return api_spawn(L, api_check_host(L, 1), 2);
}

static int host_at(lua_State *L)
{
    return api_at(L, api_check_host(L, 1), 2);
}

static int host_after(lua_State *L)
{
    return api_after(L, api_check_host(L, 1), 2);
}

static int host_every(lua_State *L)
{
    return api_every(L, api_check_host(L, 1), 2);
}

/* A power failure: applications and connections are gone, and nobody is told. */
static int host_crash_now(lua_State *L)
{
    struct script *script = script_of(L);
    const host_id host = api_check_host(L, 1);
    app_kill_all(script, host);
    host_crash(script->sim, host);
    return 0;
}

/* ---- the class ------------------------------------------------------------------------------ */

static const luaL_Reg host_methods[] = {
    { "after", host_after },       { "at", host_at },           { "connect", api_host_connect },
    { "crash", host_crash_now },   { "every", host_every },     { "inject", api_host_inject },
    { "listen", api_host_listen }, { "route", node_route },     { "sockets", api_host_sockets },
    { "spawn", host_spawn },       { "state", api_host_state }, { NULL, NULL },
};

static const luaL_Reg host_fields[] = {
    { "ip", host_ip },           { "ips", host_ips }, { "name", node_name },
    { "stats", api_host_stats }, { NULL, NULL },
};

static const luaL_Reg host_metamethods[] = {
    { "__tostring", node_name },
    { NULL, NULL },
};

const struct object_class host_class = { "host", host_methods, host_fields, host_metamethods };
