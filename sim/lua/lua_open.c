/* Opening connections: host:connect, host:listen and listeners. */
#include "sim/lua/lua_api.h"
#include "sim/lua/lua_args.h"
#include "sim/lua/lua_conn.h"
#include "sim/lua/lua_units.h"

/* ---- connect -------------------------------------------------------------------------------- */

enum { CONNECT_CONN = 1, CONNECT_DEADLINE };

static const char connect_name[] = "host:connect";

static const char *const connect_options_keys[] = { "ip", "local_port", "timeout", NULL };

/* Read the arguments: host, destination, port, options. Returns the deadline. */
static sim_time_t read_connect(lua_State *L, host_id host, struct connect_config *config)
{
    struct args args;
    sim_time_t timeout;
    config->destination = api_check_address(L, 2, "the destination of host:connect", host);
    config->port = (uint16_t)args_check_integer(L, 3, "the port of host:connect", 1, UINT16_MAX);
    args_open(&args, L, 4, "connect options", connect_options_keys);
    args_port(&args, "local_port", &config->local_port);
    if (args_push(&args, "ip")) {
        config->local_addr = unit_check_address(L, lua_gettop(L), "'ip' in connect options");
        lua_pop(L, 1);
    }
    const bool limited = args_duration(&args, "timeout", &timeout);
    return limited ? sim_now(script_of(L)->sim) + timeout : SIM_NEVER;
}

/* No link leads there: that is a hole in the scenario, rather than something that happens to it. */
static int raise_no_route(lua_State *L, host_id host, const struct ip_addr *to)
{
    const struct sim *sim = script_of(L)->sim;
    const host_id peer = host_by_address(sim, to);
    char text[IP_ADDR_TEXT_MAX];
    const char *name = peer != HOST_NONE ? host_name(sim, peer) : "no host of this scenario";
    return luaL_error(L, "%s has no route to %s (%s): join them with sim.link or sim.switch",
                      host_name(sim, host), ip_addr_format(to, text), name);
}

static int give_up(lua_State *L, struct lua_conn *conn, enum sim_status status)
{
    api_abort_conn(L, conn);
    return app_push_status(L, connect_name, status);
}

static int connect_step(lua_State *L, int resumed, lua_KContext context)
{
    (void)resumed;
    struct lua_conn *conn = lua_touserdata(L, CONNECT_CONN);
    const sim_time_t deadline = lua_tointeger(L, CONNECT_DEADLINE);
    const struct tcp_status status = api_conn_status(conn);
    switch (status.state) {
    case TCP_CLOSED:
        return give_up(L, conn, status.error != SIM_OK ? status.error : SIM_NOT_CONNECTED);
    case TCP_LISTEN:
    case TCP_SYN_SENT:
    case TCP_SYN_RECEIVED:
        break;
    case TCP_ESTABLISHED:
    case TCP_FIN_WAIT_1:
    case TCP_FIN_WAIT_2:
    case TCP_CLOSE_WAIT:
    case TCP_CLOSING:
    case TCP_LAST_ACK:
    case TCP_TIME_WAIT:
    case TCP_STATE_COUNT:
        lua_settop(L, CONNECT_CONN);
        return 1;
    }
    if (sim_now(conn->socket.script->sim) >= deadline) {
        return give_up(L, conn, SIM_TIMED_OUT);
    }
    return app_wait(L, &conn->socket, SOCK_CONNECTED | SOCK_CLOSED, deadline, connect_name,
                    connect_step, context);
}

int api_host_connect(lua_State *L)
{
    struct connect_config config = { .port = 0 };
    struct script *script = script_of(L);
    const host_id host = api_check_host(L, 1);
    const sim_time_t deadline = read_connect(L, host, &config);
    conn_id id;
    app_check_may_wait(L, connect_name);
    const enum sim_status status = sock_connect(script->sim, host, &config, &id);
    if (status == SIM_NO_ROUTE) {
        return raise_no_route(L, host, &config.destination);
    }
    if (status == SIM_NO_PORTS || status == SIM_ADDRESS_IN_USE) {
        return app_push_status(L, connect_name, status);
    }
    if (status != SIM_OK) {
        return script_raise_status(L, connect_name, status);
    }
    lua_settop(L, 0);
    api_push_conn(L, host, id);
    lua_pushinteger(L, deadline);
    return connect_step(L, LUA_OK, 0);
}

