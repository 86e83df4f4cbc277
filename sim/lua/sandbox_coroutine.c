/* Coroutines: as Lua's, but a limit that was hit inside one cannot be caught outside.
 *
 * An error that leaves coroutine.wrap keeps its text: Lua would put the place of the call before it,
 * and so hide the place of the error. */
#include "sim/lua/sandbox_private.h"

#include <lauxlib.h>
#include <lualib.h>

enum {
    CREATE_STEPS = 200, /* a fresh thread starts a fresh count of instructions */
    RESUME_STEPS = 10,
    CLOSES_NESTED = 6 /* Lua does not count the C stack that lua_resetthread uses */
};

static lua_State *check_thread(lua_State *L)
{
    lua_State *co = lua_tothread(L, 1);
    luaL_argexpected(L, co != NULL, 1, "thread");
    return co;
}

/* Close the variables of a dead or suspended thread.  False when too many closings are nested.  After
 * a limit nothing is closed: the hook of that thread is off for good, so its code must not run. */
bool thread_close(struct sandbox *box, lua_State *co, int *status)
{
    *status = LUA_OK;
    if (box->limit != SANDBOX_KIND_NONE || box->closes >= CLOSES_NESTED) {
        return false;
    }
    lua_State *const caller = box->running;
    box->running = co;
    box->closes++;
    *status = lua_resetthread(co);
    box->closes--;
    box->running = caller;
    return true;
}

/* Resume `co` with the `nargs` values on top of L.  Returns the number of results moved to L, or -1
 * with the error object there. */
static int resume(lua_State *L, lua_State *co, int nargs)
{
    struct sandbox *box = sandbox_of(L);
    int results = 0;
    sandbox_charge(box, L, RESUME_STEPS);
    if (!lua_checkstack(co, nargs)) {
        lua_pushliteral(L, "too many arguments to resume");
        return -1;
    }
    lua_xmove(L, co, nargs);
    box->running = co;
    const int status = lua_resume(co, L, nargs, &results);
    box->running = L;
    if (status != LUA_OK && status != LUA_YIELD) {
        lua_xmove(co, L, 1);
        limit_rethrow(L, status);
        return -1;
    }
    limit_rethrow(L, status);
    if (!lua_checkstack(L, results + 1)) {
        lua_pop(co, results);
        lua_pushliteral(L, "too many results to resume");
        return -1;
    }
    lua_xmove(co, L, results);
    return results;
}

static int coroutine_create(lua_State *L)
{
    luaL_checktype(L, 1, LUA_TFUNCTION);
    sandbox_charge(sandbox_of(L), L, CREATE_STEPS);
    lua_State *co = lua_newthread(L);
    lua_pushvalue(L, 1);
    lua_xmove(L, co, 1);
    return 1;
}

static int coroutine_resume(lua_State *L)
{
    lua_State *co = check_thread(L);
    const int results = resume(L, co, lua_gettop(L) - 1);
    lua_pushboolean(L, results >= 0);
    lua_insert(L, results >= 0 ? -(results + 1) : -2);
    return results >= 0 ? results + 1 : 2;
}

/* The function that wrap returns. */
static int resume_wrapped(lua_State *L)
{
    lua_State *co = lua_tothread(L, lua_upvalueindex(1));
    const int results = resume(L, co, lua_gettop(L));
    if (results >= 0) {
        return results;
    }
    const int status = lua_status(co);
    int close_status;
    if (status != LUA_OK && status != LUA_YIELD && thread_close(sandbox_of(L), co, &close_status)) {
        if (close_status != LUA_OK && lua_gettop(co) > 0) {
            lua_xmove(co, L, 1); /* a __close that failed has its say */
        }
        limit_rethrow(L, close_status);
    }
    return lua_error(L);
}

static int coroutine_wrap(lua_State *L)
{
    coroutine_create(L);
    lua_pushcclosure(L, resume_wrapped, 1);
    return 1;
}

/* Whether Lua would let this thread be closed: it neither runs nor waits for one that it resumed. */
static bool is_at_rest(lua_State *L, lua_State *co)
{
    lua_Debug frame;
    if (co == L) {
        return false;
    }
    return lua_status(co) != LUA_OK || lua_getstack(co, 0, &frame) == 0;
}

static int coroutine_close(lua_State *L)
{
    lua_State *co = check_thread(L);
    struct sandbox *box = sandbox_of(L);
    int status;
    sandbox_charge(box, L, RESUME_STEPS);
    if (!is_at_rest(L, co)) {
        return luaL_error(L, "cannot close a %s coroutine", co == L ? "running" : "normal");
    }
    if (!thread_close(box, co, &status)) {
        return luaL_error(L, "too many nested calls of coroutine.close");
    }
    if (status == LUA_OK) {
        limit_rethrow(L, status);
        lua_pushboolean(L, true);
        return 1;
    }
    lua_xmove(co, L, 1);
    limit_rethrow(L, status);
    lua_pushboolean(L, false);
    lua_insert(L, -2);
    return 2;
}

void coroutine_open(lua_State *L)
{
    static const char *const stock[] = { "isyieldable", "running", "status", "yield", NULL };
    static const luaL_Reg own[] = { { "close", coroutine_close },
                                    { "create", coroutine_create },
                                    { "resume", coroutine_resume },
                                    { "wrap", coroutine_wrap },
                                    { NULL, NULL } };
    lua_newtable(L);
    library_push_stock(L, luaopen_coroutine);
    library_copy(L, stock);
    lua_pop(L, 1);
    luaL_setfuncs(L, own, 0);
    lua_setfield(L, -2, "coroutine");
}
