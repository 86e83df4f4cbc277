/* Text helpers of the sandbox: bounded text, and numbers as text without platform differences. */
#include "sim/lua/sandbox_private.h"

#include <lauxlib.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const char ellipsis[] = "...";

/* End a text that did not fit with "...". */
static void mark_as_cut(struct sandbox_text *text)
{
    if (text->size >= sizeof(ellipsis)) {
        memcpy(text->at + text->size - sizeof(ellipsis), ellipsis, sizeof(ellipsis));
    }
}

/* Append bytes; what does not fit is cut.  NULs become '?', since the text is a C string. */
void text_append(struct sandbox_text *text, const char *bytes, size_t length)
{
    const size_t room = text->size - text->used - 1;
    const size_t taken = length < room ? length : room;
    for (size_t i = 0; i < taken; i++) {
        text->at[text->used++] = bytes[i] == '\0' ? '?' : bytes[i];
    }
    text->at[text->used] = '\0';
    if (taken < length) {
        mark_as_cut(text);
    }
}

void text_printf(struct sandbox_text *text, const char *format, ...)
{
    char line[2048];
    va_list arguments;
    va_start(arguments, format);
    const int length = vsnprintf(line, sizeof(line), format, arguments);
    va_end(arguments);
    if (length > 0) {
        text_append(text, line, strlen(line));
    }
}

void text_push_number(lua_State *L, int index)
{
    const lua_Number number = lua_tonumber(L, index);
    if (!lua_isinteger(L, index) && number != number) {
        lua_pushliteral(L, "nan"); /* the C library may show the sign of a NaN, which is noise */
        return;
    }
    lua_pushvalue(L, index);
    lua_tolstring(L, -1, NULL);
}

const char *text_check(lua_State *L, int arg, size_t *length)
{
    if (lua_type(L, arg) == LUA_TNUMBER) {
        text_push_number(L, arg);
        lua_replace(L, arg);
    }
    return luaL_checklstring(L, arg, length);
}
