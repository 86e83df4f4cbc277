/* string.format without platform differences: NaN and infinities are always "nan", "inf" and "-inf",
 * and %s and %p show serial names instead of addresses. */
#include "sim/lua/sandbox_private.h"

#include <lauxlib.h>
#include <stdio.h>
#include <string.h>

enum {
    MODIFIERS_MOST = 22, /* as Lua */
    SPEC_SIZE = 32,      /* with "ll", the letter and the end */
    ITEM_SIZE = 512,     /* "%99.99f" of the largest double has 309 + 1 + 99 digits */
    CALL_STEPS = 10,
    ITEM_STEPS = 20,
    FLOAT_STEPS = 60, /* of a float beyond the usual: C reckons with all its digits */
    STEPS_PER_FLOAT_BYTE = 3,
    TEXT_SHORT = 100 /* longer texts without precision are added as they are, as in Lua */
};

static const char modifiers[] = "-+#0 .123456789";
static const char known_letters[] = "aAcdeEfgGiopqsuxX";

/* One conversion, such as "%-5.2f". */
struct spec {
    char text[SPEC_SIZE]; /* from its '%' on, without the letter */
    size_t length;
    char letter;
};

static const char *skip_digits(const char *at, int most)
{
    while (most-- > 0 && *at >= '0' && *at <= '9') {
        at++;
    }
    return at;
}

static const char *allowed_flags(char letter)
{
    switch (letter) {
    case 'd':
    case 'i':
        return "-+0 ";
    case 'u':
        return "-0";
    case 'c':
    case 'p':
    case 's':
        return "-";
    case 'o':
    case 'x':
    case 'X':
        return "-#0";
    default:
        return "-+#0 ";
    }
}

/* Whether the modifiers, up to `end`, are flags, two digits of width and two of precision. */
static bool modifiers_fit(const char *at, const char *end)
{
    at += strspn(at, allowed_flags(*end));
    if (*at != '0') {
        at = skip_digits(at, 2);
        if (*at == '.' && *end != 'c' && *end != 'p') {
            at = skip_digits(at + 1, 2);
        }
    }
    return at == end;
}

/* Read a conversion; `at` is behind its '%'.  Returns where it ends. */
static const char *read_spec(lua_State *L, const char *at, struct spec *spec)
{
    const size_t length = strspn(at, modifiers);
    const char *const end = at + length;
    if (length >= MODIFIERS_MOST) {
        luaL_error(L, "invalid format (too long)");
    }
    spec->letter = *end;
    spec->length = length + 1;
    spec->text[0] = '%';
    memcpy(spec->text + 1, at, length);
    spec->text[length + 1] = '\0';
    if (*end == '\0' || strchr(known_letters, *end) == NULL) {
        const char letter[] = { *end, '\0' };
        luaL_error(L, "invalid conversion '%s%s' to 'format'", spec->text, letter);
    }
    if (*end == 'q' && length > 0) {
        luaL_error(L, "specifier '%%q' cannot have modifiers");
    }
    if (!modifiers_fit(at, end)) {
        luaL_error(L, "invalid conversion specification: '%s%c'", spec->text, *end);
    }
    return end + 1;
}

/* -- Items ----------------------------------------------------------------------------------- */

static void add_integer(lua_State *L, luaL_Buffer *out, struct spec *spec, int arg)
{
    const lua_Integer value = luaL_checkinteger(L, arg);
    char *item = luaL_prepbuffsize(out, ITEM_SIZE);
    const char letters[] = { 'l', 'l', spec->letter, '\0' };
    memcpy(spec->text + spec->length, letters, sizeof(letters));
    luaL_addsize(out, (size_t)snprintf(item, ITEM_SIZE, spec->text, (long long)value));
}

static void add_character(lua_State *L, luaL_Buffer *out, struct spec *spec, int arg)
{
    const lua_Integer value = luaL_checkinteger(L, arg);
    char *item = luaL_prepbuffsize(out, ITEM_SIZE);
    memcpy(spec->text + spec->length, "c", 2);
    luaL_addsize(out, (size_t)snprintf(item, ITEM_SIZE, spec->text, (int)value));
}

