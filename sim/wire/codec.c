/* Packets to bytes and back.
 *
 * Decoding checks in this order: enough bytes for a header, its checksum, the lengths it declares.
 * So a field is believed only once the checksum over it was good, and damage is reported as damage.
 * Invariant: no byte at or beyond bytes + length is read. */
#include "sim/wire/codec.h"

#include <string.h>

#include "sim/base/panic.h"
#include "sim/wire/bytes.h"
#include "sim/wire/checksum.h"

enum {
    IPV4_DONT_FRAGMENT = 0x4000,
    IPV4_FRAGMENT_BITS = 0x3fff, /* More Fragments, and the offset */
    IP_LENGTH_MAX = 65535,
    TCP_FLAGS_MASK = 0x0fff,
    FLOW_LABEL_MASK = 0xfffff,
};

/* ---- encode --------------------------------------------------------------------------------- */

static bool has_wire_form(const struct packet *p)
{
    if (p->protocol != IP_TCP || (p->tcp.flags & ~TCP_FLAGS_MASK) != 0) {
        return false;
    }
    if (p->version == 4) {
        return ip_addr_is_v4(&p->source) && ip_addr_is_v4(&p->destination);
    }
    return p->version == 6 && p->flow_label <= FLOW_LABEL_MASK;
}

static uint32_t tcp_header_bytes(const struct segment *s)
{
    SIM_ASSERT(s->options_length <= TCP_OPTIONS_MAX);
    return TCP_HEADER_BYTES + ((s->options_length + 3u) & ~3u);
}

/* RFC 791 3.1. `size`: of the whole packet, which is the Total Length. */
static void encode_ipv4(const struct packet *p, uint32_t size, uint8_t *header)
{
    header[0] = 4 << 4 | IPV4_HEADER_BYTES / 4;
    header[1] = p->traffic_class;
    bytes_put_u16(header + 2, (uint16_t)size);
    bytes_put_u16(header + 4, p->identification);
    bytes_put_u16(header + 6, p->dont_fragment ? IPV4_DONT_FRAGMENT : 0);
    header[8] = p->hop_limit;
    header[9] = p->protocol;
    bytes_put_u16(header + 10, 0);
    memcpy(header + 12, p->source.bytes + 12, 4);
    memcpy(header + 16, p->destination.bytes + 12, 4);

    struct checksum sum = checksum_begin();
    checksum_add(&sum, header, IPV4_HEADER_BYTES);
    bytes_put_u16(header + 10, checksum_finish(&sum));
}

/* RFC 8200 3. `payload_length`: what follows this header. */
static void encode_ipv6(const struct packet *p, uint32_t payload_length, uint8_t *header)
{
    bytes_put_u32(header, 6u << 28 | (uint32_t)p->traffic_class << 20 | p->flow_label);
    bytes_put_u16(header + 4, (uint16_t)payload_length);
    header[6] = p->protocol;
    header[7] = p->hop_limit;
    memcpy(header + 8, p->source.bytes, 16);
    memcpy(header + 24, p->destination.bytes, 16);
}

/* RFC 9293 3.1, all but the checksum, which is left zero. */
static void encode_tcp_header(const struct segment *s, uint8_t *header)
{
    uint32_t size = tcp_header_bytes(s);
    bytes_put_u16(header, s->source_port);
    bytes_put_u16(header + 2, s->destination_port);
    bytes_put_u32(header + 4, s->seq);
    bytes_put_u32(header + 8, s->ack);
    bytes_put_u16(header + 12, (uint16_t)(size / 4 << 12 | s->flags));
    bytes_put_u16(header + 14, s->window);
    bytes_put_u16(header + 16, 0);
    bytes_put_u16(header + 18, s->urgent);

    /* MUST-69: what follows the options is zeros, which read as End of Option List. */
    memset(header + TCP_HEADER_BYTES, 0, size - TCP_HEADER_BYTES);
    memcpy(header + TCP_HEADER_BYTES, s->options, s->options_length);
}

