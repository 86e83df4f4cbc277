/* Applications: coroutines of a scenario that wait in virtual time.
 *
 * An application runs inside one event of the world until it waits; then the event ends, and a later
 * one goes on with it. What it waits for: an event of a socket, a time, or whichever comes first.
 * The function that waits looks again when it is continued: an event is a hint, never a promise. */
#ifndef TCPSIM_LUA_LUA_APP_H
#define TCPSIM_LUA_LUA_APP_H

#include "sim/lua/lua_object.h"
#include "sim/lua/script_private.h"
#include "tcpsim/sock.h"

/* The applications that wait at one socket, in the order in which they began to. */
struct app_queue {
    struct application *first, *last;
};

/* What connections and listeners have in common. */
struct lua_socket {
    struct object object;
    struct script *script;
    conn_id id;
    host_id host;
    bool given_up; /* closed or aborted: the handle is no longer ours */
    struct app_queue waiting;
};

/* Make an application of `host` (HOST_NONE: of nobody) from the function below its `nargs` arguments
 * on top of L, which are taken. It does not run yet. Raises in L when memory runs out. */
struct application *app_create(lua_State *L, host_id host, int nargs);

/* Let it begin as an event of its own, at the current time. */
void app_schedule(struct application *app);

/* Go on with it. To be called from an event, never from inside Lua. */
void app_resume(struct application *app);

/* Raise unless L may wait here. `what` names the function for messages: "conn:recv". */
struct application *app_check_may_wait(lua_State *L, const char *what);

/* Wait until the socket (or NULL) tells one of `events`, or until `deadline` (or SIM_NEVER); then
 * call `next` with `context`. Use: return app_wait(...). */
int app_wait(lua_State *L, struct lua_socket *socket, unsigned events, sim_time_t deadline,
             const char *what, lua_KFunction next, lua_KContext context);

/* The deadline that { timeout = d } at `index` sets; SIM_NEVER without. */
sim_time_t app_check_deadline(lua_State *L, int index, const char *what);

/* Push nil, a text and a short code such as "ECONNRESET"; returns 3. The failure is remembered, to
 * explain an error that follows because the script did not look. */
int app_push_failure(lua_State *L, const char *what, const char *text, const char *code);
int app_push_status(lua_State *L, const char *what, enum sim_status status);

/* Tell those who wait at the socket of `events`, now; from its ready function. */
void app_queue_notify(struct lua_socket *socket, unsigned events);

/* Let all who wait at the socket look again, each in an event of its own. */
void app_queue_wake(struct lua_socket *socket);

/* End every application of the host at once, except the one that runs now. */
void app_kill_all(struct script *script, host_id host);

#endif
