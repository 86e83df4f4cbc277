/* TCP options: parsed, built and told as text.
 *
 * A segment carries its options as the bytes of the wire. The builders append to them, in the
 * caller's order; tcp_options_parse() reads them into fields. tcp_options_format() is public, in
 * tcpsim/packet.h.
 * Sources: RFC 9293 3.1 and 3.2; RFC 7323 (window scale, timestamps); RFC 2018 (SACK);
 * RFC 7413 4.1.1 (Fast Open). */
#ifndef TCPSIM_WIRE_OPTIONS_H
#define TCPSIM_WIRE_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tcpsim/packet.h"

/* IANA, TCP Option Kind Numbers. */
enum tcp_option_kind {
    TCP_OPTION_EOL = 0,
    TCP_OPTION_NOP = 1,
    TCP_OPTION_MSS = 2,
    TCP_OPTION_WINDOW_SCALE = 3,
    TCP_OPTION_SACK_PERMITTED = 4,
    TCP_OPTION_SACK = 5,
    TCP_OPTION_TIMESTAMPS = 8,
    TCP_OPTION_MD5 = 19, /* RFC 2385 */
    TCP_OPTION_FAST_OPEN = 34,
    TCP_OPTION_EXPERIMENT = 254, /* RFC 6994: a 16-bit identifier follows the length */
};

/* Bytes of each option, with kind and length. */
enum {
    TCP_OPTION_MSS_BYTES = 4,
    TCP_OPTION_WINDOW_SCALE_BYTES = 3,
    TCP_OPTION_SACK_PERMITTED_BYTES = 2,
    TCP_OPTION_TIMESTAMPS_BYTES = 10,
    TCP_OPTION_SACK_BLOCK_BYTES = 8, /* each, after kind and length */
};

enum { TCP_SACK_BLOCKS_MAX = 4, TCP_FAST_OPEN_COOKIE_MIN = 4, TCP_FAST_OPEN_COOKIE_MAX = 16 };

/* Bytes [left, right) of sequence space that the receiver holds. */
struct tcp_sack_block {
    uint32_t left, right;
};

/* What the options of a segment say. A field means something only where its has_ flag (or count) is
 * set, and is zero otherwise. Values are as on the wire: a window scale above 14 is the protocol's
 * business (RFC 7323 2.3), as is an option that does not belong in this kind of segment. */
struct tcp_options {
    bool has_mss;
    bool has_window_scale;
    bool sack_permitted;
    bool has_timestamps;
    bool malformed; /* a length below 2 or beyond the end; options before it are valid */
    uint16_t mss;
    uint8_t window_scale;
    uint32_t ts_value, ts_echo;
    uint8_t sack_count;
    struct tcp_sack_block sack[TCP_SACK_BLOCKS_MAX];
    bool has_fast_open; /* with length 0: the peer asks for a cookie */
    uint8_t fast_open_length;
    uint8_t fast_open_cookie[TCP_FAST_OPEN_COOKIE_MAX];
};

/* An option of unknown kind (MUST-6) or of a length that its kind does not have is skipped; of two
 * of a kind the later counts. After End of Option List nothing is read. */
void tcp_options_parse(const struct segment *s, struct tcp_options *options);

/* Bytes of options that may still be added. */
static inline size_t options_room(const struct segment *s)
{
    return (size_t)TCP_OPTIONS_MAX - s->options_length;
}

/* Each appends one option and asserts that there is room for it. */
void options_add_eol(struct segment *s);
void options_add_nop(struct segment *s);
void options_add_mss(struct segment *s, uint16_t mss);
void options_add_window_scale(struct segment *s, uint8_t shift);
void options_add_sack_permitted(struct segment *s);
void options_add_timestamps(struct segment *s, uint32_t value, uint32_t echo);

/* `count`: 1..4. */
void options_add_sack(struct segment *s, const struct tcp_sack_block *blocks, size_t count);

/* `length`: 0 (a request; `cookie` may be NULL) or an even number 4..16. */
void options_add_fast_open(struct segment *s, const uint8_t *cookie, size_t length);

/* Any bytes, well-formed or not: scripts craft bad options with it. */
void options_add_raw(struct segment *s, const uint8_t *bytes, size_t length);

/* End of Option List up to the next whole word (MUST-69). */
void options_pad(struct segment *s);

#endif
