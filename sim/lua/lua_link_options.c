/* The parameters of links: sim.link(a, b, options), link:set(options), sim.switch(options). */
#include "sim/lua/lua_link.h"
#include "sim/lua/lua_units.h"

#include <lauxlib.h>
#include <string.h>

#define DIRECTION_KEYS                                                                           \
    "burst", "corrupt", "delay", "duplicate", "duplicate_delay", "jitter", "jitter_keeps_order", \
        "loss", "loss_every", "mtu", "queue", "rate", "reorder", "reorder_delay"

static const char *const direction_options_keys[] = { DIRECTION_KEYS, NULL };
static const char *const link_options_keys[] = { DIRECTION_KEYS, "backward", "forward", NULL };
static const char *const switch_options_keys[] = { DIRECTION_KEYS, "backward", "forward", "name",
                                                   NULL };
static const char *const burst_options_keys[] = { "bad_loss", "good_loss", "to_bad", "to_good",
                                                  NULL };

/* ---- one direction -------------------------------------------------------------------------- */

static void read_burst(const struct args *outer, struct link_params *params)
{
    struct args args;
    lua_State *L = outer->L;
    if (!args_push(outer, "burst")) {
        return;
    }
    params->burst.bad_loss_ppm = 1000000;
    args_open(&args, L, lua_gettop(L), "burst options", burst_options_keys);
    args_fraction(&args, "to_bad", &params->burst.to_bad_ppm);
    args_fraction(&args, "to_good", &params->burst.to_good_ppm);
    args_fraction(&args, "bad_loss", &params->burst.bad_loss_ppm);
    args_fraction(&args, "good_loss", &params->burst.good_loss_ppm);
    if (params->burst.to_bad_ppm == 0 || params->burst.to_good_ppm == 0) {
        luaL_error(L, "burst options need to_bad and to_good: the chances to change per packet");
    }
    lua_pop(L, 1);
}

/* "100 packets": the number; 0 when the text does not end so. */
static uint32_t packets_of(const char *text)
{
    uint32_t count = 0;
    for (; *text >= '0' && *text <= '9' && count < 100000000; text++) {
        count = count * 10 + (uint32_t)(*text - '0');
    }
    return strcmp(text, " packets") == 0 || strcmp(text, " packet") == 0 ? count : 0;
}

/* A size, or a text such as "100 packets". */
static void read_queue(const struct args *args, struct link_params *params)
{
    lua_State *L = args->L;
    if (!args_push(args, "queue")) {
        return;
    }
    const bool is_text = lua_type(L, -1) == LUA_TSTRING;
    params->queue_packets = is_text ? packets_of(lua_tostring(L, -1)) : 0;
    params->queue_bytes = 0;
    if (is_text && params->queue_packets == 0 && strstr(lua_tostring(L, -1), "packet") != NULL) {
        luaL_error(L, "bad queue '%s' in %s: use a text such as \"100 packets\" or \"64kB\"",
                   lua_tostring(L, -1), args->what);
    }
    lua_pop(L, 1);
    if (params->queue_packets == 0) {
        args_size(args, "queue", &params->queue_bytes);
    }
}

static void read_direction(const struct args *args, struct link_params *params)
{
    args_duration(args, "delay", &params->delay);
    args_rate(args, "rate", &params->rate_bps);
    args_duration(args, "jitter", &params->jitter);
    args_boolean(args, "jitter_keeps_order", &params->jitter_keeps_order);
    args_fraction(args, "loss", &params->loss_ppm);
    read_burst(args, params);
    args_u32(args, "loss_every", 0, UINT32_MAX, &params->loss_every);
    args_fraction(args, "duplicate", &params->duplicate_ppm);
    args_duration(args, "duplicate_delay", &params->duplicate_delay);
    args_fraction(args, "reorder", &params->reorder_ppm);
    args_duration(args, "reorder_delay", &params->reorder_delay);
    args_fraction(args, "corrupt", &params->corrupt_ppm);
    args_u32(args, "mtu", 68, 65535, &params->mtu);
    read_queue(args, params);
}

/* ---- both directions ------------------------------------------------------------------------ */

static void read_one(const struct args *outer, const char *key, const char *what,
                     struct link_params *params)
{
    struct args args;
    if (args_push(outer, key)) {
        args_open(&args, outer->L, lua_gettop(outer->L), what, direction_options_keys);
        read_direction(&args, params);
        lua_pop(outer->L, 1);
    }
}

static void read_both(const struct args *args, struct link_params *forward,
                      struct link_params *backward)
{
    read_direction(args, forward);
    read_direction(args, backward);
    read_one(args, "forward", "'forward' of link options", forward);
    read_one(args, "backward", "'backward' of link options", backward);
}

void link_read_options(lua_State *L, int index, struct link_params *forward,
                       struct link_params *backward)
{
    struct args args;
    args_open(&args, L, index, "link options", link_options_keys);
    read_both(&args, forward, backward);
}

void link_read_switch_options(lua_State *L, int index, struct args *args,
                              struct link_params *forward, struct link_params *backward)
{
    *forward = *backward = (struct link_params){ 0 };
    args_open_list(args, L, index, "switch options", switch_options_keys);
    read_both(args, forward, backward);
}
