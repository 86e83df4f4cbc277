#include "sim/net/corrupt.h"

#include "sim/net/bytes.h"
#include "sim/wire/codec.h"

#include <string.h>

static void flip(const struct net_packet *p, uint8_t *bytes, size_t length)
{
    for (uint32_t i = 0; i < p->flip_count; i++) {
        if (p->flips[i] / 8 < length) {
            bytes[p->flips[i] / 8] ^= (uint8_t)(0x80 >> (p->flips[i] % 8));
        }
    }
}

static bool is_same_payload(const struct sim *sim, struct payload payload, const uint8_t *bytes,
                            uint32_t length)
{
    uint8_t original[PACKET_BYTES_MAX];
    if (payload.length != length) {
        return false;
    }
    sim_read_payload(sim, payload, original);
    return length == 0 || memcmp(original, bytes, length) == 0;
}

/* Bytes that nobody wrote: a stream of no host and no connection. False when there is no memory. */
static bool store_changed_payload(struct sim *sim, struct payload *payload, const uint8_t *bytes,
                                  uint32_t length)
{
    uint32_t stream = stream_create(&sim->streams, HOST_NONE, 0);
    if (stream == 0 || !stream_append(&sim->streams, stream, bytes, length)) {
        sim_out_of_memory(sim);
        return false;
    }
    *payload = (struct payload){ .stream = stream, .length = length };
    return true;
}

/* The packet becomes what was decoded: no check has noticed. */
static void adopt(struct sim *sim, struct net_packet *p, const struct packet *decoded,
                  const uint8_t *bytes)
{
    struct packet adopted = *decoded;
    uint32_t length = decoded->tcp.payload.length;
    adopted.id = p->packet.id;
    adopted.copy_of = p->packet.copy_of;
    adopted.injected = p->packet.injected;
    adopted.corrupted = true;
    adopted.tcp.payload = p->packet.tcp.payload;
    if (!is_same_payload(sim, p->packet.tcp.payload, bytes, length) &&
        !store_changed_payload(sim, &adopted.tcp.payload, bytes, length)) {
        return;
    }
    p->packet = adopted;
    p->size_bytes = packet_size_bytes(&adopted);
    p->flip_count = 0;
}

void corrupt_flip_bit(struct sim *sim, struct net_packet *p, uint32_t bit)
{
    uint8_t bytes[PACKET_BYTES_MAX];
    if (bit / 8 >= p->size_bytes || p->flip_count == NET_FLIPS_MAX) {
        return;
    }
    size_t length = bytes_encode_packet(sim, &p->packet, bytes, sizeof bytes);
    SIM_ASSERT(length == p->size_bytes);
    p->flips[p->flip_count++] = bit;
    p->packet.corrupted = true;
    flip(p, bytes, length);
    struct packet decoded;
    const uint8_t *payload;
    p->checksum_bad = wire_decode_packet(bytes, length, &decoded, &payload) != WIRE_OK;
    if (!p->checksum_bad) {
        adopt(sim, p, &decoded, payload);
    }
}

/* By a walk over all packets: corruption is rare, and so is asking for bytes. */
static const struct net_packet *find_packet(const struct net *net, uint64_t id)
{
    for (uint32_t i = 1; net != NULL && i <= net->packets.used; i++) {
        const struct net_packet *p = net_packet_at(net, i);
        if (pool_is_live(&net->packets, i) && p->packet.id == id) {
            return p;
        }
    }
    return NULL;
}

void corrupt_apply_flips(const struct sim *sim, const struct packet *packet, uint8_t *bytes,
                         size_t length)
{
    const struct net_packet *p = find_packet(net_peek(sim), packet->id);
    if (p != NULL) {
        flip(p, bytes, length);
    }
}
