/* TCP options written as text, in packetdrill's notation. */
#include "sim/lua/lua_tcp_options.h"

#include <lauxlib.h>
#include <stdbool.h>
#include <string.h>

static const char advice[] = "use mss N, wscale N, sackOK, TS val N ecr N, nop, eol, or bytes such "
                             "as 0x01020304, with commas between";

static int raise_bad(lua_State *L, const char *item)
{
    return luaL_error(L, "bad TCP option '%s' in inject options: %s", item, advice);
}

static void add_byte(lua_State *L, struct segment *segment, uint32_t byte)
{
    if (segment->options_length == TCP_OPTIONS_MAX) {
        luaL_error(L, "the TCP options in inject options are longer than %d bytes",
                   TCP_OPTIONS_MAX);
    }
    segment->options[segment->options_length++] = (uint8_t)byte;
}

/* Big endian, as on the wire. */
static void add_number(lua_State *L, struct segment *segment, uint32_t value, int bytes)
{
    for (int shift = 8 * (bytes - 1); shift >= 0; shift -= 8) {
        add_byte(L, segment, value >> shift & 0xff);
    }
}

/* The number behind `word` at *at; false if something else stands there. */
static bool read_after(const char **at, const char *word, uint32_t most, uint32_t *value)
{
    const size_t length = strlen(word);
    const char *c = *at;
    uint64_t wide = 0;
    if (strncmp(c, word, length) != 0 || c[length] != ' ') {
        return false;
    }
    c += length + strspn(c + length, " ");
    const char *const digits = c;
    for (; *c >= '0' && *c <= '9' && wide <= most; c++) {
        wide = wide * 10 + (uint64_t)(*c - '0');
    }
    *at = c + strspn(c, " ");
    *value = (uint32_t)wide;
    return c > digits && wide <= most;
}

static int hex_digit(char c)
{
    static const char digits[] = "0123456789abcdef0123456789ABCDEF";
    const char *found = c == '\0' ? NULL : strchr(digits, c);
    return found == NULL ? -1 : (int)(found - digits) % 16;
}

static bool add_raw(lua_State *L, struct segment *segment, const char *hex)
{
    const size_t length = strlen(hex);
    for (size_t i = 0; i < length; i++) {
        if (hex_digit(hex[i]) < 0 || length % 2 != 0) {
            return false;
        }
    }
    for (size_t i = 0; i < length; i += 2) {
        add_byte(L, segment, (uint32_t)(hex_digit(hex[i]) * 16 + hex_digit(hex[i + 1])));
    }
    return length > 0;
}

/* RFC 7323 3: kind 8, length 10. */
static bool add_timestamps(lua_State *L, struct segment *segment, const char *at)
{
    uint32_t value, echo;
    if (!read_after(&at, "TS val", UINT32_MAX, &value) ||
        !read_after(&at, "ecr", UINT32_MAX, &echo) || *at != '\0') {
        return false;
    }
    add_number(L, segment, 0x080a, 2);
    add_number(L, segment, value, 4);
    add_number(L, segment, echo, 4);
    return true;
}

static bool add_item(lua_State *L, struct segment *segment, const char *item)
{
    uint32_t value;
    const char *at = item;
    if (strcmp(item, "nop") == 0) {
        add_byte(L, segment, 1);
    } else if (strcmp(item, "eol") == 0) {
        add_byte(L, segment, 0);
    } else if (strcmp(item, "sackOK") == 0) {
        add_number(L, segment, 0x0402, 2);
    } else if (strncmp(item, "0x", 2) == 0) {
        return add_raw(L, segment, item + 2);
    } else if (strncmp(item, "TS ", 3) == 0) {
        return add_timestamps(L, segment, item);
    } else if (read_after(&at, "mss", UINT16_MAX, &value) && *at == '\0') {
        add_number(L, segment, 0x0204, 2);
        add_number(L, segment, value, 2);
    } else if (at = item, read_after(&at, "wscale", UINT8_MAX, &value) && *at == '\0') {
        add_number(L, segment, 0x0303, 2);
        add_byte(L, segment, value);
    } else {
        return false;
    }
    return true;
}

static void add_text(lua_State *L, struct segment *segment, const char *text)
{
    while (*text != '\0') {
        text += strspn(text, " ");
        const char *item = lua_pushlstring(L, text, strcspn(text, ","));
        if (!add_item(L, segment, item)) {
            raise_bad(L, item);
        }
        text += strlen(item);
        text += *text == ',' ? 1 : 0;
        lua_pop(L, 1);
    }
}

void tcp_options_check(lua_State *L, int index, struct segment *segment)
{
    index = lua_absindex(L, index);
    segment->options_length = 0;
    if (lua_type(L, index) == LUA_TSTRING) {
        add_text(L, segment, lua_tostring(L, index));
    } else if (!lua_istable(L, index)) {
        luaL_error(L, "'options' in inject options must be a text or a list: %s", advice);
    } else {
        const lua_Integer count = (lua_Integer)lua_rawlen(L, index);
        for (lua_Integer i = 1; i <= count; i++) {
            if (lua_rawgeti(L, index, i) != LUA_TSTRING) {
                luaL_error(L, "an item of 'options' in inject options must be a text");
            }
            add_text(L, segment, lua_tostring(L, -1));
            lua_pop(L, 1);
        }
    }
    while (segment->options_length % 4 != 0) {
        add_byte(L, segment, 0);
    }
}
