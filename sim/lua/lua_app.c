/* Applications: coroutines of a scenario that wait in virtual time. Read lua_app.h first.
 *
 * Invariants: an application that waits is in its socket's queue, or has a call pending, or both; one
 * that runs is script->current and is in neither. Its thread is anchored in the registry under its
 * own address. */
#include "sim/lua/lua_app.h"

#include "sim/lua/lua_args.h"
#include "tcpsim/facts.h"

#include <lauxlib.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SPAWN_STEPS = 200 }; /* charged to the budget: a fresh thread has a fresh count */

struct application {
    struct script *script;
    lua_State *thread;
    host_id host;
    bool started;
    const char *waits_in; /* "conn:recv"; NULL while it runs and before it begins */
    struct lua_socket *socket;
    unsigned events; /* of the socket */
    sim_call_id call;
    struct application *next_waiting;
    struct application *previous, *next;
    char failure[160]; /* the last call that returned nil, in words */
};

static const char *const wait_options_keys[] = { "timeout", NULL };

/* ---- life ----------------------------------------------------------------------------------- */

struct application *app_create(lua_State *L, host_id host, int nargs)
{
    struct script *script = script_of(L);
    sandbox_charge(script->box, L, SPAWN_STEPS);
    luaL_checkstack(L, 2, NULL);
    lua_State *thread = lua_newthread(L);
    lua_insert(L, -(nargs + 2));
    struct application *app = lua_checkstack(thread, nargs + 1) ? calloc(1, sizeof *app) : NULL;
    if (app == NULL) {
        luaL_error(L, "out of memory");
        return NULL;
    }
    lua_xmove(L, thread, nargs + 1);
    *app = (struct application){ .script = script, .thread = thread, .host = host };
    app->previous = script->last_app;
    if (script->last_app != NULL) {
        script->last_app->next = app;
    } else {
        script->first_app = app;
    }
    script->last_app = app;
    lua_rawsetp(L, LUA_REGISTRYINDEX, app); /* if this raises, the application just never runs */
    return app;
}

static void leave_queue(struct application *app)
{
    if (app->socket == NULL) {
        return;
    }
    struct app_queue *queue = &app->socket->waiting;
    struct application *before = NULL;
    for (struct application *at = queue->first; at != app; at = at->next_waiting) {
        before = at;
    }
    if (before == NULL) {
        queue->first = app->next_waiting;
    } else {
        before->next_waiting = app->next_waiting;
    }
    if (queue->last == app) {
        queue->last = before;
    }
    app->next_waiting = NULL;
    app->socket = NULL;
}

static void stop_waiting(struct application *app)
{
    leave_queue(app);
    if (app->call != 0) {
        sim_call_cancel(app->script->sim, app->call);
        app->call = 0;
    }
}

static void app_free(struct application *app)
{
    struct script *script = app->script;
    lua_State *L = sandbox_state(script->box);
    stop_waiting(app);
    *(app->previous != NULL ? &app->previous->next : &script->first_app) = app->next;
    *(app->next != NULL ? &app->next->previous : &script->last_app) = app->previous;
    lua_pushnil(L);
    lua_rawsetp(L, LUA_REGISTRYINDEX, app); /* the key is there: nothing is allocated */
    free(app);
}

/* When everything ends: the sandbox and the world go as a whole. */
void script_free_apps(struct script *script)
{
    while (script->first_app != NULL) {
        struct application *app = script->first_app;
        script->first_app = app->next;
        free(app);
    }
}

void app_kill_all(struct script *script, host_id host)
{
    struct application *next;
    for (struct application *app = script->first_app; app != NULL; app = next) {
        next = app->next;
        if (app->host == host && app != script->current) {
            app_free(app);
        }
    }
}

/* ---- running -------------------------------------------------------------------------------- */

