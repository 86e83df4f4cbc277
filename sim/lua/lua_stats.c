/* Counters of hosts and links, as live views: reading a field reads the counter of now. */
#include "sim/base/common.h"
#include "sim/lua/lua_api.h"
#include "sim/lua/lua_record.h"
#include "sim/lua/lua_suggest.h"

#include <stdio.h>
#include <string.h>

#define STAT(name)                                           \
    {                                                        \
#name, RECORD_U64, offsetof(struct host_stats, name) \
    }
#define RETRANSMIT(name)                                                     \
    {                                                                        \
#name, RECORD_U64, offsetof(struct host_stats, retransmitted_##name) \
    }

static const struct record_field host_stats_fields[] = {
    STAT(packets_sent),
    STAT(packets_received),
    STAT(segments_sent),
    STAT(segments_received),
    STAT(segments_retransmitted),
    STAT(data_segments_sent),
    STAT(data_segments_received),
    STAT(syn_sent),
    STAT(syn_received),
    STAT(rst_sent),
    STAT(rst_received),
    STAT(active_opens),
    STAT(passive_opens),
    STAT(failed_attempts),
    STAT(established),
    STAT(accepted),
    STAT(established_resets),
    STAT(checksum_errors),
    STAT(timeouts),
    STAT(listen_drops),
    STAT(listen_overflows),
    STAT(syn_queue_max),
    STAT(accept_queue_max),
    STAT(time_wait_max),
    STAT(time_waits),
    STAT(no_port),
    STAT(bytes_delivered),
    STAT(foreign_bytes_delivered),
    { NULL, RECORD_U64, 0 },
};

/* host.stats.retransmits */
static const struct record_field retransmits_fields[] = {
    RETRANSMIT(syn), RETRANSMIT(syn_ack),     RETRANSMIT(data),
    RETRANSMIT(fin), { NULL, RECORD_U64, 0 },
};

#undef STAT
#undef RETRANSMIT

/* ---- views ---------------------------------------------------------------------------------- */

/* The two views have no fixed list of functions, so they are no object_class. */
static const char stats_name[] = "stats", retransmits_name[] = "retransmits";

struct view {
    const struct record_field *fields;
    host_id host;
};

static int push_view(lua_State *L, const char *class, const struct record_field *fields,
                     host_id host)
{
    struct view *view = lua_newuserdatauv(L, sizeof *view, 0);
    view->fields = fields;
    view->host = host;
    luaL_setmetatable(L, class);
    return 1;
}

int api_host_stats(lua_State *L)
{
    return push_view(L, stats_name, host_stats_fields, api_check_host(L, 1));
}

static int raise_unknown(lua_State *L, const struct view *view, const char *name)
{
    const char *names[64];
    size_t count = 0;
    while (count < COUNT_OF(names) - 2 && view->fields[count].name != NULL) {
        names[count] = view->fields[count].name;
        count++;
    }
    if (view->fields == host_stats_fields) {
        names[count++] = retransmits_name;
    }
    names[count] = NULL;
    const char *hint = suggest_push(L, name, "there are", names);
    return luaL_error(L, "there is no counter '%s'%s", name, hint);
}

static int view_index(lua_State *L)
{
    struct script *script = script_of(L);
    const struct view *view = lua_touserdata(L, 1);
    const char *name = lua_type(L, 2) == LUA_TSTRING ? lua_tostring(L, 2) : luaL_typename(L, 2);
    if (view->fields == host_stats_fields && strcmp(name, retransmits_name) == 0) {
        return push_view(L, retransmits_name, retransmits_fields, view->host);
    }
    const struct record_field *field = record_find(view->fields, name);
    if (field == NULL) {
        return raise_unknown(L, view, name);
    }
    record_push_field(L, host_get_stats(script->sim, view->host), field);
    char value[32], label[64];
    snprintf(value, sizeof value, "%lld", (long long)lua_tointeger(L, -1));
    snprintf(label, sizeof label, "%s%s", view->fields == retransmits_fields ? "retransmits." : "",
             name);
    script_note_reading(script, view->host, label, value);
    return 1;
}

static int view_newindex(lua_State *L)
{
    return luaL_error(L, "counters cannot be set");
}

/* __pairs walks a copy. */
static int view_pairs(lua_State *L)
{
    const struct view *view = lua_touserdata(L, 1);
    const void *stats = host_get_stats(script_of(L)->sim, view->host);
    lua_getglobal(L, "next");
    record_push_table(L, stats, view->fields);
    lua_pushnil(L);
    return 3;
}

static int view_tostring(lua_State *L)
{
    const struct view *view = lua_touserdata(L, 1);
    lua_pushfstring(L, "%s of %s",
                    view->fields == host_stats_fields ? stats_name : retransmits_name,
                    host_name(script_of(L)->sim, view->host));
    return 1;
}

static void open_view(lua_State *L, const char *class)
{
    static const luaL_Reg metamethods[] = {
        { "__index", view_index },
        { "__newindex", view_newindex },
        { "__pairs", view_pairs },
        { "__tostring", view_tostring },
        { NULL, NULL },
    };
    luaL_newmetatable(L, class);
    luaL_setfuncs(L, metamethods, 0);
    lua_pushstring(L, class);
    lua_setfield(L, -2, "__metatable");
    lua_pop(L, 1);
}

void api_open_stats(lua_State *L)
{
    open_view(L, stats_name);
    open_view(L, retransmits_name);
}

/* ---- links ---------------------------------------------------------------------------------- */

#define STAT(name)                                           \
    {                                                        \
#name, RECORD_U64, offsetof(struct link_stats, name) \
    }

static const struct record_field link_stats_fields[] = {
    STAT(entered),           STAT(copied),
    STAT(delivered),         STAT(dropped),
    STAT(in_flight),         STAT(held),
    STAT(bytes_entered),     STAT(bytes_delivered),
    STAT(queue_bytes_max),   STAT(queue_packets_max),
    { NULL, RECORD_U64, 0 },
};

#undef STAT

static void push_direction(lua_State *L, link_id link, uint8_t direction)
{
    const struct link_stats stats = link_get_stats(script_of(L)->sim, link, direction);
    record_push_table(L, &stats, link_stats_fields);
}

/* A table of both directions, as of now: { forward = {...}, backward = {...} }. */
int api_link_stats(lua_State *L, link_id link)
{
    lua_createtable(L, 0, 2);
    push_direction(L, link, 0);
    lua_setfield(L, -2, "forward");
    push_direction(L, link, 1);
    lua_setfield(L, -2, "backward");
    return 1;
}
