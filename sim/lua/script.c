/* A script's life: create, begin, advance, finish. Read script.h first. */
#include "sim/lua/script.h"

#include "sim/lua/script_private.h"

#include <lauxlib.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

static const char registry_script = 0, registry_callbacks = 0;

struct script_text {
    struct script_text *next;
    char text[];
};

struct script *script_of(lua_State *L)
{
    lua_rawgetp(L, LUA_REGISTRYINDEX, &registry_script);
    struct script *script = lua_touserdata(L, -1);
    lua_pop(L, 1);
    return script;
}

/* ---- memory --------------------------------------------------------------------------------- */

static const char *keep_text(struct script *script, const char *text)
{
    const size_t size = strlen(text) + 1;
    struct script_text *kept = malloc(sizeof *kept + size);
    if (kept == NULL) {
        return NULL;
    }
    memcpy(kept->text, text, size);
    kept->next = script->texts;
    script->texts = kept;
    return kept->text;
}

const char *script_keep_text(lua_State *L, const char *text)
{
    const char *kept = keep_text(script_of(L), text);
    if (kept == NULL) {
        luaL_error(L, "out of memory");
    }
    return kept;
}

/* Arrays grow when their count is a power of two. */
void *script_reserve(lua_State *L, void *array, size_t count, size_t size)
{
    if (count != 0 && (count & (count - 1)) != 0) {
        return array;
    }
    void *grown = realloc(array, (count == 0 ? 1 : 2 * count) * size);
    if (grown == NULL) {
        luaL_error(L, "out of memory");
    }
    return grown;
}

/* ---- creating ------------------------------------------------------------------------------- */

static void print_to_stdout(void *context, const char *text, size_t length)
{
    (void)context;
    fwrite(text, 1, length, stdout);
}

static void print(void *context, const char *text, size_t length)
{
    const struct script *script = context;
    script->config.print(script->config.context, text, length);
}

static uint64_t random_outcome(void *context, uint64_t max)
{
    const struct script *script = context;
    const struct tape_odds uniform = { .kind = TAPE_UNIFORM };
    return tape_choose(script->sim, script->random_lane, max, uniform);
}

/* The settings are the caller's, who may change them once we are created. */
static bool copy_config(struct script *script, const struct script_config *config)
{
    const size_t count = config->setting_count;
    struct script_setting *settings = calloc(count + 1, sizeof *settings);
    script->config = *config;
    script->config.settings = settings;
    script->config.path = keep_text(script, config->path);
    if (script->config.print == NULL) {
        script->config.print = print_to_stdout;
    }
    if (settings == NULL || script->config.path == NULL) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        settings[i].name = keep_text(script, config->settings[i].name);
        settings[i].value = keep_text(script, config->settings[i].value);
        if (settings[i].name == NULL || settings[i].value == NULL) {
            return false;
        }
    }
    return true;
}

static int open_script(lua_State *L)
{
    struct script *script = lua_touserdata(L, 1);
    lua_pushlightuserdata(L, script);
    lua_rawsetp(L, LUA_REGISTRYINDEX, &registry_script);
    script->callbacks = lua_newthread(L);
    lua_rawsetp(L, LUA_REGISTRYINDEX, &registry_callbacks);
    sandbox_register_module(script->box, "tcpsim", script_open_module);
    return 0;
}

static bool open_sandbox(struct script *script)
{
    const struct sandbox_config config = {
        .instruction_budget = script->config.instruction_budget,
        .memory_limit_bytes = script->config.memory_limit_bytes,
        .random_outcome = random_outcome,
        .print = print,
        .context = script,
    };
    script->box = sandbox_create(&config);
    return script->box != NULL && script_protect(script, open_script, script);
}

struct script *script_create(const struct script_config *config)
{
    struct script *script = calloc(1, sizeof *script);
    if (script == NULL) {
        return NULL;
    }
    if (copy_config(script, config)) {
        script->sim = sim_create(&config->world);
    }
    if (script->sim == NULL) {
        script_destroy(script);
        return NULL;
    }
    script->random_lane = tape_lane_create(script->sim);
    if (!open_sandbox(script)) {
        script_destroy(script);
        return NULL;
    }
    return script;
}

void script_destroy(struct script *script)
{
    if (script == NULL) {
        return;
    }
    script_free_apps(script);
    sandbox_destroy(script->box);
    sim_destroy(script->sim);
    while (script->texts != NULL) {
        struct script_text *kept = script->texts;
        script->texts = kept->next;
        free(kept);
    }
    free((void *)script->config.settings);
    free(script->options);
    free((void *)script->option_values);
    free(script->expectations);
    free(script->measures);
    free(script->description);
    free(script);
}

/* ---- ending --------------------------------------------------------------------------------- */

/* Take note that the run has ended; false when it had before. The world stops after this event. */
static bool end(struct script *script, enum script_outcome outcome)
{
    if (script->ended) {
        return false;
    }
    script->ended = true;
    script->outcome = outcome;
    sim_stop(script->sim, SIM_OK);
    return true;
}

void script_end(struct script *script, enum script_outcome outcome, const char *format, ...)
{
    if (!end(script, outcome)) {
        return;
    }
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(script->message, sizeof script->message, format, arguments);
    va_end(arguments);
}

static enum script_outcome outcome_of(const struct script *script, enum sandbox_result result)
{
    switch (result) {
    case SANDBOX_OK:
    case SANDBOX_YIELD:
        return SCRIPT_OK;
    case SANDBOX_IO:
        return SCRIPT_UNREADABLE;
    case SANDBOX_LIMIT:
        return SCRIPT_LIMIT;
    case SANDBOX_ERROR:
        break;
    }
    return script->usage_error ? SCRIPT_USAGE : script->world_is_full ? SCRIPT_LIMIT : SCRIPT_ERROR;
}

