/* pairs and next in an order that is the same in every run: numbers, then strings by their bytes,
 * then false and true, then objects whose metatable gives them an order.
 *
 * pairs takes the keys and sorts them once, then walks them; a key removed meanwhile is skipped, one
 * added meanwhile is not visited.  next has no memory, so each call looks at every key.
 *
 * Objects: a userdata or table whose metafield __order is an integer, or a function that returns one.
 * They are ordered by their __name and then by that integer; two of them may not be equal. */
#include "sim/lua/sandbox_private.h"

#include <lauxlib.h>
#include <string.h>

enum { KEY_STEPS = 8, SORTED_KEY_STEPS = 40, ITERATION_STEPS = 6, NEXT_STEPS = 4 };

enum key_rank { KEY_NUMBER, KEY_STRING, KEY_BOOLEAN, KEY_OBJECT };

/* A key in a form that can be compared without Lua.  `text` points into a string of Lua, which lives
 * as long as the key or its metatable. */
struct sort_key {
    enum key_rank rank;
    bool is_integer;
    lua_Integer integer; /* an integer, a boolean, or an object's order */
    lua_Number number;
    const char *text; /* a string, or an object's __name */
    size_t length;
    uint64_t prefix;      /* the first eight bytes of `text`: they decide most comparisons */
    lua_Integer position; /* in the array of keys, from 1 */
};

/* -- One key --------------------------------------------------------------------------------- */

static int no_order(lua_State *L, int index)
{
    return luaL_error(L,
                      "a %s is a key of this table, and such keys have no order that is the same "
                      "in every run: use numbers or strings as keys, or an array",
                      luaL_typename(L, index));
}

/* Push the integer that __order gives the object at `index`. */
static void push_order(lua_State *L, int index)
{
    const int type = luaL_getmetafield(L, index, "__order");
    if (type == LUA_TNIL) {
        no_order(L, index);
    }
    if (type == LUA_TFUNCTION) {
        lua_pushvalue(L, index);
        lua_call(L, 1, 1);
    }
    if (!lua_isinteger(L, -1)) {
        luaL_error(L, "'__order' must be an integer, or a function that returns one");
    }
}

static uint64_t prefix_of(const char *text, size_t length)
{
    uint64_t prefix = 0;
    for (size_t i = 0; i < sizeof(prefix); i++) {
        prefix = prefix << 8 | (i < length ? (unsigned char)text[i] : 0u);
    }
    return prefix;
}

static void view_object(lua_State *L, int index, struct sort_key *key)
{
    const int type = lua_type(L, index);
    if (type != LUA_TUSERDATA && type != LUA_TTABLE) {
        no_order(L, index);
    }
    push_order(L, index);
    key->rank = KEY_OBJECT;
    key->integer = lua_tointeger(L, -1);
    key->text = "";
    lua_pop(L, 1);
    const int name_type = luaL_getmetafield(L, index, "__name");
    if (name_type == LUA_TSTRING) {
        key->text = lua_tolstring(L, -1, &key->length);
        key->prefix = prefix_of(key->text, key->length);
    }
    lua_pop(L, name_type == LUA_TNIL ? 0 : 1);
}

static struct sort_key view_key(lua_State *L, int index)
{
    struct sort_key key = { 0 };
    index = lua_absindex(L, index);
    switch (lua_type(L, index)) {
    case LUA_TNUMBER:
        key.rank = KEY_NUMBER;
        key.is_integer = lua_isinteger(L, index);
        key.integer = lua_tointeger(L, index);
        key.number = lua_tonumber(L, index);
        break;
    case LUA_TSTRING:
        key.rank = KEY_STRING;
        key.text = lua_tolstring(L, index, &key.length);
        key.prefix = prefix_of(key.text, key.length);
        break;
    case LUA_TBOOLEAN:
        key.rank = KEY_BOOLEAN;
        key.integer = lua_toboolean(L, index);
        break;
    default:
        view_object(L, index, &key);
        break;
    }
    return key;
}

/* -- Two keys -------------------------------------------------------------------------------- */

