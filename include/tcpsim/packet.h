/* Packets and segments, parsed: what links carry and observers see.
 *
 * Header fields hold host-order integers with the meaning and the names of RFC 9293 (TCP),
 * RFC 791 (IPv4) and RFC 8200 (IPv6). Payload is a reference into a stream, never bytes: a hop
 * copies 16 bytes however long the data is, and a delivered byte can be traced to its writer. */
#ifndef TCPSIM_PACKET_H
#define TCPSIM_PACKET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* ---- addresses ------------------------------------------------------------------------------ */

/* An IPv6 address, or an IPv4 address in mapped form (::ffff:a.b.c.d, RFC 4291 2.5.5.2). */
struct ip_addr {
    uint8_t bytes[16];
};

/* The addresses whose first `length` bits equal those of `addr`; 0..32 for IPv4, 0..128 for IPv6. */
struct ip_prefix {
    struct ip_addr addr;
    uint8_t length;
};

enum { IP_ADDR_TEXT_MAX = 46 }; /* longest text form, with its NUL */

struct ip_addr ip_addr_v4(uint8_t a, uint8_t b, uint8_t c, uint8_t d);
bool ip_addr_is_v4(const struct ip_addr *addr);
bool ip_addr_is_unspecified(const struct ip_addr *addr); /* 0.0.0.0 or :: */
bool ip_addr_equal(const struct ip_addr *a, const struct ip_addr *b);

/* Parse dotted-quad or RFC 4291 text. False, and *addr untouched, when `text` is neither. */
bool ip_addr_parse(const char *text, struct ip_addr *addr);

/* RFC 5952 text into `text` (at least IP_ADDR_TEXT_MAX bytes); returns `text`. */
char *ip_addr_format(const struct ip_addr *addr, char *text);

/* "10.0.0.0/8", "2001:db8::/32", or a bare address (a prefix of full length). */
bool ip_prefix_parse(const char *text, struct ip_prefix *prefix);
bool ip_prefix_contains(const struct ip_prefix *prefix, const struct ip_addr *addr);

/* The address number `index` of the prefix, counting from its first; wraps within the prefix. */
struct ip_addr ip_prefix_address(const struct ip_prefix *prefix, uint64_t index);

/* ---- payload -------------------------------------------------------------------------------- */

/* Bytes [offset, offset + length) of stream `stream`. A stream is what one writer wrote: one
 * direction of one incarnation of a connection, or one injected segment. Stream 0 is no stream. */
struct payload {
    uint64_t offset;
    uint32_t stream;
    uint32_t length;
};

/* ---- TCP segment (RFC 9293 3.1) ------------------------------------------------------------- */

enum tcp_flag {
    TCP_FIN = 0x001,
    TCP_SYN = 0x002,
    TCP_RST = 0x004,
    TCP_PSH = 0x008,
    TCP_ACK = 0x010,
    TCP_URG = 0x020,
    TCP_ECE = 0x040,
    TCP_CWR = 0x080,
    TCP_AE = 0x100, /* formerly NS; RFC 9768 */
};

enum { TCP_OPTIONS_MAX = 40 }; /* bytes of options that the data offset can express */

struct segment {
    uint32_t seq;
    uint32_t ack;
    uint16_t source_port;
    uint16_t destination_port;
    uint16_t flags;  /* bits of enum tcp_flag; the three highest of 12 are reserved bits */
    uint16_t window; /* as on the wire, not yet scaled */
    uint16_t urgent;
    uint8_t options_length; /* 0..40, a multiple of 4 once on the wire */
    uint8_t options[TCP_OPTIONS_MAX];
    struct payload payload;
};

/* SEG.LEN of RFC 9293 3.4: payload bytes, and one each for SYN and FIN. */
static inline uint32_t segment_length(const struct segment *s)
{
    return s->payload.length + ((s->flags & TCP_SYN) != 0) + ((s->flags & TCP_FIN) != 0);
}

/* ---- packet --------------------------------------------------------------------------------- */

enum ip_protocol { IP_ICMP = 1, IP_TCP = 6, IP_UDP = 17, IP_ICMPV6 = 58 };

struct packet {
    uint64_t id;      /* unique in the world, in order of creation, from 1 */
    uint64_t copy_of; /* id of the packet that the network duplicated, or 0 */
    struct ip_addr source;
    struct ip_addr destination;
    uint32_t flow_label;     /* IPv6 only, 20 bits */
    uint16_t identification; /* IPv4 only */
    uint8_t version;         /* 4 or 6 */
    uint8_t traffic_class;   /* IPv4 TOS / IPv6 traffic class: DSCP and ECN */
    uint8_t hop_limit;       /* IPv4 TTL / IPv6 hop limit */
    uint8_t protocol;        /* enum ip_protocol; only IP_TCP today */
    bool dont_fragment;      /* IPv4 only */
    bool injected;           /* crafted by a script, not sent by a TCP */
    bool corrupted;          /* the network changed bits of it */
    struct segment tcp;
};

/* Bytes on the wire: IP header, TCP header with options, payload. */
uint32_t packet_size_bytes(const struct packet *p);

/* "SYN,ACK", in the order of figure 1 of RFC 9293; "none" when no flag is set. `text` holds at
 * least TCP_FLAGS_TEXT_MAX bytes and is returned. */
enum { TCP_FLAGS_TEXT_MAX = 48 };
char *tcp_flags_format(uint16_t flags, char *text);

/* "[FSRPEWAU]*[.]?" in packetdrill's notation: "S.", "FP.", "." */
char *tcp_flags_format_packetdrill(uint16_t flags, char *text);

/* "mss 1460,nop,wscale 7,sackOK,TS val 1 ecr 0,sack 1:2 3:4" in packetdrill's notation; "" without
 * options. Returns the length of the text, which is cut off where it does not fit into `capacity`
 * bytes with its NUL; TCP_OPTIONS_TEXT_MAX are enough for any options. */
enum { TCP_OPTIONS_TEXT_MAX = 192 };
size_t tcp_options_format(const struct segment *s, char *text, size_t capacity);

#endif
