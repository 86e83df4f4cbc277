/* Expectations: checked at once (expect_eq, check) or at the end of the run (expect); and measures.
 *
 * An expectation passes when it returns true, or two values that are equal. Anything else fails: a
 * function that returns a number cannot be told from one that forgot to compare it. When it fails
 * without saying why, the detail shows what it looked at: its variables, and the counters and states
 * that it read. */
#include "sim/lua/lua_api.h"
#include "sim/lua/lua_conn.h"
#include "sim/lua/lua_show.h"
#include "tcpsim/facts.h"

#include <stdlib.h>
#include <string.h>

/* ---- verdicts ------------------------------------------------------------------------------- */

static void tell(struct script *script, bool passed, const char *label, const char *detail,
                 const char *file, int line)
{
    *(passed ? &script->passed : &script->failed) += 1;
    sim_verdict(script->sim, passed, label, detail, file, line);
}

/* The place of the script that called the running function, without folders: "stale_syn.lua", 26. */
static const char *caller(lua_State *L, int *line)
{
    lua_Debug frame = { 0 };
    *line = 0;
    if (!lua_getstack(L, 1, &frame) || !lua_getinfo(L, "Sl", &frame) || *frame.source != '@') {
        return "?";
    }
    const char *slash = strrchr(frame.source, '/');
    *line = frame.currentline;
    return slash != NULL ? slash + 1 : frame.source + 1;
}

/* ---- at once -------------------------------------------------------------------------------- */

/* sim.expect_eq(got, want, format, ...) returns whether they are equal. */
int api_expect_eq(lua_State *L)
{
    int line;
    const char *file = caller(L, &line);
    luaL_checkany(L, 2);
    const bool passed = show_equal(L, 1, 2);
    const char *label = lua_gettop(L) > 2 ? api_format(L, 3, NULL) : "values are equal";
    const char *detail = NULL;
    if (!passed) {
        const char *got = show_push(L, 1);
        const char *want = show_push(L, 2);
        detail = lua_pushfstring(L, "got %s, want %s", got, want);
    }
    tell(script_of(L), passed, label, detail, file, line);
    lua_pushboolean(L, passed);
    return 1;
}

/* sim.check(condition, format, ...) returns the condition. */
int api_check(lua_State *L)
{
    int line;
    const char *file = caller(L, &line);
    luaL_checkany(L, 1);
    const char *label = lua_gettop(L) > 1 ? api_format(L, 2, NULL) : "the condition holds";
    const bool passed = lua_toboolean(L, 1);
    const char *detail = NULL;
    if (!passed) {
        detail = lua_pushfstring(L, "got %s", show_push(L, 1));
    }
    tell(script_of(L), passed, label, detail, file, line);
    lua_pushvalue(L, 1);
    return 1;
}

/* ---- at the end ----------------------------------------------------------------------------- */

int api_expect(lua_State *L)
{
    struct script *script = script_of(L);
    struct script_expectation expectation = { .label = luaL_checkstring(L, 1) };
    luaL_checktype(L, 2, LUA_TFUNCTION);
    if (script->judging) {
        return luaL_error(L, "sim.expect inside an expectation would never be checked");
    }
    const char *file = caller(L, &expectation.line);
    expectation.file = script_keep_text(L, file);
    expectation.label = script_keep_text(L, expectation.label);
    script->expectations = script_reserve(L, script->expectations, script->expectation_count,
                                          sizeof *script->expectations);
    lua_settop(L, 2);
    expectation.function = luaL_ref(L, LUA_REGISTRYINDEX);
    script->expectations[script->expectation_count++] = expectation;
    return 0;
}

void script_note_reading(struct script *script, host_id host, const char *name, const char *value)
{
    if (!script->judging || script->reading_count == SCRIPT_READINGS_MAX) {
        return;
    }
    struct script_reading *reading = &script->readings[script->reading_count];
    reading->host = host;
    snprintf(reading->text, sizeof reading->text, "%s = %s", name, value);
    for (size_t i = 0; i < script->reading_count; i++) {
        if (script->readings[i].host == host &&
            strcmp(script->readings[i].text, reading->text) == 0) {
            return;
        }
    }
    script->reading_count++;
}

/* ---- why one failed ------------------------------------------------------------------------- */

static void add_separated(luaL_Buffer *out, bool *any, const char *text)
{
    luaL_addstring(out, *any ? ", " : "");
    luaL_addstring(out, text);
    *any = true;
}

/* The plain values among the variables that the function at `function` uses. */
static void add_variables(lua_State *L, luaL_Buffer *out, int function, bool *any)
{
    const char *name;
    for (int i = 1; (name = lua_getupvalue(L, function, i)) != NULL; i++) {
        const int type = lua_type(L, -1);
        char text[160];
        if (type == LUA_TNUMBER || type == LUA_TSTRING || type == LUA_TBOOLEAN) {
            snprintf(text, sizeof text, "%s = %s", name, show_push(L, -1));
            lua_pop(L, 2);
            add_separated(out, any, text);
        } else {
            lua_pop(L, 1);
        }
    }
}