/* Lua compares an integer with a float exactly, which is more than a cast does. */
static int compare_numbers(lua_State *L, const struct sort_key *a, const struct sort_key *b)
{
    if (a->is_integer && b->is_integer) {
        return (a->integer > b->integer) - (a->integer < b->integer);
    }
    if (!a->is_integer && !b->is_integer) {
        return (a->number > b->number) - (a->number < b->number);
    }
    const struct sort_key *const keys[] = { a, b };
    for (int i = 0; i < 2; i++) {
        if (keys[i]->is_integer) {
            lua_pushinteger(L, keys[i]->integer);
        } else {
            lua_pushnumber(L, keys[i]->number);
        }
    }
    const int order = lua_compare(L, -2, -1, LUA_OPLT) ? -1 : 1; /* equal keys would be one key */
    lua_pop(L, 2);
    return order;
}

static int compare_texts(const struct sort_key *a, const struct sort_key *b)
{
    if (a->prefix != b->prefix) {
        return a->prefix < b->prefix ? -1 : 1;
    }
    const size_t common = a->length < b->length ? a->length : b->length;
    const int order = common == 0 ? 0 : memcmp(a->text, b->text, common);
    return order != 0 ? order : (a->length > b->length) - (a->length < b->length);
}

static int compare_keys(lua_State *L, const struct sort_key *a, const struct sort_key *b)
{
    if (a->rank != b->rank) {
        return a->rank < b->rank ? -1 : 1;
    }
    if (a->rank == KEY_NUMBER) {
        return compare_numbers(L, a, b);
    }
    const int order = a->length + b->length > 0 ? compare_texts(a, b) : 0;
    return order != 0 ? order : (a->integer > b->integer) - (a->integer < b->integer);
}

/* -- All keys -------------------------------------------------------------------------------- */

/* Push an array of the keys, as they come.  *is_sequence says that they are 1..count: a property of
 * the keys, not of their order, since that may differ between runs and the steps must not. */
static lua_Integer push_keys(lua_State *L, int table, bool *is_sequence)
{
    lua_Integer count = 0, least = LUA_MAXINTEGER, most = LUA_MININTEGER;
    bool integers = true;
    lua_newtable(L);
    lua_pushnil(L);
    while (lua_next(L, table)) {
        lua_pop(L, 1);
        integers = integers && lua_isinteger(L, -1);
        if (integers) {
            const lua_Integer key = lua_tointeger(L, -1);
            least = key < least ? key : least;
            most = key > most ? key : most;
        }
        lua_pushvalue(L, -1);
        lua_rawseti(L, -3, ++count);
    }
    *is_sequence = integers && (count == 0 || (least == 1 && most == count));
    return count;
}

static void fill_sequence(lua_State *L, lua_Integer count)
{
    for (lua_Integer i = 1; i <= count; i++) {
        lua_pushinteger(L, i);
        lua_rawseti(L, -2, i);
    }
}

static void merge(lua_State *L, const struct sort_key *from, struct sort_key *to, size_t middle,
                  size_t end)
{
    size_t left = 0, right = middle;
    for (size_t i = 0; i < end; i++) {
        const bool take_left =
            left < middle && (right >= end || compare_keys(L, &from[left], &from[right]) <= 0);
        to[i] = take_left ? from[left++] : from[right++];
    }
}

/* Sort keys[0..count) with the help of as much room behind them; return where they are then. */
static struct sort_key *sort_keys(lua_State *L, struct sort_key *keys, size_t count)
{
    struct sort_key *from = keys, *to = keys + count;
    for (size_t run = 1; run < count; run *= 2) {
        for (size_t start = 0; start < count; start += 2 * run) {
            const size_t left = count - start;
            merge(L, from + start, to + start, run < left ? run : left,
                  2 * run < left ? 2 * run : left);
        }
        struct sort_key *swap = from;
        from = to;
        to = swap;
    }
    return from;
}

static void check_objects_differ(lua_State *L, const struct sort_key *keys, size_t count)
{
    for (size_t i = 1; i < count; i++) {
        if (keys[i].rank == KEY_OBJECT && compare_keys(L, &keys[i - 1], &keys[i]) == 0) {
            luaL_error(L, "two keys of this table have the same '__order'");
        }
    }
}

/* Replace the array of keys on top by a sorted one. */
static void sort_array(lua_State *L, lua_Integer count)
{
    const size_t size = (size_t)count;
    const int array = lua_gettop(L);
    struct sort_key *keys = lua_newuserdatauv(L, 2 * size * sizeof(*keys), 0);
    for (lua_Integer i = 1; i <= count; i++) {
        lua_rawgeti(L, array, i);
        keys[i - 1] = view_key(L, -1);
        keys[i - 1].position = i;
        lua_pop(L, 1);
    }
    const struct sort_key *sorted = sort_keys(L, keys, size);
    check_objects_differ(L, sorted, size);
    lua_createtable(L, (int)count, 0);
    for (lua_Integer i = 1; i <= count; i++) {
        lua_rawgeti(L, array, sorted[i - 1].position);
        lua_rawseti(L, -2, i);
    }
    lua_replace(L, array);
    lua_settop(L, array);
}

