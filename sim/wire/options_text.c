/* TCP options in packetdrill's notation: "mss 1460,nop,wscale 7,sackOK,TS val 1 ecr 0".
 *
 * Every byte is told, whatever it is: an option of another kind, or with a length that its kind
 * does not have, as "gen-KIND HEX" (the dialect of nplab); each byte of padding as "eol"; bytes
 * that form no option, or that are not zero behind End of Option List, as "0xHEX" to the end. */
#include "sim/base/panic.h"
#include "sim/wire/bytes.h"
#include "sim/wire/options.h"
#include "sim/wire/text.h"

enum { FAST_OPEN_EXPERIMENT_ID = 0xf989 }; /* RFC 7413 appendix A */

static void format_timestamps(const uint8_t *data, struct text *out)
{
    text_add_string(out, "TS val ");
    text_add_decimal(out, bytes_get_u32(data));
    text_add_string(out, " ecr ");
    text_add_decimal(out, bytes_get_u32(data + 4));
}

static void format_sack(const uint8_t *data, size_t length, struct text *out)
{
    text_add_string(out, "sack");
    for (; length > 0; data += TCP_OPTION_SACK_BLOCK_BYTES, length -= TCP_OPTION_SACK_BLOCK_BYTES) {
        text_add_char(out, ' ');
        text_add_decimal(out, bytes_get_u32(data));
        text_add_char(out, ':');
        text_add_decimal(out, bytes_get_u32(data + 4));
    }
}

static void format_named_hex(const char *name, const uint8_t *data, size_t length, struct text *out)
{
    text_add_string(out, name);
    if (length > 0) {
        text_add_char(out, ' ');
        text_add_hex_bytes(out, data, length);
    }
}

static void format_named_decimal(const char *name, uint32_t value, struct text *out)
{
    text_add_string(out, name);
    text_add_decimal(out, value);
}

/* The options that packetdrill has a word for. False, and nothing written, for all others.
 * `length`: of the data behind kind and length. */
static bool format_known_option(uint8_t kind, const uint8_t *data, size_t length, struct text *out)
{
    if (kind == TCP_OPTION_MSS && length == 2) {
        format_named_decimal("mss ", bytes_get_u16(data), out);
    } else if (kind == TCP_OPTION_WINDOW_SCALE && length == 1) {
        format_named_decimal("wscale ", data[0], out);
    } else if (kind == TCP_OPTION_SACK_PERMITTED && length == 0) {
        text_add_string(out, "sackOK");
    } else if (kind == TCP_OPTION_SACK && length > 0 && length % TCP_OPTION_SACK_BLOCK_BYTES == 0) {
        format_sack(data, length, out);
    } else if (kind == TCP_OPTION_TIMESTAMPS && length == 8) {
        format_timestamps(data, out);
    } else if (kind == TCP_OPTION_MD5 && length == 16) {
        format_named_hex("md5", data, length, out);
    } else if (kind == TCP_OPTION_FAST_OPEN) {
        format_named_hex("FO", data, length, out);
    } else if (kind == TCP_OPTION_EXPERIMENT && length >= 2 &&
               bytes_get_u16(data) == FAST_OPEN_EXPERIMENT_ID) {
        format_named_hex("FOEXP", data + 2, length - 2, out);
    } else {
        return false;
    }
    return true;
}

static bool all_zero(const uint8_t *bytes, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        if (bytes[i] != 0) {
            return false;
        }
    }
    return true;
}

/* The option at the start of `bytes` (length >= 1). Returns how many bytes have been told. */
static size_t format_option(const uint8_t *bytes, size_t length, struct text *out)
{
    if (bytes[0] == TCP_OPTION_NOP) {
        text_add_string(out, "nop");
        return 1;
    }
    if (bytes[0] == TCP_OPTION_EOL && all_zero(bytes, length)) {
        text_add_string(out, "eol");
        return 1;
    }
    if (bytes[0] == TCP_OPTION_EOL || length < 2 || bytes[1] < 2 || bytes[1] > length) {
        text_add_string(out, "0x");
        text_add_hex_bytes(out, bytes, length);
        return length;
    }
    if (!format_known_option(bytes[0], bytes + 2, bytes[1] - 2u, out)) {
        format_named_decimal("gen-", bytes[0], out);
        format_named_hex("", bytes + 2, bytes[1] - 2u, out);
    }
    return bytes[1];
}

size_t tcp_options_format(const struct segment *s, char *text, size_t capacity)
{
    SIM_ASSERT(s->options_length <= TCP_OPTIONS_MAX);
    struct text out = text_begin(text, capacity);
    for (size_t i = 0; i < s->options_length;) {
        if (i > 0) {
            text_add_char(&out, ',');
        }
        i += format_option(s->options + i, s->options_length - i, &out);
    }
    return out.length;
}