/* ---- listeners ------------------------------------------------------------------------------ */

enum { LISTENER_HANDLER = 1 }; /* user value: the function for each connection, or nil */

struct listener {
    struct lua_socket socket;
    uint16_t port;
    struct application *app; /* for the connection that is being accepted */
};

static const struct object_class listener_class;

/* Take the oldest connection and push it, or nil when there is none. */
static bool push_accepted(lua_State *L, struct listener *listener)
{
    conn_id id;
    if (sock_accept(listener->socket.script->sim, listener->socket.id, &id) != SIM_OK) {
        return false;
    }
    api_push_conn(L, listener->socket.host, id);
    return true;
}

static int make_application(lua_State *L)
{
    struct listener *listener = lua_touserdata(L, 1);
    listener->app = NULL;
    object_push_kept(L, &listener_class, listener->socket.object.number);
    lua_getiuservalue(L, -1, LISTENER_HANDLER);
    if (push_accepted(L, listener)) {
        listener->app = app_create(L, listener->socket.host, 1);
    }
    return 0;
}

/* One application for each connection that waits. A handler may close the listener, so the object
 * is held on the main thread's stack meanwhile. */
static void serve(struct sim *sim, void *context, conn_id id, unsigned events)
{
    (void)sim;
    (void)id;
    (void)events;
    struct listener *listener = context;
    struct script *script = listener->socket.script;
    lua_State *L = sandbox_state(script->box);
    object_push_kept(L, &listener_class, listener->socket.object.number);
    bool more = true;
    while (more && !listener->socket.given_up) {
        more = script_protect(script, make_application, listener) && listener->app != NULL;
        if (more) {
            app_resume(listener->app);
        }
    }
    lua_pop(L, 1);
}

static void tell_waiting(struct sim *sim, void *context, conn_id id, unsigned events)
{
    (void)sim;
    (void)id;
    struct listener *listener = context;
    lua_State *L = sandbox_state(listener->socket.script->box);
    object_push_kept(L, &listener_class, listener->socket.object.number);
    app_queue_notify(&listener->socket, events);
    lua_pop(L, 1);
}

/* ---- listen --------------------------------------------------------------------------------- */

static const char *const listen_options_keys[] = { "accept", "backlog", "ip", "syn_backlog", NULL };

static void read_listen(lua_State *L, int index, struct listen_config *config, bool *accept)
{
    struct args args;
    args_open(&args, L, index, "listen options", listen_options_keys);
    args_u32(&args, "backlog", 1, 1u << 20, &config->backlog);
    args_u32(&args, "syn_backlog", 1, 1u << 20, &config->syn_backlog);
    args_boolean(&args, "accept", accept);
    if (args_push(&args, "ip")) {
        config->addr = unit_check_address(L, lua_gettop(L), "'ip' in listen options");
        lua_pop(L, 1);
    }
}

/* Push the listener's object; `handler` is where its function is, or 0. */
static struct listener *push_listener(lua_State *L, host_id host, conn_id id, int handler)
{
    struct script *script = script_of(L);
    struct listener *listener =
        object_push_new(L, &listener_class, sizeof *listener, ++script->objects);
    listener->socket.script = script;
    listener->socket.host = host;
    listener->socket.id = id;
    object_keep(L, &listener_class, listener->socket.object.number);
    if (handler != 0) {
        lua_pushvalue(L, handler);
        lua_setiuservalue(L, -2, LISTENER_HANDLER);
    }
    return listener;
}