static void encode_tcp(const struct packet *p, const uint8_t *payload, uint8_t *bytes)
{
    uint32_t header_bytes = tcp_header_bytes(&p->tcp);
    uint32_t size = header_bytes + p->tcp.payload.length;
    encode_tcp_header(&p->tcp, bytes);
    if (p->tcp.payload.length > 0) {
        memcpy(bytes + header_bytes, payload, p->tcp.payload.length);
    }
    struct checksum sum = checksum_begin(); /* MUST-2 */
    checksum_add_pseudo_header(&sum, p, size);
    checksum_add(&sum, bytes, size);
    bytes_put_u16(bytes + 16, checksum_finish(&sum));
}

size_t wire_encode_packet(const struct packet *p, const uint8_t *payload, uint8_t *bytes,
                          size_t capacity)
{
    SIM_ASSERT(payload != NULL || p->tcp.payload.length == 0);
    if (!has_wire_form(p) || p->tcp.payload.length > IP_LENGTH_MAX) {
        return 0;
    }
    uint32_t ip_bytes = p->version == 4 ? IPV4_HEADER_BYTES : IPV6_HEADER_BYTES;
    uint32_t tcp_bytes = tcp_header_bytes(&p->tcp) + p->tcp.payload.length;
    uint32_t declared = p->version == 4 ? ip_bytes + tcp_bytes : tcp_bytes;
    if (declared > IP_LENGTH_MAX || ip_bytes + tcp_bytes > capacity) {
        return 0;
    }
    if (p->version == 4) {
        encode_ipv4(p, declared, bytes);
    } else {
        encode_ipv6(p, declared, bytes);
    }
    encode_tcp(p, payload, bytes + ip_bytes);
    return ip_bytes + tcp_bytes;
}

/* ---- decode --------------------------------------------------------------------------------- */

/* Bytes that may be read: those that `at` points to, `length` of them. */
struct span {
    const uint8_t *at;
    size_t length;
};

static void read_ipv4_fields(const uint8_t *header, struct packet *p)
{
    p->version = 4;
    p->traffic_class = header[1];
    p->identification = bytes_get_u16(header + 4);
    p->dont_fragment = (bytes_get_u16(header + 6) & IPV4_DONT_FRAGMENT) != 0;
    p->hop_limit = header[8];
    p->protocol = header[9];
    p->source = ip_addr_v4(header[12], header[13], header[14], header[15]);
    p->destination = ip_addr_v4(header[16], header[17], header[18], header[19]);
}

/* On WIRE_OK `in` has shrunk to what the IP header carries. So for IPv6. */
static enum wire_verdict decode_ipv4(struct span *in, struct packet *p)
{
    if (in->length < IPV4_HEADER_BYTES) {
        return WIRE_TRUNCATED;
    }
    size_t header_bytes = 4 * (size_t)(in->at[0] & 0xf);
    if (header_bytes < IPV4_HEADER_BYTES) {
        return WIRE_BAD_HEADER;
    }
    if (in->length < header_bytes) {
        return WIRE_TRUNCATED;
    }
    struct checksum sum = checksum_begin();
    checksum_add(&sum, in->at, header_bytes);
    if (checksum_finish(&sum) != 0) {
        return WIRE_IP_CHECKSUM_BAD; /* RFC 1122 3.2.1.2: checked always */
    }
    read_ipv4_fields(in->at, p);
    size_t total = bytes_get_u16(in->at + 2);
    if (total < header_bytes) {
        return WIRE_BAD_HEADER;
    }
    if (in->length < total) {
        return WIRE_TRUNCATED;
    }
    /* The world has no reassembly, and a fragment alone cannot be checked. */
    bool is_fragment = (bytes_get_u16(in->at + 6) & IPV4_FRAGMENT_BITS) != 0;
    *in = (struct span){ in->at + header_bytes, total - header_bytes };
    return is_fragment ? WIRE_UNKNOWN_PROTOCOL : WIRE_OK;
}

