/* UTF-8 (RFC 3629): decoding that never trusts its input, and widths on a terminal. */
#ifndef TCPSIM_OBSERVE_UTF8_H
#define TCPSIM_OBSERVE_UTF8_H

#include <stddef.h>
#include <stdint.h>

/* What utf8_decode() gives for a byte that begins no well-formed sequence. */
#define UTF8_BAD UINT32_MAX

enum { UTF8_BYTES_MAX = 4 };

/* The code point at the start of `bytes`; *used is its size, 1 for UTF8_BAD. length >= 1.
 * Overlong forms, surrogates and anything above U+10FFFF are bad. */
uint32_t utf8_decode(const char *bytes, size_t length, size_t *used);

/* The code point as 1..4 bytes; returns how many. */
size_t utf8_encode(uint32_t code_point, char *bytes);

/* Columns that a terminal gives to the code point: 0 (combining), 1 or 2 (East Asian wide). */
int utf8_code_point_width(uint32_t code_point);

/* Columns of a whole string; a bad byte counts as one. */
int utf8_width(const char *text);

/* How many bytes of the text fit into `columns` columns, in whole characters. */
size_t utf8_bytes_within(const char *text, int columns);

#endif
