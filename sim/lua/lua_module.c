/* The module: local sim = require "tcpsim". */
#include "sim/lua/lua_api.h"
#include "sim/lua/lua_args.h"
#include "sim/lua/lua_suggest.h"
#include "sim/lua/lua_units.h"
#include "tcpsim/facts.h"

#include <string.h>

static const char registry_format = 0, registry_random = 0;

/* ---- text ----------------------------------------------------------------------------------- */

/* Check the argument `arg` against the conversion `letter`, in the frame of the function that the
 * script called: below, string.format knows neither its name nor the script's line. */
static void check_format_argument(lua_State *L, int arg, char letter)
{
    const char text[] = { letter, '\0' };
    const bool wants_integer = strchr("cdiouxX", letter) != NULL;
    int is_integer;
    if (lua_isnone(L, arg)) {
        luaL_argerror(L, arg, lua_pushfstring(L, "no value for '%%%s'", text));
    }
    if (!wants_integer && strchr("aAeEfFgG", letter) == NULL) {
        return;
    }
    if (!lua_isnumber(L, arg)) {
        luaL_argerror(
            L, arg,
            lua_pushfstring(L, "'%%%s' needs a number, got %s", text, luaL_typename(L, arg)));
    }
    lua_tointegerx(L, arg, &is_integer);
    if (wants_integer && !is_integer) {
        luaL_argerror(L, arg,
                      lua_pushfstring(L, "'%%%s' needs an integer, got %s", text,
                                      sandbox_tostring(L, arg, NULL)));
    }
}

/* The format is at `first`, its arguments follow. */
static void check_format_arguments(lua_State *L, int first)
{
    int arg = first;
    const char *at = luaL_checkstring(L, first);
    while ((at = strchr(at, '%')) != NULL) {
        at += 1 + strspn(at + 1, "-+#0 .123456789");
        if (*at == '\0') {
            return; /* string.format says what is wrong */
        }
        if (*at != '%') {
            check_format_argument(L, ++arg, *at);
        }
        at++;
    }
}

const char *api_format(lua_State *L, int first, size_t *length)
{
    const int count = lua_gettop(L) - first + 1;
    if (count > 1) {
        check_format_arguments(L, first);
        lua_rawgetp(L, LUA_REGISTRYINDEX, &registry_format);
        lua_insert(L, first);
        lua_call(L, count, 1);
    }
    if (lua_type(L, first) == LUA_TNUMBER) {
        sandbox_tostring(L, first, NULL);
        lua_replace(L, first);
    }
    return luaL_checklstring(L, first, length);
}

/* sim.note([host], format, ...) */
static int sim_note_text(lua_State *L)
{
    const bool has_host = api_is_host(L, 1);
    const host_id host = has_host ? api_check_host(L, 1) : HOST_NONE;
    sim_note(script_of(L)->sim, host, api_format(L, has_host ? 2 : 1, NULL));
    return 0;
}

/* A text that is easy to recognize in a trace: "abc...zabc...". */
static int sim_bytes(lua_State *L)
{
    const uint64_t count = unit_check_size(L, 1, "the count of sim.bytes");
    luaL_Buffer text;
    if (count > INT32_MAX) {
        return luaL_error(L, "sim.bytes makes at most 2 GiB; conn:send_bytes sends any number");
    }
    sandbox_charge(script_of(L)->box, L, count / 4);
    char *bytes = luaL_buffinitsize(L, &text, (size_t)count);
    for (size_t i = 0; i < count; i++) {
        bytes[i] = (char)('a' + i % 26);
    }
    luaL_pushresultsize(&text, (size_t)count);
    return 1;
}

/* The sentence for a code such as "ECONNRESET". */
static int sim_strerror(lua_State *L)
{
    const char *code = luaL_checkstring(L, 1);
    for (int status = SIM_AGAIN; status < SIM_STATUS_COUNT; status++) {
        if (strcmp(code, sim_status_errno_name((enum sim_status)status)) == 0) {
            lua_pushstring(L, sim_status_text((enum sim_status)status));
            return 1;
        }
    }
    return luaL_error(L, "there is no error '%s'", code);
}

/* ---- addresses and numbers -------------------------------------------------------------------- */

/* sim.ip(prefix, index): the index-th address, from 0; it wraps around within the prefix. */
static int sim_ip(lua_State *L)
{
    const struct ip_prefix prefix = unit_check_prefix(L, 1, "the prefix of sim.ip");
    const int64_t index = args_check_integer(L, 2, "the index of sim.ip", 0, INT64_MAX);
    const struct ip_addr addr = ip_prefix_address(&prefix, (uint64_t)index);
    unit_push_address(L, &addr);
    return 1;
}

