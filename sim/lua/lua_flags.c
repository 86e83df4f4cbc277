/* TCP flags as texts: packetdrill's letters, or the names of RFC 9293. */
#include "sim/lua/lua_flags.h"

#include "sim/lua/lua_units.h"
#include "tcpsim/packet.h"

#include <lauxlib.h>
#include <stdbool.h>
#include <string.h>

static const struct {
    const char *name;
    char letter;
    uint16_t flag;
} flag_words[] = {
    { "FIN", 'F', TCP_FIN }, { "SYN", 'S', TCP_SYN }, { "RST", 'R', TCP_RST },
    { "PSH", 'P', TCP_PSH }, { "ACK", '.', TCP_ACK }, { "URG", 'U', TCP_URG },
    { "ECE", 'E', TCP_ECE }, { "CWR", 'W', TCP_CWR }, { "AE", 'A', TCP_AE },
};

enum { WORDS = sizeof flag_words / sizeof flag_words[0] };

/* "S.", "-" for none. */
static bool read_letters(const char *text, size_t length, uint16_t *flags)
{
    *flags = 0;
    if (length == 1 && text[0] == '-') {
        return true;
    }
    for (size_t i = 0; i < length; i++) {
        size_t word = 0;
        while (word < WORDS && flag_words[word].letter != text[i]) {
            word++;
        }
        if (word == WORDS) {
            return false;
        }
        *flags |= flag_words[word].flag;
    }
    return length > 0;
}

/* "SYN,ACK", with any of , | + and blanks between. */
static bool read_words(const char *text, size_t length, uint16_t *flags)
{
    const char *const end = text + length;
    *flags = 0;
    while (text < end) {
        size_t word = 0;
        while (word < WORDS &&
               strncmp(text, flag_words[word].name, strlen(flag_words[word].name)) != 0) {
            word++;
        }
        if (word == WORDS) {
            return false;
        }
        *flags |= flag_words[word].flag;
        text += strlen(flag_words[word].name);
        const size_t between = strspn(text, ",|+ ");
        if (text < end && between == 0) {
            return false;
        }
        text += between;
    }
    return true;
}

/* Returns whether a `*` stood at the end. */
static bool read_text(lua_State *L, int index, const char *what, bool star_allowed, uint16_t *flags)
{
    if (lua_type(L, index) != LUA_TSTRING) {
        luaL_error(L, "%s must be a text such as \"S.\", not %s", what, unit_type_text(L, index));
    }
    size_t length;
    const char *text = lua_tolstring(L, index, &length);
    const bool star = star_allowed && length > 0 && text[length - 1] == '*';
    length -= star ? 1 : 0;
    if (!(star && length == 0) && !read_letters(text, length, flags) &&
        !read_words(text, length, flags)) {
        luaL_error(L,
                   "bad flags '%s' for %s: use letters (F S R P . U E W, where . is ACK) such as "
                   "\"S.\", or names such as \"SYN,ACK\"",
                   text, what);
    }
    return star;
}

uint16_t flags_check(lua_State *L, int index, const char *what)
{
    uint16_t flags = 0;
    read_text(L, index, what, false, &flags);
    return flags;
}

void flags_check_pattern(lua_State *L, int index, const char *what, uint16_t *set, uint16_t *clear)
{
    const uint16_t judged = TCP_FIN | TCP_SYN | TCP_RST | TCP_PSH | TCP_ACK | TCP_URG;
    uint16_t flags = 0;
    const bool star = read_text(L, index, what, true, &flags);
    *set = flags;
    *clear = star ? 0 : (uint16_t)(judged & ~flags);
}
