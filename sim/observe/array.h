/* Growable arrays for observers, which may allocate (the protocol may not). */
#ifndef TCPSIM_OBSERVE_ARRAY_H
#define TCPSIM_OBSERVE_ARRAY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

/* Room for `needed` items of `size` bytes in items[], which has room for *capacity. Returns the
 * array's new place, or NULL when there is no memory; then the old one is untouched. */
static inline void *array_reserve(void *items, size_t *capacity, size_t needed, size_t size)
{
    if (needed <= *capacity) {
        return items;
    }
    size_t wanted = *capacity < 16 ? 16 : *capacity;
    while (wanted < needed) {
        if (wanted > SIZE_MAX / 2) {
            return NULL;
        }
        wanted *= 2;
    }
    if (wanted > SIZE_MAX / size) {
        return NULL;
    }
    void *grown = realloc(items, wanted * size);
    if (grown != NULL) {
        *capacity = wanted;
    }
    return grown;
}

#endif
