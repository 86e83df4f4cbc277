#include "sim/base/units.h"

#include "sim/base/common.h"

#include <stddef.h>
#include <string.h>

/* A decimal number, exactly: digits / 10^decimals. */
struct decimal {
    uint64_t digits;
    unsigned decimals;
};

enum { DECIMALS_MAX = 12 };

struct unit {
    const char *name;
    uint64_t factor; /* in the smallest unit */
};

static const char *skip_blanks(const char *text)
{
    while (*text == ' ' || *text == '\t') {
        text++;
    }
    return text;
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* Digits after the point that are too small to matter are read and dropped. */
static const char *parse_decimal(const char *text, struct decimal *number)
{
    *number = (struct decimal){ 0 };
    bool point = false;
    bool any = false;
    for (;; text++) {
        if (*text == '.' && !point) {
            point = true;
            continue;
        }
        if (!is_digit(*text)) {
            return any ? text : NULL;
        }
        any = true;
        if (point && number->decimals == DECIMALS_MAX) {
            continue;
        }
        if (number->digits > (UINT64_MAX - 9) / 10) {
            return NULL;
        }
        number->digits = number->digits * 10 + (uint64_t)(*text - '0');
        number->decimals += point;
    }
}

/* number * factor, cut to an integer; false on overflow. */
static bool scale(struct decimal number, uint64_t factor, uint64_t *value)
{
    while (number.decimals > 0 && factor % 10 == 0) {
        factor /= 10;
        number.decimals--;
    }
    uint64_t divisor = 1;
    for (unsigned i = 0; i < number.decimals; i++) {
        divisor *= 10;
    }
    if (factor != 0 && number.digits > UINT64_MAX / factor) {
        return false;
    }
    *value = number.digits * factor / divisor;
    return true;
}

/* Whether `text` begins with the unit's name and nothing but blanks follows. */
static bool is_unit(const char *text, const char *name)
{
    size_t length = strlen(name);
    return strncmp(text, name, length) == 0 && *skip_blanks(text + length) == '\0';
}

static bool parse(const char *text, const struct unit *units, size_t count, uint64_t *value)
{
    struct decimal number;
    const char *rest = parse_decimal(skip_blanks(text), &number);
    if (rest == NULL) {
        return false;
    }
    rest = skip_blanks(rest);
    for (size_t i = 0; i < count; i++) {
        if (is_unit(rest, units[i].name)) {
            return scale(number, units[i].factor, value);
        }
    }
    return false;
}

bool units_parse_duration(const char *text, sim_time_t *value)
{
    static const struct unit units[] = {
        { "", (uint64_t)SIM_SECOND },        { "ns", 1 },
        { "us", (uint64_t)SIM_MICROSECOND }, { "ms", (uint64_t)SIM_MILLISECOND },
        { "s", (uint64_t)SIM_SECOND },       { "min", (uint64_t)SIM_MINUTE },
        { "h", (uint64_t)SIM_MINUTE * 60 },
    };
    uint64_t nanoseconds;
    if (!parse(text, units, COUNT_OF(units), &nanoseconds) || nanoseconds >= INT64_MAX) {
        return false;
    }
    *value = (sim_time_t)nanoseconds;
    return true;
}

bool units_parse_rate(const char *text, uint64_t *bits_per_second)
{
    static const struct unit units[] = {
        { "", 1 },
        { "bit", 1 },
        { "bit/s", 1 },
        { "bps", 1 },
        { "kbit", 1000 },
        { "kbit/s", 1000 },
        { "kbps", 1000 },
        { "Mbit", 1000000 },
        { "Mbit/s", 1000000 },
        { "Mbps", 1000000 },
        { "Gbit", 1000000000 },
        { "Gbit/s", 1000000000 },
        { "Gbps", 1000000000 },
        { "Tbit", 1000000000000 },
        { "Tbit/s", 1000000000000 },
        { "Tbps", 1000000000000 },
    };
    return parse(text, units, COUNT_OF(units), bits_per_second);
}

bool units_parse_size(const char *text, uint64_t *bytes)
{
    static const struct unit units[] = {
        { "", 1 },          { "B", 1 },         { "KB", 1000 },
        { "kB", 1000 },     { "MB", 1000000 },  { "GB", 1000000000 },
        { "KiB", 1 << 10 }, { "MiB", 1 << 20 }, { "GiB", 1 << 30 },
    };
    return parse(text, units, COUNT_OF(units), bytes);
}

bool units_parse_fraction(const char *text, uint32_t *ppm)
{
    static const struct unit units[] = { { "", 1000000 }, { "%", 10000 } };
    uint64_t parts;
    if (!parse(text, units, COUNT_OF(units), &parts) || parts > 1000000) {
        return false;
    }
    *ppm = (uint32_t)parts;
    return true;
}

bool units_parse_integer(const char *text, uint64_t *value)
{
    struct decimal number;
    const char *rest = parse_decimal(text, &number);
    if (rest == NULL || *rest != '\0' || number.decimals > 0 || strchr(text, '.') != NULL) {
        return false;
    }
    *value = number.digits;
    return true;
}
