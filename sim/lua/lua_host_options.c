/* sim.host(name, options): the parameters of a host and its TCP. */
#include "sim/lua/lua_args.h"
#include "sim/lua/lua_host.h"
#include "sim/lua/lua_suggest.h"
#include "sim/lua/lua_units.h"

#include <lauxlib.h>

static const char *const host_options_keys[] = {
    "abort_on_overflow",
    "clock_granularity",
    "data_retries",
    "delayed_ack",
    "fin_wait_2_timeout",
    "handshake",
    "initial_window",
    "ip",
    "ips",
    "iss",
    "msl",
    "mss",
    "nagle",
    "persist_max",
    "ports",
    "rcvbuf",
    "rto_initial",
    "rto_max",
    "rto_min",
    "rules",
    "sndbuf",
    "syn_ack_retries",
    "syn_retries",
    "user_timeout",
    NULL,
};

enum { RULES_MAX = 256, BUFFER_MAX = 1 << 30 };

/* ---- addresses, ISNs, ports ----------------------------------------------------------------- */

static void read_addresses(const struct args *args, struct host_config *config)
{
    lua_State *L = args->L;
    if (args_push(args, "ip")) {
        config->addresses[0] = unit_check_address(L, lua_gettop(L), "'ip' in host options");
        config->address_count = 1;
        lua_pop(L, 1);
    }
    if (!args_push(args, "ips")) {
        return;
    }
    const lua_Integer count = lua_istable(L, -1) ? (lua_Integer)lua_rawlen(L, -1) : 0;
    if (config->address_count != 0 || count < 1 || count > HOST_ADDRESSES_MAX) {
        luaL_error(L, "'ips' in host options must be a list of 1 to %d addresses, without 'ip'",
                   HOST_ADDRESSES_MAX);
    }
    for (lua_Integer i = 1; i <= count; i++) {
        lua_rawgeti(L, -1, i);
        config->addresses[i - 1] =
            unit_check_address(L, lua_gettop(L), "an item of 'ips' in host options");
        lua_pop(L, 1);
    }
    config->address_count = (uint32_t)count;
    lua_pop(L, 1);
}

static void read_iss(const struct args *args, struct host_config *config)
{
    lua_State *L = args->L;
    if (!args_push(args, "iss")) {
        return;
    }
    if (!lua_istable(L, -1)) {
        config->iss[0] =
            (uint32_t)args_check_integer(L, lua_gettop(L), "'iss' in host options", 0, UINT32_MAX);
        config->iss_count = 1;
        lua_pop(L, 1);
        return;
    }
    const lua_Integer count = (lua_Integer)lua_rawlen(L, -1);
    if (count < 1 || count > HOST_ISS_MAX) {
        luaL_error(L, "'iss' in host options must be a number or a list of 1 to %d numbers",
                   HOST_ISS_MAX);
    }
    for (lua_Integer i = 1; i <= count; i++) {
        lua_rawgeti(L, -1, i);
        config->iss[i - 1] = (uint32_t)args_check_integer(
            L, lua_gettop(L), "an item of 'iss' in host options", 0, UINT32_MAX);
        lua_pop(L, 1);
    }
    config->iss_count = (uint32_t)count;
    lua_pop(L, 1);
}

static uint16_t read_port_item(lua_State *L, lua_Integer i)
{
    lua_rawgeti(L, -1, i);
    const int64_t port =
        args_check_integer(L, lua_gettop(L), "an item of 'ports' in host options", 1, UINT16_MAX);
    lua_pop(L, 1);
    return (uint16_t)port;
}

static void read_ports(const struct args *args, struct host_config *config)
{
    lua_State *L = args->L;
    if (!args_push(args, "ports")) {
        return;
    }
    if (!lua_istable(L, -1) || lua_rawlen(L, -1) != 2) {
        luaL_error(L, "'ports' in host options must be { first, last }");
    }
    config->ephemeral_first = read_port_item(L, 1);
    config->ephemeral_last = read_port_item(L, 2);
    if (config->ephemeral_first > config->ephemeral_last) {
        luaL_error(L, "'ports' in host options must be { first, last }, first not above last");
    }
    lua_pop(L, 1);
}

/* ---- rules ---------------------------------------------------------------------------------- */

static int raise_unknown_rule(lua_State *L, const char *name)
{
    const char *names[RULES_MAX + 1];
    size_t count = 0;
    for (rule_id rule = 1; rule <= rule_count() && count < RULES_MAX; rule++) {
        if (rule_get(rule)->can_be_off) {
            names[count++] = rule_get(rule)->name;
        }
    }
    names[count] = NULL;
    const char *hint = suggest_push(L, name, "these can be switched off", names);
    return luaL_error(L, "there is no rule '%s'%s", name, hint);
}

