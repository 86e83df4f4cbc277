#include "sim/base/pool.h"

#include "sim/base/panic.h"

#include <string.h>

void pool_init(struct pool *pool, struct arena *arena, uint32_t object_bytes)
{
    *pool = (struct pool){ .arena = arena, .object_bytes = object_bytes };
}

static unsigned highest_bit(uint32_t value)
{
    return 31u - (unsigned)__builtin_clz(value);
}

/* Index i lives in the chunk of the highest bit of (i - 1 + first chunk's size): chunk sizes
 * double, so neither lookup nor growth moves anything. */
void *pool_at(const struct pool *pool, uint32_t index)
{
    uint32_t place = index - 1 + (1u << POOL_FIRST_CHUNK_BITS);
    unsigned bit = highest_bit(place);
    char *chunk = pool->chunks[bit - POOL_FIRST_CHUNK_BITS];
    return chunk + (size_t)(place - (1u << bit)) * pool->object_bytes;
}

static int ensure_chunk(struct pool *pool, uint32_t index)
{
    uint32_t place = index - 1 + (1u << POOL_FIRST_CHUNK_BITS);
    unsigned bit = highest_bit(place);
    unsigned chunk = bit - POOL_FIRST_CHUNK_BITS;
    if (chunk >= POOL_CHUNKS) {
        return 0;
    }
    if (pool->chunks[chunk] == NULL) {
        pool->chunks[chunk] = arena_allocate(pool->arena, ((size_t)1 << bit) * pool->object_bytes);
    }
    return pool->chunks[chunk] != NULL;
}

void *pool_allocate(struct pool *pool, uint32_t *index)
{
    uint32_t generation = 0;
    struct pool_slot *slot;
    if (pool->free_head != 0) {
        *index = pool->free_head;
        slot = pool_at(pool, *index);
        generation = slot->generation;
        pool->free_head = slot->next_free;
    } else {
        if (!ensure_chunk(pool, pool->used + 1)) {
            return NULL;
        }
        *index = ++pool->used;
        slot = pool_at(pool, *index);
    }
    memset(slot, 0, pool->object_bytes);
    slot->generation = generation + 1;
    pool->live++;
    return slot;
}

void pool_release(struct pool *pool, uint32_t index)
{
    struct pool_slot *slot = pool_at(pool, index);
    SIM_ASSERT(slot->generation % 2 == 1);
    slot->generation++;
    slot->next_free = pool->free_head;
    pool->free_head = index;
    pool->live--;
}

int pool_is_live(const struct pool *pool, uint32_t index)
{
    const struct pool_slot *slot = pool_at(pool, index);
    return slot->generation % 2 == 1;
}

void *pool_get(const struct pool *pool, uint64_t handle)
{
    uint32_t index = pool_handle_index(handle);
    if (index == 0 || index > pool->used) {
        return NULL;
    }
    struct pool_slot *slot = pool_at(pool, index);
    return slot->generation == (uint32_t)(handle >> 32) && slot->generation % 2 == 1 ? slot : NULL;
}
