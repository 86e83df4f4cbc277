/* Errors as data: what went wrong, in which file and line, and which script frames led there. */
#include "sim/lua/sandbox_private.h"

#include <lauxlib.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FRAMES_SHOWN = 8, FIELDS_SHOWN = 8 };

void error_clear(struct sandbox *box)
{
    box->error.kind = SANDBOX_KIND_NONE;
    box->error.line = 0;
    box->error.message[0] = '\0';
    box->error.file[0] = '\0';
    box->error.trace[0] = '\0';
}

static void set_file(struct sandbox_error *error, const char *path, int line)
{
    snprintf(error->file, sizeof(error->file), "%s", path);
    error->line = line;
}

void error_set(struct sandbox *box, enum sandbox_error_kind kind, const char *file,
               const char *format, ...)
{
    error_clear(box);
    box->error.kind = kind;
    set_file(&box->error, file, 0);
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(box->error.message, sizeof(box->error.message), format, arguments);
    va_end(arguments);
}

/* -- The trace ------------------------------------------------------------------------------- */

static void trace_frame(struct sandbox_text *trace, const lua_Debug *frame)
{
    text_printf(trace, "%s:%d: in ", frame->source + 1, frame->currentline);
    if (*frame->what == 'm') {
        text_printf(trace, "main chunk\n");
    } else if (frame->name != NULL) {
        const bool is_metamethod = strcmp(frame->namewhat, "metamethod") == 0;
        text_printf(trace, "%s '%s'\n", is_metamethod ? "metamethod" : "function", frame->name);
    } else {
        text_printf(trace, "the function at line %d\n", frame->linedefined);
    }
}

/* Record the script frames of L, and the innermost as the place of the error.  No C internals: they
 * tell a script's author nothing.  Allocates no memory of Lua. */
void error_trace(struct sandbox *box, lua_State *L)
{
    struct sandbox_text trace = { box->error.trace, sizeof(box->error.trace), 0 };
    lua_Debug frame;
    int shown = 0;
    box->error.line = 0;
    box->error.trace[0] = '\0';
    for (int level = 0; lua_getstack(L, level, &frame); level++) {
        lua_getinfo(L, "Sln", &frame);
        if (*frame.source != '@' || frame.currentline < 0) {
            continue;
        }
        if (shown == FRAMES_SHOWN) {
            text_printf(&trace, "...\n");
            return;
        }
        if (shown == 0) {
            set_file(&box->error, frame.source + 1, frame.currentline);
        }
        trace_frame(&trace, &frame);
        shown++;
    }
}

/* Message handler of the host's calls.  It runs no code of the script: that waits until the stack is
 * unwound, because here hooks may be off. */
int error_trace_handler(lua_State *L)
{
    struct sandbox *box = sandbox_of(L);
    if (box->limit == SANDBOX_KIND_NONE) {
        error_trace(box, L);
    }
    return 1;
}

/* -- The message ----------------------------------------------------------------------------- */

/* Append `name = value` for the fields that say something by themselves. */
static void describe_fields(lua_State *L, int table)
{
    luaL_Buffer text;
    const lua_Integer count = sandbox_push_sorted_keys(L, table);
    const int keys = lua_gettop(L);
    int shown = 0;
    luaL_buffinit(L, &text);
    luaL_addstring(&text, "an error object { ");
    for (lua_Integer i = 1; i <= count && shown < FIELDS_SHOWN; i++) {
        lua_rawgeti(L, keys, i);
        if (lua_type(L, -1) != LUA_TSTRING) {
            lua_pop(L, 1);
            continue;
        }
        const char *name = lua_tostring(L, -1);
        lua_rawget(L, table);
        const char *value = sandbox_tostring(L, -1, NULL);
        lua_pushfstring(L, "%s%s = %s", shown > 0 ? ", " : "", name, value);
        lua_replace(L, -3);
        lua_pop(L, 1);
        luaL_addvalue(&text);
        shown++;
    }
    luaL_addstring(&text, shown > 0 ? " }" : "}");
    luaL_pushresult(&text);
}

/* Push the text for the error object that is the only argument. */
static int describe(lua_State *L)
{
    const int type = lua_type(L, 1);
    if (type == LUA_TNIL) {
        lua_pushliteral(L, "error(nil): no message was given");
    } else if (type != LUA_TTABLE || luaL_getmetafield(L, 1, "__tostring") != LUA_TNIL) {
        sandbox_tostring(L, 1, NULL);
    } else if (lua_pushliteral(L, "message"), lua_rawget(L, 1) != LUA_TSTRING) {
        describe_fields(L, 1);
    }
    return 1;
}

/* Turn "name:12: text" into file, line and text, if the name is of a script.  A message without a
 * position keeps the place of the innermost frame. */
static const char *take_position(struct sandbox *box, const char *message)
{
    for (const struct sandbox_chunk *chunk = box->chunks; chunk != NULL; chunk = chunk->next) {
        const size_t length = strlen(chunk->short_name);
        if (strncmp(message, chunk->short_name, length) != 0 || message[length] != ':') {
            continue;
        }
        char *end;
        const long line = strtol(message + length + 1, &end, 10);
        if (line > 0 && end[0] == ':' && end[1] == ' ') {
            set_file(&box->error, chunk->name + 1, (int)line);
            return end + 2;
        }
    }
    return message;
}

/* Lua knows a stack overflow only by its message, before which each catcher may have put a position.
 * A script could fake one; it would only rob itself of a verdict. */
static bool tells_of_stack_overflow(const char *message)
{
    static const char overflow[] = "stack overflow";
    const size_t length = strlen(message), overflow_length = sizeof(overflow) - 1;
    const bool ends_so =
        length >= overflow_length && strcmp(message + length - overflow_length, overflow) == 0;
    return ends_so || strstr(message, "stack overflow (") != NULL ||
           strcmp(message, "error in error handling") == 0;
}

/* Make the error object on top a text if that can be.  Its __tostring is script code, so it is called
 * under protection. */
static void make_text_of_top(struct sandbox *box, lua_State *L)
{
    if (lua_type(L, -1) == LUA_TSTRING || !lua_checkstack(L, 2)) {
        return;
    }
    lua_pushcfunction(L, describe);
    lua_insert(L, -2);
    const int status = lua_pcall(L, 1, 1, 0);
    limit_note_status(box, status);
    if (status != LUA_OK) {
        lua_pushnil(L);
        lua_replace(L, -2);
    }
}

/* Record the error whose object is on top of L, and pop it.  The trace was recorded before. */
void error_from_top(struct sandbox *box, lua_State *L, enum sandbox_error_kind kind)
{
    struct sandbox_text out = { box->error.message, sizeof(box->error.message), 0 };
    const char *message = "an error object whose text cannot be made";
    size_t length = strlen(message);
    make_text_of_top(box, L);
    if (box->limit != SANDBOX_KIND_NONE) {
        lua_pop(L, 1);
        return;
    }
    if (lua_type(L, -1) == LUA_TSTRING) {
        const char *whole = lua_tolstring(L, -1, &length);
        message = take_position(box, whole);
        length -= (size_t)(message - whole);
    }
    box->error.kind = kind;
    text_append(&out, message, length);
    if (kind == SANDBOX_KIND_RUNTIME && tells_of_stack_overflow(message)) {
        box->error.kind = SANDBOX_KIND_STACK;
    }
    lua_pop(L, 1);
}
