/* Reading from a connection: these wait until there is what was asked for.
 *
 * All of them are one loop: ask `take` whether the buffered bytes will do, else take from the socket
 * as many as are `wanted`, else wait. At the end of the stream `take` is asked once more. */
#include "sim/lua/lua_api.h"
#include "sim/lua/lua_conn.h"
#include "sim/lua/lua_units.h"

#include <string.h>

/* The stack of a function that reads. */
enum { READ_CONN = 1, READ_ARGUMENT, READ_DEADLINE, READ_STATE /* HTTP_MESSAGE */ };

struct read_op {
    const char *name;
    /* Bytes to take from the socket at most, now. */
    size_t (*wanted)(lua_State *L, const struct lua_conn *conn);
    /* The number of results pushed, or 0 when the buffered bytes will not do. */
    int (*take)(lua_State *L, struct lua_conn *conn, bool at_end);
};

enum read_op_index { OP_EXACT, OP_SOME, OP_LINE, OP_ALL, OP_HTTP };

static size_t buffered(const struct lua_conn *conn)
{
    return conn->end - conn->start;
}

/* ---- the buffer ----------------------------------------------------------------------------- */

/* Room for `count` more bytes behind the end. */
static void reserve(lua_State *L, struct lua_conn *conn, size_t count)
{
    const size_t used = buffered(conn);
    if (conn->capacity - conn->end >= count) {
        return;
    }
    if (conn->capacity - used >= count && conn->start >= used) {
        memcpy(conn->bytes, conn->bytes + conn->start, used);
    } else {
        size_t capacity = conn->capacity < 1024 ? 1024 : 2 * conn->capacity;
        capacity = capacity < used + count ? used + count : capacity;
        char *bytes = lua_newuserdatauv(L, capacity, 0);
        if (used > 0) {
            memcpy(bytes, conn->bytes + conn->start, used);
        }
        lua_setiuservalue(L, READ_CONN, 1);
        conn->bytes = bytes;
        conn->capacity = capacity;
    }
    sandbox_charge(conn->socket.script->box, L, used / 16);
    conn->start = 0;
    conn->end = used;
}

/* Take up to `wanted` bytes from the socket. */
static enum sim_status pull(lua_State *L, struct lua_conn *conn, size_t wanted)
{
    struct sim *sim = conn->socket.script->sim;
    const size_t ready = sock_readable_bytes(sim, conn->socket.id);
    const size_t count = ready < wanted ? ready : wanted;
    size_t received;
    if (conn->socket.given_up) {
        return SIM_BAD_HANDLE;
    }
    reserve(L, conn, count > 0 ? count : 1);
    const enum sim_status status =
        sock_receive(sim, conn->socket.id, conn->bytes + conn->end, count, &received);
    conn->end += received;
    return status;
}

void api_conn_push_text(lua_State *L, struct lua_conn *conn, size_t length)
{
    sandbox_charge(conn->socket.script->box, L, length / 16);
    lua_pushlstring(L, length > 0 ? conn->bytes + conn->start : "", length);
    conn->start += length;
    conn->scanned = 0;
    if (conn->start == conn->end) {
        conn->start = conn->end = 0;
    }
}

size_t api_conn_find(struct lua_conn *conn, const char *separator, size_t length)
{
    const char *const begin = conn->bytes + conn->start;
    const size_t size = buffered(conn);
    for (size_t at = conn->scanned; at + length <= size; at++) {
        const char *found = memchr(begin + at, separator[0], size - length + 1 - at);
        if (found == NULL) {
            break;
        }
        at = (size_t)(found - begin);
        if (memcmp(found, separator, length) == 0) {
            return at;
        }
    }
    conn->scanned = size >= length ? size - length + 1 : 0;
    return SIZE_MAX;
}

/* ---- what each function waits for ------------------------------------------------------------- */

static size_t want_exactly(lua_State *L, const struct lua_conn *conn)
{
    return (size_t)lua_tointeger(L, READ_ARGUMENT) - buffered(conn);
}

static int take_exactly(lua_State *L, struct lua_conn *conn, bool at_end)
{
    const size_t count = (size_t)lua_tointeger(L, READ_ARGUMENT);
    const size_t there = buffered(conn);
    if (there >= count || (at_end && there > 0)) {
        api_conn_push_text(L, conn, there < count ? there : count);
        return 1;
    }
    return 0;
}

static size_t want_all(lua_State *L, const struct lua_conn *conn)
{
    (void)L;
    (void)conn;
    return SIZE_MAX;
}

