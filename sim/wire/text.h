/* Text appended to a buffer of the caller: never past its end, always with a NUL. */
#ifndef TCPSIM_WIRE_TEXT_H
#define TCPSIM_WIRE_TEXT_H

#include <stddef.h>
#include <stdint.h>

/* length < capacity and start[length] is NUL, unless capacity is 0. What does not fit is cut
 * off, so a length that equals capacity - 1 may mean that there was more. */
struct text {
    char *start;
    size_t length;
    size_t capacity;
};

struct text text_begin(char *buffer, size_t capacity);
void text_add_char(struct text *text, char c);
void text_add_string(struct text *text, const char *string);
void text_add_decimal(struct text *text, uint32_t value);

/* Lower case, at least `digits` digits (1..8), more when the value needs them. */
void text_add_hex(struct text *text, uint32_t value, uint32_t digits);
void text_add_hex_bytes(struct text *text, const uint8_t *bytes, size_t length);

#endif
