/* UTF-8 decoding after the table of RFC 3629 section 4, and terminal widths.
 *
 * Widths come from a short list of ranges, not from the C library: wcwidth() depends on the locale
 * and on its version, and a view must be the same bytes everywhere. */
#include "sim/observe/utf8.h"

#include <stdbool.h>
#include <string.h>

/* The size of the sequence that `lead` begins (0: none), and the bounds of its second byte. */
static size_t lead_size(uint8_t lead, uint8_t *low, uint8_t *high)
{
    *low = 0x80;
    *high = 0xbf;
    if (lead >= 0xc2 && lead <= 0xdf) {
        return 2;
    }
    if (lead >= 0xe0 && lead <= 0xef) {
        *low = lead == 0xe0 ? 0xa0 : 0x80;  /* no overlong forms */
        *high = lead == 0xed ? 0x9f : 0xbf; /* no surrogates */
        return 3;
    }
    if (lead >= 0xf0 && lead <= 0xf4) {
        *low = lead == 0xf0 ? 0x90 : 0x80;
        *high = lead == 0xf4 ? 0x8f : 0xbf; /* nothing above U+10FFFF */
        return 4;
    }
    return 0;
}

uint32_t utf8_decode(const char *bytes, size_t length, size_t *used)
{
    uint8_t lead = (uint8_t)bytes[0];
    *used = 1;
    if (lead < 0x80) {
        return lead;
    }
    uint8_t low = 0;
    uint8_t high = 0;
    size_t size = lead_size(lead, &low, &high);
    if (size == 0 || size > length) {
        return UTF8_BAD;
    }
    uint32_t code_point = lead & (0x7fU >> size);
    for (size_t i = 1; i < size; i++) {
        uint8_t byte = (uint8_t)bytes[i];
        if (byte < low || byte > high) {
            return UTF8_BAD;
        }
        code_point = code_point << 6 | (byte & 0x3fU);
        low = 0x80;
        high = 0xbf;
    }
    *used = size;
    return code_point;
}

size_t utf8_encode(uint32_t code_point, char *bytes)
{
    if (code_point < 0x80) {
        bytes[0] = (char)code_point;
        return 1;
    }
    size_t size = code_point < 0x800 ? 2 : code_point < 0x10000 ? 3 : 4;
    for (size_t i = size - 1; i > 0; i--) {
        bytes[i] = (char)(0x80 | (code_point & 0x3f));
        code_point >>= 6;
    }
    static const uint8_t lead[] = { 0, 0, 0xc0, 0xe0, 0xf0 };
    bytes[0] = (char)(lead[size] | code_point);
    return size;
}

struct range {
    uint32_t first, last;
};

static const struct range combining[] = {
    { 0x0300, 0x036f }, { 0x0483, 0x0489 }, { 0x0591, 0x05bd },   { 0x0610, 0x061a },
    { 0x064b, 0x065f }, { 0x0900, 0x0902 }, { 0x093c, 0x093c },   { 0x0941, 0x0948 },
    { 0x094d, 0x094d }, { 0x0e31, 0x0e31 }, { 0x0e34, 0x0e3a },   { 0x0e47, 0x0e4e },
    { 0x1ab0, 0x1aff }, { 0x1dc0, 0x1dff }, { 0x200b, 0x200f },   { 0x202a, 0x202e },
    { 0x2060, 0x2064 }, { 0x20d0, 0x20ff }, { 0x302a, 0x302d },   { 0xfe00, 0xfe0f },
    { 0xfe20, 0xfe2f }, { 0xfeff, 0xfeff }, { 0xe0100, 0xe01ef },
};

static const struct range wide[] = {
    { 0x1100, 0x115f },   { 0x231a, 0x231b },   { 0x2e80, 0x303e },   { 0x3041, 0x33ff },
    { 0x3400, 0x4dbf },   { 0x4e00, 0x9fff },   { 0xa000, 0xa4cf },   { 0xa960, 0xa97f },
    { 0xac00, 0xd7a3 },   { 0xf900, 0xfaff },   { 0xfe30, 0xfe6f },   { 0xff00, 0xff60 },
    { 0xffe0, 0xffe6 },   { 0x1f300, 0x1f64f }, { 0x1f680, 0x1f6ff }, { 0x1f900, 0x1f9ff },
    { 0x20000, 0x3fffd },
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static bool is_within(uint32_t code_point, const struct range *ranges, size_t count)
{
    for (size_t i = 0; i < count && code_point >= ranges[i].first; i++) {
        if (code_point <= ranges[i].last) {
            return true;
        }
    }
    return false;
}

int utf8_code_point_width(uint32_t code_point)
{
    if (code_point < 0x300) {
        return 1;
    }
    if (is_within(code_point, combining, COUNT(combining))) {
        return 0;
    }
    return is_within(code_point, wide, COUNT(wide)) ? 2 : 1;
}

/* The width of the character at `text`, whose size goes to *used. */
static int character_width(const char *text, size_t left, size_t *used)
{
    uint32_t code_point = utf8_decode(text, left, used);
    return code_point == UTF8_BAD ? 1 : utf8_code_point_width(code_point);
}

int utf8_width(const char *text)
{
    int width = 0;
    size_t left = strlen(text);
    while (left > 0) {
        size_t used = 0;
        width += character_width(text, left, &used);
        text += used;
        left -= used;
    }
    return width;
}

size_t utf8_bytes_within(const char *text, int columns)
{
    size_t length = strlen(text);
    size_t taken = 0;
    while (taken < length) {
        size_t used = 0;
        columns -= character_width(text + taken, length - taken, &used);
        if (columns < 0) {
            break;
        }
        taken += used;
    }
    return taken;
}
