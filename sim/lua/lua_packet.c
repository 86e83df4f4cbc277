/* The view of a packet that callbacks are given: one userdata, used again for each packet, which
 * shows nothing once the callback has returned. */
#include "sim/lua/lua_api.h"
#include "sim/lua/lua_rule.h"
#include "sim/lua/lua_units.h"

struct packet_view {
    struct object object;
    const struct packet *packet; /* NULL outside a callback */
};

enum { THE_VIEW = 1 }; /* its key among the kept objects */

static const struct object_class packet_class;

const struct packet *packet_view_show(lua_State *L, const struct packet *packet)
{
    struct packet_view *view = object_push_kept(L, &packet_class, THE_VIEW);
    const struct packet *before = view->packet;
    view->packet = packet;
    lua_pop(L, 1);
    return before;
}

void packet_view_push(lua_State *L)
{
    object_push_kept(L, &packet_class, THE_VIEW);
}

static const struct packet *shown(lua_State *L)
{
    const struct packet_view *view = object_check(L, 1, &packet_class);
    if (view->packet == NULL) {
        luaL_error(L, "this packet is gone: it can be looked at only inside the callback that was "
                      "given it; keep the fields that you need (packet.seq, ...) instead");
    }
    return view->packet;
}

/* ---- fields --------------------------------------------------------------------------------- */

static int push_integer(lua_State *L, uint64_t value)
{
    lua_pushinteger(L, (lua_Integer)value);
    return 1;
}

static int push_owner(lua_State *L, const struct ip_addr *addr)
{
    const host_id host = host_by_address(script_of(L)->sim, addr);
    if (host == HOST_NONE) {
        lua_pushnil(L);
    } else {
        api_push_node(L, host);
    }
    return 1;
}

static int packet_id(lua_State *L)
{
    return push_integer(L, shown(L)->id);
}

static int packet_copy_of(lua_State *L)
{
    const uint64_t original = shown(L)->copy_of;
    if (original == 0) {
        lua_pushnil(L);
        return 1;
    }
    return push_integer(L, original);
}

static int packet_from(lua_State *L)
{
    return push_owner(L, &shown(L)->source);
}

static int packet_to(lua_State *L)
{
    return push_owner(L, &shown(L)->destination);
}

static int packet_src(lua_State *L)
{
    unit_push_address(L, &shown(L)->source);
    return 1;
}

static int packet_dst(lua_State *L)
{
    unit_push_address(L, &shown(L)->destination);
    return 1;
}

static int packet_sport(lua_State *L)
{
    return push_integer(L, shown(L)->tcp.source_port);
}

static int packet_dport(lua_State *L)
{
    return push_integer(L, shown(L)->tcp.destination_port);
}

static int packet_seq(lua_State *L)
{
    return push_integer(L, shown(L)->tcp.seq);
}

static int packet_ack(lua_State *L)
{
    return push_integer(L, shown(L)->tcp.ack);
}

static int packet_win(lua_State *L)
{
    return push_integer(L, shown(L)->tcp.window);
}

static int packet_len(lua_State *L)
{
    return push_integer(L, shown(L)->tcp.payload.length);
}

static int packet_size(lua_State *L)
{
    return push_integer(L, packet_size_bytes(shown(L)));
}

static int packet_ttl(lua_State *L)
{
    return push_integer(L, shown(L)->hop_limit);
}

static int packet_flags(lua_State *L)
{
    char text[TCP_FLAGS_TEXT_MAX];
    lua_pushstring(L, tcp_flags_format_packetdrill(shown(L)->tcp.flags, text));
    return 1;
}

static int packet_options(lua_State *L)
{
    char text[TCP_OPTIONS_TEXT_MAX];
    tcp_options_format(&shown(L)->tcp, text, sizeof text);
    lua_pushstring(L, text);
    return 1;
}

static int packet_data(lua_State *L)
{
    const struct packet *packet = shown(L);
    const struct payload payload = packet->tcp.payload;
    luaL_Buffer text;
    char *bytes = luaL_buffinitsize(L, &text, payload.length);
    sandbox_charge(script_of(L)->box, L, payload.length / 16);
    if (payload.length > 0) {
        sim_read_payload(script_of(L)->sim, payload, (uint8_t *)bytes);
    }
    luaL_pushresultsize(&text, payload.length);
    return 1;
}

static int packet_injected(lua_State *L)
{
    lua_pushboolean(L, shown(L)->injected);
    return 1;
}

static int packet_corrupted(lua_State *L)
{
    lua_pushboolean(L, shown(L)->corrupted);
    return 1;
}

/* "S. 7000:7000(0) ack 1001 win 65535" */
static int packet_tostring(lua_State *L)
{
    const struct packet_view *view = object_check(L, 1, &packet_class);
    if (view->packet == NULL) {
        lua_pushliteral(L, "packet (gone)");
        return 1;
    }
    const struct segment *s = &view->packet->tcp;
    char flags[TCP_FLAGS_TEXT_MAX];
    lua_pushfstring(L, "%s %I:%I(%I)", tcp_flags_format_packetdrill(s->flags, flags),
                    (LUAI_UACINT)s->seq, (LUAI_UACINT)(uint32_t)(s->seq + s->payload.length),
                    (LUAI_UACINT)s->payload.length);
    if ((s->flags & TCP_ACK) != 0) {
        lua_pushfstring(L, " ack %I", (LUAI_UACINT)s->ack);
        lua_concat(L, 2);
    }
    lua_pushfstring(L, " win %d", (int)s->window);
    lua_concat(L, 2);
    return 1;
}

/* ---- the class ------------------------------------------------------------------------------ */

static const luaL_Reg packet_methods[] = {
    { NULL, NULL },
};

static const luaL_Reg packet_fields[] = {
    { "ack", packet_ack },
    { "copy_of", packet_copy_of },
    { "corrupted", packet_corrupted },
    { "data", packet_data },
    { "dport", packet_dport },
    { "dst", packet_dst },
    { "flags", packet_flags },
    { "from", packet_from },
    { "id", packet_id },
    { "injected", packet_injected },
    { "len", packet_len },
    { "options", packet_options },
    { "seq", packet_seq },
    { "size", packet_size },
    { "sport", packet_sport },
    { "src", packet_src },
    { "to", packet_to },
    { "ttl", packet_ttl },
    { "win", packet_win },
    { NULL, NULL },
};

static const luaL_Reg packet_metamethods[] = {
    { "__tostring", packet_tostring },
    { NULL, NULL },
};

static const struct object_class packet_class = { "packet", packet_methods, packet_fields,
                                                  packet_metamethods };

void api_open_packet(lua_State *L)
{
    object_open_class(L, &packet_class);
    object_push_new(L, &packet_class, sizeof(struct packet_view), THE_VIEW);
    object_keep(L, &packet_class, THE_VIEW);
    lua_pop(L, 1);
}
