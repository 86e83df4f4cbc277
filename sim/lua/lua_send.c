/* Writing to a connection: these wait while the send buffer is full. */
#include "sim/lua/lua_api.h"
#include "sim/lua/lua_conn.h"
#include "sim/lua/lua_units.h"

/* The stack of a function that writes: the connection, what to write, how much of it is written. */
enum { SEND_CONN = 1, SEND_WHAT, SEND_DONE, SEND_DEADLINE };

static int finished(lua_State *L)
{
    lua_pushboolean(L, true);
    return 1;
}

/* A failure, and how many bytes went before it. */
static int failed(lua_State *L, const char *what, enum sim_status status, lua_Integer done)
{
    const int results = status == SIM_AGAIN ? app_push_failure(L, what, "timed out", "EAGAIN")
                                            : app_push_status(L, what, status);
    lua_pushinteger(L, done);
    return results + 1;
}

/* After a write that could not finish: wait, or give up. */
static int wait_for_room(lua_State *L, const char *what, enum sim_status status, lua_Integer done,
                         lua_KFunction next)
{
    struct lua_conn *conn = lua_touserdata(L, SEND_CONN);
    const sim_time_t deadline = lua_tointeger(L, SEND_DEADLINE);
    if (status != SIM_AGAIN || sim_now(conn->socket.script->sim) >= deadline) {
        return failed(L, what, status, done);
    }
    lua_pushinteger(L, done);
    lua_replace(L, SEND_DONE);
    return app_wait(L, &conn->socket, SOCK_WRITABLE | SOCK_CLOSED, deadline, what, next, 0);
}

/* ---- send ----------------------------------------------------------------------------------- */

static int send_step(lua_State *L, int resumed, lua_KContext context)
{
    (void)resumed;
    (void)context;
    const struct lua_conn *conn = lua_touserdata(L, SEND_CONN);
    size_t length, accepted;
    const char *text = lua_tolstring(L, SEND_WHAT, &length);
    size_t done = (size_t)lua_tointeger(L, SEND_DONE);
    enum sim_status status = SIM_OK;
    while (done < length && status == SIM_OK) {
        status = sock_send(conn->socket.script->sim, conn->socket.id, text + done, length - done,
                           &accepted);
        done += accepted;
    }
    if (status != SIM_OK) {
        return wait_for_room(L, "conn:send", status, (lua_Integer)done, send_step);
    }
    return finished(L);
}

int api_conn_send(lua_State *L)
{
    static const char name[] = "conn:send";
    sim_time_t deadline = SIM_NEVER;
    size_t length;
    struct lua_conn *conn = api_check_open_conn(L, 1, name);
    if (lua_gettop(L) > 2 && lua_istable(L, -1)) {
        deadline = app_check_deadline(L, lua_gettop(L), name);
        lua_pop(L, 1);
    }
    app_check_may_wait(L, name);
    api_format(L, 2, &length);
    sandbox_charge(conn->socket.script->box, L, length / 16);
    lua_pushinteger(L, 0);
    lua_pushinteger(L, deadline);
    return send_step(L, LUA_OK, 0);
}

/* ---- send_bytes ----------------------------------------------------------------------------- */

static int send_bytes_step(lua_State *L, int resumed, lua_KContext context)
{
    (void)resumed;
    (void)context;
    const struct lua_conn *conn = lua_touserdata(L, SEND_CONN);
    const uint64_t length = (uint64_t)lua_tointeger(L, SEND_WHAT);
    uint64_t done = (uint64_t)lua_tointeger(L, SEND_DONE), accepted;
    enum sim_status status = SIM_OK;
    while (done < length && status == SIM_OK) {
        status = sock_send_generated(conn->socket.script->sim, conn->socket.id, length - done,
                                     &accepted);
        done += accepted;
    }
    if (status != SIM_OK) {
        return wait_for_room(L, "conn:send_bytes", status, (lua_Integer)done, send_bytes_step);
    }
    return finished(L);
}

int api_conn_send_bytes(lua_State *L)
{
    static const char name[] = "conn:send_bytes";
    api_check_open_conn(L, 1, name);
    const uint64_t length = unit_check_size(L, 2, "the count of conn:send_bytes");
    const sim_time_t deadline = app_check_deadline(L, 3, name);
    app_check_may_wait(L, name);
    lua_settop(L, SEND_CONN);
    lua_pushinteger(L, (lua_Integer)length);
    lua_pushinteger(L, 0);
    lua_pushinteger(L, deadline);
    return send_bytes_step(L, LUA_OK, 0);
}

/* ---- drain ---------------------------------------------------------------------------------- */

static int drain_step(lua_State *L, int resumed, lua_KContext context)
{
    static const char name[] = "conn:drain";
    (void)resumed;
    (void)context;
    struct lua_conn *conn = lua_touserdata(L, SEND_CONN);
    const sim_time_t deadline = lua_tointeger(L, 2);
    struct tcp_status status;
    const enum sim_status known = sock_status(conn->socket.script->sim, conn->socket.id, &status);
    if (known != SIM_OK || conn->socket.given_up) {
        return app_push_status(L, name, SIM_BAD_HANDLE);
    }
    if (status.send_queue_bytes == 0) {
        return finished(L);
    }
    if (status.state == TCP_CLOSED) {
        const bool failed_so = status.error != SIM_OK;
        return app_push_status(L, name, failed_so ? status.error : SIM_NOT_CONNECTED);
    }
    if (sim_now(conn->socket.script->sim) >= deadline) {
        return app_push_failure(L, name, "timed out", "EAGAIN");
    }
    return app_wait(L, &conn->socket, SOCK_DRAINED | SOCK_CLOSED, deadline, name, drain_step, 0);
}

int api_conn_drain(lua_State *L)
{
    static const char name[] = "conn:drain";
    api_check_open_conn(L, 1, name);
    const sim_time_t deadline = app_check_deadline(L, 2, name);
    app_check_may_wait(L, name);
    lua_settop(L, SEND_CONN);
    lua_pushinteger(L, deadline);
    return drain_step(L, LUA_OK, 0);
}