static enum wire_verdict decode_ipv6(struct span *in, struct packet *p)
{
    if (in->length < IPV6_HEADER_BYTES) {
        return WIRE_TRUNCATED;
    }
    uint32_t first_word = bytes_get_u32(in->at);
    p->version = 6;
    p->traffic_class = (uint8_t)(first_word >> 20 & 0xff);
    p->flow_label = first_word & FLOW_LABEL_MASK;
    p->protocol = in->at[6];
    p->hop_limit = in->at[7];
    memcpy(p->source.bytes, in->at + 8, 16);
    memcpy(p->destination.bytes, in->at + 24, 16);

    size_t payload_length = bytes_get_u16(in->at + 4);
    if (in->length - IPV6_HEADER_BYTES < payload_length) {
        return WIRE_TRUNCATED;
    }
    *in = (struct span){ in->at + IPV6_HEADER_BYTES, payload_length };
    return WIRE_OK;
}

static enum wire_verdict decode_ip(struct span *in, struct packet *p)
{
    if (in->length == 0) {
        return WIRE_TRUNCATED;
    }
    switch (in->at[0] >> 4) {
    case 4:
        return decode_ipv4(in, p);
    case 6:
        return decode_ipv6(in, p);
    default:
        return WIRE_BAD_VERSION;
    }
}

/* `header_bytes`: what the data offset says, checked by the caller. */
static void read_tcp_fields(const uint8_t *header, size_t header_bytes, struct segment *s)
{
    s->source_port = bytes_get_u16(header);
    s->destination_port = bytes_get_u16(header + 2);
    s->seq = bytes_get_u32(header + 4);
    s->ack = bytes_get_u32(header + 8);
    s->flags = bytes_get_u16(header + 12) & TCP_FLAGS_MASK;
    s->window = bytes_get_u16(header + 14);
    s->urgent = bytes_get_u16(header + 18);
    s->options_length = (uint8_t)(header_bytes - TCP_HEADER_BYTES);
    memcpy(s->options, header + TCP_HEADER_BYTES, s->options_length);
}

static enum wire_verdict decode_tcp(struct span in, struct packet *p, const uint8_t **payload)
{
    if (in.length < TCP_HEADER_BYTES) {
        return WIRE_BAD_HEADER;
    }
    size_t header_bytes = 4 * (size_t)(in.at[12] >> 4);
    bool has_good_lengths = header_bytes >= TCP_HEADER_BYTES && header_bytes <= in.length;
    if (has_good_lengths) {
        /* Before the checksum, so that a damaged segment can be shown. */
        read_tcp_fields(in.at, header_bytes, &p->tcp);
        p->tcp.payload.length = (uint32_t)(in.length - header_bytes);
    }
    struct checksum sum = checksum_begin(); /* MUST-3 */
    checksum_add_pseudo_header(&sum, p, (uint32_t)in.length);
    checksum_add(&sum, in.at, in.length);
    if (checksum_finish(&sum) != 0) {
        return WIRE_TCP_CHECKSUM_BAD;
    }
    if (!has_good_lengths) {
        return WIRE_BAD_HEADER;
    }
    *payload = in.at + header_bytes;
    return WIRE_OK;
}

enum wire_verdict wire_decode_packet(const uint8_t *bytes, size_t length, struct packet *p,
                                     const uint8_t **payload)
{
    struct span in = { bytes, length };
    *p = (struct packet){ .id = 0 };
    *payload = NULL;
    enum wire_verdict verdict = decode_ip(&in, p);
    if (verdict != WIRE_OK) {
        return verdict;
    }
    if (p->protocol != IP_TCP) {
        return WIRE_UNKNOWN_PROTOCOL;
    }
    return decode_tcp(in, p, payload);
}
