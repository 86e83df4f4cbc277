/* sim.options { ... }: what a scenario lets its user choose.
 *
 *     handshake = { "three-way", "two-way" }     several values: the first is the default
 *     backlog = { 8, min = 1, max = 1024 }       one value, with bounds
 *     delay = { "40ms", help = "one way" }       a text that is a duration stays one
 *     cookies = false                            the short form
 *
 * Tables of Lua have no order, so options are taken in the order of their names. */
#include "sim/base/suggest.h"
#include "sim/lua/lua_api.h"
#include "sim/lua/lua_args.h"
#include "sim/lua/lua_suggest.h"
#include "sim/lua/lua_units.h"

#include <string.h>

static const char *const declaration_options_keys[] = { "help", "max", "min", NULL };

/* One option, while it is read. Its table is at `table`. */
struct option {
    struct args args;
    const char *name;
    int type; /* of Lua */
    bool is_duration;
    lua_Integer count; /* of values in the list */
};

static const char *const boolean_words[][2] = {
    { "false", "true" },
    { "no", "yes" },
    { "off", "on" },
    { "0", "1" },
};

/* ---- what the command line says ------------------------------------------------------------- */

/* The last setting of that name, or NULL. */
static const char *find_setting(const struct script *script, const char *name)
{
    const char *value = NULL;
    for (size_t i = 0; i < script->config.setting_count; i++) {
        if (strcmp(script->config.settings[i].name, name) == 0) {
            value = script->config.settings[i].value;
        }
    }
    return value;
}

/* The user's error, not the script's. */
static int raise_usage(const struct option *option, const char *setting, const char *wanted)
{
    lua_State *L = option->args.L;
    script_of(L)->usage_error = true;
    return luaL_error(L, "option '%s' must be %s, not '%s'", option->name, wanted, setting);
}

/* Push the setting as a value of the option's type. */
static void push_setting(const struct option *option, const char *setting)
{
    lua_State *L = option->args.L;
    if (option->type == LUA_TBOOLEAN) {
        for (size_t i = 0; i < sizeof boolean_words / sizeof boolean_words[0]; i++) {
            for (int value = 0; value < 2; value++) {
                if (strcmp(setting, boolean_words[i][value]) == 0) {
                    lua_pushboolean(L, value);
                    return;
                }
            }
        }
        raise_usage(option, setting, "true or false");
    }
    if (option->type == LUA_TNUMBER) {
        lua_rawgeti(L, option->args.table, 1);
        const bool whole = lua_isinteger(L, -1);
        lua_pop(L, 1);
        if (lua_stringtonumber(L, setting) == 0 || (whole && !lua_isinteger(L, -1))) {
            raise_usage(option, setting, whole ? "a whole number" : "a number");
        }
        return;
    }
    sim_time_t duration;
    if (option->is_duration && !unit_parse_duration(setting, &duration)) {
        raise_usage(option, setting, "a duration such as \"40ms\"");
    }
    lua_pushstring(L, setting);
}

/* ---- bounds and choices --------------------------------------------------------------------- */

/* Whether the value on top is below the bound beneath it, in the option's own order. */
static bool is_below(const struct option *option, int value, int bound)
{
    lua_State *L = option->args.L;
    sim_time_t a, b;
    if (option->is_duration && lua_type(L, bound) == LUA_TSTRING &&
        unit_parse_duration(lua_tostring(L, value), &a) &&
        unit_parse_duration(lua_tostring(L, bound), &b)) {
        return a < b;
    }
    if (lua_type(L, value) != LUA_TNUMBER || lua_type(L, bound) != LUA_TNUMBER) {
        luaL_error(L, "option '%s': min and max are for numbers and durations", option->name);
    }
    return lua_compare(L, value, bound, LUA_OPLT);
}

/* Whether the value on top is within min and max. */
static bool is_in_bounds(const struct option *option)
{
    lua_State *L = option->args.L;
    const int value = lua_gettop(L);
    bool good = true;
    if (args_push(&option->args, "min")) {
        good = !is_below(option, value, value + 1);
        lua_settop(L, value);
    }
    if (args_push(&option->args, "max")) {
        good = good && !is_below(option, value + 1, value);
        lua_settop(L, value);
    }
    return good;
}