/* What to add to an error's message: whose it was, and the failed call that may have led to it. */
static void describe(const struct application *app, char *text, size_t size)
{
    const struct script *script = app->script;
    const char *message = sandbox_last_error(script->box)->message;
    const bool looks_unchecked = strstr(message, "a nil value") != NULL;
    const bool explains = looks_unchecked && app->failure[0] != '\0';
    char whose[64] = "an application";
    if (app->host != HOST_NONE) {
        snprintf(whose, sizeof whose, "an application of %s", host_name(script->sim, app->host));
    }
    snprintf(text, size, "in %s, at %.9g s%s%s", whose, (double)sim_now(script->sim) / 1e9,
             explains ? "\n  note: " : "", explains ? app->failure : "");
}

static void app_failed(struct application *app, enum sandbox_result result)
{
    char note[512];
    describe(app, note, sizeof note);
    script_end_by_error(app->script, result, note);
    app_free(app);
}

/* It yielded by itself: nothing would ever continue it. */
static void app_yielded(struct application *app)
{
    lua_Debug frame = { 0 };
    char where[LUA_IDSIZE + 32] = "";
    if (lua_getstack(app->thread, 1, &frame) && lua_getinfo(app->thread, "Sl", &frame)) {
        snprintf(where, sizeof where, "%s:%d: ", frame.short_src, frame.currentline);
    }
    script_end(app->script, SCRIPT_ERROR,
               "%sa coroutine.yield in an application would never be continued; to let time pass, "
               "use sim.sleep(duration)\n",
               where);
    app_free(app);
}

void app_resume(struct application *app)
{
    struct script *script = app->script;
    if (script->ended) {
        return;
    }
    const int nargs = app->started ? 0 : lua_gettop(app->thread) - 1;
    int nresults;
    app->started = true;
    app->waits_in = NULL;
    script->current = app;
    const enum sandbox_result result = sandbox_resume(script->box, app->thread, nargs, &nresults);
    script->current = NULL;
    switch (result) {
    case SANDBOX_OK:
        app_free(app);
        break;
    case SANDBOX_YIELD:
        if (app->waits_in == NULL) {
            app_yielded(app);
        }
        break;
    case SANDBOX_ERROR:
    case SANDBOX_LIMIT:
    case SANDBOX_IO:
        app_failed(app, result);
        break;
    }
}

static void resume_by_call(struct sim *sim, void *context, uint64_t argument)
{
    (void)sim;
    (void)argument;
    struct application *app = context;
    app->call = 0;
    leave_queue(app);
    app_resume(app);
}

void app_schedule(struct application *app)
{
    struct sim *sim = app->script->sim;
    app->call = sim_call_at(sim, sim_now(sim), resume_by_call, app, 0);
}

/* ---- waiting -------------------------------------------------------------------------------- */

/* A format that begins with the name of the function, or NULL if L may wait. */
static const char *why_not(const struct script *script, lua_State *L)
{
    if (L == script->callbacks) {
        return "%s waits, but a packet callback must decide at once";
    }
    if (script->judging) {
        return "%s waits, but the run is over when expectations are checked";
    }
    if (script->current == NULL) {
        return "%s waits, so it must run inside an application: wrap it in "
               "host:spawn(function() ... end)";
    }
    if (script->current->thread != L) {
        return "%s cannot wait inside a coroutine of your own: use sim.spawn to do things side by "
               "side";
    }
    if (!lua_isyieldable(L)) {
        return "%s cannot wait here: it is inside a metamethod or a callback of a library";
    }
    return NULL;
}

struct application *app_check_may_wait(lua_State *L, const char *what)
{
    const struct script *script = script_of(L);
    const char *reason = why_not(script, L);
    if (reason != NULL) {
        luaL_error(L, reason, what);
    }
    return script->current;
}

static void enter_queue(struct application *app, struct lua_socket *socket, unsigned events)
{
    app->socket = socket;
    app->events = events;
    app->next_waiting = NULL;
    if (socket->waiting.last != NULL) {
        socket->waiting.last->next_waiting = app;
    } else {
        socket->waiting.first = app;
    }
    socket->waiting.last = app;
}

