/* Connections: what is neither reading nor writing. Read lua_conn.h first. */
#include "sim/lua/lua_conn.h"

#include "sim/lua/lua_api.h"
#include "sim/lua/lua_record.h"
#include "sim/lua/lua_units.h"

static const struct object_class conn_class;

/* ---- the object ----------------------------------------------------------------------------- */

struct lua_conn *api_push_conn(lua_State *L, host_id host, conn_id id)
{
    struct script *script = script_of(L);
    struct lua_conn *conn = object_push_new(L, &conn_class, sizeof *conn, ++script->objects);
    conn->socket.script = script;
    conn->socket.host = host;
    conn->socket.id = id;
    object_keep(L, &conn_class, (int64_t)id);
    sock_set_ready(script->sim, id, api_socket_ready, &conn->socket);
    return conn;
}

void api_push_known_conn(lua_State *L, conn_id id)
{
    if (id == 0 || object_push_kept(L, &conn_class, (int64_t)id) == NULL) {
        lua_pushnil(L);
    }
}

struct lua_conn *api_check_conn(lua_State *L, int index)
{
    return object_check(L, index, &conn_class);
}

struct lua_conn *api_test_conn(lua_State *L, int index)
{
    return object_test(L, index, &conn_class);
}

struct lua_conn *api_check_open_conn(lua_State *L, int index, const char *what)
{
    struct lua_conn *conn = api_check_conn(L, index);
    if (conn->socket.given_up) {
        luaL_error(L, "%s: the script has closed or aborted this connection", what);
    }
    return conn;
}

/* The object must outlive what the applications do, so it is held on the main thread's stack. */
void api_socket_ready(struct sim *sim, void *context, conn_id id, unsigned events)
{
    (void)sim;
    (void)id;
    struct lua_socket *socket = context;
    lua_State *L = sandbox_state(socket->script->box);
    const bool held = object_push_kept(L, &conn_class, (int64_t)socket->id) != NULL;
    app_queue_notify(socket, events);
    lua_pop(L, held ? 1 : 0);
}

/* ---- closing -------------------------------------------------------------------------------- */

static void give_up(lua_State *L, struct lua_conn *conn)
{
    conn->socket.given_up = true;
    app_queue_wake(&conn->socket);
    object_drop(L, &conn_class, (int64_t)conn->socket.id);
}

void api_close_conn(lua_State *L, struct lua_conn *conn)
{
    if (!conn->socket.given_up) {
        sock_close(conn->socket.script->sim, conn->socket.id);
        give_up(L, conn);
    }
}

void api_abort_conn(lua_State *L, struct lua_conn *conn)
{
    if (!conn->socket.given_up) {
        sock_abort(conn->socket.script->sim, conn->socket.id);
        give_up(L, conn);
    }
}

static int conn_close(lua_State *L)
{
    api_close_conn(L, api_check_conn(L, 1));
    return 0;
}

static int conn_abort(lua_State *L)
{
    api_abort_conn(L, api_check_conn(L, 1));
    return 0;
}

static int conn_shutdown(lua_State *L)
{
    const struct lua_conn *conn = api_check_open_conn(L, 1, "conn:shutdown");
    const enum sim_status status = sock_shutdown(conn->socket.script->sim, conn->socket.id);
    if (status != SIM_OK && status != SIM_CLOSING) {
        return app_push_status(L, "conn:shutdown", status);
    }
    lua_pushboolean(L, true);
    return 1;
}

enum { WAIT_CONN = 1, WAIT_DEADLINE };

static int wait_closed_step(lua_State *L, int resumed, lua_KContext context)
{
    (void)resumed;
    struct lua_conn *conn = lua_touserdata(L, WAIT_CONN);
    struct sim *sim = conn->socket.script->sim;
    const sim_time_t deadline = lua_tointeger(L, WAIT_DEADLINE);
    const struct tcp_status status = api_conn_status(conn);
    if (status.error != SIM_OK) {
        return app_push_status(L, "conn:wait_closed", status.error);
    }
    if (status.state == TCP_CLOSED || status.state == TCP_TIME_WAIT) {
        lua_pushboolean(L, true);
        return 1;
    }
    if (sim_now(sim) >= deadline) {
        return app_push_failure(L, "conn:wait_closed", "timed out", "EAGAIN");
    }
    return app_wait(L, &conn->socket, SOCK_CLOSED, deadline, "conn:wait_closed", wait_closed_step,
                    context);
}

