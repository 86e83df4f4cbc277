/* Quantities as people write them: "40ms", "20Mbit", "64KB", "1%". Integers throughout, so that the
 * same text is the same number on every machine.
 *
 * Every function returns false, and leaves *value alone, when the text is not such a quantity or
 * does not fit. Fractions beyond the smallest unit are cut off. Blanks around and between number
 * and unit are allowed; a minus sign is not. */
#ifndef TCPSIM_BASE_UNITS_H
#define TCPSIM_BASE_UNITS_H

#include "tcpsim/time.h"

#include <stdbool.h>
#include <stdint.h>

/* ns us ms s min h; a bare number is seconds. */
bool units_parse_duration(const char *text, sim_time_t *value);

/* bit kbit Mbit Gbit Tbit, optionally followed by "/s" or "ps"; powers of 1000; a bare number is
 * bits per second. */
bool units_parse_rate(const char *text, uint64_t *bits_per_second);

/* B KB MB GB (powers of 1000), KiB MiB GiB (powers of 1024); a bare number is bytes. */
bool units_parse_size(const char *text, uint64_t *bytes);

/* "1%" or "0.01", as parts per million: 0..1,000,000. */
bool units_parse_fraction(const char *text, uint32_t *ppm);

/* Decimal digits only. */
bool units_parse_integer(const char *text, uint64_t *value);

#endif