static int take_all(lua_State *L, struct lua_conn *conn, bool at_end)
{
    if (!at_end) {
        return 0;
    }
    api_conn_push_text(L, conn, buffered(conn));
    return 1;
}

static int take_some(lua_State *L, struct lua_conn *conn, bool at_end)
{
    const size_t most = (size_t)lua_tointeger(L, READ_ARGUMENT);
    const size_t there = buffered(conn);
    (void)at_end;
    if (there == 0) {
        return 0;
    }
    api_conn_push_text(L, conn, there < most ? there : most);
    return 1;
}

/* Take the carriage return off the text on top. */
static void strip_return(lua_State *L)
{
    size_t length;
    const char *text = lua_tolstring(L, -1, &length);
    if (length > 0 && text[length - 1] == '\r') {
        lua_pushlstring(L, text, length - 1);
        lua_replace(L, -2);
    }
}

static int take_line(lua_State *L, struct lua_conn *conn, bool at_end)
{
    size_t length;
    const char *separator = lua_tolstring(L, READ_ARGUMENT, &length);
    const size_t at = api_conn_find(conn, separator, length);
    if (at == SIZE_MAX && (!at_end || buffered(conn) == 0)) {
        return 0;
    }
    api_conn_push_text(L, conn, at == SIZE_MAX ? buffered(conn) : at);
    if (at != SIZE_MAX) {
        conn->start += length;
    }
    if (strcmp(separator, "\n") == 0) {
        strip_return(L);
    }
    return 1;
}

/* ---- the loop ------------------------------------------------------------------------------- */

static const struct read_op ops[] = {
    [OP_EXACT] = { "conn:recv", want_exactly, take_exactly },
    [OP_SOME] = { "conn:recv_some", want_exactly, take_some },
    [OP_LINE] = { "conn:recv_line", want_all, take_line },
    [OP_ALL] = { "conn:recv_all", want_all, take_all },
    [OP_HTTP] = { "conn:recv_http", want_all, api_http_take },
};

static int read_step(lua_State *L, int resumed, lua_KContext index)
{
    const struct read_op *op = &ops[index];
    struct lua_conn *conn = lua_touserdata(L, READ_CONN);
    const sim_time_t deadline = lua_tointeger(L, READ_DEADLINE);
    enum sim_status status = SIM_OK;
    (void)resumed;
    while (status == SIM_OK) {
        const int results = op->take(L, conn, false);
        if (results > 0) {
            return results;
        }
        status = pull(L, conn, op->wanted(L, conn));
    }
    if (status == SIM_EOF) {
        const int results = op->take(L, conn, true);
        return results > 0 ? results : app_push_status(L, op->name, status);
    }
    if (status != SIM_AGAIN) {
        return app_push_status(L, op->name, status);
    }
    if (sim_now(conn->socket.script->sim) >= deadline) {
        return app_push_failure(L, op->name, "timed out", "EAGAIN");
    }
    return app_wait(L, &conn->socket, SOCK_READABLE | SOCK_CLOSED, deadline, op->name, read_step,
                    index);
}

/* With the connection at 1 and the op's argument on top; { timeout = d } at `options`. */
static int begin(lua_State *L, enum read_op_index index, int options)
{
    const char *name = ops[index].name;
    struct lua_conn *conn = api_check_open_conn(L, 1, name);
    const sim_time_t deadline = app_check_deadline(L, options, name);
    app_check_may_wait(L, name);
    lua_replace(L, READ_ARGUMENT);
    lua_settop(L, READ_ARGUMENT);
    lua_pushinteger(L, deadline);
    lua_pushnil(L); /* READ_STATE */
    conn->scanned = 0;
    return read_step(L, LUA_OK, (lua_KContext)index);
}

int api_conn_recv(lua_State *L)
{
    lua_settop(L, 3);
    const uint64_t count = unit_check_size(L, 2, "the count of conn:recv");
    lua_pushinteger(L, (lua_Integer)count);
    return begin(L, OP_EXACT, 3);
}

int api_conn_recv_some(lua_State *L)
{
    enum { SOME_BYTES = 65536 };
    const int options = lua_istable(L, 2) ? 2 : 3;
    lua_settop(L, 3);
    const bool counted = options == 3 && !lua_isnil(L, 2);
    const uint64_t most =
        counted ? unit_check_size(L, 2, "the count of conn:recv_some") : SOME_BYTES;
    luaL_argcheck(L, most > 0, 2, "at least 1 byte");
    lua_pushinteger(L, (lua_Integer)most);
    return begin(L, OP_SOME, options);
}

