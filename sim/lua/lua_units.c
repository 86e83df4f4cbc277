/* Values with a unit, as exact integers. Read lua_units.h first. */
#include "sim/lua/lua_units.h"

#include "sim/lua/sandbox.h"

#include <lauxlib.h>
#include <string.h>

/* ---- kinds of values ------------------------------------------------------------------------ */

struct unit {
    const char *name;
    uint64_t factor; /* in terms of what is counted: nanoseconds, bits a second, bytes, ppm */
};

struct unit_kind {
    const char *name;
    const char *advice;
    const char *too_fine;
    uint32_t number_factor; /* of a plain number; at most 10^9 */
    uint64_t most;
    const struct unit *units;
};

static const struct unit duration_units[] = {
    { "ns", 1 },
    { "us", 1000 },
    { "ms", 1000000 },
    { "s", 1000000000 },
    { "min", 60000000000u },
    { "h", 3600000000000u },
    { "\xC2\xB5s", 1000 },
    { NULL, 0 }, /* the micro sign, in UTF-8 */
};
static const struct unit_kind duration_kind = {
    "duration",
    "use ns, us, ms, s, min or h, such as \"40ms\"",
    "it is finer than a nanosecond",
    1000000000,
    4000000000000000000u, /* so that the sum of two still is a time */
    duration_units,
};

static const struct unit rate_units[] = {
    { "bit", 1 },           { "kbit", 1000 }, { "Kbit", 1000 }, { "Mbit", 1000000 },
    { "Gbit", 1000000000 }, { "kB", 8000 },   { "KB", 8000 },   { "MB", 8000000 },
    { "GB", 8000000000 },   { NULL, 0 },
};
static const struct unit_kind rate_kind = {
    "rate",
    "use bit, kbit, Mbit, Gbit (or kB, MB, GB for bytes), such as \"20Mbit\"",
    "it is finer than a bit a second",
    1,
    1000000000000000u,
    rate_units,
};

static const struct unit size_units[] = {
    { "B", 1 },           { "kB", 1000 },        { "KB", 1000 },
    { "MB", 1000000 },    { "KiB", 1024 },       { "MiB", 1048576 },
    { "GB", 1000000000 }, { "GiB", 1073741824 }, { NULL, 0 },
};
static const struct unit_kind size_kind = {
    "size",
    "use B, kB, MB (1000s) or KiB, MiB (1024s), such as \"64kB\"",
    "it is finer than a byte",
    1,
    1000000000000000u,
    size_units,
};

static const struct unit fraction_units[] = { { "%", 10000 }, { NULL, 0 } };
static const struct unit_kind fraction_kind = {
    "fraction",
    "use a number from 0 to 1, or a text such as \"1%\"",
    "it is finer than one in a million",
    1000000,
    1000000,
    fraction_units,
};

/* ---- text to integer ------------------------------------------------------------------------ */

enum unit_error {
    UNIT_FINE,
    UNIT_NO_NUMBER,
    UNIT_MISSING,
    UNIT_UNKNOWN,
    UNIT_NEGATIVE,
    UNIT_TOO_FINE,
    UNIT_TOO_LARGE
};

/* "3.005" is 3005 / 10^3. */
struct decimal {
    uint64_t digits;
    uint64_t divisor;
};

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool append_digit(struct decimal *number, char c)
{
    const uint64_t digit = (uint64_t)(c - '0');
    if (number->digits > (UINT64_MAX - digit) / 10) {
        return false;
    }
    number->digits = number->digits * 10 + digit;
    return true;
}

/* Read "12" or "12.5" at *at, and go on behind it. */
static enum unit_error read_decimal(const char **at, struct decimal *number)
{
    const char *c = *at;
    *number = (struct decimal){ 0, 1 };
    if (*c == '-') {
        return is_digit(c[1]) ? UNIT_NEGATIVE : UNIT_NO_NUMBER;
    }
    if (!is_digit(*c) && !(*c == '.' && is_digit(c[1]))) {
        return UNIT_NO_NUMBER;
    }
    for (; is_digit(*c); c++) {
        if (!append_digit(number, *c)) {
            return UNIT_TOO_LARGE;
        }
    }
    if (*c == '.') {
        for (c++; is_digit(*c); c++) {
            if (number->divisor > UINT64_MAX / 100 || !append_digit(number, *c)) {
                return UNIT_TOO_FINE;
            }
            number->divisor *= 10;
        }
    }
    *at = c;
    return UNIT_FINE;
}

