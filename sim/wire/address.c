/* IP addresses and prefixes as text and as sets.
 *
 * Parsing is strict: what this accepts, every other parser takes for the same address. "010.0.0.1"
 * (octal to some), "1.2.3" (class arithmetic to some) and zone identifiers are refused.
 * Sources: RFC 4291 2.2 and 2.3 (text that is accepted), RFC 5952 4 (text that is produced),
 * RFC 6943 3.1.1 (why loose IPv4 text is dangerous). */
#include <string.h>

#include "sim/base/panic.h"
#include "sim/wire/bytes.h"
#include "sim/wire/text.h"
#include "tcpsim/packet.h"

enum { IPV4_BITS = 32, IPV6_BITS = 128, IPV6_GROUPS = 8 };

/* RFC 4291 2.5.5.2: the first 96 bits of an IPv4 address in IPv6 form. */
static const uint8_t mapped_prefix[12] = { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff };

struct ip_addr ip_addr_v4(uint8_t a, uint8_t b, uint8_t c, uint8_t d)
{
    return (struct ip_addr){ { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, a, b, c, d } };
}

bool ip_addr_is_v4(const struct ip_addr *addr)
{
    return memcmp(addr->bytes, mapped_prefix, sizeof(mapped_prefix)) == 0;
}

bool ip_addr_is_unspecified(const struct ip_addr *addr)
{
    static const uint8_t zeros[16];
    size_t first = ip_addr_is_v4(addr) ? sizeof(mapped_prefix) : 0;
    return memcmp(addr->bytes + first, zeros, sizeof(zeros) - first) == 0;
}

bool ip_addr_equal(const struct ip_addr *a, const struct ip_addr *b)
{
    return memcmp(a->bytes, b->bytes, sizeof(a->bytes)) == 0;
}

/* ---- text to address ------------------------------------------------------------------------ */

/* Each scanner takes what it knows from *text and moves *text past it; where it returns false, the
 * whole parse fails and *text no longer matters. */

/* 1..max_digits digits without a leading zero, at most `max`. */
static bool scan_decimal(const char **text, uint32_t max_digits, uint32_t max, uint8_t *value)
{
    uint32_t number = 0;
    uint32_t digits = 0;
    for (; **text >= '0' && **text <= '9'; (*text)++, digits++) {
        if (digits == max_digits || (digits > 0 && number == 0)) {
            return false;
        }
        number = 10 * number + (uint32_t)(**text - '0');
    }
    *value = (uint8_t)number;
    return digits > 0 && number <= max;
}

static bool scan_dotted_quad(const char **text, uint8_t quad[4])
{
    for (int i = 0; i < 4; i++) {
        if (i > 0 && *(*text)++ != '.') {
            return false;
        }
        if (!scan_decimal(text, 3, 255, &quad[i])) {
            return false;
        }
    }
    return true;
}

/* -1 when `c` is no hexadecimal digit. */
static int hex_digit_value(char c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    if (c >= 'a' && c <= 'f') {
        return c - 'a' + 10;
    }
    if (c >= 'A' && c <= 'F') {
        return c - 'A' + 10;
    }
    return -1;
}

/* RFC 4291 2.2 form 1: one to four hexadecimal digits; leading zeros are allowed. */
static bool scan_hex_group(const char **text, uint16_t *group)
{
    uint32_t number = 0;
    int digits = 0;
    for (int value; (value = hex_digit_value(**text)) >= 0; (*text)++, digits++) {
        if (digits == 4) {
            return false;
        }
        number = number << 4 | (uint32_t)value;
    }
    *group = (uint16_t)number;
    return digits > 0;
}

/* RFC 4291 2.2 form 3: whether an IPv4 address follows, in place of the last two groups. */
static bool dotted_quad_follows(const char *text)
{
    while (hex_digit_value(*text) >= 0) {
        text++;
    }
    return *text == '.';
}

