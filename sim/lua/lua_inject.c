/* host:inject { ... }: a crafted packet, sent as by a raw socket. */
#include "sim/lua/lua_api.h"
#include "sim/lua/lua_args.h"
#include "sim/lua/lua_flags.h"
#include "sim/lua/lua_tcp_options.h"
#include "sim/lua/lua_units.h"

static const char *const inject_options_keys[] = {
    "ack", "data", "dport", "dst", "flags", "options", "seq", "sport", "src", "ttl", "win", NULL,
};

/* The destination, and the source: anybody's, or else the host's own of the same family. */
static void read_addresses(const struct args *args, host_id host, struct packet *packet)
{
    lua_State *L = args->L;
    const struct sim *sim = script_of(L)->sim;
    if (!args_push(args, "dst")) {
        args_raise_missing(args, "dst", "a host or an address");
    }
    packet->destination = api_check_address(L, lua_gettop(L), "'dst' in inject options", host);
    lua_pop(L, 1);
    packet->version = ip_addr_is_v4(&packet->destination) ? 4 : 6;
    if (args_push(args, "src")) {
        packet->source = api_check_address(L, lua_gettop(L), "'src' in inject options", host);
        lua_pop(L, 1);
        return;
    }
    for (uint32_t i = host_address_count(sim, host); i-- > 0;) {
        const struct ip_addr *addr = host_address(sim, host, i);
        if (ip_addr_is_v4(addr) == (packet->version == 4)) {
            packet->source = *addr;
        }
    }
}

static void read_segment(const struct args *args, struct segment *segment)
{
    lua_State *L = args->L;
    uint32_t window = UINT16_MAX;
    if (!args_port(args, "sport", &segment->source_port)) {
        args_raise_missing(args, "sport", "a port");
    }
    if (!args_port(args, "dport", &segment->destination_port)) {
        args_raise_missing(args, "dport", "a port");
    }
    if (!args_push(args, "flags")) {
        args_raise_missing(args, "flags", "a text such as \"S\"");
    }
    segment->flags = flags_check(L, lua_gettop(L), "'flags' in inject options");
    lua_pop(L, 1);
    args_u32(args, "seq", 0, UINT32_MAX, &segment->seq);
    args_u32(args, "ack", 0, UINT32_MAX, &segment->ack);
    args_u32(args, "win", 0, UINT16_MAX, &window);
    segment->window = (uint16_t)window;
    if (args_push(args, "options")) {
        tcp_options_check(L, lua_gettop(L), segment);
        lua_pop(L, 1);
    }
}

int api_host_inject(lua_State *L)
{
    struct sim *sim = script_of(L)->sim;
    const host_id host = api_check_host(L, 1);
    struct packet packet = { .hop_limit = 64, .protocol = IP_TCP, .dont_fragment = true };
    struct args args;
    uint32_t ttl = packet.hop_limit;
    size_t length = 0;
    const char *data = NULL;
    luaL_checktype(L, 2, LUA_TTABLE);
    args_open(&args, L, 2, "inject options", inject_options_keys);
    read_addresses(&args, host, &packet);
    read_segment(&args, &packet.tcp);
    args_u32(&args, "ttl", 1, UINT8_MAX, &ttl);
    packet.hop_limit = (uint8_t)ttl;
    if (args_text(&args, "data", &data)) {
        lua_getfield(L, 2, "data");
        data = lua_tolstring(L, -1, &length);
    }
    const enum sim_status status = host_inject(sim, host, &packet, data, length);
    if (status == SIM_NO_ROUTE) {
        char text[IP_ADDR_TEXT_MAX];
        return luaL_error(L, "%s has no route to %s", host_name(sim, host),
                          ip_addr_format(&packet.destination, text));
    }
    if (status == SIM_INVALID) {
        return luaL_error(L, "host:inject: no such packet can be written down: are source and "
                             "destination of one family, and the data not too long?");
    }
    return status == SIM_OK ? 0 : script_raise_status(L, "host:inject", status);
}
