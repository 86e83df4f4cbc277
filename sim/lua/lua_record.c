/* Fields of C structs, as named values for scripts. Read lua_record.h first. */
#include "sim/lua/lua_record.h"

#include "sim/lua/lua_units.h"
#include "tcpsim/status.h"
#include "tcpsim/tcp_types.h"

#include <string.h>

static void push_status(lua_State *L, enum sim_status status)
{
    if (status == SIM_OK) {
        lua_pushnil(L);
    } else {
        lua_pushstring(L, sim_status_text(status));
    }
}

void record_push_field(lua_State *L, const void *record, const struct record_field *field)
{
    const void *at = (const char *)record + field->offset;
    switch (field->kind) {
    case RECORD_U8:
        lua_pushinteger(L, *(const uint8_t *)at);
        break;
    case RECORD_U16:
        lua_pushinteger(L, *(const uint16_t *)at);
        break;
    case RECORD_U32:
        lua_pushinteger(L, *(const uint32_t *)at);
        break;
    case RECORD_U64:
        lua_pushinteger(L, (lua_Integer) * (const uint64_t *)at);
        break;
    case RECORD_TIME:
        unit_push_time(L, *(const sim_time_t *)at);
        break;
    case RECORD_STATE:
        lua_pushstring(L, tcp_state_name(*(const enum tcp_state *)at));
        break;
    case RECORD_ADDRESS:
        unit_push_address(L, at);
        break;
    case RECORD_STATUS:
        push_status(L, *(const enum sim_status *)at);
        break;
    case RECORD_TEXT:
        lua_pushstring(L, *(const char *const *)at); /* NULL becomes nil */
        break;
    }
}

void record_push_table(lua_State *L, const void *record, const struct record_field *fields)
{
    lua_newtable(L);
    for (; fields->name != NULL; fields++) {
        record_push_field(L, record, fields);
        lua_setfield(L, -2, fields->name);
    }
}

const struct record_field *record_find(const struct record_field *fields, const char *name)
{
    for (; fields->name != NULL; fields++) {
        if (strcmp(fields->name, name) == 0) {
            return fields;
        }
    }
    return NULL;
}