/* Whether the value on top is one of the list. */
static bool is_choice(const struct option *option)
{
    lua_State *L = option->args.L;
    bool found = false;
    for (lua_Integer i = 1; i <= option->count && !found; i++) {
        lua_rawgeti(L, option->args.table, i);
        found = lua_compare(L, -1, -2, LUA_OPEQ);
        lua_pop(L, 1);
    }
    return found;
}

/* Push "three-way, two-way", "1 .. 1024", "true, false" or nil. */
static void push_choices_text(const struct option *option)
{
    lua_State *L = option->args.L;
    const int top = lua_gettop(L);
    if (option->count > 1) {
        luaL_Buffer text;
        luaL_buffinit(L, &text);
        for (lua_Integer i = 1; i <= option->count; i++) {
            luaL_addstring(&text, i > 1 ? ", " : "");
            lua_rawgeti(L, option->args.table, i);
            sandbox_tostring(L, -1, NULL);
            lua_remove(L, -2);
            luaL_addvalue(&text);
        }
        luaL_pushresult(&text);
        return;
    }
    const bool has_min = args_push(&option->args, "min");
    const char *min = has_min ? sandbox_tostring(L, -1, NULL) : "";
    const bool has_max = args_push(&option->args, "max");
    const char *max = has_max ? sandbox_tostring(L, -1, NULL) : "";
    if (has_min && has_max) {
        lua_pushfstring(L, "%s .. %s", min, max);
    } else if (has_min || has_max) {
        lua_pushfstring(L, "%s %s%s", has_min ? "at least" : "at most", min, max);
    } else if (option->type == LUA_TBOOLEAN) {
        lua_pushliteral(L, "true, false");
    } else {
        lua_pushnil(L);
    }
    lua_insert(L, top + 1);
    lua_settop(L, top + 1);
}

/* Push the same as the end of "must be ...". */
static const char *push_range(const struct option *option)
{
    lua_State *L = option->args.L;
    push_choices_text(option);
    const char *choices = lua_tostring(L, -1);
    if (option->count > 1) {
        return lua_pushfstring(L, "one of %s", choices);
    }
    return strncmp(choices, "at ", 3) == 0 ? choices : lua_pushfstring(L, "in %s", choices);
}

static int raise_out_of_range(const struct option *option, const char *setting)
{
    const char *range = push_range(option);
    if (setting == NULL) {
        return luaL_error(option->args.L, "the default of option '%s' must be %s", option->name,
                          range);
    }
    return raise_usage(option, setting, range);
}

/* ---- reading -------------------------------------------------------------------------------- */

/* Check the list of values; they are of one type. */
static void read_list(struct option *option)
{
    lua_State *L = option->args.L;
    sim_time_t duration;
    option->count = (lua_Integer)lua_rawlen(L, option->args.table);
    option->type = lua_rawgeti(L, option->args.table, 1);
    if (option->type != LUA_TBOOLEAN && option->type != LUA_TNUMBER &&
        option->type != LUA_TSTRING) {
        luaL_error(L,
                   "option '%s' needs a default that is true, false, a number or a text: "
                   "%s = { 8, min = 1 }",
                   option->name, option->name);
    }
    option->is_duration = option->type == LUA_TSTRING && option->count == 1 &&
                          unit_parse_duration(lua_tostring(L, -1), &duration);
    lua_pop(L, 1);
    for (lua_Integer i = 2; i <= option->count; i++) {
        if (lua_rawgeti(L, option->args.table, i) != option->type) {
            luaL_error(L, "the values of option '%s' must be of one type", option->name);
        }
        lua_pop(L, 1);
    }
}

/* Push the value in force. */
static void push_value(const struct option *option)
{
    lua_State *L = option->args.L;
    const char *setting = find_setting(script_of(L), option->name);
    if (setting != NULL) {
        push_setting(option, setting);
    } else {
        lua_rawgeti(L, option->args.table, 1);
    }
    if (!is_in_bounds(option) || (option->count > 1 && !is_choice(option))) {
        raise_out_of_range(option, setting);
    }
}

static const char *keep_text_at(lua_State *L, int index)
{
    return script_keep_text(L, sandbox_tostring(L, index, NULL));
}