/* One pair of `rules`, with the value on top of its name. */
static void read_rule(lua_State *L, struct rule_set *off)
{
    if (lua_type(L, -2) != LUA_TSTRING || !lua_isboolean(L, -1)) {
        luaL_error(L, "'rules' in host options must be like { time_wait = false }");
    }
    const char *name = lua_tostring(L, -2);
    const rule_id rule = rule_find(name);
    if (rule == 0) {
        raise_unknown_rule(L, name);
    }
    const struct rule_info *info = rule_get(rule);
    if (lua_toboolean(L, -1)) {
        return;
    }
    if (!info->can_be_off) {
        luaL_error(L, "the rule '%s' cannot be switched off, since nothing would work without: %s",
                   name, info->sentence);
    }
    rule_set_add(off, rule);
}

static void read_rules(const struct args *args, struct rule_set *off)
{
    lua_State *L = args->L;
    if (!args_push(args, "rules")) {
        return;
    }
    if (!lua_istable(L, -1)) {
        luaL_error(L, "'rules' in host options must be like { time_wait = false }");
    }
    for (lua_pushnil(L); lua_next(L, -2) != 0; lua_pop(L, 1)) {
        read_rule(L, off);
    }
    lua_pop(L, 1);
}

/* ---- TCP ------------------------------------------------------------------------------------ */

static void read_count(const struct args *args, const char *key, uint8_t *count)
{
    uint32_t wide;
    if (args_u32(args, key, 0, UINT8_MAX, &wide)) {
        *count = (uint8_t)wide;
    }
}

static void read_buffer(const struct args *args, const char *key, uint32_t *bytes)
{
    uint64_t wide;
    if (!args_size(args, key, &wide)) {
        return;
    }
    if (wide < 1 || wide > BUFFER_MAX) {
        luaL_error(args->L, "'%s' in %s must be in 1 B .. 1 GiB", key, args->what);
    }
    *bytes = (uint32_t)wide;
}

/* A duration, or false for none. */
static void read_delayed_ack(const struct args *args, sim_time_t *delay)
{
    if (!args_push(args, "delayed_ack")) {
        return;
    }
    const bool none = lua_isboolean(args->L, -1) && !lua_toboolean(args->L, -1);
    lua_pop(args->L, 1);
    *delay = 0;
    if (!none) {
        args_duration(args, "delayed_ack", delay);
    }
}

static void read_times(const struct args *args, struct tcp_params *tcp)
{
    args_duration(args, "msl", &tcp->msl);
    args_duration(args, "rto_initial", &tcp->rto_initial);
    args_duration(args, "rto_min", &tcp->rto_min);
    args_duration(args, "rto_max", &tcp->rto_max);
    args_duration(args, "clock_granularity", &tcp->clock_granularity);
    args_duration(args, "persist_max", &tcp->persist_max);
    args_duration(args, "fin_wait_2_timeout", &tcp->fin_wait_2_timeout);
    args_duration(args, "user_timeout", &tcp->user_timeout);
    read_delayed_ack(args, &tcp->delayed_ack);
    if (tcp->rto_initial == 0 || tcp->rto_min > tcp->rto_max || tcp->rto_max == 0) {
        luaL_error(args->L, "host options need rto_initial > 0 and rto_min <= rto_max");
    }
}

static void read_tcp(const struct args *args, struct tcp_params *tcp)
{
    static const char *const handshakes[] = { "three-way", "two-way", "four-way", NULL };
    static const enum tcp_handshake values[] = { TCP_THREE_WAY, TCP_TWO_WAY, TCP_FOUR_WAY };
    int handshake;
    uint32_t mss;
    if (args_choice(args, "handshake", handshakes, &handshake)) {
        tcp->handshake = values[handshake];
    }
    if (args_u32(args, "mss", 1, UINT16_MAX, &mss)) {
        tcp->mss = (uint16_t)mss;
    }
    args_u32(args, "initial_window", 1, 1000, &tcp->initial_window_segments);
    args_boolean(args, "nagle", &tcp->nagle);
    args_boolean(args, "abort_on_overflow", &tcp->abort_on_overflow);
    read_count(args, "syn_retries", &tcp->syn_retries);
    read_count(args, "syn_ack_retries", &tcp->syn_ack_retries);
    read_count(args, "data_retries", &tcp->data_retries);
    read_buffer(args, "rcvbuf", &tcp->receive_buffer_bytes);
    read_buffer(args, "sndbuf", &tcp->send_buffer_bytes);
    read_rules(args, &tcp->rules_off);
    read_times(args, tcp);
}

void host_read_options(lua_State *L, int index, struct host_config *config)
{
    struct args args;
    args_open(&args, L, index, "host options", host_options_keys);
    read_addresses(&args, config);
    read_iss(&args, config);
    read_ports(&args, config);
    read_tcp(&args, &config->tcp);
}