int api_host_listen(lua_State *L)
{
    struct script *script = script_of(L);
    const host_id host = api_check_host(L, 1);
    struct listen_config config = { .port = 0 };
    bool accept = true;
    conn_id id;
    config.port = (uint16_t)args_check_integer(L, 2, "the port of host:listen", 1, UINT16_MAX);
    int handler = lua_isfunction(L, 3) ? 3 : lua_isfunction(L, 4) ? 4 : 0;
    if (handler != 3) {
        read_listen(L, 3, &config, &accept);
    }
    if (handler == 0 && !lua_isnoneornil(L, 4)) {
        luaL_checktype(L, 4, LUA_TFUNCTION);
    }
    const enum sim_status status = sock_listen(script->sim, host, &config, &id);
    if (status == SIM_ADDRESS_IN_USE) {
        return luaL_error(L, "port %d of %s has a listener already", (int)config.port,
                          host_name(script->sim, host));
    }
    if (status != SIM_OK) {
        return script_raise_status(L, "host:listen", status);
    }
    struct listener *listener = push_listener(L, host, id, handler);
    listener->port = config.port;
    const bool serves = accept && handler != 0;
    sock_set_ready(script->sim, id, serves ? serve : tell_waiting, listener);
    return 1;
}

/* ---- methods of a listener ------------------------------------------------------------------ */

static struct listener *check_listener(lua_State *L)
{
    return object_check(L, 1, &listener_class);
}

enum { ACCEPT_DEADLINE = 2 };

static int accept_step(lua_State *L, int resumed, lua_KContext context)
{
    static const char name[] = "listener:accept";
    (void)resumed;
    struct listener *listener = lua_touserdata(L, 1);
    const sim_time_t deadline = lua_tointeger(L, ACCEPT_DEADLINE);
    if (listener->socket.given_up) {
        return app_push_failure(L, name, "the listener is closed", "EBADF");
    }
    if (push_accepted(L, listener)) {
        return 1;
    }
    if (sim_now(listener->socket.script->sim) >= deadline) {
        return app_push_failure(L, name, "timed out", "EAGAIN");
    }
    return app_wait(L, &listener->socket, SOCK_ACCEPTABLE, deadline, name, accept_step, context);
}

static int listener_accept(lua_State *L)
{
    const sim_time_t deadline = app_check_deadline(L, 2, "listener:accept");
    check_listener(L);
    app_check_may_wait(L, "listener:accept");
    lua_settop(L, 1);
    lua_pushinteger(L, deadline);
    return accept_step(L, LUA_OK, 0);
}

static int listener_close(lua_State *L)
{
    struct listener *listener = check_listener(L);
    if (!listener->socket.given_up) {
        listener->socket.given_up = true;
        sock_close(listener->socket.script->sim, listener->socket.id);
        app_queue_wake(&listener->socket);
        object_drop(L, &listener_class, listener->socket.object.number);
    }
    return 0;
}

static int listener_port(lua_State *L)
{
    lua_pushinteger(L, check_listener(L)->port);
    return 1;
}

static int listener_host(lua_State *L)
{
    api_push_node(L, check_listener(L)->socket.host);
    return 1;
}

/* How many connections wait to be accepted. */
static int listener_waiting(lua_State *L)
{
    const struct listener *listener = check_listener(L);
    struct tcp_status status = { .receive_queue_bytes = 0 };
    sock_status(listener->socket.script->sim, listener->socket.id, &status);
    lua_pushinteger(L, (lua_Integer)status.receive_queue_bytes);
    return 1;
}

static int listener_tostring(lua_State *L)
{
    const struct listener *listener = check_listener(L);
    lua_pushfstring(L, "listener %s:%d",
                    host_name(listener->socket.script->sim, listener->socket.host),
                    (int)listener->port);
    return 1;
}

static const luaL_Reg listener_methods[] = {
    { "accept", listener_accept },
    { "close", listener_close },
    { NULL, NULL },
};

static const luaL_Reg listener_fields[] = {
    { "host", listener_host },
    { "port", listener_port },
    { "waiting", listener_waiting },
    { NULL, NULL },
};

static const luaL_Reg listener_metamethods[] = {
    { "__close", listener_close },
    { "__tostring", listener_tostring },
    { NULL, NULL },
};

static const struct object_class listener_class = { "listener", listener_methods, listener_fields,
                                                    listener_metamethods };

void api_open_listener(lua_State *L)
{
    object_open_class(L, &listener_class);
}
