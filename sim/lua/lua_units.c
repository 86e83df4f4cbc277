/* Values with a unit, as exact integers. Read lua_units.h first. */
#include "sim/lua/lua_units.h"

#include "sim/lua/sandbox.h"

#include <lauxlib.h>
#include <string.h>

bool unit_parse_duration(const char *text, sim_time_t *duration)
{
    uint64_t value;
    if (unit_parse(&unit_duration, text, &value) != UNIT_FINE) {
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
    *value = whole * factor + ((fraction * factor + (UINT64_C(1) << 33)) >> 34);
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
        error = unit_parse(kind, lua_tostring(L, index), &value);
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
    return (sim_time_t)check(L, index, &unit_duration, what);
}

uint64_t unit_check_rate(lua_State *L, int index, const char *what)
{
    return check(L, index, &unit_rate, what);
}

uint64_t unit_check_size(lua_State *L, int index, const char *what)
{
    return check(L, index, &unit_size, what);
}

uint32_t unit_check_fraction(lua_State *L, int index, const char *what)
{
    return (uint32_t)check(L, index, &unit_fraction, what);
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
