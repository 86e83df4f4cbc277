/* What a scenario does at a time: at, after, every, sleep.
 *
 * A timer makes a new application each time it fires, so that what it calls may wait. */
#include "sim/lua/lua_api.h"
#include "sim/lua/lua_app.h"
#include "sim/lua/lua_args.h"
#include "sim/lua/lua_units.h"

struct timer {
    struct object object;
    struct script *script;
    host_id host;
    sim_call_id call; /* 0: fired for the last time, or cancelled */
    sim_time_t start; /* of the first firing */
    sim_time_t interval;
    sim_time_t stop; /* none at or after this time */
    int64_t fired, times;
    bool counts;             /* `every` tells its function how often it was called */
    struct application *app; /* made by the firing that is going on */
};

enum { TIMER_FUNCTION = 1 }; /* user value */

static const char *const every_options_keys[] = { "start", "stop", "times", NULL };

static const struct object_class timer_class;

/* ---- firing --------------------------------------------------------------------------------- */

static int make_application(lua_State *L)
{
    struct timer *timer = lua_touserdata(L, 1);
    object_push_kept(L, &timer_class, timer->object.number);
    lua_getiuservalue(L, -1, TIMER_FUNCTION);
    if (timer->counts) {
        lua_pushinteger(L, timer->fired);
    }
    timer->app = app_create(L, timer->host, timer->counts ? 1 : 0);
    return 0;
}

static void fire(struct sim *sim, void *context, uint64_t argument);

/* How many intervals fit into what is left of time. */
static int64_t firings_until_horizon(const struct timer *timer)
{
    return timer->interval == 0 ? INT64_MAX : (SIM_HORIZON - timer->start) / timer->interval;
}

/* Arm the next firing, or forget the timer, which may be gone afterwards. */
static void arm(struct timer *timer)
{
    struct script *script = timer->script;
    timer->call = 0;
    const bool is_over =
        timer->fired >= timer->times || timer->fired > firings_until_horizon(timer);
    const sim_time_t when = is_over ? SIM_NEVER : timer->start + timer->fired * timer->interval;
    if (!is_over && when < timer->stop) {
        timer->call = sim_call_at(script->sim, when, fire, timer, 0);
    } else {
        object_drop(sandbox_state(script->box), &timer_class, timer->object.number);
    }
}

static void fire(struct sim *sim, void *context, uint64_t argument)
{
    (void)sim;
    (void)argument;
    struct timer *timer = context;
    timer->fired++;
    if (!script_protect(timer->script, make_application, timer)) {
        return;
    }
    struct application *app = timer->app;
    arm(timer);
    app_resume(app);
}

/* ---- the object ----------------------------------------------------------------------------- */

static int timer_cancel(lua_State *L)
{
    struct timer *timer = object_check(L, 1, &timer_class);
    if (timer->call != 0) {
        sim_call_cancel(timer->script->sim, timer->call);
        timer->call = 0;
        object_drop(L, &timer_class, timer->object.number);
    }
    return 0;
}

static int timer_pending(lua_State *L)
{
    const struct timer *timer = object_check(L, 1, &timer_class);
    lua_pushboolean(L, timer->call != 0);
    return 1;
}

static int timer_fired(lua_State *L)
{
    const struct timer *timer = object_check(L, 1, &timer_class);
    lua_pushinteger(L, timer->fired);
    return 1;
}

static const luaL_Reg timer_methods[] = {
    { "cancel", timer_cancel },
    { NULL, NULL },
};

static const luaL_Reg timer_fields[] = {
    { "pending", timer_pending },
    { "fired", timer_fired },
    { NULL, NULL },
};

static const struct object_class timer_class = { "timer", timer_methods, timer_fields, NULL };

void api_open_timer(lua_State *L)
{
    object_open_class(L, &timer_class);
}

/* ---- at, after, every ----------------------------------------------------------------------- */

/* Push a timer of the host with the function at `function`; not armed yet. */
static struct timer *push_timer(lua_State *L, host_id host, int function)
{
    struct script *script = script_of(L);
    luaL_checktype(L, function, LUA_TFUNCTION);
    struct timer *timer = object_push_new(L, &timer_class, sizeof *timer, ++script->objects);
    timer->script = script;
    timer->host = host;
    timer->times = 1;
    timer->stop = SIM_NEVER;
    timer->start = sim_now(script->sim);
    lua_pushvalue(L, function);
    lua_setiuservalue(L, -2, TIMER_FUNCTION);
    object_keep(L, &timer_class, timer->object.number);
    return timer;
}

int api_at(lua_State *L, host_id host, int first)
{
    const sim_time_t when = unit_check_duration(L, first, "the time of 'at'");
    const sim_time_t now = sim_now(script_of(L)->sim);
    if (when < now) {
        unit_push_time(L, when);
        unit_push_time(L, now);
        return luaL_error(L, "%s s is in the past: it is %s s now", lua_tostring(L, -2),
                          lua_tostring(L, -1));
    }
    struct timer *timer = push_timer(L, host, first + 1);
    timer->start = when;
    arm(timer);
    return 1;
}

int api_after(lua_State *L, host_id host, int first)
{
    const sim_time_t delay = unit_check_duration(L, first, "the delay of 'after'");
    struct timer *timer = push_timer(L, host, first + 1);
    timer->start += delay;
    arm(timer);
    return 1;
}

int api_every(lua_State *L, host_id host, int first)
{
    const sim_time_t interval = unit_check_duration(L, first, "the interval of 'every'");
    const int function = lua_istable(L, first + 1) ? first + 2 : first + 1;
    if (interval == 0) {
        return luaL_error(L, "the interval of 'every' must not be 0");
    }
    struct timer *timer = push_timer(L, host, function);
    struct args args;
    args_open(&args, L, function == first + 2 ? first + 1 : 0, "options of 'every'",
              every_options_keys);
    timer->counts = true;
    timer->interval = interval;
    timer->start += interval;
    timer->times = INT64_MAX;
    args_duration(&args, "start", &timer->start);
    args_duration(&args, "stop", &timer->stop);
    args_integer(&args, "times", 1, INT64_MAX, &timer->times);
    arm(timer);
    return 1;
}

/* ---- sleep ---------------------------------------------------------------------------------- */

static int slept(lua_State *L, int status, lua_KContext context)
{
    (void)L;
    (void)status;
    (void)context;
    return 0;
}

int api_sleep(lua_State *L)
{
    const sim_time_t duration = unit_check_duration(L, 1, "the duration of sim.sleep");
    const sim_time_t deadline = sim_now(script_of(L)->sim) + duration;
    return app_wait(L, NULL, 0, deadline, "sim.sleep", slept, 0);
}