static const struct unit *find_unit(const struct unit_kind *kind, const char *name)
{
    for (const struct unit *unit = kind->units; unit->name != NULL; unit++) {
        const size_t length = strlen(unit->name);
        const bool per_second = kind == &rate_kind && strcmp(name + length, "/s") == 0;
        if (strncmp(unit->name, name, length) == 0 && (name[length] == '\0' || per_second)) {
            return unit;
        }
    }
    return NULL;
}

/* digits * factor / divisor, if that is a whole number. Common factors go first, so that the
 * product stays small. */
static enum unit_error scale(struct decimal number, uint64_t factor, uint64_t *value)
{
    while (number.divisor > 1 && number.digits % 10 == 0) {
        number.digits /= 10;
        number.divisor /= 10;
    }
    while (number.divisor > 1 && factor % 10 == 0) {
        factor /= 10;
        number.divisor /= 10;
    }
    if (factor != 0 && number.digits > UINT64_MAX / factor) {
        return number.divisor > 1 ? UNIT_TOO_FINE : UNIT_TOO_LARGE;
    }
    *value = number.digits * factor;
    if (*value % number.divisor != 0) {
        return UNIT_TOO_FINE;
    }
    *value /= number.divisor;
    return UNIT_FINE;
}

static enum unit_error parse(const struct unit_kind *kind, const char *text, uint64_t *value)
{
    struct decimal number;
    text += strspn(text, " ");
    enum unit_error error = read_decimal(&text, &number);
    if (error != UNIT_FINE) {
        return error;
    }
    text += strspn(text, " ");
    if (*text == '\0' && number.digits != 0) {
        return UNIT_MISSING;
    }
    const struct unit *unit = *text == '\0' ? kind->units : find_unit(kind, text);
    if (unit == NULL) {
        return UNIT_UNKNOWN;
    }
    error = scale(number, unit->factor, value);
    return error == UNIT_FINE && *value > kind->most ? UNIT_TOO_LARGE : error;
}

bool unit_parse_duration(const char *text, sim_time_t *duration)
{
    uint64_t value;
    if (parse(&duration_kind, text, &value) != UNIT_FINE) {
        return false;
    }
    *duration = (sim_time_t)value;
    return true;
}

/* ---- number to integer ---------------------------------------------------------------------- */

/* Round number * factor. Only operations that are exact in binary are done in floating point, so
 * that no machine's excess precision shows: the fraction is taken in units of 2^-34. */
static enum unit_error scale_number(lua_Number number, uint32_t factor, uint64_t *value)
{
    const lua_Number two_to_34 = 17179869184.0;
    if (number != number) {
        return UNIT_NO_NUMBER;
    }
    if (number < 0) {
        return UNIT_NEGATIVE;
    }
    if (number >= 18446744073.0 && number * factor >= 18446744073709549568.0) {
        return UNIT_TOO_LARGE;
    }
    const uint64_t whole = (uint64_t)number;
    const uint64_t fraction = (uint64_t)((number - (lua_Number)whole) * two_to_34);
    *value = whole * factor + ((fraction * factor + (1u << 31) * UINT64_C(4)) >> 34);
    return number > 0 && *value == 0 ? UNIT_TOO_FINE : UNIT_FINE;
}

const char *unit_type_text(lua_State *L, int index)
{
    return lua_isnoneornil(L, index) ? "nil" : lua_pushfstring(L, "a %s", luaL_typename(L, index));
}

/* ---- for scripts ---------------------------------------------------------------------------- */

