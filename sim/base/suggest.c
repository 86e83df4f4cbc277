#include "sim/base/suggest.h"

#include "sim/base/common.h"

#include <stddef.h>
#include <stdint.h>
#include <string.h>

enum { LENGTH_MAX = 40 };

static char folded(char c)
{
    if (c >= 'A' && c <= 'Z') {
        return (char)(c - 'A' + 'a');
    }
    return c == '_' ? '-' : c;
}

/* Insertions, deletions, substitutions and swaps of neighbours. */
static uint32_t distance(const char *a, size_t a_length, const char *b, size_t b_length)
{
    uint32_t rows[3][LENGTH_MAX + 1];
    for (size_t j = 0; j <= b_length; j++) {
        rows[0][j] = (uint32_t)j;
    }
    for (size_t i = 1; i <= a_length; i++) {
        uint32_t *row = rows[i % 3];
        const uint32_t *above = rows[(i + 2) % 3];
        const uint32_t *two_above = rows[(i + 1) % 3];
        row[0] = (uint32_t)i;
        for (size_t j = 1; j <= b_length; j++) {
            uint32_t differs = folded(a[i - 1]) != folded(b[j - 1]);
            row[j] = min_u32(min_u32(above[j], row[j - 1]) + 1, above[j - 1] + differs);
            if (i > 1 && j > 1 && folded(a[i - 1]) == folded(b[j - 2]) &&
                folded(a[i - 2]) == folded(b[j - 1])) {
                row[j] = min_u32(row[j], two_above[j - 2] + 1);
            }
        }
    }
    return rows[a_length % 3][b_length];
}

const char *suggest_name(const char *typed, const char *const *names)
{
    size_t length = strlen(typed);
    if (length == 0 || length > LENGTH_MAX) {
        return NULL;
    }
    const char *best = NULL;
    uint32_t least = min_u32(3, (uint32_t)(length + 2) / 3) + 1; /* short names need to be close */
    for (size_t i = 0; names[i] != NULL; i++) {
        size_t name_length = strlen(names[i]);
        if (name_length > LENGTH_MAX) {
            continue;
        }
        uint32_t d = distance(typed, length, names[i], name_length);
        if (d < least) {
            least = d;
            best = names[i];
        }
    }
    return best;
}
