/* The bytes behind payloads and packets, for whoever wants to see them. */
#include "sim/net/bytes.h"

#include "sim/net/corrupt.h"
#include "sim/wire/codec.h"

void sim_read_payload(const struct sim *sim, struct payload payload, uint8_t *bytes)
{
    stream_read(&sim->streams, payload, bytes);
}

size_t bytes_encode_packet(const struct sim *sim, const struct packet *packet, uint8_t *bytes,
                           size_t capacity)
{
    uint8_t payload[PACKET_BYTES_MAX];
    if (packet->tcp.payload.length > sizeof payload) {
        return 0;
    }
    sim_read_payload(sim, packet->tcp.payload, payload);
    return wire_encode_packet(packet, payload, bytes, capacity);
}

size_t sim_encode_packet(const struct sim *sim, const struct packet *packet, uint8_t *bytes,
                         size_t capacity)
{
    size_t length = bytes_encode_packet(sim, packet, bytes, capacity);
    if (packet->corrupted && length != 0) {
        corrupt_apply_flips(sim, packet, bytes, length);
    }
    return length;
}

void sim_stream_origin(const struct sim *sim, uint32_t stream, host_id *host, uint64_t *conn)
{
    stream_origin(&sim->streams, stream, host, conn);
}
