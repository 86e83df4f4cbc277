/* TCP options, parsed and built. options_text.c tells them as text. */
#include "sim/wire/options.h"

#include <string.h>

#include "sim/base/panic.h"
#include "sim/wire/bytes.h"

/* ---- parse ---------------------------------------------------------------------------------- */

/* RFC 7323 appendix A: NOP, NOP, Timestamps with its length. On most segments that carry data this
 * word and the two values are all the options there are. */
#define ALIGNED_TIMESTAMPS 0x0101080au

static void read_timestamps(const uint8_t *values, struct tcp_options *options)
{
    options->has_timestamps = true;
    options->ts_value = bytes_get_u32(values);
    options->ts_echo = bytes_get_u32(values + 4);
}

/* RFC 2018 3: the length is 8n + 2. */
static void read_sack(const uint8_t *option, size_t length, struct tcp_options *options)
{
    size_t count = (length - 2) / TCP_OPTION_SACK_BLOCK_BYTES;
    if (count == 0 || count * TCP_OPTION_SACK_BLOCK_BYTES + 2 != length) {
        return;
    }
    SIM_ASSERT(count <= TCP_SACK_BLOCKS_MAX); /* 40 bytes hold no more */
    options->sack_count = (uint8_t)count;
    for (size_t i = 0; i < count; i++) {
        const uint8_t *block = option + 2 + i * TCP_OPTION_SACK_BLOCK_BYTES;
        options->sack[i].left = bytes_get_u32(block);
        options->sack[i].right = bytes_get_u32(block + 4);
    }
}

/* RFC 7413 4.1.1: a cookie has 4 to 16 bytes, an even number of them; none is a request. */
static bool is_fast_open_length(size_t cookie_length)
{
    return cookie_length == 0 ||
           (cookie_length >= TCP_FAST_OPEN_COOKIE_MIN &&
            cookie_length <= TCP_FAST_OPEN_COOKIE_MAX && cookie_length % 2 == 0);
}

static void read_fast_open(const uint8_t *option, size_t length, struct tcp_options *options)
{
    size_t cookie_length = length - 2;
    if (is_fast_open_length(cookie_length)) {
        options->has_fast_open = true;
        options->fast_open_length = (uint8_t)cookie_length;
        memset(options->fast_open_cookie, 0, sizeof(options->fast_open_cookie));
        memcpy(options->fast_open_cookie, option + 2, cookie_length);
    }
}

/* One option with a length field, whose `length` bytes are all there. */
static void read_option(const uint8_t *option, size_t length, struct tcp_options *options)
{
    switch (option[0]) {
    case TCP_OPTION_MSS:
        if (length == TCP_OPTION_MSS_BYTES) {
            options->has_mss = true;
            options->mss = bytes_get_u16(option + 2);
        }
        break;
    case TCP_OPTION_WINDOW_SCALE:
        if (length == TCP_OPTION_WINDOW_SCALE_BYTES) {
            options->has_window_scale = true;
            options->window_scale = option[2];
        }
        break;
    case TCP_OPTION_SACK_PERMITTED:
        if (length == TCP_OPTION_SACK_PERMITTED_BYTES) {
            options->sack_permitted = true;
        }
        break;
    case TCP_OPTION_SACK:
        read_sack(option, length, options);
        break;
    case TCP_OPTION_TIMESTAMPS:
        if (length == TCP_OPTION_TIMESTAMPS_BYTES) {
            read_timestamps(option + 2, options);
        }
        break;
    case TCP_OPTION_FAST_OPEN:
        read_fast_open(option, length, options);
        break;
    default:
        break; /* MUST-6: an option that is not implemented is ignored without error */
    }
}

static void read_option_list(const uint8_t *bytes, size_t length, struct tcp_options *options)
{
    for (size_t i = 0; i < length && bytes[i] != TCP_OPTION_EOL;) {
        if (bytes[i] == TCP_OPTION_NOP) {
            i++;
            continue;
        }
        /* MUST-7: be prepared for an illegal length. Behind it no option can be found. */
        if (length - i < 2 || bytes[i + 1] < 2 || bytes[i + 1] > length - i) {
            options->malformed = true;
            return;
        }
        read_option(bytes + i, bytes[i + 1], options);
        i += bytes[i + 1];
    }
}