int app_wait(lua_State *L, struct lua_socket *socket, unsigned events, sim_time_t deadline,
             const char *what, lua_KFunction next, lua_KContext context)
{
    struct application *app = app_check_may_wait(L, what);
    struct sim *sim = app->script->sim;
    app->waits_in = what;
    if (socket != NULL) {
        enter_queue(app, socket, events);
    }
    if (deadline != SIM_NEVER) {
        app->call = sim_call_at(sim, deadline, resume_by_call, app, 0);
    }
    return lua_yieldk(L, 0, context, next);
}

sim_time_t app_check_deadline(lua_State *L, int index, const char *what)
{
    struct args args;
    sim_time_t timeout;
    if (lua_isnoneornil(L, index)) {
        return SIM_NEVER;
    }
    args_open(&args, L, index, lua_pushfstring(L, "options of %s", what), wait_options_keys);
    const bool limited = args_duration(&args, "timeout", &timeout);
    lua_pop(L, 1);
    return limited ? sim_now(script_of(L)->sim) + timeout : SIM_NEVER;
}

static struct application *take_first(struct app_queue *queue)
{
    struct application *app = queue->first;
    queue->first = app->next_waiting;
    if (queue->first == NULL) {
        queue->last = NULL;
    }
    app->next_waiting = NULL;
    app->socket = NULL;
    return app;
}

static uint32_t queue_length(const struct app_queue *queue)
{
    uint32_t length = 0;
    for (const struct application *app = queue->first; app != NULL; app = app->next_waiting) {
        length++;
    }
    return length;
}

/* An application may end others, so only the first of the queue is safe to look at. Those who wait
 * on come behind the last of now. */
void app_queue_notify(struct lua_socket *socket, unsigned events)
{
    uint32_t turns = queue_length(&socket->waiting);
    while (turns-- > 0 && socket->waiting.first != NULL) {
        struct application *app = take_first(&socket->waiting);
        if ((app->events & events) != 0) {
            stop_waiting(app);
            app_resume(app);
        } else {
            enter_queue(app, socket, app->events);
        }
    }
}

void app_queue_wake(struct lua_socket *socket)
{
    while (socket->waiting.first != NULL) {
        struct application *app = take_first(&socket->waiting);
        stop_waiting(app);
        app_schedule(app);
    }
}

/* ---- failures ------------------------------------------------------------------------------- */

int app_push_failure(lua_State *L, const char *what, const char *text, const char *code)
{
    struct application *app = script_of(L)->current;
    if (app != NULL) {
        snprintf(app->failure, sizeof app->failure, "%s returned nil: %s", what, text);
    }
    luaL_checkstack(L, 3, NULL);
    lua_pushnil(L);
    lua_pushstring(L, text);
    lua_pushstring(L, code);
    return 3;
}

int app_push_status(lua_State *L, const char *what, enum sim_status status)
{
    if (status == SIM_NO_MEMORY) {
        return script_raise_status(L, what, status);
    }
    const char *code = status == SIM_EOF ? "EOF" : sim_status_errno_name(status);
    return app_push_failure(L, what, sim_status_text(status), code);
}

/* ---- at the end ----------------------------------------------------------------------------- */

/* Where the script stands that called the function that waits. */
static void place_of(const struct application *app, char *text, size_t size)
{
    lua_Debug frame = { 0 };
    text[0] = '\0';
    if (lua_getstack(app->thread, 1, &frame) && lua_getinfo(app->thread, "Sl", &frame)) {
        const char *slash = strrchr(frame.short_src, '/');
        snprintf(text, size, " (%s:%d)", slash == NULL ? frame.short_src : slash + 1,
                 frame.currentline);
    }
}

void script_tell_waiting(struct script *script)
{
    if (!script->over || script->stopped || script->stop_at != 0) {
        return; /* they might well have got what they wait for */
    }
    for (const struct application *app = script->first_app; app != NULL; app = app->next) {
        char place[LUA_IDSIZE + 32], text[LUA_IDSIZE + 128];
        if (app->waits_in == NULL || strcmp(app->waits_in, "listener:accept") == 0) {
            continue; /* a server waits for clients by profession */
        }
        place_of(app, place, sizeof place);
        snprintf(text, sizeof text, "still waiting at the end in %s%s", app->waits_in, place);
        sim_note(script->sim, app->host, text);
    }
}
