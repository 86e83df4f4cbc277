/* Crafted packets: what a script sends past the host's TCP. */
#include "sim/net/bytes.h"
#include "sim/wire/codec.h"

#include <string.h>

/* Whether the crafted headers can be written down: what has no wire form, no link could carry. */
static bool has_wire_form(const struct packet *p, size_t length)
{
    struct packet empty = *p;
    uint8_t bytes[WIRE_HEADERS_MAX];
    empty.tcp.payload = (struct payload){ .length = 0 };
    if (p->tcp.options_length > TCP_OPTIONS_MAX) {
        return false;
    }
    size_t headers = wire_encode_packet(&empty, NULL, bytes, sizeof bytes);
    return headers != 0 && length <= PACKET_BYTES_MAX - headers;
}

/* Fields that the version does not have are zero, and options fill whole words, as they will be
 * when the packet has been on a wire. */
static void normalize(struct packet *p)
{
    bool is_v4 = p->version == 4;
    p->flow_label = is_v4 ? 0 : p->flow_label;
    p->identification = is_v4 ? p->identification : 0;
    p->dont_fragment = is_v4 && p->dont_fragment;
    uint8_t padded = (uint8_t)((p->tcp.options_length + 3) & ~3);
    memset(p->tcp.options + p->tcp.options_length, 0, TCP_OPTIONS_MAX - p->tcp.options_length);
    p->tcp.options_length = padded;
}

/* The payload of a crafted packet: `data`, as a stream of its own. False without memory. */
static bool store_payload(struct sim *sim, host_id host, struct packet *p, const void *data,
                          size_t length)
{
    p->tcp.payload = (struct payload){ .length = (uint32_t)length };
    if (length == 0) {
        return true;
    }
    p->tcp.payload.stream = stream_create(&sim->streams, host, 0);
    return p->tcp.payload.stream != 0 &&
           stream_append(&sim->streams, p->tcp.payload.stream, data, length);
}

static struct net_packet *craft(struct sim *sim, struct net *net, host_id host,
                                const struct packet *packet, const void *data, size_t length)
{
    struct net_packet *p = net_packet_create(sim, net);
    if (p == NULL) {
        return NULL;
    }
    uint64_t id = p->packet.id;
    p->packet = *packet;
    p->packet.id = id;
    p->packet.copy_of = 0;
    p->packet.injected = true;
    p->packet.corrupted = false;
    normalize(&p->packet);
    if (!store_payload(sim, host, &p->packet, data, length)) {
        sim_out_of_memory(sim);
        net_packet_release(net, p);
        return NULL;
    }
    return p;
}

enum sim_status host_inject(struct sim *sim, host_id host, const struct packet *packet,
                            const void *data, size_t length)
{
    struct net *net = net_of(sim);
    if (net == NULL) {
        return SIM_NO_MEMORY;
    }
    if (host == HOST_NONE || host > net->node_count || (data == NULL && length > 0) ||
        !has_wire_form(packet, length)) {
        return SIM_INVALID;
    }
    if (!host_has_route(sim, host, &packet->destination)) {
        return SIM_NO_ROUTE;
    }
    struct net_packet *p = craft(sim, net, host, packet, data, length);
    if (p == NULL) {
        return SIM_NO_MEMORY;
    }
    struct sim_fact fact = { .kind = FACT_SENT, .host = host, .packet = &p->packet };
    sim_tell(sim, &fact);
    node_send(sim, net, host, p);
    return SIM_OK;
}
