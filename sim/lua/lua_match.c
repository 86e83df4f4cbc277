/* link:match { ... }: which packets a rule is about. */
#include "sim/lua/lua_api.h"
#include "sim/lua/lua_args.h"
#include "sim/lua/lua_flags.h"
#include "sim/lua/lua_rule.h"
#include "sim/lua/lua_units.h"

#include <string.h>

static const char *const match_options_keys[] = {
    "ack",  "after", "before", "copies", "dport", "dst",   "every", "flags",
    "from", "len",   "limit",  "nth",    "seq",   "sport", "src",   NULL,
};

/* ---- lengths -------------------------------------------------------------------------------- */

static bool read_number(const char **at, uint32_t *value)
{
    const char *c = *at;
    *value = 0;
    for (; *c >= '0' && *c <= '9' && *value < 100000000; c++) {
        *value = *value * 10 + (uint32_t)(*c - '0');
    }
    const bool good = c > *at;
    *at = c;
    return good;
}

/* ">0", ">=100", "<100", "<=100", "=5", "1..100" */
static bool read_length_text(const char *text, struct packet_match *match)
{
    const char *operator_end = text + strspn(text, "<>=");
    const size_t length = (size_t)(operator_end - text);
    const char *at = operator_end;
    uint32_t value;
    if (!read_number(&at, &value)) {
        return false;
    }
    match->length_min = match->length_max = value;
    if (length == 0 && strncmp(at, "..", 2) == 0) {
        at += 2;
        return read_number(&at, &match->length_max) && *at == '\0' &&
               match->length_min <= match->length_max;
    }
    if (text[0] == '>') {
        match->length_min = value + (length == 1 ? 1 : 0);
        match->length_max = UINT32_MAX;
    } else if (text[0] == '<') {
        match->length_min = 0;
        match->length_max = value - (length == 1 ? 1 : 0);
    }
    const bool known = length <= 1 || (length == 2 && text[0] != '=' && text[1] == '=');
    return *at == '\0' && known && !(length == 1 && text[0] == '<' && value == 0);
}

static void read_length(const struct args *args, struct packet_match *match)
{
    lua_State *L = args->L;
    if (!args_push(args, "len")) {
        return;
    }
    if (lua_type(L, -1) == LUA_TSTRING) {
        if (!read_length_text(lua_tostring(L, -1), match)) {
            luaL_error(L,
                       "bad length '%s' for 'len' in %s: use a number, or a text such as \">0\", "
                       "\"<=100\" or \"1..100\"",
                       lua_tostring(L, -1), args->what);
        }
    } else {
        match->length_min = match->length_max =
            (uint32_t)args_check_integer(L, -2, args_push_name(args, "len"), 0, UINT32_MAX);
        lua_pop(L, 1);
    }
    lua_pop(L, 1);
}

/* ---- the other conditions ------------------------------------------------------------------- */

static void read_from(const struct args *args, link_id link, struct packet_match *match)
{
    lua_State *L = args->L;
    const struct sim *sim = script_of(L)->sim;
    host_id a, b;
    if (!args_push(args, "from")) {
        return;
    }
    match->from = api_check_node(L, lua_gettop(L), "'from' in match options");
    link_ends(sim, link, &a, &b);
    if (match->from != a && match->from != b) {
        luaL_error(L, "'from' in %s is %s, but the ends of this link are %s and %s", args->what,
                   host_name(sim, match->from), host_name(sim, a), host_name(sim, b));
    }
    lua_pop(L, 1);
}

static void read_flags(const struct args *args, struct packet_match *match)
{
    if (args_push(args, "flags")) {
        flags_check_pattern(args->L, lua_gettop(args->L), "'flags' in match options",
                            &match->flags_set, &match->flags_clear);
        lua_pop(args->L, 1);
    }
}

/* A host's address, or a prefix. */
static void read_prefix(const struct args *args, const char *key, struct ip_prefix *prefix)
{
    lua_State *L = args->L;
    if (!args_push(args, key)) {
        return;
    }
    if (api_is_host(L, -1)) {
        prefix->addr = *host_address(script_of(L)->sim, api_check_host(L, -1), 0);
        prefix->length = ip_addr_is_v4(&prefix->addr) ? 32 : 128;
        lua_pop(L, 1);
        return;
    }
    *prefix = unit_check_prefix(L, -2, args_push_name(args, key));
    lua_pop(L, 2);
}

static void read_turns(const struct args *args, struct packet_match *match)
{
    args_u32(args, "nth", 1, UINT32_MAX, &match->nth);
    args_u32(args, "every", 1, UINT32_MAX, &match->every);
    args_u32(args, "limit", 1, UINT32_MAX, &match->limit);
    args_boolean(args, "copies", &match->include_copies);
}

static struct packet_match read_match(lua_State *L, int index, link_id link)
{
    struct packet_match match = packet_match_any();
    struct args args;
    args_open(&args, L, index, "match options", match_options_keys);
    read_from(&args, link, &match);
    read_flags(&args, &match);
    read_length(&args, &match);
    match.has_seq = args_u32(&args, "seq", 0, UINT32_MAX, &match.seq);
    match.has_ack = args_u32(&args, "ack", 0, UINT32_MAX, &match.ack);
    args_port(&args, "sport", &match.source_port);
    args_port(&args, "dport", &match.destination_port);
    read_prefix(&args, "src", &match.source);
    read_prefix(&args, "dst", &match.destination);
    args_duration(&args, "after", &match.after);
    args_duration(&args, "before", &match.before);
    read_turns(&args, &match);
    return match;
}

/* ---- methods of a link ---------------------------------------------------------------------- */

int api_link_match(lua_State *L)
{
    const link_id link = api_check_link(L, 1);
    const struct packet_match match = read_match(L, 2, link);
    rule_push_new(L, link, &match);
    return 1;
}

/* link:on_packet(f) is link:match { copies = true }:call(f). */
int api_link_on_packet(lua_State *L)
{
    const link_id link = api_check_link(L, 1);
    struct packet_match match = packet_match_any();
    match.include_copies = true;
    luaL_checktype(L, 2, LUA_TFUNCTION);
    rule_push_new(L, link, &match);
    rule_act_by_call(L, 2);
    return 1;
}
