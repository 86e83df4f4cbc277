#include "sim/base/units.h"

#include "tcpsim/time.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

/* ---- kinds of values ------------------------------------------------------------------------ */

static const struct unit duration_units[] = {
    { "ns", 1 },           { "us", 1000 },          { "ms", 1000000 },
    { "s", 1000000000 },   { "min", 60000000000u }, { "h", 3600000000000u },
    { "\xC2\xB5s", 1000 }, /* the micro sign, in UTF-8 */
    { NULL, 0 },
};
const struct unit_kind unit_duration = {
    "duration",
    "use ns, us, ms, s, min or h, such as \"40ms\"",
    "it is finer than a nanosecond",
    1000000000,
    (uint64_t)SIM_DURATION_MAX,
    duration_units,
};

static const struct unit rate_units[] = {
    { "bit", 1 },           { "kbit", 1000 }, { "Kbit", 1000 }, { "Mbit", 1000000 },
    { "Gbit", 1000000000 }, { "kB", 8000 },   { "KB", 8000 },   { "MB", 8000000 },
    { "GB", 8000000000 },   { NULL, 0 },
};
const struct unit_kind unit_rate = {
    "rate",
    "use bit, kbit, Mbit, Gbit (or kB, MB, GB for bytes), such as \"20Mbit\"",
    "it is finer than a bit a second",
    1,
    1000000000000000u,
    rate_units,
};

static const struct unit size_units[] = {
    { "B", 1 },           { "kB", 1000 },        { "KB", 1000 },
    { "MB", 1000000 },    { "KiB", 1024 },       { "MiB", 1048576 },
    { "GB", 1000000000 }, { "GiB", 1073741824 }, { NULL, 0 },
};
const struct unit_kind unit_size = {
    "size",
    "use B, kB, MB (1000s) or KiB, MiB (1024s), such as \"64kB\"",
    "it is finer than a byte",
    1,
    1000000000000000u,
    size_units,
};

static const struct unit fraction_units[] = { { "%", 10000 }, { NULL, 0 } };
const struct unit_kind unit_fraction = {
    "fraction",
    "use a number from 0 to 1, or a text such as \"1%\"",
    "it is finer than one in a million",
    1000000,
    1000000,
    fraction_units,
};

/* ---- text to integer ------------------------------------------------------------------------ */

/* "3.005" is 3005 / 10^3. */
struct decimal {
    uint64_t digits;
    uint64_t divisor;
};

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool append_digit(struct decimal *number, char c)
{
    const uint64_t digit = (uint64_t)(c - '0');
    if (number->digits > (UINT64_MAX - digit) / 10) {
        return false;
    }
    number->digits = number->digits * 10 + digit;
    return true;
}

/* Read "12" or "12.5" at *at, and go on behind it. */
static enum unit_error read_decimal(const char **at, struct decimal *number)
{
    const char *c = *at;
    *number = (struct decimal){ 0, 1 };
    if (*c == '-') {
        return is_digit(c[1]) ? UNIT_NEGATIVE : UNIT_NO_NUMBER;
    }
    if (!is_digit(*c) && !(*c == '.' && is_digit(c[1]))) {
        return UNIT_NO_NUMBER;
    }
    for (; is_digit(*c); c++) {
        if (!append_digit(number, *c)) {
            return UNIT_TOO_LARGE;
        }
    }
    if (*c == '.') {
        for (c++; is_digit(*c); c++) {
            if (number->divisor > UINT64_MAX / 100 || !append_digit(number, *c)) {
                return UNIT_TOO_FINE;
            }
            number->divisor *= 10;
        }
    }
    *at = c;
    return UNIT_FINE;
}

static const struct unit *find_unit(const struct unit_kind *kind, const char *name)
{
    for (const struct unit *unit = kind->units; unit->name != NULL; unit++) {
        const size_t length = strlen(unit->name);
        const bool per_second = kind == &unit_rate && strcmp(name + length, "/s") == 0;
        if (strncmp(unit->name, name, length) == 0 && (name[length] == '\0' || per_second)) {
            return unit;
        }
    }
    return NULL;
}

/* digits * factor / divisor, if that is a whole number. Common factors go first, so that the
 * product stays small. */
static enum unit_error scale(struct decimal number, uint64_t factor, uint64_t *value)
{
    while (number.divisor > 1 && number.digits % 10 == 0) {
        number.digits /= 10;
        number.divisor /= 10;
    }
    while (number.divisor > 1 && factor % 10 == 0) {
        factor /= 10;
        number.divisor /= 10;
    }
    if (factor != 0 && number.digits > UINT64_MAX / factor) {
        return number.divisor > 1 ? UNIT_TOO_FINE : UNIT_TOO_LARGE;
    }
    *value = number.digits * factor;
    if (*value % number.divisor != 0) {
        return UNIT_TOO_FINE;
    }
    *value /= number.divisor;
    return UNIT_FINE;
}

enum unit_error unit_parse(const struct unit_kind *kind, const char *text, uint64_t *value)
{
    struct decimal number;
    text += strspn(text, " ");
    enum unit_error error = read_decimal(&text, &number);
    if (error != UNIT_FINE) {
        return error;
    }
    text += strspn(text, " ");
    if (*text == '\0' && number.digits != 0) {
        return UNIT_MISSING;
    }
    const struct unit *unit = *text == '\0' ? kind->units : find_unit(kind, text);
    if (unit == NULL) {
        return UNIT_UNKNOWN;
    }
    error = scale(number, unit->factor, value);
    return error == UNIT_FINE && *value > kind->most ? UNIT_TOO_LARGE : error;
}

bool units_parse_integer(const char *text, uint64_t *value)
{
    struct decimal number;
    if (read_decimal(&text, &number) != UNIT_FINE || *text != '\0' || number.divisor != 1) {
        return false;
    }
    *value = number.digits;
    return true;
}