/* Remember it for the command line. The value in force is on top. */
static void declare(const struct option *option)
{
    lua_State *L = option->args.L;
    struct script *script = script_of(L);
    const int top = lua_gettop(L);
    const size_t count = script->option_count;
    if (script_option_value(script, option->name) != NULL) {
        luaL_error(L, "option '%s' is declared twice", option->name);
    }
    script->options = script_reserve(L, script->options, count, sizeof *script->options);
    script->option_values =
        script_reserve(L, (void *)script->option_values, count, sizeof *script->option_values);
    struct script_option *declared = &script->options[count];
    *declared = (struct script_option){ .name = script_keep_text(L, option->name) };
    const char *help = NULL;
    if (args_text(&option->args, "help", &help)) {
        declared->help = script_keep_text(L, help);
    }
    lua_rawgeti(L, option->args.table, 1);
    declared->default_text = keep_text_at(L, -1);
    push_choices_text(option);
    declared->choices_text = lua_isnil(L, -1) ? NULL : keep_text_at(L, -1);
    script->option_values[count] = keep_text_at(L, top);
    script->option_count++;
    lua_settop(L, top);
}

/* With the declaration on top, which the value in force replaces. */
static void read_option(lua_State *L, const char *name)
{
    struct option option = { .name = name };
    const int top = lua_gettop(L);
    if (!lua_istable(L, -1)) { /* the short form */
        lua_createtable(L, 1, 0);
        lua_insert(L, -2);
        lua_rawseti(L, -2, 1);
    }
    const char *what = lua_pushfstring(L, "option '%s'", name);
    args_open_list(&option.args, L, top, what, declaration_options_keys);
    read_list(&option);
    push_value(&option);
    declare(&option);
    lua_replace(L, top);
    lua_settop(L, top);
}

/* ---- the function --------------------------------------------------------------------------- */

static void list_names(const struct script *script, const char **names, size_t size)
{
    size_t count = 0;
    for (; count < script->option_count && count + 1 < size; count++) {
        names[count] = script->options[count].name;
    }
    names[count] = NULL;
}

/* __index of the table returned: only for names that are no option. */
static int raise_no_option(lua_State *L)
{
    const char *names[64];
    const char *name = lua_type(L, 2) == LUA_TSTRING ? lua_tostring(L, 2) : luaL_typename(L, 2);
    list_names(script_of(L), names, sizeof names / sizeof names[0]);
    const char *hint = suggest_push(L, name, "there are", names);
    return luaL_error(L, "there is no option '%s'%s", name, hint);
}

static void set_strict(lua_State *L)
{
    lua_createtable(L, 0, 2);
    lua_pushcfunction(L, raise_no_option);
    lua_setfield(L, -2, "__index");
    lua_pushliteral(L, "options");
    lua_setfield(L, -2, "__metatable");
    lua_setmetatable(L, -2);
}

int api_options(lua_State *L)
{
    struct script *script = script_of(L);
    luaL_checktype(L, 1, LUA_TTABLE);
    lua_settop(L, 1);
    lua_newtable(L);
    const lua_Integer count = sandbox_push_sorted_keys(L, 1);
    for (lua_Integer i = 1; i <= count; i++) {
        if (lua_rawgeti(L, 3, i) != LUA_TSTRING) {
            return luaL_error(L, "sim.options takes named options: { backlog = { 8 } }");
        }
        const char *name = lua_tostring(L, -1);
        lua_pushvalue(L, -1);
        lua_rawget(L, 1);
        read_option(L, name);
        lua_rawset(L, 2);
    }
    lua_settop(L, 2);
    set_strict(L);
    if (script->config.describe_only) {
        script->described = true;
        return luaL_error(L, "described");
    }
    return 1;
}

/* ---- settings that name no option ----------------------------------------------------------- */

bool script_check_settings(struct script *script)
{
    const char *names[64];
    list_names(script, names, sizeof names / sizeof names[0]);
    for (size_t i = 0; i < script->config.setting_count; i++) {
        const char *name = script->config.settings[i].name;
        if (script_option_value(script, name) != NULL) {
            continue;
        }
        const char *nearest = suggest_name(name, names);
        char list[512] = "it has none";
        size_t used = 0;
        for (size_t k = 0; nearest == NULL && names[k] != NULL && used < sizeof list - 64; k++) {
            used += (size_t)snprintf(list + used, sizeof list - used, "%s%.40s",
                                     k == 0 ? "it has: " : ", ", names[k]);
        }
        script_end(script, SCRIPT_USAGE, "%s: there is no option '%s' (%s%s%s)\n",
                   script->config.path, name, nearest != NULL ? "did you mean '" : list,
                   nearest != NULL ? nearest : "", nearest != NULL ? "'?" : "");
        return false;
    }
    return true;
}
