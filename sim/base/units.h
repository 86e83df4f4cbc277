/* Quantities as people write them: "40ms", "20Mbit", "64KB", "1%". Integers throughout, so that the
 * same text is the same number on every machine; a text that is no whole number of the smallest unit
 * ("0.3ns") is refused rather than rounded. */
#ifndef TCPSIM_BASE_UNITS_H
#define TCPSIM_BASE_UNITS_H

#include <stdbool.h>
#include <stdint.h>

struct unit {
    const char *name;
    uint64_t factor; /* in terms of what is counted: nanoseconds, bits a second, bytes, ppm */
};

struct unit_kind {
    const char *name;       /* "duration" */
    const char *advice;     /* how to write one */
    const char *too_fine;   /* what is wrong with "0.3ns" */
    uint32_t number_factor; /* of a plain number; at most 10^9 */
    uint64_t most;
    const struct unit *units;
};

extern const struct unit_kind unit_duration; /* nanoseconds: ns us ms s min h */
extern const struct unit_kind unit_rate;     /* bits a second: bit kbit Mbit Gbit, kB MB GB */
extern const struct unit_kind unit_size;     /* bytes: B kB MB GB (1000s), KiB MiB GiB (1024s) */
extern const struct unit_kind unit_fraction; /* parts per million: % */

enum unit_error {
    UNIT_FINE,
    UNIT_NO_NUMBER,
    UNIT_MISSING,
    UNIT_UNKNOWN,
    UNIT_NEGATIVE,
    UNIT_TOO_FINE,
    UNIT_TOO_LARGE
};

/* The value of a number with its unit; only 0 needs none. *value is what is counted (see above), at
 * most kind->most; undefined after an error. */
enum unit_error unit_parse(const struct unit_kind *kind, const char *text, uint64_t *value);

/* Decimal digits only. *value is untouched if not. */
bool units_parse_integer(const char *text, uint64_t *value);

#endif
