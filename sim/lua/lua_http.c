/* Reading one HTTP/1.1 message (RFC 9112): as much as a scenario needs.
 *
 * A body is as long as Content-Length says; a response without one ends with the stream; a request
 * without one has none. Transfer codings are not understood, and said so. The message is a table at
 * HTTP_MESSAGE from the moment that its head is there. */
#include "sim/lua/lua_conn.h"

#include <lauxlib.h>
#include <string.h>

static int fail(lua_State *L, const char *text)
{
    return app_push_failure(L, "conn:recv_http", text, "EPROTO");
}

/* ---- the head ------------------------------------------------------------------------------- */

struct span {
    const char *at, *end;
};

/* Cut the part before `separator` off `rest`; all of it when there is none. */
static struct span cut(struct span *rest, char separator)
{
    const size_t left = (size_t)(rest->end - rest->at);
    const char *found = memchr(rest->at, separator, left);
    const struct span part = { rest->at, found != NULL ? found : rest->end };
    rest->at = found != NULL ? found + 1 : rest->end;
    return part;
}

static struct span trim(struct span span)
{
    while (span.at < span.end && (*span.at == ' ' || *span.at == '\t')) {
        span.at++;
    }
    while (span.end > span.at && strchr(" \t\r", span.end[-1]) != NULL) {
        span.end--;
    }
    return span;
}

static void set_field(lua_State *L, const char *name, struct span value)
{
    lua_pushlstring(L, value.at, (size_t)(value.end - value.at));
    lua_setfield(L, HTTP_MESSAGE, name);
}

/* Decimal digits only, at most 15 of them; -1 if not. */
static lua_Integer read_count(const char *text)
{
    const size_t digits = strspn(text, "0123456789");
    lua_Integer value = 0;
    if (digits == 0 || digits > 15 || text[digits] != '\0') {
        return -1;
    }
    for (size_t i = 0; i < digits; i++) {
        value = value * 10 + (text[i] - '0');
    }
    return value;
}

/* "HTTP/1.1 200 OK" or "GET /x HTTP/1.1"; false when it is neither. */
static bool read_start_line(lua_State *L, struct span line)
{
    line = trim(line);
    const bool is_response = line.end - line.at >= 5 && memcmp(line.at, "HTTP/", 5) == 0;
    const struct span first = cut(&line, ' '), second = cut(&line, ' ');
    if (second.at == second.end) {
        return false;
    }
    if (!is_response) {
        set_field(L, "method", first);
        set_field(L, "target", second);
        set_field(L, "version", line);
        return line.end - line.at >= 5 && memcmp(line.at, "HTTP/", 5) == 0;
    }
    set_field(L, "version", first);
    set_field(L, "reason", line);
    lua_pushlstring(L, second.at, (size_t)(second.end - second.at));
    const lua_Integer status = read_count(lua_tostring(L, -1));
    lua_pop(L, 1);
    lua_pushinteger(L, status);
    lua_setfield(L, HTTP_MESSAGE, "status");
    return status >= 0;
}

/* "Name: value" into the table on top; names in lower case. */
static bool read_header(lua_State *L, struct span line)
{
    const struct span name = trim(cut(&line, ':'));
    luaL_Buffer lower;
    if (name.at == name.end) {
        return false;
    }
    luaL_buffinit(L, &lower);
    for (const char *c = name.at; c < name.end; c++) {
        luaL_addchar(&lower, (char)(*c >= 'A' && *c <= 'Z' ? *c - 'A' + 'a' : *c));
    }
    luaL_pushresult(&lower);
    line = trim(line);
    lua_pushlstring(L, line.at, (size_t)(line.end - line.at));
    lua_rawset(L, -3);
    return true;
}

/* Make the table at HTTP_MESSAGE from a head without its empty line. */
static bool read_head(lua_State *L, struct span head)
{
    lua_newtable(L);
    lua_replace(L, HTTP_MESSAGE);
    bool good = read_start_line(L, cut(&head, '\n'));
    lua_newtable(L);
    while (good && head.at < head.end) {
        good = read_header(L, cut(&head, '\n'));
    }
    lua_setfield(L, HTTP_MESSAGE, "headers");
    return good;
}

/* Push what the header says, or nil. */
static void push_header(lua_State *L, const char *name)
{
    lua_getfield(L, HTTP_MESSAGE, "headers");
    lua_getfield(L, -1, name);
    lua_remove(L, -2);
}

/* ---- the body ------------------------------------------------------------------------------- */

enum { LENGTH_OF_STREAM = -1, LENGTH_BAD = -2 };

static lua_Integer body_length(lua_State *L)
{
    push_header(L, "content-length");
    const char *text = lua_tostring(L, -1);
    lua_Integer length = text == NULL ? 0 : read_count(text);
    if (text != NULL && length < 0) {
        length = LENGTH_BAD;
    } else if (text == NULL && lua_getfield(L, HTTP_MESSAGE, "status") == LUA_TNUMBER) {
        const lua_Integer status = lua_tointeger(L, -1);
        const bool never = status < 200 || status == 204 || status == 304; /* RFC 9112 6.3 */
        length = never ? 0 : LENGTH_OF_STREAM;
    }
    lua_settop(L, HTTP_MESSAGE);
    return length;
}

static int take_body(lua_State *L, struct lua_conn *conn, bool at_end)
{
    const size_t there = conn->end - conn->start;
    const lua_Integer length = body_length(L);
    if (length == LENGTH_BAD) {
        return fail(L, "a Content-Length that is no number");
    }
    if (length == LENGTH_OF_STREAM ? !at_end : there < (size_t)length) {
        return at_end ? fail(L, "the stream ended inside the body of an HTTP message") : 0;
    }
    api_conn_push_text(L, conn, length == LENGTH_OF_STREAM ? there : (size_t)length);
    lua_setfield(L, HTTP_MESSAGE, "body");
    return 1;
}

/* ---- one step ------------------------------------------------------------------------------- */

static int take_head(lua_State *L, struct lua_conn *conn, bool at_end)
{
    static const char end_of_head[] = "\r\n\r\n";
    const size_t at = api_conn_find(conn, end_of_head, 4);
    if (at == SIZE_MAX) {
        const bool cut_short = at_end && conn->end > conn->start;
        return cut_short ? fail(L, "the stream ended inside the head of an HTTP message") : 0;
    }
    api_conn_push_text(L, conn, at + 4);
    const char *text = lua_tostring(L, -1);
    const bool good = read_head(L, (struct span){ text, text + at + 2 });
    lua_settop(L, HTTP_MESSAGE);
    if (!good) {
        return fail(L, "what arrived is no HTTP message");
    }
    push_header(L, "transfer-encoding");
    const bool coded = !lua_isnil(L, -1);
    lua_settop(L, HTTP_MESSAGE);
    return coded ? fail(L, "transfer codings are not understood") : 0;
}

int api_http_take(lua_State *L, struct lua_conn *conn, bool at_end)
{
    if (lua_isnil(L, HTTP_MESSAGE)) {
        const int results = take_head(L, conn, at_end);
        if (results > 0 || lua_isnil(L, HTTP_MESSAGE)) {
            return results;
        }
    }
    return take_body(L, conn, at_end);
}