static uint64_t sorting_steps(lua_Integer count)
{
    uint64_t steps = 8 + (uint64_t)count * SORTED_KEY_STEPS;
    for (lua_Integer n = count; n > 0; n /= 2) {
        steps += (uint64_t)count * 4;
    }
    return steps;
}

lua_Integer sandbox_push_sorted_keys(lua_State *L, int index)
{
    bool is_sequence;
    index = lua_absindex(L, index);
    luaL_checkstack(L, 10, NULL);
    const lua_Integer count = push_keys(L, index, &is_sequence);
    limit_charge(L, is_sequence ? (uint64_t)count * KEY_STEPS : sorting_steps(count), 1);
    if (is_sequence) {
        fill_sequence(L, count);
    } else {
        sort_array(L, count);
    }
    return count;
}

/* -- pairs ----------------------------------------------------------------------------------- */

enum { PAIRS_TABLE = 1, PAIRS_KEYS, PAIRS_POSITION };

/* The iterator: next key that is still there, and its value. */
static int pairs_step(lua_State *L)
{
    const int keys = lua_upvalueindex(PAIRS_KEYS);
    lua_Integer position = lua_tointeger(L, lua_upvalueindex(PAIRS_POSITION));
    sandbox_charge(sandbox_of(L), L, ITERATION_STEPS);
    lua_settop(L, 0);
    while (lua_rawgeti(L, keys, ++position) != LUA_TNIL) {
        lua_pushvalue(L, -1);
        if (lua_rawget(L, lua_upvalueindex(PAIRS_TABLE)) != LUA_TNIL) {
            lua_pushinteger(L, position);
            lua_replace(L, lua_upvalueindex(PAIRS_POSITION));
            return 2;
        }
        lua_pop(L, 2);
    }
    lua_pushinteger(L, position - 1); /* stay at the end, should it be called again */
    lua_replace(L, lua_upvalueindex(PAIRS_POSITION));
    return 1;
}

static int finish_metamethod(lua_State *L, int status, lua_KContext unused)
{
    (void)L;
    (void)status;
    (void)unused;
    return 3;
}

int base_pairs(lua_State *L)
{
    luaL_checkany(L, 1);
    if (luaL_getmetafield(L, 1, "__pairs") != LUA_TNIL) {
        lua_pushvalue(L, 1);
        lua_callk(L, 1, 3, 0, finish_metamethod);
        return 3;
    }
    luaL_checktype(L, 1, LUA_TTABLE);
    lua_settop(L, 1);
    lua_pushvalue(L, 1);
    sandbox_push_sorted_keys(L, 1);
    lua_pushinteger(L, 0);
    lua_pushcclosure(L, pairs_step, 3);
    lua_pushvalue(L, 1);
    lua_pushnil(L);
    return 3;
}

/* -- next ------------------------------------------------------------------------------------ */

enum { NEXT_TABLE = 1, NEXT_AFTER, NEXT_BEST };

int base_next(lua_State *L)
{
    luaL_checktype(L, 1, LUA_TTABLE);
    lua_settop(L, NEXT_AFTER);
    lua_pushnil(L); /* NEXT_BEST keeps that key alive */
    const bool from_start = lua_isnil(L, NEXT_AFTER);
    struct sort_key after = { 0 };
    if (!from_start) {
        after = view_key(L, NEXT_AFTER);
    }
    struct sort_key best = { 0 };
    bool found = false;
    uint64_t seen = 0;
    lua_pushnil(L);
    while (lua_next(L, NEXT_TABLE)) {
        lua_pop(L, 1);
        const struct sort_key key = view_key(L, -1);
        seen++;
        if ((from_start || compare_keys(L, &after, &key) < 0) &&
            (!found || compare_keys(L, &key, &best) < 0)) {
            best = key;
            found = true;
            lua_copy(L, -1, NEXT_BEST);
        }
    }
    limit_charge(L, (seen + 1) * NEXT_STEPS, 1);
    lua_pushvalue(L, NEXT_BEST);
    if (!found) {
        return 1;
    }
    lua_pushvalue(L, -1);
    lua_rawget(L, NEXT_TABLE);
    return 2;
}