void tcp_options_parse(const struct segment *s, struct tcp_options *options)
{
    *options = (struct tcp_options){ .has_mss = false };
    if (s->options_length == 0) {
        return;
    }
    SIM_ASSERT(s->options_length <= TCP_OPTIONS_MAX);
    if (s->options_length == 12 && bytes_get_u32(s->options) == ALIGNED_TIMESTAMPS) {
        read_timestamps(s->options + 4, options);
        return;
    }
    read_option_list(s->options, s->options_length, options);
}

/* ---- build ---------------------------------------------------------------------------------- */

/* Room for `length` bytes at the end of the options. */
static uint8_t *append_space(struct segment *s, size_t length)
{
    SIM_ASSERT(s->options_length <= TCP_OPTIONS_MAX);
    SIM_ASSERT(length <= options_room(s));
    uint8_t *space = s->options + s->options_length;
    s->options_length = (uint8_t)(s->options_length + length);
    return space;
}

/* Kind and length are written; the data that follows them is the caller's to fill. */
static uint8_t *append_option(struct segment *s, enum tcp_option_kind kind, size_t length)
{
    uint8_t *option = append_space(s, length);
    option[0] = (uint8_t)kind;
    option[1] = (uint8_t)length;
    return option + 2;
}

void options_add_eol(struct segment *s)
{
    *append_space(s, 1) = TCP_OPTION_EOL;
}

void options_add_nop(struct segment *s)
{
    *append_space(s, 1) = TCP_OPTION_NOP;
}

void options_add_mss(struct segment *s, uint16_t mss)
{
    bytes_put_u16(append_option(s, TCP_OPTION_MSS, TCP_OPTION_MSS_BYTES), mss);
}

void options_add_window_scale(struct segment *s, uint8_t shift)
{
    *append_option(s, TCP_OPTION_WINDOW_SCALE, TCP_OPTION_WINDOW_SCALE_BYTES) = shift;
}

void options_add_sack_permitted(struct segment *s)
{
    append_option(s, TCP_OPTION_SACK_PERMITTED, TCP_OPTION_SACK_PERMITTED_BYTES);
}

void options_add_timestamps(struct segment *s, uint32_t value, uint32_t echo)
{
    uint8_t *data = append_option(s, TCP_OPTION_TIMESTAMPS, TCP_OPTION_TIMESTAMPS_BYTES);
    bytes_put_u32(data, value);
    bytes_put_u32(data + 4, echo);
}

void options_add_sack(struct segment *s, const struct tcp_sack_block *blocks, size_t count)
{
    SIM_ASSERT(count >= 1 && count <= TCP_SACK_BLOCKS_MAX);
    uint8_t *data = append_option(s, TCP_OPTION_SACK, 2 + count * TCP_OPTION_SACK_BLOCK_BYTES);
    for (size_t i = 0; i < count; i++, data += TCP_OPTION_SACK_BLOCK_BYTES) {
        bytes_put_u32(data, blocks[i].left);
        bytes_put_u32(data + 4, blocks[i].right);
    }
}

void options_add_fast_open(struct segment *s, const uint8_t *cookie, size_t length)
{
    SIM_ASSERT(is_fast_open_length(length));
    uint8_t *data = append_option(s, TCP_OPTION_FAST_OPEN, 2 + length);
    if (length > 0) {
        memcpy(data, cookie, length);
    }
}

void options_add_raw(struct segment *s, const uint8_t *bytes, size_t length)
{
    uint8_t *space = append_space(s, length);
    if (length > 0) {
        memcpy(space, bytes, length);
    }
}

void options_pad(struct segment *s)
{
    while (s->options_length % 4 != 0) {
        options_add_eol(s);
    }
}