int api_conn_recv_line(lua_State *L)
{
    lua_settop(L, 2);
    lua_pushvalue(L, 2);
    lua_pushliteral(L, "\n");
    return begin(L, OP_LINE, 3);
}

int api_conn_recv_all(lua_State *L)
{
    lua_settop(L, 2);
    lua_pushvalue(L, 2);
    lua_pushnil(L);
    return begin(L, OP_ALL, 3);
}

int api_conn_recv_http(lua_State *L)
{
    lua_settop(L, 2);
    lua_pushvalue(L, 2);
    lua_pushnil(L);
    return begin(L, OP_HTTP, 3);
}

/* ---- lines ---------------------------------------------------------------------------------- */

/* The loop also ends when its body closes the connection. */
static int next_line(lua_State *L)
{
    lua_settop(L, 0);
    lua_pushvalue(L, lua_upvalueindex(1));
    if (api_check_conn(L, 1)->socket.given_up) {
        return 0;
    }
    lua_pushnil(L);
    lua_pushnil(L);
    lua_pushvalue(L, lua_upvalueindex(2));
    return begin(L, OP_LINE, 3);
}

int api_conn_lines(lua_State *L)
{
    size_t length;
    api_check_open_conn(L, 1, "conn:lines");
    luaL_optlstring(L, 2, "\n", &length);
    luaL_argcheck(L, length > 0, 2, "the separator must not be empty");
    lua_settop(L, 2);
    if (lua_isnil(L, 2)) {
        lua_pushliteral(L, "\n");
        lua_replace(L, 2);
    }
    lua_pushcclosure(L, next_line, 2);
    return 1;
}

/* ---- skip ----------------------------------------------------------------------------------- */

enum { SKIP_MOST = 2, SKIP_DEADLINE, SKIP_DONE };

/* Throw away what there is, up to `left` bytes. */
static enum sim_status throw_away(struct lua_conn *conn, uint64_t left, uint64_t *done)
{
    const size_t ahead = buffered(conn) < left ? buffered(conn) : (size_t)left;
    size_t received = 0;
    if (ahead > 0) {
        conn->start += ahead;
        *done += ahead;
        return SIM_OK;
    }
    if (conn->socket.given_up) {
        return SIM_BAD_HANDLE;
    }
    const size_t most = left < SIZE_MAX ? (size_t)left : SIZE_MAX;
    const enum sim_status status =
        sock_receive(conn->socket.script->sim, conn->socket.id, NULL, most, &received);
    *done += received;
    return status;
}

static int skip_step(lua_State *L, int resumed, lua_KContext context)
{
    static const char name[] = "conn:skip";
    struct lua_conn *conn = lua_touserdata(L, READ_CONN);
    const uint64_t most = (uint64_t)lua_tointeger(L, SKIP_MOST);
    const sim_time_t deadline = lua_tointeger(L, SKIP_DEADLINE);
    uint64_t done = (uint64_t)lua_tointeger(L, SKIP_DONE);
    enum sim_status status = SIM_OK;
    (void)resumed;
    while (status == SIM_OK && done < most) {
        status = throw_away(conn, most - done, &done);
    }
    lua_pushinteger(L, (lua_Integer)done);
    lua_replace(L, SKIP_DONE);
    if (status == SIM_OK || status == SIM_EOF) {
        return 1; /* the count is on top */
    }
    if (status != SIM_AGAIN) {
        return app_push_status(L, name, status);
    }
    if (sim_now(conn->socket.script->sim) >= deadline) {
        return app_push_failure(L, name, "timed out", "EAGAIN");
    }
    return app_wait(L, &conn->socket, SOCK_READABLE | SOCK_CLOSED, deadline, name, skip_step,
                    context);
}

int api_conn_skip(lua_State *L)
{
    static const char name[] = "conn:skip";
    api_check_open_conn(L, 1, name);
    const int options = lua_istable(L, 2) ? 2 : 3;
    const bool counted = options == 3 && !lua_isnoneornil(L, 2);
    const uint64_t most = counted ? unit_check_size(L, 2, "the count of conn:skip") : INT64_MAX;
    const sim_time_t deadline = app_check_deadline(L, options, name);
    app_check_may_wait(L, name);
    lua_settop(L, READ_CONN);
    lua_pushinteger(L, (lua_Integer)most);
    lua_pushinteger(L, deadline);
    lua_pushinteger(L, 0);
    return skip_step(L, LUA_OK, 0);
}
