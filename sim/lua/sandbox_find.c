/* string.find, match, gmatch and gsub over the bounded matcher. */
#include "sim/lua/sandbox_pattern.h"
#include "sim/lua/sandbox_private.h"

#include <lauxlib.h>
#include <string.h>

struct text {
    const char *at;
    size_t length;
};

static struct text check(lua_State *L, int arg)
{
    struct text text;
    text.at = text_check(L, arg, &text.length);
    return text;
}

/* The start that an `init` argument means, from 0; beyond the length if it is beyond the end. */
static size_t start_position(lua_State *L, int arg, size_t length)
{
    const lua_Integer init = luaL_optinteger(L, arg, 1);
    if (init > 0) {
        return (size_t)init - 1;
    }
    if (init == 0 || 0 - (uint64_t)init > length) {
        return 0;
    }
    return length - (size_t)(0 - (uint64_t)init);
}

/* -- find and match -------------------------------------------------------------------------- */

static bool has_specials(struct text pattern)
{
    for (size_t i = 0; i < pattern.length; i++) {
        if (pattern.at[i] != '\0' && strchr("^$*+?.([%-", pattern.at[i]) != NULL) {
            return true;
        }
    }
    return false;
}

/* Find `needle` in `text`; charges what it compares. */
static const char *find_plain(lua_State *L, struct text text, struct text needle)
{
    const char *const end = text.at + text.length;
    const char *at = text.at;
    uint64_t compared = 0;
    while (needle.length > 0 && (size_t)(end - at) >= needle.length) {
        const char *const before = at;
        at = memchr(at, needle.at[0], (size_t)(end - at) - needle.length + 1);
        if (at == NULL) {
            limit_charge(L, (uint64_t)(end - before), 64);
            return NULL;
        }
        size_t same = 1;
        while (same < needle.length && at[same] == needle.at[same]) {
            same++;
        }
        compared += (uint64_t)(at - before) / 8 + same;
        if (compared > 4096) {
            limit_charge(L, compared, 8);
            compared = 0;
        }
        if (same == needle.length) {
            return at;
        }
        at++;
    }
    limit_charge(L, compared, 8);
    return needle.length == 0 ? at : NULL;
}

static int push_plain(lua_State *L, struct text subject, struct text pattern, size_t start)
{
    const struct text rest = { subject.at + start, subject.length - start };
    const char *found = find_plain(L, rest, pattern);
    if (found == NULL) {
        lua_pushnil(L);
        return 1;
    }
    lua_pushinteger(L, found - subject.at + 1);
    lua_pushinteger(L, found - subject.at + (lua_Integer)pattern.length);
    return 2;
}

static int push_match(struct pattern_match *match, const char *start, const char *end, bool find)
{
    pattern_end(match);
    if (!find) {
        return pattern_push_captures(match, start, end);
    }
    lua_pushinteger(match->L, start - match->subject + 1);
    lua_pushinteger(match->L, end - match->subject);
    return pattern_push_captures(match, NULL, NULL) + 2;
}

static int search(lua_State *L, bool find)
{
    const struct text subject = check(L, 1);
    const struct text pattern = check(L, 2);
    const size_t start = start_position(L, 3, subject.length);
    if (start > subject.length) {
        lua_pushnil(L);
        return 1;
    }
    limit_charge(L, pattern.length, 16);
    if (find && (lua_toboolean(L, 4) || !has_specials(pattern))) {
        return push_plain(L, subject, pattern, start);
    }
    struct pattern_match match;
    const bool anchored = pattern.length > 0 && pattern.at[0] == '^';
    const char *const first = pattern.at + (anchored ? 1 : 0);
    pattern_begin(&match, L, subject.at, subject.length, pattern.at + pattern.length);
    const char *at = subject.at + start;
    do {
        match.level = 0;
        const char *end = pattern_match_at(&match, at, first);
        if (end != NULL) {
            return push_match(&match, at, end, find);
        }
    } while (at++ < match.subject_end && !anchored);
    pattern_end(&match);
    lua_pushnil(L);
    return 1;
}

int string_find(lua_State *L)
{
    return search(L, true);
}

int string_match(lua_State *L)
{
    return search(L, false);
}

/* -- gmatch ---------------------------------------------------------------------------------- */

/* The iterator keeps offsets, not pointers: the texts are its upvalues. */
enum { GMATCH_SUBJECT = 1, GMATCH_PATTERN, GMATCH_NEXT, GMATCH_LAST };

static void set_offset(lua_State *L, int upvalue, lua_Integer offset)
{
    lua_pushinteger(L, offset);
    lua_replace(L, lua_upvalueindex(upvalue));
}

static int gmatch_step(lua_State *L)
{
    struct text subject, pattern;
    subject.at = lua_tolstring(L, lua_upvalueindex(GMATCH_SUBJECT), &subject.length);
    pattern.at = lua_tolstring(L, lua_upvalueindex(GMATCH_PATTERN), &pattern.length);
    const lua_Integer last = lua_tointeger(L, lua_upvalueindex(GMATCH_LAST));
    lua_Integer next = lua_tointeger(L, lua_upvalueindex(GMATCH_NEXT));
    struct pattern_match match;
    pattern_begin(&match, L, subject.at, subject.length, pattern.at + pattern.length);
    for (; next <= (lua_Integer)subject.length; next++) {
        match.level = 0;
        const char *const at = subject.at + next;
        const char *const end = pattern_match_at(&match, at, pattern.at);
        if (end != NULL &&
            end - subject.at != last) { /* an empty match right behind is no new one */
            set_offset(L, GMATCH_NEXT, end - subject.at);
            set_offset(L, GMATCH_LAST, end - subject.at);
            pattern_end(&match);
            return pattern_push_captures(&match, at, end);
        }
    }
    set_offset(L, GMATCH_NEXT, next);
    pattern_end(&match);
    return 0;
}

