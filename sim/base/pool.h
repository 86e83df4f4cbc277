/* A pool of equal objects, addressed by index and generation.
 *
 * Objects never move, so a pointer is good for as long as the object lives; at rest, others keep
 * its handle, and pool_get() notices a stale one. Indices count from 1. */
#ifndef TCPSIM_BASE_POOL_H
#define TCPSIM_BASE_POOL_H

#include "sim/base/arena.h"

#include <stdint.h>

enum { POOL_CHUNKS = 28, POOL_FIRST_CHUNK_BITS = 3 };

/* Must be the first member of every object kept in a pool. */
struct pool_slot {
    uint32_t generation; /* odd while the object lives */
    uint32_t next_free;
};

struct pool {
    struct arena *arena;
    uint32_t object_bytes;
    uint32_t used;             /* indices 1..used were given out at some time */
    uint32_t live;             /* objects that live now */
    uint32_t free_head;        /* last freed index, or 0 */
    void *chunks[POOL_CHUNKS]; /* chunk k holds 2^(k + POOL_FIRST_CHUNK_BITS) objects */
};

void pool_init(struct pool *pool, struct arena *arena, uint32_t object_bytes);

/* A new object, all zero but for its slot; NULL when the arena is full. */
void *pool_allocate(struct pool *pool, uint32_t *index);
void pool_release(struct pool *pool, uint32_t index);

/* The object at an index that is known to be in use. */
void *pool_at(const struct pool *pool, uint32_t index);

/* The object of a handle, or NULL when it is gone (or the handle is nonsense). */
void *pool_get(const struct pool *pool, uint64_t handle);

/* Whether the object at index 1..used lives. */
int pool_is_live(const struct pool *pool, uint32_t index);

static inline uint64_t pool_handle(const struct pool_slot *slot, uint32_t index)
{
    return (uint64_t)slot->generation << 32 | index;
}

static inline uint32_t pool_handle_index(uint64_t handle)
{
    return (uint32_t)handle;
}

#endif
