#include "sim/net/wire_check.h"

#include "sim/net/bytes.h"
#include "sim/wire/codec.h"

#include <string.h>

static void check_ip_header(const struct packet *sent, const struct packet *seen)
{
    SIM_ASSERT(seen->version == sent->version);
    SIM_ASSERT(ip_addr_equal(&seen->source, &sent->source));
    SIM_ASSERT(ip_addr_equal(&seen->destination, &sent->destination));
    SIM_ASSERT(seen->protocol == sent->protocol);
    SIM_ASSERT(seen->traffic_class == sent->traffic_class);
    SIM_ASSERT(seen->hop_limit == sent->hop_limit);
    SIM_ASSERT(seen->flow_label == sent->flow_label);
    SIM_ASSERT(seen->identification == sent->identification);
    SIM_ASSERT(seen->dont_fragment == sent->dont_fragment);
}

static void check_tcp_header(const struct segment *sent, const struct segment *seen)
{
    SIM_ASSERT(seen->source_port == sent->source_port);
    SIM_ASSERT(seen->destination_port == sent->destination_port);
    SIM_ASSERT(seen->seq == sent->seq);
    SIM_ASSERT(seen->ack == sent->ack);
    SIM_ASSERT(seen->flags == sent->flags);
    SIM_ASSERT(seen->window == sent->window);
    SIM_ASSERT(seen->urgent == sent->urgent);
    SIM_ASSERT(seen->options_length == sent->options_length);
    SIM_ASSERT(memcmp(seen->options, sent->options, sent->options_length) == 0);
    SIM_ASSERT(seen->payload.length == sent->payload.length);
}

static void check_payload(const struct sim *sim, struct payload sent, const uint8_t *seen)
{
    uint8_t bytes[PACKET_BYTES_MAX];
    sim_read_payload(sim, sent, bytes);
    SIM_ASSERT(sent.length == 0 || memcmp(bytes, seen, sent.length) == 0);
}

void wire_check_packet(const struct sim *sim, struct net_packet *p)
{
    uint8_t bytes[PACKET_BYTES_MAX];
    size_t length = bytes_encode_packet(sim, &p->packet, bytes, sizeof bytes);
    SIM_ASSERT(length == p->size_bytes);
    struct packet seen;
    const uint8_t *payload;
    enum wire_verdict verdict = wire_decode_packet(bytes, length, &seen, &payload);
    SIM_ASSERT(verdict == WIRE_OK);
    check_ip_header(&p->packet, &seen);
    check_tcp_header(&p->packet.tcp, &seen.tcp);
    check_payload(sim, p->packet.tcp.payload, payload);
    seen.id = p->packet.id;
    seen.copy_of = p->packet.copy_of;
    seen.injected = p->packet.injected;
    seen.corrupted = p->packet.corrupted;
    seen.tcp.payload = p->packet.tcp.payload;
    p->packet = seen;
}