/* What has been read of an IPv6 address. gap: the group before which "::" stands, or -1. */
struct groups {
    uint16_t group[IPV6_GROUPS];
    int count;
    int gap;
};

/* One group, or the dotted quad that ends the address. *last: nothing may follow. */
static bool scan_group_or_quad(const char **text, struct groups *groups, bool *last)
{
    *last = dotted_quad_follows(*text);
    if (!*last) {
        return groups->count < IPV6_GROUPS && scan_hex_group(text, &groups->group[groups->count++]);
    }
    uint8_t quad[4];
    if (groups->count > IPV6_GROUPS - 2 || !scan_dotted_quad(text, quad)) {
        return false;
    }
    groups->group[groups->count++] = bytes_get_u16(quad);
    groups->group[groups->count++] = bytes_get_u16(quad + 2);
    return true;
}

/* "::" at *text: notes the gap. False for a second one (RFC 4291 2.2 form 2: only once). */
static bool scan_gap(const char **text, struct groups *groups)
{
    *text += 2;
    if (groups->gap >= 0) {
        return false;
    }
    groups->gap = groups->count;
    return true;
}

static bool gap_follows(const char *text)
{
    return text[0] == ':' && text[1] == ':';
}

static bool scan_groups(const char **text, struct groups *groups)
{
    bool last = false;
    if (gap_follows(*text)) {
        scan_gap(text, groups);
        if (hex_digit_value(**text) < 0) {
            return true; /* "::" alone */
        }
    }
    while (scan_group_or_quad(text, groups, &last)) {
        if (last || **text != ':') {
            return true;
        }
        if (!gap_follows(*text)) {
            (*text)++;
        } else if (!scan_gap(text, groups)) {
            return false;
        } else if (hex_digit_value(**text) < 0) {
            return true; /* the address ends with "::" */
        }
    }
    return false;
}

/* The gap stands for one or more groups of zeros; without a gap all eight groups are needed. */
static bool store_groups(const struct groups *groups, struct ip_addr *addr)
{
    int missing = IPV6_GROUPS - groups->count;
    if (groups->gap >= 0 ? missing < 1 : missing != 0) {
        return false;
    }
    memset(addr->bytes, 0, sizeof(addr->bytes));
    for (int i = 0; i < groups->count; i++) {
        int place = groups->gap >= 0 && i >= groups->gap ? i + missing : i;
        bytes_put_u16(addr->bytes + 2 * place, groups->group[i]);
    }
    return true;
}

static bool scan_address(const char **text, struct ip_addr *addr)
{
    if (dotted_quad_follows(*text)) {
        memcpy(addr->bytes, mapped_prefix, sizeof(mapped_prefix));
        return scan_dotted_quad(text, addr->bytes + sizeof(mapped_prefix));
    }
    struct groups groups = { .gap = -1 };
    return scan_groups(text, &groups) && store_groups(&groups, addr);
}

bool ip_addr_parse(const char *text, struct ip_addr *addr)
{
    struct ip_addr parsed;
    if (!scan_address(&text, &parsed) || *text != '\0') {
        return false;
    }
    *addr = parsed;
    return true;
}

/* ---- address to text ------------------------------------------------------------------------ */

static void format_dotted_quad(const uint8_t quad[4], struct text *out)
{
    for (int i = 0; i < 4; i++) {
        if (i > 0) {
            text_add_char(out, '.');
        }
        text_add_decimal(out, quad[i]);
    }
}

static int zero_run_length(const uint16_t *group, int first)
{
    int length = 0;
    while (first + length < IPV6_GROUPS && group[first + length] == 0) {
        length++;
    }
    return length;
}

/* RFC 5952 4.2: "::" stands for the longest run of zeros, the first of equals, and never for a
 * single group. *length is 0 when there is no such run. */
static int find_run_to_shorten(const uint16_t *group, int *length)
{
    int best = 0;
    *length = 0;
    for (int i = 0; i < IPV6_GROUPS; i++) {
        int run = zero_run_length(group, i);
        if (run > *length && run > 1) {
            best = i;
            *length = run;
        }
    }
    return best;
}

