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
    limit_watch_errors(L);
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

/* The part of a message behind "name:12: " if the name is of a script; else NULL. */
static const char *behind_position(const char *message, const char *short_name, int *line)
{
    const size_t length = strlen(short_name);
    if (strncmp(message, short_name, length) != 0 || message[length] != ':') {
        return NULL;
    }
    char *end;
    const long number = strtol(message + length + 1, &end, 10);
    *line = (int)number;
    return number > 0 && end[0] == ':' && end[1] == ' ' ? end + 2 : NULL;
}

/* The script that a message names at its start, or NULL; and what it says. */
static const struct sandbox_chunk *split_position(const struct sandbox *box, const char *message,
                                                  const char **text, int *line)
{
    *text = message;
    for (const struct sandbox_chunk *chunk = box->chunks; chunk != NULL; chunk = chunk->next) {
        const char *behind = behind_position(message, chunk->short_name, line);
        if (behind != NULL) {
            *text = behind;
            return chunk;
        }
    }
    return NULL;
}

/* A message without a position keeps the place of the innermost frame. */
static const char *take_position(struct sandbox *box, const char *message)
{
    const char *text;
    int line;
    const struct sandbox_chunk *chunk = split_position(box, message, &text, &line);
    if (chunk != NULL) {
        set_file(&box->error, chunk->name + 1, line);
    }
    return text;
}

/* Whether the error object at `index` is Lua's for a full stack, of Lua or of C.  Lua knows it only
 * by its message: these words and no others, behind at most one position.  A script that raises an
 * error with just these words is stopped, too; it robs only itself of a verdict. */
bool error_is_stack_overflow(const struct sandbox *box, lua_State *L, int index)
{
    static const char with_reason[] = "stack overflow (";
    static const char *const texts[] = { "stack overflow", "C stack overflow",
                                         "error in error handling" };
    const char *text;
    int line;
    if (lua_type(L, index) != LUA_TSTRING) {
        return false;
    }
    split_position(box, lua_tostring(L, index), &text, &line);
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        if (strcmp(text, texts[i]) == 0) {
            return true;
        }
    }
    return strncmp(text, with_reason, sizeof(with_reason) - 1) == 0;
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
    if (status != LUA_OK) {
        limit_note_error(box, L, status);
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
    lua_pop(L, 1);
}
