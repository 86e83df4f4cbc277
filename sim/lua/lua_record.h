/* Fields of C structs, as named values for scripts. */
#ifndef TCPSIM_LUA_LUA_RECORD_H
#define TCPSIM_LUA_LUA_RECORD_H

#include <lua.h>
#include <stddef.h>

enum record_kind {
    RECORD_U8,
    RECORD_U32,
    RECORD_U64,
    RECORD_U16,
    RECORD_TIME,
    RECORD_STATE,
    RECORD_ADDRESS,
    RECORD_STATUS,
    RECORD_TEXT
};

struct record_field {
    const char *name; /* NULL ends a list */
    enum record_kind kind;
    size_t offset;
};

/* Push the field of `record`, or nil where it says "none". */
void record_push_field(lua_State *L, const void *record, const struct record_field *field);

/* Push a table of all fields. */
void record_push_table(lua_State *L, const void *record, const struct record_field *fields);

/* The field of that name, or NULL. */
const struct record_field *record_find(const struct record_field *fields, const char *name);

#endif