static int raise_bad_value(lua_State *L, int index, const struct unit_kind *kind, const char *what,
                           enum unit_error error)
{
    const char *text = sandbox_tostring(L, index, NULL);
    const char *reason = kind->advice;
    const char *joint = "";
    switch (error) {
    case UNIT_FINE:
    case UNIT_NO_NUMBER:
        break;
    case UNIT_MISSING:
        joint = "the unit is missing: ";
        break;
    case UNIT_UNKNOWN:
        joint = "the unit is unknown: ";
        break;
    case UNIT_NEGATIVE:
        reason = "it must not be negative";
        break;
    case UNIT_TOO_FINE:
        reason = kind->too_fine;
        break;
    case UNIT_TOO_LARGE:
        reason = "it is too large";
        break;
    }
    return luaL_error(L, "bad %s '%s' for %s: %s%s", kind->name, text, what, joint, reason);
}

static uint64_t check(lua_State *L, int index, const struct unit_kind *kind, const char *what)
{
    uint64_t value = 0;
    enum unit_error error;
    if (lua_type(L, index) == LUA_TSTRING) {
        error = parse(kind, lua_tostring(L, index), &value);
    } else if (lua_type(L, index) == LUA_TNUMBER) {
        error = scale_number(lua_tonumber(L, index), kind->number_factor, &value);
    } else {
        return (uint64_t)luaL_error(L, "%s must be a %s, not %s: %s", what, kind->name,
                                    unit_type_text(L, index), kind->advice);
    }
    if (error == UNIT_FINE && value > kind->most) {
        error = UNIT_TOO_LARGE;
    }
    if (error != UNIT_FINE) {
        raise_bad_value(L, index, kind, what, error);
    }
    return value;
}

sim_time_t unit_check_duration(lua_State *L, int index, const char *what)
{
    return (sim_time_t)check(L, index, &duration_kind, what);
}

uint64_t unit_check_rate(lua_State *L, int index, const char *what)
{
    return check(L, index, &rate_kind, what);
}

uint64_t unit_check_size(lua_State *L, int index, const char *what)
{
    return check(L, index, &size_kind, what);
}

uint32_t unit_check_fraction(lua_State *L, int index, const char *what)
{
    return (uint32_t)check(L, index, &fraction_kind, what);
}

/* ---- addresses ------------------------------------------------------------------------------ */

struct ip_addr unit_check_address(lua_State *L, int index, const char *what)
{
    struct ip_addr addr = { { 0 } };
    const char *text = lua_type(L, index) == LUA_TSTRING ? lua_tostring(L, index) : NULL;
    if (text == NULL) {
        luaL_error(L, "%s must be an address, not %s: use a text such as \"10.0.0.1\"", what,
                   unit_type_text(L, index));
    } else if (!ip_addr_parse(text, &addr)) {
        luaL_error(L, "bad address '%s' for %s: use IPv4 or IPv6, such as \"10.0.0.1\"", text,
                   what);
    }
    return addr;
}

struct ip_prefix unit_check_prefix(lua_State *L, int index, const char *what)
{
    struct ip_prefix prefix = { .length = 0 };
    const char *text = lua_type(L, index) == LUA_TSTRING ? lua_tostring(L, index) : NULL;
    if (text == NULL) {
        luaL_error(L, "%s must be a prefix, not %s: use a text such as \"10.0.0.0/8\"", what,
                   unit_type_text(L, index));
    } else if (!ip_prefix_parse(text, &prefix)) {
        luaL_error(L, "bad prefix '%s' for %s: use an address and a length, such as \"10.0.0.0/8\"",
                   text, what);
    }
    return prefix;
}

/* ---- back to scripts ------------------------------------------------------------------------ */

void unit_push_time(lua_State *L, sim_time_t time)
{
    if (time == SIM_NEVER) {
        lua_pushnil(L);
        return;
    }
    if (time % SIM_SECOND == 0) {
        lua_pushinteger(L, time / SIM_SECOND); /* prints as "2", not as "2.0" */
    } else {
        lua_pushnumber(L, (lua_Number)time / 1e9);
    }
}

void unit_push_address(lua_State *L, const struct ip_addr *addr)
{
    char text[IP_ADDR_TEXT_MAX];
    lua_pushstring(L, ip_addr_format(addr, text));
}