static void add_readings(const struct script *script, luaL_Buffer *out, bool *any)
{
    bool one_host = true;
    for (size_t i = 1; i < script->reading_count; i++) {
        one_host = one_host && script->readings[i].host == script->readings[0].host;
    }
    for (size_t i = 0; i < script->reading_count; i++) {
        const struct script_reading *reading = &script->readings[i];
        char text[160];
        snprintf(text, sizeof text, "%s%s%s", one_host ? "" : host_name(script->sim, reading->host),
                 one_host ? "" : " ", reading->text);
        add_separated(out, any, text);
    }
}

/* Push what the function looked at, or what it returned if that is nothing that we know of. */
static const char *push_circumstances(lua_State *L, int function, int result)
{
    luaL_Buffer out;
    bool any = false;
    const char *returned = lua_isnone(L, result) ? "nothing" : show_push(L, result);
    luaL_buffinit(L, &out);
    add_variables(L, &out, function, &any);
    add_readings(script_of(L), &out, &any);
    if (!any) {
        luaL_addstring(&out, "it returned ");
        luaL_addstring(&out, returned);
    }
    luaL_pushresult(&out);
    return lua_tostring(L, -1);
}

/* ---- judging -------------------------------------------------------------------------------- */

enum { JUDGE_FUNCTION = 2, JUDGE_FIRST, JUDGE_SECOND };

/* A pair is compared, unless it is a verdict and its detail. */
static bool is_pair(lua_State *L)
{
    return !lua_isnoneornil(L, JUDGE_SECOND) &&
           (!lua_isboolean(L, JUDGE_FIRST) || lua_isboolean(L, JUDGE_SECOND));
}

static void judge_results(lua_State *L, const struct script_expectation *expectation)
{
    struct script *script = script_of(L);
    const char *detail = NULL;
    bool passed = lua_isboolean(L, JUDGE_FIRST) && lua_toboolean(L, JUDGE_FIRST);
    if (is_pair(L)) {
        passed = show_equal(L, JUDGE_FIRST, JUDGE_SECOND);
        if (!passed) {
            const char *got = show_push(L, JUDGE_FIRST);
            const char *want = show_push(L, JUDGE_SECOND);
            detail = lua_pushfstring(L, "got %s, want %s", got, want);
        }
    } else if (!lua_isnoneornil(L, JUDGE_SECOND)) {
        detail = sandbox_tostring(L, JUDGE_SECOND, NULL);
    } else if (!passed && !lua_toboolean(L, JUDGE_FIRST)) {
        detail = push_circumstances(L, JUDGE_FUNCTION, JUDGE_FIRST);
    } else if (!passed) {
        const char *got = show_push(L, JUDGE_FIRST);
        detail = lua_pushfstring(L, "it returned %s, which is neither true nor false", got);
    }
    tell(script, passed, expectation->label, detail, expectation->file, expectation->line);
}

/* An expectation that raises an error fails; a limit ends the run instead. */
static int judge_error(lua_State *L, const struct script_expectation *expectation,
                       enum sandbox_result result)
{
    struct script *script = script_of(L);
    if (result == SANDBOX_LIMIT) {
        return sandbox_rethrow(script->box, L);
    }
    const struct sandbox_error *error = sandbox_last_error(script->box);
    const char *slash = strrchr(error->file, '/');
    const char *file = slash != NULL ? slash + 1 : error->file;
    const char *detail =
        lua_pushfstring(L, "error at %s:%d: %s", file, error->line, error->message);
    tell(script, false, expectation->label, detail, expectation->file, expectation->line);
    return 0;
}

static int judge_one(lua_State *L)
{
    const struct script_expectation *expectation = lua_touserdata(L, 1);
    struct script *script = script_of(L);
    script->reading_count = 0;
    lua_rawgeti(L, LUA_REGISTRYINDEX, expectation->function);
    lua_pushvalue(L, -1);
    const enum sandbox_result result = sandbox_call(script->box, L, 0, LUA_MULTRET);
    if (result != SANDBOX_OK) {
        return judge_error(L, expectation, result);
    }
    luaL_checkstack(L, LUA_MINSTACK, NULL);
    if (lua_gettop(L) < JUDGE_FIRST) {
        lua_settop(L, JUDGE_FIRST);
    }
    judge_results(L, expectation);
    return 0;
}

void script_judge(struct script *script)
{
    script->judging = true;
    for (size_t i = 0; i < script->expectation_count; i++) {
        if (!script_protect(script, judge_one, &script->expectations[i])) {
            break;
        }
    }
    script->judging = false;
}

/* ---- measures ------------------------------------------------------------------------------- */

int api_measure(lua_State *L)
{
    struct script *script = script_of(L);
    struct script_measure measure = { .name = luaL_checkstring(L, 1) };
    luaL_checkany(L, 2);
    measure.has_number = lua_type(L, 2) == LUA_TNUMBER;
    measure.number = lua_tonumber(L, 2);
    measure.name = script_keep_text(L, measure.name);
    measure.text = script_keep_text(L, sandbox_tostring(L, 2, NULL));
    script->measures =
        script_reserve(L, script->measures, script->measure_count, sizeof *script->measures);
    script->measures[script->measure_count++] = measure;
    return 0;
}

void script_tell_measures(struct script *script)
{
    for (size_t i = 0; i < script->measure_count; i++) {
        char text[256];
        snprintf(text, sizeof text, "%s = %s", script->measures[i].name, script->measures[i].text);
        sim_note(script->sim, HOST_NONE, text);
    }
}