void script_end_by_error(struct script *script, enum sandbox_result result, const char *note)
{
    if (!end(script, outcome_of(script, result))) {
        return;
    }
    if (script->usage_error) { /* the place is the user's command line, not the script */
        snprintf(script->message, sizeof script->message, "%s: %s\n", script->config.path,
                 sandbox_last_error(script->box)->message);
        return;
    }
    const size_t size = sizeof script->message;
    size_t used = 0;
    if (sandbox_last_error(script->box)->file[0] == '\0') { /* hit between two calls */
        used = (size_t)snprintf(script->message, size / 2, "%s: ", script->config.path);
    }
    used += sandbox_error_format(script->box, script->message + used, size - used);
    if (note != NULL && note[0] != '\0' && used < size) {
        snprintf(script->message + used, size - used, "  %s\n", note);
    }
}

int script_raise_status(lua_State *L, const char *what, enum sim_status status)
{
    if (status == SIM_NO_MEMORY) {
        script_of(L)->world_is_full = true;
        return luaL_error(L, "%s: the world reached its memory limit", what);
    }
    return luaL_error(L, "%s: %s", what, sim_status_text(status));
}

bool script_protect(struct script *script, lua_CFunction body, void *argument)
{
    lua_State *L = sandbox_state(script->box);
    if (script->ended || !lua_checkstack(L, 2)) {
        return false;
    }
    lua_pushcfunction(L, body);
    lua_pushlightuserdata(L, argument);
    const enum sandbox_result result = sandbox_call(script->box, L, 1, 0);
    if (result != SANDBOX_OK) {
        script_end_by_error(script, result, NULL);
    }
    return result == SANDBOX_OK;
}

/* ---- the three parts of a run --------------------------------------------------------------- */

static enum script_outcome outcome_now(const struct script *script)
{
    return script->ended ? script->outcome : SCRIPT_OK;
}

enum script_outcome script_begin(struct script *script)
{
    lua_State *L = sandbox_state(script->box);
    script->begun = true;
    enum sandbox_result result = sandbox_load_file(script->box, script->config.path);
    if (result == SANDBOX_OK) {
        script->description = script_read_description(script->config.path);
        if (script->config.world_created != NULL) {
            script->config.world_created(script->config.context, script->sim);
        }
        result = sandbox_call(script->box, L, 0, 0);
    }
    if (result != SANDBOX_OK && !script->described) {
        script_end_by_error(script, result, NULL);
    } else if (!script->described) {
        script_check_settings(script);
    }
    return outcome_now(script);
}

/* What ended sim_run(). */
static void note_end_of_run(struct script *script, enum sim_status status, uint64_t max_events)
{
    const double seconds = (double)sim_now(script->sim) / 1e9;
    const char *path = script->config.path;
    if (status == SIM_LIMIT) {
        script_end(script, SCRIPT_LIMIT,
                   "%s: the run reached its limit of %llu events, at %.9g s\n", path,
                   (unsigned long long)max_events, seconds);
    } else if (status == SIM_NO_MEMORY) {
        script_end(script, SCRIPT_LIMIT, "%s: the world reached its memory limit, at %.9g s\n",
                   path, seconds);
    } else if (status != SIM_OK) {
        script_end(script, SCRIPT_LIMIT, "%s: %s, at %.9g s\n", path, sim_status_text(status),
                   seconds);
    }
}

/* The earlier of the caller's limit and the script's. */
static struct sim_limits limits_now(const struct script *script, const struct sim_limits *given)
{
    struct sim_limits limits = given != NULL ? *given : (struct sim_limits){ 0 };
    if (script->stop_at != 0 && (limits.until == 0 || script->stop_at < limits.until)) {
        limits.until = script->stop_at;
    }
    return limits;
}

enum script_outcome script_advance(struct script *script, const struct sim_limits *limits)
{
    const uint64_t first_event = sim_event_count(script->sim);
    const uint64_t max_events = limits != NULL ? limits->max_events : 0;
    struct sim_limits now;
    enum sim_status status = SIM_OK;
    do {
        now = limits_now(script, limits);
        const uint64_t done = sim_event_count(script->sim) - first_event;
        now.max_events = max_events > done ? max_events - done : max_events;
        script->stop_at_moved = false;
        if (!script->stopped && !script->over) {
            status = sim_run(script->sim, &now);
        }
    } while (script->stop_at_moved && !script->ended && !script->stopped && status == SIM_OK);
    note_end_of_run(script, status, max_events);
    const bool dry = now.until == 0 || sim_now(script->sim) < now.until;
    const bool at_its_end = script->stop_at != 0 && now.until == script->stop_at;
    script->over = script->over || script->stopped || dry || at_its_end;
    return outcome_now(script);
}

bool script_is_over(const struct script *script)
{
    return script->over;
}

enum script_outcome script_finish(struct script *script)
{
    script_tell_waiting(script);
    script_tell_measures(script);
    script_judge(script);
    if (!script->ended && script->failed > 0) {
        return SCRIPT_FAILED;
    }
    return outcome_now(script);
}

enum script_outcome script_run(struct script *script, const struct sim_limits *limits)
{
    enum script_outcome outcome = script_begin(script);
    if (outcome == SCRIPT_OK && !script->described) {
        outcome = script_advance(script, limits);
    }
    return outcome == SCRIPT_OK && !script->described ? script_finish(script) : outcome;
}
