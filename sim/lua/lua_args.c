/* Tables of named arguments. Read lua_args.h first. */
#include "sim/lua/lua_args.h"

#include "sim/lua/lua_suggest.h"
#include "sim/lua/lua_units.h"
#include "sim/lua/sandbox.h"

#include <lauxlib.h>
#include <string.h>

/* ---- opening -------------------------------------------------------------------------------- */

static bool is_known(const char *key, const char *const *keys)
{
    for (; *keys != NULL; keys++) {
        if (strcmp(key, *keys) == 0) {
            return true;
        }
    }
    return false;
}

/* The key on top of the stack. */
static void check_key(const struct args *args, const char *const *keys, bool items_allowed)
{
    lua_State *L = args->L;
    if (lua_isinteger(L, -1) && items_allowed) {
        return;
    }
    if (lua_type(L, -1) != LUA_TSTRING) {
        const char *text = sandbox_tostring(L, -1, NULL);
        luaL_error(L, "%s take named values, such as { %s = ... }, and no [%s]", args->what,
                   keys[0], text);
    }
    const char *key = lua_tostring(L, -1);
    if (!is_known(key, keys)) {
        const char *hint = suggest_push(L, key, "known keys", keys);
        luaL_error(L, "unknown key '%s' in %s%s", key, args->what, hint);
    }
}

static void open_table(struct args *args, lua_State *L, int index, const char *what,
                       const char *const *keys, bool items_allowed)
{
    *args = (struct args){ L, 0, what };
    if (index == 0 || lua_isnoneornil(L, index)) {
        return;
    }
    if (!lua_istable(L, index)) {
        luaL_error(L, "%s must be a table, not %s", what, unit_type_text(L, index));
    }
    args->table = lua_absindex(L, index);
    const lua_Integer count = sandbox_push_sorted_keys(L, args->table);
    for (lua_Integer i = 1; i <= count; i++) {
        lua_rawgeti(L, -1, i);
        check_key(args, keys, items_allowed);
        lua_pop(L, 1);
    }
    lua_pop(L, 1);
}

void args_open(struct args *args, lua_State *L, int index, const char *what,
               const char *const *keys)
{
    open_table(args, L, index, what, keys, false);
}

void args_open_list(struct args *args, lua_State *L, int index, const char *what,
                    const char *const *keys)
{
    open_table(args, L, index, what, keys, true);
}

enum { VALUE = -2 }; /* where a value is once its name was pushed, for messages */

/* ---- values --------------------------------------------------------------------------------- */

bool args_push(const struct args *args, const char *key)
{
    if (args->table == 0) {
        return false;
    }
    lua_pushstring(args->L, key);
    if (lua_rawget(args->L, args->table) == LUA_TNIL) {
        lua_pop(args->L, 1);
        return false;
    }
    return true;
}

const char *args_push_name(const struct args *args, const char *key)
{
    return lua_pushfstring(args->L, "'%s' in %s", key, args->what);
}

bool args_duration(const struct args *args, const char *key, sim_time_t *value)
{
    if (!args_push(args, key)) {
        return false;
    }
    *value = unit_check_duration(args->L, VALUE, args_push_name(args, key));
    lua_pop(args->L, 2);
    return true;
}

bool args_rate(const struct args *args, const char *key, uint64_t *value)
{
    if (!args_push(args, key)) {
        return false;
    }
    *value = unit_check_rate(args->L, VALUE, args_push_name(args, key));
    lua_pop(args->L, 2);
    return true;
}

bool args_size(const struct args *args, const char *key, uint64_t *value)
{
    if (!args_push(args, key)) {
        return false;
    }
    *value = unit_check_size(args->L, VALUE, args_push_name(args, key));
    lua_pop(args->L, 2);
    return true;
}

bool args_fraction(const struct args *args, const char *key, uint32_t *ppm)
{
    if (!args_push(args, key)) {
        return false;
    }
    *ppm = unit_check_fraction(args->L, VALUE, args_push_name(args, key));
    lua_pop(args->L, 2);
    return true;
}

bool args_boolean(const struct args *args, const char *key, bool *value)
{
    if (!args_push(args, key)) {
        return false;
    }
    if (!lua_isboolean(args->L, -1)) {
        luaL_error(args->L, "'%s' in %s must be true or false, not %s", key, args->what,
                   unit_type_text(args->L, -1));
    }
    *value = lua_toboolean(args->L, -1);
    lua_pop(args->L, 1);
    return true;
}

int64_t args_check_integer(lua_State *L, int index, const char *what, int64_t least, int64_t most)
{
    int is_integer = 0;
    const lua_Integer value =
        lua_type(L, index) == LUA_TNUMBER ? lua_tointegerx(L, index, &is_integer) : 0;
    if (!is_integer) {
        const char *text = sandbox_tostring(L, index, NULL);
        luaL_error(L, "%s must be a whole number, not %s", what, text);
    }
    if (value < least || value > most) {
        luaL_error(L, "%s must be in %I .. %I, not %I", what, (LUAI_UACINT)least, (LUAI_UACINT)most,
                   (LUAI_UACINT)value);
    }
    return value;
}

bool args_integer(const struct args *args, const char *key, int64_t least, int64_t most,
                  int64_t *value)
{
    if (!args_push(args, key)) {
        return false;
    }
    *value = args_check_integer(args->L, VALUE, args_push_name(args, key), least, most);
    lua_pop(args->L, 2);
    return true;
}

bool args_u32(const struct args *args, const char *key, uint32_t least, uint32_t most,
              uint32_t *value)
{
    int64_t wide;
    if (!args_integer(args, key, least, most, &wide)) {
        return false;
    }
    *value = (uint32_t)wide;
    return true;
}

bool args_port(const struct args *args, const char *key, uint16_t *value)
{
    int64_t wide;
    if (!args_integer(args, key, 1, UINT16_MAX, &wide)) {
        return false;
    }
    *value = (uint16_t)wide;
    return true;
}

bool args_text(const struct args *args, const char *key, const char **value)
{
    if (!args_push(args, key)) {
        return false;
    }
    if (lua_type(args->L, -1) != LUA_TSTRING) {
        luaL_error(args->L, "'%s' in %s must be a text, not %s", key, args->what,
                   unit_type_text(args->L, -1));
    }
    *value = lua_tostring(args->L, -1);
    lua_pop(args->L, 1);
    return true;
}

bool args_choice(const struct args *args, const char *key, const char *const *names, int *value)
{
    const char *text;
    if (!args_text(args, key, &text)) {
        return false;
    }
    for (int i = 0; names[i] != NULL; i++) {
        if (strcmp(text, names[i]) == 0) {
            *value = i;
            return true;
        }
    }
    const char *hint = suggest_push(args->L, text, "choose one of", names);
    luaL_error(args->L, "bad value '%s' for '%s' in %s%s", text, key, args->what, hint);
    return false;
}

int args_raise_missing(const struct args *args, const char *key, const char *advice)
{
    return luaL_error(args->L, "'%s' is missing in %s: %s", key, args->what, advice);
}