static int conn_wait_closed(lua_State *L)
{
    static const char name[] = "conn:wait_closed";
    const struct lua_conn *conn = api_check_conn(L, 1);
    const enum tcp_state state = api_conn_status(conn).state;
    if (conn->socket.given_up && state != TCP_CLOSED && state != TCP_TIME_WAIT) {
        return luaL_error(L,
                          "%s cannot tell after conn:close(), which gives the connection up: "
                          "end it with conn:shutdown() instead",
                          name);
    }
    const sim_time_t deadline = app_check_deadline(L, 2, name);
    app_check_may_wait(L, name);
    lua_settop(L, WAIT_CONN);
    lua_pushinteger(L, deadline);
    return wait_closed_step(L, LUA_OK, 0);
}

/* ---- asking --------------------------------------------------------------------------------- */

struct tcp_status api_conn_status(const struct lua_conn *conn)
{
    struct tcp_status status = { .state = TCP_CLOSED };
    if (sock_status(conn->socket.script->sim, conn->socket.id, &status) != SIM_OK) {
        status = (struct tcp_status){ .state = TCP_CLOSED, .timer_expires = SIM_NEVER };
    }
    return status;
}

static int conn_state(lua_State *L)
{
    const struct lua_conn *conn = api_check_conn(L, 1);
    lua_pushstring(L, tcp_state_name(api_conn_status(conn).state));
    return 1;
}

static int conn_status(lua_State *L)
{
    const struct tcp_status status = api_conn_status(api_check_conn(L, 1));
    api_push_status_table(L, &status);
    return 1;
}

static int conn_error(lua_State *L)
{
    const enum sim_status error = api_conn_status(api_check_conn(L, 1)).error;
    if (error == SIM_OK) {
        return 0;
    }
    lua_pushstring(L, sim_status_text(error));
    lua_pushstring(L, sim_status_errno_name(error));
    return 2;
}

static int conn_host(lua_State *L)
{
    api_push_node(L, api_check_conn(L, 1)->socket.host);
    return 1;
}

static int conn_local_port(lua_State *L)
{
    lua_pushinteger(L, api_conn_status(api_check_conn(L, 1)).local_port);
    return 1;
}

static int conn_remote_port(lua_State *L)
{
    lua_pushinteger(L, api_conn_status(api_check_conn(L, 1)).remote_port);
    return 1;
}

static int conn_local_ip(lua_State *L)
{
    const struct tcp_status status = api_conn_status(api_check_conn(L, 1));
    unit_push_address(L, &status.local_addr);
    return 1;
}

static int conn_remote_ip(lua_State *L)
{
    const struct tcp_status status = api_conn_status(api_check_conn(L, 1));
    unit_push_address(L, &status.remote_addr);
    return 1;
}

/* "conn #3 of client" */
static int conn_tostring(lua_State *L)
{
    const struct lua_conn *conn = api_check_conn(L, 1);
    lua_pushfstring(L, "conn #%I of %s", (LUAI_UACINT)conn->socket.object.number,
                    host_name(conn->socket.script->sim, conn->socket.host));
    return 1;
}

/* ---- the class ------------------------------------------------------------------------------ */

static const luaL_Reg conn_methods[] = {
    { "abort", conn_abort },
    { "close", conn_close },
    { "drain", api_conn_drain },
    { "error", conn_error },
    { "lines", api_conn_lines },
    { "recv", api_conn_recv },
    { "recv_all", api_conn_recv_all },
    { "recv_http", api_conn_recv_http },
    { "recv_line", api_conn_recv_line },
    { "recv_some", api_conn_recv_some },
    { "send", api_conn_send },
    { "send_bytes", api_conn_send_bytes },
    { "shutdown", conn_shutdown },
    { "skip", api_conn_skip },
    { "state", conn_state },
    { "status", conn_status },
    { "wait_closed", conn_wait_closed },
    { NULL, NULL },
};

static const luaL_Reg conn_fields[] = {
    { "host", conn_host },
    { "local_ip", conn_local_ip },
    { "local_port", conn_local_port },
    { "remote_ip", conn_remote_ip },
    { "remote_port", conn_remote_port },
    { NULL, NULL },
};

static const luaL_Reg conn_metamethods[] = {
    { "__close", conn_close },
    { "__tostring", conn_tostring },
    { NULL, NULL },
};

static const struct object_class conn_class = { "conn", conn_methods, conn_fields,
                                                conn_metamethods };

void api_open_conn(lua_State *L)
{
    object_open_class(L, &conn_class);
}