int string_gmatch(lua_State *L)
{
    const struct text subject = check(L, 1);
    check(L, 2);
    size_t start = start_position(L, 3, subject.length);
    if (start > subject.length) {
        start = subject.length + 1;
    }
    lua_settop(L, 2);
    lua_pushinteger(L, (lua_Integer)start);
    lua_pushinteger(L, -1);
    lua_pushcclosure(L, gmatch_step, 4);
    return 1;
}

/* -- gsub ------------------------------------------------------------------------------------ */

struct substitution {
    struct pattern_match match;
    luaL_Buffer result;
    int type; /* of the replacement, argument 3 */
};

/* The text that a replacement string stands for. */
static void add_template(struct substitution *sub, const char *start, const char *end)
{
    lua_State *L = sub->match.L;
    size_t length;
    const char *at = lua_tolstring(L, 3, &length);
    const char *const stop = at + length;
    const char *escape;
    limit_charge(L, length, 16);
    while ((escape = memchr(at, PATTERN_ESCAPE, (size_t)(stop - at))) != NULL) {
        luaL_addlstring(&sub->result, at, (size_t)(escape - at));
        at = escape + 1;
        if (*at == PATTERN_ESCAPE) {
            luaL_addchar(&sub->result, PATTERN_ESCAPE);
        } else if (*at == '0') {
            luaL_addlstring(&sub->result, start, (size_t)(end - start));
        } else if (*at >= '1' && *at <= '9') {
            pattern_push_capture(&sub->match, *at - '1', start, end);
            luaL_tolstring(L, -1, NULL); /* a position is a number */
            lua_remove(L, -2);
            luaL_addvalue(&sub->result);
        } else {
            luaL_error(L, "invalid use of '%%' in replacement string");
        }
        at++;
    }
    luaL_addlstring(&sub->result, at, (size_t)(stop - at));
}

/* Append what a match turns into; nil or false from a function or table leave it as it is. */
static void add_value(struct substitution *sub, const char *start, const char *end)
{
    lua_State *L = sub->match.L;
    if (sub->type == LUA_TFUNCTION) {
        lua_pushvalue(L, 3);
        lua_call(L, pattern_push_captures(&sub->match, start, end), 1);
    } else if (sub->type == LUA_TTABLE) {
        pattern_push_capture(&sub->match, 0, start, end);
        lua_gettable(L, 3);
    } else {
        add_template(sub, start, end);
        return;
    }
    if (!lua_toboolean(L, -1)) {
        lua_pop(L, 1);
        luaL_addlstring(&sub->result, start, (size_t)(end - start));
        return;
    }
    if (!lua_isstring(L, -1)) {
        luaL_error(L, "invalid replacement value (a %s)", luaL_typename(L, -1));
    }
    if (lua_type(L, -1) == LUA_TNUMBER) {
        text_push_number(L, -1);
        lua_remove(L, -2);
    }
    luaL_addvalue(&sub->result);
}

/* Replace up to `most` matches; return their number. */
static lua_Integer substitute(struct substitution *sub, const char *pattern, lua_Integer most,
                              bool anchored)
{
    struct pattern_match *match = &sub->match;
    const char *at = match->subject, *last_end = NULL;
    lua_Integer count = 0;
    while (count < most) {
        match->level = 0;
        const char *const end = pattern_match_at(match, at, pattern);
        if (end != NULL && end != last_end) {
            count++;
            add_value(sub, at, end);
            at = last_end = end;
        } else if (at < match->subject_end) {
            luaL_addchar(&sub->result, *at++);
        } else {
            break;
        }
        if (anchored) {
            break;
        }
    }
    luaL_addlstring(&sub->result, at, (size_t)(match->subject_end - at));
    return count;
}

int string_gsub(lua_State *L)
{
    struct substitution sub;
    const struct text subject = check(L, 1);
    const struct text pattern = check(L, 2);
    sub.type = lua_type(L, 3);
    const lua_Integer most = luaL_optinteger(L, 4, (lua_Integer)subject.length + 1);
    const bool anchored = pattern.length > 0 && pattern.at[0] == '^';
    luaL_argexpected(L,
                     sub.type == LUA_TNUMBER || sub.type == LUA_TSTRING ||
                         sub.type == LUA_TFUNCTION || sub.type == LUA_TTABLE,
                     3, "string/function/table");
    if (sub.type == LUA_TNUMBER) {
        check(L, 3);
    }
    pattern_begin(&sub.match, L, subject.at, subject.length, pattern.at + pattern.length);
    luaL_buffinit(L, &sub.result);
    const lua_Integer count = substitute(&sub, pattern.at + (anchored ? 1 : 0), most, anchored);
    pattern_end(&sub.match);
    limit_charge(L, luaL_bufflen(&sub.result), 16);
    luaL_pushresult(&sub.result);
    lua_pushinteger(L, count);
    return 2;
}
