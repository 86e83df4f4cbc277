/* The sealed Lua: its life, its environment, and calls from the host.
 *
 * Read sandbox.h first.  The parts: sandbox_limits.c what a script may use, sandbox_base.c,
 * sandbox_pairs.c, sandbox_table.c, ... what it sees, sandbox_load.c and sandbox_require.c where its
 * text comes from, sandbox_error.c what people are told. */
#include "sim/lua/sandbox.h"

#include "sim/lua/sandbox_private.h"

#include <lauxlib.h>
#include <stdlib.h>

/* -- Calls from the host --------------------------------------------------------------------- */

/* Collect garbage between two calls, for hosts whose scripts are many short callbacks. */
static void collect_if_wanted(struct sandbox *box, lua_State *L)
{
    if (limit_collect_wanted(box) && lua_checkstack(L, 1)) {
        lua_pushcfunction(L, limit_collect);
        limit_note_status(box, lua_pcall(L, 0, 0, 0));
    }
}

/* Whether a call ended well.  Else the error is recorded and its object, on top, popped. */
static enum sandbox_result call_result(struct sandbox *box, lua_State *L, int status)
{
    if (status != LUA_OK) {
        limit_note_error(box, L, status);
    }
    if (box->limit != SANDBOX_KIND_NONE) {
        return SANDBOX_LIMIT;
    }
    if (status == LUA_OK) {
        return SANDBOX_OK;
    }
    error_from_top(box, L, SANDBOX_KIND_RUNTIME);
    return box->limit != SANDBOX_KIND_NONE ? SANDBOX_LIMIT : SANDBOX_ERROR;
}

static enum sandbox_result refuse_to_start(struct sandbox *box, lua_State *L, int base)
{
    limit_note(box, SANDBOX_KIND_STACK); /* unless one was hit before */
    lua_settop(L, base);
    return SANDBOX_LIMIT;
}

enum sandbox_result sandbox_call(struct sandbox *box, lua_State *L, int nargs, int nresults)
{
    const int base = lua_gettop(L) - nargs - 1;
    if (box->limit != SANDBOX_KIND_NONE || !lua_checkstack(L, LUA_MINSTACK)) {
        return refuse_to_start(box, L, base);
    }
    lua_State *const caller = box->running;
    box->running = L;
    error_clear(box);
    collect_if_wanted(box, L);
    lua_pushcfunction(L, error_trace_handler);
    lua_insert(L, base + 1);
    const int status = lua_pcall(L, nargs, nresults, base + 1);
    const enum sandbox_result result = call_result(box, L, status);
    box->running = caller;
    if (result == SANDBOX_OK) {
        lua_remove(L, base + 1);
    } else {
        lua_settop(L, base);
    }
    return result;
}

enum sandbox_result sandbox_resume(struct sandbox *box, lua_State *co, int nargs, int *nresults)
{
    *nresults = 0;
    if (box->limit != SANDBOX_KIND_NONE) {
        return SANDBOX_LIMIT;
    }
    lua_State *const caller = box->running;
    box->running = co;
    error_clear(box);
    if (caller == NULL) {
        collect_if_wanted(box, box->state);
    }
    const int status = lua_resume(co, caller, nargs, nresults);
    if (status != LUA_OK && status != LUA_YIELD && box->limit == SANDBOX_KIND_NONE) {
        error_trace(box, co); /* a dead thread still has its frames */
    }
    const enum sandbox_result result = call_result(box, co, status == LUA_YIELD ? LUA_OK : status);
    if (result == SANDBOX_ERROR) {
        int close_status;
        thread_close(box, co, &close_status);
        lua_settop(co, 0);
    }
    box->running = caller;
    return result == SANDBOX_OK && status == LUA_YIELD ? SANDBOX_YIELD : result;
}

int sandbox_rethrow(struct sandbox *box, lua_State *L)
{
    limit_rethrow(L, LUA_OK);
    const struct sandbox_error *error = &box->error;
    if (error->line > 0) {
        return luaL_error(L, "%s:%d: %s", error->file, error->line, error->message);
    }
    lua_pushstring(L, error->message);
    return lua_error(L);
}

/* -- The environment ------------------------------------------------------------------------- */

/* Make a table whose keys are weak and put it into the registry. */
static void registry_add_weak(lua_State *L, const void *key)
{
    lua_newtable(L);
    lua_createtable(L, 0, 1);
    lua_pushliteral(L, "k");
    lua_setfield(L, -2, "__mode");
    lua_setmetatable(L, -2);
    lua_rawsetp(L, LUA_REGISTRYINDEX, key);
}

/* Replace the globals by a table that holds what is allowed, and nothing else. */
static int open_environment(lua_State *L)
{
    registry_add_weak(L, &registry_metatables);
    registry_add_weak(L, &registry_serials);
    lua_newtable(L);
    base_open(L);
    coroutine_open(L);
    math_open(L);
    require_open(L);
    string_open(L);
    table_open(L);
    utf8_open(L);
    limit_settle(L);
    lua_pushvalue(L, -1);
    lua_setfield(L, -2, "_G");
    lua_rawseti(L, LUA_REGISTRYINDEX, LUA_RIDX_GLOBALS);
    return 0;
}

void sandbox_register_module(struct sandbox *box, const char *name, lua_CFunction opener)
{
    lua_State *L = box->state;
    lua_rawgetp(L, LUA_REGISTRYINDEX, &registry_modules);
    lua_pushcfunction(L, opener);
    lua_setfield(L, -2, name);
    lua_pop(L, 1);
}

/* -- Life ------------------------------------------------------------------------------------ */

static struct sandbox_config with_defaults(const struct sandbox_config *config)
{
    struct sandbox_config filled = { 0 };
    if (config != NULL) {
        filled = *config;
    }
    if (filled.instruction_budget == 0) {
        filled.instruction_budget = SANDBOX_DEFAULT_BUDGET;
    }
    if (filled.memory_limit_bytes == 0) {
        filled.memory_limit_bytes = SANDBOX_DEFAULT_MEMORY_BYTES;
    }
    return filled;
}

static bool open_state(struct sandbox *box)
{
    lua_State *L = lua_newstate(limit_allocate, box);
    if (L == NULL) {
        return false;
    }
    box->state = L;
    *(struct sandbox **)lua_getextraspace(L) = box; /* threads inherit it */
    lua_gc(L, LUA_GCSTOP);                          /* see sandbox_limits.c */
    lua_pushcfunction(L, open_environment);
    if (lua_pcall(L, 0, 0, 0) != LUA_OK || box->limit != SANDBOX_KIND_NONE) {
        return false;
    }
    limit_watch(L);
    return true;
}

struct sandbox *sandbox_create(const struct sandbox_config *config)
{
    struct sandbox *box = calloc(1, sizeof(*box));
    if (box == NULL) {
        return NULL;
    }
    box->config = with_defaults(config);
    if (!open_state(box)) {
        sandbox_destroy(box);
        return NULL;
    }
    return box;
}

void sandbox_destroy(struct sandbox *box)
{
    if (box == NULL) {
        return;
    }
    if (box->state != NULL) {
        lua_close(box->state);
    }
    chunks_free(box);
    free(box->directory);
    free(box);
}

lua_State *sandbox_state(const struct sandbox *box)
{
    return box->state;
}

struct sandbox *sandbox_of(lua_State *L)
{
    return *(struct sandbox **)lua_getextraspace(L);
}

const struct sandbox_error *sandbox_last_error(const struct sandbox *box)
{
    return &box->error;
}
