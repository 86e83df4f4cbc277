/* Text appended to a buffer of the caller. The wire formatters use this in place of stdio, which
 * inner folders must not call. */
#include "sim/wire/text.h"

struct text text_begin(char *buffer, size_t capacity)
{
    if (capacity > 0) {
        buffer[0] = '\0';
    }
    return (struct text){ .start = buffer, .length = 0, .capacity = capacity };
}

void text_add_char(struct text *text, char c)
{
    if (text->length + 1 < text->capacity) {
        text->start[text->length++] = c;
        text->start[text->length] = '\0';
    }
}

void text_add_string(struct text *text, const char *string)
{
    for (; *string != '\0'; string++) {
        text_add_char(text, *string);
    }
}

void text_add_decimal(struct text *text, uint32_t value)
{
    uint32_t unit = 1;
    while (value / unit >= 10) {
        unit *= 10;
    }
    for (; unit > 0; unit /= 10) {
        text_add_char(text, (char)('0' + value / unit % 10));
    }
}

void text_add_hex(struct text *text, uint32_t value, uint32_t digits)
{
    while (digits < 8 && value >> (4 * digits) != 0) {
        digits++;
    }
    while (digits-- > 0) {
        text_add_char(text, "0123456789abcdef"[value >> (4 * digits) & 0xf]);
    }
}

void text_add_hex_bytes(struct text *text, const uint8_t *bytes, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        text_add_hex(text, bytes[i], 2);
    }
}