static void format_groups(const uint16_t *group, struct text *out)
{
    int gap_length;
    int gap = find_run_to_shorten(group, &gap_length);
    bool needs_colon = false;
    for (int i = 0; i < IPV6_GROUPS;) {
        if (i == gap && gap_length > 0) {
            text_add_string(out, "::");
            needs_colon = false;
            i += gap_length;
            continue;
        }
        if (needs_colon) {
            text_add_char(out, ':');
        }
        text_add_hex(out, group[i], 1); /* RFC 5952 4.1 and 4.3: no leading zeros, lower case */
        needs_colon = true;
        i++;
    }
}

char *ip_addr_format(const struct ip_addr *addr, char *text)
{
    struct text out = text_begin(text, IP_ADDR_TEXT_MAX);
    if (ip_addr_is_v4(addr)) {
        format_dotted_quad(addr->bytes + sizeof(mapped_prefix), &out);
        return text;
    }
    uint16_t group[IPV6_GROUPS];
    for (int i = 0; i < IPV6_GROUPS; i++) {
        group[i] = bytes_get_u16(addr->bytes + 2 * i);
    }
    format_groups(group, &out);
    return text;
}

/* ---- prefixes ------------------------------------------------------------------------------- */

/* How many of the 128 bits of the mapped form the prefix fixes. */
static uint32_t prefix_fixed_bits(const struct ip_prefix *prefix)
{
    bool is_v4 = ip_addr_is_v4(&prefix->addr);
    SIM_ASSERT(prefix->length <= (is_v4 ? IPV4_BITS : IPV6_BITS));
    return prefix->length + (is_v4 ? IPV6_BITS - IPV4_BITS : 0u);
}

/* The bits of byte `index` that the first `fixed_bits` bits leave free. */
static uint8_t free_bits_of_byte(uint32_t fixed_bits, uint32_t index)
{
    if (fixed_bits <= 8 * index) {
        return 0xff;
    }
    uint32_t fixed_here = fixed_bits - 8 * index;
    if (fixed_here >= 8) {
        return 0;
    }
    return (uint8_t)(0xff >> fixed_here);
}

bool ip_prefix_parse(const char *text, struct ip_prefix *prefix)
{
    struct ip_prefix parsed;
    if (!scan_address(&text, &parsed.addr)) {
        return false;
    }
    parsed.length = ip_addr_is_v4(&parsed.addr) ? IPV4_BITS : IPV6_BITS;
    if (*text == '/') {
        text++;
        if (!scan_decimal(&text, 3, parsed.length, &parsed.length)) {
            return false;
        }
    }
    if (*text != '\0') {
        return false;
    }
    *prefix = parsed;
    return true;
}

bool ip_prefix_contains(const struct ip_prefix *prefix, const struct ip_addr *addr)
{
    /* The families stay apart, or ::/0 would hold every IPv4 address in its mapped form. */
    if (ip_addr_is_v4(&prefix->addr) != ip_addr_is_v4(addr)) {
        return false;
    }
    uint32_t fixed_bits = prefix_fixed_bits(prefix);
    for (uint32_t i = 0; i < sizeof(addr->bytes); i++) {
        uint8_t differing = prefix->addr.bytes[i] ^ addr->bytes[i];
        if ((differing & ~free_bits_of_byte(fixed_bits, i)) != 0) {
            return false;
        }
    }
    return true;
}

struct ip_addr ip_prefix_address(const struct ip_prefix *prefix, uint64_t index)
{
    struct ip_addr addr = prefix->addr;
    uint32_t fixed_bits = prefix_fixed_bits(prefix);
    for (uint32_t i = sizeof(addr.bytes); i-- > 0; index >>= 8) {
        uint8_t free_bits = free_bits_of_byte(fixed_bits, i);
        addr.bytes[i] = (uint8_t)((addr.bytes[i] & ~free_bits) | (index & free_bits));
    }
    return addr;
}