/* As C does, but without its "-nan": only flags that place the text matter. */
static void add_not_finite(luaL_Buffer *out, const struct spec *spec, lua_Number value)
{
    const bool left = strchr(spec->text, '-') != NULL;
    const bool is_nan = value != value;
    const char *sign = strchr(spec->text, '+') != NULL ? "+" : "";
    const char *width_text = spec->text + 1 + strspn(spec->text + 1, "-+#0 ");
    int width = 0;
    for (; *width_text >= '0' && *width_text <= '9'; width_text++) {
        width = width * 10 + (*width_text - '0');
    }
    char text[8], *item = luaL_prepbuffsize(out, ITEM_SIZE);
    snprintf(text, sizeof(text), "%s%s",
             !is_nan && value < 0 ? "-"
             : is_nan             ? ""
                                  : sign,
             is_nan ? "nan" : "inf");
    luaL_addsize(out, (size_t)snprintf(item, ITEM_SIZE, "%*s", left ? -width : width, text));
}

static void add_float(lua_State *L, luaL_Buffer *out, struct spec *spec, int arg)
{
    const lua_Number value = luaL_checknumber(L, arg);
    if (value - value != 0) {
        add_not_finite(out, spec, value);
        return;
    }
    char *item = luaL_prepbuffsize(out, ITEM_SIZE);
    const char letter[] = { spec->letter, '\0' };
    memcpy(spec->text + spec->length, letter, sizeof(letter));
    const size_t length = (size_t)snprintf(item, ITEM_SIZE, spec->text, value);
    luaL_addsize(out, length);
    sandbox_charge(sandbox_of(L), L, FLOAT_STEPS + length * STEPS_PER_FLOAT_BYTE);
}

/* %s, and %p as its equal. */
static void add_text(lua_State *L, luaL_Buffer *out, struct spec *spec, int arg)
{
    size_t length;
    luaL_checkany(L, arg);
    const char *text = sandbox_tostring(L, arg, &length);
    const bool plain = spec->length == 1;
    if (plain || (strchr(spec->text, '.') == NULL && length >= TEXT_SHORT)) {
        limit_charge(L, length, 16);
        luaL_addvalue(out);
        return;
    }
    luaL_argcheck(L, length == strlen(text), arg, "string contains zeros");
    char *item = luaL_prepbuffsize(out, ITEM_SIZE);
    memcpy(spec->text + spec->length, "s", 2);
    luaL_addsize(out, (size_t)snprintf(item, ITEM_SIZE, spec->text, text));
    lua_pop(L, 1);
}

/* %q is Lua's own, which is upvalue 1. */
static void add_literal(lua_State *L, luaL_Buffer *out, int arg)
{
    const int type = lua_type(L, arg);
    luaL_argcheck(
        L, type == LUA_TSTRING || type == LUA_TNUMBER || type == LUA_TBOOLEAN || type == LUA_TNIL,
        arg, "value has no literal form");
    limit_charge(L, type == LUA_TSTRING ? lua_rawlen(L, arg) : 1, 2);
    lua_pushvalue(L, lua_upvalueindex(1));
    lua_pushliteral(L, "%q");
    lua_pushvalue(L, arg);
    lua_call(L, 2, 1);
    luaL_addvalue(out);
}

static void add_item(lua_State *L, luaL_Buffer *out, struct spec *spec, int arg)
{
    sandbox_charge(sandbox_of(L), L, ITEM_STEPS);
    switch (spec->letter) {
    case 'c':
        add_character(L, out, spec, arg);
        break;
    case 'd':
    case 'i':
    case 'o':
    case 'u':
    case 'x':
    case 'X':
        add_integer(L, out, spec, arg);
        break;
    case 'p':
    case 's':
        add_text(L, out, spec, arg);
        break;
    case 'q':
        luaL_checkany(L, arg);
        add_literal(L, out, arg);
        break;
    default:
        add_float(L, out, spec, arg);
        break;
    }
}

int string_format(lua_State *L)
{
    size_t length;
    int arg = 1;
    const char *at = luaL_checklstring(L, 1, &length);
    const char *const end = at + length;
    const int top = lua_gettop(L);
    luaL_Buffer out;
    limit_charge(L, length + CALL_STEPS * 8, 8);
    luaL_buffinit(L, &out);
    while (at < end) {
        const char *percent = memchr(at, '%', (size_t)(end - at));
        const char *plain_end = percent != NULL ? percent : end;
        luaL_addlstring(&out, at, (size_t)(plain_end - at));
        at = plain_end;
        if (at < end && at[1] == '%') {
            luaL_addchar(&out, '%');
            at += 2;
        } else if (at < end) {
            struct spec spec;
            arg++;
            luaL_argcheck(L, arg <= top, arg, "no value");
            at = read_spec(L, at + 1, &spec);
            add_item(L, &out, &spec, arg);
        }
    }
    luaL_pushresult(&out);
    return 1;
}