static int sim_random(lua_State *L)
{
    lua_rawgetp(L, LUA_REGISTRYINDEX, &registry_random);
    lua_insert(L, 1);
    lua_call(L, lua_gettop(L) - 1, 1);
    return 1;
}

/* ---- time ----------------------------------------------------------------------------------- */

static int sim_now_seconds(lua_State *L)
{
    unit_push_time(L, sim_now(script_of(L)->sim));
    return 1;
}

/* sim.duration(value): any duration in seconds, to reckon with. */
static int sim_duration(lua_State *L)
{
    unit_push_time(L, unit_check_duration(L, 1, "the value of sim.duration"));
    return 1;
}

static int sim_at(lua_State *L)
{
    return api_at(L, HOST_NONE, 1);
}

static int sim_after(lua_State *L)
{
    return api_after(L, HOST_NONE, 1);
}

static int sim_every(lua_State *L)
{
    return api_every(L, HOST_NONE, 1);
}

static int sim_spawn(lua_State *L)
{
    return api_spawn(L, HOST_NONE, 1);
}

/* The earliest call counts. The world may be running: then script_advance() goes on with the new
 * limit. */
static int sim_stop_at(lua_State *L)
{
    struct script *script = script_of(L);
    const sim_time_t when = unit_check_duration(L, 1, "the time of sim.stop_at");
    if (when == 0 || when < sim_now(script->sim)) {
        return luaL_error(L, "sim.stop_at needs a time that is still to come");
    }
    if (script->stop_at == 0 || when < script->stop_at) {
        script->stop_at = when;
        script->stop_at_moved = true;
        sim_stop(script->sim, SIM_OK);
    }
    return 0;
}

static int sim_stop_now(lua_State *L)
{
    struct script *script = script_of(L);
    script->stopped = true;
    sim_stop(script->sim, SIM_OK);
    return 0;
}

/* ---- the table ------------------------------------------------------------------------------ */

static const luaL_Reg module_functions[] = {
    { "after", sim_after },       { "at", sim_at },
    { "bytes", sim_bytes },       { "check", api_check },
    { "duration", sim_duration }, { "every", sim_every },
    { "expect", api_expect },     { "expect_eq", api_expect_eq },
    { "host", api_host },         { "ip", sim_ip },
    { "link", api_link },         { "measure", api_measure },
    { "note", sim_note_text },    { "now", sim_now_seconds },
    { "options", api_options },   { "random", sim_random },
    { "router", api_router },     { "sleep", api_sleep },
    { "spawn", sim_spawn },       { "stop", sim_stop_now },
    { "stop_at", sim_stop_at },   { "strerror", sim_strerror },
    { "switch", api_switch },     { NULL, NULL },
};

/* Scripts may change their libraries; ours are the ones that they began with. */
static void keep_library_function(lua_State *L, const char *library, const char *name,
                                  const void *key)
{
    lua_getglobal(L, library);
    lua_getfield(L, -1, name);
    lua_rawsetp(L, LUA_REGISTRYINDEX, key);
    lua_pop(L, 1);
}

/* __index of the module: only for names that it does not have. */
static int raise_no_function(lua_State *L)
{
    enum { COUNT = sizeof module_functions / sizeof module_functions[0] };
    const char *names[COUNT];
    const char *name = lua_type(L, 2) == LUA_TSTRING ? lua_tostring(L, 2) : luaL_typename(L, 2);
    for (size_t i = 0; i < COUNT; i++) {
        names[i] = module_functions[i].name; /* the last is NULL */
    }
    return luaL_error(L, "there is no sim.%s%s", name, suggest_push(L, name, "there are", names));
}

static void set_strict(lua_State *L)
{
    lua_createtable(L, 0, 2);
    lua_pushcfunction(L, raise_no_function);
    lua_setfield(L, -2, "__index");
    lua_pushliteral(L, "tcpsim");
    lua_setfield(L, -2, "__metatable");
    lua_setmetatable(L, -2);
}

int script_open_module(lua_State *L)
{
    keep_library_function(L, "string", "format", &registry_format);
    keep_library_function(L, "math", "random", &registry_random);
    api_open_node(L);
    api_open_link(L);
    api_open_rule(L);
    api_open_packet(L);
    api_open_conn(L);
    api_open_listener(L);
    api_open_stats(L);
    api_open_timer(L);
    luaL_newlib(L, module_functions);
    set_strict(L);
    return 1;
}
